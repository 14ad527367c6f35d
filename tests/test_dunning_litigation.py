from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..escalation import Reason
from .litigation_common import LitigationCommon


@tagged("post_install", "-at_install")
class TestDunningLitigationRoute(LitigationCommon):
    """Which way is open against whom."""

    def _get_codes(self, kind):
        return set(self.env["dunning.litigation.route"]._get_for(self.company, kind).mapped("code"))

    def test_no_payment_order_against_public_bodies_but_their_own_ways(self):
        codes = self._get_codes("public")
        self.assertFalse(codes & {"payment_order", "small_claims", "cheque", "summary", "agency"})
        self.assertLessEqual({"public_reference", "public_mediator", "public_prefect", "write_off"}, codes)

    def test_businesses_and_consumers_have_the_order_not_the_ways_of_public_bodies(self):
        for kind in ("business", "consumer", "non_professional", False):
            with self.subTest(kind=kind):
                codes = self._get_codes(kind)
                self.assertLessEqual({"payment_order", "small_claims", "cheque", "merits", "lawyer"}, codes)
                self.assertFalse(codes & {"public_reference", "public_mediator", "public_prefect"})
        self.assertNotIn("credit_insurance", self._get_codes("consumer"))
        self.assertIn("credit_insurance", self._get_codes("business"))

    def test_an_order_against_a_public_body_is_refused_even_with_a_reason(self):
        self.customer.dunning_debtor_kind = "public"
        with self.assertRaisesRegex(UserError, "does not exist for this kind of debtor"):
            self._begin(override_reason="We want it")

    def test_nobody_opens_the_order_to_public_bodies(self):
        with self.assertRaises(ValidationError):
            self.order.for_public = True

    def test_small_claims_end_at_5000(self):
        route = self.env.ref("account_dunning.litigation_route_small_claims")
        with self.assertRaisesRegex(UserError, "up to"):
            self._begin(self._create_notified(5000.01, codes="small_claims"), route)
        near = self._create_customer("Near")  # 4,900 and about 150 of interest
        with self.assertRaisesRegex(UserError, "up to"):
            self._begin(self._create_notified(4900, near, "small_claims"), route)
        other = self._create_customer("Small")
        self.assertEqual(self._begin(self._create_notified(4800, other, "small_claims"), route).state, "preparing")

    def test_what_was_not_read_in_the_law_is_to_be_checked_by_counsel(self):
        route = self.env.ref("account_dunning.litigation_route_small_claims")
        for status, words in (("sourced", False), ("secondary", "second-hand"), ("unverified", "not verified")):
            route.status = status
            self.assertIn(words or "", route.caution or "")
            self.assertEqual(bool(route.caution), bool(words))
        self.assertIn("counsel", route.caution)

    def test_every_route_says_what_it_rests_on(self):
        for route in self.env["dunning.litigation.route"].search([("company_id", "=", False)]):
            with self.subTest(route=route.code):
                self.assertTrue(route.source or route.status == "unverified")
                self.assertTrue(route.note)


@tagged("post_install", "-at_install")
class TestDunningLitigation(LitigationCommon):
    """A case from the expired formal notice to its end."""

    # --- what must come before ------------------------------------------------------------------------------------

    def test_without_a_formal_notice_nothing_begins(self):
        with self.assertRaisesRegex(UserError, "No formal notice was sent"):
            self._begin(self._create_receivable(late=90))

    def test_while_the_formal_notice_runs_nothing_begins(self):
        with self.assertRaisesRegex(UserError, "still runs until"):
            self._begin(self._create_notified(days=5))

    def test_on_the_last_day_it_still_runs_and_the_day_after_the_case_begins(self):
        receivable = self._create_notified(days=10)
        with self.assertRaises(UserError):
            self._begin(receivable)
        self._set_today(self.today + timedelta(days=1))
        self.assertEqual(self._begin(receivable).state, "preparing")

    def test_a_route_that_was_not_announced_is_refused(self):
        with self.assertRaisesRegex(UserError, "was not announced"):
            self._begin(self._create_notified(codes="agency,merits"))

    def test_a_returned_notice_counts_for_nothing(self):
        receivable = self._create_notified()
        self._get_followup().notice_ids._write_door({"is_returned": True})
        with self.assertRaisesRegex(UserError, "No formal notice was sent"):
            self._begin(receivable)

    def test_a_manager_overrides_with_a_reason_that_stays_readable(self):
        case = self._begin(self._create_notified(codes="agency"), override_reason="He sells his goods")
        self.assertIn("was not announced", case.override_problems)
        self.assertEqual(case.override_uid, self.env.user)
        with self.assertRaises(UserError):
            self._begin(self._create_notified(partner=self._create_customer("Other"), codes=""), override_reason=" ")

    def test_a_collector_cannot_override(self):
        user = new_test_user(self.env, "litigation_user", groups="account_dunning.group_dunning_user",
                             company_id=self.company.id, company_ids=self.company.ids)
        receivable = self._create_notified(codes="agency")
        cases = self.env["dunning.litigation"].with_user(user).sudo(False)
        with self.assertRaises(AccessError):
            cases._create_for(receivable.with_env(cases.env), self.order.with_env(cases.env), override_reason="I want")

    def test_insurer_and_write_off_need_no_notice(self):
        for code in ("credit_insurance", "write_off"):
            with self.subTest(code=code):
                route = self.env.ref(f"account_dunning.litigation_route_{code}")
                line = self._create_receivable(late=40, partner=self._create_customer(code))
                self.assertFalse(self._begin(line, route).override_problems)

    def test_an_invoice_is_in_one_case_at_a_time(self):
        receivable = self._create_notified(codes="payment_order,agency")
        self._begin(receivable)
        with self.assertRaisesRegex(UserError, "Already in litigation"):
            self._begin(receivable, self.agency)

    def test_promises_and_plans_are_a_warning(self):
        receivable = self._create_notified()
        self.env["dunning.promise"]._create_for(receivable, self.today + timedelta(days=5))
        cases = self.env["dunning.litigation"]
        warnings = cases._get_warnings(self._get_followup(), receivable)
        self.assertEqual(len(warnings), 1)
        self.assertIn(receivable.move_id.name, warnings[0])
        self.assertEqual(self._begin(receivable).state, "preparing")

    # --- what it claims -------------------------------------------------------------------------------------------

    def test_principal_interest_and_compensation_of_a_french_business(self):
        receivable = self._create_notified()
        claim = receivable._get_interest_claims()[receivable.id]
        case = self._begin(receivable)
        case.amount_cost = 33.47
        self.assertEqual(case.amount_principal, 1000)
        self.assertGreater(case.amount_interest, 0)
        self.assertEqual(case.amount_interest, float(claim.interest))
        self.assertEqual(case.amount_compensation, 40)
        self.assertAlmostEqual(case.amount_total, 1073.47 + case.amount_interest)
        self.assertAlmostEqual(sum(float(one["amount"]) for one in case.line_ids.interest_detail), case.amount_interest)
        self.assertIn("L441-10", case.line_ids.interest_article)

    def test_compensation_in_another_currency_stands_beside_the_total(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create({"currency_id": dollar.id, "rate": 2, "name": "2020-01-01",
                                              "company_id": self.company.id})
        case = self._begin(self._create_notified(currency_id=dollar.id))
        self.assertEqual(case.amount_compensation, 0)
        self.assertAlmostEqual(case.amount_total, 1000 + case.amount_interest)
        self.assertEqual(case._get_other_compensations(), {self.euro: 40})
        self.assertIn("40", case.compensation_other_text)
        self.assertIn("40,00\xa0€", case._get_total_text())

    def test_each_reads_the_checklist_in_his_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        step = self.order.step_ids[0]
        step.with_context(lang="fr_FR").name = "Les factures"
        case = self._begin()
        row = case.check_ids.filtered(lambda one: one.step_id == step)
        self.assertEqual(row.with_context(lang="fr_FR").name, "Les factures")
        self.assertEqual(row.with_context(lang="en_US").name, "Invoices")

    def test_what_the_route_demands_is_not_taken_away_by_a_collector(self):
        user = new_test_user(self.env, "litigation_rows", groups="account_dunning.group_dunning_user",
                             company_id=self.company.id, company_ids=self.company.ids)
        rows = self._begin().check_ids.with_user(user).sudo(False)
        rows[0].is_done = True
        for change in (lambda: rows[0].unlink(), lambda: rows[0].write({"is_required": False})):
            with self.assertRaisesRegex(UserError, "only a dunning manager"):
                change()
        rows.filtered(lambda row: not row.is_required)[:1].unlink()

    def test_conciliation_is_asked_up_to_5000_only(self):
        merits = self.env.ref("account_dunning.litigation_route_merits")
        for amount, expected in ((5000, True), (5001, False)):
            partner = self._create_customer(f"Debtor of {amount}")
            case = self._begin(self._create_notified(amount, partner, "merits"), merits)
            with self.subTest(amount=amount):
                self.assertEqual(any("conciliation" in row.name for row in case.check_ids), expected)

    def test_the_checklist_comes_from_the_route_and_holds_back_the_handing_over(self):
        case = self._begin()
        self.assertEqual(case.check_ids.mapped("name"), self.order.step_ids.mapped("name"))
        case.counterpart_id = self.court
        with self.assertRaisesRegex(UserError, "Still to do"):
            case.action_hand_over()
        case.check_ids.filtered("is_required").is_done = True
        case.action_hand_over()
        self.assertEqual((case.state, case.date_handed_over), ("handed_over", self.today))
        self.assertEqual(case.check_ids.filtered("is_required").mapped("done_uid"), self.env.user)

    def test_handed_over_sums_and_invoices_are_fixed(self):
        case = self._hand_over(self._begin())
        with self.assertRaises(UserError):
            case.action_compute()
        with self.assertRaises(UserError):
            case.with_user(self.env.user).sudo(False).line_ids.write({"amount": 1})

    def test_what_a_court_reads_comes_from_the_books_and_from_nobodys_hand(self):
        case = self._begin()
        user = new_test_user(self.env, "litigation_sums", groups="account_dunning.group_dunning_manager",
                             company_id=self.company.id, company_ids=self.company.ids)
        row = case.check_ids[0].with_user(user).sudo(False)
        for record, vals in (
            (case.line_ids, {"amount_interest": 1000000}), (case.line_ids, {"amount": 1}),
            (case.line_ids, {"interest_article": "My own law"}), (row, {"done_uid": self.env.user.id}),
        ):
            with self.assertRaises(AccessError):
                record.with_user(user).sudo(False).write(vals)
        row.is_done = True
        self.assertEqual(row.done_uid, user)

    def test_an_order_is_served_within_three_months_since_september_2026_and_six_before(self):
        case = self._hand_over(self._begin())
        for ordered, limit in ((date(2026, 9, 1), date(2026, 12, 1)), (date(2026, 11, 30), date(2027, 2, 28)),
                               (date(2026, 8, 31), date(2027, 2, 28)), (date(2026, 5, 15), date(2026, 11, 15))):
            with self.subTest(ordered=ordered):
                case.date_order = ordered
                self.assertEqual(case.date_service_limit, limit)
                self.assertEqual(case.is_service_late, limit < self.today)
        case.write({"date_order": date(2026, 9, 1), "date_service": date(2026, 10, 1)})
        self.assertFalse(case.is_service_late)
        with self.assertRaises(ValidationError):
            case.date_service = date(2026, 8, 1)

    def test_the_night_reminds_once_of_the_service(self):
        case = self._hand_over(self._begin())
        case.date_order = date(2026, 9, 1)
        self._run_night()
        self.assertTrue(case.activity_ids)
        count = len(case.activity_ids)
        self._set_today(self.today + timedelta(days=1))
        self._run_night()
        self.assertEqual(len(case.activity_ids), count)

    # --- amicable dunning -----------------------------------------------------------------------------------------

    def test_amicable_dunning_stops_for_its_invoices_only(self):
        receivable = self._create_notified()
        other = self._create_receivable(500, late=10)
        self._begin(receivable)
        self.assertEqual(self._get_reason(receivable), "litigation")
        self.assertNotEqual(self._get_reason(other), "litigation")
        notices = self._run_night().notice_ids
        self.assertEqual(notices.line_ids.filtered(lambda line: line.role == "moving").line_id, other)

    def test_the_board_shows_litigation_and_then_what_it_was(self):
        case = self._begin()
        case._refresh()
        followup = self._get_followup()
        self.assertEqual(followup.stage, "litigation")
        self.assertIn("Court order", followup.litigation_text)
        case.action_cancel()
        self.assertEqual(followup.stage, "formal")
        self.assertFalse(followup.litigation_text)

    def test_what_waited_to_leave_is_cancelled(self):
        receivable = self._create_notified()
        draft = self.env["dunning.notice"]._prepare_manual(receivable)
        self._begin(receivable)
        self.assertEqual(draft.state, "cancelled")

    def test_cancelled_dunning_resumes_after_the_interval(self):
        receivable = self._create_notified()
        case = self._begin(receivable)
        case.action_cancel()
        self.assertEqual(case.date_resume, self.today + timedelta(days=7))
        self.assertEqual(self._get_reason(receivable), "gap")
        self._set_today(case.date_resume)
        self.assertNotIn(self._get_reason(receivable), ("gap", "litigation"))

    def test_irrecoverable_claims_stay_held_until_a_manager_says_otherwise(self):
        receivable = self._create_notified()
        case = self._begin(receivable)
        with self.assertRaisesRegex(UserError, "Write the outcome"):
            case.action_lost()
        case.outcome = "The company was wound up without assets."
        case.action_lost()
        self.assertEqual((case.state, case.amount_irrecoverable), ("lost", 1000))
        self.assertEqual(self._get_reason(receivable), "litigation")
        case.action_resume()
        self.assertNotEqual(self._get_reason(receivable), "litigation")

    # --- what it brought in ---------------------------------------------------------------------------------------

    def test_only_money_since_the_beginning_counts_as_recovered(self):
        receivable = self._create_notified()
        self._pay(receivable, 100)
        case = self._hand_over(self._begin(receivable))
        self.assertEqual((case.amount_principal, case.amount_recovered), (900, 0))
        self._pay(receivable, 300)
        self._reverse_part(receivable, 50)
        case.invalidate_recordset()
        self.assertEqual((case.amount_recovered, case.amount_open), (300, 550))
        case.commission_percent = 10
        self.assertEqual(case.commission_amount, 30)
        case.action_recovered()
        self.assertEqual(case.state, "recovered")
        self.assertEqual(self._get_reason(receivable), "gap")

    def _reverse_part(self, receivable, amount):
        refund = self.env["account.move"].create({
            "move_type": "out_refund", "partner_id": self.customer.id, "company_id": self.company.id,
            "invoice_date": self.today, "invoice_line_ids": [
                Command.create({"name": "Back", "price_unit": amount, "tax_ids": []})]})
        refund.action_post()
        (receivable | refund.line_ids.filtered(lambda line: line.account_id == receivable.account_id)).reconcile()

    def test_recovered_without_a_payment_is_refused(self):
        with self.assertRaisesRegex(UserError, "No payment is matched"):
            self._begin().action_recovered()

    def test_paid_in_full_the_night_ends_the_case(self):
        receivable = self._create_notified()
        case = self._hand_over(self._begin(receivable))
        self._pay(receivable)
        self._run_night()
        self.assertEqual((case.state, case.amount_recovered), ("recovered", 1000))

    def test_a_reset_invoice_that_was_handed_over_is_told_to_the_counterpart(self):
        receivable = self._create_notified()
        case = self._hand_over(self._begin(receivable))
        receivable.move_id.button_draft()
        self.assertEqual(case.state, "cancelled")
        self.assertIn("Tell Tribunal de commerce de Paris", case.activity_ids.summary)

    def test_a_manager_reopens_what_was_ended_too_early(self):
        receivable = self._create_notified()
        case = self._hand_over(self._begin(receivable))
        case.outcome = "The agency gives up"
        case.action_lost()
        case.action_reopen()
        self.assertEqual((case.state, case.date_closed, case.date_resume), ("handed_over", False, False))
        self.assertEqual(self._get_reason(receivable), "litigation")
        case.action_cancel()
        self._begin(receivable)
        with self.assertRaisesRegex(UserError, "Already in litigation"):
            case.action_reopen()

    def test_money_after_hope_was_given_up_recovers_the_case(self):
        receivable = self._create_notified()
        case = self._begin(receivable)
        case.outcome = "Nowhere to be found"
        case.action_lost()
        self._pay(receivable)
        self._run_night()
        self.assertEqual((case.state, case.amount_recovered), ("recovered", 1000))

    def test_too_little_for_a_formal_notice_is_written_off_or_goes_to_the_small_claims(self):
        self.company.dunning_formal_min_amount = 150
        receivable = self._create_receivable(149.99, late=90)
        self.env["dunning.followup"]._sync(self.company, self.today, self.customer.ids)
        followup = self._get_followup()
        followup._set_attention(Reason.BELOW_STEP)
        self.assertEqual(followup.litigation_proposal, "Write-off or Small claims (commissaire de justice)")
        small = self.env.ref("account_dunning.litigation_route_small_claims")
        self.assertFalse(self._begin(receivable, small).override_problems)
        more = self._create_receivable(150, late=90, partner=self._create_customer("More"))
        with self.assertRaisesRegex(UserError, "No formal notice"):
            self._begin(more, small)

    def test_nobody_decided_for_a_month_so_a_manager_is_asked_once(self):
        receivable = self._create_notified()
        followup = self._get_followup()
        followup._set_attention(Reason.FORMAL_EXPIRED)
        self._run_night()
        self.assertNotIn("undecided", followup.attention_codes)
        self._set_today(followup.last_notice_date + timedelta(days=30))
        self._run_night()
        self.assertIn("undecided", followup.attention_codes)
        task = followup.undecided_activity_id
        self.assertIn(self.customer.name, task.summary)
        self._set_today(followup.undecided_date + timedelta(days=1))
        self._run_night()
        self.assertEqual(followup.undecided_activity_id, task)
        self._begin(receivable)
        self.assertFalse(task.exists())
        followup.action_refresh()
        self.assertNotIn("undecided", followup.attention_codes or "")
        self.assertNotIn("formal_expired", followup.attention_codes or "")

    def test_settled_the_question_is_asked_again_after_another_month(self):
        self._create_notified()
        followup = self._get_followup()
        followup._set_attention(Reason.FORMAL_EXPIRED)
        self._set_today(followup.last_notice_date + timedelta(days=30))
        self._run_night()
        followup.action_settle_attention()
        self.assertFalse(followup.undecided_activity_id)
        asked = followup.undecided_date
        followup._set_attention(Reason.FORMAL_EXPIRED)
        self._set_today(asked + timedelta(days=29))
        self._run_night()
        self.assertNotIn("undecided", followup.attention_codes)
        self._set_today(asked + timedelta(days=30))
        self._run_night()
        self.assertIn("undecided", followup.attention_codes)

    def test_the_dialog_offers_what_was_announced_and_more_on_demand(self):
        receivable = self._create_notified(codes="agency")
        start = self.env["dunning.litigation.start"].browse(receivable.move_id.action_dunning_litigation()["res_id"])
        self.assertEqual(set(start.available_route_ids.mapped("code")), {"agency", "credit_insurance", "write_off"})
        start.is_all = True
        self.assertIn(self.order, start.available_route_ids)
        start.line_ids = self._create_receivable(6000, late=40) | receivable
        self.assertNotIn("small_claims", start.available_route_ids.mapped("code"))

    def test_a_reset_invoice_leaves_the_case(self):
        receivable = self._create_notified()
        case = self._begin(receivable)
        receivable.move_id.button_draft()
        self.assertEqual(case.state, "cancelled")

    # --- the dialog and what others see ---------------------------------------------------------------------------

    def test_the_dialog_proposes_the_announced_route(self):
        self._create_notified(codes="agency")
        followup = self._get_followup()
        followup._set_attention(Reason.LADDER_DONE)
        self.assertEqual(followup.litigation_proposal, "Collection agency")
        start = self.env["dunning.litigation.start"].browse(followup.action_litigation()["res_id"])
        self.assertEqual(start.route_id, self.agency)
        self.assertFalse(start.problem_text)
        start.route_id = self.order
        self.assertIn("not announced", start.problem_text)
        start.route_id = self.agency
        case = self.env["dunning.litigation"].browse(start.action_begin()["res_id"])
        self.assertEqual((case.route_id, case.state), (self.agency, "preparing"))
        self.assertFalse(followup.litigation_proposal)

    def test_the_dialog_names_its_problems_and_begins_nothing_by_itself(self):
        self._create_notified(days=5)
        start = self.env["dunning.litigation.start"].browse(self._get_followup().action_litigation()["res_id"])
        self.assertIn("still runs", start.problem_text)
        with self.assertRaises(UserError):
            start.action_begin()
        start.override_reason = "The director decided"
        self.assertEqual(self.env["dunning.litigation"].browse(start.action_begin()["res_id"]).override_reason,
                         "The director decided")

    def test_salespeople_see_a_banner_and_nothing_else(self):
        self._begin()
        seller = new_test_user(self.env, "litigation_seller", groups="base.group_user", company_id=self.company.id,
                               company_ids=self.company.ids)
        self.assertIn("In litigation since", self.customer.with_user(seller).sudo(False).dunning_banner_text)
        with self.assertRaises(AccessError):
            self.env["dunning.litigation"].with_user(seller).sudo(False).search([])

    def test_states_are_not_written_from_outside(self):
        case = self._begin()
        user = new_test_user(self.env, "litigation_rpc", groups="account_dunning.group_dunning_manager",
                             company_id=self.company.id, company_ids=self.company.ids)
        mine = case.with_user(user).sudo(False)
        for values in ({"state": "recovered"}, {"amount_irrecoverable": 5}, {"notice_id": False},
                       {"override_uid": user.id}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                mine.write(values)
        with self.assertRaises(UserError):
            mine.route_id = self.agency

    def test_invoicing_users_read_and_do_not_begin(self):
        case = self._begin()
        clerk = new_test_user(self.env, "litigation_clerk", groups="account.group_account_invoice",
                              company_id=self.company.id, company_ids=self.company.ids)
        self.assertEqual(case.with_user(clerk).sudo(False).amount_principal, 1000)
        with self.assertRaises(AccessError):
            case.with_user(clerk).sudo(False).action_cancel()

    def test_another_company_neither_sees_nor_holds(self):
        receivable = self._create_notified()
        case = self._begin(receivable)
        other = self.env["res.company"].create({"name": "Other creditor"})
        stranger = new_test_user(self.env, "litigation_stranger", groups="account_dunning.group_dunning_manager",
                                 company_id=other.id, company_ids=other.ids)
        self.assertFalse(self.env["dunning.litigation"].with_user(stranger).sudo(False).search([]))
        with self.assertRaises(AccessError):
            case.with_user(stranger).sudo(False).read(["name"])
        self.assertFalse(self.env["dunning.followup"]._get_holds(other, receivable.ids))
