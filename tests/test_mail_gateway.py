from email import message_from_bytes, policy
from email.message import EmailMessage

from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestMailGateway(DunningCommon):

    def setUp(self):
        super().setUp()
        self.company.alias_domain_id = self.env["mail.alias.domain"].create({"name": "creditor.example.com"})
        self._create_receivable(late=10)
        self.notice = self._run_night().notice_ids
        self.mail = self._mails[0]

    def _receive(self, **headers):
        lines = {
            "From": "Payer <customer@customer.example.com>", "To": self.mail["reply_to"], "Subject": "Re: invoices",
            "Message-Id": "<answer@customer.example.com>", "Content-Type": "text/plain; charset=utf-8", **headers,
        }
        text = "\n".join(f"{name}: {value}" for name, value in lines.items()) + "\n\nWe pay on Friday.\n"
        return self.env["mail.thread"].with_context(mail_channel_nolog=True).message_process(False, text)

    def test_sender_is_the_company_and_answers_lead_to_the_thread(self):
        self.assertIn("accounts@creditor.example.com", self.mail["email_from"])
        self.assertIn("catchall@creditor.example.com", self.mail["reply_to"])
        self.assertEqual(self.mail["object_id"].split("-")[0], str(self._get_followup().id))

    def test_answer_lands_on_the_followup_and_asks_for_attention(self):
        self._receive(**{"In-Reply-To": self.notice.message_id.message_id})
        followup = self._get_followup()
        self.assertIn("We pay on Friday", followup.message_ids[0].body)
        self.assertTrue(followup.attention)

    def test_subject_arrives_with_all_its_spaces(self):
        """Folding a header with no-break spaces loses plain ones in Python before 3.13."""
        subject = "Facture n°_FA/2026/00207_: à la suite de nos échanges précédents".replace("_", "\N{NO-BREAK SPACE}")
        notice = self.env["dunning.notice"].new({"subject": subject})
        message = EmailMessage(policy=policy.SMTP)
        message["Subject"] = notice._get_email_subject()
        received = message_from_bytes(message.as_bytes(), policy=policy.default)
        self.assertEqual(received["Subject"], "Facture n° FA/2026/00207 : à la suite de nos échanges précédents")

    def test_sender_address_of_the_settings_is_used(self):
        self.company.dunning_email = "reminders@creditor.example.com"
        self._set_today(self.today.replace(day=27))
        self._create_receivable(late=12)
        self._run_night()
        self.assertIn("reminders@creditor.example.com", self._mails[0]["email_from"])

    def test_company_without_any_address_fails_with_what_to_do(self):
        self.company.write({"email": False, "dunning_email": False})
        other = self._create_customer("Other")
        self._create_receivable(late=10, partner=other)
        notice = self._run_night().notice_ids
        self.assertEqual(notice.state, "failed")
        self.assertIn("no sender address", notice.failure_reason)

    def test_blacklisted_address_is_written_to_all_the_same(self):
        """A reminder is no advertising: the blacklist of mailings does not stop it."""
        other = self._create_customer("Other")
        self.env["mail.blacklist"]._add(other.email)
        self._create_receivable(late=10, partner=other)
        notice = self._run_night().notice_ids
        self.assertEqual(notice.state, "sent")
        self.assertIn("blacklist", notice.warning)
