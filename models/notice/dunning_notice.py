from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...escalation import Reason
from ..followup.dunning_followup import STAGE_LABELS

# What a sent notice said; it reads the same in ten years.
FROZEN_FIELDS = frozenset({
    "subject", "body", "letter_body", "addressee", "address", "email_to", "amount_total", "amount_interest",
    "amount_compensation", "payee_text", "pdf", "pdf_sha256", "html",
    "html_sha256", "deadline_date", "lang", "level_id", "followup_id", "company_id", "name", "partner_id",
    "contact_id", "date", "is_call", "is_manual", "policy_id", "pdf_filename", "message_id", "is_edited",
})
LEFT_STATES = ("sending", "sent", "uncertain")


class DunningNotice(models.Model):
    """One communication to one customer: prepared as a draft, frozen when it leaves, a copy for ever after.

    Its channels are ``dunning.dispatch`` records; the levels of its lines rise when the leading one has left.
    """

    _name = "dunning.notice"
    _description = "Dunning Notice"
    _inherit = ["dunning.door", "dunning.named"]
    _order = "date desc, id desc"
    _check_company_auto = True

    _door_fields = frozenset({"state", "date_sent", "name", "html", "html_sha256", "pdf", "pdf_sha256", "is_returned",
                              "is_elsewhere", "attempts", "attempt_date", "failure_reason", "cancel_reason",
                              "message_id"})
    _fixed_fields = frozenset({"followup_id", "company_id", "partner_id", "is_call", "is_manual"})
    _frozen_files = frozenset({"pdf", "html"})

    name = fields.Char("Number", readonly=True, copy=False, default="/")
    followup_id = fields.Many2one("dunning.followup", "Follow-up", required=True, readonly=True, ondelete="restrict",
                                  index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", "Customer", required=True, readonly=True, ondelete="restrict",
                                 index=True)
    contact_id = fields.Many2one("res.partner", "Addressee Contact", ondelete="set null",
                                 help="The person or address this notice is written to.")
    run_id = fields.Many2one("dunning.run", readonly=True, ondelete="set null", index="btree_not_null")
    policy_id = fields.Many2one("dunning.policy", readonly=True, ondelete="set null")
    level_id = fields.Many2one("dunning.level", ondelete="restrict", index="btree_not_null")
    stage = fields.Selection(STAGE_LABELS, compute="_compute_stage", store=True, precompute=True)
    user_id = fields.Many2one("res.users", "Collector")
    lang = fields.Char("Language")
    is_manual = fields.Boolean("By Hand", readonly=True, help="Sent by a person for chosen invoices.")
    is_call = fields.Boolean("Call before the Letter", readonly=True,
                             help="The phone call that comes before the step; the level does not rise with it.")
    is_elsewhere = fields.Boolean("Sent Elsewhere", readonly=True,
                                  help="Taken over from another program: it raised the level, its text is not here.")
    is_returned = fields.Boolean("Returned", readonly=True)
    state = fields.Selection(
        [
            ("draft", "Draft"), ("to_approve", "To Decide"), ("ready", "Ready"), ("sending", "Sending"),
            ("sent", "Sent"), ("uncertain", "Uncertain"), ("failed", "Failed"), ("cancelled", "Cancelled"),
        ],
        default="draft", readonly=True, copy=False, index=True,
    )
    date = fields.Date("Prepared On", readonly=True, help="The day, in the company's zone, this notice is planned for.")
    date_sent = fields.Date("Sent On", readonly=True, copy=False)
    deadline_date = fields.Date("Pay By")
    attempt_date = fields.Datetime("Last Attempt", readonly=True, copy=False)
    attempts = fields.Integer("Print Attempts", readonly=True, copy=False)
    failure_reason = fields.Char("What Went Wrong", readonly=True, copy=False)
    warning = fields.Char("Note", readonly=True, copy=False)
    cancel_reason = fields.Char("Cancelled Because", readonly=True, copy=False)

    line_ids = fields.One2many("dunning.notice.line", "notice_id", "Receivables")
    dispatch_ids = fields.One2many("dunning.dispatch", "notice_id", "Channels")
    amount_total = fields.Monetary("Amount", readonly=True, help="What is claimed, in the currency of the company.")

    # Copied when the notice leaves.
    subject = fields.Char()
    body = fields.Html("E-mail", sanitize_style=True, prefetch=False)
    letter_body = fields.Html("Text of the Letter", sanitize_style=True, prefetch=False)
    is_edited = fields.Boolean("Text Written by Hand", copy=False)
    addressee = fields.Char(readonly=True)
    address = fields.Text("Postal Address", readonly=True)
    email_to = fields.Char("E-mail Address", readonly=True)
    html = fields.Binary("E-mail as Sent", attachment=True, readonly=True, copy=False)
    html_sha256 = fields.Char("SHA-256 of the E-mail", readonly=True, copy=False)
    pdf = fields.Binary("Letter as Sent", attachment=True, readonly=True, copy=False)
    pdf_filename = fields.Char(readonly=True, copy=False)
    pdf_sha256 = fields.Char("SHA-256 of the Letter", readonly=True, copy=False)
    message_id = fields.Many2one("mail.message", readonly=True, copy=False, ondelete="set null",
                                 index="btree_not_null")

    @api.depends("level_id", "is_call")
    def _compute_stage(self):
        """A call before a step has not the stage of that step: it puts nobody in default and has no deadline."""
        for notice in self:
            notice.stage = not notice.is_call and notice.level_id.stage or "none"

    @api.depends("name", "level_id")
    def _compute_display_name(self):
        for notice in self:
            step = notice.sudo().level_id.name  # approvers read notices without a right on steps
            notice.display_name = f"{notice.name} · {step}" if step else notice.name

    # --- CRUD -----------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        notices = super().create(vals_list)
        notices.filtered(lambda one: one.name in (False, "/"))._set_numbers()
        return notices

    def _set_numbers(self):
        """Number notices by their own ids: no gap, no lock on a sequence while thousands are prepared.

        By SQL, because one that is created as sent is numbered too.
        """
        self.env.cr.execute(SQL(
            """UPDATE dunning_notice
                  SET name = 'R' || to_char(COALESCE(date, %s), 'YYYY') || '-'
                             || lpad(id::varchar, GREATEST(6, length(id::varchar)), '0')
                WHERE id = ANY(%s)""",
            fields.Date.today(), self.ids,
        ))
        self.invalidate_recordset(["name"], flush=False)

    def write(self, vals):
        if not FROZEN_FIELDS.isdisjoint(vals):
            self._check_not_produced()
        if {"subject", "body", "letter_body"} & vals.keys() and "is_edited" not in vals \
                and not self.env.context.get("dunning_freeze"):
            vals = {**vals, "is_edited": True}
        return super().write(vals)

    def _check_not_produced(self):
        """Refuse to change what is printed already: the paper and the record say the same."""
        self._check_not_left()
        produced = self.filtered(lambda one: one.state == "ready")
        if produced and not self.env.su:
            raise UserError(self.env._(
                "Notice %(name)s was produced already: cancel or re-issue it instead of changing it.",
                name=produced[0].name))

    def _check_not_left(self):
        for notice in self:
            if notice.state in LEFT_STATES:
                raise UserError(self.env._(
                    "Notice %(name)s was already sent. Create a new notice instead of changing it.", name=notice.name,
                ))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_left(self):
        for notice in self:
            if notice.state not in ("draft", "cancelled"):
                raise UserError(self.env._(
                    "Notice %(name)s is part of the history and cannot be deleted. Cancel it if it has not left.",
                    name=notice.name,
                ))

    # --- doors of the state ---------------------------------------------------------------------------------------

    def _set_ready(self):
        self.filtered(lambda one: one.state in ("draft", "to_approve"))._write_door({"state": "ready"})

    def _set_to_approve(self):
        """Prepared for a person to decide: it never leaves by itself."""
        notices = self.filtered(lambda one: one.state == "draft")
        notices._write_door({"state": "to_approve"})
        notices.followup_id._set_attention(Reason.TO_DECIDE)

    def _set_sent(self, today):
        """The leading channel has left: freeze the day, raise the levels of what moves, settle the follow-up."""
        notices = self.filtered(lambda one: one.state in ("ready", "sending", "uncertain"))
        if not notices:
            return
        notices._write_door({"state": "sent", "date_sent": today, "failure_reason": False})
        notices._raise_levels(today)
        for notice in notices.filtered(lambda one: not one.is_call):
            notice.followup_id._write_door({"last_notice_id": notice.id, "last_notice_date": today})
        notices.followup_id._clear_attention()
        notices.followup_id._wake()

    def _raise_levels(self, today):
        """Write the new level of every line that moves; a call before a letter moves nothing."""
        self.env["dunning.notice.line"].flush_model(["notice_id", "role", "line_id", "level_id"])
        rows = self.env.execute_query(SQL(
            """SELECT line_id, level_id, %s, notice_id
                 FROM dunning_notice_line
                WHERE notice_id = ANY(%s) AND role = 'moving' AND line_id IS NOT NULL
             ORDER BY notice_id""",
            today, self.filtered(lambda one: not one.is_call).ids,
        ))
        # sudo: levels are the result of what was sent, whoever sent it.
        self.env["account.move.line"].sudo()._set_dunning_levels(rows)

    def _set_failed(self, reason):
        """Nothing left: the customer is shown with the reason and not tried again today."""
        notices = self.filtered(lambda one: one.state in ("draft", "to_approve", "ready", "sending"))
        notices._write_door({"state": "failed", "failure_reason": reason})
        notices.followup_id._set_attention(Reason.ERROR, reason)
        notices.followup_id._sleep_until_tomorrow()

    def _set_uncertain(self):
        """An earlier attempt died while the message was leaving: only a person can say whether it left."""
        notices = self.filtered(lambda one: one.state == "sending")
        notices._write_door({"state": "uncertain"})
        # sudo: the queued mail belongs to the mail queue.
        notices.dispatch_ids.sudo()._cancel_mails()
        notices.followup_id._set_attention(Reason.UNCERTAIN)

    def _set_cancelled(self, reason):
        notices = self.filtered(lambda one: one.state in ("draft", "to_approve", "ready"))
        notices._write_door({"state": "cancelled", "cancel_reason": reason})
        notices.dispatch_ids._close_activity()
        # sudo: the queued mail belongs to the mail queue, not to the collector.
        notices.dispatch_ids.sudo()._cancel_mails()
        notices.followup_id._wake()
        return notices

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_open(self):
        """Show one notice, or a list of several."""
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_notice_action")
        if len(self) == 1:
            return action | {"res_id": self.id, "views": [(False, "form")], "view_mode": "form"}
        return action | {"domain": [("id", "in", self.ids)], "context": {}}

    def action_send(self):
        """Hand chosen drafts to the run that sends them; the scheduled action does the work."""
        notices = self.filtered(lambda one: one.state in ("draft", "to_approve"))
        if not notices:
            raise UserError(self.env._("Only drafts can be sent. Choose notices that have not left yet."))
        for company, ours in notices.grouped("company_id").items():
            self.env["dunning.run"]._create_sending_run(company, ours)

    def action_cancel(self):
        left = self.filtered(lambda one: one.state in (*LEFT_STATES, "cancelled"))
        if left:
            raise UserError(self.env._(
                "These notices have left or were cancelled before: %(names)s.", names=", ".join(left.mapped("name")),
            ))
        self.filtered(lambda one: one.state == "failed")._write_door({"state": "draft"})
        self._set_cancelled(self.env._("Cancelled by %(user)s", user=self.env.user.name))

    def action_mark_left(self):
        """A person says: the uncertain message did leave."""
        for notice in self.filtered(lambda one: one.state == "uncertain"):
            notice.dispatch_ids.filtered(lambda one: one.channel == "email" and one.state == "pending")._set_sent(
                notice.company_id._get_dunning_today())

    def action_send_again(self):
        """A person says: the uncertain or failed message did not leave; the run sends it again."""
        notices = self.filtered(lambda one: one.state in ("uncertain", "failed"))
        for company, ours in notices.grouped("company_id").items():
            ours._write_door({"state": "draft", "failure_reason": False})
            ours.dispatch_ids.filtered(lambda one: one.state == "failed")._write_door(
                {"state": "pending", "failure_reason": False})
            # sudo: the old queued mail is replaced by a new one.
            ours.dispatch_ids.sudo()._cancel_mails()
            self.env["dunning.run"]._create_sending_run(company, ours)

    def action_print(self):
        """Download the frozen letters as one file and remember that they were printed."""
        return self.dispatch_ids.action_print()

    def action_mark_posted(self):
        """Posted today: the letters have left."""
        self.dispatch_ids.action_mark_posted()

    def action_view_email(self):
        """Open the e-mail exactly as it was sent."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "target": "new",
                "url": f"/dunning/notice/{self.id}/email"}
