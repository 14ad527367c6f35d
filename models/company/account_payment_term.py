from odoo import fields, models

from ..customer.res_partner import ASSIGNMENTS


class AccountPaymentTerm(models.Model):
    """Payment terms may say that the claims were assigned to a factor or a bank."""

    _inherit = "account.payment.term"

    dunning_assignee_id = fields.Many2one(
        "res.partner", "Assignee", help="The factor or bank to which invoices with these terms are assigned.",
    )
    dunning_assignment = fields.Selection(
        ASSIGNMENTS, "Assignment",
        help="Confidential: we dun as usual. Notified with mandate: we dun, payment goes to the assignee. "
             "Notified: the assignee duns.",
    )

    def write(self, vals):
        result = super().write(vals)
        if not {"dunning_assignee_id", "dunning_assignment"}.isdisjoint(vals):
            self.env["res.company"]._bump_dunning_revision()
        return result
