from collections import Counter

from odoo import api, fields, models


class DunningLitigation(models.Model):
    """What a case claims, costs and brings in; what came in is read from the books."""

    _inherit = "dunning.litigation"

    amount_principal = fields.Monetary("Principal", compute="_compute_amounts", store=True)
    amount_interest = fields.Monetary("Interest", compute="_compute_amounts", store=True)
    amount_compensation = fields.Monetary("Compensation", compute="_compute_amounts", store=True)
    compensation_other_text = fields.Char(
        "Compensation Besides", compute="_compute_compensation_other_text",
        help="The law names the compensation in another currency: it is claimed in that one, apart from the total.")
    amount_cost = fields.Monetary("Costs", help="Court fees, service, and what else the law lets us ask for.")
    amount_total = fields.Monetary("Claimed", compute="_compute_amounts", store=True)
    date_interest = fields.Date("Interest Until", compute="_compute_amounts", store=True)
    amount_recovered = fields.Monetary("Recovered", compute="_compute_results",
                                       help="Money matched with these invoices since the case began.")
    amount_open = fields.Monetary("Still Open", compute="_compute_results",
                                  help="In the books, what was moved to the doubtful debts included.")
    amount_irrecoverable = fields.Monetary("Irrecoverable", readonly=True, copy=False)
    amount_written_off = fields.Monetary("Written Off", compute="_compute_results",
                                         help="By posted entries that were proposed here, less what came back.")
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

    @api.depends("line_ids.amount_compensation_other")
    @api.depends_context("lang")
    def _compute_compensation_other_text(self):
        for case in self:
            case.compensation_other_text = ", ".join(
                currency.format(amount) for currency, amount in case._get_other_compensations().items())

    def _get_other_compensations(self):
        """Return {currency: compensation} of what is claimed in another currency than that of the case."""
        lines = self.line_ids.filtered("amount_compensation_other")
        return {currency: sum(ours.mapped("amount_compensation_other"))
                for currency, ours in lines.grouped("compensation_currency_id").items()}

    @api.depends("line_ids.line_id.amount_residual", "commission_percent", "state")
    def _compute_results(self):
        open_amounts, lost_amounts = self._get_book_amounts()
        for case in self:
            case.amount_recovered = sum(case.line_ids.mapped("amount_recovered"))
            case.amount_open = sum(open_amounts.get(line.id, 0.0) for line in case.line_ids.line_id)
            case.amount_written_off = sum(lost_amounts.get(line.id, 0.0) for line in case.line_ids.line_id)
            case.commission_amount = case.currency_id.round(case.amount_recovered * case.commission_percent / 100)

    def _get_book_amounts(self):
        """Return {line id: what is open or doubtful} and {line id: what was lost}, in the currency of the line."""
        # sudo: the open amount of a case is for everybody who reads the case.
        lines = self.line_ids.line_id.sudo()
        open_amounts, lost_amounts = Counter(), Counter()
        for owed in lines | lines._get_doubtful_lines():
            open_amounts[(owed.dunning_doubtful_of_id or owed).id] += owed._get_unpaid()[1]
        losses = lines._get_written_off()
        for entry in losses | losses._get_returned():
            owed = (entry.dunning_returned_id or entry).dunning_written_off_id
            lost_amounts[(owed.dunning_doubtful_of_id or owed).id] -= entry.amount_currency
        return open_amounts, lost_amounts
