"""Published rates: which percentage was in force on which days, and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

ONE_DAY = timedelta(days=1)


class RateError(ValueError):
    """Terms that cannot be applied. The message says what to do, ``code`` which rule was broken."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class RatePeriod:
    """A percentage published for some days. ``end`` is its last day (None: until further notice).

    ``status`` says how far the figure was checked: sourced, secondary, derived or unverified.
    """

    start: date
    end: date | None
    percent: Decimal
    source: str = ""
    status: str = "sourced"

    def __str__(self):
        return f"{self.percent} % ({self.start} to {self.end or 'further notice'})"


class Applied(NamedTuple):
    """The percentage that a debt bears, the published one it comes from, and the period that publishes it."""

    percent: Decimal
    index_percent: Decimal
    period: RatePeriod


def check_periods(rates: tuple[RatePeriod, ...]) -> list[RatePeriod]:
    """Return the periods in their order; refuse those that end before they begin or overlap.

    >>> backwards = RatePeriod(date(2026, 7, 1), date(2026, 6, 30), Decimal("2.40"))
    >>> try:
    ...     check_periods((backwards,))
    ... except RateError as refusal:
    ...     print(refusal)
    The rate 2.40 % (2026-07-01 to 2026-06-30) ends before it begins: correct its dates.
    """
    ordered = sorted(rates, key=lambda period: period.start)
    for period in ordered:
        if period.end is not None and period.end < period.start:
            raise RateError("order", f"The rate {period} ends before it begins: correct its dates.")
    for earlier, later in zip(ordered, ordered[1:], strict=False):
        if earlier.end is None or earlier.end >= later.start:
            raise RateError(
                "overlap", f"The rates {earlier} and {later} overlap: end the first on the eve of the second.",
            )
    return ordered
