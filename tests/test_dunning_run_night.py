from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from ..models.run.dunning_run_night import NightStep
from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDunningRunNight(DunningCommon):
    """What time alone brings about is asked for together, and done in its order."""

    def setUp(self):
        super().setUp()
        self.run_of_tonight = self.env["dunning.run"]._create_run(self.company, origin="scheduled")
        self.done = []

    def _count(self, work):
        """Return the number of queries that some work takes, and leave nothing of it in memory."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        return self.env.cr.sql_log_count - before

    def _step(self, name, waits=None, reference=None):
        def work():
            self.done.append(name)
            if reference:
                self.customer.ref = reference

        return NightStep(work, waits)

    def _has_reference(self, reference):
        return self.run_of_tonight._has("res.partner", [("ref", "=", reference)])

    def test_what_has_nothing_to_do_is_asked_for_in_one_query(self):
        steps = [self._step(str(number), self._has_reference("nobody")) for number in range(20)]
        self.assertEqual(self._count(lambda: self.run_of_tonight._do_steps(steps)), 1)
        self.assertEqual(self.done, [])

    def test_steps_are_done_in_their_order_and_each_may_bring_about_a_later_one(self):
        self.run_of_tonight._do_steps([
            self._step("not yet", self._has_reference("changed")),
            self._step("always", reference="changed"),
            self._step("now", self._has_reference("changed"), reference="again"),
            self._step("no more", self._has_reference("changed")),
            self._step("last", SQL("TRUE")),
        ])
        self.assertEqual(self.done, ["always", "now", "last"])

    def test_night_without_anything_to_do_takes_few_queries(self):
        self._create_receivable(late=40)
        self._run_night()
        self.env["dunning.run"]._create_run(self.company, origin="scheduled")._expire()
        run = self.env["dunning.run"]._create_run(self.company, origin="scheduled")
        self.assertLessEqual(self._count(run._expire), 40)

    def _insure(self, customer):
        customer.with_company(self.company).write({
            "dunning_insurer_id": self.insurer.id, "dunning_declaration_days": 400,
            "dunning_notification_days": 400, "dunning_cover_amount": 10000})
        self._create_receivable(late=20, partner=customer)

    def _remind(self):
        self.env["dunning.followup"]._remind_kyc(self.company, self.today)
        self.env["dunning.followup"]._remind_insurance(self.company, self.today)

    def test_insured_customers_of_whom_nothing_is_due_take_no_queries_each(self):
        self.insurer = self.env["res.partner"].create({"name": "Insurer", "is_company": True})
        self._insure(self.customer)
        self.env["dunning.followup"]._sync(self.company, self.today)
        one = self._count(self._remind)
        for number in range(5):
            self._insure(self._create_customer(f"Insured {number}"))
        self.env["dunning.followup"]._sync(self.company, self.today)
        self.assertEqual(self._count(self._remind), one)
        self.assertFalse(self._get_followup().activity_ids)
        self._set_today(self.today + timedelta(days=372))
        self.env.invalidate_all()
        self._remind()
        self.assertEqual(len(self._get_followup().activity_ids), 2)
