"""What the user sees: steps with their seconds, and failures that say what to do."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

BEGIN = time.monotonic()
HEARTBEAT = 15


class Failure(Exception):
    """A step that cannot go on: what is missing, and what to do about it."""

    def __init__(self, problem, advice=""):
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


def say(text=""):
    print(text, flush=True)


@contextlib.contextmanager
def step(title):
    """Announce a step that takes a while, show that it lives, and say how long it took."""
    start = time.monotonic()
    say(f"[{start - BEGIN:5.0f} s] {title} ...")
    done = threading.Event()
    threading.Thread(target=_beat, args=(title, start, done), daemon=True).start()
    try:
        yield
    finally:
        done.set()
    say(f"          done in {time.monotonic() - start:.1f} s")


def _beat(title, start, done):
    while not done.wait(HEARTBEAT):
        say(f"          still at it after {time.monotonic() - start:.0f} s: {title}")


def run(command, *, problem, advice="", log=None, **options):
    """Run a command without a word; when it fails, show the end of what it said."""
    options.setdefault("stdin", subprocess.DEVNULL)
    try:
        result = subprocess.run(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", **options,
        )
    except FileNotFoundError as error:
        raise Failure(f"{problem}: the command {command[0]} is not there", advice) from error
    if log:
        Path(log).write_text(result.stdout)
    if result.returncode:
        tail = "\n".join(f"    {line}" for line in result.stdout.splitlines()[-30:])
        raise Failure(f"{problem} (exit code {result.returncode})\n{tail}", advice)
    return result.stdout


def guarded(main):
    """Run a command line program: a failure is explained, never shown as a traceback, an end leaves nothing behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return main()
    except Failure as failure:
        say(f"\nFAILED: {failure.problem}")
        if failure.advice:
            say(f"What to do: {failure.advice}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return 130
    finally:
        sys.stdout.flush()
