"""The planner: facts and a day in, a plan with reasons out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from .facts import Call, Case, Receivable, Rules
from .ladder import ZERO, Step
from .reasons import GLOBAL_REASONS, Reason

PRESSURE_DAYS = 14


@dataclass(frozen=True)
class Decision:
    """What the planner says of one receivable: a reason, the next step, and the day it is expected."""

    receivable: object
    reason: Reason
    step: Step | None = None
    date: date | None = None


@dataclass(frozen=True)
class Plan:
    """The answer: the step and tone of the notice, which receivables move, why the others do not.

    ``is_call``: the notice is the phone call before ``step``; nothing moves yet.
    ``wake``: the first day on which time alone could change the answer; None when only new facts can.
    """

    reason: Reason
    decisions: tuple[Decision, ...]
    step: Step | None = None
    moves: tuple[tuple[object, object], ...] = ()
    is_call: bool = False
    next_date: date | None = None
    wake: date | None = None


def plan(case: Case, rules: Rules, today: date) -> Plan:
    """Return what to do for this customer today. The same facts always give the same plan."""
    overdue = sum((item.claimable(today) for item in case.receivables if item.due < today), ZERO)
    decisions = [_decide(item, case, rules, today, overdue) for item in case.receivables]
    ready = [decision for decision in decisions if decision.reason in (Reason.DUE, Reason.CALL_DUE)]
    if not ready:
        return _answer(case, rules, today, _headline(decisions), decisions)
    blocker = _find_blocker(case, rules, today, overdue, ready)
    if blocker:
        reason, until = blocker
        decisions = [replace(one, reason=reason, date=until) if one in ready else one for one in decisions]
        return _answer(case, rules, today, reason, decisions)
    top, moving = _choose(ready)
    moved = {decision.receivable for decision in moving}
    decisions = [
        replace(one, reason=Reason.OTHER_NOTICE, date=None) if one in ready and one.receivable not in moved else one
        for one in decisions
    ]
    moves = tuple((decision.receivable, decision.step.key) for decision in moving)
    return _answer(case, rules, today, top.reason, decisions, step=top.step, moves=moves,
                   is_call=top.reason is Reason.CALL_DUE)


def _decide(item: Receivable, case: Case, rules: Rules, today: date, overdue: Decimal) -> Decision:
    """Return what this receivable would do if nothing but itself mattered."""
    if item.excluded:
        return Decision(item.key, item.excluded)
    hold = item.get_hold(today)
    if hold:
        return Decision(item.key, hold.reason, date=hold.until and hold.until + timedelta(days=1))
    claimable = item.claimable(today)
    if claimable < rules.line_minimum or claimable <= 0:
        return Decision(item.key, Reason.BELOW_LINE_MINIMUM)
    owed = overdue if item.due < today else overdue + claimable
    step, reason = _find_step(item, case, rules, today, owed)
    if not step:
        return Decision(item.key, reason)
    if step.stage == "formal":
        if not item.reminded:
            return Decision(item.key, Reason.NEEDS_REMINDER, step)
        if case.credits > 0:
            return Decision(item.key, Reason.CREDIT_BLOCKS_FORMAL, step)
    return _decide_day(item, step, rules, today, owed)


def _find_step(item, case, rules, today, owed) -> tuple[Step | None, Reason]:
    """Return the next step open to this receivable, or None and why there is none."""
    reason = Reason.LADDER_DONE if item.policy.steps else Reason.NO_POLICY
    for step in item.policy.after(item.step, item.stage):
        if step.stage == "preventive" and today >= item.due:
            continue
        minimum = rules.formal_minimum if step.stage == "formal" else ZERO
        if not step.is_open_to(case, owed) or owed < minimum:
            reason = Reason.BELOW_STEP if step.stage != "preventive" else reason
        elif step.latest and today > item.due + timedelta(days=step.latest):
            reason = Reason.WINDOW_PASSED
        else:
            return step, Reason.DUE
    return None, reason


def _decide_day(item: Receivable, step: Step, rules: Rules, today: date, owed: Decimal) -> Decision:
    """Compare today with the day of the step, its gap, and the phone call that comes before it."""
    day = item.due + timedelta(days=step.days)
    if step.call_mode == "before" and owed >= step.call_minimum:
        if not item.call or item.call.step != step.key:
            return _decide_call_day(item, step, rules, today)
        waits = _call_end(item.call, step, rules)
        if today < waits:
            reason = Reason.CALL_ANSWERED if item.call.closed else Reason.CALL_PENDING
            return Decision(item.key, reason, step, rules.calendar.next_open(max(day, waits)))
    gap_end = _gap_end(item, step)
    reached = max(day, gap_end) if gap_end else day
    if today >= reached:
        return Decision(item.key, Reason.DUE, step, today)
    return Decision(item.key, _waiting_reason(item, today, day), step, rules.calendar.next_open(reached))


def _decide_call_day(item: Receivable, step: Step, rules: Rules, today: date) -> Decision:
    day = item.due + timedelta(days=min(step.call_days, step.days))
    if item.noticed:
        day = max(day, item.noticed + timedelta(days=1))
    if today >= day:
        return Decision(item.key, Reason.CALL_DUE, step, today)
    return Decision(item.key, _waiting_reason(item, today, day), step, rules.calendar.next_open(day))


def _waiting_reason(item: Receivable, today: date, day: date) -> Reason:
    if today >= day:
        return Reason.GAP
    return Reason.NOT_DUE if item.due >= today else Reason.WAITING


def _gap_end(item: Receivable, step: Step) -> date | None:
    """Return the first day allowed after the last notice of this receivable; at least the next day."""
    return item.noticed + timedelta(days=max(step.gap, 1)) if item.noticed else None


def _call_end(call: Call, step: Step, rules: Rules) -> date:
    """Return the first day on which the letter no longer waits for its call."""
    if call.closed:
        return call.until + timedelta(days=1) if call.until else call.proposed
    return rules.calendar.add_working_days(call.proposed, step.call_wait)


def _find_blocker(case, rules, today, overdue, ready) -> tuple[Reason, date | None] | None:
    """Return what keeps this customer from receiving anything today, with the day it ends when known."""
    preventive = all(decision.step.stage == "preventive" for decision in ready)
    claims = {item.key: item.claimable(today) for item in case.receivables}
    coming = sum((claims[one.receivable] for one in ready), ZERO) if preventive else ZERO
    quiet_end = case.noticed and case.noticed + timedelta(days=max(rules.quiet, 1))
    pressure_end = _pressure_end(case, today)
    if rules.stopped:
        return Reason.STOPPED, None
    if case.manual_only:
        return Reason.MANUAL_ONLY, None
    if case.pending:
        return Reason.PENDING, None
    if case.formal_until and today <= case.formal_until and any(one.step.stage != "formal" for one in ready):
        return Reason.FORMAL_RUNNING, case.formal_until + timedelta(days=1)
    if case.credits > 0 and case.credits >= overdue + coming:
        return Reason.CREDITED, None
    if overdue + coming - case.credits < rules.minimum:
        return Reason.BELOW_MINIMUM, None
    if quiet_end and today < quiet_end:
        return Reason.QUIET, rules.calendar.next_open(quiet_end)
    if pressure_end and today < pressure_end:
        return Reason.PRESSURE, rules.calendar.next_open(pressure_end)
    if rules.bank_stale and not preventive:
        return Reason.BANK_STALE, None
    if not rules.calendar.is_open(today):
        return Reason.CLOSED_DAY, rules.calendar.next_open(today)
    return None


def _pressure_end(case: Case, today: date) -> date | None:
    """Return the day when a consumer may be contacted again after two written notices and a call in 14 days."""
    if not case.consumer:
        return None
    recent = [(day, is_call) for day, is_call in case.contacts if day <= today < day + timedelta(days=PRESSURE_DAYS)]
    written = sorted(day for day, is_call in recent if not is_call)
    calls = sorted(day for day, is_call in recent if is_call)
    if len(written) < 2 or not calls:
        return None
    return min(written[-2], calls[-1]) + timedelta(days=PRESSURE_DAYS)


def _choose(ready: list[Decision]) -> tuple[Decision, list[Decision]]:
    """Return the decision that sets the tone and those that move with it in one notice.

    Letters go before calls; a formal notice demands only what it puts in default; a preventive message never
    travels with a demand.
    """
    def weight(decision):
        return (decision.reason is Reason.DUE, decision.step.is_written, decision.step.rank, decision.step.days)

    top = max(ready, key=weight)
    moving = [
        one for one in ready
        if one.reason is top.reason and one.step.is_written == top.step.is_written
        and (one.step.stage == top.step.stage or "formal" != top.step.stage and one.step.stage != "preventive")
        and (top.reason is Reason.DUE or one.step.key == top.step.key)
    ]
    return top, moving


def _headline(decisions: list[Decision]) -> Reason:
    """Return the reason to show for the customer: the one of the receivable that moves first, else the first one."""
    dated = [decision for decision in decisions if decision.date]
    if dated:
        return min(dated, key=lambda decision: decision.date).reason
    return decisions[0].reason if decisions else Reason.NO_POLICY


def _answer(case, rules, today, reason, decisions, **values) -> Plan:
    dates = [decision.date for decision in decisions if decision.date]
    wakes = [day for day in _breakpoints(case, rules, reason, today) if day > today]
    return Plan(reason, tuple(decisions), next_date=min(dates, default=None), wake=min(wakes, default=None), **values)


def _breakpoints(case: Case, rules: Rules, reason: Reason, today: date) -> Iterator[date]:
    """Yield every day on which one of the comparisons above may turn, so that none is slept through."""
    one = timedelta(days=1)
    if reason in GLOBAL_REASONS:
        yield today + one
    if reason is Reason.CLOSED_DAY:
        yield rules.calendar.next_open(today + one)
    if case.noticed:
        yield case.noticed + timedelta(days=max(rules.quiet, 1))
    if case.formal_until:
        yield case.formal_until + one
    if case.consumer:
        yield from (day + timedelta(days=PRESSURE_DAYS) for day, _is_call in case.contacts)
    for item in case.receivables:
        if not item.excluded:
            yield from _item_breakpoints(item, rules)


def _item_breakpoints(item: Receivable, rules: Rules) -> Iterator[date]:
    yield item.due
    yield item.due + timedelta(days=1)
    yield from (hold.until + timedelta(days=1) for hold in item.holds if hold.until)
    if item.noticed:
        yield item.noticed + timedelta(days=1)
    for step in item.policy.after(item.step, item.stage):
        yield item.due + timedelta(days=step.days)
        if step.latest:
            yield item.due + timedelta(days=step.latest + 1)
        if item.noticed:
            yield item.noticed + timedelta(days=max(step.gap, 1))
        if step.call_mode == "before":
            yield item.due + timedelta(days=min(step.call_days, step.days))
            if item.call and item.call.step == step.key:
                yield _call_end(item.call, step, rules)
