from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DunningLitigationStart(models.TransientModel):
    """The dialog in which a case begins: which invoices, on which route, and what speaks against it."""

    _name = "dunning.litigation.start"
    _inherit = ["dunning.dialog"]
    _description = "Begin Litigation"

    followup_id = fields.Many2one("dunning.followup", "Follow-up", required=True)
    company_id = fields.Many2one(related="followup_id.company_id")
    partner_id = fields.Many2one(related="followup_id.partner_id")
    line_ids = fields.Many2many("account.move.line", string="Invoices", required=True, domain="""[
        ('partner_id', 'child_of', partner_id), ('company_id', 'child_of', company_id), ('parent_state', '=', 'posted'),
        ('account_type', '=', 'asset_receivable'), ('amount_residual', '>', 0)]""")
    currency_id = fields.Many2one("res.currency", compute="_compute_amount")
    amount = fields.Monetary("Open", compute="_compute_amount")
    is_all = fields.Boolean("Also What Was Not Announced",
                            help="A dunning manager may go on nevertheless, with a reason.")
    available_route_ids = fields.Many2many("dunning.litigation.route", compute="_compute_routes")
    announced_text = fields.Char("Announced", compute="_compute_routes")
    route_id = fields.Many2one("dunning.litigation.route", required=True,
                               domain="[('id', 'in', available_route_ids)]")
    route_note = fields.Text(related="route_id.note")
    route_caution = fields.Char(related="route_id.caution")
    problem_text = fields.Text(compute="_compute_texts")
    obstacle_text = fields.Text(compute="_compute_texts")
    warning_text = fields.Text(compute="_compute_texts")
    is_manager = fields.Boolean(compute="_compute_texts")
    override_reason = fields.Char("Why Nevertheless", help="A dunning manager decides, and says why.")
    counterpart_id = fields.Many2one("res.partner", "Handed Over To")
    user_id = fields.Many2one("res.users", "Responsible", default=lambda self: self.env.user,
                              domain=[("share", "=", False)])

    @api.model
    def _get_dialog(self, followup, lines):
        """Return the action that opens the dialog, with the first announced route."""
        if not lines:
            raise UserError(self.env._("Choose posted customer invoices that are not paid."))
        proposed = followup._get_proposed_routes(lines)
        start = self.create({
            "followup_id": followup.id, "line_ids": [Command.set(lines.ids)], "is_all": not proposed,
            "route_id": (proposed or self.env["dunning.litigation.route"]._get_for(
                followup.company_id, followup.partner_id.with_company(followup.company_id).dunning_debtor_kind))[:1].id,
            "user_id": followup.user_id.id or self.env.uid,
        })
        return {"type": "ir.actions.act_window", "res_model": self._name, "res_id": start.id, "target": "new",
                "view_mode": "form", "name": self.env._("Litigation: %(customer)s",
                                                        customer=followup.partner_id.display_name)}

    @api.depends("line_ids")
    def _compute_amount(self):
        for start in self:
            start.currency_id = start.line_ids.currency_id[:1] or start.company_id.currency_id
            start.amount = sum(start.line_ids.mapped("amount_residual_currency"))

    @api.depends("followup_id", "line_ids", "is_all")
    @api.depends_context("lang", "uid")
    def _compute_routes(self):
        """Offer the lawful routes that were announced, or need not be; all lawful ones when a person wants them."""
        cases = self.env["dunning.litigation"]
        for start in self:
            company, lines = start.company_id, start.line_ids._origin
            kind = start.partner_id.with_company(company).dunning_debtor_kind
            lawful = self.env["dunning.litigation.route"]._get_for(company, kind).filtered(
                lambda route, start=start, lines=lines: not cases._get_route_obstacle(route, start.followup_id, lines))
            announced = cases._get_announced_routes(start.followup_id, lines)
            start.available_route_ids = lawful if start.is_all else lawful.filtered(
                lambda route, start=start, lines=lines, announced=announced: (
                    route in announced or cases._is_free(route, start.followup_id, lines)))
            start.announced_text = ", ".join(announced.mapped("name"))

    @api.depends("followup_id", "line_ids", "route_id")
    @api.depends_context("lang", "uid")
    def _compute_texts(self):
        cases = self.env["dunning.litigation"]
        for start in self:
            chosen = (start.route_id, start.followup_id, start.line_ids._origin)
            start.obstacle_text = start.route_id and cases._get_route_obstacle(*chosen)
            start.problem_text = start.route_id and "\n".join(cases._get_route_problems(*chosen))
            start.warning_text = "\n".join(cases._get_warnings(*chosen[1:]))
            start.is_manager = self.env.user.has_group("account_dunning.group_dunning_manager")

    def action_begin(self):
        """Begin the case and open it."""
        self.ensure_one()
        case = self.env["dunning.litigation"]._create_for(
            self.line_ids, self.route_id, override_reason=self.problem_text and self.override_reason,
            user_id=self.user_id.id, counterpart_id=self.counterpart_id.id)
        case._refresh()
        return case.action_open()
