from datetime import date, timedelta

from odoo.tests import tagged

from ..escalation import Calendar, end_of_months
from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestLegalDays(DunningCommon):
    """The days of procedure, as French judges count them (CPC, art. 641 and 642)."""

    def test_months_end_on_the_same_number_or_with_the_month(self):
        for start in (date(2024, 1, 1) + timedelta(days=count) for count in range(3 * 366)):
            for months in (1, 2, 3, 4, 6, 12, 24):
                end = end_of_months(start, months)
                passed = (end.year - start.year) * 12 + end.month - start.month
                with self.subTest(start=start, months=months):
                    self.assertEqual(passed, months)
                    self.assertTrue(end.day == start.day or end.day < start.day and (end + timedelta(days=1)).day == 1)

    def test_earlier_events_never_end_later(self):
        days = [date(2025, 1, 1) + timedelta(days=count) for count in range(800)]
        ends = [end_of_months(day, 2) for day in days]
        self.assertEqual(ends, sorted(ends))
        last = [self.company._get_last_day_of_procedure(day) for day in ends]
        self.assertEqual(last, sorted(last))

    def test_a_day_without_work_is_followed_by_the_next_working_day_and_no_other(self):
        holidays = self.env["dunning.holiday"]._get_public_days(self.env.ref("base.fr").id)
        self.assertIn(date(2026, 12, 25), holidays)
        for day in (date(2025, 1, 1) + timedelta(days=count) for count in range(7 * 365)):
            last = self.company._get_last_day_of_procedure(day)
            with self.subTest(day=day):
                self.assertGreaterEqual(last, day)
                self.assertTrue(last.weekday() < 5 and last not in holidays)
                between = [day + timedelta(days=count) for count in range((last - day).days)]
                self.assertTrue(all(one.weekday() > 4 or one in holidays for one in between))

    def test_known_days(self):
        for day, last in (
            (date(2026, 10, 31), date(2026, 11, 2)),  # a Saturday before All Saints
            (date(2027, 1, 1), date(2027, 1, 4)), (date(2026, 5, 1), date(2026, 5, 4)),
            (date(2026, 7, 14), date(2026, 7, 15)), (date(2026, 11, 23), date(2026, 11, 23)),
        ):
            self.assertEqual(self.company._get_last_day_of_procedure(day), last)
        self.assertFalse(self.company._get_last_day_of_procedure(False))

    def test_a_day_that_a_company_adds_for_itself_stops_no_court(self):
        self.env["dunning.holiday"].create([
            {"name": "Bridge", "date": date(2026, 11, 23), "company_id": self.company.id},
            {"name": "Fair", "date": date(2026, 11, 24)}])
        for day in (date(2026, 11, 23), date(2026, 11, 24)):
            self.assertEqual(self.company._get_last_day_of_procedure(day), day)
            self.assertEqual(Calendar().next_working_day(day), day)
