from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from .res_company_charge import LIMITATION_MONTHS


class AccountMoveLine(models.Model):
    """Find the receivables that were paid late and of which something may still be claimed."""

    _inherit = "account.move.line"

    @api.model
    def _get_paid_late_lines(self, company, partner_ids=None):
        """Return the receivables of a legal entity that were settled after their due date, in one statement.

        Only those settled within the look-back of the company and not charged or waived as a whole; what they bear is
        for ``_get_interest_claims`` to say.
        """
        for model in ("account.move", "account.move.line", "account.partial.reconcile", "dunning.charge"):
            self.env[model].flush_model()
        settled = self._get_settled_sql(company, partner_ids)
        rows = self.env.execute_query(SQL(
            """WITH settled AS MATERIALIZED (%(settled)s)
               SELECT settled.id
                 FROM settled
                 JOIN (SELECT line_id, MAX(day) AS day FROM (%(movements)s) movement GROUP BY line_id) last
                      ON last.line_id = settled.id
                WHERE last.day > settled.due AND last.day >= %(since)s
                  AND NOT (%(charged)s)
             ORDER BY settled.due, settled.id""",
            settled=settled, movements=self._get_dunning_movement_sql(SQL("SELECT id FROM settled")),
            since=company._get_dunning_today() - relativedelta(months=company.dunning_paid_late_months),
            charged=self._get_fully_charged_sql(),
        ))
        return self.browse([row[0] for row in rows])

    @api.model
    def _get_settled_sql(self, company, partner_ids=None):
        """Return the SELECT of what customers owed and paid: id, invoice and due date."""
        chosen = SQL("TRUE")
        if partner_ids is not None:
            chosen = SQL("partner.commercial_partner_id = ANY(%s)", list(partner_ids))
        return SQL(
            """SELECT aml.id, aml.move_id, %(due)s AS due
                 FROM account_move_line aml
                 JOIN account_move move ON move.id = aml.move_id
                 JOIN res_company company ON company.id = aml.company_id
                 JOIN res_partner partner ON partner.id = aml.partner_id
                WHERE company.parent_path LIKE %(root)s AND aml.account_id = ANY(%(accounts)s)
                  AND aml.parent_state = 'posted' AND aml.reconciled AND aml.balance > 0
                  AND move.move_type IN ('out_invoice', 'out_receipt', 'entry') AND aml.date >= %(barred)s
                  AND move.dunning_is_charge IS NOT TRUE AND %(chosen)s""",
            due=self._get_dunning_due_sql(), root=f"{company.root_id.id}/%", chosen=chosen,
            barred=company._get_dunning_today() - relativedelta(months=LIMITATION_MONTHS),
            accounts=self._get_dunning_accounts(company).ids,
        )

    @api.model
    def _get_fully_charged_sql(self):
        """Return the SQL that tells what is done with: interest to the last payment and compensation are decided."""
        return SQL(
            """EXISTS (SELECT FROM dunning_charge interest
                        WHERE interest.line_id = settled.id AND interest.kind = 'interest'
                          AND interest.state <> 'cancelled' AND interest.date_to >= last.day)
               AND EXISTS (SELECT FROM dunning_charge compensation
                            WHERE compensation.move_id = settled.move_id AND compensation.kind = 'compensation'
                              AND compensation.state <> 'cancelled')""",
        )
