"""The facts: what one customer owes one company, and the settings of that company."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .calendars import ONE_DAY, Calendar
from .ladder import ZERO, Policy
from .reasons import Reason


@dataclass(frozen=True)
class Hold:
    """A pause. ``until`` is its last day (None: until further notice), ``amount`` the part held (None: the whole)."""

    reason: Reason
    until: date | None = None
    amount: Decimal | None = None

    def is_running(self, day: date) -> bool:
        return self.until is None or self.until >= day


@dataclass(frozen=True)
class Call:
    """The phone call that comes before a step: when it was put on the agenda, whether it was closed."""

    step: object
    proposed: date
    closed: bool = False
    until: date | None = None  # last day to wait after what the customer said


@dataclass(frozen=True)
class Receivable:
    """One open receivable line with what is known of it. ``due`` is the legal due date."""

    key: object
    due: date
    residual: Decimal
    policy: Policy
    step: object = None
    stage: str = "none"
    noticed: date | None = None
    reminded: bool = False  # an overdue reminder was sent for it
    excluded: Reason | None = None
    holds: tuple[Hold, ...] = ()
    call: Call | None = None

    def get_hold(self, today: date) -> Hold | None:
        """Return the hold whose end will free at least a part of this claim, or None when a part is free today.

        >>> whole = Hold(Reason.PROMISE, date(2026, 11, 30))
        >>> longer = Hold(Reason.DISPUTE, date(2026, 12, 15))
        >>> claim = Receivable("INV1", date(2026, 11, 1), Decimal(100), Policy("b2b"), holds=(longer, whole))
        >>> claim.get_hold(date(2026, 11, 21)).reason.value
        'dispute'
        """
        if not self.holds or self.claimable(today) > 0:
            return None
        endless = None
        for hold in sorted(self.holds, key=lambda hold: hold.until or date.max):
            if hold.until is None:
                endless = endless or hold
            elif hold.until >= today and self.claimable(hold.until + ONE_DAY) > 0:
                return hold
        return endless

    def claimable(self, today: date) -> Decimal:
        """Return the part of the residual that no exclusion or hold keeps from being claimed today."""
        if self.excluded:
            return ZERO
        if not self.holds:
            return max(ZERO, self.residual)
        running = [hold for hold in self.holds if hold.is_running(today)]
        if any(hold.amount is None for hold in running):
            return ZERO
        return max(ZERO, self.residual - sum((hold.amount for hold in running), ZERO))


@dataclass(frozen=True)
class Case:
    """What one customer owes one company. ``credits`` is positive; ``contacts`` are (day, is it a call).

    ``noticed`` is the day of the last notice of any receivable; a call that only precedes a letter is no notice.
    ``formal_until`` is the last day of the deadline of a formal notice.
    """

    receivables: tuple[Receivable, ...]
    credits: Decimal = ZERO
    noticed: date | None = None
    pending: bool = False
    formal_until: date | None = None
    contacts: tuple[tuple[date, bool], ...] = ()
    consumer: bool = False
    new_customer: bool = False
    profile: object = None
    manual_only: bool = False


@dataclass(frozen=True)
class Rules:
    """The settings of the company. Quiet days count from one notice to the next.

    ``minimum``: what a customer must owe, net of his credits. ``line_minimum``: what a claim must amount to before
    its first notice. ``formal_minimum``: the floor of a formal notice.
    """

    calendar: Calendar = field(default_factory=Calendar)
    quiet: int = 7
    minimum: Decimal = ZERO
    line_minimum: Decimal = ZERO
    formal_minimum: Decimal = ZERO
    stopped: bool = False
    bank_stale: bool = False
