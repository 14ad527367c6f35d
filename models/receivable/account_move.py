from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

from ...escalation import STAGES
from ..base.dunning_answer import ANSWER_MODELS
from ..followup.dunning_followup import STAGE_LABELS

ASSIGNMENTS = [
    ("confidential", "Confidential: the customer is not told"),
    ("mandate", "Notified, we collect on behalf of the assignee"),
    ("notified", "Notified, the assignee collects"),
]


class AccountMove(models.Model):
    """An invoice shows the highest level of its open receivable lines, and what comes next."""

    _inherit = "account.move"

    dunning_level_id = fields.Many2one(
        "dunning.level", copy=False, readonly=True, ondelete="set null", index="btree_not_null",
        help="The highest level among the open lines of this invoice. It follows the notices that were sent.",
        groups="base.group_user",
    )
    dunning_stage = fields.Selection(STAGE_LABELS, copy=False, readonly=True, groups="base.group_user")
    dunning_notice_id = fields.Many2one(
        "dunning.notice", string="Last Notice", copy=False, readonly=True, ondelete="set null", index="btree_not_null",
        groups="base.group_user",
    )
    dunning_days_late = fields.Integer(
        "Days Late", compute="_compute_dunning_days_late", search="_search_dunning_days_late", aggregator="max",
        help="Days since the oldest unpaid due date of this invoice; zero when nothing is late.",
        groups="base.group_user",
    )
    dunning_legal_due_date = fields.Date(
        "Legal Due Date", copy=False,
        help="For public bodies: the end of the payment period that the law counts from the receipt on the portal. "
             "Levels and interest count from this day instead of the due date of the invoice.",
        groups="base.group_user",
    )
    dunning_delivery_status = fields.Selection(
        [
            ("none", "Not on a platform"), ("delivered", "Delivered"), ("rejected", "Rejected"),
            ("refused", "Refused"), ("disputed", "Disputed"), ("suspended", "Suspended"), ("approved", "Approved"),
            ("payment_sent", "Payment sent"), ("collected", "Collected"),
        ],
        string="Delivery Status", default="none", copy=False, tracking=True,
        help="What the portal or platform says of the electronic invoice.", groups="base.group_user",
    )
    dunning_delivery_date = fields.Date("Delivery Status On", copy=False, groups="base.group_user")
    dunning_assignee_id = fields.Many2one(
        "res.partner", string="Assignee", copy=False, help="The bank or factor to whom this claim was assigned.",
        groups="base.group_user",
    )
    dunning_assignment = fields.Selection(ASSIGNMENTS, string="Assignment", copy=False, groups="base.group_user")
    dunning_rejected_date = fields.Date(
        "Collection Failed On", copy=False, tracking=True,
        help="The day on which a direct debit, cheque or bill for this invoice came back unpaid.",
        groups="base.group_user",
    )

    dunning_notice_line_ids = fields.One2many(
        "dunning.notice.line", "move_id", string="Dunning Notices", groups="base.group_user",
    )

    def _auto_init(self):
        # Created here so that installing does not compute them row by row on a large ledger.
        for name, kind in (("dunning_level_id", "int4"), ("dunning_notice_id", "int4"), ("dunning_stage", "varchar"),
                           ("dunning_delivery_status", "varchar")):
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, kind)
        return super()._auto_init()

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("line_ids.amount_residual", "line_ids.date_maturity", "dunning_legal_due_date", "state")
    def _compute_dunning_days_late(self):
        for move in self:
            today = move.company_id._get_dunning_today()
            dues = [
                move.dunning_legal_due_date or line.date_maturity or line.date
                for line in move.line_ids
                if line.account_type == "asset_receivable" and line.amount_residual > 0 and not line.reconciled
            ] if move.state == "posted" else []
            move.dunning_days_late = max(0, *((today - due).days for due in dues)) if dues else 0

    def _search_dunning_days_late(self, operator, value):
        if operator not in ("in", "not in", ">", ">=", "<", "<="):
            return NotImplemented
        if operator in ("in", "not in"):
            value = tuple(value) or (None,)
        operator = SQL(operator.upper())
        return Domain.custom(to_sql=lambda model, alias, query: SQL(
            "%s %s %s", model._field_to_sql(alias, "dunning_days_late", query), operator, value,
        ))

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr != "dunning_days_late":
            return super()._field_to_sql(alias, field_expr, query)
        return SQL(
            """(SELECT COALESCE(MAX(GREATEST(0, %(today)s - COALESCE(late_move.dunning_legal_due_date,
                                                                     late.date_maturity, late.date))), 0)::int
                  FROM account_move_line late
                  JOIN account_move late_move ON late_move.id = late.move_id
                  JOIN account_account late_account ON late_account.id = late.account_id
                 WHERE late.move_id = %(move)s AND late.parent_state = 'posted' AND late.reconciled IS NOT TRUE
                   AND late.amount_residual > 0 AND late_account.account_type = 'asset_receivable')""",
            today=self.env.company._get_dunning_today(), move=SQL.identifier(alias, "id"),
            to_flush=[self._fields["dunning_legal_due_date"], *(self.line_ids._fields[name] for name in (
                "amount_residual", "date", "date_maturity", "parent_state", "reconciled"))],
        )

    # --- levels ---------------------------------------------------------------------------------------------------

    def _refresh_dunning_level(self):
        """Copy the highest level of the open lines to these invoices, in one statement."""
        if not self.ids:
            return
        rank = SQL("array_position(%s::varchar[], level.stage)", list(STAGES))
        self.env.cr.execute(SQL(
            """UPDATE account_move move
                  SET dunning_level_id = top.level_id, dunning_stage = top.stage, dunning_notice_id = top.notice_id
                 FROM (SELECT DISTINCT ON (move.id) move.id, level.id AS level_id, level.stage,
                              aml.dunning_notice_id AS notice_id
                         FROM account_move move
                    LEFT JOIN account_move_line aml ON aml.move_id = move.id AND aml.dunning_level_id IS NOT NULL
                    LEFT JOIN dunning_level level ON level.id = aml.dunning_level_id
                        WHERE move.id = ANY(%(ids)s)
                     ORDER BY move.id, aml.reconciled NULLS LAST, %(rank)s DESC NULLS LAST, aml.dunning_date DESC) top
                WHERE move.id = top.id
                  AND (move.dunning_level_id, move.dunning_stage, move.dunning_notice_id)
                      IS DISTINCT FROM (top.level_id, top.stage, top.notice_id)""",
            ids=list(self.ids), rank=rank,
        ))
        self.invalidate_recordset(["dunning_level_id", "dunning_stage", "dunning_notice_id"], flush=False)

    # --- follow-ups are refreshed when the books change -----------------------------------------------------------

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._wake_dunning()
        # A reset invoice that is posted again goes on where its notices left it (Odoo re-uses the ids of its lines).
        noticed = posted.sudo().filtered("dunning_notice_line_ids")
        noticed.line_ids.filtered(lambda line: line.account_type == "asset_receivable")._rebuild_dunning_levels()
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._leave_dunning()
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._leave_dunning()
        return result

    def _leave_dunning(self):
        """Take the level off invoices that are no debt any more; their notices keep the history."""
        # sudo: a salesperson who resets an invoice needs no dunning right.
        lines = self.sudo().line_ids.filtered("dunning_level_id")
        lines._set_dunning_levels([(line.id, None, None, None) for line in lines])
        for name in ANSWER_MODELS:
            self.env[name]._close_for_moves(self)
        self._wake_dunning()

    def _wake_dunning(self):
        """Ask for a refresh of the customers of these moves, after the transaction of the accountant."""
        # sudo: whoever books a move needs no dunning right.
        partners = self.sudo().line_ids.filtered(lambda line: line.account_type == "asset_receivable").partner_id
        if partners:
            self.env["dunning.followup"].sudo()._request_refresh(self.company_id.root_id)
