import base64
import hashlib
from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .plan_common import DOCUMENT, PlanCommon


@tagged("post_install", "-at_install")
class TestDunningPlan(PlanCommon):
    """A plan from its draft to its agreement: what is asked, refused, kept and allowed."""

    # --- making one -----------------------------------------------------------------------------------------------

    def test_plan_takes_the_whole_of_its_invoices(self):
        lines = self._create_receivable(600, late=20) + self._create_receivable(400, late=10)
        plan = self._create_plan(lines, agreed=False)
        self.assertEqual((plan.amount_principal, plan.amount_total, plan.amount_difference), (1000, 1000, 0))
        self.assertEqual(plan.followup_id, self._get_followup())
        self.assertEqual(plan.line_ids.line_id, lines)

    def test_part_payment_is_asked_by_default(self):
        plan = self.env["dunning.plan"]._create_for(self._create_receivable(1000, late=5))
        self.assertEqual(plan.down_percent, 20)
        self.assertEqual(plan.instalment_ids[0].amount, 200)
        self.assertTrue(plan.instalment_ids[0].is_down)
        self.assertEqual(sum(plan.instalment_ids.mapped("amount")), 1000)

    def test_without_part_payment_only_a_manager_proposes(self):
        collector = new_test_user(self.env, "plan_collector", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id, company_ids=self.company.ids)
        plan = self._create_plan(agreed=False)
        with self.assertRaisesRegex(UserError, "part payment"):
            plan.with_user(collector).action_propose_on_paper()
        plan.action_propose_on_paper()
        self.assertEqual(plan.state, "proposed")

    def test_interest_is_included_only_for_those_who_owe_it(self):
        business = self._create_plan(agreed=False, interest_mode="included")
        business.sudo().write({"amount_interest": 12.34, "amount_compensation": 40})
        self.assertEqual(business.amount_total, 1052.34)
        consumer = self._create_customer("Consumer", dunning_debtor_kind="consumer")
        plan = self._create_plan(self._create_receivable(1000, late=40, partner=consumer), agreed=False,
                                 interest_mode="included")
        self.assertTrue(plan.is_consumer)
        self.assertEqual((plan.amount_interest, plan.amount_compensation, plan.amount_total), (0, 0, 1000))

    def test_unknown_kind_of_debtor_is_treated_as_a_consumer(self):
        unknown = self._create_customer("Unknown", dunning_debtor_kind=False)
        self.assertTrue(self._create_plan(self._create_receivable(partner=unknown, late=9), agreed=False).is_consumer)

    def test_draft_is_edited_freely_and_must_add_up(self):
        plan = self._create_plan(agreed=False)
        plan.instalment_ids[0].amount = 300
        self.assertEqual(plan.amount_difference, -50)
        with self.assertRaisesRegex(UserError, "add up"):
            plan._set_proposed()
        plan.instalment_ids[3].amount = 200
        plan._set_proposed()
        self.assertEqual(plan.state, "proposed")

    # --- bad input ------------------------------------------------------------------------------------------------

    def test_plan_without_instalment_is_refused(self):
        with self.assertRaisesRegex(UserError, "at least one instalment"):
            self._create_plan(agreed=False, count=0)
        plan = self._create_plan(self._create_receivable(500, late=9), agreed=False)
        plan.instalment_ids.unlink()
        with self.assertRaisesRegex(UserError, "at least one instalment"):
            plan._set_proposed()

    def test_two_instalments_on_one_day_are_refused(self):
        plan = self._create_plan(agreed=False)
        plan.instalment_ids[1].date = plan.instalment_ids[0].date
        with self.assertRaisesRegex(UserError, "follow one another"):
            plan._set_proposed()

    def test_part_payment_after_an_instalment_is_refused(self):
        plan = self._create_plan(agreed=False, down_mode="amount", down_amount=100, date_down=date(2026, 12, 15))
        with self.assertRaisesRegex(UserError, "part payment before the others"):
            plan._set_proposed()

    def test_dates_typed_in_disorder_are_put_in_order(self):
        plan = self._create_plan(agreed=False)
        plan.instalment_ids[0].date = date(2027, 6, 1)
        plan.invalidate_recordset(["instalment_ids"])
        self.assertEqual(plan.instalment_ids.sorted("date").ids, plan.instalment_ids.ids)
        self.assertEqual(plan.instalment_ids[-1].date, date(2027, 6, 1))

    def test_first_instalment_in_the_past_is_refused(self):
        plan = self._create_plan(agreed=False)
        plan.instalment_ids[0].date = self.today - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "in the past"):
            plan._set_proposed()

    def test_negative_amounts_are_refused(self):
        plan = self._create_plan(agreed=False)
        plan.instalment_ids[0].amount = -250
        plan.instalment_ids[1].amount = 750
        with self.assertRaisesRegex(UserError, "more than zero"):
            plan._set_proposed()
        with self.assertRaisesRegex(UserError, "part payment must be"):
            plan.write({"down_mode": "percent", "down_percent": 120})
            plan.action_compute()

    def test_line_is_in_one_plan_at_most(self):
        plan = self._create_plan()
        with self.assertRaisesRegex(UserError, "Already in a payment plan"):
            self._create_plan(plan.line_ids.line_id)

    def test_paid_lines_and_other_customers_are_refused(self):
        line = self._create_receivable(100, late=10)
        other = self._create_receivable(100, late=10, partner=self._create_customer("Other"))
        with self.assertRaisesRegex(UserError, "one customer"):
            self._create_plan(line + other)
        self._pay(line)
        with self.assertRaisesRegex(UserError, "not paid"):
            self._create_plan(line)

    def test_lines_of_another_customer_cannot_be_slipped_in(self):
        plan = self._create_plan(agreed=False)
        other = self._create_receivable(100, late=10, partner=self._create_customer("Other"))
        with self.assertRaisesRegex(UserError, "one customer, company and currency"):
            plan.write({"line_ids": [(0, 0, {"line_id": other.id, "amount": 100})]})

    def test_debt_that_changed_since_is_read_anew(self):
        plan = self._create_plan(agreed=False)
        self._pay(plan.line_ids.line_id, 100)
        with self.assertRaisesRegex(UserError, "has changed"):
            plan._set_proposed()
        plan.action_compute()
        self.assertEqual(plan.amount_scheduled, 900)
        plan._set_proposed()

    # --- proposal and agreement -----------------------------------------------------------------------------------

    def test_proposal_is_a_copy_that_is_sent(self):
        plan = self._create_plan(agreed=False)
        before = self.env["mail.mail"].search([])
        plan.action_propose()
        mail = self.env["mail.mail"].search([]) - before
        self.assertEqual(base64.b64decode(plan.pdf), DOCUMENT)
        self.assertEqual(plan.pdf_sha256, hashlib.sha256(DOCUMENT).hexdigest())
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertEqual(mail.mail_message_id.attachment_ids.mapped("raw"), [DOCUMENT])
        self.assertEqual((mail.mail_message_id.model, mail.mail_message_id.res_id),
                         ("dunning.followup", plan.followup_id.id))
        self.assertIn(plan.name, mail.subject)
        self.assertIn("$", plan.amount_text)

    def test_customer_without_email_gets_the_document_by_hand(self):
        self.customer.email = False
        plan = self._create_plan(agreed=False)
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            plan.action_propose()

    def test_what_was_proposed_does_not_change(self):
        user = new_test_user(self.env, "plan_manager", groups="account_dunning.group_dunning_manager",
                             company_id=self.company.id, company_ids=self.company.ids)
        plan = self._create_plan(agreed=False).with_user(user)
        plan._set_proposed()
        for change in (lambda: plan.write({"count": 9}), lambda: plan.instalment_ids[0].write({"amount": 1}),
                       lambda: plan.instalment_ids[0].unlink(), lambda: plan.line_ids.unlink(), plan.action_compute,
                       lambda: self.env["dunning.plan.instalment"].with_user(user).create(
                           {"plan_id": plan.id, "date": self.today, "amount": 5})):
            with self.assertRaisesRegex(UserError, "Back to Draft"):
                change()
        plan.action_back_to_draft()
        plan.count = 2
        plan.action_compute()
        self.assertEqual(len(plan.instalment_ids), 2)

    def test_agreement_needs_its_proof(self):
        plan = self._create_plan(agreed=False)
        with self.assertRaisesRegex(UserError, "only a proposed plan"):
            plan._set_agreed()
        plan._set_proposed()
        with self.assertRaisesRegex(UserError, "Attach the document"):
            plan._set_agreed()
        plan.write({"agreed_how": "confirmed"})
        with self.assertRaisesRegex(UserError, "Say who agreed"):
            plan._set_agreed()
        with self.assertRaisesRegex(UserError, "between the proposal and today"):
            self._agree(plan, date_signed=self.today + timedelta(days=1))
        plan.write({"agreed_how": "signed", "signed_document": base64.b64encode(b"signed")})
        plan.date_signed = self.today
        plan._set_agreed()
        self.assertRecordValues(plan, [{"state": "agreed", "date_agreed": self.today, "agreed_uid": self.env.uid}])

    def test_second_agreement_on_the_same_plan_is_told(self):
        plan = self._create_plan()
        with self.assertRaisesRegex(UserError, "only a proposed plan"):
            plan._set_agreed()

    def test_collector_duplicates_the_terms_of_a_plan_and_nothing_that_was_computed(self):
        plan = self._create_plan(agreed=False)
        double = plan.with_env(self.env(su=False)).copy()
        self.assertEqual((double.state, double.count, double.amount_interest), ("draft", plan.count, 0))

    def test_two_plans_of_one_invoice_cannot_both_be_agreed(self):
        first = self._create_plan(agreed=False)
        line = first.line_ids.line_id
        second = first.copy({"line_ids": [(0, 0, {"line_id": line.id, "move_id": line.move_id.id, "amount": 1000})]})
        with self.assertRaisesRegex(UserError, "Already in a payment plan"):
            second._compute_schedule()
            second._set_proposed()

    def test_agreement_after_a_missed_first_date_is_refused(self):
        plan = self._create_plan(agreed=False)
        plan._set_proposed()
        self._set_today(date(2026, 12, 10))
        with self.assertRaisesRegex(UserError, "propose new dates"):
            self._agree(plan)

    def test_payment_between_proposal_and_agreement_counts(self):
        plan = self._create_plan(agreed=False)
        plan._set_proposed()
        self._pay(plan.line_ids.line_id, 250)
        self._set_today(date(2026, 12, 10))
        self._agree(plan)
        self.assertEqual(plan.instalment_ids.mapped("state"), ["paid", "planned", "planned", "planned"])

    def test_insured_customer_needs_the_consent_of_the_insurer(self):
        self.customer.with_company(self.company).dunning_extension_days = 60
        plan = self._create_plan(agreed=False)
        self.assertTrue(plan.needs_consent)
        plan._set_proposed()
        with self.assertRaisesRegex(UserError, "insurer must consent"):
            self._agree(plan)
        self._agree(plan, consent=True, consent_by="Insurer, file 12", date_consent=self.today)
        self.assertEqual(plan.state, "agreed")

    def test_short_plan_of_an_insured_customer_needs_none(self):
        self.company.dunning_extension_days = 300
        self.assertFalse(self._create_plan(agreed=False).needs_consent)

    # --- rights and companies -------------------------------------------------------------------------------------

    def test_invoicing_user_reads_and_changes_nothing(self):
        clerk = new_test_user(self.env, "plan_clerk", groups="account.group_account_invoice",
                              company_id=self.company.id, company_ids=self.company.ids)
        plan = self._create_plan(agreed=False).with_user(clerk)
        self.assertEqual(plan.amount_total, 1000)
        with self.assertRaises(AccessError):
            plan.write({"count": 2})
        with self.assertRaises(AccessError):
            plan.action_propose_on_paper()

    def test_state_cannot_be_written_over_rpc(self):
        manager = new_test_user(self.env, "plan_boss", groups="account_dunning.group_dunning_manager",
                                company_id=self.company.id, company_ids=self.company.ids)
        plan = self._create_plan(agreed=False).with_user(manager)
        for values in ({"state": "agreed"}, {"pdf": b"x"}, {"date_agreed": self.today}, {"amount_interest": 5}):
            with self.assertRaises(AccessError):
                plan.write(values)

    def test_other_company_sees_nothing(self):
        plan = self._create_plan()
        other = self.company_data_2 = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "plan_stranger", groups="account_dunning.group_dunning_manager",
                                 company_id=other.id, company_ids=other.ids)
        self.assertFalse(self.env["dunning.plan"].with_user(stranger).search([("id", "=", plan.id)]))
        self.assertFalse(self.env["dunning.plan.instalment"].with_user(stranger).search([("plan_id", "=", plan.id)]))
        with self.assertRaises(AccessError):
            plan.with_user(stranger).read(["amount_total"])

    def test_plan_that_was_shown_is_not_deleted(self):
        plan = self._create_plan()
        with self.assertRaisesRegex(UserError, "cancel it instead"):
            plan.unlink()
        draft = self._create_plan(self._create_receivable(90, late=3), agreed=False)
        draft.unlink()
        self.assertFalse(draft.exists())

    # --- the books change -----------------------------------------------------------------------------------------

    def test_reset_invoice_cancels_its_plan(self):
        plan = self._create_plan()
        plan.line_ids.move_id.button_draft()
        self.assertEqual(plan.state, "cancelled")
        self.assertIn("reset or cancelled", plan.close_reason)

    def test_reset_of_one_invoice_shortens_the_plan_from_its_end(self):
        lines = self._create_receivable(600, late=20) + self._create_receivable(400, late=10)
        plan = self._create_plan(lines)
        lines[1].move_id.button_draft()
        self.assertEqual(plan.state, "agreed")
        self.assertEqual(plan.instalment_ids.mapped("amount_missing"), [250, 250, 100, 0])

    def test_reset_between_proposal_and_agreement_needs_a_new_proposal(self):
        lines = self._create_receivable(600, late=20) + self._create_receivable(400, late=10)
        plan = self._create_plan(lines, agreed=False)
        plan._set_proposed()
        lines[1].move_id.button_draft()
        with self.assertRaisesRegex(UserError, "propose the plan anew"):
            self._agree(plan)

    def test_merged_customer_keeps_his_plan(self):
        plan = self._create_plan()
        other = self._create_customer("Kept")
        self._create_receivable(50, late=3, partner=other)
        self.env["dunning.followup"]._sync(self.company, self.today)
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (self.customer | other).ids, other)
        self.assertEqual((plan.state, plan.partner_id, plan.instalment_ids.partner_id), ("agreed", other, other))
        self.assertEqual(plan.followup_id.partner_id, other)

    def test_follow_up_and_invoice_show_the_plan(self):
        plan = self._create_plan()
        self.assertEqual(plan.line_ids.move_id.dunning_plan_id, plan)
        self.assertEqual(plan.line_ids.move_id.dunning_plan_text, "Agreed · 0 of 4 paid")
        self.assertEqual((plan.followup_id.plan_count, plan.followup_id.plan_text), (1, "0 of 4 paid"))
        self.assertEqual(plan.followup_id.action_open_plans()["domain"], [("followup_id", "=", plan.followup_id.id)])

    def test_button_makes_a_plan_of_all_that_is_overdue(self):
        overdue = self._create_receivable(600, late=20)
        self._create_receivable(400, late=-10)
        self.env["dunning.followup"]._sync(self.company, self.today)
        action = self._get_followup().action_plan()
        plan = self.env["dunning.plan"].browse(action["res_id"])
        self.assertEqual(plan.line_ids.line_id, overdue)
        self.assertEqual(self._get_followup().action_plan()["res_id"], plan.id)
        self.assertEqual(overdue.move_id.action_dunning_plan()["res_id"], plan.id)
