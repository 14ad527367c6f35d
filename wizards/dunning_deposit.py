from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.i18n import format_list
from odoo.tools.misc import format_date

from ..models.policy.dunning_level import PROVEN_CHANNELS

POSTAL_CHANNELS = ("letter", "registered")  # what is handed in at a post office

class DunningDeposit(models.TransientModel):
    """Letters that were posted, deposited or handed over on one day: the carrier, and the number of each."""

    _name = "dunning.deposit"
    _inherit = ["dunning.dialog"]
    _description = "Deposit Letters"

    date = fields.Date("Posted On", required=True, help="The next steps count from this day.")
    provider = fields.Char("Carrier")
    line_ids = fields.One2many("dunning.deposit.line", "deposit_id", "Letters")
    is_printed = fields.Boolean(help="The letters were just printed: were they posted, too?")
    count = fields.Integer(compute="_compute_has_proven")
    has_proven = fields.Boolean(compute="_compute_has_proven")
    warning = fields.Text(compute="_compute_warning")

    @api.depends("line_ids.channel")
    def _compute_has_proven(self):
        for deposit in self:
            deposit.count = len(deposit.line_ids)
            deposit.has_proven = any(line.channel in PROVEN_CHANNELS for line in deposit.line_ids)

    @api.depends("date", "line_ids.tracking_number", "line_ids.dispatch_id")
    @api.depends_context("lang")
    def _compute_warning(self):
        for deposit in self:
            deposit.warning = "\n".join(filter(None, (deposit._get_day_warning(), deposit._get_number_warning())))

    def _get_day_warning(self):
        """Say that post offices are closed on the chosen day."""
        paper = self.line_ids.dispatch_id.filtered(lambda one: one.channel in POSTAL_CHANNELS)
        if not (self.date and paper) or paper.company_id[0]._get_dunning_calendar().is_open(self.date):
            return ""
        return self.env._("%(date)s is a day on which no post is taken in. Is it the right day?",
                          date=format_date(self.env, self.date, date_format="EEEE d MMMM y"))

    def _get_number_warning(self):
        """Say how many registered letters have no number: nobody can prove those later."""
        count = len(self.line_ids.filtered(lambda line: line.channel == "registered" and not line.tracking_number))
        if not count:
            return ""
        return self.env._(
            "Registered letters without a number: %(count)s. Without it nobody can prove what became of them; it can "
            "still be noted later on the letter.", count=count)

    @api.model
    def _open(self, letters, is_printed=False):
        """Return the dialog for these letters, with the carrier of the last time."""
        deposit = self.create({
            "date": letters.company_id[0]._get_dunning_today(), "provider": self._get_usual_provider(letters),
            "is_printed": is_printed,
            "line_ids": [
                Command.create({"dispatch_id": letter.id, "tracking_number": letter.tracking_number,
                                "is_number_kept": letter.is_number_kept})
                for letter in letters
            ],
        })
        return {
            "type": "ir.actions.act_window", "res_model": self._name,
            "name": self.env._("Posted Today?") if is_printed else self.env._("Post Letters"),
            "res_id": deposit.id, "view_mode": "form", "views": [(False, "form")], "target": "new",
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
            letters = deposit._get_waiting()
            deposit._check_date(letters)
            deposit._note_carriers()
            letters._set_sent(deposit.date)
        return {"type": "ir.actions.act_window_close"}

    def _get_waiting(self):
        """Return the letters of this dialog when all still wait: a colleague may have posted some meanwhile."""
        letters = self.line_ids.dispatch_id
        letters.check_access("write")
        gone = letters.filtered(lambda one: one.state != "pending")
        if gone:
            raise UserError(self.env._(
                "These letters do not wait any more, somebody noted them meanwhile: %(names)s. Take them off the list "
                "or close it.", names=format_list(self.env, gone.notice_id.mapped("name"))))
        return letters._get_deposited()

    def _note_carriers(self):
        for line in self.line_ids.filtered("is_proven"):
            line.dispatch_id._set_carrier(self.provider, line.tracking_number, line.is_number_kept)

    def _check_date(self, letters):
        for letter in letters:
            if self.date > letter.company_id._get_dunning_today():
                raise UserError(self.env._("%(date)s has not come yet. Note the letters when they were posted.",
                                           date=format_date(self.env, self.date)))
            if letter.notice_id.date and self.date < letter.notice_id.date:
                raise UserError(self.env._(
                    "%(name)s was produced on %(date)s only. It cannot have been posted before.",
                    name=letter.notice_id.name, date=format_date(self.env, letter.notice_id.date)))
        letters.filtered(lambda one: one.leading or one.joint_debtor_id).notice_id.filtered(
            lambda one: one.state == "ready")._check_deposit_day(self.date)
        letters._check_joint_day(self.date)

    def action_download_letters(self):
        """Download the letters as one file."""
        return self._get_waiting()._download_letters()

    def action_download_slip(self):
        """Download the list with the addresses as CSV; numbers that were typed already are on it."""
        letters = self._get_waiting()
        self._note_carriers()
        return letters.action_deposit_slip()

    def action_download_sheet(self):
        """Download the list as a sheet to print; numbers that were typed already are on it."""
        letters = self._get_waiting()
        self._note_carriers()
        return letters.action_deposit_sheet()


class DunningDepositLine(models.TransientModel):
    """One letter and its number."""

    _name = "dunning.deposit.line"
    _inherit = ["dunning.dialog"]
    _description = "Letter to Deposit"

    deposit_id = fields.Many2one("dunning.deposit", required=True, ondelete="cascade", index=True)
    dispatch_id = fields.Many2one("dunning.dispatch", required=True, readonly=True, ondelete="cascade")
    name = fields.Char(related="dispatch_id.notice_id.name", string="Notice")
    partner_id = fields.Many2one(related="dispatch_id.partner_id")
    channel = fields.Selection(related="dispatch_id.channel")
    is_proven = fields.Boolean(related="dispatch_id.is_proven")
    joint_name = fields.Char(related="dispatch_id.joint_name", string="Joint Debtor")
    recipient = fields.Char(related="dispatch_id.recipient", string="Address")
    tracking_number = fields.Char("Number")
    is_number_kept = fields.Boolean("Keep Any Number")
