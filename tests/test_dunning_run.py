from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDunningRun(DunningCommon):

    def test_overdue_invoice_becomes_a_reminder_in_the_mailbox(self):
        receivable = self._create_receivable(1000, late=10)
        run = self._run_night()
        self.assertEqual(len(self._mails), 1)
        self.assertIn(receivable.move_id.name, self._mails[0]["body"])
        self.assertEqual(self._mails[0]["email_to"], ['"Customer" <customer@customer.example.com>'])
        self.assertRecordValues(receivable, [{
            "dunning_level_id": self.first.id, "dunning_date": self.today, "dunning_notice_id": run.notice_ids.id}])
        self.assertRecordValues(receivable.move_id, [{
            "dunning_level_id": self.first.id, "dunning_stage": "reminder_1", "dunning_notice_id": run.notice_ids.id}])
        self.assertRecordValues(run, [{"state": "done", "count_planned": 1, "count_sent": 1, "count_failed": 0}])

    def test_nothing_leaves_before_the_preview_was_opened_and_released(self):
        self._create_receivable(late=10)
        run = self._prepare_run()
        self.assertEqual((run.state, run.phase, run.notice_ids.state), ("prepared", "review", "draft"))
        with self.assertRaisesRegex(UserError, "Open the preview"):
            run.action_release()

    def test_user_who_is_no_manager_cannot_release(self):
        self._create_receivable(late=10)
        run = self._prepare_run()
        run.action_open_preview()
        user = new_test_user(self.env, "collector", groups="account_dunning.group_dunning_user",
                             company_id=self.company.id, company_ids=self.company.ids)
        with self.assertRaisesRegex(UserError, "manager"):
            run.with_user(user).action_release()

    def test_first_release_opens_automatic_sending(self):
        self._create_receivable(late=10)
        self.assertFalse(self.company.dunning_auto_send)
        self._run_night()
        self.assertTrue(self.company.dunning_auto_send)
        self.assertEqual(self.company.dunning_first_release_uid, self.env.user)

    def test_night_sends_by_itself_once_automatic_sending_is_open(self):
        receivable = self._create_receivable(late=10)
        self.company.write({"dunning_auto_send": True, "dunning_first_release_date": "2026-01-05 08:00:00"})
        run = self.env["dunning.run"]._create_run(self.company, origin="scheduled")
        with self.mock_mail_gateway(), patch.object(type(self.company), "_is_dunning_open_now", lambda company: True):
            run._execute()
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_night_waits_for_the_sending_hours(self):
        self._create_receivable(late=10)
        self.company.write({"dunning_auto_send": True, "dunning_first_release_date": "2026-01-05 08:00:00"})
        run = self.env["dunning.run"]._create_run(self.company, origin="scheduled")
        with patch.object(type(self.company), "_is_dunning_open_now", lambda company: False):
            run._execute()
        self.assertEqual((run.phase, run.state, run.notice_ids.state), ("sending", "running", "draft"))

    def test_same_day_again_proposes_nothing(self):
        self._create_receivable(late=10)
        self._run_night()
        again = self._run_night()
        self.assertFalse(again.notice_ids)
        self.assertEqual(again.state, "done")

    def test_after_sending_nobody_is_looked_at_again_the_same_day(self):
        for number in range(3):
            self._create_receivable(late=10, partner=self._create_customer(f"Customer {number}"))
        self._run_night()
        followups = self.env["dunning.followup"].search([("company_id", "=", self.company.id)])
        self.assertEqual(set(followups.mapped("reason")), {"waiting"})
        self.assertEqual(followups.mapped("next_level_id"), self.second)
        self.assertEqual(self._prepare_run().count_looked_at, 0)

    def test_backlog_climbs_one_step_per_gap(self):
        receivable = self._create_receivable(late=90)
        self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.first)
        self._set_today(self.today + timedelta(days=7))
        self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.first)
        self._set_today(self.today + timedelta(days=1))
        self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.second)

    def test_formal_notice_is_prepared_and_never_sent_without_approval(self):
        receivable = self._create_receivable(late=90)
        for days in (0, 8, 12):
            self._set_today(self.today + timedelta(days=days))
            run = self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.second)
        self.assertEqual((run.notice_ids.stage, run.notice_ids.state), ("formal", "to_approve"))
        self.assertIn("to_decide", self._get_followup().attention_codes)
        with self.assertRaisesRegex(UserError, "Waits for the approval of"):
            run.notice_ids.action_send()

    def test_payment_between_preview_and_release_cancels_the_notice(self):
        receivable = self._create_receivable(late=10)
        run = self._prepare_run()
        self._pay(receivable)
        self._release(run)
        self.assertFalse(self._mails)
        self.assertEqual(run.notice_ids.state, "cancelled")
        self.assertTrue(run.notice_ids.cancel_reason)

    def test_part_payment_before_sending_lowers_the_amount(self):
        receivable = self._create_receivable(1000, late=10)
        run = self._prepare_run()
        self._pay(receivable, 400)
        self._release(run)
        self.assertEqual(run.notice_ids.line_ids.amount_residual, 600)
        self.assertIn("still shows a balance of $&nbsp;600.00", self._mails[0]["body"])

    def test_one_failing_customer_does_not_stop_the_others(self):
        bad = self._create_customer("Bad")
        receivable = self._create_receivable(late=10)
        self._create_receivable(late=10, partner=bad)
        freeze = type(self.env["dunning.notice"])._freeze

        def break_one(notices, today):
            if bad in notices.partner_id:
                raise ValueError("broken template")
            return freeze(notices, today)

        with patch.object(type(self.env["dunning.notice"]), "_freeze", break_one):
            run = self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.first)
        failed = run.notice_ids.filtered(lambda one: one.partner_id == bad)
        self.assertEqual(failed.state, "failed")
        self.assertIn("broken template", failed.failure_reason)
        followup = self._get_followup(bad)
        self.assertTrue(followup.attention)
        self.assertIn("broken template", followup.error_message)
        self.assertEqual(followup.wake_date, self.today + timedelta(days=1))

    def test_customer_that_breaks_the_planning_is_recorded(self):
        bad = self._create_customer("Bad")
        receivable = self._create_receivable(late=10)
        self._create_receivable(late=10, partner=bad)
        notice_model = type(self.env["dunning.notice"])
        prepare = notice_model._prepare_plan_vals

        def break_one(notices, followup, *args):
            if followup.partner_id == bad:
                raise ValueError("broken customer")
            return prepare(notices, followup, *args)

        with patch.object(notice_model, "_prepare_plan_vals", break_one):
            run = self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.first)
        self.assertIn("broken customer", run.error_log)
        self.assertIn("broken customer", self._get_followup(bad).error_message)

    def test_customer_without_email_needs_attention_and_is_not_skipped_silently(self):
        mute = self._create_customer("Mute", email=False)
        self._create_receivable(late=10, partner=mute)
        run = self._run_night()
        self.assertFalse(run.notice_ids)
        self.assertEqual(run.reason_counts.get("missing_email"), 1)
        self.assertIn("missing_email", self._get_followup(mute).attention_codes)

    def test_stop_switch_stops_a_released_run(self):
        receivable = self._create_receivable(late=10)
        run = self._prepare_run()
        run.action_open_preview()
        run.action_release()
        self.company._set_dunning_stopped("Audit")
        with self.mock_mail_gateway():
            run._execute()
        self.assertFalse(self._mails)
        self.assertEqual(run.state, "interrupted")
        self.company._set_dunning_resumed()
        run.action_resume()
        with self.mock_mail_gateway():
            run._execute()
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_stopped_company_plans_nothing_and_says_why(self):
        self._create_receivable(late=10)
        self.company._set_dunning_stopped("Audit")
        run = self._prepare_run()
        self.assertFalse(run.notice_ids)
        self.assertEqual(run.reason_counts, {"stopped": 1})

    def test_neutralized_database_sends_nothing_and_says_so(self):
        self._create_receivable(late=10)
        self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", True)
        run = self._run_night()
        self.assertFalse(self._mails)
        self.assertEqual(run.state, "interrupted")
        self.assertIn("neutralized", run.error_log)

    def test_newer_run_takes_the_drafts_of_an_older_preview_away(self):
        self._create_receivable(late=10)
        older = self._prepare_run()
        self._set_today(self.today + timedelta(days=1))
        newer = self._prepare_run()
        self.assertEqual((older.state, older.notice_ids.state), ("cancelled", "cancelled"))
        self.assertEqual(newer.notice_ids.state, "draft")

    def test_run_for_one_customer_leaves_the_others(self):
        other = self._create_customer("Other")
        self._create_receivable(late=10)
        self._create_receivable(late=10, partner=other)
        self._prepare_run().action_cancel()
        run = self.env["dunning.run"]._create_run(self.company, followups=self._get_followup())
        run._execute()
        self.assertEqual(run.notice_ids.partner_id, self.customer)

    def test_stale_bank_holds_reminders_until_a_manager_overrides_it(self):
        self._create_receivable(late=10)
        with patch.object(type(self.company), "_is_dunning_bank_stale", lambda company, today: True):
            run = self._prepare_run()
            self.assertEqual(run.reason_counts, {"bank_stale": 1})
            run = self._prepare_run(override_bank=True)
            self.assertEqual(len(run.notice_ids), 1)

    def test_reasons_of_everything_left_out_are_counted(self):
        self._create_receivable(late=10)
        self._create_receivable(late=3)
        self._create_receivable(late=-20)
        self._create_receivable(late=10).no_followup = True
        run = self._prepare_run()
        self.assertEqual(run.reason_counts, {"due": 1, "waiting": 1, "not_due": 1, "no_followup": 1})
        self.assertEqual(run.count_skipped, 3)
        self.assertIn("Excluded from dunning by hand", run.reason_text)

    def test_scheduled_action_starts_one_run_a_day(self):
        runs = self.env["dunning.run"]
        self._create_receivable(late=10)
        runs._start_night(self.company)
        runs._start_night(self.company)
        self.assertEqual(runs.search_count([("company_id", "=", self.company.id)]), 1)

    def test_no_night_begins_before_the_first_day_of_dunning(self):
        self._create_receivable(late=10)
        self.company.dunning_start_date = self.today + timedelta(days=1)
        runs = self.env["dunning.run"]
        runs._start_night(self.company)
        self.assertFalse(runs.search([("company_id", "=", self.company.id)]))
        self._set_today(self.today + timedelta(days=1))
        runs._start_night(self.company)
        self.assertTrue(runs.search([("company_id", "=", self.company.id)]))

    def test_scheduled_action_runs_under_the_rules_of_the_scheduler(self):
        self._create_receivable(late=10)
        run = self.env["dunning.run"]._create_run(self.company)
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref("account_dunning.ir_cron_dunning_run").sudo().method_direct_trigger(), True)
        run.invalidate_recordset()
        self.assertEqual(run.phase, "review")
