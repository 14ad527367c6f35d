from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.register.dunning_dispatch_proof import KINDS
from ..models.register.dunning_dispatch_register import RETURN_REASONS

PROOF_KINDS = {"presented": "presentation", "received": "receipt", "returned": "return", "number": "deposit"}


class DunningDispatchEvent(models.TransientModel):
    """What became of a letter: presented, received, returned; or what a person corrects about it."""

    _name = "dunning.dispatch.event"
    _description = "Event of a Letter"

    dispatch_ids = fields.Many2many("dunning.dispatch", string="Letters", readonly=True)
    event = fields.Selection(
        [
            ("presented", "First Presented"), ("received", "Received"), ("returned", "Returned"),
            ("effective", "Effect Decided"), ("number", "Carrier and Number"), ("proof", "Proof"),
        ],
        required=True, readonly=True,
    )
    date = fields.Date("On", default=fields.Date.context_today)
    date_presented = fields.Date("First Presented On")
    return_reason = fields.Selection(RETURN_REASONS, "Because")
    reason = fields.Char("Why This Day")
    provider = fields.Char("Carrier")
    tracking_number = fields.Char("Number")
    is_number_kept = fields.Boolean("Keep Any Number")
    proof_kind = fields.Selection(KINDS, "Proves", default="receipt")
    proof = fields.Binary(attachment=False)
    proof_name = fields.Char("File Name")

    @api.model
    def _open(self, letters, event):
        """Return the dialog for one event of these letters."""
        letters._get_under_way()
        one = letters if len(letters) == 1 else letters.browse()
        titles = dict(self._fields["event"]._description_selection(self.env))
        record = self.create({
            "dispatch_ids": letters.ids, "event": event, "provider": one.provider,
            "date": letters.company_id[0]._get_dunning_today(), "tracking_number": one.tracking_number,
            "is_number_kept": one.is_number_kept, "date_presented": one.date_presented,
            "proof_kind": PROOF_KINDS.get(event, "receipt"),
        })
        return {
            "type": "ir.actions.act_window", "name": titles[event], "res_model": self._name, "res_id": record.id,
            "view_mode": "form", "target": "new",
        }

    def action_note(self):
        """Write the event into the register, with its proof."""
        for record in self:
            record._note(record.dispatch_ids)
            record._attach_proof(record.dispatch_ids)
        return {"type": "ir.actions.act_window_close"}

    def _note(self, letters):
        if self.event == "presented":
            letters._set_presented(self.date)
        elif self.event == "received":
            letters._set_received(self.date)
        elif self.event == "returned":
            if not self.return_reason:
                raise UserError(self.env._("Say why it came back."))
            letters._set_returned_because(self.return_reason, self.date, self._get_new_presentation(letters))
        elif self.event == "effective":
            if not (self.reason or "").strip():
                raise UserError(self.env._("Say why the letter took effect on this day: a judge may ask."))
            letters._set_effective(self.date, self.reason.strip())
        elif self.event == "number":
            for letter in letters:
                letter._correct_carrier(self.provider, self.tracking_number, self.is_number_kept)

    def _get_new_presentation(self, letters):
        """Return the day of presentation where it was said together with the return."""
        if self.return_reason == "wrong_address" or letters.filtered(lambda one: one.date_presented):
            return False
        return self.date_presented

    def _attach_proof(self, letters):
        if not self.proof:
            if self.event == "proof":
                raise UserError(self.env._("Attach the file that proves it."))
            return
        self.env["dunning.dispatch.proof"].create([
            {"dispatch_id": letter.id, "kind": self.proof_kind, "file": self.proof,
             "filename": self.proof_name or "proof", "date": letter.company_id._get_dunning_today()}
            for letter in letters
        ])
