from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...escalation import Reason

ADDRESS_FIELDS = frozenset({"street", "street2", "zip", "city", "state_id", "country_id", "name"})
# What the postman carries to an address; a bailiff looks for the right one himself.
POSTAL_CHANNELS = ("letter", "registered")


class ResPartner(models.Model):
    """The address from which a letter came back: nothing goes there again until it is corrected or confirmed."""

    _inherit = "res.partner"

    dunning_wrong_address = fields.Char("Letters Came Back From", readonly=True, copy=False, groups="base.group_user")
    is_dunning_address_wrong = fields.Boolean(
        "Wrong Postal Address", compute="_compute_is_dunning_address_wrong", groups="base.group_user")

    @api.depends("dunning_wrong_address", *ADDRESS_FIELDS)
    def _compute_is_dunning_address_wrong(self):
        for partner in self:
            wrong = partner.dunning_wrong_address
            partner.is_dunning_address_wrong = bool(wrong) and wrong == partner._get_dunning_address_text()

    def _get_dunning_address_text(self):
        """Return name and address on one line, as they are compared."""
        return ", ".join(filter(None, (
            self.name, self.street, self.street2, self.zip, self.city, self.state_id.name, self.country_id.name)))

    def write(self, vals):
        """A corrected address lets the notices go that wait for it."""
        result = super().write(vals)
        if not ADDRESS_FIELDS.isdisjoint(vals):
            corrected = self.sudo().filtered(
                lambda one: one.dunning_wrong_address and not one.is_dunning_address_wrong)
            corrected.commercial_partner_id._wake_dunning()
        return result

    def action_confirm_dunning_address(self):
        """The address is right all the same: the postman erred, or the letter box bears the name now."""
        if not self.env.user.has_group("account_dunning.group_dunning_user"):
            raise AccessError(self.env._("Only users of dunning confirm an address from which letters came back."))
        self.check_access("read")
        # sudo: who posts letters need not be allowed to change customers.
        self.sudo().dunning_wrong_address = False
        self.commercial_partner_id._wake_dunning()


class DunningDispatch(models.Model):
    """Letters and e-mails that came back, noted by whoever opens the post."""

    _inherit = "dunning.dispatch"

    is_notice_returned = fields.Boolean("Notice Returned", related="notice_id.is_returned")
    is_address_wrong = fields.Boolean("Wrong Postal Address", compute="_compute_is_address_wrong")

    @api.depends("notice_id.contact_id", "partner_id")
    def _compute_is_address_wrong(self):
        for dispatch in self:
            dispatch.is_address_wrong = dispatch._get_addressee().is_dunning_address_wrong

    def action_send_anew(self):
        """Prepare the notice once more."""
        return self.notice_id.action_send_anew()

    def action_confirm_address(self):
        """The letter came back, but the address is right."""
        self._get_addressee().action_confirm_dunning_address()

    def _set_returned(self, reason):
        """A message that came back did so today."""
        for company, ours in self.filtered(lambda one: not one.date_returned).grouped("company_id").items():
            ours.filtered(lambda one: one.state in ("sent", "delivered"))._write_door(
                {"date_returned": company._get_dunning_today()})
        super()._set_returned(reason)

    def _set_bounced(self, day):
        """A person read that an e-mail came back."""
        self._check_day(day, self.env._("returned"), ("date_sent",))
        self._write_door({"date_returned": day})
        for email in self:
            email._set_returned(self.env._("The e-mail to %(address)s came back.", address=email.recipient or "-"))

    def _set_returned_because(self, reason, day, presented=False):
        super()._set_returned_because(reason, day, presented)
        if reason == "wrong_address":
            self._remember_address()

    def _remember_address(self):
        """Keep the address in mind, unless it was corrected since the letter was made."""
        for letter in self.filtered(lambda one: one.channel in POSTAL_CHANNELS):
            if not letter._is_address_changed():
                contact = letter._get_addressee()
                # sudo: who posts letters need not be allowed to change customers.
                contact.sudo().dunning_wrong_address = contact._get_dunning_address_text()

    def _forget_address(self):
        """The return was a mistake: the address is as good as before."""
        contacts = self.env["res.partner"].union(*(letter._get_addressee() for letter in self))
        # sudo: as above.
        contacts.sudo().filtered("is_dunning_address_wrong").dunning_wrong_address = False

    def _note_arrival(self, text):
        super()._note_arrival(text)
        self.filtered("date_effective")._forget_address()


class DunningNotice(models.Model):
    """What came back is sent anew, to the corrected address."""

    _inherit = "dunning.notice"

    @api.model
    def _is_reachable(self, channel, contact, followup):
        if channel in POSTAL_CHANNELS and contact.is_dunning_address_wrong:
            return False
        return super()._is_reachable(channel, contact, followup)

    @api.model
    def _add_channels(self, vals, followup, level, is_call, today):
        """Tell an address that proved wrong from one that is not complete."""
        problem = super()._add_channels(vals, followup, level, is_call, today)
        contact = self.env["res.partner"].browse(vals["contact_id"])
        if problem in (Reason.MISSING_ADDRESS, Reason.MISSING_EMAIL) and contact.is_dunning_address_wrong:
            return Reason.WRONG_ADDRESS
        return problem

    def action_send_anew(self):
        """Prepare a returned notice once more for what is still open; it is decided and approved like any other."""
        self.ensure_one()
        if not self.is_returned or self.state != "sent":
            raise UserError(self.env._("Only a notice that came back is sent anew."))
        newer = self.search([
            ("followup_id", "=", self.followup_id.id), ("level_id", "=", self.level_id.id), ("id", ">", self.id),
            ("state", "in", ("draft", "to_approve", "ready", "sending", "uncertain")), ("is_call", "=", False),
        ], limit=1)
        return (newer or self._copy_anew()).action_open()

    def _copy_anew(self):
        today = self.company_id._get_dunning_today()
        notice = self.create(self._prepare_anew_vals(today))
        notice._set_claims(today)
        if notice.level_id.manual_only or notice.needs_approval:
            notice._set_to_approve()
        self.followup_id._message_log(body=self.env._(
            "%(name)s came back and is sent anew as %(new)s.", name=self.name, new=notice.name))
        return notice

    def _prepare_anew_vals(self, today):
        """Return the values of the new notice: the same step, the claims that are still open, the address of today."""
        followup = self.followup_id
        lines = self.line_ids.filtered(lambda line: line.role == "moving").line_id.filtered(
            lambda line: line.parent_state == "posted" and line.amount_residual > 0)
        snapshots = self._get_line_snapshots(lines.ids, followup.partner_id.ids, self.company_id)
        lines = lines.filtered(lambda line: line.id in snapshots)
        if not lines:
            raise UserError(self.env._("Nothing is open any more of what this notice claimed."))
        vals = self._prepare_plan_vals(followup, self.level_id, self.env["res.partner"], today)
        if self.contact_id and followup.partner_id.with_company(self.company_id).dunning_by_address:
            vals["contact_id"] = self.contact_id.id
        problem = self._add_channels(vals, followup, self.level_id, False, today)
        if problem:
            raise UserError(self.env._(
                "%(customer)s cannot be written to: %(problem)s.", customer=followup.partner_id.display_name,
                problem=followup._get_reason_label(problem.value)))
        vals["line_ids"] = [self._prepare_line_command(snapshots[line.id], "moving", self.level_id.id)
                            for line in lines]
        vals["amount_total"] = sum(snapshots[line.id]["amount_company"] for line in lines)
        return vals
