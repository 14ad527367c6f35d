from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from .dunning_profile_score import LATE_AFTER, Figures, suggest

# A payment may reach the bank after both matched entries were booked: look so far back, then filter by its day.
BANK_DAYS = 60
COLUMNS = (
    "partner_id", "profile_id", "invoice_count", "average_delay", "share_late", "trend", "broken_count",
    "dispute_count", "returned_count",
)


class DunningProfileSuggestion(models.Model):
    """Read how all customers of a company paid in one statement, and write what changed in another."""

    _inherit = "dunning.profile.suggestion"

    @api.model
    def _refresh(self, company, today, partner_ids=None):
        """Bring the suggestions of a legal entity (of some customers, when given) up to date with the books."""
        company = company.root_id
        self._flush_profile_facts()
        figures = self._get_figures(company, today, partner_ids)
        profiles = self._get_profile_ids(company)
        enough = [one for one in figures if one.invoices >= max(1, company.dunning_profile_min_invoices)]
        rows = [
            (one.partner_id, profiles.get(suggest(one)), one.invoices, one.delay, one.share_late, one.trend or 0,
             one.broken, one.disputes, one.returned)
            for one in enough
        ]
        self._write_suggestions(company, today, rows)
        self._clear_suggestions(company, [row[0] for row in rows], partner_ids)
        self.invalidate_model(flush=False)
        if company.dunning_profile_auto:
            self._apply_automatically(company, enough)

    @api.model
    def _flush_profile_facts(self):
        """Write to the database what the statements below read."""
        self.env["dunning.followup"]._flush_facts()
        for model in ("account.partial.reconcile", "dunning.promise", "dunning.dispute", "dunning.dispute.line",
                      "dunning.dispute.reason", "dunning.profile.suggestion"):
            self.env[model].flush_model()

    @api.model
    def _get_profile_ids(self, company):
        """Return {code: profile id} for a company; its own profile comes before a shared one."""
        profiles = self.env["dunning.profile"].search([
            ("code", "!=", False), ("company_id", "in", (False, company.id))])
        return {one.code: one.id for one in profiles.sorted(lambda one: (bool(one.company_id), -one.sequence, -one.id))}

    # --- figures --------------------------------------------------------------------------------------------------

    @api.model
    def _get_figures(self, company, today, partner_ids=None):
        """Return the Figures of all customers who paid or are overdue, in one query."""
        partner = self.env["res.partner"].with_company(company)
        since = today - relativedelta(months=company.dunning_profile_months)
        rows = self.env.execute_query(SQL(
            """WITH part AS MATERIALIZED (%(paid)s UNION ALL %(open)s),
                    paying AS (%(paying)s),
                    returned AS (%(returned)s), broken AS (%(broken)s), dispute AS (%(dispute)s)
               SELECT partner.id, %(kind)s, profile.id, profile.code, suggestion.applied_profile_id, former.code,
                      paying.invoices, paying.delay::int, paying.share_late::int, paying.trend::int,
                      COALESCE(broken.count, 0), COALESCE(dispute.count, 0), COALESCE(returned.count, 0),
                      partner.is_company IS NOT TRUE
                 FROM paying
                 JOIN res_partner partner ON partner.id = paying.partner_id
            LEFT JOIN dunning_profile profile ON profile.id = %(profile)s
            LEFT JOIN dunning_profile_suggestion suggestion
                   ON suggestion.partner_id = partner.id AND suggestion.company_id = %(company)s
            LEFT JOIN dunning_profile former ON former.id = suggestion.profile_id
            LEFT JOIN broken ON broken.partner_id = partner.id
            LEFT JOIN dispute ON dispute.partner_id = partner.id
            LEFT JOIN returned ON returned.partner_id = partner.id
             ORDER BY partner.id""",
            paid=self._get_paid_sql(company, since, today, partner_ids),
            open=self._get_open_sql(company, today, partner_ids),
            paying=self._get_paying_sql(since + (today - since) / 2),
            returned=self._get_returned_sql(company, since), broken=self._get_broken_sql(company, since),
            dispute=self._get_dispute_sql(company, since), company=company.id,
            kind=partner._field_to_sql("partner", "dunning_debtor_kind"),
            profile=partner._field_to_sql("partner", "dunning_profile_id"),
        ))
        return [Figures(*row) for row in rows]

    @api.model
    def _get_invoice_sql(self, company, partner_ids=None):
        """Return the conditions of an invoice that tells how a customer pays; aliases ``aml`` and ``move``."""
        companies = self.env["res.company"].sudo().search([("id", "child_of", company.id)])
        wanted = SQL("TRUE") if partner_ids is None else SQL("move.commercial_partner_id = ANY(%s)", list(partner_ids))
        return SQL(
            """aml.company_id = ANY(%s) AND move.move_type IN ('out_invoice', 'out_receipt') AND aml.balance > 0
               AND aml.parent_state = 'posted' AND move.dunning_is_charge IS NOT TRUE AND %s
               AND aml.account_id = ANY(ARRAY(
                   SELECT id FROM account_account WHERE account_type = 'asset_receivable'))""",
            companies.ids, wanted,
        )

    @api.model
    def _get_paid_sql(self, company, since, today, partner_ids):
        """Return what was paid in the period, with money: a transfer or a credit note tells nothing."""
        lines = self.env["account.move.line"]
        invoice = self._get_invoice_sql(company, partner_ids)
        wanted = SQL(
            """SELECT aml.id
                 FROM account_move_line aml
                 JOIN account_move move ON move.id = aml.move_id
                WHERE %s AND aml.id IN (SELECT debit_move_id FROM account_partial_reconcile WHERE max_date > %s)""",
            invoice, since - timedelta(days=BANK_DAYS),
        )
        return SQL(
            """SELECT move.commercial_partner_id AS partner_id, move.id AS move_id, paid.amount_company AS amount,
                      GREATEST(0, paid.day - %(due)s) AS delay, paid.day
                 FROM (%(paid)s) paid
                 JOIN account_move_line aml ON aml.id = paid.line_id
                 JOIN account_move move ON move.id = aml.move_id
                WHERE paid.kind = 'money' AND paid.day > %(since)s AND paid.day <= %(today)s""",
            due=lines._get_dunning_due_sql(), paid=lines._get_dunning_movement_sql(wanted), since=since, today=today,
        )

    @api.model
    def _get_open_sql(self, company, today, partner_ids):
        """Return what is open and overdue today, however old; not what is contested or left out of dunning."""
        due = self.env["account.move.line"]._get_dunning_due_sql()
        return SQL(
            """SELECT move.commercial_partner_id, move.id,
                      aml.amount_residual * (1 - LEAST(1, COALESCE(contested.amount, 0)
                                                          / NULLIF(aml.amount_residual_currency, 0))),
                      %(today)s::date - %(due)s, %(today)s::date
                 FROM account_move_line aml
                 JOIN account_move move ON move.id = aml.move_id
            LEFT JOIN (SELECT line.line_id, SUM(line.amount) AS amount
                         FROM dunning_dispute_line line
                         JOIN dunning_dispute dispute ON dispute.id = line.dispute_id AND dispute.state = 'open'
                     GROUP BY line.line_id) contested ON contested.line_id = aml.id
                WHERE %(invoice)s AND aml.reconciled IS NOT TRUE AND aml.amount_residual > 0
                  AND aml.no_followup IS NOT TRUE AND %(due)s < %(today)s""",
            today=today, due=due, invoice=self._get_invoice_sql(company, partner_ids),
        )

    @api.model
    def _get_paying_sql(self, middle):
        """Return delay, share late and trend per customer, weighted by amount."""
        def average(condition):
            return SQL("SUM(amount * delay) FILTER (WHERE %s) / SUM(amount) FILTER (WHERE %s)", condition, condition)

        return SQL(
            """SELECT partner_id, COUNT(DISTINCT move_id) AS invoices, ROUND(%(all)s) AS delay,
                      ROUND(100 * COALESCE(SUM(amount) FILTER (WHERE delay > %(late)s), 0) / SUM(amount))
                          AS share_late,
                      ROUND(%(second)s) - ROUND(%(first)s) AS trend
                 FROM part
                WHERE amount > 0
             GROUP BY partner_id""",
            all=average(SQL("TRUE")), late=LATE_AFTER, second=average(SQL("day > %s", middle)),
            first=average(SQL("day <= %s", middle)),
        )

    @api.model
    def _get_returned_sql(self, company, since):
        return SQL(
            """SELECT move.commercial_partner_id AS partner_id, COUNT(DISTINCT move.id)
                 FROM account_move_line aml
                 JOIN account_move move ON move.id = aml.move_id
                WHERE move.dunning_rejected_date > %s AND %s
             GROUP BY move.commercial_partner_id""",
            since, self._get_invoice_sql(company),
        )

    @api.model
    def _get_broken_sql(self, company, since):
        return SQL(
            """SELECT partner_id, COUNT(*) FROM dunning_promise
                WHERE company_id = %s AND state = 'broken' AND COALESCE(date_judged, date_promised) > %s
             GROUP BY partner_id""",
            company.id, since,
        )

    @api.model
    def _get_dispute_sql(self, company, since):
        """Return the objections of each customer; not those that came from us or were noted by mistake."""
        return SQL(
            """SELECT dispute.partner_id, COUNT(*)
                 FROM dunning_dispute dispute
                 JOIN dunning_dispute_reason reason ON reason.id = dispute.reason_id
                WHERE dispute.company_id = %s AND dispute.date_open > %s AND reason.is_ours IS NOT TRUE
                  AND COALESCE(dispute.resolution, '') NOT IN ('mistake', 'gone')
             GROUP BY dispute.partner_id""",
            company.id, since,
        )

    # --- writing --------------------------------------------------------------------------------------------------

    @api.model
    def _write_suggestions(self, company, today, rows):
        """Write what differs. A dismissed suggestion comes back once another profile was suggested in between."""
        if not rows:
            return
        facts = COLUMNS[1:]
        self.env.cr.execute(SQL(
            """INSERT INTO dunning_profile_suggestion AS old (
                      company_id, date, create_uid, write_uid, create_date, write_date, %(columns)s)
               SELECT %(company)s, CASE WHEN fact.profile_id IS NOT NULL THEN %(today)s::date END, %(uid)s, %(uid)s,
                      now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', fact.*
                 FROM unnest(%(values)s) AS fact(%(columns)s)
                   ON CONFLICT (company_id, partner_id) DO UPDATE
                  SET (%(facts)s) = ROW(%(new)s),
                      date = CASE WHEN old.profile_id IS NOT DISTINCT FROM EXCLUDED.profile_id THEN old.date
                                  ELSE EXCLUDED.date END,
                      dismissed_profile_id = CASE WHEN old.dismissed_profile_id = EXCLUDED.profile_id
                                                  THEN old.dismissed_profile_id END,
                      write_date = EXCLUDED.write_date
                WHERE (%(former)s) IS DISTINCT FROM (%(new)s)""",
            company=company.id, today=today, uid=self.env.uid,
            columns=SQL(", ").join(SQL.identifier(name) for name in COLUMNS),
            values=SQL(", ").join(SQL("%s::int[]", list(column)) for column in zip(*rows, strict=True)),
            facts=SQL(", ").join(SQL.identifier(name) for name in facts),
            new=SQL(", ").join(SQL.identifier("excluded", name) for name in facts),
            former=SQL(", ").join(SQL.identifier("old", name) for name in facts),
        ))

    @api.model
    def _clear_suggestions(self, company, known_ids, partner_ids):
        """Suggest nothing for customers of whom there is not enough to say any more."""
        wanted = SQL("TRUE") if partner_ids is None else SQL("partner_id = ANY(%s)", list(partner_ids))
        self.env.cr.execute(SQL(
            """UPDATE dunning_profile_suggestion
                  SET profile_id = NULL, date = NULL, dismissed_profile_id = NULL
                WHERE company_id = %s AND profile_id IS NOT NULL AND partner_id <> ALL(%s::int[]) AND %s""",
            company.id, list(known_ids), wanted,
        ))

    @api.model
    def _apply_automatically(self, company, figures):
        """Apply what the figures say where no person decided: never to a natural person, never over a manual choice."""
        profiles = self._get_profile_ids(company)
        changing = [
            one.partner_id for one in figures
            if one.kind and not self._is_person(one.kind, one.is_person) and not one.is_manual
            and profiles.get(suggest(one)) not in (None, one.current_id)
        ]
        found = self.search([("company_id", "=", company.id), ("partner_id", "in", changing)])
        found.filtered("is_open")._apply(self.env._("applied automatically"))
