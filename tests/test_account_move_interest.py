from datetime import date, timedelta
from decimal import Decimal

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

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
        cls.company.write({
            "currency_id": cls.euro.id, "country_id": cls.env.ref("base.fr").id,
            "account_fiscal_country_id": cls.env.ref("base.fr").id,
        })

    def _receivable(self, amount=10000, due=date(2026, 4, 30), **values):
        return self._create_receivable(amount, due=due, **{"currency_id": self.euro.id, **values})

    def _pay_on(self, receivable, day, amount=None):
        return self._register_payment(receivable.move_id, amount=amount or receivable.move_id.amount_residual,
                                      payment_date=day, currency_id=receivable.currency_id.id)

    def _credit(self, receivable, amount, day, is_linked=True, is_matched=True):
        """Return a credit note for this invoice, that refers to it or not, matched with it or not."""
        note = self.env["account.move"].create({
            "move_type": "out_refund", "partner_id": receivable.partner_id.id, "invoice_date": day,
            "currency_id": receivable.currency_id.id, "company_id": receivable.company_id.id,
            "reversed_entry_id": receivable.move_id.id if is_linked else False,
            "invoice_line_ids": [Command.create({"name": "Back", "price_unit": amount, "tax_ids": []})],
        })
        note.action_post()
        if is_matched:
            (receivable + self._get_receivables(note)).reconcile()
        return note

    def _get_receivables(self, move):
        return move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _claim(self, receivable, day=None):
        return receivable._get_interest_claims(day)[receivable.id]

    def _assert_claim(self, receivable, interest, compensation=40, day=None):
        claim = self._claim(receivable, day)
        self.assertFalse(claim.problem_text)
        self.assertEqual((claim.interest, claim.compensation), (Decimal(str(interest)), compensation))
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
