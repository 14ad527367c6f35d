from odoo import api, fields, models


class DunningHoliday(models.Model):
    """A public holiday: nothing is sent, and it does not count as a working day."""

    _name = "dunning.holiday"
    _description = "Public Holiday"
    _order = "date, id"

    name = fields.Char("Holiday", required=True, translate=True)
    date = fields.Date("Day", required=True, index=True)
    country_id = fields.Many2one(
        "res.country", help="Only for the companies of this country. Empty: for all of them."
    )
    company_id = fields.Many2one("res.company", help="Only for this company. Empty: for all of them.")

    _day_uniq = models.UniqueIndex(
        "(date, COALESCE(country_id, 0), COALESCE(company_id, 0))",
        "This day is already a holiday for the same country and company.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        holidays = super().create(vals_list)
        self.env["res.company"]._bump_dunning_revision()
        return holidays

    def write(self, vals):
        result = super().write(vals)
        self.env["res.company"]._bump_dunning_revision()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["res.company"]._bump_dunning_revision()
        return result
