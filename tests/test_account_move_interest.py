import io
import json
import re
from datetime import date
from decimal import Decimal

from pypdf import PdfReader

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import config

from ..models.dunning_charge import Charged
from .common import DunningCommon

DAY = date(2026, 11, 21)


class InterestCommon(DunningCommon):
    """A French company; invoices and payments in its books; rates and regimes are those that ship."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = DAY
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls._settle_in(cls.company, "base.fr")
        # Accounts of charges come from the French chart; this company has another one.
        for name in ("dunning_interest_account_id", "dunning_compensation_account_id"):
            cls.company[name] = cls.company_data["default_account_revenue"]

    @classmethod
    def _settle_in(cls, company, country):
        country = cls.env.ref(country)
        company.write({
            "currency_id": cls.euro.id, "country_id": country.id, "account_fiscal_country_id": country.id,
        })

    def _regime(self, code):
        return self.env.ref(f"account_dunning.dunning_interest_regime_{code}")

    def _receivable(self, amount=10000, due=date(2026, 4, 30), **values):
        return self._create_receivable(amount, due=due, **{"currency_id": self.euro.id, **values})

    def _pay_on(self, receivable, day, amount=None):
        move = receivable.move_id
        return self._register_payment(move, amount=amount or move.amount_residual, payment_date=day,
                                      currency_id=move.currency_id.id)

    def _credit(self, receivable, amount, day, is_linked=True):
        """Return a credit note matched with an invoice, that refers to it or not."""
        note = self.env["account.move"].create({
            "move_type": "out_refund", "partner_id": receivable.partner_id.id, "invoice_date": day,
            "currency_id": receivable.currency_id.id, "company_id": receivable.company_id.id,
            "reversed_entry_id": receivable.move_id.id if is_linked else False,
            "invoice_line_ids": [Command.create({"name": "Back", "price_unit": amount, "tax_ids": []})],
        })
        note.action_post()
        (receivable + self._get_receivables(note)).filtered(lambda line: not line.reconciled).reconcile()
        return note

    def _get_receivables(self, move):
        return move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _put_in_default(self, receivable, day, stage="formal", channel="registered", **values):
        """Let a notice for this receivable have left on a day."""
        followup = self._get_followup(receivable.partner_id) or self.env["dunning.followup"].create({
            "company_id": receivable.company_id.root_id.id, "partner_id": receivable.partner_id.id})
        level = self.formal if stage == "formal" else self.first
        return self.env["dunning.notice"].create({
            "followup_id": followup.id, "company_id": followup.company_id.id, "partner_id": followup.partner_id.id,
            "level_id": level.id, "date": day, "date_sent": day, "state": "sent",
            "line_ids": [Command.create({
                "line_id": receivable.id, "move_id": receivable.move_id.id, "role": "moving",
                "currency_id": receivable.currency_id.id, "level_id": level.id,
            })],
            "dispatch_ids": [Command.create({
                "followup_id": followup.id, "channel": channel, "leading": True, "state": "sent", "date_sent": day,
            })], **values,
        })

    def _claim(self, receivable, day=None):
        return receivable._get_interest_claims(day)[receivable.id]

    def _assert_claim(self, receivable, interest, compensation=40, day=None):
        claim = self._claim(receivable, day)
        self.assertFalse(claim.problem_text)
        self.assertEqual((claim.interest, claim.compensation), (Decimal(str(interest)), compensation))
        return claim

    def _assert_nothing(self, receivable, problem, day=None):
        claim = self._claim(receivable, day)
        self.assertEqual((claim.problem, claim.interest, claim.compensation), (problem, 0, 0))
        self.assertTrue(claim.problem_text)
        return claim


@tagged("post_install", "-at_install")
class TestInterestOfInvoices(InterestCommon):

    # --- the worked examples of law.md, through the books ---------------------------------------------------------

    def test_example_1_crosses_the_first_of_july(self):
        receivable = self._receivable(12000, date(2026, 5, 15))
        self._pay_on(receivable, date(2026, 8, 31))
        claim = self._assert_claim(receivable, "436.50")
        self.assertEqual([(segment.days, segment.amount) for segment in claim.breakdown.segments],
                         [(46, Decimal("183.75")), (62, Decimal("252.75"))])
        self.assertEqual((claim.first_day, claim.until), (date(2026, 5, 16), date(2026, 8, 31)))

    def test_example_2_leap_year_has_365_days(self):
        receivable = self._receivable(10000, date(2024, 1, 31))
        self._pay_on(receivable, date(2024, 7, 15))
        self._assert_claim(receivable, "658.42")

    def test_example_3_payments_reduce_the_principal_and_the_interest_first_is_for_courts(self):
        receivable = self._receivable(10000, date(2026, 4, 30))
        self._pay_on(receivable, date(2026, 6, 15), 4000)
        self._assert_claim(receivable, "370.61", day=date(2026, 9, 30))
        self.assertEqual(receivable.amount_residual, 6000)
        court = receivable._get_interest_claims(date(2026, 9, 30), "interest")[receivable.id]
        self.assertEqual((court.interest, court.breakdown.payable), (Decimal("376.16"), Decimal("6376.16")))

    def test_example_4_credit_note_of_the_invoice_was_never_due(self):
        receivable = self._receivable(6000, date(2026, 1, 31))
        self._credit(receivable, 1200, date(2026, 3, 10))
        self._pay_on(receivable, date(2026, 5, 20))
        self._assert_claim(receivable, "174.16")

    def test_credit_note_of_something_else_counts_from_its_own_day(self):
        receivable = self._receivable(6000, date(2026, 1, 31))
        self._credit(receivable, 1200, date(2026, 3, 10), is_linked=False)
        self._pay_on(receivable, date(2026, 5, 20))
        # 6,000 for 38 days, then 4,800 for 71, at 12.15 %.
        self._assert_claim(receivable, "189.34")

    def test_regime_may_date_credit_notes(self):
        self._regime("fr_business").retroactive_credits = False
        receivable = self._receivable(6000, date(2026, 1, 31))
        self._credit(receivable, 1200, date(2026, 3, 10))
        self._pay_on(receivable, date(2026, 5, 20))
        self._assert_claim(receivable, "189.34")

    def test_example_5_consumer_owes_from_the_notice_and_no_compensation(self):
        customer = self._create_customer("Person", dunning_debtor_kind="consumer", is_company=False)
        receivable = self._receivable(1500, date(2026, 2, 28), partner=customer)
        self._assert_nothing(receivable, "not_started")
        self._put_in_default(receivable, date(2026, 4, 20))
        self._pay_on(receivable, date(2026, 9, 30))
        self._assert_claim(receivable, "18.04", compensation=0)

    def test_example_6_public_body_bears_one_rate(self):
        customer = self._create_customer("Town", dunning_debtor_kind="public")
        receivable = self._receivable(25000, date(2026, 6, 1), partner=customer)
        receivable.move_id.dunning_legal_due_date = date(2026, 6, 20)
        self._pay_on(receivable, date(2026, 9, 10))
        self._assert_claim(receivable, "570.07")

    def test_example_16_contract_of_three_times_the_legal_rate(self):
        self.company.write({"dunning_contract_mode": "multiple", "dunning_contract_factor": 3})
        receivable = self._receivable(12000, date(2026, 5, 15))
        self._pay_on(receivable, date(2026, 8, 31))
        self._assert_claim(receivable, "287.03")

    def test_example_18_one_day_late_over_a_boundary(self):
        receivable = self._receivable(10000, date(2026, 6, 30))
        self._pay_on(receivable, date(2026, 7, 1))
        self._assert_claim(receivable, "3.40")

    def test_paid_on_the_due_date_owes_nothing(self):
        receivable = self._receivable(10000, date(2026, 6, 30))
        self._pay_on(receivable, date(2026, 6, 30))
        self._assert_nothing(receivable, "not_late")

    def test_due_today_is_not_late(self):
        self._assert_nothing(self._receivable(due=DAY), "not_late")

    # --- payments -------------------------------------------------------------------------------------------------

    def test_several_payments_of_one_day_are_one_step(self):
        receivable = self._receivable(10000, date(2026, 4, 30))
        self._pay_on(receivable, date(2026, 6, 15), 1500)
        self._pay_on(receivable, date(2026, 6, 15), 2500)
        claim = self._assert_claim(receivable, "370.61", day=date(2026, 9, 30))
        self.assertEqual([segment.base for segment in claim.breakdown.segments], [10000, 6000, 6000])

    def test_surplus_of_a_payment_is_a_credit_and_earns_nothing(self):
        receivable = self._receivable(12000, date(2026, 5, 15))
        payment = self._pay_on(receivable, date(2026, 8, 31), 15000)
        claim = self._assert_claim(receivable, "436.50")
        self.assertEqual(claim.breakdown.base, 0)
        surplus = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(self._claim(surplus).problem, "no_interest")

    def test_payment_before_the_due_date_reduces_what_is_late(self):
        receivable = self._receivable(12000, date(2026, 5, 15))
        self._pay_on(receivable, date(2026, 5, 2), 2000)
        claim = self._claim(receivable, date(2026, 6, 15))
        self.assertEqual([segment.base for segment in claim.breakdown.segments], [10000])

    def test_reconciliation_undone_later_lets_interest_run_on(self):
        receivable = self._receivable(10000, date(2026, 6, 30))
        self._pay_on(receivable, date(2026, 7, 1))
        self._assert_claim(receivable, "3.40")
        receivable.remove_move_reconcile()
        self._assert_claim(receivable, "489.21")

    def test_invoice_paid_late_stays_claimable(self):
        receivable = self._receivable(12000, date(2026, 5, 15))
        self._pay_on(receivable, date(2026, 8, 31))
        self.assertTrue(receivable.reconciled)
        self._assert_claim(receivable, "436.50", day=date(2026, 12, 31))

    def test_day_of_a_payment_is_that_of_the_bank_or_that_of_the_payment(self):
        receivable = self._receivable(10000, date(2026, 6, 30))
        payment = self._pay_on(receivable, date(2026, 7, 1))
        statement_line = self.env["account.bank.statement.line"].create({
            "journal_id": self.company_data["default_journal_bank"].id, "date": date(2026, 7, 3), "amount": 10000,
            "partner_id": receivable.partner_id.id,
        })
        outstanding = payment.move_id.line_ids.filtered(lambda line: line.balance > 0)
        statement_line = statement_line.with_context(skip_account_move_synchronization=True)
        _liquidity, suspense, _other = statement_line._seek_for_lines()
        suspense.account_id = outstanding.account_id
        (outstanding + suspense).reconcile()
        self._assert_claim(receivable, "10.19")
        self.company.dunning_payment_day = "payment"
        self._assert_claim(receivable, "3.40")

    # --- instalments, currencies, entries ---------------------------------------------------------------------------

    def test_two_instalments_bear_their_own_days_and_one_compensation(self):
        terms = self.env["account.payment.term"].create({"name": "Halves", "line_ids": [
            Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 30)]})
        receivables = self._receivable(12000, date(2026, 5, 15), invoice_payment_term_id=terms.id,
                                       invoice_date=date(2026, 5, 15)).sorted("date_maturity")
        claims = receivables._get_interest_claims(date(2026, 6, 15))
        # 6,000 for 31 days, 6,000 for one day.
        self.assertEqual([(claims[line.id].interest, claims[line.id].compensation) for line in receivables],
                         [(Decimal("61.92"), 40), (Decimal("2.00"), 0)])
        self.assertEqual(self._claim(receivables[1], date(2026, 6, 15)).compensation, 0)

    def test_second_instalment_alone_late_has_the_compensation(self):
        terms = self.env["account.payment.term"].create({"name": "Halves", "line_ids": [
            Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 30)]})
        receivables = self._receivable(12000, date(2026, 5, 15), invoice_payment_term_id=terms.id,
                                       invoice_date=date(2026, 5, 15)).sorted("date_maturity")
        self._pay_on(receivables[0], date(2026, 5, 15), 6000)
        self.assertEqual([self._claim(line, date(2026, 6, 15)).compensation for line in receivables], [0, 40])

    def test_compensation_goes_to_an_instalment_that_letters_still_name(self):
        terms = self.env["account.payment.term"].create({"name": "Halves", "line_ids": [
            Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 30)]})
        receivables = self._receivable(12000, date(2026, 5, 15), invoice_payment_term_id=terms.id,
                                       invoice_date=date(2026, 5, 15)).sorted("date_maturity")
        self._pay_on(receivables[0], date(2026, 5, 20), 6000)
        self.assertEqual([self._claim(line, date(2026, 6, 15)).compensation for line in receivables], [0, 40])
        self._pay_on(receivables[1], date(2026, 6, 20), 6000)
        self.assertEqual([self._claim(line).compensation for line in receivables], [40, 0])

    def test_interest_is_in_the_currency_of_the_invoice_and_the_compensation_in_that_of_the_law(self):
        dollars = self.env.ref("base.USD")
        self.env["res.currency.rate"].create({"currency_id": dollars.id, "rate": 2, "name": "2026-01-01",
                                              "company_id": self.company.id})
        receivable = self._receivable(12000, date(2026, 5, 15), currency_id=dollars.id)
        self._pay_on(receivable, date(2026, 8, 31))
        claim = self._assert_claim(receivable, "436.50")
        self.assertEqual((claim.currency, claim.compensation_currency), (dollars, self.euro))
        self.assertEqual(claim.total, Decimal("436.50"))

    def test_currency_without_regime_is_said(self):
        self._regime("fr_business").currency_id = self.euro
        receivable = self._receivable(12000, date(2026, 5, 15), currency_id=self.env.ref("base.USD").id)
        claim = self._assert_nothing(receivable, "no_regime")
        self.assertIn("EUR", claim.problem_text)

    def _book_entry(self, *lines, journal="default_journal_misc", day=date(2026, 1, 1)):
        move = self.env["account.move"].create({
            "journal_id": self.company_data[journal].id, "date": day, "line_ids": [
                Command.create({"account_id": account.id, "partner_id": self.customer.id, "balance": balance,
                                "name": "Old invoice", "date_maturity": maturity})
                for account, balance, maturity in lines],
        })
        move.action_post()
        return move

    def test_each_item_of_an_opening_entry_stands_for_an_invoice(self):
        debts, other = self.company_data["default_account_receivable"], self.company_data["default_account_revenue"]
        move = self._book_entry((debts, 12000, date(2026, 5, 15)), (debts, 5000, date(2026, 8, 31)),
                                (other, -17000, False))
        self.assertEqual([self._claim(line, date(2026, 8, 31)).compensation for line in self._get_receivables(move)],
                         [40, 0])
        self._assert_claim(self._get_receivables(move)[0], "436.50", day=date(2026, 8, 31))
        self.assertEqual(self._claim(self._get_receivables(move)[1]).compensation, 40)

    def test_debt_moved_to_doubtful_customers_bears_no_second_compensation(self):
        first = self.company_data["default_account_receivable"]
        doubtful = first.copy()
        receivable = self._receivable(12000, date(2026, 5, 15))
        move = self._book_entry((first, -12000, False), (doubtful, 12000, date(2026, 8, 31)), day=date(2026, 8, 31))
        moved = self._get_receivables(move).filtered(lambda line: line.balance > 0)
        (receivable + self._get_receivables(move) - moved).reconcile()
        self._assert_claim(receivable, "436.50")
        self._assert_claim(moved, "334.29", compensation=0)

    def test_credit_notes_and_invoices_of_charges_bear_nothing(self):
        receivable = self._receivable(1000, date(2026, 5, 15))
        note = self._credit(self._receivable(100, date(2026, 5, 15)), 300, date(2026, 5, 20))
        self._assert_nothing(self._get_receivables(note), "no_interest")
        receivable.move_id.sudo().dunning_is_charge = True
        self._assert_nothing(receivable, "no_interest")

    def test_drafts_bear_nothing(self):
        receivable = self._receivable(1000, date(2026, 5, 15))
        receivable.move_id.button_draft()
        self._assert_nothing(receivable, "no_interest")

    # --- what may not be claimed ------------------------------------------------------------------------------------

    def test_unknown_rate_is_said_and_nothing_is_guessed(self):
        receivable = self._receivable(10000, date(2026, 12, 1))
        self._assert_claim(receivable, "101.92", day=date(2026, 12, 31))
        claim = self._assert_nothing(receivable, "no_rate", day=date(2027, 1, 1))
        self.assertIn("01/01/2027", claim.problem_text)
        self.assertEqual([gap.days for gap in claim.breakdown.gaps], [1])

    def test_nothing_is_claimed_by_an_unlawful_regime(self):
        customer = self._create_customer("Person", dunning_debtor_kind="consumer",
                                         dunning_regime_id=self._regime("fr_business").id)
        self._assert_nothing(self._receivable(partner=customer), "unlawful")

    def test_nothing_is_claimed_where_nothing_is_wanted(self):
        self.customer.dunning_regime_id = self._regime("none")
        self._assert_nothing(self._receivable(), "no_interest")

    def test_regime_of_the_customer_before_that_of_the_terms_before_that_of_the_policy(self):
        def regime(name):
            return self._regime("fr_business").copy({"name": name})

        terms = self.env["account.payment.term"].create({"name": "Terms"})
        receivable = self._receivable(due=date(2026, 4, 30), invoice_payment_term_id=terms.id)
        self.policy.regime_id = regime("Policy")
        self.assertEqual(self._claim(receivable).regime, self.policy.regime_id)
        terms.dunning_regime_id = regime("Terms")
        self.assertEqual(self._claim(receivable).regime, terms.dunning_regime_id)
        self.customer.dunning_regime_id = regime("Customer")
        self.assertEqual(self._claim(receivable).regime, self.customer.dunning_regime_id)

    def test_unknown_kind_of_debtor_is_a_consumer(self):
        customer = self._create_customer("Nobody Knows", dunning_debtor_kind=False)
        claim = self._assert_nothing(self._receivable(partner=customer), "not_started")
        self.assertEqual(claim.regime, self._regime("fr_consumer"))

    def test_notice_that_came_back_puts_nobody_in_default(self):
        customer = self._create_customer("Person", dunning_debtor_kind="consumer")
        receivable = self._receivable(1500, date(2026, 2, 28), partner=customer)
        self._put_in_default(receivable, date(2026, 4, 20), is_returned=True)
        self._assert_nothing(receivable, "not_started")

    def test_day_entered_on_the_invoice_counts_for_a_notice_sent_otherwise(self):
        customer = self._create_customer("Person", dunning_debtor_kind="consumer")
        receivable = self._receivable(1500, date(2026, 2, 28), partner=customer)
        receivable.move_id.dunning_interest_start = date(2026, 4, 20)
        self._assert_claim(receivable, "18.04", compensation=0, day=date(2026, 9, 30))

    def test_belgian_consumer_has_fourteen_days_after_the_first_reminder(self):
        """Example 11b: an e-mail of 6 July, the fourteen days end on 20 July; from a letter they begin later."""
        self._settle_in(self.company, "base.be")
        self.company.dunning_contract_clause = True
        customer = self._create_customer("Person", dunning_debtor_kind="consumer")
        receivable = self._receivable(400, date(2026, 6, 30), partner=customer)
        self._assert_nothing(receivable, "not_started")
        reminder = self._put_in_default(receivable, date(2026, 7, 6), stage="reminder_1", channel="email")
        self.assertEqual(self._claim(receivable, date(2026, 7, 20)).problem, "not_started")
        claim = self._assert_claim(receivable, "8.28", compensation=55, day=date(2026, 9, 30))
        self.assertEqual(claim.first_day, date(2026, 7, 21))
        reminder.dispatch_ids.channel = "letter"
        self.assertGreater(self._claim(receivable, date(2026, 9, 30)).first_day, date(2026, 7, 21))

    def test_scale_looks_at_what_was_late_of_the_whole_invoice(self):
        pounds = self.env.ref("base.GBP")
        pounds.active = True
        self.customer.dunning_regime_id = self._regime("uk_business")
        terms = self.env["account.payment.term"].create({"name": "Halves", "line_ids": [
            Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 30)]})
        receivables = self._receivable(12000, date(2026, 5, 15), currency_id=pounds.id,
                                       invoice_payment_term_id=terms.id, invoice_date=date(2026, 5, 15))
        claims = receivables._get_interest_claims()
        self.assertEqual(sorted(claim.compensation for claim in claims.values()), [0, 100])
        self.assertEqual({claim.compensation_currency for claim in claims.values() if claim.compensation}, {pounds})

    # --- what was decided before --------------------------------------------------------------------------------------

    def test_days_and_compensation_are_claimed_once(self):
        receivable = self._receivable(12000, date(2026, 5, 15))
        self.env["dunning.charge"]._waive(receivable, "A gesture", day=date(2026, 6, 30))
        claim = self._assert_claim(receivable, "252.76", compensation=0, day=date(2026, 8, 31))
        self.assertEqual((claim.first_day, claim.charged_until), (date(2026, 7, 1), date(2026, 6, 30)))
        self.assertEqual([pause.days for pause in claim.breakdown.pauses], [46])

    def test_rate_of_a_public_body_stays_that_of_its_first_day_after_a_claim(self):
        customer = self._create_customer("Town", dunning_debtor_kind="public")
        receivable = self._receivable(25000, date(2026, 6, 20), partner=customer)
        self.patch(type(self.env["dunning.charge"]), "_get_charged",
                   lambda charges, line_ids: {receivable.id: Charged(date(2026, 7, 10), True)})
        claim = self._claim(receivable, date(2026, 9, 10))
        self.assertEqual({segment.percent for segment in claim.breakdown.segments}, {Decimal("10.15")})

    def test_whole_dispute_rests_and_a_part_bears_less(self):
        receivable = self._receivable(10000, date(2026, 4, 30))
        lines = type(self.env["account.move.line"])
        whole = {receivable.id: [(date(2026, 5, 1), None, None, "Dispute")]}
        part = {receivable.id: [(date(2026, 5, 1), None, Decimal(4000), "Dispute")]}
        self.patch(lines, "_get_interest_suspensions", lambda lines, line_ids: whole)
        claim = self._assert_claim(receivable, 0, compensation=0, day=date(2026, 6, 15))
        self.assertEqual([pause.reason for pause in claim.breakdown.pauses], ["Dispute"])
        self.patch(lines, "_get_interest_suspensions", lambda lines, line_ids: part)
        claim = self._assert_claim(receivable, "91.87", day=date(2026, 6, 15))
        self.assertEqual([segment.base for segment in claim.breakdown.segments], [6000])

    def test_interest_ends_on_the_eve_of_a_judgment(self):
        receivable = self._receivable(12000, date(2026, 5, 15))
        self.patch(type(self.env["account.move.line"]), "_get_interest_last_days",
                   lambda lines, line_ids: {receivable.id: date(2026, 8, 31)})
        claim = self._assert_claim(receivable, "436.50")
        self.assertEqual(claim.breakdown.daily, 0)

    # --- companies ------------------------------------------------------------------------------------------------

    def test_each_company_claims_by_the_law_of_its_country(self):
        other = self._create_company(name="Tischlerei", currency_id=self.euro.id)
        company_data = self.collect_company_accounting_data(other)
        self._settle_in(company_data["company"], "base.de")
        customer = self._create_customer("Kunde").with_company(other)
        customer.dunning_debtor_kind = "business"
        german = self.env["account.move"].with_company(other).create({
            "move_type": "out_invoice", "partner_id": customer.id, "company_id": other.id, "currency_id": self.euro.id,
            "invoice_date": date(2026, 5, 1), "invoice_date_due": date(2026, 6, 1), "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 5000, "tax_ids": []})],
        })
        german.action_post()
        french = self._receivable(12000, date(2026, 5, 15))
        lines = french + self._get_receivables(german)
        claims = lines._get_interest_claims(date(2026, 7, 31))
        self.assertEqual(claims[lines[1].id].interest, Decimal("85.47"))
        self.assertEqual(claims[french.id].interest, self._claim(french, date(2026, 7, 31)).interest)
        self.assertEqual(claims[lines[1].id].regime, self._regime("de_business"))


@tagged("post_install", "-at_install")
class TestInterestShown(InterestCommon):

    def test_invoice_shows_interest_compensation_total_and_the_daily_amount(self):
        move = self._receivable(12000, date(2026, 5, 15)).move_id
        self.assertEqual(move.dunning_interest, 770.79)
        self.assertEqual((move.dunning_compensation, move.dunning_claim_total), (40, 12810.79))
        self.assertIn("4.08", move.dunning_interest_text)

    def test_invoice_says_why_nothing_is_computed(self):
        self.customer.dunning_debtor_kind = "consumer"
        move = self._receivable(12000, date(2026, 5, 15)).move_id
        self.assertEqual((move.dunning_interest, move.dunning_compensation, move.dunning_claim_total), (0, 0, 12000))
        self.assertIn("formal notice", move.dunning_interest_text)

    def test_credit_notes_claim_nothing_and_drafts_have_no_computation(self):
        receivable = self._receivable(1000, date(2026, 5, 15))
        note = self._credit(receivable, 300, date(2026, 5, 20))
        self.assertEqual((note.dunning_interest, note.dunning_claim_total), (0, 0))
        receivable.move_id.button_draft()
        with self.assertRaisesRegex(UserError, "posted customer invoices"):
            receivable.move_id.action_dunning_show_computation()

    def test_followup_sums_its_open_items_in_the_currency_of_the_company(self):
        dollars = self.env.ref("base.USD")
        self.env["res.currency.rate"].create({"currency_id": dollars.id, "rate": 2, "name": "2026-01-01",
                                              "company_id": self.company.id})
        self._receivable(12000, date(2026, 5, 15))
        self._receivable(12000, date(2026, 5, 15), currency_id=dollars.id)
        self.env["dunning.followup"]._sync(self.company, DAY, self.customer.ids)
        followup = self._get_followup()
        self.assertEqual((followup.amount_interest, followup.amount_compensation), (1156.19, 80))
        self.assertEqual(followup.amount_claim, 18000 + 1156.19 + 80)

    def test_invoicing_user_without_dunning_rights_reads_it_and_another_company_does_not(self):
        move = self._receivable(12000, date(2026, 5, 15)).move_id
        clerk = new_test_user(self.env, "clerk", "base.group_user,account.group_account_invoice",
                              company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        action = move.with_user(clerk).action_dunning_show_computation()
        computation = self.env["dunning.computation"].with_user(clerk).browse(action["res_id"])
        self.assertIn("770.79", computation.content)
        self.assertEqual(move.with_user(clerk).dunning_interest, 770.79)
        elsewhere = self._create_company(name="Elsewhere")
        stranger = new_test_user(self.env, "stranger", "base.group_user,account.group_account_invoice",
                                 company_id=elsewhere.id, company_ids=[Command.set(elsewhere.ids)])
        with self.assertRaises(AccessError):
            self.env["report.account_dunning.report_interest_annex"].with_user(stranger)._get_report_values(move.ids)

    def test_queries_do_not_grow_with_the_number_of_invoices(self):
        few = self.env["account.move.line"].union(*(self._receivable(100, date(2026, 5, 15)) for _one in range(5)))
        many = few.union(*(self._receivable(100, date(2026, 5, 15)) for _one in range(45)))
        for receivable in many[::10]:
            self._pay_on(receivable, date(2026, 6, 15), 40)
        self.env.flush_all()
        few._get_interest_claims()
        counts = []
        for lines in (few, many):
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            self.assertEqual(len(lines._get_interest_claims()), len(lines))
            counts.append(self.cr.sql_log_count - start)
        self.assertEqual(counts[0], counts[1])

    def test_rows_tell_periods_payments_and_credits_and_add_up(self):
        receivable = self._receivable(10000, date(2026, 4, 30))
        self._pay_on(receivable, date(2026, 6, 15), 4000)
        self._credit(receivable, 500, date(2026, 7, 20), is_linked=False)
        claims = receivable._get_interest_claims(date(2026, 9, 30))
        [block] = receivable._prepare_interest_rows(claims)
        self.assertEqual([row["kind"] for row in block["rows"]],
                         ["segment", "payment", "segment", "segment", "credit", "segment"])
        amounts = [segment.amount for segment in claims[receivable.id].breakdown.segments]
        self.assertEqual(sum(amounts), Decimal(block["interest_value"]))
        self.assertEqual(block["rows"][0]["rate_detail"], "2.15\xa0% + 10.00 points")

    def test_rows_say_what_was_never_due_what_rests_and_what_is_not_known(self):
        receivable = self._receivable(10000, date(2026, 11, 30))
        self._credit(receivable, 1000, date(2026, 12, 20))
        self.env["dunning.charge"]._waive(receivable, "A gesture", day=date(2026, 12, 10))
        [block] = receivable._prepare_interest_rows(receivable._get_interest_claims(date(2027, 1, 10)))
        self.assertEqual([row["kind"] for row in block["rows"]], ["credit", "pause", "segment", "gap"])
        self.assertIn("deducted from the beginning", block["rows"][0]["label"])
        self.assertEqual(block["rows"][1]["note"], "Claimed or waived before")
        self.assertEqual((block["interest"], block["rows"][3]["amount"]), ("", ""))
        self.assertTrue(block["problem"])

    def test_annex_of_frozen_rows_is_the_same(self):

        receivable = self._receivable(12000, date(2026, 5, 15)).with_context(lang="en_US")
        blocks = receivable._prepare_interest_rows(receivable._get_interest_claims())
        frozen = json.loads(json.dumps(blocks))
        render = self.env["ir.qweb"]._render
        fresh = render("account_dunning.interest_breakdown", {"annex": receivable._prepare_interest_annex(blocks)})
        again = render("account_dunning.interest_breakdown", {"annex": receivable._prepare_interest_annex(frozen)})
        self.assertEqual(fresh, again)
        self.assertIn("810.79", fresh)

    def test_sources_of_rates_are_for_users_only(self):
        receivable = self._receivable(12000, date(2026, 5, 15))
        docs = self.env["report.account_dunning.report_interest_annex"]._prepare_docs(receivable)
        shown = self.env["ir.qweb"]._render("account_dunning.interest_computation", {"docs": docs, "is_internal": True})
        printed = self.env["ir.qweb"]._render("account_dunning.interest_breakdown", {"annex": docs[0]["annex"]})
        self.assertIn("Secondary", shown)
        self.assertNotIn("Secondary", printed)
        self.assertNotIn("European Central Bank", printed)


@tagged("post_install", "-at_install")
class TestInterestAnnex(InterestCommon):
    """The computation on paper, read back from the file."""

    def _print(self, receivables, **data):
        """Return the words of each page, on one line."""
        self.env["ir.config_parameter"].set_param("report.url", f"http://127.0.0.1:{config['http_port']}")
        self.company.external_report_layout_id = self.env.ref("web.external_layout_standard")
        report = self.env["ir.actions.report"]
        with self.allow_pdf_render():
            content, _kind = report.with_context(force_report_rendering=True)._render_qweb_pdf(
                "account_dunning.report_interest_annex", data={"line_ids": receivables.ids, **data})
        return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]

    def test_printed_periods_add_up_to_the_printed_total(self):
        receivable = self._receivable(12000, date(2026, 5, 15))
        self._pay_on(receivable, date(2026, 8, 31))
        [words] = self._print(receivable, day="2026-11-21")
        for text in (receivable.move_id.name, "05/16/2026 to 06/30/2026", "46", "12.15", "2.15 % + 10.00 points",
                     "07/01/2026 to 08/31/2026", "62", "12.40", "Payment of 08/31/2026", "L441-10"):
            self.assertIn(text, words)
        amounts = [Decimal(text.replace(",", "")) for text in re.findall(r"([\d,]+\.\d\d) ?€", words)]
        self.assertEqual(amounts.count(Decimal("183.75")), 1)
        self.assertEqual(amounts.count(Decimal("252.75")), 1)
        self.assertIn(Decimal("436.50"), amounts)
        self.assertEqual(amounts[-1], Decimal("476.50"))

    def test_each_customer_has_his_own_pages_in_his_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        other = self._create_customer("Menuiserie Durand", lang="fr_FR")
        due = date(2026, 5, 15)
        first, second = self._print(self._receivable(12000, due) + self._receivable(500, due, partner=other))
        self.assertIn("Customer", first)
        self.assertIn("05/16/2026", first)
        self.assertNotIn("Menuiserie", first)
        self.assertIn("Menuiserie Durand", second)
        self.assertIn("16/05/2026", second)
        self.assertIn("32,12 €", second.replace("\xa0", " "))

    def test_button_prints_what_the_dialog_shows(self):
        receivable = self._receivable(10000, date(2026, 4, 30))
        self._pay_on(receivable, date(2026, 6, 15), 4000)
        action = receivable.move_id.action_dunning_show_computation()
        computation = self.env["dunning.computation"].browse(action["res_id"])
        computation.write({"date": date(2026, 9, 30), "imputation": "interest"})
        self.assertIn("376.16", computation.content)
        printing = computation.action_print()
        [words] = self._print(self.env["account.move.line"], **printing["data"])
        self.assertIn("376.16", words)
        self.assertIn("cover interest before principal", words)
