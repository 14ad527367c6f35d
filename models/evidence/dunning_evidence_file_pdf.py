import hashlib
import logging
import os
import shutil
from pathlib import Path
from uuid import uuid4

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError

from .evidence_binder import EvidenceBinder

_logger = logging.getLogger(__name__)

CHUNK = 1 << 20
PRINTED_TOGETHER = 10  # invoices: alone each takes seconds
INDEX_TRIES = 3
INDEX_ROWS = 35


class DunningEvidenceFile(models.Model):
    """Fetch each document to a temporary file, one at a time, and bind what can be bound into one PDF."""

    _inherit = "dunning.evidence.file"

    def _build(self):
        """Build the file and keep it as attachments, in one step at the end: a build that dies leaves no half of it."""
        # sudo: the scheduled action reads what the person who asked was shown.
        lang = self.lang or self.company_id.partner_id.lang or self.env.lang
        file = self.sudo().with_company(self.company_id).with_context(lang=lang, bin_size=False)
        self._check_printer()
        folder, parts = file._get_work_folder(), file._get_parts()
        file._write_door({"parts_total": len(parts) + 1})
        file._commit_step()
        file._fetch_parts(parts, folder)
        file._leave_out_the_largest(parts)
        pdf = file._bind(parts, folder)
        file._keep(parts, pdf, folder)
        file._drop_work_folder()

    @api.model
    def _check_printer(self):
        self.env["ir.actions.report"]._check_dunning_printer()

    def _fetch_parts(self, parts, folder):
        """Fetch every document; one that cannot be read is said so and stops nothing."""
        tried = set()
        for position, part in enumerate(parts, 1):
            if not self._recall(part, folder):
                self._print_ahead(parts[position - 1:], folder, tried)
                self._fetch_safely(part, folder)
                self._remember(part, folder)
            self.parts_done = position
            self._commit_step()

    def _fetch_safely(self, part, folder):
        try:
            self._fetch(part, folder)
        except (psycopg2.Error, MemoryError):
            raise
        except Exception as error:
            if part.section:
                raise
            _logger.info("Evidence file %s: %s cannot be bound", self.name, part.title, exc_info=True)
            part.pdf, part.reason = "", part.reason or self._get_read_problem(error)
        if not part.section and not part.pdf:
            part.problem = "annexed" if part.path else "missing"
            part.reason = part.reason or (
                self.env._("The invoice could not be printed.") if part.invoice
                else self.env._("The file is missing on the server."))

    def _get_read_problem(self, error):
        if str(error) == "encrypted":
            return self.env._("Protected by a password.")
        if str(error) == "too large":
            return self.env._("The picture is too large for a page.")
        if isinstance(error, UserError):
            return str(error)
        return self.env._("This document cannot be read as pages.")

    def _fetch(self, part, folder):
        """Put the original of a part on disk, and the PDF that is bound."""
        target = os.path.join(folder, uuid4().hex)
        if part.section or part.message:
            Path(target).write_bytes(self._print_own(part))
            part.pdf = part.path = target
        elif not part.path:
            self._fetch_original(part, target)
        if part.path:
            part.size, part.sha256 = os.path.getsize(part.path), self._hash(part.path)
        if part.path and not part.pdf:
            self._convert(part, folder)
        if part.pdf:
            part.pages = EvidenceBinder.check(part.pdf)

    def _print_own(self, part):
        if part.message:
            values = self._get_reply_values(self.env["mail.message"].browse(part.message))
            return self._print_page("message", {"title": part.title, **values})
        return self._print_page(part.section, {"title": part.title, **getattr(self, f"_get_{part.section}_values")()})

    def _fetch_original(self, part, target):
        attachment = self.env["ir.attachment"].browse(part.attachment)
        if attachment and self._copy_attachment(attachment, target):
            part.path = target
        elif part.invoice:
            self._print_invoices([part], target)

    def _print_invoices(self, parts, *targets):
        """Print invoices of which no PDF was kept, all with one call."""
        invoices = self.env["account.move"].browse([part.invoice for part in parts])
        printed = self.env["dunning.notice"]._render_invoices(invoices)
        for part, target in zip(parts, targets, strict=True):
            if printed.get(part.invoice):
                Path(target).write_bytes(printed[part.invoice])
                part.path = target
                part.reason = self.env._("Printed on %(date)s: no PDF was kept when it was issued.",
                                         date=self._day(self.company_id._get_dunning_today()))

    def _print_ahead(self, parts, folder, tried):
        """Print an invoice with the next ones; one that spoils it for the others is printed alone later."""
        if not parts[0].invoice or parts[0].number in tried or self._is_stored(parts[0].attachment):
            return
        some = [part for part in parts if part.invoice and not self._is_stored(part.attachment)][:PRINTED_TOGETHER]
        tried.update(part.number for part in some)
        try:
            self._print_invoices(some, *(os.path.join(folder, uuid4().hex) for _part in some))
        except (psycopg2.Error, MemoryError):
            raise
        except Exception:
            _logger.info("Evidence file %s: invoices cannot be printed together", self.name, exc_info=True)

    @api.model
    def _is_stored(self, number):
        attachment = self.env["ir.attachment"].browse(number)
        return bool(attachment) and not self._is_lost(attachment)

    @api.model
    def _copy_attachment(self, attachment, target):
        """Copy a stored file without reading it into memory; return whether it is there."""
        stored = attachment.store_fname and attachment._full_path(attachment.store_fname)
        if stored and os.path.isfile(stored):
            shutil.copyfile(stored, target)
            return True
        content = not self._is_lost(attachment) and attachment.raw
        if content:
            Path(target).write_bytes(content)
        return bool(content)

    @api.model
    def _is_lost(self, attachment):
        """Tell whether the file behind an attachment is gone."""
        if attachment.type != "binary":
            return True
        if attachment.store_fname:
            return not os.path.isfile(attachment._full_path(attachment.store_fname)) and not attachment.raw
        return not attachment.file_size

    @api.model
    def _hash(self, path):
        digest = hashlib.sha256()
        with open(path, "rb") as source:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def _leave_out_the_largest(self, parts):
        """Keep the single PDF within the limit of the company: the largest documents stay beside it."""
        limit = self._get_limit()
        bound = sorted((part for part in parts if part.pdf), key=lambda part: bool(part.section) or -self._weigh(part))
        total = sum(map(self._weigh, bound))
        for part in sorted((one for one in bound if not one.section), key=self._weigh, reverse=True):
            if total <= limit:
                break
            total -= self._weigh(part)
            part.pdf, part.pages, part.problem = "", 0, "annexed"
            part.reason = self.env._("Too large for the single PDF.")

    @api.model
    def _weigh(self, part):
        return os.path.getsize(part.pdf)

    def _get_limit(self):
        return max(1, self.company_id.dunning_evidence_limit) * 1024 * 1024

    # --- our own pages --------------------------------------------------------------------------------------------

    def _print_page(self, section, values):
        """Return one of our own pages as PDF."""
        printing = uuid4().hex
        report = self.env.ref("account_dunning.action_report_evidence").with_context(
            lang=self.env.lang, dunning_printing=printing, report_pdf_no_attachment=True, webp_as_jpg=True)
        with report._limit_dunning_printing(printing):
            streams = report._render_qweb_pdf_prepare_streams(
                report, {"section": section, "values": values}, res_ids=self.ids)
        return streams[self.id]["stream"].getvalue()

    # --- binding --------------------------------------------------------------------------------------------------

    def _bind(self, parts, folder):
        """Return the path of the single PDF: cover, index with page numbers, then every part with its stamp."""
        bound = [part for part in parts if part.pdf]
        cover = os.path.join(folder, "cover")
        Path(cover).write_bytes(self._print_page("cover", self._get_cover_values()))
        front = EvidenceBinder.check(cover)
        index, index_pages = self._print_index(parts, front, folder)
        target = os.path.join(folder, "bound.pdf")
        total = front + index_pages + sum(part.pages for part in bound)
        with open(target, "wb") as stream:
            binder = EvidenceBinder(stream, self.env._("Evidence file %(name)s", name=self.display_name))
            binder.add(cover)
            binder.add(index, lambda number: f"{front + number} / {total}")
            for part in bound:
                binder.add(part.pdf, lambda number, part=part: self.env._(
                    "Exhibit no. %(number)s · page %(page)s of %(total)s", number=part.number,
                    page=part.page + number - 1, total=total))
            binder.finish(range(total), self._get_bookmarks(bound, front))
        self._write_door({"page_count": total})
        return target

    def _print_index(self, parts, front, folder):
        """Return path and pages of the index: it names pages that depend on its own length."""
        path = os.path.join(folder, "index")
        pages = 1 + len(parts) // INDEX_ROWS  # near enough to print it once or twice
        for _try in range(INDEX_TRIES):
            self._set_pages(parts, front + pages)
            Path(path).write_bytes(self._print_page("index", {"groups": self._get_index(parts)}))
            before, pages = pages, EvidenceBinder.check(path)
            if before == pages:
                break
        self._set_pages(parts, front + pages)
        return path, pages

    @api.model
    def _set_pages(self, parts, before):
        for part in parts:
            part.page = before + 1 if part.pdf else 0
            before += part.pages if part.pdf else 0

    def _get_index(self, parts):
        """Return the index: titles of groups with their parts."""
        states = {"annexed": self.env._("annexed separately"), "missing": self.env._("missing")}
        groups = []
        for code, (title, _folder) in self._get_groups().items():
            rows = [
                {"number": part.number, "title": part.title, "date": self._day(part.day),
                 "page": part.page or states[part.problem], "reason": part.reason}
                for part in parts if part.group == code
            ]
            if rows:
                groups.append((title, rows))
        return groups

    def _get_exhibit_title(self, part):
        return self.env._("Exhibit no. %(number)s – %(title)s", number=part.number, title=part.title)

    def _get_bookmarks(self, bound, front):
        bookmarks = [(self.env._("Cover"), 0, []), (self.env._("List of Exhibits"), front, [])]
        for code, (title, _folder) in self._get_groups().items():
            ours = [part for part in bound if part.group == code]
            if ours:
                below = [(self._get_exhibit_title(part), part.page - 1, []) for part in ours]
                bookmarks.append((title, ours[0].page - 1, below))
        return bookmarks
