from datetime import date
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL


class Movement(NamedTuple):
    """What reduced one receivable: a payment, a credit note, or an entry that is neither.

    ``amount`` is in the currency of the receivable, ``amount_company`` in that of the company; both are positive.
    ``kind`` is "money" when a bank, cash or payment account stands behind it, "credit_note", or "other" (transfer to
    doubtful debts, write-off, set-off): only money counts as paid. ``is_own_credit``: the credit note refers to the
    invoice of the receivable itself.
    """

    day: date
    amount: Decimal
    amount_company: Decimal
    kind: str
    is_own_credit: bool
    name: str


class AccountMoveLine(models.Model):
    """What was matched with a receivable, when, and with what: the one definition of "paid with money"."""

    _inherit = "account.move.line"

    @api.model
    def _get_dunning_movement_sql(self, line_ids):
        """Return the SELECT of what reduced these receivables, one row per matching.

        Columns: partial_id, line_id, day, booked_day (that of the entry itself), amount, amount_company, kind,
        is_own_credit, counterpart_id, counterpart_name, matched_on (the day of the matching itself). The day of a
        payment is the one on which the money was on our account (C. com. L441-9): that of the bank transaction when
        the payment was matched with one, else that of the payment.

        :param line_ids: ids of receivable lines, or an SQL that returns them
        """
        wanted = line_ids if isinstance(line_ids, SQL) else SQL("SELECT unnest(%s::int[])", list(line_ids))
        return SQL(
            """SELECT partial.id AS partial_id, partial.debit_move_id AS line_id,
                      COALESCE(bank.day, counter.date) AS day, counter.date AS booked_day,
                      partial.debit_amount_currency AS amount, partial.amount AS amount_company,
                      CASE WHEN %(is_money)s THEN 'money'
                           WHEN counter_move.move_type = 'out_refund' THEN 'credit_note'
                           ELSE 'other' END AS kind,
                      counter_move.reversed_entry_id IS NOT NULL AND EXISTS (
                          SELECT FROM account_move_line receivable
                           WHERE receivable.id = partial.debit_move_id
                             AND receivable.move_id = counter_move.reversed_entry_id) AS is_own_credit,
                      counter.id AS counterpart_id, counter_move.name AS counterpart_name,
                      (partial.create_date AT TIME ZONE 'UTC')::date AS matched_on
                 FROM account_partial_reconcile partial
                 JOIN account_move_line counter ON counter.id = partial.credit_move_id
                 JOIN account_move counter_move ON counter_move.id = counter.move_id
                 JOIN account_journal counter_journal ON counter_journal.id = counter_move.journal_id
            LEFT JOIN LATERAL (
                      SELECT MAX(bank_move.date) AS day
                        FROM account_move_line outstanding
                        JOIN account_partial_reconcile cleared ON cleared.debit_move_id = outstanding.id
                        JOIN account_move_line bank_line ON bank_line.id = cleared.credit_move_id
                        JOIN account_move bank_move ON bank_move.id = bank_line.move_id
                       WHERE outstanding.move_id = counter_move.id AND bank_move.statement_line_id IS NOT NULL
                      ) bank ON counter_move.origin_payment_id IS NOT NULL
                WHERE partial.debit_move_id IN (%(wanted)s) AND partial.debit_amount_currency <> 0""",
            is_money=self._get_dunning_money_sql(), wanted=wanted,
        )

    @api.model
    def _get_dunning_money_sql(self):
        """Return the SQL that tells a payment from other counterparts; aliases ``counter_move``, ``counter_journal``.

        Override when a journal of another type holds money.
        """
        return SQL(
            """(counter_move.origin_payment_id IS NOT NULL OR counter_move.statement_line_id IS NOT NULL
                OR counter_journal.type IN ('bank', 'cash', 'credit'))""",
        )

    def _get_dunning_movements(self):
        """Return {line id: [Movement]} in the order of their days, in one query."""
        movements = {line_id: [] for line_id in self.ids}
        if not self.ids:
            return movements
        for model in ("account.move", "account.move.line", "account.partial.reconcile"):
            self.env[model].flush_model()
        for row in self.env.execute_query_dict(SQL(
            """SELECT line_id, day, amount, amount_company, kind, is_own_credit, counterpart_name AS name
                 FROM (%s) movement ORDER BY line_id, day, partial_id""",
            self._get_dunning_movement_sql(self.ids),
        )):
            line_id = row.pop("line_id")
            row["amount"] = Decimal(str(row["amount"]))
            row["amount_company"] = Decimal(str(row["amount_company"]))
            movements[line_id].append(Movement(**row))
        return movements
