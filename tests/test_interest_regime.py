from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .. import interest
from .common import DunningCommon

EUR, GBP = "EUR", "GBP"


class Law(NamedTuple):
    """A row of the table of law.md, section 0."""

    index: str | bool
    margin: str
    fixed: bool
    compound: bool
    start: str
    compensation: str  # of a principal of 2,000
    currency: str = EUR


TABLE = {
    "fr_business": Law("ecb_mro", "10", False, False, "due", "40"),
    "fr_consumer": Law("fr_legal_other", "0", False, False, "notice", "0"),
    "fr_public": Law("ecb_mro", "8", True, False, "due", "40"),
    "fr_judgment": Law("fr_legal_other", "5", False, False, "manual", "0"),
    "be_business": Law("be_commercial", "0", False, False, "due", "40"),
    "be_consumer": Law("be_legal", "0", False, False, "reminder", "0"),
    "de_business": Law("de_base", "9", False, False, "due", "40"),
    "de_consumer": Law("de_base", "5", False, False, "notice", "0"),
    "lu_business": Law("ecb_mro", "8", False, False, "due", "40"),
    "lu_consumer": Law("lu_legal", "0", False, False, "months", "0"),
    "es_business": Law("ecb_mro", "8", False, False, "due", "40"),
    "it_business": Law("ecb_mro", "8", False, False, "due", "40"),
    "nl_business": Law("ecb_mro", "8", False, True, "due", "40"),
    "nl_business_scale": Law("ecb_mro", "8", False, True, "due", "300"),
    "nl_consumer": Law("nl_legal", "0", False, True, "notice", "0"),
    "at_business": Law("at_base", "9.2", False, False, "due", "40"),
    "at_consumer": Law(False, "0", False, False, "notice", "0"),
    "ch": Law(False, "0", False, False, "notice", "0"),
    "ch_date": Law(False, "0", False, False, "due", "0"),
    "uk_business": Law("uk_reference", "8", True, False, "due", "70", GBP),
}


class Example(NamedTuple):
    """A worked example of law.md, section 12: one debt, its payments (day, amount), interest and compensation."""

    regime: str
    amount: int
    due: date
    paid: tuple
    interest: str
    compensation: str
    options: dict = {}


EXAMPLES = {
    "1": Example("fr_business", 12000, date(2026, 5, 15), ((date(2026, 8, 31), 12000),), "436.50", "40"),
    "2": Example("fr_business", 10000, date(2024, 1, 31), ((date(2024, 7, 15), 10000),), "658.42", "40"),
    "2 of 366 days": Example("fr_business", 10000, date(2024, 1, 31), ((date(2024, 7, 15), 10000),), "656.63", "40",
                             {"day_count": "actual"}),
    "3B": Example("fr_business", 10000, date(2026, 4, 30),
                  ((date(2026, 6, 15), 4000), (date(2026, 9, 30), 6000)), "370.61", "40"),
    "5": Example("fr_consumer", 1500, date(2026, 4, 20), ((date(2026, 9, 30), 1500),), "18.04", "0"),
    "6": Example("fr_public", 25000, date(2026, 6, 20), ((date(2026, 9, 10), 25000),), "570.07", "40"),
    "9": Example("de_business", 5000, date(2026, 6, 1), ((date(2026, 7, 31), 5000),), "85.47", "40"),
    "9 consumer": Example("de_consumer", 5000, date(2026, 6, 1), ((date(2026, 7, 31), 5000),), "52.60", "0"),
    "10": Example("ch_date", 10000, date(2026, 1, 31), ((date(2026, 4, 30), 10000),), "121.92", "0"),
    "10 of 360 days": Example("ch_date", 10000, date(2026, 1, 31), ((date(2026, 4, 30), 10000),), "125.00", "0",
                              {"day_count": "360"}),
    "11": Example("be_business", 3000, date(2026, 5, 31), ((date(2026, 8, 15), 3000),), "65.59", "40"),
    "13": Example("lu_business", 2000, date(2026, 6, 15), ((date(2026, 7, 20), 2000),), "19.74", "40"),
    "13 Spain": Example("es_business", 2000, date(2026, 6, 15), ((date(2026, 7, 20), 2000),), "19.74", "40"),
    "13b": Example("at_business", 2000, date(2026, 6, 15), ((date(2026, 7, 20), 2000),), "20.58", "40"),
    "18": Example("fr_business", 10000, date(2026, 6, 30), ((date(2026, 7, 1), 10000),), "3.40", "40"),
    "18 in time": Example("fr_business", 10000, date(2026, 6, 30), ((date(2026, 6, 30), 10000),), "0.00", "40"),
}


@tagged("post_install", "-at_install")
class TestDunningInterestRegime(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.regimes = cls.env["dunning.interest.regime"].with_company(cls.company)
        cls._set_country(cls.company, "fr")
        cls.customer = cls.customer.with_company(cls.company)

    @classmethod
    def _set_country(cls, company, code):
        company.account_fiscal_country_id = cls.env.ref(f"base.{code}")

    def _get_regime(self, code):
        return self.env.ref(f"account_dunning.dunning_interest_regime_{code}").with_company(self.company)

    def _create_regime(self, **values):
        return self.regimes.create({
            "name": "Own", "for_business": True, "fixed_rate": 12, "country_id": self.env.ref("base.fr").id, **values})

    def _agree(self, mode, **values):
        """Set the rate that stands on the invoices of the company."""
        self.company.write({"dunning_contract_mode": mode, **values})

    def _compute(self, regime, amount, due, *payments, today=None, start=None, **options):
        """Return the breakdown of one debt at the terms of a regime; payments are (day, amount)."""
        regime.write(options)
        movements = tuple(interest.Movement(day, Decimal(paid), "payment") for day, paid in payments)
        debt = interest.Debt(Decimal(amount), due, movements, start=start)
        return interest.compute(debt, regime._to_engine(self.company), today or self.today)

    def _resolve(self, kind, *choices, company=None):
        company = company or self.company
        return self.regimes._get_resolver(company)(kind, *(one and one.id for one in choices))

    # --- the table of the law -------------------------------------------------------------------------------------

    def test_every_row_of_the_table_of_the_law(self):
        for code, law in TABLE.items():
            with self.subTest(regime=code):
                regime = self._get_regime(code)
                amount, currency = regime._get_compensation(2000, regime.compensation_currency_id)
                self.assertEqual(
                    (regime.index, Decimal(str(regime.margin)), regime.is_fixed_per_debt, regime.is_compound,
                     regime.start_rule, amount, currency.name),
                    (law.index, Decimal(law.margin), law.fixed, law.compound, law.start, Decimal(law.compensation),
                     law.currency))
                self.assertEqual(regime.day_count, "365")

    def test_every_regime_names_its_law_its_source_and_its_words(self):
        for code in (*TABLE, "fr_business_contract", "be_consumer_clause"):
            with self.subTest(regime=code):
                regime = self._get_regime(code)
                self.assertTrue(regime.article and regime.wording and regime.mention and regime.source)
                self.assertTrue(regime.summary)
                self.assertFalse(regime.company_id)

    def test_no_text_of_a_letter_names_the_publisher_of_a_rate(self):
        for regime in self.regimes.search([]):
            for text in (regime.wording, regime.mention, regime.article):
                self.assertNotRegex(text or "", "European Central Bank|ECB|Journal officiel")

    def test_every_worked_example_of_the_law(self):
        for number, example in EXAMPLES.items():
            with self.subTest(example=number):
                regime = self._get_regime(example.regime)
                result = self._compute(regime, example.amount, example.due, *example.paid, **example.options)
                self.assertEqual(result.total, Decimal(example.interest))
                self.assertEqual(sum(line.amount for line in result.segments), result.total)
                self.assertTrue(result.is_complete)
                compensation, _currency = regime._get_compensation(example.amount, self.env.ref("base.EUR"))
                self.assertEqual(compensation, Decimal(example.compensation))
                regime.day_count = "365"

    def test_example_with_interest_first(self):
        regime = self._get_regime("fr_business")
        result = self._compute(
            regime, 10000, date(2026, 4, 30), (date(2026, 6, 15), 4000), today=date(2026, 9, 30), imputation="interest")
        self.assertEqual((result.total, result.payable), (Decimal("376.16"), Decimal("6376.16")))

    def test_example_with_a_retroactive_credit_note(self):
        debt = interest.Debt(Decimal(6000), date(2026, 1, 31), (
            interest.Movement(date(2026, 3, 10), Decimal(1200), "credit"),
            interest.Movement(date(2026, 5, 20), Decimal(4800), "payment")))
        terms = self._get_regime("fr_business")._to_engine(self.company)
        self.assertEqual(interest.compute(debt, terms, self.today).total, Decimal("174.16"))

    def test_example_of_a_belgian_consumer_with_a_clause(self):
        self._set_country(self.company, "be")
        self.company.dunning_contract_clause = True
        regime, problem = self._resolve("consumer")
        self.assertEqual((regime.code, problem), ("be_consumer_clause", None))
        start = regime._get_start(date(2026, 6, 30), reminder=date(2026, 7, 6))
        self.assertEqual(start, date(2026, 7, 20))
        result = self._compute(regime, 400, date(2026, 6, 30), (date(2026, 9, 30), 400), start=start)
        self.assertEqual(result.total, Decimal("8.28"))
        self.assertEqual(regime._get_compensation(400, self.env.ref("base.EUR"))[0], Decimal(55))

    def test_example_of_three_times_the_legal_rate(self):
        self._agree("multiple", dunning_contract_factor=3)
        regime, _problem = self._resolve("business")
        result = self._compute(regime, 12000, date(2026, 5, 15), (date(2026, 8, 31), 12000))
        self.assertEqual([line.percent for line in result.segments], [Decimal("7.86"), Decimal("8.25")])
        self.assertEqual(result.total, Decimal("287.03"))

    def test_united_kingdom_keeps_the_rate_of_the_first_day(self):
        result = self._compute(
            self._get_regime("uk_business"), 1000, date(2025, 6, 10), (date(2025, 7, 31), 1000))
        self.assertEqual({line.percent for line in result.segments}, {Decimal("12.75")})

    def test_dutch_interest_bears_interest_after_a_year(self):
        compound = self._compute(self._get_regime("nl_business"), 10000, date(2024, 1, 1), today=date(2026, 1, 1))
        simple = self._compute(self._get_regime("lu_business"), 10000, date(2024, 1, 1), today=date(2026, 1, 1))
        self.assertGreater(compound.total, simple.total)

    def test_negative_base_rate_is_subtracted(self):
        result = self._compute(self._get_regime("de_business"), 1000, date(2021, 1, 31), today=date(2021, 2, 28))
        self.assertEqual(result.segments[0].percent, Decimal("8.12"))

    def test_unknown_half_year_is_a_gap_and_never_carried_on(self):
        result = self._compute(self._get_regime("fr_business"), 1000, date(2026, 12, 20), today=date(2027, 1, 31))
        self.assertFalse(result.is_complete)
        self.assertEqual(result.gaps[0].first, date(2027, 1, 1))
        self.assertIsNone(result.daily)

    # --- compensation ---------------------------------------------------------------------------------------------

    def _get_amounts(self, regime, *principals):
        currency = regime.compensation_currency_id
        return [regime._get_compensation(principal, currency)[0] for principal in principals]

    def test_compensation_of_the_united_kingdom_goes_by_size(self):
        self.assertEqual(
            self._get_amounts(self._get_regime("uk_business"), 0, 1, 999.99, 1000, 9999.99, 10000),
            [0, 40, 40, 70, 70, 100])

    def test_lump_sum_of_a_belgian_consumer_has_three_steps_and_a_limit(self):
        self.company.dunning_contract_clause = True
        self.assertEqual(
            self._get_amounts(self._get_regime("be_consumer_clause"), 150, 150.1, 500, 1000, 100000),
            [20, Decimal("30.01"), 65, 90, 2000])

    def test_dutch_scale_has_a_least_and_a_greatest_amount(self):
        self.assertEqual(
            self._get_amounts(self._get_regime("nl_business_scale"), 100, 2500, 5000, 10000, 200000, 10 ** 7),
            [40, 375, 625, 875, 2775, 6775])

    def test_compensation_of_an_invoice_in_another_currency_stays_that_of_the_law(self):
        amount, currency = self._get_regime("fr_business")._get_compensation(1000, self.env.ref("base.USD"))
        self.assertEqual((amount, currency.name), (40, EUR))

    def test_consumers_owe_no_compensation_whatever_is_configured(self):
        for flag in ("for_consumer", "for_non_professional"):
            with self.assertRaisesRegex(ValidationError, "owe a compensation"):
                self._create_regime(**{flag: True}, compensation_rule="fixed", compensation_amount=40)
            with self.assertRaisesRegex(ValidationError, "owe a compensation"):
                self._get_regime("fr_business").write({flag: True, "is_default": False})
            with self.assertRaisesRegex(ValidationError, "owe a compensation"):
                self._create_regime(**{flag: True}, needs_clause=True, compensation_rule="fixed")

    def test_consumer_never_gets_compensation_by_override(self):
        business = self._get_regime("fr_business")
        for kind in ("consumer", "non_professional", False):
            regime, problem = self._resolve(kind, business, business, business)
            self.assertEqual((regime, problem), (business, "unlawful"))
            self.assertFalse(self._resolve(kind)[0]._get_compensation(1000, self.env.ref("base.EUR"))[0])

    # --- the first day --------------------------------------------------------------------------------------------

    def test_first_day_follows_the_law(self):
        due, notice = date(2026, 6, 30), date(2026, 8, 3)
        for code, expected in (
            ("fr_business", due), ("fr_consumer", notice), ("be_consumer", None), ("lu_consumer", date(2026, 8, 31)),
        ):
            with self.subTest(regime=code):
                start = self._get_regime(code)._get_start(due, notice=notice, invoiced=date(2026, 5, 10))
                self.assertEqual(start, expected)
        self.assertIsNone(self._get_regime("fr_consumer")._get_start(due))

    def test_notice_before_the_due_date_starts_no_interest_before_it(self):
        due = date(2026, 6, 30)
        self.assertEqual(self._get_regime("fr_consumer")._get_start(due, notice=date(2026, 6, 1)), due)

    def test_posted_reminder_in_belgium_counts_from_the_third_working_day(self):
        start = self._get_regime("be_consumer")._get_start(
            date(2023, 9, 11), reminder=date(2023, 9, 18), calendar=self.company._get_dunning_calendar())
        self.assertEqual(start + timedelta(days=1), date(2023, 10, 5))

    # --- the contract and its floor -------------------------------------------------------------------------------

    def test_rate_of_the_contract_replaces_that_of_the_law_for_businesses_only(self):
        self.assertEqual(self._resolve("business")[0].code, "fr_business")
        self._agree("fixed", dunning_contract_rate=12)
        regime, _problem = self._resolve("business")
        self.assertEqual(regime.code, "fr_business_contract")
        self.assertEqual(regime.current_percent, 12)
        self.assertEqual(self._resolve("consumer")[0].code, "fr_consumer")
        self.assertEqual(self._resolve("public")[0].code, "fr_public")

    def test_contract_without_a_rate_bears_that_of_the_law(self):
        regime = self._get_regime("fr_business_contract")
        result = self._compute(regime, 12000, date(2026, 5, 15), today=date(2026, 8, 31))
        self.assertEqual(result.total, Decimal("436.50"))

    def test_clause_below_the_floor_is_warned_of_and_never_raised(self):
        self._agree("fixed", dunning_contract_rate=12)
        regime = self._get_regime("fr_business_contract")
        breaches = regime._get_floor_breaches(self.company, date(2024, 1, 1), date(2026, 12, 31))
        self.assertEqual(
            [(one.first, one.floor) for one in breaches],
            [(date(2024, 1, 1), Decimal("15.21")), (date(2024, 7, 1), Decimal("14.76"))])
        self.assertIn("14.76", regime.floor_warning)
        result = self._compute(regime, 1000, date(2024, 7, 31), today=date(2024, 8, 31))
        self.assertEqual(result.segments[0].percent, 12)

    def test_floor_of_today_is_three_times_the_legal_rate(self):
        regime = self._get_regime("fr_business_contract")
        self._agree("fixed", dunning_contract_rate=8.25)
        self.assertFalse(regime._get_floor_breaches(self.company, date(2026, 7, 1), date(2026, 12, 31)))
        self._agree("fixed", dunning_contract_rate=8.24)
        self.assertTrue(regime._get_floor_breaches(self.company, date(2026, 7, 1), date(2026, 12, 31)))

    def test_banner_warns_of_an_agreed_rate_that_is_too_low_today(self):
        self._agree("fixed", dunning_contract_rate=9)
        self.assertFalse(self.company.dunning_rate_text)
        self._agree("fixed", dunning_contract_rate=8)
        self.assertIn("8 % is below the least rate of the law, 8.25 %", self.company.dunning_rate_text)

    def test_rate_of_the_law_is_never_tested_against_the_floor(self):
        self.assertFalse(self._get_regime("fr_business_contract").floor_warning)
        self.assertFalse(self._get_regime("fr_business").floor_warning)

    def test_settings_show_the_rate_of_today_and_the_floor_before_saving(self):
        settings = Form(self.env["res.config.settings"].with_company(self.company))
        self.assertIn("12.4 %", settings.dunning_contract_preview)
        settings.dunning_contract_mode = "fixed"
        settings.dunning_contract_rate = 5
        self.assertIn("5 % a year", settings.dunning_contract_preview)
        self.assertIn("8.25 %", settings.dunning_contract_warning)
        self.assertEqual(self.company.dunning_contract_mode, "law")

    def test_sentence_is_suggested_from_the_rate(self):
        settings = self.env["res.config.settings"].with_company(self.company).create({
            "dunning_contract_mode": "multiple", "dunning_contract_factor": 3})
        settings.action_suggest_dunning_sentence()
        for part in ("3 times", "40.00", "L441-10"):
            self.assertIn(part, self.company.dunning_contract_sentence)

    def test_agreed_rate_is_checked(self):
        for mode, values in (("fixed", {"dunning_contract_rate": 0}), ("fixed", {"dunning_contract_rate": 120}),
                             ("multiple", {"dunning_contract_factor": 0})):
            with self.assertRaises(ValidationError):
                self._agree(mode, **values)

    def test_sentence_is_printed_on_invoices_of_businesses_only(self):
        self._agree("fixed", dunning_contract_rate=12, dunning_contract_print=True)
        move = self._create_receivable(100).move_id
        self.assertIn("12 % a year", move.dunning_late_sentence)
        self.company.dunning_contract_sentence = "Late payers pay 12 %."
        for kind, expected in (("business", "Late payers pay 12 %."), ("consumer", False), (False, False)):
            self.customer.dunning_debtor_kind = kind
            move.invalidate_recordset()
            self.assertEqual(move.dunning_late_sentence or False, expected)
        self.customer.dunning_debtor_kind = "business"
        html = self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", move.ids)[0].decode()
        self.assertIn("Late payers pay 12 %.", html)

    # --- choice ---------------------------------------------------------------------------------------------------

    def test_law_of_the_country_decides_by_kind_of_debtor(self):
        for country, codes in {
            "fr": ("fr_business", "fr_consumer", "fr_consumer", "fr_public", "fr_consumer"),
            "de": ("de_business", "de_consumer", "de_consumer", "de_business", "de_consumer"),
            "ch": ("ch",) * 5,
            "uk": ("uk_business", False, False, False, False),
            "us": (False,) * 5,
        }.items():
            self._set_country(self.company, country)
            for kind, code in zip(("business", "consumer", "non_professional", "public", False), codes, strict=True):
                regime, problem = self._resolve(kind)
                self.assertEqual((regime.code, problem), (code, None if code else "no_regime"), (country, kind))

    def test_customer_comes_before_payment_term_before_policy(self):
        customer, term, policy = (self._create_regime(name=name) for name in ("Customer", "Term", "Policy"))
        self.assertEqual(self._resolve("business", customer, term, policy)[0], customer)
        self.assertEqual(self._resolve("business", None, term, policy)[0], term)
        self.assertEqual(self._resolve("business", None, None, policy)[0], policy)

    def test_archived_choice_is_passed_over(self):
        archived = self._create_regime(active=False)
        self.assertEqual(self._resolve("business", archived)[0].code, "fr_business")

    def test_own_default_of_a_company_comes_before_that_of_the_law(self):
        own = self._create_regime(company_id=self.company.id, is_default=True)
        self.assertEqual(self._resolve("business")[0], own)

    def test_second_default_for_the_same_debtors_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "already the default"):
            self._create_regime(is_default=True)

    def test_nothing_is_claimed_where_none_was_chosen_but_never_from_public_bodies(self):
        none = self._get_regime("none")
        self.assertEqual(self._resolve("business", none), (none, "no_interest"))
        self.assertEqual(self._resolve("public", none), (none, "unlawful"))
        self._set_country(self.company, "de")
        self.assertEqual(self._resolve("public", none), (none, "no_interest"))

    def test_regime_that_needs_a_clause_is_refused_without_it(self):
        self._set_country(self.company, "be")
        clause = self._get_regime("be_consumer_clause")
        self.assertEqual(self._resolve("consumer", clause), (clause, "unlawful"))
        self.assertEqual(clause._get_compensation(400, self.env.ref("base.EUR"))[0], 0)
        self.assertEqual(self._resolve("consumer")[0].code, "be_consumer")

    def test_resolving_costs_no_query(self):
        resolve = self.regimes._get_resolver(self.company)
        chosen = self._get_regime("none").id
        with self.assertQueryCount(0):
            for kind in ("business", "consumer", "public", False):
                resolve(kind, None, None, None)
                resolve(kind, chosen, None, chosen)

    def test_customer_shows_his_regime_and_why(self):
        self.assertEqual(self.customer.dunning_regime_applied_id.code, "fr_business")
        self.assertIn("law of your country", self.customer.dunning_regime_origin)
        own = self._create_regime()
        term = self.env["account.payment.term"].create({"name": "60 days", "dunning_regime_id": own.id})
        self.customer.property_payment_term_id = term
        self.assertEqual(self.customer.dunning_regime_applied_id, term.dunning_regime_id)
        self.assertIn("60 days", self.customer.dunning_regime_origin)
        self.customer.dunning_regime_id = self._get_regime("fr_business")
        self.assertIn("chosen for this customer", self.customer.dunning_regime_origin)
        self.customer.dunning_debtor_kind = "consumer"
        self.assertIn("does not allow", self.customer.dunning_regime_problem)

    def test_regime_of_the_policy_reaches_its_customers(self):
        self.policy.regime_id = self._create_regime()
        self.assertEqual(self.customer.dunning_regime_applied_id, self.policy.regime_id)

    def test_foreign_consumer_is_pointed_out(self):
        self.customer.write({"dunning_debtor_kind": "consumer", "country_id": self.env.ref("base.de").id})
        self.assertIn("another country", self.customer.dunning_regime_problem)

    def test_regime_of_a_customer_reaches_the_branches(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.customer.dunning_regime_id = self._get_regime("none")
        self.assertEqual(self.customer.with_company(branch).dunning_regime_id.code, "none")

    def test_two_companies_of_two_countries_have_their_own_law(self):
        # Its country follows, as the chart of that country is not installed here.
        other = self._create_company(name="German")
        self._set_country(other, "de")
        self.assertEqual(self._resolve("business")[0].code, "fr_business")
        self.assertEqual(self._resolve("business", company=other)[0].code, "de_business")
        own = self._create_regime(company_id=other.id)
        self.assertEqual(self._resolve("business", own)[0].code, "fr_business")
        other.write({"dunning_contract_mode": "fixed", "dunning_contract_rate": 20})
        self.assertEqual(self._resolve("business")[0].code, "fr_business")

    # --- bad input ------------------------------------------------------------------------------------------------

    def test_absurd_figures_are_refused_in_words(self):
        for values in ({"margin": 800}, {"fixed_rate": 150}, {"factor": 0}, {"round_up_to": 5}, {"start_days": -1}):
            with self.subTest(**values), self.assertRaises(ValidationError):
                self._create_regime(**values)

    def test_absurd_result_is_explained(self):
        regime = self._create_regime(index="ecb_mro", factor=90)
        with self.assertRaisesRegex(UserError, "cannot be applied"):
            regime._to_engine(self.company)

    def test_rate_below_nothing_is_nothing(self):
        regime = self._create_regime(index="de_base", margin=0)
        result = self._compute(regime, 1000, date(2021, 1, 31), today=date(2021, 2, 28))
        self.assertEqual(result.total, 0)

    def test_agreed_rate_above_the_cap_is_cut(self):
        regime = self._create_regime(fixed_rate=12, cap_index="be_commercial")
        result = self._compute(regime, 1000, date(2025, 6, 20), today=date(2025, 7, 10))
        self.assertEqual([line.percent for line in result.segments], [Decimal("11.5"), Decimal("10.5")])

    def test_used_regime_is_archived_not_deleted(self):
        regime = self._create_regime()
        self.customer.dunning_regime_id = regime
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            regime.unlink()

    def test_copy_is_no_default_and_keeps_the_scale(self):
        copy = self._get_regime("uk_business").copy()
        self.assertFalse(copy.is_default or copy.code)
        self.assertEqual(copy.compensation_tier_ids.mapped("amount"), [40, 70, 100])

    # --- words and rights -----------------------------------------------------------------------------------------

    def test_summary_says_the_regime_in_words(self):
        summary = self._get_regime("fr_business").summary
        for part in ("plus 10 points", "the day after the due date", "40.00", "For: Businesses"):
            self.assertIn(part, summary)
        self.assertIn("holds for the whole debt", self._get_regime("fr_public").summary)

    def test_today_shows_the_rate_its_status_and_its_source(self):
        regime = self._get_regime("fr_business")
        self.assertEqual((regime.current_percent, regime.current_status), (12.4, "secondary"))
        self.assertEqual(regime.current_rate_id, self.env.ref("account_dunning.rate_ecb_mro_2026_07_01"))
        self.assertEqual(regime.current_url, regime.current_rate_id.source_url)

    def test_today_says_that_the_rate_is_unknown(self):
        self._set_today(date(2027, 1, 1))
        regime = self._get_regime("fr_business")
        self.assertIn("not known", regime.current_text)
        self.assertFalse(regime.current_percent)

    def test_invoicing_user_reads_regimes_and_only_managers_change_them(self):
        regime = self._get_regime("uk_business")
        clerk = new_test_user(
            self.env, "regime_reader", groups="account_dunning.group_dunning_user", company_id=self.company.id)
        self.assertTrue(regime.with_user(clerk).summary)
        self.assertTrue(regime.with_user(clerk).current_text)
        for record in (regime, regime.compensation_tier_ids[0]):
            with self.assertRaises(AccessError):
                record.with_user(clerk).write({"sequence": 1} if record == regime else {"amount": 1})
        manager = new_test_user(
            self.env, "regime_manager", groups="account_dunning.group_dunning_manager", company_id=self.company.id)
        regime.with_user(manager).compensation_tier_ids = [Command.create({"above": 20000, "amount": 120})]
        self.assertEqual(len(regime.compensation_tier_ids), 4)

    def test_regimes_of_another_company_are_not_seen(self):
        other = self._create_company(name="Other")
        own = self._create_regime(company_id=other.id)
        clerk = new_test_user(
            self.env, "regime_clerk", groups="account_dunning.group_dunning_user", company_id=self.company.id)
        self.assertNotIn(own, self.env["dunning.interest.regime"].with_user(clerk).search([]))
