"""What letters and evidence files must survive: the same as messages, with processes that print."""

from __future__ import annotations

import time

LETTERS = 8
NAMES = ("letters whose printing was killed are produced once", "two people post the same letters once",
         "an evidence file whose builder was killed is built by one of two others")


class PaperChecks:
    """Checks over customers who are written to by letter; the base class starts, kills and waits."""

    def _paper_checks(self):
        return zip(NAMES, (self._printing_killed, self._posted_together, self._builder_killed), strict=True)

    def _printing_killed(self, _folder):
        self._prepare_paper("print")
        worker = self._start_paper("print", "print")
        self._wait_for_printing("print", worker)
        self._kill(worker)
        self._finish(self._start_paper("print", "print"))
        report = self._report("print", script="survival_paper_report.py")
        self._expect_letters(report, "ready")
        assert report["levels"] == 0, "levels rose before the letters were posted"

    def _posted_together(self, _folder):
        self._prepare_paper("post")
        self._finish(self._start_paper("post", "print"))
        for worker in [self._start_paper("post", "post") for _worker in range(2)]:
            self._finish(worker)
        report = self._report("post", script="survival_paper_report.py")
        self._expect_letters(report, "sent")
        assert report["dispatches"] == {"sent": LETTERS}, f"dispatches: {report['dispatches']}"
        assert report["levels"] == LETTERS, f"{report['levels']} levels rose for {LETTERS} letters"

    def _builder_killed(self, _folder):
        self._prepare_paper("file")
        worker = self._start_paper("file", "build")
        self._wait_for("SELECT COALESCE(max(file.parts_done), 0) FROM dunning_evidence_file file JOIN res_partner p "
                       "ON p.id = file.partner_id WHERE p.email LIKE 'file-%'", 2, worker)
        self._kill(worker)
        for other in [self._start_paper("file", "build") for _worker in range(2)]:
            self._finish(other)
        report = self._report("file", script="survival_paper_report.py")
        assert report["file"] == "done", f"the file is {report['file']}: {report['reason']}"
        assert (report["files"], report["attempts"]) == (2, 1), f"built more than once: {report}"
        assert report["whole"] == [True], "the ZIP file is not what its digests say"

    def _expect_letters(self, report, state):
        assert report["notices"] == LETTERS, f"{report['notices']} notices for {LETTERS} customers"
        assert report["letters"] == [1] * LETTERS, f"letters kept per notice: {report['letters']}"
        assert all(report["sealed"]), "a letter is not what its digest says"
        assert set(report["states"].values()) == {state}, f"states: {report['states']}"

    def _wait_for_printing(self, label, worker):
        self._wait_for("SELECT count(*) FROM dunning_notice notice JOIN res_partner p ON p.id = notice.partner_id "
                       f"WHERE notice.attempts > 0 AND p.email LIKE '{label}-%'", 1, worker)
        time.sleep(1)  # some letters are printed, none is kept

    def _prepare_paper(self, label):
        self.databases.script(self.name, "survival_paper_prepare.py", customers=LETTERS, round=label)

    def _start_paper(self, label, task):
        return self._start("survival_paper_work.py", DUNNING_ROUND=label, DUNNING_TASK=task)
