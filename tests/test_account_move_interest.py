from datetime import date
from decimal import Decimal

from odoo.fields import Command
from odoo.tests import tagged

from ..models.charge.dunning_charge import Charged
from .interest_common import DAY, InterestCommon


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
