from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.query import Query


class AccountMoveLine(models.Model):
    """A receivable line: one instalment of an invoice, or an opening entry. It carries the level of dunning.

    The level is the cached result of the notices that were sent and have not come back. It is written by
    :meth:`_set_dunning_levels` only, in SQL: an ORM write on posted lines costs a query per line.
    """

    _inherit = "account.move.line"

    dunning_level_id = fields.Many2one(
        "dunning.level", copy=False, readonly=True, ondelete="restrict",
        help="The last level whose notice was sent for this line.", groups="base.group_user",
    )
    dunning_notice_id = fields.Many2one(
        "dunning.notice", string="Last Notice", copy=False, readonly=True, ondelete="set null",
        groups="base.group_user",
    )
    dunning_date = fields.Date(
        "Last Notice On", copy=False, readonly=True, help="The day on which the last notice of this line left.",
        groups="base.group_user",
    )

    # --- what is a debt -------------------------------------------------------------------------------------------

    @api.model
    def _get_dunning_accounts(self, company):
        """Return the receivable accounts whose lines are followed up for this company.

        VAT credits and the like (``non_trade``) and the company's list of excluded accounts are no customer debts.
        Override to widen or narrow.
        """
        root = company.root_id
        return self.env["account.account"].sudo().with_company(root).search([
            ("account_type", "=", "asset_receivable"),
            ("non_trade", "=", False),
            ("company_ids", "parent_of", root.id),
            ("id", "not in", root.dunning_excluded_account_ids.ids),
        ])

    @api.model
    def _get_dunning_domain(self, company):
        """Return the ``Domain`` of open items: what customers owe a company and its branches, and their credits."""
        return Domain([
            ("company_id", "child_of", company.root_id.id),
            ("account_id", "in", self._get_dunning_accounts(company).ids),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("amount_residual", "!=", 0),
            ("partner_id", "!=", False),
        ])

    @api.model
    def _get_overdue_domain(self, company):
        """Return the one definition of *overdue*: an open debit past its legal due date, not excluded by hand."""
        today = company._get_dunning_today()
        due = Domain("move_id.dunning_legal_due_date", "<", today) | (
            Domain("move_id.dunning_legal_due_date", "=", False)
            & (Domain("date_maturity", "<", today) | (Domain("date_maturity", "=", False) & Domain("date", "<", today)))
        )
        return self._get_dunning_domain(company) & Domain("amount_residual", ">", 0) & due \
            & Domain("no_followup", "=", False)

    @api.model
    def _get_dunning_due_sql(self):
        """Return the SQL of the legal due date; aliases ``aml`` (line) and ``move``."""
        return SQL("COALESCE(move.dunning_legal_due_date, aml.date_maturity, aml.date)")

    @api.model
    def _get_dunning_exclusion_sql(self, company):
        """Return the SQL of the reason code that leaves a line out, NULL when nothing does.

        Aliases: ``aml``, ``move``, ``journal``, ``partner`` (commercial), ``term``, ``method``. Conditions that end on
        a known day are not here: they are holds of the planner. Override to add a reason (and its code in the
        escalation package).
        """
        assignment = self.env["res.partner"].with_company(company)._field_to_sql("partner", "dunning_assignment")
        not_sent = SQL("FALSE")
        if company.dunning_not_sent_mode == "block":
            not_sent = SQL("move.move_type = 'out_invoice' AND move.is_move_sent IS NOT TRUE")
        return SQL(
            """CASE
                WHEN journal.type IN ('bank', 'cash') AND aml.balance > 0 THEN 'returned_payment'
                WHEN aml.no_followup AND journal.type = 'general' THEN 'general_journal'
                WHEN aml.no_followup THEN 'no_followup'
                WHEN move.payment_state = 'in_payment' THEN 'in_payment'
                WHEN move.payment_state = 'blocked' THEN 'blocked'
                WHEN COALESCE(move.dunning_assignment, %s, term.dunning_assignment) = 'notified' THEN 'assigned'
                WHEN move.dunning_delivery_status IN ('rejected', 'refused') THEN 'platform_rejected'
                WHEN move.dunning_delivery_status = 'disputed' THEN 'platform_disputed'
                WHEN move.dunning_delivery_status = 'suspended' THEN 'platform_suspended'
                WHEN %s THEN 'not_sent'
            END""",
            assignment, not_sent,
        )

    @api.model
    def _get_dunning_from_sql(self, company, partner_ids=None):
        """Return the FROM and WHERE of all statements over open items of a company (and of some customers).

        The domain is put on the alias ``aml`` itself: a sub-query would join the ledger with itself. Customers come as
        an array, so that the index on partners is used however many they are.
        """
        query = Query(self.env, "aml", self._table_sql)
        query.add_where(self._get_dunning_domain(company).optimize_full(self)._to_sql(self, "aml", query))
        if partner_ids is not None:
            query.add_where(SQL(
                """aml.partner_id = ANY(ARRAY(
                       SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%(ids)s)
                           OR commercial_partner_id IS NULL AND id = ANY(%(ids)s)))""", ids=list(partner_ids),
            ))
        return SQL(
            """FROM %s
               JOIN account_move move ON move.id = aml.move_id
               JOIN account_journal journal ON journal.id = aml.journal_id
               JOIN res_partner payer ON payer.id = aml.partner_id
               JOIN res_partner partner ON partner.id = COALESCE(payer.commercial_partner_id, payer.id)
          LEFT JOIN account_payment_term term ON term.id = move.invoice_payment_term_id
          LEFT JOIN account_payment_method_line method ON method.id = move.preferred_payment_method_line_id
          LEFT JOIN dunning_level level ON level.id = aml.dunning_level_id
              WHERE %s""",
            query.from_clause, query.where_clause,
        )

    # --- the level ------------------------------------------------------------------------------------------------

    @api.model
    def _set_dunning_levels(self, rows):
        """Write level, day and notice of lines, then the highest level on their invoices: two statements in all.

        :param rows: list of (line id, level id or None, date or None, notice id or None)
        """
        if not rows:
            return
        values = SQL(", ").join(SQL("(%s::int, %s::int, %s::date, %s::int)", *row) for row in rows)
        self.env.cr.execute(SQL(
            """WITH new (line_id, level_id, day, notice_id) AS (VALUES %s),
                    locked AS (SELECT id FROM account_move_line WHERE id IN (SELECT line_id FROM new)
                             ORDER BY id FOR NO KEY UPDATE)
               UPDATE account_move_line aml
                  SET dunning_level_id = new.level_id, dunning_date = new.day, dunning_notice_id = new.notice_id
                 FROM new JOIN locked ON locked.id = new.line_id
                WHERE aml.id = new.line_id
            RETURNING aml.move_id""",
            values,
        ))
        move_ids = {row[0] for row in self.env.cr.fetchall()}
        lines = self.browse([row[0] for row in rows])
        lines.invalidate_recordset(["dunning_level_id", "dunning_date", "dunning_notice_id"], flush=False)
        self.env["account.move"].browse(move_ids)._refresh_dunning_level()

    def _rebuild_dunning_levels(self):
        """Set the level of these lines back to their last notice that was sent and did not return.

        A line made after the notice (other terms, a reset invoice) takes the history of its invoice.
        """
        if not self:
            return
        self.env["dunning.notice.line"].flush_model()
        self.env["dunning.notice"].flush_model(["state", "date_sent", "is_returned"])
        rows = self.env.execute_query(SQL(
            """SELECT aml.id, last.level_id, last.date_sent, last.notice_id
                 FROM account_move_line aml
                 JOIN account_move move ON move.id = aml.move_id
            LEFT JOIN LATERAL (
                      SELECT line.level_id, notice.date_sent, notice.id AS notice_id
                        FROM dunning_notice_line line
                        JOIN dunning_notice notice ON notice.id = line.notice_id
                       WHERE notice.state = 'sent' AND notice.is_returned IS NOT TRUE AND line.role = 'moving'
                         AND (line.line_id = aml.id
                              OR line.move_id = aml.move_id AND aml.create_date >= notice.create_date)
                    ORDER BY notice.date_sent DESC, notice.id DESC
                       LIMIT 1) last ON TRUE
                WHERE aml.id = ANY(%s)""",
            list(self.ids),
        ))
        self._set_dunning_levels(rows)
