from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningFollowup(models.Model):
    """What the lateness of a customer costs: interest and compensation of his open items, computed when shown."""

    _inherit = "dunning.followup"

    # compute_sudo: whoever may read a follow-up may know what its open items cost.
    amount_interest = fields.Monetary(
        "Interest", compute="_compute_amount_interest", compute_sudo=True,
        help="Late interest of the open items up to today that was neither claimed nor waived. Other currencies are "
             "converted at today's rate.",
    )
    amount_compensation = fields.Monetary(
        "Compensation", compute="_compute_amount_interest", compute_sudo=True,
        help="The fixed compensation of the open items, once per invoice.",
    )
    amount_claim = fields.Monetary(
        "Total with Interest", compute="_compute_amount_interest", compute_sudo=True,
        help="Overdue, interest and compensation.",
    )
    interest_problem_text = fields.Char(
        "About the Interest", compute="_compute_amount_interest", compute_sudo=True,
        help="Why interest is missing for some items.",
    )

    @api.depends("amount_overdue", "line_count", "amount_total")
    @api.depends_context("lang")
    def _compute_amount_interest(self):
        lines_by_followup = self._get_interest_lines()
        claims = self.env["account.move.line"].union(*lines_by_followup.values())._get_interest_claims()
        for followup in self:
            ours = [claims[line.id] for line in lines_by_followup[followup] if line.id in claims]
            followup.amount_interest = followup._convert_claims(ours, "interest", "currency")
            followup.amount_compensation = followup._convert_claims(ours, "compensation", "compensation_currency")
            followup.amount_claim = followup.amount_overdue + followup.amount_interest + followup.amount_compensation
            texts = (one.problem_text for one in ours if one.problem in ("no_rate", "no_regime", "unlawful"))
            followup.interest_problem_text = " ".join(dict.fromkeys(texts)) or False

    def _get_interest_lines(self):
        """Return {follow-up: its open debits}, in one search per legal entity."""
        lines = self.env["account.move.line"]
        found = {followup: lines for followup in self}
        for company, followups in self.grouped("company_id").items():
            by_customer = lines.search(
                lines._get_dunning_domain(company) & fields.Domain("amount_residual", ">", 0)
                & fields.Domain("partner_id.commercial_partner_id", "in", followups.partner_id.ids),
            ).grouped(lambda line: line.partner_id.commercial_partner_id)
            for followup in followups:
                found[followup] = by_customer.get(followup.partner_id, lines)
        return found

    def _convert_claims(self, claims, amount, currency):
        """Return the sum of these amounts in the currency of the company, each currency converted once."""
        totals = {}
        for claim in claims:
            if getattr(claim, amount):
                key = getattr(claim, currency)
                totals[key] = totals.get(key, 0) + getattr(claim, amount)
        company = self.company_id
        day = company._get_dunning_today()
        return sum(one._convert(float(total), self.currency_id, company, day) for one, total in totals.items())

    def action_show_computation(self):
        """Show how the interest of all open items of this customer was computed, to read and to print."""
        self.ensure_one()
        lines = self._get_interest_lines()[self]
        if not lines:
            raise UserError(self.env._("This customer owes nothing."))
        return self.env["dunning.computation"]._open(lines)
