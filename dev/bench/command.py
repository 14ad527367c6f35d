"""Measure the add-on on a large ledger, beside OCA's account_credit_control on the same data.

usage: dev/bench/run [SIZE ...] [--jobs JOB,...] [--no-peer] [--mails N] [--letters N] [--statements N] [--fresh]

SIZE           open receivables, of a tenth as many customers; default 1000 10000 (100000 takes some minutes more)
--jobs         only these: plan, mails, letters, interest (default all), evidence (300 MB: only when asked for)
--no-peer      without the other add-on
--mails N      how many e-mails to send (default 1000, or all there are)
--letters N    how many letters to print (default 100)
--statements N list the N most expensive statements of each job (for developers; costs time)
--profile      keep a profile of each job in dev/out/profiles (for developers; costs much time)
--fresh        build the ledgers anew

The figures are printed, nothing is compared with a limit: seconds depend on the machine, queries do not.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import tempfile
import time
from pathlib import Path

from kit.databases import Databases, log_file
from kit.network import free_port
from kit.places import DEV, MODULE, OUT, addons_folder, digest
from kit.server import mail_catcher, point_to, web_server
from kit.toolchain import Toolchain
from kit.ui import guarded, say, step

from .peer_package import PEER, ensure_peer

JOBS = ("plan", "mails", "letters", "interest")


def main():
    return guarded(lambda: Bench(_arguments()).run())


def _arguments():
    parser = argparse.ArgumentParser(prog="dev/bench/run", usage=argparse.SUPPRESS, description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 10000], help=argparse.SUPPRESS)
    parser.add_argument("--jobs", default=",".join(JOBS), help=argparse.SUPPRESS)
    parser.add_argument("--no-peer", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--mails", type=int, default=1000, help=argparse.SUPPRESS)
    parser.add_argument("--letters", type=int, default=100, help=argparse.SUPPRESS)
    parser.add_argument("--statements", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--profile", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--fresh", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


class Bench:
    """One run over all sizes; every job has a database of its own, copied from the ledger of its size."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.tools = Toolchain()
        self.databases = Databases(self.tools)
        self.jobs = arguments.jobs.split(",")
        self.work = Path(tempfile.mkdtemp(prefix="dunning-bench-"))

    def run(self):
        try:
            return self._run()
        finally:
            shutil.rmtree(self.work, ignore_errors=True)

    def _run(self):
        tables = []
        for size in self.arguments.sizes:
            rows = self._measure_size(size)
            _show(size, rows)
            tables.append({"size": size, "rows": rows})
        OUT.mkdir(exist_ok=True)
        path = OUT / f"bench-{time.strftime('%Y%m%d-%H%M%S')}.json"
        path.write_text(json.dumps({"machine": f"{os.cpu_count()} x {platform.machine()}", "tables": tables}, indent=1))
        say(f"\nThese figures are kept in {path}")
        return 0

    def _measure_size(self, size):
        ledger = self._get_ledger(size)
        rows = []
        name = self.databases.dev_name(f"bench_own_{size}")
        with self._installed(ledger, name, MODULE):
            rows += self._measure_own(name, size)
        if not self.arguments.no_peer and "plan" in self.jobs:
            rows += self._measure_peer(ledger, self.databases.dev_name(f"bench_peer_{size}"))
        return rows

    def _get_ledger(self, size):
        """Return a database with a ledger of that size and no dunning in it, kept for the next time."""
        name = self.databases.dev_name(f"bench_ledger_{size}")
        recipe = digest((Path(__file__).parent / "ledger.py").read_text(), self.databases.base("test"),
                        time.strftime("%Y-%m-%d"))
        if self.arguments.fresh or not self.databases.exists(name) or self.databases.mark(name) != recipe:
            self.databases.copy(self.databases.base("test"), name)
            with step(f"Book a ledger of {size} open receivables"):
                self._shell(name, "ledger", size=size)
            self.databases.set_mark(name, recipe)
        return name

    @contextlib.contextmanager
    def _installed(self, ledger, name, module, **options):
        """Give the block a copy of a ledger with an add-on in it."""
        self.databases.copy(ledger, name)
        try:
            with step(f"Install {module} on this ledger"):
                self.tools.odoo_run("-i", module, "--stop-after-init", "--no-http", database=name,
                                    log=log_file(f"install-{name}"), problem=f"{module} could not be installed",
                                    **options)
            yield
        finally:
            self.databases.drop(name)

    def _measure_own(self, name, size):
        rows = []
        if "plan" in self.jobs or "mails" in self.jobs:
            rows += self._job(name, "first_night", "First night: follow-ups, plans, draft notices")
        if {"letters", "mails", "evidence"} & set(self.jobs):
            rows += self._measure_leaving(name)
        if "plan" in self.jobs:
            rows += self._job(name, "later_nights", "The nights after")
        if "interest" in self.jobs:
            rows += self._job(name, "interest", "Interest, after three payments each", size=size)
        return rows

    def _measure_leaving(self, name):
        """Measure what is printed and sent, with a server that the printer reads styles from."""
        rows = []
        with mail_catcher(self.tools, self.work / "mails") as mail_port:
            port = free_port()
            point_to(self.databases, name, port, mail_port)
            with web_server(self.tools, name, port, crons=0):
                if "letters" in self.jobs:
                    rows += self._job(name, "letters", "Print letters", number=self.arguments.letters)
                if "mails" in self.jobs:
                    rows += self._job(name, "mails", "Send e-mails", number=self.arguments.mails)
                if "evidence" in self.jobs:
                    rows += self._job(name, "evidence", "Build evidence files", invoices=15, megabytes=300)
        return rows

    def _measure_peer(self, ledger, name):
        folders = [*self.tools.odoo.addons, addons_folder(), ensure_peer(self.tools)]
        options = {"addons_path": ",".join(map(str, folders))}
        with self._installed(ledger, name, PEER, **options), step(f"The same with {PEER}"):
            return self._shell(name, "peer", options=options)

    def _job(self, name, job, title, **parameters):
        with step(title):
            return self._shell(name, job, **parameters)

    def _shell(self, name, job, options=None, **parameters):
        """Run one job in an Odoo of its own; return its rows."""
        results = self.work / f"{name}-{job}.jsonl"
        results.unlink(missing_ok=True)
        parameters |= {"results": str(results), "statements": self.arguments.statements,
                       "profiles": self.arguments.profile and str(OUT / "profiles")}
        script = f"import sys; sys.path.insert(0, {str(DEV)!r})\n" \
                 f"from bench import jobs; jobs.run(env, {job!r}, **{parameters!r})\n"
        text = self.tools.odoo_run("shell", "--no-http", database=name, script=script, log=log_file(f"bench-{job}"),
                                   problem=f"The job {job} failed", log_level="warn", **(options or {}))
        if self.arguments.statements:
            say(text)
        return [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []


def _show(size, rows):
    """Print the figures of one size."""
    say(f"\n{size:,} open receivables, {size // 10:,} customers".replace(",", " "))
    say(f"  {'job':58} {'seconds':>8} {'CPU':>7} {'queries':>8} {'MB':>6} {'number':>8} {'each':>9} {'queries':>8}")
    for row in rows:
        each = f"{row['seconds'] / row['count'] * 1000:6.1f} ms {row['queries'] / row['count']:8.2f}" \
            if row.get("count") else ""
        number = f"{row['count']:8}" if row.get("count") else " " * 8
        say(f"  {row['title']:58} {row['seconds']:8.2f} {row['cpu']:7.2f} {row['queries']:8} {row['memory']:6.0f} "
            f"{number} {each}")
    if any(PEER in row["title"] for row in rows):
        say(f"  {PEER} writes one document with its own discussion thread per line; account_dunning one per customer.")
