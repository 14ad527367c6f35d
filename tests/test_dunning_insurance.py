from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDunningInsurance(DunningCommon):
    """What a policy of credit insurance asks for: report, stop deliveries, longest credit, insured amount."""

    def setUp(self):
        super().setUp()
        self.insurer = self.env["res.partner"].create({"name": "Insurer", "is_company": True})
        self.insured = self.customer.with_company(self.company)
        self.insured.dunning_insurer_id = self.insurer

    def _night(self, day):
        self._set_today(day)
        self.env["dunning.followup"]._sync(self.company, day)
        followup = self._get_followup()
        followup.invalidate_recordset()
        self.env["dunning.followup"]._remind_insurance(self.company, day)
        return followup

    def _texts(self):
        banners = self.customer._get_dunning_banners(self.company)[self.customer.id]
        return " ".join(text for _level, text in banners)

    def test_delay_is_reported_by_the_oldest_original_due_date(self):
        line = self._create_receivable(due=date(2026, 10, 31))
        line.move_id.dunning_legal_due_date = date(2026, 12, 31)
        self.insured.dunning_notification_days = 30
        counts = [len(self._night(day).activity_ids) for day in (
            date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 27), date(2026, 11, 28))]
        self.assertEqual(counts, [0, 1, 1, 2, 2])
        followup = self._get_followup()
        self.assertEqual(followup.notification_date, date(2026, 11, 30))
        self.assertIn("Report to Insurer", followup.activity_ids[0].summary)
        followup.action_report_delay()
        self.assertFalse(followup.notification_date)
        self.assertEqual(len(self._night(date(2026, 11, 29)).activity_ids), 2)

    def test_deliveries_stop_on_their_day_for_every_colleague(self):
        self._create_receivable(due=date(2026, 10, 31))
        self.insured.dunning_stop_days = 30
        followup = self._night(date(2026, 11, 29))
        self.assertIn("Stop deliveries", followup.activity_ids.summary)
        self.assertFalse(self._texts())
        self._night(date(2026, 11, 30))
        self.assertIn("not insured since", self._texts())
        seller = new_test_user(self.env, "s_seller", groups="base.group_user", company_id=self.company.id,
                               company_ids=self.company.ids)
        self.customer.invalidate_recordset()
        customer = self.customer.with_user(seller).sudo(False).with_context(allowed_company_ids=self.company.ids)
        self.assertIn("not insured since", customer.dunning_banner_text)
        self.assertEqual(customer.dunning_banner_level, "danger")

    def test_more_owed_than_insured_needs_attention_once_until_it_is_paid(self):
        line = self._create_receivable(1000, due=date(2026, 12, 31))
        self.insured.dunning_cover_amount = 1000
        self.assertFalse(self._night(self.today).is_over_cover)
        more = self._create_receivable(0.01, due=date(2026, 12, 31))
        followup = self._night(self.today)
        self.assertIn("over_cover", followup.attention_codes)
        self.assertIn("More is owed than is insured", self._texts())
        followup.action_settle_attention()
        self.assertNotIn("over_cover", self._night(self.today).attention_codes or "")
        self._pay(line)
        self.assertFalse(self._night(self.today).over_cover_since)
        self.assertTrue(more.amount_residual)

    def test_credit_longer_than_insured_is_told_on_the_invoice(self):
        self.insured.dunning_credit_days = 60
        move = self._create_receivable(due=date(2026, 12, 31), invoice_date=date(2026, 11, 1), post=False).move_id
        move = move or self.env["account.move"].search([("partner_id", "=", self.customer.id)])
        self.assertFalse(move.dunning_credit_text)
        move.invoice_date_due = date(2027, 1, 1)
        self.assertIn("61 days of credit: Insurer covers 60 days", move.dunning_credit_text)
        self.insured.dunning_insurer_id = False
        move.invalidate_recordset()
        self.assertFalse(move.dunning_credit_text)

    def test_plan_beyond_the_maximum_extension_needs_the_consent_of_the_insurer(self):
        line = self._create_receivable(due=date(2026, 10, 31))
        self.insured.dunning_extension_days = 60
        plan = self.env["dunning.plan"]._create_for(line, count=3, date_first=date(2026, 12, 1))
        self.assertTrue(plan.needs_consent)
        plan._write_door({"state": "proposed", "date_proposed": self.today})
        plan.write({"agreed_how": "confirmed", "agreed_by": "Customer", "date_signed": self.today})
        with self.assertRaisesRegex(UserError, "insurer must consent"):
            plan._set_agreed()

    def test_branch_and_legal_entity_share_what_is_known(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids |= branch
        self.customer.with_company(branch).write({"dunning_insurer_id": self.insurer.id, "dunning_cover_amount": 700})
        self.assertEqual(self.insured.dunning_cover_amount, 700)

    def test_bad_input(self):
        with self.assertRaises(ValidationError):
            self.insured.dunning_stop_days = -1
        self.insured.dunning_insurer_id = False
        self._create_receivable(due=date(2026, 10, 31))
        with self.assertRaisesRegex(UserError, "No credit insurer"):
            self._night(self.today).action_report_delay()
