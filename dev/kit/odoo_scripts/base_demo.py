"""Give the main company of Odoo's demo data French accounts. Runs in Odoo's shell.

Odoo gives it the generic chart of accounts in dollars; loading the French chart with its demo data replaces
both. The second French company, which Odoo's French localisation adds, would only show everything twice.
French is loaded here, not while Odoo is installed: there it would become the language of every new partner.
"""
from odoo.tools.translate import load_language

load_language(env.cr, "fr_FR")

company = env.ref("base.main_company")
env["account.chart.template"].try_loading("fr", company, install_demo=True)
(env["res.company"].search([]) - company).active = False
domain = env["mail.alias.domain"].search([], limit=1) or env["mail.alias.domain"].create({"name": "demo.example"})
env["res.company"].search([]).alias_domain_id = domain
company.external_report_layout_id = env.ref("web.external_layout_standard")
env.cr.commit()
