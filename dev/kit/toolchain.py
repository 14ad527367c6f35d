"""Everything a command needs: Odoo, Python, PostgreSQL, the renderer; fetched when missing."""

from __future__ import annotations

import os
import subprocess

from .debian import ensure_system_packages
from .odoo_source import ensure_odoo
from .places import addons_folder, cache, digest
from .postgres import ensure_postgres
from .python_env import ensure_python
from .ui import Failure
from .wkhtmltopdf import ensure_wkhtmltopdf


class Toolchain:
    """The tools in place, and the way to start Odoo with them."""

    def __init__(self):
        ensure_system_packages()
        self.python = ensure_python()
        self.odoo = ensure_odoo()
        self.renderer = ensure_wkhtmltopdf(self.python)
        self.cluster = ensure_postgres(self.python)
        self.data = cache() / "data"
        self.data.mkdir(exist_ok=True)

    def environment(self):
        """Return the environment in which the commands of Odoo and of the tools run."""
        path = os.pathsep.join([str(self.renderer), str(self.python.parent), os.environ.get("PATH", "")])
        return {
            **os.environ, **self.cluster.environment,
            "PATH": path, "PYTHONPATH": str(self.odoo.folder), "PYTHONUNBUFFERED": "1",
            "LANG": os.environ.get("LANG") or "C.UTF-8",
        }

    def command(self, *arguments, database=None, port=None, **options):
        """Return the command line of Odoo; its words (`shell`, `i18n export`) come before the options."""
        first = next((index for index, word in enumerate(arguments) if word.startswith("-")), len(arguments))
        values = {
            "addons_path": ",".join(map(str, [*self.odoo.addons, addons_folder()])),
            "data_dir": self.data, "db_maxconn": 24, "http_interface": "127.0.0.1", "max_cron_threads": 0,
            "workers": 0, "limit_time_real": 0, "limit_time_cpu": 0, **self.cluster.odoo_options, **options,
        }
        return [str(self.python), "-m", "odoo", *arguments[:first], "-c", str(self._configuration(values)),
                *(["-d", database] if database else []), *(["--http-port", str(port)] if port else []),
                *arguments[first:]]

    def _configuration(self, values):
        """Write a configuration file, so that no password stands in a command line; one per content."""
        text = "[options]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
        folder = cache() / "conf"
        folder.mkdir(exist_ok=True, mode=0o700)
        path = folder / f"{digest(text)}.conf"
        if not path.exists():
            path.write_text(text)
            path.chmod(0o600)
        return path

    def odoo_run(self, *arguments, log, problem, advice="", script=None, extra_environment=None, **options):
        """Run Odoo to its end, its log in a file; return the log."""
        command = self.command(*arguments, **options)
        with open(log, "w") as output:
            result = subprocess.run(
                command, input=script, stdin=None if script is not None else subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, text=True, cwd="/", check=False,
                env={**self.environment(), **(extra_environment or {})},
            )
        text = log.read_text(errors="replace")
        if result.returncode:
            raise Failure(f"{problem} (exit code {result.returncode})\n{tail(text)}", advice or f"The log is {log}")
        return text


def tail(text, count=40):
    """Return the last lines, indented."""
    return "\n".join(f"    {line}" for line in text.splitlines()[-count:])
