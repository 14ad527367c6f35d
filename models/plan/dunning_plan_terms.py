from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.misc import format_date

from . import dunning_plan_schedule as schedule

MAX_COUNT = 60


class DunningPlan(models.Model):
    """From the terms to the schedule, and what a schedule must be before a customer sees it."""

    _inherit = "dunning.plan"

    def _compute_schedule(self):
        """Read the debts anew and make the instalments; the last one takes what rounding leaves."""
        for plan in self:
            plan._read_debts()
            shares = plan._get_shares()
            # sudo: computed from the terms that the user may write; he needs no right to delete rows.
            plan.sudo().instalment_ids = [Command.clear()] + [
                Command.create({"date": share.day, "amount": float(share.amount), "is_down": share.is_down})
                for share in shares
            ]

    def _read_debts(self):
        """Take kind of debtor, open amounts and interest from the books as they are now."""
        customer = self.partner_id.with_company(self.company_id)
        for line in self.sudo().line_ids:
            line.amount = line.amount_start = line.amount_residual
        interest, compensation = self._get_late_amounts()
        self._write_door({
            "is_consumer": customer.dunning_debtor_kind not in ("business", "public"),
            "amount_interest": interest, "amount_compensation": compensation,
        })

    def _get_late_amounts(self):
        """Return the interest and the compensation that the delay gives a right to today; a consumer owes none."""
        if self.partner_id.with_company(self.company_id).dunning_debtor_kind not in ("business", "public"):
            return 0.0, 0.0
        claims = self.line_ids.line_id._get_interest_claims().values()
        interest = sum((claim.interest or 0 for claim in claims), Decimal(0))
        compensation = sum((
            claim.compensation or 0 for claim in claims
            if not claim.compensation_currency or claim.compensation_currency == self.currency_id), Decimal(0))
        return float(interest), float(compensation)

    def _is_with_interest(self):
        """Tell whether interest and compensation are part of what the customer pays by instalments."""
        self.ensure_one()
        return self.interest_mode == "included" and not self.is_consumer

    def _get_shares(self):
        """Return the instalments (schedule.Share) that the terms of the plan ask for."""
        calendar = self.company_id._get_dunning_calendar()
        total, unit = Decimal(str(self.amount_total)), Decimal(str(self.currency_id.rounding))
        down = self._get_down(total, unit)
        days = self._get_days(calendar)
        if down and not self.date_down:
            raise UserError(self.env._("Give the day of the part payment."))
        return schedule.get_shares(
            total, days, unit, down, self.date_down and schedule.move_to_working_day(self.date_down, "", calendar))

    def _get_down(self, total, unit):
        """Return the part payment in whole units of the currency."""
        amount = Decimal(0)
        if self.down_mode == "percent":
            amount = total * Decimal(str(self.down_percent)) / 100
        elif self.down_mode == "amount":
            amount = Decimal(str(self.down_amount))
        if amount < 0 or amount > total:
            raise UserError(self.env._("The part payment must be between zero and the total of the plan."))
        return (amount / unit).to_integral_value() * unit

    def _get_days(self, calendar):
        if self.rhythm == "custom":
            days = sorted(filter(None, self.instalment_ids.filtered(lambda one: not one.is_down).mapped("date")))
            if days:
                return days
        if not self.count or not 0 < self.count <= MAX_COUNT:
            raise UserError(self.env._("A plan needs at least one instalment, and at most %(max)s.", max=MAX_COUNT))
        if not self.date_first:
            raise UserError(self.env._("Give the day of the first instalment."))
        rhythm = "monthly" if self.rhythm == "custom" else self.rhythm
        return [schedule.move_to_working_day(day, rhythm, calendar)
                for day in schedule.get_days(self.date_first, self.count, rhythm)]

    def _check_schedule(self, today):
        """Refuse a schedule that nobody could keep or sign, in words that say what to do."""
        self.ensure_one()
        instalments = self.instalment_ids.sorted(lambda one: (one.date, one.id))
        days = instalments.mapped("date")
        if not self.line_ids or not instalments:
            raise UserError(self.env._("A plan needs invoices and at least one instalment: press Compute."))
        if any(self.currency_id.compare_amounts(one.amount, 0) <= 0 for one in instalments):
            raise UserError(self.env._("Each instalment must be more than zero."))
        if len(set(days)) < len(days) or any(instalments[1:].mapped("is_down")):
            raise UserError(self.env._("The instalments follow one another: one a day at most, "
                                       "the part payment before the others."))
        if days[0] < today:
            raise UserError(self.env._("The first instalment, on %(date)s, is in the past.",
                                       date=format_date(self.env, days[0])))
        if not self.currency_id.is_zero(self.amount_difference):
            raise UserError(self.env._(
                "The instalments must add up to the total of the plan: they differ by %(amount)s.",
                amount=self.currency_id.format(self.amount_difference)))
        if not instalments.filtered("is_down") and self.company_id.sudo().dunning_plan_down_required \
                and not self.env.user.has_group("account_dunning.group_dunning_manager") and not self.env.su:
            raise UserError(self.env._("Your company asks for an immediate part payment. "
                                       "A dunning manager may propose a plan without it."))

    def _check_debts(self):
        """Refuse to propose what is no longer owed as it was read."""
        changed = self.line_ids.filtered(
            lambda line: not line.line_id or line.currency_id.compare_amounts(line.amount, line.amount_residual))
        if changed:
            raise UserError(self.env._("What is open has changed since: %(names)s. Press Compute to read it anew.",
                                       names=", ".join(changed.mapped("name"))))
        if self._is_with_interest() and any(
                self.currency_id.compare_amounts(one, other) for one, other in zip(
                    self._get_late_amounts(), (self.amount_interest, self.amount_compensation), strict=True)):
            raise UserError(self.env._("Late interest has gone on since. Press Compute to read it anew."))

    def _claim_interest(self):
        """Book the interest and compensation that the customer agreed to pay: they are claimed once."""
        for plan in self.filtered(lambda one: one._is_with_interest() and one.amount_total > one.amount_principal):
            self.env["dunning.charge"]._claim(plan.line_ids.line_id, day=plan.date_proposed)
