from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

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
        for words in ("ÉTAT RÉCAPITULATIF", receivable.move_id.name, "Pose de cloisons", "Négoce Dupont SARL"):
            self.assertIn(words, text)

    def test_without_vat_there_is_no_statement(self):
        case = self._begin(self._create_receivable(late=90), self.write_off)
        with self.assertRaisesRegex(UserError, "bear no VAT"):
            case.action_print_vat_statement()
