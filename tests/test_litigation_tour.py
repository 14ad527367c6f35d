from datetime import timedelta

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..escalation import Reason
from .common import QuickAccountCommon
from .tour_common import TourCase


@tagged("post_install", "-at_install")
class TestLitigationTour(QuickAccountCommon, TourCase):
    """A case in a real browser, from the expired formal notice to the money. It takes place today."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(su=True)
        cls.company = cls.company_data["company"].with_env(cls.env)
        cls.today = cls.company._get_dunning_today()
        cls.customer = cls.env["res.partner"].create({
            "name": "Tour Customer", "is_company": True, "street": "1 rue de la Paix", "zip": "75002", "city": "Paris",
            "lang": "en_US", "dunning_debtor_kind": "business"})
        cls.agency = cls.env["res.partner"].create({"name": "Tour Agency", "is_company": True})
        cls.invoice = cls.env["account.move"].create({
            "move_type": "out_invoice", "partner_id": cls.customer.id, "company_id": cls.company.id,
            "invoice_date": cls.today - timedelta(days=90), "invoice_date_due": cls.today - timedelta(days=60),
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 500, "tax_ids": []})],
        })
        cls.invoice.action_post()
        cls.receivable = cls.invoice.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        cls._send_formal()
        new_test_user(cls.env, "collector", groups="account_dunning.group_dunning_user", password="collector",
                      lang="en_US", company_id=cls.company.id, company_ids=cls.company.ids)

    @classmethod
    def _send_formal(cls):
        """A formal notice announced the agency; its deadline has passed."""
        followup_id = cls.env["dunning.followup"]._sync(cls.company, cls.today, cls.customer.ids)[0]
        sent = cls.today - timedelta(days=20)
        level = cls.env["dunning.level"].search([("stage", "=", "formal")], limit=1)
        notice = cls.env["dunning.notice"].create({
            "followup_id": followup_id, "company_id": cls.company.id, "partner_id": cls.customer.id,
            "level_id": level.id, "date": sent, "deadline_date": sent + timedelta(days=10),
            "consequence_codes": "agency", "line_ids": [Command.create({
                "line_id": cls.receivable.id, "move_id": cls.invoice.id, "role": "moving", "name": cls.invoice.name,
                "level_id": level.id, "currency_id": cls.invoice.currency_id.id, "amount_residual": 500,
                "amount_company": 500})],
            "dispatch_ids": [Command.create({
                "followup_id": followup_id, "channel": "registered", "leading": True, "state": "sent",
                "date_sent": sent})],
        })
        notice._set_ready()
        notice._set_sent(sent)
        cls.followup = cls.env["dunning.followup"].browse(followup_id)
        cls.followup._set_attention(Reason.FORMAL_EXPIRED)

    def test_collector_begins_hands_over_and_closes_a_case(self):
        self.start_tour("/odoo/dunning-followups", "dunning_litigation", login="collector")
        case = self.env["dunning.litigation"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual((len(case), case.state, case.counterpart_id), (1, "handed_over", self.agency))
        self.assertEqual(case.check_ids.done_uid.login, "collector")
        case.commission_percent = 15
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.invoice.ids).create({"amount": 300})._create_payments()
        self.start_tour("/odoo/dunning-litigation", "dunning_litigation_recovered", login="collector")
        self.assertEqual((case.state, case.amount_recovered), ("recovered", 300))
