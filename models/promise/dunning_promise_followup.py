from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_amount, format_date

from ...escalation import Reason


class DunningFollowup(models.Model):
    """What the customer promised, on his follow-up and for the planner."""

    _inherit = "dunning.followup"

    promise_ids = fields.One2many("dunning.promise", "followup_id", "Promises", readonly=True)
    open_promise_ids = fields.One2many(
        "dunning.promise", "followup_id", "Open Promises", domain=[("state", "=", "open")], readonly=True)
    promise_text = fields.Char("Promised", compute="_compute_promise_text")
    broken_promise_count = fields.Integer("Broken Promises", compute="_compute_broken_promise_count")
    broken_promise_text = fields.Char("Broken Promises in Words", compute="_compute_broken_promise_count")

    @api.depends("open_promise_ids.amount_paid", "open_promise_ids.date_promised", "open_promise_ids.waiting_reason")
    @api.depends_context("lang")
    def _compute_promise_text(self):
        for followup in self:
            promises = followup.open_promise_ids.sorted(lambda one: (one.date_promised, one.id))
            followup.promise_text = " · ".join(one._get_chip_text() for one in promises)

    @api.depends("promise_ids.state")
    @api.depends_context("lang")
    def _compute_broken_promise_count(self):
        promises = self.env["dunning.promise"]
        for company, followups in self.grouped("company_id").items():
            domain = promises._get_broken_domain(company._get_dunning_today()) if company else Domain.FALSE
            counts = dict(promises._read_group(
                domain & Domain("followup_id", "in", followups.ids), ["followup_id"], ["__count"]))
            for followup in followups:
                followup.broken_promise_count = counts.get(followup, 0)
                followup.broken_promise_text = self._get_broken_text(followup.broken_promise_count)

    @api.model
    def _get_broken_text(self, count):
        """Return "2nd broken promise", or nothing when all were kept."""
        names = {0: "", 1: self.env._("1st broken promise"), 2: self.env._("2nd broken promise"),
                 3: self.env._("3rd broken promise")}
        return names[count] if count in names else self.env._("%(count)s broken promises", count=count)

    # --- facts for the planner ------------------------------------------------------------------------------------

    @api.model
    def _flush_facts(self):
        super()._flush_facts()
        for model in ("dunning.promise", "dunning.promise.line"):
            self.env[model].flush_model()

    @api.model
    def _get_hold_selects(self, company):
        """A promise holds what is still to come of it until its tolerance is over, or until it can be judged."""
        return [*super()._get_hold_selects(company), SQL(
            """SELECT line.line_id,
                      CASE WHEN line.amount - COALESCE(line.amount_paid, 0) < aml.amount_residual_currency
                           THEN ROUND((GREATEST(0, line.amount - COALESCE(line.amount_paid, 0)) * aml.amount_residual
                                       / NULLIF(aml.amount_residual_currency, 0))::numeric, 2) END AS amount,
                      CASE WHEN promise.waiting_reason IS NULL THEN promise.date_limit END AS until,
                      'promise' AS reason
                 FROM dunning_promise_line line
                 JOIN dunning_promise promise ON promise.id = line.promise_id AND promise.state = 'open'
                 JOIN account_move_line aml ON aml.id = line.line_id
                WHERE promise.company_id = %s""",
            company.root_id.id,
        )]

    def _get_attention_codes(self, case, plan):
        codes = super()._get_attention_codes(case, plan)
        if any(one.waiting_reason == "credits" for one in self.open_promise_ids):
            codes.append(Reason.PAYMENT_TO_ALLOCATE.value)
        return codes

    @api.model
    def _get_policy_rule_sql(self, company):
        """A rule may be for customers who broke their word so many times within 12 months; alias ``rule``."""
        return SQL(
            """%s AND (COALESCE(rule.broken_promises, 0) = 0 OR rule.broken_promises <= (
                    SELECT COUNT(*)
                      FROM dunning_promise broken
                 LEFT JOIN dunning_promise former ON former.id = broken.previous_id AND former.is_redated
                     WHERE broken.partner_id = partner.id AND broken.company_id = %s AND broken.state = 'broken'
                       AND broken.date_judged > %s AND former.id IS NULL))""",
            super()._get_policy_rule_sql(company), company.id,
            company._get_dunning_today() - relativedelta(years=1),
        )

    # --- buttons --------------------------------------------------------------------------------------------------

    def _get_form_action(self):
        self.ensure_one()
        return {"type": "ir.actions.act_window", "res_model": self._name, "res_id": self.id, "view_mode": "form",
                "views": [(False, "form")]}

    def _get_answerable_lines(self):
        """Return what a collector most likely speaks of: the overdue claims, else all; one currency at a time."""
        claims = self.open_line_ids.filtered(lambda line: line.amount_residual > 0 and not line.no_followup)
        claims = claims.filtered("dunning_days_late") or claims
        return claims.filtered(lambda line: line.currency_id == claims[:1].currency_id)

    def action_promise(self):
        """Note what the customer promises, with all that is overdue filled in."""
        self.ensure_one()
        lines = self._get_answerable_lines()
        lines = self.env["dunning.promise"]._get_promisable(lines)
        if not lines:
            raise UserError(self.env._(
                "%(customer)s owes nothing that could be promised: it is paid, disputed or already promised.",
                customer=self.partner_id.display_name))
        return self.env["dunning.promise"]._get_dialog(lines)


class ResPartner(models.Model):
    """How often the customer broke his word."""

    _inherit = "res.partner"

    dunning_broken_promise_count = fields.Integer(
        "Broken Promises", compute="_compute_dunning_broken_promise_count", groups="base.group_user",
        help="Within 12 months, to the legal entity of the current company.",
    )

    @api.depends_context("company")
    def _compute_dunning_broken_promise_count(self):
        company = self.env.company.root_id
        # sudo: a number, not the promises; whoever may see the customer may see why he has a firmer policy.
        promises = self.env["dunning.promise"].sudo()
        counts = dict(promises._read_group(
            promises._get_broken_domain(company._get_dunning_today()) & Domain("company_id", "=", company.id)
            & Domain("partner_id", "in", self.commercial_partner_id.ids),
            ["partner_id"], ["__count"],
        ))
        for partner in self:
            partner.dunning_broken_promise_count = counts.get(partner.commercial_partner_id, 0)


class DunningPolicyRule(models.Model):
    """Customers who broke their word can be given a firmer policy."""

    _inherit = "dunning.policy.rule"

    broken_promises = fields.Integer(
        help="Only customers who broke at least so many promises within 12 months. 0: any customer.",
    )

    def _is_match(self, partner, company):
        return super()._is_match(partner, company) and self._match_broken_promises(
            partner.with_company(company.root_id).commercial_partner_id)

    def _match_broken_promises(self, customer):
        return not self.broken_promises or self.broken_promises <= customer.dunning_broken_promise_count

    @api.depends("broken_promises")
    def _compute_criteria(self):
        super()._compute_criteria()

    def _get_criteria_text(self):
        if not self.broken_promises:
            return super()._get_criteria_text()
        words = self.env._("%(count)s broken promises or more", count=self.broken_promises)
        others = self.debtor_kind or self.is_internal or self.country_id or self.category_id
        return f"{super()._get_criteria_text()}, {words}" if others else words


class DunningPromise(models.Model):
    """A promise in a few words."""

    _inherit = "dunning.promise"

    def _get_chip_text(self):
        """Return "Promise 1 200,00 € on 28 Nov", with what came of it or why it is not judged."""
        text = self.env._(
            "Promise %(amount)s on %(date)s", amount=self._get_amount_text(),
            date=format_date(self.env, self.date_promised, date_format="d MMM"),
        )
        if self.waiting_reason == "dispute":
            text = self.env._("%(text)s: disputed meanwhile", text=text)
        elif self.waiting_reason:
            text = self.env._("%(text)s: payment to allocate", text=text)
        elif self.amount_paid > 0:
            text = self.env._("%(text)s, %(paid)s paid", text=text,
                              paid=format_amount(self.env, self.amount_paid, self.currency_id))
        return text


class AccountMoveLine(models.Model):
    """The order in which a payment is spread."""

    _inherit = "account.move.line"

    def _get_dunning_order(self):
        """Sort receivables by due date, the oldest first."""
        return (self.dunning_due_date or self.date or fields.Date.today(), self.id)


class AccountMove(models.Model):
    """What was promised for an invoice."""

    _inherit = "account.move"

    dunning_promise_line_ids = fields.One2many(
        "dunning.promise.line", "move_id", "Promises",
        groups="account.group_account_invoice,account.group_account_readonly")
    dunning_promise_date = fields.Date(
        "Promised For", compute="_compute_dunning_promise_date",
        groups="account.group_account_invoice,account.group_account_readonly")

    @api.depends("dunning_promise_line_ids.state", "dunning_promise_line_ids.date_promised")
    def _compute_dunning_promise_date(self):
        for move in self:
            days = move.dunning_promise_line_ids.filtered(lambda line: line.state == "open").mapped("date_promised")
            move.dunning_promise_date = min(days, default=False)

    def action_dunning_promise(self):
        """Note what the customer promises for these invoices."""
        lines = self.env["dunning.promise"]._get_promisable(self.dunning_line_ids)
        if not lines:
            raise UserError(self.env._(
                "Nothing can be promised for these invoices: they are paid, disputed or already promised."))
        return self.env["dunning.promise"]._get_dialog(lines)
