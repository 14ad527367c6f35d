"""Decide what happens next for one customer. Pure: facts and a day in, a plan with reasons out.

Nothing here knows Odoo. The night, the preview, the invoice's "next step" and the tests all call :func:`plan`.
Amounts are ``Decimal`` in the currency of the company, days are ``datetime.date``.

A receivable climbs the ladder of its policy one step at a time, when its day has come *and* the gap since its last
sent notice has passed:

>>> from dataclasses import replace
>>> from datetime import date
>>> from decimal import Decimal
>>> ladder = Policy("b2b", (Step("L1", "reminder_1", days=7), Step("L2", "reminder_2", days=15, gap=8)))
>>> late = Receivable("INV1", due=date(2026, 9, 1), residual=Decimal("1200"), policy=ladder)
>>> plan(Case((late,)), Rules(), date(2026, 9, 7)).decisions[0].reason.value
'waiting'
>>> plan(Case((late,)), Rules(), date(2026, 9, 8)).moves
(('INV1', 'L1'),)

Two months late and never reminded, it still starts at the first step, and the second waits for its gap:

>>> plan(Case((late,)), Rules(), date(2026, 11, 2)).moves
(('INV1', 'L1'),)
>>> chased = replace(late, step="L1", stage="reminder_1", noticed=date(2026, 11, 2), reminded=True)
>>> waiting = plan(Case((chased,), noticed=date(2026, 11, 2)), Rules(), date(2026, 11, 9)).decisions[0]
>>> waiting.reason.sentence, str(waiting.date)
('It is too soon after the previous notice', '2026-11-10')
"""

from .calendars import Calendar, end_of_months
from .facts import Call, Case, Hold, Receivable, Rules
from .ladder import RANK, STAGES, Policy, Step
from .planner import Plan, forecast, plan
from .reasons import GLOBAL_REASONS, Reason
from .standing import Decision

__all__ = [
    "GLOBAL_REASONS", "RANK", "STAGES",
    "Calendar", "Call", "Case", "Decision", "Hold", "Plan", "Policy", "Reason", "Receivable", "Rules", "Step",
    "end_of_months", "forecast", "plan",
]
