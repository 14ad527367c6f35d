from odoo import api, models

from ..policy.dunning_level import PROVEN_CHANNELS
from .dunning_dispatch_register import EFFECTIVE_RETURNS


class DunningNotice(models.Model):
    """Letters with proof: where they lead, what stands in for an electronic one, how they are recalled."""

    _inherit = "dunning.notice"

    @api.model
    def _get_reachable_channels(self, level, is_call, contact, followup):
        """Put a postal registered letter in the place of an electronic one that the customer did not agree to."""
        channels = super()._get_reachable_channels(level, is_call, contact, followup)
        wanted = level._get_channels(is_call)
        if "electronic" in set(wanted) - set(channels) and self._is_reachable("registered", contact, followup):
            stand_in = ["registered" if one == "electronic" else one for one in wanted]
            return [one for one in dict.fromkeys(stand_in) if one == "registered" or one in channels]
        return channels

    @api.model
    def _is_reachable(self, channel, contact, followup):
        """An electronic registered letter needs an e-mail address and, of those who need it, consent."""
        if channel == "electronic":
            return super()._is_reachable("email", contact, followup) \
                and followup.partner_id._accepts_dunning_electronic(followup.company_id)
        if channel in PROVEN_CHANNELS:
            return self._has_postal_address(contact)
        return super()._is_reachable(channel, contact, followup)

    @api.model
    def _get_recipient_text(self, channel, contact, followup):
        """Return the whole address of a letter, with the country when it goes abroad."""
        if channel in ("email", "electronic", "call"):
            return super()._get_recipient_text("email" if channel == "electronic" else channel, contact, followup)
        abroad = contact.country_id != followup.company_id.country_id and contact.country_id.name
        return ", ".join(filter(None, (
            contact.street, contact.street2, " ".join(filter(None, (contact.zip, contact.city))), abroad)))

    @api.model
    def _add_channels(self, vals, followup, level, is_call, today):
        """Say in words that a letter goes by post although the step is electronic."""
        problem = super()._add_channels(vals, followup, level, is_call, today)
        if not problem and level.channel == "electronic":
            channels = {command[2]["channel"] for command in vals["dispatch_ids"]}
            if "electronic" not in channels and not is_call:
                vals["warning"] = self._get_no_electronic_text(followup)
        return problem

    @api.model
    def _get_no_electronic_text(self, followup):
        if followup.partner_id._accepts_dunning_electronic(followup.company_id):
            return self.env._("It goes by registered post: this customer has no e-mail address.")
        return self.env._(
            "It goes by registered post: this customer has not agreed to electronic registered letters, and the law "
            "asks for the consent of everybody who is not a professional. Note it on the customer, with its proof.")

    def _freeze(self, today):
        """Consent may have been withdrawn since the notice was prepared; the note about it stays."""
        self._replace_electronic()
        super()._freeze(today)
        for notice in self.filtered(lambda one: one.level_id.channel == "electronic" and not one.is_call):
            if "electronic" not in notice.dispatch_ids.mapped("channel"):
                notice._add_warnings([self._get_no_electronic_text(notice.followup_id)])

    def _replace_electronic(self):
        for dispatch in self.dispatch_ids.filtered(lambda one: one.channel == "electronic"
                                                   and one.state == "pending"):
            notice = dispatch.notice_id
            contact = notice.contact_id or notice.partner_id
            if not self._is_reachable("electronic", contact, notice.followup_id):
                dispatch._write_door({"channel": "registered", "recipient": self._get_recipient_text(
                    "registered", contact, notice.followup_id)})

    def _get_act_channel(self, dispatch):
        """A letter that was refused or not collected is recalled as such: nobody has read it."""
        channel, end = super()._get_act_channel(dispatch), dispatch.return_reason
        return f"{channel}:{end}" if dispatch.state == "returned" and end in EFFECTIVE_RETURNS else channel

    def _get_act_text(self, channel, day):
        env = self._in_customer_language().env
        channel, _sign, end = channel.partition(":")
        if end:
            act = self._get_act_text(channel, day)
            if end == "refused":
                return env._("%(act)s (refused)", act=act)
            return env._("%(act)s (not collected)", act=act)
        long_day = self._format_long_date(day)
        if channel == "electronic":
            return env._("our electronic registered letter of %(date)s", date=long_day)
        if channel == "bailiff":
            return env._("our summons of %(date)s, served by a bailiff", date=long_day)
        if channel == "hand":
            return env._("our letter of %(date)s, delivered by hand", date=long_day)
        return super()._get_act_text(channel, day)
