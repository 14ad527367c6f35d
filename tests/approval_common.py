from datetime import timedelta

from odoo.fields import Command
from odoo.tests import new_test_user

from .common import DunningCommon


class ApprovalCommon(DunningCommon):
    """A formal step as it ships: accounting decides, the salesperson is consulted, the director above 10,000."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        cls.accounting = new_test_user(
            cls.env, "k_accounting", groups="account_dunning.group_dunning_manager", **values)
        cls.collector = new_test_user(cls.env, "k_collector", groups="account_dunning.group_dunning_user", **values)
        cls.salesperson = new_test_user(cls.env, "k_sales", groups="base.group_user", **values)
        cls.director = new_test_user(cls.env, "k_director", groups="base.group_user", **values)
        cls.stranger = new_test_user(cls.env, "k_stranger", groups="base.group_user", **values)
        cls.company.write({
            "dunning_accounting_manager_id": cls.accounting.id, "dunning_director_id": cls.director.id,
            "dunning_user_id": cls.collector.id,
        })
        cls.formal.approval_ids = [
            Command.create({"role": "accounting_manager"}),
            Command.create({"role": "salesperson", "is_decider": False}),
            Command.create({"role": "director", "min_amount": 10000}),
        ]
        cls.customer.user_id = cls.salesperson

    def _prepare_formal(self, amount=1000, partner=None, receivable=None):
        """Return the formal notice that a night prepares for a customer who had both reminders."""
        receivable = receivable or self._create_receivable(amount, late=60, partner=partner)
        self.env["dunning.notice"]._record_elsewhere({
            receivable.id: (self.second, self.today - timedelta(days=20))})
        return self._run_night().notice_ids.filtered(lambda one: one.partner_id == receivable.partner_id)

    def _get_rows(self, notice, **criteria):
        rows = notice.approval_ids.filtered("is_current")
        return rows.filtered(lambda one: all(one[name] == value for name, value in criteria.items()))

    def _answer(self, notice, user, decision="approve", comment="No"):
        """Answer as a user would on his own screen."""
        row = self._get_rows(notice).with_user(user).sudo(False).filtered("is_mine")
        if decision == "approve":
            row.action_approve()
        else:
            row.comment = comment
            row.action_refuse()

    def _produce(self, notice):
        """Let the executor print what is released; nothing is posted yet."""
        with self.mock_mail_gateway():
            notice.run_id._execute()
        return notice
