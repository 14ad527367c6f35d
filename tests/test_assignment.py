import html

from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestAssignment(DunningCommon):
    """Claims assigned to a bank or factor, in their three modes, wherever the assignment was said."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.factor = cls._create_customer("Factor Bank")
        cls.account = cls.env["res.partner.bank"].create({
            "acc_number": "FR7630006000011234567890189", "partner_id": cls.factor.id})

    def _assign(self, record, mode, assignee=None):
        record.write({"dunning_assignment": mode, "dunning_assignee_id": (assignee or self.factor).id})

    def _get_text(self, notice):
        return html.unescape(str(notice.body or "")).replace("\N{NO-BREAK SPACE}", " ")

    def test_notified_is_never_dunned_wherever_it_was_said(self):
        term = self.env["account.payment.term"].create({"name": "Factored"})
        self._assign(term, "notified")
        of_term, of_invoice, of_customer = (self._create_receivable(
            late=10, partner=self._create_customer(f"Debtor {number}"),
            **({"invoice_payment_term_id": term.id, "invoice_date_due": False} if number == 0 else {}),
        ) for number in range(3))
        self._assign(of_invoice.move_id, "notified")
        self._assign(of_customer.partner_id, "notified")
        self.assertFalse(self._run_night().notice_ids)
        for line in (of_term, of_invoice, of_customer):
            self.assertIn("which collects it", line.move_id.dunning_assignment_text)
            self.assertEqual(line.dunning_reason, "assigned")

    def test_mandate_asks_for_payment_to_the_assignee_in_its_words_and_keeps_them(self):
        self.factor.dunning_assignee_sentence = "Subrogated in our rights, only Factor Bank may be paid."
        line = self._create_receivable(late=10)
        self._assign(line.move_id, "mandate")
        notice = self._run_night().notice_ids
        self.assertEqual(notice.state, "sent")
        self.assertIn("FR76 3000 6000 0112 3456 7890 189", self._get_text(notice))
        self.assertIn("only Factor Bank may be paid", self._get_text(notice))
        self.assertIn("Factor Bank", notice.payee_text)
        self.factor.name = "Other Name"
        self.account.acc_number = "FR1420041010050500013M02606"
        self.assertIn("Factor Bank", notice.payee_text)
        self.assertIn("FR76", self._get_text(notice))
        self.assertIn("payment goes to its account", self._get_followup().assignment_text)

    def test_mandate_without_an_account_does_not_leave(self):
        self.account.unlink()
        line = self._create_receivable(late=10)
        self._assign(line.move_id, "mandate")
        with self.assertLogs("odoo.addons.account_dunning", "WARNING"):
            notice = self._run_night().notice_ids
        self.assertEqual(notice.state, "failed")
        self.assertIn("enter its bank account", notice.failure_reason)

    def test_confidential_is_dunned_as_usual_and_says_nothing_to_the_customer(self):
        line = self._create_receivable(late=10)
        self._assign(line.move_id, "confidential")
        notice = self._run_night().notice_ids
        self.assertEqual(notice.state, "sent")
        self.assertNotIn("Factor", self._get_text(notice))
        self.assertNotIn("Factor", notice.payee_text or "")
        self.assertIn("confidentially", line.move_id.dunning_assignment_text)

    def test_one_customer_pays_each_claim_to_its_owner(self):
        own, assigned = self._create_receivable(300, late=10), self._create_receivable(200, late=10)
        self._assign(assigned.move_id, "mandate")
        self.env["res.partner.bank"].create({
            "acc_number": "FR1420041010050500013M02606", "partner_id": self.company.partner_id.id})
        self.company_data["default_journal_bank"].bank_account_id = self.company.partner_id.bank_ids[:1]
        means = self._run_night().notice_ids._get_payment_means()
        self.assertEqual(len(means), 2)
        by_invoice = {one["invoices"]: one["assignment"] for one in means}
        self.assertTrue(next(text for names, text in by_invoice.items() if assigned.move_id.name in names))
        self.assertFalse(next(text for names, text in by_invoice.items() if own.move_id.name in names))
        self.assertIn(assigned.move_id.name, self._get_followup().assignment_text)

    def test_draft_by_hand_does_not_leave_once_the_assignee_collects(self):
        line, other = self._create_receivable(300, late=10), self._create_receivable(200, late=10)
        notice = self.env["dunning.notice"]._prepare_manual(line | other)
        self._assign(line.move_id, "notified")
        notice._recheck(self.today)
        self.assertEqual((notice.line_ids.line_id, notice.state), (other, "draft"))
        self._assign(other.move_id, "notified")
        notice._recheck(self.today)
        self.assertEqual(notice.state, "cancelled")

    def test_own_invoice_says_nothing_of_an_assignment(self):
        line = self._create_receivable(late=10)
        self._run_night()
        self.assertFalse(line.move_id.dunning_assignment_text)
        self.assertFalse(self._get_followup().assignment_text)
