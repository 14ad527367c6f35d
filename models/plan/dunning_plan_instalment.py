from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningPlanInstalment(models.Model):
    """One payment of a plan, by a day."""

    _name = "dunning.plan.instalment"
    _description = "Instalment"
    _inherit = ["dunning.named"]
    _order = "plan_id, date, id"

    plan_id = fields.Many2one("dunning.plan", required=True, ondelete="cascade", index=True)
    date = fields.Date("To Be Paid By", required=True, index=True)
    amount = fields.Monetary(required=True)
    is_down = fields.Boolean("Part Payment", help="The part payment at the beginning of the plan.")
    currency_id = fields.Many2one(related="plan_id.currency_id", store=True, precompute=True)
    company_id = fields.Many2one(related="plan_id.company_id", store=True, precompute=True)
    partner_id = fields.Many2one(related="plan_id.partner_id", string="Customer", store=True, precompute=True)
    plan_state = fields.Selection(related="plan_id.state", string="State of the Plan", store=True, precompute=True)
    user_id = fields.Many2one(related="plan_id.user_id", store=True, precompute=True)
    date_reminded = fields.Date("Reminded On", readonly=True)
    name = fields.Char("Instalment", compute="_compute_name")
    amount_paid = fields.Monetary("Paid", compute="_compute_paid")
    amount_missing = fields.Monetary("Still to Pay", compute="_compute_paid")
    state = fields.Selection(
        [("planned", "Planned"), ("partly", "Partly Paid"), ("paid", "Paid"), ("late", "Late"),
         ("dropped", "Credited")],
        compute="_compute_paid",
    )

    @api.depends("plan_id.instalment_ids.date", "is_down")
    def _compute_name(self):
        for instalment in self:
            ordered = instalment.plan_id.instalment_ids.filtered(lambda one: not one.is_down).ids
            position = ordered.index(instalment._origin.id) + 1 if instalment._origin.id in ordered else 0
            if instalment.is_down:
                instalment.name = self.env._("Part payment")
            elif position:
                instalment.name = self.env._("%(number)s of %(count)s", number=position, count=len(ordered))
            else:
                instalment.name = self.env._("New")

    @api.depends("partner_id", "is_down", "plan_id.instalment_ids.date")
    def _compute_display_name(self):
        for instalment in self:
            instalment.display_name = " · ".join(filter(None, [instalment.partner_id.display_name, instalment.name]))

    @api.depends("amount", "date", "plan_id.state", "plan_id.line_ids.amount_residual")
    def _compute_paid(self):
        standings = self.plan_id._get_standings()
        days = {company: company._get_dunning_today() for company in self.company_id}
        for instalment in self:
            standing = standings.get(instalment._origin)
            paid = float(standing.paid) if standing else 0.0
            missing = float(standing.missing) if standing else instalment.amount
            instalment.amount_paid, instalment.amount_missing = paid, missing
            if standing and not standing.effective:
                instalment.state = "dropped"
            elif not missing:
                instalment.state = "paid"
            elif instalment.date and instalment.date < days.get(instalment.company_id, instalment.date):
                instalment.state = "late"
            else:
                instalment.state = "partly" if paid else "planned"

    @api.model_create_multi
    def create(self, vals_list):
        instalments = super().create(vals_list)
        instalments._check_draft()
        return instalments

    def write(self, vals):
        self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _check_draft(self):
        if not self.env.su and any(one.plan_id.state != "draft" for one in self):
            raise UserError(self.env._("This plan was proposed: press Back to Draft before you change it."))
