"""Rounding: once on the total, half up; and a printed column that adds up to the printed total."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache

ZERO = Decimal(0)


@cache
def get_unit(decimals: int) -> Decimal:
    """Return the smallest unit of a currency of so many decimals.

    >>> get_unit(2), get_unit(0)
    (Decimal('0.01'), Decimal('1'))
    """
    return Decimal(1).scaleb(-decimals)


def round_half_up(amount: Decimal, decimals: int = 2) -> Decimal:
    """Round an amount to its currency, a half away from zero.

    >>> round_half_up(Decimal("2.345")), round_half_up(Decimal("1234.5"), 0)
    (Decimal('2.35'), Decimal('1235'))
    """
    return amount.quantize(get_unit(decimals), ROUND_HALF_UP)


def share_rounding(amounts: Sequence[Decimal], total: Decimal, decimals: int = 2) -> list[Decimal]:
    """Round amounts so that they add up to their rounded total: the largest remainders are rounded up.

    Rounded one by one, these two would print 183.75 and 252.76 above a total of 436.50:

    >>> exact = [Decimal("183.747945"), Decimal("252.756164")]
    >>> [str(amount) for amount in share_rounding(exact, round_half_up(sum(exact)))]
    ['183.75', '252.75']
    """
    if len(amounts) == 1:
        return [total]
    unit = get_unit(decimals)
    rounded = [amount.quantize(unit, ROUND_FLOOR) for amount in amounts]
    missing = int((total - sum(rounded, ZERO)) / unit)
    if missing:
        by_remainder = sorted(range(len(amounts)), key=lambda position: rounded[position] - amounts[position])
        for position in by_remainder[:missing]:
            rounded[position] += unit
    return rounded
