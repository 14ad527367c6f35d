"""The days: when a step is reached, when its call is due, when the customer may be contacted, when to look again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from .calendars import ONE_DAY, Calendar
from .facts import Call, Case, Receivable, Rules
from .ladder import Step

PRESSURE_DAYS = timedelta(days=14)
CONSUMER_CALL_DAYS = timedelta(days=7)


# One receivable

def get_step_day(item: Receivable, step: Step) -> date:
    """Return the day of a step: its days after the due date, and its gap after the last notice of the receivable."""
    day = item.due + step.delay
    if item.noticed:
        return max(day, item.noticed + timedelta(days=max(step.gap, 1)))
    return day


def get_call_day(item: Receivable, step: Step) -> date:
    """Return the day of the call before a step. It keeps its distance to the letter when the gap moves the letter."""
    day = get_step_day(item, step) - step.call_lead
    return max(day, item.noticed + ONE_DAY) if item.noticed else day


def get_call_end(call: Call, step: Step | None, calendar: Calendar) -> date:
    """Return the first day on which nothing waits for this call any more: it was closed, or waited for in vain."""
    if call.closed:
        return call.until + ONE_DAY if call.until else call.proposed
    return calendar.add_working_days(call.proposed, step.call_wait if step else 0)


# One customer

def get_quiet_end(case: Case, rules: Rules, by_phone: bool) -> date:
    """Return the first day after the quiet days. They part written notices; a call may come the day after a letter."""
    if not case.noticed:
        return date.min
    return case.noticed + (ONE_DAY if by_phone else timedelta(days=max(rules.quiet, 1)))


def get_pressure_end(case: Case, today: date, by_phone: bool) -> date:
    """Return the day when a consumer may be contacted again.

    Not after two written notices and a call within 14 days, whoever made them; and one call a week.
    """
    if not case.consumer:
        return date.min
    recent = [contact for contact in case.contacts if contact[0] <= today < contact[0] + PRESSURE_DAYS]
    written = sorted(day for day, is_call in recent if not is_call)
    calls = sorted(day for day, is_call in recent if is_call)
    end = date.min
    if len(written) > 1 and calls:
        end = min(written[-2], calls[-1]) + PRESSURE_DAYS
    if by_phone and calls:
        end = max(end, calls[-1] + CONSUMER_CALL_DAYS)
    return end


def get_phone_end(case: Case, rules: Rules) -> date:
    """Return the first day on which another call may be proposed: one a day, and none while one is open."""
    return max((day for item in case.receivables for day in _get_own_call_days(item, rules)), default=date.min)


def _get_own_call_days(item: Receivable, rules: Rules) -> Iterator[date]:
    if item.call:
        yield item.call.proposed + ONE_DAY
        if not item.call.closed:
            yield get_call_end(item.call, item.policy.get(item.call.step), rules.calendar)


# When to look again

def get_wake(case: Case, rules: Rules, today: date, closed: bool = False) -> date | None:
    """Return the first day after today on which one of the comparisons of the planner may turn, or None.

    ``closed``: something is kept back by nothing but a day of rest, and wants to go on the next day of work.
    """
    first = min((day for day in _get_turns(case, rules, today, closed) if day > today), default=date.max)
    return first if first < date.max else None


def _get_turns(case: Case, rules: Rules, today: date, closed: bool) -> Iterator[date]:
    if closed:
        yield rules.calendar.next_open(today + ONE_DAY)
        yield rules.calendar.next_open(today + ONE_DAY, by_phone=True)
    if case.noticed:
        yield get_quiet_end(case, rules, by_phone=True)
        yield get_quiet_end(case, rules, by_phone=False)
    if case.formal_until:
        yield case.formal_until + ONE_DAY
    if case.consumer:
        for day, is_call in case.contacts:
            yield day + PRESSURE_DAYS
            if is_call:
                yield day + CONSUMER_CALL_DAYS
    for item in case.receivables:
        if not item.excluded:
            yield from _get_item_turns(item, rules, today)


def _get_item_turns(item: Receivable, rules: Rules, today: date) -> Iterator[date]:
    if item.due >= today:
        yield item.due
        yield item.due + ONE_DAY
    for hold in item.holds:
        if hold.until:
            yield hold.until + ONE_DAY
    yield from _get_own_call_days(item, rules)
    for step in item.policy.after(item.step, item.stage):
        yield get_step_day(item, step)
        yield step.get_end(item.due)
        if step.call_mode == "before":
            yield get_call_day(item, step)
            if item.call and item.call.step == step.key:
                yield get_call_end(item.call, step, rules.calendar)
        if not step.may_be_skipped:
            break
