from odoo import models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ...escalation import Reason

# What is noted of a letter, the last first: the field that tells it, and what taking it back empties.
EVENTS = {
    "effective": ("date_effective_set", {"date_effective_set": False, "effective_reason": False}),
    "returned": ("date_returned", {"date_returned": False, "return_reason": False, "failure_reason": False}),
    "received": ("date_received", {"date_received": False}),
    "presented": ("date_presented", {"date_presented": False}),
    "deposited": ("date_deposited", {"date_deposited": False, "date_sent": False, "printed_date": False}),
}


class DunningDispatch(models.Model):
    """The last thing noted of a letter can be taken back, with a reason that stays in the discussion."""

    _inherit = "dunning.dispatch"

    def action_undo(self):
        """The last thing noted was a mistake."""
        self.ensure_one()
        return self.env["dunning.dispatch.event"]._open(self, "undo")

    def _get_last_event(self):
        """Return the code of what was noted last, as the story of a letter goes."""
        codes = [code for code, (field, _emptied) in EVENTS.items() if self[field]]
        # What is delivered by hand is received by being handed over.
        return "deposited" if codes and codes[0] == "received" and self.channel == "hand" else next(iter(codes), "")

    def _get_event_text(self, code):
        """Return "Received On 21 November 2026"."""
        field = EVENTS[code][0]
        return f"{self._fields[field]._description_string(self.env)} {format_date(self.env, self[field])}"

    def _undo(self, reason):
        """Take the last event back; levels and interest follow what is left."""
        for letter in self:
            code = letter._get_last_event()
            if not code:
                raise UserError(self.env._("Nothing was noted of this letter that could be taken back."))
            text = letter._get_event_text(code)
            if code == "deposited":
                letter._undo_deposit()
            else:
                letter._undo_arrival(code)
            letter.followup_id._message_log(body=self.env._(
                "%(letter)s (%(notice)s): “%(event)s” was taken back: %(reason)s.", letter=letter._get_number_text(),
                notice=letter.notice_id.name, event=text, reason=reason.rstrip(". ")))
            letter.followup_id._wake()

    def _undo_arrival(self, code):
        self._write_door(EVENTS[code][1])
        state = "returned" if self.date_returned else "delivered" if self.date_received else "sent"
        self._write_door({"state": state})
        if code == "returned":
            self._forget_address()
        notice = self.notice_id
        is_returned = not any(one._has_arrived() for one in notice.dispatch_ids._get_own())
        if notice.state == "sent" and notice.is_returned != is_returned:
            notice._write_door({"is_returned": is_returned})
            # sudo: levels follow what arrived, whoever reports it.
            notice.line_ids.line_id.sudo()._rebuild_dunning_levels()
            if not is_returned:
                self.followup_id._drop_attention(Reason.RETURNED)

    def _undo_deposit(self):
        """It was not posted: it waits again, and its notice counts as not sent."""
        if self.leading:
            self.notice_id._set_unposted()
        self._write_door({"state": "pending", "date_received": False, **EVENTS["deposited"][1]})


class DunningNotice(models.Model):
    """A notice whose letter was marked as posted by mistake waits again."""

    _inherit = "dunning.notice"

    def _set_unposted(self):
        """Back from sent to ready: the levels fall to the notice before, the next steps count from there."""
        self.ensure_one()
        later = self.search([
            ("followup_id", "=", self.followup_id.id), ("state", "=", "sent"), ("is_call", "=", False),
            ("id", "!=", self.id), ("date_sent", ">=", self.date_sent), ("attempt_date", "!=", False),
            ("line_ids.line_id", "in", self.line_ids.line_id.ids),
        ], limit=1) | self.search([
            ("followup_id", "=", self.followup_id.id), ("state", "=", "sent"), ("is_call", "=", False),
            ("id", ">", self.id), ("line_ids.line_id", "in", self.line_ids.line_id.ids),
        ], limit=1)
        if later:
            raise UserError(self.env._("A later notice left already: %(name)s. Note what really happened on this one.",
                                       name=later[0].name))
        if self.charges_booked_date:
            raise UserError(self.env._("The interest that this notice claimed was booked already."))
        self._write_door({"state": "ready", "date_sent": False, "is_returned": False})
        # sudo: levels follow what was sent, whoever takes it back.
        self.line_ids.line_id.sudo()._rebuild_dunning_levels()
        last = self.search([
            ("followup_id", "=", self.followup_id.id), ("state", "=", "sent"), ("is_call", "=", False)],
            order="date_sent desc, id desc", limit=1)
        # sudo: what the last notice was follows from the notices.
        self.followup_id.sudo().write({"last_notice_id": last.id, "last_notice_date": last.date_sent})
        self.followup_id._drop_attention(Reason.FORMAL_EXPIRED)
