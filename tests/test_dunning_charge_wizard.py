from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .charge_common import AUGUST, ChargeCommon


@tagged("post_install", "-at_install")
class TestDunningChargeWizard(ChargeCommon):

    def test_preview_shows_each_invoice_ticked_with_its_amounts(self):
        wizard = self._open_wizard(self._create_paid_late() | self._create_paid_late(5000))
        self.assertRecordValues(wizard.line_ids, [
            {"interest": 436.5, "compensation": 40, "with_interest": True, "with_compensation": True,
             "date_to": AUGUST, "problem_text": False},
            {"interest": 181.88, "compensation": 40, "with_interest": True, "with_compensation": True,
             "date_to": AUGUST, "problem_text": False},
        ])
        self.assertIn("698.38", wizard.summary)

    def test_what_is_left_out_says_why(self):
        consumer = self._create_customer("Person", is_company=False, dunning_debtor_kind="consumer")
        not_late = self._create_late(due=self.today + timedelta(days=10))
        wizard = self._open_wizard(not_late | self._create_late(partner=consumer))
        self.assertEqual(wizard.line_ids.mapped("is_left_out"), [True, True])
        self.assertIn("formal notice", "".join(wizard.line_ids.mapped("problem_text")))
        self.assertTrue(all(wizard.line_ids.mapped("problem_text")))
        with self.assertRaisesRegex(UserError, "Tick"):
            wizard.action_claim()

    def test_claim_books_what_is_ticked_and_a_second_click_nothing_more(self):
        receivable = self._create_paid_late()
        wizard = self._open_wizard(receivable)
        wizard.line_ids.with_compensation = False
        action = wizard.action_claim()
        self.assertEqual(wizard.charge_ids.mapped("kind"), ["interest"])
        self.assertEqual(action["res_id"], wizard.charge_ids.charge_move_id.id)
        self.assertEqual(wizard.action_claim()["res_id"], action["res_id"])
        self.assertEqual(self.charges.search_count([("move_id", "=", receivable.move_id.id)]), 1)

    def test_two_windows_claim_once(self):
        receivable = self._create_paid_late()
        mine, theirs = self._open_wizard(receivable), self._open_wizard(receivable)
        theirs.action_claim()
        with self.assertRaisesRegex(UserError, "changed"):
            mine.action_claim()

    def test_payment_that_came_in_meanwhile_is_seen(self):
        receivable = self._create_late()
        wizard = self._open_wizard(receivable)
        self._pay_on(receivable, AUGUST)
        with self.assertRaisesRegex(UserError, "changed"):
            wizard.action_claim()

    def test_waive_with_a_reason(self):
        receivable = self._create_paid_late()
        wizard = self._open_wizard(receivable, reason="Good customer")
        wizard.action_waive()
        self.assertEqual(set(wizard.charge_ids.mapped("state")), {"waived"})
        self.assertFalse(wizard.charge_ids.charge_move_id)

    def test_window_says_that_a_waiver_is_void(self):
        town = self._create_customer("Town", dunning_debtor_kind="public")
        wizard = self._open_wizard(self._create_paid_late(partner=town), reason="Goodwill")
        self.assertIn("Town", wizard.void_text)
        with self.assertRaises(UserError):
            wizard.action_waive()

    def test_invoices_of_the_list_open_the_window(self):
        moves = (self._create_paid_late() | self._create_late()).move_id
        action = moves.action_dunning_claim()
        wizard = self.env["dunning.charge.wizard"].browse(action["res_id"])
        self.assertEqual(wizard.line_ids.move_id, moves)
        with self.assertRaises(UserError):
            self.env["account.move"].action_dunning_claim()

    def test_follow_up_shows_what_is_overdue_and_what_was_paid_late(self):
        overdue, paid = self._create_late(), self._create_paid_late()
        self.env["dunning.followup"]._sync(self.company, self.today)
        action = self._get_followup().action_dunning_claim()
        wizard = self.env["dunning.charge.wizard"].browse(action["res_id"])
        self.assertEqual(wizard.line_ids.line_id, overdue | paid)

    # --- paid late ------------------------------------------------------------------------------------------------

    def _get_paid_late(self):
        action = self.env["dunning.charge.wizard"].with_company(self.company).action_open_paid_late()
        return self.env["dunning.charge.wizard.line"].search(action["domain"])

    def test_paid_late_lists_what_was_paid_late_and_nothing_else(self):
        late = self._create_paid_late()
        self._create_late()
        self._create_paid_late(paid=date(2026, 5, 15))
        self._create_paid_late(paid=date(2026, 5, 2))
        self.assertEqual(self._get_paid_late().line_id, late)

    def test_paid_late_forgets_what_is_decided(self):
        claimed, waived = self._create_paid_late(), self._create_paid_late()
        self._claim(claimed)
        self.charges._waive(waived, "Goodwill")
        self.assertFalse(self._get_paid_late())

    def test_paid_late_keeps_what_is_decided_in_part(self):
        receivable = self._create_paid_late()
        self._claim(receivable, kinds={receivable.id: ["interest"]})
        self.assertRecordValues(self._get_paid_late(), [{"interest": 0, "compensation": 40, "is_left_out": False}])

    def test_paid_late_looks_back_as_far_as_the_company_says(self):
        self._create_paid_late(due=date(2025, 4, 15), paid=date(2025, 6, 1))
        self.assertFalse(self._get_paid_late())
        self.company.dunning_paid_late_months = 24
        self.assertEqual(len(self._get_paid_late()), 1)
        with self.assertRaises(UserError):
            self.company.dunning_paid_late_months = 61

    def test_paid_late_is_read_in_a_constant_number_of_queries(self):
        lines = self.env["account.move.line"]

        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            lines._get_paid_late_lines(self.company)._get_interest_claims()
            return self.env.cr.sql_log_count - before

        self._create_paid_late()
        count()
        few = count()
        for _number in range(5):
            self._create_paid_late(partner=self._create_customer("More"))
        self.assertLessEqual(count(), few)

    def test_chosen_rows_are_decided_in_bulk(self):
        for name in ("One", "Two", "Three"):
            self._create_paid_late(partner=self._create_customer(name))
        action = self._get_paid_late()[:2].action_decide()
        wizard = self.env["dunning.charge.wizard"].browse(action["res_id"])
        wizard.action_claim()
        self.assertEqual(len(wizard.charge_ids.charge_move_id), 2)
        self.assertEqual(len(self._get_paid_late()), 1)

    def test_customer_that_cannot_be_booked_does_not_stop_the_others(self):
        other = self._create_customer("Other")
        self._create_paid_late()
        self._create_paid_late(partner=other)
        model = type(self.charges)
        link = model._link_charge_move

        def fail(charges, move):
            if charges.partner_id == other:
                raise UserError("Its account is archived")  # pylint: disable=translation-required
            return link(charges, move)

        with patch.object(model, "_link_charge_move", fail):
            action = self._get_paid_late().action_decide()
            wizard = self.env["dunning.charge.wizard"].browse(action["res_id"])
            done = wizard.action_claim()
        self.assertEqual(wizard.charge_ids.partner_id, self.customer)
        self.assertIn("Other: Its account is archived", done["params"]["message"])
        self.assertEqual(self._get_paid_late().partner_id, other)

    def test_collector_sees_only_his_own_window(self):
        values = {"company_id": self.company.id, "company_ids": self.company.ids}
        collector = new_test_user(self.env, "w_collector", groups="account_dunning.group_dunning_user", **values)
        self._create_paid_late()
        env = self.env(user=collector, su=False)
        action = env["dunning.charge.wizard"].action_open_paid_late()
        rows = env["dunning.charge.wizard.line"].search(action["domain"])
        self.assertEqual(len(rows), 1)
        wizard = env["dunning.charge.wizard"].browse(rows.action_decide()["res_id"])
        wizard.action_claim()
        self.assertEqual(len(wizard.charge_ids), 2)
