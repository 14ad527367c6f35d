"""What must hold for every debt, whatever happened to it: tried on generated ones, without any database."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some

from odoo.tests import BaseCase

from ..interest import Debt, Movement, RatePeriod, Suspension, Terms, compute

NEW_YEAR = date(2023, 1, 1)
HALF_A_CENT = Decimal("0.005")
CENT = Decimal("0.01")
DUST = Decimal("1e-18")  # what dividing each line leaves of the exact sum
ONE_DAY = timedelta(days=1)


def make_rates(percents, known):
    """Return half-yearly rates from 2023; those not ``known`` are left out."""
    periods = []
    for position, (percent, is_known) in enumerate(zip(percents, known, strict=True)):
        begin = 2023 + position // 2
        first, last = date(begin, 1, 1), date(begin, 6, 30)
        if position % 2:
            first, last = date(begin, 7, 1), date(begin, 12, 31)
        if is_known:
            periods.append(RatePeriod(first, last, percent, f"{first}"))
    return tuple(periods)


DAYS = some.integers(0, 4 * 365).map(lambda days: NEW_YEAR + timedelta(days=days))
AMOUNTS = some.integers(1, 2_000_000).map(lambda cents: Decimal(cents).scaleb(-2))
PERCENTS = some.integers(-100, 1500).map(lambda hundredths: Decimal(hundredths).scaleb(-2))
ALL_KNOWN = some.just([True] * 8)
SOME_KNOWN = some.lists(some.sampled_from([True, True, True, False]), min_size=8, max_size=8)
HALVES = some.lists(PERCENTS, min_size=8, max_size=8)
BOOLEANS = some.booleans()
DAY_COUNTS = some.sampled_from(["365", "actual", "360"])
IMPUTATIONS = some.sampled_from(["principal", "interest", "costs"])
NO_LABEL = some.just("")  # hypothesis would invent long ones
KINDS = some.sampled_from(["payment", "payment", "credit"])
RETROACTIVE = some.sampled_from([None, True, False])
MOVEMENTS = some.lists(some.builds(Movement, DAYS, AMOUNTS, KINDS, RETROACTIVE, NO_LABEL), max_size=4).map(tuple)
RETURNED = some.builds(
    Movement, DAYS, AMOUNTS.map(lambda amount: -amount), some.just("payment"), some.none(), NO_LABEL,
)
SUSPENSIONS = some.lists(
    some.builds(Suspension, DAYS, some.one_of(some.none(), DAYS), some.one_of(some.none(), AMOUNTS), some.just("plan")),
    max_size=2,
).map(tuple)
DEBTS = some.builds(
    Debt, AMOUNTS, DAYS, MOVEMENTS, SUSPENSIONS, some.one_of(some.none(), DAYS), some.one_of(some.none(), DAYS),
    some.sampled_from([Decimal(0), Decimal(40)]), some.just(2), NO_LABEL,
)


@some.composite
def some_terms(draw, simple=False, known=ALL_KNOWN):
    """Draw terms; ``simple``: without interest on interest, and with payments allocated to the principal."""
    return Terms(
        make_rates(draw(HALVES), draw(known)), margin=Decimal(1) + draw(some.integers(0, 10)), fixed=draw(BOOLEANS),
        day_count=draw(DAY_COUNTS), compounding=not simple and draw(BOOLEANS),
        imputation="principal" if simple else draw(IMPUTATIONS), retroactive_credits=draw(BOOLEANS),
    )


TERMS = some_terms()
SIMPLE = some_terms(simple=True)
GAPPY = some_terms(known=SOME_KNOWN)

generated = settings(
    max_examples=60, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def split_rates(terms, day):
    """Return the same terms with the period of a day cut in two on that day: nothing may change but the lines."""
    periods = []
    for period in terms.rates:
        if period.start < day <= period.end:
            periods += [replace(period, end=day - ONE_DAY), replace(period, start=day, source="cut")]
        else:
            periods.append(period)
    return replace(terms, rates=tuple(periods))


class TestInterestProperties(BaseCase):

    @generated
    @given(DEBTS, TERMS, DAYS)
    def test_nothing_owed_bears_nothing(self, debt, terms, today):
        result = compute(debt._replace(amount=Decimal(0)), terms, today)
        self.assertEqual([result.total, result.exact, result.daily], [0, 0, 0])

    @generated
    @given(DEBTS, TERMS, DAYS)
    def test_debt_paid_in_time_bears_nothing(self, debt, terms, today):
        paid = Movement(debt.due, debt.amount)
        result = compute(debt._replace(movements=(*debt.movements, paid)), terms, today)
        self.assertEqual([result.total, result.days, result.until], [0, 0, None])

    @generated
    @given(DEBTS, GAPPY)
    def test_no_day_up_to_the_due_date_counts(self, debt, terms):
        result = compute(debt, terms, debt.due)
        self.assertEqual([result.total, result.days, result.until], [0, 0, None])

    @generated
    @given(DEBTS, TERMS, DAYS, DAYS)
    def test_cutting_a_rate_period_changes_no_sum(self, debt, terms, today, cut):
        whole, parts = compute(debt, terms, today), compute(debt, split_rates(terms, cut), today)
        self.assertEqual(parts.exact, whole.exact)
        self.assertEqual(parts.total, whole.total)

    @generated
    @given(AMOUNTS, DAYS, SIMPLE, DAYS, DAYS)
    def test_two_intervals_bear_what_the_whole_bears(self, amount, due, terms, middle, today):
        terms = replace(terms, fixed=False)
        assume(due <= middle <= today)
        whole = compute(Debt(amount, due), terms, today)
        before, after = compute(Debt(amount, due), terms, middle), compute(Debt(amount, middle), terms, today)
        self.assertLess(abs(before.exact + after.exact - whole.exact), DUST)
        self.assertEqual(before.days + after.days, whole.days)

    @generated
    @given(DEBTS, GAPPY, DAYS)
    def test_printed_lines_add_up_to_the_printed_total(self, debt, terms, today):
        result = compute(debt, terms, today)
        self.assertEqual(sum(line.amount for line in result.segments), result.total)
        for line in result.segments:
            self.assertLess(abs(line.amount - line.exact), CENT)

    @generated
    @given(DEBTS, GAPPY, DAYS)
    def test_total_is_rounded_once(self, debt, terms, today):
        result = compute(debt, terms, today)
        self.assertLessEqual(abs(result.total - result.exact), HALF_A_CENT)
        self.assertLess(abs(sum(line.exact for line in result.segments) - result.exact), DUST)

    @generated
    @given(DEBTS, GAPPY, DAYS)
    def test_every_line_can_be_computed_by_hand(self, debt, terms, today):
        for line in compute(debt, terms, today).segments:
            by_hand = line.base * line.percent * line.days / 100 / line.year_days
            self.assertLess(abs(line.exact - by_hand), DUST)
            self.assertEqual(line.base, round(line.base, 2))

    @generated
    @given(DEBTS, TERMS, DAYS, AMOUNTS, DAYS)
    def test_a_payment_never_raises_the_interest(self, debt, terms, paid_on, amount, today):
        paid = compute(debt._replace(movements=(*debt.movements, Movement(paid_on, amount))), terms, today)
        self.assertLessEqual(paid.exact, compute(debt, terms, today).exact)

    @generated
    @given(DEBTS, TERMS, DAYS, SUSPENSIONS)
    def test_a_suspension_never_raises_the_interest(self, debt, terms, today, suspensions):
        suspended = compute(debt._replace(suspensions=debt.suspensions + suspensions), terms, today)
        self.assertLessEqual(suspended.exact, compute(debt, terms, today).exact)

    @generated
    @given(DEBTS, GAPPY, DAYS, RETURNED)
    def test_interest_only_grows_with_time(self, debt, terms, today, returned):
        debt = debt._replace(movements=(*debt.movements, returned))
        result, tomorrow = compute(debt, terms, today), compute(debt, terms, today + ONE_DAY)
        self.assertLessEqual(result.exact, tomorrow.exact)
        self.assertLessEqual(result.total, tomorrow.total)

    @generated
    @given(DEBTS, TERMS, DAYS)
    def test_daily_amount_is_what_tomorrow_adds(self, debt, terms, today):
        terms = replace(terms, day_count="actual")
        known = tuple(each for each in debt.movements if each.day <= today)
        result = compute(debt._replace(movements=known), terms, today)
        tomorrow = compute(debt._replace(movements=known), terms, today + ONE_DAY)
        if result.daily is not None:
            self.assertLess(abs(tomorrow.exact - result.exact - result.daily), DUST)

    @generated
    @given(DEBTS, GAPPY, DAYS, RETURNED)
    def test_lines_gaps_and_pauses_cover_the_days_once(self, debt, terms, today, returned):
        result = compute(debt._replace(movements=(*debt.movements, returned)), terms, today)
        pieces = sorted([*result.segments, *result.gaps, *result.pauses], key=lambda piece: piece.first)
        for earlier, later in zip(pieces, pieces[1:], strict=False):
            self.assertEqual(later.first, earlier.last + ONE_DAY)
        if pieces:
            begin = max(debt.due, debt.start or debt.due)
            self.assertEqual([pieces[0].first, pieces[0].first], [begin + ONE_DAY, result.first])
            self.assertEqual(pieces[-1].last, result.until)
            self.assertLessEqual(result.until, min(today, debt.last or today))
        else:
            self.assertIsNone(result.until)
        self.assertEqual(result.days, sum(piece.days for piece in [*result.segments, *result.gaps]))

    @generated
    @given(AMOUNTS, DAYS, GAPPY, DAYS)
    def test_unpaid_debt_counts_every_day_since_it_was_due(self, amount, due, terms, today):
        terms = replace(terms, day_count="365")
        result = compute(Debt(amount, due), terms, today)
        self.assertEqual(result.days, max(0, (today - due).days))

    @generated
    @given(DEBTS, TERMS, DAYS, some.randoms(use_true_random=False))
    def test_order_of_movements_does_not_matter(self, debt, terms, today, chance):
        same_day = tuple(each._replace(day=debt.movements[0].day) for each in debt.movements)
        for movements in (debt.movements, same_day):
            shuffled = list(movements)
            chance.shuffle(shuffled)
            given_order = compute(debt._replace(movements=movements), terms, today)
            self.assertEqual(compute(debt._replace(movements=tuple(shuffled)), terms, today), given_order)

    @generated
    @given(DEBTS, TERMS, DAYS)
    def test_suspension_of_everything_leaves_nothing(self, debt, terms, today):
        result = compute(debt._replace(suspensions=(Suspension(NEW_YEAR),)), terms, today)
        self.assertEqual([result.total, result.daily, result.days], [0, 0, 0])

    @generated
    @given(AMOUNTS, HALVES, some.integers(0, 6), some.integers(1, 100), some.integers(1, 100))
    def test_floating_debt_bears_both_rates_over_a_boundary_and_a_fixed_one_the_first(
        self, amount, percents, position, before, after,
    ):
        rates = make_rates(percents, [True] * 8)
        boundary = rates[position].end
        debt, today = Debt(amount, boundary - timedelta(days=before)), boundary + timedelta(days=after)
        both = compute(debt, Terms(rates, margin=Decimal(5)), today)
        self.assertEqual([line.percent - 5 for line in both.segments], percents[position:position + 2])
        self.assertEqual([line.days for line in both.segments], [before, after])
        first = compute(debt, Terms(rates, margin=Decimal(5), fixed=True), today)
        self.assertEqual([(line.percent - 5, line.days) for line in first.segments], [
            (percents[position], before + after),
        ])

    @generated
    @given(DEBTS, some_terms(), DAYS)
    def test_nothing_paid_is_lost_between_costs_interest_and_principal(self, debt, terms, today):
        terms = replace(terms, imputation="interest" if terms.imputation == "principal" else terms.imputation)
        result = compute(debt, terms, today)
        for part in result.imputations:
            self.assertEqual(part.costs + part.interest + part.principal, part.amount)
        self.assertEqual(result.interest_left, result.total - sum(part.interest for part in result.imputations))
        self.assertGreaterEqual(result.interest_left, 0)
        self.assertGreaterEqual(result.costs_left, 0)

    @generated
    @given(AMOUNTS, DAYS, TERMS, some.integers(0, 1000), some.integers(0, 100))
    def test_paying_what_is_payable_settles_the_debt(self, amount, due, terms, days, more):
        terms = replace(terms, imputation="costs")
        debt, today = Debt(amount, due, costs=Decimal(40)), due + timedelta(days=days + 1)
        assume(today <= date(2026, 12, 31))
        owed = compute(debt, terms, today)
        settled = debt._replace(movements=(Movement(today, owed.payable),))
        result = compute(settled, terms, today + timedelta(days=more))
        self.assertEqual([result.payable, result.base, result.daily, result.until], [0, 0, 0, today])
