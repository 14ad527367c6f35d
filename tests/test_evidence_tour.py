from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from .evidence_common import EvidenceCommon, make_pdf
from .test_dunning_tours import TestDunningTours


@tagged("post_install", "-at_install")
class TestEvidenceTour(TestDunningTours):
    """A collector adds a proof to an invoice, asks for the evidence file and sees it being built."""

    # The tours of the parent are not repeated.
    test_manager_prepares_looks_at_and_releases_a_run = None
    test_collector_sends_a_reminder_and_logs_a_call = None
    test_accountant_excludes_an_invoice_and_includes_it_again = None
    test_archived_email_is_shown_byte_by_byte_to_colleagues_only = None

    def setUp(self):
        super().setUp()
        self._create_user("collector", "account_dunning.group_dunning_user")
        self.env["dunning.followup"]._sync(self.company, self.today)
        self.followup = self.env["dunning.followup"].search([("partner_id", "=", self.customer.id)])

    def _prove(self):
        file = self.env["ir.attachment"].create(
            {"name": "order.pdf", "raw": make_pdf("order"), "res_model": "dunning.evidence"})
        return self.env["dunning.evidence"].create({
            "move_id": self.invoice.id, "type": "order", "comment": "Signed order",
            "attachment_ids": [Command.set(file.ids)]})

    def test_collector_adds_a_proof_to_an_invoice(self):
        self.start_tour(f"/odoo/customer-invoices/{self.invoice.id}", "dunning_evidence_add", login="collector")
        proof = self.invoice.dunning_evidence_ids
        self.assertEqual((proof.comment, proof.user_id.login), ("Delivered whole", "collector"))
        self.assertEqual((proof.attachment_ids.name, proof.attachment_ids.raw), ("slip.txt", b"signed by Mrs Martin"))
        self.assertEqual(proof.attachment_ids.res_id, proof.id)

    def test_collector_asks_for_the_file_and_sees_it_built(self):
        self._prove()
        self.start_tour("/odoo/dunning-followups", "dunning_evidence_build", login="collector")
        file = self.followup.evidence_file_ids
        self.assertEqual((file.state, file.user_id.login), ("waiting", "collector"))
        with self._plain_pages():
            file._build_safely()
        shown = self._show_it_waiting_first(file)
        self.start_tour(f"/odoo/dunning-evidence-files/{file.id}", "dunning_evidence_watch", login="collector")
        self.assertEqual((file.state, len(file.attachment_ids)), ("done", 2))
        self.assertEqual(shown[:2], ["waiting", "done"])

    def _show_it_waiting_first(self, file):
        """Let the page be opened a moment before the file is done; return the states that it was told."""
        Files = type(file)
        plain, shown = Files.web_read, []

        def web_read(records, specification):
            result = plain(records, specification)
            if records.ids == file.ids:
                if not shown:
                    result[0].update(state="waiting", attachment_ids=[], pdf_id=False)
                shown.append(result[0]["state"])
            return result

        self.startPatcher(patch.object(Files, "web_read", web_read))
        return shown

    def _plain_pages(self):
        return patch.multiple(
            type(self.env["dunning.evidence.file"]), _print_page=EvidenceCommon._print_plainly,
            _get_invoice_parts=lambda file: [], _commit_step=lambda file: None,
            _check_printer=lambda file: None)
