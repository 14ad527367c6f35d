"""Databases: built once as templates, then copied, each with the files Odoo keeps beside it.

A template's name holds what it was built from, so that a change of Odoo or of the dependencies builds another.
"""

from __future__ import annotations

import ast
import os
import platform
import shutil
import time
from pathlib import Path

from .places import CHECKOUT, cache, checkout_key, digest, only_one
from .testlog import records
from .ui import Failure, step

SCRIPTS = Path(__file__).parent / "odoo_scripts"
LOG_DAYS = 3
LOCALISATION = "l10n_fr_account"
# Odoo only warns, and goes on without.
DEMO_FAILED = "demo data failed to install"


class Databases:
    """The databases of this checkout, and the templates it shares with others."""

    def __init__(self, tools):
        self.tools = tools
        self.query = tools.cluster.query

    # Plain operations

    def exists(self, name):
        return self.query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") == ["1"]

    def mark(self, name):
        """Return the note that tells what a database was made from."""
        rows = self.query(f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'")
        return rows[0] if rows else None

    def set_mark(self, name, text):
        self.query(f"COMMENT ON DATABASE \"{name}\" IS '{text}'")

    def drop(self, name):
        self.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(self._files(name), ignore_errors=True)

    def copy(self, template, name):
        """Replace a database by a copy of another one."""
        self.drop(name)
        self.query(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        if self._files(template).exists():
            shutil.copytree(self._files(template), self._files(name), copy_function=_link_or_copy)

    def _rename(self, old, new):
        self.drop(new)
        self.query(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
        if self._files(old).exists():
            self._files(old).rename(self._files(new))

    def _files(self, name):
        return self.tools.data / "filestore" / name

    def names(self, prefix):
        pattern = prefix.replace("_", r"\_")
        return self.query(f"SELECT datname FROM pg_database WHERE datname LIKE '{pattern}%'")

    # Templates

    def base(self, kind):
        """Return the template with all the add-on depends on: `test` is bare, `demo` is a French company."""
        name = f"dunning_base_{kind}_{self._base_key()}"
        if not self.exists(name):
            with only_one(f"base-{kind}"):
                if not self.exists(name):
                    self._build_base(kind, name)
        return name

    def _base_key(self):
        recipes = [path.read_text() for path in sorted(SCRIPTS.glob("base_*.py"))]
        return digest(self.tools.odoo.key, _dependencies(), *recipes)

    def _build_base(self, kind, name):
        building = f"{name}_building"
        self.drop(building)
        demo = ["--with-demo"] if kind == "demo" else []
        with step(f"Build the template of {kind} databases: Odoo's own add-ons (1 to 2 min)"):
            if demo:
                # The country first: Odoo installs what belongs to it.
                self.install(building, ["base"], *demo)
                self.script(building, "base_demo_country.py")
            self.install(building, [*_dependencies(), LOCALISATION], *demo)
        with step("Load the French chart of accounts" if demo else "Build the assets of the web client"):
            self.script(building, f"base_{kind}.py")
        self._rename(building, name)
        self.query(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')

    def install(self, name, modules, *options):
        """Install add-ons; an error in the log is a failure too, whatever Odoo's exit code says."""
        log = log_file(f"install-{name}")
        text = self.tools.odoo_run(
            "-i", ",".join(modules), "--stop-after-init", "--no-http", *options, database=name, log=log,
            problem=f"Odoo could not install {', '.join(modules)}",
        )
        errors = logged_errors(text)
        if errors:
            raise Failure("Odoo logged errors while it installed:\n" + "\n".join(errors[:40]), f"The log is {log}")
        return text

    def script(self, name, script, port=None, **parameters):
        """Run one of odoo_scripts in Odoo's shell; return what it printed."""
        log = log_file(f"{Path(script).stem}-{name}")
        environment = {f"DUNNING_{key.upper()}": str(value) for key, value in parameters.items()}
        return self.tools.odoo_run(
            "shell", "--no-http", *(["--http-port", str(port)] if port else []), database=name, log=log,
            script=(SCRIPTS / script).read_text(), extra_environment=environment,
            problem=f"The script {script} failed",
        )

    def drop_abandoned_tests(self):
        """Drop the test databases of runs that were killed, and logs older than a few days."""
        for path in (cache() / "logs").glob("*.log"):
            if time.time() - path.stat().st_mtime > LOG_DAYS * 86400:
                path.unlink(missing_ok=True)
        prefix = f"dunning_test_{_machine()}_"
        for name in self.names(prefix):
            pid = name.removeprefix(prefix).split("_")[0]
            if not pid.isdigit() or not Path(f"/proc/{pid}").exists():
                self.drop(name)

    def test_name(self, part=0):
        return f"dunning_test_{_machine()}_{os.getpid()}" + (f"_{part}" if part else "")

    def dev_name(self, use):
        return f"dunning_{use}_{checkout_key()}"


def _machine():
    return digest(platform.node())[:4]


def _dependencies():
    manifest = ast.literal_eval((CHECKOUT / "__manifest__.py").read_text())
    return sorted(manifest["depends"])


def _link_or_copy(source, target):
    # Odoo never changes a stored file, it writes another: links are enough, and quick.
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def log_file(name):
    """Return where the log of one thing goes; the last one is kept."""
    folder = cache() / "logs"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.log"


def logged_errors(text):
    """Return the records of a log that are errors, with the lines that belong to them."""
    return [record.text for record in records(text)
            if record.level in ("ERROR", "CRITICAL") or DEMO_FAILED in record.text]
