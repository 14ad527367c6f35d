from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DunningCommon

SUNDAY = date(2026, 11, 29)


@tagged("post_install", "-at_install")
class TestDunningHold(DunningCommon):
    """A pause by a person: who, why, until when, and how it ends."""

    def _hold(self, what, end=SUNDAY, kind="hold", **values):
        return self.env["dunning.hold"]._create_for(what, kind, end, **{"name": "Goods are being returned", **values})

    def _sync(self):
        self.env["dunning.followup"]._sync(self.company, self.today)
        return self._get_followup()

    def _run_on(self, day):
        self._set_today(day)
        return self._run_night()

    def _create_users(self):
        values = {"company_id": self.company.id, "company_ids": self.company.ids}
        self.invoicing = new_test_user(self.env, "d_invoicing", groups="account.group_account_invoice", **values)
        self.collector = new_test_user(self.env, "d_collector", groups="account_dunning.group_dunning_user", **values)
        self.manager = new_test_user(self.env, "d_manager", groups="account_dunning.group_dunning_manager", **values)

    def _notes(self):
        return " ".join(str(message.body) for message in self._get_followup().message_ids)

    # --- what it pauses -------------------------------------------------------------------------------------------

    def test_chosen_invoices_wait_and_the_others_go_on(self):
        held, free = self._create_receivable(late=10), self._create_receivable(late=10)
        hold = self._hold(held)
        self.assertRecordValues(hold, [{"state": "running", "date_from": self.today, "user_id": self.env.uid,
                                        "is_whole_customer": False}])
        self.assertEqual((held.dunning_reason, free.dunning_reason), ("hold", "due"))
        self.assertEqual(self._run_night().notice_ids.line_ids.filtered(lambda one: one.role == "moving").line_id, free)

    def test_whole_customer_waits_with_what_is_invoiced_later(self):
        self._create_receivable(late=10)
        hold = self._hold(self._sync())
        self.assertFalse(hold.line_ids)
        later = self._create_receivable(late=8)
        self.assertEqual(later.dunning_reason, "hold")
        self.assertFalse(self._run_night().notice_ids)

    def test_invoice_address_of_the_customer_waits_too(self):
        address = self.env["res.partner"].create({
            "name": "Accounts", "parent_id": self.customer.id, "type": "invoice"})
        line = self._create_receivable(late=10, partner=address)
        self._hold(self._sync())
        self.assertEqual(line.dunning_reason, "hold")

    def test_insolvency_holds_what_arose_before_the_judgment(self):
        """The invoice of the day after is payable at its due date."""
        before = self._create_receivable(late=10)
        after = self._create_receivable(late=7)
        self._hold(self._sync(), date(2027, 2, 1), "insolvency", date_judgment=after.move_id.invoice_date)
        self.assertEqual((before.dunning_reason, after.dunning_reason), ("insolvency", "due"))

    def test_follow_up_shows_it(self):
        self._create_receivable(late=10)
        followup = self._sync()
        self._hold(followup)
        self.assertRegex(followup.hold_text, "On hold until .*29.*: Goods are being returned")
        self.assertIn("Hold on all that he owes", self._notes())

    # --- bad input ------------------------------------------------------------------------------------------------

    def test_reason_owner_and_end_are_required(self):
        line = self._create_receivable(late=10)
        for values, words in (({"name": " "}, "Say why"), ({"user_id": False}, "owner"), ({"end": False}, "end"),
                              ({"end": self.today - timedelta(days=1)}, "today or a later day")):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, words):
                self._hold(line, **values)

    def test_paid_invoice_is_not_held(self):
        line = self._create_receivable(late=10)
        self._pay(line)
        with self.assertRaises(UserError):
            self._hold(line)
        with self.assertRaisesRegex(UserError, "not paid"):
            line.move_id.action_dunning_hold()

    def test_nothing_chosen(self):
        with self.assertRaises(UserError):
            self.env["dunning.hold"].create({"name": "Why", "date_end": SUNDAY})
        with self.assertRaisesRegex(UserError, "or the customer"):
            self.env["dunning.hold"].create({"name": "Why", "date_end": SUNDAY, "is_whole_customer": True})

    def test_collector_holds_thirty_days_at_most_extensions_included(self):
        self._create_users()
        line = self._create_receivable(late=10).with_user(self.collector)
        holds = self.env["dunning.hold"].with_user(self.collector)
        with self.assertRaisesRegex(UserError, "at most 30 days.*manager"):
            holds._create_for(line, "hold", self.today + timedelta(days=31), name="Why")
        hold = holds._create_for(line, "hold", self.today + timedelta(days=30), name="Why")
        self._set_today(self.today + timedelta(days=20))
        with self.assertRaisesRegex(UserError, "extensions included"):
            holds._create_for(line, "hold", self.today + timedelta(days=20), name="Why", previous_id=hold.id)
        longer = holds.with_user(self.manager)._create_for(
            line.with_user(self.manager), "hold", self.today + timedelta(days=60), name="Why", previous_id=hold.id)
        self.assertEqual((hold.state, longer.state), ("ended", "running"))

    # --- its end --------------------------------------------------------------------------------------------------

    def test_hold_that_ends_on_a_sunday(self):
        """Its last day is the Sunday; on Monday dunning goes on by itself."""
        line = self._create_receivable(late=10)
        hold = self._hold(line)
        for day in (19, 27, 28, 29):
            self.assertFalse(self._run_on(date(2026, 11, day)).notice_ids)
            self.assertEqual(hold.state, "running")
        self._run_on(date(2026, 11, 30))
        self.assertRecordValues(hold, [{"state": "ended", "date_ended": date(2026, 11, 30)}])
        self.assertEqual(line.dunning_level_id, self.first)

    def test_owner_is_told_when_it_ends(self):
        self._create_users()
        line = self._create_receivable(late=10)
        hold = self._hold(line, user_id=self.collector.id)
        self._set_today(date(2026, 11, 30))
        with self.mock_mail_gateway():
            self.env["dunning.run"]._create_run(self.company)._expire()
        notice = self.env["mail.message"].search([("partner_ids", "in", self.collector.partner_id.ids)])
        self.assertIn("goes on where it stood", str(notice.body))
        self.assertIn("Hold ended", self._notes())
        self.assertEqual(hold.state, "ended")

    def test_it_resumes_where_it_stood_after_the_interval(self):
        """First reminder, three weeks of hold, second reminder: neither the first again nor the formal notice."""
        line = self._create_receivable(late=7)
        self._run_on(date(2026, 11, 18))
        self.assertEqual(line.dunning_level_id, self.first)
        self._set_today(date(2026, 11, 20))
        self._hold(line, date(2026, 12, 13))
        for day in (23, 26, 30):
            self.assertFalse(self._run_on(date(2026, 11, day)).notice_ids)
        for day in (7, 11, 12):
            self.assertFalse(self._run_on(date(2026, 12, day)).notice_ids)
        self._run_on(date(2026, 12, 14))
        self.assertEqual(line.dunning_level_id, self.second)
        self.assertFalse(self._run_on(date(2026, 12, 15)).notice_ids)

    def test_it_resumes_not_before_the_interval(self):
        """A short hold does not shorten the gap to the next step."""
        line = self._create_receivable(late=14)
        self._run_on(date(2026, 11, 18))
        self._set_today(date(2026, 11, 19))
        self._hold(line, date(2026, 11, 20))
        for day in (21, 23, 25):
            self.assertFalse(self._run_on(date(2026, 11, day)).notice_ids)
        self._run_on(date(2026, 11, 26))
        self.assertEqual(line.dunning_level_id, self.second)

    def test_person_ends_it_earlier(self):
        line = self._create_receivable(late=10)
        hold = self._hold(line)
        hold.action_end()
        self.assertRecordValues(hold, [{"state": "ended", "date_ended": self.today}])
        self.assertEqual(line.dunning_reason, "due")

    def test_extension_is_a_new_line_of_history(self):
        line = self._create_receivable(late=10)
        hold = self._hold(line)
        action = hold.action_extend()
        form = Form(self.env["dunning.hold"].with_context(**action["context"]), view=action["views"][0][0])
        form.date_end = date(2026, 12, 10)
        longer = form.save()
        self.assertRecordValues(hold | longer, [
            {"state": "ended", "date_end": SUNDAY, "previous_id": False},
            {"state": "running", "date_end": date(2026, 12, 10), "previous_id": hold.id},
        ])
        self.assertIn("extended until", self._notes())
        with self.assertRaisesRegex(UserError, "over"):
            hold.action_extend()

    def test_reset_invoice_leaves_the_hold(self):
        line = self._create_receivable(late=10)
        hold = self._hold(line)
        line.move_id.button_draft()
        self.assertEqual(hold.state, "cancelled")

    def test_merged_customer_takes_his_hold_along(self):
        other = self._create_customer("Other")
        line = self._create_receivable(late=10, partner=other)
        self.env["dunning.followup"]._sync(self.company, self.today)
        hold = self._hold(self._get_followup(other))
        self.env["base.partner.merge.automatic.wizard"]._merge((other + self.customer).ids, self.customer)
        self.env.invalidate_all()
        self.assertEqual((hold.partner_id, hold.followup_id), (self.customer, self._get_followup()))
        self.assertEqual(line.dunning_reason, "hold")

    def test_one_hold_that_cannot_be_ended_stops_no_other(self):
        bad, good = (self._hold(self._create_receivable(late=10), name=name) for name in ("Bad", "Good"))
        real = type(bad)._tell_owner

        def fail(hold):
            if hold == bad:
                raise ValueError("no mail")
            return real(hold)

        self._set_today(date(2026, 11, 30))
        with patch.object(type(bad), "_tell_owner", fail), mute_logger("odoo.addons.account_dunning"):
            self.env["dunning.run"]._create_run(self.company)._expire()
        self.assertEqual((bad.state, good.state), ("running", "ended"))

    # --- without end ----------------------------------------------------------------------------------------------

    def test_over_indebtedness_has_a_review_date_and_ends_by_hand(self):
        line = self._create_receivable(late=10)
        review = self.today + timedelta(days=90)
        hold = self._hold(self._sync(), review, "over_indebtedness")
        self.assertRecordValues(hold, [{"date_end": False, "date_review": review}])
        self.assertRecordValues(hold.activity_id, [{"date_deadline": review, "user_id": self.env.uid}])
        self._set_today(review + timedelta(days=30))
        self.assertFalse(self._run_night().notice_ids)
        self.assertEqual((hold.state, line.dunning_reason), ("running", "over_indebtedness"))
        hold.action_end()
        self.assertFalse(hold.activity_id)
        line.invalidate_recordset(["dunning_reason"])
        self.assertEqual(line.dunning_reason, "due")

    def test_review_date_may_be_moved_and_takes_the_task_along(self):
        self._create_receivable(late=10)
        hold = self._hold(self._sync(), date(2027, 1, 4), "death")
        hold.date_review = date(2027, 2, 1)
        self.assertEqual(hold.activity_id.date_deadline, date(2027, 2, 1))
        with self.assertRaisesRegex(UserError, "later day"):
            self._hold(self._get_followup(), self.today, "guardianship")

    def test_dialog_proposes_the_whole_customer_for_such_an_event(self):
        self._create_receivable(late=10)
        action = self._sync().action_hold()
        form = Form(self.env["dunning.hold"].with_context(**action["context"]), view=action["views"][0][0])
        self.assertTrue(form.is_whole_customer)
        form.kind = "guardianship"
        self.assertTrue(form.date_review)
        form.name = "Guardian appointed"
        self.assertEqual(form.save().followup_id, self._get_followup())

    def test_dialog_holds_the_invoice_it_was_opened_from(self):
        line = self._create_receivable(late=10)
        other = self._create_receivable(late=10)
        action = line.move_id.action_dunning_hold()
        form = Form(self.env["dunning.hold"].with_context(**action["context"]), view=action["views"][0][0])
        form.name = "Wrong price"
        hold = form.save()
        self.assertEqual((hold.line_ids.line_id, hold.amount), (line, 1000))
        self.assertEqual(other.dunning_reason, "due")

    # --- rights ---------------------------------------------------------------------------------------------------

    def test_rights(self):
        self._create_users()
        line = self._create_receivable(late=10)
        hold = self.env["dunning.hold"].with_user(self.collector)._create_for(
            line.with_user(self.collector), "hold", SUNDAY, name="Why")
        hold.with_user(self.invoicing).check_access("read")
        with self.assertRaises(AccessError):
            hold.with_user(self.invoicing).action_end()
        with self.assertRaises(AccessError):
            self._hold(line).with_user(self.invoicing).name = "x"
        with self.assertRaises(AccessError):
            hold.unlink()
        hold.with_user(self.manager).unlink()

    def test_nothing_is_forged_over_rpc(self):
        self._create_users()
        line = self._create_receivable(late=10)
        hold = self.env["dunning.hold"].with_user(self.collector)._create_for(
            line.with_user(self.collector), "hold", SUNDAY, name="Why")
        for values in ({"state": "ended"}, {"date_ended": SUNDAY}, {"date_from": SUNDAY}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                hold.write(values)
        for values in ({"date_end": date(2030, 1, 1)}, {"kind": "death"}, {"line_ids": [Command.clear()]}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "not rewritten"):
                hold.write(values)
        with self.assertRaises(AccessError):
            hold.line_ids.unlink()

    def test_other_companies_are_out_of_sight(self):
        hold = self._hold(self._create_receivable(late=10))
        other = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "d_stranger", groups="account_dunning.group_dunning_manager",
                                 company_id=other.id, company_ids=other.ids)
        for record in (hold, hold.line_ids):
            self.assertFalse(record.with_user(stranger).search([("id", "in", record.ids)]))
            with self.assertRaises(AccessError):
                record.with_user(stranger).check_access("read")

    def test_holds_whose_owner_left_are_found(self):
        self._create_users()
        hold = self._hold(self._create_receivable(late=10), user_id=self.collector.id)
        self.collector.active = False
        found = self.env["dunning.hold"].search(["|", ("user_id", "=", False), ("user_id.active", "=", False)])
        self.assertIn(hold, found)
        self._set_today(date(2026, 11, 30))
        self.env["dunning.run"]._create_run(self.company)._expire()
        self.assertEqual(hold.state, "ended")
