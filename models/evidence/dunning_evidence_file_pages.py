from collections import defaultdict
from decimal import Decimal

from odoo import fields, models
from odoo.tools.misc import format_date, format_datetime

from .dunning_evidence_file_content import TRAVEL_FIELDS

MOST_ON_COVER = 15


class DunningEvidenceFile(models.Model):
    """The words and figures of our own pages: plain values for the templates and for the spreadsheet."""

    _inherit = "dunning.evidence.file"

    def _say(self, amount, currency):
        return self.env["account.move.line"]._say_amount(Decimal(str(amount)), currency)

    def _day(self, day):
        return format_date(self.env, day) if day else ""

    def _pair(self, label, value):
        """Return a name with its value, set as the language sets a colon."""
        return self.env._("%(label)s: %(value)s", label=label, value=value)

    def _get_label(self, record, name):
        """Return what a selection field says."""
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "") if record[name] else ""

    # --- cover ----------------------------------------------------------------------------------------------------

    def _get_cover_values(self):
        claims = self.line_ids._get_interest_claims(self.date)
        sums = defaultdict(lambda: dict.fromkeys(("principal", "interest", "compensation", "daily"), Decimal(0)))
        for line in self.line_ids:
            sums[line.currency_id]["principal"] += Decimal(str(line.amount_residual_currency))
            claim = claims.get(line.id)
            if claim and not claim.problem:
                sums[line.currency_id]["interest"] += claim.interest
                sums[line.currency_id]["daily"] += (claim.breakdown and claim.breakdown.daily) or Decimal(0)
            if claim and claim.compensation:
                sums[claim.compensation_currency]["compensation"] += claim.compensation
        own = self.currency_id  # our own currency first, as on the letters
        sums = dict(sorted(sums.items(), key=lambda item: (item[0] != own, item[0].name)))
        return {
            "parties": [
                (self.env._("Creditor"), self._get_party(self.company_id.partner_id)),
                (self.env._("Debtor"), self._get_party(self.partner_id)),
            ],
            "sums": [self._get_sum(currency, parts, len(sums) > 1) for currency, parts in sums.items()],
            **self._get_cover_invoices(), "day": self._day(self.date), "made_by": self.user_id.name,
            "made_on": format_datetime(self.env, fields.Datetime.now(), tz=str(self.company_id._get_dunning_zone()),
                                       dt_format="medium"),
            "contact": ", ".join(filter(None, [self.user_id.email, self.user_id.phone])),
        }

    def _get_cover_invoices(self):
        """Return the table of the invoices, or a sentence where it would not fit on the cover."""
        rows, lines = [row["shown"] | {"ref": ""} for row in self._get_invoice_rows()], self._get_sorted_lines()
        if len(rows) <= MOST_ON_COVER:
            return {"invoices": rows, "invoices_text": ""}
        return {"invoices": [], "invoices_text": self.env._(
            "%(count)s amounts that fell due from %(first)s to %(last)s, listed in exhibit no. 1.", count=len(rows),
            first=self._day(lines[0].dunning_due_date), last=self._day(lines[-1].dunning_due_date))}

    def _get_sum(self, currency, parts, is_one_of_several):
        """Return what is claimed in one currency, as printed."""
        daily = parts.pop("daily")
        return {name: self._say(amount, currency) if amount else "" for name, amount in parts.items()} | {
            "total": self._say(sum(parts.values()), currency), "currency": is_one_of_several and currency.name,
            "daily": self._say(daily, currency) if currency.round(float(daily)) else "",
        }

    def _get_party(self, partner):
        """Return name, form in law, address and identifiers of a party."""
        partner, company = partner.with_env(self.env), self.company_id
        capital = company._get_dunning_capital_text() if partner == company.partner_id else ""
        form = ", ".join(filter(None, [partner._get_dunning_form(), capital]))
        address = [line for line in partner._display_address(without_company=True).splitlines() if line.strip()]
        numbers = [partner._get_dunning_identifier()]
        if partner.vat and partner.vat not in numbers[0]:
            numbers.append(self.env._("VAT no. %(number)s", number=partner.vat))
        if partner.ref:
            numbers.append(self.env._("Account no. %(number)s", number=partner.ref))
        return {"name": partner.name, "lines": [line for line in (form, *address, *numbers) if line]}

    # --- the account ----------------------------------------------------------------------------------------------

    def _get_sorted_lines(self):
        return self.line_ids.sorted(lambda one: (one.dunning_due_date, one.id))

    def _get_invoice_rows(self):
        """Return the receivables that the file is about, as data and as printed."""
        rows = []
        for line in self._get_sorted_lines():
            currency, move = line.currency_id, line.move_id
            paid = currency.round(line.amount_currency - line.amount_residual_currency)
            data = {
                "name": line._get_interest_name(), "ref": move.ref or "", "date": move.invoice_date or line.date,
                "due": line.dunning_due_date, "days": max(0, (self.date - line.dunning_due_date).days),
                "amount": line.amount_currency, "paid": paid, "open": line.amount_residual_currency,
                "currency": currency.name,
            }
            rows.append(data | {"shown": data | {
                "date": self._day(data["date"]), "due": self._day(data["due"]),
                **{name: self._say(data[name], currency) for name in ("amount", "paid", "open")}}})
        return rows

    def _get_ledger(self):
        """Return (first day, opening balance, lines): the customer's account in the books until the day of the file.

        It begins with the oldest receivable of the file; all that was posted before is the opening balance, so that
        the last balance is that of the ledger.
        """
        first = min(self.line_ids.mapped("date"))
        domain = fields.Domain([
            ("company_id", "child_of", self.company_id.id), ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"), ("partner_id.commercial_partner_id", "=", self.partner_id.id),
        ])
        lines = self.env["account.move.line"]
        [[opening]] = lines._read_group(domain & fields.Domain("date", "<", first), [], ["balance:sum"])
        shown = lines.search(domain & fields.Domain([("date", ">=", first), ("date", "<=", self.date)]),
                             order="date, move_name, id")
        return first, opening or 0.0, shown

    def _get_ledger_rows(self):
        """Return the lines of the account with the running balance, in the currency of the company."""
        first, balance, lines = self._get_ledger()
        rows = [{"date": first, "name": "", "label": self.env._("Balance before"), "account": "", "debit": 0.0,
                 "credit": 0.0, "balance": balance, "foreign": "", "currency": "", "unit": self.currency_id}]
        for line in lines:
            balance = self.currency_id.round(balance + line.balance)
            rows.append({
                "date": line.date, "name": line.move_id.name, "label": line.name or line.move_id.ref or "",
                **self._get_foreign(line),
                "account": line.account_id.with_company(line.company_id).code, "debit": line.debit,
                "credit": line.credit, "balance": balance,
            })
        return rows

    def _get_foreign(self, line):
        """Return what a line is in the currency that was agreed, when it is not that of the books."""
        if line.currency_id == self.currency_id:
            return {"foreign": "", "currency": "", "unit": line.currency_id}
        return {"foreign": line.amount_currency, "currency": line.currency_id.name, "unit": line.currency_id}

    def _get_statement_values(self):
        rows, currency = self._get_ledger_rows(), self.currency_id
        return {
            "day": self._day(self.date), "balance": self._say(rows[-1]["balance"], currency),
            "invoices": [row["shown"] for row in self._get_invoice_rows()],
            "rows": [self._get_statement_row(row) for row in rows],
        }

    def _get_statement_row(self, row):
        """Return a line of the account as printed; what was agreed in another currency is said with it."""
        names = ("debit", "credit", "balance")
        shown = {name: self._say(row[name], self.currency_id) if row[name] or name == "balance" else ""
                 for name in names}
        if row["currency"]:
            shown["foreign"] = self._say(abs(row["foreign"]), row["unit"])
        return row | shown | {"date": self._day(row["date"])}

    def _get_payment_rows(self):
        """Return what reduced the receivables of the file."""
        kinds = {"money": self.env._("Payment"), "credit_note": self.env._("Credit note"),
                 "other": self.env._("Settled otherwise")}
        movements = self.line_ids._get_dunning_movements()
        return [
            {"date": one.day, "invoice": line.move_id.name, "kind": kinds[one.kind], "name": one.name,
             "amount": float(one.amount), "currency": line.currency_id.name}
            for line in self.line_ids for one in movements.get(line.id, ())
        ]

    def _get_interest_values(self):
        """Return the table of interest of what can be claimed; nothing when there is none."""
        lines = self.line_ids
        blocks = [block for block in lines._prepare_interest_rows(lines._get_interest_claims(self.date))
                  if not block["problem"]]
        return {"annex": lines._prepare_interest_annex(blocks, day=self._day(self.date)),
                "table_class": "o_dunning_receivables"} if blocks else {}

    # --- notices --------------------------------------------------------------------------------------------------

    def _get_notices_values(self):
        return {"notices": [self._get_notice_row(notice) for notice in self._get_notices()]}

    def _get_notice_row(self, notice):
        """Return one notice as it was sent: whom to, when, how, and the digests of its copies."""
        digests = [(self.env._("Letter"), notice.pdf_sha256), (self.env._("E-mail"), notice.html_sha256)]
        return {
            "name": notice.name, "step": notice.level_id.name or "", "date": self._day(notice.date_sent or notice.date),
            "day": notice.date_sent or notice.date, "state": self._get_label(notice, "state"),
            "subject": notice.subject or "", "addressee": notice.addressee or notice.partner_id.display_name,
            "address": ", ".join(line for line in dict.fromkeys((notice.address or "").splitlines())
                                 if line and line != notice.addressee),
            "email": notice.email_to or "",
            "amount": self._get_claimed_text(notice), "amount_value": notice.amount_total,
            "deadline": self._day(notice.deadline_date), "is_elsewhere": notice.is_elsewhere,
            "is_returned": notice.is_returned, "digests": [pair for pair in digests if pair[1]],
            "dispatches": [self._get_dispatch_row(dispatch) for dispatch in notice.dispatch_ids.sorted("id")],
        }

    def _get_claimed_text(self, notice):
        """Return what a notice demanded, to the cent and in the currencies in which its customer read it."""
        totals = notice._sort_currencies(notice._get_grand_totals())
        return ", ".join(self._say(total, currency) for currency, total in totals.items() if total) \
            or self._say(notice.amount_total, notice.currency_id)

    def _get_dispatch_row(self, dispatch):
        """Return how a notice travelled: channel, recipient, days, tracking number, outcome."""
        details = [
            (self.env._("Sent"), self._day(dispatch.date_sent)),
            (self.env._("Taken over by the mail server"), dispatch._get_sent_time()),
            ("Message-ID", dispatch.message_ref),
        ]
        for name in TRAVEL_FIELDS:
            value = dispatch[name]
            if value:
                kind = dispatch._fields[name].type
                text = self._day(value) if kind == "date" else self._get_label(dispatch, name) \
                    if kind == "selection" else str(value)
                details.append((dispatch._fields[name]._description_string(self.env), text))
        return {"channel": self._get_label(dispatch, "channel"), "state": self._get_label(dispatch, "state"),
                "recipient": dispatch.recipient or "", "details": [self._pair(*pair) for pair in details if pair[1]]}

    def _get_email_values(self, notice):
        """Return an e-mail as it was sent, for a page; nothing is fetched from the network to show it."""
        row = self._get_notice_row(notice)
        frozen = self._get_frozen(notice, "html").raw or b""
        body = self._show_html(frozen.decode("utf-8", "replace"))
        return {"notice": row, "body": body, "sha256": notice.html_sha256}

    # --- calls and answers ----------------------------------------------------------------------------------------

    def _get_log_values(self):
        env = self.env
        tables = [
            (env._("Calls"), [env._("Date"), env._("Person"), env._("Number"), env._("Outcome")],
             self._get_call_rows()),
            (env._("Promises of payment"),
             [env._("Noted on"), env._("Pays by"), env._("Amount"), env._("Invoices"), env._("Outcome")],
             self._get_promise_rows()),
            (env._("Disputes"),
             [env._("Since"), env._("Reason"), env._("Amount"), env._("Invoices"), env._("Outcome")],
             self._get_dispute_rows()),
            (env._("Payment plans"),
             [env._("Number"), env._("Agreed on"), env._("Amount"), env._("Schedule"), env._("Outcome")],
             self._get_plan_rows()),
        ]
        return {"tables": [table for table in tables if table[2]]}

    def _get_call_rows(self):
        return [[self._day(call.date_sent or call.date_planned), call.user_id.name or "", call.recipient or "",
                 call._get_outcome_text()] for call in self._get_calls()]

    def _get_promise_rows(self):
        return [[self._day(self.company_id._get_dunning_day(one.create_date)), self._day(one.date_promised),
                 self._say(one.amount, one.currency_id),
                 ", ".join(one.line_ids.mapped("name")), self._get_label(one, "state")]
                for one in self._get_answers("dunning.promise")]

    def _get_dispute_rows(self):
        rows = []
        for one in self._get_answers("dunning.dispute"):
            outcome = [self._get_label(one, "resolution") or self._get_label(one, "state"),
                       self._day(one.date_resolved), one.finding]
            rows.append([self._day(one.date_open), one.reason_id.name, self._say(one.amount, one.currency_id),
                         ", ".join(one.line_ids.mapped("name")), " · ".join(filter(None, outcome))])
        return rows

    def _get_plan_rows(self):
        rows = []
        for one in self._get_answers("dunning.plan"):
            schedule = "; ".join(f"{self._day(part.date)} {self._say(part.amount, one.currency_id)}"
                                 for part in one.instalment_ids)
            # The reason on the plan is in the language of who ended it: a judge reads it in that of the file.
            reason = self.env._("An instalment was not paid in time.") if one.state == "broken" else ""
            outcome = " · ".join(filter(None, [self._get_label(one, "state"), self._day(one.date_closed), reason]))
            rows.append([one.name, self._day(one.date_agreed), self._say(one.amount_total, one.currency_id), schedule,
                         outcome])
        return rows
