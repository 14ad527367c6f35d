from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningPlanLine(models.Model):
    """A receivable that is paid by instalments."""

    _name = "dunning.plan.line"
    _description = "Receivable of a Payment Plan"
    _inherit = ["dunning.answer.line"]
    _order = "plan_id, due_date_start, id"

    plan_id = fields.Many2one("dunning.plan", required=True, ondelete="cascade", index=True)
    state = fields.Selection(related="plan_id.state")
    currency_id = fields.Many2one(related="plan_id.currency_id", store=True, precompute=True)
    company_id = fields.Many2one(related="plan_id.company_id", store=True, precompute=True)
    due_date_start = fields.Date("Due Then", compute="_compute_due_date_start", store=True, precompute=True)
    # What had been matched with it when the plan was proposed, by counterpart: later payments count for the plan.
    matched_start = fields.Json(readonly=True)

    @api.depends("line_id")
    def _compute_due_date_start(self):
        for line in self:
            line.due_date_start = line.due_date_start or line.line_id.dunning_due_date

    def write(self, vals):
        self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _check_draft(self):
        if not self.env.su and any(line.plan_id.state != "draft" for line in self):
            raise UserError(self.env._("This plan was proposed: press Back to Draft before you change it."))
