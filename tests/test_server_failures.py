import errno
import io
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_attachment

from .common import LETTER, DunningCommon

PRODUCTION = "odoo.addons.account_dunning.models.notice.dunning_notice_send"


def full_disk(path, mode="r", *args, **kwargs):
    """Open files as a disk does that is full: half of what is written arrives."""
    stream = open(path, mode, *args, **kwargs)  # noqa: SIM115 -- closed by who opened it
    if mode != "wb":
        return stream
    write = stream.write

    class Full(io.FileIO):
        def write(self, content):  # pylint: disable=method-required-super
            write(bytes(content[:len(content) // 2]))
            stream.flush()
            raise OSError(errno.ENOSPC, "No space left on device")

    return Full(path, "r+")


@tagged("post_install", "-at_install")
class TestServerFailures(DunningCommon):

    def setUp(self):
        super().setUp()
        self.formal.channel = self.first.channel = "letter"
        self.receivable = self._create_receivable(late=10)

    @staticmethod
    def _print_letters(notices):
        report = notices.env.ref("account_dunning.action_report_dunning_letter")
        return report._render_dunning_letters(notices)

    @mute_logger(PRODUCTION)
    def test_letter_that_is_printed_empty_or_cut_is_never_archived(self):
        """wkhtmltopdf may end with an empty file and no error."""
        report = type(self.env["ir.actions.report"])
        notices = type(self.env["dunning.notice"])
        for content in (b"", b"%PDF-1.4 the rest is on a full disk", b"<html>Bad gateway</html> %%EOF"):
            receivable = self._create_receivable(late=10, partner=self._create_customer(f"Customer {len(content)}"))
            run = self._prepare_run()
            notice = run.notice_ids.filtered(lambda one, line=receivable: line in one.line_ids.line_id)

            def render(_report, _reference, _data, res_ids, content=content):
                return {key: {"stream": io.BytesIO(content)} for key in res_ids}

            with patch.object(report, "_check_dunning_printer", lambda _self: None), \
                    patch.object(report, "_render_qweb_pdf_prepare_streams", render), \
                    patch.object(notices, "_render_letters", self._print_letters):
                self._release(run)
            self.assertEqual((notice.state, notice.pdf, notice.pdf_sha256), ("failed", False, False))
            self.assertIn("no whole file", notice.failure_reason)
            self.assertFalse(receivable.dunning_level_id)

    @mute_logger(PRODUCTION, "odoo.addons.base.models.ir_attachment")
    def test_full_disk_is_said_and_leaves_nothing_that_blocks_the_next_attempt(self):
        run = self._prepare_run()
        notice = run.notice_ids
        whole = b"%PDF-1.4 one letter of its own " + LETTER * 50 + b"%%EOF"
        with patch.object(type(notice), "_render_letters", lambda ours: dict.fromkeys(ours.ids, whole)):
            with patch.object(ir_attachment, "open", full_disk, create=True):
                self._release(run)
            self.assertEqual(notice.state, "failed")
            self.assertIn("No space left", notice.failure_reason)
            self.assertFalse(self.receivable.dunning_level_id)
            notice.action_send_again()
            with self.mock_mail_gateway():
                notice.run_id._execute()
        self.assertEqual((notice.state, notice.dispatch_ids.failure_reason), ("ready", False))
        attachment = self.env["ir.attachment"].search([
            ("res_model", "=", "dunning.notice"), ("res_id", "=", notice.id), ("res_field", "=", "pdf")])
        attachment.invalidate_recordset()
        self.assertEqual(attachment.raw, whole)
