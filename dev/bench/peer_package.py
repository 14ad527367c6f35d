"""Fetch the add-on this one is measured beside: OCA's account_credit_control."""

import shutil
import zipfile

from kit.places import cache, only_one
from kit.ui import run

PEER = "account_credit_control"
REQUIREMENT = "odoo-addon-account-credit-control==19.0.1.0.0.13"


def ensure_peer(tools):
    """Return the folder of add-ons that holds the peer, fetched when missing."""
    folder = cache() / "peer" / REQUIREMENT.partition("==")[2]
    if not (folder / PEER).exists():
        with only_one("peer"):
            _fetch(tools, folder)
    return folder


def _fetch(tools, folder):
    building = folder.with_name(f"{folder.name}-building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    run([tools.python, "-m", "pip", "download", "--no-deps", "--dest", building, REQUIREMENT],
        problem=f"{REQUIREMENT} could not be fetched", advice="Measure without it: --no-peer")
    for wheel in building.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(building / "content")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(building / "content" / "odoo" / "addons", folder)
    shutil.rmtree(building)
