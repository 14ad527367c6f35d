"""Reading Odoo's log: its exit code is 0 when no test ran, and when tests were skipped."""

from __future__ import annotations

import re
from typing import NamedTuple

_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[^:\s]+): (?P<message>.*)$"
)
_STARTING = re.compile(r"^Starting (\S+) \.\.\.")
_FAILED = re.compile(r"^(?:FAIL|ERROR): (?:Subtest )?(?P<test>setUpClass \([^)]*\)|tearDownClass \([^)]*\)|\S+)")
_SKIPPED = re.compile(r"^skipped (?P<test>setUpClass \([^)]*\)|\S+) : (?P<reason>.*)")
_RESULT = re.compile(r"^(\d+) failed, (\d+) error\(s\) of (\d+) tests")
_SUMMARY = re.compile(r"^(Module \S+: \d+ failures, |At least one test failed )")
_SAID = re.compile(r"^(?:FAILED: |[A-Za-z_][\w.]*(?:Error|Exception|Warning|NotAvailable|Canceled|Exit|Interrupt)\b)")
TOLERATED_SKIP = "optional:"
LINES_SHOWN = 20


class Record(NamedTuple):
    """One record of the log, with the lines that follow its first one."""

    level: str
    logger: str
    message: str
    text: str


class Outcome(NamedTuple):
    """What a run of Odoo's tests came to."""

    passed: set
    failed: dict  # test -> the part of the log that tells why
    skipped: dict  # test -> reason
    errors: list  # records of level ERROR that are no test's result
    classes: set  # classes of which a test was started
    counted: bool  # whether Odoo printed its result at all


def records(text):
    """Split a log into records."""
    found, head, lines = [], None, []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            if head:
                found.append(_record(head, lines))
            head, lines = match, [line]
        elif head:
            lines.append(line)
    if head:
        found.append(_record(head, lines))
    return found


def _record(head, lines):
    first = head["message"]
    return Record(head["level"], head["logger"], "\n".join([first, *lines[1:]]), "\n".join(lines))


def read(text):
    """Return the outcome of a run of tests."""
    started, failed, skipped, errors, counted = set(), {}, {}, [], False
    reported = 0
    for record in records(text):
        if match := _STARTING.match(record.message):
            started.add(match[1])
        elif match := _SKIPPED.match(record.message):
            skipped[match["test"]] = match["reason"]
        elif record.level in ("ERROR", "CRITICAL") and (match := _FAILED.match(record.message)):
            failed[match["test"]] = failed.get(match["test"], "") + record.text + "\n"
        elif record.logger == "odoo.tests.result" and (match := _RESULT.match(record.message)):
            counted, reported = True, reported + int(match[1]) + int(match[2])
        elif record.level in ("ERROR", "CRITICAL") and not _SUMMARY.search(record.message):
            errors.append(record)
    if reported and not failed:
        failed["(a test this log does not name)"] = f"Odoo counted {reported} failures, see the log."
    passed = started - set(failed) - set(skipped)
    classes = {test.split(".")[0] for test in started}
    others = [record.text for record in errors if not _is_told_by(record, failed)]
    return Outcome(passed, failed, skipped, others, classes, counted)


def _is_told_by(record, failed):
    """Say whether this is the complaint of a test's browser: the test failed by it, and tells it."""
    return any(record.logger.endswith(f".{test}.browser") for test in failed)


def ending(reason, lines=LINES_SHOWN):
    """Return the end of what tells why a test failed, with its message; the log has the rest.

    >>> print(ending("Traceback\\n  one\\n  two\\nValueError: so\\n", 2))
    (2 lines left out)
      two
    ValueError: so
    >>> print(ending("Traceback\\nAssertionError: Lists differ\\n- one\\n- two\\n- three\\n", 2))
    (3 lines left out)
    AssertionError: Lists differ
    - two
    - three
    """
    told = reason.rstrip().splitlines()
    if len(told) <= lines:
        return "\n".join(told)
    said = message(reason)
    head = [] if said in map(str.strip, told[-lines:]) else [said]
    return "\n".join([f"({len(told) - lines} lines left out)", *head, *told[-lines:]])


def message(reason):
    """Return the one line that says most: what a tour or an exception said last, else the last line of all.

    >>> message("FAIL: TestX.test_y\\nTraceback:\\n  line\\nAssertionError: 2 != 3\\n- 2\\n+ 3\\n")
    'AssertionError: 2 != 3'
    >>> message("AssertionError: The test code failed\\n\\nFAILED: [3/9] Tour x, step Save\\nTIMEOUT after 10 s\\n")
    'FAILED: [3/9] Tour x, step Save'
    >>> message("a.py:1: line too long\\nFound 1 error.\\n")
    'Found 1 error.'
    """
    lines = [line for line in reason.splitlines() if line.strip()]
    said = [line for line in lines if _SAID.match(line)]
    return (said or lines or [""])[-1].strip()
