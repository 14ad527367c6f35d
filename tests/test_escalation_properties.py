"""What must hold for every customer, whatever his receivables: tried on generated ones, without any database."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some

from odoo.tests import BaseCase

from ..escalation import (
    RANK,
    Calendar,
    Call,
    Case,
    Hold,
    Policy,
    Reason,
    Receivable,
    Rules,
    Step,
    forecast,
    plan,
)

TODAY = date(2026, 11, 20)  # five weeks before the pause at the end of the year


def days_around(first, last):
    return some.integers(first, last).map(lambda days: TODAY + timedelta(days=days))


def maybe(strategy):
    return some.one_of(some.none(), strategy)


# Made once: a strategy costs more than what it draws.
BOOLEANS = some.booleans()
AMOUNTS = some.sampled_from([Decimal(amount) for amount in (20, 400, 2000, 5000)])
MINIMUMS = some.sampled_from([Decimal(amount) for amount in (0, 0, 0, 0, 30, 500)])
EXCLUSIONS = some.sampled_from([None] * 12 + [Reason.NOT_SENT])
SELDOM = some.sampled_from([False] * 9 + [True])
CREDITS = some.sampled_from([Decimal(0), Decimal(0), Decimal(50)])
STAGES = some.sampled_from(["preventive", "reminder_1", "reminder_2", "formal", "formal"])
LADDER_STAGES = some.lists(STAGES, min_size=2, max_size=4)
CHANNELS = some.sampled_from(["email", "letter", "call"])
CALL_MODES = some.sampled_from(["none", "before"])
PAUSES = some.sampled_from([Reason.PROMISE, Reason.DISPUTE])
NAMES = some.sampled_from("AB")
NUMBERS = some.integers(0, 12)
DUE_DAYS = days_around(-50, 12)
PAST_DAYS = days_around(-20, -1)
CALL_DAYS = days_around(-6, -1)
ANSWER_DAYS = maybe(days_around(0, 9))
HOLD_DAYS = maybe(days_around(-5, 25))
DEADLINES = some.one_of(some.none(), some.none(), days_around(-3, 15))
HOLIDAYS = some.lists(days_around(0, 40), max_size=3)
CONTACTS = some.lists(some.tuples(days_around(-20, 0), BOOLEANS), max_size=4)


@some.composite
def ladders(draw, plain=False):
    """Return a policy: stages never go down, days never go back."""
    steps, day = [], 0
    for position, stage in enumerate(sorted(draw(LADDER_STAGES), key=RANK.get)):
        preventive = stage == "preventive"
        day = draw(NUMBERS) - 13 if preventive else max(day, 0) + draw(NUMBERS)
        steps.append(Step(
            key=draw(NAMES) + str(position), stage=stage, days=day, gap=draw(NUMBERS),
            latest=max(day, 0) + 5 if draw(SELDOM) else 0,
            channel="registered" if stage == "formal" else draw(CHANNELS),
            call_mode=draw(CALL_MODES), call_days=day - draw(NUMBERS) // 2,
            call_minimum=Decimal(0) if plain else draw(MINIMUMS), minimum=Decimal(0) if plain else draw(MINIMUMS),
        ))
    return Policy(draw(NAMES), tuple(sorted(steps, key=lambda step: (step.rank, step.days))))


@some.composite
def claims(draw, key, plain=False):
    """Return a receivable somewhere on its ladder, perhaps held, excluded or about to be called about."""
    policy = draw(PLAIN_LADDERS if plain else LADDERS)
    position = draw(NUMBERS)
    taken = policy.steps[position] if position < len(policy.steps) else None
    item = Receivable(
        key, due=draw(DUE_DAYS), residual=draw(AMOUNTS), policy=policy, reminded=plain or draw(BOOLEANS),
        holds=tuple(draw(PLAIN_HOLDS if plain else HOLDS)), excluded=None if plain else draw(EXCLUSIONS),
    )
    if taken:
        item = replace(item, step=taken.key, stage=taken.stage, noticed=draw(PAST_DAYS))
    following = policy.after(item.step, item.stage)
    if following and draw(BOOLEANS):
        item = replace(item, call=Call(following[0].key, draw(CALL_DAYS), draw(BOOLEANS), draw(ANSWER_DAYS)))
    return item


LADDERS, PLAIN_LADDERS = ladders(), ladders(plain=True)
PLAIN_HOLDS = some.lists(some.builds(Hold, PAUSES, HOLD_DAYS), max_size=2)
HOLDS = some.one_of(
    some.just(()), some.just(()), some.lists(some.builds(Hold, PAUSES, HOLD_DAYS, maybe(AMOUNTS)), max_size=2),
)
CLAIMS = [claims(f"INV{number}") for number in range(4)]
PLAIN_CLAIM = claims("INV", plain=True)


@some.composite
def cases(draw, plain=False):
    """Return a customer; a ``plain`` one has one claim and nothing that only an event or an amount could end."""
    count = 1 if plain else 1 + draw(NUMBERS) % 4
    receivables = tuple(draw(PLAIN_CLAIM if plain else CLAIMS[number]) for number in range(count))
    noticed = [item.noticed for item in receivables if item.noticed]
    return Case(
        receivables, noticed=max(noticed, default=None), formal_until=draw(DEADLINES),
        contacts=tuple(draw(CONTACTS)), consumer=draw(BOOLEANS),
        credits=Decimal(0) if plain else draw(CREDITS), pending=not plain and draw(SELDOM),
    )


@some.composite
def rules(draw, plain=False):
    calendar = Calendar(holidays=frozenset(draw(HOLIDAYS)))
    if plain:
        return Rules(calendar, quiet=draw(NUMBERS))
    return Rules(calendar, draw(NUMBERS), draw(MINIMUMS), draw(MINIMUMS), draw(MINIMUMS), bank_stale=draw(SELDOM))


def send(case, answer, today):
    """Return the facts after the notice or the call of a plan has left."""
    moves, ladder = dict(answer.moves), {item.key: item.policy for item in case.receivables}
    by_phone = answer.is_call or answer.step.channel == "call"

    def moved(item):
        if item.key not in moves:
            return item
        step = ladder[item.key].get(moves[item.key])
        if answer.is_call:
            return replace(item, call=Call(step.key, today))
        reminded = item.reminded or not step.is_preventive
        return replace(item, step=step.key, stage=step.stage, noticed=today, reminded=reminded)

    return replace(
        case, receivables=tuple(moved(item) for item in case.receivables),
        noticed=case.noticed if answer.is_call else today, contacts=(*case.contacts, (today, by_phone)),
    )


def examples(count):
    """Try so many examples, the same ones in every run."""
    return settings(
        max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
    )


class TestEscalationProperties(BaseCase):

    def next_moves(self, case, rules):
        """Return the day of the next notice, whether it is a call, and the claims that move with their steps."""
        day, answer = forecast(case, rules, TODAY)
        assume(day)
        claims = {item.key: item for item in case.receivables}
        return day, answer.is_call, [(claims[key], claims[key].policy.get(step)) for key, step in answer.moves]

    @examples(70)
    @given(cases(), rules())
    def test_every_claim_has_one_decision_and_moves_once_at_most(self, case, rules):
        _day, answer = forecast(case, rules, TODAY)
        self.assertEqual([one.receivable for one in answer.decisions], [item.key for item in case.receivables])
        ready = [one.receivable for one in answer.decisions if one.is_ready]
        self.assertEqual([key for key, _step in answer.moves], ready)
        self.assertTrue(all(one.reason.sentence for one in answer.decisions))

    @examples(70)
    @given(cases(), rules())
    def test_steps_are_only_skipped_for_a_reason(self, case, rules):
        _day, _is_call, moves = self.next_moves(case, rules)
        for item, step in moves:
            following = item.policy.after(item.step, item.stage)
            for skipped in following[:following.index(step)]:
                self.assertTrue(skipped.may_be_skipped)

    @examples(70)
    @given(cases(), rules())
    def test_no_step_comes_before_its_day_and_gap(self, case, rules):
        day, is_call, moves = self.next_moves(case, rules)
        for item, step in moves:
            self.assertGreaterEqual(day, item.due + timedelta(days=step.call_days if is_call else step.days))
            if item.noticed:
                self.assertGreaterEqual(day, item.noticed + timedelta(days=1 if is_call else max(step.gap, 1)))

    @examples(70)
    @given(cases(), rules())
    def test_preventive_comes_before_the_due_date_and_a_demand_after_it(self, case, rules):
        day, _is_call, moves = self.next_moves(case, rules)
        for item, step in moves:
            self.assertEqual(day < item.due, step.is_preventive)
            self.assertNotEqual(day, item.due)

    @examples(70)
    @given(cases(), rules())
    def test_formal_notice_follows_a_reminder_and_has_no_credits(self, case, rules):
        _day, _is_call, moves = self.next_moves(case, rules)
        for item, step in moves:
            if step.is_formal:
                self.assertTrue(item.reminded)
                self.assertFalse(case.credits)

    @examples(70)
    @given(cases(), rules())
    def test_no_notice_for_what_is_held_excluded_or_credited(self, case, rules):
        day, _is_call, moves = self.next_moves(case, rules)
        overdue = sum(item.claimable(day) for item in case.receivables if item.due < day)
        self.assertFalse(case.pending)
        for item, step in moves:
            self.assertFalse(item.excluded)
            self.assertGreater(item.claimable(day), 0)
            if not step.is_preventive:
                self.assertGreater(overdue, case.credits)
                self.assertGreaterEqual(overdue - case.credits, max(rules.minimum, step.minimum))

    @examples(70)
    @given(cases(), rules())
    def test_one_notice_has_one_nature(self, case, rules):
        _day, _is_call, moves = self.next_moves(case, rules)
        self.assertEqual(len({(step.is_preventive, step.is_formal, step.is_written) for _item, step in moves}), 1)

    @examples(70)
    @given(cases(), rules(), some.randoms())
    def test_same_facts_give_the_same_plan_in_any_order(self, case, rules, random):
        shuffled = list(case.receivables)
        random.shuffle(shuffled)
        day, one = forecast(case, rules, TODAY)
        other = plan(replace(case, receivables=tuple(shuffled)), rules, day or TODAY)
        for attribute in ("reason", "step", "is_call", "next_date", "wake"):
            self.assertEqual(getattr(one, attribute), getattr(other, attribute))
        self.assertEqual(set(one.moves), set(other.moves))
        self.assertEqual(set(one.decisions), set(other.decisions))

    @examples(70)
    @given(cases(), rules())
    def test_nothing_new_on_the_day_something_left(self, case, rules):
        day, answer = forecast(case, rules, TODAY)
        assume(day)
        self.assertFalse(plan(send(case, answer, day), rules, day).moves)

    @examples(40)
    @given(cases(), rules())
    def test_no_move_is_slept_through(self, case, rules):
        answer, alarm = plan(case, rules, TODAY), TODAY
        for days in range(200):
            day = TODAY + timedelta(days=days)
            if day == alarm:
                answer = plan(case, rules, day)
                alarm = answer.wake
            if answer.moves:
                return
            self.assertFalse(plan(case, rules, day).moves, f"slept until {alarm}")

    @examples(40)
    @given(cases(), rules())
    def test_every_ladder_ends(self, case, rules):
        taken = Counter()
        for days in range(200):
            day = TODAY + timedelta(days=days)
            answer = plan(case, rules, day)
            if answer.moves:
                taken.update((move, answer.is_call) for move in answer.moves)
                case = send(case, answer, day)
        self.assertLessEqual(max(taken.values(), default=0), 1)

    @examples(70)
    @given(cases(plain=True), rules(plain=True))
    def test_day_shown_for_a_single_claim_is_the_day_it_moves(self, case, rules):
        self.assertEqual(plan(case, rules, TODAY).next_date, forecast(case, rules, TODAY)[0])

    @examples(70)
    @given(cases(), rules())
    def test_day_shown_is_a_day_on_which_notices_leave(self, case, rules):
        for decision in plan(case, rules, TODAY).decisions:
            if decision.date:
                self.assertGreaterEqual(decision.date, TODAY)
                self.assertTrue(rules.calendar.is_open(decision.date))
