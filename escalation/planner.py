"""The planner: facts and a day in, a plan with reasons out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from .calendars import ONE_DAY
from .facts import Case, Rules
from .ladder import ZERO, Step
from .reasons import GLOBAL_REASONS, IMPORTANCE, Reason
from .standing import Decision, Standing
from .timing import get_wake


class Plan(NamedTuple):
    """The answer: the step and tone of the notice, which receivables move, why the others do not.

    ``is_call``: the notice is the phone call before ``step``; nothing moves yet.
    ``next_date``: the first of the days expected for the receivables.
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
    standing = Standing(case, rules, today)
    wanted = [standing.decide(item, claim) for item, claim in zip(case.receivables, standing.claims, strict=True)]
    if not any(decision.is_ready for decision in wanted):
        return _answer(standing, wanted, _get_headline(wanted))
    decisions = _obstruct(standing, wanted)
    ready = [decision for decision in decisions if decision.is_ready]
    if not ready:
        _top, headline = max(
            ((first, then) for first, then in zip(wanted, decisions, strict=True) if first.is_ready),
            key=lambda pair: _weigh(pair[0]),
        )
        return _answer(standing, decisions, headline.reason)
    top = max(ready, key=_weigh)
    moves = tuple((one.receivable, one.step.key) for one in ready if _goes_along(one, top))
    decisions = [
        Decision(one.receivable, Reason.OTHER_NOTICE, one.step) if one.is_ready and not _goes_along(one, top) else one
        for one in decisions
    ]
    is_call = top.reason is Reason.CALL_DUE
    return _answer(standing, decisions, top.reason, step=top.step, moves=moves, is_call=is_call)


def forecast(case: Case, rules: Rules, today: date, horizon: int = 180) -> tuple[date | None, Plan]:
    """Return the day of the next notice or call if no fact changes, with its plan.

    Walks from one wake to the next, so that it also foresees what the receivables change for each other. The day is
    None, and the plan that of today, when nothing moves within ``horizon`` days.
    """
    present = plan(case, rules, today)
    day, coming = today, present
    while not coming.moves:
        day = coming.wake
        if not day or day > today + timedelta(days=horizon):
            return None, present
        coming = plan(case, rules, day)
    return day, coming


def _obstruct(standing: Standing, wanted: list[Decision]) -> list[Decision]:
    """Put the obstacles of the day in the way of the receivables that are ready."""
    pairs = list(zip(standing.case.receivables, standing.claims, wanted, strict=True))
    coming = sum((claim for _item, claim, one in pairs if one.is_ready and one.step.is_preventive), ZERO)
    return [
        standing.obstruct(item, claim, decision, coming) if decision.is_ready else decision
        for item, claim, decision in pairs
    ]


def _weigh(decision: Decision) -> tuple:
    """Rank what is ready. Letters go before calls, the higher stage sets the tone; keys only settle a tie."""
    step = decision.step
    return (decision.reason is Reason.DUE, step.is_written, step.rank, step.days, str(step.key))


def _goes_along(decision: Decision, top: Decision) -> bool:
    """Tell whether a receivable moves with the one that sets the tone.

    A formal notice demands only what it puts in default; a preventive message never travels with a demand; a call
    speaks of one step.
    """
    step = decision.step
    if decision.reason is not top.reason or step.is_written != top.step.is_written:
        return False
    if top.reason is Reason.CALL_DUE:
        return step.key == top.step.key
    return step.is_formal == top.step.is_formal and step.is_preventive == top.step.is_preventive


def _get_headline(decisions: list[Decision]) -> Reason:
    """Return the reason to show for the customer: of the receivable expected first, else the most important one."""
    if not decisions:
        return Reason.NO_POLICY
    return min(decisions, key=lambda one: (one.date or date.max, IMPORTANCE[one.reason])).reason


def _answer(standing: Standing, decisions: list[Decision], reason: Reason, **values) -> Plan:
    closed = any(decision.reason is Reason.CLOSED_DAY for decision in decisions)
    wake = get_wake(standing.case, standing.rules, standing.today, closed)
    if any(decision.reason in GLOBAL_REASONS for decision in decisions):
        wake = standing.today + ONE_DAY  # a switch of the company turns without any change in the ledger
    next_date = min((decision.date for decision in decisions if decision.date), default=None)
    return Plan(reason, tuple(decisions), next_date=next_date, wake=wake, **values)
