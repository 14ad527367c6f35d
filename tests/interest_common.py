from datetime import date
from decimal import Decimal

from odoo.fields import Command

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
        # A French number is no address on the networks of other countries.
        company.partner_id.write({"company_registry": False, "peppol_endpoint": False})
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
                "date_received": day,
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
