"""One customer on one day: what each receivable would do, and what keeps the customer from receiving it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from .calendars import ONE_DAY
from .facts import Case, Hold, Receivable, Rules
from .ladder import ZERO, Step
from .reasons import Reason
from .timing import (
    get_call_day,
    get_call_end,
    get_phone_end,
    get_pressure_end,
    get_quiet_end,
    get_step_day,
)

READY = frozenset({Reason.DUE, Reason.CALL_DUE})


class Decision(NamedTuple):
    """What the planner says of one receivable: a reason, the next step, and the day it is expected.

    The day respects what is known today: gap, quiet days, deadline of a formal notice, end of a hold, days of rest.
    It is None when only an event can tell. What the other receivables will change, only a forecast tells.
    ``held_until`` is the last day of the hold that keeps it back.
    """

    receivable: object
    reason: Reason
    step: Step | None = None
    date: date | None = None
    held_until: date | None = None

    @property
    def is_ready(self) -> bool:
        return self.reason in READY

    @property
    def is_call(self) -> bool:
        return self.reason is Reason.CALL_DUE or not self.step.is_written


class Standing:
    """How a customer stands today: the sums and days that the decisions on all his receivables share."""

    def __init__(self, case: Case, rules: Rules, today: date):
        self.case = case
        self.rules = rules
        self.today = today
        self.claims = [item.claimable(today) for item in case.receivables]
        self.overdue = sum(
            (claim for item, claim in zip(case.receivables, self.claims, strict=True) if item.due < today), ZERO,
        )
        self.owed = max(ZERO, self.overdue - case.credits)

    # What a receivable would do if nothing but itself mattered

    def decide(self, item: Receivable, claim: Decimal) -> Decision:
        """Return the reason, the next step and its day for one receivable."""
        if item.excluded:
            return Decision(item.key, item.excluded)
        hold = item.get_hold(self.today)
        if hold:
            return self._decide_held(item, hold)
        if claim <= 0 or claim < self.rules.line_minimum and not item.noticed:
            return Decision(item.key, Reason.BELOW_LINE_MINIMUM)
        if item.due < self.today and self.owed <= 0:
            return Decision(item.key, Reason.CREDITED)
        owed = self._get_owed(item, claim)
        step, reason = self._find_step(item, owed, self.today)
        if not step:
            # Nothing needs a decision before the deadline of its formal notice has passed.
            is_running = item.stage == "formal" and self._is_formal_running
            return Decision(item.key, Reason.FORMAL_RUNNING if is_running else reason)
        if step.is_formal and not item.reminded:
            return Decision(item.key, Reason.NEEDS_REMINDER, step)
        return self._decide_day(item, step, owed)

    def _decide_held(self, item: Receivable, hold: Hold) -> Decision:
        """Say until when a receivable is held, and the step at which it will resume."""
        if not hold.until:
            return Decision(item.key, hold.reason)
        owed = self.owed + item.residual
        step, _reason = self._find_step(item, owed, hold.until + ONE_DAY)
        if not step:
            return Decision(item.key, hold.reason, held_until=hold.until)
        return Decision(item.key, hold.reason, *self._expect(item, step, owed, hold.until + ONE_DAY), hold.until)

    def _decide_day(self, item: Receivable, step: Step, owed: Decimal) -> Decision:
        """Compare today with the day of the step, or of the phone call that comes before it."""
        ready, day = self._get_ready(item, step, owed)
        if self.today < day:
            return Decision(item.key, self._get_waiting(item, step, ready), *self._expect(item, step, owed, self.today))
        if step.is_formal and self.case.credits > 0:
            return Decision(item.key, Reason.CREDIT_BLOCKS_FORMAL, step)
        return Decision(item.key, ready, step, self.today)

    def _get_owed(self, item: Receivable, claim: Decimal) -> Decimal:
        """Return the amount that the minimum of a step is compared with: overdue net of credits, or soon due."""
        return self.owed if item.due < self.today else self.owed + claim

    def _find_step(self, item: Receivable, owed: Decimal, day: date) -> tuple[Step | None, Reason]:
        """Return the next step open to this receivable on that day, or None and why there is none."""
        reason = Reason.LADDER_DONE if item.policy.steps else Reason.NO_POLICY
        for step in item.policy.after(item.step, item.stage):
            if not self._is_meant(step, owed):
                reason = Reason.BELOW_STEP
            elif day >= step.get_end(item.due):
                reason = Reason.WINDOW_PASSED
            else:
                return step, Reason.DUE
        return None, reason

    def _is_meant(self, step: Step, owed: Decimal) -> bool:
        floor = self.rules.formal_minimum if step.is_formal else ZERO
        return owed >= floor and step.is_meant_for(self.case, owed)

    def _get_ready(self, item: Receivable, step: Step, owed: Decimal) -> tuple[Reason, date]:
        """Return what is done first for a step, its call or its notice, and the day when that is due."""
        if step.call_mode != "before" or owed < step.call_minimum:
            return Reason.DUE, get_step_day(item, step)
        if not item.call or item.call.step != step.key:
            return Reason.CALL_DUE, get_call_day(item, step)
        return Reason.DUE, max(get_step_day(item, step), get_call_end(item.call, step, self.rules.calendar))

    def _get_waiting(self, item: Receivable, step: Step, ready: Reason) -> Reason:
        """Say why the day of a step has not come."""
        call = item.call
        if call and call.step == step.key and self.today < get_call_end(call, step, self.rules.calendar):
            return Reason.CALL_ANSWERED if call.closed else Reason.CALL_PENDING
        lead = step.call_lead if ready is Reason.CALL_DUE else timedelta()
        if self.today >= item.due + step.delay - lead:
            return Reason.GAP
        return Reason.NOT_DUE if item.due >= self.today else Reason.WAITING

    def _expect(self, item: Receivable, step: Step, owed: Decimal, start: date) -> tuple[Step, date | None]:
        """Return the step that will really be taken from ``start`` on, with its day.

        A step whose window closes before it can be taken gives way to the next one.
        """
        following = step
        while following:
            ready, day = self._get_ready(item, following, owed)
            day = self._get_opening(following, max(day, start), by_phone=ready is Reason.CALL_DUE)
            end = following.get_end(item.due)
            if day < end:
                return following, day
            start = max(start, end)
            later = item.policy.after(following.key, following.stage)
            following = next((one for one in later if self._is_meant(one, owed)), None)
        return step, None

    def _get_opening(self, step: Step, day: date, by_phone: bool) -> date:
        """Return the first day from ``day`` on when nothing known today keeps this customer from that step."""
        by_phone = by_phone or not step.is_written
        day = max(day, self._phone_opening if by_phone else self._written_opening)
        if self.case.formal_until and not step.is_formal:
            day = max(day, self.case.formal_until + ONE_DAY)
        return self.rules.calendar.next_open(day, by_phone)

    @property
    def _is_formal_running(self) -> bool:
        return bool(self.case.formal_until) and self.today <= self.case.formal_until

    @cached_property
    def _written_opening(self) -> date:
        return max(
            get_quiet_end(self.case, self.rules, by_phone=False),
            get_pressure_end(self.case, self.today, by_phone=False),
        )

    @cached_property
    def _phone_opening(self) -> date:
        return max(
            get_quiet_end(self.case, self.rules, by_phone=True),
            get_pressure_end(self.case, self.today, by_phone=True),
            self._phone_end,
        )

    @cached_property
    def _phone_end(self) -> date:
        return get_phone_end(self.case, self.rules)

    # What keeps the customer from receiving it

    def obstruct(self, item: Receivable, claim: Decimal, decision: Decision, coming: Decimal) -> Decision:
        """Return the decision on a receivable that is ready, with the obstacle in its way if there is one."""
        lasting = self._find_lasting_obstacle(decision, coming)
        if lasting:
            return Decision(item.key, lasting, decision.step)
        passing = self._find_passing_obstacle(decision)
        if passing:
            owed = self._get_owed(item, claim)
            return Decision(item.key, passing, *self._expect(item, decision.step, owed, self.today))
        return decision

    def _find_lasting_obstacle(self, decision: Decision, coming: Decimal) -> Reason | None:
        """Return what keeps a notice back until something happens.

        ``coming`` is what the preventive messages of the day announce: it counts for them, not for a demand.
        """
        owed = self.overdue + (coming if decision.step.is_preventive else ZERO)
        if self.rules.stopped:
            return Reason.STOPPED
        if self.case.manual_only:
            return Reason.MANUAL_ONLY
        if self.case.pending:
            return Reason.PENDING
        if owed <= self.case.credits:
            return Reason.CREDITED
        if owed - self.case.credits < self.rules.minimum:
            return Reason.BELOW_MINIMUM
        if self.rules.bank_stale and not decision.step.is_preventive:
            return Reason.BANK_STALE
        return None

    def _find_passing_obstacle(self, decision: Decision) -> Reason | None:
        """Return what keeps a notice back until a day that is known."""
        today = self.today
        by_phone = decision.is_call
        if self._is_formal_running and not decision.step.is_formal:
            return Reason.FORMAL_RUNNING
        if today < get_quiet_end(self.case, self.rules, by_phone):
            return Reason.QUIET
        if today < get_pressure_end(self.case, today, by_phone):
            return Reason.PRESSURE
        if by_phone and today < self._phone_end:
            return Reason.CALL_PENDING
        if not self.rules.calendar.is_open(today, by_phone):
            return Reason.CLOSED_DAY
        return None
