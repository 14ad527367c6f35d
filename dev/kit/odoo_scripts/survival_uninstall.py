"""Take the add-on away from a database that it was used in."""
module = env["ir.module.module"].search([("name", "=", "account_dunning")])
module.button_immediate_uninstall()
