from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_datetime

from .dunning_dispatch_register import LEFT_STATES

# What proves where a notice went; it stays as it was when the notice left.
SEALED_FIELDS = frozenset({
    "notice_id", "followup_id", "channel", "leading", "recipient", "date_planned", "failure_reason",
})
SENT_FIELDS = frozenset({"sent_at", "message_ref"})


class DunningDispatch(models.Model):
    """What left is sealed: where it went, and of an e-mail the second it left and the number it left under."""

    _inherit = "dunning.dispatch"

    sent_at = fields.Datetime("Left At", readonly=True, copy=False, help="When the mail server took the message over.")
    message_ref = fields.Char("Message-ID", readonly=True, copy=False,
                              help="The number of the e-mail in its headers; mail servers keep it in their logs.")

    def write(self, vals):
        if not self.env.su:
            if SENT_FIELDS & vals.keys():
                raise AccessError(self.env._("What left and when is written by the mail server only."))
            if SEALED_FIELDS & vals.keys() and any(one.state in LEFT_STATES for one in self):
                raise AccessError(self.env._("What was sent is not changed. Note what became of it by the buttons."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_left(self):
        if any(one.state in LEFT_STATES for one in self):
            raise UserError(self.env._("What was sent is part of the history and cannot be deleted."))

    def _set_sent(self, today):
        emails = self.filtered(lambda one: one.state == "pending" and one.channel == "email")
        super()._set_sent(today)
        for email in emails.sudo():  # sudo: the message belongs to the customer's discussion
            email.write({"sent_at": fields.Datetime.now(), "message_ref": email.message_id.message_id})

    def _get_sent_time(self):
        """Return the moment an e-mail left, in words and in the zone of the company."""
        return self.sent_at and format_datetime(
            self.env, self.sent_at, tz=str(self.company_id._get_dunning_zone()), dt_format="long")

    def _get_record(self):
        """Return what happened to an e-mail as to a letter."""
        if self.channel != "email":
            return super()._get_record()
        env = self.env
        return list(filter(None, (
            env._("E-mail to %(address)s", address=self.recipient or "-"),
            self.sent_at and env._("Taken over by the mail server on %(time)s", time=self._get_sent_time()),
            not self.sent_at and self.date_sent and env._("Sent on %(date)s", date=self._get_long_day("date_sent")),
            self.message_ref and env._("Message-ID %(number)s", number=self.message_ref),
            self.state == "returned" and not self.date_returned and env._(
                "Came back: %(reason)s", reason=self.failure_reason or ""),
            self.date_returned and env._("Came back on %(date)s: %(reason)s", reason=self.failure_reason or "",
                                         date=self._get_long_day("date_returned")),
            self.state == "failed" and env._("It did not leave: %(reason)s", reason=self.failure_reason or ""),
        )))


class DunningNotice(models.Model):
    """A cancelled notice of which a part left stays."""

    _inherit = "dunning.notice"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_partly_left(self):
        for notice in self:
            if any(one.state in LEFT_STATES for one in notice.dispatch_ids):
                raise UserError(self.env._(
                    "An e-mail of notice %(name)s was sent: it is part of the history and cannot be deleted.",
                    name=notice.name))
