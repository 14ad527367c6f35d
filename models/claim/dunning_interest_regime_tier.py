from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

ZERO = Decimal(0)


class DunningInterestRegimeTier(models.Model):
    """One step of a scale: what a claim above an amount costs, plus a share of what exceeds that amount."""

    _name = "dunning.interest.regime.tier"
    _description = "Step of a Compensation Scale"
    _order = "regime_id, above, id"

    regime_id = fields.Many2one("dunning.interest.regime", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="regime_id.company_id", store=True)
    currency_id = fields.Many2one(related="regime_id.compensation_currency_id")
    above = fields.Monetary("Claims Above", help="This step is for claims above this amount.")
    amount = fields.Monetary("Sum")
    percent = fields.Float("Plus (%)", digits=(16, 4), help="This share of what exceeds the amount on the left.")

    _above_uniq = models.UniqueIndex("(regime_id, above)", "This scale already has a step for claims above that sum.")

    @api.constrains("above", "amount", "percent")
    def _check_figures(self):
        if any(min(tier.above, tier.amount, tier.percent) < 0 or tier.percent > 100 for tier in self):
            raise ValidationError(self.env._("A scale has amounts from 0 and shares from 0 to 100 %."))


class DunningInterestRegime(models.Model):
    """The compensation a regime gives for one invoice."""

    _inherit = "dunning.interest.regime"

    def _get_compensation(self, principal, currency):
        """Return (Decimal amount, currency) owed once for an invoice of this principal, 0 when none is due.

        The currency is the one of the law (GBP in the United Kingdom), whatever the currency of the invoice.
        """
        self.ensure_one()
        own, principal = self.compensation_currency_id or currency, Decimal(str(principal))
        if principal <= 0 or self.is_none or self.compensation_rule == "none" or not self._has_clause(self.env.company):
            return ZERO, own
        if self.compensation_rule == "fixed":
            return Decimal(str(self.compensation_amount)), own
        if currency != own:
            company = self.env.company
            principal = Decimal(str(currency._convert(
                float(principal), own, company, company._get_dunning_today(), round=False)))
        return self._get_scaled(principal, own), own

    def _get_scaled(self, principal, currency):
        """Apply the scale: the highest step the claim exceeds."""
        tiers = [tier for tier in self.compensation_tier_ids.sorted("above") if principal > Decimal(str(tier.above))]
        if not tiers:
            return ZERO
        tier = tiers[-1]
        amount = Decimal(str(tier.amount)) + (
            (principal - Decimal(str(tier.above))) * Decimal(str(tier.percent)) / 100)
        amount = max(amount, Decimal(str(self.compensation_minimum)))
        if self.compensation_maximum:
            amount = min(amount, Decimal(str(self.compensation_maximum)))
        return Decimal(str(currency.round(float(amount))))

    def _has_clause(self, company):
        """Tell whether what this regime claims is agreed, when the law asks for a clause."""
        # sudo: whoever may see the claim may see that its clause exists.
        return not self.needs_clause or company.root_id.sudo().dunning_contract_clause
