import random
from datetime import timedelta

from odoo.tests import tagged

from .common import DunningCommon

CUSTOMERS = 12
DAYS = 45


@tagged("post_install", "-at_install")
class TestCandidates(DunningCommon):
    """Random ledgers: the statement that finds candidates must contain all that the planner would move."""

    def _move_ledger(self, generator):
        """Let something happen: an invoice, a payment, an exclusion, a choice about a customer."""
        customer = generator.choice(self.customers)
        receivables = self.env["account.move.line"].search([
            ("partner_id", "=", customer.id), ("account_type", "=", "asset_receivable"), ("reconciled", "=", False),
            ("parent_state", "=", "posted"), ("amount_residual", ">", 0)])
        event = generator.choice(("invoice", "invoice", "pay", "part", "exclude", "profile", "reject", "none", "none"))
        if event == "invoice":
            self._create_receivable(generator.choice((4, 40, 400)), late=generator.randint(-10, 60), partner=customer)
        elif event in ("pay", "part") and receivables:
            receivable = receivables[0]
            self._pay(receivable, receivable.amount_residual if event == "pay" else receivable.amount_residual / 2)
        elif event == "exclude" and receivables:
            receivables[-1].no_followup = not receivables[-1].no_followup
        elif event == "profile":
            customer.with_company(self.company).dunning_manual_only = generator.random() < 0.3
        elif event == "reject" and receivables:
            receivables[0].move_id.dunning_rejected_date = self.today

    def _check_candidates(self):
        followups = self.env["dunning.followup"].search([("company_id", "=", self.company.id), ("line_count", ">", 0)])
        for followup, (_case, plan) in followups._plan(self.today).items():
            asleep = not followup.wake_date or followup.wake_date > self.today
            self.assertFalse(
                plan.moves and asleep,
                f"{followup.partner_id.name} would move on {self.today} but sleeps until {followup.wake_date}")

    def _walk(self, seed):
        generator = random.Random(seed)
        self.customers = [
            self._create_customer(f"Customer {seed} {number}",
                                  dunning_debtor_kind=generator.choice(("business", "consumer", False)))
            for number in range(CUSTOMERS)
        ]
        self.company.write({"dunning_min_amount": 30, "dunning_min_line_amount": 5})
        policy = self._create_policy([
            ("Before", "preventive", -7, {"min_amount": 100}),
            ("First", "reminder_1", 7, {"call_mode": "before", "call_days": 3, "call_min_amount": 300}),
            ("Second", "reminder_2", 15, {"gap_days": 8, "latest_days": 50}),
            ("Formal", "formal", 30, {"gap_days": 10, "channel": "registered", "min_amount": 50}),
        ])
        self.company.dunning_policy_id = policy
        for _event in range(CUSTOMERS):
            self._move_ledger(generator)
        moved = 0
        for _day in range(DAYS):
            self._set_today(self.today + timedelta(days=1))
            if generator.random() < 0.6:
                self._move_ledger(generator)
            self.env["dunning.followup"]._sync(self.company, self.today)
            self._check_candidates()
            moved += len(self._run_night().notice_ids)
        self.assertGreater(moved, 5, "the ledger was too quiet to prove anything")

    def test_candidates_contain_all_that_would_move(self):
        self._walk(1)

    def test_candidates_contain_all_that_would_move_in_another_ledger(self):
        self._walk(2)
