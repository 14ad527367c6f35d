import csv
from datetime import date
from decimal import Decimal

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_path, mute_logger

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDunningReferenceRate(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rates = cls.env["dunning.reference.rate"]
        cls.company.account_fiscal_country_id = cls.env.ref("base.fr")
        cls.admin = cls.env.ref("base.user_admin")
        cls.manager = new_test_user(
            cls.env, "rate_manager", groups="account_dunning.group_dunning_manager", company_id=cls.company.id)

    def _get_rate(self, index, day):
        return self.env.ref(f"account_dunning.rate_{index}_{day.replace('-', '_')}")

    def _create_rate(self, index="ecb_mro", valid_from="2027-01-01", rate_percent=2.4, **values):
        return self.rates.create({"index": index, "valid_from": valid_from, "rate_percent": rate_percent, **values})

    def _forget_second_half(self):
        """Leave France without the rates of the second half of 2026."""
        for index in ("ecb_mro", "fr_legal_other"):
            self._get_rate(index, "2026-07-01").unlink()
        self.company.invalidate_recordset()

    def _get_activities(self):
        return self.env["mail.activity"].search([
            ("res_model", "=", "dunning.reference.rate"), ("user_id", "=", self.manager.id)])

    # --- facts ----------------------------------------------------------------------------------------------------

    def test_every_fact_of_the_file_is_there_with_its_status_and_source(self):
        with open(file_path("account_dunning/data/dunning.reference.rate.csv"), encoding="utf-8", newline="") as data:
            rows = list(csv.DictReader(data))
        self.assertEqual(len(rows), 310)
        for row in rows:
            rate = self.env.ref(f"account_dunning.{row['id']}")
            self.assertEqual(
                (rate.index, str(rate.valid_from), Decimal(str(rate.rate_percent)), rate.status, rate.source),
                (row["index"], row["valid_from"], Decimal(row["rate_percent"]), row["status"], row["source"]))
            self.assertFalse(rate.is_own)

    def test_periods_of_an_index_never_overlap(self):
        for index, periods in self.rates._get_periods(set(self.rates.search([]).mapped("index"))).items():
            ordered = sorted(periods, key=lambda one: one.start)
            for earlier, later in zip(ordered, ordered[1:], strict=False):
                self.assertLess(earlier.end, later.start, index)

    def test_rate_holds_until_the_end_of_its_half_year_or_year(self):
        for index, first, last in (
            ("ecb_mro", "2026-01-01", date(2026, 6, 30)), ("ecb_mro", "2026-07-01", date(2026, 12, 31)),
            ("be_legal", "2026-01-01", date(2026, 12, 31)), ("lu_legal", "2025-01-01", date(2025, 12, 31)),
        ):
            self.assertEqual(self._get_rate(index, first).valid_to, last)

    def test_decree_holds_until_the_next_one_and_the_last_no_longer_than_its_half_year(self):
        self.assertEqual(self._get_rate("nl_legal", "2015-01-01").valid_to, date(2022, 12, 31))
        last = self._get_rate("nl_legal", "2026-07-01")
        self.assertEqual(last.valid_to, date(2026, 12, 31))
        following = self._create_rate("nl_legal", "2028-01-01", 4)
        self.assertEqual(last.valid_to, date(2027, 12, 31))
        following.unlink()
        self.assertEqual(last.valid_to, date(2026, 12, 31))

    def test_old_legal_rate_holds_until_the_first_yearly_one(self):
        self.assertEqual(self._get_rate("be_legal", "1996-09-01").valid_to, date(2006, 12, 31))

    def test_rate_published_within_a_half_year_ends_the_one_before(self):
        self.assertEqual(self._get_rate("be_commercial", "2015-01-01").valid_to, date(2015, 3, 15))
        self.assertEqual(self._get_rate("be_commercial", "2015-03-16").valid_to, date(2015, 6, 30))

    def test_address_is_found_in_the_source(self):
        rate = self._create_rate(source="Order of today, https://example.com/order; page 3")
        self.assertEqual(rate.source_url, "https://example.com/order")

    def test_letters_name_the_official_source_only_when_the_rate_was_read_there(self):
        read, second_hand = self._get_rate("ecb_mro", "2026-01-01"), self._get_rate("ecb_mro", "2026-07-01")
        self.assertEqual((read.status, second_hand.status), ("sourced", "secondary"))
        self.assertIn("European Central Bank", read._get_source_text())
        self.assertNotIn("European", second_hand._get_source_text())

    # --- bad input ------------------------------------------------------------------------------------------------

    def test_second_rate_for_the_same_period_is_refused(self):
        with self.assertRaises(Exception) as caught, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self._create_rate(valid_from="2026-07-01")
        self.assertIn("index_valid_from_uniq", str(caught.exception))

    def test_rate_within_a_half_year_is_refused_in_words(self):
        with self.assertRaisesRegex(ValidationError, "not the first day of a half-year"):
            self._create_rate(valid_from="2027-01-15")
        with self.assertRaisesRegex(ValidationError, "not the first day of a year"):
            self._create_rate("lu_legal", "2027-07-01")

    def test_negative_rate_is_a_rate(self):
        self.assertEqual(self._create_rate(rate_percent=-0.88)._to_engine().percent, Decimal("-0.88"))

    def test_absurd_rate_is_refused_in_words(self):
        for percent, day in ((240, "2027-01-01"), (-101, "2027-07-01")):
            with self.assertRaisesRegex(ValidationError, "cannot be meant"):
                self._create_rate(valid_from=day, rate_percent=percent)

    def test_sourced_rate_names_its_source(self):
        with self.assertRaisesRegex(ValidationError, "Say where you read"):
            self._create_rate(status="sourced")

    # --- an update of the program ---------------------------------------------------------------------------------

    def _load(self, xmlid, **values):
        """Load a fact the way an update of the program does."""
        fields = ["id", *values]
        result = self.rates.with_context(
            mode="update", module="account_dunning", install_mode=True, install_module="account_dunning",
        ).load(fields, [[xmlid, *(str(value) for value in values.values())]])
        self.assertFalse(result["messages"])
        return self.env.ref(f"account_dunning.{xmlid}")

    def test_update_keeps_a_fact_corrected_here_and_renews_the_others(self):
        corrected, other = self._get_rate("ecb_mro", "2026-07-01"), self._get_rate("ecb_mro", "2026-01-01")
        corrected.write({"rate_percent": 2.5, "status": "sourced", "source": "https://example.com"})
        self._load("rate_ecb_mro_2026_07_01", rate_percent="2.4")
        self._load("rate_ecb_mro_2026_01_01", rate_percent="2.2")
        self.assertEqual((corrected.rate_percent, corrected.is_own), (2.5, True))
        self.assertEqual((other.rate_percent, other.is_own), (2.2, False))

    def test_update_takes_over_a_fact_that_was_entered_here_first(self):
        own = self._create_rate(rate_percent=2.15)
        shipped = self._load(
            "rate_ecb_mro_2027_01_01", index="ecb_mro", valid_from="2027-01-01", rate_percent="2.4", status="secondary")
        self.assertEqual(shipped, own)
        self.assertEqual(own.rate_percent, 2.15)

    def test_update_brings_new_facts(self):
        shipped = self._load(
            "rate_ecb_mro_2027_01_01", index="ecb_mro", valid_from="2027-01-01", rate_percent="2.4", status="secondary")
        self.assertEqual((shipped.rate_percent, shipped.is_own, shipped.valid_to), (2.4, False, date(2027, 6, 30)))

    # --- what is missing ------------------------------------------------------------------------------------------

    def test_nothing_is_missing_while_the_half_year_is_known(self):
        self.assertFalse(self.company._get_dunning_lacking(self.today))
        self.assertFalse(self.company.dunning_rate_text)

    def test_missing_half_year_is_said_in_the_banners(self):
        self._forget_second_half()
        self.assertIn("main refinancing rate", self.company.dunning_rate_text)
        self.assertIn("07/01/2026", self.company.dunning_rate_text)
        run = self._prepare_run()
        self.assertEqual(run.rate_text, self.company.dunning_rate_text)

    def test_missing_half_year_is_asked_of_the_managers_once(self):
        self._forget_second_half()
        for _night in range(2):
            self._prepare_run()
        activities = self._get_activities()
        self.assertEqual(len(activities), 2)
        self.assertEqual(set(activities.mapped("date_deadline")), {date(2026, 7, 1)})
        activities.action_feedback()
        self._prepare_run()
        self.assertFalse(self._get_activities())

    def test_clerks_are_not_asked(self):
        clerk = new_test_user(
            self.env, "rate_clerk", groups="account_dunning.group_dunning_user", company_id=self.company.id)
        self._forget_second_half()
        self._prepare_run()
        self.assertFalse(self.env["mail.activity"].search([("user_id", "=", clerk.id)]))

    def test_next_half_year_is_asked_for_fifteen_days_before(self):
        self._set_today(date(2026, 12, 16))
        self._prepare_run()
        self.assertFalse(self._get_activities())
        self._set_today(date(2026, 12, 17))
        self.company.invalidate_recordset()
        self._prepare_run()
        self.assertEqual(set(self._get_activities().mapped("date_deadline")), {date(2027, 1, 1)})
        self.assertFalse(self.company.dunning_rate_text, "nothing is missing yet")

    def test_entered_rate_closes_its_activities(self):
        self._set_today(date(2026, 12, 28))
        self._prepare_run()
        self.assertEqual(len(self._get_activities()), 2)
        self._create_rate()
        self.assertEqual(self._get_activities().mapped("res_id"), self._get_rate("fr_legal_other", "2026-07-01").ids)

    def test_only_rates_that_a_regime_in_use_needs_are_missed(self):
        self._get_rate("de_base", "2026-07-01").unlink()
        self.assertFalse(self.company._get_dunning_lacking(self.today))
        self.customer.with_company(self.company).dunning_regime_id = self.env.ref(
            "account_dunning.dunning_interest_regime_de_business")
        self.assertEqual(self.company._get_dunning_lacking(self.today), [("de_base", date(2026, 7, 1), True)])
        self.customer.with_company(self.company).dunning_regime_id = False
        self.assertFalse(self.company._get_dunning_lacking(self.today))

    def test_calendar_says_what_is_needed_next(self):
        calendar = self.env["dunning.reference.index"].with_company(self.company).search([])
        self.assertEqual(len(calendar), 10)
        ecb = calendar.filtered(lambda one: one.index == "ecb_mro")
        self.assertEqual((ecb.next_from, ecb.state, ecb.is_used), (date(2027, 1, 1), "known", True))
        self.assertFalse(calendar.filtered(lambda one: one.index == "de_base").is_used)
        self._set_today(date(2026, 12, 20))
        ecb.invalidate_recordset()
        self.assertEqual(ecb.state, "soon")
        self._set_today(date(2027, 1, 2))
        ecb.invalidate_recordset()
        self.assertEqual(ecb.state, "missing")
        self.assertEqual(ecb.action_enter()["context"]["default_valid_from"], date(2027, 1, 1))

    # --- rights ---------------------------------------------------------------------------------------------------

    def test_invoicing_user_reads_rates_and_only_managers_change_them(self):
        clerk = new_test_user(self.env, "rate_reader", groups="account_dunning.group_dunning_user")
        rate = self._get_rate("ecb_mro", "2026-07-01")
        self.assertEqual(rate.with_user(clerk).rate_percent, 2.4)
        with self.assertRaises(AccessError):
            rate.with_user(clerk).rate_percent = 3
        rate.with_user(self.manager).rate_percent = 3
        self.assertEqual(rate.rate_percent, 3)
