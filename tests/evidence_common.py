import io
import json
import os
import zipfile
from unittest.mock import patch

from lxml import html
from PIL import Image
from pypdf import PdfReader
from reportlab.pdfgen import canvas

from odoo.fields import Command

from .common import DunningCommon


def make_pdf(*pages, **options):
    """Return a PDF with one line of text per page."""
    target = io.BytesIO()
    paper = canvas.Canvas(target, **options)
    for text in pages:
        for position, line in enumerate(text.split("\n")):
            paper.drawString(40, 800 - 12 * position, line)
        paper.showPage()
    paper.save()
    return target.getvalue()


class EvidenceCommon(DunningCommon):
    """An invoice with proofs, reminded of; our own pages are printed as plain text."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receivable = cls._create_receivable(late=40)
        cls.invoice = cls.receivable.move_id
        cls.invoice.invoice_pdf_report_file = False
        cls.env["dunning.followup"]._sync(cls.company, cls.today)
        cls.followup = cls.env["dunning.followup"].search([
            ("partner_id", "=", cls.customer.id), ("company_id", "=", cls.company.id)])
        cls.Files = cls.env["dunning.evidence.file"]

    def setUp(self):
        super().setUp()
        if not self.prints:
            self.startPatcher(patch.object(
                type(self.env["ir.actions.report"]), "_check_dunning_printer", lambda *_args: None))
            self.startPatcher(patch.object(type(self.Files), "_print_page", self._print_plainly))
            self.startPatcher(patch.object(
                type(self.env["dunning.notice"]), "_render_invoices",
                lambda _notices, moves: {move.id: make_pdf(f"The invoice {move.name}") for move in moves}))

    @staticmethod
    def _print_plainly(file, section, values):
        """Render the template as it is and print its words, one per cell of a line."""
        body = file.env["ir.qweb"]._render(
            "account_dunning.report_evidence",
            {"docs": file, "section": section, "values": values, "company": file.company_id},
        )
        page = html.document_fromstring(str(body)).find_class("o_dunning_evidence")[0]
        return make_pdf("\n".join(" ".join(text.split()) for text in page.itertext() if text.strip()))

    def _attach(self, name, content, **values):
        return self.env["ir.attachment"].create(
            {"name": name, "raw": content, "res_model": "dunning.evidence", **values})

    def _prove(self, type_, *files, move=None, **values):
        return self.env["dunning.evidence"].create({
            "move_id": (move or self.invoice).id, "type": type_, **values,
            "attachment_ids": [Command.set([file.id for file in files])],
        })

    def _make_picture(self):
        target = io.BytesIO()
        Image.new("RGB", (40, 30), (200, 30, 30)).save(target, "PNG")
        return target.getvalue()

    def _lose(self, attachment):
        """Take the file off the disk as a bad restore does."""
        os.unlink(attachment._full_path(attachment.store_fname))

    def _send_notice(self, step=None):
        """Return a sent notice with letter and e-mail."""
        notice = self.env["dunning.notice"].create({
            "followup_id": self.followup.id, "company_id": self.company.id, "partner_id": self.customer.id,
            "level_id": (step or self.formal).id, "date": self.today, "subject": "Pay, please",
            "body": "<p>Please pay.</p><img src='https://tracker.example.com/x.png'/>", "addressee": "Customer",
            "address": "1 rue de la Paix\n75002 Paris", "email_to": "customer@example.com",
            "line_ids": [Command.create({
                "role": "moving", "line_id": self.receivable.id, "move_id": self.invoice.id, "name": self.invoice.name,
                "level_id": (step or self.formal).id, "currency_id": self.receivable.currency_id.id,
                "amount_residual": 1000, "amount_company": 1000, "amount_total": 1000})],
            "dispatch_ids": [Command.create({
                "followup_id": self.followup.id, "channel": "registered", "leading": True, "recipient": "Customer"})],
        })
        notice._freeze_files("pdf", {notice: make_pdf("The letter itself")})
        notice._freeze_html()
        notice._set_ready()
        notice.dispatch_ids._set_sent(self.today)
        return notice

    def _build(self, lines=None):
        """Ask for a file as a collector does and let the scheduled action build it."""
        file = self.Files._create_for(self.followup, self.receivable if lines is None else lines)
        self.Files._cron_build()
        return file


class FileCommon(EvidenceCommon):
    """Files that were built, opened and read back."""

    def _read_pdf(self, file):
        return PdfReader(io.BytesIO(file.pdf_id.raw), strict=True)

    def _read_zip(self, file):
        [archive] = file.attachment_ids - file.pdf_id
        return zipfile.ZipFile(io.BytesIO(archive.raw))

    def _read_manifest(self, file):
        return json.loads(self._read_zip(file).read("manifest.json"))["files"]

    def _get_titles(self, outline):
        """Return the titles of all bookmarks, from top to bottom."""
        return [title for item in outline
                for title in (self._get_titles(item) if isinstance(item, list) else [item.title])]

    def _get_words(self, page):
        return " ".join(page.extract_text().split())
