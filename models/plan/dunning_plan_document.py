import base64
import hashlib
from datetime import UTC, datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import email_normalize


class DunningPlan(models.Model):
    """The document to sign and the e-mails of a plan, in the language of the customer.

    Words and layout are those of the notices: the plan borrows them from a notice that is never stored.
    """

    _inherit = "dunning.plan"

    salutation = fields.Char(compute="_compute_words")
    amount_text = fields.Char("Total in Figures", compute="_compute_words")
    instalment_text = fields.Char("Instalment to Pay", compute="_compute_words")
    missing_text = fields.Char("Amount Overdue", compute="_compute_words")
    remaining_text = fields.Char("Whole Balance", compute="_compute_words")
    cure_text = fields.Char("Last Day to Catch Up", compute="_compute_words")
    contact_text = fields.Char("Direct Contact in One Line", compute="_compute_words")
    table_html = fields.Html("Schedule of the E-mail", compute="_compute_words", sanitize=False)
    signature_html = fields.Html("Signature", compute="_compute_words", sanitize=False)

    @api.depends("state", "amount_total", "instalment_ids.amount", "instalment_ids.date", "line_ids.amount_residual",
                 "date_cure", "user_id")
    def _compute_words(self):
        standings = self._get_standings()
        for plan in self:
            letter = plan._get_letter()
            today = plan.company_id._get_dunning_today()
            current = plan.instalment_ids.filtered(lambda one: not one._origin or one._origin in standings
                                                   and standings[one._origin].missing > 0)[:1]
            late = [standing.missing for one, standing in standings.items()
                    if one.plan_id == plan._origin and one.date < today]
            left = [standing.missing for one, standing in standings.items() if one.plan_id == plan._origin]
            plan.salutation = letter.salutation
            plan.contact_text = letter.contact_text
            plan.signature_html = letter.signature_html
            plan.amount_text = letter._format_amount(plan.amount_total, plan.currency_id)
            plan.instalment_text = current and plan._in_customer_language().env._(
                "%(amount)s by %(date)s", amount=letter._format_amount(current.amount_missing, plan.currency_id),
                date=letter._format_long_date(current.date))
            plan.missing_text = letter._format_amount(float(sum(late)), plan.currency_id)
            plan.remaining_text = letter._format_amount(float(sum(left)), plan.currency_id)
            plan.cure_text = letter._format_long_date(plan.date_cure)
            plan.table_html = plan._render_table()

    def _in_customer_language(self):
        """Return this plan in the language its customer reads."""
        return self.with_context(lang=self._get_letter()._in_customer_language().env.lang)

    def _get_contact(self):
        """Return whom the plan is written to: who pays the invoices, reachable by e-mail if possible."""
        return self.partner_id._get_dunning_recipient("accounts_payable")

    def _get_letter(self):
        """Return an unsaved notice about these invoices: it knows addresses, means of payment and how dates read."""
        self.ensure_one()
        contact = self._get_contact()
        address = contact._display_address(without_company=False).splitlines()
        return self.env["dunning.notice"].new({
            "name": self.name, "followup_id": self.followup_id.id, "company_id": self.company_id.id,
            "partner_id": self.partner_id.id, "contact_id": contact.id, "lang": contact.lang or self.partner_id.lang,
            "user_id": self.user_id.id, "date": self.date_proposed or self.company_id._get_dunning_today(),
            "addressee": contact.display_name, "address": "\n".join(line for line in address if line.strip()),
            "line_ids": [Command.create({
                "role": "listed", "line_id": line.line_id.id, "move_id": line.move_id.id, "name": line.name,
                "invoice_date": line.move_id.invoice_date or line.line_id.date, "due_date": line.due_date_start,
                "ref": line.move_id.ref, "currency_id": line.currency_id.id, "amount_residual": line.amount,
                "amount_total": abs(line.line_id.amount_currency),
            }) for line in self.line_ids],
        })

    def _render_table(self):
        """Return the schedule as a block of the e-mails."""
        plan = self._in_customer_language()
        return plan.env["ir.qweb"]._render("account_dunning.payment_plan_table",
                                           {"plan": plan, "letter": plan._get_letter()})

    # --- the words of the document --------------------------------------------------------------------------------

    def _get_parties(self):
        """Return creditor and debtor as (name, lines of identity)."""
        return [self._get_identity(self.company_id.partner_id), self._get_identity(self.partner_id)]

    def _get_identity(self, partner):
        """Return name and identity of a party: address, registration number, VAT number."""
        env = self._in_customer_language().env
        partner = partner.with_env(env)
        lines = partner._display_address(without_company=True).replace("\n", ", ").split(", ")
        numbers = []
        if partner.company_registry:
            numbers.append(env._("Registration no. %(number)s", number=partner.company_registry))
        if partner.vat:
            numbers.append(env._("VAT no. %(number)s", number=partner.vat))
        return {"name": partner.name, "address": ", ".join(line for line in lines if line.strip()), "numbers": numbers}

    def _get_tolerance_days(self):
        return self.company_id.sudo().dunning_plan_tolerance

    def _is_french(self):
        """Tell whether French law governs the debt, as far as the seat of the creditor tells."""
        return self.company_id.sudo().country_id.code == "FR"

    def _render_document(self):
        """Return the PDF to sign."""
        self.ensure_one()
        report = self.env.ref("account_dunning.action_report_payment_plan")
        # sudo: a collector prints what he may write; the letterhead belongs to the company.
        return report.sudo()._render_dunning_letters(self.sudo())[self.id]

    def _freeze_document(self):
        """Keep the document as the customer gets it, with its digest."""
        for plan in self:
            pdf = plan._render_document()
            plan._write_door({
                "pdf": base64.b64encode(pdf), "pdf_filename": f"{plan.name}.pdf",
                "pdf_sha256": hashlib.sha256(pdf).hexdigest(),
            })

    # --- e-mails --------------------------------------------------------------------------------------------------

    def _send_proposal(self):
        """Send the document to sign; without an address a person hands it over."""
        self._send_email("account_dunning.mail_template_plan_proposal", with_document=True)

    def _send_email(self, xmlid, with_document=False, day=None):
        """Queue an e-mail to the customer in the thread of his follow-up.

        :param day: the day on which it may leave, within the hours of the company; at once by default
        """
        self.ensure_one()
        letter = self._get_letter()
        if not email_normalize(letter.contact_id.email or ""):
            raise UserError(self.env._("%(name)s has no e-mail address. Give one, or hand the document over.",
                                       name=letter.contact_id.display_name))
        template = self.env.ref(xmlid).sudo()
        lang = letter._in_customer_language().env.lang
        subject = template._render_field("subject", self.ids, set_lang=lang)[self.id]
        body = template._render_field("body_html", self.ids, set_lang=lang)[self.id]
        letter.update({"subject": subject, "body": body})
        replies = self.followup_id._notify_get_reply_to()
        # sudo: messages and mails are created in the name of the company, not of the user.
        message = self.env["mail.message"].sudo().create(
            letter._prepare_message_vals(replies, self._get_files(with_document)))
        mail = self.env["mail.mail"].sudo().create({
            "mail_message_id": message.id, "body_html": body, "recipient_ids": letter.contact_id.ids,
            "is_notification": True, "auto_delete": False, "email_from": message.email_from,
            "reply_to": message.reply_to, "subject": message.subject,
            "scheduled_date": self._get_sending_moment(day) if day else False,
        })
        self.env["mail.notification"].sudo().create({
            "mail_message_id": message.id, "res_partner_id": letter.contact_id.id, "mail_mail_id": mail.id,
            "notification_type": "email", "notification_status": "ready", "is_read": True,
        })
        if not day:
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        self._message_log(body=self.env._("E-mail to %(name)s: %(subject)s", name=letter.contact_id.display_name,
                                          subject=subject))
        return mail

    def _get_files(self, with_document):
        if not with_document:
            return []
        # sudo: the copy in the discussion belongs to the follow-up.
        return self.env["ir.attachment"].sudo().create({
            "name": self.pdf_filename, "datas": self.with_context(bin_size=False).pdf, "mimetype": "application/pdf",
            "res_model": "dunning.followup", "res_id": self.followup_id.id,
        }).ids

    def _get_sending_moment(self, day):
        """Return when the company begins to send on that day, in UTC."""
        company = self.company_id.sudo()
        start = timedelta(hours=company.dunning_hour_from)
        local = datetime.combine(day, time(), tzinfo=company._get_dunning_zone()) + start
        return local.astimezone(UTC).replace(tzinfo=None)

    def _may_write_alone(self):
        """Tell whether the night may write to customers: only once a manager opened automatic sending."""
        company = self.company_id.sudo()
        return bool(company.dunning_auto_send and company.dunning_first_release_date and not company.dunning_stopped
                    and not self.env["ir.config_parameter"].sudo().get_param("database.is_neutralized"))
