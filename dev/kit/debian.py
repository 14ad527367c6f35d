"""Debian packages: those the machine needs, and those that are only unpacked."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from pathlib import Path

from .places import cache
from .ui import Failure, run, step

BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
LIBRARIES = {
    "libXrender.so.1": "libxrender1",
    "libfontconfig.so.1": "libfontconfig1",
    "libXext.so.6": "libxext6",
}
FONT_FILE = "DejaVuSans.ttf"


def ensure_system_packages():
    """Install the browser of the tours, and what rendering letters needs, when they are missing."""
    missing = _missing_packages()
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    advice = f"Install them yourself: {' '.join(install)}"
    if not shutil.which("apt-get"):
        raise Failure(
            f"This machine lacks what these Debian packages hold: {' '.join(missing)}",
            "Install a Chromium browser, the fonts DejaVu and the named libraries.",
        )
    prefix = _administrator_prefix(missing, advice)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"Install {' '.join(missing)}"):
        # A third-party source of the machine that does not answer must not stop us: the install tells.
        subprocess.run([*prefix, "apt-get", "update"], capture_output=True, stdin=subprocess.DEVNULL, check=False)
        run([*prefix, *install], problem="Debian packages were not installed", advice=advice, env=environment)


def _missing_packages():
    missing = []
    if not any(shutil.which(browser) for browser in BROWSERS):
        missing.append("chromium")
    known = _library_cache()
    missing += [package for library, package in LIBRARIES.items() if library not in known]
    if not any(FONT_FILE in files for _path, _folders, files in os.walk("/usr/share/fonts")):
        missing.append("fonts-dejavu-core")
    if shutil.which("apt-get") and not importlib.util.find_spec("ensurepip"):
        missing.append("python3-venv")
    return missing


def _library_cache():
    ldconfig = shutil.which("ldconfig") or "/sbin/ldconfig"
    return subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=False).stdout


def _administrator_prefix(missing, advice):
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and not subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode:
        return [sudo, "-n"]
    raise Failure(f"These Debian packages are missing and need an administrator: {' '.join(missing)}", advice)


class PrivateApt:
    """An apt of our own beside the machine's: other suites, other lists, nothing is ever installed by it."""

    def __init__(self, suite):
        self.suite = suite
        self.folder = cache() / "apt"
        self.environment = {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C.UTF-8"}

    def update(self):
        """Read the package index of the suite, and of the machine's own one."""
        advice = "Use Debian, or point ODOO_SRC at a checkout of Odoo's branch 19.0 (git clone --depth 1 -b 19.0)."
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise Failure("There is no apt on this machine to fetch Odoo with", advice)
        for part in ("lists/partial", "cache/archives/partial", "state", "none"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self._write_configuration(*_machine_source())
        run(["apt-get", "update"], env=self.environment, problem="The package index could not be read", advice=advice)

    def _write_configuration(self, address, own_suite, signature):
        option = f"[signed-by={signature}] " if signature else ""
        sources = "".join(f"deb {option}{address} {suite} main\n" for suite in (self.suite, own_suite))
        (self.folder / "sources.list").write_text(sources)
        settings = {
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": self.folder / "none",
            "Dir::Etc::Preferences": self.folder / "none/preferences",
            "Dir::Etc::PreferencesParts": self.folder / "none",
            "Dir::State": self.folder / "state",
            "Dir::State::Lists": self.folder / "lists",
            "Dir::State::Status": "/var/lib/dpkg/status",
            "Dir::Cache": self.folder / "cache",
            "Acquire::Languages": "none",
        }
        if os.geteuid() == 0:
            settings["APT::Sandbox::User"] = "root"
        (self.folder / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))

    def version(self, package):
        """Return the version of a package that the suite offers."""
        shown = run(
            ["apt-cache", "show", "--no-all-versions", f"{package}/{self.suite}"], env=self.environment,
            problem=f"The suite {self.suite} of the machine's mirror has no package {package}",
            advice="Point ODOO_SRC at a checkout of Odoo's branch 19.0.",
        )
        return next(line.split()[1] for line in shown.splitlines() if line.startswith("Version:"))

    def download(self, package, folder, own_suite=False):
        """Fetch one package (apt checks it against the signed index) and return its file."""
        suite = _codename() if own_suite else self.suite
        folder.mkdir(parents=True, exist_ok=True)
        before = set(folder.glob("*.deb"))
        run(
            ["apt-get", "download", f"{package}/{suite}"], cwd=folder, env=self.environment,
            problem=f"The package {package} of the suite {suite} could not be fetched",
            advice="Look whether the machine's Debian mirror answers, then start again: what is there is kept.",
        )
        found = set(folder.glob(f"{package}_*.deb")) - before or set(folder.glob(f"{package}_*.deb"))
        return found.pop()


def _codename():
    release = Path("/etc/os-release").read_text()
    values = dict(line.split("=", 1) for line in release.splitlines() if "=" in line)
    if values.get("ID", "").strip('"') != "debian":
        raise Failure(
            f"Odoo is fetched from Debian, and this is {values.get('ID', platform.system())}",
            "Point ODOO_SRC at a checkout of Odoo's branch 19.0 (git clone --depth 1 --branch 19.0).",
        )
    return values["VERSION_CODENAME"].strip('"')


def _machine_source():
    """Return the address, suite and keyring of the machine's own Debian source."""
    codename = _codename()
    for entry in _machine_entries():
        if entry["suite"] in (codename, "stable") and "main" in entry["components"]:
            return entry["address"], entry["suite"], entry["signature"]
    raise Failure(
        f"The machine's apt sources name no Debian mirror for {codename} (component main)",
        "Add one under /etc/apt/sources.list.d, or point ODOO_SRC at a checkout of Odoo's branch 19.0.",
    )


def _machine_entries():
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for path in files:
        if not path.is_file():
            continue
        if path.suffix == ".sources":
            yield from _stanza_entries(path.read_text())
        elif path.suffix == ".list":
            yield from _line_entries(path.read_text())


def _stanza_entries(text):
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in "\n".join(lines).split("\n\n"):
        values = {}
        for line in stanza.splitlines():
            if line[:1] not in (" ", "\t") and ":" in line:
                key, value = line.split(":", 1)
                values[key.strip().lower()] = value.strip()
        if "deb" not in values.get("types", "").split() or values.get("enabled", "yes").lower() == "no":
            continue
        for address in values.get("uris", "").split():
            for suite in values.get("suites", "").split():
                signature = values.get("signed-by", "")
                yield {"address": address, "suite": suite, "components": values.get("components", "").split(),
                       "signature": signature if signature.startswith("/") else ""}


def _line_entries(text):
    for line in text.splitlines():
        words = line.split("#")[0].replace("[", " [ ").replace("]", " ] ").split()
        if not words or words[0] != "deb":
            continue
        options = []
        if len(words) > 1 and words[1] == "[":
            end = words.index("]")
            options, words = words[2:end], [words[0], *words[end + 1:]]
        signature = next((option.split("=", 1)[1] for option in options if option.startswith("signed-by=")), "")
        if len(words) >= 4:
            yield {"address": words[1], "suite": words[2].rstrip("/"), "components": words[3:],
                   "signature": signature}
