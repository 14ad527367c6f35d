from odoo import fields, models


class DunningRefusal(models.TransientModel):
    """The reason for which notices go back to their collectors, the same for all that were chosen."""

    _name = "dunning.refusal"
    _description = "Refuse Notices"

    approval_ids = fields.Many2many("dunning.notice.approval", string="Approvals", readonly=True)
    comment = fields.Text("Why", required=True, help="The collector reads it. Facts only.")

    def _get_dialog(self, approvals):
        """Return the action that asks for the reason."""
        return {
            "type": "ir.actions.act_window", "name": self.env._("Refuse"), "res_model": self._name,
            "view_mode": "form", "target": "new", "context": {"default_approval_ids": approvals.ids},
        }

    def action_refuse(self):
        """Send the notices back."""
        for refusal in self:
            refusal.approval_ids._answer("refused", refusal.comment)
        return {"type": "ir.actions.act_window_close"}
