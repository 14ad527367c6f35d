"""The account of one debt, day after day: what is left of principal, interest and costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from .breakdown import Imputation
from .daycount import DENOMINATORS
from .debt import Debt
from .money import ZERO, round_half_up
from .terms import Terms

NOTHING = (ZERO, ZERO)


class Ledger:
    """What is owed at the beginning of a day. ``numerator`` over ``denominator`` is the exact interest so far.

    Interest becomes money, rounded, only where it meets money: when a payment covers it, and when a full year of it
    joins the base. What rounding left there is not lost, it stays in the exact interest.
    """

    __slots__ = (
        "capitalised", "costs", "decimals", "denominator", "imputation", "imputations", "interest_paid",
        "numerator", "position", "principal", "steps",
    )

    def __init__(self, debt: Debt, terms: Terms, start: date):
        self.numerator = ZERO
        self.denominator = DENOMINATORS[terms.day_count]
        self.imputation = terms.imputation
        self.decimals = debt.decimals
        self.costs = debt.costs
        self.capitalised = self.interest_paid = ZERO
        self.imputations = []
        self.position = 0
        self.principal, self.steps = _get_steps(debt, terms, start)

    def get_interest(self) -> Decimal:
        return round_half_up(self.numerator / self.denominator, self.decimals)

    def take_movements(self, day: date) -> None:
        """Book what was paid or credited before a day: on its own day a payment changes nothing yet."""
        while self.position < len(self.steps) and self.steps[self.position][0] < day:
            paid_on, credited, paid = self.steps[self.position]
            self.principal -= credited
            if self.imputation == "principal" or paid <= 0:
                self.principal -= paid
            else:
                self._impute(paid_on, paid)
            self.position += 1

    def _impute(self, day: date, paid: Decimal) -> None:
        """Let a payment cover costs and interest before principal. More than is owed is left to the principal."""
        left, costs = paid, ZERO
        if self.imputation == "costs":
            costs = self._pay_costs(left)
            left -= costs
        running = min(left, self._get_running_interest())
        left -= running
        joined = min(left, self.capitalised)
        left -= joined
        self.capitalised -= joined
        self.interest_paid += running + joined
        if self.imputation == "interest":
            costs = self._pay_costs(max(ZERO, left - max(ZERO, self.principal)))
            left -= costs
        self.principal -= left
        self.imputations.append(Imputation(day, paid, costs, running + joined, left))

    def _pay_costs(self, amount: Decimal) -> Decimal:
        costs = min(amount, self.costs)
        self.costs -= costs
        return costs

    def _get_running_interest(self) -> Decimal:
        """Return the interest that is neither paid nor part of the base."""
        return self.get_interest() - self.interest_paid - self.capitalised

    def capitalise(self) -> Decimal:
        """Let the interest of the past year join the base; return it."""
        joining = self._get_running_interest()
        self.capitalised += joining
        return joining


def _get_steps(debt: Debt, terms: Terms, start: date) -> tuple[Decimal, list]:
    """Return the principal when interest begins, and what reduces it later: (day, credited, paid), one per day.

    Retroactive credit notes reduce the principal from the beginning, even those that come after the computation.
    """
    principal, steps = debt.amount, {}
    for day, amount, kind, retroactive, _label in debt.movements:
        is_credit = kind == "credit"
        if is_credit and (terms.retroactive_credits if retroactive is None else retroactive) or day <= start:
            principal -= amount
        else:
            credited, paid = steps.get(day, NOTHING)
            steps[day] = (credited + amount, paid) if is_credit else (credited, paid + amount)
    return principal, [(day, *steps[day]) for day in sorted(steps)]
