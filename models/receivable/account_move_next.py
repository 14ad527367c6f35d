from datetime import date

from odoo import api, fields, models

from ...escalation.reasons import IMPORTANCE


class AccountMove(models.Model):
    """What comes next for an invoice: that of its open instalments, as the planner sees them at this moment."""

    _inherit = "account.move"

    dunning_line_ids = fields.Many2many(
        "account.move.line", string="Instalments", compute="_compute_dunning_line_ids",
        help="What the customer owes for this invoice: one line per instalment.", groups="base.group_user",
    )
    dunning_overdue = fields.Monetary(
        "Overdue", compute="_compute_dunning_overdue", currency_field="company_currency_id",
        help="What is late of this invoice, in the currency of the company.", groups="base.group_user",
    )
    # compute_sudo: whoever may read an invoice may know what comes next; no other customer's data is shown.
    dunning_followup_id = fields.Many2one(
        "dunning.followup", string="Follow-up", compute="_compute_dunning_followup_id", compute_sudo=True,
        groups="base.group_user",
    )
    dunning_next_level_id = fields.Many2one(
        "dunning.level", string="Next Step", compute="_compute_dunning_next", compute_sudo=True,
        groups="base.group_user",
    )
    dunning_next_date = fields.Date(
        "Next Step On", compute="_compute_dunning_next", compute_sudo=True, groups="base.group_user",
    )
    dunning_reason = fields.Char(
        "Reason Code", compute="_compute_dunning_next", compute_sudo=True, groups="base.group_user",
    )
    dunning_reason_text = fields.Char(
        "What Comes Next", compute="_compute_dunning_next", compute_sudo=True, groups="base.group_user",
    )

    @api.depends("state", "line_ids.account_id")
    def _compute_dunning_line_ids(self):
        for move in self:
            lines = move.line_ids if move.state == "posted" else move.line_ids.browse()
            move.dunning_line_ids = lines.filtered(lambda line: line.account_type == "asset_receivable")

    @api.depends("line_ids.amount_residual", "line_ids.dunning_due_date", "state")
    def _compute_dunning_overdue(self):
        for move in self:
            late = move.dunning_line_ids.filtered("dunning_days_late")
            move.dunning_overdue = sum(late.mapped("amount_residual"))

    @api.depends("commercial_partner_id", "company_id", "state")
    def _compute_dunning_followup_id(self):
        posted = self.filtered(lambda move: move.state == "posted" and move.is_sale_document(include_receipts=True))
        followups = self.env["dunning.followup"].with_context(active_test=False).search([
            ("company_id", "in", posted.company_id.root_id.ids),
            ("partner_id", "in", posted.commercial_partner_id.ids),
        ])
        by_customer = {(one.company_id, one.partner_id): one for one in followups}
        for move in self:
            key = (move.company_id.root_id, move.commercial_partner_id)
            move.dunning_followup_id = by_customer.get(key) if move in posted else False

    @api.depends("line_ids.amount_residual", "line_ids.dunning_level_id", "line_ids.no_followup", "state")
    @api.depends_context("lang")
    def _compute_dunning_next(self):
        decisions = self.dunning_line_ids._get_dunning_decisions()
        followups = self.env["dunning.followup"]
        for move in self:
            ours = [decisions[line.id] for line in move.dunning_line_ids._origin if line.id in decisions]
            first = min(ours, key=lambda one: (one.date or date.max, IMPORTANCE[one.reason]), default=None)
            move.dunning_next_level_id = first and first.step and first.step.key
            move.dunning_next_date = first and first.date
            move.dunning_reason = first and first.reason.value
            move.dunning_reason_text = followups._get_next_text(first) if first else move._get_undunned_text()

    def _get_undunned_text(self):
        """Say why nothing comes next: draft, paid, or in an account that is left out."""
        if self.state != "posted" or not self.is_sale_document(include_receipts=True):
            return False
        still_open = self.dunning_line_ids.filtered(lambda line: not line.reconciled and line.amount_residual)
        return still_open[0]._get_undunned_text() if still_open else self.env._("Nothing is owed for this document")
