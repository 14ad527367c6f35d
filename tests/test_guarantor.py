from datetime import date

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import DunningCommon
from .printing_common import PrintingCommon


@tagged("post_install", "-at_install")
class TestDunningGuarantor(PrintingCommon, DunningCommon):
    """What a guarantor who is a natural person must be told, and the letter that tells him."""

    def setUp(self):
        super().setUp()
        self.person = self.env["res.partner"].create({
            "name": "Marie Durand", "street": "2 quai Perrache", "zip": "69002", "city": "Lyon", "lang": "en_US"})
        self.guarantor = self.env["dunning.guarantor"].create({
            "partner_id": self.customer.id, "guarantor_id": self.person.id, "company_id": self.company.id,
            "amount": 5000, "comment": "Framework contract of 2025"})

    def _sync(self):
        self.env["dunning.followup"]._sync(self.company, self.today)

    def _print(self):
        report = self.env.ref("account_dunning.action_report_guarantor_letter")
        return self._read_words(self._print_report(report, self.guarantor))

    def test_letter_informs_and_asks_for_nothing(self):
        late = self._create_receivable(1234.5, late=20)
        coming = self._create_receivable(777, late=-20)
        self._sync()
        text = self._print()
        for words in ("INFORMATION OF THE GUARANTOR", "Marie Durand", "2 quai Perrache", "Customer", late.move_id.name,
                      "1,234.50", "5,000.00", "Framework contract", "no payment today"):
            with self.subTest(words=words):
                self.assertIn(words, text)
        self.assertNotIn(coming.move_id.name, text)

    def test_without_default_or_address_there_is_no_letter(self):
        self._sync()
        with self.assertRaisesRegex(UserError, "Nothing is overdue"):
            self.guarantor.action_print_letter()
        self._create_receivable(late=20)
        self.assertTrue(self.guarantor.action_print_letter())
        self.person.street = False
        with self.assertRaisesRegex(UserError, "no postal address"):
            self.guarantor.action_print_letter()

    def test_collector_notes_that_he_was_told(self):
        self._create_receivable(late=20)
        self._sync()
        collector = new_test_user(self.env, "g_collector", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id, company_ids=self.company.ids)
        self.guarantor.with_user(collector).sudo(False).action_told()
        self.assertEqual(self.guarantor.told_date, self.today)
        self.assertFalse(self._get_followup().guarantor_date)

    def test_yearly_statement_is_reminded_of_until_the_eve_of_31_march(self):
        self._create_receivable(late=20)
        counts = []
        for day in (date(2027, 3, 19), date(2027, 3, 20), date(2027, 3, 21), date(2027, 3, 27), date(2027, 3, 31)):
            self._set_today(day)
            self._sync()
            self.env["dunning.guarantor"]._remind_annual(self.company, day)
            counts.append(len(self._get_followup().activity_ids))
        self.assertEqual(counts, [0, 1, 1, 2, 2])
        self.assertEqual(set(self._get_followup().activity_ids.mapped("date_deadline")), {date(2027, 3, 30)})
        self.guarantor.annual_date = date(2028, 2, 1)
        self.env["dunning.guarantor"]._remind_annual(self.company, date(2028, 3, 25))
        self.assertEqual(len(self._get_followup().activity_ids), 2)
