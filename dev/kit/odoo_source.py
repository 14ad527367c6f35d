"""The source of Odoo 19.0: the one you have (`ODOO_SRC`), or Debian's, unpacked and never installed."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from .debian import PrivateApt
from .places import cache, digest, only_one
from .ui import Failure, run, say, step

PINNED = "19.0.0+dfsg-1"
SUITE = "sid"
PACKAGE = "odoo-19"
# The package links to files of these by relative path: they are unpacked beside it.
COMPANIONS = ("libjs-jquery", "libjs-jquery-form", "libjs-underscore", "fonts-roboto-unhinted", "fonts-montserrat")
# Odoo wants Font Awesome 4.7: the suite of the machine has it, the one of the package no more.
COMPANIONS_OF_MACHINE = ("fonts-font-awesome", "fonts-inconsolata", "fonts-ocr-b")
PYTHON_ROOT = "usr/lib/python3/dist-packages"
# Dropped by Debian as not free; every page logs an error when it is not there.
MISSING_FILES = ("odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js",)


class OdooSource:
    """A folder that holds the Python package `odoo`, and its add-ons."""

    def __init__(self, folder, version):
        self.folder = folder
        self.version = version

    @property
    def addons(self):
        """Return the folders of add-ons; Debian's sibling `addons` holds only halves of them."""
        beside = self.folder / "addons"
        complete = (beside / "account" / "__manifest__.py").is_file()
        return [self.folder / "odoo" / "addons", *([beside] if complete else [])]

    @property
    def key(self):
        return digest(self.folder, self.version, (self.folder / "odoo/release.py").stat().st_mtime_ns)


def ensure_odoo():
    """Return the source of Odoo, fetched when there is none."""
    given = os.environ.get("ODOO_SRC")
    if given:
        return _given_source(Path(given).expanduser().resolve())
    found = _cached_source()
    if found:
        return found
    with only_one("odoo"):
        return _cached_source() or _fetch()


def _given_source(folder):
    release = folder / "odoo" / "release.py"
    advice = "ODOO_SRC must name the folder that holds odoo/release.py of a 19.0 source (where odoo-bin is)."
    if not release.is_file():
        raise Failure(f"ODOO_SRC={folder} is no source of Odoo", advice)
    if not re.search(r"version_info\s*=\s*\(\s*19\s*,\s*0\b", release.read_text()):
        raise Failure(f"ODOO_SRC={folder} is not Odoo 19.0", advice)
    source = OdooSource(folder, "19.0 given by ODOO_SRC")
    if not any((addons / "account" / "__manifest__.py").is_file() for addons in source.addons):
        raise Failure(f"ODOO_SRC={folder} has no add-on account", advice)
    return source


def _cached_source():
    known = sorted(cache().glob("odoo-19.0*/complete"), key=lambda marker: f"odoo-{PINNED}" == marker.parent.name)
    if not known:
        return None
    folder = known[-1].parent
    return OdooSource(folder / PYTHON_ROOT, folder.name.removeprefix("odoo-"))


def _fetch():
    apt = PrivateApt(SUITE)
    with step("Read the package index of Debian for Odoo 19"):
        apt.update()
        version = apt.version(PACKAGE)
    if version != PINNED:
        say(f"          Debian has moved from {PINNED} to {version}: using that, tried with {PINNED} only.")
    if not version.startswith("19.0"):
        raise Failure(
            f"Debian's {PACKAGE} is {version}, not 19.0", "Point ODOO_SRC at a checkout of Odoo's branch 19.0.",
        )
    folder = cache() / f"odoo-{version}"
    archives = cache() / "archives"
    with step(f"Fetch Odoo {version} (125 MB) and the files it links to"):
        found = [apt.download(package, archives) for package in (PACKAGE, *COMPANIONS)]
        found += [apt.download(package, archives, own_suite=True) for package in COMPANIONS_OF_MACHINE]
    with step("Unpack Odoo"):
        shutil.rmtree(folder, ignore_errors=True)
        for archive in found:
            run(["dpkg-deb", "-x", archive, folder], problem=f"{archive.name} could not be unpacked",
                advice=f"Remove {archive} and start again.")
        _complete(folder)
    shutil.rmtree(archives, ignore_errors=True)
    (folder / "complete").touch()
    return _cached_source()


def _complete(folder):
    for name in MISSING_FILES:
        path = folder / PYTHON_ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch()
    dangling = [path for path in folder.rglob("*") if path.is_symlink() and not path.exists()]
    if dangling:
        names = "\n".join(f"    {path}" for path in dangling[:10])
        raise Failure(
            f"Debian's Odoo links to files that are not there:\n{names}",
            "The packaging has changed: add the packages that hold these files to COMPANIONS in "
            "dev/kit/odoo_source.py, or point ODOO_SRC at a checkout of Odoo's branch 19.0.",
        )
