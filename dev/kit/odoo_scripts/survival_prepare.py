"""A company with overdue customers and a released run that is not sent yet: what the survival checks start from."""
import os
from datetime import timedelta

from odoo.fields import Command

CUSTOMERS = int(os.environ["DUNNING_CUSTOMERS"])
ROUND = os.environ["DUNNING_ROUND"]

company = env.company
if not company.chart_template:
    env["account.chart.template"].try_loading("fr", company=company, install_demo=False)
company.write({
    "email": "accounts@creditor.example.com", "dunning_sending_days": "all", "dunning_year_end_pause": False,
    "dunning_hour_from": 0, "dunning_hour_to": 24, "dunning_not_sent_mode": "warn", "dunning_bank_days": 0,
})
env["dunning.level"].search([]).attach_invoices = False
env["dunning.holiday"].search([]).unlink()
today = company._get_dunning_today()
partners = env["res.partner"].create([
    {"name": f"Customer {ROUND} {number}", "email": f"{ROUND}-{number}@customer.example.com", "is_company": True,
     "dunning_debtor_kind": "business"}
    for number in range(CUSTOMERS)
])
env["account.move"].create([
    {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": today - timedelta(days=40),
     "invoice_date_due": today - timedelta(days=10), "invoice_payment_term_id": False,
     "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 500, "tax_ids": []})]}
    for partner in partners
]).action_post()
env["dunning.run"]._create_run(company)
# Planned later, by the process that is killed; released as soon as it is planned.
env["ir.config_parameter"].set_param("account_dunning.survival", ROUND)
env.cr.commit()
