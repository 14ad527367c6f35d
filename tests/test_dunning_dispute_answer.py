from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .dispute_common import DisputeCommon


@tagged("post_install", "-at_install")
class TestDunningDisputeAnswer(DisputeCommon):
    """Somebody is responsible, in time, and the customer gets an answer with its proofs."""

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
        self._dispute(self._create_receivable(late=30))
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
