from odoo import api, models
from odoo.tools import SQL

from ...escalation import STAGES


class DunningFollowup(models.Model):
    """Keep follow-ups equal to the ledger: one set-based statement per company, writing only what changed."""

    _inherit = "dunning.followup"

    @api.model
    def _sync(self, company, today, partner_ids=None):
        """Create, update and empty the follow-ups of a company (of some customers only, when given).

        A follow-up whose facts changed is planned again: its fingerprint is a sum over the facts of its open lines,
        its policy and the settings, so that nothing that matters to the planner can change unseen.

        :param today: the day on which lines become overdue
        :return: ids of the follow-ups that were created or changed
        """
        company = company.root_id
        self._flush_facts()
        self.env.cr.execute(self._get_sync_sql(company, today, partner_ids))
        changed = [row[0] for row in self.env.cr.fetchall()]
        if changed:
            self.env["dunning.followup"].invalidate_model(flush=False)
        return changed

    @api.model
    def _flush_facts(self):
        """Write to the database what the statements below read, and not more."""
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model()
        for model in ("res.partner", "dunning.policy", "dunning.policy.rule", "dunning.level", "dunning.profile",
                      "res.company", "dunning.followup", "dunning.notice", "dunning.notice.line", "dunning.dispatch",
                      "account.payment.term", "account.payment.method.line"):
            self.env[model].flush_model()

    @api.model
    def _get_sync_sql(self, company, today, partner_ids):
        """Return the one statement: open items, totals per customer, facts, then what differs is written."""
        wanted = SQL("TRUE") if partner_ids is None else SQL("followup.partner_id = ANY(%s)", list(partner_ids))
        return SQL(
            """WITH item AS (%s), total AS (%s), state AS MATERIALIZED (%s), fact AS MATERIALIZED (%s),
                    written AS (%s), emptied AS (%s)
               SELECT id FROM written UNION ALL SELECT id FROM emptied""",
            self._get_item_sql(company, partner_ids), self._get_total_sql(today), self._get_state_sql(company),
            self._get_fact_sql(company), self._get_written_sql(company, today), self._get_emptied_sql(company, wanted),
        )

    @api.model
    def _get_item_sql(self, company, partner_ids):
        """Return the SELECT of open items, each with a hash over the facts that the planner reads of it."""
        lines = self.env["account.move.line"]
        return SQL(
            """SELECT partner.id AS partner_id, aml.amount_residual AS residual, %(due)s AS due, level.id AS level_id,
                      array_position(%(stages)s::varchar[], level.stage) AS rank,
                      aml.no_followup IS NOT TRUE AS followed,
                      hash_record_extended(ROW(aml.id, aml.amount_residual, %(due)s, aml.dunning_level_id,
                          aml.dunning_date, %(exclusion)s::varchar, move.dunning_rejected_date,
                          move.dunning_delivery_status, move.dunning_delivery_date,
                          move.preferred_payment_method_line_id), 0)::numeric AS hash
               %(items)s""",
            due=lines._get_dunning_due_sql(), exclusion=lines._get_dunning_exclusion_sql(company),
            items=lines._get_dunning_from_sql(company, partner_ids), stages=list(STAGES),
        )

    @api.model
    def _get_total_sql(self, today):
        """Return the SELECT of what each customer owes, in the currency of the company."""
        return SQL(
            """SELECT partner_id,
                      COALESCE(SUM(residual) FILTER (WHERE residual > 0 AND followed AND due < %(today)s), 0)
                          AS overdue,
                      COALESCE(SUM(residual) FILTER (WHERE residual > 0 AND followed AND due >= %(today)s), 0)
                          AS not_due,
                      COALESCE(-SUM(residual) FILTER (WHERE residual < 0), 0) AS credit,
                      SUM(residual) AS balance,
                      MIN(due) FILTER (WHERE residual > 0 AND followed AND due < %(today)s) AS oldest,
                      COUNT(*) AS lines,
                      MAX(rank) FILTER (WHERE residual > 0) AS rank,
                      (array_agg(level_id ORDER BY rank DESC NULLS LAST) FILTER (WHERE residual > 0))[1] AS level_id,
                      SUM(hash) AS hash
                 FROM item
             GROUP BY partner_id""",
            today=today,
        )

    @api.model
    def _get_state_sql(self, company):
        """Return the SELECT that adds the stage, the policy that applies and the collector."""
        return SQL(
            """SELECT total.*, COALESCE((%(stages)s::varchar[])[GREATEST(total.rank, mark.rank)], 'none') AS stage,
                      %(policy)s AS policy_id, %(collector)s AS user_id
                 FROM total
                 JOIN res_partner partner ON partner.id = total.partner_id
            LEFT JOIN (%(marks)s) mark ON mark.partner_id = partner.id
            LEFT JOIN dunning_profile profile ON profile.id = %(profile)s AND profile.active""",
            stages=list(STAGES), policy=self._get_policy_sql(company), collector=self._get_collector_sql(company),
            profile=self._get_partner_sql(company, "dunning_profile_id"), marks=self._get_mark_sql(company),
        )

    @api.model
    def _get_mark_sql(self, company):
        """Return the SELECT (partner_id, rank) of customers who stand higher than their notices put them."""
        selects = self._get_stage_selects(company)
        if not selects:
            return SQL("SELECT NULL::int AS partner_id, NULL::int AS rank WHERE FALSE")
        return SQL("SELECT partner_id, MAX(array_position(%s::varchar[], stage)) AS rank FROM (%s) mark GROUP BY 1",
                   list(STAGES), SQL(" UNION ALL ").join(selects))

    @api.model
    def _get_stage_selects(self, company):
        """Return one SELECT (partner_id, stage) per model that puts customers into a stage: litigation, insolvency.

        Extend to add one.
        """
        return []

    @api.model
    def _get_fact_sql(self, company):
        """Return the SELECT that adds the fingerprint: items, policy, settings and choices about the customer."""
        return SQL(
            """SELECT state.*, CONCAT_WS('/', state.hash, state.policy_id, policy.revision, %(revision)s::int,
                                         (%(choices)s)::text) AS print
                 FROM state
                 JOIN res_partner partner ON partner.id = state.partner_id
            LEFT JOIN dunning_policy policy ON policy.id = state.policy_id""",
            revision=company.dunning_revision, choices=self._get_choices_sql(company),
        )

    @api.model
    def _get_written_sql(self, company, today):
        """Return the upsert of the follow-ups that are new or differ; a new fingerprint has them planned again."""
        return SQL(
            """INSERT INTO dunning_followup AS followup (
                      company_id, partner_id, user_id, policy_id, stage, level_id, amount_overdue, amount_not_due,
                      amount_credit, amount_total, oldest_due_date, line_count, fingerprint, wake_date, active,
                      create_uid, write_uid, create_date, write_date)
               SELECT %(company)s, fact.partner_id, fact.user_id, fact.policy_id, fact.stage, fact.level_id,
                      fact.overdue, fact.not_due, fact.credit, fact.balance, fact.oldest, fact.lines, fact.print,
                      %(today)s, TRUE, %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                 FROM fact
            LEFT JOIN dunning_followup old ON old.company_id = %(company)s AND old.partner_id = fact.partner_id
                WHERE old.id IS NULL
                   OR (old.policy_id, old.stage, old.level_id, old.amount_overdue, old.amount_not_due,
                       old.amount_credit, old.amount_total, old.oldest_due_date, old.line_count, old.fingerprint)
                      IS DISTINCT FROM
                      (fact.policy_id, fact.stage, fact.level_id, fact.overdue, fact.not_due, fact.credit,
                       fact.balance, fact.oldest, fact.lines::int, fact.print)
             ORDER BY fact.partner_id
                   ON CONFLICT (company_id, partner_id) DO UPDATE
                  SET policy_id = EXCLUDED.policy_id, stage = EXCLUDED.stage, level_id = EXCLUDED.level_id,
                      amount_overdue = EXCLUDED.amount_overdue, amount_not_due = EXCLUDED.amount_not_due,
                      amount_credit = EXCLUDED.amount_credit, amount_total = EXCLUDED.amount_total,
                      oldest_due_date = EXCLUDED.oldest_due_date, line_count = EXCLUDED.line_count,
                      fingerprint = EXCLUDED.fingerprint,
                      wake_date = CASE WHEN followup.fingerprint IS DISTINCT FROM EXCLUDED.fingerprint
                                       THEN LEAST(followup.wake_date, %(today)s) ELSE followup.wake_date END
            RETURNING id""",
            company=company.id, today=today, uid=self.env.uid,
        )

    @api.model
    def _get_emptied_sql(self, company, wanted):
        """Return the update of the follow-ups that owe nothing any more; they stay, with their history."""
        return SQL(
            """UPDATE dunning_followup followup
                  SET stage = 'none', level_id = NULL, amount_overdue = 0, amount_not_due = 0, amount_credit = 0,
                      amount_total = 0, oldest_due_date = NULL, line_count = 0, fingerprint = NULL, wake_date = NULL,
                      next_date = NULL, next_level_id = NULL, reason = NULL, attention = FALSE, attention_codes = NULL
                WHERE followup.company_id = %s AND followup.line_count > 0 AND %s
                  AND NOT EXISTS (SELECT FROM total WHERE total.partner_id = followup.partner_id)
            RETURNING id""",
            company.id, wanted,
        )

    @api.model
    def _get_partner_sql(self, company, fname):
        """Return the SQL of a company-dependent field of the customer, with its default; alias ``partner``."""
        return self.env["res.partner"].with_company(company)._field_to_sql("partner", fname)

    @api.model
    def _get_choices_sql(self, company):
        """Return the SQL of all choices about a customer that the planner takes into account; alias ``partner``."""
        names = ("dunning_debtor_kind", "dunning_profile_id", "dunning_manual_only")
        return SQL("ROW(%s)", SQL(", ").join(self._get_partner_sql(company, name) for name in names))

    @api.model
    def _get_collector_sql(self, company):
        """Return the SQL of who follows a new customer: somebody who is still here; alias ``partner``."""
        return SQL("COALESCE((SELECT id FROM res_users WHERE id = %s AND active), %s)",
                   self._get_partner_sql(company, "dunning_user_id"),
                   company.dunning_user_id.filtered("active").id or None)

    @api.model
    def _get_policy_rule_sql(self, company):
        """Return the SQL of further criteria of a matching rule; aliases ``rule`` and ``partner``. Extend to add."""
        return SQL("TRUE")

    @api.model
    def _get_policy_sql(self, company):
        """Return the SQL of the policy of a customer: its own, else its profile's, else the first rule's, else default.

        Aliases: ``partner`` and ``profile``. Archived policies count for nothing.
        """
        def active(policy):
            return SQL("(SELECT id FROM dunning_policy WHERE id = %s AND active)", policy)

        kind = self._get_partner_sql(company, "dunning_debtor_kind")
        rule = SQL(
            """(WITH rule AS MATERIALIZED (
                    SELECT rule.*
                      FROM dunning_policy_rule rule
                      JOIN dunning_policy choice ON choice.id = rule.policy_id AND choice.active
                     WHERE (rule.company_id IS NULL OR rule.company_id = %(company)s)
                       AND (choice.company_id IS NULL OR choice.company_id = %(company)s))
                SELECT rule.policy_id
                  FROM rule
                 WHERE (rule.debtor_kind IS NULL OR rule.debtor_kind = COALESCE(%(kind)s, 'unknown'))
                   AND (rule.country_id IS NULL OR rule.country_id = partner.country_id)
                   AND (rule.category_id IS NULL OR EXISTS (
                        SELECT FROM res_partner_res_partner_category_rel tag
                         WHERE tag.partner_id = partner.id AND tag.category_id = rule.category_id))
                   AND (rule.is_internal IS NOT TRUE
                        OR partner.employee
                        OR EXISTS (SELECT FROM res_company own WHERE own.partner_id = partner.id)
                        OR EXISTS (SELECT FROM res_users staff WHERE staff.partner_id = partner.id
                                      AND staff.share IS NOT TRUE))
                   AND %(more)s
              ORDER BY rule.sequence, rule.id
                 LIMIT 1)""",
            company=company.id, kind=kind, more=self._get_policy_rule_sql(company),
        )
        return SQL("COALESCE(%s, %s, %s, %s)", active(self._get_partner_sql(company, "dunning_policy_id")),
                   active(SQL("profile.policy_id")), rule, active(SQL("%s::int", company.dunning_policy_id.id or None)))
