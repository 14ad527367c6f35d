from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .litigation_common import LitigationCommon
from .printing_common import PrintingCommon


@tagged("post_install", "-at_install")
class TestLitigationReport(PrintingCommon, LitigationCommon):
    """The papers for the court and for the Treasury, printed and read back."""

    def setUp(self):
        super().setUp()
        self.company.write({"name": "Ateliers du Rhône", "street": "12 quai Perrache", "zip": "69002",
                            "company_registry": "732829320", "vat": "FR44732829320"})
        self.customer.write({"name": "Négoce Dupont SARL", "company_registry": "552100554"})

    def _read(self, report, case):
        return self._read_words(self._print_report(report, case))

    def test_the_petition_says_all_that_a_judge_reads(self):
        receivable = self._create_notified(1234.56)
        case = self._begin(receivable)
        case.write({"court_name": "Tribunal de commerce", "court_city": "Paris", "amount_cost": 33.47})
        text = self._read("account_dunning.report_payment_order_petition", case)
        for words in (
            "PROJET", "REQUÊTE EN INJONCTION DE PAYER", "articles 1405 et suivants", "Tribunal de commerce de Paris",
            "Ateliers du Rhône", "12 quai Perrache", "732 829 320", "Négoce Dupont SARL", "552 100 554",
            "1 rue de la Paix", receivable.move_id.name, "1 234,56 €", "mise en demeure du 29 octobre 2026",
            "lettre recommandée avec avis de réception", "8 novembre 2026", "Principal",
            "Intérêts de retard (", "décompte en annexe", "par jour au taux en vigueur", "représentant légal",
            "article 1405, 1°", "Work",
            "Indemnité forfaitaire pour frais de recouvrement (1 facture)",
            "40,00 €", "33,47 €", "L441-10 II et D441-5",
            case._fr_amount(case.amount_total).replace("\xa0", " "), "Bordereau des pièces", "Facture n°",
            "Mise en demeure du 29 octobre 2026", "Fait à Lyon", "Signature :", "Décompte des intérêts", "12,40 %",
        ):
            with self.subTest(words=words):
                self.assertIn(words, text)
        self.assertNotIn("(nom et qualité)", text)

    def test_a_registry_finds_every_mention_it_asks_for(self):
        self.company.write({"dunning_legal_form": "SAS", "dunning_legal_representative": "Jeanne Martin, présidente"})
        case = self._begin()
        case.write({"court_name": "Tribunal de commerce", "court_city": "Paris",
                    "opposition_court": "le tribunal de commerce de Lyon"})
        self.assertFalse(case.petition_missing)
        text = self._read("account_dunning.report_payment_order_petition", case)
        for words in (
            f"Objet de la demande : injonction de payer la somme de {case._get_total_text()}".replace("\xa0", " "),
            "SAS, dont le siège est 12 quai Perrache", "dont le siège est 12 quai Perrache",
            "représenté par son représentant légal, Jeanne Martin, présidente.",
            "pris en la personne de son représentant légal",
            "en application de l'article 1408 du code de procédure civile",
            "renvoyée devant le tribunal de commerce de Lyon",
        ):
            with self.subTest(words=words):
                self.assertIn(words, text)
        self.assertNotIn("(à compléter)", text)
        self.assertNotIn("750-1", text)

    def test_what_the_registry_would_miss_is_listed_and_left_to_be_written(self):
        self.company.write({"dunning_legal_form": False, "street": False})
        self.customer.write({"street": False, "city": False, "zip": False})
        case = self._begin()
        for words in ("court is not named", "legal form is missing", "Our own address", "represents us by law",
                      "address of the debtor"):
            self.assertIn(words, case.petition_missing)
        text = self._read("account_dunning.report_payment_order_petition", case)
        self.assertEqual(text.count("(à compléter)"), 4)  # court, our form, our representative, his seat
        self.assertNotIn("En cas d'opposition", text)

    def test_a_manager_who_signs_is_the_legal_representative(self):
        self.company.dunning_signatory_id.function = "Gérant"
        case = self._begin()
        self.assertNotIn("represents us", case.petition_missing)
        self.assertEqual(case._get_representative(), f"{self.company.dunning_signatory_id.name}, Gérant")
        for function in ("Vice-président", "Credit manager", "Assistante du président", False):
            self.company.dunning_signatory_id.function = function
            self.assertFalse(case._get_representative())

    def test_a_sole_trader_says_who_he_is(self):
        self.company.dunning_legal_form = "Entrepreneur individuel"
        case = self._begin()
        self.assertIn("natural person", case.petition_missing)
        text = self._read("account_dunning.report_payment_order_petition", case)
        for words in ("né(e) le", "de nationalité", "profession :"):
            self.assertIn(words, text)
        self.assertNotIn("représenté par", text)

    def test_a_small_claim_needs_no_conciliation_before_an_order(self):
        self.customer.write({"dunning_debtor_kind": "consumer", "is_company": False, "company_registry": False})
        case = self._begin(self._create_notified(500))
        text = self._read("account_dunning.report_payment_order_petition", case)
        self.assertIn("n'est pas soumise à la tentative préalable", text)
        self.assertIn("25-70.013", text)
        self.assertNotIn("pris en la personne", text)
        case.amount_cost = 5000
        self.assertFalse(case._needs_no_conciliation())

    def test_a_consumer_pays_no_compensation_and_legal_interest(self):
        self.customer.write({"dunning_debtor_kind": "consumer", "is_company": False, "company_registry": False})
        case = self._begin(self._create_notified(500))
        text = self._read("account_dunning.report_payment_order_petition", case)
        self.assertIn("demeurant 1 rue de la Paix", text)
        self.assertIn("intérêts au taux légal", text)
        self.assertNotIn("Indemnité forfaitaire", text)
        self.assertNotIn("L441-10 II et D441-5", text)

    def test_dates_and_amounts_read_french_whatever_the_language_of_the_user(self):
        case = self._begin().with_context(lang="en_US")
        self.assertEqual(case._fr_date(date(2026, 12, 1)), "1er\xa0décembre\xa02026")
        self.assertEqual(case._fr_amount(1234567.8), "1\xa0234\xa0567,80\xa0€")

    def test_the_petition_belongs_to_the_order(self):
        case = self._begin(self._create_notified(codes="agency"), self.agency)
        with self.assertRaisesRegex(UserError, "court order"):
            case.action_print_petition()

    def test_a_call_is_told_as_a_call_and_is_no_exhibit(self):
        receivable = self._create_notified()
        self._send_formal(receivable, days=25, channel="call", is_call=True).dispatch_ids.outcome = "tried"
        text = self._read("account_dunning.report_payment_order_petition", self._begin(receivable))
        self.assertIn("par appel téléphonique du 24 octobre 2026 (resté sans réponse)", text)
        self.assertEqual(text.count("par mise en demeure du"), 1)
        self.assertEqual(text.lower().count("appel téléphonique"), 1)

    def test_the_vat_statement_bears_the_official_mention(self):
        receivable = self._create_taxed("Pose de cloisons")
        self._pay(receivable, 600)
        case = self._begin(receivable, self.write_off)
        text = self._read("account_dunning.report_vat_statement", case)
        self.assertIn("Facture demeurée impayée pour la somme de 500,00 € (prix net) et pour la somme de 100,00 € (TVA "
                      "correspondante) qui ne peut faire l'objet d'une déduction (article 272 du CGI)", text)
        for words in ("ÉTAT RÉCAPITULATIF", "Prix net facturé", "1 000,00 €", "200,00 €", "1 200,00 €",
                      receivable.move_id.name, "Pose de cloisons", "Négoce Dupont SARL"):
            self.assertIn(words, text)

    def _keep(self, case):
        """Return the words of what the customer gets, page by page."""
        files = {move.id: self._print_report("account.account_invoices", move)
                 for move in case.line_ids.move_id if not move.invoice_pdf_report_id}
        with self._printer(), patch.object(type(self.env["dunning.notice"]), "_render_invoices",
                                           lambda notices, moves: {move.id: files[move.id] for move in moves}):
            case.with_context(force_report_rendering=True).action_print_vat_statement()
        return [" ".join(page.split()) for page in self._read_pages(case.vat_statement_id.raw)]

    def test_the_duplicate_of_a_single_invoice_follows_the_statement(self):
        receivable = self._create_taxed("Pose de cloisons")
        self._pay(receivable, 600)
        pages = self._keep(self._begin(receivable, self.write_off))
        mention = "Facture demeurée impayée pour la somme de 500,00 € (prix net) et pour la somme de 100,00 € (TVA"
        self.assertEqual(len(pages), 2)
        self.assertIn("ÉTAT RÉCAPITULATIF", pages[0])
        for words in (f"DUPLICATA – facture n° {receivable.move_id.name}", mention, "(article 272 du CGI)",
                      "Pose de cloisons"):
            self.assertIn(words, pages[1])

    def test_the_statement_replaces_the_duplicates_of_several_unless_they_are_wanted(self):
        first = self._create_taxed("Pose")
        both = first | self._create_receivable(late=90, invoice_line_ids=[Command.create({
            "name": "Peinture", "price_unit": 1000, "tax_ids": first.move_id.invoice_line_ids.tax_ids.ids})])
        case = self._begin(both, self.write_off)
        self.assertEqual(len(self._keep(case)), 1)
        case.with_duplicates = True
        pages = self._keep(case)
        self.assertEqual(len(pages), 3)
        for page, move in zip(pages[1:], both.move_id, strict=True):
            self.assertIn(f"DUPLICATA – facture n° {move.name}", page)
            self.assertIn("200,00 € (TVA correspondante)", page)

    def test_an_invoice_is_overprinted_as_it_was_sent(self):
        receivable = self._create_taxed()
        sent = self._print_pdf_of("Facture envoyée le premier jour")
        receivable.move_id.invoice_pdf_report_id = self.env["ir.attachment"].create({
            "name": "F.pdf", "raw": sent, "res_model": "account.move", "res_id": receivable.move_id.id,
            "res_field": "invoice_pdf_report_file"})
        pages = self._keep(self._begin(receivable, self.write_off))
        self.assertIn("Facture envoyée le premier jour", pages[1])
        self.assertIn("DUPLICATA", pages[1])

    def _print_pdf_of(self, text):
        with self._printer():
            return self.env["ir.actions.report"]._run_wkhtmltopdf(
                [f"<html><meta charset='utf-8'/><body>{text}</body></html>"])

    def test_a_file_that_cannot_be_read_is_told(self):
        receivable = self._create_taxed()
        for content in (b"", b"%PDF-1.4 broken", b"no document"):
            with self.subTest(content=content), self.assertRaisesRegex(UserError, "cannot be read"), \
                    mute_logger("pypdf._reader", "PyPDF2._reader"):
                self._begin_of(receivable)._overprint_duplicate(receivable.move_id, content, "Mention")

    def _begin_of(self, receivable):
        return self.env["dunning.litigation"].search([("line_ids.line_id", "=", receivable.id)]) or \
            self._begin(receivable, self.write_off)

    def test_without_vat_there_is_no_statement(self):
        case = self._begin(self._create_receivable(late=90), self.write_off)
        with self.assertRaisesRegex(UserError, "bear no VAT"):
            case.action_print_vat_statement()
