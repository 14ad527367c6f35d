"""The result: every number that is printed, so that a reader can compute it again by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .money import ZERO, round_half_up


class Segment(NamedTuple):
    """A line of the computation: ``base x percent x days / 100 / year_days``.

    ``exact`` is unrounded; the ``amount`` of all lines adds up to the printed total. ``capitalised`` is the interest
    of the past year that joined the base on the first day of this line.
    """

    first: date
    last: date
    days: int
    base: Decimal
    percent: Decimal
    index_percent: Decimal
    source: str
    status: str
    exact: Decimal
    amount: Decimal
    capitalised: Decimal = ZERO
    label: str = ""
    year_days: int = 365


class Gap(NamedTuple):
    """Days that bear interest at a rate that nobody knows yet. No rate is ever extrapolated."""

    first: date
    last: date
    days: int
    base: Decimal


class Pause(NamedTuple):
    """Days that bear nothing: suspended for a reason, or (None) between a payment of the whole and its return."""

    first: date
    last: date
    days: int
    reason: str | None = ""


class Imputation(NamedTuple):
    """What a payment covered, when payments cover interest before principal."""

    day: date
    amount: Decimal
    costs: Decimal
    interest: Decimal
    principal: Decimal


class Breakdown(NamedTuple):
    """The interest of one debt up to ``until``, the last day counted (None: no day was late).

    ``total`` is rounded once. ``days`` are those of the lines and gaps. ``base`` is what bears interest from the day
    after the computation, ``daily`` the exact amount of each such day (None: its rate is unknown). ``principal``,
    ``interest_left`` and ``costs_left`` are what remains to be paid.
    """

    segments: tuple[Segment, ...] = ()
    gaps: tuple[Gap, ...] = ()
    exact: Decimal = ZERO
    total: Decimal = ZERO
    daily: Decimal | None = ZERO
    days: int = 0
    base: Decimal = ZERO
    until: date | None = None
    pauses: tuple[Pause, ...] = ()
    imputations: tuple[Imputation, ...] = ()
    first: date | None = None
    principal: Decimal = ZERO
    interest_left: Decimal = ZERO
    costs_left: Decimal = ZERO
    decimals: int = 2

    @property
    def is_complete(self) -> bool:
        """Tell whether the rate of every day is known; otherwise the total is only a part of what is owed."""
        return not self.gaps

    @property
    def payable(self) -> Decimal:
        """Return what settles the debt: costs, interest and principal."""
        return self.costs_left + self.interest_left + max(self.principal, ZERO)

    def round_daily(self) -> Decimal | None:
        """Return the daily amount as it is printed: below ten cents, two more decimals say what a cent would hide.

        >>> Breakdown(daily=Decimal("4.076712")).round_daily(), Breakdown(daily=Decimal("0.034246")).round_daily()
        (Decimal('4.08'), Decimal('0.0342'))
        """
        if self.daily is None:
            return None
        rounded = round_half_up(self.daily, self.decimals)
        if self.daily and rounded < Decimal(10).scaleb(-self.decimals):
            return round_half_up(self.daily, self.decimals + 2)
        return rounded
