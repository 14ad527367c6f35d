from datetime import timedelta

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import QuickAccountCommon
from .tour_common import TourCase


class ApprovalTourCommon(QuickAccountCommon, TourCase):
    """Two formal notices of today, for an approver without any right on accounting: browsers have a clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(su=True)
        cls.company = cls.company_data["company"].with_env(cls.env)
        cls.today = cls.company._get_dunning_today()
        cls.level = cls.env["dunning.level"].search([("stage", "=", "formal")], limit=1)
        values = {"company_id": cls.company.id, "company_ids": cls.company.ids, "lang": "en_US"}
        cls.approver = new_test_user(cls.env, "approver", groups="base.group_user", password="approver", **values)
        cls.stranger = new_test_user(cls.env, "stranger", groups="base.group_user", password="stranger", **values)
        cls.level.write({"approval_ids": [
            Command.clear(), Command.create({"role": "person", "user_id": cls.approver.id})], "last_call": False})
        cls.notices = cls._create_formal("Tour Customer") + cls._create_formal("Refused Customer")

    @classmethod
    def _create_formal(cls, name):
        customer = cls.env["res.partner"].create({
            "name": name, "is_company": True, "street": "1 rue de la Paix", "zip": "75002", "city": "Paris",
            "lang": "en_US", "dunning_debtor_kind": "business"})
        move = cls.env["account.move"].create({
            "move_type": "out_invoice", "partner_id": customer.id, "company_id": cls.company.id,
            "invoice_date": cls.today - timedelta(days=90), "invoice_date_due": cls.today - timedelta(days=60),
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 500, "tax_ids": []})],
        })
        move.action_post()
        line = move.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        followup_id = cls.env["dunning.followup"]._sync(cls.company, cls.today, customer.ids)[0]
        notice = cls.env["dunning.notice"].create({
            "followup_id": followup_id, "company_id": cls.company.id, "partner_id": customer.id, "date": cls.today,
            "level_id": cls.level.id, "policy_id": cls.level.policy_id.id, "amount_total": 500, "lang": "en_US",
            "line_ids": [Command.create({
                "line_id": line.id, "move_id": move.id, "name": move.name, "currency_id": move.currency_id.id,
                "amount_total": 500, "amount_residual": 500, "amount_company": 500, "due_date": line.date_maturity,
                "level_id": cls.level.id})],
            "dispatch_ids": [Command.create({"followup_id": followup_id, "channel": "registered", "leading": True})],
        })
        notice._set_to_approve()
        if notice.approval_state == "none":  # whatever the checklist of a formal letter asks besides
            notice._ask_approvals()
        return notice

    def _run_tour(self, name):
        self.patch(type(self.env["dunning.notice"]), "_get_approval_problems", lambda _notice: [])
        self.start_tour("/odoo/dunning-approvals", name, login="approver")
        approved, refused = self.notices
        self.assertEqual((approved.approval_state, approved.run_id.released_uid), ("approved", self.approver))
        self.assertEqual((refused.state, refused.approval_state), ("draft", "refused"))
        self.assertEqual(refused.approval_ids.comment, "He pays on Friday")


@tagged("post_install", "-at_install")
class TestApprovalTour(ApprovalTourCommon):
    """On the desk."""

    def test_approver_agrees_with_one_notice_and_refuses_another(self):
        self._run_tour("dunning_approve")

    def test_letter_is_shown_to_those_who_decide_only(self):
        self.patch(type(self.env["dunning.notice"]), "_render_letters",
                   lambda notices: dict.fromkeys(notices.ids, b"%PDF-1.4 a letter"))
        url = self.notices[0].approval_ids.action_preview_letter()["url"]
        self.authenticate("approver", "approver")
        answer = self.url_open(url)
        self.assertEqual((answer.status_code, answer.headers["Content-Type"]), (200, "application/pdf"))
        self.assertEqual(answer.content, b"%PDF-1.4 a letter")
        self.authenticate("stranger", "stranger")
        self.assertEqual(self.url_open(url).status_code, 404)


@tagged("post_install", "-at_install")
class TestApprovalPhoneTour(ApprovalTourCommon):
    """On the phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_approver_agrees_and_refuses_on_his_phone(self):
        self._run_tour("dunning_approve_phone")
