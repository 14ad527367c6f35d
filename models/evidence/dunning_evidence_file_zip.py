import csv
import json
import os
import zipfile
from collections import Counter
from pathlib import Path

import xlsxwriter

from odoo import models

COLUMNS = ("file", "exhibit", "title", "date", "pages", "size", "sha256", "sha256_when_sent", "unchanged", "state",
           "remark")


class DunningEvidenceFile(models.Model):
    """The ZIP file: the single PDF, the originals in folders, the account as a spreadsheet, a manifest of digests."""

    _inherit = "dunning.evidence.file"

    def _keep(self, parts, pdf, folder):
        """Keep the files as attachments of this record, all at once."""
        sheet = os.path.join(folder, "account.xlsx")
        self._write_spreadsheet(sheet)
        base = self._clean(f"{self.name} {self.partner_id.name}")
        fixed = [(f"{base}.pdf", pdf), (self.env._("Account.xlsx"), sheet)]
        manifest = self._get_manifest(parts, fixed)
        volumes = self._get_volumes([*fixed, *((row["file"], part.path) for row, part in zip(
            manifest[len(fixed):], parts_with_files(parts), strict=True))])
        manifest += self._get_unfiled_rows(parts)
        for name, write in (("manifest.csv", self._write_csv), ("manifest.json", self._write_json)):
            write(os.path.join(folder, name), manifest)
            volumes[0].append((name, os.path.join(folder, name)))
        files = [self._attach(f"{base}.pdf", pdf, "application/pdf")]
        for number, volume in enumerate(volumes, 1):
            suffix = f" {number}-{len(volumes)}" if len(volumes) > 1 else ""
            path = os.path.join(folder, "volume.zip")
            self._write_zip(path, volume)
            files.append(self._attach(f"{base}{suffix}.zip", path, "application/zip"))
        old = self.attachment_ids
        self._write_door({
            "state": "done", "attachment_ids": [(6, 0, [file.id for file in files])], "pdf_id": files[0].id,
            "manifest": manifest, "date_done": self.env.cr.now(), "parts_done": self.parts_total,
            "remark": self._get_remark(parts),
        })
        old.unlink()

    def _attach(self, name, path, mimetype):
        """Keep one file; its size is bounded by the limit of the company."""
        return self.env["ir.attachment"].create({
            "name": name, "raw": Path(path).read_bytes(), "mimetype": mimetype, "res_model": self._name,
            "res_id": self.id,
        })

    def _get_remark(self, parts):
        return "\n".join(f"{part.title}: {part.reason}" for part in parts if part.problem) or False

    # --- the ZIP file ---------------------------------------------------------------------------------------------

    def _get_volumes(self, files):
        """Return the files in volumes within the limit of the company; one that is larger stands alone."""
        limit, volumes, size = self._get_limit(), [[]], 0
        for name, path in files:
            weight = os.path.getsize(path)
            if volumes[-1] and size + weight > limit:
                volumes.append([])
                size = 0
            volumes[-1].append((name, path))
            size += weight
        return volumes

    @staticmethod
    def _write_zip(path, files):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, source in files:
                archive.write(source, name)

    # --- the manifest ---------------------------------------------------------------------------------------------

    def _get_manifest(self, parts, fixed):
        """Return one row per file of the ZIP."""
        rows = [{"file": name, "size": os.path.getsize(path), "sha256": self._hash(path)} for name, path in fixed]
        rows[0]["pages"] = self.page_count
        names = self._get_names(parts)
        rows += [self._get_manifest_row(part, names[part.number]) for part in parts_with_files(parts)]
        return [dict.fromkeys(COLUMNS, "") | row for row in rows]

    def _get_unfiled_rows(self, parts):
        """Return one row per document that is missing: it has no file."""
        return [dict.fromkeys(COLUMNS, "") | self._get_manifest_row(part, "")
                for part in parts if not part.path and part.problem]

    def _get_manifest_row(self, part, name):
        sent = part.sha256_sent
        unchanged = (self.env._("yes") if sent == part.sha256 else self.env._("no")) if sent and part.path else ""
        states = {"annexed": self.env._("annexed separately"), "missing": self.env._("missing")}
        return {
            "file": name, "exhibit": part.number, "title": part.title, "date": str(part.day or ""),
            "pages": part.pages or "", "size": part.size, "sha256": part.sha256, "sha256_when_sent": sent,
            "unchanged": unchanged, "state": states.get(part.problem) or self.env._("in the PDF"),
            "remark": part.reason,
        }

    def _get_names(self, parts):
        """Return {number: path in the ZIP}: a folder by type, the number of the exhibit, a clean name."""
        folders = self._get_groups()
        return {part.number: f"{folders[part.group][1]}/{part.number:03d} {self._clean_file(part.name)}"
                for part in parts_with_files(parts)}

    def _clean_file(self, name):
        """Return a clean name with its extension."""
        stem, extension = os.path.splitext(name)
        return f"{self._clean(stem)[:100]}{self._clean(extension)[:10] and '.' + self._clean(extension)[:10]}" \
            if extension else self._clean(stem)

    @staticmethod
    def _write_csv(path, rows):
        # A text file with a mark at its beginning: spreadsheets then read accents.
        with open(path, "w", newline="", encoding="utf-8-sig") as target:
            writer = csv.DictWriter(target, COLUMNS, delimiter=";")
            writer.writeheader()
            writer.writerows({name: guard_cell(value) for name, value in row.items()} for row in rows)

    def _write_json(self, path, rows):
        content = {"name": self.name, "company": self.company_id.name, "customer": self.partner_id.name,
                   "date": str(self.date), "states": dict(Counter(row["state"] for row in rows)), "files": rows}
        Path(path).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")

    # --- the spreadsheet ------------------------------------------------------------------------------------------

    def _write_spreadsheet(self, path):
        """Write the account with real dates and numbers, so that it can be added up."""
        claims = self.line_ids._get_interest_claims(self.date)
        by_line = self.line_ids.sorted(lambda one: (one.dunning_due_date, one.id))
        invoices = [
            row | {"interest": float(claims[line.id].interest) if line.id in claims else 0.0,
                   "compensation": float(claims[line.id].compensation) if line.id in claims else 0.0}
            for row, line in zip(self._get_invoice_rows(), by_line, strict=True)
        ]
        notices = [row | {"channels": ", ".join(one["channel"] for one in row["dispatches"])}
                   for row in self._get_notices_values()["notices"]]
        env = self.env
        sheets = [
            (env._("Account"), self._get_ledger_rows(), [
                ("date", env._("Date")), ("name", env._("Entry")), ("label", env._("Label")),
                ("account", env._("Ledger Account")), ("debit", env._("Debit")), ("credit", env._("Credit")),
                ("balance", env._("Balance"))]),
            (env._("Invoices"), invoices, [
                ("name", env._("Invoice")), ("ref", env._("Customer Reference")), ("date", env._("Date")),
                ("due", env._("Due On")), ("days", env._("Days Late")), ("amount", env._("Amount")),
                ("paid", env._("Paid or Credited")), ("open", env._("Outstanding")), ("interest", env._("Interest")),
                ("compensation", env._("Compensation")), ("currency", env._("Currency"))]),
            (env._("Payments"), self._get_payment_rows(), [
                ("date", env._("Date")), ("invoice", env._("Invoice")), ("kind", env._("Kind")),
                ("name", env._("Entry")), ("amount", env._("Amount")), ("currency", env._("Currency"))]),
            (env._("Notices"), notices, [
                ("name", env._("Number")), ("step", env._("Step")), ("day", env._("Sent On")),
                ("addressee", env._("Addressee")), ("address", env._("Address")),
                ("channels", env._("Channels Used")), ("amount_value", env._("Amount")), ("state", env._("State"))]),
        ]
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            formats = {"head": book.add_format({"bold": True, "bottom": 1}),
                       "date": book.add_format({"num_format": "dd/mm/yyyy"}),
                       "amount": book.add_format({"num_format": "#,##0.00"})}
            for title, rows, columns in sheets:
                self._write_sheet(book.add_worksheet(title[:31]), rows, columns, formats)

    @staticmethod
    def _write_sheet(sheet, rows, columns, formats):
        for column, (_name, label) in enumerate(columns):
            sheet.write_string(0, column, label, formats["head"])
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
        sheet.set_column(0, len(columns) - 1, 16)
        sheet.freeze_panes(1, 0)


def parts_with_files(parts):
    """Return the parts whose original goes into the ZIP."""
    return [part for part in parts if part.path]


def guard_cell(value):
    """Return a value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
