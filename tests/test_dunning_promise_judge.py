from datetime import date, timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_dunning_promise import FRIDAY, LIMIT, PromiseCommon

NEXT_DAY = LIMIT + timedelta(days=1)


@tagged("post_install", "-at_install")
class TestDunningPromiseJudge(PromiseCommon):
    """What comes of a promise, day by day."""

    def test_kept_one_day_late_within_the_tolerance(self):
        """Promised for Friday, on our account on Monday: kept."""
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        self._go_to(FRIDAY + timedelta(days=1))
        self.assertEqual(promise.state, "open")
        self._set_today(date(2026, 11, 30))
        self._pay(line)
        self._go_to(LIMIT)
        self.assertRecordValues(promise, [{"state": "kept", "amount_paid": 1000, "amount_expected": 0}])
        self.assertFalse(self._get_followup().broken_promise_count)

    def test_tolerance_lasts_until_its_last_day(self):
        promise = self._promise(self._create_receivable(late=10))
        self._go_to(LIMIT)
        self.assertEqual(promise.state, "open")
        self._go_to(NEXT_DAY)
        self.assertRecordValues(promise, [{"state": "broken", "date_judged": NEXT_DAY}])

    def test_partly_kept(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        self._set_today(FRIDAY)
        self._pay(line, 600)
        self._go_to(LIMIT)
        self.assertEqual(promise.state, "open")
        self.assertIn("600.00 paid", self._get_followup().promise_text)
        self._go_to(NEXT_DAY)
        self.assertRecordValues(promise, [{"state": "partly_kept", "amount_paid": 600}])
        self.assertFalse(self._get_followup().broken_promise_count)
        self.assertEqual(line.dunning_reason, "due")

    def test_broken_promise_is_shown_and_dunning_goes_on(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        self._run_on(NEXT_DAY)
        followup = self._get_followup()
        self.assertEqual(promise.state, "broken")
        self.assertIn("promise_broken", followup.attention_codes)
        self.assertEqual(followup.broken_promise_text, "1st broken promise")
        self.assertIn("broken. 1st broken promise", self._notes(promise))
        self.assertTrue(followup.activity_ids.filtered(lambda one: "Broken promise" in (one.summary or "")))
        self.assertEqual(line.dunning_level_id, self.first)

    def _run_on(self, day):
        self._set_today(day)
        return self._run_night()

    def test_broken_twice_and_a_firmer_policy(self):
        """The second broken promise within 12 months chooses another policy."""
        firm = self._create_policy([("Firm", "reminder_2", 2, {})], name="Firm")
        rule = self.env["dunning.policy.rule"].create({"policy_id": firm.id, "broken_promises": 2})
        line = self._create_receivable(late=10)
        first = self._promise(line)
        self._go_to(NEXT_DAY)
        self.env["dunning.followup"]._sync(self.company, self.today)
        self.assertEqual(self._get_followup().policy_id, self.policy)
        self.assertFalse(rule._match(self.customer, self.company))
        second = self._promise(line, date(2026, 12, 7))
        self._go_to(date(2026, 12, 10))
        self.env["dunning.followup"]._sync(self.company, self.today)
        followup = self._get_followup()
        self.assertEqual((first.state, second.state), ("broken", "broken"))
        self.assertEqual(followup.broken_promise_text, "2nd broken promise")
        self.assertEqual(followup.policy_id, firm)
        self.customer.invalidate_recordset(["dunning_broken_promise_count"])
        self.assertEqual(rule._match(self.customer, self.company), rule)
        self.assertIn("2 broken promises", rule.criteria)

    def test_broken_promises_are_forgotten_after_a_year(self):
        self._promise(self._create_receivable(late=10))
        self._go_to(NEXT_DAY)
        self._set_today(NEXT_DAY.replace(year=2027))
        followup = self._get_followup()
        followup.invalidate_recordset()
        self.assertEqual((followup.broken_promise_count, followup.broken_promise_text), (0, ""))

    def test_postponed_and_then_broken_counts_once(self):
        line = self._create_receivable(late=10)
        former = self._promise(line)
        promise = self._promise(line, date(2026, 11, 30), previous_id=former.id)
        self._go_to(date(2026, 12, 3))
        self.assertEqual((former.state, promise.state), ("broken", "broken"))
        self.assertEqual(self._get_followup().broken_promise_count, 1)
        self.assertEqual(self.customer.with_company(self.company).dunning_broken_promise_count, 1)

    # --- what is not held against the customer --------------------------------------------------------------------

    def test_unallocated_payment_that_covers_it_waits_to_be_allocated(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        self._set_today(FRIDAY)
        payment = self.env["account.payment"].create({
            "payment_type": "inbound", "partner_type": "customer", "partner_id": self.customer.id, "amount": 1000,
            "date": FRIDAY, "journal_id": self.company_data["default_journal_bank"].id,
        })
        payment.action_post()
        run = self._go_to(NEXT_DAY)
        self.assertRecordValues(promise, [{"state": "open", "waiting_reason": "credits"}])
        self.env["dunning.followup"]._sync(self.company, self.today)
        followup = self._get_followup()
        followup._replan(self.today)
        self.assertIn("payment_to_allocate", followup.attention_codes)
        self.assertIn("payment to allocate", followup.promise_text)
        self.assertEqual(line.dunning_reason, "promise")
        self.assertTrue(run)
        credit = payment.move_id.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        (credit + line).reconcile()
        self._go_to(NEXT_DAY + timedelta(days=1))
        self.assertRecordValues(promise, [{"state": "kept", "waiting_reason": False}])

    def test_credit_that_does_not_cover_it_excuses_nothing(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        self._register_payment(self._create_receivable(100, late=1).move_id, amount=150, payment_date=self.today)
        self._go_to(NEXT_DAY)
        self.assertEqual(promise.state, "broken")

    def test_nothing_is_judged_while_the_bank_is_late(self):
        promise = self._promise(self._create_receivable(late=10))
        self.patch(type(self.company), "_is_dunning_bank_stale", lambda *_args: True)
        self._go_to(NEXT_DAY)
        self.assertRecordValues(promise, [{"state": "open", "waiting_reason": "bank"}])
        self.patch(type(self.company), "_is_dunning_bank_stale", lambda *_args: False)
        self._go_to(NEXT_DAY + timedelta(days=1))
        self.assertEqual(promise.state, "broken")

    def test_promise_is_not_judged_while_its_invoice_is_disputed(self):
        """The customer has another reason not to pay; once it is rejected his word counts again."""
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        reason = self.env["dunning.dispute.reason"].search([], limit=1)
        dispute = self.env["dunning.dispute"]._create_for(line, reason)
        self._go_to(NEXT_DAY)
        self.assertRecordValues(promise, [{"state": "open", "waiting_reason": "dispute"}])
        dispute._set_cancelled("Noted by mistake")
        self._go_to(NEXT_DAY + timedelta(days=1))
        self.assertRecordValues(promise, [{"state": "broken", "waiting_reason": False}])

    def test_payment_of_those_days_that_is_matched_later_corrects_the_verdict(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        self._go_to(NEXT_DAY)
        self.assertEqual(promise.state, "broken")
        self._register_payment(line.move_id, amount=1000, payment_date=FRIDAY)
        self._go_to(NEXT_DAY + timedelta(days=2))
        self.assertEqual(promise.state, "kept")
        self.assertNotIn("promise_broken", self._get_followup().attention_codes or "")
        self.assertIn("kept after all", self._notes(promise))

    def test_late_payment_does_not_mend_a_broken_promise(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        self._go_to(NEXT_DAY)
        self._register_payment(line.move_id, amount=1000, payment_date=NEXT_DAY)
        self._go_to(NEXT_DAY + timedelta(days=2))
        self.assertEqual(promise.state, "broken")

    def test_write_off_keeps_nothing_and_breaks_nothing(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        entry = self.env["account.move"].create({"move_type": "entry", "date": self.today, "line_ids": [
            (0, 0, {"account_id": line.account_id.id, "partner_id": self.customer.id, "credit": 1000}),
            (0, 0, {"account_id": self.company_data["default_account_expense"].id, "debit": 1000}),
        ]})
        entry.action_post()
        (line + entry.line_ids.filtered("credit")).reconcile()
        self._go_to(NEXT_DAY)
        self.assertEqual(promise.state, "cancelled")

    def test_credit_note_lowers_what_was_promised(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        refund = line.move_id._reverse_moves([{"invoice_date": self.today}])
        refund.invoice_line_ids.price_unit = 200
        refund.action_post()
        (line + refund.line_ids.filtered(lambda one: one.account_type == "asset_receivable")).reconcile()
        self._pay(line, 800)
        self._go_to(FRIDAY)
        self.assertEqual(promise.state, "kept")

    def test_payment_made_before_the_promise_does_not_count(self):
        line = self._create_receivable(late=10)
        self._pay(line, 400)
        promise = self._promise(line)
        self.assertEqual(promise.amount, 600)
        self._go_to(NEXT_DAY)
        self.assertRecordValues(promise, [{"state": "broken", "amount_paid": 0}])

    def test_payment_undone_re_opens_a_promise_that_was_kept(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        self._pay(line)
        self._go_to(date(2026, 11, 20))
        self.assertEqual(promise.state, "kept")
        line.remove_move_reconcile()
        self.assertEqual(promise.state, "open")
        self.assertIn("undone", self._notes(promise))
        self._go_to(NEXT_DAY)
        self.assertEqual(promise.waiting_reason, "credits")
        self.env["account.payment"].search([("partner_id", "=", self.customer.id)]).action_draft()
        self._go_to(NEXT_DAY + timedelta(days=1))
        self.assertRecordValues(promise, [{"state": "broken", "waiting_reason": False, "amount_paid": 0}])

    # --- the night ------------------------------------------------------------------------------------------------

    def test_one_promise_that_cannot_be_judged_stops_no_other(self):
        bad, good = (self._promise(self._create_receivable(late=10, partner=self._create_customer(name)))
                     for name in ("Bad", "Good"))
        real = type(bad)._set_broken

        def fail(promise, today):
            if promise == bad:
                raise ValueError("broken record")
            return real(promise, today)

        with patch.object(type(bad), "_set_broken", fail), mute_logger("odoo.addons.account_dunning"):
            self._go_to(NEXT_DAY)
        self.assertEqual((bad.state, good.state), ("open", "broken"))

    def test_queries_do_not_grow_with_the_promises(self):
        def judge(count):
            for number in range(count):
                self._promise(self._create_receivable(late=10, partner=self._create_customer(f"C{number}")))
            self._set_today(FRIDAY)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["dunning.promise"]._judge(self.company, self.today)
            return self.cr.sql_log_count - before
        few, many = judge(2), (self._set_today(self.today.replace(day=18)), judge(8))[1]
        savepoints = 2  # opening and closing one per promise
        self.assertLessEqual(many - few, 8 * savepoints + 4)

    def test_story_of_a_customer_who_promises_and_pays(self):
        """Reminder, promise, pause, payment of one part, promise partly kept, second reminder after the interval."""
        line = self._create_receivable(late=7)
        self._run_on(date(2026, 11, 18))
        self.assertEqual(line.dunning_level_id, self.first)
        self._run_on(date(2026, 11, 19))
        promise = self._promise(line)
        for day in (20, 23, 26, 27, 30):
            self.assertFalse(self._run_on(date(2026, 11, day)).notice_ids)
        self._register_payment(line.move_id, amount=300, payment_date=date(2026, 11, 30))
        self.assertFalse(self._run_on(LIMIT).notice_ids)
        self._run_on(NEXT_DAY)
        self.assertEqual(promise.state, "partly_kept")
        self.assertEqual(line.dunning_level_id, self.second)
        self.assertEqual(line.amount_residual, 700)
