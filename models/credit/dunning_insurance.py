import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...escalation import Reason
from ..base.apart import apart
from ..run.dunning_run_night import NightStep
from .res_partner_kyc import REMINDERS

_logger = logging.getLogger(__name__)

DUTY_DAYS = ("dunning_notification_days", "dunning_stop_days")


class ResPartner(models.Model):
    """The duties of a policy of credit insurance beside the declaration: report a delay, stop deliveries, stay covered.

    All days count from the oldest original due date of what is open.
    """

    _inherit = "res.partner"

    dunning_notification_days = fields.Integer(
        "Report Delay within", company_dependent=True, groups="base.group_user",
        help="Days after the oldest original due date by which the insurer must hear of the delay. 0: not asked for.")
    dunning_stop_days = fields.Integer(
        "Stop Deliveries after", company_dependent=True, groups="base.group_user",
        help="Days after the oldest original due date from which the insurer covers no new delivery: colleagues are "
             "warned on the customer, his orders and invoices. 0: not asked for.")
    dunning_insurer_notified = fields.Date(
        "Delay Reported On", company_dependent=True, groups="base.group_user",
        help="Ends the reminders for what was due before that day.")

    @api.constrains(*DUTY_DAYS)
    def _check_dunning_duties(self):
        if any(partner[name] < 0 for partner in self for name in DUTY_DAYS):
            raise ValidationError(self.env._("The terms of a credit insurance are not negative."))

    def _get_dunning_banners(self, company):
        banners = super()._get_dunning_banners(company)
        insured = self.sudo().with_company(company).filtered("dunning_insurer_id")
        # sudo: every colleague is warned; neither sums nor the follow-up are shown to him.
        followups = self.env["dunning.followup"].sudo().search([
            ("partner_id", "in", insured.ids), ("company_id", "=", company.id)])
        today = company._get_dunning_today()
        for followup in followups:
            customer, name = followup.partner_id, self._get_dunning_speaker(company, followup.user_id)
            stop = followup.delivery_stop_date
            if stop and stop <= today and not customer.with_company(company).dunning_stop_delivery:
                banners[customer.id].append(("danger", self.env._(
                    "New deliveries are not insured since %(date)s: speak to %(name)s before you confirm or deliver "
                    "anything.", date=format_date(self.env, stop), name=name)))
            if followup.is_over_cover:
                banners[customer.id].append(("warning", self.env._(
                    "More is owed than is insured: speak to %(name)s before you confirm or deliver more.", name=name)))
        return banners


class AccountMove(models.Model):
    """An invoice with a longer credit than the insurer accepts is not covered: say so before it is posted."""

    _inherit = "account.move"

    dunning_credit_text = fields.Char(
        "About the Insurance", compute="_compute_dunning_credit_text",
        groups="account.group_account_invoice,account.group_account_readonly")

    @api.depends("invoice_date", "invoice_date_due", "commercial_partner_id", "company_id", "move_type", "state",
                 "payment_state")
    @api.depends_context("lang")
    def _compute_dunning_credit_text(self):
        for move in self:
            move.dunning_credit_text = move.move_type == "out_invoice" and move.state != "cancel" \
                and move.payment_state in ("not_paid", "partial") and move._get_dunning_credit_text()

    def _get_dunning_credit_text(self):
        """Say that the credit of this invoice is longer than the insurer accepts, or nothing."""
        company = self.company_id.sudo().root_id
        customer = self.commercial_partner_id.sudo().with_company(company)
        longest, due = customer.dunning_credit_days, self.invoice_date_due
        first = self.invoice_date or company._get_dunning_today()
        if not customer.dunning_insurer_id or not longest or not due or (due - first).days <= longest:
            return False
        return self.env._(
            "%(count)s days of credit: %(insurer)s covers %(longest)s days at most (until %(date)s). Shorten "
            "the payment terms, or ask the insurer first.",
            count=(due - first).days, insurer=customer.dunning_insurer_id.name, longest=longest,
            date=format_date(self.env, first + timedelta(days=longest)))


class DunningFollowup(models.Model):
    """What the insurer asks for, and by when."""

    _inherit = "dunning.followup"

    notification_date = fields.Date("Report the Delay by", compute="_compute_insurance")
    delivery_stop_date = fields.Date("Deliveries Stop On", compute="_compute_insurance")
    is_over_cover = fields.Boolean("More Owed than Insured", compute="_compute_insurance")
    kyc_credit_limit = fields.Monetary("Credit Limit", compute="_compute_insurance")
    is_over_limit = fields.Boolean(compute="_compute_insurance")
    over_cover_since = fields.Date(readonly=True)
    duty_reminded = fields.Char(readonly=True, help="The last reminders of the insurer's days: day and days before.")

    @api.depends("oldest_due_date", "amount_total", "partner_id")
    def _compute_insurance(self):
        for followup in self:
            company = followup.company_id
            # sudo: collectors and salespeople read the terms of the insurance, not each customer.
            customer = followup.partner_id.sudo().with_company(company)
            due = followup.sudo().original_due_date
            late = bool(due) and due < company._get_dunning_today() and bool(customer.dunning_insurer_id)
            told = max(filter(None, (customer.dunning_insurer_notified, customer.dunning_insurer_told)), default=None)
            followup.notification_date = late and customer.dunning_notification_days \
                and not (told and told > due) and due + timedelta(days=customer.dunning_notification_days)
            followup.delivery_stop_date = late and customer.dunning_stop_days \
                and due + timedelta(days=customer.dunning_stop_days)
            compare = company.currency_id.compare_amounts
            cover, limit = customer.dunning_cover_amount, customer.credit_limit
            followup.is_over_cover = bool(customer.dunning_insurer_id) and cover > 0 \
                and compare(followup.amount_total, cover) > 0
            followup.kyc_credit_limit = limit
            followup.is_over_limit = limit > 0 and compare(followup.amount_total, limit) > 0

    # --- the night ------------------------------------------------------------------------------------------------

    @api.model
    def _remind_insurance(self, company, today):
        """Remind of what the insurer asks for ten and three days ahead; warn once of what is not covered."""
        insured = self.env["res.partner"].with_company(company).search([("dunning_insurer_id", "!=", False)])
        followups = self.search([
            ("company_id", "=", company.id), "|", ("partner_id", "in", insured.ids), ("over_cover_since", "!=", False),
        ], order="id")
        for followup in followups.filtered(
                lambda one: one._get_new_duties(today) or one.is_over_cover != bool(one.over_cover_since)):
            with apart(self.env, _logger, "The insurance of follow-up %s was not watched", followup.id):
                followup._remind_duties(today)
                followup._watch_cover(today)

    def _remind_duties(self, today):
        new = self._get_new_duties(today)
        for code in new:
            self._plan_kyc_task(*self._get_duty(code))
        if new:
            self.duty_reminded = " ".join(f"{code}={mark}" for code, mark in (self._get_duty_marks() | new).items())

    def _get_duty_marks(self):
        """Return {duty: its last reminder}."""
        return dict(mark.split("=") for mark in (self.duty_reminded or "").split(" ") if mark)

    def _get_new_duties(self, today):
        """Return {duty: reminder} of what is to be done for the insurer now, beside the declaration."""
        marks, new = self._get_duty_marks(), {}
        for code, day in (("report", self.notification_date), ("stop", self.delivery_stop_date)):
            near = [days for days in REMINDERS if day and (day - today).days <= days]
            mark = near and f"{day}/{near[-1]}"
            if mark and marks.get(code) != mark:
                new[code] = mark
        return new

    def _get_duty(self, code):
        """Return the day of a duty and the sentence that reminds of it."""
        words = {"insurer": self.kyc_insurer_id.name, "customer": self.partner_id.name}
        if code == "report":
            return self.notification_date, self.env._(
                "Report to %(insurer)s by %(date)s that %(customer)s pays late",
                date=format_date(self.env, self.notification_date), **words)
        return self.delivery_stop_date, self.env._(
            "Stop deliveries to %(customer)s from %(date)s: %(insurer)s covers no new ones",
            date=format_date(self.env, self.delivery_stop_date), **words)

    def _watch_cover(self, today):
        if self.is_over_cover and not self.over_cover_since:
            self.over_cover_since = today
            self._add_attention(Reason.OVER_COVER)
        elif self.over_cover_since and not self.is_over_cover:
            self.over_cover_since = False
            self._drop_attention(Reason.OVER_COVER)

    def action_report_delay(self):
        """The insurer heard of the delay today."""
        for followup in self:
            if not followup.kyc_insurer_id:
                raise UserError(self.env._("No credit insurer is noted for this customer."))
            followup.check_access("write")
            # sudo: a collector need not have the right to change customers.
            followup.partner_id.sudo().with_company(followup.company_id).dunning_insurer_notified = \
                followup.company_id._get_dunning_today()
            followup._message_log(body=self.env._("The delay was reported to %(insurer)s today.",
                                                  insurer=followup.kyc_insurer_id.name))
        self.invalidate_recordset(["notification_date"])


class DunningRun(models.Model):
    """The days of the insurer are counted each night, too."""

    _inherit = "dunning.run"

    def _get_legal_steps(self):
        # sudo: the night works for everybody.
        step = self._apart(self.env["dunning.followup"].sudo()._remind_insurance, self.date)
        waits = self._has("dunning.followup", [
            ("company_id", "=", self.company_id.id), ("over_cover_since", "!=", False)])
        return super()._get_legal_steps() + [NightStep(step, SQL("(%s OR %s)", self._get_insured_sql(), waits))]
