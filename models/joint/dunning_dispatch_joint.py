import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ...escalation import Reason
from ..policy.dunning_level import LETTER_CHANNELS
from ..register.dunning_dispatch_register import DunningDispatch as Register


class DunningDispatch(models.Model):
    """The letter of a formal notice to a joint debtor: one more dispatch of the one notice.

    It has its own frozen letter, number, days and return in the register. It leads nothing: levels, deadline, interest
    and the sums follow the letter to the customer alone, so that nothing is ever claimed or counted twice.
    """

    _inherit = "dunning.dispatch"

    _door_fields = Register._door_fields | {
        "joint_debtor_id", "joint_name", "joint_basis", "letter", "letter_filename", "letter_sha256"}
    _frozen_files = frozenset({"letter"})

    joint_debtor_id = fields.Many2one("res.partner", readonly=True, copy=False, ondelete="restrict",
                                      index="btree_not_null")
    joint_name = fields.Char("Joint Debtor as Written", readonly=True, copy=False)
    joint_basis = fields.Char("Held By", readonly=True, copy=False)
    letter = fields.Binary("Letter to the Joint Debtor", attachment=True, readonly=True, copy=False)
    letter_filename = fields.Char(readonly=True, copy=False)
    letter_sha256 = fields.Char("SHA-256 of This Letter", readonly=True, copy=False)

    @api.depends("joint_name")
    def _compute_display_name(self):
        super()._compute_display_name()
        for dispatch in self.filtered("joint_debtor_id"):
            dispatch.display_name = f"{dispatch._get_channel_label()} · {dispatch.joint_name or ''}"

    # --- whose letter ---------------------------------------------------------------------------------------------

    def _get_own(self):
        return self.filtered(lambda one: not one.joint_debtor_id)

    def _get_joint(self):
        return self.filtered("joint_debtor_id")

    def _get_addressee(self):
        return self.joint_debtor_id or super()._get_addressee()

    def _is_address_changed(self):
        if not self.joint_debtor_id:
            return super()._is_address_changed()
        contact, written = self.joint_debtor_id, self.recipient or ""
        return any(value and value not in written for value in (contact.street, contact.zip, contact.city))

    # --- the letter -----------------------------------------------------------------------------------------------

    def _keep_letter(self, content):
        """Freeze the letter with its digest."""
        number = len(self.notice_id.dispatch_ids._get_joint().filtered("letter_sha256")) + 2
        # sudo: what was produced is written by whoever produces it.
        self.sudo().write({
            "letter": base64.b64encode(content), "letter_sha256": hashlib.sha256(content).hexdigest(),
            "letter_filename": f"{self.notice_id.name}-{number}.pdf",
        })

    def _get_frozen_letter(self):
        if not self.joint_debtor_id:
            return super()._get_frozen_letter()
        return base64.b64decode(self.with_context(bin_size=False).letter or b"")

    def _get_letter_filename(self):
        return self.letter_filename if self.joint_debtor_id else super()._get_letter_filename()

    # --- its days -------------------------------------------------------------------------------------------------

    def _set_returned(self, reason):
        """What comes back from a joint debtor says nothing of the letter to the customer."""
        joint = self._get_joint()
        super()._set_returned(reason)
        joint.followup_id._add_attention(Reason.JOINT_UNREACHED)

    def _note_arrival(self, text):
        super()._note_arrival(text)
        for letter in self._get_joint().filtered("date_effective"):
            letter.notice_id._settle_joint()

    def _undo_arrival(self, code):
        super()._undo_arrival(code)
        if self.joint_debtor_id:
            self.notice_id._settle_joint()

    def _check_joint_day(self, day):
        """Refuse to post a letter whose deadline comes too soon: the letter to the customer left before."""
        for letter in self._get_joint().filtered(lambda one: one.notice_id.state == "sent"):
            if day > letter.notice_id._get_last_deposit_day():
                raise UserError(self.env._(
                    "The letter to %(name)s was produced on %(date)s: it is too old to be posted, its deadline comes "
                    "too soon. Press “Give Up” on it; another formal notice will write to him too.",
                    name=letter.joint_name, date=format_date(self.env, letter.notice_id.date)))

    def action_mark_posted(self):
        letters = self.filtered(lambda one: one.channel in LETTER_CHANNELS and one.state == "pending")
        for company, ours in letters.grouped("company_id").items():
            ours._check_joint_day(company._get_dunning_today())
        return super().action_mark_posted()

    # --- words ----------------------------------------------------------------------------------------------------

    def _get_number_text(self):
        text = super()._get_number_text()
        return self.env._("%(letter)s to %(name)s, joint debtor", letter=text, name=self.joint_name) \
            if self.joint_debtor_id else text
