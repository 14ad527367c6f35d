import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.policy.dunning_level import LETTER_CHANNELS, PROVEN_CHANNELS
from ..models.register.dunning_dispatch_proof import KINDS
from ..models.register.dunning_dispatch_register import RETURN_REASONS

PROOF_KINDS = {"presented": "presentation", "received": "receipt", "returned": "return", "number": "deposit"}
# What a return can be said of, beside letters with proof.
EVENT_CHANNELS = {"returned": ("email", *LETTER_CHANNELS), "undo": ("email", *LETTER_CHANNELS)}


class DunningDispatchEvent(models.TransientModel):
    """What became of a letter: presented, received, returned; or what a person corrects about it."""

    _name = "dunning.dispatch.event"
    _inherit = ["dunning.dialog"]
    _description = "Event of a Letter"

    dispatch_ids = fields.Many2many("dunning.dispatch", string="Letters", readonly=True)
    event = fields.Selection(
        [
            ("presented", "First Presented"), ("received", "Received"), ("returned", "Returned"),
            ("effective", "Effect Decided"), ("number", "Carrier and Number"), ("proof", "Proof"),
            ("undo", "Take Back"),
        ],
        required=True, readonly=True,
    )
    is_email = fields.Boolean(readonly=True)
    is_proven = fields.Boolean(readonly=True)
    date = fields.Date("On", default=lambda self: self.env.company._get_dunning_today())
    date_presented = fields.Date("First Presented On")
    return_reason = fields.Selection(RETURN_REASONS, "Because")
    reason = fields.Char("Why")
    undo_text = fields.Char("Noted Last", compute="_compute_undo_text")
    provider = fields.Char("Carrier")
    tracking_number = fields.Char("Number")
    is_number_kept = fields.Boolean("Keep Any Number")
    proof_kind = fields.Selection(KINDS, "Proves", default="receipt")
    file_ids = fields.Many2many("ir.attachment", string="Proofs", help="Scans or photos of the receipt, PDF or image.")

    @api.depends("dispatch_ids", "event")
    @api.depends_context("lang")
    def _compute_undo_text(self):
        for record in self:
            letter = record.dispatch_ids[:1]
            code = record.event == "undo" and letter._get_last_event()
            record.undo_text = code and letter._get_event_text(code)

    @api.model
    def _open(self, letters, event):
        """Return the dialog for one event of these letters."""
        letters._get_under_way(EVENT_CHANNELS.get(event, PROVEN_CHANNELS))
        self._check_same_kind(letters)
        one = letters if len(letters) == 1 else letters.browse()
        titles = dict(self._fields["event"]._description_selection(self.env))
        record = self.create({
            "dispatch_ids": letters.ids, "event": event, "provider": one.provider,
            "date": letters.company_id[0]._get_dunning_today(), "tracking_number": one.tracking_number,
            "is_number_kept": one.is_number_kept, "date_presented": one.date_presented,
            "proof_kind": PROOF_KINDS.get(event, "receipt"), "is_email": letters[0].channel == "email",
            "is_proven": letters[0].is_proven,
        })
        return {
            "type": "ir.actions.act_window", "name": titles[event], "res_model": self._name, "res_id": record.id,
            "view_mode": "form", "target": "new",
        }

    def _check_same_kind(self, letters):
        kinds = {"email" if one.channel == "email" else one.is_proven for one in letters}
        if len(kinds) > 1:
            raise UserError(self.env._(
                "E-mails, plain letters and letters with proof come back in different ways. Choose one kind."))

    def action_note(self):
        """Write the event into the register, with its proofs."""
        for record in self:
            record.dispatch_ids.check_access("write")
            record._note(record.dispatch_ids)
            record._attach_proofs(record.dispatch_ids)
        return {"type": "ir.actions.act_window_close"}

    def _note(self, letters):
        if self.event == "presented":
            letters._set_presented(self.date)
        elif self.event == "received":
            letters._set_received(self.date)
        elif self.event == "returned":
            self._note_return(letters)
        elif self.event == "effective":
            letters._set_effective(self.date, self._get_reason(
                self.env._("Say why the letter took effect on this day: a judge may ask.")))
        elif self.event == "undo":
            letters._undo(self._get_reason(self.env._("Say why it is taken back: it stays in the history.")))
        elif self.event == "number":
            for letter in letters:
                letter._correct_carrier(self.provider, self.tracking_number, self.is_number_kept)

    def _note_return(self, letters):
        if self.is_email:
            letters._set_bounced(self.date)
        elif not self.return_reason:
            raise UserError(self.env._("Say why it came back."))
        else:
            letters._set_returned_because(self.return_reason, self.date, self._get_new_presentation(letters))

    def _get_reason(self, complaint):
        if not (self.reason or "").strip():
            raise UserError(complaint)
        return self.reason.strip()

    def _get_new_presentation(self, letters):
        """Return the day of presentation where it was said together with the return."""
        if self.return_reason == "wrong_address" or letters.filtered(
                lambda one: one.date_presented or not one.is_proven):
            return False
        return self.date_presented

    def _attach_proofs(self, letters):
        if self.event == "proof" and not self.file_ids:
            raise UserError(self.env._("Attach the file that proves it."))
        self.env["dunning.dispatch.proof"].create([
            {"dispatch_id": letter.id, "kind": self.proof_kind, "file": base64.b64encode(file.raw or b""),
             "filename": file.name, "date": letter.company_id._get_dunning_today()}
            for letter in letters for file in self.file_ids
        ])
        # sudo: what was uploaded for this dialog is kept with the letters now.
        self.file_ids.sudo().filtered(
            lambda file: file.res_model == self._name and file.create_uid == self.env.user).unlink()
