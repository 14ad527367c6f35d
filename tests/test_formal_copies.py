import io
import re
from datetime import date, datetime
from decimal import Decimal
from unittest.mock import patch

from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .formal_common import FormalCommon, PrintedCommon


def draw(*pages):
    """Return a PDF that says one text on each page."""
    result = io.BytesIO()
    canvas = Canvas(result)
    for text in pages:
        canvas.drawString(100, 700, text)
        canvas.showPage()
    canvas.save()
    return result.getvalue()


def store(invoice, content):
    """Keep the legal PDF of an invoice, as the program does when it is sent."""
    invoice.env["ir.attachment"].create({
        "name": "invoice.pdf", "raw": content, "mimetype": "application/pdf", "res_model": "account.move",
        "res_id": invoice.id, "res_field": "invoice_pdf_report_file"})
    invoice.invalidate_recordset(["invoice_pdf_report_id", "invoice_pdf_report_file"])


class CopiesCommon(FormalCommon):

    def setUp(self):
        super().setUp()
        self.formal.enclose_invoices = True
        # Invoices that were never stored are rendered; by others than wkhtmltopdf here.
        self.startPatcher(patch.object(
            type(self.env["dunning.notice"]), "_render_invoices",
            lambda notices, invoices: {one.id: draw(f"RENDERED {one.name}") for one in invoices}))


@tagged("post_install", "-at_install")
class TestFormalCopies(CopiesCommon):
    """Copies of what is claimed stand behind the letter, and the letter says so."""

    prints = False

    def test_new_formal_step_encloses_copies_and_no_other_step(self):
        levels = self._create_policy([("First", "reminder_1", 7, {}), ("Formal", "formal", 30, {})]).level_ids
        self.assertEqual(levels.mapped("enclose_invoices"), [False, True])

    def test_enclosures_are_named_as_they_are(self):
        self.company.dunning_legal_form = "SAS"
        one, three, five = (self._create_default(count=count) for count in (1, 3, 5))
        annex = "Computation of late-payment interest and of the compensation"
        self.assertEqual(one.formal_annexes, [annex, f"Copy of invoice no. {one.line_ids.name}"])
        self.assertRegex(three.formal_annexes[1], r"^Copies of invoices no\. \S+, \S+ and \S+|, and \S+$")
        self.assertEqual(five.formal_annexes[1], "Copies of the 5 invoices claimed")
        self.formal.enclose_invoices = False
        one.invalidate_recordset(["formal_annexes"])
        self.assertEqual(one.formal_annexes, [annex])

    def test_too_many_invoices_are_not_enclosed_and_somebody_is_told(self):
        notice = self._create_default(count=21)
        self.assertNotIn("Cop", " ".join(notice.formal_annexes))
        self.assertIn("21 invoices are too many", notice.formal_warning_text)
        self.assertFalse(notice.formal_problems)

    def test_broken_or_lost_file_is_a_problem_in_words(self):
        notice = self._create_default()
        invoice = notice.line_ids.move_id
        store(invoice, draw("LEGAL"))
        self.assertFalse(notice.formal_problems)
        for content in (b"%PDF-1.4 no more", draw("LEGAL")[:300], b""):
            invoice.invoice_pdf_report_id.raw = content
            notice.invalidate_recordset(["formal_problems"])
            with mute_logger("pypdf._reader"):
                self.assertRegex(" ".join(notice.formal_problems), f"PDF of {invoice.name}.*missing on the server")

    def test_email_beside_carries_one_file(self):
        self.formal.write({"with_email": True, "attach_invoices": True})
        notice = self._create_default()
        notice._freeze(self.today)
        self.assertEqual(notice.message_id.attachment_ids.mapped("name"), [notice.pdf_filename])


@tagged("post_install", "-at_install")
class TestFormalCopiesPrinted(CopiesCommon, PrintedCommon):

    def _get_pages(self, notice):
        notice._copy_addressee()
        notice._render_words()
        with self._printer():
            content = notice._render_letters()[notice.id]
        reader = PdfReader(io.BytesIO(content))
        return [page.extract_text() for page in reader.pages], [item.title for item in reader.outline]

    def test_stored_and_rendered_copies_follow_the_annex_in_the_order_of_the_table(self):
        notice = self._create_default(count=3)
        first, second, third = notice._sort_lines(notice.line_ids).move_id
        store(second, draw("LEGAL page one", "LEGAL page two"))
        pages, bookmarks = self._get_pages(notice)
        self.assertIn("Computation of late-payment interest", pages[-5])
        self.assertEqual([page.strip() for page in pages[-4:]], [
            f"RENDERED {first.name}", "LEGAL page one", "LEGAL page two", f"RENDERED {third.name}"])
        self.assertEqual(bookmarks, [notice.name, first.name, second.name, third.name])
        self.assertIn("Enclosures:", " ".join(pages[:-4]))

    def test_copy_that_cannot_be_read_stops_this_letter_with_a_sentence(self):
        notice = self._create_default()
        store(notice.line_ids.move_id, b"%PDF-1.4 broken")
        with self.assertRaisesRegex(UserError, f"copy of invoice {notice.line_ids.name}"), \
                mute_logger("pypdf._reader"):
            self._get_pages(notice)

    def test_signature_is_never_alone_on_a_page(self):
        """Whatever the length of the text, its last words stand on the page of the signature."""
        notice = self._create_default("consumer")
        notice._copy_addressee()
        notice._render_words()
        self.formal.enclose_invoices = False
        body = str(notice.letter_body)
        for count in range(0, 12, 2):
            notice.letter_body = body.replace("<ul>", "<p>A sentence.</p>" * count + "<ul>", 1)
            with self._printer():
                content = notice._render_letters()[notice.id]
            pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
            [signed] = [page for page in pages if "Directeur financier" in page]
            self.assertIn("Yours faithfully", signed, count)

    def test_every_printed_amount_can_be_recomputed_from_the_paper(self):
        """With nothing but the paper: residuals, interest of each period, sums, and the total."""
        self.formal.enclose_invoices = False
        debtor = self._create_debtor(lang="en_US")
        lines = self.env["account.move.line"].union(*(
            self._create_receivable(1000 + 111 * number, due=date(2026, 5, 20 + number), partner=debtor)
            for number in range(3)))
        self._register_payment(lines[0].move_id, amount=200, payment_date=date(2026, 8, 5))
        notice = self._put_in_default(lines)
        pages, _bookmarks = self._get_pages(notice)
        text = " ".join(" ".join(pages).replace("\xa0", " ").split())
        letter, annex = text.split("Annex to our letter")
        self._check_table(letter)
        interest = self._check_annex(annex)
        principal, printed, lumps, total = map(self._number, re.search(
            r"Principal ([\d,.]+) € Late-payment interest until \S+ \(see annex\) ([\d,.]+) € Fixed compensation for "
            r"recovery costs: 3 × 40\.00 € ([\d,.]+) € Total to pay \([^)]*\) ([\d,.]+) €", letter).groups())
        self.assertEqual((printed, lumps), (interest, 120))
        self.assertEqual(principal, 3 * 1000 + 333 - 200)
        self.assertEqual(total, principal + printed + lumps)
        self.assertIn(f"the sum of {total:,.2f} €", letter)

    def _check_table(self, letter):
        rows = re.findall(r"\d\d/\d\d/\d{4} \d\d/\d\d/\d{4} \d+ ([\d,.]+) € ([\d,.]+) €(?: Payment of \S+ deducted: "
                          r"([\d,.]+) €)?", letter)
        self.assertEqual(len(rows), 3)
        for amount, residual, paid in rows:
            self.assertEqual(self._number(amount) - self._number(paid or "0"), self._number(residual))

    def _check_annex(self, annex):
        """Return the sum of the printed periods, each checked against days, base and rate."""
        self.assertIn("amount × rate × days / 365.", annex)
        segments = re.findall(
            r"(\d\d/\d\d/\d{4}) to (\d\d/\d\d/\d{4}) (\d+) ([\d,.]+) € ([\d.]+) % [\d.]+ % \+ [\d.]+ points "
            r"([\d,.]+) €", annex)
        self.assertEqual(len(segments), 7)  # three invoices over 1 July, one of them paid in part
        total = Decimal(0)
        for first, last, days, base, rate, amount in segments:
            counted = (datetime.strptime(last, "%m/%d/%Y") - datetime.strptime(first, "%m/%d/%Y")).days + 1  # noqa: DTZ007
            self.assertEqual(int(days), counted)
            exact = self._number(base) * Decimal(rate) * counted / 36500
            self.assertAlmostEqual(self._number(amount), exact, delta=Decimal("0.01"))
            total += self._number(amount)
        return total
