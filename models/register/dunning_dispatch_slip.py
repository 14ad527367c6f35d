import csv
import io

import xlsxwriter

from odoo import models

from ..base.guard_cell import guard_cell

SHEET_WIDTHS = (15, 34, 22, 34, 24, 10, 22, 14, 16, 24, 18, 14, 18, 26)


class DunningDispatch(models.Model):
    """The list that goes with the letters: addresses for the envelopes, numbers for the post office.

    A sheet to read and print keeps the zip code 01000 as it is; the CSV is for programs that print envelopes.
    """

    _inherit = "dunning.dispatch"

    def action_deposit_slip(self):
        """Download the list of these letters as CSV, for a program that prints envelopes or takes letters in."""
        letters = self._get_deposited()
        letters._check_addresses()
        return self._offer_file(self.env._(
            "Deposit slip %(date)s.csv", date=letters.company_id[:1]._get_dunning_today()), letters._get_slip())

    def action_deposit_sheet(self):
        """Download the list of these letters as a sheet to print and hand in with them."""
        letters = self._get_deposited()
        letters._check_addresses()
        return self._offer_file(self.env._(
            "Deposit slip %(date)s.xlsx", date=letters.company_id[:1]._get_dunning_today()), letters._get_sheet())

    def _get_slip(self):
        """Return the list as a file that spreadsheets open with accents and columns in their places."""
        rows = io.StringIO(newline="")
        writer = csv.writer(rows, delimiter=";")
        writer.writerow(self._get_slip_titles())
        for letter in self:
            writer.writerow([guard_cell(value or "") for value in letter._get_slip_row()])
        return rows.getvalue().encode("utf-8-sig")

    def _get_slip_titles(self):
        env = self.env
        return [env._("Reference"), env._("Addressee"), env._("Attention of"), env._("Address"),
                env._("Address (continued)"), env._("Zip Code"), env._("City"), env._("Region"), env._("Country"),
                env._("E-mail"), env._("Channel"), env._("Carrier"), env._("Number"), env._("Sender")]

    def _get_slip_row(self):
        contact, by_email = self._get_addressee(), self.channel == "electronic"
        return [
            self.notice_id.name, *self._get_slip_names(contact), contact.street, contact.street2,
            contact.zip, contact.city, contact.state_id.name, contact.country_id.name, by_email and self.recipient,
            self._get_channel_label(), self.provider, self.tracking_number, self.company_id.name,
        ]

    def _get_slip_names(self, contact):
        """Return the names of an envelope: the organisation and the person, or the one addressee."""
        company = contact.commercial_partner_id
        if contact != company and contact.name and company.name:
            return company.name, contact.name
        return company.name or self.notice_id.addressee or contact.display_name, ""

    def _get_sheet(self):
        """Return the list as a sheet of texts, wide enough to print on a page turned on its side."""
        content = io.BytesIO()
        with xlsxwriter.Workbook(content, {
                "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
            sheet = book.add_worksheet()
            head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter"})
            cell = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "bottom": 4})
            rows = [letter._get_slip_row() for letter in self]
            for column, title in enumerate(self._get_slip_titles()):
                sheet.write_string(0, column, title, head)
                sheet.set_column(column, column, SHEET_WIDTHS[column], None, {
                    "hidden": not any(row[column] for row in rows)})
                for place, row in enumerate(rows, 1):
                    sheet.write_string(place, column, row[column] or "", cell)
            sheet.write_string(len(self) + 2, 0, self.env._("Letters: %(count)s", count=len(self)))
            sheet.write_string(len(self) + 3, 0, self.env._("Handed over on:"))
            sheet.write_string(len(self) + 3, 2, self.env._("Stamp or signature:"))
            self._set_up_page(sheet)
        return content.getvalue()

    def _set_up_page(self, sheet):
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_header("&L" + ", ".join(self.company_id.mapped("name")).replace("&", "&&") + "&R&D")
        sheet.set_footer("&R&P / &N")
