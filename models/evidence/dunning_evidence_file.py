import logging

import psycopg2
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.modules import module
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 2


class DunningEvidenceFile(models.Model):
    """What proves the claims against one customer, bound for a lawyer, a bailiff or a judge.

    Asked for by a person, built by the scheduled action: what goes in is in dunning_evidence_file_content.py, our own
    pages in _pages.py, documents and PDF in _pdf.py, ZIP and spreadsheet in _zip.py. What was built is not rebuilt.
    """

    _name = "dunning.evidence.file"
    _description = "Evidence File"
    _inherit = ["dunning.door"]
    _order = "id desc"

    _frozen_files = frozenset({False})  # what was built is attached to the record itself
    # What it is about is chosen in the dialog, where it is checked: the scheduled action reads all that is named here.
    _door_fields = frozenset({
        "followup_id", "line_ids", "date", "user_id", "missing_text", "state", "name", "attempts", "failure_reason",
        "parts_done", "parts_total", "attachment_ids", "pdf_id", "manifest", "date_done", "page_count", "remark",
        "lang", "exhibits", "fingerprint", "work_key", "parts_reached",
    })

    name = fields.Char("Number", readonly=True, copy=False, default="/")
    followup_id = fields.Many2one("dunning.followup", "Follow-up", required=True, readonly=True, ondelete="restrict",
                                  index=True)
    company_id = fields.Many2one(related="followup_id.company_id", store=True, precompute=True, index=True)
    partner_id = fields.Many2one(related="followup_id.partner_id", string="Customer", store=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one("res.users", "Made By", readonly=True, required=True, default=lambda self: self.env.user,
                              ondelete="restrict")
    line_ids = fields.Many2many("account.move.line", "dunning_evidence_file_line_rel", "file_id", "line_id",
                                "Receivables", readonly=True, copy=False)
    date = fields.Date("As Of", required=True, readonly=True, help="The day for which accounts and interest are shown.")
    date_done = fields.Datetime("Built On", readonly=True, copy=False)
    state = fields.Selection(
        [("waiting", "Waiting"), ("building", "Being Built"), ("done", "Done"), ("failed", "Failed"),
         ("cancelled", "Cancelled")],
        default="waiting", required=True, readonly=True, copy=False, index=True,
    )
    attempts = fields.Integer(readonly=True, copy=False)
    failure_reason = fields.Char("What Went Wrong", readonly=True, copy=False)
    parts_done = fields.Integer(readonly=True, copy=False)
    parts_total = fields.Integer("Parts", readonly=True, copy=False)
    progress = fields.Float(compute="_compute_progress")
    progress_text = fields.Char("Progress in Words", compute="_compute_progress")
    missing_text = fields.Text("Missing", readonly=True,
                               help="What was missing when it was asked for. Not in the file.")
    remark = fields.Text("Not in the PDF", readonly=True, copy=False, help="Files that could not be bound or read.")
    page_count = fields.Integer("Pages", readonly=True, copy=False)
    pdf_id = fields.Many2one("ir.attachment", "PDF", readonly=True, copy=False, ondelete="set null")
    attachment_ids = fields.Many2many("ir.attachment", "dunning_evidence_file_attachment_rel", "file_id",
                                      "attachment_id", "Files", readonly=True, copy=False)
    manifest = fields.Json(readonly=True, copy=False)
    exhibits = fields.Json(readonly=True, copy=False, help="The exhibits as they are numbered in the file.")
    lang = fields.Selection(selection="_get_languages", string="Language", readonly=True)

    fingerprint = fields.Char(readonly=True, copy=False, help="Language and receivables: what would be built twice.")

    _once_uniq = models.UniqueIndex(
        "(followup_id, fingerprint) WHERE state IN ('waiting', 'building')",
        "This evidence file is being built already: look at the evidence files of the follow-up.")
    _open_idx = models.Index("(state) WHERE state IN ('waiting', 'building')")

    @api.depends("parts_done", "parts_total", "state")
    @api.depends_context("lang")
    def _compute_progress(self):
        for file in self:
            is_done = file.state == "done"
            file.progress = 100 if is_done else 100 * file.parts_done / file.parts_total if file.parts_total else 0
            file.progress_text = file.parts_total and not is_done and self.env._(
                "%(done)s of %(total)s parts", done=file.parts_done, total=file.parts_total)

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for file in self:
            file.display_name = " · ".join(filter(None, [file.name, file.partner_id.name]))

    @api.model
    def _get_languages(self):
        return self.env["res.lang"].get_installed()

    # --- asking for one -------------------------------------------------------------------------------------------

    @api.model
    def _create_for(self, followup, lines, lang=False):
        """Ask for the evidence file of these receivables of one customer; the scheduled action builds it.

        Who asks again while it waits or is being built gets the same one.

        :raises UserError: no receivable, or one of another customer or company
        """
        followup.check_access("read")
        lines.check_access("read")
        self.check_access("create")
        self._check_lines(followup, lines)
        company = followup.company_id
        lang = lang or company.sudo().partner_id.lang or self.env.lang
        fingerprint = f"{lang} {','.join(map(str, sorted(lines.ids)))}"
        waiting = self.search([("followup_id", "=", followup.id), ("fingerprint", "=", fingerprint),
                               ("state", "in", ("waiting", "building"))], limit=1)
        if waiting:
            return waiting
        # sudo: number and day of a file are no choice of the user.
        file = self.sudo().create({
            "followup_id": followup.id, "user_id": self.env.uid, "line_ids": [Command.set(lines.ids)], "lang": lang,
            "fingerprint": fingerprint, "date": company._get_dunning_today(),
            "missing_text": "\n".join(self._get_gaps(followup, lines)),
        })
        file.name = f"E{file.date.year}-{file.id:06d}"
        self._wake_builder()
        return file.sudo(self.env.su)

    @api.model
    def _check_lines(self, followup, lines):
        if not lines:
            raise UserError(self.env._("Choose the invoices that the file is to prove."))
        foreign = lines.filtered(lambda line: (
            line.account_type != "asset_receivable" or line.parent_state != "posted"
            or line.company_id.root_id != followup.company_id
            or line.partner_id.commercial_partner_id != followup.partner_id))
        if foreign:
            raise UserError(self.env._(
                "Choose posted invoices of %(customer)s only: %(names)s.", customer=followup.partner_id.display_name,
                names=", ".join(foreign.mapped(lambda line: line.move_id.name or ""))))

    @api.model
    def _wake_builder(self):
        # sudo: pressing a button needs no right on scheduled actions.
        self.env.ref("account_dunning.ir_cron_dunning_evidence").sudo()._trigger()

    # --- the scheduled action -------------------------------------------------------------------------------------

    @api.model
    def _cron_build(self):
        """Build what was asked for, one file after the other."""
        waiting = self.search([("state", "in", ("waiting", "building"))], order="attempts, id")
        for position, file in enumerate(waiting, 1):
            file._build_safely()
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(waiting) - position):
                break

    def _build_safely(self):
        """Build one file; what goes wrong with it is said on it and stops no other.

        The attempt is counted and committed before: a file that ends the process is set aside the second time, unless
        it came further each time (dunning_evidence_file_resume.py).
        """
        with self._lock_build() as is_ours:
            if is_ours:
                self._build_once()

    def _build_once(self):
        self.env.cr.execute(SQL(
            "SELECT id FROM dunning_evidence_file WHERE id = %s AND state IN ('waiting', 'building') "
            "FOR NO KEY UPDATE SKIP LOCKED", self.id))
        if not self.env.cr.fetchone():
            return
        attempt = self._count_attempt()
        if attempt > MAX_ATTEMPTS:
            self._set_failed(self.env._(
                "Building this file ended the process on the server twice. Choose fewer invoices, or look at the size "
                "of their documents."))
            return
        self._write_door({"state": "building", "attempts": attempt, "parts_done": 0, "failure_reason": False})
        self._commit_step()
        try:
            self._build()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("Evidence file %s cannot be built", self.name, exc_info=True)
            if not module.current_test:
                self.env.cr.rollback()  # what was committed before is the attempt and the progress
            self.invalidate_recordset()
            self._set_failed(self.env["dunning.run"]._get_error_text(error))

    def _commit_step(self):
        """Let everybody see how far it is."""
        self.env["dunning.run"]._dunning_commit()

    def _set_failed(self, reason):
        self._drop_work_folder()
        self._write_door({"state": "failed", "failure_reason": reason})

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_retry(self):
        """Try again what failed."""
        self.filtered(lambda one: one.state == "failed")._write_door(
            {"state": "waiting", "attempts": 0, "parts_done": 0, "failure_reason": False})
        self._wake_builder()

    def action_cancel(self):
        """Take back a file that is not built yet."""
        self.filtered(lambda one: one.state in ("waiting", "failed"))._write_door({"state": "cancelled"})

    def action_open_pdf(self):
        self.ensure_one()
        return {"type": "ir.actions.act_url", "target": "new", "url": f"/web/content/{self.pdf_id.id}"}

    def action_open(self):
        self.ensure_one()
        return {"type": "ir.actions.act_window", "res_model": self._name, "res_id": self.id, "view_mode": "form",
                "views": [(False, "form")]}

    @api.autovacuum
    def _gc_old(self):
        """Delete the files built long ago, where the legal entity says so: they are full of personal data."""
        for company in self.env["res.company"].search([("parent_id", "=", False)]):
            months = company.dunning_evidence_months
            if months:
                limit = fields.Datetime.now() - relativedelta(months=months)
                self.search([("company_id", "=", company.id), ("state", "in", ("done", "failed", "cancelled")),
                             ("create_date", "<", limit)]).unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_files(self):
        # sudo: the files belong to this record alone.
        for file in self.sudo():
            file._drop_work_folder()
            file.attachment_ids.unlink()


class DunningFollowup(models.Model):
    """The evidence files of a customer."""

    _inherit = "dunning.followup"

    evidence_file_ids = fields.One2many("dunning.evidence.file", "followup_id", "Evidence Files", readonly=True)
    evidence_file_count = fields.Integer(compute="_compute_evidence_file_count")

    @api.depends("evidence_file_ids")
    def _compute_evidence_file_count(self):
        counts = dict(self.env["dunning.evidence.file"]._read_group(
            [("followup_id", "in", self.ids)], ["followup_id"], ["__count"]))
        for followup in self:
            followup.evidence_file_count = counts.get(followup, 0)

    def action_evidence_file(self):
        """Show what would go into the evidence file and what is missing."""
        self.ensure_one()
        lines = self.open_line_ids.filtered(lambda line: line.amount_residual > 0)
        overdue = lines.filtered("dunning_days_late")
        return self.env["dunning.evidence.prepare"]._get_action(self, overdue or lines)

    def action_open_evidence_files(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_evidence_file_action")
        return action | {"domain": [("followup_id", "=", self.id)], "context": {}}


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_dunning_evidence_file(self):
        """Show what would go into the evidence file of these invoices and what is missing."""
        lines = self.filtered(lambda move: move.state == "posted").line_ids.filtered(
            lambda line: line.account_type == "asset_receivable")
        if len(lines.partner_id.commercial_partner_id) != 1 or len(lines.company_id.root_id) != 1:
            raise UserError(self.env._("Choose posted invoices of one customer and one company at a time."))
        self[0].action_dunning_open_followup()  # it is made when this is his first invoice
        self.invalidate_recordset(["dunning_followup_id"])
        return self.env["dunning.evidence.prepare"]._get_action(self[0].dunning_followup_id, lines)
