from odoo import models


class AccountMove(models.Model):
    """What follows from notices, charges and limitation is shown on invoices; nobody writes it there."""

    _name = "account.move"
    _inherit = ["account.move", "dunning.door"]

    _door_fields = frozenset({
        "dunning_level_id", "dunning_stage", "dunning_notice_id", "dunning_barred_date", "dunning_barred_soon",
        "dunning_barred_warned", "dunning_status", "dunning_status_comment",
        "dunning_status_date",
    })
    _fixed_fields = frozenset({"dunning_is_charge"})  # an invoice of charges is made with it


class AccountMoveLine(models.Model):
    """The level of a line is the result of the notices that were sent."""

    _name = "account.move.line"
    _inherit = ["account.move.line", "dunning.door"]

    _door_fields = frozenset({"dunning_level_id", "dunning_notice_id", "dunning_date"})
