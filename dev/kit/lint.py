"""What needs no database: linters, and the examples in the docstrings of the pure modules."""

from __future__ import annotations

import os
import subprocess

from .places import CHECKOUT, DEV, MODULE, addons_folder
from .ui import say, step

PURE_MODULES = ("interest", "escalation")
PYLINT_LEFT_OUT = {
    "manifest-required-author": "this is no module of the Odoo Community Association",
    "missing-return": "many methods of Odoo that one extends return nothing",
}
_DOCTEST = """
import doctest, importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
module = importlib.import_module(sys.argv[2])
parts = [name for _f, name, _p in pkgutil.iter_modules(getattr(module, "__path__", [])) if name != "__main__"]
modules = [module, *(importlib.import_module(f"{module.__name__}.{name}") for name in parts)]
assert not any(name.split(".")[0] == "odoo" for name in sys.modules), "a pure module imports Odoo"
results = [doctest.testmod(module) for module in modules]
attempted, failed = sum(r.attempted for r in results), sum(r.failed for r in results)
print(f"{attempted} examples, {failed} failed")
sys.exit(0 if attempted and not failed else 1)
"""


def check(tools):
    """Run each check; return the names of those that passed, and the output of those that failed."""
    passed, failed = [], {}
    for name, command, folder, environment in _checks(tools):
        with step(name):
            result = subprocess.run(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, check=False,
            )
        if result.returncode:
            say("          FAILED, see the end")
            failed[name] = result.stdout
        else:
            passed.append(name)
    return passed, failed


def _checks(tools):
    programs = tools.python.parent
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    yield "ruff", [programs / "ruff", "check", "."], CHECKOUT, bare
    pylint = [programs / "pylint", f"--rcfile={CHECKOUT / '.pylintrc'}", "--score=n",
              f"--disable={','.join(PYLINT_LEFT_OUT)}", MODULE]
    yield "pylint-odoo", pylint, addons_folder(), tools.environment()
    for name in ("kit.odoo_tests", "kit.testlog"):
        yield f"docstrings of {name}", [tools.python, "-I", "-c", _DOCTEST, DEV, name], CHECKOUT, bare
    for name in PURE_MODULES:
        if (CHECKOUT / f"{name}.py").exists() or (CHECKOUT / name / "__init__.py").exists():
            yield f"docstrings of {name}", [tools.python, "-I", "-c", _DOCTEST, CHECKOUT, name], CHECKOUT, bare
