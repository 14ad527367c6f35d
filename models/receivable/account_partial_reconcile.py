from odoo import api, models


class AccountPartialReconcile(models.Model):
    """Payments and their undoing change what is overdue: the follow-ups are refreshed afterwards."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._refresh_dunning()
        return partials

    def unlink(self):
        self._refresh_dunning()
        return super().unlink()

    def _refresh_dunning(self):
        # sudo: whoever reconciles needs no dunning right.
        partials = self.sudo().filtered(lambda one: one.debit_move_id.account_type == "asset_receivable")
        if partials:
            self.env["dunning.followup"].sudo()._request_refresh(partials.company_id.root_id)
