import doctest
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..escalation import Calendar
from ..models.plan import dunning_plan_schedule as schedule
from .plan_common import PlanCommon


class TestDunningPlanScheduleDoc(BaseCase):
    """The arithmetic without any database."""

    def test_examples_in_docstrings(self):
        result = doctest.testmod(schedule)
        self.assertGreater(result.attempted, 5)
        self.assertEqual(result.failed, 0)

    def test_shares_always_add_up(self):
        for total in ("0.03", "100.00", "999.99", "1234.57"):
            for count in (1, 3, 7, 12):
                with self.subTest(total=total, count=count):
                    shares = schedule.split(Decimal(total), count)
                    self.assertEqual(sum(shares), Decimal(total))
                    self.assertEqual(len(shares), count)

    def test_payments_and_credits_never_exceed_the_plan(self):
        amounts = [Decimal(100)] * 3
        for paid in (0, 50, 300, 900):
            for credited in (0, 120, 300, 500):
                with self.subTest(paid=paid, credited=credited):
                    rows = schedule.allocate(amounts, Decimal(paid), Decimal(credited))
                    self.assertEqual(sum(row.effective for row in rows), max(0, 300 - credited))
                    self.assertTrue(all(0 <= row.paid <= row.effective for row in rows))

    def test_public_holiday_moves_an_instalment(self):
        holiday = Calendar(holidays=frozenset({date(2027, 1, 1)}))
        self.assertEqual(schedule.move_to_working_day(date(2027, 1, 1), "monthly", holiday), date(2027, 1, 4))


@tagged("post_install", "-at_install")
class TestDunningPlanSchedule(PlanCommon):
    """The schedule that a plan proposes."""

    def test_rounding_is_on_the_last_instalment(self):
        plan = self._create_plan(agreed=False, count=3)
        self.assertEqual(plan.instalment_ids.mapped("amount"), [333.33, 333.33, 333.34])

    def test_weekends_move_to_the_next_working_day(self):
        plan = self._create_plan(agreed=False, count=2, date_first=date(2026, 12, 5))
        self.assertEqual(self._get_amounts(plan), [("2026-12-07", 500), ("2027-01-05", 500)])

    def test_end_of_month_stays_in_its_month(self):
        plan = self._create_plan(agreed=False, count=3, rhythm="month_end", date_first=date(2026, 12, 10))
        self.assertEqual(plan.instalment_ids.mapped("date"), [date(2026, 12, 31), date(2027, 1, 29), date(2027, 2, 26)])

    def test_weekly_and_two_weekly(self):
        line = self._create_receivable(1000, late=40)
        for rhythm, second in (("weekly", date(2026, 12, 8)), ("two_weekly", date(2026, 12, 15))):
            with self.subTest(rhythm=rhythm):
                plan = self._create_plan(line, agreed=False, rhythm=rhythm)
                self.assertEqual(plan.instalment_ids[1].date, second)
                plan._set_cancelled("next")

    def test_part_payment_by_percentage_and_by_amount(self):
        plan = self._create_plan(agreed=False, count=3, down_mode="percent", down_percent=10, date_down=self.today)
        self.assertEqual(plan.instalment_ids.mapped("amount"), [100, 300, 300, 300])
        plan.write({"down_mode": "amount", "down_amount": 250.5})
        plan.action_compute()
        self.assertEqual(plan.instalment_ids.mapped("amount"), [250.5, 249.83, 249.83, 249.84])

    def test_dates_of_my_own_are_kept(self):
        plan = self._create_plan(agreed=False, count=2)
        plan.rhythm = "custom"
        plan.instalment_ids[0].date = date(2026, 12, 24)
        plan.instalment_ids[1].date = date(2027, 2, 6)
        plan.action_compute()
        self.assertEqual(self._get_amounts(plan), [("2026-12-24", 500), ("2027-02-06", 500)])

    def test_currency_without_cents(self):
        self.assertEqual(schedule.split(Decimal(1000), 3, Decimal(1)), [Decimal(333), Decimal(333), Decimal(334)])
