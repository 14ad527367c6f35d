from decimal import Decimal

from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    """What the company agreed on late payment, and what it means today."""

    _inherit = "res.config.settings"

    dunning_contract_mode = fields.Selection(
        related="company_id.root_id.dunning_contract_mode", readonly=False, required=True,
    )
    dunning_contract_rate = fields.Float(related="company_id.root_id.dunning_contract_rate", readonly=False)
    dunning_contract_factor = fields.Float(related="company_id.root_id.dunning_contract_factor", readonly=False)
    dunning_contract_sentence = fields.Text(related="company_id.root_id.dunning_contract_sentence", readonly=False)
    dunning_contract_print = fields.Boolean(related="company_id.root_id.dunning_contract_print", readonly=False)
    dunning_contract_clause = fields.Boolean(related="company_id.root_id.dunning_contract_clause", readonly=False)
    dunning_rate_text = fields.Char(related="company_id.root_id.dunning_rate_text")
    dunning_contract_preview = fields.Char("Today", compute="_compute_dunning_contract_preview")
    dunning_contract_warning = fields.Text("Least Rate", compute="_compute_dunning_contract_preview")
    dunning_lacks_contract = fields.Boolean(compute="_compute_dunning_contract_preview")

    @api.depends("company_id", "dunning_contract_mode", "dunning_contract_rate", "dunning_contract_factor")
    def _compute_dunning_contract_preview(self):
        """Show the rate of today before it is saved, and test it against the least rate of the law."""
        for settings in self:
            root = settings.company_id.root_id
            regime = root._get_dunning_contract_regime()
            settings.dunning_lacks_contract = not regime and settings.dunning_contract_mode != "law"
            regime = regime or self.env["dunning.interest.regime"]._get_resolver(root)("business")[0]
            settings.dunning_contract_preview = settings.dunning_contract_warning = ""
            if regime and not settings.dunning_lacks_contract:
                figure = {"fixed": settings.dunning_contract_rate, "multiple": settings.dunning_contract_factor}.get(
                    settings.dunning_contract_mode, 0)
                settings.dunning_contract_preview, settings.dunning_contract_warning = regime._preview_contract(
                    settings.dunning_contract_mode, Decimal(str(figure)), root._get_dunning_today())

    def action_suggest_dunning_sentence(self):
        """Fill in the sentence for the invoices from the rate chosen here."""
        self.ensure_one()
        self.dunning_contract_sentence = self.company_id.root_id._suggest_dunning_sentence(
            self.dunning_contract_mode, self.dunning_contract_rate, self.dunning_contract_factor)
        return self.env["ir.actions.actions"]._for_xml_id("account_dunning.dunning_settings_action") | {
            "target": "main"}

    def action_open_dunning_regimes(self):
        """Show the regimes of interest and compensation."""
        return self.env["ir.actions.actions"]._for_xml_id("account_dunning.dunning_interest_regime_action")

    def action_open_dunning_rates(self):
        """Show which published rates are known and which are to be entered."""
        return self.env["ir.actions.actions"]._for_xml_id("account_dunning.dunning_reference_index_action")
