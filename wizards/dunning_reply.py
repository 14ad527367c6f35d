import re

from lxml import html
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import is_html_empty
from odoo.tools.mail import email_normalize, email_split_tuples

SAID = [
    ("nothing", "Nothing to note"),
    ("paid", "He has paid"),
    ("promise", "He promises to pay"),
    ("dispute", "He contests"),
    ("copy", "He asks for a copy"),
    ("wrong", "It is not for him"),
    ("other", "Something else"),
]
TEMPLATES = {
    "promise": "account_dunning.mail_template_reply_promise",
    "dispute": "account_dunning.mail_template_reply_dispute",
    "copy": "account_dunning.mail_template_reply_copy",
    "paid": "account_dunning.mail_template_reply_paid",
    "wrong": "account_dunning.mail_template_reply_wrong",
}
PLAIN = "account_dunning.mail_template_reply"
PAID_DAYS = 5  # working days after which a payment that was announced should be in the bank
# How mail programs introduce what they quote, where they do not mark it up.
QUOTE_HEADS = re.compile(
    r"^\s*(-{2,}\s*(original message|message d'origine|message transféré)|(on|le) .{6,200}(wrote|a écrit)\s*:"
    r"|_{10,}|(from|de)\s*:\s.*@)", re.IGNORECASE)


class DunningReply(models.TransientModel):
    """An answer in one gesture: what the customer wrote, our reply, what he said, and what is done next."""

    _name = "dunning.reply"
    _inherit = ["dunning.dialog"]
    _description = "Reply to a Customer"

    followup_id = fields.Many2one("dunning.followup", "Follow-up", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="followup_id.company_id")
    currency_id = fields.Many2one(related="followup_id.currency_id")
    message_id = fields.Many2one("mail.message", "His Message", compute="_compute_message", store=True)
    said_by = fields.Char("From", compute="_compute_message_text")
    said_on = fields.Datetime("On", related="message_id.date")
    said_text = fields.Text("He Writes", compute="_compute_message_text")
    said_files = fields.Many2many("ir.attachment", "dunning_reply_said_rel", string="His Files",
                                  compute="_compute_message_text")

    said = fields.Selection(SAID, "What He Said", required=True, default="nothing")
    line_ids = fields.Many2many("account.move.line", string="About", compute="_compute_line_ids", store=True,
                                readonly=False)
    open_line_ids = fields.Many2many(related="followup_id.open_line_ids", string="Open Items")
    promise_date = fields.Date("Pays On")
    promise_amount = fields.Monetary("Amount", help="Empty: all that is open on these invoices.")
    dispute_reason_id = fields.Many2one("dunning.dispute.reason", "He Contests Because")
    comment = fields.Text("Note", help="Facts only: the customer may ask for a copy.")

    is_replying = fields.Boolean("Send a Reply", default=True)
    partner_id = fields.Many2one("res.partner", "To", compute="_compute_recipient", store=True, readonly=False)
    email_to = fields.Char("E-mail Address", compute="_compute_recipient", store=True, readonly=False)
    is_new_contact = fields.Boolean("Keep This Address as a Contact")
    template_id = fields.Many2one("mail.template", compute="_compute_template_id", store=True, readonly=False,
                                  domain=[("model", "=", "dunning.followup")])
    # Not as superuser: whoever may edit templates may have them read anything.
    subject = fields.Char(compute="_compute_text", store=True, readonly=False, compute_sudo=False)
    body = fields.Html("Reply", compute="_compute_text", store=True, readonly=False, compute_sudo=False,
                       sanitize_style=True)
    attachment_ids = fields.Many2many("ir.attachment", "dunning_reply_file_rel", string="Attachments")

    next_date = fields.Date("Next On", compute="_compute_next", store=True, readonly=False)
    next_text = fields.Char("Next Action", compute="_compute_next", store=True, readonly=False)
    next_user_id = fields.Many2one("res.users", "By", default=lambda self: self.env.user,
                                   domain=[("share", "=", False)])

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("followup_id")
    def _compute_message(self):
        for reply in self:
            reply.message_id = reply.followup_id._get_last_answer()

    @api.depends("message_id", "followup_id")
    def _compute_recipient(self):
        for reply in self:
            message, customer = reply.message_id, reply.followup_id.partner_id
            reply.partner_id = message.author_id or (
                not message and customer and customer.with_company(reply.company_id)._get_dunning_recipient(False))
            address = email_split_tuples(message.email_from or "")
            reply.email_to = reply.partner_id.email_normalized or (address and email_normalize(address[0][1]))

    @api.depends("message_id")
    def _compute_message_text(self):
        for reply in self:
            reply.said_by = reply.message_id.email_from or reply.message_id.author_id.display_name
            reply.said_text = _strip_quotes(reply.message_id.body or "")
            reply.said_files = reply.message_id.attachment_ids

    @api.depends("followup_id")
    def _compute_line_ids(self):
        """Take the invoices of the last notice, all that is overdue when there was none."""
        for reply in self:
            lines = reply.followup_id.open_line_ids.filtered(lambda line: line.amount_residual > 0)
            named = lines & reply.followup_id.last_notice_id.line_ids.line_id
            reply.line_ids = named or lines.filtered("dunning_days_late")

    @api.depends("said")
    def _compute_template_id(self):
        for reply in self:
            reply.template_id = self.env.ref(TEMPLATES.get(reply.said, PLAIN), raise_if_not_found=False)

    @api.depends("template_id", "promise_date", "promise_amount", "followup_id", "line_ids")
    def _compute_text(self):
        for reply in self:
            followup = reply.followup_id._origin
            if not followup:
                continue
            context = {
                "dunning_reply_day": fields.Date.to_string(reply.promise_date) if reply.promise_date else False,
                "dunning_reply_amount": reply._get_promised(), "dunning_reply_partner": reply.partner_id.id,
                "dunning_reply_invoices": tuple(filter(None, reply.line_ids.move_id.mapped("name"))),
            }
            lang = followup.with_context(**context)._get_reply_letter()._in_customer_language().env.lang
            template = reply.template_id.with_context(**context)
            subject = reply.message_id.subject
            reply.body = template and template._render_field("body_html", followup.ids, set_lang=lang)[followup.id]
            if subject:
                reply.subject = subject if re.match(r"(?i)re\s*:", subject) else f"Re: {subject}"
            else:
                reply.subject = template and template._render_field(
                    "subject", followup.ids, set_lang=lang)[followup.id]

    @api.depends("said", "promise_date")
    def _compute_next(self):
        for reply in self:
            reply.next_date, reply.next_text = False, False
            if not reply.company_id:
                continue
            today = reply.company_id._get_dunning_today()
            calendar = reply.company_id._get_dunning_calendar()
            if reply.said == "paid":
                reply.next_date = calendar.add_working_days(today, PAID_DAYS)
                reply.next_text = self.env._("Look for the payment he announced")
            elif reply.said == "wrong":
                reply.next_date = calendar.add_working_days(today, 1)
                reply.next_text = self.env._("Find the right addressee and send again")
            elif reply.said == "other":
                reply.next_date = calendar.add_working_days(today, 1)
                reply.next_text = self.env._("Deal with what he wrote")

    def _get_promised(self):
        return self.promise_amount or sum(self.line_ids.mapped("amount_residual"))

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_send(self):
        """Send the reply, note what he said, plan what comes next, and take the answer off the list: in one gesture."""
        self.ensure_one()
        self._check_input()
        note = self._note_said()
        if self.is_replying:
            self._send_reply()
        self._log(note)
        if self.next_text and self.next_date:
            self.followup_id.activity_schedule(
                "mail.mail_activity_data_todo", date_deadline=self.next_date, summary=self.next_text,
                user_id=(self.next_user_id or self.env.user).id)
        self.followup_id.action_mark_read()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _check_input(self):
        if self.is_replying and not (self.partner_id.email_normalized or email_normalize(self.email_to or "")):
            raise UserError(self.env._("Choose to whom you reply, or give an e-mail address."))
        if self.is_replying and is_html_empty(self.body):
            raise UserError(self.env._("Write what you reply, or untick Reply."))
        if self.said in ("promise", "dispute", "copy") and not self.line_ids:
            raise UserError(self.env._("Choose the invoices that he speaks of."))
        if self.said == "promise" and not self.promise_date:
            raise UserError(self.env._("On which day does he promise to pay?"))
        if self.said == "dispute" and not self.dispute_reason_id:
            raise UserError(self.env._("Why does he contest?"))

    def _note_said(self):
        """Turn what he said into the right record and return it. Override to offer more."""
        lines = self.line_ids.filtered(lambda line: line.amount_residual > 0)
        comment = self.comment or self.said_text
        if self.said == "promise":
            return self.env["dunning.promise"]._create_for(
                lines, self.promise_date, amount=self.promise_amount or None, source="mail", comment=comment)
        if self.said == "dispute":
            return self.env["dunning.dispute"]._create_for(
                lines, self.dispute_reason_id, source="mail", comment=comment,
                proof_ids=[Command.set(self.said_files.ids)])
        if self.said == "copy":
            self.attachment_ids |= self._get_copies()
        return self.env["dunning.followup"]

    def _get_copies(self):
        """Return the PDFs of the invoices he asks for."""
        notices = self.env["dunning.notice"]
        invoices = self.line_ids.move_id.filtered(lambda move: move.move_type == "out_invoice")
        files = notices._get_invoice_files(dict.fromkeys(invoices, self.followup_id))
        return self.env["ir.attachment"].browse(files.values())

    def _send_reply(self):
        letter = self.followup_id._get_reply_letter()
        if not self.partner_id and self.is_new_contact:
            self.partner_id = self._create_contact()
        self.followup_id.message_post(
            body=Markup(self.body), subject=" ".join((self.subject or "").split()), message_type="comment",
            subtype_xmlid="mail.mt_comment", parent_id=self.message_id.id, attachment_ids=self.attachment_ids.ids,
            partner_ids=self.partner_id.ids, outgoing_email_to=False if self.partner_id else self.email_to,
            email_from=letter._get_email_from(), author_id=self.company_id.partner_id.id,
            email_layout_xmlid="mail.mail_notification_light", email_add_signature=False, mail_auto_delete=False,
        )

    def _create_contact(self):
        [(name, email)] = email_split_tuples(self.message_id.email_from or self.email_to)[:1]
        # sudo: a collector may not create contacts of other people's customers.
        return self.env["res.partner"].sudo().create({
            "name": name or email, "email": email, "parent_id": self.followup_id.partner_id.id, "type": "contact",
        })

    def _log(self, record):
        """Write what he said where his exchanges are, so that the next colleague knows."""
        if self.said == "nothing" and not self.comment:
            return
        labels = dict(self._fields["said"]._description_selection(self.env))
        invoices = ", ".join(dict.fromkeys(filter(None, self.line_ids.move_id.mapped("name"))))
        parts = [labels[self.said], invoices, self.comment]
        body = Markup(" · ").join(filter(None, parts))
        if record and record._name != "dunning.followup":
            body = Markup("%s · %s") % (body, record._get_html_link())
        self.followup_id._message_log(body=body)


class DunningFollowup(models.Model):
    _inherit = "dunning.followup"

    reply_salutation = fields.Char(compute="_compute_reply_words")
    reply_day_text = fields.Char("Promised Day in Full", compute="_compute_reply_words")
    reply_amount_text = fields.Char("Promised Amount in Words of Money", compute="_compute_reply_words")
    reply_invoices_text = fields.Char("Invoices of the Reply", compute="_compute_reply_words")
    reply_signature_html = fields.Html("Signature of the Reply", compute="_compute_reply_words", sanitize=False)

    @api.depends_context("lang", "dunning_reply_day", "dunning_reply_amount", "dunning_reply_invoices",
                         "dunning_reply_partner")
    def _compute_reply_words(self):
        """What the authors of replies may use, in the customer's language; what he promised stands in the context."""
        context = self.env.context
        for followup in self:
            letter = followup._get_reply_letter()
            followup.reply_salutation = letter._get_salutation()
            followup.reply_day_text = letter._format_long_date(
                fields.Date.to_date(context.get("dunning_reply_day")))
            followup.reply_amount_text = letter._format_amount(
                context.get("dunning_reply_amount") or 0.0, followup.currency_id)
            followup.reply_invoices_text = letter._get_invoices_text(list(context.get("dunning_reply_invoices") or ()))
            followup.reply_signature_html = letter._render_block("account_dunning.notice_signature")

    def _get_reply_letter(self):
        """Return a notice that is never saved: it knows dates, amounts and signature in the customer's language."""
        contact = self.env["res.partner"].browse(self.env.context.get("dunning_reply_partner") or ())
        return self.env["dunning.notice"].new({
            "followup_id": self.id, "company_id": self.company_id.id, "partner_id": self.partner_id.id,
            "lang": contact.lang or self.partner_id.lang or self.company_id.partner_id.lang,
            "user_id": self.env.uid, "date": self.company_id._get_dunning_today(), "name": self.partner_id.display_name,
        })

    def _get_last_answer(self):
        """Return the last message that the customer wrote, whatever his address."""
        # sudo: whoever works on a follow-up reads its discussion.
        messages = self.env["mail.message"].sudo().search([
            ("model", "=", self._name), ("res_id", "in", self.ids), ("message_type", "=", "email"),
        ], limit=10, order="id desc")
        return messages.filtered(
            lambda message: all(user.share for user in message.author_id.user_ids))[:1]

    def action_reply(self):
        """Answer the customer: reply, what he said and the next action on one page."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window", "res_model": "dunning.reply", "view_mode": "form", "target": "new",
            "name": self.env._("Reply to %(customer)s", customer=self.partner_id.display_name),
            "context": {"default_followup_id": self.id},
        }


def _strip_quotes(body):
    """Return what a person wrote himself, as text, without the messages he quotes below."""
    if is_html_empty(body):
        return ""
    root = html.fragment_fromstring(body, create_parent="div")
    for node in root.xpath("//*[@data-o-mail-quote] | //blockquote | //*[contains(@class, 'gmail_quote')]"):
        if node.getparent() is not None:
            node.drop_tree()
    for node in root.iter("br", "div", "hr", "li", "p", "pre", "table", "tr"):
        node.text, node.tail = f"\n{node.text or ''}", f"\n{node.tail or ''}"
    lines = root.text_content().splitlines()
    own = []
    for line in lines:
        if QUOTE_HEADS.match(line):
            break
        if not line.lstrip().startswith(">"):
            own.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip()
