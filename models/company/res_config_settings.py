from odoo import api, fields, models
from odoo.tools import config
from odoo.tools.misc import format_date

from odoo.addons.base.models.ir_actions_report import _wkhtml


class ResConfigSettings(models.TransientModel):
    """The dunning settings of the legal entity of the current company, and what the server still lacks."""

    _inherit = "res.config.settings"

    dunning_company_id = fields.Many2one(related="company_id.root_id", string="Legal Entity")
    dunning_auto_send = fields.Boolean(related="company_id.root_id.dunning_auto_send", readonly=False)
    dunning_first_release_date = fields.Datetime(related="company_id.root_id.dunning_first_release_date")
    dunning_first_release_uid = fields.Many2one(related="company_id.root_id.dunning_first_release_uid")
    dunning_email = fields.Char(related="company_id.root_id.dunning_email", readonly=False)
    dunning_signatory_id = fields.Many2one(related="company_id.root_id.dunning_signatory_id", readonly=False)
    dunning_user_id = fields.Many2one(related="company_id.root_id.dunning_user_id", readonly=False)
    dunning_hour_from = fields.Float(related="company_id.root_id.dunning_hour_from", readonly=False)
    dunning_hour_to = fields.Float(related="company_id.root_id.dunning_hour_to", readonly=False)
    dunning_sending_days = fields.Selection(
        related="company_id.root_id.dunning_sending_days", readonly=False, required=True,
    )
    dunning_year_end_pause = fields.Boolean(related="company_id.root_id.dunning_year_end_pause", readonly=False)
    dunning_tz = fields.Selection(related="company_id.root_id.dunning_tz", readonly=False)
    dunning_min_amount = fields.Monetary(related="company_id.root_id.dunning_min_amount", readonly=False)
    dunning_min_line_amount = fields.Monetary(related="company_id.root_id.dunning_min_line_amount", readonly=False)
    dunning_formal_min_amount = fields.Monetary(
        related="company_id.root_id.dunning_formal_min_amount", readonly=False,
    )
    dunning_quiet_days = fields.Integer(related="company_id.root_id.dunning_quiet_days", readonly=False)
    dunning_patience_days = fields.Integer(related="company_id.root_id.dunning_patience_days", readonly=False)
    dunning_printed_is_posted = fields.Boolean(related="company_id.root_id.dunning_printed_is_posted", readonly=False)
    dunning_collection_days = fields.Integer(related="company_id.root_id.dunning_collection_days", readonly=False)
    dunning_bank_days = fields.Integer(related="company_id.root_id.dunning_bank_days", readonly=False)
    dunning_not_sent_mode = fields.Selection(
        related="company_id.root_id.dunning_not_sent_mode", readonly=False, required=True,
    )
    dunning_policy_id = fields.Many2one(related="company_id.root_id.dunning_policy_id", readonly=False)
    dunning_rejected_policy_id = fields.Many2one(
        related="company_id.root_id.dunning_rejected_policy_id", readonly=False,
    )
    dunning_excluded_account_ids = fields.Many2many(
        related="company_id.root_id.dunning_excluded_account_ids", readonly=False,
    )
    dunning_start_date = fields.Date(related="company_id.root_id.dunning_start_date", readonly=False)
    dunning_stopped = fields.Boolean(related="company_id.root_id.dunning_stopped")
    dunning_stop_date = fields.Datetime(related="company_id.root_id.dunning_stop_date")
    dunning_stop_uid = fields.Many2one(related="company_id.root_id.dunning_stop_uid")
    dunning_stop_reason = fields.Char(related="company_id.root_id.dunning_stop_reason")

    dunning_zone = fields.Char(compute="_compute_dunning_zone")
    dunning_bank_state = fields.Char(compute="_compute_dunning_bank_state")
    dunning_bank_stale = fields.Boolean(compute="_compute_dunning_bank_state")
    dunning_opening_count = fields.Integer(compute="_compute_dunning_opening_count")
    dunning_lacks_sender = fields.Boolean(compute="_compute_dunning_lacks")
    dunning_lacks_alias_domain = fields.Boolean(compute="_compute_dunning_lacks")
    dunning_lacks_incoming = fields.Boolean(compute="_compute_dunning_lacks")
    dunning_lacks_outgoing = fields.Boolean(compute="_compute_dunning_lacks")
    dunning_lacks_printer = fields.Boolean(compute="_compute_dunning_lacks")
    dunning_lacks_patched_printer = fields.Boolean(compute="_compute_dunning_lacks")
    dunning_lacks_holidays = fields.Boolean(compute="_compute_dunning_lacks")
    dunning_is_neutralized = fields.Boolean(compute="_compute_dunning_lacks")

    @api.depends("company_id", "dunning_tz")
    def _compute_dunning_zone(self):
        for settings in self:
            settings.dunning_zone = settings.dunning_tz or str(settings.company_id._get_dunning_zone())

    @api.depends("company_id", "dunning_bank_days")
    def _compute_dunning_bank_state(self):
        for settings in self:
            company = settings.company_id
            dates = company._get_dunning_bank_dates()
            settings.dunning_bank_stale = company._is_dunning_bank_stale(company._get_dunning_today())
            settings.dunning_bank_state = ", ".join(
                self.env._("%(journal)s: %(date)s", journal=journal.name, date=format_date(self.env, newest))
                for journal, newest in dates.items()
            )

    @api.depends("company_id")
    def _compute_dunning_opening_count(self):
        for settings in self:
            entries = self.env["dunning.opening"].sudo()
            settings.dunning_opening_count = entries.search_count(entries._get_opening_domain(settings.company_id))

    @api.depends("company_id", "dunning_email")
    def _compute_dunning_lacks(self):
        """Tell what is missing for notices to leave, to come back and to be printed."""
        wkhtml = _wkhtml()
        for settings in self:
            company = settings.company_id.root_id
            settings.dunning_lacks_sender = not (settings.dunning_email or company.email)
            settings.dunning_lacks_alias_domain = not company.alias_domain_id
            settings.dunning_lacks_incoming = not self._has_dunning_incoming()
            settings.dunning_lacks_outgoing = not self._has_dunning_outgoing()
            settings.dunning_lacks_printer = wkhtml.state not in ("ok", "upgrade")
            settings.dunning_lacks_patched_printer = not (settings.dunning_lacks_printer or wkhtml.is_patched_qt)
            settings.dunning_lacks_holidays = not company._get_dunning_calendar().holidays
            settings.dunning_is_neutralized = self.env["dunning.run"]._is_neutralized()

    @api.model
    def _has_dunning_incoming(self):
        """Tell whether Odoo fetches the answers itself."""
        return bool(self.env["fetchmail.server"].sudo().search_count([("state", "=", "done")], limit=1))

    @api.model
    def _has_dunning_outgoing(self):
        """Tell whether an outgoing server was set, here or in the configuration file."""
        servers = self.env["ir.mail_server"].sudo().search_count([], limit=1)
        return bool(servers) or config["smtp_server"] not in (None, "", "localhost")

    def action_open_dunning_opening(self):
        """Show the opening balances that are left out of dunning."""
        return self.env["ir.actions.actions"]._for_xml_id("account_dunning.dunning_opening_action")

    def action_open_dunning_import(self):
        """Take over the steps that were already taken elsewhere."""
        return self.env["ir.actions.actions"]._for_xml_id("account_dunning.dunning_import_action")

    def action_open_dunning_stop(self):
        """Open the switch that stops all dunning."""
        return self.env["ir.actions.actions"]._for_xml_id("account_dunning.dunning_stop_action")
