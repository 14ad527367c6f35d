"""When and how much: the instalments of a payment plan. Pure arithmetic, nothing of Odoo."""

import calendar as months
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

ONE_DAY = timedelta(days=1)
DAYS = {"weekly": 7, "two_weekly": 14}


class Share(NamedTuple):
    """One instalment as it was computed."""

    day: date
    amount: Decimal
    is_down: bool = False


class Standing(NamedTuple):
    """What one instalment still amounts to, and how much of it is paid."""

    effective: Decimal
    paid: Decimal

    @property
    def missing(self):
        return self.effective - self.paid


def get_days(first, count, rhythm):
    """Return the days of ``count`` instalments, the first one given.

    >>> [str(day) for day in get_days(date(2026, 1, 31), 3, "monthly")]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    >>> [str(day) for day in get_days(date(2026, 1, 15), 2, "month_end")]
    ['2026-01-31', '2026-02-28']
    >>> [str(day) for day in get_days(date(2026, 1, 15), 2, "two_weekly")]
    ['2026-01-15', '2026-01-29']
    """
    if rhythm in DAYS:
        return [first + timedelta(days=DAYS[rhythm] * position) for position in range(count)]
    wanted = 31 if rhythm == "month_end" else first.day
    days = []
    for position in range(count):
        year, month = divmod(first.year * 12 + first.month - 1 + position, 12)
        last = months.monthrange(year, month + 1)[1]
        days.append(date(year, month + 1, min(wanted, last)))
    return days


def move_to_working_day(day, rhythm, calendar):
    """Return the working day on which an instalment is asked: the next one, at the end of a month the one before.

    >>> from odoo.addons.account_dunning.escalation import Calendar
    >>> str(move_to_working_day(date(2026, 11, 21), "monthly", Calendar()))
    '2026-11-23'
    >>> str(move_to_working_day(date(2026, 10, 31), "month_end", Calendar()))
    '2026-10-30'
    """
    if rhythm == "month_end":
        return calendar.add_working_days(day + ONE_DAY, -1)
    return calendar.add_working_days(day - ONE_DAY, 1)


def split(total, count, unit=Decimal("0.01")):
    """Return equal shares in whole units of the currency; the last one takes what rounding leaves.

    >>> [str(share) for share in split(Decimal(1000), 3)]
    ['333.33', '333.33', '333.34']
    """
    share = (total / count / unit).to_integral_value(ROUND_FLOOR) * unit
    return [share] * (count - 1) + [total - share * (count - 1)]


def get_shares(total, days, unit, down=Decimal(0), down_day=None):
    """Return the part payment, when there is one, and the instalments: together they are the total.

    >>> [(str(share.day), str(share.amount)) for share in get_shares(
    ...     Decimal(1000), [date(2026, 3, 2), date(2026, 4, 1)], Decimal("0.01"), Decimal(200), date(2026, 2, 2))]
    [('2026-02-02', '200'), ('2026-03-02', '400'), ('2026-04-01', '400')]
    """
    shares = [Share(down_day, down, is_down=True)] if down else []
    amounts = split(total - down, len(days), unit) if days else []
    return shares + [Share(day, amount) for day, amount in zip(days, amounts, strict=True)]


def allocate(amounts, paid, credited=Decimal(0)):
    """Return the Standing of each instalment: payments count from the first on, credits shorten the plan from its end.

    >>> [(str(one.effective), str(one.paid)) for one in allocate([Decimal(100)] * 3, Decimal(150), Decimal(120))]
    [('100', '100'), ('80', '50'), ('0', '0')]
    """
    effective = []
    for amount in reversed(amounts):
        cut = min(amount, credited)
        credited -= cut
        effective.append(amount - cut)
    standings = []
    for amount in reversed(effective):
        share = max(Decimal(0), min(amount, paid))
        paid -= share
        standings.append(Standing(amount, share))
    return standings
