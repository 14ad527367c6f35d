from odoo import api, fields, models


class DunningLitigation(models.Model):
    """What a case claims, costs and brings in; what came in is read from the books."""

    _inherit = "dunning.litigation"

    amount_principal = fields.Monetary("Principal", compute="_compute_amounts", store=True)
    amount_interest = fields.Monetary("Interest", compute="_compute_amounts", store=True)
    amount_compensation = fields.Monetary("Compensation", compute="_compute_amounts", store=True)
    amount_cost = fields.Monetary("Costs", help="Court fees, service, and what else the law lets us ask for.")
    amount_total = fields.Monetary("Claimed", compute="_compute_amounts", store=True)
    date_interest = fields.Date("Interest Until", compute="_compute_amounts", store=True)
    amount_recovered = fields.Monetary("Recovered", compute="_compute_results",
                                       help="Money matched with these invoices since the case began.")
    amount_open = fields.Monetary("Still Open", compute="_compute_results")
    amount_irrecoverable = fields.Monetary("Irrecoverable", readonly=True, copy=False)
    commission_percent = fields.Float("Commission (%)", help="What the agency keeps of what it recovers.")
    commission_amount = fields.Monetary("Commission", compute="_compute_results")

    _cost_sane = models.Constraint("CHECK (COALESCE(amount_cost, 0) >= 0)", "Costs cannot be negative.")
    _commission_sane = models.Constraint(
        "CHECK (COALESCE(commission_percent, 0) BETWEEN 0 AND 100)", "A commission is between 0 and 100 percent.")

    @api.depends("line_ids.amount", "line_ids.amount_interest", "line_ids.amount_compensation",
                 "line_ids.interest_until", "amount_cost")
    def _compute_amounts(self):
        for case in self:
            lines = case.line_ids
            case.amount_principal = sum(lines.mapped("amount"))
            case.amount_interest = sum(lines.mapped("amount_interest"))
            case.amount_compensation = sum(lines.mapped("amount_compensation"))
            case.amount_total = (case.amount_principal + case.amount_interest + case.amount_compensation
                                 + case.amount_cost)
            case.date_interest = max(filter(None, lines.mapped("interest_until")), default=False)

    @api.depends("line_ids.line_id.amount_residual", "commission_percent", "state")
    def _compute_results(self):
        for case in self:
            case.amount_recovered = sum(case.line_ids.mapped("amount_recovered"))
            # sudo: the open amount of a case is for everybody who reads the case.
            case.amount_open = sum(case.line_ids.line_id.sudo().mapped("amount_residual_currency"))
            case.commission_amount = case.currency_id.round(case.amount_recovered * case.commission_percent / 100)
