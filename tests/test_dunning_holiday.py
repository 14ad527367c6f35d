from datetime import date

from psycopg2.errors import UniqueViolation

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestDunningHoliday(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.france = cls.env.ref("base.fr")
        cls.french = cls.env["dunning.holiday"].search([("country_id", "=", cls.france.id)])

    def test_france_has_eleven_holidays_each_year(self):
        years = [day.year for day in self.french.mapped("date")]
        self.assertEqual({year: years.count(year) for year in years}, dict.fromkeys(range(2025, 2032), 11))

    def test_moving_holidays_follow_easter(self):
        days = set(self.french.mapped("date"))
        self.assertLessEqual({date(2027, 3, 29), date(2027, 5, 6), date(2027, 5, 17)}, days)

    def test_moving_holidays_fall_on_their_day_of_the_week(self):
        weekdays = {"Easter Monday": 0, "Ascension Day": 3, "Whit Monday": 0}
        for holiday in self.french.with_context(lang="en_US").filtered(lambda day: day.name in weekdays):
            self.assertEqual(holiday.date.weekday(), weekdays[holiday.name], holiday.date)

    @mute_logger("odoo.sql_db")
    def test_day_is_entered_once(self):
        with self.assertRaises(UniqueViolation):
            self.env["dunning.holiday"].create({
                "name": "Again", "date": "2026-05-01", "country_id": self.france.id,
            })

    def test_company_may_add_its_own_day(self):
        own = self.env["dunning.holiday"].create({
            "name": "Local day", "date": "2026-05-01", "company_id": self.env.company.id,
        })
        self.assertTrue(own)

    def test_new_holiday_plans_every_customer_anew(self):
        before = self.env.company.dunning_revision
        self.env["dunning.holiday"].create({"name": "Bridge", "date": "2026-05-15"})
        self.assertGreater(self.env.company.dunning_revision, before)
