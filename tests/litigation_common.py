from datetime import timedelta

from odoo.fields import Command

from .common import TODAY
from .interest_common import InterestCommon


class LitigationCommon(InterestCommon):
    """Customers whose formal notice was sent for real and has expired."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = TODAY
        cls.company.dunning_quiet_days = 7
        cls.order = cls.env.ref("account_dunning.litigation_route_payment_order")
        cls.agency = cls.env.ref("account_dunning.litigation_route_agency")
        cls.write_off = cls.env.ref("account_dunning.litigation_route_write_off")
        cls.court = cls.env["res.partner"].create({"name": "Tribunal de commerce de Paris"})

    def _create_notified(self, amount=1000, partner=None, codes="payment_order", days=20, **values):
        """Return a receivable whose formal notice left some days ago, with a deadline ten days later."""
        receivable = self._create_receivable(amount, late=90, partner=partner, **values)
        self._send_formal(receivable, codes, days)
        return receivable

    def _send_formal(self, receivable, codes="payment_order", days=20, channel="registered", **values):
        company, customer = receivable.company_id.root_id, receivable.partner_id
        self.env["dunning.followup"]._sync(company, self.today, customer.ids)
        followup = self.env["dunning.followup"].search([
            ("partner_id", "=", customer.id), ("company_id", "=", company.id)])
        sent = self.today - timedelta(days=days)
        notice = self.env["dunning.notice"].create({
            "followup_id": followup.id, "company_id": company.id, "partner_id": customer.id,
            "level_id": self.formal.id, "date": sent, "deadline_date": sent + timedelta(days=10),
            "consequence_codes": codes, "line_ids": [Command.create({
                "line_id": receivable.id, "move_id": receivable.move_id.id, "role": "moving",
                "name": receivable.move_id.name, "level_id": self.formal.id, "currency_id": receivable.currency_id.id,
                "amount_residual": receivable.amount_residual, "amount_company": receivable.amount_residual,
            })],
            "dispatch_ids": [Command.create({
                "followup_id": followup.id, "channel": channel, "leading": True, "state": "sent",
                "date_sent": sent})], **values,
        })
        notice._set_ready()
        notice._set_sent(sent)
        return notice

    def _begin(self, receivable=None, route=None, **values):
        receivable = receivable or self._create_notified()
        return self.env["dunning.litigation"]._create_for(receivable, route or self.order, **values)

    def _hand_over(self, case):
        case.check_ids.is_done = True
        case.counterpart_id = self.court
        case._set_handed_over()
        return case

    def _get_reason(self, receivable):
        """Return why nothing happens to a receivable, as the planner says."""
        self.env["dunning.followup"]._sync(self.company, self.today, receivable.partner_id.ids)
        _case, plan = self._get_followup(receivable.partner_id)._plan(self.today).popitem()[1]
        decision = next(one for one in plan.decisions if one.receivable == receivable.id)
        return decision.reason.value

    def _create_taxed(self, name="Work"):
        """Return 1,000 plus 20 % VAT that nobody pays."""
        country = self.company.account_fiscal_country_id.id
        group = self.env["account.tax.group"].create({
            "name": "VAT", "company_id": self.company.id, "country_id": country})
        account = self.company_data["default_account_tax_sale"].id
        parts = [Command.create({"repartition_type": "base"}),
                 Command.create({"repartition_type": "tax", "account_id": account})]
        tax = self.env["account.tax"].create({
            "name": "VAT 20", "amount": 20, "amount_type": "percent", "type_tax_use": "sale", "country_id": country,
            "company_id": self.company.id, "tax_group_id": group.id, "invoice_repartition_line_ids": parts,
            "refund_repartition_line_ids": parts})
        return self._create_receivable(late=90, invoice_line_ids=[
            Command.create({"name": name, "price_unit": 1000, "tax_ids": tax.ids})])
