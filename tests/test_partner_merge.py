from odoo import fields
from odoo.tests import freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-18 10:00:00")
class TestPartnerMerge(AccountTestInvoicingCommon):
    """Merging or re-parenting customers loses neither notices, nor discussions, nor levels."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(su=True)
        cls.company = cls.company_data["company"].sudo()
        cls.kept, cls.merged = cls.env["res.partner"].create([
            {"name": "Dupont", "is_company": True}, {"name": "Dupond", "is_company": True},
        ])
        cls.level = cls.env["dunning.level"].search([("stage", "=", "reminder_1")], limit=1)

    def _create_open_item(self, partner):
        invoice = self._create_invoice_one_line(
            price_unit=1000, invoice_date="2026-09-01", invoice_date_due="2026-09-30", partner_id=partner, tax_ids=[],
            post=True,
        )
        return invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable").sudo()

    def _create_followup(self, partner, company=None):
        return self.env["dunning.followup"].create({
            "company_id": (company or self.company).id, "partner_id": partner.id,
        })

    def _create_notice(self, followup, state="sent", day="2026-11-02"):
        notice = self.env["dunning.notice"].create({
            "followup_id": followup.id, "company_id": followup.company_id.id, "partner_id": followup.partner_id.id,
            "level_id": self.level.id,
        })
        notice.write({"state": state, "date_sent": state == "sent" and day})
        return notice

    def _merge(self, partners, into):
        self.env["base.partner.merge.automatic.wizard"]._merge(partners.ids, into)

    def test_notices_and_discussion_move_to_the_follow_up_that_is_kept(self):
        kept, merged = self._create_followup(self.kept), self._create_followup(self.merged)
        notice = self._create_notice(merged)
        dispatch = self.env["dunning.dispatch"].create(
            {"notice_id": notice.id, "followup_id": merged.id, "channel": "email", "state": "sent"},
        )
        message = merged.message_post(body="He promised to pay")
        attachment = self.env["ir.attachment"].create(
            {"name": "proof.txt", "raw": b"x", "res_model": merged._name, "res_id": merged.id},
        )
        activity = merged.activity_schedule("mail.mail_activity_data_call", user_id=self.env.uid)
        self._merge(self.kept | self.merged, self.kept)
        self.assertFalse(merged.exists())
        self.assertEqual((notice | dispatch.notice_id).followup_id, kept)
        self.assertEqual(dispatch.followup_id, kept)
        self.assertEqual((message.res_id, attachment.res_id, activity.res_id), (kept.id, kept.id, kept.id))
        self.assertRecordValues(kept, [{"partner_id": self.kept.id, "last_notice_id": notice.id,
                                        "last_notice_date": fields.Date.to_date("2026-11-02")}])

    def test_the_newest_notice_of_both_is_the_last_one(self):
        kept, merged = self._create_followup(self.kept), self._create_followup(self.merged)
        self._create_notice(merged, day="2026-10-02")
        newest = self._create_notice(kept, day="2026-11-10")
        self._merge(self.kept | self.merged, self.kept)
        self.assertEqual(kept.last_notice_id, newest)

    def test_a_pending_notice_of_the_merged_customer_is_cancelled(self):
        self._create_followup(self.kept)
        notice = self._create_notice(self._create_followup(self.merged), state="ready")
        self._merge(self.kept | self.merged, self.kept)
        self.assertEqual(notice.state, "cancelled")
        self.assertTrue(notice.cancel_reason)

    def test_a_sent_notice_keeps_its_words(self):
        self._create_followup(self.kept)
        notice = self._create_notice(self._create_followup(self.merged), state="ready")
        notice.write({"addressee": "Dupond", "state": "sent", "date_sent": "2026-11-02"})
        self._merge(self.kept | self.merged, self.kept)
        self.assertRecordValues(notice, [{"state": "sent", "addressee": "Dupond"}])

    def test_a_lone_follow_up_goes_along_with_its_customer(self):
        merged = self._create_followup(self.merged)
        self._merge(self.kept | self.merged, self.kept)
        self.assertEqual(merged.partner_id, self.kept)

    def test_two_merged_customers_leave_one_follow_up(self):
        third = self.merged.copy({"name": "Dupon"})
        followups = self._create_followup(self.merged) | self._create_followup(third)
        self._merge(self.kept | self.merged | third, self.kept)
        self.assertEqual(followups.exists().partner_id, self.kept)
        self.assertEqual(len(followups.exists()), 1)

    def test_companies_are_never_mixed(self):
        other = self.env["res.company"].create({"name": "Other"})
        here, there = self._create_followup(self.kept), self._create_followup(self.merged, other)
        self._merge(self.kept | self.merged, self.kept)
        self.assertRecordValues(here | there, [
            {"company_id": self.company.id, "partner_id": self.kept.id},
            {"company_id": other.id, "partner_id": self.kept.id},
        ])

    def test_what_the_merged_customer_owes_is_in_the_follow_up_that_is_kept(self):
        item = self._create_open_item(self.merged)
        item._set_dunning_levels([(item.id, self.level.id, fields.Date.to_date("2026-11-02"), None)])
        kept = self._create_followup(self.kept)
        self._create_followup(self.merged)
        self._merge(self.kept | self.merged, self.kept)
        self.assertEqual(kept.amount_overdue, 1000)
        self.assertEqual(item.dunning_level_id, self.level)

    def test_lines_keep_their_level_when_the_customer_gets_a_parent(self):
        self.merged.is_company = False
        item = self._create_open_item(self.merged)
        followups = self.env["dunning.followup"]
        followups._sync(self.company, fields.Date.to_date("2026-11-18"))
        former = followups.search([("partner_id", "=", self.merged.id)])
        item._set_dunning_levels([(item.id, self.level.id, fields.Date.to_date("2026-11-02"), None)])
        self.merged.parent_id = self.kept
        followups._sync(self.company, fields.Date.to_date("2026-11-18"))
        self.assertEqual(item.dunning_level_id, self.level)
        self.assertEqual(item.partner_id, self.kept)
        self.assertRecordValues(former, [{"line_count": 0, "amount_overdue": 0}])
        self.assertEqual(followups.search([("partner_id", "=", self.kept.id)]).amount_overdue, 1000)
