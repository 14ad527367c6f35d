from datetime import date, timedelta

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DunningCommon

FRIDAY = date(2026, 11, 27)
LIMIT = date(2026, 12, 1)  # two working days later


class PromiseCommon(DunningCommon):
    """Promises of one customer, noted on a Wednesday for the Friday of the week after."""

    def _promise(self, lines, day=FRIDAY, amount=None, **values):
        return self.env["dunning.promise"]._create_for(lines, day, amount, **values)

    def _go_to(self, day):
        """Let the night of this day judge."""
        self._set_today(day)
        run = self.env["dunning.run"]._create_run(self.company)
        run._expire()
        return run

    def _create_users(self):
        values = {"company_id": self.company.id, "company_ids": self.company.ids}
        self.invoicing = new_test_user(self.env, "p_invoicing", groups="account.group_account_invoice", **values)
        self.collector = new_test_user(self.env, "p_collector", groups="account_dunning.group_dunning_user", **values)
        self.manager = new_test_user(self.env, "p_manager", groups="account_dunning.group_dunning_manager", **values)

    def _notes(self, promise):
        return " ".join(str(message.body) for message in promise.followup_id.message_ids)


@tagged("post_install", "-at_install")
class TestDunningPromise(PromiseCommon):
    """What may be promised, by whom, and what it pauses."""

    # --- noting ---------------------------------------------------------------------------------------------------

    def test_promise_without_amount_is_about_all_that_is_open(self):
        lines = self._create_receivable(1000, late=10) + self._create_receivable(500, late=3)
        promise = self._promise(lines)
        self.assertRecordValues(promise, [{
            "amount": 1500, "state": "open", "date_limit": LIMIT, "partner_id": self.customer.id,
            "amount_expected": 1500, "source": "call"}])
        self.assertEqual(promise.line_ids.mapped("amount_start"), [1000, 500])

    def test_smaller_amount_is_spread_over_the_oldest_first(self):
        newer, older = self._create_receivable(500, late=3), self._create_receivable(1000, late=10)
        promise = self._promise(newer + older, amount=1200)
        self.assertEqual({line.line_id: line.amount for line in promise.line_ids}, {older: 1000, newer: 200})

    def test_customer_may_name_the_invoices(self):
        one, two = self._create_receivable(1000, late=10), self._create_receivable(500, late=3)
        promise = self._promise(one + two, amounts={two.id: 500})
        self.assertEqual(promise.line_ids.line_id, two)

    def test_dialog_has_everything_filled_in(self):
        older, newer = self._create_receivable(1000, late=10), self._create_receivable(500, late=3)
        self.env["dunning.followup"]._sync(self.company, self.today)
        action = self._get_followup().action_promise()
        form = Form(self.env["dunning.promise"].with_context(**action["context"]), view=action["views"][0][0])
        self.assertEqual(form.amount, 1500)
        form.date_promised = FRIDAY
        form.amount = 1200
        promise = form.save()
        self.assertEqual({line.line_id: line.amount for line in promise.line_ids}, {older: 1000, newer: 200})
        self.assertEqual(promise.followup_id, self._get_followup())

    def test_dialog_keeps_what_is_typed_on_a_line(self):
        older, newer = self._create_receivable(1000, late=10), self._create_receivable(500, late=3)
        action = (older + newer).move_id.action_dunning_promise()
        form = Form(self.env["dunning.promise"].with_context(**action["context"]), view=action["views"][0][0])
        form.date_promised = FRIDAY
        with form.line_ids.edit(0) as line:
            line.amount = 0
        self.assertEqual(form.amount, 500)
        self.assertEqual(form.save().line_ids.line_id, newer)

    def test_noting_leaves_a_note_and_a_task_for_the_promised_day(self):
        collector = new_test_user(self.env, "col", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id, company_ids=self.company.ids)
        line = self._create_receivable(late=10)
        self.customer.with_company(self.company).dunning_user_id = collector
        self.env["dunning.followup"]._sync(self.company, self.today)
        promise = self._promise(line)
        self.assertRecordValues(promise.activity_id, [{
            "date_deadline": FRIDAY, "user_id": collector.id, "res_model": "dunning.followup"}])
        self.assertIn(line.move_id.name, self._notes(promise))

    def test_task_is_never_for_a_visitor_or_a_stranger_of_the_company(self):
        """What the customer notes on his page is for the default collector when he has none of his own."""
        self._create_users()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "p_far", groups="account_dunning.group_dunning_user",
                                 company_id=other.id, company_ids=other.ids)
        line = self._create_receivable(late=10)
        self.env["dunning.followup"]._sync(self.company, self.today)
        self._get_followup().user_id = stranger
        self.company.dunning_user_id = self.collector
        promise = self._promise(line, source="page", user_id=self.env.ref("base.public_user").id)
        self.assertEqual(promise.activity_id.user_id, self.collector)

    def test_invoice_and_follow_up_show_the_promise(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        self.assertEqual(line.move_id.dunning_promise_date, FRIDAY)
        self.assertRegex(promise.followup_id.promise_text, r"Promise .*1,000\.00 on .*27")

    # --- bad input ------------------------------------------------------------------------------------------------

    def test_promise_lies_in_the_future(self):
        with self.assertRaisesRegex(UserError, "today or a later day"):
            self._promise(self._create_receivable(late=10), self.today - timedelta(days=1))

    def test_not_more_than_what_is_due(self):
        line = self._create_receivable(late=10)
        with self.assertRaisesRegex(UserError, "more than what is due"):
            self._promise(line, amount=1000.01)
        with self.assertRaisesRegex(UserError, "larger than what is open"):
            self._promise(line, amounts={line.id: 1000.01})

    def test_amount_is_positive(self):
        line = self._create_receivable(late=10)
        for amount in (0, -5):
            with self.assertRaises(UserError):
                self._promise(line, amount=amount)

    def test_paid_or_draft_invoice_cannot_be_promised(self):
        paid, draft = self._create_receivable(late=10), self._create_receivable(late=10, post=False)
        self._pay(paid)
        for line in (paid, draft):
            with self.assertRaises(UserError):
                self._promise(line)
        with self.assertRaisesRegex(UserError, "paid, disputed or already promised"):
            paid.move_id.action_dunning_promise()

    def test_invoice_disputed_on_the_platform_cannot_be_promised(self):
        line = self._create_receivable(late=10)
        line.move_id.dunning_delivery_status = "disputed"
        with self.assertRaisesRegex(UserError, "disputed"):
            self._promise(line)

    def test_disputed_invoice_or_part_cannot_be_promised(self):
        whole, part = self._create_receivable(late=10), self._create_receivable(late=5)
        reason = self.env["dunning.dispute.reason"].search([], limit=1)
        self.env["dunning.dispute"]._create_for(whole, reason)
        self.env["dunning.dispute"]._create_for(part, reason, {part.id: 300})
        with self.assertRaisesRegex(UserError, "disputed"):
            self._promise(whole)
        with self.assertRaisesRegex(UserError, "only .*700"):
            self._promise(part, amounts={part.id: 800})
        self.assertEqual(self._promise(part).amount, 700)

    def test_one_open_promise_per_receivable(self):
        line = self._create_receivable(late=10)
        self._promise(line, amount=400)
        with self.assertRaisesRegex(UserError, "already promised for"):
            self._promise(line, amount=300)

    def test_two_users_at_once_leave_one_promise(self):
        """The database refuses the second one, whatever the first user's transaction hides."""
        line = self._create_receivable(late=10)
        self._promise(line)
        self.patch(type(self.env["dunning.promise"]), "_check_free", lambda *_args: None)
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation), self.cr.savepoint():
            self._promise(line)

    def test_one_customer_and_one_currency_at_a_time(self):
        other = self._create_receivable(late=10, partner=self._create_customer("Other"))
        with self.assertRaisesRegex(UserError, "one customer"):
            self._promise(self._create_receivable(late=10) + other)

    def test_nothing_chosen(self):
        with self.assertRaisesRegex(UserError, "Choose the invoices"):
            self.env["dunning.promise"].create({"date_promised": FRIDAY})

    # --- limits ---------------------------------------------------------------------------------------------------

    def test_collector_keeps_to_the_limit_of_days(self):
        self._create_users()
        line = self._create_receivable(late=10)
        promises = self.env["dunning.promise"].with_user(self.collector)
        late = self.today + timedelta(days=16)
        with self.assertRaisesRegex(UserError, "at most 15 days ahead.*manager"):
            promises._create_for(line.with_user(self.collector), late)
        with self.assertRaises(AccessError):
            promises._create_for(line.with_user(self.collector), late, is_lifted=True)
        self.assertTrue(promises._create_for(line.with_user(self.collector), self.today + timedelta(days=15)))

    def test_manager_lifts_a_limit_and_is_named(self):
        self._create_users()
        line = self._create_receivable(late=10)
        promise = self.env["dunning.promise"].with_user(self.manager)._create_for(
            line.with_user(self.manager), self.today + timedelta(days=40), is_lifted=True)
        self.assertEqual(promise.lifted_uid, self.manager)
        self.assertIn("Limits lifted by", self._notes(promise))

    def test_third_promise_for_an_invoice_is_for_a_manager(self):
        line = self._create_receivable(late=10)
        self._promise(line)
        for day in (25, 26):
            previous = self.env["dunning.promise"].search([("state", "=", "open")])
            if day == 26:
                with self.assertRaisesRegex(UserError, "already promised 2 times"):
                    self._promise(line, date(2026, 11, day), previous_id=previous.id)
            else:
                self._promise(line, date(2026, 11, day), previous_id=previous.id)

    def test_promise_noted_by_mistake_does_not_count(self):
        line = self._create_receivable(late=10)
        for _time in range(3):
            promise = self._promise(line)
            promise.action_cancel()
        self.assertEqual(promise.state, "cancelled")
        self.assertFalse(promise.activity_id)
        self.assertEqual(line.dunning_reason, "due")

    # --- what it pauses -------------------------------------------------------------------------------------------

    def test_promised_receivable_is_not_dunned_until_the_tolerance_is_over(self):
        line = self._create_receivable(late=10)
        self._promise(line)
        self.assertEqual(line.dunning_reason, "promise")
        self.assertFalse(self._prepare_run().notice_ids)
        self.assertEqual(self._get_followup().held_until, LIMIT)

    def test_promise_noted_after_the_letter_was_prepared_stops_it(self):
        """What was promised since the run was prepared drops out when it is released."""
        line = self._create_receivable(late=10)
        run = self._prepare_run()
        draft = run.notice_ids
        self.assertEqual(draft.line_ids.line_id, line)
        self._promise(line)
        self._release(run)
        self.assertEqual(draft.state, "cancelled")
        self.assertFalse(line.dunning_level_id)

    def test_promised_part_holds_that_part_only(self):
        self.company.dunning_min_amount = 700
        line = self._create_receivable(late=10)
        self._promise(line, amount=200)
        self.assertEqual(line.dunning_reason, "due")
        self.company.dunning_min_amount = 900
        line.invalidate_recordset()
        self.assertEqual(line.dunning_reason, "below_minimum")

    def test_promise_kept_early_ends_the_pause_of_the_rest(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line, amount=400)
        self._pay(line, 400)
        self._go_to(date(2026, 11, 20))
        self.assertRecordValues(promise, [{"state": "kept", "date_judged": date(2026, 11, 20)}])
        self.assertEqual(line.dunning_reason, "due")
        self.assertFalse(promise.activity_id)

    def test_refresh_closes_what_is_kept(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        self._pay(line)
        self.env["dunning.followup"]._cron_refresh()
        self.assertEqual(promise.state, "kept")

    def test_promise_in_another_currency_holds_the_same_share(self):
        line = self._create_receivable(1000, late=10, currency_id=self.setup_other_currency("HRK").id)
        self._promise(line, amount=250)
        holds = self.env["dunning.followup"]._get_holds(self.company, line.ids)
        self.assertAlmostEqual(float(holds[line.id][0].amount), line.amount_residual / 4, places=2)

    # --- another date, and the end of the invoice ---------------------------------------------------------------------

    def test_another_date_is_a_new_promise_that_breaks_the_former_once(self):
        line = self._create_receivable(late=10)
        former = self._promise(line)
        action = former.action_redate()
        form = Form(self.env["dunning.promise"].with_context(**action["context"]), view=action["views"][0][0])
        form.date_promised = date(2026, 11, 30)
        promise = form.save()
        self.assertRecordValues(former, [{"state": "broken", "is_redated": True}])
        self.assertEqual((promise.previous_id, promise.state), (former, "open"))
        self.assertEqual(promise.followup_id.broken_promise_count, 1)

    def test_closed_promise_has_no_other_date(self):
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        promise.action_cancel()
        with self.assertRaisesRegex(UserError, "closed already"):
            promise.action_redate()
        with self.assertRaisesRegex(UserError, "closed already"):
            self._promise(line, previous_id=promise.id)

    def test_reset_invoice_leaves_the_promise(self):
        one, two = self._create_receivable(1000, late=10), self._create_receivable(500, late=3)
        promise = self._promise(one + two)
        one.move_id.button_draft()
        self.assertRecordValues(promise, [{"state": "open", "amount": 500}])
        two.move_id.button_draft()
        self.assertEqual(promise.state, "cancelled")
        self.assertFalse(promise.activity_id)
        two.move_id.action_post()
        self.assertTrue(self._promise(two))

    def test_merged_customer_takes_his_promises_along(self):
        other = self._create_customer("Other")
        promise = self._promise(self._create_receivable(late=10, partner=other))
        self._promise(self._create_receivable(late=5))
        self.env["base.partner.merge.automatic.wizard"]._merge((other + self.customer).ids, self.customer)
        self.env.invalidate_all()
        self.assertRecordValues(promise, [{
            "partner_id": self.customer.id, "state": "open", "followup_id": self._get_followup().id}])
        self.assertEqual(len(self._get_followup().open_promise_ids), 2)

    # --- confirmation ---------------------------------------------------------------------------------------------

    def test_confirmation_is_read_before_it_leaves_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        line = self._create_receivable(late=10)
        promise = self._promise(line)
        action = promise.action_note_and_confirm()
        context = action["context"]
        self.assertIn(line.move_id.name, context["default_subject"])
        self.assertRegex(str(context["default_body"]), "27\N{NO-BREAK SPACE}novembre\N{NO-BREAK SPACE}2026")
        self.assertFalse(promise.confirmation_date)
        with self.mock_mail_gateway():
            composer = Form(self.env["mail.compose.message"].with_context(**context)).save()
            composer._action_send_mail()
        self.assertTrue(promise.confirmation_date)
        message = promise.followup_id.message_ids.filtered(lambda one: one.partner_ids == self.customer)
        self.assertEqual(len(message), 1)

    def test_closed_promise_is_not_confirmed(self):
        promise = self._promise(self._create_receivable(late=10))
        promise.action_cancel()
        with self.assertRaisesRegex(UserError, "nothing to confirm"):
            promise.action_confirm()

    # --- rights ---------------------------------------------------------------------------------------------------

    def test_rights(self):
        self._create_users()
        line = self._create_receivable(late=10)
        promise = self.env["dunning.promise"].with_user(self.collector)._create_for(
            line.with_user(self.collector), FRIDAY)
        self.assertEqual(promise.user_id, self.collector)
        promise.with_user(self.invoicing).check_access("read")
        with self.assertRaises(AccessError):
            promise.with_user(self.invoicing).comment = "x"
        with self.assertRaises(AccessError):
            self.env["dunning.promise"].with_user(self.invoicing)._create_for(line.with_user(self.invoicing), FRIDAY)
        with self.assertRaises(AccessError):
            promise.with_user(self.invoicing).action_cancel()
        with self.assertRaises(AccessError):
            promise.unlink()
        promise.with_user(self.manager).unlink()

    def test_nothing_is_forged_over_rpc(self):
        self._create_users()
        line = self._create_receivable(late=10)
        promise = self.env["dunning.promise"].with_user(self.collector)._create_for(
            line.with_user(self.collector), FRIDAY)
        for values in ({"state": "kept"}, {"date_judged": FRIDAY}, {"lifted_uid": self.collector.id},
                       {"amount_paid": 5}, {"date_limit": date(2027, 1, 1)}, {"is_redated": True}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                promise.write(values)
        for values in ({"date_promised": date(2027, 1, 1)}, {"amount": 5}, {"line_ids": [Command.clear()]}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "not rewritten"):
                promise.write(values)
        for act in (lambda: promise.line_ids.write({"amount": 1}), promise.line_ids.unlink,
                    lambda: promise.line_ids.create({"promise_id": promise.id, "line_id": line.id, "amount": 5})):
            with self.assertRaises(AccessError):
                act()
        with self.assertRaises(AccessError):
            self.env["dunning.promise"].with_user(self.collector).create({
                "date_promised": FRIDAY, "state": "kept", "line_ids": [Command.create({"line_id": line.id})]})
        promise.comment = "He called from abroad"

    def test_other_companies_are_out_of_sight(self):
        promise = self._promise(self._create_receivable(late=10))
        other = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "p_stranger", groups="account_dunning.group_dunning_manager",
                                 company_id=other.id, company_ids=other.ids)
        for record in (promise, promise.line_ids):
            self.assertFalse(record.with_user(stranger).search([("id", "in", record.ids)]))
            with self.assertRaises(AccessError):
                record.with_user(stranger).check_access("read")
        with self.assertRaises(AccessError):
            self.env["dunning.promise"].with_user(stranger)._create_for(
                self._create_receivable(late=10).with_user(stranger), FRIDAY)
