from datetime import date, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import DunningCommon
from .test_dunning_insolvency import InsolvencyCommon


@tagged("post_install", "-at_install")
class TestInsolvencyCourse(InsolvencyCommon, DunningCommon):
    """What becomes of proceedings: what they stop, relief, a plan of the court, liquidation, and the end."""

    def setUp(self):
        super().setUp()
        self.prior = self._create_receivable(late=10, invoice_date=date(2026, 10, 8))
        self.env["dunning.followup"]._sync(self.company, self.today)

    def _later(self):
        return self._create_receivable(late=10, invoice_date=date(2026, 10, 20))

    def _cases(self):
        return self.env["dunning.litigation"].search([("partner_id", "=", self.customer.id)])

    # --- what it stops --------------------------------------------------------------------------------------------

    def test_promises_and_plans_about_what_arose_before_end_without_consequence(self):
        later = self._later()
        promise = self.env["dunning.promise"]._create_for(self.prior, self.today + timedelta(days=5))
        kept = self.env["dunning.promise"]._create_for(later, self.today + timedelta(days=5))
        other = self._create_receivable(late=5, invoice_date=date(2026, 10, 9))
        plan = self.env["dunning.plan"]._create_for(other)
        self._open()
        self.assertEqual((promise.state, plan.state, kept.state), ("cancelled", "cancelled", "open"))

    def test_nothing_that_arose_before_is_claimed_by_hand(self):
        later = self._later()
        self._open()
        notices = self.env["dunning.notice"]
        self.assertEqual(notices._prepare_manual(self.prior | later).line_ids.line_id, later)
        with self.assertRaisesRegex(UserError, "may not be claimed"):
            notices._prepare_manual(self.prior)

    def test_no_court_for_what_arose_before(self):
        later = self._later()
        self._open()
        cases, followup = self.env["dunning.litigation"], self._get_followup()
        order = self.env.ref("account_dunning.litigation_route_payment_order")
        insurance = self.env.ref("account_dunning.litigation_route_credit_insurance")
        self.assertIn("forbidden", cases._get_route_obstacle(order, followup, self.prior))
        self.assertFalse(cases._get_route_obstacle(order, followup, later))
        self.assertFalse(cases._get_route_obstacle(insurance, followup, self.prior))

    def test_whoever_runs_a_case_is_told_that_it_is_stopped(self):
        write_off = self.env.ref("account_dunning.litigation_route_write_off")
        case = self.env["dunning.litigation"]._create_for(self.prior, write_off)
        self._open()
        self.assertIn("Insolvency: this case is stopped", case.activity_ids.mapped("summary"))

    # --- relief and plan ------------------------------------------------------------------------------------------

    def test_relief_is_reminded_of_until_it_is_asked_and_gives_half_the_time(self):
        insolvency = self._open(months=2)  # until 1 January; relief until 1 May
        self._expire_on(date(2027, 1, 2))
        self.assertFalse(insolvency.relief_activity_id)
        self._expire_on(date(2027, 4, 21))
        self.assertIn("relief", insolvency.relief_activity_id.summary)
        insolvency.date_relief_asked = date(2027, 4, 21)
        self._expire_on(date(2027, 4, 28))
        self.assertEqual(insolvency.relief_reminded_days, 10)
        insolvency.date_relief_granted = date(2027, 4, 28)
        self.assertEqual((insolvency.deadline, insolvency.is_missed), (date(2027, 5, 28), False))
        self.assertIn("30 days left", insolvency.countdown)

    def test_payment_of_the_plan_is_asked_after_once(self):
        insolvency = self._open()
        self._declare(insolvency)
        insolvency.write({"date_plan": self.today, "date_dividend": date(2027, 11, 18)})
        self._expire_on(date(2027, 11, 18))
        self.assertFalse(insolvency.dividend_activity_id)
        self._expire_on(date(2027, 11, 19))
        task = insolvency.dividend_activity_id
        self.assertIn("Did the payment", task.summary)
        self._expire_on(date(2027, 11, 20))
        self.assertEqual(insolvency.dividend_activity_id, task)

    def test_days_that_cannot_be_are_refused(self):
        insolvency = self._open()
        for values in ({"date_plan": date(2026, 10, 1)}, {"date_converted": self.today + timedelta(days=1)}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                insolvency.write(values)

    # --- liquidation and the end ----------------------------------------------------------------------------------

    def test_conversion_keeps_the_countdown_and_opens_the_write_off(self):
        insolvency = self._open()
        before = insolvency.deadline
        with self.assertRaisesRegex(UserError, "Nothing is given up"):
            insolvency.action_write_off()
        insolvency.action_convert()
        self.assertRecordValues(insolvency, [{
            "procedure": "liquidation", "date_converted": self.today, "deadline": before, "can_write_off": True}])
        with self.assertRaisesRegex(UserError, "become a liquidation"):
            insolvency.action_convert()
        case = self.env["dunning.litigation"].browse(insolvency.action_write_off()["res_id"])
        self.assertEqual((case.route_code, case.line_ids.line_id), ("write_off", self.prior))

    def test_insufficient_assets_propose_the_write_off_and_nothing_is_claimed_again(self):
        collector = new_test_user(self.env, "c_collector", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id, company_ids=self.company.ids)
        insolvency = self._open(procedure="liquidation").with_user(collector).sudo(False)
        insolvency.outcome = "nothing"
        insolvency.action_close()
        self.assertEqual(self._cases().line_ids.line_id, self.prior)
        self.assertTrue(self._cases().activity_ids)
        self.assertEqual(insolvency.hold_id.state, "running")
        self._cases().action_cancel()
        self.assertFalse(self._run_night().notice_ids)
        insolvency.hold_id.action_end()
        self.assertEqual(insolvency.hold_id.state, "ended")

    def test_what_was_paid_ends_the_hold_and_proposes_nothing(self):
        insolvency = self._open()
        self._pay(self.prior)
        insolvency.outcome = "paid"
        insolvency.action_close()
        self.assertEqual((insolvency.hold_id.state, len(self._cases())), ("ended", 0))
