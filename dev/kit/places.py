"""Where things are kept: downloads and databases are shared by all checkouts, results stay in this one."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from pathlib import Path

from .ui import Failure, say

MODULE = "account_dunning"
CHECKOUT = Path(__file__).resolve().parents[2]
DEV = CHECKOUT / "dev"
OUT = DEV / "out"


def cache():
    """Return the folder of downloads and of the database server, made on first use."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home).expanduser().resolve() / MODULE
    advice = "Set XDG_CACHE_HOME to a folder of your own, with 3 GB of free space."
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"The cache folder {folder} cannot be made: {error.strerror}", advice) from error
    if not os.access(folder, os.W_OK):
        raise Failure(f"The cache folder {folder} is read-only", advice)
    return folder


def digest(*parts):
    """Return a short name for some content."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()[:10]


def checkout_key():
    """Return what tells this checkout from others that share the cache."""
    return digest(CHECKOUT)[:8]


def addons_folder():
    """Return a folder where Odoo sees this checkout under the add-on's technical name."""
    folder = cache() / "links" / checkout_key()
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / MODULE
    if not link.is_symlink() or link.resolve() != CHECKOUT:
        link.unlink(missing_ok=True)
        link.symlink_to(CHECKOUT)
    return folder


def gone_checkouts():
    """Return the keys of checkouts that were moved or removed since they used the cache."""
    return {folder.name for folder in (cache() / "links").glob("*") if not (folder / MODULE).exists()}


def code_digest():
    """Return what changes when the installed add-on would change: not its tests, not these tools."""
    content = hashlib.sha256()
    ignored = {"dev", "tests", "i18n_drafts", "__pycache__", ".git", ".ci", ".ruff_cache", "node_modules"}
    for path in sorted(CHECKOUT.rglob("*")):
        parts = path.relative_to(CHECKOUT).parts
        if ignored.intersection(parts) or parts[0].startswith(".") or path.suffix in (".pyc", ".rst", ".md"):
            continue
        if path.is_file():
            content.update("/".join(parts).encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()[:10]


@contextlib.contextmanager
def only_one(name):
    """Let one process at a time set up what several share."""
    with open(cache() / f"{name}.lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"          waiting for another process that prepares the same ({name})")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
