from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestNoticePressure(DunningCommon):
    """How often a customer may be contacted, over all channels."""

    def _prepare_draft(self, contacts, kind="business"):
        """Return a draft by hand for a customer who was contacted before: (days ago, channel)."""
        self.customer.with_company(self.company).dunning_debtor_kind = kind
        receivable = self._create_receivable(late=9)
        notice = self.env["dunning.notice"].browse(receivable.move_id.action_dunning_send_now()["res_id"])
        for age, channel in contacts:
            day = self.today - timedelta(days=age)
            self.env["dunning.notice"].create({
                "followup_id": notice.followup_id.id, "company_id": self.company.id, "partner_id": self.customer.id,
                "level_id": self.first.id, "policy_id": self.policy.id, "state": "sent", "date": day, "date_sent": day,
                "dispatch_ids": [Command.create({
                    "followup_id": notice.followup_id.id, "channel": channel, "state": "sent", "date_sent": day})],
            })
        notice.invalidate_recordset()
        return notice

    def test_third_contact_with_a_business_in_thirty_days_is_pointed_out(self):
        notice = self._prepare_draft([(29, "letter"), (10, "email"), (2, "call")])
        self.assertIn("3 times within 30 days", notice.pressure_text)
        self.assertFalse(notice.is_pressing)
        notice.action_send()
        self.assertTrue(notice.run_id)

    def test_older_contacts_do_not_count(self):
        self.assertFalse(self._prepare_draft([(30, "letter"), (10, "email"), (2, "call")]).pressure_text)

    def test_consumer_is_contacted_again_only_for_a_reason(self):
        notice = self._prepare_draft([(13, "letter"), (10, "email"), (2, "call")], kind="consumer")
        with self.assertRaisesRegex(UserError, "Give a reason"):
            notice.action_send()
        self.assertFalse(notice.run_id)
        notice.pressure_reason = "He asked for a copy"
        notice.action_send()
        self.assertTrue(notice.run_id)
        self.assertIn("He asked for a copy", notice.followup_id.message_ids[0].body)

    def test_debtor_of_unknown_kind_is_protected_like_a_consumer(self):
        notice = self._prepare_draft([(13, "letter"), (10, "email"), (2, "call")], kind=False)
        self.assertTrue(notice.is_pressing)

    def test_messages_without_a_call_do_not_press(self):
        notice = self._prepare_draft([(13, "letter"), (10, "email"), (2, "email")], kind="consumer")
        self.assertFalse(notice.is_pressing or notice.pressure_text)
