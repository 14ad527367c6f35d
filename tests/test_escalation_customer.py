"""What keeps a customer from receiving a notice: amounts, calls, days of rest, switches. Without any database."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from ..escalation import Calendar, Call, Case, Policy, Reason, Step, forecast
from .escalation_common import (
    COURTESY,
    DUE,
    FIRST,
    SECOND,
    EscalationCase,
    ask,
    chased,
    claim,
    later,
    settings,
    without,
)


class TestEscalationAmounts(EscalationCase):
    """Rule 7 and the minimum amounts of customer, claim and step."""

    def test_customer_below_the_minimum_receives_nothing(self):
        rules = settings(minimum=Decimal(30))
        self.assertWaits(ask(later(7), claim(residual=29), rules=rules), Reason.BELOW_MINIMUM)
        self.assertMoves(ask(later(7), claim(residual=30), rules=rules), INV="L1")

    def test_minimum_counts_all_that_is_overdue(self):
        rules = settings(minimum=Decimal(30))
        self.assertMoves(ask(later(7), claim(residual=20), claim("YOUNG", 10, due=later(6)), rules=rules), INV="L1")

    def test_minimum_is_net_of_credits(self):
        rules = settings(minimum=Decimal(30))
        self.assertWaits(ask(later(7), claim(residual=50), credits=Decimal(21), rules=rules), Reason.BELOW_MINIMUM)

    def test_credits_that_cover_the_overdue_amount_stop_everything(self):
        self.assertWaits(ask(later(7), claim(), credits=Decimal(1000)), Reason.CREDITED)
        self.assertMoves(ask(later(7), claim(), credits=Decimal(999)), INV="L1")

    def test_credits_that_cover_what_is_soon_due_stop_the_preventive_message(self):
        self.assertWaits(ask(later(-7), claim(), credits=Decimal(1000)), Reason.CREDITED)

    def test_small_claim_never_opens_the_ladder(self):
        rules = settings(line_minimum=Decimal(5))
        self.assertWaits(ask(later(7), claim(residual=4), rules=rules), Reason.BELOW_LINE_MINIMUM)

    def test_small_claim_does_not_travel_with_others(self):
        rules = settings(line_minimum=Decimal(5))
        self.assertMoves(ask(later(7), claim("SMALL", 4), claim(), rules=rules), INV="L1")

    def test_small_rest_of_a_chased_claim_goes_on(self):
        rules = settings(line_minimum=Decimal(5))
        self.assertMoves(ask(later(15), chased(FIRST, 7, residual=4), rules=rules), INV="L2")

    def test_step_below_its_minimum_is_skipped(self):
        choosy = Policy("choosy", (replace(FIRST, minimum=Decimal(500)), SECOND))
        self.assertWaits(ask(later(7), claim(residual=499, policy=choosy)), Reason.WAITING, until=later(15))
        self.assertMoves(ask(later(15), claim(residual=499, policy=choosy)), INV="L2")

    def test_ladder_below_its_minimum_says_so(self):
        choosy = Policy("choosy", (replace(FIRST, minimum=Decimal(500)),))
        self.assertWaits(ask(later(7), claim(residual=499, policy=choosy)), Reason.BELOW_STEP)

    def test_minimum_of_a_step_is_net_of_credits(self):
        choosy = Policy("choosy", (replace(FIRST, minimum=Decimal(500)),))
        self.assertFalse(ask(later(7), claim(residual=600, policy=choosy), credits=Decimal(101)).moves)


class TestEscalationRest(EscalationCase):
    """Quiet days, days of rest, contact pressure."""

    def test_quiet_days_part_two_notices(self):
        busy = [chased(FIRST, 2, "OLD", due=later(-5)), claim()]
        self.assertWaits(ask(later(7), *busy, noticed=later(1)), Reason.QUIET, until=later(8))
        self.assertMoves(ask(later(8), *busy, noticed=later(1)), INV="L1")

    def test_two_notices_never_leave_on_one_day(self):
        plan = ask(later(7), claim(), noticed=later(7), rules=settings(quiet=0))
        self.assertWaits(plan, Reason.QUIET, until=later(8))

    def test_nothing_leaves_on_the_first_of_may(self):
        rules = settings(calendar=Calendar(holidays=frozenset({date(2026, 5, 1)})))
        late = claim(due=date(2026, 4, 24))
        self.assertWaits(ask(date(2026, 5, 1), late, rules=rules), Reason.CLOSED_DAY, until=date(2026, 5, 2))
        self.assertMoves(ask(date(2026, 5, 2), late, rules=rules), INV="L1")

    def test_nothing_leaves_on_a_sunday(self):
        rules = settings(calendar=Calendar())
        self.assertWaits(ask(date(2026, 9, 13), claim(), rules=rules), Reason.CLOSED_DAY, until=date(2026, 9, 14))

    def test_nothing_leaves_between_christmas_eve_and_the_second_of_january(self):
        rules = settings(calendar=Calendar())
        late = claim(due=date(2026, 12, 1))
        self.assertMoves(ask(date(2026, 12, 23), late, rules=rules), INV="L1")
        for today in (date(2026, 12, 24), date(2027, 1, 2)):
            self.assertWaits(ask(today, late, rules=rules), Reason.CLOSED_DAY, until=date(2027, 1, 4))

    def test_pause_at_the_end_of_the_year_is_a_setting(self):
        rules = settings(calendar=Calendar(year_end_pause=False))
        self.assertMoves(ask(date(2026, 12, 24), claim(), rules=rules), INV="L1")

    def test_company_that_never_sends_waits_without_looping(self):
        rules = settings(calendar=Calendar(weekdays=frozenset()))
        self.assertEqual(ask(later(7), claim(), rules=rules).reason, Reason.CLOSED_DAY)

    def test_day_shown_is_a_day_on_which_notices_leave(self):
        due_on_sunday = claim(due=date(2026, 9, 6), policy=without(COURTESY))
        plan = ask(DUE, due_on_sunday, rules=settings(calendar=Calendar()))
        self.assertEqual(plan.next_date, date(2026, 9, 14))

    def test_consumer_contacted_often_enough_is_left_in_peace(self):
        contacts = ((later(1), False), (later(3), True), (later(5), False))
        self.assertWaits(ask(later(8), claim(), contacts=contacts, consumer=True), Reason.PRESSURE, until=later(15))
        self.assertMoves(ask(later(15), claim(), contacts=contacts, consumer=True), INV="L1")

    def test_pressure_ends_without_any_new_fact(self):
        contacts = ((later(1), False), (later(3), True), (later(5), False))
        case = Case((claim(),), contacts=contacts, consumer=True)
        self.assertEqual(forecast(case, settings(), later(8))[0], later(15))

    def test_business_may_be_contacted_more_often(self):
        contacts = ((later(1), False), (later(3), True), (later(5), False))
        self.assertMoves(ask(later(8), claim(), contacts=contacts), INV="L1")

    def test_two_letters_without_a_call_do_not_press_a_consumer(self):
        contacts = ((later(1), False), (later(5), False))
        self.assertMoves(ask(later(8), claim(), contacts=contacts, consumer=True), INV="L1")


class TestEscalationCalls(EscalationCase):
    """A call before a letter, due on a Friday with the letter on Tuesday; and a step that is a call."""

    announced = replace(FIRST, call_mode="before", call_days=3, call_minimum=Decimal(500))
    ladder = Policy("call", (announced, replace(SECOND, call_mode="before", call_days=12)))

    def called(self, days, **facts):
        return claim(policy=self.ladder, call=Call("L1", later(days), **facts))

    def test_call_comes_before_the_letter(self):
        plan = ask(later(3), claim(policy=self.ladder))
        self.assertMoves(plan, INV="L1")
        self.assertEqual((plan.is_call, plan.reason), (True, Reason.CALL_DUE))

    def test_letter_waits_three_working_days_for_the_call(self):
        self.assertWaits(ask(later(7), self.called(6)), Reason.CALL_PENDING, until=later(9))

    def test_letter_goes_although_the_call_was_not_made(self):
        plan = ask(later(9), self.called(6))
        self.assertMoves(plan, INV="L1")
        self.assertFalse(plan.is_call)

    def test_letter_goes_when_the_call_was_closed(self):
        self.assertMoves(ask(later(7), self.called(6, closed=True)), INV="L1")

    def test_letter_waits_for_what_the_customer_answered(self):
        answered = self.called(6, closed=True, until=later(10))
        self.assertWaits(ask(later(10), answered), Reason.CALL_ANSWERED, until=later(11))
        self.assertMoves(ask(later(11), answered), INV="L1")

    def test_closed_call_does_not_bring_the_letter_forward(self):
        self.assertWaits(ask(later(5), self.called(3, closed=True)), Reason.WAITING, until=later(7))

    def test_small_debt_is_not_worth_a_call(self):
        self.assertWaits(ask(later(3), claim(residual=499, policy=self.ladder)), Reason.WAITING, until=later(7))

    def test_call_of_the_previous_step_does_not_count(self):
        plan = ask(later(13), replace(chased(FIRST, 7, policy=self.ladder), call=Call("L1", later(3), closed=True)))
        self.assertEqual((plan.is_call, plan.step.key), (True, "L2"))

    def test_call_keeps_its_distance_to_a_letter_that_the_gap_delays(self):
        late = chased(FIRST, 30, policy=self.ladder)
        self.assertWaits(ask(later(34), late), Reason.GAP, until=later(35))
        self.assertTrue(ask(later(35), late).is_call)

    def test_call_does_not_wait_for_quiet_days(self):
        self.assertTrue(ask(later(3), claim(policy=self.ladder), noticed=later(2)).is_call)

    def test_call_never_follows_a_letter_on_the_same_day(self):
        self.assertFalse(ask(later(3), claim(policy=self.ladder), noticed=later(3)).moves)

    def test_people_phone_on_working_days(self):
        self.assertWaits(ask(later(4), claim(policy=self.ladder)), Reason.CLOSED_DAY, until=later(6))

    def test_one_call_at_a_time(self):
        other = claim("OTHER", policy=Policy("other", (replace(self.announced, key="A"),)))
        self.assertFalse(ask(later(6), self.called(3), other).moves)
        self.assertMoves(ask(later(7), self.called(3, closed=True), replace(other, due=later(3))), INV="L1")

    def test_one_call_speaks_of_one_step(self):
        other = claim("OTHER", policy=Policy("other", (replace(self.announced, key="A"),)))
        item = claim(policy=self.ladder)
        self.assertMoves(ask(later(3), item, other), INV="L1")
        self.assertMoves(ask(later(3), other, item), INV="L1")

    def test_letters_go_before_calls(self):
        plan = ask(later(7), claim("LETTER", policy=without(COURTESY)), claim(policy=self.ladder))
        self.assertMoves(plan, LETTER="L1")
        self.assertEqual(plan.decisions[1].reason, Reason.OTHER_NOTICE)

    def test_consumer_receives_one_call_a_week(self):
        item = claim(policy=self.ladder)
        plan = ask(later(6), item, contacts=((later(1), True),), consumer=True)
        self.assertWaits(plan, Reason.PRESSURE, until=later(8))

    def test_no_call_announces_a_formal_notice_that_credits_forbid(self):
        formal = Step("F", "formal", 30, call_mode="before", call_days=24)
        plan = ask(later(24), chased(SECOND, 10, policy=Policy("p", (SECOND, formal))), credits=Decimal(1))
        self.assertWaits(plan, Reason.CREDIT_BLOCKS_FORMAL)

    def test_step_that_is_a_call_moves_the_claim(self):
        ladder = Policy("own", (Step("C", "reminder_1", 3, channel="call"), SECOND))
        plan = ask(later(3), claim(policy=ladder))
        self.assertMoves(plan, INV="C")
        self.assertFalse(plan.is_call)

    def test_step_that_is_a_call_never_travels_with_a_letter(self):
        ladder = Policy("own", (Step("C", "reminder_1", 3, channel="call"), SECOND))
        self.assertMoves(ask(later(7), claim(policy=ladder), claim("LETTER")), LETTER="L1")


class TestEscalationSwitches(EscalationCase):

    def test_customer_dunned_by_hand_only_receives_nothing(self):
        self.assertWaits(ask(later(7), claim(), manual_only=True), Reason.MANUAL_ONLY)

    def test_company_may_stop_all_dunning(self):
        plan = ask(later(7), claim(), rules=settings(stopped=True))
        self.assertWaits(plan, Reason.STOPPED)
        self.assertEqual(plan.wake, later(8))

    def test_stale_bank_holds_reminders(self):
        plan = ask(later(7), claim(), rules=settings(bank_stale=True))
        self.assertWaits(plan, Reason.BANK_STALE)
        self.assertEqual(plan.wake, later(8))

    def test_stale_bank_lets_preventive_messages_go(self):
        rules = settings(bank_stale=True)
        self.assertMoves(ask(later(-7), claim(), rules=rules), INV="P")
        plan = ask(later(-7), claim("OLD", due=later(-60)), claim(), rules=rules)
        self.assertMoves(plan, INV="P")
        self.assertEqual(plan.wake, later(-6))

    def test_pending_notice_blocks_another(self):
        self.assertWaits(ask(later(7), claim(), pending=True), Reason.PENDING)

    def test_lasting_obstacle_is_said_before_a_passing_one(self):
        self.assertWaits(ask(later(7), claim(), noticed=later(6), manual_only=True), Reason.MANUAL_ONLY)

    def test_what_is_not_ready_keeps_its_own_reason(self):
        self.assertWaits(ask(DUE, claim(), pending=True), Reason.NOT_DUE, until=later(7))
