"""Day counts: how many days a period has, and how many make a year."""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta

from .periods import ONE_DAY

DAY_COUNTS = ("365", "actual", "360")
# Interest is a sum of base x percent x days x weight over one denominator, so that nothing is rounded on the way.
# Days of a leap year count 365 / (365 x 366), those of other years 366 / (365 x 366).
DENOMINATORS = {"365": 365 * 100, "actual": 365 * 366 * 100, "360": 360 * 100}


def count_days(first: date, last: date, day_count: str) -> int:
    """Return how many days bear interest, both ends included.

    30/360 takes every month for 30 days. Due on 31 January and paid on 30 April:

    >>> count_days(date(2026, 2, 1), date(2026, 4, 30), "365"), count_days(date(2026, 2, 1), date(2026, 4, 30), "360")
    (89, 90)
    """
    if day_count == "360":
        return _count_thirty(last) - _count_thirty(first - ONE_DAY)
    return (last - first).days + 1


def _count_thirty(day: date) -> int:
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def get_year_days(day: date, day_count: str) -> int:
    """Return by how many days the yearly interest is divided.

    >>> get_year_days(date(2024, 5, 1), "365"), get_year_days(date(2024, 5, 1), "actual")
    (365, 366)
    """
    if day_count == "actual":
        return 366 if isleap(day.year) else 365
    return int(day_count)


def get_weight(year_days: int, day_count: str) -> int:
    """Return what one day of such a year counts in the common denominator."""
    return 731 - year_days if day_count == "actual" else 1


def get_year_changes(first: date, last: date) -> list[date]:
    """Return the first days of January on which the length of the year changes.

    >>> [str(day) for day in get_year_changes(date(2023, 5, 1), date(2027, 5, 1))]
    ['2024-01-01', '2025-01-01']
    """
    years = range(first.year + 1, last.year + 1)
    return [date(year, 1, 1) for year in years if isleap(year) != isleap(year - 1)]


def get_anniversaries(first: date, last: date) -> list[date]:
    """Return the days that begin a new year of interest.

    >>> [str(day) for day in get_anniversaries(date(2024, 2, 29), date(2026, 5, 1))]
    ['2025-03-01', '2026-03-01']
    """
    days = []
    for year in range(first.year + 1, last.year + 1):
        try:
            day = first.replace(year=year)
        except ValueError:
            day = date(year, 2, 28) + timedelta(days=1)
        if day <= last:
            days.append(day)
    return days
