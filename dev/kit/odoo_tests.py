"""Odoo's tests in as many processes as pay, each with a database of its own."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from .databases import log_file
from .network import free_port
from .places import CHECKOUT, MODULE, OUT
from .ui import say, step

# A tour starts a browser: it takes about as long as ten other tests.
TOUR_WEIGHT = 10
MOST_PARTS = 4


class OdooTests:
    """The tests that a person asks for; without a wish all of them, shared out over the databases."""

    def __init__(self, tools, names, tags):
        self.tools = tools
        self.names = names
        self.specifications = [specification(tags)] if len(names) == 1 else shares(weights(), len(names))

    def run(self):
        """Install the add-on and test it in every database at once; return a log and an exit code for each."""
        OUT.mkdir(exist_ok=True)
        logs = [log_file(f"tests-{name}") for name in self.names]
        for log in logs:
            say(f"          the log of the tests is {log}")
        title = f"Install the add-on and run its tests ({len(logs)} at a time)" if len(logs) > 1 else (
            f"Install the add-on and run its tests ({self.specifications[0]})")
        with step(title):
            codes = self._follow_all([self._start(*part) for part in zip(self.names, self.specifications, strict=True)],
                                     logs)
        return list(zip(logs, codes, strict=True))

    def _start(self, name, tags):
        command = self.tools.command(
            "-i", MODULE, "--test-tags", tags, "--screenshots", str(OUT / "screenshots"),
            database=name, port=free_port(),
        )
        return subprocess.Popen(
            command, env=self.tools.environment(), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        )

    def _follow_all(self, processes, logs):
        with ThreadPoolExecutor(len(processes)) as pool:
            try:
                return list(pool.map(follow, processes, logs))
            except BaseException:
                # None of them outlives this one.
                for process in processes:
                    process.kill()
                raise


def number_of_parts():
    return max(1, min(MOST_PARTS, os.cpu_count() or 1))


def shares(weighed, number):
    """Return the test tags of each part, the parts about as heavy as one another.

    The first part takes whatever no other has, also a class that nobody weighed.

    >>> shares({"TestTour": 10, "TestRun": 6, "TestPlan": 3}, 2)
    ['/account_dunning,-/account_dunning:TestPlan,-/account_dunning:TestRun', \
'/account_dunning:TestPlan,/account_dunning:TestRun']
    >>> shares({"TestRun": 6}, 2)
    ['/account_dunning']
    """
    parts = [[] for _part in range(number)]
    loads = [0] * number
    for name, weight in sorted(weighed.items(), key=lambda item: (-item[1], item[0])):
        lightest = loads.index(min(loads))
        parts[lightest].append(f"/{MODULE}:{name}")
        loads[lightest] += weight
    others = [sorted(part) for part in parts[1:] if part]
    first = ",".join([f"/{MODULE}", *(f"-{name}" for part in others for name in part)])
    return [first, *map(",".join, others)]


def weights():
    """Return how long each declared class takes, counted in plain tests."""
    return {node.name: _weigh(node) for node in _test_classes()}


def _weigh(node):
    tours = ast.unparse(node).count("start_tour(")
    return sum(map(_is_test, node.body)) + tours * TOUR_WEIGHT


def declared_classes():
    """Return the test classes that the files of the add-on declare and that run by default."""
    return {node.name for node in _test_classes()}


def _test_classes():
    for path in sorted((CHECKOUT / "tests").glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and any(map(_is_test, node.body)) and not _is_left_out(node):
                yield node


def _is_test(node):
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def _is_left_out(node):
    return any("-standard" in ast.unparse(decorator) for decorator in node.decorator_list)


def follow(process, log):
    """Keep what Odoo says in a file, and show each class of tests as it begins; return the exit code."""
    shown = set()
    with open(log, "w") as output:
        for line in process.stdout:
            output.write(line)
            _show(line, shown)
    return process.wait()


def _show(line, shown):
    match = re.search(r": Starting (\w+)\.(\w+) \.\.\.", line)
    if match and match[1] not in shown:
        shown.add(match[1])
        say(f"          {match[1]}")
    if re.search(r": (FAIL|ERROR): |^\S+ \S+ \d+ CRITICAL ", line):
        say(f"          {line.split(': ', 1)[-1].rstrip()}")


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
