"""Store the assets of the web client, so that no test run waits for them. Runs in Odoo's shell."""

env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
