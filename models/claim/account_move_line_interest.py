from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ... import interest
from .account_move_line_claim import ClaimMaker, Facts, Item

# How the engine calls what reduced a receivable; "other" counts as a payment, and is shown as what it is.
KINDS = {"money": "payment", "credit_note": "credit", "other": "other"}


class AccountMoveLine(models.Model):
    """Interest and compensation of receivables, open or paid late: computed when asked for, never stored.

    All facts of any number of lines are read in a constant number of statements per legal entity; the arithmetic is
    that of the package ``interest``.
    """

    _inherit = "account.move.line"

    def _get_interest_claims(self, day=None, imputation="principal"):
        """Return {line id: Claim} for these lines, whoever may read them: the caller checks access.

        :param day: the last day that may bear interest; today of the company by default
        :param imputation: what payments are set against; only a computation for court departs from the books
        """
        self._flush_interest_facts()
        claims = {}
        for company, line_ids in self._get_ids_by_legal_entity().items():
            items = self._get_interest_items(company, line_ids)
            facts = self._get_interest_facts(company, items, day or company._get_dunning_today(), imputation)
            claims |= ClaimMaker(self.env, facts).make(items)
        return {line_id: claims[line_id] for line_id in self.ids if line_id in claims}

    # --- seams ----------------------------------------------------------------------------------------------------

    @api.model
    def _get_interest_suspensions(self, line_ids):
        """Return {line id: [(first day, last day or None, amount or None, reason)]} without interest.

        Override to add what stops interest: disputes, payment plans. ``amount`` is in the currency of the line, None
        for all of it.
        """
        return {}

    @api.model
    def _get_interest_last_days(self, line_ids):
        """Return {line id: last day that bears interest}: the eve of a judgment of insolvency. Override to add."""
        return {}

    @api.model
    def _get_formal_effective_dates(self, line_ids):
        """Return {line id: day on which a formal notice put it in default}: the day the first one was sent.

        A line that was made anew after the notice has the date of its invoice.
        """
        day = self._get_formal_effective_sql()
        return dict(self.env.execute_query(SQL(
            """SELECT aml.id, MIN(%(day)s)
                 FROM account_move_line aml
                 JOIN dunning_notice_line line
                      ON line.line_id = aml.id OR line.line_id IS NULL AND line.move_id = aml.move_id
                 JOIN dunning_notice notice ON notice.id = line.notice_id
                WHERE aml.id = ANY(%(ids)s) AND notice.state = 'sent' AND notice.is_returned IS NOT TRUE
                  AND notice.stage = 'formal' AND line.role = 'moving' AND %(day)s IS NOT NULL
             GROUP BY aml.id""",
            day=day, ids=list(line_ids),
        )))

    @api.model
    def _get_formal_effective_sql(self):
        """Return the day on which the sent notice ``notice`` takes effect. Override for the day of its arrival."""
        return SQL("notice.date_sent")

    @api.model
    def _get_first_reminders(self, line_ids):
        """Return {line id: (day, by post)} of the first reminder that was sent after the due date."""
        rows = self.env.execute_query(SQL(
            """SELECT DISTINCT ON (aml.id) aml.id, notice.date_sent, EXISTS (
                          SELECT FROM dunning_dispatch dispatch
                           WHERE dispatch.notice_id = notice.id AND dispatch.leading
                             AND dispatch.channel IN ('letter', 'registered', 'bailiff', 'hand'))
                 FROM account_move_line aml
                 JOIN dunning_notice_line line
                      ON line.line_id = aml.id OR line.line_id IS NULL AND line.move_id = aml.move_id
                 JOIN dunning_notice notice ON notice.id = line.notice_id
                WHERE aml.id = ANY(%s) AND notice.state = 'sent' AND notice.is_returned IS NOT TRUE
                  AND notice.stage NOT IN ('none', 'preventive') AND line.role = 'moving'
                  AND notice.date_sent IS NOT NULL
             ORDER BY aml.id, notice.date_sent, notice.id""",
            list(line_ids),
        ))
        return {line_id: (day, by_post) for line_id, day, by_post in rows}

    @api.model
    def _get_uncompensated_sql(self):
        """Return the SQL that tells documents without compensation; aliases ``aml`` and ``move``.

        A request of a down payment is no price for anything delivered. An entry that only moves a debt from one
        receivable account to another is no new debt: its invoice already has the compensation.
        """
        moved = SQL(
            """move.move_type = 'entry' AND EXISTS (
                   SELECT FROM account_move_line other
                     JOIN account_account other_account ON other_account.id = other.account_id
                    WHERE other.move_id = aml.move_id AND other.partner_id = aml.partner_id AND other.balance < 0
                      AND other_account.account_type = 'asset_receivable')""",
        )
        if "is_downpayment" not in self._fields or not self._fields["is_downpayment"].store:
            return moved
        return SQL(
            """(%s OR move.move_type <> 'entry' AND (
                   SELECT BOOL_AND(part.is_downpayment IS TRUE) FROM account_move_line part
                    WHERE part.move_id = aml.move_id AND part.display_type = 'product'))""", moved,
        )

    # --- facts ----------------------------------------------------------------------------------------------------

    @api.model
    def _flush_interest_facts(self):
        """Write to the database what the statements below read."""
        for model in ("account.move", "account.move.line", "account.partial.reconcile", "account.payment.term",
                      "res.partner", "dunning.policy", "dunning.notice", "dunning.notice.line",
                      "dunning.dispatch", "res.company"):
            self.env[model].flush_model()

    def _get_ids_by_legal_entity(self):
        """Return {root company: ids of its lines and of its branches' lines}, in one statement."""
        # sudo: settings of a legal entity are read for its branches, too.
        roots = self.env["res.company"].sudo().with_context(active_test=False).search([("parent_id", "=", False)])
        if len(roots) == 1:
            return {roots: self.ids}
        rows = self.env.execute_query(SQL(
            """SELECT split_part(company.parent_path, '/', 1)::int, array_agg(aml.id)
                 FROM account_move_line aml
                 JOIN res_company company ON company.id = aml.company_id
                WHERE aml.id = ANY(%s)
             GROUP BY 1""",
            list(self.ids),
        ))
        return {roots.browse(root): ids for root, ids in rows}

    @api.model
    def _get_interest_items(self, company, line_ids):
        """Return the facts of these receivables and of all instalments of their invoices."""
        return [
            Item(*row[:3], Decimal(row[3]), *row[4:10], row[10:])
            for row in self.env.execute_query(self._get_interest_item_sql(company, line_ids))
        ]

    @api.model
    def _get_interest_item_sql(self, company, line_ids):
        """Return the SELECT of the columns of ``Item``, in their order; the last four are its choices.

        Interest is borne by debts to customers' accounts: never by credit notes, entries of banks (returned payments,
        refunds) and invoices that book late charges themselves.
        """
        return SQL(
            """WITH asked AS MATERIALIZED (
                   SELECT aml.id, aml.move_id FROM account_move_line aml WHERE aml.id = ANY(%(ids)s)),
                    item AS MATERIALIZED (
                   SELECT aml.id, aml.move_id, aml.partner_id, aml.account_id, aml.currency_id, aml.amount_currency,
                          aml.parent_state, aml.date, aml.date_maturity
                     FROM account_move_line aml
                    WHERE aml.move_id IN (SELECT move_id FROM asked)
                      AND (aml.display_type = 'payment_term' OR aml.id IN (SELECT id FROM asked))),
                    customer AS MATERIALIZED (%(customers)s)
               SELECT aml.id, aml.move_id, %(due)s, aml.amount_currency::text, aml.currency_id,
                      aml.parent_state = 'posted' AND aml.amount_currency > 0
                          AND account.account_type = 'asset_receivable' AND account.non_trade IS NOT TRUE
                          AND NOT account.id IN (SELECT account_account_id FROM res_company_dunning_account_rel
                                                  WHERE res_company_id = %(company)s)
                          AND move.move_type IN ('out_invoice', 'out_receipt', 'entry')
                          AND move.dunning_is_charge IS NOT TRUE AND journal.type NOT IN ('bank', 'cash', 'credit'),
                      move.move_type = 'entry', (%(uncompensated)s) IS NOT TRUE, move.dunning_interest_start,
                      COALESCE(GREATEST(move.delivery_date, move.invoice_date), aml.date),
                      customer.kind, customer.regime_id, term.dunning_regime_id, customer.policy_regime_id
                 FROM item aml
                 JOIN account_move move ON move.id = aml.move_id
                 JOIN account_account account ON account.id = aml.account_id
                 JOIN account_journal journal ON journal.id = move.journal_id
            LEFT JOIN res_partner payer ON payer.id = aml.partner_id
            LEFT JOIN customer ON customer.id = COALESCE(payer.commercial_partner_id, payer.id)
            LEFT JOIN account_payment_term term ON term.id = move.invoice_payment_term_id""",
            ids=list(line_ids), due=self._get_dunning_due_sql(), uncompensated=self._get_uncompensated_sql(),
            company=company.id, customers=self._get_interest_customer_sql(company),
        )

    @api.model
    def _get_interest_customer_sql(self, company):
        """Return the SELECT of what is chosen for each customer of the CTE ``item``; his policy matters seldom."""
        followups = self.env["dunning.followup"]
        return SQL(
            """SELECT partner.id, %(kind)s AS kind, %(regime)s AS regime_id,
                      CASE WHEN EXISTS (SELECT FROM dunning_policy WHERE regime_id IS NOT NULL)
                           THEN (SELECT regime_id FROM dunning_policy WHERE id = %(policy)s)
                      END AS policy_regime_id
                 FROM res_partner partner
            LEFT JOIN dunning_profile profile ON profile.id = %(profile)s AND profile.active
                WHERE partner.id IN (SELECT COALESCE(payer.commercial_partner_id, payer.id)
                                       FROM res_partner payer
                                      WHERE payer.id IN (SELECT partner_id FROM item))""",
            kind=followups._get_partner_sql(company, "dunning_debtor_kind"),
            regime=followups._get_partner_sql(company, "dunning_regime_id"),
            policy=followups._get_policy_sql(company),
            profile=followups._get_partner_sql(company, "dunning_profile_id"),
        )

    @api.model
    def _get_interest_facts(self, company, items, day, imputation):
        """Return what else is known of these receivables, one statement for each thing."""
        ids = [item.id for item in items if item.is_bearing and item.due < day]
        return Facts(
            company, day, imputation, self._get_interest_movements(company, ids),
            self._get_interest_suspensions(ids), self.env["dunning.charge"]._get_charged(ids),
            self._get_interest_last_days(ids),
        )

    @api.model
    def _get_interest_movements(self, company, line_ids):
        """Return {line id: [interest.Movement]}: a payment counts on the day that the company chose.

        Only a credit note that refers to the invoice may say that its sum was never due: then the regime decides.
        """
        booked = company.dunning_payment_day == "payment"
        rows = self.env.execute_query(SQL(
            "SELECT line_id, %s, amount::text, kind, is_own_credit, counterpart_name FROM (%s) movement",
            SQL("booked_day") if booked else SQL("day"), self._get_dunning_movement_sql(line_ids),
        ))
        movements = {}
        for line_id, day, amount, kind, is_own_credit, name in rows:
            movement = interest.Movement(
                day, Decimal(amount), KINDS[kind], None if is_own_credit else False, name or "")
            if line_id in movements:
                movements[line_id].append(movement)
            else:
                movements[line_id] = [movement]
        return movements
