from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import DunningCommon

BOUNCE = """\
Return-Path: <>
From: Mail Delivery System <mailer-daemon@customer.example.com>
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-Id: <bounce@customer.example.com>
References: {reference}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

The account does not exist.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.example.com

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-Id: {reference}

--b--
"""
REFUSED = "SMTPRecipientsRefused: {'customer@customer.example.com': (550, b'5.1.1 User unknown')}"


@tagged("post_install", "-at_install")
class TestEmailBounce(DunningCommon):
    """An e-mail address that proved wrong is not written to again until it changes or is confirmed."""

    def setUp(self):
        super().setUp()
        self.company.alias_domain_id = self.env["mail.alias.domain"].create({"name": "creditor.example.com"})
        self.address = self.customer.email_normalized

    def _send(self, receivable=None, later=0):
        self._set_today(self.today + timedelta(days=later))
        receivable = receivable or self._create_receivable(late=10)
        return self._run_night().notice_ids.filtered(lambda one: one.partner_id == receivable.partner_id)

    def _bounce(self, notice, address=None):
        self.env["mail.thread"].message_process(False, BOUNCE.format(
            to="bounce@creditor.example.com", reference=notice.message_id.message_id, address=address or self.address))

    def _get_attention(self):
        return self._get_followup().attention_codes or ""

    def test_address_that_bounced_is_remembered(self):
        notice = self._send()
        self._bounce(notice)
        self.assertEqual(notice.dispatch_ids.state, "returned")
        self.assertEqual(self.customer.dunning_wrong_email, self.address)
        self.assertTrue(self.customer.is_dunning_email_wrong)
        self.assertIn("returned", self._get_attention())

    def test_nothing_is_sent_there_until_the_address_changes(self):
        receivable = self._create_receivable(late=20)
        self._bounce(self._send(receivable))
        self.assertFalse(self._send(receivable, later=9))
        self.assertIn("wrong_email", self._get_attention())
        self.customer.email = "new@customer.example.com"
        self.assertFalse(self.customer.is_dunning_email_wrong)
        notice = self._send(receivable, later=1)
        self.assertEqual((notice.state, notice.email_to), ("sent", "new@customer.example.com"))

    def test_step_by_email_and_letter_goes_by_letter(self):
        receivable = self._create_receivable(late=20)
        self._bounce(self._send(receivable))
        self.first.with_letter = True  # what came back is taken again
        notice = self._send(receivable, later=9)
        self.assertEqual(notice.dispatch_ids.mapped("channel"), ["letter"])
        self.assertTrue(notice.dispatch_ids.leading)
        self.assertEqual(notice.state, "ready")

    def test_address_refused_by_the_mail_server_counts_as_bounced(self):
        notice = self._send()
        notice.dispatch_ids._write_door({"state": "pending"})
        notice._write_door({"state": "sending"})
        notice.dispatch_ids._record_attempt(False, "Mail delivery failed. OSError: connection lost")
        self.assertFalse(self.customer.is_dunning_email_wrong)
        notice.dispatch_ids._write_door({"state": "pending"})
        notice._write_door({"state": "sending"})
        notice.dispatch_ids._record_attempt(False, REFUSED.replace("550", "450"))
        self.assertFalse(self.customer.is_dunning_email_wrong)
        notice.dispatch_ids._write_door({"state": "pending"})
        notice._write_door({"state": "sending"})
        notice.dispatch_ids._record_attempt(False, REFUSED)
        self.assertTrue(self.customer.is_dunning_email_wrong)

    def test_bounce_of_a_copy_says_nothing_of_the_customer(self):
        copy = self.env["res.partner"].create({
            "name": "Copy", "parent_id": self.customer.id, "email": "copy@customer.example.com",
            "dunning_role": "copy"})
        self._bounce(self._send(), "copy@customer.example.com")
        self.assertTrue(copy.is_dunning_email_wrong)
        self.assertFalse(self.customer.is_dunning_email_wrong)

    def test_prepared_notice_does_not_go_to_an_address_that_bounced_meanwhile(self):
        self.customer.dunning_wrong_email = False
        self._create_receivable(late=10)
        run = self._prepare_run()
        self.customer.dunning_wrong_email = self.address
        self._release(run)
        self.assertEqual(run.notice_ids.state, "failed")
        self.assertIn("E-mails came back from", run.notice_ids.failure_reason)
        self.assertFalse(self._mails)

    def test_collector_confirms_the_address(self):
        self._bounce(self._send())
        employee = new_test_user(self.env, "b_employee", groups="base.group_user", company_id=self.company.id)
        collector = new_test_user(self.env, "b_collector", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id)
        with self.assertRaises(AccessError):
            self.customer.with_user(employee).sudo(False).action_confirm_dunning_email()
        self.customer.with_user(collector).sudo(False).action_confirm_dunning_email()
        self.assertFalse(self.customer.is_dunning_email_wrong)

    def test_person_notes_and_takes_back_a_bounce(self):
        email = self._send().dispatch_ids
        record = self.env["dunning.dispatch.event"].browse(email.action_returned()["res_id"])
        record.date = self.today
        record.action_note()
        self.assertTrue(self.customer.is_dunning_email_wrong)
        record = self.env["dunning.dispatch.event"].browse(email.action_undo()["res_id"])
        record.reason = "Another customer's"
        record.action_note()
        self.assertFalse(self.customer.is_dunning_email_wrong)
