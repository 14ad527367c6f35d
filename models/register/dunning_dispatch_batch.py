import io
import zipfile

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list

from ..policy.dunning_level import LETTER_CHANNELS


class DunningDispatch(models.Model):
    """The letters of the day: one file to print, one list for the envelopes and the post, one dialog to note them."""

    _inherit = "dunning.dispatch"

    def action_deposit(self):
        """Ask when, by whom and under which numbers these letters were posted or handed over."""
        return self.env["dunning.deposit"]._open(self._get_deposited())

    def action_print(self):
        """Download the letters, then ask of those that wait whether they were posted today."""
        download = super().action_print()
        waiting = self.filtered(lambda one: one._is_waiting() and one.notice_id.state in ("ready", "sent"))
        if not waiting:
            return download
        return {"type": "ir.actions.client", "tag": "account_dunning.download", "params": {
            "url": download["url"], "next": self.env["dunning.deposit"]._open(waiting, is_printed=True)}}

    def _download_letters(self):
        """Download these letters as one file, when each can be put into an envelope."""
        letters = self._get_deposited()
        letters._check_addresses()
        return letters._print()

    def _print(self):
        """A batch is what one sender hands in."""
        self._check_one_company()
        return super()._print()

    def _check_one_company(self):
        """Refuse the letters of several companies: each has its own envelopes, deposit slip and contract."""
        if len(self.company_id) > 1:
            raise UserError(self.env._(
                "These letters are of several companies: %(names)s. Each posts its own: group or filter the list by "
                "company and choose those of one.", names=format_list(self.env, self.company_id.mapped("name"))))

    def _is_waiting(self):
        """Tell whether this is a letter that a person has to post."""
        return self.channel in LETTER_CHANNELS and self.state == "pending" and not self.snailmail_key

    def _get_deposited(self):
        """Return the letters among these that wait to be posted; say which cannot be."""
        letters = self.filtered(lambda one: one._is_waiting())
        if not letters:
            raise UserError(self.env._("None of these is a letter that waits to be posted."))
        letters._check_one_company()
        cancelled = letters.notice_id.filtered(lambda one: one.state == "cancelled")
        if cancelled:
            raise UserError(self.env._("These notices were cancelled, their letters are not posted: %(names)s.",
                                       names=format_list(self.env, cancelled.mapped("name"))))
        early = letters.filtered(lambda one: one.notice_id.state not in ("ready", "sent"))
        if early:
            raise UserError(self.env._(
                "These letters were not produced yet: %(names)s.", names=", ".join(early.notice_id.mapped("name"))))
        lost = letters.filtered(lambda one: not one._get_frozen_letter())
        if lost:
            raise UserError(self.env._(
                "The file of these letters is missing: %(names)s. Cancel the notices and prepare them again.",
                names=", ".join(lost.notice_id.mapped("name"))))
        return letters

    # --- files ----------------------------------------------------------------------------------------------------

    def _get_printed_file(self):
        """Return name and content: paper in one file; each electronic letter by itself, as its provider takes it."""
        electronic = self.filtered(lambda one: one.channel == "electronic")
        if not electronic or len(self) == 1:
            return super()._get_printed_file()
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            if self - electronic:
                archive.writestr(*super(DunningDispatch, self - electronic)._get_printed_file())
            for letter in electronic:
                archive.writestr(letter._get_letter_filename(), letter._get_frozen_letter())
        return self.env._("Letters %(date)s.zip", date=self.company_id[:1]._get_dunning_today()), content.getvalue()

    # --- addresses ------------------------------------------------------------------------------------------------

    def _check_addresses(self):
        """Refuse letters that no postman can deliver, by name."""
        problems = list(filter(None, (letter._get_address_problem() for letter in self)))
        if problems:
            raise UserError("\n".join(problems))

    def _get_address_problem(self):
        """Say what is wrong with the address of this letter, or nothing."""
        if self.channel == "electronic":
            return ""
        contact = self._get_addressee()
        needed = {
            self.env._("street"): contact.street or contact.street2,
            self.env._("zip code"): contact.zip or contact.country_id and not contact.country_id.zip_required,
            self.env._("city"): contact.city,
        }
        missing = [name for name, value in needed.items() if not value]
        if missing:
            return self.env._("%(customer)s: the address is not complete (%(missing)s).",
                              customer=contact.display_name, missing=format_list(self.env, missing))
        if self._is_address_changed():
            return self.env._(
                "%(customer)s: the address was changed after letter %(name)s was produced. Cancel or re-issue the "
                "notice, so that letter and envelope agree.", customer=contact.display_name, name=self.notice_id.name)
        return ""

    def _is_address_changed(self):
        """Tell whether the letter bears another address than the customer has now."""
        contact, frozen = self._get_addressee(), self.notice_id.address or ""
        return any(value and value not in frozen for value in (contact.street, contact.zip, contact.city))

    def _get_addressee(self):
        return self.notice_id.contact_id or self.partner_id


class DunningNotice(models.Model):
    """The same from the list of notices."""

    _inherit = "dunning.notice"

    def action_deposit(self):
        """Ask when, by whom and under which numbers the letters of these notices were posted."""
        return self.dispatch_ids.action_deposit()
