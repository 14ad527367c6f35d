from odoo import api, fields, models


class DunningFollowup(models.Model):
    """Plans of a customer on his follow-up."""

    _inherit = "dunning.followup"

    plan_ids = fields.One2many("dunning.plan", "followup_id", "Payment Plans", readonly=True)
    plan_count = fields.Integer(compute="_compute_plan_text")
    plan_text = fields.Char("Payment Plan", compute="_compute_plan_text")

    @api.depends("plan_ids.state")
    @api.depends_context("lang")
    def _compute_plan_text(self):
        plans = self.env["dunning.plan"].search([("followup_id", "in", self.ids), ("state", "!=", "cancelled")])
        shown = plans.filtered(lambda plan: plan.state in ("proposed", "agreed"))
        states = dict(plans._fields["state"]._description_selection(self.env))
        for followup in self:
            mine = shown.filtered(lambda plan, followup=followup: plan.followup_id == followup)
            followup.plan_count = len(plans.filtered(lambda plan, followup=followup: plan.followup_id == followup))
            followup.plan_text = " · ".join(
                plan.progress_text if plan.state == "agreed" else states[plan.state] for plan in mine)

    def action_plan(self):
        """Open the plan that is being made for this customer, else make one of all that is overdue."""
        self.ensure_one()
        drafts = self.plan_ids.filtered(lambda plan: plan.state == "draft")
        if drafts:
            return drafts[:1].action_open()
        lines = self.env["account.move.line"]
        overdue = lines.search(lines._get_overdue_domain(self.company_id) & fields.Domain(
            "partner_id.commercial_partner_id", "=", self.partner_id.id))
        return self.env["dunning.plan"]._create_for(overdue).action_open()

    def action_open_plans(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_plan_action")
        return action | {"domain": [("followup_id", "=", self.id)], "context": {}}


class AccountMove(models.Model):
    """The payment plan of an invoice."""

    _inherit = "account.move"

    dunning_plan_id = fields.Many2one(
        "dunning.plan", "Payment Plan", compute="_compute_dunning_plan",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    dunning_plan_text = fields.Char(compute="_compute_dunning_plan",
                                    groups="account.group_account_invoice,account.group_account_readonly")

    @api.depends("line_ids")
    @api.depends_context("lang")
    def _compute_dunning_plan(self):
        lines = self.env["dunning.plan.line"].search(
            [("move_id", "in", self.ids), ("plan_id.state", "in", ("proposed", "agreed"))])
        states = dict(self.env["dunning.plan"]._fields["state"]._description_selection(self.env))
        for move in self:
            plan = lines.filtered(lambda line, move=move: line.move_id == move._origin).plan_id[:1]
            move.dunning_plan_id = plan
            move.dunning_plan_text = plan and " · ".join(
                filter(None, [states[plan.state], plan.state == "agreed" and plan.progress_text]))

    def action_dunning_plan(self):
        """Open the plan of these invoices, else make one."""
        plan = self.env["dunning.plan.line"].search(
            [("move_id", "in", self.ids), ("plan_id.state", "in", self.env["dunning.plan"]._open_states)]).plan_id
        if len(plan) == 1:
            return plan.action_open()
        return self.env["dunning.plan"]._create_for(self._get_dunning_open_lines()).action_open()

    def _get_dunning_open_lines(self):
        """Return what is still to be paid of these invoices."""
        return self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and line.amount_residual > 0)
