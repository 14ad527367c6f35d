"""What the run must survive, tried with real processes: SIGKILL in the middle, and two workers at once.

Odoo's own tests live in one transaction and cannot die. Here the add-on is installed in a database of its own, whole
processes work on it, and what arrives at a slow mail server tells the truth.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from .databases import SCRIPTS, log_file
from .network import free_port
from .server import mail_catcher, point_to
from .survival_database import DatabaseChecks
from .survival_paper import PaperChecks
from .ui import step

CUSTOMERS = 12
KILLED_AFTER = 4  # messages received
LIMIT = 600  # seconds for one worker: a busy machine is slow, and only what hangs shall fail
NAMES = ("a killed run resumes and sends nothing twice", "two workers at once send everything once",
         "a run killed again and again loses nobody", "books that change while messages leave make nothing uncertain")


class Survival(PaperChecks, DatabaseChecks):
    """The checks, each over customers of its own in one database."""

    def __init__(self, tools, databases, name):
        self.tools, self.databases, self.name = tools, databases, name

    def check(self):
        """Run every check; return what passed and what failed with its reason."""
        passed, failed = [], {}
        checks = (self._killed, self._together, self._killed_often, self._books_change)
        for title, check in (*zip(NAMES, checks, strict=True), *self._mail_checks(), *self._paper_checks(),
                             *self._last_checks()):
            with tempfile.TemporaryDirectory() as folder, step(f"Survival: {title}"):
                try:
                    with mail_catcher(self.tools, Path(folder), delay=0.4) as port:
                        point_to(self.databases, self.name, free_port(), port)
                        check(Path(folder))
                    passed.append(f"survival: {title}")
                except AssertionError as error:
                    failed[f"survival: {title}"] = str(error)
        return passed, failed

    # The checks

    def _killed(self, folder):
        """Killed while a message is leaving: that one is uncertain, all others leave exactly once."""
        self._prepare("kill")
        worker = self._start()
        self._wait_for_mails(folder, KILLED_AFTER, worker)
        self._kill(worker)
        self._finish(self._start())
        report = self._report("kill")
        self._expect_once(report, folder, "kill", uncertain=1)

    def _together(self, folder):
        """Two workers started together: every customer gets one message, whoever sends it."""
        self._prepare("pair")
        workers = [self._start(), self._start()]
        for worker in workers:
            self._finish(worker)
        self._finish(self._start())
        self._expect_once(self._report("pair"), folder, "pair", uncertain=0)

    def _killed_often(self, folder):
        """Killed at any moment of planning, freezing and sending."""
        self._prepare("often")
        kills = 0
        for delay in (4.0, 5.0, 5.5, 6.0, 7.0):
            worker = self._start()
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(timeout=delay)
            kills += worker.poll() is None
            self._kill(worker)
        self._finish(self._start())
        self._expect_once(self._report("often"), folder, "often", uncertain=kills)

    def _books_change(self, folder):
        """Somebody else writes on the same lines all the time: every write of ours meets a conflict sooner or later."""
        self._prepare("books")
        worker = self._start()
        touch = ("UPDATE account_move_line SET write_date = now() WHERE account_id IN "
                 "(SELECT id FROM account_account WHERE account_type = 'asset_receivable')")
        end = time.monotonic() + LIMIT
        while worker.poll() is None and time.monotonic() < end:
            self.databases.query(touch, database=self.name)
            time.sleep(0.1)
        self._finish(worker)
        self._finish(self._start())
        self._expect_once(self._report("books"), folder, "books", uncertain=0)

    def _expect_once(self, report, folder, label, *, uncertain):
        # The customers of the other checks may be written to as well: only those of this one count.
        found = [re.search(rf"({label}-\d+@[\w.]+\.com)", path.name) for path in folder.glob("*.eml")]
        mails = Counter(match[1] for match in found if match)
        customers = {f"{label}-{number}@customer.example.com" for number in range(CUSTOMERS)}
        doubtful = {email for email, state in report["states"].items() if state == "uncertain"}
        assert not [email for email, count in mails.items() if count > 1], f"sent twice: {mails}"
        assert set(report["states"]) == customers, f"customers without notice: {customers - set(report['states'])}"
        assert report["notices"] == CUSTOMERS, f"{report['notices']} notices for {CUSTOMERS} customers"
        assert len(doubtful) <= uncertain, f"more than {uncertain} uncertain: {doubtful}"
        sent = {email for email, state in report["states"].items() if state == "sent"}
        assert sent | doubtful == customers, f"neither sent nor uncertain: {report['states']}"
        assert sent <= set(mails), f"marked as sent but never received: {sent - set(mails)}"
        raised = {email for email, level in report["levels"].items() if level}
        assert raised == sent, f"levels {raised ^ sent} do not follow what was sent"

    # Processes

    def _prepare(self, label):
        self.databases.script(self.name, "survival_prepare.py", customers=CUSTOMERS, round=label)

    def _report(self, label, script="survival_report.py"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.json"
            self.databases.script(self.name, script, round=label, report=path)
            return json.loads(path.read_text())

    def _start(self, script="survival_work.py", **environment):
        """Start a worker; it and its children form a group that dies together."""
        command = self.tools.command("shell", "--no-http", database=self.name)
        with open(log_file(f"survival-{self.name}"), "a") as log:
            worker = subprocess.Popen(
                command, env=self.tools.environment() | environment, cwd="/", stdin=subprocess.PIPE, stdout=log,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )
        worker.stdin.write((SCRIPTS / script).read_text())
        worker.stdin.close()
        return worker

    def _finish(self, worker):
        try:
            code = worker.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self._kill(worker)
            raise AssertionError(f"a worker took more than {LIMIT} s") from None
        assert code == 0, f"a worker ended with code {code}; see {log_file(f'survival-{self.name}')}"

    @staticmethod
    def _kill(worker):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def _wait_for(self, query, count, worker):
        """Wait until a query over the database counts so many."""
        end = time.monotonic() + LIMIT
        while int(self.databases.query(query, database=self.name)[0]) < count:
            assert worker.poll() is None, "the worker ended before it could be killed"
            assert time.monotonic() < end, f"nothing happened: {query}"
            time.sleep(0.1)

    def _wait_for_mails(self, folder, count, worker):
        end = time.monotonic() + LIMIT
        while len(list(folder.glob("*.eml"))) < count:
            assert worker.poll() is None, "the worker ended before it could be killed"
            assert time.monotonic() < end, "no mail arrived"
            time.sleep(0.02)
        time.sleep(0.2)  # the next message is on its way
