import base64
import hashlib
from datetime import timedelta

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import QuickAccountCommon
from .tour_common import TourCase


@tagged("post_install", "-at_install")
class TestDunningTours(QuickAccountCommon, TourCase):
    """The three ways through a day, in a real browser. They take place today: the browser has its own clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(su=True)
        cls.company = cls.company_data["company"].with_env(cls.env)
        cls.company.write({
            "email": "accounts@creditor.example.com", "dunning_not_sent_mode": "warn", "dunning_bank_days": 0,
            "dunning_sending_days": "all", "dunning_year_end_pause": False, "dunning_auto_send": False,
            "dunning_policy_id": cls.env.ref("account_dunning.dunning_policy_standard").id,
        })
        cls.env["dunning.policy.rule"].search([]).unlink()
        cls.env["dunning.holiday"].search([]).unlink()
        cls.customer = cls.env["res.partner"].create({
            "name": "Tour Customer", "is_company": True, "email": "tour@customer.example.com", "lang": "en_US",
            "phone": "+33 1 23 45 67 89", "dunning_debtor_kind": "business",
        })
        cls.today = cls.company._get_dunning_today()
        cls.invoice = cls.env["account.move"].create({
            "move_type": "out_invoice", "partner_id": cls.customer.id, "company_id": cls.company.id,
            "invoice_date": cls.today - timedelta(days=40), "invoice_date_due": cls.today - timedelta(days=10),
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 500, "tax_ids": []})],
        })
        cls.invoice.action_post()

    def _create_user(self, login, groups):
        return new_test_user(self.env, login, groups=groups, password=login, lang="en_US",
                             company_id=self.company.id, company_ids=self.company.ids)

    def _get_run(self):
        return self.env["dunning.run"].search([("company_id", "=", self.company.id)], limit=1)

    def test_manager_prepares_looks_at_and_releases_a_run(self):
        self._create_user("manager", "account_dunning.group_dunning_manager")
        self.start_tour("/odoo/dunning-runs", "dunning_run_prepare", login="manager")
        run = self._get_run()
        self.assertEqual((run.phase, run.origin, run.user_id.login), ("planning", "manual", "manager"))
        while run.phase == "planning":
            run._execute_batch()
        self.assertEqual(run.phase, "review")
        self.start_tour(f"/odoo/dunning-runs/{run.id}", "dunning_run_release", login="manager")
        self.assertEqual((run.phase, run.released_uid.login), ("sending", "manager"))
        self.assertTrue(self.company.dunning_auto_send)

    def test_collector_sends_a_reminder_and_logs_a_call(self):
        self._create_user("collector", "account_dunning.group_dunning_user")
        self.env["dunning.followup"]._sync(self.company, self.today)
        self.start_tour("/odoo/dunning-followups", "dunning_collector", login="collector")
        followup = self.env["dunning.followup"].search([("partner_id", "=", self.customer.id)])
        reminder = followup.notice_ids.filtered(lambda notice: not notice.is_call)
        self.assertEqual((reminder.run_id.released_uid.login, reminder.is_manual), ("collector", True))
        call = followup.dispatch_ids.filtered(lambda one: one.channel == "call")
        self.assertRecordValues(call, [{
            "outcome": "reached", "outcome_reason": "forgotten", "comment": "Pays on Friday", "state": "sent"}])

    def test_accountant_excludes_an_invoice_and_includes_it_again(self):
        self._create_user("accountant", "account_dunning.group_dunning_user")
        self.start_tour(f"/odoo/customer-invoices/{self.invoice.id}", "dunning_invoice", login="accountant")
        self.assertFalse(self.invoice.no_followup)
        notes = self.invoice.message_ids.filtered(lambda message: "dunning" in (message.body or ""))
        self.assertEqual(len(notes), 2)

    def test_collector_notes_a_dispute_and_answers_it(self):
        self._create_user("collector", "account_dunning.group_dunning_user")
        self.start_tour(f"/odoo/customer-invoices/{self.invoice.id}", "dunning_dispute", login="collector")
        dispute = self.env["dunning.dispute"].search([("line_ids.move_id", "=", self.invoice.id)])
        self.assertRecordValues(dispute, [{
            "amount": 200, "state": "rejected", "comment": "Not the agreed price", "answer_mode": "email"}])

    def test_archived_email_is_shown_byte_by_byte_to_colleagues_only(self):
        self._create_user("collector", "account_dunning.group_dunning_user")
        self._create_user("stranger", "base.group_user")
        followup_id = self.env["dunning.followup"]._sync(self.company, self.today)[0]
        page = b'<p style="color:#222222">As it left</p>'
        notice = self.env["dunning.notice"].create({
            "followup_id": followup_id, "company_id": self.company.id, "partner_id": self.customer.id,
            "html": base64.b64encode(page), "html_sha256": hashlib.sha256(page).hexdigest(),
        })
        self.authenticate("collector", "collector")
        answer = self.url_open(notice.action_view_email()["url"])
        self.assertEqual((answer.status_code, answer.content), (200, page))
        self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
        self.authenticate("stranger", "stranger")
        self.assertEqual(self.url_open(notice.action_view_email()["url"]).status_code, 404)
