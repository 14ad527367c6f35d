"""Factories for the tests of the planner. The due date is Tuesday 1 September 2026; amounts are whole euros."""

from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from ..escalation import Calendar, Case, Policy, Receivable, Rules, Step, plan

DUE = date(2026, 9, 1)
COURTESY = Step("P", "preventive", days=-7)
FIRST = Step("L1", "reminder_1", days=7)
SECOND = Step("L2", "reminder_2", days=15, gap=8)
FORMAL = Step("F", "formal", days=30, gap=10, channel="registered")
LADDER = Policy("b2b", (COURTESY, FIRST, SECOND, FORMAL))
EVERY_DAY = Calendar(weekdays=frozenset(range(7)), year_end_pause=False)


def later(days, start=DUE):
    return start + timedelta(days=days)


def claim(key="INV", residual=1000, due=DUE, policy=LADDER, **facts):
    return Receivable(key, due, Decimal(residual), policy, **facts)


def chased(step, days, key="INV", due=DUE, **facts):
    """Return a receivable that received ``step`` so many days after its due date."""
    reminded = not step.is_preventive
    return claim(key, due=due, step=step.key, stage=step.stage, noticed=later(days, due), reminded=reminded, **facts)


def settings(**values):
    """Return rules that let notices leave every day of the week."""
    return Rules(**{"calendar": EVERY_DAY, **values})


def ask(today, *receivables, rules=None, **facts):
    """Return the plan of a customer; his last notice is the latest of his receivables unless said otherwise."""
    facts.setdefault("noticed", max((item.noticed for item in receivables if item.noticed), default=None))
    return plan(Case(receivables, **facts), rules or settings(), today)


def without(*steps):
    return Policy("other", tuple(step for step in LADDER.steps if step not in steps))


class EscalationCase(BaseCase):

    def assertMoves(self, plan, **expected):
        self.assertEqual(dict(plan.moves), expected, plan.reason.sentence)

    def assertWaits(self, plan, reason, until=None):
        """Check that nothing moves, for that reason, and the day that is shown."""
        self.assertFalse(plan.moves)
        self.assertEqual((plan.reason, plan.next_date), (reason, until))
