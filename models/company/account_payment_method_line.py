from odoo import fields, models


class AccountPaymentMethodLine(models.Model):
    """A way of being paid; with some of them it is up to us to collect."""

    _inherit = "account.payment.method.line"

    dunning_collects = fields.Boolean(
        "Collected by Us",
        help="Direct debit, accepted bill: the customer has nothing to do. No reminder goes out while the "
             "collection is expected.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "dunning_collects" in vals:
            self.company_id._bump_dunning_revision()
        return result
