from odoo import models
from odoo.tools import html2plaintext


class MailThread(models.AbstractModel):
    """A bounce of a notice is recorded on its dispatch."""

    _inherit = "mail.thread"

    def _routing_handle_bounce(self, email_message, message_dict):
        result = super()._routing_handle_bounce(email_message, message_dict)
        message = message_dict.get("bounced_message")
        if message:
            # sudo: the mail gateway has no dunning right.
            dispatches = self.env["dunning.dispatch"].sudo().search([("message_id", "in", message.ids)])
            reason = html2plaintext(message_dict.get("body") or "").strip()[:250]
            dispatches._set_returned(reason or self.env._("The e-mail bounced: %(email)s",
                                                          email=message_dict.get("bounced_email")))
        return result
