from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDunningKyc(DunningCommon):
    """What is known of a customer, and who is told by when: insurer and guarantors."""

    def setUp(self):
        super().setUp()
        self.insurer = self.env["res.partner"].create({"name": "Insurer", "is_company": True})

    def _insure(self, **values):
        self.customer.with_company(self.company).write({
            "dunning_insurer_id": self.insurer.id, "dunning_declaration_days": 60, **values})

    def _vouch(self, name="Marie", **values):
        person = self.env["res.partner"].create({"name": name})
        return self.env["dunning.guarantor"].create({
            "partner_id": self.customer.id, "guarantor_id": person.id, "company_id": self.company.id, **values})

    def _sync(self):
        self.env["dunning.followup"]._sync(self.company, self.today)
        return self._get_followup()

    def _night(self, day):
        self._set_today(day)
        followup = self._sync()
        followup.invalidate_recordset()
        self.env["dunning.followup"]._remind_kyc(self.company, day)
        return followup.activity_ids.mapped("summary")

    def test_numbers_are_checked_and_never_guessed(self):
        french = self.env.ref("base.fr").id
        for registry, vat, result in (
            ("732829320", False, "valid"), ("732 829 320", False, "valid"), ("73282932000074", False, "valid"),
            ("732829320", "FR44732829320", "valid"), ("732829321", False, "invalid"),
            ("73282932000075", False, "invalid"), ("404833048", "FR44732829320", "invalid"),
            (False, False, "unknown"), ("12", False, "invalid"),
        ):
            with self.subTest(registry=registry, vat=vat):
                partner = self.env["res.partner"].new({
                    "name": "X", "country_id": french, "company_registry": registry, "vat": vat})
                self.assertEqual(partner._check_dunning_numbers()[0], result)

    def test_foreign_customer_is_checked_by_his_vat_number(self):
        for country, vat, result in (
            ("base.de", "DE136695976", "valid"), ("base.de", "DE136695978", "invalid"), ("base.de", False, "unknown"),
            ("base.gr", "EL094259216", "valid"), ("base.ch", "CHE-107.787.577 IVA", "valid"),
            ("base.de", "BE0411905847", "valid"), ("base.us", "12", "unknown"),
        ):
            with self.subTest(country=country, vat=vat):
                partner = self.env["res.partner"].new({
                    "name": "X", "country_id": self.env.ref(country).id, "company_registry": "12", "vat": vat})
                self.assertEqual(partner._check_dunning_numbers()[0], result)

    def test_insurer_is_told_by_the_oldest_original_due_date(self):
        line = self._create_receivable(due=date(2026, 9, 30))
        self._create_receivable(due=date(2026, 10, 15))
        line.move_id.dunning_legal_due_date = date(2026, 11, 1)
        self._insure()
        followup = self._sync()
        self.assertEqual((followup.original_due_date, followup.insurer_date), (date(2026, 9, 30), date(2026, 11, 29)))

    def test_reminders_come_ten_and_three_days_ahead_once_each(self):
        self._create_receivable(due=date(2026, 9, 30))
        self._insure()
        counts = [len(self._night(day)) for day in (
            date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 26), date(2026, 11, 27))]
        self.assertEqual(counts, [0, 1, 1, 2, 2])

    def test_insurer_who_was_told_is_not_told_again(self):
        self._create_receivable(due=date(2026, 9, 30))
        followup = self._sync()
        with self.assertRaisesRegex(UserError, "No credit insurer"):
            followup.action_tell_insurer()
        self._insure()
        collector = new_test_user(self.env, "k_collector", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id, company_ids=self.company.ids)
        followup.with_user(collector).action_tell_insurer()
        self.assertEqual(self.customer.with_company(self.company).dunning_insurer_told, self.today)
        self.assertFalse(followup.insurer_date)
        self.assertFalse(self._night(date(2026, 11, 28)))

    def test_natural_guarantor_is_told_within_a_month(self):
        self._create_receivable(due=date(2026, 10, 31))
        guarantor = self._vouch()
        company = self._vouch("Parent")
        company.is_natural = False
        self.assertTrue(guarantor.is_natural)
        self.assertEqual(self._sync().guarantor_date, date(2026, 11, 30))
        self.assertFalse(self._night(date(2026, 11, 19)))
        summaries = self._night(date(2026, 11, 20))
        self.assertEqual(len(summaries), 1)
        self.assertIn("Marie", summaries[0])
        self.assertEqual(len(self._night(date(2026, 11, 21))), 1)
        guarantor.told_date = date(2026, 11, 21)
        followup = self._get_followup()
        followup.invalidate_recordset()
        self.assertFalse(followup.guarantor_date)

    def test_bad_input(self):
        with self.assertRaises(ValidationError):
            self._insure(dunning_declaration_days=-1)
        with self.assertRaisesRegex(ValidationError, "for himself"):
            self._vouch(guarantor_id=self.customer.id)
        with self.assertRaises(ValidationError):
            self._vouch(amount=-1)

    def test_each_company_has_its_own_insurer_and_guarantors(self):
        self._insure()
        guarantor = self._vouch()
        other = self.setup_other_company(name="Other creditor")["company"]
        self.assertFalse(self.customer.with_company(other).dunning_insurer_id)
        stranger = new_test_user(self.env, "k_stranger", groups="account_dunning.group_dunning_user",
                                 company_id=other.id, company_ids=other.ids)
        with self.assertRaises(AccessError):
            guarantor.with_user(stranger).read(["amount"])
