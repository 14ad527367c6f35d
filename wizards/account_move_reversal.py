from odoo import models


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        """Tell the dispute from which this wizard was opened which credit notes it made."""
        before = self.move_ids.reversal_move_ids
        action = super().reverse_moves(is_modify=is_modify)
        dispute = self.env["dunning.dispute"].browse(self.env.context.get("dunning_dispute_id", ())).exists()
        if dispute:
            self.move_ids.invalidate_recordset(["reversal_move_ids"])
            dispute._remember_credit_notes(self.move_ids.reversal_move_ids - before)
        return action
