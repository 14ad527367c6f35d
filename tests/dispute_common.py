from .common import DunningCommon


class DisputeCommon(DunningCommon):
    """A dispute is noted, its invoice credited, the customer answered, as people do it."""

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
