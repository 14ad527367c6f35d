"""The computation: cut the days of delay where something changes, and count what each piece bears."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from decimal import Decimal

from .breakdown import Breakdown, Gap, Pause, Segment
from .daycount import count_days, get_anniversaries, get_weight, get_year_changes, get_year_days
from .debt import Debt, Suspension
from .ledger import Ledger
from .money import ZERO, round_half_up, share_rounding
from .periods import ONE_DAY
from .terms import Terms

PAID = None  # why a paid debt bears nothing


def compute(debt: Debt, terms: Terms, today: date) -> Breakdown:
    """Return the interest of a debt up to and including today.

    10,000 due on 30 June and paid on 1 July is one day late, and that day bears the rate of July:

    >>> from .debt import Movement
    >>> from .periods import RatePeriod
    >>> june = RatePeriod(date(2026, 1, 1), date(2026, 6, 30), Decimal("2.15"))
    >>> july = RatePeriod(date(2026, 7, 1), date(2026, 12, 31), Decimal("2.40"))
    >>> terms = Terms((june, july), margin=Decimal(10))
    >>> paid = Movement(date(2026, 7, 1), Decimal(10000))
    >>> result = compute(Debt(Decimal(10000), date(2026, 6, 30), (paid,)), terms, date(2026, 11, 21))
    >>> result.total, str(result.until), result.daily
    (Decimal('3.40'), '2026-07-01', Decimal('0'))

    Nobody knows the rate of 2027 yet: those days are a gap, and the total is what is known.

    >>> result = compute(Debt(Decimal(10000), date(2026, 12, 30)), terms, date(2027, 1, 31))
    >>> result.total, result.is_complete, [(str(gap.first), gap.days) for gap in result.gaps], result.daily
    (Decimal('3.40'), False, [('2027-01-01', 31)], None)
    """
    start = debt.due if debt.start is None or debt.start < debt.due else debt.start
    first = start + ONE_DAY
    last = today if debt.last is None or today < debt.last else debt.last
    ledger = Ledger(debt, terms, start)
    sweep = _Sweep(debt, terms, first, ledger, today + ONE_DAY)
    if first <= last:
        sweep.run(_get_cuts(debt, terms, ledger, first, last), last)
    return sweep.conclude(today + ONE_DAY)


class _Sweep:
    """One pass over the days of delay, piece by piece."""

    __slots__ = ("anniversaries", "debt", "first", "gaps", "joining", "ledger", "lines", "pauses", "terms", "years")

    def __init__(self, debt: Debt, terms: Terms, first: date, ledger: Ledger, tomorrow: date):
        self.debt, self.terms, self.first, self.ledger = debt, terms, first, ledger
        self.lines, self.gaps, self.pauses = [], [], []
        self.anniversaries = get_anniversaries(first, tomorrow) if terms.compounding else ()
        self.joining = ZERO  # interest of a past year that no line shows yet

    def run(self, cuts: list[date], last: date) -> None:
        """Count the days between each cut and the next."""
        for day, following in zip(cuts, [*cuts[1:], last + ONE_DAY], strict=True):
            base, reason = self._get_base(day)
            until = following - ONE_DAY
            if not base:
                self._pause(day, until, reason)
                continue
            rate = self.terms.get_percent(day, self.first)
            if rate is None:
                self._miss(day, until, base)
            else:
                self._count(day, until, base, rate, reason)

    def _get_base(self, day: date) -> tuple[Decimal, str | None]:
        """Return what bears interest on a day, and why it is less than what is owed.

        Once the principal is paid, the interest that had joined the base rests too.
        """
        ledger = self.ledger
        ledger.take_movements(day)
        if day in self.anniversaries:
            self.joining += ledger.capitalise()
        if ledger.principal <= 0:
            return ZERO, PAID
        base = ledger.principal + ledger.capitalised
        if not self.debt.suspensions:
            return base, ""
        held, reason = _get_held(self.debt.suspensions, day)
        return ZERO if held is None else max(ZERO, base - held), reason

    def _count(self, day, until, base, rate, reason):
        terms = self.terms
        days = count_days(day, until, terms.day_count)
        year_days = get_year_days(day, terms.day_count)
        numerator = base * rate.percent * days * get_weight(year_days, terms.day_count)
        self.ledger.numerator += numerator
        line = self.lines[-1] if self.lines else None
        if (
            line and line[1] == day - ONE_DAY and line[3] == base and line[4] is rate
            and line[6] == reason and line[7] == year_days and not self.joining
        ):
            line[1], line[2], line[5] = until, line[2] + days, line[5] + numerator
        else:
            self.lines.append([day, until, days, base, rate, numerator, reason, year_days, self.joining])
            self.joining = ZERO

    def _miss(self, day, until, base):
        days = count_days(day, until, self.terms.day_count)
        gap = self.gaps[-1] if self.gaps else None
        if gap and gap.last == day - ONE_DAY and gap.base == base:
            self.gaps[-1] = Gap(gap.first, until, gap.days + days, base)
        else:
            self.gaps.append(Gap(day, until, days, base))

    def _pause(self, day, until, reason):
        days = count_days(day, until, self.terms.day_count)
        pause = self.pauses[-1] if self.pauses else None
        if pause and pause.last == day - ONE_DAY and pause.reason == reason:
            self.pauses[-1] = Pause(pause.first, until, pause.days + days, reason)
        else:
            self.pauses.append(Pause(day, until, days, reason))

    def conclude(self, tomorrow: date) -> Breakdown:
        """Round once, and say what is left to pay and what each further day bears."""
        ledger, decimals = self.ledger, self.debt.decimals
        exact = ledger.numerator / ledger.denominator
        total = round_half_up(exact, decimals)
        base, daily = self._get_daily(tomorrow)
        segments, gaps, pauses = self._get_segments(total), tuple(self.gaps), self._get_pauses()
        counted = [part[-1] for part in (segments, gaps, pauses) if part]
        return Breakdown(
            segments, gaps, exact, total, daily, sum([part.days for part in segments + gaps]), base,
            max([part.last for part in counted]) if counted else None, pauses, tuple(ledger.imputations),
            self.first if counted else None, ledger.principal, total - ledger.interest_paid, ledger.costs, decimals,
        )

    def _get_daily(self, tomorrow: date) -> tuple[Decimal, Decimal | None]:
        base, _reason = self._get_base(tomorrow)
        if not base or tomorrow < self.first or (self.debt.last is not None and tomorrow > self.debt.last):
            return ZERO, ZERO
        rate = self.terms.get_percent(tomorrow, self.first)
        if rate is None:
            return base, None
        return base, base * rate.percent / (100 * get_year_days(tomorrow, self.terms.day_count))

    def _get_segments(self, total: Decimal) -> tuple[Segment, ...]:
        if not self.lines:
            return ()
        denominator = self.ledger.denominator
        exact = [line[5] / denominator for line in self.lines]
        amounts = share_rounding(exact, total, self.debt.decimals)
        return tuple([
            Segment(
                first, last, days, base, rate.percent, rate.index_percent, rate.period.source, rate.period.status,
                exact[position], amounts[position], joined, reason, year_days,
            )
            for position, (first, last, days, base, rate, _numerator, reason, year_days, joined)
            in enumerate(self.lines)
        ])

    def _get_pauses(self) -> tuple[Pause, ...]:
        """Return the pauses; once the principal is paid for good, no day is counted any more."""
        lines_end = self.lines[-1][1] if self.lines else date.min
        gaps_end = self.gaps[-1].last if self.gaps else date.min
        if self.pauses and self.pauses[-1].reason is PAID and self.pauses[-1].last > max(lines_end, gaps_end):
            self.pauses.pop()
        return tuple(self.pauses)


def _get_cuts(debt: Debt, terms: Terms, ledger: Ledger, first: date, last: date) -> list[date]:
    """Return the days, from the first to the last counted one, on which a new piece begins."""
    cuts = {first}
    cuts.update([day + ONE_DAY for day, _credited, _paid in ledger.steps])
    if not terms.fixed:
        starts, _rates = terms.timeline
        cuts.update(starts[bisect_right(starts, first):bisect_right(starts, last)])
    for suspension in debt.suspensions:
        cuts.add(suspension.first)
        if suspension.last is not None:
            cuts.add(suspension.last + ONE_DAY)
    if terms.compounding:
        cuts.update(get_anniversaries(first, last))
    if terms.day_count == "actual":
        cuts.update(get_year_changes(first, last))
    return sorted([day for day in cuts if first <= day <= last])


def _get_held(suspensions: tuple[Suspension, ...], day: date) -> tuple[Decimal | None, str]:
    """Return how much bears no interest on a day (None: the whole) and why."""
    running = [each for each in suspensions if each.first <= day and (each.last is None or day <= each.last)]
    reason = ", ".join(dict.fromkeys(each.reason for each in running if each.reason))
    if any(each.amount is None for each in running):
        return None, reason
    return sum([each.amount for each in running], ZERO), reason
