import xlsxwriter

from odoo import models

WIDEST = 60
NARROWEST = 10


class DunningEvidenceFile(models.Model):
    """The account as a spreadsheet: real dates and numbers, sums that are formulas, one sheet per subject."""

    _inherit = "dunning.evidence.file"

    def _write_spreadsheet(self, path):
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            # The program that opens it writes this date in the order of its own language.
            formats = {"head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
                       "date": book.add_format({"num_format": 14}),
                       "amount": book.add_format({"num_format": 4}),
                       "text": book.add_format({"bold": True, "top": 1}),
                       "sum": book.add_format({"num_format": 4, "bold": True, "top": 1})}
            for title, rows, columns, sums in self._get_sheets():
                sheet = book.add_worksheet(title[:31])
                self._write_sheet(sheet, rows, columns, formats)
                self._write_sums(sheet, rows, columns, sums, formats)

    def _get_sheets(self):
        """Return (title, rows, [(key, label)], [keys added up]) of every sheet."""
        env, company = self.env, self.currency_id.name
        return [
            (env._("Account"), self._get_ledger_rows(), [
                ("date", env._("Date")), ("name", env._("Entry")), ("label", env._("Label")),
                ("account", env._("Ledger Account")), ("debit", f"{env._('Debit')} ({company})"),
                ("credit", f"{env._('Credit')} ({company})"), ("balance", f"{env._('Balance')} ({company})"),
                ("foreign", env._("Amount in Its Currency")), ("currency", env._("Currency"))], ["debit", "credit"]),
            (env._("Invoices"), self._get_claim_rows(), [
                ("name", env._("Invoice")), ("ref", env._("Customer Reference")), ("date", env._("Date")),
                ("due", env._("Due On")), ("days", env._("Days Late")), ("amount", env._("Amount")),
                ("paid", env._("Paid or Credited")), ("open", env._("Outstanding")), ("interest", env._("Interest")),
                ("currency", env._("Currency")), ("compensation", env._("Compensation")),
                ("compensation_currency", env._("Currency of the Compensation"))],
             ["amount", "paid", "open", "interest", "compensation"]),
            (env._("Payments"), self._get_payment_rows(), [
                ("date", env._("Date")), ("invoice", env._("Invoice")), ("kind", env._("Kind")),
                ("name", env._("Entry")), ("amount", env._("Amount")), ("currency", env._("Currency"))], ["amount"]),
            (env._("Notices"), self._get_notice_rows(), [
                ("name", env._("Number")), ("step", env._("Step")), ("day", env._("Sent On")),
                ("addressee", env._("Addressee")), ("address", env._("Address")),
                ("channels", env._("Channels Used")), ("amount_value", f"{env._('Amount')} ({company})"),
                ("state", env._("State"))], []),
        ]

    def _get_claim_rows(self):
        """Return the invoices with what is claimed beside the principal, each amount with its currency."""
        claims = self.line_ids._get_interest_claims(self.date)
        rows = []
        for line, row in zip(self._get_sorted_lines(), self._get_invoice_rows(), strict=True):
            claim = claims.get(line.id)
            interest = claim.interest if claim and not claim.problem else 0
            compensation = claim.compensation if claim else 0
            rows.append(row | {
                "interest": float(interest), "compensation": float(compensation),
                "compensation_currency": claim.compensation_currency.name if compensation else ""})
        return rows

    def _get_notice_rows(self):
        return [row | {"channels": ", ".join(one["channel"] for one in row["dispatches"])}
                for row in self._get_notices_values()["notices"]]

    @staticmethod
    def _write_sheet(sheet, rows, columns, formats):
        widths = []
        for column, (name, label) in enumerate(columns):
            sheet.write_string(0, column, label, formats["head"])
            widths.append(max([NARROWEST, min(len(label), 16), *(len(str(row[name] or "")) for row in rows)]))
        for position, row in enumerate(rows, 1):
            for column, (name, _label) in enumerate(columns):
                value = row[name]
                if hasattr(value, "year"):
                    sheet.write_datetime(position, column, value, formats["date"])
                elif isinstance(value, float):
                    sheet.write_number(position, column, value, formats["amount"])
                elif isinstance(value, int):
                    sheet.write_number(position, column, value)
                else:
                    sheet.write_string(position, column, str(value or ""))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width + 2, WIDEST))
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def _write_sums(self, sheet, rows, columns, sums, formats):
        """Add up below the rows: where there are several currencies, one sum for each."""
        if not sums or not rows:
            return
        keys = [name for name, _label in columns]
        is_mixed = "currency" in keys and "balance" not in keys
        names = sorted({row["currency"] for row in rows}) if is_mixed else [self.currency_id.name]
        if is_mixed and "compensation" in sums:
            names = sorted({*names, *(row["compensation_currency"] for row in rows)} - {""})
        for position, currency in enumerate(names, len(rows) + 2):
            sheet.write_string(position, 0, self.env._("Total %(currency)s", currency=currency), formats["text"])
            for key in sums:
                formula, value = self._get_sum_formula(rows, keys, key, currency if is_mixed else None)
                sheet.write_formula(position, keys.index(key), formula, formats["sum"], value)

    @staticmethod
    def _get_sum_formula(rows, keys, key, currency):
        """Return the formula of a sum and its value, for programs that do not compute."""
        def place(name):
            letter = chr(ord("A") + keys.index(name))
            return f"${letter}$2:${letter}${len(rows) + 1}"

        if currency is None:
            return f"=SUM({place(key)})", round(sum(row[key] for row in rows), 2)
        unit = "compensation_currency" if key == "compensation" else "currency"
        value = round(sum(row[key] for row in rows if row[unit] == currency), 2)
        return f'=SUMIF({place(unit)},"{currency}",{place(key)})', value
