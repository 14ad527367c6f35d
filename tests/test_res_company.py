import datetime
from datetime import date
from decimal import Decimal

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


@tagged("post_install", "-at_install")
class TestResCompany(AccountTestInvoicingCommon):
    """The day, the hours, the rules and the stop switch of a legal entity."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"].sudo()
        cls.company.dunning_tz = "Europe/Paris"
        cls.company.country_id = cls.env.ref("base.fr")
        cls.today = date(2026, 11, 18)  # a Wednesday

    def _create_bank_transaction(self, day, journal=None):
        return self.env["account.bank.statement.line"].sudo().create({
            "journal_id": (journal or self.company_data["default_journal_bank"]).id,
            "date": day,
            "amount": 10,
            "payment_ref": "Transfer",
        })

    # The day

    @freeze_time("2026-11-17 23:30:00")
    def test_today_is_the_day_of_the_company_wherever_the_user_is(self):
        self.assertEqual(self.company.with_context(tz="America/New_York")._get_dunning_today(), date(2026, 11, 18))

    @freeze_time("2026-11-17 23:30:00")
    def test_without_a_zone_of_its_own_the_contact_of_the_company_decides(self):
        self.company.dunning_tz = False
        self.company.partner_id.tz = "Asia/Tokyo"
        self.assertEqual(self.company._get_dunning_now().hour, 8)
        self.assertEqual(self.company._get_dunning_now().utcoffset(), datetime.timedelta(hours=9))

    @freeze_time("2026-11-17 23:30:00")
    def test_without_any_zone_it_is_utc(self):
        self.company.dunning_tz = False
        self.company.partner_id.tz = False
        if "resource_calendar_id" in self.company._fields:
            self.company.resource_calendar_id = False
        self.assertEqual(self.company._get_dunning_today(), date(2026, 11, 17))

    def test_a_branch_follows_the_settings_of_its_legal_entity(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        branch.dunning_quiet_days = 99
        self.company.dunning_quiet_days = 3
        self.assertEqual(branch._get_dunning_rules(self.today).quiet, 3)
        self.assertEqual(str(branch._get_dunning_zone()), "Europe/Paris")

    # Hours and days of rest

    @freeze_time("2026-11-18 07:30:00")  # 8:30 in Paris
    def test_the_company_sends_within_its_hours(self):
        self.assertTrue(self.company._is_dunning_open_now())
        self.company.dunning_hour_from = 9
        self.assertFalse(self.company._is_dunning_open_now())

    @freeze_time("2026-11-22 10:00:00")  # a Sunday
    def test_nothing_is_sent_on_sundays_unless_chosen(self):
        self.assertFalse(self.company._is_dunning_open_now())
        self.company.dunning_sending_days = "all"
        self.assertTrue(self.company._is_dunning_open_now())

    def test_only_the_holidays_of_the_country_and_of_the_company_count(self):
        holidays = self.env["dunning.holiday"].sudo()
        holidays.create([
            {"name": "Ours", "date": "2026-09-01", "company_id": self.company.id},
            {"name": "Everybody's", "date": "2026-09-02"},
            {"name": "Belgian", "date": "2026-09-03", "country_id": self.env.ref("base.be").id},
            {"name": "Another company's", "date": "2026-09-04", "company_id": self.env.ref("base.main_company").id},
        ])
        days = self.company._get_dunning_calendar().holidays
        self.assertLessEqual({date(2026, 9, 1), date(2026, 9, 2)}, days)
        self.assertTrue(days.isdisjoint({date(2026, 9, 3), date(2026, 9, 4)}))

    def test_sending_hours_run_forward(self):
        with self.assertRaises(ValidationError):
            self.company.write({"dunning_hour_from": 19, "dunning_hour_to": 8})

    def test_numbers_cannot_be_negative(self):
        with self.assertRaises(ValidationError):
            self.company.dunning_quiet_days = -1

    # Rules of the planner

    def test_amounts_reach_the_planner_to_the_cent(self):
        self.company.dunning_min_amount = 30.1
        rules = self.company._get_dunning_rules(self.today)
        self.assertEqual(rules.minimum, Decimal("30.1"))
        self.assertEqual(rules.formal_minimum, Decimal(150))

    def test_a_change_that_matters_plans_all_customers_anew(self):
        before = self.company.dunning_revision
        self.company.dunning_quiet_days = 8
        self.assertEqual(self.company.dunning_revision, before + 1)
        self.company.dunning_email = "credit@example.com"
        self.assertEqual(self.company.dunning_revision, before + 1)

    def test_saving_the_settings_unchanged_plans_nobody_anew(self):
        before = self.company.dunning_revision
        self.env["res.config.settings"].sudo().with_company(self.company).create({}).set_values()
        self.assertEqual(self.company.dunning_revision, before)

    def test_a_change_in_a_branch_raises_the_revision_of_the_legal_entity(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        before = self.company.dunning_revision
        branch._bump_dunning_revision()
        self.assertEqual(self.company.dunning_revision, before + 1)

    # Bank freshness

    def test_a_company_without_bank_transactions_is_not_late(self):
        self.assertFalse(self.company._is_dunning_bank_stale(self.today))

    def test_the_bank_is_late_after_some_working_days(self):
        self._create_bank_transaction("2026-11-12")  # Thursday; 13, 16, 17 are working days
        self.assertFalse(self.company._is_dunning_bank_stale(date(2026, 11, 17)))
        self.assertTrue(self.company._is_dunning_bank_stale(date(2026, 11, 18)))

    def test_zero_days_do_not_look_at_the_bank(self):
        self._create_bank_transaction("2026-01-12")
        self.company.dunning_bank_days = 0
        self.assertFalse(self.company._is_dunning_bank_stale(self.today))

    def test_an_invoice_is_no_bank_transaction(self):
        self._create_bank_transaction("2026-11-02")
        self._create_invoice_one_line(price_unit=10, invoice_date="2026-11-18", partner_id=self.partner_a, post=True)
        self.assertTrue(self.company._is_dunning_bank_stale(self.today))

    def test_a_bank_journal_never_used_does_not_make_the_bank_late(self):
        journal = self.company_data["default_journal_bank"].copy()
        self._create_bank_transaction("2026-11-17")
        self.assertNotIn(journal, self.company._get_dunning_bank_dates())
        self.assertFalse(self.company._is_dunning_bank_stale(self.today))

    # Stop switch

    def test_a_collector_stops_all_dunning_and_a_manager_lets_it_go_on(self):
        user = new_test_user(self.env(su=True), "collector", "account_dunning.group_dunning_user",
                             company_id=self.company.id)
        company = self.company.with_user(user)
        with freeze_time("2026-11-18 10:00:00"):
            company._set_dunning_stopped("Wrong statement")
        self.assertTrue(company._get_dunning_rules(self.today).stopped)
        self.assertRecordValues(self.company, [{
            "dunning_stop_uid": user.id, "dunning_stop_reason": "Wrong statement",
            "dunning_stop_date": datetime.datetime(2026, 11, 18, 10),
        }])
        with self.assertRaises(AccessError):
            company._set_dunning_resumed()
        self.company._set_dunning_resumed()
        self.assertFalse(company._get_dunning_rules(self.today).stopped)
        self.assertEqual(self.company.dunning_stop_reason, "Wrong statement")

    def test_stopping_needs_a_reason(self):
        with self.assertRaises(UserError):
            self.company._set_dunning_stopped("  ")

    def test_a_second_stop_does_not_hide_the_first_one(self):
        self.company._set_dunning_stopped("First")
        self.company._set_dunning_stopped("Second")
        self.assertEqual(self.company.dunning_stop_reason, "First")

    def test_an_invoicing_user_cannot_stop_dunning(self):
        user = new_test_user(self.env(su=True), "clerk", "account.group_account_invoice", company_id=self.company.id)
        with self.assertRaises(AccessError):
            self.company.with_user(user)._set_dunning_stopped("Because")

    def test_the_window_shows_who_stopped_it(self):
        wizard = self.env["dunning.stop"].sudo().create({"company_id": self.company.id, "reason": "Holidays"})
        wizard.action_stop()
        self.assertEqual(wizard.stop_reason, "Holidays")
        wizard.action_resume()
        self.assertFalse(wizard.is_stopped)

    # First day

    def test_companies_start_with_the_shipped_policies_and_with_automatic_sending_off(self):
        company = self.env["res.company"].sudo().create({"name": "New"})
        self.assertEqual(company.dunning_policy_id, self.env.ref("account_dunning.dunning_policy_standard"))
        self.assertEqual(company.dunning_rejected_policy_id, self.env.ref("account_dunning.dunning_policy_rejected"))
        self.assertFalse(company.dunning_auto_send)

    def test_companies_that_were_there_receive_the_shipped_policies(self):
        self.company.dunning_policy_id = False
        self.company._seed_dunning_policies()
        self.assertEqual(self.company.dunning_policy_id, self.env.ref("account_dunning.dunning_policy_standard"))

    def test_bills_and_retentions_of_the_french_chart_are_excluded_once(self):
        accounts = self.env["account.account"].sudo().with_company(self.company).create([
            {"name": name, "code": code, "account_type": "asset_receivable", "reconcile": True,
             "company_ids": [self.company.id]}
            for name, code in (("Bills", "413000"), ("Retention", "411710"), ("Customers", "411900"))
        ])
        self.company.write({"chart_template": "fr", "dunning_accounts_seeded": False})
        self.company._seed_dunning_accounts()
        self.assertEqual(self.company.dunning_excluded_account_ids, accounts[:2])
        self.company.dunning_excluded_account_ids = False
        self.company._seed_dunning_accounts()
        self.assertFalse(self.company.dunning_excluded_account_ids)

    # Settings

    def test_settings_of_a_branch_are_those_of_its_legal_entity(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        settings = self.env["res.config.settings"].sudo().with_company(branch).create({"dunning_quiet_days": 12})
        self.assertEqual(settings.dunning_company_id, self.company)
        self.assertEqual(self.company.dunning_quiet_days, 12)
