import re

from odoo import api, models
from odoo.tools import html2plaintext
from odoo.tools.mail import email_normalize, email_split

# The Message-Id that Odoo gives to what leaves a follow-up; it outlives the message itself in a long exchange.
OUR_MESSAGE = re.compile(r"-openerp-(\d+)-dunning\.followup@", re.IGNORECASE)
NOTICE_NUMBER = re.compile(r"\bR\d{4}-\d{6,}\b")
DOCUMENT_NUMBER = re.compile(r"[\w-]+(?:[/.][\w-]+)+|\w*\d[\w-]{4,}")
AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond")


class MailThread(models.AbstractModel):
    """A bounce of a notice is recorded on its dispatch; an answer from an unknown address finds its follow-up.

    Odoo routes what refers to a message it knows, whoever wrote it. A colleague of the customer who writes anew, or
    whose program drops the references, is recognised by the number of a notice or of invoices. Whatever is written
    to an alias of another document, and whatever remains unknown, stays Odoo's business.
    """

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

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """Lead an answer to its follow-up when Odoo would not know where it belongs."""
        followup = self._find_dunning_followup(message_dict)
        if followup:
            user = self._mail_find_user_for_gateway(message_dict["email_from"])
            route = self._routing_check_route(
                message, message_dict, ("dunning.followup", followup.id, {}, user.id or self.env.uid, None),
                raise_exception=False)
            if route:
                self._routing_reset_bounce(message, message_dict)
                return [route]
        return super().message_route(message, message_dict, model=model, thread_id=thread_id,
                                     custom_values=custom_values)

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """An absence notice is filed like any answer, but nobody needs to look at it."""
        is_automatic = (message.get("Auto-Submitted") or "no").strip().lower() != "no" or any(
            message.get(header) for header in AUTOMATIC_HEADERS)
        if is_automatic:
            self = self.with_context(dunning_auto_reply=True)
        return super()._message_route_process(message, message_dict, routes)

    # --- whose answer is it? --------------------------------------------------------------------------------------

    @api.model
    def _find_dunning_followup(self, message_dict):
        """Return the one follow-up that an e-mail is about, empty when none or several are meant."""
        followups = self.env["dunning.followup"].sudo()  # sudo: the mail gateway has no dunning right
        if message_dict.get("is_bounce") or message_dict.get("parent_id") or self._is_for_alias(message_dict):
            return followups
        for find in (self._find_followup_of_references, self._find_followup_of_notices,
                     self._find_followup_of_invoices):
            found = find(message_dict)
            if found:
                return found if len(found) == 1 else followups
        return followups

    @api.model
    def _is_for_alias(self, message_dict):
        """Tell whether somebody wrote to the address of something else: a helpdesk, a project, vendor bills."""
        addresses = [address.lower() for address in email_split(message_dict.get("recipients") or "")]
        return bool(self.env["mail.alias"].sudo().search_count([("alias_full_name", "in", addresses)], limit=1))

    @api.model
    def _find_followup_of_references(self, message_dict):
        """The message answered to may be gone: its Message-Id still names the follow-up."""
        references = f"{message_dict.get('references') or ''} {message_dict.get('in_reply_to') or ''}"
        return self.env["dunning.followup"].sudo().browse(
            {int(number) for number in OUR_MESSAGE.findall(references)}).exists()

    @api.model
    def _find_followup_of_notices(self, message_dict):
        """The number of a notice in the subject counts more than one in the text, where older ones may be quoted."""
        notices = self.env["dunning.notice"].sudo()
        for text in (message_dict.get("subject"), html2plaintext(message_dict.get("body") or "")):
            numbers = NOTICE_NUMBER.findall(text or "")
            found = notices.search([("name", "in", numbers)]) if numbers else notices
            if found:
                return found.followup_id
        return self.env["dunning.followup"]

    @api.model
    def _find_followup_of_invoices(self, message_dict):
        """Our subjects name the invoices: who writes about them to the dunning address of a company means us."""
        companies = self._find_dunning_companies(message_dict)
        numbers = DOCUMENT_NUMBER.findall(message_dict.get("subject") or "")
        if not (companies and numbers):
            return self.env["dunning.followup"]
        # sudo: the mail gateway reads no invoices.
        invoices = self.env["account.move"].sudo().search([
            ("name", "in", numbers), ("state", "=", "posted"), ("move_type", "in", ("out_invoice", "out_refund")),
            ("company_id", "child_of", companies.ids)])
        return self.env["dunning.followup"].sudo().browse(invoices.mapped("dunning_followup_id").ids)

    @api.model
    def _find_dunning_companies(self, message_dict):
        """Return the legal entities whose dunning address, own address or catchall an e-mail was written to."""
        addresses = {email_normalize(address) for address in email_split(message_dict.get("recipients") or "")}
        companies = self.env["res.company"].sudo().search([("parent_id", "=", False)])
        return companies.filtered(lambda company: addresses & {
            email_normalize(address) for address in (
                company.dunning_email, company.email, company.alias_domain_id.catchall_email) if address})
