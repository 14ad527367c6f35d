import os
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from odoo import api, models
from odoo.tools.misc import format_date

from ..policy.dunning_level import LETTER_CHANNELS
from .dunning_evidence import DELIVERY_TYPES, ORDER_TYPES

# What makes a name unfit for a file on some system.
UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
# How a letter travelled, as the register knows it.
TRAVEL_FIELDS = ("provider", "tracking_number", "date_deposited", "date_presented", "date_received", "date_returned",
                 "return_reason", "date_effective")


@dataclass
class Part:
    """One piece of an evidence file: a page of our own, or a document kept somewhere."""

    group: str
    title: str
    name: str = ""  # of the file in the ZIP, without its folder
    day: date | None = None
    section: str = ""  # one of our own pages: its template
    attachment: int = 0
    invoice: int = 0  # to print, when there is no attachment
    notice: int = 0  # whose e-mail is shown on a page
    message: int = 0  # what the customer wrote, printed
    sha256_sent: str = ""  # the digest stored when it was sent
    # Found out while building:
    number: int = 0
    path: str = ""  # the original
    pdf: str = ""  # what is bound
    pages: int = 0
    page: int = 0
    size: int = 0
    sha256: str = ""
    problem: str = ""  # missing, annexed
    reason: str = ""
    values: dict = field(default_factory=dict)


class DunningEvidenceFile(models.Model):
    """What goes into an evidence file, in its order, and what is missing. Nothing is read from disk here."""

    _inherit = "dunning.evidence.file"

    def _get_groups(self):
        """Return {code: (title in the index, folder in the ZIP)} in the order of the file."""
        env = self.env
        types = dict(self.env["dunning.evidence"]._fields["type"]._description_selection(self.env))
        groups = {"account": env._("Account"), "invoice": env._("Invoices")}
        groups |= {f"proof_{code}": env._("Evidence: %(type)s", type=label) for code, label in types.items()}
        groups |= {"notice": env._("Notices Sent"), "dispatch": env._("Proofs of Dispatch"),
                   "answer": env._("Calls and Answers"), "step": env._("Proceedings")}
        return {code: (title, f"{position:02d} {self._clean(title)}")
                for position, (code, title) in enumerate(groups.items(), 1)}

    @api.model
    def _clean(self, name, length=80):
        """Return a name that every system takes for a file, short enough for a folder within folders."""
        name = (name or "").replace("\n", " ").replace(": ", " - ")
        seen = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C")
        words = " ".join(UNFIT.sub("-", seen).split()).lstrip("=+@ .-")
        return words[:length].rstrip(" .-") or "document"

    def _get_parts(self):
        """Return the parts of the file, in its order, numbered: each is an exhibit."""
        parts = [
            *self._get_account_parts(), *self._get_invoice_parts(), *self._get_proof_parts(),
            *self._get_notice_parts(), *self._get_answer_parts(), *self._get_step_parts(),
        ]
        order = list(self._get_groups())
        parts.sort(key=lambda part: order.index(part.group))
        for number, part in enumerate(parts, 1):
            part.number = number
            part.name = part.name or f"{part.title}.pdf"
        return parts

    def _get_account_parts(self):
        parts = [Part("account", self.env._("Statement of account"), section="statement")]
        if self._get_interest_values():
            title = self.env._("Computation of interest and compensation")
            parts.append(Part("account", title, section="interest"))
        return parts

    @api.model
    def _get_exhibits(self, followup, lines, lang):
        """Return [(number, title, day)] as an evidence file of these receivables numbers what it holds.

        What was built last for these very receivables counts: it may have been handed over.
        """
        # sudo: numbers and titles are no secret to who may read these invoices.
        followup, lines = followup.sudo(), lines.sudo()
        built = followup.evidence_file_ids.filtered(
            lambda one: one.state == "done" and one.exhibits and one.line_ids == lines and one.lang == lang)[:1]
        if built:
            return [(row["number"], row["title"], row["date"]) for row in built.exhibits]
        draft = self.sudo().with_context(lang=lang).new({
            "followup_id": followup.id, "line_ids": lines.ids, "lang": lang,
            "date": followup.company_id._get_dunning_today()})
        return [(part.number, part.title, draft._day(part.day)) for part in draft._get_parts()]

    def _get_file_names(self, parts):
        """Return {number: path in the ZIP}: a folder by group, the number of the exhibit, what it is."""
        folders, word = self._get_groups(), self.env._("Exhibit")
        digits = max(2, len(str(len(parts))))
        return {part.number: f"{folders[part.group][1]}/{word} {part.number:0{digits}d} - {self._clean_file(part.name)}"
                for part in parts}

    @api.model
    def _clean_file(self, name):
        """Return a clean name with its extension."""
        stem, extension = os.path.splitext(name)
        extension = extension and self._clean(extension[1:], 10)
        return f"{self._clean(stem)}.{extension}" if extension else self._clean(stem)

    # --- invoices and proofs --------------------------------------------------------------------------------------

    def _get_moves(self):
        return self.line_ids.move_id.sorted(lambda move: (move.invoice_date or move.date, move.name or ""))

    def _get_invoice_parts(self):
        parts = []
        for move in self._get_moves().filtered(lambda one: one.is_invoice()):
            title = self.env._("Invoice %(name)s", name=move.name)
            parts.append(Part("invoice", title, f"{title}.pdf", move.invoice_date,
                              attachment=move.invoice_pdf_report_id.id, invoice=move.id))
        return parts

    def _get_proof_parts(self):
        parts = []
        for proof in self._get_moves().dunning_evidence_ids.sorted(lambda one: (one.date or date.max, one.id)):
            for file in proof.attachment_ids:
                title = self.env._("%(file)s, for invoice %(invoice)s", file=self._get_proof_title(proof, file),
                                   invoice=proof.move_id.name)
                parts.append(Part(f"proof_{proof.type}", title, file.name, proof.date, attachment=file.id))
        return parts

    @api.model
    def _get_proof_title(self, proof, file):
        """Return what a file proves; its name tells it from the others of the same proof."""
        name = self._clean_file(file.name)
        if not proof.comment:
            return name
        return f"{proof.comment} ({name})" if len(proof.attachment_ids) > 1 else proof.comment

    # --- notices --------------------------------------------------------------------------------------------------

    def _get_notices(self):
        """Return the notices about these receivables that left, oldest first; calls are in the log."""
        lines = self.env["dunning.notice.line"].search([
            "|", ("line_id", "in", self.line_ids.ids), ("move_id", "in", self.line_ids.move_id.ids),
            ("notice_id.state", "in", ("sent", "uncertain")), ("notice_id.followup_id", "=", self.followup_id.id),
        ])
        return lines.notice_id.filtered(lambda one: not one.is_call).sorted(
            lambda one: (one.date_sent or one.date, one.id))

    def _get_notice_parts(self):
        parts, notices = [], self._get_notices()
        if notices:
            parts.append(Part("notice", self.env._("Register of the notices and of their dispatch"), section="notices"))
        for notice in notices:
            day = notice.date_sent or notice.date
            title = self.env._("%(step)s of %(date)s, no. %(name)s", step=notice.level_id.name or "",
                               date=format_date(self.env, day), name=notice.name)
            file = f"{day} {notice.level_id.name or ''} {notice.name}"
            letter, email = self._get_frozen(notice, "pdf"), self._get_frozen(notice, "html")
            if letter:
                name = self.env._("%(notice)s: letter", notice=title)
                parts.append(Part("notice", name, f"{file}.pdf", day, attachment=letter.id,
                                  sha256_sent=notice.pdf_sha256 or ""))
            if email:
                name = self.env._("%(notice)s: e-mail", notice=title)
                parts.append(Part("notice", name, f"{file}.html", day, attachment=email.id, notice=notice.id,
                                  sha256_sent=notice.html_sha256 or ""))
            parts += self._get_dispatch_parts(notice, title)
        return parts

    def _get_dispatch_parts(self, notice, title):
        """Return the proofs that came with its dispatch: deposit slip, acknowledgement of receipt."""
        kinds = dict(self.env["dunning.dispatch.proof"]._fields["kind"]._description_selection(self.env))
        return [
            Part("dispatch", self._get_dispatch_title(proof, title, kinds[proof.kind].lower()),
                 f"{notice.name} {proof.filename}", proof.date, attachment=self._get_frozen(proof, "file").id,
                 sha256_sent=proof.sha256 or "")
            for proof in notice.dispatch_ids.proof_ids
        ]

    def _get_dispatch_title(self, proof, title, kind):
        """Return what a proof proves. Override to say of whose letter."""
        return self.env._("%(notice)s: proof of %(kind)s", notice=title, kind=kind)

    @api.model
    def _get_frozen(self, record, name):
        """Return the attachment behind a binary field."""
        return self.env["ir.attachment"].search([
            ("res_model", "=", record._name), ("res_field", "=", name), ("res_id", "=", record.id)], limit=1)

    # --- calls and answers ----------------------------------------------------------------------------------------

    def _get_answers(self, model):
        """Return the promises, disputes or plans about these invoices."""
        answers = self.env[model].with_context(active_test=False).search([
            ("followup_id", "=", self.followup_id.id), ("line_ids.move_id", "in", self.line_ids.move_id.ids),
        ], order="id")
        return answers.filtered(lambda one: one.state != "draft")

    def _get_calls(self):
        return self.followup_id.dispatch_ids.filtered(lambda one: one.channel == "call" and one.outcome).sorted(
            lambda one: (one.date_sent or one.date_planned, one.id))

    def _get_answer_parts(self):
        parts = []
        if self._get_calls() or any(self._get_answers(f"dunning.{noun}") for noun in ("promise", "dispute", "plan")):
            title = self.env._("Log of calls, promises, disputes and payment plans")
            parts.append(Part("answer", title, section="log"))
        for dispute in self._get_answers("dunning.dispute"):
            title = self.env._("Dispute of %(date)s", date=format_date(self.env, dispute.date_open))
            parts += [Part("answer", f"{title}: {file.name}", file.name, dispute.date_open, attachment=file.id)
                      for file in dispute.proof_ids]
        for plan in self._get_answers("dunning.plan"):
            for name, label in (("pdf", self.env._("as proposed")), ("signed_document", self.env._("signed"))):
                document = self._get_frozen(plan, name)
                if document:
                    parts.append(Part(
                        "answer", self.env._("Payment plan %(name)s, %(state)s", name=plan.name, state=label),
                        f"{plan.name} {plan.signed_filename or 'signed.pdf' if name != 'pdf' else plan.pdf_filename}",
                        plan.date_proposed, attachment=document.id,
                        sha256_sent=plan.pdf_sha256 or "" if name == "pdf" else ""))
        return parts

    # --- what is missing ------------------------------------------------------------------------------------------

    @api.model
    def _get_gaps(self, followup, lines):
        """Return in sentences what a lawyer would ask for and is not there."""
        # sudo: whether a file is there is no secret to who may make the evidence file.
        draft = self.sudo().new({"followup_id": followup.id, "line_ids": lines.ids})
        gaps = [*draft._get_identity_gaps(), *draft._get_notice_gaps()]
        moves = draft._get_moves()
        for missing, same in moves.grouped(lambda move: draft._get_move_gaps(move._origin or move)).items():
            if missing:
                gaps.append(self.env._("%(invoice)s: %(gaps)s.", invoice=", ".join(same.mapped("name")),
                                       gaps=", ".join(missing)))
        return gaps + draft._get_file_gaps()

    def _get_identity_gaps(self):
        company, customer = self.followup_id.company_id, self.followup_id.partner_id
        gaps = []
        for partner in (company.partner_id, customer):
            names = []
            if not (partner.street and partner.zip and partner.city):
                names.append(self.env._("full address"))
            is_business = partner == company.partner_id or customer.with_company(company).dunning_debtor_kind in (
                "business", "public")
            if is_business and not partner._get_dunning_identifier():
                names.append(self.env._("registration number"))
            if names:
                gaps.append(self.env._("%(name)s: no %(what)s.", name=partner.name, what=", ".join(names)))
        kind = customer.with_company(company).dunning_debtor_kind
        if not kind:
            gaps.append(self.env._("%(name)s: the kind of debtor is not known.", name=customer.name))
        return gaps

    def _get_notice_gaps(self):
        gaps = []
        for notice in self._get_notices():
            letters = notice.dispatch_ids._get_own().filtered(lambda one: one.channel in LETTER_CHANNELS)
            if not notice.is_elsewhere and not (notice.pdf_sha256 or notice.html_sha256):
                gaps.append(self.env._("%(name)s: no copy of what was sent.", name=notice.display_name))
            elif letters and not notice.pdf_sha256:
                gaps.append(self.env._("%(name)s: no copy of the letter.", name=notice.display_name))
            if notice.stage == "formal" and letters and not letters.proof_ids:
                gaps.append(self.env._("%(name)s: no proof of deposit or reception.", name=notice.display_name))
        return gaps

    def _get_move_gaps(self, move):
        """Return what is missing for one invoice."""
        types = set(move.dunning_evidence_ids.mapped("type"))
        formal = self._get_notices().filtered(lambda one: one.stage == "formal" and one.state == "sent")
        gaps = []
        if types.isdisjoint(ORDER_TYPES):
            gaps.append(self.env._("no order"))
        if types.isdisjoint(DELIVERY_TYPES):
            gaps.append(self.env._("no proof of delivery"))
        if move.is_invoice() and not move.invoice_pdf_report_id:
            gaps.append(self.env._("no stored PDF, it will be printed anew"))
        if not move.is_invoice():
            gaps.append(self.env._("no invoice in the program"))
        if move not in formal.line_ids.filtered(lambda line: line.role == "moving").move_id:
            gaps.append(self.env._("no formal notice"))
        return tuple(gaps)

    def _get_file_gaps(self):
        """Return which files are not on the disk any more."""
        files = self.env["ir.attachment"].browse([part.attachment for part in self._get_parts() if part.attachment])
        return [self.env._("%(file)s: the file is missing on the server.", file=file.name)
                for file in files if self._is_lost(file)]
