from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .evidence_common import EvidenceCommon, make_pdf


@tagged("post_install", "-at_install")
class TestDunningEvidence(EvidenceCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.collector = new_test_user(
            cls.env, "collector", "account_dunning.group_dunning_user", company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)])

    def test_file_that_was_dropped_is_read_by_every_collector(self):
        colleague = new_test_user(
            self.env, "colleague", "account_dunning.group_dunning_user", company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)])
        mine = self.env(user=self.collector, su=False)
        file = mine["ir.attachment"].create({
            "name": "slip.pdf", "raw": make_pdf("slip"), "res_model": "dunning.evidence"})
        proof = mine["dunning.evidence"].create({
            "move_id": self.invoice.id, "type": "delivery", "attachment_ids": [Command.set(file.ids)]})
        self.assertEqual(file.sudo().res_id, proof.id)
        self.assertTrue(file.with_user(colleague).raw.startswith(b"%PDF"))
        self.assertEqual(self.invoice.with_user(colleague).dunning_evidence_ids.user_id, self.collector)

    def test_proof_without_a_document_is_refused(self):
        with self.assertRaisesRegex(UserError, "without a document"):
            self._prove("order")

    def test_nobody_proves_with_a_file_he_may_not_read(self):
        secret = self.env["ir.attachment"].create({"name": "salary.pdf", "raw": b"secret"})
        own = self.env(user=self.collector, su=False)
        with self.assertRaises(AccessError):
            own["dunning.evidence"].create({
                "move_id": self.invoice.id, "type": "other", "attachment_ids": [Command.set(secret.ids)]})

    def test_collector_of_another_company_sees_no_proof(self):
        proof = self._prove("order", self._attach("order.pdf", make_pdf("order")))
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env, "stranger", "account_dunning.group_dunning_user", company_id=other.id,
            company_ids=[Command.set(other.ids)])
        with self.assertRaises(AccessError):
            proof.with_user(stranger).read(["comment"])
        self.assertFalse(self.env["dunning.evidence"].with_user(stranger).search([("id", "=", proof.id)]))

    def test_user_without_dunning_rights_reads_and_changes_nothing(self):
        proof = self._prove("order", self._attach("order.pdf", make_pdf("order")))
        biller = new_test_user(
            self.env, "biller", "account.group_account_invoice", company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)])
        self.assertEqual(proof.with_user(biller).type, "order")
        with self.assertRaises(AccessError):
            proof.with_user(biller).comment = "changed"

    def test_files_of_the_invoice_become_a_proof_by_choice(self):
        file = self._attach("slip.pdf", make_pdf("slip"), res_model="account.move", res_id=self.invoice.id)
        action = self.invoice.action_dunning_pick_evidence()
        pick = self.env[action["res_model"]].with_context(**action["context"]).create({"type": "acceptance"})
        self.assertEqual(pick.attachment_ids, file)
        pick.action_add()
        again = self.invoice.action_dunning_pick_evidence()
        self.assertFalse(self.env[again["res_model"]].with_context(**again["context"]).create({}).attachment_ids)
        self.assertEqual(self.invoice.dunning_evidence_ids.attachment_ids, file)
        self.assertEqual((file.res_model, file.res_id), ("account.move", self.invoice.id))

    def test_files_dropped_on_an_invoice_are_proposed_and_no_others(self):
        self._attach("earlier.pdf", make_pdf("earlier"), res_model="account.move", res_id=self.invoice.id)
        dropped = self._attach("slip.pdf", make_pdf("slip"), res_model="account.move", res_id=self.invoice.id)
        action = self.invoice.with_context(dunning_dropped_ids=dropped.ids).action_dunning_pick_evidence()
        pick = self.env[action["res_model"]].with_context(**action["context"]).create({})
        self.assertEqual(pick.attachment_ids, dropped)

    def test_file_of_another_invoice_cannot_be_chosen(self):
        other = self._create_receivable(late=3).move_id
        file = self._attach("slip.pdf", make_pdf("slip"), res_model="account.move", res_id=other.id)
        pick = self.env["dunning.evidence.pick"].create({
            "move_id": self.invoice.id, "attachment_ids": [Command.set(file.ids)]})
        with self.assertRaisesRegex(UserError, "belong to something else"):
            pick.action_add()

    def test_without_orders_there_is_nothing_to_take_over(self):
        with self.assertRaisesRegex(UserError, "nothing to take over"):
            self.invoice.action_dunning_take_evidence()

    def test_order_of_the_sales_application_is_taken_over_once(self):
        if "sale.order" not in self.env:
            self.skipTest("optional: needs the application Sales")
        product = self.env["product.product"].create({"name": "Work", "invoice_policy": "order", "type": "service"})
        order = self.env["sale.order"].create({
            "partner_id": self.customer.id, "company_id": self.company.id,
            "order_line": [Command.create({"product_id": product.id, "price_unit": 10})]})
        order.action_confirm()
        self._attach("signed.pdf", make_pdf("signed"), res_model="sale.order", res_id=order.id)
        move = order._create_invoices()
        own = move.with_user(self.collector)
        own.action_dunning_take_evidence()
        self.assertEqual(own.dunning_evidence_ids.type, "order")
        self.assertIn("signed.pdf", own.dunning_evidence_ids.attachment_ids.mapped("name"))
        with self.assertRaisesRegex(UserError, "nothing to take over"):
            own.action_dunning_take_evidence()
