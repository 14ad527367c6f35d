import io
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every
from odoo.tools.i18n import format_list
from odoo.tools.pdf import PdfReader, PdfWriter

_logger = logging.getLogger(__name__)

# More would make a registered letter a parcel, and the e-mail beside it would be refused.
MAX_COPIES = 20
MAX_COPIES_SIZE = 10 * 1024 * 1024
INVOICES_PER_CALL = 25
LETTER_REPORT = "account_dunning.report_dunning_letter"


class DunningLevel(models.Model):
    """A formal notice encloses what it claims, unless the step says otherwise."""

    _inherit = "dunning.level"

    enclose_invoices = fields.Boolean(
        "Copies behind the Letter", compute="_compute_enclose_invoices", store=True, readonly=False, precompute=True,
        help="The PDF of each invoice that is put in default follows the letter and its annex in the same file, and is "
             "named among the enclosures. Not with more than 20 invoices.",
    )

    @api.depends("stage")
    def _compute_enclose_invoices(self):
        for level in self:
            level.enclose_invoices = level.stage == "formal"


class DunningNotice(models.Model):
    """Copies of the invoices that a formal notice puts in default, bound behind the letter and its annex."""

    _inherit = "dunning.notice"

    # --- which ----------------------------------------------------------------------------------------------------

    def _get_wanted_copies(self):
        """Return the invoices demanded whose copies the step wants enclosed, in the order of the letter."""
        if self.stage != "formal" or self.is_call or not self.level_id.enclose_invoices:
            return self.env["account.move"]
        invoices = self._sort_lines(self._get_demanded_lines()).move_id
        return invoices.filtered(lambda move: move.move_type == "out_invoice" and move.state == "posted")

    def _get_enclosed_invoices(self):
        """Return the invoices whose copies are enclosed: all that are wanted, or none when they are too many."""
        wanted = self._get_wanted_copies()
        # sudo: the legal PDF belongs to the invoice that the notice claims.
        size = sum(wanted.sudo().invoice_pdf_report_id.mapped("file_size"))
        return wanted if len(wanted) <= MAX_COPIES and size <= MAX_COPIES_SIZE else wanted.browse()

    def _get_formal_annexes(self):
        annexes = super()._get_formal_annexes()
        invoices = self._get_enclosed_invoices()
        names = [invoice.name for invoice in invoices]
        if len(names) == 1:
            return [*annexes, self.env._("Copy of invoice no. %(name)s", name=names[0])]
        if len(names) > 3 and invoices == self._get_demanded_lines().move_id:
            return [*annexes, self.env._("Copies of the %(count)s invoices claimed", count=len(names))]
        return [*annexes, self.env._("Copies of invoices no. %(names)s", names=self._join_words(names))] \
            if names else annexes

    def _attaches_invoices(self):
        """The e-mail beside a letter that encloses the copies carries that letter: once is enough."""
        return super()._attaches_invoices() and not self._get_enclosed_invoices()

    # --- what is wrong --------------------------------------------------------------------------------------------

    def _get_claim_problems(self):
        yield from super()._get_claim_problems()
        broken = [invoice.name for invoice in self._get_enclosed_invoices() if invoice.sudo()._is_dunning_pdf_broken()]
        if broken:
            yield self.env._(
                "The PDF of %(names)s, to be enclosed as a copy, is missing on the server or cannot be read: restore "
                "the file, or untick “Copies behind the Letter” on the step.", names=format_list(self.env, broken))

    def _get_formal_warnings(self):
        yield from super()._get_formal_warnings()
        wanted = self._get_wanted_copies()
        if wanted and not self._get_enclosed_invoices():
            yield self.env._(
                "No copies are enclosed: %(count)s invoices are too many for one letter (at most 20, and 10 MB). Send "
                "them apart, or demand fewer invoices.", count=len(wanted))
        others = (self._get_demanded_lines().filtered(lambda line: line.move_id not in wanted)).mapped("name")
        if wanted and others:
            yield self.env._("%(names)s: there is no invoice to enclose a copy of.", names=format_list(
                self.env, list(dict.fromkeys(filter(None, others)))))

    # --- bound ----------------------------------------------------------------------------------------------------

    @api.model
    def _enclose_copies(self, letters):
        """Return {notice id: PDF} with the copies of the invoices behind each letter.

        :param letters: {notice id: PDF of the letter with its annex}
        """
        wanted = {notice: invoices for notice in self.browse(letters) if (invoices := notice._get_enclosed_invoices())}
        files = self._get_copy_files(self.env["account.move"].union(*wanted.values()))
        for notice, invoices in wanted.items():
            letters[notice.id] = notice._bind(letters[notice.id], invoices, files)
        return letters

    @api.model
    def _complete_previews(self, letters):
        """Return {notice id: PDF} with all that would leave with each letter. Override to add something."""
        return self._enclose_copies(letters)

    @api.model
    def _get_copy_files(self, invoices):
        """Return {invoice id: PDF}: the one that was stored, else one rendered now and not kept."""
        # sudo: the legal PDF belongs to the invoice that the notice claims.
        stored = {invoice.id: invoice.invoice_pdf_report_id.raw for invoice in invoices.sudo()
                  if invoice.invoice_pdf_report_id}
        for ids in split_every(INVOICES_PER_CALL, [one.id for one in invoices if one.id not in stored]):
            stored.update(self._render_invoices(invoices.browse(ids)))
        return stored

    def _bind(self, letter, invoices, files):
        """Return one file of the letter and these copies, with a bookmark for each."""
        writer = PdfWriter()
        self._add_pages(writer, letter, self.name)
        for invoice in invoices:
            try:
                self._add_pages(writer, files.get(invoice.id), invoice.name)
            except Exception as error:
                _logger.info("The PDF of invoice %s cannot be enclosed", invoice.id, exc_info=True)
                raise UserError(self.env._(
                    "The copy of invoice %(name)s cannot be put behind the letter: its PDF is missing or cannot be "
                    "read. Restore it, or untick “Copies behind the Letter” on the step.", name=invoice.name,
                )) from error
        result = io.BytesIO()
        writer.write(result)
        return result.getvalue()

    @api.model
    def _add_pages(self, writer, content, title):
        reader = PdfReader(io.BytesIO(content), strict=False)
        first = len(writer.pages)
        for page in reader.pages:
            writer.add_page(page)
        if len(writer.pages) == first:
            raise ValueError("empty")
        writer.add_outline_item(title=title, page_number=first)


class AccountMove(models.Model):
    """The stored PDF of an invoice, looked at before anybody relies on it."""

    _inherit = "account.move"

    def _is_dunning_pdf_broken(self):
        """Tell whether the stored PDF cannot be enclosed; one that was never stored is rendered when needed."""
        attachment = self.invoice_pdf_report_id
        if not attachment:
            return False
        content = attachment.raw or b""
        try:
            reader = PdfReader(io.BytesIO(content), strict=False)
            whole = self.env["ir.actions.report"]._is_dunning_whole(content)
            return reader.is_encrypted or not whole or not len(reader.pages)
        except Exception:
            return True


class IrActionsReport(models.Model):
    """The preview of a formal notice shows its enclosures too."""

    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        streams = super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        is_letter = self._get_report(report_ref).report_name == LETTER_REPORT
        if is_letter and res_ids and not self.env.context.get("dunning_printing"):
            letters = {key: stream["stream"].getvalue() for key, stream in streams.items() if key and stream["stream"]}
            for key, content in self.env["dunning.notice"]._complete_previews(letters).items():
                streams[key]["stream"] = io.BytesIO(content)
        return streams
