from odoo import api, models


class DunningSetting(models.AbstractModel):
    """A choice on which every plan depends: once it changed, all customers are planned anew."""

    _name = "dunning.setting"
    _description = "Choice on which Every Plan Depends"

    @api.model_create_multi
    def create(self, vals_list):
        settings = super().create(vals_list)
        self._plan_everybody_anew()
        return settings

    def write(self, vals):
        result = super().write(vals)
        self._plan_everybody_anew()
        return result

    def unlink(self):
        result = super().unlink()
        self._plan_everybody_anew()
        return result

    def _plan_everybody_anew(self):
        self.env["res.company"]._bump_dunning_revision()
