from odoo import api, fields, models
from odoo.exceptions import ValidationError

NUMBERS = ("dunning_promise_days", "dunning_promise_max", "dunning_promise_tolerance", "dunning_hold_days")


class ResCompany(models.Model):
    """How far a collector may go alone with what customers promise and with pauses."""

    _inherit = "res.company"

    dunning_promise_days = fields.Integer(
        "Latest Day of a Promise", default=15, help="Days ahead that a promise may lie. A manager may lift this limit.",
    )
    dunning_promise_max = fields.Integer(
        "Promises per Invoice", default=2, help="After so many promises for an invoice only a manager notes another.",
    )
    dunning_promise_tolerance = fields.Integer(
        "Tolerance of a Promise", default=2, help="Working days after the promised day before a promise is judged.",
    )
    dunning_hold_days = fields.Integer(
        "Longest Hold", default=30, help="Days that a hold may last, extensions included. A manager may go further.",
    )

    @api.constrains(*NUMBERS)
    def _check_dunning_answer_numbers(self):
        for company in self:
            if any(company[name] < 0 for name in NUMBERS):
                raise ValidationError(self.env._(
                    "The limits of promises and holds of %(company)s cannot be negative.", company=company.name))


class ResConfigSettings(models.TransientModel):
    """The limits of promises and holds of the legal entity."""

    _inherit = "res.config.settings"

    dunning_promise_days = fields.Integer(related="company_id.root_id.dunning_promise_days", readonly=False)
    dunning_promise_max = fields.Integer(related="company_id.root_id.dunning_promise_max", readonly=False)
    dunning_promise_tolerance = fields.Integer(related="company_id.root_id.dunning_promise_tolerance", readonly=False)
    dunning_hold_days = fields.Integer(related="company_id.root_id.dunning_hold_days", readonly=False)
