from odoo import fields, models


class AccountMove(models.Model):
    """An invoice and what was charged for its lateness; or the invoice that books such charges."""

    _inherit = "account.move"

    dunning_is_charge = fields.Boolean(
        "Late-Payment Charges", copy=False, readonly=True,
        help="This invoice books interest and compensation: it bears neither itself.", groups="base.group_user",
    )
    dunning_charge_ids = fields.One2many(
        "dunning.charge", "move_id", string="Late-Payment Charges of This Invoice", groups="base.group_user",
    )
    dunning_booked_charge_ids = fields.One2many(
        "dunning.charge", "charge_move_id", string="Charges Booked Here", groups="base.group_user",
    )
