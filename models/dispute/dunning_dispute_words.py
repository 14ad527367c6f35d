from lxml import html
from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import html2plaintext


class DunningDispute(models.Model):
    """The words of our answer: what the authors of its templates may use, in the customer's language.

    What is being decided stands in the context while the answer is previewed: ``dunning_pay_by``,
    ``dunning_accepted``, ``dunning_finding``, ``dunning_proofs``.
    """

    _inherit = "dunning.dispute"

    salutation = fields.Char(compute="_compute_words")
    invoices_text = fields.Char("Invoices Named, for a Subject", compute="_compute_words")
    amount_text = fields.Char("Contested Amount in Words of Money", compute="_compute_words")
    accepted_text = fields.Char("Accepted Amount in Words of Money", compute="_compute_words")
    refused_text = fields.Char("Refused Amount in Words of Money", compute="_compute_words")
    date_text = fields.Char("Day of the Objection in Full", compute="_compute_words")
    pay_by_text = fields.Char("Day of Payment in Full", compute="_compute_words")
    reason_text = fields.Char("Reason in Words", compute="_compute_words")
    finding_text = fields.Text("Finding in the Answer", compute="_compute_words")
    mediator_text = fields.Char("Mediator", compute="_compute_words")
    signature_html = fields.Html("Signature", compute="_compute_words", sanitize=False)
    has_proofs = fields.Boolean("Proofs Go Along", compute="_compute_words")
    has_answer = fields.Boolean(compute="_compute_has_answer")

    @api.depends("amount", "amount_accepted", "date_open", "finding", "line_ids.name", "partner_id", "pay_by",
                 "proof_ids", "reason_id")
    @api.depends_context("lang", "dunning_pay_by", "dunning_accepted", "dunning_finding", "dunning_proofs")
    def _compute_words(self):
        for dispute in self:
            letter = dispute._in_letter()
            accepted = self.env.context.get("dunning_accepted", dispute.amount_accepted)
            pay_by = fields.Date.to_date(self.env.context.get("dunning_pay_by")) or dispute.pay_by
            names = list(dict.fromkeys(filter(None, dispute.line_ids.mapped("name"))))
            env = letter._in_customer_language().env
            dispute.salutation = letter._get_salutation()
            dispute.invoices_text = letter._get_invoices_text(names)
            dispute.amount_text = letter._format_amount(dispute.amount, dispute.currency_id)
            dispute.accepted_text = letter._format_amount(accepted, dispute.currency_id)
            dispute.refused_text = letter._format_amount(dispute.amount - accepted, dispute.currency_id)
            dispute.date_text = letter._format_long_date(dispute.date_open)
            dispute.pay_by_text = letter._format_long_date(pay_by)
            dispute.reason_text = dispute.with_env(env).reason_id.name
            dispute.mediator_text = dispute.company_id.with_env(env)._get_dunning_mediator_text(
                letter._get_debtor_kind())
            dispute.has_proofs = self.env.context.get("dunning_proofs", bool(dispute.proof_ids))
            dispute.finding_text = self.env.context.get("dunning_finding", dispute.finding) or ""
            dispute.signature_html = letter._render_block("account_dunning.notice_signature")

    @api.depends("answer_body")
    def _compute_has_answer(self):
        for dispute in self:
            dispute.has_answer = bool(html2plaintext(dispute.answer_body or "").strip())

    def _in_letter(self):
        """Return a notice that is never saved: it knows addresses, amounts and dates in the customer's language."""
        contact = self._get_addressee()
        lines = contact._display_address(without_company=False).splitlines()
        return self.env["dunning.notice"].new({
            "followup_id": self.followup_id.id, "company_id": self.company_id.id, "partner_id": self.partner_id.id,
            "contact_id": contact.id, "lang": contact.lang or self.partner_id.lang or self.company_id.partner_id.lang,
            "user_id": self.followup_id.user_id.id or self.env.uid, "date": self.company_id._get_dunning_today(),
            "addressee": contact.display_name, "address": "\n".join(line for line in lines if line.strip()),
            "name": self.display_name, "email_to": contact.email_normalized,
        })

    def _get_paper_text(self):
        """Return our answer without the type and width of an e-mail."""
        text = html.fragment_fromstring(self.answer_body or "", create_parent="div")
        for block in text:
            block.attrib.pop("style", None)
        return Markup(html.tostring(text, encoding="unicode"))

    def _get_addressee(self):
        """Return to whom we answer: the customer's contact for reminders."""
        return self.partner_id.with_company(self.company_id)._get_dunning_recipient(False, self.env["res.partner"])
