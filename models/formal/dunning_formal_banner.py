from odoo import models
from odoo.tools.misc import format_date


class ResPartner(models.Model):
    """Salespeople see that a formal notice runs before they promise or deliver anything."""

    _inherit = "res.partner"

    def _get_dunning_banners(self, company):
        banners = super()._get_dunning_banners(company)
        for notice in self._get_running_formal_notices(company):
            banners[notice.partner_id.id].append(("warning", self.env._(
                "Formal notice until %(date)s: speak to %(name)s before you promise, grant or deliver anything.",
                date=format_date(self.env, notice.deadline_date),
                name=self._get_dunning_speaker(company, notice.user_id | notice.followup_id.user_id))))
        return banners

    def _get_running_formal_notices(self, company):
        """Return, for each customer, the notice whose deadline ends last and which is not paid yet."""
        # sudo: that a notice runs concerns every colleague; nothing else of it is shown.
        running = self.env["dunning.notice"].sudo().search([
            ("partner_id", "in", self.ids), ("company_id", "=", company.id), ("state", "=", "sent"),
            ("stage", "=", "formal"), ("deadline_date", ">=", company._get_dunning_today()),
            ("is_returned", "=", False),
        ], order="deadline_date desc")
        unpaid = running.filtered(lambda notice: notice._get_deadline_residual())
        return running.browse(notices[0].id for notices in unpaid.grouped("partner_id").values())
