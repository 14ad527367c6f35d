"""Complete the template of test databases. Runs in Odoo's shell.

French is loaded here, not while Odoo is installed: there it would become the language of every new partner.
The assets of the web client are stored, so that no test run waits for them.
"""
from odoo.tools.translate import load_language

load_language(env.cr, "fr_FR")
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
