import hashlib
import smtplib
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from .common import LETTER, DunningCommon


@tagged("post_install", "-at_install")
class TestDunningDispatch(DunningCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letters = cls._create_policy([
            ("Letter", "reminder_1", 7, {"channel": "letter"}),
            ("Both", "reminder_2", 15, {"channel": "email", "with_letter": True, "gap_days": 8}),
        ])
        cls.calls = cls._create_policy([
            ("After a call", "reminder_1", 7, {"call_mode": "before", "call_days": 3, "call_wait_days": 3}),
            ("Only a call", "reminder_2", 15, {"channel": "call"}),
        ])

    def _use(self, policy):
        self.customer.with_company(self.company).dunning_policy_id = policy

    # --- letters --------------------------------------------------------------------------------------------------

    def test_letter_raises_the_level_when_it_was_posted_not_when_it_was_made(self):
        self._use(self.letters)
        receivable = self._create_receivable(late=10)
        notice = self._run_night().notice_ids
        self.assertEqual((notice.state, notice.dispatch_ids.state), ("ready", "pending"))
        self.assertFalse(receivable.dunning_level_id)
        notice.action_mark_posted()
        self.assertEqual((notice.state, notice.dispatch_ids.state), ("sent", "sent"))
        self.assertEqual(receivable.dunning_level_id, self.letters.level_ids.sorted("days")[0])

    def test_letter_that_is_not_posted_blocks_no_longer_than_the_patience(self):
        self._use(self.letters)
        receivable = self._create_receivable(late=10)
        first = self._run_night().notice_ids
        self._set_today(self.today + timedelta(days=5))
        self.assertFalse(self._run_night().notice_ids)
        self._set_today(self.today + timedelta(days=4))
        again = self._run_night().notice_ids
        self.assertEqual((first.state, first.dispatch_ids.state), ("cancelled", "not_made"))
        self.assertEqual(len(again), 1)
        self.assertFalse(receivable.dunning_level_id)

    def test_printed_letter_counts_as_posted_where_the_company_says_so(self):
        self._use(self.letters)
        self.company.dunning_printed_is_posted = True
        receivable = self._create_receivable(late=10)
        notice = self._run_night().notice_ids
        notice.action_print()
        printed = self.today
        self._set_today(printed + timedelta(days=2))
        self._run_night()
        self.assertEqual(notice.state, "ready")
        self._set_today(printed + timedelta(days=5))
        self._run_night()
        self.assertEqual((notice.state, notice.date_sent), ("sent", printed))
        self.assertEqual(receivable.dunning_date, printed)

    def test_printed_letter_that_nobody_marked_as_posted_is_asked_about(self):
        self._use(self.letters)
        self._create_receivable(late=10)
        notice = self._run_night().notice_ids
        notice.action_print()
        self._set_today(self.today + timedelta(days=5))
        self._run_night()
        self.assertEqual(notice.state, "ready")
        self.assertIn("not_made", self._get_followup().attention_codes)

    def test_email_and_letter_leave_with_the_email_leading(self):
        self._use(self.letters)
        receivable = self._create_receivable(late=20)
        receivable._set_dunning_levels([
            (receivable.id, self.letters.level_ids.sorted("days")[0].id, self.today - timedelta(days=9), None)])
        notice = self._run_night().notice_ids
        self.assertEqual(notice.state, "sent")
        states = {one.channel: one.state for one in notice.dispatch_ids}
        self.assertEqual(states, {"email": "sent", "letter": "pending"})
        self.assertTrue(notice.pdf_sha256)

    def test_letter_leads_when_the_customer_has_no_email(self):
        self._use(self.letters)
        self.customer.email = False
        receivable = self._create_receivable(late=20)
        receivable._set_dunning_levels([
            (receivable.id, self.letters.level_ids.sorted("days")[0].id, self.today - timedelta(days=9), None)])
        notice = self._run_night().notice_ids
        self.assertRecordValues(notice.dispatch_ids, [{"channel": "letter", "leading": True, "state": "pending"}])

    def test_customer_without_address_needs_attention(self):
        self._use(self.letters)
        self.customer.write({"street": False, "city": False})
        self._create_receivable(late=10)
        run = self._run_night()
        self.assertFalse(run.notice_ids)
        self.assertIn("missing_address", self._get_followup().attention_codes)

    def test_posting_something_that_is_no_letter_is_refused(self):
        self._create_receivable(late=10)
        notice = self._run_night().notice_ids
        with self.assertRaisesRegex(UserError, "letter"):
            notice.action_mark_posted()

    def test_letters_that_fail_to_print_are_failed_with_the_reason(self):
        self._use(self.letters)
        self._create_receivable(late=10)

        problem = "No printer"

        def fail(notices):
            raise UserError(problem)

        with patch.object(type(self.env["dunning.notice"]), "_render_letters", fail):
            notice = self._run_night().notice_ids
        self.assertEqual((notice.state, notice.failure_reason), ("failed", problem))
        self.assertFalse(notice.pdf)

    def test_frozen_letter_is_the_one_printed_and_attached(self):
        self._use(self.letters)
        self.letters.level_ids.attach_letter = True
        receivable = self._create_receivable(late=20)
        receivable._set_dunning_levels([
            (receivable.id, self.letters.level_ids.sorted("days")[0].id, self.today - timedelta(days=9), None)])
        notice = self._run_night().notice_ids
        action = notice.action_print()
        url, question = action["params"]["url"], action["params"]["next"]
        printed = self.env["ir.attachment"].browse(int(url.split("/")[3].split("?")[0]))
        self.assertEqual(printed.raw, LETTER)
        self.assertEqual(question["name"], "Posted Today?")
        self.assertEqual(notice.message_id.attachment_ids.raw, LETTER)
        self.assertEqual(hashlib.sha256(LETTER).hexdigest(), notice.pdf_sha256)

    # --- calls ----------------------------------------------------------------------------------------------------

    def test_letter_waits_for_the_call_and_goes_after_three_working_days(self):
        self._use(self.calls)
        receivable = self._create_receivable(late=4)
        call = self._run_night().notice_ids
        self.assertEqual((call.is_call, call.state, call.dispatch_ids.channel), (True, "ready", "call"))
        self.assertTrue(self._get_followup().activity_ids)
        self._set_today(self.today + timedelta(days=5))  # Monday: three working days after Wednesday
        notice = self._run_night().notice_ids
        self.assertFalse(notice.is_call)
        self.assertEqual(notice.state, 'sent', notice.failure_reason or notice.cancel_reason)
        self.assertTrue(receivable.dunning_level_id)

    def test_call_is_proposed_once(self):
        self._use(self.calls)
        self._create_receivable(late=4)
        self._run_night()
        self._set_today(self.today + timedelta(days=1))
        self.assertFalse(self._run_night().notice_ids)

    def test_call_back_date_keeps_the_letter_waiting(self):
        self._use(self.calls)
        self._create_receivable(late=4)
        dispatch = self._run_night().notice_ids.dispatch_ids
        dispatch.write({"outcome": "reached", "outcome_reason": "cash",
                        "call_back_date": self.today + timedelta(days=8)})
        dispatch.action_save_call()
        self.assertEqual(dispatch.state, "sent")
        self.assertFalse(dispatch.activity_id.active)
        self._set_today(self.today + timedelta(days=7))
        self.assertFalse(self._run_night().notice_ids)
        self._set_today(self.today + timedelta(days=2))
        self.assertTrue(self._run_night().notice_ids)

    def test_call_without_outcome_cannot_be_saved(self):
        self._use(self.calls)
        self._create_receivable(late=4)
        dispatch = self._run_night().notice_ids.dispatch_ids
        with self.assertRaisesRegex(UserError, "reached"):
            dispatch.action_save_call()

    def test_step_that_is_only_a_call_rises_when_its_outcome_is_logged(self):
        self._use(self.calls)
        first, second = self.calls.level_ids.sorted("days")
        receivable = self._create_receivable(late=20)
        receivable._set_dunning_levels([(receivable.id, first.id, self.today - timedelta(days=9), None)])
        dispatch = self._run_night().notice_ids.dispatch_ids
        self.assertEqual(receivable.dunning_level_id, first)
        dispatch.outcome = "tried"
        dispatch.action_save_call()
        self.assertEqual(receivable.dunning_level_id, second)

    def test_outcome_of_a_call_is_written_in_the_discussion(self):
        self._use(self.calls)
        self._create_receivable(late=4)
        dispatch = self._run_night().notice_ids.dispatch_ids
        dispatch.write({"outcome": "reached", "outcome_reason": "forgotten", "comment": "Pays on Friday"})
        dispatch.action_save_call()
        self.assertIn("Pays on Friday", self._get_followup().message_ids[0].body)

    # --- e-mails: exactly once ------------------------------------------------------------------------------------

    def _get_mail(self, notice):
        return self.env["mail.mail"].search([("dunning_dispatch_id", "in", notice.dispatch_ids.ids)])

    def test_refused_email_fails_the_notice_and_is_not_tried_again_today(self):
        receivable = self._create_receivable(late=10)
        run = self._prepare_run()
        run.action_open_preview()
        run.action_release()
        with self.mock_mail_gateway(), patch.object(
                type(self.env["ir.mail_server"]), "send_email", side_effect=MailDeliveryException("Refused")
        ), mute_logger("odoo.addons.mail.models.mail_mail"):
            run._execute()
        self.assertEqual(run.notice_ids.state, "failed")
        self.assertFalse(receivable.dunning_level_id)
        self.assertFalse(self._run_night().notice_ids)
        self._set_today(self.today + timedelta(days=1))
        self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_notice_found_sending_becomes_uncertain_and_is_not_sent_twice(self):
        receivable = self._create_receivable(late=10)
        run = self._prepare_run()
        run.action_open_preview()
        run.action_release()
        run.notice_ids._produce(self.today)
        run.notice_ids.state = "sending"
        with self.mock_mail_gateway():
            run._execute()
        self.assertFalse(self._mails)
        self.assertEqual(run.notice_ids.state, "uncertain")
        self.assertIn("uncertain", self._get_followup().attention_codes)
        run.notice_ids.action_mark_left()
        self.assertEqual(run.notice_ids.state, "sent")
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_uncertain_notice_can_be_sent_again_by_a_person(self):
        self._create_receivable(late=10)
        run = self._prepare_run()
        run.action_open_preview()
        run.action_release()
        run.notice_ids._produce(self.today)
        notice = run.notice_ids
        notice.state = "sending"
        with self.mock_mail_gateway():
            run._execute()
        notice.action_send_again()
        with self.mock_mail_gateway():
            notice.run_id._execute()
        self.assertEqual(len(self._mails), 1)
        self.assertEqual(notice.state, "sent")

    def test_mail_queue_of_odoo_sends_our_mail_once_and_records_it(self):
        receivable = self._create_receivable(late=10)
        run = self._prepare_run()
        run.action_open_preview()
        run.action_release()
        run.notice_ids._produce(self.today)
        with self.mock_mail_gateway():
            self._get_mail(run.notice_ids).send()
            run._execute()
        self.assertEqual(len(self._mails), 1)
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_books_that_change_while_a_mail_leaves_make_nothing_uncertain(self):
        """An accountant reconciles while the message is at the server: the record is written again, the mail is not."""
        receivable = self._create_receivable(late=10)
        run = self._prepare_run()
        run.action_open_preview()
        run.action_release()
        dispatch_model = type(self.env["dunning.dispatch"])
        record, conflicts = dispatch_model._record_attempt, [psycopg2.errors.SerializationFailure("concurrent update")]

        def record_late(dispatch, success, reason):
            if conflicts:
                raise conflicts.pop()
            return record(dispatch, success, reason)

        with self.mock_mail_gateway(), patch.object(dispatch_model, "_record_attempt", record_late), \
                mute_logger("odoo.addons.mail.models.mail_mail"):
            run._execute()
        self.assertEqual(len(self._mails), 1)
        self.assertEqual(run.notice_ids.state, "sent")
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_stop_switch_holds_for_the_mail_queue_too(self):
        receivable = self._create_receivable(late=10)
        run = self._prepare_run()
        run.action_open_preview()
        run.action_release()
        run.notice_ids._produce(self.today)
        self.company._set_dunning_stopped("Audit")
        self.env.flush_all()
        with self.mock_mail_gateway():
            self._get_mail(run.notice_ids).send()
        self.assertFalse(self._mails)
        self.assertEqual(run.notice_ids.state, "ready")
        self.company._set_dunning_resumed()
        with self.mock_mail_gateway():
            run._execute()
        self.assertEqual(len(self._mails), 1)
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_server_that_hangs_up_leaves_one_message_uncertain_and_stops_nobody(self):
        for number in range(3):
            self._create_receivable(late=10, partner=self._create_customer(f"Customer {number}"))
        run = self._prepare_run()
        run.action_open_preview()
        run.action_release()
        hang_ups = [smtplib.SMTPServerDisconnected("Connection closed")]
        with self.mock_mail_gateway():
            server = type(self.env["ir.mail_server"])
            send = server.send_email

            def send_or_hang_up(*args, **kwargs):
                if hang_ups:
                    raise hang_ups.pop()
                return send(*args, **kwargs)

            def roll_back(mail):
                # A test cannot roll back: what Odoo wrote before it spoke to the server is undone by hand.
                mail.state = "outgoing"

            with patch.object(server, "send_email", send_or_hang_up), \
                    patch.object(type(self.env["mail.mail"]), "_dunning_rollback", roll_back), \
                    mute_logger("odoo.addons.mail.models.mail_mail"):
                run._execute()
        self.assertEqual(sorted(run.notice_ids.mapped("state")), ["sent", "sent", "uncertain"])
        self.assertEqual(run.state, "done")

    def test_bounce_lowers_the_line_to_the_last_notice_that_arrived(self):
        receivable = self._create_receivable(late=20)
        self._run_night()
        self._set_today(self.today + timedelta(days=8))
        notice = self._run_night().notice_ids
        self.assertEqual(receivable.dunning_level_id, self.second)
        notice.dispatch_ids._set_returned("No such user")
        self.assertEqual(receivable.dunning_level_id, self.first)
        self.assertIn("returned", self._get_followup().attention_codes)

    def test_bounce_message_reaches_the_dispatch(self):
        self._create_receivable(late=10)
        notice = self._run_night().notice_ids
        self.env["mail.thread"]._routing_handle_bounce(None, {
            "bounced_email": "customer@customer.example.com", "bounced_partner": self.customer,
            "bounced_msg_ids": [], "bounced_message": notice.message_id, "body": "<p>Mailbox full</p>",
            "email_from": "mailer-daemon@customer.example.com", "to": "bounce@example.com", "message_id": "<x@y>",
        })
        self.assertRecordValues(notice.dispatch_ids, [{"state": "returned", "failure_reason": "Mailbox full"}])

    def test_answer_of_the_customer_asks_for_attention(self):
        self._create_receivable(late=10)
        self._run_night()
        followup = self._get_followup()
        followup.message_update({"body": "We pay tomorrow"})
        self.assertTrue(followup.attention)
        self.assertTrue(followup.reply_date)
