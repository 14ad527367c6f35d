"""Which payer profile the figures of a customer speak for. Pure: figures in, the code of a profile out."""

from decimal import Decimal
from typing import NamedTuple

# A payment that arrives so many days after the due date is not called late: banks need them.
LATE_AFTER = 3
# Bad payer: one of these is enough. Delays are days on average, weighted by amount; open overdue amounts included.
BAD_DELAY = 30
BAD_BROKEN = 2
BAD_RETURNED = 2
# ... or this delay while it grows by so many days from the first half of the period to the second.
WORSE_DELAY = 20
WORSE_TREND = 10
# Disputing: so many disputes that were not our own mistake.
DISPUTES = 3
# Careless: one of these is enough. The share is that of the amounts that came late, in percent.
CARELESS_DELAY = 10
CARELESS_SHARE = 50
# Good payer: both, and no broken promise or returned payment.
GOOD_DELAY = 3
GOOD_SHARE = 10
# What was once suggested stays until the figure has moved one fifth beyond the threshold: no change every other day.
STAY = Decimal("0.8")

# What only a person can know: such a customer is never suggested another profile. Nor is one whom a person called
# disputing: objections are not all noted as disputes.
KNOWN_BY_PEOPLE = ("insolvent", "administrative", "automatic")


class Figures(NamedTuple):
    """How one customer paid in the period. ``trend`` is in days: positive when he pays later and later."""

    partner_id: int
    kind: str | None
    current_id: int | None
    current_code: str | None
    applied_id: int | None
    suggested_code: str | None
    invoices: int = 0
    delay: int = 0
    share_late: int = 0
    trend: int | None = None
    broken: int = 0
    disputes: int = 0
    returned: int = 0
    is_person: bool = False

    @property
    def is_manual(self) -> bool:
        """Tell whether a person chose the current profile: it did not come from a suggestion."""
        return self.current_id is not None and self.current_id != self.applied_id


def suggest(figures: Figures) -> str | None:
    """Return the code of the profile that the figures speak for, None when they say nothing clear.

    A public body that pays late is administrative, never careless or bad: its process eats invoices.
    """
    if figures.current_code in KNOWN_BY_PEOPLE or (figures.current_code == "disputing" and figures.is_manual):
        return None
    if figures.kind == "public":
        return "administrative" if _is_careless(figures, "administrative") else None
    if figures.disputes >= DISPUTES:
        return "disputing"
    if _is_bad(figures):
        return "bad"
    if _is_careless(figures, "careless"):
        return "careless"
    return "good" if _is_good(figures) else None


def _is_bad(figures):
    stay = STAY if figures.suggested_code == "bad" else 1
    if figures.broken >= BAD_BROKEN or figures.returned >= BAD_RETURNED or figures.delay >= BAD_DELAY * stay:
        return True
    return figures.delay >= WORSE_DELAY * stay and (figures.trend or 0) >= WORSE_TREND


def _is_careless(figures, code):
    stay = STAY if figures.suggested_code == code else 1
    return figures.delay >= CARELESS_DELAY * stay or figures.share_late >= CARELESS_SHARE * stay


def _is_good(figures):
    stay = 1 / STAY if figures.suggested_code == "good" else 1
    return (
        not figures.broken and not figures.returned
        and figures.delay <= GOOD_DELAY * stay and figures.share_late <= GOOD_SHARE * stay
    )
