from odoo import fields, models
from odoo.fields import Domain


class DunningFollowup(models.Model):
    """What was charged to the customer for paying late, and what may still be."""

    _inherit = "dunning.followup"

    charge_count = fields.Integer("Charges", compute="_compute_charge_count")
    charge_proposed_credit = fields.Monetary(
        readonly=True, help="The open credit for which a claim was proposed last: each credit is proposed once.",
    )

    def _compute_charge_count(self):
        counts = {
            (company, partner): count for company, partner, count in self.env["dunning.charge"]._read_group(
                [("partner_id", "in", self.partner_id.ids), ("state", "!=", "cancelled")],
                ["company_id", "partner_id"], ["__count"])
        }
        for followup in self:
            followup.charge_count = counts.get((followup.company_id, followup.partner_id), 0)

    def _get_charge_lines(self):
        """Return what may bear charges: the overdue receivables, and those that were paid late."""
        lines = self.env["account.move.line"]
        overdue = lines.search(
            lines._get_overdue_domain(self.company_id)
            & Domain("partner_id.commercial_partner_id", "=", self.partner_id.id), order="date_maturity, id")
        return overdue | lines._get_paid_late_lines(self.company_id, self.partner_id.ids)

    def action_dunning_claim(self):
        """Show what this customer bears for paying late, to claim or to waive it."""
        self.ensure_one()
        return self.env["dunning.charge.wizard"]._open_for(self._get_charge_lines())

    def action_open_charges(self):
        """List what was claimed from this customer, or waived."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_charge_action")
        return action | {"domain": [("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)],
                         "context": {}}
