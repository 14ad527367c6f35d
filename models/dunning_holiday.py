from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import ormcache


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
        self._forget_days()
        return holidays

    def write(self, vals):
        result = super().write(vals)
        self._forget_days()
        return result

    def unlink(self):
        result = super().unlink()
        self._forget_days()
        return result

    def _forget_days(self):
        self.env.registry.clear_cache()
        self.env["res.company"]._bump_dunning_revision()

    @api.model
    @ormcache("company_id", "country_id")
    def _get_days(self, company_id, country_id):
        """Return the public holidays of a company. They are asked for with every notice and change once a year."""
        holidays = self.sudo().search_fetch(
            Domain("company_id", "in", (False, company_id)) & Domain("country_id", "in", (False, country_id)), ["date"],
        )
        return frozenset(holidays.mapped("date"))
