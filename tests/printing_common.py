import io
from contextlib import contextmanager
from unittest.mock import patch

from pypdf import PdfReader

from odoo.tools import config


class PrintingCommon:
    """For tests that print for real and read back what a person would read."""

    prints = True

    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("report.url", f"http://127.0.0.1:{config['http_port']}")
        self.company.external_report_layout_id = self.env.ref("web.external_layout_standard")

    @contextmanager
    def _printer(self):
        """Let wkhtmltopdf reach this test; the look at the style sheet has tests of its own."""
        Report = type(self.env["ir.actions.report"])
        with self.allow_pdf_render(), patch.object(Report, "_check_dunning_style_sheet", lambda report: None):
            yield

    def _print_report(self, report, records, **data):
        """Return the file of a report."""
        reports = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        with self._printer():
            content, _kind = reports._render_qweb_pdf(report, records.ids, **data)
        return content

    def _print_letters(self, notices):
        """Return {notice: its file}, all printed in one call."""
        with self._printer():
            files = notices._render_letters()
        return {notice: files[notice.id] for notice in notices}

    @staticmethod
    def _read_pages(content):
        """Return the text of each page; each cell of a table stands on a line of its own."""
        return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]

    def _read_words(self, content):
        """Return all that a file says on one line, with plain spaces."""
        return " ".join(" ".join(self._read_pages(content)).split())
