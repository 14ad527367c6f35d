from odoo import api, fields, models
from odoo.exceptions import UserError

STAGES = [
    ("reminder_1", "A first reminder"),
    ("reminder_2", "A second reminder"),
    ("reminder_3", "A third reminder"),
]


class DunningChased(models.TransientModel):
    """Says that debts were already chased elsewhere, so that they do not start again at the first reminder."""

    _name = "dunning.chased"
    _description = "Debts Already Chased"

    line_ids = fields.Many2many("account.move.line", string="Open Items", required=True)
    line_count = fields.Integer("Number of Open Items", compute="_compute_line_count")
    stage = fields.Selection(
        STAGES, "What Was Sent", required=True, default="reminder_1",
        help="The next step of the policy follows. A formal notice is never taken over: it is sent from here.",
    )
    date = fields.Date(
        "Last Sent On", required=True, default=lambda self: self.env.company._get_dunning_today(),
        help="The time until the next step counts from this day.",
    )

    @api.depends("line_ids")
    def _compute_line_count(self):
        for wizard in self:
            wizard.line_count = len(wizard.line_ids)

    @api.model
    def _open(self, lines):
        """Return the window that asks what was sent for these open items, and when."""
        lines = lines.filtered(
            lambda line: line.account_type == "asset_receivable" and line.parent_state == "posted"
            and line.partner_id and line.amount_residual > 0
        )
        if not lines:
            raise UserError(self.env._("Choose posted customer invoices or entries with an amount due."))
        action = self.env["ir.actions.actions"]._for_xml_id("account_dunning.dunning_chased_action")
        return action | {"context": {"default_line_ids": lines.ids}}

    def action_apply(self):
        """Put the chosen items at the step that was reached elsewhere."""
        if self.date > self.env.company._get_dunning_today():
            raise UserError(self.env._("The last reminder cannot have been sent in the future."))
        levels = self.line_ids._get_chased_levels(dict.fromkeys(self.line_ids.ids, self.stage))
        self.line_ids._set_already_chased({line_id: (level, self.date) for line_id, level in levels.items()})
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_open_dunning_chased(self):
        """Say that these invoices were already chased elsewhere."""
        return self.env["dunning.chased"]._open(self.line_ids)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_chased_levels(self, stages):
        """Return the level of each item that stands for a stage reached elsewhere: {line id: level}.

        The last written reminder of the customer's policy up to that stage; when the policy starts later, its first.
        """
        found, levels = {}, {}
        for line in self:
            key = (line.partner_id.commercial_partner_id, line.company_id.root_id, stages[line.id])
            if key not in found:
                found[key] = self._find_chased_level(*key)
            if found[key]:
                levels[line.id] = found[key]
        return levels

    @api.model
    def _find_chased_level(self, partner, company, stage):
        policy, _origin = partner._find_dunning_policy(company)
        for candidate in policy | company.sudo().dunning_policy_id:
            reminders = candidate.sudo().level_ids.filtered(
                lambda level: level.channel != "call" and level.stage in dict(STAGES)
            ).sorted("sequence")
            reached = reminders.filtered(lambda level: level.stage <= stage)
            if reminders:
                return reached[-1:] or reminders[:1]
        return self.env["dunning.level"]

    def _is_opening_left_out(self):
        """Tell whether this is an opening balance that Odoo leaves out, not a claim that a person excluded."""
        return self.no_followup and self.journal_id.type == "general"

    def _set_already_chased(self, chased):
        """Write the steps reached elsewhere, {line id: (level, day)}, and have the customers planned anew.

        Opening balances that were left out until now are included: who was chased is dunned.
        """
        self.filtered(lambda line: line._is_opening_left_out()).no_followup = False
        self.env["dunning.notice"]._record_elsewhere(chased)
        self.browse(chased).partner_id.commercial_partner_id._wake_dunning()
