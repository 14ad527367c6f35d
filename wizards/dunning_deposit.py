from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.misc import format_date

from ..models.policy.dunning_level import PROVEN_CHANNELS


class DunningDeposit(models.TransientModel):
    """Letters that were posted, deposited or handed over on one day: the carrier, and the number of each."""

    _name = "dunning.deposit"
    _description = "Deposit Letters"

    date = fields.Date("Posted On", required=True, help="The next steps count from this day.")
    provider = fields.Char("Carrier")
    line_ids = fields.One2many("dunning.deposit.line", "deposit_id", "Letters")
    has_proven = fields.Boolean(compute="_compute_has_proven")

    @api.depends("line_ids.channel")
    def _compute_has_proven(self):
        for deposit in self:
            deposit.has_proven = any(line.channel in PROVEN_CHANNELS for line in deposit.line_ids)

    @api.model
    def _open(self, letters):
        """Return the dialog for these letters, with the carrier of the last time."""
        deposit = self.create({
            "date": letters.company_id[0]._get_dunning_today(), "provider": self._get_usual_provider(letters),
            "line_ids": [
                Command.create({"dispatch_id": letter.id, "tracking_number": letter.tracking_number,
                                "is_number_kept": letter.is_number_kept})
                for letter in letters
            ],
        })
        return {
            "type": "ir.actions.act_window", "name": self.env._("Post Letters"), "res_model": self._name,
            "res_id": deposit.id, "view_mode": "form", "target": "new",
        }

    @api.model
    def _get_usual_provider(self, letters):
        """Return who carried the last letter of the same kind."""
        proven = [channel for channel in letters.mapped("channel") if channel in PROVEN_CHANNELS]
        return self.env["dunning.dispatch"].search([
            ("channel", "in", proven), ("provider", "!=", False), ("company_id", "in", letters.company_id.ids),
        ], order="date_deposited desc, id desc", limit=1).provider

    def action_deposit(self):
        """Note the letters as posted: the notices count as sent on that day."""
        for deposit in self:
            letters = deposit.line_ids.dispatch_id
            letters.check_access("write")
            letters._get_deposited()
            deposit._check_date(letters)
            for line in deposit.line_ids.filtered("is_proven"):
                line.dispatch_id._set_carrier(deposit.provider, line.tracking_number, line.is_number_kept)
            letters._set_sent(deposit.date)
        return {"type": "ir.actions.act_window_close"}

    def _check_date(self, letters):
        for letter in letters:
            if self.date > letter.company_id._get_dunning_today():
                raise UserError(self.env._("%(date)s has not come yet. Note the letters when they were posted.",
                                           date=format_date(self.env, self.date)))
            if letter.notice_id.date and self.date < letter.notice_id.date:
                raise UserError(self.env._(
                    "%(name)s was produced on %(date)s only. It cannot have been posted before.",
                    name=letter.notice_id.name, date=format_date(self.env, letter.notice_id.date)))
        letters.filtered("leading").notice_id.filtered(lambda one: one.state == "ready")._check_deposit_day(self.date)

    def action_download_letters(self):
        """Download the letters as one file."""
        return self.line_ids.dispatch_id.action_deposit_letters()

    def action_download_slip(self):
        """Download the list with the addresses; numbers that were typed already are on it."""
        for line in self.line_ids.filtered("is_proven"):
            line.dispatch_id._set_carrier(self.provider, line.tracking_number, line.is_number_kept)
        return self.line_ids.dispatch_id.action_deposit_slip()


class DunningDepositLine(models.TransientModel):
    """One letter and its number."""

    _name = "dunning.deposit.line"
    _description = "Letter to Deposit"

    deposit_id = fields.Many2one("dunning.deposit", required=True, ondelete="cascade", index=True)
    dispatch_id = fields.Many2one("dunning.dispatch", required=True, readonly=True, ondelete="cascade")
    notice_id = fields.Many2one(related="dispatch_id.notice_id")
    partner_id = fields.Many2one(related="dispatch_id.partner_id")
    channel = fields.Selection(related="dispatch_id.channel")
    is_proven = fields.Boolean(related="dispatch_id.is_proven")
    recipient = fields.Char(related="dispatch_id.recipient", string="Address")
    tracking_number = fields.Char("Number")
    is_number_kept = fields.Boolean("Keep Any Number")
