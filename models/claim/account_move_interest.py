from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list


class AccountMoveLine(models.Model):
    """Interest and compensation of a receivable, where its line is shown."""

    _inherit = "account.move.line"

    # compute_sudo: whoever may read an invoice may know what its lateness costs; no other customer's data is shown.
    dunning_interest = fields.Monetary(
        "Interest", compute="_compute_dunning_interest", compute_sudo=True, currency_field="currency_id",
        help="Late interest up to today that was neither claimed nor waived, in the currency of the invoice.",
        groups="base.group_user",
    )
    dunning_compensation = fields.Monetary(
        "Compensation", compute="_compute_dunning_interest", compute_sudo=True,
        currency_field="dunning_compensation_currency_id", groups="base.group_user",
    )
    dunning_compensation_currency_id = fields.Many2one(
        "res.currency", "Currency of the Compensation", compute="_compute_dunning_interest", compute_sudo=True,
        groups="base.group_user",
    )

    @api.depends(
        "amount_currency", "amount_residual", "date_maturity", "parent_state", "move_id.dunning_legal_due_date",
        "move_id.dunning_interest_start", "move_id.dunning_is_charge",
    )
    def _compute_dunning_interest(self):
        claims = self._origin._get_interest_claims()
        for line in self:
            claim = claims.get(line._origin.id)
            line.dunning_interest = claim and float(claim.interest)
            line.dunning_compensation = claim and float(claim.compensation)
            line.dunning_compensation_currency_id = claim and claim.compensation_currency or line.currency_id


class AccountMove(models.Model):
    """What the lateness of an invoice costs up to today: interest, compensation, and all that is claimed."""

    _inherit = "account.move"

    dunning_interest_start = fields.Date(
        "Interest From", copy=False, tracking=True,
        help="Interest counts from the day after. Empty: as the regime says. Enter the day on which a formal notice "
             "that was sent otherwise took effect, or the day that a regime asks you for.",
        groups="base.group_user",
    )
    # compute_sudo: whoever may read an invoice may know what its lateness costs; no other customer's data is shown.
    dunning_interest = fields.Monetary(
        "Interest to Date", compute="_compute_dunning_interest", compute_sudo=True,
        help="Late interest up to today that was neither claimed nor waived before, in the currency of the invoice.",
        groups="base.group_user",
    )
    dunning_compensation = fields.Monetary(
        "Compensation", compute="_compute_dunning_interest", compute_sudo=True,
        currency_field="dunning_compensation_currency_id", help="The fixed compensation: once per invoice.",
        groups="base.group_user",
    )
    dunning_compensation_currency_id = fields.Many2one(
        "res.currency", "Currency of the Compensation", compute="_compute_dunning_interest", compute_sudo=True,
        groups="base.group_user",
    )
    dunning_claim_total = fields.Monetary(
        "Total with Interest", compute="_compute_dunning_interest", compute_sudo=True,
        help="What is outstanding, the interest and the compensation. A compensation in another currency is not in it.",
        groups="base.group_user",
    )
    dunning_interest_text = fields.Char(
        "About the Interest", compute="_compute_dunning_interest", compute_sudo=True,
        help="The rule that applies and what each further day adds, or why no interest is computed.",
        groups="base.group_user",
    )
    dunning_has_interest = fields.Boolean(
        compute="_compute_dunning_interest", compute_sudo=True, groups="base.group_user",
    )

    @api.depends(
        "state", "line_ids.amount_residual", "line_ids.date_maturity", "dunning_legal_due_date",
        "dunning_interest_start", "dunning_is_charge",
    )
    @api.depends_context("lang")
    def _compute_dunning_interest(self):
        lines = self.dunning_line_ids._origin
        claims = lines._get_interest_claims()
        for move in self:
            ours = [claims[line.id] for line in move.dunning_line_ids._origin if line.id in claims]
            interest, compensation = sum(one.interest for one in ours), sum(one.compensation for one in ours)
            own = next((one.compensation_currency for one in ours if one.compensation), move.currency_id)
            added = interest + (compensation if own == move.currency_id else 0)
            move.dunning_interest, move.dunning_compensation = float(interest), float(compensation)
            move.dunning_compensation_currency_id = own
            is_claim = ours and move.move_type in ("out_invoice", "out_receipt")
            move.dunning_claim_total = move.amount_residual + float(added) if is_claim else 0
            move.dunning_interest_text = move._get_interest_text(ours)
            move.dunning_has_interest = any(one.breakdown or one.compensation for one in ours)

    def _get_interest_text(self, claims):
        """Return one sentence: the rule and what each further day adds, or why there is no interest."""
        said = (None, "not_late", "no_interest")
        problems = list(dict.fromkeys(one.problem_text for one in claims if one.problem not in said))
        if problems:
            return " ".join(problems)
        computed = [one for one in claims if one.breakdown]
        if not computed:
            return next((one.problem_text for one in claims), False)
        names = format_list(self.env, list(dict.fromkeys(one.regime.name for one in computed)))
        dailies = [one.breakdown.daily for one in computed]
        if None in dailies or not sum(dailies):
            return names
        daily = self.env["account.move.line"]._say_daily(sum(dailies), self.currency_id)
        return self.env._("%(regime)s: %(amount)s more with each day.", regime=names, amount=daily)

    def action_dunning_show_computation(self):
        """Show how the interest of these invoices was computed, to read and to print."""
        lines = self.dunning_line_ids
        if not lines:
            raise UserError(self.env._("Choose posted customer invoices: nothing else bears interest."))
        return self.env["dunning.computation"]._open(lines)
