from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# What a route says about a row of the checklist, and only a manager says otherwise.
RULED = frozenset({"name", "is_required", "is_document", "step_id", "litigation_id"})


def _is_legal_rate(regime):
    """Return whether interest is the legal one of France, and no penalty."""
    return regime.index == "fr_legal_other" and regime.factor == 1 and not regime.margin


class DunningLitigationLine(models.Model):
    """A receivable in litigation, with the interest and the compensation claimed with it."""

    _name = "dunning.litigation.line"
    _description = "Receivable in Litigation"
    _inherit = ["dunning.answer.line"]
    _order = "litigation_id, due_date_start, id"

    # What a court reads is computed from the books.
    _door_fields = frozenset({
        "amount_interest", "amount_compensation", "compensation_currency_id", "amount_compensation_other",
        "interest_from", "interest_until", "interest_daily", "interest_article", "is_legal_interest",
        "interest_detail", "interest_problem", "partial_start",
    })
    _fixed_fields = frozenset({"amount"})

    litigation_id = fields.Many2one("dunning.litigation", required=True, ondelete="cascade", index=True)
    state = fields.Selection(related="litigation_id.state")
    currency_id = fields.Many2one(related="litigation_id.currency_id", store=True, precompute=True)
    company_id = fields.Many2one(related="litigation_id.company_id", store=True, precompute=True)
    due_date_start = fields.Date("Due Then", compute="_compute_due_date_start", store=True, precompute=True)
    amount_interest = fields.Monetary("Late Interest", readonly=True)
    amount_compensation = fields.Monetary("Compensation", readonly=True)
    # The law names the sum in one currency: it is claimed in that one and never converted.
    compensation_currency_id = fields.Many2one("res.currency", readonly=True)
    amount_compensation_other = fields.Monetary(
        "Compensation (Other Currency)", currency_field="compensation_currency_id", readonly=True)
    interest_from = fields.Date(readonly=True)
    interest_until = fields.Date(readonly=True)
    interest_daily = fields.Float("Interest of a Day", digits=(16, 4), readonly=True)
    interest_article = fields.Char("Legal Basis", readonly=True)
    is_legal_interest = fields.Boolean("Legal Rate", readonly=True, help="Interest at the legal rate, not a penalty.")
    interest_detail = fields.Json("Periods", readonly=True)
    interest_problem = fields.Char("No Interest Because", readonly=True)
    # The last matching that existed when litigation began: later ones are what it brought in.
    partial_start = fields.Integer(readonly=True)
    amount_recovered = fields.Monetary("Recovered", compute="_compute_amount_recovered")

    @api.depends("line_id")
    def _compute_due_date_start(self):
        for line in self:
            line.due_date_start = line.due_date_start or line.line_id.dunning_due_date

    @api.depends("line_id.amount_residual", "litigation_id.state")
    def _compute_amount_recovered(self):
        amounts = self._get_recovered()
        for line in self:
            line.amount_recovered = amounts.get(line._origin.id, 0.0)

    def _get_recovered(self):
        """Return {line id: money matched with it since litigation began}; of a cancelled case until it ended."""
        if not self.ids:
            return {}
        for model in ("account.move", "account.move.line", "account.partial.reconcile", "dunning.litigation",
                      self._name):
            self.env[model].flush_model()
        lines, owed = self.env["account.move.line"], self.sudo().line_id
        return dict(self.env.execute_query(SQL(
            """SELECT line.id, SUM(movement.amount)::float
                 FROM dunning_litigation_line line
                 JOIN dunning_litigation litigation ON litigation.id = line.litigation_id
                 JOIN account_move_line owed ON COALESCE(owed.dunning_doubtful_of_id, owed.id) = line.line_id
                 JOIN (%s) movement ON movement.line_id = owed.id
                WHERE line.id = ANY(%s) AND movement.kind = 'money'
                  AND movement.partial_id > COALESCE(line.partial_start, 0)
                  AND movement.day >= litigation.date_prepared
                  AND (litigation.state <> 'cancelled' OR movement.day <= litigation.date_closed)
             GROUP BY line.id""",
            lines._get_dunning_movement_sql((owed | owed._get_doubtful_lines()).ids), list(self.ids),
        )))

    # --- CRUD -----------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_preparing()
        lines._set_partial_start()
        return lines

    def write(self, vals):
        self._check_preparing()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _check_preparing(self):
        if not self.env.su and any(line.litigation_id.state != "preparing" for line in self):
            raise UserError(self.env._("This case was handed over: its invoices cannot be changed any more."))

    def _set_partial_start(self):
        last = self.env.execute_query(SQL("SELECT COALESCE(MAX(id), 0) FROM account_partial_reconcile"))[0][0]
        # sudo: what is known of the books at the beginning is no choice of the user.
        self.sudo().write({"partial_start": last})

    # --- what is claimed ------------------------------------------------------------------------------------------

    def _freeze_claims(self):
        """Compute interest and compensation of today, with the periods that a court wants to read."""
        # sudo: claims are read by whoever may open the case.
        claims = self.sudo().line_id._get_interest_claims()
        for line in self:
            line.sudo().write(line._prepare_claim_vals(claims.get(line.line_id.id)))

    def _prepare_claim_vals(self, claim):
        vals = {
            "amount": self.line_id.amount_residual_currency, "amount_interest": 0, "amount_compensation": 0,
            "compensation_currency_id": False, "amount_compensation_other": 0, "interest_from": False,
            "interest_until": False, "interest_daily": 0, "interest_detail": False,
            "interest_problem": claim and claim.problem_text,
        }
        if not claim or not claim.breakdown:
            return vals
        segments = [segment for segment in claim.breakdown.segments if segment.exact]
        same = claim.compensation_currency == self.currency_id
        return vals | {
            "amount_interest": float(claim.interest),
            "amount_compensation": float(claim.compensation) if same else 0.0,
            "compensation_currency_id": not same and claim.compensation and claim.compensation_currency.id,
            "amount_compensation_other": 0.0 if same else float(claim.compensation),
            "interest_from": segments[0].first if segments else False,
            "interest_until": claim.until, "interest_daily": float(claim.breakdown.daily or 0),
            "interest_article": claim.regime.with_context(lang="fr_FR").article,
            "is_legal_interest": _is_legal_rate(claim.regime),
            "interest_detail": [
                {"first": str(one.first), "last": str(one.last), "days": one.days, "base": str(one.base),
                 "percent": str(one.percent), "amount": str(one.amount)} for one in segments
            ],
        }


class DunningLitigationCheck(models.Model):
    """One row of the checklist of a case."""

    _name = "dunning.litigation.check"
    _description = "Checklist of a Litigation"
    _inherit = ["dunning.door", "dunning.named"]
    _order = "litigation_id, sequence, id"

    _door_fields = frozenset({"step_id", "done_uid", "done_date"})

    litigation_id = fields.Many2one("dunning.litigation", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="litigation_id.company_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)
    step_id = fields.Many2one("dunning.litigation.step", readonly=True, ondelete="set null")
    # Copied in every language when the case begins: each reads his own, and what was done keeps its words.
    name = fields.Char("To Do", required=True, translate=True)
    is_document = fields.Boolean("Document")
    is_required = fields.Boolean("Required")
    is_own = fields.Boolean("Added by Hand", compute="_compute_is_own", default=True)
    is_done = fields.Boolean("Done")
    done_uid = fields.Many2one("res.users", "Done By", readonly=True, ondelete="restrict")
    done_date = fields.Date("Done On", readonly=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Files")

    @api.depends("step_id")
    def _compute_is_own(self):
        for row in self:
            row.is_own = not row.step_id

    def _copy_words(self):
        """Take the words of the route over, in all languages."""
        for row in self.filtered("step_id"):
            row.update_field_translations("name", row.step_id._fields["name"]._get_stored_translations(row.step_id))

    def write(self, vals):
        self._check_route_rows(not RULED.isdisjoint(vals))
        result = super().write(vals)
        if "is_done" in vals:
            done = bool(vals["is_done"])
            for row in self:
                row._write_door({"done_uid": done and self.env.uid,
                                 "done_date": done and row.company_id._get_dunning_today()})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_required(self):
        self._check_route_rows()

    def _check_route_rows(self, is_ruled=True):
        """What the route demands stays: only a manager says that a case goes without it."""
        if is_ruled and not self.env.su and not self.env.user.has_group("account_dunning.group_dunning_manager") \
                and any(row.step_id and row.is_required for row in self):
            raise UserError(self.env._(
                "The route demands this row. Tick it when it is done; only a dunning manager may take it away."))
