from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ... import escalation
from ...escalation import RANK, Reason

# What a person must look at, whatever else is planned for the customer.
ATTENTION_REASONS = (
    Reason.COLLECTION_FAILED, Reason.RETURNED_PAYMENT, Reason.PLATFORM_REJECTED, Reason.PLATFORM_DISPUTED,
    Reason.LADDER_DONE, Reason.WINDOW_PASSED, Reason.BELOW_STEP, Reason.NEEDS_REMINDER, Reason.CREDIT_BLOCKS_FORMAL,
    Reason.MANUAL_ONLY, Reason.NOT_SENT,
)
# What is known of the last notices: these stay until a person or a later notice settles them.
NOTICE_REASONS = (Reason.UNCERTAIN, Reason.RETURNED, Reason.NOT_MADE, Reason.TO_DECIDE, Reason.ERROR,
                  Reason.MISSING_EMAIL, Reason.MISSING_ADDRESS, Reason.WRONG_ADDRESS, Reason.WRONG_EMAIL,
                  Reason.STAND_IN_ADDRESS)
# These too, but a later notice does not settle them: a person does.
LASTING_REASONS = (*NOTICE_REASONS, Reason.PROMISE_BROKEN, Reason.PLAN_BROKEN, Reason.FORMAL_EXPIRED,
                   Reason.UNDECIDED, Reason.CLAIM_UNDECLARED, Reason.OVER_COVER, Reason.LIMITATION_NEAR,
                   Reason.JOINT_UNREACHED)
PAYMENT_ANNOUNCED_DAYS = 5  # working days that a payment announced on the platform may take
NEW_CUSTOMER_DAYS = 180


class DunningFollowup(models.Model):
    """Read the facts of many follow-ups in a constant number of statements and ask the planner."""

    _inherit = "dunning.followup"

    def _plan(self, today, rules=None):
        """Return {follow-up: (Case, Plan)}. All follow-ups belong to one company. Writes nothing.

        :param rules: escalation.Rules instead of the company's settings (what-if, overrides of one run)
        """
        if not self:
            return {}
        company = self.company_id.ensure_one()
        rules = rules or company._get_dunning_rules(today)
        cases = self._get_cases(today, rules)
        return {followup: (cases[followup.id], escalation.plan(cases[followup.id], rules, today)) for followup in self}

    def _replan(self, today):
        """Plan these follow-ups now and keep what was found, without preparing any notice."""
        for _company, followups in self.filtered("line_count").grouped("company_id").items():
            plans = followups._plan(today)
            followups._store_plans(plans, today)
            # What is due today is still to be prepared: the next run must find it.
            self.browse([one.id for one, (_case, plan) in plans.items() if plan.moves])._set_wake_date(today)

    # --- facts ----------------------------------------------------------------------------------------------------

    def _get_cases(self, today, rules):
        """Return {follow-up id: escalation.Case}, in a constant number of statements."""
        company = self.company_id
        policies = self._get_engine_policies(company)
        facts = self._get_line_facts(company)
        holds = self._get_holds(company, [row["id"] for rows in facts.values() for row in rows])
        calls = self._get_calls(today)
        histories = self._get_histories(today)
        choices = self._get_customer_choices(company, today)
        cases = {}
        for followup in self:
            history = histories.get(followup.id, {})
            kind, profile, manual_only, is_new = choices[followup.partner_id.id]
            rows = facts[followup.partner_id.id]
            policy = policies.get(followup.policy_id.id) or escalation.Policy(None)
            cases[followup.id] = escalation.Case(
                receivables=tuple(
                    self._prepare_receivable(row, policy, policies, rules, today, holds, calls)
                    for row in rows if row["residual"] > 0
                ),
                credits=-sum((_exact(row["residual"]) for row in rows if row["residual"] < 0), Decimal(0)),
                noticed=history.get("noticed"), pending=bool(history.get("pending")),
                formal_until=history.get("formal_until"), contacts=tuple(history.get("contacts") or ()),
                consumer=kind not in ("business", "public"), new_customer=bool(is_new), profile=profile,
                manual_only=bool(manual_only),
            )
        return cases

    @api.model
    def _get_engine_policies(self, company):
        """Return {policy id: escalation.Policy}; the key ``rejected`` is the policy of failed collections."""
        policies = self.env["dunning.policy"].search([("company_id", "in", [False, company.id])])
        policies.level_ids.mapped("sequence")  # the steps of all policies are read at once
        engine = {policy.id: policy._to_engine() for policy in policies}
        engine["rejected"] = engine.get(company.dunning_rejected_policy_id.id)
        return engine

    def _get_line_facts(self, company):
        """Return {customer id: rows of the open items, debits and credits}, in the order of their due dates."""
        lines = self.env["account.move.line"]
        lines_by_partner = defaultdict(list)
        rows = self.env.execute_query_dict(SQL(
            """SELECT aml.id, partner.id AS partner_id, aml.amount_residual AS residual, %(due)s AS due,
                      aml.dunning_level_id AS level_id, level.stage, aml.dunning_date AS noticed,
                      level.channel <> 'call' OR %(reminded)s AS reminded,
                      %(exclusion)s AS excluded, move.dunning_rejected_date AS rejected,
                      move.dunning_delivery_status AS delivery, move.dunning_delivery_date AS delivered,
                      COALESCE(method.dunning_collects, FALSE) AS collects
               %(items)s
             ORDER BY due, aml.id""",
            due=lines._get_dunning_due_sql(), exclusion=lines._get_dunning_exclusion_sql(company),
            reminded=self._get_reminded_sql(), items=lines._get_dunning_from_sql(company, self.partner_id.ids),
        ))
        for row in rows:
            lines_by_partner[row["partner_id"]].append(row)
        return lines_by_partner

    @api.model
    def _get_reminded_sql(self):
        """Return the SQL that tells whether a line whose last step was a call had a written reminder; alias ``aml``."""
        return SQL(
            """EXISTS (SELECT FROM dunning_notice_line claim
                         JOIN dunning_notice notice ON notice.id = claim.notice_id AND notice.state = 'sent'
                         JOIN dunning_level earlier ON earlier.id = claim.level_id
                        WHERE claim.line_id = aml.id AND claim.role = 'moving' AND notice.is_returned IS NOT TRUE
                          AND earlier.channel <> 'call' AND earlier.stage LIKE 'reminder%%')""")

    def _prepare_receivable(self, row, policy, policies, rules, today, holds, calls):
        """Return the escalation.Receivable of one row of facts.

        What came back unpaid starts anew: its steps count from the return, and it is late on that very day.
        """
        pauses = list(holds.get(row["id"], ()))
        failed = bool(row["rejected"])
        if row["collects"] and not failed:
            end = rules.calendar.add_working_days(row["due"], self.company_id.dunning_collection_days)
            pauses.append(escalation.Hold(Reason.COLLECTION_EXPECTED, until=end))
            failed = today > end
        if row["delivery"] == "payment_sent" and row["delivered"]:
            end = rules.calendar.add_working_days(row["delivered"], PAYMENT_ANNOUNCED_DAYS)
            pauses.append(escalation.Hold(Reason.PAYMENT_ANNOUNCED, until=end))
        stage = row["stage"] or "none"
        return escalation.Receivable(
            key=row["id"], residual=_exact(row["residual"]),
            due=row["rejected"] - timedelta(days=1) if row["rejected"] else row["due"],
            policy=policies.get("rejected") or policy if failed else policy,
            step=row["level_id"], stage=stage, noticed=row["noticed"],
            reminded=RANK[stage] >= RANK["reminder_1"] and bool(row["reminded"]),
            excluded=Reason(row["excluded"]) if row["excluded"] else None,
            holds=tuple(pauses), call=calls.get(row["id"]),
        )

    @api.model
    def _get_hold_selects(self, company):
        """Return one SELECT (line_id, amount, until, reason) per model that pauses receivables. Extend to add one."""
        return []

    @api.model
    def _get_holds(self, company, line_ids):
        holds = defaultdict(list)
        selects = self._get_hold_selects(company)
        if selects and line_ids:
            union = SQL(" UNION ALL ").join(selects)
            for line_id, amount, until, reason in self.env.execute_query(SQL(
                "SELECT line_id, amount, until, reason FROM (%s) pause WHERE line_id = ANY(%s)", union, line_ids,
            )):
                amount = None if amount is None else _exact(amount)
                holds[line_id].append(escalation.Hold(Reason(reason), until=until, amount=amount))
        return holds

    def _get_calls(self, today):
        """Return {line id: escalation.Call}: the last phone call that precedes a letter."""
        rows = self.env.execute_query(SQL(
            """SELECT DISTINCT ON (line.line_id) line.line_id, notice.level_id, notice.date,
                      dispatch.state IN ('sent', 'not_made'), dispatch.call_back_date
                 FROM dunning_notice notice
                 JOIN dunning_notice_line line ON line.notice_id = notice.id AND line.role = 'moving'
                 JOIN dunning_dispatch dispatch ON dispatch.notice_id = notice.id AND dispatch.channel = 'call'
                WHERE notice.followup_id = ANY(%s) AND notice.is_call AND notice.state IN ('ready', 'sent', 'failed')
             ORDER BY line.line_id, notice.id DESC""",
            list(self.ids),
        ))
        return {row[0]: escalation.Call(*row[1:]) for row in rows}

    def _get_histories(self, today):
        """Return {follow-up id: last notice day, whether one is pending, running formal deadline, contacts}.

        A reminder sent by hand for chosen invoices does not silence the others: it counts as a contact only.
        """
        rows = self.env.execute_query_dict(SQL(
            """SELECT notice.followup_id AS id,
                      MAX(notice.date_sent) FILTER (WHERE notice.state = 'sent' AND notice.is_manual IS NOT TRUE
                                                      AND notice.is_call IS NOT TRUE AND level.channel <> 'call')
                          AS noticed,
                      BOOL_OR(notice.state IN ('to_approve', 'ready', 'sending', 'uncertain')
                              AND notice.is_call IS NOT TRUE
                              OR notice.state = 'draft' AND run.phase = 'sending') AS pending,
                      MAX(notice.deadline_date) FILTER (WHERE notice.state = 'sent' AND notice.stage = 'formal'
                                                          AND notice.deadline_date >= %(today)s) AS formal_until
                 FROM dunning_notice notice
            LEFT JOIN dunning_run run ON run.id = notice.run_id
            LEFT JOIN dunning_level level ON level.id = notice.level_id
                WHERE notice.followup_id = ANY(%(ids)s) AND notice.state NOT IN ('cancelled', 'failed')
             GROUP BY notice.followup_id""",
            ids=list(self.ids), today=today,
        ))
        histories = {row["id"]: row for row in rows}
        for followup_id, day, is_call in self.env.execute_query(SQL(
            """SELECT followup_id, date_sent, channel = 'call'
                 FROM dunning_dispatch
                WHERE followup_id = ANY(%s) AND state IN ('sent', 'delivered') AND date_sent > %s
                  AND joint_debtor_id IS NULL""",
            list(self.ids), today - timedelta(days=30),
        )):
            histories.setdefault(followup_id, {}).setdefault("contacts", []).append((day, is_call))
        return histories

    def _get_customer_choices(self, company, today):
        """Return {customer id: (kind of debtor, profile id, manual only, is new)}."""
        rows = self.env.execute_query(SQL(
            """SELECT partner.id, %(kind)s, %(profile)s, %(manual)s,
                      NOT EXISTS (SELECT FROM account_move older
                                   WHERE older.commercial_partner_id = partner.id AND older.state = 'posted'
                                     AND older.move_type = 'out_invoice' AND older.invoice_date < %(since)s)
                 FROM res_partner partner WHERE partner.id = ANY(%(ids)s)""",
            kind=self._get_partner_sql(company, "dunning_debtor_kind"),
            profile=self._get_partner_sql(company, "dunning_profile_id"),
            manual=self._get_partner_sql(company, "dunning_manual_only"),
            since=today - timedelta(days=NEW_CUSTOMER_DAYS), ids=list(self.partner_id.ids),
        ))
        return {row[0]: row[1:] for row in rows}

    # --- results --------------------------------------------------------------------------------------------------

    def _store_plans(self, plans, today):
        """Keep reason, next step, next date, attention and the day to plan again: one statement for all."""
        if not plans:
            return
        values = SQL(", ").join(
            SQL("(%s::int, %s::varchar, %s::int, %s::date, %s::date, %s::varchar, %s::date)",
                *followup._prepare_plan_row(case, plan, today))
            for followup, (case, plan) in plans.items()
        )
        self.env.cr.execute(SQL(
            """UPDATE dunning_followup followup
                  SET reason = new.reason, next_level_id = new.level_id, next_date = new.next_date,
                      wake_date = new.wake_date, attention_codes = NULLIF(new.codes, ''),
                      attention = new.codes <> '' OR followup.reply_date IS NOT NULL, held_until = new.held_until
                 FROM (VALUES %s) AS new (id, reason, level_id, next_date, wake_date, codes, held_until)
                WHERE followup.id = new.id""",
            values,
        ))
        self.env["dunning.followup"].browse([followup.id for followup in plans]).invalidate_recordset(flush=False)

    def _prepare_plan_row(self, case, plan, today):
        expected = min((one for one in plan.decisions if one.date and one.step), key=lambda one: one.date, default=None)
        held = [one.held_until for one in plan.decisions if one.held_until]
        notice_codes = [code for code in (self.attention_codes or "").split(",") if code in LASTING_REASONS]
        codes = notice_codes + self._get_attention_codes(case, plan)
        return (self.id, plan.reason.value, expected.step.key if expected else None,
                expected.date if expected else None, plan.wake, ",".join(dict.fromkeys(codes)),
                max(held, default=None))

    def _get_attention_codes(self, case, plan):
        """Return the codes of what a person must look at. Override to add one."""
        codes = [reason.value for reason in ATTENTION_REASONS if any(one.reason == reason for one in plan.decisions)]
        rejected = self.company_id.dunning_rejected_policy_id.id
        if any(item.policy.key == rejected and not item.excluded for item in case.receivables) \
                and self.policy_id.id != rejected:
            codes.append(Reason.COLLECTION_FAILED.value)
        return codes

    def _set_attention(self, reason, message=False, today=None):
        """Show a problem with the last notice; it stays until :meth:`_clear_attention`."""
        for followup in self:
            codes = [code for code in (followup.attention_codes or "").split(",") if code] + [reason.value]
            followup._write_door({
                "attention": True, "attention_codes": ",".join(dict.fromkeys(codes)),
                "error_message": message, "error_date": today or followup.company_id._get_dunning_today(),
            })

    def _clear_attention(self, reasons=NOTICE_REASONS):
        """Take the problems with notices off: a later notice left, or a person settled them."""
        for followup in self.filtered(lambda one: one.attention_codes or one.error_message):
            codes = [code for code in (followup.attention_codes or "").split(",") if code and code not in reasons]
            followup._write_door({"attention_codes": ",".join(codes), "error_message": False, "error_date": False,
                                  "attention": bool(codes or followup.reply_date)})

    @api.model
    def _count_reasons(self, plans):
        """Return {reason code: number of receivables} over plans: what moved and why the rest did not."""
        return Counter(one.reason.value for _case, plan in plans.values() for one in plan.decisions)


def _exact(amount):
    """Floats of the books enter the planner as the decimals they print."""
    return Decimal(str(amount))
