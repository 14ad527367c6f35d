import base64
import io
from datetime import date
from unittest.mock import patch

from pypdf import PdfReader

from odoo.tests import tagged

from ..models.plan.dunning_plan_document import DunningPlan
from .plan_common import PlanCommon
from .printing_common import PrintingCommon


@tagged("post_install", "-at_install")
class TestPaymentPlanReport(PrintingCommon, PlanCommon):
    """The document to sign, printed and read back."""

    def setUp(self):
        super().setUp()
        Plan = type(self.env["dunning.plan"])
        self.startPatcher(patch.object(Plan, "_render_document", DunningPlan._render_document))
        self.company.country_id = self.env.ref("base.fr")
        account = self.env["res.partner.bank"].create({
            "acc_number": "FR1420041010050500013M02606", "partner_id": self.company.partner_id.id})
        self.company_data["default_journal_bank"].sudo().bank_account_id = account

    def _read(self, plan):
        with self._printer():
            return self._read_words(plan._render_document())

    def test_business_signs_schedule_clause_and_acknowledgement(self):
        plan = self._create_plan(agreed=False, down_mode="percent", down_percent=10, date_down=date(2026, 11, 25))
        text = self._read(plan)
        for words in (plan.name, self.company.name, "Customer", plan.line_ids.name, "1,000.00", "one thousand",
                      "November 25, 2026", "Part payment", "1 of 4", "December 1, 2026", "225.00",
                      "acknowledges that he owes", "article 2240", "3 working days", "without any notice",
                      "no novation", "securities", "as if the plan had not been granted",
                      "FR14 2004 1010 0505 0001 3M02 606", "For the creditor", "For the debtor", "Place and date",
                      "read and approved"):
            with self.subTest(words=words):
                self.assertIn(words, text.replace("\xa0", " "))
        self.assertNotIn("15 days", text)

    def test_consumer_reads_of_a_notice_first_and_of_no_interest(self):
        self.customer.write({"dunning_debtor_kind": "consumer", "is_company": False})
        text = self._read(self._create_plan(agreed=False, interest_mode="included"))
        for words in ("No interest and no fee", "15 days to pay it", "only the sums that he accepts"):
            with self.subTest(words=words):
                self.assertIn(words, text)
        for words in ("without any notice", "Late-payment interest until", "Fixed compensation",
                      "capacity of the signatory"):
            with self.subTest(words=words):
                self.assertNotIn(words, text)

    def test_included_interest_is_a_line_of_the_debt(self):
        plan = self._create_plan(agreed=False, interest_mode="included")
        plan.sudo().write({"amount_interest": 12.34, "amount_compensation": 40})
        text = self._read(plan)
        self.assertIn("Late-payment interest until", text)
        self.assertIn("1,052.34", text)

    def test_elsewhere_no_french_article_is_cited(self):
        self.company.country_id = self.env.ref("base.be")
        self.assertNotIn("2240", self._read(self._create_plan(agreed=False)))

    def test_what_is_kept_is_what_was_printed(self):
        plan = self._create_plan(agreed=False)
        with self._printer():
            plan._set_proposed()
        self.assertEqual(len(plan.pdf_sha256), 64)
        self.customer.name = "Renamed"
        plan.invalidate_recordset()
        pages = PdfReader(io.BytesIO(base64.b64decode(plan.with_context(bin_size=False).pdf))).pages
        self.assertNotIn("Renamed", " ".join(page.extract_text() for page in pages))
