"""A large ledger, in seconds: Odoo books one invoice of each kind, SQL copies it with other customers, days, amounts.

Runs in Odoo's shell. Of 100 open receivables, 5 are credit notes, 3 in dollars, 5 partly paid, 10 instalments of five
invoices; 30 paid invoices with their payments come on top.
"""

# Kinds, and how many copies of each make up a block of 100 open receivables.
SHARES = {"plain": 77, "refund": 5, "dollars": 3, "part_paid": 5, "instalments": 5, "paid": 30}
BLOCK = 100
CUSTOMERS_PER_BLOCK = 10
# Due from a hundred days ago to twenty days ahead.
OLDEST, NEWEST = 100, 20
# The prototypes are of 100.00; copies of 10.00 to 160.00.
FACTOR = "(2 + abs(hashint4(copy.number + 7)) % 31) * 0.05"
MONEY = {
    "account_move": ("amount_untaxed", "amount_total", "amount_residual", "amount_untaxed_signed",
                     "amount_untaxed_in_currency_signed", "amount_total_signed", "amount_total_in_currency_signed",
                     "amount_residual_signed"),
    "account_move_line": ("debit", "credit", "balance", "amount_currency", "amount_residual",
                          "amount_residual_currency", "price_unit", "price_subtotal", "price_total"),
    "account_partial_reconcile": ("amount", "debit_amount_currency", "credit_amount_currency"),
}
DAYS = {
    "account_move": ("date", "invoice_date", "invoice_date_due", "delivery_date", "taxable_supply_date"),
    "account_move_line": ("date", "invoice_date", "date_maturity"),
    "account_partial_reconcile": ("max_date",),
}


def build(env, size, today):
    """Fill the main company with ``size`` open receivables."""
    company = env.ref("base.main_company")
    prepare_company(env, company)
    prototypes = book_prototypes(env, company, today)
    env.flush_all()
    blocks = size // BLOCK
    customers = copy_customers(env, prototypes["customer"], blocks * CUSTOMERS_PER_BLOCK)
    copy_moves(env, prototypes, customers, blocks)
    # The prototypes themselves are no part of the ledger.
    moves = env["account.move"].search([("line_ids.partner_id", "=", prototypes["customer"].id)])
    moves.line_ids.remove_move_reconcile()
    moves.button_draft()
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    env.invalidate_all()
    check(env, size)


def prepare_company(env, company):
    env["account.chart.template"].try_loading("fr", company)
    company.write({"name": "Bench", "street": "1 rue des Mesures", "zip": "69001", "city": "Lyon",
                   "country_id": env.ref("base.fr").id, "email": "recouvrement@bench.example"})
    dollars = env.ref("base.USD")
    dollars.active = True
    env["res.currency.rate"].search([("currency_id", "=", dollars.id)]).unlink()
    env["res.currency.rate"].create({"currency_id": dollars.id, "rate": 1.25, "name": "2020-01-01",
                                     "company_id": company.id})


def book_prototypes(env, company, today):
    """Book one document of each kind through the ORM; return them by kind."""
    customer = env["res.partner"].create({
        "name": "Prototype", "is_company": True, "street": "1 rue du Client", "zip": "75001", "city": "Paris",
        "country_id": env.ref("base.fr").id, "email": "prototype@bench.example", "lang": "fr_FR",
    })
    halves = env["account.payment.term"].create({"name": "Halves", "line_ids": [
        (0, 0, {"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 20)
    ]})
    product = env["product.product"].create({"name": "Work", "taxes_id": False})

    def invoice(kind="out_invoice", term=None, currency=company.currency_id):
        move = env["account.move"].create({
            "move_type": kind, "partner_id": customer.id, "invoice_date": today, "currency_id": currency.id,
            "invoice_payment_term_id": term.id if term else False, "invoice_date_due": today,
            "invoice_line_ids": [(0, 0, {"product_id": product.id, "price_unit": 100, "tax_ids": False})],
        })
        move.action_post()
        move.is_move_sent = True
        return move

    part_paid, paid = invoice(), invoice()
    return {
        "customer": customer,
        "plain": (invoice(),), "refund": (invoice("out_refund"),),
        "dollars": (invoice(currency=env.ref("base.USD")),), "instalments": (invoice(term=halves),),
        "part_paid": (part_paid, pay(env, part_paid, 40)), "paid": (paid, pay(env, paid, 100)),
    }


def pay(env, invoice, amount):
    """Book a payment in the bank journal and reconcile it with the invoice."""
    bank = [("type", "=", "bank"), ("company_id", "=", invoice.company_id.id)]
    journal = env["account.journal"].search(bank, limit=1)
    claim = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
    entry = env["account.move"].create({"journal_id": journal.id, "date": invoice.date, "line_ids": [
        (0, 0, {"account_id": journal.default_account_id.id, "partner_id": invoice.partner_id.id, "balance": amount}),
        (0, 0, {"account_id": claim.account_id.id, "partner_id": invoice.partner_id.id, "balance": -amount}),
    ]})
    entry.action_post()
    (claim + entry.line_ids.filtered(lambda line: line.account_id == claim.account_id)).reconcile()
    return entry


def columns(env, table):
    env.cr.execute("""SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
                         AND NOT attisdropped AND attgenerated = '' AND attname <> 'id'""", [table])
    return [row[0] for row in env.cr.fetchall()]


def insert_copies(env, table, source, changes):
    """Copy rows of a table; ``source`` says of which, with aliases ``old`` and ``copy``."""
    names = columns(env, table)
    changes = {**{name: f"round(old.{name} * {FACTOR}, 2)" for name in MONEY.get(table, ())},
               **{name: f"old.{name} + copy.days" for name in DAYS.get(table, ())}, **changes}
    values = [changes.get(name, f'old."{name}"') for name in names]
    targets = ", ".join(f'"{name}"' for name in ["id", *names])
    env.cr.execute(f"INSERT INTO {table} ({targets}) SELECT {changes['id']}, {', '.join(values)} {source}")


def copy_customers(env, prototype, number):
    """Create customers; nine in ten have an e-mail address. Return their ids in a table, by number."""
    env.cr.execute("""CREATE TABLE bench_customer AS
                      SELECT number, nextval('res_partner_id_seq')::int AS id FROM generate_series(0, %s) number""",
                   [number - 1])
    address = "CASE WHEN copy.number % 10 < 9 THEN 'customer' || copy.number || '@bench.example' END"
    insert_copies(env, "res_partner", f"FROM bench_customer copy JOIN res_partner old ON old.id = {prototype.id}", {
        "id": "copy.id", "commercial_partner_id": "copy.id", "name": "'Customer ' || copy.number",
        "complete_name": "'Customer ' || copy.number", "commercial_company_name": "'Customer ' || copy.number",
        "email": address, "email_normalized": address, "ref": "'C' || copy.number", "signup_type": "NULL",
    })
    return number


def copy_moves(env, prototypes, customers, blocks):
    """Copy the documents with their lines and reconciliations."""
    env.cr.execute("CREATE TABLE bench_copy (move_id int, old_id int, number int, partner_id int, days int)")
    first = 0
    for kind, share in SHARES.items():
        # A paid invoice is old; the others are due over a hundred and twenty days.
        shift = f"-{OLDEST} - (n %% 200)" if kind == "paid" else f"(abs(hashint4(n)) %% {OLDEST + NEWEST}) - {OLDEST}"
        for move in prototypes[kind]:
            env.cr.execute(f"""
                INSERT INTO bench_copy
                SELECT nextval('account_move_id_seq'), %s, n, customer.id, {shift}
                  FROM generate_series(%s, %s) n
                  JOIN bench_customer customer ON customer.number = abs(hashint4(n + 1)) %% %s""",
                           [move.id, first, first + share * blocks - 1, customers])
        first += share * blocks
    env.cr.execute("CREATE INDEX ON bench_copy (old_id)")
    name = "old.name || '/' || copy.number"
    insert_copies(env, "account_move", "FROM bench_copy copy JOIN account_move old ON old.id = copy.old_id", {
        "id": "copy.move_id", "partner_id": "copy.partner_id", "commercial_partner_id": "copy.partner_id",
        "partner_shipping_id": "copy.partner_id", "name": name, "payment_reference": name, "sequence_number":
        "copy.number + 10", "access_token": "NULL", "invoice_partner_display_name": "'Customer'",
    })
    env.cr.execute("""
        CREATE TABLE bench_line AS
        SELECT nextval('account_move_line_id_seq')::int AS id, old.id AS old_id, copy.move_id, copy.number,
               copy.partner_id, copy.days
          FROM bench_copy copy JOIN account_move_line old ON old.move_id = copy.old_id""")
    env.cr.execute("CREATE INDEX ON bench_line (old_id, number)")
    insert_copies(env, "account_move_line", "FROM bench_line copy JOIN account_move_line old ON old.id = copy.old_id", {
        "id": "copy.id", "move_id": "copy.move_id", "partner_id": "copy.partner_id",
        "move_name": "old.move_name || '/' || copy.number", "full_reconcile_id": "NULL",
        "matching_number": "CASE WHEN old.matching_number IS NOT NULL THEN 'P' || copy.number END",
    })
    insert_copies(env, "account_partial_reconcile", """
        FROM account_partial_reconcile old
        JOIN bench_line copy ON copy.old_id = old.debit_move_id
        JOIN bench_line other ON other.old_id = old.credit_move_id AND other.number = copy.number""", {
        "id": "nextval('account_partial_reconcile_id_seq')", "debit_move_id": "copy.id", "credit_move_id": "other.id",
        "full_reconcile_id": "NULL",
    })


def check(env, size):
    """Compare copies with what Odoo computes for them: a wrong ledger would make every figure worthless."""
    env.cr.execute("""
        SELECT COUNT(*) FROM account_move_line line JOIN account_account account ON account.id = line.account_id
         WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted' AND NOT line.reconciled
           AND line.amount_residual <> 0""")
    count = env.cr.fetchone()[0]
    assert count == size, f"{count} open receivables instead of {size}"
    env.cr.execute("SELECT COUNT(*) FROM (SELECT FROM account_move_line GROUP BY move_id HAVING SUM(balance) <> 0) x")
    assert not env.cr.fetchone()[0], "Some entries are not balanced"
    env.cr.execute("SELECT DISTINCT ON (old_id) move_id FROM bench_copy ORDER BY old_id, number DESC")
    moves = env["account.move"].browse([row[0] for row in env.cr.fetchall()])
    names = ("amount_total", "amount_residual", "amount_total_signed", "amount_residual_signed", "payment_state",
             "invoice_date_due")
    stored = moves.read(names)
    for name in ("amount_residual", "amount_residual_currency", "reconciled"):
        env.add_to_compute(env["account.move.line"]._fields[name], moves.line_ids)
    for name in names:
        env.add_to_compute(env["account.move"]._fields[name], moves)
    env.flush_all()
    env.invalidate_all()
    assert moves.read(names) == stored, (stored, moves.read(names))
    env.cr.rollback()


def give_invoices_their_pdf(env, today):
    """Store the legal PDF of each invoice, as sending it had done: the same small file for all."""
    file = env["ir.attachment"].create({"name": "invoice.pdf", "raw": b"%PDF-1.4\n" + bytes(range(256)) * 120,
                                        "mimetype": "application/pdf"})
    env.flush_all()
    insert_copies(env, "ir_attachment", f"""
        FROM account_move copy JOIN ir_attachment old ON old.id = {file.id}
        WHERE copy.move_type = 'out_invoice' AND copy.state = 'posted'""", {
        "id": "nextval('ir_attachment_id_seq')", "res_model": "'account.move'", "res_id": "copy.id",
        "res_field": "'invoice_pdf_report_file'",
    })
