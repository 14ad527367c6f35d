from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account_dunning.escalation import Reason

from .charge_common import ChargeCommon
from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestDunningPlanWatch(PlanCommon):
    """Agreed plans, night after night: four instalments of 250, on the first days of December to March."""

    def _get_reason(self, line):
        """Return why the planner leaves a line alone."""
        followup = self._get_followup()
        followup._flush_facts()
        _case, plan = followup._plan(self.today)[followup]
        return next(one for one in plan.decisions if one.receivable == line.id)

    # --- stories --------------------------------------------------------------------------------------------------

    def test_plan_of_four_with_the_third_missed(self):
        plan = self._create_plan()
        line = plan.line_ids.line_id
        self.assertEqual(self._get_reason(line).reason, Reason.PLAN)
        # A reminder three days before, once.
        reminder = self._watch(date(2026, 11, 28))
        self.assertIn("next instalment", reminder.subject)
        self.assertFalse(self._watch(date(2026, 11, 30)))
        # The first two are paid.
        self._pay(line, 250)
        self._watch(date(2026, 12, 7))
        self.assertEqual((plan.watch, plan.progress_text), ("on_track", "1 of 4 paid"))
        self.assertEqual(plan.next_date, date(2027, 1, 1))
        self._set_today(date(2027, 1, 5))
        self._pay(line, 250)
        self._watch(date(2027, 1, 12))
        self.assertEqual((plan.watch, plan.amount_paid, plan.progress), ("on_track", 500, 50))
        # The third is late on 2 February, missed once three working days have passed.
        self._watch(date(2027, 2, 4))
        self.assertEqual((plan.state, plan.watch), ("agreed", "late"))
        mails = self._watch(date(2027, 2, 5))
        self.assertEqual((plan.state, plan.date_closed), ("broken", date(2027, 2, 5)))
        self.assertIn("end of the plan", mails.subject)
        self.assertIn("500.00", mails.body_html)
        self.assertEqual(mails.scheduled_date.date(), date(2027, 2, 5))
        self.assertTrue(plan.activity_ids)
        self.assertIn("plan was broken", plan.followup_id.attention_text)
        # Dunning resumes where it stood, after the quiet days.
        decision = self._get_reason(line)
        self.assertEqual((decision.reason, decision.held_until), (Reason.GAP, date(2027, 2, 11)))
        self._set_today(date(2027, 2, 12))
        self.assertEqual(self._get_reason(line).reason, Reason.DUE)

    def test_consumer_gets_time_to_catch_up_before_the_plan_ends(self):
        self.customer.dunning_debtor_kind = "consumer"
        plan = self._create_plan()
        mails = self._watch(date(2026, 12, 7))
        self.assertEqual((plan.state, plan.watch, plan.date_cure), ("agreed", "cure", date(2026, 12, 22)))
        self.assertIn("to be paid by", mails.subject)
        self.assertIn("No interest and no fee", mails.body_html)
        self.assertFalse(self._watch(date(2026, 12, 22)))
        self.assertEqual(plan.state, "agreed")
        with self.assertRaisesRegex(UserError, "wait for the end"):
            plan.action_break()
        self._watch(date(2026, 12, 23))
        self.assertEqual(plan.state, "broken")

    def test_consumer_who_catches_up_keeps_his_plan(self):
        self.customer.dunning_debtor_kind = "consumer"
        plan = self._create_plan()
        self._watch(date(2026, 12, 7))
        self._pay(plan.line_ids.line_id, 250)
        self._watch(date(2026, 12, 23))
        self.assertEqual((plan.state, plan.watch, plan.date_cure), ("agreed", "on_track", False))
        # The next miss gives time to catch up again.
        self._watch(date(2027, 1, 12))
        self.assertEqual((plan.watch, plan.date_cure), ("cure", date(2027, 1, 27)))

    def test_plan_is_completed_when_all_is_paid(self):
        plan = self._create_plan()
        self._set_today(date(2026, 12, 3))
        self._pay(plan.line_ids.line_id)
        self._watch(date(2026, 12, 4))
        self.assertEqual((plan.state, plan.progress), ("completed", 100))
        self.assertEqual(set(plan.instalment_ids.mapped("state")), {"paid"})

    # --- what counts as paid --------------------------------------------------------------------------------------

    def test_money_from_before_the_plan_does_not_count(self):
        line = self._create_receivable(1500, late=40)
        self._pay(line, 500)
        plan = self._create_plan(line)
        self.assertEqual((plan.amount_total, plan.amount_paid), (1000, 0))
        self._pay(line, 250)
        plan.invalidate_recordset()
        self.assertEqual(plan.amount_paid, 250)

    def test_payment_undone_counts_no_longer(self):
        plan = self._create_plan()
        line = plan.line_ids.line_id
        self._pay(line, 250)
        self._watch(date(2026, 12, 7))
        self.assertEqual((plan.watch, plan.instalment_ids[0].state), ("on_track", "paid"))
        line.remove_move_reconcile()
        self.env["account.payment"].search([("partner_id", "=", self.customer.id)]).move_id.button_draft()
        self._watch(date(2026, 12, 8))
        self.assertEqual((plan.state, plan.instalment_ids[0].state), ("broken", "late"))

    def test_credit_note_shortens_the_plan_from_its_end(self):
        plan = self._create_plan()
        line = plan.line_ids.line_id
        credit = line.move_id._reverse_moves([{"date": self.today, "invoice_date": self.today}])
        credit.invoice_line_ids.price_unit = 300
        credit.action_post()
        (line + credit.line_ids.filtered(lambda one: one.account_id == line.account_id)).reconcile()
        plan.invalidate_recordset()
        self.assertEqual(plan.instalment_ids.mapped("amount_missing"), [250, 250, 200, 0])
        self.assertEqual(plan.instalment_ids[3].state, "dropped")
        self.assertEqual(plan.amount_paid, 0)

    def test_transfer_to_another_account_is_no_payment(self):
        plan = self._create_plan()
        line = plan.line_ids.line_id
        entry = self.env["account.move"].create({
            "date": self.today, "line_ids": [
                (0, 0, {"account_id": line.account_id.id, "partner_id": self.customer.id, "credit": 1000}),
                (0, 0, {"account_id": self.company_data["default_account_expense"].id, "debit": 1000})]})
        entry.action_post()
        (line + entry.line_ids.filtered("credit")).reconcile()
        self._watch(date(2026, 12, 2))
        self.assertEqual(plan.state, "cancelled")
        self.assertIn("otherwise than by a payment", plan.close_reason)

    def test_unallocated_payment_that_covers_it_is_not_judged(self):
        plan = self._create_plan()
        self.env["account.payment"].create({
            "payment_type": "inbound", "partner_id": self.customer.id, "amount": 250, "date": self.today,
            "journal_id": self.company_data["default_journal_bank"].id,
        }).action_post()
        self._watch(date(2026, 12, 7))
        self.assertEqual((plan.state, plan.watch), ("agreed", "allocate"))
        self.assertIn("Allocate", plan.activity_ids.summary)
        self._watch(date(2026, 12, 8))
        self.assertEqual(len(plan.activity_ids), 1)

    def test_stale_bank_judges_nobody(self):
        plan = self._create_plan()
        with patch.object(type(self.company), "_is_dunning_bank_stale", lambda *_args: True):
            self._watch(date(2026, 12, 7))
        self.assertEqual((plan.state, plan.watch), ("agreed", "stale"))
        self._watch(date(2026, 12, 8))
        self.assertEqual(plan.state, "broken")

    def test_nobody_is_judged_on_a_sunday(self):
        plan = self._create_plan()
        self._watch(date(2026, 12, 6))
        self.assertEqual((plan.state, plan.watch), ("agreed", "on_track"))
        self.company.dunning_plan_tolerance = 0
        self._watch(date(2026, 12, 6))
        self.assertEqual(plan.state, "agreed")
        self._watch(date(2026, 12, 7))
        self.assertEqual(plan.state, "broken")

    # --- after a break --------------------------------------------------------------------------------------------

    def test_broken_plan_resumes_at_the_stage_of_the_company(self):
        self.company.write({"dunning_plan_resume": "stage", "dunning_plan_resume_stage": "reminder_2"})
        plan = self._create_plan()
        line = plan.line_ids.line_id
        self._watch(date(2026, 12, 7))
        self.assertEqual((plan.state, line.dunning_level_id, line.dunning_date),
                         ("broken", self.second, date(2026, 12, 7)))

    def test_without_automatic_sending_the_collector_is_asked(self):
        self.company.dunning_auto_send = False
        self.company.write({"dunning_plan_resume": "stage", "dunning_plan_resume_stage": "reminder_2"})
        plan = self._create_plan()
        self.assertFalse(self._watch(date(2026, 11, 30)))
        self.assertFalse(self._watch(date(2026, 12, 7)))
        self.assertEqual(plan.state, "broken")
        self.assertIn("automatic sending is off", plan.activity_ids.summary)
        self.assertFalse(plan.line_ids.line_id.dunning_level_id)

    def test_without_automatic_sending_a_consumer_is_told_by_hand(self):
        self.company.dunning_auto_send = False
        self.customer.dunning_debtor_kind = "consumer"
        plan = self._create_plan()
        self._watch(date(2026, 12, 7))
        self.assertEqual((plan.watch, plan.date_cure), ("to_tell", False))
        self._watch(date(2026, 12, 31))
        self.assertEqual(plan.state, "agreed")
        self._set_today(date(2027, 1, 4))
        plan.action_send_cure()
        self.assertEqual((plan.watch, plan.date_cure), ("cure", date(2027, 1, 19)))

    def test_plan_is_ended_by_hand_only_when_it_was_missed(self):
        plan = self._create_plan()
        with self.assertRaisesRegex(UserError, "paid, or still within"):
            plan.action_break()
        self._set_today(date(2026, 12, 7))
        before = self.env["mail.mail"].search([])
        plan.action_break()
        self.assertEqual(plan.state, "broken")
        self.assertFalse((self.env["mail.mail"].search([]) - before).scheduled_date)

    def test_cancelled_plan_lets_dunning_go_on_at_once(self):
        plan = self._create_plan()
        plan.action_cancel()
        self.assertEqual(self._get_reason(plan.line_ids.line_id).reason, Reason.DUE)

    # --- the night itself -----------------------------------------------------------------------------------------

    def test_run_judges_the_plans_before_it_plans(self):
        plan = self._create_plan()
        self._set_today(date(2026, 12, 7))
        run = self._prepare_run()
        self.assertEqual(plan.state, "broken")
        self.assertFalse(run.notice_ids)
        self.assertEqual(plan.followup_id.reason, "gap")

    def test_one_bad_plan_stops_no_other(self):
        bad = self._create_plan()
        good = self._create_plan(self._create_receivable(400, late=9))
        judge = type(bad)._watch_one

        def fail_once(plan, *args):
            if plan == bad:
                raise ValueError("Broken on purpose")
            return judge(plan, *args)

        with patch.object(type(bad), "_watch_one", fail_once):
            self._watch(date(2026, 12, 7))
        self.assertEqual((bad.state, good.state), ("agreed", "broken"))
        self.assertIn("Broken on purpose", bad.followup_id.attention_text)

    def test_reading_the_facts_costs_the_same_for_many_plans(self):
        self._create_plan()
        self._set_today(date(2026, 11, 20))

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["dunning.plan"]._watch(self.company, self.today)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        first = count()
        for number in range(4):
            customer = self._create_customer(f"Customer {number}")
            self._create_plan(self._create_receivable(500, late=30, partner=customer))
        # A savepoint per plan is set and released; nothing else grows.
        self.assertLessEqual(count() - first, 4 * 2)

    def test_frozen_interest_stops_while_the_plan_is_kept(self):
        plan = self._create_plan()
        line = plan.line_ids.line_id
        found = self.env["account.move.line"]._get_interest_suspensions(line.ids)
        self.assertEqual(found[line.id][0][:3], (self.today, None, None))
        plan._set_broken("missed")
        self.assertFalse(self.env["account.move.line"]._get_interest_suspensions(line.ids).get(line.id))

    def test_included_interest_goes_on_in_the_books(self):
        plan = self._create_plan(interest_mode="included")
        line = plan.line_ids.line_id
        self.assertFalse(self.env["account.move.line"]._get_interest_suspensions(line.ids).get(line.id))


@tagged("post_install", "-at_install")
class TestDunningPlanInterest(PlanCommon, ChargeCommon):
    """Interest that the customer pays by instalments is booked once he agreed, and waits with the plan."""

    def test_agreed_interest_is_booked_held_and_counted(self):
        line = self._create_late(1000)
        plan = self._create_plan(line, interest_mode="included")
        self.assertEqual(plan.amount_compensation, 40)
        self.assertGreater(plan.amount_interest, 50)
        charges = self.env["dunning.charge"].search([("line_id", "=", line.id)])
        booked = charges.charge_move_id.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        self.assertAlmostEqual(sum(booked.mapped("amount_residual_currency")), plan.amount_total - 1000)
        followup = plan.followup_id
        followup._flush_facts()
        holds = followup._get_holds(self.company, (line + booked).ids)
        self.assertEqual({hold.reason for found in holds.values() for hold in found}, {Reason.PLAN})
        self.assertEqual(set(holds), set((line + booked).ids))
        self._pay_on(line, self.today)
        self._pay_on(booked, self.today)
        self._watch(date(2026, 12, 2))
        self.assertEqual((plan.state, plan.progress), ("completed", 100))

    def test_interest_that_went_on_is_read_anew(self):
        plan = self._create_plan(self._create_late(1000), agreed=False, interest_mode="included")
        self._set_today(date(2026, 11, 25))
        with self.assertRaisesRegex(UserError, "Late interest has gone on"):
            plan._set_proposed()
        plan.action_compute()
        plan._set_proposed()
        self.assertEqual(plan.state, "proposed")

    def test_frozen_interest_books_nothing(self):
        line = self._create_late(1000)
        self._create_plan(line)
        self.assertFalse(self.env["dunning.charge"].search([("line_id", "=", line.id)]))
