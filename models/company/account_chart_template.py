from odoo import models


class AccountChartTemplate(models.AbstractModel):
    """A new chart of accounts brings receivable accounts that are no claim to be dunned."""

    _inherit = "account.chart.template"

    def _post_load_data(self, template_code, company, template_data):
        super()._post_load_data(template_code, company, template_data)
        (company or self.env.company)._seed_dunning_accounts()
