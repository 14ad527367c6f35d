import base64
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .approval_common import ApprovalCommon


@tagged("post_install", "-at_install")
class TestFormalChanged(ApprovalCommon):
    """A letter that was printed and is no longer right is not posted by mistake."""

    def _print_formal(self, amount=1000, count=1):
        lines = self.env["account.move.line"].union(*(
            self._create_receivable(amount, late=60) for _number in range(count)))
        self.env["dunning.notice"]._record_elsewhere({
            line.id: (self.second, self.today - timedelta(days=20)) for line in lines})
        notice = self._run_night().notice_ids.filtered(lambda one: one.partner_id == lines.partner_id)
        self._answer(notice, self.accounting)
        self._produce(notice)
        self.assertEqual((notice.state, notice.change_text), ("ready", ""))
        return notice, lines

    def _see(self, notice):
        notice.invalidate_recordset(["change_text"])
        return notice.change_text

    def test_payment_after_printing_is_said_before_the_deposit(self):
        notice, line = self._print_formal()
        self._pay(line, 400)
        self.assertRegex(self._see(notice), f"{line.move_id.name}.*600.00.*1,000.00")
        action = notice.action_mark_posted()
        self.assertEqual((action["res_model"], notice.state), ("dunning.deposit", "ready"))
        deposit = self.env["dunning.deposit"].browse(action["res_id"])
        self.assertIn(notice.name, deposit.change_text)
        with self.assertRaisesRegex(UserError, "Something has changed"):
            deposit.action_deposit()
        deposit.is_change_known = True
        deposit.action_deposit()
        self.assertEqual(notice.state, "sent")
        self.assertFalse(self._see(notice))

    def test_reissued_letter_claims_the_rest_and_the_former_one_is_kept(self):
        notice, line = self._print_formal()
        former = base64.b64decode(notice.with_context(bin_size=False).pdf)
        self._pay(line, 400)
        notice.action_reissue()
        self._produce(notice)
        self.assertEqual((notice.state, notice.amount_total, self._see(notice)), ("ready", 600, ""))
        kept = notice.followup_id.message_ids.attachment_ids.filtered(lambda one: one.name == f"{notice.name}.pdf")
        self.assertIn(former, kept.mapped("raw"))

    def test_letter_whose_claims_are_all_paid_is_recalled(self):
        notice, line = self._print_formal()
        self._pay(line)
        self.assertIn("nothing of the", self._see(notice))
        notice.action_cancel()
        self.assertEqual(notice.state, "cancelled")
        self.assertTrue(notice.pdf_sha256)

    def test_dispute_and_hold_are_said_with_their_reason(self):
        notice, lines = self._print_formal(count=2)
        first, second = lines
        reason = self.env["dunning.dispute.reason"].search([], limit=1)
        self.env["dunning.dispute"]._create_for(first, reason, {first.id: 250})
        self.assertRegex(self._see(notice), f"{first.move_id.name}.*750.00")
        self.assertNotIn(second.move_id.name, notice.change_text)

    def test_letter_that_is_still_right_is_posted_at_once(self):
        notice, _line = self._print_formal()
        self.assertFalse(notice.action_mark_posted())
        self.assertEqual(notice.state, "sent")
