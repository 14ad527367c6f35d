"""Measure the interest of a large ledger: each receivable with three payments on average, read and computed at once."""

from datetime import date

from odoo import fields

from . import ledger

# From one to six payments of an eighth of the invoice each, over the last three months.
MOST_PAYMENTS = 6
SHARE = "0.125"
DAYS = 90


def interest(env, meter, size):
    """Compute interest and compensation of as many receivables as the ledger has, open ones first, then paid ones."""
    company = env.ref("base.main_company")
    _prepare(env, company)
    count = _add_payments(env, company)
    lines = env["account.move.line"].search([
        ("account_id.account_type", "=", "asset_receivable"), ("parent_state", "=", "posted"),
        ("amount_currency", ">", 0), ("move_id.move_type", "=", "out_invoice"),
    ], order="reconciled, id", limit=size)
    # A server that runs knows its own fields.
    lines[:1]._get_interest_claims()
    env.invalidate_all()
    company._get_dunning_today()
    with meter.measure(f"interest of {len(lines)} receivables with {count} payments", len(lines), "receivable"):
        claims = lines._get_interest_claims()
    _check(lines, claims)
    few = lines[:80]
    env.invalidate_all()
    with meter.measure("interest of one page of invoices, as a list shows it", len(few), "invoice"):
        few.move_id.mapped("dunning_interest")


def _prepare(env, company):
    """Let all customers be businesses, and the rate of this half-year be known whenever this runs."""
    env.cr.execute("UPDATE res_partner SET dunning_debtor_kind = jsonb_build_object(%s::text, 'business')"
                   " WHERE id IN (SELECT id FROM bench_customer)", [str(company.id)])
    rates = env["dunning.reference.rate"]
    today = fields.Date.today()
    last = rates.search([("index", "=", "ecb_mro")], order="valid_from desc", limit=1)
    missing = [date(year, month, 1) for year in range(last.valid_from.year, today.year + 1) for month in (1, 7)
               if last.valid_from < date(year, month, 1) <= today]
    rates.create([{"index": "ecb_mro", "valid_from": day, "rate_percent": 2, "status": "unverified"}
                  for day in missing])
    env.cr.commit()
    env.invalidate_all()


def _add_payments(env, company):
    """Book payments of open invoices in the company's currency: one through Odoo, its copies by SQL."""
    prototype = _book_payment(env)
    env.cr.execute(f"""
        CREATE TABLE bench_payment AS
        SELECT nextval('account_move_id_seq')::int AS move_id, nextval('account_move_line_id_seq')::int AS bank_id,
               nextval('account_move_line_id_seq')::int AS credit_id, aml.id AS line_id, aml.partner_id, number,
               round(aml.amount_currency * {SHARE}, 2) AS amount,
               CURRENT_DATE - abs(hashint4(aml.id * 7 + number)) %% {DAYS} AS day
          FROM account_move_line aml
          JOIN account_move move ON move.id = aml.move_id AND move.move_type = 'out_invoice' AND move.state = 'posted'
          JOIN account_account account ON account.id = aml.account_id AND account.account_type = 'asset_receivable'
         CROSS JOIN LATERAL generate_series(1, 1 + abs(hashint4(aml.id)) %% {MOST_PAYMENTS}) number
         WHERE aml.currency_id = %s AND aml.amount_residual = aml.balance AND aml.balance > 0""",
                   [company.currency_id.id])
    count = env.cr.rowcount
    _copy_payments(env, prototype)
    env.cr.execute("""
        UPDATE account_move_line aml SET amount_residual = aml.amount_residual - paid.amount,
               amount_residual_currency = aml.amount_residual_currency - paid.amount
          FROM (SELECT line_id, SUM(amount) AS amount FROM bench_payment GROUP BY line_id) paid
         WHERE aml.id = paid.line_id""")
    env.cr.execute("""
        UPDATE account_move move SET payment_state = 'partial', amount_residual = open.amount,
               amount_residual_signed = open.amount
          FROM (SELECT move_id, SUM(amount_residual) AS amount FROM account_move_line
                 WHERE id IN (SELECT line_id FROM bench_payment) GROUP BY move_id) open
         WHERE move.id = open.move_id""")
    env.cr.commit()
    env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile")
    env.cr.commit()
    env.invalidate_all()
    return count


def _book_payment(env):
    """Return a payment that Odoo booked, to be copied; its invoice is none of the ledger."""
    customer = env["res.partner"].create({"name": "Payer"})
    invoice = env["account.move"].create({
        "move_type": "out_invoice", "partner_id": customer.id, "invoice_date": fields.Date.today(),
        "invoice_line_ids": [(0, 0, {"name": "Work", "price_unit": 100, "tax_ids": False})],
    })
    invoice.action_post()
    payment = ledger.pay(env, invoice, 100)
    env.flush_all()
    return payment


def _copy_payments(env, prototype):
    bank = prototype.line_ids.filtered(lambda line: line.balance > 0)
    credit = prototype.line_ids - bank
    partial = credit.matched_debit_ids
    name = f"'{prototype.name}' || '/' || copy.line_id || '/' || copy.number"
    copies = f"FROM bench_payment copy JOIN account_move old ON old.id = {prototype.id}"
    ledger.insert_copies(env, "account_move", copies, {
        **dict.fromkeys(ledger.MONEY["account_move"], "0"), **dict.fromkeys(ledger.DAYS["account_move"], "copy.day"),
        "id": "copy.move_id", "partner_id": "copy.partner_id", "commercial_partner_id": "copy.partner_id",
        "name": name, "payment_reference": "NULL", "sequence_number": "copy.line_id * 10 + copy.number",
        "access_token": "NULL", "invoice_date": "NULL", "invoice_date_due": "NULL",
    })
    for line, line_id, sign in ((bank, "copy.bank_id", ""), (credit, "copy.credit_id", "-")):
        figures = {name: f"{sign}copy.amount" for name in ("balance", "amount_currency")}
        figures |= {"debit": "0" if sign else "copy.amount", "credit": "copy.amount" if sign else "0"}
        ledger.insert_copies(
            env, "account_move_line", f"FROM bench_payment copy JOIN account_move_line old ON old.id = {line.id}", {
                **dict.fromkeys(ledger.MONEY["account_move_line"], "0"),
                **dict.fromkeys(ledger.DAYS["account_move_line"], "copy.day"), **figures, "id": line_id,
                "move_id": "copy.move_id", "partner_id": "copy.partner_id", "move_name": name,
                "full_reconcile_id": "NULL", "matching_number": "'P' || copy.line_id", "invoice_date": "NULL",
                "date_maturity": "NULL" if not line.date_maturity else "copy.day",
            })
    ledger.insert_copies(
        env, "account_partial_reconcile",
        f"FROM bench_payment copy JOIN account_partial_reconcile old ON old.id = {partial.id}", {
            **dict.fromkeys(ledger.MONEY["account_partial_reconcile"], "copy.amount"), "max_date": "copy.day",
            "id": "nextval('account_partial_reconcile_id_seq')", "debit_move_id": "copy.line_id",
            "credit_move_id": "copy.credit_id", "full_reconcile_id": "NULL",
        })


def _check(lines, claims):
    """The figures would be worth nothing if the books were wrong or nothing was computed."""
    assert len(claims) == len(lines)
    computed = sum(bool(claim.breakdown) for claim in claims.values())
    assert computed > len(lines) / 2, f"interest of {computed} receivables only"
    lines.env.cr.execute("""
        SELECT COUNT(*) FROM account_move_line aml JOIN (
               SELECT debit_move_id, SUM(debit_amount_currency) AS paid FROM account_partial_reconcile
             GROUP BY debit_move_id) partial ON partial.debit_move_id = aml.id
         WHERE aml.amount_currency - partial.paid <> aml.amount_residual_currency""")
    assert not lines.env.cr.fetchone()[0], "Some payments do not reduce their invoice"
