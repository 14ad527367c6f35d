import io
import re
import subprocess
import sys
from datetime import date
from hashlib import sha256
from unittest.mock import Mock, patch

import requests
from pypdf import PdfReader

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .letter_common import LetterCommon
from .printing_common import PrintingCommon


@tagged("post_install", "-at_install")
class TestDunningWords(LetterCommon):

    def test_amounts_and_dates_are_french_and_never_break(self):
        notice = self._create_notice()
        self.assertEqual(notice.amount_text, "1\xa0234,56\xa0€")
        self.assertEqual(notice.deadline_text, "1er\xa0décembre\xa02026")
        self.assertEqual(notice.place_date_text, "Lyon, le 21\xa0novembre\xa02026")
        self.assertEqual(notice.salutation, "Madame, Monsieur,")

    def test_every_customer_reads_his_own_language(self):
        notice = self._create_notice(lang="en_US")
        self.assertEqual(notice.with_context(lang="fr_FR").salutation, "Dear Sir or Madam,")
        self.assertIn("Total to pay", notice.with_context(lang="fr_FR").table_html)

    def test_instalments_of_one_invoice_are_one_invoice(self):
        notice = self._create_notice(more=[self._line(0, amount=10)])
        self.assertEqual((notice.invoice_count, notice.is_singular), (1, True))
        self.assertEqual(notice.invoices_text, "Facture n°\xa0FAC/2026/00001")

    def test_many_invoices_are_named_by_the_first_two(self):
        notice = self._create_notice(count=5)
        self.assertEqual(notice.invoices_text, "Factures n°\xa0FAC/2026/00001, FAC/2026/00002 et 3 autres")

    def test_deadline_is_named_even_without_a_date_on_the_notice(self):
        notice = self._create_notice(deadline_date=False)
        self.assertEqual(notice.deadline_text, "29\xa0novembre\xa02026")

    def test_history_recalls_what_was_sent_with_its_dates(self):
        receivable = self._create_receivable(late=20)
        notice = self._create_notice(more=[self._line(1, move_id=receivable.move_id.id)])
        self._create_earlier(notice, "email", date(2026, 11, 5))
        self._create_earlier(notice, "letter", date(2026, 11, 12))
        self._create_earlier(notice, "email", date(2026, 10, 20), stage="preventive")
        notice.invalidate_recordset()
        self.assertEqual(notice.history, [
            "notre courriel du 5\xa0novembre\xa02026", "notre lettre du 12\xa0novembre\xa02026"])
        self.assertEqual(notice.history_text, " et ".join(notice.history))

    def test_reached_and_tried_are_different_sentences(self):
        notice = self._create_notice()
        call = self._create_earlier(notice, "call", date(2026, 11, 10), outcome="tried", leading=True)
        notice.invalidate_recordset()
        self.assertIn("tenté de vous joindre", notice.call_text)
        call.dispatch_ids.outcome = "reached"
        notice.invalidate_recordset()
        self.assertIn("notre entretien téléphonique du 10\xa0novembre\xa02026", notice.call_text)

    def test_collector_signs_first_reminders_and_signatory_the_second(self):
        self.assertEqual(self._create_notice("reminder_1").signatory_id, self.collector)
        second = self._create_notice("reminder_2")
        self.assertEqual((second.signatory_id, second.interlocutor_id), (self.signatory, self.collector))
        self.assertIn("Directeur financier", second.signature_html)

    def test_credits_are_shown_and_deducted(self):
        notice = self._create_notice(more=[self._line(9, "credit", -200, name="AV/2026/00001")])
        self.assertEqual(notice.amount_text, "1\xa0034,56\xa0€")
        self.assertIn("-200,00\xa0€", notice.table_html)
        self.assertEqual(notice.invoice_count, 1)

    def test_currencies_are_never_added_up(self):
        notice = self._create_notice(more=[self._line(1, amount=500, currency_id=self.dollar.id)])
        self.assertEqual(set(notice.amount_text.split(" et ")), {"1\xa0234,56\xa0€", "500,00\xa0$"})
        text = self._text(notice.table_html)
        self.assertIn("Total à régler en EUR 1 234,56 €", text)
        self.assertIn("Total à régler en USD 500,00 $", text)

    def test_what_an_earlier_letter_claims_is_outside_the_total(self):
        earlier = self._line(1, "claimed", 999, earlier="notre lettre du 3 novembre 2026")
        notice = self._create_notice(more=[earlier])
        self.assertEqual(notice.amount_text, "1\xa0234,56\xa0€")
        text = self._text(notice.table_html)
        self.assertIn("Pour information", text)
        self.assertIn("notre lettre du 3 novembre 2026", text)

    def test_formal_notice_demands_only_what_it_puts_in_default(self):
        listed = self._line(1, "listed", 999)
        self.assertEqual(self._create_notice("reminder_2", more=[listed]).amount_text, "2\xa0233,56\xa0€")
        self.assertEqual(self._create_notice("formal", more=[listed]).amount_text, "1\xa0234,56\xa0€")

    def test_total_is_written_in_words(self):
        notice = self._create_notice()
        self.assertEqual(notice._get_total_words(1234.5, self.euro),
                         "mille deux cent trente-quatre euros et cinquante centimes")
        self.assertEqual(notice._get_total_words(80.0, self.euro), "quatre-vingts euros")

    def test_only_accounts_of_the_companys_journals_are_printed(self):
        stranger = self.env["res.partner.bank"].create({
            "acc_number": "FR7630006000011234567890189", "partner_id": self.company.partner_id.id})
        receivable = self._create_receivable(late=18)
        receivable.move_id.partner_bank_id = stranger
        notice = self._create_notice(count=0, more=[self._line(move_id=receivable.move_id.id)])
        text = self._text(notice.table_html)
        self.assertIn("FR14 2004 1010 0505 0001 3M02 606", text)
        self.assertNotIn("FR76", text)

    def test_mandated_claim_is_paid_to_its_assignee(self):
        factor = self._create_customer("Factor")
        self.env["res.partner.bank"].create({"acc_number": "FR7630006000011234567890189", "partner_id": factor.id})
        receivable = self._create_receivable(late=18)
        receivable.move_id.write({"dunning_assignee_id": factor.id, "dunning_assignment": "mandate"})
        notice = self._create_notice(count=0, more=[self._line(move_id=receivable.move_id.id)])
        text = self._text(notice.table_html)
        self.assertIn("FR76 3000 6000 0112 3456 7890 189", text)
        self.assertIn("cédée à Factor", text)
        self.assertNotIn("FR14", text)

    def test_window_shows_company_person_and_street(self):
        notice = self._create_notice(
            addressee="Durand SARL, Anne Petit", address="Durand SARL\n12 avenue Foch\n38000 Grenoble\nFrance")
        self.assertEqual(notice._get_address_lines(), [
            "Durand SARL", "Anne Petit", "12 avenue Foch", "38000 Grenoble"])


@tagged("post_install", "-at_install")
class TestDunningLetter(PrintingCommon, LetterCommon):

    def _prepare_letter(self, template="letter_template_reminder_2", **values):
        notice = self._create_notice(**values)
        notice.letter_body = self._render(notice, template)[1]
        notice.subject = self._render(notice, template)[0]
        return notice

    def _print(self, *notices):
        """Return the pages of each notice, printed in one call."""
        letters = self.env["dunning.notice"].union(*notices)
        files = self._print_letters(letters)
        return [PdfReader(io.BytesIO(files[notice])).pages for notice in notices]

    def _words(self, page):
        return " ".join(page.extract_text().split())

    def _places(self, page):
        """Return (mm from the left, mm from the top, text) of what stands on a page."""
        places, height = [], float(page.mediabox.height)

        def visit(text, matrix, text_matrix, _font, _size):
            if text.strip():
                x = text_matrix[4] * matrix[0] + text_matrix[5] * matrix[2] + matrix[4]
                y = text_matrix[4] * matrix[1] + text_matrix[5] * matrix[3] + matrix[5]
                places.append((x / 72 * 25.4, (height - y) / 72 * 25.4, text.strip()))

        page.extract_text(visitor_text=visit)
        return places

    def test_one_and_fifteen_invoices_fit_on_one_page(self):
        cases = [(lang, count) for lang in ("fr_FR", "en_US") for count in (1, 15)]
        printed = self._print(*(self._prepare_letter(lang=lang, count=count) for lang, count in cases))
        for (lang, count), pages in zip(cases, printed, strict=True):
            self.assertEqual(len(pages), 1, (lang, count))
            words = self._words(pages[0])
            self.assertIn(f"FAC/2026/{count:05d}", words)
            self.assertIn("Objet" if lang == "fr_FR" else "Subject", words)
            self.assertIn("Paul Martin", words)
            self.assertIn("FR14 2004 1010 0505 0001 3M02 606", words)

    def test_forty_invoices_repeat_the_headings_and_add_up(self):
        [pages] = self._print(self._prepare_letter(count=40))
        self.assertEqual(len(pages), 2)
        for page in pages:
            self.assertIn("Reste dû", self._words(page))
        rows = [name for page in pages for name in re.findall(r"FAC/2026/\d{5}", self._words(page))]
        self.assertEqual(len(set(rows)), 40)
        self.assertIn("49 382,40 €", self._words(pages[1]))
        self.assertIn("quarante-neuf mille trois cent quatre-vingt-deux euros et quarante centimes",
                      self._words(pages[1]))

    def test_address_stands_in_the_window_and_nothing_else_does(self):
        notice = self._prepare_letter(count=15, address="\n".join([
            "Zone industrielle des Trois Fontaines", "Bâtiment C, 2e étage", "1458 route de Villefranche",
            "69400 Villefranche-sur-Saône Cedex", "France"]))
        [[page]] = self._print(notice)
        address = [place for place in self._places(page) if place[2] in notice._get_address_lines()]
        self.assertEqual(len(address), 5)
        for left, top, text in address:
            self.assertTrue(102 <= left <= 112 and 50 <= top <= 80, (left, top, text))
        others = [place for place in self._places(page) if place not in address]
        self.assertFalse([place for place in others if place[0] > 95 and 45 < place[1] < 90])
        self.assertFalse([place for place in others if "Objet" in place[2] and place[1] < 90])

    def test_letters_of_one_call_are_told_apart_and_complete(self):
        mixed = [self._line(50, "listed"), self._line(51, "credit", -10)]
        notices = [self._prepare_letter(count=count, more=mixed if count == 3 else ()) for count in (1, 40, 3, 2)]
        printed = self._print(*notices)
        self.assertEqual([len(pages) for pages in printed], [1, 2, 1, 1])
        for notice, pages in zip(notices, printed, strict=True):
            words = " ".join(self._words(page) for page in pages)
            self.assertEqual([one for one in notices if one.name in words], [notice])
        # Words in a face of the font that no earlier letter used.
        self.assertIn("Également échues", self._words(printed[2][0]))

    def test_text_without_a_place_for_the_table_still_has_it_once(self):
        notice = self._prepare_letter()
        notice.letter_body = "<p>Un texte écrit <em>à la main</em>.</p>"
        [[page]] = self._print(notice)
        self.assertEqual(self._words(page).count("Total à régler"), 1)
        self.assertIn("à la main", self._words(page))

    def test_text_is_cut_at_the_table_with_its_tags_closed(self):
        notice = self._create_notice()
        table = '<div class="dunning_table"><table><tr><td>x</td></tr></table></div>'
        notice.letter_body = f'<div style="max-width: 600px"><p>a</p>{table}<p>b</p></div>'
        self.assertEqual([str(part) for part in notice._get_letter_parts()], [
            "<div><div><p>a</p></div></div>", "<div><div><p>b</p></div></div>"])

    def test_frozen_letter_keeps_its_bytes(self):
        notice = self._prepare_letter()
        notice.dispatch_ids = [Command.create({"followup_id": notice.followup_id.id, "channel": "letter"})]
        with self._printer():
            notice._freeze_letters()
        self.env.flush_all()
        self.env.invalidate_all()
        raw = self.env["ir.attachment"].search([
            ("res_model", "=", "dunning.notice"), ("res_field", "=", "pdf"), ("res_id", "=", notice.id)]).raw
        self.assertTrue(raw.startswith(b"%PDF"))
        self.assertEqual(sha256(raw).hexdigest(), notice.pdf_sha256)

    def test_only_our_letters_skip_the_wait_for_scripts(self):
        report = self.env.ref("account_dunning.action_report_dunning_letter")
        usual = report._build_wkhtmltopdf_args(report.paperformat_id, False)
        ours = report.with_context(dunning_printing="token")._build_wkhtmltopdf_args(report.paperformat_id, False)
        self.assertNotEqual(usual[usual.index("--javascript-delay") + 1], "0")
        self.assertEqual(ours[ours.index("--javascript-delay") + 1], "0")

    def test_printing_that_hangs_is_ended(self):
        command = [sys.executable, "-c", "import time; time.sleep(60)", "token-of-this-test"]
        with subprocess.Popen(command) as hanging, subprocess.Popen(command[:-1]) as other:
            self.env["ir.actions.report"]._stop_dunning_printing("token-of-this-test")
            self.assertNotEqual(hanging.wait(10), 0)
            self.assertIsNone(other.poll())
            other.kill()

    def test_nothing_is_printed_without_the_style_sheet(self):
        good = Mock(status_code=200, headers={"Content-Type": "text/css"}, content=b"a{}")
        report = self.env["ir.actions.report"]
        with patch.object(requests, "get", return_value=good):
            report._check_dunning_style_sheet()
        for answer in (
            {"side_effect": requests.ConnectionError},
            {"return_value": Mock(status_code=404, headers={}, content=b"")},
            {"return_value": Mock(status_code=200, headers={"Content-Type": "text/html"}, content=b"login")},
            {"return_value": Mock(status_code=200, headers={"Content-Type": "text/css"}, content=b" ")},
        ):
            with patch.object(requests, "get", **answer), self.assertRaisesRegex(UserError, "style sheet"):
                report._check_dunning_style_sheet()

    def test_nothing_is_printed_by_an_unfit_program(self):
        module = "odoo.addons.account_dunning.models.dispatch.ir_actions_report._wkhtml"
        notice = self._prepare_letter()
        with patch(module, return_value=Mock(is_patched_qt=False)), self.assertRaisesRegex(UserError, "patched Qt"):
            notice._render_letters()
        Report = type(self.env["ir.actions.report"])
        with patch.object(Report, "get_wkhtmltopdf_state", lambda report: "install"), \
                self.assertRaisesRegex(UserError, "wkhtmltopdf is missing"):
            notice._render_letters()
