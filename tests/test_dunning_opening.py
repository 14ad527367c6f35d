from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


@tagged("post_install", "-at_install")
class TestDunningOpening(AccountTestInvoicingCommon):
    """Opening balances are left out of dunning until a manager includes them."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("account_dunning.group_dunning_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"].sudo()
        cls.manager = new_test_user(
            cls.env(su=True), "dunning_manager", "account_dunning.group_dunning_manager",
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)],
        )
        cls.receivable = cls.company_data["default_account_receivable"]

    def _create_balance(self, amount=100, post=True, **values):
        """Return the receivable line of an entry of the general journal."""
        line = {"account_id": self.receivable.id, "partner_id": self.partner_a.id, "name": "FA-0012",
                "date_maturity": "2026-09-30", **values}
        move = self.env["account.move"].create({
            "date": "2026-01-01",
            "line_ids": [
                Command.create({**line, "debit": max(amount, 0), "credit": max(-amount, 0)}),
                Command.create({"account_id": self.company_data["default_account_revenue"].id,
                                "debit": max(-amount, 0), "credit": max(amount, 0)}),
            ],
        })
        if post:
            move.action_post()
        return move.line_ids.filtered(lambda one: one.account_id == (
            self.env["account.account"].browse(line["account_id"])))

    def _get_opening(self, line):
        return self.env["dunning.opening"].with_user(self.manager).with_company(self.company).search(
            [("line_id", "=", line.id)],
        )

    def test_an_opening_balance_waits_for_a_decision(self):
        opening = self._get_opening(self._create_balance())
        self.assertRecordValues(opening, [
            {"state": "left_out", "amount_residual": 100, "partner_id": self.partner_a.id, "name": "FA-0012"},
        ])

    def test_what_a_manager_includes_is_dunned(self):
        line = self._create_balance()
        self._get_opening(line).action_include()
        self.assertFalse(line.no_followup)
        self.assertEqual(self._get_opening(line).state, "included")

    def test_a_manager_may_change_his_mind(self):
        line = self._create_balance()
        self._get_opening(line).action_include()
        self._get_opening(line).action_leave_out()
        self.assertTrue(line.no_followup)

    def test_the_due_date_is_the_date_of_the_entry_when_there_is_none(self):
        opening = self._get_opening(self._create_balance(date_maturity=False))
        self.assertEqual(opening.date_due, opening.date)

    def test_credits_drafts_and_paid_entries_are_not_listed(self):
        lines = self._create_balance(amount=-50) | self._create_balance(post=False)
        debit, credit = self._create_balance(amount=70), self._create_balance(amount=-70)
        (debit | credit).reconcile()
        self.assertFalse(self._get_opening(lines[:1]) | self._get_opening(lines[1:]) | self._get_opening(debit))

    def test_an_invoice_is_no_opening_balance(self):
        invoice = self._create_invoice_one_line(price_unit=10, partner_id=self.partner_a, post=True)
        line = invoice.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        self.assertFalse(self._get_opening(line))

    def test_the_reason_of_an_exclusion_is_shown(self):
        excluded = self.receivable.copy({"code": "121099"})
        self.company.dunning_excluded_account_ids = excluded
        self.assertEqual(self._get_opening(self._create_balance(partner_id=False)).state, "no_partner")
        self.assertEqual(self._get_opening(self._create_balance(account_id=excluded.id)).state, "excluded_account")

    def test_what_cannot_be_included_is_explained(self):
        line = self._create_balance(partner_id=False)
        with self.assertRaises(UserError):
            self._get_opening(line).action_include()
        self.assertTrue(line.no_followup)

    def test_debts_already_chased_start_at_the_second_step(self):
        line = self._create_balance()
        action = self._get_opening(line).action_already_chased()
        self.assertTrue(line.no_followup, "Nothing is included before the window was confirmed.")
        wizard = self.env["dunning.chased"].with_user(self.manager).with_company(self.company).with_context(
            **action["context"]).create({"stage": "reminder_1", "date": "2026-08-01"})
        wizard.action_apply()
        self.assertFalse(line.no_followup)
        self.assertEqual(line.dunning_level_id.stage, "reminder_1")
        self.assertEqual(line.dunning_level_id.policy_id, self.partner_a._find_dunning_policy(self.company)[0])
        self.assertEqual(str(line.dunning_date), "2026-08-01")

    def test_debts_chased_more_often_than_the_policy_reminds_stand_at_its_last_reminder(self):
        line = self._create_balance()
        wizard = self.env["dunning.chased"].create({"line_ids": line.ids, "stage": "reminder_3", "date": "2026-08-01"})
        wizard.action_apply()
        reminders = line.dunning_level_id.policy_id.level_ids.filtered(
            lambda level: level.stage in ("reminder_1", "reminder_2", "reminder_3") and level.channel != "call")
        self.assertEqual(line.dunning_level_id, reminders.sorted("sequence")[-1])

    def test_the_last_reminder_was_not_sent_tomorrow(self):
        wizard = self.env["dunning.chased"].create({"line_ids": self._create_balance().ids, "date": "2999-01-01"})
        with self.assertRaises(UserError):
            wizard.action_apply()

    def test_entries_of_another_company_are_not_listed(self):
        line = self._create_balance()
        other = self.env["res.company"].sudo().create({"name": "Other"})
        user = new_test_user(self.env(su=True), "elsewhere", "account_dunning.group_dunning_manager",
                             company_id=other.id, company_ids=[Command.set(other.ids)])
        found = self.env["dunning.opening"].with_user(user).with_context(allowed_company_ids=other.ids).search([])
        self.assertNotIn(line, found.line_id.sudo())

    def test_a_collector_does_not_decide_on_opening_balances(self):
        user = new_test_user(self.env(su=True), "collector", "account_dunning.group_dunning_user",
                             company_id=self.company.id)
        with self.assertRaises(AccessError):
            self.env["dunning.opening"].with_user(user).search([])

    def test_the_settings_count_what_waits(self):
        self._create_balance()
        settings = self.env["res.config.settings"].sudo().with_company(self.company).create({})
        self.assertEqual(settings.dunning_opening_count, 1)
