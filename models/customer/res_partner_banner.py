from collections import defaultdict

from odoo import api, fields, models

LEVELS = [("danger", "Serious"), ("warning", "Warning")]


class ResPartner(models.Model):
    """What every colleague must know of a customer before he promises, grants or delivers anything."""

    _inherit = "res.partner"

    dunning_banner_text = fields.Text("Warning", compute="_compute_dunning_banner", groups="base.group_user")
    dunning_banner_level = fields.Selection(
        LEVELS, "Level of the Warning", compute="_compute_dunning_banner", groups="base.group_user")

    @api.depends_context("allowed_company_ids", "lang", "uid")
    def _compute_dunning_banner(self):
        customers = self.commercial_partner_id
        companies = self.env.companies.root_id.sudo()  # colleagues of a branch may not read its parent
        banners = defaultdict(list)
        for company in companies:
            for customer_id, rows in customers._get_dunning_banners(company).items():
                banners[customer_id] += rows if len(companies) == 1 else [
                    (level, self.env._("%(company)s: %(warning)s", company=company.name, warning=text))
                    for level, text in rows]
        for partner in self:
            rows = sorted(banners[partner.commercial_partner_id._origin.id], key=lambda row: row[0] != "danger")
            partner.dunning_banner_text = "\n".join(text for _level, text in rows) or False
            partner.dunning_banner_level = rows[0][0] if rows else False

    def _get_dunning_banners(self, company):
        """Return {customer id: [(level, sentence)]} for a legal entity, to be read by everybody who works there.

        A sentence says what runs and whom to ask, and nothing that only accounting may know. Override to add one.
        """
        return defaultdict(list)

    @api.model
    def _get_dunning_speaker(self, company, users):
        """Return the name of whom to ask: the first colleague among these, a manager, else the company."""
        people = users.filtered(lambda user: user.active and user._is_human_dunning_user())
        return (people[:1] or company._get_dunning_manager() or company).name
