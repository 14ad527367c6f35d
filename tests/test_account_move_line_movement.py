from datetime import date
from decimal import Decimal

from odoo.fields import Command
from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestAccountMoveLineMovement(DunningCommon):
    """What reduced a receivable: on which day, by how much, and whether it was money."""

    def _get(self, line):
        return line._get_dunning_movements()[line.id]

    def _enter(self, day, amount, line):
        """Book a bank transaction on this day."""
        return self.env["account.bank.statement.line"].create({
            "journal_id": self.company_data["default_journal_bank"].id, "date": day, "amount": amount,
            "payment_ref": "Transfer", "partner_id": line.partner_id.id,
        })

    def test_payment_is_money_on_the_day_of_the_payment(self):
        line = self._create_receivable(late=10)
        self._register_payment(line.move_id, amount=400, payment_date=date(2026, 11, 16))
        movement, = self._get(line)
        self.assertEqual(movement[:5], (date(2026, 11, 16), Decimal(400), Decimal(400), "money", False))

    def test_day_is_that_of_the_bank_once_the_payment_is_matched_with_it(self):
        line = self._create_receivable(late=10)
        payment = self._register_payment(line.move_id, amount=1000, payment_date=date(2026, 11, 10))
        outstanding = payment.move_id.line_ids.filtered("debit")
        outstanding.account_id.reconcile = True
        transaction = self._enter(date(2026, 11, 13), 1000, line)
        suspense = transaction.move_id.line_ids.filtered("credit")
        transaction.move_id.button_draft()
        suspense.account_id = outstanding.account_id
        transaction.move_id.action_post()
        (outstanding + suspense).reconcile()
        movement, = self._get(line)
        self.assertEqual((movement.day, movement.kind), (date(2026, 11, 13), "money"))

    def test_bank_transaction_matched_directly_counts_on_its_day(self):
        line = self._create_receivable(late=10)
        transaction = self._enter(date(2026, 11, 12), 1000, line)
        suspense = transaction.move_id.line_ids.filtered("credit")
        transaction.move_id.button_draft()
        suspense.account_id = line.account_id
        transaction.move_id.action_post()
        (line + suspense).reconcile()
        movement, = self._get(line)
        self.assertEqual((movement.day, movement.kind), (date(2026, 11, 12), "money"))

    def test_part_payments_come_in_the_order_of_their_days(self):
        line = self._create_receivable(late=10)
        for day, amount in ((17, 300), (12, 200), (16, 100)):
            self._register_payment(line.move_id, amount=amount, payment_date=date(2026, 11, day))
        self.assertEqual([(one.day.day, one.amount) for one in self._get(line)], [
            (12, Decimal(200)), (16, Decimal(100)), (17, Decimal(300))])

    def _reconcile_refund(self, line, refund):
        refund.action_post()
        (line + refund.line_ids.filtered(lambda one: one.account_type == "asset_receivable")).reconcile()

    def test_credit_note_of_the_invoice_is_its_own(self):
        line = self._create_receivable(late=10)
        refund = line.move_id._reverse_moves([{"invoice_date": date(2026, 11, 16), "date": date(2026, 11, 16)}])
        refund.invoice_line_ids.price_unit = 250
        self._reconcile_refund(line, refund)
        movement, = self._get(line)
        self.assertEqual(movement[:5], (date(2026, 11, 16), Decimal(250), Decimal(250), "credit_note", True))
        self.assertEqual(movement.name, refund.name)

    def test_credit_note_without_link_is_not_its_own(self):
        line = self._create_receivable(late=10)
        refund = self.env["account.move"].create({
            "move_type": "out_refund", "partner_id": self.customer.id, "invoice_date": date(2026, 11, 16),
            "invoice_line_ids": [Command.create({"name": "Goodwill", "price_unit": 100, "tax_ids": []})],
        })
        self._reconcile_refund(line, refund)
        movement, = self._get(line)
        self.assertEqual((movement.kind, movement.is_own_credit), ("credit_note", False))

    def test_write_off_is_neither_money_nor_a_credit_note(self):
        line = self._create_receivable(late=10)
        entry = self.env["account.move"].create({"move_type": "entry", "date": self.today, "line_ids": [
            Command.create({"account_id": line.account_id.id, "partner_id": self.customer.id, "credit": 1000}),
            Command.create({"account_id": self.company_data["default_account_expense"].id, "debit": 1000}),
        ]})
        entry.action_post()
        (line + entry.line_ids.filtered("credit")).reconcile()
        movement, = self._get(line)
        self.assertEqual((movement.kind, movement.amount), ("other", Decimal(1000)))

    def test_payment_that_was_undone_is_no_movement(self):
        line = self._create_receivable(late=10)
        self._pay(line)
        line.remove_move_reconcile()
        self.assertEqual(self._get(line), [])

    def test_foreign_currency_in_both_amounts(self):
        currency = self.setup_other_currency("HRK", rates=[("2020-01-01", 2.0)])
        line = self._create_receivable(1000, late=10, currency_id=currency.id)
        self._register_payment(line.move_id, amount=300, payment_date=date(2026, 11, 16), currency_id=currency.id)
        movement, = self._get(line)
        self.assertEqual((movement.amount, movement.amount_company), (Decimal(300), Decimal(150)))

    def test_exchange_difference_is_no_movement_of_the_debt(self):
        """The rate fell before the payment: what is left in the books of the company is not paid nor owed."""
        currency = self.setup_other_currency("HRK", rates=[("2020-01-01", 2.0), ("2026-11-15", 4.0)])
        line = self._create_receivable(1000, late=10, currency_id=currency.id)
        self._register_payment(line.move_id, amount=1000, payment_date=date(2026, 11, 16), currency_id=currency.id)
        self.assertTrue(line.reconciled)
        self.assertEqual([(one.amount, one.kind) for one in self._get(line)], [(Decimal(1000), "money")])

    def test_one_query_for_many_lines(self):
        lines = self.env["account.move.line"]
        for _number in range(5):
            lines += self._create_receivable(late=10)
        for line in lines:
            self._pay(line, 100)
        self.env.flush_all()
        with self.assertQueryCount(1):
            movements = lines._get_dunning_movements()
        self.assertEqual([len(movements[line.id]) for line in lines], [1] * 5)
        self.assertEqual(self.env["account.move.line"]._get_dunning_movements(), {})
