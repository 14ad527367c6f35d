import base64
import csv
from dataclasses import replace
from datetime import timedelta

from odoo import api, models
from odoo.fields import Command, Domain
from odoo.tools import file_open, groupby, remove_accents

# Invented: the SIREN passes its check, its digits count from 1; no bank has the code 99999.
IDENTITY = {
    "name": "Lumière et Signes SAS", "street": "18 rue des Forges", "street2": False, "zip": "38000",
    "city": "Grenoble", "state_id": False, "phone": "+33 4 65 71 00 01",
    "email": "facturation@lumiere-et-signes.example",
    "website": "https://lumiere-et-signes.example", "company_registry": "12345678200010", "vat": "FR11123456782",
    "dunning_legal_form": "SAS", "dunning_capital": 60000, "dunning_rcs_city": "Grenoble",
    "report_footer": "SAS au capital de 60 000 €, RCS Grenoble 123 456 782, TVA FR11123456782",
}
DOMAIN = "lumiere-et-signes.example"
IBAN = "FR7699999000010001234567809"
CHF_RATE = 0.94


class AccountChartTemplate(models.AbstractModel):
    """The demo ledger: 250 invoices of eight months, counted back from today, for whatever chart the company has.

    As in Odoo's own demo data, the records that depend on the chart are made here. demo_ledger.xml calls it; nothing
    else does.
    """

    _inherit = "account.chart.template"

    @api.model
    def _install_dunning_demo(self, company_id):
        """Create the company's identity, invoices and entries; payments and reminders follow in the history."""
        company = self.env["res.company"].browse(company_id)
        demo = self.sudo().with_company(company).with_context(
            allowed_company_ids=company.ids, tracking_disable=True, mail_create_nosubscribe=True,
            skip_pdf_attachment_generation=True,
        )
        if not company.chart_template:
            demo.try_loading(self._guess_chart_template(company.country_id), company, install_demo=False)
        # Demo data comes before the post-init hook, which would do this.
        company._seed_dunning_policies()
        company._seed_dunning_accounts()
        demo._set_dunning_demo_languages(company)
        demo._set_dunning_demo_company(company)
        demo._exclude_other_demo_invoices(company)
        invoices = demo._create_dunning_demo_invoices(company)
        demo._create_dunning_demo_openings(company)
        demo._create_dunning_demo_retention(company)
        demo._set_dunning_demo_collection(company, invoices)

    @api.model
    def _read_dunning_demo(self, name):
        """Return the rows of a table of the demo data. Its days count from today."""
        with file_open(f"account_dunning/demo/{name}.csv") as file:
            return list(csv.DictReader(file))

    @api.model
    def _get_dunning_demo_day(self, company, offset):
        return company._get_dunning_today() + timedelta(days=int(offset)) if offset else False

    @api.model
    def _get_dunning_demo_open_day(self, company, offset, by_phone=True):
        """Return that day, or the last one before it on which banks and people work (letters: also on Saturdays)."""
        day = self._get_dunning_demo_day(company, offset)
        calendar = replace(company._get_dunning_calendar(), year_end_pause=False)
        while day and not calendar.is_open(day, by_phone):
            day -= timedelta(days=1)
        return day

    @api.model
    def _get_dunning_demo_ref(self, kind, name):
        return self.env.ref(f"account_dunning.demo_{kind}_{name}")

    # The company and its bank

    @api.model
    def _set_dunning_demo_languages(self, company):
        """Let customers read French where French is installed; who has a language of his own keeps it."""
        if "fr_FR" not in dict(self.env["res.lang"].get_installed()):
            return
        records = self.env["ir.model.data"].search([
            ("module", "=", "account_dunning"), ("model", "=", "res.partner"), ("name", "like", "demo_"),
        ])
        partners = self.env["res.partner"].browse(records.mapped("res_id"))
        partners |= self._get_dunning_demo_users().partner_id | company.partner_id
        (partners - self._get_dunning_demo_ref("customer", "northgate")).lang = "fr_FR"
        # Odoo loads translations after the demo data; the reminders of the history need theirs before.
        self.env["ir.module.module"]._load_module_terms(["account_dunning"], ["fr_FR"])

    @api.model
    def _get_dunning_demo_users(self):
        return self.env["res.users"].union(
            *(self._get_dunning_demo_ref("user", name) for name in ("helene", "nathalie", "camille", "julien")))

    @api.model
    def _set_dunning_demo_company(self, company):
        """Give a French company its invented identity and its bank account, and every company its people."""
        if company.country_id.code in (False, "FR"):
            self._set_dunning_demo_identity(company)
        company.write({
            "dunning_email": "recouvrement@lumiere-et-signes.example",
            "dunning_signatory_id": self._get_dunning_demo_ref("user", "helene").id,
            "dunning_user_id": self._get_dunning_demo_ref("user", "camille").id,
            "dunning_accounting_manager_id": self._get_dunning_demo_ref("user", "nathalie").id,
            "dunning_director_id": self._get_dunning_demo_ref("user", "helene").id,
            "dunning_start_date": self._get_dunning_demo_day(company, "-150"),
        })
        for user in self._get_dunning_demo_users():
            user.write({"company_ids": [Command.link(company.id)], "company_id": company.id})

    @api.model
    def _set_dunning_demo_identity(self, company):
        with file_open("account_dunning/demo/demo_logo.png", "rb") as logo:
            company.write({**IDENTITY, "country_id": self.env.ref("base.fr").id, "logo": base64.b64encode(logo.read())})
        company.partner_id.tz = "Europe/Paris"
        # Answers come to addresses of the same domain as the sender's.
        domains = self.env["mail.alias.domain"]
        company.alias_domain_id = domains.search([("name", "=", DOMAIN)]) or domains.create({"name": DOMAIN})
        bank = self._get_dunning_demo_journal(company, "bank")
        if not bank.bank_account_id:
            bank.set_bank_account(IBAN)
        bank.bank_account_id.write({"acc_number": IBAN, "acc_holder_name": company.name})

    @api.model
    def _get_dunning_demo_journal(self, company, kind):
        """Return the journal of a kind; invoices have one of their own, so that their numbers follow their dates."""
        journals = self.env["account.journal"]
        domain = Domain("company_id", "=", company.id) & Domain("type", "=", kind)
        if kind != "sale":
            return journals.search(domain, limit=1)
        own = journals.search(domain & Domain("code", "=", "FA"), limit=1)
        return own or journals.create({
            "name": "Factures clients", "code": "FA", "type": "sale", "company_id": company.id,
            "default_account_id": journals.search(domain, limit=1).default_account_id.id, "refund_sequence": True,
        })

    # Invoices

    @api.model
    def _exclude_other_demo_invoices(self, company):
        """Leave Odoo's own demo invoices out: they were never sent, and their customers are no part of the story."""
        records = self.env["ir.model.data"].search([
            ("module", "=", "account"), ("model", "=", "account.move"), ("name", "like", "demo"),
        ])
        self.env["account.move"].search([
            ("id", "in", records.mapped("res_id")), ("company_id", "=", company.id), ("state", "=", "posted"),
            ("move_type", "in", ("out_invoice", "out_refund")),
        ]).no_followup = True

    @api.model
    def _create_dunning_demo_invoices(self, company):
        """Create and post the invoices and credit notes, in the order of their dates."""
        rows = self._read_dunning_demo("demo_invoices")
        self._set_dunning_demo_currencies(company, {row["currency"] for row in rows if row["currency"]})
        journal = self._get_dunning_demo_journal(company, "sale")
        invoices = self.env["account.move"]._load_records([
            {"xml_id": f"account_dunning.demo_invoice_{name}", "noupdate": True,
             "values": self._prepare_dunning_demo_invoice(company, journal, lines)}
            for name, lines in groupby(rows, key=lambda row: row["id"])
        ])
        invoices._post(soft=False)
        unsent = self.env["account.move"].union(
            *(self._get_dunning_demo_ref("invoice", row["id"]) for row in rows if row["sent"] == "0"))
        (invoices - unsent).is_move_sent = True
        return invoices

    @api.model
    def _prepare_dunning_demo_invoice(self, company, journal, rows):
        first = rows[0]
        customer = self._get_dunning_demo_ref("customer", first["customer"])
        position = self.env["account.fiscal.position"]._get_fiscal_position(customer)
        taxes = position.map_tax(company.account_sale_tax_id)
        return {
            "move_type": "out_refund" if first["type"] == "refund" else "out_invoice",
            "company_id": company.id, "journal_id": journal.id, "partner_id": customer.id, "ref": first["ref"],
            "invoice_user_id": self.env.ref("base.user_admin").id,
            "invoice_date": self._get_dunning_demo_open_day(company, first["day"]),
            "invoice_date_due": self._get_dunning_demo_day(company, first["due"]),
            "invoice_payment_term_id": self.env.ref(first["term"]).id if first["term"] else False,
            "currency_id": self._get_dunning_demo_currency(company, first["currency"]).id,
            "invoice_line_ids": [Command.create({
                "name": row["label"], "quantity": float(row["quantity"]), "price_unit": float(row["price"]),
                "tax_ids": [Command.set(taxes.ids)],
            }) for row in rows],
        }

    @api.model
    def _get_dunning_demo_currency(self, company, name):
        """Return the currency of that name, or another one when it is the company's own."""
        if not name:
            return company.currency_id
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
        return self.env.ref("base.EUR") if currency == company.currency_id else currency

    @api.model
    def _set_dunning_demo_currencies(self, company, names):
        day = self._get_dunning_demo_day(company, "-300")
        for name in names:
            currency = self._get_dunning_demo_currency(company, name)
            currency.active = True
            if not currency.rate_ids.filtered(lambda rate: rate.company_id == company and rate.name == day):
                self.env["res.currency.rate"].create({
                    "currency_id": currency.id, "company_id": company.id, "name": day, "company_rate": CHF_RATE,
                })

    # Entries of the general journal

    @api.model
    def _create_dunning_demo_openings(self, company):
        """Book two invoices of an earlier program as opening balances; nobody said yet that they are to be dunned."""
        customer = self._get_dunning_demo_ref("customer", "verrerie")
        account = customer.property_account_receivable_id
        balance = self._get_dunning_demo_account(company, [("account_type", "in", ("equity", "equity_unaffected"))])
        day = self._get_dunning_demo_day(company, "-120")
        amounts = [("À nouveau, facture 25-0871", 1284.0, -131), ("À nouveau, facture 25-0902", 636.0, -112)]
        self._create_dunning_demo_entry(company, "opening", day, "À nouveaux clients", [
            *({"account_id": account.id, "partner_id": customer.id, "name": name, "debit": amount,
               "date_maturity": self._get_dunning_demo_day(company, due)} for name, amount, due in amounts),
            {"account_id": balance.id, "name": "À nouveaux clients", "credit": sum(row[1] for row in amounts)},
        ])

    @api.model
    def _create_dunning_demo_retention(self, company):
        """Move the retention of guarantee, 5 % of a building contract, to its account where the chart has one."""
        retained = self._get_dunning_demo_account(
            company, [("code", "=like", "4117%"), ("account_type", "=", "asset_receivable")])
        if not retained:
            return
        invoice = self._get_dunning_demo_ref("invoice", "batir_retention")
        claim = self._get_dunning_demo_receivables(invoice)
        amount = company.currency_id.round(claim.balance * 0.05)
        label = f"Retenue de garantie 5 %, {invoice.name}"
        entry = self._create_dunning_demo_entry(company, "retention", invoice.date, label, [
            {"account_id": retained.id, "partner_id": claim.partner_id.id, "name": label, "debit": amount,
             "date_maturity": self._get_dunning_demo_day(company, "330")},
            {"account_id": claim.account_id.id, "partner_id": claim.partner_id.id, "name": label, "credit": amount},
        ])
        (claim | entry.line_ids.filtered(lambda line: line.account_id == claim.account_id)).reconcile()

    @api.model
    def _create_dunning_demo_entry(self, company, name, day, label, lines):
        entry = self.env["account.move"]._load_records([{
            "xml_id": f"account_dunning.demo_entry_{name}", "noupdate": True,
            "values": {
                "move_type": "entry", "date": day, "ref": label, "company_id": company.id,
                "journal_id": self._get_dunning_demo_journal(company, "general").id,
                "line_ids": [Command.create(line) for line in lines],
            },
        }])
        entry._post(soft=False)
        return entry

    @api.model
    def _get_dunning_demo_account(self, company, domain):
        return self.env["account.account"].search([("company_ids", "=", company.id), *domain], limit=1)

    @api.model
    def _get_dunning_demo_receivables(self, moves):
        """Return the open items of moves, as they are claimed from customers."""
        return moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable" and not line.reconciled)

    # Bank transactions

    @api.model
    def _set_dunning_demo_collection(self, company, invoices):
        """Let some customers pay by direct debit."""
        bank = self._get_dunning_demo_journal(company, "bank")
        method = self.env["account.payment.method.line"]._load_records([{
            "xml_id": "account_dunning.demo_direct_debit", "noupdate": True,
            "values": {
                "name": "Prélèvement SEPA", "journal_id": bank.id, "dunning_collects": True,
                "payment_method_id": self.env.ref("account.account_payment_method_manual_in").id,
            },
        }])
        names = ("forme_debit", "creche_debit", "senior_debit")
        for name in names:
            invoice = self._get_dunning_demo_ref("invoice", name)
            invoice.partner_id.property_inbound_payment_method_line_id = method
            invoice.preferred_payment_method_line_id = method

    @api.model
    def _create_dunning_demo_payments(self, company):
        """Create the bank transactions; return (day, open items that each settles), oldest first.

        An invoice says in its row when it was paid in full; the other payments have a table of their own.
        """
        rows = [
            {"customer": row["customer"], "day": row["paid"], "amount": "", "short": "", "invoices": row["id"],
             "label": ""}
            for row in self._read_dunning_demo("demo_invoices") if row["paid"]
        ]
        rows += self._read_dunning_demo("demo_payments")
        rows.sort(key=lambda row: int(row["day"]))
        invoices = [
            self.env["account.move"].union(
                *(self._get_dunning_demo_ref("invoice", name) for name in row["invoices"].split()))
            for row in rows
        ]
        transactions = self.env["account.bank.statement.line"]._load_records([
            {"xml_id": f"account_dunning.demo_payment_{number}", "noupdate": True,
             "values": self._prepare_dunning_demo_payment(company, row, paid)}
            for number, (row, paid) in enumerate(zip(rows, invoices, strict=True), 1)
        ])
        return [
            (int(row["day"]), self._get_dunning_demo_receivables(transaction.move_id | paid))
            for row, transaction, paid in zip(rows, transactions, invoices, strict=True) if paid
        ]

    @api.model
    def _prepare_dunning_demo_payment(self, company, row, invoices):
        customer = self._get_dunning_demo_ref("customer", row["customer"]).commercial_partner_id
        amount = float(row["amount"] or sum(invoices.mapped("amount_total_signed"))) - float(row["short"] or 0)
        names = " ".join(invoices.mapped("name"))
        vals = {
            "journal_id": self._get_dunning_demo_journal(company, "bank").id, "partner_id": customer.id,
            "date": self._get_dunning_demo_open_day(company, row["day"]), "amount": amount,
            "payment_ref": row["label"] or f"VIR SEPA {remove_accents(customer.name).upper()[:32]} {names}",
            "counterpart_account_id": customer.property_account_receivable_id.id,
        }
        if invoices.currency_id and invoices.currency_id != company.currency_id:
            vals["foreign_currency_id"] = invoices.currency_id.id
            vals["amount_currency"] = sum(invoices.mapped("amount_total"))
        return vals
