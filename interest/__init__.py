"""Compute late-payment interest that a reader can recompute by hand. Pure: facts and terms in, a breakdown out.

Nothing here knows Odoo. A :class:`Debt` is an amount with a due date and what happened since; :class:`Terms` say
which rate applies and how days are counted; :func:`compute` cuts the days of delay wherever the base or the rate
changes and returns a :class:`Breakdown`: one line per piece, one rounding on the total.

The day after the due date is the first counted, the day of payment the last: days = payment - due. 12,000 due on
15 May and paid on 31 August, at the European Central Bank's rate plus ten points, crosses the first of July:

>>> from datetime import date
>>> from decimal import Decimal
>>> rates = (
...     RatePeriod(date(2026, 1, 1), date(2026, 6, 30), Decimal("2.15"), "ECB, 1 January 2026"),
...     RatePeriod(date(2026, 7, 1), date(2026, 12, 31), Decimal("2.40"), "ECB, 1 July 2026"),
... )
>>> france = Terms(rates, margin=Decimal(10))
>>> invoice = Debt(Decimal(12000), due=date(2026, 5, 15))
>>> paid = Movement(date(2026, 8, 31), Decimal(12000))
>>> late = compute(invoice._replace(movements=(paid,)), france, date(2026, 11, 21))
>>> for line in late.segments:
...     print(line.first, line.last, line.days, "days", line.base, f"{line.percent} %", line.amount)
2026-05-16 2026-06-30 46 days 12000 12.15 % 183.75
2026-07-01 2026-08-31 62 days 12000 12.40 % 252.75
>>> late.total, late.base, late.daily
(Decimal('436.50'), Decimal('0'), Decimal('0'))

The same with a fixed rate per debt (public buyers, the United Kingdom): the rate of 16 May, for its whole life.

>>> compute(invoice, Terms(rates, margin=Decimal(10), fixed=True), date(2026, 8, 31)).total
Decimal('431.41')

Still unpaid, the letter says what each further day adds:

>>> late = compute(invoice, france, date(2026, 8, 31))
>>> late.total, late.base, late.round_daily()
(Decimal('436.50'), Decimal('12000'), Decimal('4.08'))

By default a payment reduces the principal, as it was allocated in the books. For a court it may cover the interest
first; then the principal lives longer:

>>> partly = Debt(Decimal(10000), date(2026, 4, 30), (Movement(date(2026, 6, 15), Decimal(4000)),))
>>> compute(partly, france, date(2026, 9, 30)).total
Decimal('370.61')
>>> court = compute(partly, Terms(rates, margin=Decimal(10), imputation="interest"), date(2026, 9, 30))
>>> court.total, court.principal, court.payable
(Decimal('376.16'), Decimal('6153.12'), Decimal('6376.16'))
"""

from .breakdown import Breakdown, Gap, Imputation, Pause, Segment
from .debt import Debt, Movement, Suspension
from .engine import compute
from .money import round_half_up, share_rounding
from .periods import Applied, RateError, RatePeriod
from .terms import Terms

__all__ = [
    "Applied", "Breakdown", "Debt", "Gap", "Imputation", "Movement", "Pause", "RateError", "RatePeriod", "Segment",
    "Suspension", "Terms",
    "compute", "round_half_up", "share_rounding",
]
