"""Check the add-on: linters, examples, and its tests in a real Odoo with a real browser.

usage: dev/test [TAG ...]
       dev/test --lint      only what needs no database (seconds)
       dev/test --survival  only what processes that are killed must survive (1 to 3 min)

TAG is a part of the tests: a class (TestDunningRun), a method (TestDunningRun.test_x or test_x), a file
(test_dunning_run.py), or any test tag specification of Odoo. Without one, everything runs,
in two to four processes at a time when the machine has the cores.

The last line is "N passed, M failed"; the exit code is not 0 when something failed, when nothing ran, or when a
test was skipped. A test may be skipped only when its reason begins with "optional:".

ODOO_SRC, the PG* variables and a patched wkhtmltopdf on the PATH are used when given.
"""

from __future__ import annotations

import sys
import traceback

from . import lint, testlog
from .databases import Databases
from .odoo_tests import OdooTests, declared_classes, number_of_parts
from .places import MODULE
from .survival import Survival
from .toolchain import Toolchain, tail
from .ui import guarded, say, step

MOST_NAMED = 15
LONGEST_LINE = 300


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
        """Show why things failed, each once more in a line for who sees the end only, then the counts alone."""
        for name, reason in self.failed.items():
            say(f"\n{'=' * 70}\nFAILED: {name}\n{reason.rstrip()}")
        if self.failed:
            say(f"\n{'=' * 70}")
        for name, reason in list(self.failed.items())[:MOST_NAMED]:
            say(f"FAILED: {name}\n        {testlog.message(reason)[:LONGEST_LINE]}")
        if len(self.failed) > MOST_NAMED:
            say(f"... and {len(self.failed) - MOST_NAMED} more, further up")
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
    parts = 1 if tags or only_survival else number_of_parts()
    names = [databases.test_name(part) for part in range(parts)]
    try:
        with step("Copy the template database"):
            for name in names:
                databases.copy(template, name)
        if only_survival:
            databases.install(names[0], [MODULE])
        else:
            _judge(OdooTests(tools, names, tags).run(), tags, report)
        if only_survival or not tags:
            passed, failed = Survival(tools, databases, names[0]).check()
            report.passed += passed
            report.failed.update(failed)
    finally:
        for name in names:
            databases.drop(name)


def _judge(runs, tags, report):
    """Count what the logs tell: the exit code of Odoo says nothing about skipped or missing tests."""
    classes, troubled = set(), []
    for log, code in runs:
        outcome = _judge_one(log, code, tags, report)
        classes |= outcome.classes
        troubled += [*outcome.failed, *outcome.skipped]
    if not tags and report.passed:
        for missing in sorted(declared_classes() - classes):
            if not any(missing in name for name in troubled):
                report.failed[f"{missing} did not run"] = "Is its file imported in tests/__init__.py?"


def _judge_one(log, code, tags, report):
    text = log.read_text()
    outcome = testlog.read(text)
    report.passed += sorted(outcome.passed)
    report.failed.update({test: testlog.ending(reason) for test, reason in outcome.failed.items()})
    for number, error in enumerate(outcome.errors, 1):
        place = f"error {number} in {log.name} (mute or expect it where it belongs to a test)"
        report.failed[place] = testlog.ending(error)
    for test, reason in outcome.skipped.items():
        if not reason.lower().startswith(testlog.TOLERATED_SKIP):
            report.failed[f"{test} was skipped"] = reason
    unexplained = not outcome.failed and not outcome.errors
    if not outcome.counted and unexplained:
        report.failed[f"Odoo ran no test ({log.name})"] = tail(text)
    if outcome.counted and not outcome.passed and not outcome.skipped and unexplained:
        report.failed["No test matches"] = f"Nothing in the add-on has the tag {' '.join(tags) or MODULE}."
    if code and outcome.counted and unexplained:
        report.failed[f"Odoo ended with code {code} ({log.name})"] = tail(text)
    return outcome
