from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

MIN_DAYS = 8  # to pay after our answer, when neither the next step nor the quiet days ask for more
TEMPLATES = {
    "rejected": "account_dunning.mail_template_dispute_rejected",
    "partly": "account_dunning.mail_template_dispute_partly",
    "accepted": "account_dunning.mail_template_dispute_accepted",
}


class DunningDisputeAnswer(models.TransientModel):
    """Tells the customer what became of his objection: read before it leaves, with the proofs, then dunning goes on."""

    _name = "dunning.dispute.answer"
    _inherit = ["dunning.dialog"]
    _description = "Answer to a Dispute"

    dispute_id = fields.Many2one("dunning.dispute", required=True, ondelete="cascade")
    decision = fields.Selection(
        [("rejected", "Rejected"), ("partly", "Accepted in part"), ("accepted", "Accepted, credit note to come")],
        required=True, default="rejected",
    )
    line_ids = fields.One2many("dunning.dispute.answer.line", "answer_id", "Receivables",
                               compute="_compute_line_ids", store=True, readonly=False)
    currency_id = fields.Many2one(related="dispute_id.currency_id")
    amount = fields.Monetary(related="dispute_id.amount")
    amount_accepted = fields.Monetary("Accepted", compute="_compute_amount_accepted")
    pay_by = fields.Date(
        compute="_compute_pay_by", store=True, readonly=False,
        help="Dunning goes on after this day, at the step where it stood.",
    )
    mode = fields.Selection(
        [("email", "By e-mail"), ("letter", "By letter, to be printed"), ("none", "He was told otherwise")],
        "Tell the Customer", required=True, default="email",
    )
    partner_id = fields.Many2one("res.partner", "To", compute="_compute_partner_id", store=True, readonly=False)
    email = fields.Char(related="partner_id.email", string="E-mail Address")
    finding = fields.Text("What We Found", compute="_compute_finding", store=True, readonly=False)
    # Not as superuser: whoever may edit templates may have them read anything.
    subject = fields.Char(compute="_compute_text", store=True, readonly=False, compute_sudo=False)
    body = fields.Html("Answer", compute="_compute_text", store=True, readonly=False, compute_sudo=False,
                       sanitize_style=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Proofs", compute="_compute_attachment_ids", store=True,
                                      readonly=False)
    lacks_mediator = fields.Boolean(compute="_compute_lacks_mediator")

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("dispute_id")
    def _compute_line_ids(self):
        for answer in self:
            answer.line_ids = [Command.clear(), *(
                Command.create({"dispute_line_id": line.id, "amount_accepted": 0.0})
                for line in answer.dispute_id.line_ids)]

    @api.depends("decision", "line_ids.amount_accepted")
    def _compute_amount_accepted(self):
        for answer in self:
            accepted = {"accepted": answer.amount, "rejected": 0.0}
            answer.amount_accepted = accepted.get(answer.decision, sum(answer.line_ids.mapped("amount_accepted")))

    @api.depends("dispute_id", "decision")
    def _compute_pay_by(self):
        for answer in self:
            answer.pay_by = answer.decision != "accepted" and answer.dispute_id._get_pay_by()

    @api.depends("dispute_id")
    def _compute_partner_id(self):
        for answer in self:
            answer.partner_id = answer.dispute_id._get_addressee() if answer.dispute_id else False

    @api.depends("dispute_id")
    def _compute_finding(self):
        for answer in self:
            answer.finding = answer.dispute_id.finding

    @api.depends("dispute_id")
    def _compute_attachment_ids(self):
        for answer in self:
            answer.attachment_ids = answer.dispute_id.proof_ids

    @api.depends("decision", "pay_by", "finding", "amount_accepted", "dispute_id", "attachment_ids")
    def _compute_text(self):
        """Write the answer anew whenever something it says changes."""
        for answer in self:
            template = self.env.ref(TEMPLATES[answer.decision or "rejected"], raise_if_not_found=False)
            if not (answer.dispute_id and template):
                continue
            dispute, template = answer._in_preview(answer.dispute_id._origin), answer._in_preview(template)
            lang = dispute._in_letter()._in_customer_language().env.lang
            answer.subject = template._render_field("subject", dispute.ids, set_lang=lang)[dispute.id]
            answer.body = template._render_field("body_html", dispute.ids, set_lang=lang)[dispute.id]

    @api.depends("dispute_id", "decision")
    def _compute_lacks_mediator(self):
        for answer in self:
            company = answer.dispute_id.company_id
            kind = answer.partner_id.commercial_partner_id.with_company(company).dunning_debtor_kind
            answer.lacks_mediator = bool(
                answer.dispute_id and answer.decision != "accepted" and kind in ("consumer", "unknown", False)
                and not company.sudo().dunning_mediator_name)

    def _in_preview(self, record):
        """Return a record that knows what is being decided, for the words of the template."""
        return record.with_context(
            dunning_pay_by=fields.Date.to_string(self.pay_by) if self.pay_by else False,
            dunning_accepted=self.amount_accepted, dunning_finding=self.finding or "",
            dunning_proofs=bool(self.attachment_ids),
        )

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_send(self):
        """Send or print the answer and take the decision; a part that we accept leads on to its credit note."""
        self.ensure_one()
        dispute = self.dispute_id
        dispute._check_handler()
        self._check_decision()
        dispute.proof_ids |= self.attachment_ids
        if self.decision == "rejected":
            dispute._set_rejected(self.pay_by)
        else:
            amounts = {line.dispute_line_id.id: line.amount_accepted for line in self.line_ids}
            dispute._set_accepted(None if self.decision == "accepted" else amounts, self.decision, self.pay_by)
            dispute._plan_activity(self.env.user, dispute.deadline, self.env._("Make the credit note"))
        action = dispute._send_answer(self.mode, self.partner_id, self.subject, self.body, self.attachment_ids)
        if action:
            return action
        return {"type": "ir.actions.act_window_close"}

    def _check_decision(self):
        if self.mode == "email" and not self.partner_id.email_normalized:
            raise UserError(self.env._(
                "%(name)s has no e-mail address. Choose another contact, or answer by letter.",
                name=self.partner_id.display_name))
        today = self.dispute_id.company_id._get_dunning_today()
        if self.decision != "accepted" and self.pay_by and self.pay_by < today:
            raise UserError(self.env._("The day to pay by lies in the past."))
        if self.decision == "partly":
            if any(not 0 <= line.amount_accepted <= line.amount for line in self.line_ids):
                raise UserError(self.env._("What you accept of an invoice lies between zero and what is contested."))
            if self.currency_id.is_zero(self.amount_accepted):
                raise UserError(self.env._("Say which part you accept, or choose Rejected."))


class DunningDisputeAnswerLine(models.TransientModel):
    _name = "dunning.dispute.answer.line"
    _inherit = ["dunning.dialog"]
    _description = "Accepted Part of a Dispute"

    answer_id = fields.Many2one("dunning.dispute.answer", required=True, ondelete="cascade")
    dispute_line_id = fields.Many2one("dunning.dispute.line", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="dispute_line_id.currency_id")
    name = fields.Char(related="dispute_line_id.name")
    amount = fields.Monetary(related="dispute_line_id.amount", string="Contested")
    amount_accepted = fields.Monetary("Accepted")


class DunningDispute(models.Model):
    _inherit = "dunning.dispute"

    def _get_pay_by(self):
        """Return the day to pay by that our answer names: the gap of the next step counts from the answer."""
        self.ensure_one()
        company = self.company_id
        today = company._get_dunning_today()
        followup = self.followup_id
        followup._flush_facts()
        case = followup._get_cases(today, company._get_dunning_rules(today))[followup.id]
        ours = [item for item in case.receivables if item.key in self.line_ids.line_id.ids]
        gaps = [step.gap for item in ours for step in item.policy.after(item.step, item.stage)[:1]]
        eve = today + timedelta(days=max([MIN_DAYS, company.sudo().dunning_quiet_days, *gaps]) - 1)
        return company._get_dunning_calendar().add_working_days(eve, 1)

    def _send_answer(self, mode, contact, subject, body, proofs):
        """Keep what was answered; send it in the discussion of the customer, or return the letter to print."""
        # sudo: the answer is part of the decision, which the doors have checked.
        self.sudo().write({"answer_mode": mode, "answer_subject": subject, "answer_body": body})
        if mode == "none":
            return None
        if mode == "letter":
            return self.action_print_answer()
        letter = self._in_letter()
        self.followup_id.message_post(
            body=Markup(body or ""), subject=" ".join((subject or "").split()), message_type="comment",
            subtype_xmlid="mail.mt_comment", partner_ids=contact.ids, attachment_ids=proofs.ids,
            email_from=letter._get_email_from(), author_id=self.company_id.partner_id.id,
            email_layout_xmlid="mail.mail_notification_light", email_add_signature=False, mail_auto_delete=False,
        )
        return None

    def action_print_answer(self):
        """Print our answer as a letter."""
        self.ensure_one()
        return self.env.ref("account_dunning.action_report_dunning_dispute_answer").report_action(self)
