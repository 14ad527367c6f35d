from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.evidence.dunning_evidence import EVIDENCE_TYPES


class DunningEvidencePick(models.TransientModel):
    """Say of files attached to an invoice what they prove."""

    _name = "dunning.evidence.pick"
    _inherit = ["dunning.dialog"]
    _description = "Add Files of an Invoice to Its Evidence"

    move_id = fields.Many2one("account.move", "Invoice", required=True)
    type = fields.Selection(EVIDENCE_TYPES, required=True, default="delivery")
    date = fields.Date("Date of the Document")
    comment = fields.Char()
    attachment_ids = fields.Many2many(
        "ir.attachment", "dunning_evidence_pick_attachment_rel", "pick_id", "attachment_id", "Files",
        domain="[('res_model', '=', 'account.move'), ('res_id', '=', move_id), ('res_field', '=', False)]",
    )

    def action_add(self):
        """Add the chosen files as one proof."""
        if not self.attachment_ids:
            raise UserError(self.env._("Choose the files that prove it."))
        foreign = self.attachment_ids.filtered(
            lambda file: file.res_model != "account.move" or file.res_id != self.move_id.id)
        if foreign:
            raise UserError(self.env._("These files belong to something else: %(names)s.",
                                       names=", ".join(foreign.mapped("name"))))
        self.env["dunning.evidence"].create({
            "move_id": self.move_id.id, "type": self.type, "date": self.date, "comment": self.comment,
            "attachment_ids": [Command.set(self.attachment_ids.ids)],
        })
        return {"type": "ir.actions.act_window_close"}
