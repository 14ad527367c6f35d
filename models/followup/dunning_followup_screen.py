from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...escalation import Reason
from .dunning_followup_plan import LASTING_REASONS

# Upper bounds of the ages shown in the kanban, in days late.
AGES = [("current", 0), ("month", 30), ("two_months", 60), ("quarter", 90)]


class DunningFollowup(models.Model):
    """What the screens of a follow-up show beside its own fields, and what its buttons do."""

    _inherit = "dunning.followup"

    stop_text = fields.Char(related="company_id.dunning_stop_text")
    auto_text = fields.Char(related="company_id.dunning_auto_text")
    phone = fields.Char(related="partner_id.phone")
    email = fields.Char(related="partner_id.email")
    age = fields.Selection(
        [("current", "Nothing late"), ("month", "1 to 30 days"), ("two_months", "31 to 60 days"),
         ("quarter", "61 to 90 days"), ("old", "More than 90 days")],
        "Age of the Oldest Claim", compute="_compute_age",
    )
    open_line_ids = fields.Many2many(
        "account.move.line", string="Statement", compute="_compute_open_line_ids",
        help="What the customer owes and his open credits, as in the books.",
    )
    dispatch_ids = fields.One2many("dunning.dispatch", "followup_id", "Letters and Calls", readonly=True)
    last_call_text = fields.Char("Last Call", compute="_compute_last_call_text")
    has_settleable = fields.Boolean(compute="_compute_has_settleable", compute_sudo=True)
    partner_debtor_kind = fields.Selection(related="partner_id.dunning_debtor_kind")
    partner_profile_id = fields.Many2one(related="partner_id.dunning_profile_id")
    partner_policy_id = fields.Many2one(related="partner_id.dunning_policy_id")
    partner_manual_only = fields.Boolean(related="partner_id.dunning_manual_only")
    partner_by_address = fields.Boolean(related="partner_id.dunning_by_address")
    profile_advice = fields.Text(related="partner_id.dunning_profile_id.advice")

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("oldest_days")
    def _compute_age(self):
        for followup in self:
            followup.age = next((age for age, days in AGES if followup.oldest_days <= days), "old")

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr not in ("age", "oldest_days"):
            return super()._field_to_sql(alias, field_expr, query)
        days = SQL("GREATEST(0, COALESCE(%s - %s, 0))", self.env.company._get_dunning_today(),
                   SQL.identifier(alias, "oldest_due_date", to_flush=self._fields["oldest_due_date"]))
        if field_expr == "oldest_days":
            return days
        bounds = SQL(" ").join(SQL("WHEN %s <= %s THEN %s", days, bound, age) for age, bound in AGES)
        return SQL("(CASE %s ELSE 'old' END)", bounds)

    @api.depends("line_count", "amount_total")
    def _compute_open_line_ids(self):
        lines = self.env["account.move.line"]
        for followup in self:
            followup.open_line_ids = lines.search(
                lines._get_dunning_domain(followup.company_id)
                & fields.Domain("partner_id.commercial_partner_id", "=", followup.partner_id.id),
                order="date_maturity, id",
            )

    @api.depends("dispatch_ids.outcome", "dispatch_ids.date_sent")
    @api.depends_context("lang")
    def _compute_last_call_text(self):
        for followup in self:
            calls = followup.dispatch_ids.filtered(lambda one: one.channel == "call" and one.outcome)
            last = calls.sorted(lambda one: (one.date_sent or one.date_planned, one.id))[-1:]
            followup.last_call_text = bool(last) and self.env._(
                "%(date)s: %(outcome)s", date=format_date(self.env, last.date_sent), outcome=last._get_outcome_text(),
            )

    @api.depends("attention_codes", "error_message")
    def _compute_has_settleable(self):
        """Tell whether a person can take the attention off: what the books say stays until the books change."""
        for followup in self:
            codes = (followup.attention_codes or "").split(",")
            followup.has_settleable = bool(followup.error_message) or any(code in LASTING_REASONS for code in codes)

    # --- what comes next ------------------------------------------------------------------------------------------

    @api.model
    def _find_or_imagine(self, company, customers):
        """Return the follow-ups of these customers; one that exists in memory only where none was made yet."""
        followups = self.with_context(active_test=False).search([
            ("company_id", "=", company.id), ("partner_id", "in", customers.ids),
        ])
        missing = customers - followups.partner_id
        policies = self._find_policies(company, missing)
        return followups.union(*(
            self.new({"company_id": company.id, "partner_id": customer.id, "policy_id": policies.get(customer.id)})
            for customer in missing
        ))

    @api.model
    def _find_policies(self, company, customers):
        """Return {customer id: policy id} as the next refresh of the follow-ups will find them."""
        if not customers:
            return {}
        self._flush_facts()
        return dict(self.env.execute_query(SQL(
            """SELECT partner.id, %(policy)s
                 FROM res_partner partner
            LEFT JOIN dunning_profile profile ON profile.id = %(profile)s AND profile.active
                WHERE partner.id = ANY(%(ids)s)""",
            policy=self._get_policy_sql(company), profile=self._get_partner_sql(company, "dunning_profile_id"),
            ids=list(customers.ids),
        )))

    @api.model
    def _get_next_text(self, decision):
        """Return in one sentence what comes next for a claim and when, or why nothing does."""
        level = self.env["dunning.level"].browse(decision.step.key if decision.step else ())
        return self._get_step_text(decision.reason.value, level, decision.date)

    @api.model
    def _get_step_text(self, code, level, day):
        """Return "Second reminder on 12/05/2026. It is too soon after the previous notice"."""
        if level and code == Reason.DUE and level.manual_only:
            return self.env._("%(step)s is due: the next run prepares it for a decision", step=level.name)
        if level and code == Reason.DUE:
            return self.env._("%(step)s is due and goes with the next run", step=level.name)
        if level and code == Reason.CALL_DUE:
            return self.env._("The phone call before “%(step)s” is due", step=level.name)
        reason = self._get_reason_label(code)
        if level and day:
            return self.env._("%(step)s on %(date)s. %(reason)s", step=level.name,
                              date=format_date(self.env, day), reason=reason)
        return reason

    def _get_claimable_lines(self):
        """Return the overdue lines that may be claimed now, and why the first of the others may not."""
        lines = self.env["account.move.line"].search(
            self.env["account.move.line"]._get_overdue_domain(self.company_id)
            & fields.Domain("partner_id.commercial_partner_id", "=", self.partner_id.id),
        )
        today = self.company_id._get_dunning_today()
        self._flush_facts()
        case = self._get_cases(today, self.company_id._get_dunning_rules(today))[self.id]
        reasons = {item.key: self._get_hindrance(item, today) for item in case.receivables}
        free = lines.filtered(lambda line: line.id in reasons and not reasons[line.id])
        return free, next((reason for key, reason in reasons.items() if reason and key in lines.ids), None)

    @api.model
    def _get_hindrance(self, item, today):
        """Return why a claim is left out of a reminder for the whole customer; never sent is no reason by hand."""
        hold = item.get_hold(today)
        reason = item.excluded or hold and hold.reason
        return None if reason == Reason.NOT_SENT else reason

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_send_now(self):
        """Prepare a reminder by hand for all that can be claimed of this customer, and open it."""
        self.ensure_one()
        lines, reason = self._get_claimable_lines()
        if reason and not lines:
            raise UserError(self.env._(
                "There is nothing to remind %(customer)s of now: %(reason)s.", customer=self.partner_id.display_name,
                reason=self._get_reason_label(reason.value),
            ))
        return self.env["dunning.notice"]._prepare_manual(lines).action_open()

    def action_mark_read(self):
        """The answer of the customer was read: it needs no attention any more."""
        for followup in self.filtered("reply_date"):
            followup._write_door({"reply_date": False, "attention": bool(followup.attention_codes)})

    def action_settle_attention(self):
        """A person has dealt with what went wrong with the last notice."""
        self._clear_attention(LASTING_REASONS)

    def action_log_call(self):
        """Note the outcome of the call on the agenda, or of one that nobody planned."""
        self.ensure_one()
        planned = self.dispatch_ids.filtered(lambda one: one.channel == "call" and one.state == "pending")
        if planned:
            return planned.sorted("id")[-1:].action_log_call()
        return self.env["dunning.dispatch"]._get_call_action() | {"context": {
            "default_followup_id": self.id, "default_channel": "call", "default_partner_id": self.partner_id.id,
            "default_recipient": self.phone,
        }}

    def action_open_partner(self):
        """Open the customer, where his policy, profile and contacts are set."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window", "res_model": "res.partner", "res_id": self.partner_id.id,
            "view_mode": "form", "views": [(False, "form")],
        }
