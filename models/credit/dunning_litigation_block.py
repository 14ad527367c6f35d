from odoo import api, models
from odoo.tools.misc import format_date

# What remains possible against somebody whom the law protects from actions for payment.
STILL_POSSIBLE = ("credit_insurance", "lawyer", "write_off")


class DunningLitigation(models.Model):
    """A judgment of insolvency, or an admissible file of over-indebtedness, forbids actions for what arose before."""

    _inherit = "dunning.litigation"

    @api.model
    def _get_route_obstacle(self, route, followup, lines):
        obstacle = super()._get_route_obstacle(route, followup, lines)
        if obstacle or route.code in STILL_POSSIBLE:
            return obstacle
        # sudo: a hold of a colleague forbids, too.
        for hold in followup.sudo().running_hold_ids.filtered(lambda one: one.is_forbidding and one.kind != "death"):
            held = hold._filter_held(lines)
            if held:
                return self.env._(
                    "%(names)s arose before %(date)s: actions for payment are forbidden (%(reason)s). Declare the "
                    "claim instead.", names=", ".join(held.mapped("move_id.name")),
                    date=format_date(self.env, hold.date_judgment),
                    reason=followup._get_reason_label(hold.kind))
        return obstacle

    def _get_list_action(self):
        """Show these cases: the form of a single one."""
        if len(self) == 1:
            return self.action_open()
        return {"type": "ir.actions.act_window", "res_model": self._name, "view_mode": "list,form",
                "name": self.env._("Write-offs"), "domain": [("id", "in", self.ids)]}
