"""The terms: which percentage a debt bears on each day, and how its interest is counted."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import cached_property

from .daycount import DAY_COUNTS
from .money import ZERO
from .periods import ONE_DAY, Applied, RateError, RatePeriod, check_periods

IMPUTATIONS = ("principal", "interest", "costs")
ABSURD = 100  # percent, or percentage points


@dataclass(frozen=True)
class Terms:
    """What a regime says, ready to be applied. Percentages are yearly.

    The percentage is ``rate x factor + margin``, rounded up to a multiple of ``round_up_to`` (Belgium: half points),
    then kept between ``minimum`` and ``maximum``. ``fixed``: the rate of the first counted day, for the whole life of
    the debt; else each day bears the rate of its own period. ``imputation``: what a payment covers first; "costs"
    stands for costs, then interest, then principal. ``retroactive_credits``: a credit note means that the sum was
    never due.

    >>> ecb = RatePeriod(date(2026, 7, 1), date(2026, 12, 31), Decimal("2.40"), "ECB")
    >>> day = date(2026, 11, 21)
    >>> Terms((ecb,), margin=Decimal(10)).get_percent(day, day).percent
    Decimal('12.40')
    >>> Terms((ecb,), margin=Decimal(8), round_up_to=Decimal("0.5")).get_percent(day, day).percent
    Decimal('10.5')
    >>> Terms((ecb,), margin=Decimal(10)).get_percent(date(2027, 1, 1), day) is None
    True
    """

    rates: tuple[RatePeriod, ...]
    margin: Decimal = ZERO
    factor: Decimal = Decimal(1)
    round_up_to: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    fixed: bool = False
    day_count: str = "365"
    compounding: bool = False
    imputation: str = "principal"
    retroactive_credits: bool = True

    @classmethod
    def flat(cls, percent: Decimal, source: str = "", **options) -> Terms:
        """Return the terms of an agreed percentage that never changes.

        >>> Terms.flat(Decimal(5), "OR 104").get_percent(date(2026, 1, 1), date(2026, 1, 1)).percent
        Decimal('5')
        """
        return cls((RatePeriod(date.min, None, percent, source),), **options)

    def validate(self) -> None:
        """Refuse what cannot be applied or cannot be meant. A negative published rate is fine: it is subtracted.

        >>> base_rate = RatePeriod(date(2022, 1, 1), date(2022, 6, 30), Decimal("-0.88"))
        >>> Terms((base_rate,), margin=Decimal(9)).validate()
        >>> try:
        ...     Terms((base_rate,), margin=Decimal("0.50")).validate()
        ... except RateError as refusal:
        ...     print(refusal)
        The rate -0.88 % (2022-01-01 to 2022-06-30) gives -0.38 % a year: correct the margin or set a minimum.
        """
        self._check_options()
        for period in check_periods(self.rates):
            percent = self._get_total(period.percent)
            if percent < 0:
                raise RateError(
                    "negative", f"The rate {period} gives {percent} % a year: correct the margin or set a minimum.",
                )
            if percent > ABSURD:
                raise RateError("absurd", f"The rate {period} gives {percent} % a year: correct it.")

    def _check_options(self) -> None:
        if self.day_count not in DAY_COUNTS:
            raise RateError("day_count", f"Choose a day count among {', '.join(DAY_COUNTS)}.")
        if self.imputation not in IMPUTATIONS:
            raise RateError("imputation", f"Choose what payments cover first among {', '.join(IMPUTATIONS)}.")
        figures = [self.margin, self.factor, self.round_up_to, self.minimum, self.maximum]
        figures += [period.percent for period in self.rates]
        for figure in figures:
            if figure is not None and (not isinstance(figure, Decimal | int) or not Decimal(figure).is_finite()):
                raise RateError("type", f"Give {figure} as an exact decimal figure.")
        if abs(self.margin) > ABSURD:
            raise RateError("margin", f"A margin of {self.margin} points cannot be meant: give percentage points.")
        if not 0 <= self.factor <= ABSURD:
            raise RateError("factor", f"A published rate cannot be taken {self.factor} times: correct the factor.")
        if self.round_up_to is not None and self.round_up_to <= 0:
            raise RateError("round_up_to", "Round up to a fraction of a point above zero, or do not round.")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise RateError("bounds", f"The minimum {self.minimum} % is above the maximum {self.maximum} %.")

    def _get_total(self, index_percent: Decimal) -> Decimal:
        percent = Decimal(index_percent) * self.factor + self.margin
        if self.round_up_to:
            percent = (percent / self.round_up_to).to_integral_value(ROUND_CEILING) * self.round_up_to
        if self.minimum is not None:
            percent = max(percent, Decimal(self.minimum))
        return percent if self.maximum is None else min(percent, Decimal(self.maximum))

    @cached_property
    def timeline(self) -> tuple[list[date], list[Applied | None]]:
        """Since which days which rate applies, None where it is unknown. Validated and computed once.

        Periods that follow each other with the same figure from the same source are one.
        """
        self.validate()
        starts, rates = [date.min], [None]
        for period in sorted(self.rates, key=lambda period: period.start):
            if starts[-1] == period.start:  # it begins with time itself, or the day after the previous one
                starts.pop(), rates.pop()
                if rates and _says_the_same(rates[-1].period, period):
                    starts.pop()
                    period = replace(rates.pop().period, end=period.end)
            starts.append(period.start)
            rates.append(Applied(self._get_total(period.percent), Decimal(period.percent), period))
            if period.end is not None and period.end < date.max:
                starts.append(period.end + ONE_DAY)
                rates.append(None)
        return starts, rates

    def get_percent(self, day: date, first_day: date) -> Applied | None:
        """Return what a debt whose first counted day is ``first_day`` bears on a day; None: nobody knows."""
        starts, rates = self.timeline
        return rates[bisect_right(starts, first_day if self.fixed else day) - 1]


def _says_the_same(earlier: RatePeriod, later: RatePeriod) -> bool:
    return (earlier.percent, earlier.source, earlier.status) == (later.percent, later.source, later.status)
