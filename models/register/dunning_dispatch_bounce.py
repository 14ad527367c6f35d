import re

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.mail import email_normalize

from ...escalation import Reason

# The server of the addressee said no for good (5xx), as the exception of smtplib names it.
REFUSED = re.compile(r"SMTPRecipientsRefused.*\(5\d\d,", re.DOTALL)


class ResPartner(models.Model):
    """The e-mail address from which messages came back: nothing is sent there until it is corrected or confirmed."""

    _inherit = "res.partner"

    dunning_wrong_email = fields.Char("E-mails Came Back From", readonly=True, copy=False, groups="base.group_user")
    is_dunning_email_wrong = fields.Boolean(
        "Wrong E-mail Address", compute="_compute_is_dunning_email_wrong", groups="base.group_user")

    @api.depends("dunning_wrong_email", "email_normalized")
    def _compute_is_dunning_email_wrong(self):
        for partner in self:
            wrong = partner.dunning_wrong_email
            partner.is_dunning_email_wrong = bool(wrong) and wrong == partner.email_normalized

    def write(self, vals):
        """Another address lets the notices go that wait for it."""
        result = super().write(vals)
        if "email" in vals:
            corrected = self.sudo().filtered(lambda one: one.dunning_wrong_email and not one.is_dunning_email_wrong)
            corrected.commercial_partner_id._wake_dunning()
        return result

    def action_confirm_dunning_email(self):
        """The address is right all the same: a full mailbox, a server that was down."""
        if not self.env.user.has_group("account_dunning.group_dunning_user"):
            raise AccessError(self.env._("Only users of dunning confirm an address from which e-mails came back."))
        self.check_access("read")
        # sudo: who works the follow-ups need not be allowed to change customers.
        self.sudo().dunning_wrong_email = False
        self.commercial_partner_id._wake_dunning()

    def _is_dunning_email_bad(self, customer):
        """Tell whether the address by which this contact of a customer is written to proved wrong."""
        email = self._get_dunning_email(customer)
        return bool(email) and any(
            one.is_dunning_email_wrong and one.email_normalized == email for one in self | customer)


class DunningDispatch(models.Model):
    """An e-mail that came back, or that the server of the addressee refused, says something about its address."""

    _inherit = "dunning.dispatch"

    def _remember_email(self, address=None):
        """Keep the address in mind on every contact of the customer that has it."""
        for email in self.filtered(lambda one: one.channel == "email"):
            # sudo: whoever reports it, the mail gateway too, need not be allowed to change customers.
            wrong = email_normalize(address or email.recipient or "")
            family = email.sudo().partner_id.commercial_partner_id
            owners = wrong and family.search([("id", "child_of", family.ids), ("email_normalized", "=", wrong)])
            if owners:
                owners.dunning_wrong_email = wrong

    def _record_attempt(self, success, reason):
        super()._record_attempt(success, reason)
        if not success and REFUSED.search(reason or ""):
            self._remember_email()

    def _set_bounced(self, day):
        super()._set_bounced(day)
        self._remember_email()

    def _forget_address(self):
        """The return was a mistake: the address is as good as before."""
        emails = self.filtered(lambda one: one.channel == "email")
        super(DunningDispatch, self - emails)._forget_address()
        for email in emails.sudo():  # sudo: as above
            family, wrong = email.partner_id.commercial_partner_id, email_normalize(email.recipient or "")
            family.search([("id", "child_of", family.ids), ("dunning_wrong_email", "=", wrong)]).dunning_wrong_email = \
                False


class MailThread(models.AbstractModel):
    """A bounce tells which address it came from: a copy's may be another than the customer's."""

    _inherit = "mail.thread"

    def _routing_handle_bounce(self, email_message, message_dict):
        result = super()._routing_handle_bounce(email_message, message_dict)
        message = message_dict.get("bounced_message")
        if message:
            # sudo: the mail gateway has no dunning right.
            dispatches = self.env["dunning.dispatch"].sudo().search([("message_id", "in", message.ids)])
            dispatches._remember_email(message_dict.get("bounced_email"))
        return result


class DunningNotice(models.Model):
    """Nobody is written to at an address that proved wrong: the step goes by letter, or waits for another address."""

    _inherit = "dunning.notice"

    @api.model
    def _is_reachable(self, channel, contact, followup):
        if channel in ("email", "electronic") and contact._is_dunning_email_bad(followup.partner_id):
            return False
        return super()._is_reachable(channel, contact, followup)

    @api.model
    def _add_channels(self, vals, followup, level, is_call, today):
        """Tell an address that proved wrong from one that is not there."""
        problem = super()._add_channels(vals, followup, level, is_call, today)
        contact = self.env["res.partner"].browse(vals["contact_id"])
        if problem == Reason.MISSING_EMAIL and contact._is_dunning_email_bad(followup.partner_id):
            return Reason.WRONG_EMAIL
        return problem

    def _recheck(self, today):
        """A notice prepared before its address proved wrong does not go there."""
        kept = super()._recheck(today)
        for notice in kept:
            emails = notice.dispatch_ids.filtered(lambda one: one.channel == "email" and one.state == "pending")
            contact = notice.contact_id or notice.partner_id
            if emails and contact._is_dunning_email_bad(notice.partner_id):
                emails._set_failed(self.env._(
                    "E-mails came back from %(address)s. Correct the address on the customer, or confirm it, and send "
                    "the notice again.", address=contact._get_dunning_email(notice.partner_id)))
        return kept.filtered(lambda one: one.state == "draft")
