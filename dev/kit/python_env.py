"""The virtual environment: pinned packages, each checked by hash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .places import DEV, cache, digest, only_one
from .ui import Failure, run, step

REQUIREMENTS = DEV / "requirements.txt"
SUPPORTED = ((3, 11), (3, 12))


def ensure_python():
    """Return the Python of the virtual environment, made on first use and when the pins change."""
    base, version = _base_python()
    folder = cache() / f"venv-{version}-{digest(REQUIREMENTS.read_text())}"
    python = folder / "bin" / "python"
    if _works(folder, python):
        return python
    with only_one("venv"):
        if not _works(folder, python):
            _create(base, folder, python)
    return python


def _works(folder, python):
    # The interpreter a virtual environment links to may have been removed since.
    return (folder / "complete").exists() and os.access(python, os.X_OK)


def _create(base, folder, python):
    advice = "On Debian: apt-get install python3-venv"
    with step(f"Create a virtual environment with {base}"):
        shutil.rmtree(folder, ignore_errors=True)
        run([base, "-m", "venv", folder], problem="The virtual environment could not be created", advice=advice)
    with step("Install the Python packages of Odoo and of the tools"):
        run(
            [python, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "-r", REQUIREMENTS],
            problem="The Python packages could not be installed",
            advice="Look whether the package index answers (pip config list shows the one in use), then start again.",
        )
    (folder / "complete").touch()


def _base_python():
    """Return an interpreter that Odoo 19 and the pins were tried with."""
    candidates = [sys.executable, *(shutil.which(f"python{major}.{minor}") for major, minor in SUPPORTED),
                  shutil.which("python3")]
    for candidate in candidates:
        version = candidate and _version(candidate)
        if version in SUPPORTED:
            return candidate, ".".join(map(str, version))
    raise Failure(
        "Python 3.11 or 3.12 is needed, and neither is on the PATH",
        "Install one of them (on Debian 12: apt-get install python3 python3-venv).",
    )


def _version(python):
    command = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return tuple(map(int, result.stdout.split())) if not result.returncode else None


def site_packages(python):
    """Return where the packages of the virtual environment are."""
    return next(Path(python).parent.parent.glob("lib/python3*/site-packages"))
