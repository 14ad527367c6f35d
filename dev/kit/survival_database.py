"""What a run must survive when the database goes away, or its process dies after the mail server said yes."""

from __future__ import annotations

import contextlib
import subprocess

from .databases import logged_errors

PAUSE = 6  # seconds between what the mail server accepted and its record
MAIL_NAMES = ("a message that was accepted before its worker died is told as doubtful, never sent again",
              "a database restarted while messages leave sends nothing twice")
LAST_NAMES = ("a database restarted while letters are printed loses no letter",
              "the add-on is uninstalled with all this without an error, and nothing of it stays")
CUT = ("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
       "WHERE datname = current_database() AND pid <> pg_backend_pid()")


class DatabaseChecks:
    """Checks that break what lies behind a worker; the base class starts, kills and waits."""

    def _mail_checks(self):
        """What sends e-mails comes before the checks on paper, which have every step go by letter."""
        return zip(MAIL_NAMES, (self._killed_after_delivery, self._cut_while_sending), strict=True)

    def _last_checks(self):
        return zip(LAST_NAMES, (self._cut_while_printing, self._uninstalled), strict=True)

    def _killed_after_delivery(self, folder):
        self._prepare("accepted")
        worker = self._start(DUNNING_PAUSE=str(PAUSE))
        self._wait_for_mails(folder, 2, worker)
        # The catcher answers after 0.4 s: by now the second message is accepted and nothing is recorded.
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(timeout=1)
        self._kill(worker)
        self._finish(self._start())
        report = self._report("accepted")
        self._expect_once(report, folder, "accepted", uncertain=1)
        doubtful = [email for email, state in report["states"].items() if state == "uncertain"]
        assert len(doubtful) == 1, f"the message that was accepted is not told as doubtful: {report['states']}"
        assert list(folder.glob(f"*{doubtful[0]}*")), f"{doubtful[0]} never arrived"

    def _cut_while_sending(self, folder):
        self._prepare("cut")
        worker = self._start()
        self._wait_for_mails(folder, 4, worker)
        self._cut(worker)
        self._finish(self._start())
        self._expect_once(self._report("cut"), folder, "cut", uncertain=1)

    def _cut_while_printing(self, _folder):
        self._prepare_paper("torn")
        worker = self._start_paper("torn", "print")
        self._wait_for_printing("torn", worker)
        self._cut(worker)
        self._finish(self._start_paper("torn", "print"))
        self._expect_letters(self._report("torn", script="survival_paper_report.py"), "ready")

    def _cut(self, worker):
        """End all connections to the database, as a restart of the server does; the worker may end as it likes."""
        self.databases.query(CUT, database=self.name)
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(timeout=60)
        self._kill(worker)

    def _uninstalled(self, _folder):
        """Comes last: no other check has the add-on after it."""
        errors = logged_errors(self.databases.script(self.name, "survival_uninstall.py"))
        assert not errors, "uninstalling logged errors:\n" + "\n".join(errors[:5])
        left = self.databases.query("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'dunning%'",
                                    database=self.name)
        assert not left, f"tables that stay: {left}"
