import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("deposit", "Deposit"), ("presentation", "Presentation"), ("receipt", "Receipt"), ("return", "Return"),
]


class DunningDispatchProof(models.Model):
    """The paper or file by which a carrier proves what became of a letter; it stays as it was attached."""

    _name = "dunning.dispatch.proof"
    _description = "Proof of a Letter"
    _inherit = ["dunning.named"]
    _order = "date, id"
    _rec_name = "filename"

    _frozen_files = frozenset({"file"})

    dispatch_id = fields.Many2one("dunning.dispatch", "Letter", required=True, readonly=True, ondelete="restrict",
                                  index=True)
    company_id = fields.Many2one(related="dispatch_id.company_id", store=True, precompute=True, index=True)
    kind = fields.Selection(KINDS, "Proves", required=True, default="receipt")
    date = fields.Date("Attached On", required=True, readonly=True, default=fields.Date.context_today)
    file = fields.Binary(required=True, attachment=True)
    filename = fields.Char("File Name", required=True, default="proof")
    sha256 = fields.Char("SHA-256", readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("file"):
                raise UserError(self.env._("Attach the file that proves it."))
            if not self.env.su:
                vals["date"] = self.env["dunning.dispatch"].browse(
                    vals.get("dispatch_id")).company_id._get_dunning_today()
            vals["sha256"] = hashlib.sha256(base64.b64decode(vals.get("file") or b"")).hexdigest()
        return super().create(vals_list)

    def write(self, vals):
        if not {"file", "sha256", "dispatch_id", "date"}.isdisjoint(vals):
            raise UserError(self.env._("A proof is not changed. Attach the right one beside it."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _log_deletion(self):
        """A proof attached to the wrong letter goes, but not without a trace."""
        for proof in self:
            # sudo: the log is written whoever deletes.
            proof.dispatch_id.followup_id.sudo()._message_log(author_id=self.env.user.partner_id.id, body=self.env._(
                "%(user)s deleted the proof %(file)s of %(letter)s (%(notice)s). Its fingerprint was %(hash)s.",
                user=self.env.user.name, file=proof.filename, letter=proof.dispatch_id._get_number_text(),
                notice=proof.dispatch_id.notice_id.name, hash=proof.sha256))

    def action_delete(self):
        """It proves something else."""
        self.unlink()


class DunningDispatch(models.Model):
    """The buttons that write into the register; the dialog asks for the day and the proof."""

    _inherit = "dunning.dispatch"

    def action_presented(self):
        """It was at the door."""
        return self.env["dunning.dispatch.event"]._open(self, "presented")

    def action_received(self):
        """Somebody signed for it."""
        return self.env["dunning.dispatch.event"]._open(self, "received")

    def action_returned(self):
        """It came back."""
        return self.env["dunning.dispatch.event"]._open(self, "returned")

    def action_effective(self):
        """A person decides the day on which it took effect."""
        return self.env["dunning.dispatch.event"]._open(self, "effective")

    def action_number(self):
        """The carrier or the number was noted wrongly."""
        return self.env["dunning.dispatch.event"]._open(self, "number")

    def action_proof(self):
        """Attach a proof."""
        return self.env["dunning.dispatch.event"]._open(self, "proof")

    def _correct_carrier(self, provider, number, keep):
        """Note another carrier or number than before; the former ones stay in the discussion."""
        before = self._get_number_text()
        self._set_carrier(provider, number, keep)
        self.followup_id._message_log(body=self.env._(
            "Register corrected (%(notice)s): %(before)s is %(after)s.", notice=self.notice_id.name, before=before,
            after=self._get_number_text()))
