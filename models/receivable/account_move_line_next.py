from odoo import api, fields, models
from odoo.tools import SQL


class AccountMoveLine(models.Model):
    """What comes next for an open receivable: the planner is asked when it is shown, nothing is stored."""

    _inherit = "account.move.line"

    dunning_due_date = fields.Date(
        "Due On", compute="_compute_dunning_due_date",
        help="The legal due date of the invoice when there is one, else the due date of the line.",
        groups="base.group_user",
    )
    dunning_days_late = fields.Integer(
        "Days Late", compute="_compute_dunning_days_late", aggregator="max", groups="base.group_user",
    )
    # compute_sudo: whoever may read an invoice may know what comes next; no other customer's data is shown.
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

    @api.depends("date", "date_maturity", "move_id.dunning_legal_due_date")
    def _compute_dunning_due_date(self):
        for line in self:
            line.dunning_due_date = line.move_id.dunning_legal_due_date or line.date_maturity or line.date

    @api.depends("amount_residual", "dunning_due_date", "reconciled")
    def _compute_dunning_days_late(self):
        for line in self:
            is_late = line.dunning_due_date and line.amount_residual > 0 and not line.reconciled
            today = line.company_id._get_dunning_today() if is_late else None
            line.dunning_days_late = max(0, (today - line.dunning_due_date).days) if is_late else 0

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr != "dunning_days_late":
            return super()._field_to_sql(alias, field_expr, query)
        return SQL(
            """(SELECT CASE WHEN %(residual)s > 0 AND %(reconciled)s IS NOT TRUE
                            THEN GREATEST(0, %(today)s - COALESCE(due_move.dunning_legal_due_date, %(due)s, %(day)s))
                            ELSE 0 END::int
                  FROM account_move due_move WHERE due_move.id = %(move)s)""",
            residual=SQL.identifier(alias, "amount_residual"), reconciled=SQL.identifier(alias, "reconciled"),
            due=SQL.identifier(alias, "date_maturity"), day=SQL.identifier(alias, "date"),
            move=SQL.identifier(alias, "move_id"), today=self.env.company._get_dunning_today(),
            to_flush=[self.move_id._fields["dunning_legal_due_date"], *(self._fields[name] for name in (
                "amount_residual", "date", "date_maturity", "reconciled"))],
        )

    @api.depends("amount_residual", "dunning_date", "dunning_level_id", "no_followup", "parent_state", "reconciled")
    @api.depends_context("lang")
    def _compute_dunning_next(self):
        decisions = self._get_dunning_decisions()
        followups = self.env["dunning.followup"]
        for line in self:
            decision = decisions.get(line._origin.id)
            line.dunning_next_level_id = decision and decision.step and decision.step.key
            line.dunning_next_date = decision and decision.date
            line.dunning_reason = decision and decision.reason.value
            line.dunning_reason_text = followups._get_next_text(decision) if decision else line._get_undunned_text()

    def _get_dunning_decisions(self):
        """Return {line id: escalation.Decision} of the open debits, in a constant number of queries per company."""
        open_lines = self._origin.filtered(lambda line: (
            line.account_type == "asset_receivable" and line.parent_state == "posted" and line.partner_id
            and not line.reconciled and line.amount_residual > 0))
        decisions = {}
        for company, lines in open_lines.grouped(lambda line: line.company_id.root_id).items():
            customers = lines.partner_id.commercial_partner_id
            followups = self.env["dunning.followup"]._find_or_imagine(company, customers)
            followups._flush_facts()
            for _case, plan in followups._plan(company._get_dunning_today()).values():
                decisions.update((decision.receivable, decision) for decision in plan.decisions)
        return decisions

    def _get_undunned_text(self):
        """Say why an item of a receivable account is nothing that the planner looks at."""
        if self.account_type != "asset_receivable" or self.parent_state != "posted" or self.reconciled:
            return False
        if self.amount_residual < 0:
            return self.env._("Open credit, to be allocated to what it pays")
        if not self.partner_id:
            return self.env._("No customer on this item")
        return self.env._("This account is left out of dunning")
