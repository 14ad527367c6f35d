from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import ormcache


class DunningHoliday(models.Model):
    """A public holiday: nothing is sent, and it does not count as a working day."""

    _name = "dunning.holiday"
    _description = "Public Holiday"
    _inherit = ["dunning.setting"]
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

    def _plan_everybody_anew(self):
        self.env.registry.clear_cache()
        super()._plan_everybody_anew()

    @api.model
    @ormcache("company_id", "country_id")
    def _get_days(self, company_id, country_id):
        """Return the public holidays of a company. They are asked for with every notice and change once a year."""
        holidays = self.sudo().search_fetch(
            Domain("company_id", "in", (False, company_id)) & Domain("country_id", "in", (False, country_id)), ["date"],
        )
        return frozenset(holidays.mapped("date"))
