from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .dispute_common import DisputeCommon


@tagged("post_install", "-at_install")
class TestDunningDispute(DisputeCommon):
    """What is contested leaves the dunning, the rest goes on, and the answer decides what follows."""

    def test_one_invoice_out_of_five_is_contested_and_four_are_reminded_of(self):
        lines = self.env["account.move.line"].union(*(self._create_receivable(100 * n, late=10) for n in range(1, 6)))
        dispute = self._dispute(lines[2])
        notice = self._run_night().notice_ids
        self.assertEqual(self._get_claimed(notice), lines - lines[2])
        self.assertEqual(lines[2].dunning_reason, "dispute")
        self.assertEqual((dispute.amount, dispute.state, dispute.is_whole), (300, "open", True))
        self.assertFalse(lines[2].dunning_level_id)

    def test_contested_part_is_kept_back_and_the_rest_is_claimed(self):
        line = self._create_receivable(1000, late=10)
        self._dispute(line, 300)
        case = self._get_followup()._get_cases(self.today, self.company._get_dunning_rules(self.today))
        self.assertEqual(next(iter(case.values())).receivables[0].claimable(self.today), 700)
        self.assertTrue(self._run_night().notice_ids)

    def test_letter_deducts_the_contested_part_and_says_so(self):
        line = self._create_receivable(1000, late=10)
        self._create_receivable(500, late=10)
        self._dispute(line, 300)
        notice = self._run_night().notice_ids
        self.assertEqual(notice.amount_total, 1200)
        self.assertEqual(list(notice._get_totals().values()), [1200])
        self.assertRecordValues(notice.line_ids.sorted("amount_residual"), [
            {"amount_residual": 500, "amount_held": 0, "is_contested": False},
            {"amount_residual": 1000, "amount_held": 300, "is_contested": True}])
        self.assertIn("300.00 that you contest", notice.body.replace("\N{NO-BREAK SPACE}", " ").replace("$", ""))
        self.assertIn("1,200.00", notice.body)

    def test_dispute_noted_after_the_draft_is_deducted_when_it_leaves(self):
        line = self._create_receivable(1000, late=10)
        run = self._prepare_run()
        self.assertEqual(run.notice_ids.amount_total, 1000)
        self._dispute(line, 300)
        self._release(run)
        self.assertRecordValues(run.notice_ids, [{"state": "sent", "amount_total": 700}])

    def test_reminder_by_hand_asks_for_the_rest_and_refuses_what_is_contested_whole(self):
        line = self._create_receivable(1000, late=10)
        dispute = self._dispute(line, 300)
        notices = self.env["dunning.notice"]
        self.assertEqual(notices._prepare_manual(line).amount_total, 700)
        dispute.line_ids.amount = 1000
        with self.assertRaises(UserError):
            notices._prepare_manual(line)

    def test_dispute_in_a_foreign_currency_holds_the_same_share_in_the_books(self):
        currency = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        line = self._create_receivable(1000, late=10, currency_id=currency.id)
        self._dispute(line, 300)
        case = self._get_followup()._get_cases(self.today, self.company._get_dunning_rules(self.today))
        self.assertEqual(next(iter(case.values())).receivables[0].claimable(self.today), 350)

    def test_rejected_dispute_resumes_at_its_step_after_the_interval(self):
        line = self._create_receivable(late=10)
        self._run_night()
        self.assertEqual(line.dunning_level_id, self.first)
        self._set_today(date(2026, 11, 20))
        dispute = self._dispute(line)
        self._go_to(date(2026, 12, 7))
        self.assertEqual(line.dunning_level_id, self.first)
        wizard = self._answer(dispute, finding="The price is that of your order.")
        self.assertEqual((dispute.state, dispute.resolution), ("rejected", "rejected"))
        self.assertEqual(wizard.pay_by, date(2026, 12, 15))  # the gap of eight days counts from the answer
        self._go_to(date(2026, 12, 15))
        self.assertEqual((line.dunning_level_id, line.dunning_reason), (self.first, "dispute_answered"))
        self._go_to(date(2026, 12, 16))
        self.assertEqual(line.dunning_level_id, self.second)

    def test_withdrawn_dispute_resumes_at_once(self):
        line = self._create_receivable(late=10)
        dispute = self._dispute(line)
        dispute.action_withdraw()
        self.assertEqual((dispute.state, dispute.resolution), ("cancelled", "withdrawn"))
        self._run_night()
        self.assertEqual(line.dunning_level_id, self.first)

    # --- interest -------------------------------------------------------------------------------------------------

    def test_no_interest_on_what_is_contested_and_all_of_it_after_a_rejection(self):
        line = self._create_receivable(1000, due=date(2026, 10, 1))
        suspensions = self.env["account.move.line"]._get_interest_suspensions
        part = self._dispute(line, 300)
        [(first, last, amount, reason)] = suspensions(line.ids)[line.id]
        self.assertEqual((first, last, amount), (date(2026, 10, 1), None, 300))
        self.assertTrue(reason)
        part._set_rejected()
        self.assertNotIn(line.id, suspensions(line.ids))
        self._dispute(line)
        self.assertIsNone(suspensions(line.ids)[line.id][0][2])

    def test_interest_of_the_books_leaves_the_contested_part_out(self):
        france, euro = self.env.ref("base.fr"), self.env.ref("base.EUR")
        euro.active = True
        self.company.write({"currency_id": euro.id, "country_id": france.id, "account_fiscal_country_id": france.id})
        line = self._create_receivable(1000, due=date(2026, 7, 1), currency_id=euro.id)
        whole = line._get_interest_claims(self.today)[line.id].breakdown.exact
        self.assertTrue(whole)
        dispute = self._dispute(line, 300)
        part = line._get_interest_claims(self.today)[line.id].breakdown.exact
        self.assertAlmostEqual(float(part), float(whole) * 0.7, places=4)
        dispute._set_rejected()
        self.assertEqual(line._get_interest_claims(self.today)[line.id].breakdown.exact, whole)

    # --- credit notes ---------------------------------------------------------------------------------------------

    def test_accepted_with_a_credit_note_made_from_there(self):
        line = self._create_receivable(1000, late=10)
        dispute = self._dispute(line)
        credit_note = self._credit(dispute)
        self.assertEqual((dispute.state, dispute.resolution), ("accepted", "accepted"))
        self.assertEqual(dispute.credit_note_ids, credit_note)
        self.assertTrue(line.reconciled)
        self._run_night()
        self.assertFalse(dispute.is_credit_due)

    def test_credit_note_of_a_contested_part_is_of_that_part(self):
        tax = self.company_data["default_tax_sale"].copy({"amount": 20, "name": "20 %"})
        line = self._create_receivable(late=10, invoice_line_ids=[
            Command.create({"name": "Work", "quantity": 3, "price_unit": 250, "tax_ids": [Command.set(tax.ids)]}),
            Command.create({"name": "Travel", "price_unit": 100, "tax_ids": []})])
        self.assertEqual(line.amount_residual, 1000)
        dispute = self._dispute(line, 300)
        credit_note = self._credit(dispute, post=False)
        self.assertAlmostEqual(credit_note.amount_total, 300, delta=0.02)
        self.assertEqual(credit_note.invoice_line_ids.tax_ids, tax)
        self.assertIn("Wrong price", credit_note.invoice_line_ids[0].name)

    def test_what_we_agreed_to_credit_is_not_claimed_before_the_credit_note_is_booked(self):
        line = self._create_receivable(1000, late=10)
        dispute = self._dispute(line)
        credit_note = self._credit(dispute, post=False)
        self.assertTrue(dispute.is_credit_due)
        self.assertFalse(self._run_night().notice_ids)
        credit_note.action_post()
        self._go_to(self.today + timedelta(days=1))
        self.assertFalse(dispute.is_credit_due)

    def test_credit_note_that_nobody_makes_is_told_to_the_manager(self):
        self.company.dunning_dispute_manager_id = manager = new_test_user(
            self.env, "h_boss", groups="account_dunning.group_dunning_manager", company_id=self.company.id,
            company_ids=self.company.ids)
        dispute = self._dispute(self._create_receivable(1000, late=10), deadline=self.today)
        self._answer(dispute, decision="accepted")
        self.assertEqual(dispute.deadline, self.today + timedelta(days=8))
        self._go_to(self.today + timedelta(days=9))
        self.assertIn("credit note should have been made",
                      dispute.activity_ids.filtered(lambda one: one.user_id == manager).summary)
        self.assertEqual(dispute.line_ids.line_id.dunning_reason, "dispute_late")

    def test_partly_accepted_credits_the_part_and_claims_the_rest(self):
        line = self._create_receivable(1000, late=10)
        dispute = self._dispute(line, 400)
        self._answer(dispute, decision="partly", line_ids=[
            Command.create({"dispute_line_id": dispute.line_ids.id, "amount_accepted": 100})])
        self.assertRecordValues(dispute, [{"state": "accepted", "resolution": "partly", "amount_accepted": 100}])
        self.assertIn("100.00", str(dispute.answer_body))
        self.assertIn("300.00", str(dispute.answer_body))
        self.assertEqual(dispute.activity_ids.summary, "Make the credit note")
        self.assertEqual(self._credit(dispute).amount_total, 100)
        self.assertFalse(dispute.activity_ids)
        self.assertEqual(line.amount_residual, 900)
        self._go_to(date(2026, 12, 7))
        claim = self._get_followup()._get_cases(self.today, self.company._get_dunning_rules(self.today))
        self.assertEqual(next(iter(claim.values())).receivables[0].claimable(self.today), 900)

    def test_credit_note_that_covers_the_dispute_closes_it_in_the_night(self):
        line = self._create_receivable(1000, late=10)
        dispute = self._dispute(line, 300)
        line.move_id._reverse_moves([{"date": self.today, "invoice_line_ids": [
            Command.create({"name": "Rebate", "price_unit": 300, "tax_ids": []})]}]).action_post()
        self.assertLess(line.amount_residual, 1000)
        self._run_night()
        self.assertRecordValues(dispute, [{"state": "accepted", "resolution": "credited", "is_credit_due": False}])

    def test_credit_note_of_before_the_dispute_settles_nothing(self):
        line = self._create_receivable(1000, late=10)
        credit = line.move_id._reverse_moves([{"date": self.today}])
        credit.invoice_line_ids.price_unit = 300
        credit.action_post()
        dispute = self._dispute(line, 200)
        self._run_night()
        self.assertEqual(dispute.state, "open")

    def test_paid_all_the_same_closes_with_a_note(self):
        line = self._create_receivable(1000, late=10)
        dispute = self._dispute(line)
        payment = self._pay(line)
        self._run_night()
        self.assertEqual((dispute.state, dispute.resolution), ("cancelled", "paid"))
        self.assertIn("paid what he contested", "".join(dispute.message_ids.mapped("body")))
        line.remove_move_reconcile()
        payment.action_draft()
        self._go_to(self.today + timedelta(days=1))
        self.assertEqual((line.dunning_level_id, dispute.state), (self.first, "cancelled"))

    # --- bad input ------------------------------------------------------------------------------------------------

    def test_dispute_larger_than_what_is_open_is_refused(self):
        line = self._create_receivable(1000, late=10)
        for amount in (1000.01, -5):
            with self.assertRaises(UserError):
                self._dispute(line, amount)

    def test_paid_or_draft_invoices_cannot_be_contested(self):
        paid = self._create_receivable(1000, late=10)
        self._pay(paid)
        draft = self._create_receivable(1000, late=10, post=False)
        for line in (paid, draft, self.env["account.move.line"]):
            with self.assertRaises(UserError):
                self._dispute(line)

    def test_two_customers_in_one_dispute_are_refused(self):
        lines = self._create_receivable(late=10) | self._create_receivable(
            late=10, partner=self._create_customer("Other"))
        with self.assertRaises(UserError):
            self._dispute(lines)

    def test_invoice_contested_whole_cannot_be_contested_again(self):
        line = self._create_receivable(1000, late=10)
        self._dispute(line)
        with self.assertRaises(UserError):
            self._dispute(line, 10)

    def test_two_disputes_share_an_invoice_up_to_what_is_open(self):
        line = self._create_receivable(1000, late=10)
        self._dispute(line, 600)
        with self.assertRaises(UserError):
            self._dispute(line, 500)
        self._dispute(line, 400)
        self.assertEqual(line.dunning_reason, "dispute")

    def test_reset_invoice_leaves_its_dispute(self):
        line, other = self._create_receivable(100, late=10), self._create_receivable(200, late=10)
        dispute = self._dispute(line | other)
        line.move_id.button_draft()
        self.assertEqual((dispute.state, dispute.line_ids.move_id), ("open", other.move_id))
        other.move_id.button_draft()
        other.move_id.button_cancel()
        self.assertEqual((dispute.state, dispute.resolution), ("cancelled", "gone"))

    def test_merged_customer_takes_his_dispute_along(self):
        kept = self._create_customer("Kept")
        line = self._create_receivable(late=10)
        dispute = self._dispute(line)
        self.env["base.partner.merge.automatic.wizard"]._merge((self.customer | kept).ids, kept)
        self.assertEqual((dispute.partner_id, dispute.followup_id.partner_id), (kept, kept))
        self.assertEqual(line.dunning_reason, "dispute")

    def test_corrected_amount_counts_at_once_and_stays_within_what_is_open(self):
        line = self._create_receivable(1000, late=10)
        dispute = self._dispute(line, 300)
        dispute.line_ids.amount = 1000
        self.assertFalse(self._run_night().notice_ids)
        with self.assertRaises(UserError):
            dispute.line_ids.amount = 1001

    def test_resolved_dispute_is_not_resolved_twice(self):
        dispute = self._dispute(self._create_receivable(late=10))
        dispute._set_rejected()
        for act in (dispute.action_accept, dispute.action_answer, dispute.action_withdraw):
            with self.assertRaises(UserError):
                act()
