"""Export the terms of the add-on, and refresh the translations beside them.

usage: dev/i18n          writes i18n/account_dunning.pot and i18n/fr.po, and says what is not translated yet
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from .databases import Databases, log_file
from .places import CHECKOUT, MODULE
from .toolchain import Toolchain
from .ui import guarded, run, say, step

LANGUAGE = "fr"


def main():
    if len(sys.argv) > 1:
        say(__doc__)
        return 0
    return guarded(_export)


def _export():
    tools = Toolchain()
    databases = Databases(tools)
    name = f"{databases.dev_name('i18n')}_{os.getpid()}"
    databases.copy(databases.base("test"), name)
    target = CHECKOUT / "i18n" / f"{LANGUAGE}.po"
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before.po"
        shutil.copy(target, before) if target.exists() else before.write_text('msgid ""\nmsgstr ""\n')
        try:
            with step("Install the add-on"):
                databases.install(name, [MODULE])
            with step("Export the terms"):
                tools.odoo_run("i18n", "export", MODULE, "-l", "pot", LANGUAGE, database=name,
                               log=log_file("i18n"), problem="The terms could not be exported")
        finally:
            databases.drop(name)
        say(run([tools.python, Path(__file__).parent / "translations.py", target, before],
                problem="The translations could not be read").strip())
    return 0
