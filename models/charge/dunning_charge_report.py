from odoo import api, fields, models
from odoo.tools import SQL


class DunningChargeReport(models.Model):
    """Claimed, waived and collected charges by their days, in the currency of the company.

    Charges are taxed in the year they are collected (CGI 237 sexies): the money matched with a charge invoice is shared
    out over its charges, so that each year shows what was claimed and what came in.
    """

    _name = "dunning.charge.report"
    _description = "Claimed, Waived and Collected"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "charge_id"
    _depends = {
        "dunning.charge": ["state", "kind", "amount_company", "date", "cancelled_date", "is_waived", "charge_move_id",
                           "charge_line_id", "partner_id", "company_id", "move_id", "user_id"],
        "account.move": ["move_type", "reversed_entry_id", "state", "date", "name", "origin_payment_id",
                         "statement_line_id", "journal_id"],
        "account.move.line": ["date", "move_id", "account_type", "balance"],
        "account.partial.reconcile": ["debit_move_id", "credit_move_id", "amount", "debit_amount_currency"],
    }

    charge_id = fields.Many2one("dunning.charge", readonly=True)
    event = fields.Selection(
        [("claimed", "Claimed"), ("waived", "Waived"), ("taken_back", "Taken Back"), ("collected", "Collected")],
        readonly=True,
    )
    date = fields.Date(readonly=True)
    kind = fields.Selection(
        [("interest", "Interest"), ("compensation", "Compensation"), ("cost", "Costs")], readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    user_id = fields.Many2one("res.users", "Decided By", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    charge_move_id = fields.Many2one("account.move", "Booked In", readonly=True)
    amount_claimed = fields.Monetary("Claimed", readonly=True)
    amount_waived = fields.Monetary("Waived", readonly=True)
    amount_collected = fields.Monetary("Collected", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """SELECT (ROW_NUMBER() OVER (
                          ORDER BY event.charge_id, event.day, event.event, event.partial_id))::int AS id,
                      event.charge_id, event.event, event.day AS date, charge.kind, charge.company_id,
                      company.currency_id, charge.partner_id, charge.user_id, charge.move_id, charge.charge_move_id,
                      event.amount_claimed, event.amount_waived, event.amount_collected
                 FROM (%s) event
                 JOIN dunning_charge charge ON charge.id = event.charge_id
                 JOIN res_company company ON company.id = charge.company_id""",
            SQL(" UNION ALL ").join([self._get_decided_sql(), self._get_taken_back_sql(), self._get_collected_sql()]),
        )

    @api.model
    def _get_decided_sql(self):
        """Return the SELECT of what was claimed and waived, on the day it was decided."""
        return SQL(
            """SELECT id AS charge_id, CASE WHEN is_waived THEN 'waived' ELSE 'claimed' END AS event, date AS day,
                      CASE WHEN is_waived THEN 0 ELSE amount_company END AS amount_claimed,
                      CASE WHEN is_waived THEN amount_company ELSE 0 END AS amount_waived,
                      0::numeric AS amount_collected, NULL::int AS partial_id
                 FROM dunning_charge""",
        )

    @api.model
    def _get_taken_back_sql(self):
        """Return the SELECT of what was taken back later: it lessens the year in which that happened."""
        return SQL(
            """SELECT id, 'taken_back', cancelled_date, CASE WHEN is_waived THEN 0 ELSE -amount_company END,
                      CASE WHEN is_waived THEN -amount_company ELSE 0 END, 0, NULL
                 FROM dunning_charge WHERE state = 'cancelled'""",
        )

    @api.model
    def _get_collected_sql(self, charge_ids=None):
        """Return the SELECT of the money matched with charge invoices, shared out to the cent over their charges.

        :param charge_ids: look at the invoices of these charges only
        """
        chosen = SQL("TRUE") if charge_ids is None else SQL("id = ANY(%s)", list(charge_ids))
        moves = SQL("SELECT charge_move_id FROM dunning_charge WHERE charge_move_id IS NOT NULL AND %s", chosen)
        receivables = SQL(
            """SELECT aml.id FROM account_move_line aml
                 JOIN account_account account ON account.id = aml.account_id
                WHERE account.account_type = 'asset_receivable' AND aml.move_id IN (%s)""", moves,
        )
        return SQL(
            """SELECT share.charge_id, 'collected', share.day, 0, 0, share.upto - share.before, share.partial_id
                 FROM (SELECT part.id AS charge_id, money.day, money.partial_id,
                              ROUND(money.amount_company * part.upto / part.total, part.decimals) AS upto,
                              ROUND(money.amount_company * part.before / part.total, part.decimals) AS before
                         FROM (%(movements)s) money
                         JOIN account_move_line receivable ON receivable.id = money.line_id
                         JOIN (%(parts)s) part ON part.charge_move_id = receivable.move_id
                        WHERE money.kind = 'money') share
                WHERE share.upto <> share.before""",
            movements=self.env["account.move.line"]._get_dunning_movement_sql(receivables),
            parts=self._get_part_sql(moves),
        )

    @api.model
    def _get_part_sql(self, moves):
        """Return the SELECT of which part of its invoice each charge is: from ``before`` up to ``upto`` of ``total``.

        A charge that was taken back still gets its part of money that stays matched with its invoice.
        """
        return SQL(
            """SELECT charge.id, charge.charge_move_id, currency.decimal_places AS decimals,
                      SUM(charge.amount_company) OVER move AS total,
                      SUM(charge.amount_company) OVER (move ORDER BY charge.id) AS upto,
                      SUM(charge.amount_company) OVER (move ORDER BY charge.id) - charge.amount_company AS before
                 FROM dunning_charge charge
                 JOIN res_company company ON company.id = charge.company_id
                 JOIN res_currency currency ON currency.id = company.currency_id
                WHERE charge.charge_move_id IN (%s)
               WINDOW move AS (PARTITION BY charge.charge_move_id)""",
            moves,
        )

    @api.model
    def _get_collected(self, charge_ids):
        """Return {charge id: (amount in company currency, day of the last money)}, in one query."""
        if not charge_ids:
            return {}
        for model in self._depends:
            self.env[model].flush_model()
        rows = self.env.execute_query(SQL(
            """SELECT collected.charge_id, SUM(collected.amount), MAX(collected.day)
                 FROM (%s) AS collected (charge_id, event, day, claimed, waived, amount, partial_id)
                WHERE collected.charge_id = ANY(%s) GROUP BY 1""",
            self._get_collected_sql(charge_ids), list(charge_ids),
        ))
        return {charge_id: (float(amount), day) for charge_id, amount, day in rows}

    def action_open_charge(self):
        """Open the charge behind a line of the report."""
        self.ensure_one()
        return {"type": "ir.actions.act_window", "res_model": "dunning.charge", "res_id": self.charge_id.id,
                "view_mode": "form", "views": [(False, "form")]}
