from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .formal_common import FormalCommon


@tagged("post_install", "-at_install")
class TestFormalProblems(FormalCommon):
    """What keeps a formal notice from being approved is said in words, each with what to do."""

    prints = False

    def _has_problem(self, notice, words):
        notice.invalidate_recordset(["formal_problems", "formal_problem_text"])
        self.assertRegex(" ".join(notice.formal_problems or []), words)
        self.assertIn("•", notice.formal_problem_text)

    def test_complete_notice_has_no_problem(self):
        for kind in ("business", "consumer", "non_professional", "public"):
            self.assertFalse(self._create_default(kind).formal_problems, kind)

    def test_reminder_is_never_checked(self):
        line = self._create_receivable(1200, due=date(2026, 9, 1), partner=self._create_debtor(street=False))
        self.assertFalse(self._claim(line, self.reminder).formal_problems)

    def test_postal_address_is_needed(self):
        notice = self._create_default()
        notice.partner_id.street = False
        self._has_problem(notice, "no postal address")

    def test_kind_of_debtor_is_needed(self):
        self._has_problem(self._create_default(False), "kind of debtor")

    def test_own_number_is_needed_and_checked(self):
        notice = self._create_default()
        self.company.company_registry = "123456789"
        self._has_problem(notice, "SIREN")
        self.company.company_registry = "732829320"
        notice.invalidate_recordset(["formal_problems"])
        self.assertFalse(notice.formal_problems)

    def test_signatory_and_capacity_are_needed(self):
        notice = self._create_default()
        self.signatory.partner_id.function = False
        self._has_problem(notice, "capacity of the signatory Paul Martin")
        self.company.dunning_signatory_id = False
        self._has_problem(notice, "Nobody signs")

    def test_credit_that_nobody_allocated_makes_the_sum_uncertain(self):
        notice = self._create_default()
        refund = self.env["account.move"].create({
            "move_type": "out_refund", "partner_id": notice.partner_id.id, "invoice_date": self.today,
            "invoice_line_ids": [(0, 0, {"name": "Back", "price_unit": 50, "tax_ids": []})]})
        refund.action_post()
        self._has_problem(notice, f"not allocated.*{refund.name}")

    def test_line_without_a_sent_reminder_is_refused(self):
        self._has_problem(self._create_default(reminded=False), "no reminder was sent")

    def test_unknown_rate_is_a_problem_of_who_claims_interest(self):
        business, consumer = self._create_default(), self._create_default("consumer")
        self.env["dunning.reference.rate"].search([("valid_from", "=", date(2026, 7, 1))]).unlink()
        self._has_problem(business, "missing")
        consumer.invalidate_recordset(["formal_problems"])
        self.assertFalse(consumer.formal_problems)

    def test_text_by_hand_says_neither_fees_to_consumers_nor_forbidden_words(self):
        notice = self._create_default("consumer", lang="fr_FR")
        notice.letter_body = f"<p>Payez avant le {notice.deadline_text}, article L441-10, frais de dossier.</p>"
        self._has_problem(notice, "L441-10")
        notice.letter_body = f"<p>Payez avant le {notice.deadline_text}, sauf erreur de notre part.</p>"
        self._has_problem(notice, "sauf erreur")
        notice.letter_body = "<p>Nous vous mettons en demeure.</p>"
        self._has_problem(notice, "does not name the deadline")

    def test_text_by_hand_with_a_deadline_that_passed(self):
        notice = self._create_default()
        notice._render_words()
        notice.letter_body = str(notice.letter_body) + "<p>By hand</p>"
        self.assertTrue(notice.is_edited)
        self._set_today(date(2026, 12, 20))
        self._has_problem(notice, "in the past")

    def test_manager_puts_in_default_and_takes_out(self):
        debtor = self._create_debtor()
        first = self._create_receivable(1200, due=date(2026, 9, 1), partner=debtor)
        second = self._create_receivable(800, due=date(2026, 9, 10), partner=debtor)
        notice = self._put_in_default(first | second)
        out = notice.line_ids.filtered(lambda line: line.line_id == second)
        out.action_inform()
        self.assertEqual((notice.amount_total, out.role, notice.amount_compensation), (1200, "listed", 40))
        self.assertEqual(notice._get_information_lines(), out)
        out.action_demand()
        self.assertEqual((notice.amount_total, out.role, notice.amount_compensation), (2000, "moving", 80))
        self.assertEqual(out.level_id, self.formal)

    def test_last_invoice_is_not_taken_out(self):
        notice = self._create_default()
        with self.assertRaisesRegex(UserError, "only invoice demanded"):
            notice.line_ids.action_inform()

    def test_only_a_manager_decides_what_is_demanded(self):
        notice = self._create_default(count=2)
        collector = new_test_user(self.env, "k1_collector", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id, company_ids=self.company.ids)
        with self.assertRaises(AccessError):
            notice.line_ids[0].with_user(collector).sudo(False).action_inform()

    def test_sent_notice_cannot_be_changed(self):
        notice = self._create_default(count=2)
        notice.write({"state": "sent", "date_sent": self.today})
        with self.assertRaises(UserError):
            notice.line_ids[0].action_inform()

    def test_night_sums_only_what_is_put_in_default(self):
        """An invoice that has had no reminder yet stands for information beside the one that is put in default."""
        self.company.dunning_policy_id = self.policy
        debtor = self._create_debtor()
        old = self._create_receivable(1200, late=60, partner=debtor)
        self.env["dunning.notice"]._record_elsewhere({old.id: (self.reminder, date(2026, 10, 1))})
        self._create_receivable(500, late=3, partner=debtor)
        notice = self._prepare_run().notice_ids.filtered(lambda one: one.partner_id == debtor)
        self.assertEqual((notice.stage, notice.amount_total), ("formal", 1200))
        self.assertEqual(sorted(notice.line_ids.mapped("role")), ["listed", "moving"])
