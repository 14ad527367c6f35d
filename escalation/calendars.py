"""The days on which a company sends, and the days on which it works."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
_YEAR_END = frozenset({(12, day) for day in range(24, 32)} | {(1, 1), (1, 2)})


@dataclass(frozen=True)
class Calendar:
    """The days on which the company sends, and its working days (Monday to Friday, no public holiday)."""

    holidays: frozenset[date] = frozenset()
    weekdays: frozenset[int] = frozenset(range(6))  # Monday is 0; no Sundays
    year_end_pause: bool = True  # 24 December to 2 January

    def is_open(self, day: date, by_phone: bool = False) -> bool:
        """Tell whether notices may leave on this day; people phone on working days only.

        >>> saturday = date(2026, 11, 21)
        >>> Calendar().is_open(saturday), Calendar().is_open(saturday, by_phone=True)
        (True, False)
        """
        weekday = day.weekday()
        return (
            weekday in self.weekdays
            and not (by_phone and weekday > 4)
            and day not in self.holidays
            and not (self.year_end_pause and (day.month, day.day) in _YEAR_END)
        )

    def next_open(self, day: date, by_phone: bool = False) -> date:
        """Return ``day`` or the first day after it on which notices may leave.

        >>> Calendar().next_open(date(2026, 12, 24))
        datetime.date(2027, 1, 4)
        """
        for _attempt in range(366):
            if self.is_open(day, by_phone):
                return day
            day += ONE_DAY
        return day  # a calendar without any open day: the caller stays blocked, it never loops

    def add_working_days(self, day: date, count: int) -> date:
        """Return the day ``count`` working days after ``day``; negative counts go back.

        >>> Calendar(holidays=frozenset({date(2026, 5, 1)})).add_working_days(date(2026, 4, 30), 1)
        datetime.date(2026, 5, 4)
        """
        towards = ONE_DAY if count > 0 else -ONE_DAY
        left = abs(count)
        while left:
            day += towards
            left -= day.weekday() < 5 and day not in self.holidays
        return day

    def next_working_day(self, day: date) -> date:
        """Return ``day`` or the first day after it that is neither Saturday, Sunday nor a public holiday.

        So a time of French procedure ends (CPC, art. 642): that of Saturday 31 October 2026 on Monday 2 November.

        >>> Calendar(holidays=frozenset({date(2026, 11, 1)})).next_working_day(date(2026, 10, 31))
        datetime.date(2026, 11, 2)
        """
        while day.weekday() > 4 or day in self.holidays:
            day += ONE_DAY
        return day


def end_of_months(start: date, months: int) -> date:
    """Return the last day of a time in months: it bears the number of its first, or ends the month (CPC, art. 641).

    >>> end_of_months(date(2026, 9, 15), 2), end_of_months(date(2026, 8, 31), 6)
    (datetime.date(2026, 11, 15), datetime.date(2027, 2, 28))
    """
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))
