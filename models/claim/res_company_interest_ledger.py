from odoo import fields, models


class ResCompany(models.Model):
    """Which day counts as the day of a payment."""

    _inherit = "res.company"

    dunning_payment_day = fields.Selection(
        [("bank", "The day the bank shows it"), ("payment", "The day the payment was recorded")],
        "Day of a Payment", default="bank", required=True,
        help="Interest ends on the day on which the money is available on your account (C. com. L441-9): that of the "
             "bank transaction. Choose the other when payments are not matched with bank transactions.",
    )


class ResConfigSettings(models.TransientModel):
    """The day of a payment, in the settings of dunning."""

    _inherit = "res.config.settings"

    dunning_payment_day = fields.Selection(
        related="company_id.root_id.dunning_payment_day", readonly=False, required=True,
    )
