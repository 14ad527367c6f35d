"""Check the add-on: linters, examples, and its tests in a real Odoo with a real browser.

usage: dev/test [TAG ...]
       dev/test --lint      only what needs no database (seconds)
       dev/test --survival  only what processes that are killed must survive (1 to 3 min)

TAG is a part of the tests: a class (TestDunningRun), a method (TestDunningRun.test_x or test_x), a file
(test_dunning_run.py), or any test tag specification of Odoo. Without one, everything runs.

The last line is "N passed, M failed"; the exit code is not 0 when something failed, when nothing ran, or when a
test was skipped. A test may be skipped only when its reason begins with "optional:".

ODOO_SRC, the PG* variables and a patched wkhtmltopdf on the PATH are used when given.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import traceback

from . import lint, testlog
from .databases import Databases, log_file
from .network import free_port
from .places import CHECKOUT, MODULE, OUT
from .survival import Survival
from .toolchain import Toolchain, tail
from .ui import guarded, say, step


def main():
    arguments = sys.argv[1:]
    if set(arguments) & {"-h", "--help"}:
        say(__doc__)
        return 0
    report = Report()
    try:
        if guarded(lambda: _check(arguments, report)):
            report.failed["dev/test could not finish"] = "The reason is further up."
    except Exception:
        # Whatever happens, the last line tells the counts.
        report.failed["dev/test itself broke"] = traceback.format_exc()
    return report.conclude()


class Report:
    """What passed and what failed, over all kinds of checks."""

    def __init__(self):
        self.passed = []
        self.failed = {}

    def conclude(self):
        """Show why things failed, then the counts alone on the last line."""
        for name, reason in self.failed.items():
            say(f"\n{'=' * 70}\nFAILED: {name}\n{reason.rstrip()}")
        if not self.passed and not self.failed:
            say("No test ran.")
        say()
        say(f"{len(self.passed)} passed, {len(self.failed)} failed")
        return 0 if self.passed and not self.failed else 1


def _check(arguments, report):
    tools = Toolchain()
    for option in [argument for argument in arguments if argument.startswith("--failed=")]:
        # .ci/run counts a demonstration that failed.
        arguments.remove(option)
        report.failed[option.removeprefix("--failed=")] = "Its output is further up."
    only_lint = arguments == ["--lint"]
    only_survival = arguments == ["--survival"]
    if only_lint or not arguments:
        passed, failed = lint.check(tools)
        report.passed += passed
        report.failed.update(failed)
    if not only_lint:
        _run_odoo_tests(tools, arguments, report, only_survival=only_survival)
    return 0


def _run_odoo_tests(tools, tags, report, *, only_survival=False):
    databases = Databases(tools)
    databases.drop_abandoned_tests()
    template = databases.base("test")
    name = databases.test_name()
    try:
        with step("Copy the template database"):
            databases.copy(template, name)
        if only_survival:
            databases.install(name, [MODULE])
        else:
            log, code = _run_odoo(tools, name, specification(tags))
            _judge(log, code, tags, report)
        if only_survival or not tags:
            passed, failed = Survival(tools, databases, name).check()
            report.passed += passed
            report.failed.update(failed)
    finally:
        databases.drop(name)


def _run_odoo(tools, name, tags):
    log = log_file(f"tests-{name}")
    OUT.mkdir(exist_ok=True)
    command = tools.command(
        "-i", MODULE, "--test-tags", tags, "--screenshots", str(OUT / "screenshots"),
        database=name, port=free_port(),
    )
    say(f"          the log of the tests is {log}")
    with step(f"Install the add-on and run its tests ({tags})"):
        code = follow(command, tools.environment(), log)
    return log, code


def follow(command, environment, log):
    """Run Odoo with its log in a file, and show each class of tests as it begins."""
    shown = set()
    with open(log, "w") as output:
        process = subprocess.Popen(
            command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        try:
            for line in process.stdout:
                output.write(line)
                _show(line, shown)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
    return process.returncode


def _show(line, shown):
    match = re.search(r": Starting (\w+)\.(\w+) \.\.\.", line)
    if match and match[1] not in shown:
        shown.add(match[1])
        say(f"          {match[1]}")
    if re.search(r": (FAIL|ERROR): |^\S+ \S+ \d+ CRITICAL ", line):
        say(f"          {line.split(': ', 1)[-1].rstrip()}")


def _judge(log, code, tags, report):
    """Count what the log tells: the exit code of Odoo says nothing about skipped or missing tests."""
    text = log.read_text()
    outcome = testlog.read(text)
    report.passed += sorted(outcome.passed)
    report.failed.update(outcome.failed)
    for number, error in enumerate(outcome.errors, 1):
        report.failed[f"error {number} in Odoo's log (mute or expect it where it belongs to a test)"] = error
    for test, reason in outcome.skipped.items():
        if not reason.lower().startswith(testlog.TOLERATED_SKIP):
            report.failed[f"{test} was skipped"] = reason
    unexplained = not outcome.failed and not outcome.errors
    if not tags and outcome.counted:
        for missing in sorted(declared_classes() - outcome.classes):
            if not any(missing in name for name in [*outcome.failed, *outcome.skipped]):
                report.failed[f"{missing} did not run"] = "Is its file imported in tests/__init__.py?"
    if not outcome.counted and unexplained:
        report.failed["Odoo ran no test"] = tail(text)
    if outcome.counted and not outcome.passed and not outcome.skipped and unexplained:
        report.failed["No test matches"] = f"Nothing in the add-on has the tag {' '.join(tags) or MODULE}."
    if code and outcome.counted and unexplained:
        report.failed[f"Odoo ended with code {code}"] = tail(text)


def specification(tags):
    """Return Odoo's test tags for what a person writes.

    >>> specification([])
    '/account_dunning'
    >>> specification(["TestRun", ":TestRun.test_x", "test_x", "test_run.py"])
    '/account_dunning:TestRun,/account_dunning:TestRun.test_x,/account_dunning:.test_x,/account_dunning/tests/test_run.py'
    """
    words = [word for tag in tags for word in tag.split(",") if word]
    return ",".join(map(_specify, words)) or f"/{MODULE}"


def _specify(word):
    sign = "-" if word.startswith("-") else ""
    word = word.removeprefix("-").removeprefix("+")
    if word.endswith(".py"):
        return f"{sign}/{MODULE}/tests/{word.rsplit('/', 1)[-1]}"
    if word.startswith(":"):
        return f"{sign}/{MODULE}{word}"
    if word.startswith("test_"):
        return f"{sign}/{MODULE}:.{word}"
    if word[:1].isupper():
        return f"{sign}/{MODULE}:{word}"
    return f"{sign}{word}" if "/" in word else f"{sign}{word}/{MODULE}"


def declared_classes():
    """Return the test classes that the files of the add-on declare and that run by default."""
    found = set()
    for path in (CHECKOUT / "tests").glob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and _has_tests(node) and not _is_left_out(node):
                found.add(node.name)
    return found


def _has_tests(node):
    return any(isinstance(part, ast.FunctionDef) and part.name.startswith("test_") for part in node.body)


def _is_left_out(node):
    return any("-standard" in ast.unparse(decorator) for decorator in node.decorator_list)
