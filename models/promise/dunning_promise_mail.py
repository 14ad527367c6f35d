from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize
from odoo.tools.misc import clean_context


class DunningPromise(models.Model):
    """The confirmation to the customer: he reads what he said, in his language. A person sees it before it goes.

    It is sent on the follow-up, so that the answer lands there too.
    """

    _inherit = "dunning.promise"

    lang = fields.Char("Language of the Customer", compute="_compute_words")
    salutation = fields.Char(compute="_compute_words")
    amount_text = fields.Char("Amount in Full", compute="_compute_words")
    date_text = fields.Char("Day in Full", compute="_compute_words")
    invoices_text = fields.Char("Invoices Named, for a Subject", compute="_compute_words")
    invoice_names = fields.Char("Invoice Numbers", compute="_compute_words")
    is_singular = fields.Boolean("One Invoice Only", compute="_compute_words")
    is_whole = fields.Boolean("All That Was Open", compute="_compute_words")
    signature_html = fields.Html("Signature", compute="_compute_words", sanitize=False)

    @api.depends("amount", "currency_id", "date_promised", "line_ids.name", "partner_id", "user_id")
    def _compute_words(self):
        for promise in self:
            words = promise._get_words()
            names = list(dict.fromkeys(line.name for line in promise.line_ids if line.name))
            promise.lang = words.lang
            promise.salutation = words.salutation
            promise.amount_text = words._format_amount(promise.amount, promise.currency_id)
            promise.date_text = words._format_long_date(promise.date_promised)
            promise.invoices_text = words._get_invoices_text(names)
            promise.invoice_names = words._join_words(names)
            promise.is_singular = len(names) == 1
            promise.is_whole = all(line.amount >= line.amount_start for line in promise.line_ids)
            promise.signature_html = words.signature_html

    def _get_words(self):
        """Return a notice that is never saved: it knows how the customer is addressed and how amounts are written."""
        env = self.env(context=clean_context(self.env.context))
        return env["dunning.notice"].new({
            "followup_id": self.followup_id.id, "company_id": self.company_id.id, "partner_id": self.partner_id.id,
            "lang": self.partner_id.lang, "user_id": self._get_collector().id,
        })

    def action_note_and_confirm(self):
        return self.action_confirm()

    def action_confirm(self):
        """Show the confirmation before it goes to the customer."""
        self.ensure_one()
        if self.state != "open":
            raise UserError(self.env._("This promise was closed already: there is nothing to confirm."))
        self = self.with_env(self.env(context=clean_context(self.env.context)))
        template = self.env.ref("account_dunning.mail_template_promise")
        words = template._generate_template(self.ids, ("subject", "body_html"))[self.id]
        company = self.company_id
        sender = email_normalize(company.dunning_email or company.email or "")
        return {
            "type": "ir.actions.act_window", "res_model": "mail.compose.message", "target": "new",
            "name": self.env._("Confirm the promise"), "view_mode": "form", "views": [(False, "form")],
            "context": {
                "default_model": "dunning.followup", "default_res_ids": self.followup_id.ids,
                "default_composition_mode": "comment", "default_subject": words["subject"],
                "default_body": words["body_html"],
                "default_partner_ids": self._get_recipient().ids,
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "dunning_promise_id": self.id,
                **({"default_email_from": f'"{company.name}" <{sender}>'} if sender else {}),
            },
        }

    def _get_recipient(self):
        """Return the contact of the customer who is written to about reminders."""
        return self.partner_id._get_dunning_recipient("accounts_payable")


class DunningFollowup(models.Model):
    """Notes when a confirmation left."""

    _inherit = "dunning.followup"

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        promise = self.env["dunning.promise"].browse(self.env.context.get("dunning_promise_id")).exists()
        if promise and promise.followup_id == self:
            promise._write_door({"confirmation_date": fields.Datetime.now()})
        return result
