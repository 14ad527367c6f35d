"""The debt: what is owed since when, what was paid or credited, and on which days no interest runs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .money import ZERO


class Movement(NamedTuple):
    """What reduces the debt on a day: a payment or a credit note. A negative amount is a payment that was returned.

    The sum paid still bears interest on the day of the payment. A ``retroactive`` credit note reduces the debt from
    the beginning, as that sum was never due; None: as the terms say.
    """

    day: date
    amount: Decimal
    kind: str = "payment"
    retroactive: bool | None = None
    label: str = ""


class Suspension(NamedTuple):
    """Days, both included, on which the debt or a part of it bears no interest. No ``last`` day: until further notice.

    A dispute of the quality of goods, a delay granted by a court, a plan without interest.
    """

    first: date
    last: date | None = None
    amount: Decimal | None = None
    reason: str = ""


class Debt(NamedTuple):
    """One receivable. Interest counts from the day after ``due``, or after ``start`` when that is later.

    ``last`` is the last day that may bear interest, such as the eve of an insolvency judgment. ``costs`` are those
    that payments cover first when the terms say so.
    """

    amount: Decimal
    due: date
    movements: tuple[Movement, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    start: date | None = None
    last: date | None = None
    costs: Decimal = ZERO
    decimals: int = 2
    label: str = ""
