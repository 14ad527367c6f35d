"""What one receivable does, without any database: one sentence per rule, on a fixed day."""

import doctest
import importlib
import pkgutil
from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from .. import escalation
from ..escalation import Calendar, Case, Hold, Policy, Reason, Step, forecast, plan
from .escalation_common import (
    COURTESY,
    DUE,
    FIRST,
    FORMAL,
    SECOND,
    EscalationCase,
    ask,
    chased,
    claim,
    later,
    settings,
    without,
)


class TestEscalationExamples(BaseCase):

    def test_examples_in_docstrings(self):
        attempted = 0
        for module in pkgutil.iter_modules(escalation.__path__, escalation.__name__ + "."):
            if not module.name.endswith("__main__"):
                result = doctest.testmod(importlib.import_module(module.name))
                self.assertFalse(result.failed)
                attempted += result.attempted
        story = doctest.testmod(escalation)
        self.assertFalse(story.failed)
        self.assertGreater(attempted, 0)
        self.assertGreater(story.attempted, 0)

    def test_every_reason_has_its_own_sentence(self):
        sentences = [reason.sentence for reason in Reason]
        self.assertTrue(all(sentences))
        self.assertEqual(len(set(sentences)), len(sentences))


class TestEscalationSteps(EscalationCase):
    """Rule 3: one step at a time, on its day and after its gap."""

    def test_reminder_waits_for_its_day(self):
        self.assertWaits(ask(later(6), claim()), Reason.WAITING, until=later(7))

    def test_reminder_goes_on_its_day(self):
        self.assertMoves(ask(later(7), claim()), INV="L1")

    def test_invoice_not_yet_due_says_so(self):
        self.assertWaits(ask(later(-3), claim(policy=without(COURTESY))), Reason.NOT_DUE, until=later(7))

    def test_old_debt_starts_at_the_first_reminder(self):
        self.assertMoves(ask(later(200), claim()), INV="L1")

    def test_backlog_climbs_one_step_per_gap(self):
        self.assertWaits(ask(later(207), chased(FIRST, 200)), Reason.GAP, until=later(208))
        self.assertMoves(ask(later(208), chased(FIRST, 200)), INV="L2")

    def test_step_without_gap_comes_the_next_day_at_the_earliest(self):
        hasty = Policy("hasty", (FIRST, replace(SECOND, gap=0)))
        same_day = ask(later(20), chased(FIRST, 20, policy=hasty), rules=settings(quiet=0))
        self.assertWaits(same_day, Reason.GAP, until=later(21))

    def test_demand_never_comes_on_the_due_date(self):
        abrupt = Policy("abrupt", (replace(FIRST, days=0),))
        self.assertWaits(ask(DUE, claim(policy=abrupt)), Reason.NOT_DUE, until=later(1))

    def test_several_steps_of_one_stage_are_taken_in_turn(self):
        again = replace(FIRST, key="L1b", days=12)
        patient = Policy("patient", (FIRST, again, SECOND))
        self.assertMoves(ask(later(60), chased(FIRST, 10, policy=patient)), INV="L1b")

    def test_last_step_asks_for_a_decision(self):
        self.assertWaits(ask(later(60), chased(FORMAL, 30)), Reason.LADDER_DONE)

    def test_claim_in_litigation_has_no_next_step(self):
        self.assertWaits(ask(later(60), claim(stage="litigation")), Reason.LADDER_DONE)

    def test_no_policy_is_a_reason(self):
        self.assertWaits(ask(later(60), claim(policy=Policy(None))), Reason.NO_POLICY)

    def test_customer_without_receivable_has_nothing_to_receive(self):
        self.assertWaits(ask(DUE), Reason.NO_POLICY)


class TestEscalationPreventive(EscalationCase):

    def test_preventive_message_comes_before_the_due_date(self):
        self.assertMoves(ask(later(-7), claim()), INV="P")
        self.assertMoves(ask(later(-1), claim()), INV="P")

    def test_preventive_message_never_comes_on_the_due_date(self):
        self.assertWaits(ask(DUE, claim()), Reason.NOT_DUE, until=later(7))

    def test_preventive_message_is_no_condition_of_the_reminder(self):
        self.assertMoves(ask(later(7), claim()), INV="L1")
        self.assertMoves(ask(later(7), chased(COURTESY, -7)), INV="L1")

    def test_preventive_message_never_travels_with_a_demand(self):
        coming = claim("NEW", due=later(12))
        self.assertMoves(ask(later(7), claim(), coming), INV="L1")
        self.assertEqual(ask(later(7), claim(), coming).decisions[1].reason, Reason.OTHER_NOTICE)

    def test_any_condition_opens_a_preventive_step(self):
        choosy = replace(COURTESY, minimum=Decimal(5000), new_customer=True, profiles=frozenset({"careless"}))
        item = claim(policy=Policy("choosy", (choosy, FIRST)))
        self.assertFalse(ask(later(-7), item).moves)
        self.assertMoves(ask(later(-7), replace(item, residual=Decimal(5000))), INV="P")
        self.assertMoves(ask(later(-7), item, new_customer=True), INV="P")
        self.assertMoves(ask(later(-7), item, profile="careless"), INV="P")

    def test_preventive_message_goes_although_small_debts_stay_below_the_minimum(self):
        small = claim("OLD", residual=10, due=later(-60))
        self.assertMoves(ask(later(-7), small, claim(), rules=settings(minimum=Decimal(30))), INV="P")

    def test_preventive_message_foreseen_too_late_gives_way_to_the_reminder(self):
        decision = ask(later(-7), claim(), noticed=later(-8), rules=settings(quiet=10)).decisions[0]
        self.assertEqual((decision.reason, decision.step, decision.date), (Reason.QUIET, FIRST, later(7)))


class TestEscalationWindow(EscalationCase):
    """A step may have a latest day, after which it is skipped."""

    brief = Policy("brief", (replace(FIRST, latest=10), SECOND))

    def test_step_is_taken_up_to_its_latest_day(self):
        self.assertMoves(ask(later(10), claim(policy=self.brief)), INV="L1")

    def test_step_is_skipped_after_its_latest_day(self):
        self.assertWaits(ask(later(11), claim(policy=self.brief)), Reason.WAITING, until=later(15))
        self.assertMoves(ask(later(15), claim(policy=self.brief)), INV="L2")

    def test_ladder_whose_windows_have_passed_says_so(self):
        only = Policy("only", (replace(FIRST, latest=10),))
        self.assertWaits(ask(later(11), claim(policy=only)), Reason.WINDOW_PASSED)

    def test_step_foreseen_too_late_gives_way_to_the_next(self):
        decision = ask(later(8), claim(policy=self.brief), noticed=later(6)).decisions[0]
        self.assertEqual((decision.reason, decision.step, decision.date), (Reason.QUIET, SECOND, later(15)))


    def test_later_step_waits_until_the_window_of_the_earlier_one_closes(self):
        slow = Policy("slow", (COURTESY, replace(FIRST, gap=60, latest=20), replace(SECOND, gap=0)))
        thanked = chased(COURTESY, -1, policy=slow)
        decision = ask(later(16), thanked).decisions[0]
        self.assertEqual((decision.step.key, decision.date), ("L2", later(21)))
        self.assertEqual(forecast(Case((thanked,)), settings(), later(16))[0], later(21))


class TestEscalationFormal(EscalationCase):

    def test_formal_notice_needs_an_earlier_reminder(self):
        abrupt = claim(policy=Policy("abrupt", (FORMAL,)))
        self.assertWaits(ask(later(40), abrupt), Reason.NEEDS_REMINDER)
        self.assertMoves(ask(later(40), replace(abrupt, reminded=True)), INV="F")

    def test_preventive_message_is_no_reminder(self):
        short = Policy("short", (COURTESY, FORMAL))
        self.assertWaits(ask(later(40), chased(COURTESY, -7, policy=short)), Reason.NEEDS_REMINDER)

    def test_formal_notice_waits_for_its_gap(self):
        self.assertWaits(ask(later(30), chased(SECOND, 25)), Reason.GAP, until=later(35))
        self.assertMoves(ask(later(35), chased(SECOND, 25)), INV="F")

    def test_credits_block_a_formal_notice(self):
        plan = ask(later(30), chased(SECOND, 15), credits=Decimal(1))
        self.assertWaits(plan, Reason.CREDIT_BLOCKS_FORMAL)

    def test_credits_let_a_reminder_go(self):
        self.assertMoves(ask(later(15), chased(FIRST, 7), credits=Decimal(1)), INV="L2")

    def test_formal_notice_demands_only_what_it_puts_in_default(self):
        plan = ask(later(30), chased(SECOND, 15), claim("YOUNG", due=later(20)), claim("COMING", due=later(35)))
        self.assertMoves(plan, INV="F")
        self.assertEqual([one.reason for one in plan.decisions], [Reason.DUE, Reason.OTHER_NOTICE, Reason.OTHER_NOTICE])

    def test_formal_notice_has_a_floor(self):
        rules = settings(formal_minimum=Decimal(150))
        self.assertWaits(ask(later(30), chased(SECOND, 15, residual=149), rules=rules), Reason.BELOW_STEP)
        self.assertMoves(ask(later(30), chased(SECOND, 15, residual=150), rules=rules), INV="F")

    def test_running_formal_notice_lets_no_lower_notice_out(self):
        self.assertWaits(ask(later(10), claim(), formal_until=later(10)), Reason.FORMAL_RUNNING, until=later(11))
        self.assertMoves(ask(later(11), claim(), formal_until=later(10)), INV="L1")

    def test_running_formal_notice_lets_no_preventive_message_out(self):
        self.assertFalse(ask(later(-7), claim(), formal_until=later(-3)).moves)

    def test_decision_is_asked_for_once_the_deadline_has_passed(self):
        self.assertWaits(ask(later(38), chased(FORMAL, 30), formal_until=later(38)), Reason.FORMAL_RUNNING)
        self.assertWaits(ask(later(39), chased(FORMAL, 30), formal_until=later(38)), Reason.LADDER_DONE)

    def test_running_formal_notice_lets_another_formal_notice_go(self):
        plan = ask(later(30), chased(SECOND, 15), claim("YOUNG", due=later(20)), formal_until=later(33))
        self.assertMoves(plan, INV="F")
        self.assertEqual(plan.decisions[1].reason, Reason.FORMAL_RUNNING)


class TestEscalationPolicyChange(EscalationCase):
    """Levels of different policies compare by their stage."""

    def test_new_policy_goes_on_above_the_stage_reached(self):
        firm = Policy("firm", (Step("A", "reminder_1", 2), Step("B", "reminder_2", 10, gap=8), Step("C", "formal", 20)))
        self.assertMoves(ask(later(15), chased(FIRST, 7, policy=firm)), INV="B")

    def test_new_policy_never_repeats_the_stage_reached(self):
        gentle = Policy("gentle", (Step("A", "reminder_1", 2), Step("B", "reminder_2", 10), Step("C", "formal", 45)))
        self.assertWaits(ask(later(24), chased(SECOND, 15, policy=gentle)), Reason.WAITING, until=later(45))


class TestEscalationTone(EscalationCase):
    """Rule 5: one notice per customer, in the tone of the highest level taken by it."""

    def test_highest_step_taken_sets_the_tone(self):
        plan = ask(later(15), chased(FIRST, 7), claim("YOUNG", due=later(5)))
        self.assertEqual(plan.step, SECOND)

    def test_lower_claims_climb_only_their_own_step(self):
        plan = ask(later(15), chased(FIRST, 7), claim("YOUNG", due=later(5)))
        self.assertMoves(plan, INV="L2", YOUNG="L1")

    def test_claim_that_stands_higher_does_not_move_and_does_not_set_the_tone(self):
        plan = ask(later(40), chased(FORMAL, 30), claim("YOUNG", due=later(30)))
        self.assertMoves(plan, YOUNG="L1")
        self.assertEqual(plan.step, FIRST)

    def test_young_invoice_never_starts_at_the_tone_of_an_old_one(self):
        plan = ask(later(60), chased(SECOND, 15), claim("YOUNG", due=later(50)), credits=Decimal(1))
        self.assertMoves(plan, YOUNG="L1")

    def test_claims_of_two_policies_share_one_notice(self):
        firm = Policy("firm", (Step("A", "reminder_1", 2),))
        self.assertMoves(ask(later(7), claim(), claim("FIRM", policy=firm)), INV="L1", FIRM="A")

    def test_claims_not_at_their_step_say_why(self):
        plan = ask(later(7), claim(), claim("YOUNG", due=later(3)))
        self.assertEqual([one.reason for one in plan.decisions], [Reason.DUE, Reason.WAITING])


class TestEscalationHolds(EscalationCase):
    """Rule 8: a hold keeps the step; afterwards the ladder goes on where it stood, after the gap."""

    promise = Hold(Reason.PROMISE, until=later(20))

    def test_promise_holds_until_its_day_has_passed(self):
        plan = ask(later(20), claim(holds=(self.promise,)))
        self.assertWaits(plan, Reason.PROMISE, until=later(21))
        self.assertEqual(plan.decisions[0].held_until, later(20))
        self.assertMoves(ask(later(21), claim(holds=(self.promise,))), INV="L1")

    def test_ladder_resumes_at_the_step_where_it_stood(self):
        self.assertMoves(ask(later(60), chased(FIRST, 7, holds=(self.promise,))), INV="L2")

    def test_ladder_resumes_after_the_gap(self):
        held = chased(FIRST, 18, holds=(self.promise,))
        self.assertWaits(ask(later(19), held), Reason.PROMISE, until=later(26))
        self.assertWaits(ask(later(25), held), Reason.GAP, until=later(26))
        self.assertMoves(ask(later(26), held), INV="L2")

    def test_hold_without_end_has_no_day(self):
        self.assertWaits(ask(later(20), claim(holds=(Hold(Reason.DEATH),))), Reason.DEATH)

    def test_dispute_of_a_part_lets_the_rest_go_on(self):
        disputed = claim(holds=(Hold(Reason.DISPUTE, amount=Decimal(400)),))
        self.assertMoves(ask(later(7), disputed), INV="L1")
        self.assertEqual(disputed.claimable(later(7)), 600)

    def test_parts_that_cover_the_claim_hold_it(self):
        parts = tuple(Hold(reason, later(20), Decimal(500)) for reason in (Reason.DISPUTE, Reason.PROMISE))
        self.assertFalse(ask(later(7), claim(holds=parts)).moves)

    def test_held_claim_does_not_count_for_the_minimum(self):
        rules = settings(minimum=Decimal(30))
        plan = ask(later(7), claim("SMALL", 20), claim(holds=(self.promise,)), rules=rules)
        self.assertEqual(plan.decisions[0].reason, Reason.BELOW_MINIMUM)

    def test_held_claim_leaves_the_others_alone(self):
        self.assertMoves(ask(later(7), claim("FREE"), claim(holds=(self.promise,))), FREE="L1")

    def test_excluded_claim_never_moves_and_says_why(self):
        self.assertWaits(ask(later(60), claim(excluded=Reason.NOT_SENT)), Reason.NOT_SENT)


class TestEscalationForecast(EscalationCase):

    def test_forecast_walks_to_the_next_notice(self):
        day, coming = forecast(Case((claim(policy=without(COURTESY)),)), settings(), later(-20))
        self.assertEqual(day, later(7))
        self.assertMoves(coming, INV="L1")

    def test_forecast_foresees_what_other_claims_change(self):
        small, big = claim("SMALL", 20), claim("BIG", 500, due=later(30), policy=without(COURTESY))
        rules = settings(minimum=Decimal(30))
        self.assertEqual(plan(Case((small,)), rules, later(20)).next_date, None)
        self.assertEqual(forecast(Case((small, big)), rules, later(24))[0], later(31))

    def test_forecast_respects_days_of_rest(self):
        item = claim(due=date(2026, 12, 20), policy=without(COURTESY))
        rules = settings(calendar=Calendar())
        self.assertEqual(forecast(Case((item,)), rules, date(2026, 12, 20))[0], date(2027, 1, 4))

    def test_forecast_without_move_returns_the_plan_of_the_day(self):
        case = Case((claim(),), manual_only=True)
        self.assertEqual(forecast(case, settings(), later(7)), (None, plan(case, settings(), later(7))))

    def test_forecast_ends_at_its_horizon(self):
        self.assertEqual(forecast(Case((claim(due=later(300)),)), settings(), DUE, horizon=100)[0], None)
