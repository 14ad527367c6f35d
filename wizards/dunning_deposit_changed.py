from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningDeposit(models.TransientModel):
    """Letters that say more than is owed by now are not posted by mistake."""

    _inherit = "dunning.deposit"

    change_text = fields.Text(compute="_compute_change_text")
    is_change_known = fields.Boolean("They Were Posted All the Same")

    @api.depends("line_ids.dispatch_id")
    @api.depends_context("lang")
    def _compute_change_text(self):
        for deposit in self:
            notices = deposit.line_ids.dispatch_id.notice_id.filtered("change_text")
            deposit.change_text = "\n".join(
                f"{notice.display_name}, {notice.partner_id.display_name}\n{notice.change_text}" for notice in notices)

    def action_deposit(self):
        """Refuse letters whose claims were paid, contested or held since, unless a person knows."""
        for deposit in self:
            if deposit.change_text and not deposit.is_change_known:
                raise UserError(self.env._(
                    "Something has changed since these letters were produced:\n%(changes)s\n\nTake them off the list "
                    "and re-issue or cancel their notices. If they have left already, tick “They Were Posted All the "
                    "Same”.", changes=deposit.change_text))
        return super().action_deposit()
