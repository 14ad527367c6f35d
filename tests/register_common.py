from datetime import timedelta

from odoo.tests import new_test_user

from .common import DunningCommon

NUMBER = "2C12345678901"


class RegisterCommon(DunningCommon):
    """A policy whose formal notice goes by letters of every kind, and the days of such a letter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.with_company(cls.company).write({"dunning_debtor_kind": "consumer", "is_company": False})
        cls.france = cls.env.ref("base.fr")
        cls.company.write({"country_id": cls.france.id, "account_fiscal_country_id": cls.france.id})
        cls.customer.country_id = cls.france
        cls.user = new_test_user(
            cls.env, "k3_user", "base.group_user,account_dunning.group_dunning_user", company_id=cls.company.id)

    def _produce(self, channel="registered", customer=None, **more):
        """Return the letter of a formal notice that was produced today and waits to be posted."""
        self.formal.channel = channel
        followup = self._ensure_followup(customer)
        receivable = self._create_receivable(late=40, partner=customer)
        notice = self.env["dunning.notice"]
        vals = notice._prepare_plan_vals(followup, self.formal, self.env["res.partner"], self.today)
        problem = notice._add_channels(vals, followup, self.formal, False, self.today)
        self.assertFalse(problem)
        snapshots = notice._get_line_snapshots(receivable.ids, followup.partner_id.ids, self.company)
        vals["line_ids"] = [notice._prepare_line_command(snapshots[receivable.id], "moving", self.formal.id)]
        notice = notice.create({**vals, **more})
        notice._freeze(self.today)
        return notice.dispatch_ids.filtered("leading")

    def _ensure_followup(self, customer=None):
        customer = customer or self.customer
        if not self._get_followup(customer):
            self.env["dunning.followup"].create({"company_id": self.company.id, "partner_id": customer.id})
        return self._get_followup(customer)

    def _deposit(self, letter, number=NUMBER, provider="La Poste"):
        deposit = self.env["dunning.deposit"].browse(letter.action_deposit()["res_id"])
        deposit.write({"provider": provider, "date": self.today})
        deposit.line_ids.tracking_number = number
        deposit.action_deposit()

    def _later(self, days):
        self._set_today(self.today + timedelta(days=days))
        return self.today

    def _note(self, letter, event, **values):
        record = self.env["dunning.dispatch.event"].browse(getattr(letter, f"action_{event}")()["res_id"])
        record.write(values)
        record.action_note()

    def _upload(self, content, name="receipt.pdf"):
        return self.env["ir.attachment"].create({"name": name, "raw": content, "res_model": "dunning.dispatch.event"})

    def _get_interest_start(self, letter):
        lines = letter.notice_id.line_ids.line_id
        self.env.flush_all()
        return lines._get_formal_effective_dates(lines.ids).get(lines.id)
