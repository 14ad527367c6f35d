from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """What a person does from an invoice: remind of it, leave it out of dunning, open the follow-up."""

    _inherit = "account.move"

    def action_dunning_send_now(self):
        """Prepare one draft reminder per customer for these invoices and show it; nothing leaves yet."""
        return self.env["dunning.notice"]._prepare_manual(self.dunning_line_ids).action_open()

    def action_dunning_exclude(self):
        """Leave these invoices out of dunning until somebody includes them again."""
        self._set_dunning_excluded(True)

    def action_dunning_include(self):
        """Dun these invoices again, from the step at which they stood."""
        self._set_dunning_excluded(False)

    def _set_dunning_excluded(self, excluded):
        lines = self.dunning_line_ids
        if not lines:
            raise UserError(self.env._("Choose posted customer invoices: nothing else is dunned."))
        lines._set_dunning_excluded(excluded)

    def action_dunning_open_followup(self):
        """Open the follow-up of the customer; it is made when this is his first invoice."""
        self.ensure_one()
        company = self.company_id.root_id
        if not self.dunning_followup_id:
            # sudo: follow-ups are written by SQL, also for users who may only read them.
            self.env["dunning.followup"].sudo()._sync(
                company, company._get_dunning_today(), self.commercial_partner_id.ids)
            self.invalidate_recordset(["dunning_followup_id"])
        if not self.dunning_followup_id:
            raise UserError(self.env._("This customer never owed anything: there is no follow-up yet."))
        return {
            "type": "ir.actions.act_window", "res_model": "dunning.followup", "view_mode": "form",
            "views": [(False, "form")], "res_id": self.dunning_followup_id.id,
        }
