from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Odoo merges contacts in SQL and deletes the rows that would become double: follow-ups are merged before."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        if "dunning.followup" in self.env:
            self._merge_dunning_followups(src_partners, dst_partner)
        super()._update_foreign_keys(src_partners, dst_partner)
