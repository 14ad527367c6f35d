"""Measure a piece of work in Odoo: seconds, SQL queries, memory; and, on demand, where they went."""

import cProfile
import json
import os
import re
import time
from contextlib import contextmanager
from pathlib import Path

from odoo import sql_db


class Meter:
    """Collects one row per measured job in a file that the command reads."""

    def __init__(self, results, statements=0, profiles=None):
        self.results = Path(results)
        self.statements = statements
        self.profiles = profiles and Path(profiles)

    @contextmanager
    def measure(self, title, count=None, unit=""):
        """Measure a block; the caller may set ``row["count"]`` and ``row["unit"]`` for figures per unit."""
        row = {"title": title, "count": count, "unit": unit}
        with self._watch_statements() as seen, self._profile(title):
            _reset_peak()
            before, queries = _memory("VmRSS"), sql_db.sql_counter
            start, cpu = time.perf_counter(), _processor_time()
            yield row
            row["seconds"] = time.perf_counter() - start
            row["cpu"] = _processor_time() - cpu
            row["queries"] = sql_db.sql_counter - queries
            row["memory"] = max(0, _memory("VmHWM") - before) / 1024
        with self.results.open("a") as output:
            output.write(json.dumps(row) + "\n")
        if seen:
            print(f"\n{title}: {row['seconds']:.2f} s, {row['queries']} queries")
            for statement, (number, spent) in sorted(seen.items(), key=lambda item: -item[1][1])[:self.statements]:
                print(f"  {number:6} x {spent:8.3f} s  {statement}")

    @contextmanager
    def _profile(self, title):
        """Keep a profile of the block for ``python -m pstats``; costs much time, so only on demand."""
        if not self.profiles:
            yield
            return
        profile = cProfile.Profile()
        profile.enable()
        try:
            yield
        finally:
            profile.disable()
            self.profiles.mkdir(parents=True, exist_ok=True)
            profile.dump_stats(self.profiles / f"{re.sub('[^a-z]+', '-', title.lower())}.prof")

    @contextmanager
    def _watch_statements(self):
        """Count statements by their text without its values; costs time, so only on demand."""
        seen = {}
        if not self.statements:
            yield seen
            return
        plain = sql_db.Cursor.execute

        def execute(cursor, query, params=None, log_exceptions=True):
            start = time.perf_counter()
            try:
                return plain(cursor, query, params, log_exceptions)
            finally:
                text = _shorten(query.code if isinstance(query, sql_db.SQL) else str(query))
                number, spent = seen.get(text, (0, 0.0))
                seen[text] = number + 1, spent + time.perf_counter() - start

        sql_db.Cursor.execute = execute
        try:
            yield seen
        finally:
            sql_db.Cursor.execute = plain


def _processor_time():
    """Return the seconds of this process and of those it started (the renderer of letters), not of PostgreSQL."""
    return sum(os.times()[:4])


def _shorten(statement):
    """Return what tells a statement from others, without its lists of values."""
    text = re.sub(r"\s+", " ", statement)
    return re.sub(r"(%s(, )?|\(%s(::\w+)?(, %s(::\w+)?)*\)(, )?){2,}", "%s… ", text)[:230]


def _reset_peak():
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # the peak is then that of the whole process


def _memory(name):
    """Return a figure of this process in kB."""
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0

