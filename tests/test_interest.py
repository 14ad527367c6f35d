"""What one debt bears, to the cent and without any database: the worked examples of the law, then one rule a test."""

import doctest
import importlib
import pkgutil
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from .. import interest
from ..interest import Debt, Movement, RateError, RatePeriod, Suspension, Terms, compute


def day(text):
    return date.fromisoformat(text)


def halves(year, *percents, status="sourced"):
    """Return the rates of consecutive half-years from January of a year."""
    periods = []
    for position, percent in enumerate(percents):
        begin, half = year + position // 2, position % 2
        first, last = (date(begin, 7, 1), date(begin, 12, 31)) if half else (date(begin, 1, 1), date(begin, 6, 30))
        periods.append(RatePeriod(first, last, Decimal(percent), f"publication of {first}", status))
    return tuple(periods)


ECB_2024 = halves(2024, "4.50", "4.25")
ECB = halves(2026, "2.15", "2.40")
FR_LEGAL = halves(2026, "2.62", "2.75")
FR_LEGAL_INDIVIDUAL = halves(2026, "6.67", "6.84")
DE_BASE = halves(2026, "1.27", "1.52")
AT_BASE = halves(2026, "1.53", "1.53")
BE_COMMERCIAL = halves(2026, "10.5", "10.5")

FRANCE = Terms(ECB, margin=Decimal(10))
FIVE = Terms.flat(Decimal(5))


def owe(amount, due, *movements, **values):
    return Debt(Decimal(amount), day(due), movements, **values)


def pay(on, amount, **values):
    return Movement(day(on), Decimal(amount), **values)


def credit(on, amount, **values):
    return Movement(day(on), Decimal(amount), "credit", **values)


def suspend(first, last=None, amount=None, reason="dispute"):
    return Suspension(day(first), last and day(last), amount and Decimal(amount), reason)


def describe(result):
    """Return the printed lines: (first day, days, base, amount)."""
    return [(str(line.first), line.days, str(line.base), str(line.amount)) for line in result.segments]


class InterestCase(BaseCase):

    def assertInterest(self, expected, debt, terms, until):
        result = compute(debt, terms, day(until))
        self.assertEqual(str(result.total), expected)
        return result


class TestInterestExamples(BaseCase):

    def test_examples_in_docstrings(self):
        attempted = 0
        for module in pkgutil.iter_modules(interest.__path__, interest.__name__ + "."):
            if not module.name.endswith("__main__"):
                result = doctest.testmod(importlib.import_module(module.name))
                self.assertFalse(result.failed)
                attempted += result.attempted
        story = doctest.testmod(interest)
        self.assertFalse(story.failed)
        self.assertGreater(attempted, 0)
        self.assertGreater(story.attempted, 0)


class TestInterestLaw(InterestCase):
    """The worked examples of the law, by country. Only interest: compensation belongs to the regime."""

    def test_french_business_across_the_first_of_july(self):
        result = self.assertInterest("436.50", owe(12000, "2026-05-15"), FRANCE, "2026-08-31")
        self.assertEqual(describe(result), [
            ("2026-05-16", 46, "12000", "183.75"),
            ("2026-07-01", 62, "12000", "252.75"),
        ])
        self.assertEqual([f"{line.exact:.4f}" for line in result.segments], ["183.7479", "252.7562"])

    def test_french_business_in_a_leap_year(self):
        terms = Terms(ECB_2024, margin=Decimal(10))
        result = self.assertInterest("658.42", owe(10000, "2024-01-31"), terms, "2024-07-15")
        self.assertEqual([line.days for line in result.segments], [151, 15])
        actual = Terms(ECB_2024, margin=Decimal(10), day_count="actual")
        self.assertInterest("656.63", owe(10000, "2024-01-31"), actual, "2024-07-15")

    def test_french_partial_payment_covers_interest_first(self):
        terms = Terms(ECB, margin=Decimal(10), imputation="interest")
        debt = owe(10000, "2026-04-30", pay("2026-06-15", 4000))
        result = self.assertInterest("376.16", debt, terms, "2026-09-30")
        self.assertEqual(describe(result), [
            ("2026-05-01", 46, "10000", "153.12"),
            ("2026-06-16", 15, "6153.12", "30.72"),
            ("2026-07-01", 92, "6153.12", "192.32"),
        ])
        self.assertEqual(str(result.payable), "6376.16")
        both = (*debt.movements, pay("2026-09-30", "6376.16"))
        settled = compute(debt._replace(movements=both), terms, day("2026-11-21"))
        self.assertEqual([str(settled.total), settled.payable, settled.until], ["376.16", 0, day("2026-09-30")])

    def test_french_partial_payment_covers_principal_first(self):
        debt = owe(10000, "2026-04-30", pay("2026-06-15", 4000))
        result = self.assertInterest("370.61", debt, FRANCE, "2026-09-30")
        self.assertEqual(str(result.payable), "6370.61")

    def test_french_credit_note_for_what_was_never_due(self):
        debt = owe(6000, "2026-01-31", credit("2026-03-10", 1200), pay("2026-05-20", 4800))
        result = self.assertInterest("174.16", debt, FRANCE, "2026-11-21")
        self.assertEqual(describe(result), [("2026-02-01", 109, "4800", "174.16")])

    def test_french_credit_note_as_a_gesture_counts_from_its_date(self):
        # 6,000 for 38 days and 4,800 for 71, at 12.15 %
        debt = owe(6000, "2026-01-31", credit("2026-03-10", 1200, retroactive=False), pay("2026-05-20", 4800))
        result = self.assertInterest("189.34", debt, FRANCE, "2026-11-21")
        self.assertEqual(describe(result), [
            ("2026-02-01", 38, "6000", "75.90"), ("2026-03-11", 71, "4800", "113.44"),
        ])

    def test_french_consumer_from_the_notice_at_the_rate_of_a_company_creditor(self):
        debt = owe(1500, "2026-03-01", pay("2026-09-30", 1500), start=day("2026-04-20"))
        self.assertInterest("18.04", debt, Terms(FR_LEGAL), "2026-11-21")
        self.assertInterest("45.32", debt, Terms(FR_LEGAL_INDIVIDUAL), "2026-11-21")

    def test_french_public_buyer_bears_the_rate_of_the_first_day(self):
        terms = Terms(ECB, margin=Decimal(8), fixed=True)
        debt = owe(25000, "2026-06-20", pay("2026-09-10", 25000))
        result = self.assertInterest("570.07", debt, terms, "2026-11-21")
        self.assertEqual(describe(result), [("2026-06-21", 82, "25000", "570.07")])
        self.assertInterest("582.40", debt, Terms(ECB, margin=Decimal(8)), "2026-11-21")

    def test_french_floor_is_three_times_the_legal_rate(self):
        legal = halves(2024, "5.07", "4.92") + FR_LEGAL
        floor = Terms(legal, factor=Decimal(3))
        percents = [str(floor.get_percent(day(on), day(on)).percent) for on in ("2024-09-01", "2026-11-21")]
        self.assertEqual(percents, ["14.76", "8.25"])

    def test_french_clause_of_three_times_the_legal_rate(self):
        terms = Terms(FR_LEGAL, factor=Decimal(3))
        result = self.assertInterest("287.03", owe(12000, "2026-05-15"), terms, "2026-08-31")
        self.assertEqual([f"{line.exact:.4f}" for line in result.segments], ["118.8690", "168.1644"])

    def test_german_business_and_consumer(self):
        debt = owe(5000, "2026-06-01", pay("2026-07-31", 5000))
        self.assertInterest("85.47", debt, Terms(DE_BASE, margin=Decimal(9)), "2026-11-21")
        self.assertInterest("52.60", debt, Terms(DE_BASE, margin=Decimal(5)), "2026-11-21")

    def test_german_negative_base_rate_is_subtracted(self):
        terms = Terms(halves(2020, "-0.88"), margin=Decimal(9))
        result = self.assertInterest("14.78", owe(365, "2019-12-31"), terms, "2020-06-30").segments[0]
        self.assertEqual([str(result.percent), str(result.index_percent), result.days], ["8.12", "-0.88", 182])

    def test_swiss_debt_by_days_and_by_months_of_thirty(self):
        debt = owe(10000, "2026-01-31", pay("2026-04-30", 10000))
        self.assertInterest("121.92", debt, FIVE, "2026-11-21")
        result = self.assertInterest("125.00", debt, Terms.flat(Decimal(5), day_count="360"), "2026-11-21")
        self.assertEqual(result.days, 90)

    def test_belgian_business(self):
        debt = owe(3000, "2026-05-31", pay("2026-08-15", 3000))
        self.assertInterest("65.59", debt, Terms(BE_COMMERCIAL), "2026-11-21")
        rounded_up = Terms(ECB, margin=Decimal(8), round_up_to=Decimal("0.5"))
        self.assertInterest("65.59", debt, rounded_up, "2026-11-21")

    def test_belgian_consumer_after_the_fourteen_days_of_the_free_reminder(self):
        debt = owe(400, "2026-06-30", start=day("2026-07-20"))
        self.assertInterest("8.28", debt, Terms(BE_COMMERCIAL), "2026-09-30")
        self.assertInterest("0.00", debt, Terms(BE_COMMERCIAL), "2026-07-20")

    def test_luxembourg_and_spanish_business(self):
        debt = owe(2000, "2026-06-15", pay("2026-07-20", 2000))
        self.assertInterest("19.74", debt, Terms(ECB, margin=Decimal(8)), "2026-11-21")

    def test_austrian_business(self):
        debt = owe(2000, "2026-06-15", pay("2026-07-20", 2000))
        self.assertInterest("20.58", debt, Terms(AT_BASE, margin=Decimal("9.2")), "2026-11-21")

    def test_british_debt_keeps_the_rate_of_its_first_day(self):
        # 1,000 at 3.75 + 8 = 11.75 % for 92 days, whatever happens in July
        bank_rate = halves(2026, "3.75", "4.00")
        terms = Terms(bank_rate, margin=Decimal(8), fixed=True)
        self.assertInterest("29.62", owe(1000, "2026-05-15"), terms, "2026-08-15")

    def test_dutch_interest_of_a_full_year_joins_the_base(self):
        # 10,000 x 10 % x 366 / 365 = 1,002.74, then 11,002.74 x 10 % = 1,100.27
        terms = Terms.flat(Decimal(10), compounding=True)
        result = self.assertInterest("2103.01", owe(10000, "2024-01-01"), terms, "2026-01-01")
        self.assertEqual(describe(result), [
            ("2024-01-02", 366, "10000", "1002.74"), ("2025-01-02", 365, "11002.74", "1100.27"),
        ])
        self.assertEqual([str(line.capitalised) for line in result.segments], ["0", "1002.74"])

    def test_one_day_late_over_the_boundary_bears_the_rate_of_july(self):
        self.assertInterest("3.40", owe(10000, "2026-06-30", pay("2026-07-01", 10000)), FRANCE, "2026-11-21")
        in_time = self.assertInterest("0.00", owe(10000, "2026-06-30", pay("2026-06-30", 10000)), FRANCE, "2026-11-21")
        self.assertEqual([in_time.days, in_time.segments, in_time.until], [0, (), None])


class TestInterestMovements(InterestCase):
    """What reduces the debt, in whatever order and size."""

    def test_day_of_payment_still_bears_interest_on_the_whole(self):
        result = compute(owe(1000, "2026-01-10", pay("2026-01-20", 400)), FIVE, day("2026-01-31"))
        self.assertEqual(describe(result), [("2026-01-11", 10, "1000", "1.37"), ("2026-01-21", 11, "600", "0.90")])

    def test_several_payments_on_one_day_are_one(self):
        one = compute(owe(1000, "2026-01-10", pay("2026-01-20", 400)), FIVE, day("2026-01-31"))
        both = owe(1000, "2026-01-10", pay("2026-01-20", 100), pay("2026-01-20", 300))
        self.assertEqual(compute(both, FIVE, day("2026-01-31")).segments, one.segments)

    def test_payment_before_the_due_date_reduces_the_debt_from_the_start(self):
        result = compute(owe(1000, "2026-01-10", pay("2026-01-02", 400)), FIVE, day("2026-01-20"))
        self.assertEqual(describe(result), [("2026-01-11", 10, "600", "0.82")])

    def test_overpayment_bears_nothing(self):
        result = compute(owe(1000, "2026-01-10", pay("2026-01-20", 1500)), FIVE, day("2026-01-31"))
        self.assertEqual(describe(result), [("2026-01-11", 10, "1000", "1.37")])
        self.assertEqual([result.base, result.daily, str(result.until)], [0, 0, "2026-01-20"])
        self.assertEqual([result.principal, str(result.payable)], [-500, "1.37"])

    def test_credit_note_larger_than_the_invoice_leaves_no_interest(self):
        result = self.assertInterest("0.00", owe(1000, "2026-01-10", credit("2026-02-20", 1500)), FIVE, "2026-03-31")
        self.assertEqual([result.segments, result.until, result.daily], [(), None, 0])

    def test_retroactive_credit_after_a_payment_still_lowers_the_past(self):
        debt = owe(1000, "2026-01-10", pay("2026-01-20", 600), credit("2026-02-10", 400))
        self.assertEqual(describe(compute(debt, FIVE, day("2026-03-01"))), [("2026-01-11", 10, "600", "0.82")])

    def test_terms_may_count_credit_notes_from_their_date(self):
        dated = Terms.flat(Decimal(5), retroactive_credits=False)
        result = compute(owe(1000, "2026-01-10", credit("2026-01-20", 400)), dated, day("2026-01-31"))
        self.assertEqual([line.base for line in result.segments], [1000, 600])

    def test_payment_of_tomorrow_changes_nothing_today(self):
        debt = owe(1000, "2026-01-10", pay("2026-02-01", 1000))
        result = self.assertInterest("2.88", debt, FIVE, "2026-01-31")
        self.assertEqual(result.base, 1000)

    def test_payment_of_today_ends_interest_tomorrow(self):
        result = self.assertInterest("2.88", owe(1000, "2026-01-10", pay("2026-01-31", 1000)), FIVE, "2026-01-31")
        self.assertEqual([result.base, result.daily, result.principal], [0, 0, 0])

    def test_payment_returned_bears_interest_again_from_the_next_day(self):
        debt = owe(1000, "2026-01-10", pay("2026-01-20", 1000), pay("2026-01-31", -1000))
        result = compute(debt, FIVE, day("2026-02-10"))
        self.assertEqual(describe(result), [("2026-01-11", 10, "1000", "1.37"), ("2026-02-01", 10, "1000", "1.37")])
        self.assertEqual([(str(pause.first), pause.days, pause.reason) for pause in result.pauses], [
            ("2026-01-21", 11, None),
        ])

    def test_payment_returned_and_paid_again_today_keeps_the_days_between(self):
        debt = owe(1000, "2026-01-10", pay("2026-01-20", 1000), pay("2026-01-31", -1000), pay("2026-02-10", 1000))
        result = compute(debt, FIVE, day("2026-02-10"))
        self.assertEqual([result.days, len(result.pauses), str(result.until)], [20, 1, "2026-02-10"])

    def test_costs_are_covered_before_interest_and_principal(self):
        # 11 days of 10,000 at 10 % are 30.14; of 1,000 paid, 40 go to costs and 929.86 to principal
        terms = Terms.flat(Decimal(10), imputation="costs")
        debt = owe(10000, "2026-01-01", pay("2026-01-12", 1000), costs=Decimal(40))
        result = compute(debt, terms, day("2026-01-12"))
        self.assertEqual([str(part) for part in result.imputations[0][1:]], ["1000", "40", "30.14", "929.86"])
        self.assertEqual([str(result.principal), result.costs_left, result.interest_left], ["9070.14", 0, 0])

    def test_payment_on_the_due_date_covers_principal_only(self):
        terms = Terms.flat(Decimal(10), imputation="costs")
        debt = owe(10000, "2026-01-01", pay("2026-01-01", 1000), costs=Decimal(40))
        result = compute(debt, terms, day("2026-01-31"))
        self.assertEqual([result.base, result.costs_left, result.imputations], [9000, 40, ()])

    def test_payment_returned_is_principal_again_when_payments_cover_interest_first(self):
        terms = Terms.flat(Decimal(10), imputation="interest")
        debt = owe(10000, "2026-01-01", pay("2026-01-12", 1000), pay("2026-01-20", -1000))
        result = compute(debt, terms, day("2026-01-31"))
        # 30.14 of interest stay covered; the whole 1,000 is owed again
        self.assertEqual([str(line.base) for line in result.segments], ["10000", "9030.14", "10030.14"])
        self.assertEqual(len(result.imputations), 1)

    def test_dated_credit_note_cancels_principal_and_covers_no_interest(self):
        terms = Terms.flat(Decimal(10), imputation="interest")
        debt = owe(10000, "2026-01-01", credit("2026-01-12", 1000, retroactive=False))
        result = compute(debt, terms, day("2026-01-31"))
        self.assertEqual([result.base, result.imputations], [9000, ()])

    def test_interest_first_leaves_costs_to_the_end(self):
        terms = Terms.flat(Decimal(10), imputation="interest")
        debt = owe(10000, "2026-01-01", pay("2026-01-12", "10050.14"), costs=Decimal(40))
        result = compute(debt, terms, day("2026-01-12"))
        self.assertEqual([str(part) for part in result.imputations[0][1:]], ["10050.14", "20.00", "30.14", "10000.00"])
        self.assertEqual(str(result.payable), "20.00")

    def test_payment_smaller_than_the_interest_leaves_the_principal(self):
        terms = Terms.flat(Decimal(10), imputation="interest")
        result = compute(owe(10000, "2026-01-01", pay("2026-01-12", 20)), terms, day("2026-01-31"))
        self.assertEqual(describe(result), [("2026-01-02", 30, "10000", "82.19")])
        self.assertEqual([str(result.interest_left), result.principal], ["62.19", 10000])

    def test_payment_covers_interest_that_joined_the_base(self):
        terms = Terms.flat(Decimal(10), compounding=True, imputation="interest")
        debt = owe(10000, "2024-01-01", pay("2025-01-02", "1005.75"))
        result = compute(debt, terms, day("2025-01-03"))
        # 1,002.74 of the first year and 3.01 of the first day of the second
        self.assertEqual([str(part) for part in result.imputations[0][2:]], ["0", "1005.75", "0.00"])
        self.assertEqual([str(line.base) for line in result.segments], ["10000", "11002.74", "10000.00"])

    def test_interest_that_joins_is_shown_even_when_a_payment_keeps_the_base_the_same(self):
        terms = Terms.flat(Decimal(10), compounding=True)
        result = compute(owe(10000, "2025-01-01", pay("2026-01-01", 1000)), terms, day("2026-01-11"))
        self.assertEqual([(str(line.base), str(line.capitalised)) for line in result.segments], [
            ("10000", "0"), ("10000.00", "1000.00"),
        ])

    def test_interest_that_joined_the_base_rests_when_the_principal_is_paid(self):
        terms = Terms.flat(Decimal(10), compounding=True)
        debt = owe(10000, "2024-01-01", pay("2025-06-30", 10000))
        result = compute(debt, terms, day("2026-11-21"))
        self.assertEqual([str(result.until), result.base, result.daily], ["2025-06-30", 0, 0])


class TestInterestDays(InterestCase):
    """Which days count, and which do not."""

    def test_nothing_before_the_day_after_the_due_date(self):
        self.assertInterest("0.00", owe(1000, "2026-01-10"), FIVE, "2026-01-10")
        first = self.assertInterest("0.14", owe(1000, "2026-01-10"), FIVE, "2026-01-11")
        self.assertEqual([first.days, str(first.first), str(first.until)], [1, "2026-01-11", "2026-01-11"])

    def test_start_before_the_due_date_does_not_bring_interest_forward(self):
        debt = owe(1000, "2026-01-10", start=day("2025-12-01"))
        self.assertEqual(compute(debt, FIVE, day("2026-01-20")).days, 10)

    def test_insolvency_ends_interest_on_the_eve_of_the_judgment(self):
        debt = owe(1000, "2026-01-10", last=day("2026-01-20"))
        result = compute(debt, FIVE, day("2026-11-21"))
        self.assertEqual([result.days, str(result.until), result.daily, result.principal], [10, "2026-01-20", 0, 1000])

    def test_judgment_before_the_due_date_leaves_no_interest(self):
        result = compute(owe(1000, "2026-01-10", last=day("2026-01-05")), FIVE, day("2026-11-21"))
        self.assertEqual([result.total, result.until], [0, None])

    def test_payment_after_the_judgment_reduces_what_is_left(self):
        debt = owe(1000, "2026-01-10", pay("2026-03-01", 250), last=day("2026-01-20"))
        self.assertEqual(compute(debt, FIVE, day("2026-11-21")).principal, 750)

    def test_suspended_debt_bears_nothing_and_says_why(self):
        debt = owe(1000, "2026-01-10", suspensions=(suspend("2026-01-16", "2026-01-20"),))
        result = compute(debt, FIVE, day("2026-01-31"))
        self.assertEqual([(str(line.first), line.days) for line in result.segments], [
            ("2026-01-11", 5), ("2026-01-21", 11),
        ])
        self.assertEqual([(pause.days, pause.reason) for pause in result.pauses], [(5, "dispute")])

    def test_suspended_part_bears_nothing_and_the_rest_goes_on(self):
        debt = owe(1000, "2026-01-10", suspensions=(suspend("2026-01-16", amount=300),))
        result = compute(debt, FIVE, day("2026-01-31"))
        self.assertEqual([(line.base, line.label) for line in result.segments], [(1000, ""), (700, "dispute")])
        self.assertEqual(result.base, 700)

    def test_suspension_from_before_the_due_date_until_further_notice(self):
        debt = owe(1000, "2026-01-10", suspensions=(suspend("2025-12-01"),))
        result = compute(debt, FIVE, day("2026-01-31"))
        self.assertEqual([result.total, result.daily, result.days, str(result.until)], [0, 0, 0, "2026-01-31"])

    def test_suspended_parts_that_overlap_add_up_to_the_debt_at_most(self):
        parts = (suspend("2026-01-11", amount=700), suspend("2026-01-16", amount=700, reason="plan"))
        result = compute(owe(1000, "2026-01-10", suspensions=parts), FIVE, day("2026-01-31"))
        self.assertEqual([(line.base, line.days) for line in result.segments], [(300, 5)])
        self.assertEqual([pause.reason for pause in result.pauses], ["dispute, plan"])

    def test_debt_paid_while_suspended_ends_with_the_suspension(self):
        debt = owe(1000, "2026-01-10", pay("2026-01-20", 1000), suspensions=(suspend("2026-01-16", "2026-01-25"),))
        result = compute(debt, FIVE, day("2026-01-31"))
        self.assertEqual([result.days, str(result.until)], [5, "2026-01-20"])

    def test_year_of_interest_begins_again_after_the_29th_of_february(self):
        terms = Terms.flat(Decimal(10), compounding=True)
        result = compute(owe(10000, "2024-02-28"), terms, day("2026-03-01"))
        self.assertEqual([str(line.first) for line in result.segments], ["2024-02-29", "2025-03-01", "2026-03-01"])

    def test_leap_year_has_its_own_line_when_days_are_actual(self):
        terms = Terms.flat(Decimal(5), day_count="actual")
        result = compute(owe(1000, "2023-11-30"), terms, day("2024-01-31"))
        self.assertEqual([(line.days, line.year_days) for line in result.segments], [(31, 365), (31, 366)])

    def test_thirty_first_of_a_month_of_thirty_days_bears_nothing(self):
        terms = Terms.flat(Decimal(5), day_count="360")
        totals = [str(compute(owe(7200, "2026-01-10"), terms, day(on)).total) for on in ("2026-01-30", "2026-01-31")]
        self.assertEqual(totals, ["20.00", "20.00"])


class TestInterestPrint(InterestCase):
    """What is printed can be added up."""

    def test_lines_add_up_to_the_total_when_their_own_roundings_would_not(self):
        debt = owe("0.73", "2026-01-10", *[pay(f"2026-01-{12 + 2 * number}", "0.01") for number in range(8)])
        result = compute(debt, Terms.flat(Decimal(100)), day("2026-02-10"))
        self.assertEqual(sum(line.amount for line in result.segments), result.total)
        self.assertNotEqual(sum(interest.round_half_up(line.exact) for line in result.segments), result.total)

    def test_currency_without_cents(self):
        result = compute(owe(100000, "2026-01-10", decimals=0), FIVE, day("2026-01-31"))
        self.assertEqual([str(result.total), str(result.segments[0].amount)], ["288", "288"])

    def test_half_a_cent_is_rounded_up(self):
        # 36.50 x 5 % x 1 day / 365 = 0.005
        self.assertInterest("0.01", owe("36.50", "2026-01-10"), FIVE, "2026-01-11")

    def test_daily_amount_is_that_of_tomorrow(self):
        result = compute(owe(10000, "2026-05-15"), FRANCE, day("2026-06-30"))
        self.assertEqual(str(result.round_daily()), "3.40")

    def test_daily_amount_of_an_invoice_that_is_due_today(self):
        result = compute(owe(10000, "2026-06-30"), FRANCE, day("2026-06-30"))
        self.assertEqual([str(result.round_daily()), result.total], ["3.40", 0])
        self.assertFalse(compute(owe(10000, "2026-06-30"), FRANCE, day("2026-06-29")).daily)

    def test_daily_amount_includes_the_interest_that_joins_tomorrow(self):
        terms = Terms.flat(Decimal(10), compounding=True)
        result = compute(owe(10000, "2024-01-01"), terms, day("2025-01-01"))
        self.assertEqual([str(result.base), len(result.segments)], ["11002.74", 1])

    def test_daily_amount_at_an_unknown_rate_is_not_guessed(self):
        result = compute(owe(10000, "2026-12-01"), FRANCE, day("2026-12-31"))
        self.assertEqual([result.daily, result.round_daily(), result.is_complete], [None, None, True])


class TestInterestRates(InterestCase):
    """Unknown rates are said, wrong ones refused."""

    def test_unknown_days_are_a_gap_between_known_ones(self):
        terms = Terms((ECB[0], *halves(2027, "2.40")), margin=Decimal(10))
        result = compute(owe(10000, "2026-06-29"), terms, day("2027-01-01"))
        self.assertEqual([(str(gap.first), str(gap.last), gap.base) for gap in result.gaps], [
            ("2026-07-01", "2026-12-31", 10000),
        ])
        self.assertEqual([line.days for line in result.segments], [1, 1])
        self.assertEqual(result.days, 186)

    def test_fixed_debt_whose_first_day_has_no_rate_is_a_gap_for_ever(self):
        terms = Terms(ECB, margin=Decimal(8), fixed=True)
        result = compute(owe(10000, "2025-12-30"), terms, day("2026-11-21"))
        self.assertEqual([result.segments, result.total, result.daily, len(result.gaps)], [(), 0, None, 1])

    def test_terms_without_any_rate_are_a_gap(self):
        result = compute(owe(10000, "2026-01-10"), Terms(()), day("2026-01-20"))
        self.assertEqual([gap.days for gap in result.gaps], [10])

    def test_paid_debt_needs_no_rate(self):
        debt = owe(10000, "2026-12-01", pay("2026-12-31", 10000))
        self.assertTrue(compute(debt, FRANCE, day("2027-06-30")).is_complete)

    def test_same_rate_from_another_publication_has_its_own_line(self):
        result = compute(owe(3000, "2026-05-31"), Terms(BE_COMMERCIAL), day("2026-08-15"))
        self.assertEqual([line.source for line in result.segments], [
            "publication of 2026-01-01", "publication of 2026-07-01",
        ])

    def test_same_rate_from_the_same_source_is_one_line(self):
        periods = tuple(RatePeriod(each.start, each.end, each.percent, "clause") for each in BE_COMMERCIAL)
        self.assertEqual(len(compute(owe(3000, "2026-05-31"), Terms(periods), day("2026-08-15")).segments), 1)

    def test_line_says_how_far_its_rate_was_checked(self):
        terms = Terms(halves(2026, "2.15", status="unverified"))
        self.assertEqual(compute(owe(1, "2026-01-10"), terms, day("2026-02-10")).segments[0].status, "unverified")

    def test_minimum_and_maximum_bound_the_rate(self):
        today = day("2026-11-21")
        low = Terms(ECB, minimum=Decimal(5)).get_percent(today, today)
        high = Terms(ECB, margin=Decimal(10), maximum=Decimal("10.5")).get_percent(today, today)
        self.assertEqual([low.percent, high.percent, high.index_percent], [5, Decimal("10.5"), Decimal("2.40")])

    def test_wrong_terms_are_refused_in_words(self):
        june = RatePeriod(day("2026-01-01"), day("2026-06-30"), Decimal("2.15"))
        late_june = RatePeriod(day("2026-06-30"), None, Decimal("2.40"))
        endless = RatePeriod(day("2025-01-01"), None, Decimal("2.40"))
        backwards = RatePeriod(day("2026-07-01"), day("2026-06-30"), Decimal("2.40"))
        wrong = {
            "overlap": [Terms((june, late_june)), Terms((endless, june))],
            "order": [Terms((backwards,))],
            "negative": [Terms((june,), margin=Decimal(-3))],
            "absurd": [Terms.flat(Decimal(1000))],
            "margin": [Terms((june,), margin=Decimal(1000)), Terms((june,), margin=Decimal(-101))],
            "factor": [Terms((june,), factor=Decimal(-1))],
            "bounds": [Terms((june,), minimum=Decimal(5), maximum=Decimal(4))],
            "round_up_to": [Terms((june,), round_up_to=Decimal(0))],
            "day_count": [Terms((june,), day_count="366")],
            "imputation": [Terms((june,), imputation="oldest")],
            "type": [Terms((june,), margin=9.2), Terms.flat(Decimal("NaN"))],
        }
        for code, cases in wrong.items():
            for terms in cases:
                with self.assertRaises(RateError) as refused:
                    terms.validate()
                self.assertEqual(refused.exception.code, code)
                self.assertRegex(str(refused.exception), r"^[A-Z].*\.$")

    def test_wrong_terms_are_never_applied(self):
        with self.assertRaises(RateError):
            compute(owe(1000, "2026-01-10"), Terms.flat(Decimal(-1)), day("2026-01-20"))

    def test_neighbouring_periods_do_not_overlap(self):
        Terms(tuple(reversed(ECB))).validate()
        result = compute(owe(1000, "2026-06-29"), Terms(tuple(reversed(ECB))), ECB[1].start + timedelta(days=1))
        self.assertEqual([line.days for line in result.segments], [1, 2])
