from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.exceptions import UserError

from ... import interest

ZERO = Decimal(0)


class Breach(NamedTuple):
    """A period in which the rate of the contract is below the least rate the law allows."""

    first: date
    last: date
    percent: Decimal
    floor: Decimal


class DunningInterestRegime(models.Model):
    """What a regime means to the engine: its rates, its first day, its compensation."""

    _inherit = "dunning.interest.regime"

    # --- the rate -------------------------------------------------------------------------------------------------

    def _to_engine(self, company):
        """Return the interest.Terms of this regime for a legal entity. Raises in words when they cannot be applied."""
        self.ensure_one()
        terms = interest.Terms(
            rates=self._get_rates(company),
            minimum=ZERO,
            fixed=self.is_fixed_per_debt,
            day_count=self.day_count,
            compounding=self.is_compound,
            imputation=self.imputation,
            retroactive_credits=self.retroactive_credits,
            **self._get_formula(company),
        )
        self._check_terms(terms)
        return terms

    def _get_contract(self, company):
        """Return (mode, figure) of the rate agreed by the company, or ("law", None) when the law decides."""
        root = company.root_id.sudo()
        if not self.is_contract or root.dunning_contract_mode == "law":
            return "law", None
        if root.dunning_contract_mode == "fixed":
            return "fixed", Decimal(str(root.dunning_contract_rate))
        return "multiple", Decimal(str(root.dunning_contract_factor))

    def _get_formula(self, company):
        """Return what is added to or multiplied with the published rates."""
        mode, figure = self._get_contract(company)
        if mode == "multiple":
            return {"factor": figure}
        if mode == "fixed" or not self.index or self.cap_index:
            return {}
        return {
            "margin": Decimal(str(self.margin)), "factor": Decimal(str(self.factor)),
            "round_up_to": Decimal(str(self.round_up_to)) if self.round_up_to else None,
        }

    def _get_indexes(self, company):
        """Return the published rates this regime needs, those it is only tested against included."""
        mode, _figure = self._get_contract(company)
        index = {"law": self.index, "fixed": False, "multiple": self.floor_index or self.index}[mode]
        floor = mode != "law" and self.floor_index
        return set() if self.is_none else set(filter(None, (index, floor, self.cap_index)))

    def _get_rates(self, company):
        """Return the periods of the rates, those of the contract or those that were published."""
        if self.is_none:
            return ()
        mode, figure = self._get_contract(company)
        periods = self.env["dunning.reference.rate"]._get_periods(self._get_indexes(company))
        if mode == "fixed":
            return self._get_agreed_periods(figure, periods)
        if mode == "multiple":
            return periods.get(self.floor_index or self.index, ())
        if not self.index:
            return self._get_agreed_periods(Decimal(str(self.fixed_rate)), periods)
        return self._get_capped_periods(periods)

    def _get_agreed_periods(self, percent, periods):
        """Return a percentage that never changes; a cap is a period of its own."""
        source = self.env._("Contract") if self.is_contract or self.needs_clause else (self.article or "")
        if self.cap_index:
            return tuple(
                period if period.percent < percent
                else interest.RatePeriod(period.start, period.end, percent, source, "sourced")
                for period in periods.get(self.cap_index, ())
            )
        return (interest.RatePeriod(date.min, None, percent, source, "sourced"),)

    def _get_capped_periods(self, periods):
        """Return the published rates; with a cap, the result of the formula but never more than the cap."""
        published = periods.get(self.index, ())
        if not self.cap_index or self.cap_index == self.index:
            return published
        formula = interest.Terms(
            published, margin=Decimal(str(self.margin)), factor=Decimal(str(self.factor)),
            round_up_to=Decimal(str(self.round_up_to)) if self.round_up_to else None, minimum=ZERO,
        )
        capped = []
        for cap in periods.get(self.cap_index, ()):
            applied = formula.get_percent(cap.start, cap.start)
            if applied:
                capped.append(cap if cap.percent < applied.percent else interest.RatePeriod(
                    cap.start, cap.end, applied.percent, applied.period.source, applied.period.status))
        return tuple(capped)

    def _check_terms(self, terms):
        """Refuse terms that the engine refuses, in the words of the user."""
        try:
            terms.validate()
        except interest.RateError as error:
            raise UserError(self.env._(
                "The regime “%(name)s” cannot be applied. Correct its figures, or the reference rates it takes.\n"
                "%(error)s", name=self.name, error=str(error),
            )) from error

    # --- the floor of a contract ----------------------------------------------------------------------------------

    def _get_floor_breaches(self, company, first, last):
        """Return the periods from ``first`` to ``last`` in which the contract is below the least rate of the law.

        C. com. L441-10 II: never below three times the legal rate. Which half-year tests a clause is not written:
        each is tested, and the rate is never raised silently.
        """
        self.ensure_one()
        return self._compare_with_floor(*self._get_contract(company), first, last)

    def _compare_with_floor(self, mode, figure, first, last):
        if mode == "law" or not self.floor_index:
            return []
        breaches = []
        for period in self.env["dunning.reference.rate"]._get_periods({self.floor_index}).get(self.floor_index, ()):
            floor = period.percent * Decimal(str(self.floor_factor))
            percent = figure if mode == "fixed" else period.percent * figure
            if period.start <= last and period.end >= first and percent < floor:
                breaches.append(Breach(period.start, period.end, percent, floor))
        return breaches

    # --- the first day --------------------------------------------------------------------------------------------

    def _get_start(self, due, notice=None, reminder=None, invoiced=None, calendar=None):
        """Return the day after which interest counts, or None while it has not begun.

        ``notice``: the day the formal notice takes effect; ``reminder``: the day the first reminder left;
        ``invoiced``: the day of the invoice or delivery. ``calendar``: given when that notice or reminder went by post.
        """
        self.ensure_one()
        if self.start_rule == "due":
            return due + timedelta(days=self.start_days)
        if self.start_rule == "months":
            end = (invoiced or due) + relativedelta(months=self.start_months, day=31)
            return max(due, end)
        trigger = {"notice": notice, "reminder": reminder}.get(self.start_rule)
        if not trigger:
            return None
        if calendar and self.start_post_days:
            trigger = calendar.add_working_days(trigger, self.start_post_days) - timedelta(days=1)
        return max(due, trigger + timedelta(days=self.start_days))
