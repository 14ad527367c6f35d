from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..wizards.dunning_reply import _strip_quotes
from .common import DunningCommon

OUTLOOK = """<html><body><p>We pay on <b>Friday</b>.</p>
<p>Best regards, Ann</p>
<div id="divRplyFwdMsg"><hr/>From: accounts@creditor.example.com<br/>Subject: Your invoices</div>
<p>Our invoice INV/1 still shows a balance.</p></body></html>
"""


class ReplyCommon(DunningCommon):

    def setUp(self):
        super().setUp()
        self.company.alias_domain_id = self.env["mail.alias.domain"].create({"name": "creditor.example.com"})
        self.line = self._create_receivable(late=10)
        self.notice = self._run_night().notice_ids
        self.followup = self._get_followup()

    def _receive(self, body="We pay on Friday.\n", **headers):
        """Let a message arrive as the mail server hands it over."""
        lines = {
            "From": "Ann Clerk <ann@unknown.example.org>", "To": "Creditor <catchall@creditor.example.com>",
            "Subject": "your invoices", "Message-Id": f"<{self._testMethodName}@unknown.example.org>",
            "Content-Type": "text/plain; charset=utf-8",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        text = "\n".join(f"{name}: {value}" for name, value in lines.items() if value) + f"\n\n{body}"
        with self.mock_mail_gateway():
            return self.env["mail.thread"].with_context(mail_channel_nolog=True).message_process(False, text)

    def _assert_arrived(self, text="We pay on Friday"):
        message = self.followup._get_last_answer()
        self.assertIn(text, message.body or "")
        self.assertTrue(self.followup.reply_date)

    def _assert_not_arrived(self):
        self.assertFalse(self.followup._get_last_answer())
        self.assertFalse(self.followup.reply_date)


@tagged("post_install", "-at_install")
class TestDunningReplyRouting(ReplyCommon):
    """An answer finds its follow-up, whoever wrote it and however little his program quotes."""

    def test_unknown_address_that_refers_to_our_message_lands_on_the_follow_up(self):
        self._receive(In_Reply_To=self.notice.message_id.message_id)
        self._assert_arrived()

    def test_reference_of_a_message_that_is_gone_still_leads_there(self):
        reference = self.notice.message_id.message_id
        self.notice.message_id.unlink()
        self._receive(References=f"<other@unknown.example.org> {reference}")
        self._assert_arrived()

    def test_number_of_the_notice_in_the_subject(self):
        self._receive(Subject=f"About your letter {self.notice.name}")
        self._assert_arrived()

    def test_number_of_the_notice_in_the_text(self):
        self._receive(body=f"We pay on Friday, your reference: {self.notice.name}.\n")
        self._assert_arrived()

    def test_invoice_in_the_subject_to_the_address_of_the_company(self):
        for address in ("catchall@creditor.example.com", "accounts@creditor.example.com"):
            self.followup.reply_date = False
            self._receive(Subject=f"TR: Invoice no. {self.line.move_id.name}", To=address,
                          Message_Id=f"<{address}.x@unknown.example.org>")
            self._assert_arrived()

    def test_invoice_written_to_another_address_is_not_ours(self):
        with self.assertRaises(ValueError), mute_logger("odoo.addons.mail.models.mail_thread"):
            self._receive(Subject=f"Invoice no. {self.line.move_id.name}", To="friend@elsewhere.example.org")
        self._assert_not_arrived()

    def test_two_customers_named_in_one_message_stay_the_business_of_odoo(self):
        other = self._create_receivable(late=10, partner=self._create_customer("Other"))
        self.env["dunning.followup"]._sync(self.company, self.today)
        self._receive(Subject=f"{self.line.move_id.name} and {other.move_id.name}")
        self._assert_not_arrived()

    def test_alias_of_something_else_keeps_its_messages(self):
        model = self.env["ir.model"]._get("res.partner")
        self.env["mail.alias"].create({"alias_name": "desk", "alias_model_id": model.id,
                                       "alias_domain_id": self.company.alias_domain_id.id})
        self._receive(Subject=f"About {self.notice.name}", To="desk@creditor.example.com")
        self._assert_not_arrived()

    def test_unmatched_message_is_answered_by_odoo_as_before(self):
        self._receive(Subject="Hello")
        self._assert_not_arrived()

    def test_number_that_does_not_exist_matches_nothing(self):
        self._receive(Subject="About R2026-999999999")
        self._assert_not_arrived()

    def test_absence_notice_is_filed_and_asks_for_nothing(self):
        self._receive(In_Reply_To=self.notice.message_id.message_id, Auto_Submitted="auto-replied",
                      body="I am on holiday.\n")
        self.assertIn("holiday", self.followup._get_last_answer().body)
        self.assertFalse(self.followup.reply_date)

    def test_message_of_a_colleague_is_no_answer(self):
        colleague = new_test_user(self.env, "h_colleague", groups="base.group_user", email="col@creditor.example.com",
                                  company_id=self.company.id, company_ids=self.company.ids)
        self._receive(From=colleague.email_formatted, In_Reply_To=self.notice.message_id.message_id)
        self._assert_not_arrived()

    def test_follow_up_of_another_company_is_not_found_by_its_invoices(self):
        other = self.setup_other_company()["company"]
        other.write({"email": "other@there.example.com"})
        message = {"subject": self.line.move_id.name, "body": "", "references": "", "in_reply_to": ""}
        for address, found in (("other@there.example.com", False), ("accounts@creditor.example.com", True)):
            followup = self.env["mail.thread"]._find_dunning_followup({**message, "recipients": address})
            self.assertEqual(bool(followup), found)


@tagged("post_install", "-at_install")
class TestDunningReply(ReplyCommon):
    """One page: what he wrote, the reply, what he said, what is next."""

    def _reply(self, **values):
        self.env.invalidate_all()
        action = self.followup.action_reply()
        form = Form(self.env["dunning.reply"].with_context(**action["context"]))
        for name, value in values.items():
            setattr(form, name, value)
        wizard = form.save()
        with self.mock_mail_gateway():
            wizard.action_send()
        return wizard

    def test_reply_goes_to_the_unknown_address_and_takes_the_answer_off_the_list(self):
        self._receive(In_Reply_To=self.notice.message_id.message_id)
        wizard = self._reply()
        [mail] = self._mails
        self.assertIn("ann@unknown.example.org", str(mail["email_to"]))
        self.assertIn("accounts@creditor.example.com", mail["email_from"])
        self.assertIn("catchall@creditor.example.com", mail["reply_to"])
        self.assertEqual((wizard.subject, wizard.said_text), ("Re: your invoices", "We pay on Friday."))
        self.assertFalse(self.followup.reply_date)

    def test_reply_keeps_the_address_as_a_contact_when_asked(self):
        self._receive(In_Reply_To=self.notice.message_id.message_id)
        self._reply(is_new_contact=True)
        contact = self.customer.child_ids
        self.assertRecordValues(contact, [{"name": "Ann Clerk", "email": "ann@unknown.example.org"}])

    def test_reply_to_a_known_contact_goes_to_him(self):
        self._receive(From=self.customer.email_formatted, In_Reply_To=self.notice.message_id.message_id)
        wizard = self._reply()
        self.assertEqual(wizard.partner_id, self.customer)
        self.assertIn(self.customer.email, str(self._mails[0]["email_to"]))

    def test_promise_is_noted_confirmed_and_pauses(self):
        self._receive(In_Reply_To=self.notice.message_id.message_id)
        wizard = self._reply(said="promise", promise_date=date(2026, 11, 25))
        promise = self.env["dunning.promise"].search([("followup_id", "=", self.followup.id)])
        self.assertRecordValues(promise, [{"date_promised": date(2026, 11, 25), "amount": 1000, "state": "open"}])
        self.assertIn("25", wizard.body)
        self.assertIn("November", wizard.body)

    def test_objection_becomes_a_dispute_with_his_words(self):
        self._receive(In_Reply_To=self.notice.message_id.message_id, body="The price is wrong.\n")
        self._reply(said="dispute", dispute_reason_id=self.env.ref("account_dunning.dispute_reason_wrong_price"))
        self.assertRecordValues(self.followup.dispute_ids, [
            {"comment": "The price is wrong.", "source": "mail", "state": "open", "amount": 1000}])

    def test_copies_go_along_with_the_reply(self):
        self._receive(In_Reply_To=self.notice.message_id.message_id, body="Send me a copy.\n")
        invoice = self.line.move_id
        with patch.object(type(self.env["dunning.notice"]), "_render_invoices",
                          lambda notices, moves: dict.fromkeys(moves.ids, b"%PDF-1.4 copy")):
            self._reply(said="copy")
        self.assertIn(invoice.name.replace("/", "_"), str(self._mails[0]["attachments"]))

    def test_announced_payment_is_looked_for_on_its_day(self):
        self._receive(In_Reply_To=self.notice.message_id.message_id)
        self._reply(said="paid", is_replying=False)
        self.assertRecordValues(self.followup.activity_ids, [{"date_deadline": date(2026, 11, 25)}])
        self.assertFalse(self._mails)
        self.assertIn("He has paid", self.followup.message_ids[0].body)

    def test_reply_is_in_the_language_of_the_customer(self):
        self.customer.lang = "fr_FR"
        self.env.ref("account_dunning.mail_template_reply").with_context(lang="fr_FR").body_html = "<p>Merci</p>"
        self._receive(In_Reply_To=self.notice.message_id.message_id)
        self.assertIn("Merci", self._reply().body)

    def test_missing_facts_are_asked_for(self):
        self._receive(In_Reply_To=self.notice.message_id.message_id)
        for values in ({"said": "promise"}, {"said": "dispute"}, {"email_to": False}, {"body": "<p><br></p>"}):
            with self.assertRaises(UserError):
                self._reply(**values)
        self.assertTrue(self.followup.reply_date)

    def test_quoted_text_is_left_out_of_the_preview(self):
        for body, own in (
            ("<p>We pay.</p><blockquote>Your debt</blockquote>", "We pay."),
            ("<pre>We pay.\n\n> Your debt\n> of old</pre>", "We pay."),
            ("<div>We pay.</div><div>On Wed, Nov 18, 2026 at 9:00 AM Creditor wrote:</div><div>Debt</div>", "We pay."),
            ("<p>Nous payons.</p><p>Le 18 novembre 2026 à 9:00, Créancier a écrit :</p><p>Votre dette</p>",
             "Nous payons."),
            ("<p>We pay.</p><p>-----Original Message-----</p><p>Your debt</p>", "We pay."),
            ("", ""),
        ):
            self.assertEqual(_strip_quotes(body), own)

    def test_outlook_answer_shows_only_what_was_written(self):
        self._receive(OUTLOOK, In_Reply_To=self.notice.message_id.message_id, Content_Type="text/html; charset=utf-8")
        body = self.followup._get_last_answer().body
        self.assertIn("still shows", body)
        self.assertEqual(_strip_quotes(body), "We pay on Friday.\n\nBest regards, Ann")

    def test_collector_replies_with_his_own_rights(self):
        self._receive(In_Reply_To=self.notice.message_id.message_id)
        collector = new_test_user(self.env, "h_col", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id, company_ids=self.company.ids)
        wizard = self.env["dunning.reply"].with_user(collector).create({
            "followup_id": self.followup.id, "said": "dispute", "is_new_contact": True,
            "dispute_reason_id": self.env.ref("account_dunning.dispute_reason_other").id})
        with self.mock_mail_gateway():
            wizard.action_send()
        self.assertEqual(self.followup.dispute_ids.create_uid, collector)
