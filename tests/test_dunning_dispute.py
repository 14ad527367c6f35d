from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DunningCommon


class DisputeCommon(DunningCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls.env.ref("account_dunning.dispute_reason_wrong_price")
        cls.disputes = cls.env["dunning.dispute"]

    def _dispute(self, lines, amount=None, **values):
        amounts = {lines.id: amount} if amount else None
        return self.disputes._create_for(lines, values.pop("reason", self.reason), amounts, **values)

    def _go_to(self, day):
        """Sleep until that day and let its night pass."""
        self._set_today(day)
        return self._run_night()

    def _answer(self, dispute, **values):
        """Answer the customer as a person would: the wizard fills itself in."""
        wizard = self.env["dunning.dispute.answer"].with_context(default_dispute_id=dispute.id).create(values)
        with self.mock_mail_gateway():
            wizard.action_send()
        return wizard

    def _credit(self, dispute, post=True):
        """Make the credit note with Odoo's wizard, opened from the dispute."""
        action = dispute.action_accept() if dispute.state == "open" else dispute.action_make_credit_note()
        wizard = self.env["account.move.reversal"].with_context(**action["context"]).create({
            "date": self.today, "journal_id": dispute.move_ids.journal_id.id})
        wizard.refund_moves()
        if post:
            wizard.new_move_ids.action_post()
        return wizard.new_move_ids

    def _get_claimed(self, notice):
        return notice.line_ids.filtered(lambda line: line.role in ("moving", "listed")).line_id


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

    def test_partly_accepted_credits_the_part_and_claims_the_rest(self):
        line = self._create_receivable(1000, late=10)
        dispute = self._dispute(line, 400)
        self._answer(dispute, decision="partly", line_ids=[
            Command.create({"dispute_line_id": dispute.line_ids.id, "amount_accepted": 100})])
        self.assertRecordValues(dispute, [{"state": "accepted", "resolution": "partly", "amount_accepted": 100}])
        self.assertIn("100.00", str(dispute.answer_body))
        self.assertIn("300.00", str(dispute.answer_body))
        self.assertEqual(self._credit(dispute).amount_total, 100)
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

    # --- who and when ---------------------------------------------------------------------------------------------

    def test_responsible_is_of_the_reason_else_the_salesperson_else_the_collector(self):
        company = {"company_id": self.company.id, "company_ids": self.company.ids}
        quality = new_test_user(self.env, "h_quality", groups="base.group_user", **company)
        seller = new_test_user(self.env, "h_seller", groups="base.group_user", **company)
        collector = new_test_user(self.env, "h_collector", groups="account_dunning.group_dunning_user", **company)
        self.reason.with_company(self.company).user_id = quality
        self.company.dunning_user_id = collector
        damaged = self.env.ref("account_dunning.dispute_reason_goods_damaged")
        damaged.with_company(self.company).days = 5
        mine = self._dispute(self._create_receivable(late=1, invoice_user_id=seller.id), comment="Too dear")
        his = self._dispute(self._create_receivable(late=1, invoice_user_id=seller.id), reason=damaged)
        seller.active = False
        theirs = self._dispute(self._create_receivable(late=1, invoice_user_id=seller.id), reason=damaged)
        self.assertEqual((mine.user_id, his.user_id, theirs.user_id), (quality, seller, collector))
        self.assertEqual((mine.deadline, his.deadline), (self.today + timedelta(15), self.today + timedelta(5)))
        self.assertRecordValues(mine.activity_ids, [{"user_id": quality.id, "date_deadline": mine.deadline}])

    def test_other_responsible_and_deadline_move_the_task(self):
        dispute = self._dispute(self._create_receivable(late=10))
        user = new_test_user(self.env, "h_new", groups="base.group_user", company_id=self.company.id,
                             company_ids=self.company.ids)
        dispute.write({"user_id": user.id, "deadline": date(2026, 12, 24)})
        self.assertRecordValues(dispute.activity_ids, [{"user_id": user.id, "date_deadline": date(2026, 12, 24)}])

    def test_late_dispute_is_told_to_the_manager_once(self):
        manager = new_test_user(self.env, "h_boss", groups="account_dunning.group_dunning_manager",
                                company_id=self.company.id, company_ids=self.company.ids)
        self.company.dunning_dispute_manager_id = manager
        line = self._create_receivable(1000, late=10)
        dispute = self._dispute(line, 300)
        self._go_to(dispute.deadline)
        self.assertFalse(dispute.is_escalated)
        for days in (1, 2):
            self._go_to(dispute.deadline + timedelta(days=days))
        told = dispute.activity_ids.filtered(lambda one: one.user_id == manager)
        self.assertEqual(len(told), 1)
        self.assertIn("dispute_late", self._get_followup().attention_codes)
        self.assertIn(dispute, self.disputes.search([("is_late", "=", True)]))
        dispute.deadline = self.today + timedelta(days=5)
        self.assertFalse(dispute.is_escalated)

    def test_one_broken_dispute_does_not_stop_the_night(self):
        first, second = (self._dispute(self._create_receivable(late=10)) for _n in range(2))
        self._pay(second.line_ids.line_id)
        review = type(first)._review_one

        def fail(dispute, *args):
            if dispute == first:
                raise ValueError("broken")
            return review(dispute, *args)
        with patch.object(type(first), "_review_one", fail), mute_logger("odoo.addons.account_dunning"):
            self._run_night()
        self.assertEqual((first.state, second.state), ("open", "cancelled"))

    def test_days_to_resolve_average_by_reason(self):
        for days in (4, 8):
            self._set_today(date(2026, 11, 1))
            dispute = self._dispute(self._create_receivable(late=30))
            self._set_today(date(2026, 11, 1) + timedelta(days=days))
            dispute._set_rejected()
        [(reason, average)] = self.disputes._read_group(
            [("company_id", "=", self.company.id)], ["reason_id"], ["days_to_resolve:avg"])
        self.assertEqual((reason, average), (self.reason, 6))

    def test_what_a_platform_reports_becomes_a_dispute_to_qualify(self):
        line = self._create_receivable(late=10)
        line.move_id.write({"dunning_delivery_status": "disputed", "dunning_delivery_date": self.today})
        self.assertEqual(line.dunning_reason, "platform_disputed")
        self._run_night()
        dispute = self.disputes.search([("line_ids.line_id", "=", line.id)])
        self.assertEqual((dispute.source, dispute.state), ("platform", "open"))
        self.env.invalidate_all()
        self.assertEqual(line.dunning_reason, "dispute")
        self._go_to(self.today + timedelta(days=1))
        self.assertEqual(self.disputes.search_count([("line_ids.line_id", "=", line.id)]), 1)
        dispute._set_rejected()
        self._go_to(self.today + timedelta(days=1))
        self.assertEqual(line.dunning_level_id, self.first)

    def test_what_the_platform_takes_back_closes_itself_and_may_come_again(self):
        line = self._create_receivable(late=10)
        line.move_id.dunning_delivery_status = "disputed"
        self._run_night()
        line.move_id.dunning_delivery_status = "approved"
        self._go_to(self.today + timedelta(days=1))
        dispute = self.disputes.search([("line_ids.line_id", "=", line.id)])
        self.assertEqual((dispute.resolution, line.dunning_level_id), ("platform", self.first))
        line.move_id.dunning_delivery_status = "disputed"
        self._go_to(self.today + timedelta(days=1))
        self.assertEqual(len(self.disputes.search([("line_ids.line_id", "=", line.id)])), 2)

    # --- the answer -----------------------------------------------------------------------------------------------

    def test_answer_leaves_with_its_proofs_and_lands_on_the_follow_up(self):
        dispute = self._dispute(self._create_receivable(late=10))
        proof = self.env["ir.attachment"].create({"name": "order.pdf", "raw": b"%PDF-1.4 order"})
        dispute.proof_ids = proof
        self.assertEqual((proof.res_model, proof.res_id), ("dunning.dispute", dispute.id))
        self._answer(dispute, finding="See your order of 3 March.")
        message = dispute.followup_id.message_ids.filtered(lambda one: one.attachment_ids)
        self.assertEqual(message.attachment_ids, proof)
        self.assertIn("See your order of 3 March.", message.body)
        [mail] = [mail for mail in self._mails if "customer@customer.example.com" in str(mail["email_to"])]
        self.assertIn("accounts@creditor.example.com", mail["email_from"])
        self.assertIn("order.pdf", str(mail["attachments"]))
        self.assertEqual(dispute.answer_mode, "email")

    def test_consumer_is_told_of_the_mediator_and_a_business_is_not(self):
        self.company.write({"dunning_mediator_name": "CM2C", "dunning_mediator_url": "https://cm2c.example.com"})
        consumer = self._create_customer("Consumer", is_company=False, dunning_debtor_kind="consumer")
        texts = {}
        for partner in (consumer, self.customer):
            dispute = self._dispute(self._create_receivable(late=10, partner=partner))
            self._answer(dispute)
            texts[partner] = dispute.answer_body
        self.assertIn("CM2C (https://cm2c.example.com)", texts[consumer])
        self.assertNotIn("CM2C", texts[self.customer])

    def test_preview_warns_when_a_consumer_has_no_mediator(self):
        consumer = self._create_customer("Consumer", is_company=False, dunning_debtor_kind="consumer")
        dispute = self._dispute(self._create_receivable(late=10, partner=consumer))
        wizard = Form(self.env["dunning.dispute.answer"].with_context(default_dispute_id=dispute.id))
        self.assertTrue(wizard.lacks_mediator)
        self.assertIn("1,000.00", wizard.body)

    def test_answer_is_in_the_language_of_the_customer(self):
        french = self._create_customer("Client", lang="fr_FR")
        dispute = self._dispute(self._create_receivable(late=10, partner=french))
        template = self.env.ref("account_dunning.mail_template_dispute_rejected")
        template.with_context(lang="fr_FR").subject = "Réponse : {{ object.invoices_text }}"
        self._answer(dispute)
        self.assertTrue(dispute.answer_subject.startswith("Réponse"))

    def test_answer_without_e_mail_address_says_what_to_do(self):
        self.customer.email = False
        dispute = self._dispute(self._create_receivable(late=10))
        with self.assertRaises(UserError):
            self._answer(dispute)
        self.assertEqual(dispute.state, "open")
        self._answer(dispute, mode="none")
        self.assertEqual(dispute.state, "rejected")

    def test_form_of_an_invoice_notes_a_part(self):
        line = self._create_receivable(1000, late=10)
        action = line.move_id.action_dunning_dispute()
        form = Form(self.disputes.with_context(**action["context"]), "account_dunning.dunning_dispute_view_form_new")
        form.reason_id = self.reason
        form.is_whole = False
        with form.line_ids.edit(0) as row:
            row.amount = 250
        dispute = form.save()
        self.assertRecordValues(dispute, [{"amount": 250, "is_whole": False, "followup_id": self._get_followup().id}])
        self.assertTrue(line.move_id.dunning_is_disputed)
        self.assertIn("250.00", line.move_id.dunning_dispute_text)
        self.assertIn(line.move_id, self.env["account.move"].search([("dunning_is_disputed", "=", True)]))
        self.assertEqual(self._get_followup().dispute_open_count, 1)


@tagged("post_install", "-at_install")
class TestDunningDisputeRights(DisputeCommon):
    """Who may do what: the responsible colleague prepares the answer, the collector gives it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        cls.seller, cls.stranger = (
            new_test_user(cls.env, login, groups="base.group_user", **values) for login in ("h_sell", "h_other"))
        cls.invoicing = new_test_user(cls.env, "h_inv", groups="account.group_account_invoice", **values)
        cls.collector = new_test_user(cls.env, "h_col", groups="account_dunning.group_dunning_user", **values)

    def setUp(self):
        super().setUp()
        self.line = self._create_receivable(late=10, invoice_user_id=self.seller.id)
        self.dispute = self.disputes.with_user(self.collector)._create_for(
            self.line.with_user(self.collector), self.reason)

    def test_responsible_colleague_opens_comments_and_attaches_proofs(self):
        mine = self.dispute.with_user(self.seller)
        self.env.invalidate_all()
        form = Form(mine, "account_dunning.dunning_dispute_view_form")
        form.finding = "The order says 100."
        form.save()
        mine.message_post(body="I asked the workshop")
        proof = self.env["ir.attachment"].with_user(self.seller).create({"name": "order.pdf", "raw": b"%PDF"})
        mine.write({"proof_ids": [Command.link(proof.id)]})
        self.assertEqual(self.dispute.finding, "The order says 100.")
        self.assertEqual(self.dispute.with_user(self.collector).proof_ids.raw, b"%PDF")
        self.assertTrue(mine.activity_ids)

    def test_responsible_colleague_decides_nothing(self):
        mine = self.dispute.with_user(self.seller)
        for vals in ({"state": "rejected"}, {"user_id": self.stranger.id}, {"deadline": date(2027, 1, 1)},
                     {"comment": "x"}, {"line_ids": [Command.clear()]}):
            with self.assertRaises(AccessError):
                mine.write(vals)
        for act in (mine.action_withdraw, mine.action_answer, mine.action_accept):
            with self.assertRaises(AccessError):
                act()

    def test_others_see_nothing_and_invoicing_reads(self):
        self.assertFalse(self.disputes.with_user(self.stranger).search([]))
        with self.assertRaises(AccessError):
            self.dispute.with_user(self.stranger).check_access("read")
        self.dispute.with_user(self.invoicing).check_access("read")
        with self.assertRaises(AccessError):
            self.dispute.with_user(self.invoicing).check_access("write")
        self.assertTrue(self.line.move_id.with_user(self.invoicing).dunning_is_disputed)

    def test_collector_answers_and_no_one_forges_a_state(self):
        dispute = self.dispute.with_user(self.collector)
        with self.assertRaises(AccessError):
            dispute.write({"state": "rejected"})
        wizard = self.env["dunning.dispute.answer"].with_user(self.collector).with_context(
            default_dispute_id=dispute.id).create({})
        with self.mock_mail_gateway():
            wizard.action_send()
        self.assertEqual(dispute.state, "rejected")
        with self.assertRaises(UserError):
            self.dispute.unlink()

    def test_accountant_without_dunning_rights_resets_a_contested_invoice(self):
        self.line.move_id.with_user(self.invoicing).button_draft()
        self.assertEqual(self.dispute.state, "cancelled")

    def test_companies_never_mix(self):
        other = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "h_there", groups="account_dunning.group_dunning_manager",
                                 company_id=other.id, company_ids=other.ids)
        self.assertFalse(self.disputes.with_user(stranger).search([]))
        self.reason.with_company(other).user_id = stranger
        own = self.env["dunning.dispute.reason"].create({"name": "Ours alone", "company_id": self.company.id})
        self.assertNotIn(own, self.env["dunning.dispute.reason"].with_user(stranger).search([]))
        self.assertEqual(self.dispute.user_id, self.seller)
        self.assertFalse(self.env["dunning.dispute"]._find_platform_disputes(other))
