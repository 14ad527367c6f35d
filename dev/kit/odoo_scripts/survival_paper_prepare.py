"""Customers who are written to by letter: a run that is not printed yet, and one evidence file to build."""
import base64
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
env["dunning.level"].search([]).write({"attach_invoices": False, "channel": "letter", "with_email": False})
env["dunning.holiday"].search([]).unlink()
today = company._get_dunning_today()
partners = env["res.partner"].create([
    {"name": f"Customer {ROUND} {number}", "email": f"{ROUND}-{number}@customer.example.com", "is_company": True,
     "street": "1 rue de la Paix", "zip": "75002", "city": "Paris", "dunning_debtor_kind": "business"}
    for number in range(CUSTOMERS)
])
moves = env["account.move"].create([
    {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": today - timedelta(days=40),
     "invoice_date_due": today - timedelta(days=10), "invoice_payment_term_id": False,
     "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 500, "tax_ids": []})]}
    for partner in partners
])
moves.action_post()
env["dunning.run"]._create_run(company)

first = moves[0]
first.action_dunning_open_followup()
env["dunning.evidence"].create([
    {"move_id": first.id, "type": "other", "attachment_ids": [Command.create({
        "name": f"Proof {number}.txt", "datas": base64.b64encode(f"Proof {number}".encode())})]}
    for number in range(6)
])
first.invalidate_recordset()
receivable = first.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
env["dunning.evidence.file"]._create_for(first.dunning_followup_id, receivable)
env.cr.commit()
