from datetime import date

from odoo.fields import Command

from .common import DunningCommon

DUE = date(2026, 5, 15)
AUGUST = date(2026, 8, 31)
TODAY = date(2026, 11, 18)


class ChargeCommon(DunningCommon):
    """A French company with accounts for charges; the worked example of law.md: 12,000 due on 15 May 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        france = cls.env.ref("base.fr")
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.company.write({"country_id": france.id, "account_fiscal_country_id": france.id})
        cls.interest_account, cls.compensation_account = cls.env["account.account"].create([
            {"name": name, "code": code, "account_type": "income_other", "company_ids": [Command.set(cls.company.ids)]}
            for name, code in (("Interest", "763100"), ("Compensation", "758100"))
        ])
        cls.company.write({
            "dunning_interest_account_id": cls.interest_account.id,
            "dunning_compensation_account_id": cls.compensation_account.id,
        })
        cls.charges = cls.env["dunning.charge"]

    def _create_late(self, amount=12000, due=DUE, partner=None, **values):
        return self._create_receivable(amount, due=due, partner=partner, **{"currency_id": self.euro.id, **values})

    def _pay_on(self, receivable, day, amount=None):
        return self._register_payment(receivable.move_id, amount=amount or receivable.move_id.amount_residual,
                                      payment_date=day, currency_id=receivable.currency_id.id)

    def _create_paid_late(self, amount=12000, due=DUE, paid=AUGUST, **values):
        """Return a receivable that was settled late: 436.50 of interest with the defaults."""
        receivable = self._create_late(amount, due, **values)
        self._pay_on(receivable, paid)
        return receivable

    def _claim(self, receivable, **options):
        return self.charges._claim(receivable, **options)

    def _get_claim(self, receivable, day=None):
        return receivable._get_interest_claims(day)[receivable.id]

    def _assert_charges(self, charges, expected):
        self.assertEqual([(charge.kind, charge.amount) for charge in charges], expected)

    def _open_wizard(self, lines, **values):
        wizard = self.env["dunning.charge.wizard"].browse(
            self.env["dunning.charge.wizard"]._open_for(lines)["res_id"])
        wizard.write(values)
        return wizard
