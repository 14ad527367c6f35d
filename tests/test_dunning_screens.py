from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged

from .common import DunningCommon

MODELS = ("dunning.followup", "dunning.notice", "dunning.dispatch", "dunning.run")


@tagged("post_install", "-at_install")
class TestDunningScreens(DunningCommon):

    def _create_user(self, login, groups):
        return new_test_user(self.env, login, groups=groups, company_id=self.company.id,
                             company_ids=self.company.ids)

    def _sync(self):
        self.env["dunning.followup"]._sync(self.company, self.today)
        return self._get_followup()

    # --- follow-up ------------------------------------------------------------------------------------------------

    def test_refresh_keeps_what_is_due_for_the_next_run(self):
        self._create_receivable(late=10)
        followup = self._sync()
        followup.action_refresh()
        self.assertEqual((followup.reason, followup.next_level_id), ("due", self.first))
        self.assertEqual(self._prepare_run().notice_ids.followup_id, followup)

    def test_triggered_refresh_says_what_comes_after_a_letter_was_posted(self):
        self.first.channel = "letter"
        self._create_receivable(late=10)
        notice = self._run_night().notice_ids
        notice.action_mark_posted()
        self.env["dunning.followup"]._cron_refresh()
        followup = self._get_followup()
        self.assertEqual((followup.reason, followup.next_level_id), ("waiting", self.second))

    def test_open_items_are_those_of_the_books_with_credits(self):
        receivable = self._create_receivable(late=10)
        credit = self._register_payment(self._create_receivable(500, late=5).move_id, amount=700,
                                        payment_date=self.today)
        followup = self._sync()
        self.assertIn(receivable, followup.open_line_ids)
        self.assertTrue(credit)
        self.assertAlmostEqual(sum(followup.open_line_ids.mapped("amount_residual")), followup.amount_total)

    def test_age_is_grouped_by(self):
        self._create_receivable(late=45)
        followup = self._sync()
        self.assertEqual(followup.age, "two_months")
        groups = self.env["dunning.followup"].formatted_read_group(
            [("id", "=", followup.id)], ["age"], ["__count"])
        self.assertEqual(groups[0]["age"], "two_months")

    def test_answer_that_was_read_needs_no_attention(self):
        self._create_receivable(late=10)
        followup = self._sync()
        followup.message_update({})
        self.assertTrue(followup.attention)
        followup.action_mark_read()
        self.assertFalse(followup.attention or followup.reply_date)

    def test_kanban_shows_all_stages(self):
        self._create_receivable(late=10)
        self._sync()
        followups = self.env["dunning.followup"].with_context(read_group_expand=True)
        groups = followups.web_read_group([], ["stage"], ["__count"])
        self.assertEqual(len(groups["groups"]), 8)

    def test_reminder_for_the_customer_leaves_out_what_may_not_be_claimed(self):
        claimed = self._create_receivable(late=10)
        disputed = self._create_receivable(late=12)
        disputed.move_id.dunning_delivery_status = "disputed"
        followup = self._sync()
        notice = self.env["dunning.notice"].browse(followup.action_send_now()["res_id"])
        self.assertEqual(notice.line_ids.line_id, claimed)
        claimed.move_id.dunning_delivery_status = "rejected"
        with self.assertRaisesRegex(UserError, "nothing to remind"):
            followup.action_send_now()

    def test_claim_that_the_assignee_collects_is_not_reminded_of_even_by_hand(self):
        receivable = self._create_receivable(late=10)
        receivable.move_id.write({
            "dunning_assignee_id": self._create_customer("Factor").id, "dunning_assignment": "notified"})
        with self.assertRaisesRegex(UserError, "assignee"):
            receivable.move_id.action_dunning_send_now()

    # --- calls ----------------------------------------------------------------------------------------------------

    def test_call_that_nobody_planned_is_part_of_the_history(self):
        receivable = self._create_receivable(late=10)
        followup = self._sync()
        action = followup.action_log_call()
        form = Form(self.env["dunning.dispatch"].with_context(**action["context"]), view=action["views"][0][0])
        form.outcome = "reached"
        form.outcome_reason = "forgotten"
        form.comment = "Pays on Friday"
        call = form.save()
        call.action_save_call()
        self.assertRecordValues(call, [{"state": "sent", "channel": "call", "date_sent": self.today}])
        self.assertRecordValues(call.notice_id, [{"state": "sent", "is_call": True, "level_id": False}])
        self.assertIn("Reached. Forgotten. Pays on Friday", followup.last_call_text)
        self.assertFalse(receivable.dunning_level_id)
        self.assertEqual(receivable.dunning_reason, "due")

    def test_planned_call_is_logged_before_a_new_one(self):
        self.first.write({"call_mode": "before", "call_days": 3, "call_wait_days": 3})
        self._create_receivable(late=4)
        self._run_night()
        followup = self._get_followup()
        call = followup.dispatch_ids.filtered(lambda one: one.channel == "call")
        self.assertEqual(call.state, "pending")
        self.assertEqual(followup.action_log_call()["res_id"], call.id)

    def test_call_back_goes_on_the_agenda(self):
        self._create_receivable(late=10)
        followup = self._sync()
        day = self.today + timedelta(days=2)
        call = self.env["dunning.dispatch"].create({
            "followup_id": followup.id, "channel": "call", "outcome": "tried", "call_back_date": day})
        call.action_save_call()
        self.assertEqual(followup.activity_ids.date_deadline, day)

    def test_call_needs_an_outcome(self):
        self._create_receivable(late=10)
        call = self.env["dunning.dispatch"].create({"followup_id": self._sync().id, "channel": "call"})
        with self.assertRaisesRegex(UserError, "reached"):
            call.action_save_call()

    # --- notice ---------------------------------------------------------------------------------------------------

    def test_draft_shows_the_text_to_be_without_keeping_it(self):
        self._create_receivable(late=10)
        notice = self._prepare_run().notice_ids
        self.assertFalse(notice.body)
        self.assertIn("Total", notice.preview_body)
        self.assertTrue(notice.preview_subject)
        notice.action_write_text()
        self.assertTrue(notice.body)
        self.assertFalse(notice.preview_body or notice.is_edited)

    def test_text_changed_by_hand_is_sent(self):
        self._create_receivable(late=10)
        run = self._prepare_run()
        run.notice_ids.action_write_text()
        run.notice_ids.body = "<p>Dear Anna, please pay.</p>"
        run.action_open_preview()
        run.action_release()
        with self.mock_mail_gateway():
            run._execute()
        self.assertIn("Dear Anna", self._mails[0]["body"])

    # --- run ------------------------------------------------------------------------------------------------------

    def test_prepare_opens_the_new_run(self):
        self._create_receivable(late=10)
        action = self.env["dunning.run"].with_company(self.company).action_prepare()
        run = self.env["dunning.run"].browse(action["res_id"])
        self.assertEqual((run.company_id, run.state, run.is_first_release), (self.company, "prepared", True))

    def test_run_counts_why_the_others_wait_without_what_moved(self):
        self._create_receivable(late=10)
        self._create_receivable(late=1, partner=self._create_customer("Early"))
        run = self._prepare_run()
        self.assertEqual(run.reason_text, "1: The day of the next step has not come yet")
        left_out = self.env["dunning.followup"].search(run.action_open_left_out()["domain"])
        self.assertEqual(left_out.partner_id.name, "Early")

    # --- banners --------------------------------------------------------------------------------------------------

    def test_banner_says_that_automatic_sending_is_off(self):
        self.assertIn("Automatic sending is off", self.company.dunning_auto_text)
        self.company.dunning_auto_send = True
        self.assertFalse(self.company.dunning_auto_text)

    def test_banner_names_who_stopped_all_dunning_and_why(self):
        self.company._set_dunning_stopped("The bank file is wrong")
        self.assertIn("The bank file is wrong", self.company.dunning_stop_text)
        self.assertIn(self.env.user.name, self.company.dunning_stop_text)
        self.company._set_dunning_resumed()
        self.assertFalse(self.company.dunning_stop_text)

    # --- rights ---------------------------------------------------------------------------------------------------

    def test_invoicing_user_sees_every_screen_and_no_button_that_would_fail(self):
        self._create_receivable(late=10)
        self._run_night()
        user = self._create_user("reader", "account.group_account_invoice")
        for model in MODELS:
            records = self.env[model].with_user(user).search([("company_id", "=", self.company.id)])
            self.assertTrue(records)
            for view_type in ("form", "list", "kanban", "search"):
                view = records.get_view(view_type=view_type)
                for name in ("action_send", "action_release", "action_prepare", "action_log_call", "action_mark_posted",
                             "action_cancel", "action_refresh"):
                    self.assertNotIn(f'name="{name}"', view["arch"], (model, view_type))
                if view_type != "search":
                    names = view["models"][model]
                    records.web_read({name: {} for name in names if name in records._fields})

    def test_collector_prepares_and_logs_but_does_not_release(self):
        self._create_receivable(late=10)
        self._run_night()
        user = self._create_user("collector", "account_dunning.group_dunning_user")
        arch = self.env["dunning.run"].with_user(user).get_view(view_type="form")["arch"]
        self.assertNotIn('name="action_release"', arch)
        self.assertNotIn('name="action_prepare"', arch)
        followup = self._get_followup().with_user(user)
        self.env["dunning.dispatch"].with_user(user).create({
            "followup_id": followup.id, "channel": "call", "outcome": "tried"}).action_save_call()
        followup.action_refresh()
        notice = self.env["dunning.notice"].browse(followup.action_send_now()["res_id"])
        self.assertEqual(notice.with_user(user).state, "draft")
