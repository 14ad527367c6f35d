import hashlib
import logging

import psycopg2
from lxml import html as lxml_html
from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize, formataddr

from ...escalation import Reason
from ..policy.dunning_level import LETTER_CHANNELS

_logger = logging.getLogger(__name__)

MAX_ATTACHED_INVOICES = 20
MAX_ATTEMPTS = 2


class DunningNotice(models.Model):
    """Make notices leave: check again, freeze words and letters, queue the e-mails. Delivery is mail_mail.py."""

    _inherit = "dunning.notice"

    def _split_by_attempts(self):
        """Return what to produce together: a notice whose process died before goes alone, and not a third time."""
        killers = self.filtered(lambda one: one.attempts >= MAX_ATTEMPTS)
        killers.dispatch_ids._set_failed(self.env._(
            "Producing this notice ended the process on the server twice. Look at its invoices and its template."))
        alone = (self - killers).filtered("attempts")
        return [*alone, *filter(None, [self - killers - alone])]

    def _count_attempt(self):
        """Count before acting: the caller commits, so that an attempt that kills the process is not forgotten."""
        for attempts, notices in self.grouped("attempts").items():
            notices.attempts = attempts + 1

    def _produce(self, today):
        """Freeze these drafts and make them ready; a notice that fails is set aside with its reason.

        :return: the notices that are ready
        """
        checked = self._recheck(today)
        try:
            with self.env.cr.savepoint():
                checked._freeze(today)
            return checked
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.info("A batch of notices failed; trying them one by one", exc_info=True)
        return self.browse().union(*(notice._freeze_alone(today) for notice in checked))

    def _freeze_alone(self, today):
        try:
            with self.env.cr.savepoint():
                self._freeze(today)
            return self
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("Notice %s cannot be produced", self.name, exc_info=True)
            self.dispatch_ids._set_failed(self.env["dunning.run"]._get_error_text(error))
            return self.browse()

    # --- check again ----------------------------------------------------------------------------------------------

    def _recheck(self, today):
        """Drop what was paid, promised, disputed or held since; cancel what has nothing left. Amounts are read anew."""
        notices = self.filtered(lambda one: one.state == "draft")
        kept = self.browse()
        for company, ours in notices.grouped("company_id").items():
            ours.followup_id._flush_facts()
            rules = company._get_dunning_rules(today)
            cases = ours.followup_id._get_cases(today, rules)
            snapshots = self._get_line_snapshots(ours.line_ids.line_id.ids, ours.partner_id.ids, company)
            for notice in ours:
                kept |= notice._recheck_one(cases[notice.followup_id.id], snapshots, today)
        return kept

    def _recheck_one(self, case, snapshots, today):
        claimable = {item.key: item.claimable(today) for item in case.receivables}
        gone = self.line_ids.filtered(lambda line: (
            line.line_id.id not in snapshots if line.role == "credit" or self.is_manual
            else claimable.get(line.line_id.id, 0) <= 0))
        if self.line_ids.filtered(lambda line: line.role == "credit" and line.line_id.id not in snapshots):
            credits = {row["line_id"]: row for row in snapshots.get(("credits", self.partner_id.id), ())}
            gone = gone.filtered(lambda line: line.role != "credit" or line.line_id.id not in credits)
            snapshots = {**snapshots, **credits}
        kept = self.line_ids - gone
        if not kept.filtered(lambda line: line.role == "moving"):
            self._set_cancelled(self.env._("Paid, held or excluded since it was prepared"))
            return self.browse()
        overdue = sum(claimable.get(item.key, 0) for item in case.receivables if item.due < today)
        if not self.is_manual and self.stage != "preventive" and case.credits and case.credits >= overdue:
            self._set_cancelled(self.followup_id._get_reason_label(Reason.CREDITED.value))
            return self.browse()
        self._refresh_amounts(kept, gone, snapshots)
        return self

    def _refresh_amounts(self, kept, gone, snapshots):
        gone.unlink()
        for line in kept:
            row = snapshots[line.line_id.id]
            fresh = {name: row[name] for name in ("amount_residual", "amount_company", "days_late")}
            if any(line[name] != value for name, value in fresh.items()):
                line.write(fresh)
        total = sum(kept.filtered(lambda line: line.role != "claimed").mapped("amount_company"))
        if self.amount_total != total:
            self.amount_total = total

    # --- freeze ---------------------------------------------------------------------------------------------------

    def _freeze(self, today):
        """Copy words, addressee and amounts into the notice, render its letter, queue its e-mail."""
        if not self:
            return
        self.warning = False
        self._set_day(today)
        self._copy_addressee()
        self._set_claims(today)
        self._warn_of_blacklist()
        self._render_words()
        self._freeze_letters()
        self._queue_emails()
        self._set_ready()
        self.dispatch_ids._put_on_agenda(today)

    def _set_day(self, today):
        """Dates are those of the day the notice is produced, not of the day it was planned; a chosen deadline stays."""
        for (company, level), notices in self.filtered(lambda one: not one.is_edited).grouped(
                lambda one: (one.company_id, one.level_id)).items():
            notices.deadline_date = self._get_deadline_day(company, level, today)
        self.date = today

    def _warn_of_blacklist(self):
        """Say that an address is on the blacklist of mailings: a reminder is no mailing and goes all the same."""
        # sudo: the blacklist is only readable to its managers.
        blocked = set(self.env["mail.blacklist"].sudo().search(
            [("email", "in", [email for email in self.mapped("email_to") if email])]).mapped("email"))
        for notice in self.filtered(lambda one: one.email_to in blocked):
            notice._add_warnings([self.env._(
                "This address is on the blacklist of mailings. The reminder is sent all the same; a call may be wiser.",
            )])

    def _add_warnings(self, texts):
        """Tell the user something beside what is said already."""
        new = [text for text in texts if text not in (self.warning or "")]
        if new:
            self.warning = " ".join(filter(None, [self.warning, *new]))

    def _copy_addressee(self):
        for notice in self:
            contact = notice.contact_id or notice.partner_id
            lines = contact._display_address(without_company=False).splitlines()
            notice.write({
                "addressee": contact.display_name, "address": "\n".join(line for line in lines if line.strip()),
                "email_to": contact._get_dunning_email(notice.partner_id),
            })

    def _render_words(self):
        """Render subject and texts from the templates of the level, in the customer's language, in batches.

        A text written by hand is kept; its table of receivables is put in anew.
        """
        edited = self.filtered("is_edited")
        for (mail, letter, lang), notices in (self - edited).grouped(
                lambda one: (one._get_mail_template(), one._get_letter_template(), one.lang)).items():
            notices._render_template(mail, lang, "subject", "body")
            lettered = notices.filtered(lambda one: one._needs_letter())
            lettered._render_template(letter, lang, "subject", "letter_body")
        for notice in edited:
            notice.with_context(dunning_freeze=True).body = notice._replace_table(notice.body)

    def _get_mail_template(self):
        """Return the text of the e-mail. Override to choose it by the kind of debtor."""
        return self.level_id.mail_template_id

    def _get_letter_template(self):
        """Return the text of the letter. Override to choose it by the kind of debtor."""
        return self.level_id.letter_template_id

    def _render_template(self, template, lang, subject_field, body_field):
        if not (self and template):
            return
        subjects = template._render_field("subject", self.ids, set_lang=lang)
        bodies = template._render_field("body_html", self.ids, set_lang=lang)
        for notice in self.with_context(dunning_freeze=True):
            vals = {body_field: notice._with_table(bodies[notice.id]) if body_field == "body" else bodies[notice.id]}
            if not notice.subject:
                vals["subject"] = subjects[notice.id]
            notice.write(vals)

    def _with_table(self, body):
        """Return the text with the table of receivables, appended when its author left the place out."""
        if "dunning_table" in (body or ""):
            return body
        return Markup("%s%s") % (Markup(body or ""), Markup(self.table_html or ""))

    def _replace_table(self, body):
        """Put today's table in place of the one that an edited text holds."""
        root = lxml_html.fragment_fromstring(body or "<p></p>", create_parent="div")
        old = root.xpath("//*[contains(concat(' ', normalize-space(@class), ' '), ' dunning_table ')]")
        if not old:
            return self._with_table(body)
        new = lxml_html.fragment_fromstring(str(self.table_html), create_parent="div")
        new.tail = old[0].tail
        old[0].getparent().replace(old[0], new)
        return Markup("".join(lxml_html.tostring(child, encoding="unicode") for child in root))

    def _freeze_letters(self):
        """Render the letters of those that need one; attempts are counted first, so that a letter that kills the
        worker is set aside the second time."""
        lettered = self.filtered(lambda one: one._needs_letter())
        if not lettered:
            return
        for notice in lettered:
            notice.pdf_filename = f"{notice.name}.pdf"
        lettered._freeze_files("pdf", {self.browse(key): pdf for key, pdf in lettered._render_letters().items()})

    def _needs_letter(self):
        channels = set(self.dispatch_ids.mapped("channel"))
        return bool(channels & {*LETTER_CHANNELS}) or self.level_id.attach_letter and "email" in channels

    # --- e-mails --------------------------------------------------------------------------------------------------

    def _queue_emails(self):
        """Create the message on the follow-up, its notification and our own queued mail, for all at once."""
        mailed = self.filtered(lambda one: one.dispatch_ids.filtered(
            lambda dispatch: dispatch.channel == "email" and dispatch.state == "pending"))
        if not mailed:
            return
        replies = mailed.followup_id._notify_get_reply_to()
        attachments = mailed._get_email_attachments()
        # sudo: messages and mails are created in the name of the company, not of the user who runs the batch.
        messages = self.env["mail.message"].sudo().create([
            notice._prepare_message_vals(replies, attachments[notice.id]) for notice in mailed
        ])
        mail_vals, notification_vals = [], []
        for notice, message in zip(mailed, messages, strict=True):
            notice._write_door({"message_id": message.id})
            dispatch = notice.dispatch_ids.filtered(lambda one: one.channel == "email")
            dispatch._write_door({"message_id": message.id, "recipient": notice.email_to})
            mail_vals.append(notice._prepare_mail_vals(message, dispatch))
        mails = self.env["mail.mail"].sudo().create(mail_vals)
        for mail in mails:
            notification_vals += [
                {"mail_message_id": mail.mail_message_id.id, "res_partner_id": partner.id, "mail_mail_id": mail.id,
                 "notification_type": "email", "notification_status": "ready", "is_read": True}
                for partner in mail.recipient_ids
            ]
        self.env["mail.notification"].sudo().create(notification_vals)
        mailed._freeze_html()

    def _freeze_html(self):
        self._freeze_files("html", {notice: str(notice.body or "").encode() for notice in self})

    def _freeze_files(self, name, contents):
        """Keep one file per notice, with its digest, as a write of the field would: in one statement for all.

        :param contents: {notice: bytes}
        """
        # sudo: attachments of a field belong to the field.
        files = self.env["ir.attachment"].sudo()
        files.search([("res_model", "=", self._name), ("res_field", "=", name), ("res_id", "in", self.ids)]).unlink()
        files.create([
            {"name": name, "res_model": self._name, "res_field": name, "res_id": notice.id, "raw": content}
            for notice, content in contents.items()
        ])
        for notice, content in contents.items():
            notice[f"{name}_sha256"] = hashlib.sha256(content).hexdigest()
        self.invalidate_recordset([name], flush=False)

    def _get_email_from(self):
        """Return the sender: the company's dunning address. Personal mailboxes are not used."""
        company = self.company_id
        address = email_normalize(company.dunning_email or company.email or "")
        if not address:
            raise UserError(self.env._(
                "The company %(company)s has no sender address. Set it under Invoicing > Configuration > Settings > "
                "Dunning.", company=company.name,
            ))
        return formataddr((company.name, address))

    def _get_email_subject(self):
        """Return the subject on one line and with plain spaces.

        Python before 3.13 loses spaces when it folds a subject with no-break spaces: "de nos" became "denos".
        """
        return " ".join((self.subject or "").split())

    def _get_reply_to(self, address):
        """Return the address that leads answers to the follow-up, under the name of the company."""
        address = email_normalize(address or "")
        return address and formataddr((self.company_id.name, address))

    def _prepare_message_vals(self, replies, attachment_ids):
        email_from = self._get_email_from()
        return {
            "model": "dunning.followup", "res_id": self.followup_id.id, "message_type": "email_outgoing",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
            "subject": self._get_email_subject(), "body": self.body,
            "author_id": self.company_id.partner_id.id, "email_from": email_from,
            "reply_to": self._get_reply_to(replies.get(self.followup_id.id)) or email_from,
            "attachment_ids": attachment_ids, "record_company_id": self.company_id.id,
            "record_alias_domain_id": self.company_id.alias_domain_id.id,
        }

    def _prepare_mail_vals(self, message, dispatch):
        contact = self.contact_id
        is_his = contact.email_normalized or contact._is_dunning_stand_in()
        recipients = (contact if is_his else self.partner_id) | self._get_copies()
        return {
            "mail_message_id": message.id, "body_html": self.body, "dunning_dispatch_id": dispatch.id,
            "recipient_ids": recipients.ids, "is_notification": True, "auto_delete": False,
            "email_from": message.email_from, "reply_to": message.reply_to, "subject": message.subject,
        }

    def _get_copies(self):
        """Return the contacts of the customer who receive a copy of every reminder."""
        return self.partner_id.child_ids.filtered(
            lambda contact: contact.dunning_role == "copy" and contact.email_normalized)

    def _get_email_attachments(self):
        """Return {notice id: attachment ids}: the invoices' legal PDFs and the letter when the level says so."""
        wanting = self.filtered(lambda one: one._attaches_invoices())
        invoices = {notice: notice._get_attached_invoices() for notice in wanting}
        owners = {invoice: notice.followup_id for notice, moves in invoices.items() for invoice in moves}
        files = self._get_invoice_files(owners)
        result = {}
        for notice in self:
            ids = [files[invoice.id] for invoice in invoices.get(notice, ()) if invoice.id in files]
            result[notice.id] = ids + notice._get_letter_attachment_ids()
        return result

    def _attaches_invoices(self):
        """Tell whether the e-mail carries the invoices. Override when they go along in another way."""
        return self.level_id.attach_invoices and not self.is_call

    def _get_attached_invoices(self):
        moves = self.line_ids.filtered(lambda line: line.role in ("moving", "listed")).move_id
        return moves.filtered(lambda move: move.move_type == "out_invoice" and move.state == "posted")[
            :MAX_ATTACHED_INVOICES]

    @api.model
    def _get_invoice_files(self, owners):
        """Return {invoice id: attachment id}: the stored legal PDF, else one rendered here and kept on the follow-up.

        Never a pro-forma and never through a call that may transmit an electronic invoice.

        :param owners: {invoice: follow-up in whose discussion it is sent}
        """
        invoices = self.env["account.move"].union(*owners)
        # sudo: a legal PDF is readable to whoever may send the reminder.
        files = {invoice.id: invoice.sudo().invoice_pdf_report_id.id for invoice in invoices
                 if invoice.sudo().invoice_pdf_report_id}
        missing = invoices.filtered(lambda invoice: invoice.id not in files)
        for invoice_id, pdf in self._render_invoices(missing).items():
            files[invoice_id] = self.env["ir.attachment"].sudo().create({
                "name": f"{invoices.browse(invoice_id).name.replace('/', '_')}.pdf", "raw": pdf,
                "mimetype": "application/pdf", "res_model": "dunning.followup",
                "res_id": owners[invoices.browse(invoice_id)].id,
            }).id
        return files

    @api.model
    def _render_invoices(self, invoices):
        """Return {invoice id: PDF} of invoices whose legal PDF was never stored."""
        if not invoices:
            return {}
        report = self.env["ir.actions.report"].with_context(report_pdf_no_attachment=True).sudo()
        report._check_dunning_printer()
        reference = self.env.ref("account.account_invoices")
        streams = report._render_qweb_pdf_prepare_streams(reference, {}, res_ids=invoices.ids)
        return {invoice_id: data["stream"].getvalue() for invoice_id, data in streams.items() if data["stream"]}

    def _get_letter_attachment_ids(self):
        # An annex that the e-mail speaks of goes along.
        if not (self.pdf and (self.level_id.attach_letter or self.has_claims or self.stage == "formal")):
            return []
        return self.env["ir.attachment"].sudo().create({
            "name": self.pdf_filename, "datas": self.with_context(bin_size=False).pdf, "mimetype": "application/pdf",
            "res_model": "dunning.followup", "res_id": self.followup_id.id,
        }).ids
