from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import ormcache

from ...escalation import Calendar


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

    @api.model
    @ormcache("country_id")
    def _get_public_days(self, country_id):
        """Return the public holidays of a country, without those that a company adds for itself."""
        days = self.sudo().search_fetch([("company_id", "=", False), ("country_id", "=", country_id)], ["date"])
        return frozenset(days.mapped("date"))


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model
    def _get_last_day_of_procedure(self, day):
        """Return until when something can still be done before a French court whose time ends on this day.

        A time that would end on a Saturday, a Sunday or a public holiday ends on the next working day (CPC, art. 642).
        The screens count to the day itself: earlier is safe, and nothing is called late before it is.
        """
        if not day:
            return day
        days = self.env["dunning.holiday"]._get_public_days(self.env.ref("base.fr").id)
        return Calendar(holidays=days).next_working_day(day)
