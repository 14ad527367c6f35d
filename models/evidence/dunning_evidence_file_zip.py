import csv
import json
import mmap
import os
import zipfile
from collections import Counter
from pathlib import Path

from odoo import models

from ..base.guard_cell import guard_cell

COLUMNS = ("file", "exhibit", "title", "date", "pages", "size", "sha256", "sha256_when_sent", "unchanged", "state",
           "remark")
CHECKSUMS = "SHA256SUMS.txt"


class DunningEvidenceFile(models.Model):
    """The ZIP file: the single PDF, the originals in folders, the account as a spreadsheet, a manifest of digests."""

    _inherit = "dunning.evidence.file"

    def _keep(self, parts, pdf, folder):
        """Keep the files as attachments of this record, all at once."""
        sheet = os.path.join(folder, "account.xlsx")
        self._write_spreadsheet(sheet)
        base = self._clean(self.env._("Evidence file %(name)s", name=f"{self.name} {self.partner_id.name}"))
        fixed = [(f"{base}.pdf", pdf), (self.env._("Account.xlsx"), sheet)]
        manifest = self._get_manifest(parts, fixed)
        volumes = self._get_volumes([*fixed, *((row["file"], part.path) for row, part in zip(
            manifest[len(fixed):], parts_with_files(parts), strict=True))])
        manifest += self._get_unfiled_rows(parts)
        self._write_readme(os.path.join(folder, "readme"), fixed, manifest)
        volumes[0] = [(self.env._("READ ME.txt"), os.path.join(folder, "readme")), *volumes[0]]
        for name, write in (("manifest.csv", self._write_csv), ("manifest.json", self._write_json),
                            (CHECKSUMS, self._write_checksums)):
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
            "remark": self._get_remark(parts), "exhibits": self._get_exhibit_rows(parts),
        })
        old.unlink()

    def _attach(self, name, path, mimetype):
        """Keep one file; on disk it is copied without being read into memory."""
        files = self.env["ir.attachment"]
        values = {"name": name, "mimetype": mimetype, "res_model": self._name, "res_id": self.id}
        with open(path, "rb") as source:
            if files._storage() != "file":
                return files.create(values | {"raw": source.read()})
            with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return files.create(values | {"raw": content})

    def _get_exhibit_rows(self, parts):
        """Return the exhibits as they are numbered in the file, for the documents that name them."""
        return [{"number": part.number, "title": part.title, "date": self._day(part.day), "page": part.page}
                for part in parts]

    def _get_remark(self, parts):
        return "\n".join(self._pair(self._get_exhibit_title(part), part.reason)
                         for part in parts if part.problem) or False

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
        names = self._get_file_names(parts)
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

    def _get_labels(self):
        """Return what the columns of the manifest are called."""
        env = self.env
        return {
            "file": env._("File"), "exhibit": env._("Exhibit"), "title": env._("Document"), "date": env._("Date"),
            "pages": env._("Pages"), "size": env._("Size (bytes)"), "sha256": env._("SHA-256 digest"),
            "sha256_when_sent": env._("Digest kept when it was sent"),
            "unchanged": env._("Unchanged since it was sent"), "state": env._("State"), "remark": env._("Remark"),
        }

    def _write_csv(self, path, rows):
        # A text file with a mark at its beginning: spreadsheets then read accents.
        labels = self._get_labels()
        with open(path, "w", newline="", encoding="utf-8-sig") as target:
            writer = csv.writer(target, delimiter=";")
            writer.writerow([labels[name] for name in COLUMNS])
            writer.writerows([guard_cell(row[name]) for name in COLUMNS] for row in rows)

    @staticmethod
    def _write_checksums(path, rows):
        """Write what the usual programs check by themselves."""
        lines = [f"{row['sha256']}  {row['file']}\n" for row in rows if row["file"]]
        Path(path).write_text("".join(lines), encoding="utf-8")

    def _write_readme(self, path, fixed, manifest):
        """Tell a reader who knows nothing of it what this is and how to check it."""
        env = self.env
        [(pdf, _path), (sheet, _same)] = fixed
        changed = [row["file"] for row in manifest if row["unchanged"] == env._("no")]
        paragraphs = [
            "\n".join([
                env._("Evidence file %(name)s", name=self.name),
                self._pair(env._("Creditor"), self.company_id.name), self._pair(env._("Debtor"), self.partner_id.name),
                self._pair(env._("Accounts as of"), self._day(self.date))]),
            env._("WHAT IS IN IT"),
            env._("%(file)s: everything in one document, with cover, list of exhibits and page numbers.", file=pdf),
            env._("The folders: the same documents one by one, under the numbers of the list of exhibits. Notices, "
                  "proofs and answers are the very files that were sent or received."),
            env._("%(file)s: the account, the invoices, the payments and the notices as tables.", file=sheet),
            env._("manifest.csv: for each file its exhibit, its size and its SHA-256 digest. manifest.json says the "
                  "same for programs."),
            env._("HOW TO CHECK THAT NOTHING WAS CHANGED"),
            env._("A digest is a number computed from the whole content of a file. Change one comma of the document "
                  "and the digest becomes another. Whoever finds the same digest as in manifest.csv holds the same "
                  "file."),
            env._("Unpack the ZIP file, all its parts into one folder. Then, in that folder:"),
            "\n".join([
                self._pair("Windows (PowerShell)", 'Get-FileHash "..."'),
                self._pair("macOS", f"shasum -a 256 -c {CHECKSUMS}"),
                self._pair("Linux", f"sha256sum -c {CHECKSUMS}")]),
            env._("For every notice manifest.csv also has the digest that the program kept on the day it was sent. "
                  "Where both are the same, the column says so: the copy is what left that day."),
        ]
        if changed:
            paragraphs.append(env._("NOT THE SAME AS SENT: %(files)s", files=", ".join(changed)))
        text = "\r\n\r\n".join(paragraph.replace("\n", "\r\n") for paragraph in paragraphs)
        # The mark lets the editor of Windows read accents.
        Path(path).write_text(text + "\r\n", encoding="utf-8-sig", newline="")

    def _write_json(self, path, rows):
        content = {"name": self.name, "company": self.company_id.name, "customer": self.partner_id.name,
                   "date": str(self.date), "states": dict(Counter(row["state"] for row in rows)), "files": rows}
        Path(path).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def parts_with_files(parts):
    """Return the parts whose original goes into the ZIP."""
    return [part for part in parts if part.path]
