from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL


class DunningDispute(models.Model):
    """What other parts of dunning need to know of disputes: which part of which receivable is not to be claimed."""

    _inherit = "dunning.dispute"

    @api.model
    def _get_part_sql(self, where):
        """Return the SELECT of what is contested, or agreed and not credited yet.

        Columns: line_id, part (currency of the receivable, NULL for the whole of it), is_escalated. Credit notes that
        were matched with the receivable since reduce the part: the books show them already.

        :param where: SQL over the aliases ``dispute`` and ``line``
        """
        lines = self.env["account.move.line"]
        contested = SQL(
            """SELECT line.line_id FROM dunning_dispute_line line JOIN dunning_dispute dispute
                   ON dispute.id = line.dispute_id
                WHERE (dispute.state = 'open' OR dispute.is_credit_due) AND line.line_id IS NOT NULL AND %s""", where)
        return SQL(
            """SELECT line.line_id, dispute.is_escalated,
                      CASE WHEN dispute.state = 'open' AND dispute.is_whole THEN NULL
                           ELSE GREATEST(0, CASE dispute.state WHEN 'open' THEN line.amount
                                                 ELSE COALESCE(line.amount_accepted, 0) END
                                - GREATEST(0, COALESCE(credit.amount, 0) - COALESCE(line.credited_before, 0)))
                      END AS part
                 FROM dunning_dispute_line line
                 JOIN dunning_dispute dispute ON dispute.id = line.dispute_id
            LEFT JOIN (%(credits)s) credit ON credit.line_id = line.line_id
                WHERE (dispute.state = 'open' OR dispute.is_credit_due) AND line.line_id IS NOT NULL AND %(where)s""",
            credits=lines._get_dispute_credit_sql(contested), where=where,
        )

    @api.model
    def _get_hold_sql(self, company):
        """Return the SELECT of the pauses: contested parts, and the time to pay after our answer."""
        company = company.root_id
        return SQL(
            """SELECT part.line_id,
                      ROUND(part.part * aml.amount_residual / NULLIF(aml.amount_residual_currency, 0), %(places)s)
                          AS amount, NULL::date AS until,
                      CASE WHEN part.is_escalated THEN 'dispute_late' ELSE 'dispute' END AS reason
                 FROM (%(parts)s) part
                 JOIN account_move_line aml ON aml.id = part.line_id
            UNION ALL
               SELECT line.line_id,
                      CASE WHEN NOT dispute.is_whole OR dispute.state = 'accepted'
                           THEN ROUND((line.amount - COALESCE(line.amount_accepted, 0)) * aml.amount_residual
                                      / NULLIF(aml.amount_residual_currency, 0), %(places)s) END,
                      dispute.pay_by, 'dispute_answered'
                 FROM dunning_dispute_line line
                 JOIN dunning_dispute dispute ON dispute.id = line.dispute_id
                 JOIN account_move_line aml ON aml.id = line.line_id
                WHERE dispute.company_id = %(company)s AND dispute.state IN ('accepted', 'rejected')
                  AND dispute.pay_by >= %(today)s""",
            parts=self._get_part_sql(SQL("dispute.company_id = %s", company.id)), company=company.id,
            places=company.currency_id.decimal_places, today=company._get_dunning_today(),
        )


class DunningFollowup(models.Model):
    _inherit = "dunning.followup"

    @api.model
    def _get_hold_selects(self, company):
        return [*super()._get_hold_selects(company), self.env["dunning.dispute"]._get_hold_sql(company)]

    @api.model
    def _flush_facts(self):
        super()._flush_facts()
        for model in ("dunning.dispute", "dunning.dispute.line", "account.partial.reconcile"):
            self.env[model].flush_model()

    @api.model
    def _get_attention_codes(self, case, plan):
        """A dispute past its deadline shows, even when only a part of an invoice waits for it."""
        codes = super()._get_attention_codes(case, plan)
        is_late = any(hold.reason == "dispute_late" for item in case.receivables for hold in item.holds)
        return [*codes, "dispute_late"] if is_late else codes


class AccountMoveLine(models.Model):
    """What disputes change on a receivable: which credits settle them, which interest rests, what a platform says."""

    _inherit = "account.move.line"

    @api.model
    def _get_dispute_credit_sql(self, line_ids):
        """Return the SELECT (line_id, amount) of the credit notes of these receivables: own ones, or linked by hand."""
        return SQL(
            """SELECT movement.line_id, SUM(movement.amount) AS amount
                 FROM (%s) movement
                 JOIN account_move_line counterpart ON counterpart.id = movement.counterpart_id
                WHERE movement.kind = 'credit_note'
                  AND (movement.is_own_credit OR EXISTS (
                      SELECT FROM dunning_dispute_credit_rel linked WHERE linked.move_id = counterpart.move_id))
             GROUP BY movement.line_id""",
            self._get_dunning_movement_sql(line_ids),
        )

    def _get_dispute_credits(self):
        """Return {line id: amount of credit notes matched with it, in its currency}."""
        if not self.ids:
            return {}
        for model in ("account.move", "account.move.line", "account.partial.reconcile", "dunning.dispute"):
            self.env[model].flush_model()
        return {line_id: float(amount) for line_id, amount in self.env.execute_query(
            self._get_dispute_credit_sql(self.ids))}

    @api.model
    def _get_interest_suspensions(self, line_ids):
        """No interest is claimed on what is contested or to be credited, since the due date.

        A rejected dispute is none of these any more: interest is due as if nothing had been contested.
        """
        suspensions = super()._get_interest_suspensions(line_ids)
        if not line_ids:
            return suspensions
        self.env["dunning.followup"]._flush_facts()
        rows = self.env.execute_query(SQL(
            """SELECT part.line_id, %(due)s, part.part
                 FROM (%(parts)s) part
                 JOIN account_move_line aml ON aml.id = part.line_id
                 JOIN account_move move ON move.id = aml.move_id""",
            due=self._get_dunning_due_sql(),
            parts=self.env["dunning.dispute"]._get_part_sql(SQL("line.line_id = ANY(%s)", list(line_ids))),
        ))
        for line_id, due, part in rows:
            amount = None if part is None else Decimal(str(part))
            if amount is None or amount > 0:
                suspensions.setdefault(line_id, []).append((due, None, amount, self.env._("In dispute")))
        return suspensions

    @api.model
    def _get_dunning_exclusion_sql(self, company):
        """What the platform reports leaves an invoice out until a dispute deals with it: then the dispute decides."""
        return SQL(
            """NULLIF(%s, CASE WHEN move.dunning_delivery_status = 'disputed' AND EXISTS (
                   SELECT FROM dunning_dispute_line contested
                     JOIN dunning_dispute dispute ON dispute.id = contested.dispute_id
                    WHERE contested.move_id = move.id AND COALESCE(dispute.resolution, '') NOT IN ('gone', 'platform')
                      AND (dispute.state = 'open'
                           OR dispute.date_open >= COALESCE(move.dunning_delivery_date, dispute.date_open)))
               THEN 'platform_disputed' END)""",
            super()._get_dunning_exclusion_sql(company),
        )
