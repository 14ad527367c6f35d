import base64
import csv
import io

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list

from ..policy.dunning_level import LETTER_CHANNELS

# Signs at which a spreadsheet takes a text for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class DunningDispatch(models.Model):
    """The letters of the day: one file to print, one list for the envelopes and the post, one dialog to note them."""

    _inherit = "dunning.dispatch"

    def action_deposit(self):
        """Ask when, by whom and under which numbers these letters were posted or handed over."""
        letters = self._get_deposited()
        return self.env["dunning.deposit"]._open(letters)

    def action_deposit_slip(self):
        """Download the list of these letters with their addresses, to print envelopes or to hand in with them."""
        letters = self._get_deposited()
        letters._check_addresses()
        attachment = self.env["ir.attachment"].create({
            "name": self.env._("Deposit slip %(date)s.csv", date=fields.Date.today()), "mimetype": "text/csv",
            "raw": letters._get_slip(),
        })
        return {"type": "ir.actions.act_url", "url": f"/web/content/{attachment.id}?download=true", "target": "self"}

    def action_deposit_letters(self):
        """Download these letters as one file, when each can be put into an envelope."""
        letters = self._get_deposited()
        letters._check_addresses()
        return letters.action_print()

    def _get_deposited(self):
        """Return the letters among these that wait to be posted; say which cannot be."""
        letters = self.filtered(lambda one: one.channel in LETTER_CHANNELS and one.state == "pending"
                                and not one.snailmail_key)
        if not letters:
            raise UserError(self.env._("None of these is a letter that waits to be posted."))
        early = letters.filtered(lambda one: one.notice_id.state not in ("ready", "sent"))
        if early:
            raise UserError(self.env._(
                "These letters were not produced yet: %(names)s.", names=", ".join(early.notice_id.mapped("name"))))
        lost = letters.filtered(lambda one: not one.notice_id.with_context(bin_size=False).pdf)
        if lost:
            raise UserError(self.env._(
                "The file of these letters is missing: %(names)s. Cancel the notices and prepare them again.",
                names=", ".join(lost.notice_id.mapped("name"))))
        return letters

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
        frozen = self.notice_id.address or ""
        if any(value and value not in frozen for value in (contact.street, contact.zip, contact.city)):
            return self.env._(
                "%(customer)s: the address was changed after letter %(name)s was produced. Cancel or re-issue the "
                "notice, so that letter and envelope agree.", customer=contact.display_name, name=self.notice_id.name)
        return ""

    def _get_addressee(self):
        return self.notice_id.contact_id or self.partner_id

    def _get_slip(self):
        """Return the list as a file that spreadsheets open with accents and columns in their places."""
        rows = io.StringIO(newline="")
        writer = csv.writer(rows, delimiter=";")
        writer.writerow([self.env._("Reference"), self.env._("Addressee"), self.env._("Address"),
                         self.env._("Address (continued)"), self.env._("Zip Code"), self.env._("City"),
                         self.env._("Country"), self.env._("E-mail"), self.env._("Channel"), self.env._("Carrier"),
                         self.env._("Number")])
        for letter in self:
            writer.writerow([self._tame(value) for value in letter._get_slip_row()])
        return rows.getvalue().encode("utf-8-sig")

    def _get_slip_row(self):
        contact, by_email = self._get_addressee(), self.channel == "electronic"
        return [
            self.notice_id.name, self.notice_id.addressee or contact.display_name, contact.street, contact.street2,
            contact.zip, contact.city, contact.country_id.name, by_email and self.recipient,
            self._get_channel_label(), self.provider, self.tracking_number,
        ]

    def _tame(self, value):
        """Return a text that no spreadsheet takes for a formula."""
        text = value or ""
        return f"'{text}" if text.startswith(FORMULA_SIGNS) else text

    def _get_frozen_letter(self):
        """Return the bytes of the letter as it was produced."""
        return base64.b64decode(self.notice_id.with_context(bin_size=False).pdf or b"")


class DunningNotice(models.Model):
    """The same from the list of notices."""

    _inherit = "dunning.notice"

    def action_deposit(self):
        """Ask when, by whom and under which numbers the letters of these notices were posted."""
        return self.dispatch_ids.action_deposit()
