import base64
import io

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date
from odoo.tools.pdf import PdfReader, PdfWriter

from ...escalation import Reason
from ..policy.dunning_level import CHANNELS, LETTER_CHANNELS

# Namespace of the advisory locks that tell a message being sent from one whose sender died.
LOCK_SPACE = 19_441_010


class DunningDispatch(models.Model):
    """One channel of a notice: whether and when it left, and what became of it."""

    _name = "dunning.dispatch"
    _description = "Dunning Dispatch"
    _inherit = ["dunning.door", "dunning.named"]
    _order = "date_planned desc, id desc"
    _rec_name = "recipient"

    _door_fields = frozenset({"state", "date_sent", "printed_date", "message_id", "activity_id", "failure_reason"})
    _fixed_fields = frozenset({"notice_id", "followup_id", "channel", "leading", "recipient"})

    notice_id = fields.Many2one("dunning.notice", required=True, readonly=True, ondelete="cascade",
                                index=True)
    notice_state = fields.Selection(related="notice_id.state", string="State of the Notice")
    notice_name = fields.Char(related="notice_id.name", string="Number of the Notice")
    followup_id = fields.Many2one("dunning.followup", "Follow-up", required=True, readonly=True, ondelete="restrict",
                                  index=True)
    company_id = fields.Many2one(related="notice_id.company_id", store=True, precompute=True)
    partner_id = fields.Many2one(related="notice_id.partner_id", store=True, precompute=True, string="Customer")
    level_id = fields.Many2one(related="notice_id.level_id")
    amount_total = fields.Monetary(related="notice_id.amount_total")
    currency_id = fields.Many2one(related="company_id.currency_id")
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    leading = fields.Boolean(readonly=True, help="The level rises when this one has left.")
    state = fields.Selection(
        [
            ("pending", "Pending"), ("sent", "Sent"), ("delivered", "Delivered"), ("returned", "Returned"),
            ("failed", "Failed"), ("not_made", "Not Made"),
        ],
        default="pending", readonly=True, index=True,
    )
    date_planned = fields.Date("Planned On", readonly=True)
    date_sent = fields.Date("Sent On", readonly=True)
    recipient = fields.Char("Sent To", readonly=True, help="The address or number as it was used.")
    user_id = fields.Many2one("res.users", "Collector")
    message_id = fields.Many2one("mail.message", readonly=True, ondelete="set null", index="btree_not_null")
    activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")
    printed_date = fields.Date("Printed On", readonly=True)
    failure_reason = fields.Char("What Went Wrong", readonly=True)

    outcome = fields.Selection([("reached", "Reached"), ("tried", "Tried to reach")])
    outcome_reason = fields.Selection(
        [
            ("forgotten", "Forgotten"), ("pretext", "Pretext"), ("dispute", "Dispute"),
            ("administrative", "Administrative block"), ("cash", "Cash difficulty"), ("other", "Other"),
        ],
        "Why Unpaid",
    )
    comment = fields.Text(help="Facts only: the person may ask for a copy.")
    call_back_date = fields.Date("Call Back On", help="The letter waits until this day.")

    @api.depends("channel", "partner_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["channel"]._description_selection(self.env))
        for dispatch in self:
            dispatch.display_name = f"{labels.get(dispatch.channel, '')} · {dispatch.partner_id.name or ''}"

    @api.model_create_multi
    def create(self, vals_list):
        dispatches = super().create(vals_list)
        if not self.env.su:
            # A notice that left went the ways it went; a call is a notice of its own.
            dispatches.notice_id._check_not_left()
        return dispatches

    # --- doors of the state ---------------------------------------------------------------------------------------

    def _set_sent(self, today):
        """It left. When it leads, the notice is sent and the levels rise."""
        dispatches = self.filtered(lambda one: one.state == "pending")
        dispatches._write_door({"state": "sent", "date_sent": today, "failure_reason": False})
        dispatches._close_activity()
        dispatches.filtered("leading").notice_id._set_sent(today)
        # A message that goes along with a letter has left; the notice still waits for the letter.
        waiting = dispatches.filtered(lambda one: not one.leading).notice_id
        waiting.filtered(lambda one: one.state in ("sending", "uncertain"))._write_door({"state": "ready"})

    def _set_failed(self, reason):
        """It did not leave. When it leads, nothing left and the customer needs attention."""
        dispatches = self.filtered(lambda one: one.state == "pending")
        dispatches._write_door({"state": "failed", "failure_reason": reason})
        leading = dispatches.filtered("leading")
        leading.notice_id._set_failed(reason)
        others = (dispatches - leading).notice_id
        others.filtered(lambda one: one.state == "sending")._write_door({"state": "ready"})
        others.followup_id._set_attention(Reason.ERROR, reason)

    def _set_returned(self, reason):
        """It came back: the lines fall to the last notice that arrived, unless a later one was sent."""
        dispatches = self.filtered(lambda one: one.state in ("sent", "delivered"))
        dispatches._write_door({"state": "returned", "failure_reason": reason})
        for notice in dispatches._get_own().notice_id:
            if any(one._has_arrived() for one in notice.dispatch_ids._get_own()):
                continue
            notice._write_door({"is_returned": True})
            # sudo: levels follow what arrived, whoever reports it.
            notice.line_ids.line_id.sudo()._rebuild_dunning_levels()
        dispatches.followup_id._set_attention(Reason.RETURNED, reason)
        dispatches.followup_id._wake()

    def _get_own(self):
        """Return those that go to the customer himself. Override where a notice is written to others beside him."""
        return self

    def _has_arrived(self):
        """Tell whether the notice reached the customer this way, as far as anybody knows."""
        return self.state in ("sent", "delivered") and self.channel != "call"

    def _set_not_made(self):
        """Patience is over: a call that was not made or a letter that was not posted keeps nothing waiting."""
        dispatches = self.filtered(lambda one: one.state == "pending")
        dispatches._write_door({"state": "not_made"})
        dispatches._close_activity()
        leading = dispatches.filtered("leading").notice_id
        leading.filtered("is_call")._write_door({"state": "failed"})
        (leading - leading.filtered("is_call"))._set_cancelled(
            self.env._("Not made or not posted within the patience of the company"))
        dispatches.followup_id._set_attention(Reason.NOT_MADE)
        dispatches.followup_id._wake()

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_log_call(self):
        """Open the form in which the outcome of a call is noted."""
        self.ensure_one()
        return self._get_call_action()

    def action_save_call(self):
        """Close a call with its outcome: reached, or tried."""
        for call in self.filtered(lambda one: one.channel == "call"):
            if not call.outcome:
                raise UserError(self.env._("Say whether you reached the customer or tried to."))
            call.user_id = self.env.user
            if call.activity_id.active:
                call._close_activity(feedback=call._get_call_log())
            else:
                call.followup_id.message_post(body=call._get_call_log(), subtype_xmlid="mail.mt_note")
            call._set_sent(call.company_id._get_dunning_today())
            call._plan_call_back()
        return {"type": "ir.actions.act_window_close"}

    def _get_call_log(self):
        parts = [
            self.env._("Phone call: %(outcome)s", outcome=self._get_outcome_text()),
            self.call_back_date and self.env._("Call back on %(date)s",
                                               date=format_date(self.env, self.call_back_date)),
        ]
        return ". ".join(part for part in parts if part)

    def action_not_made(self):
        self._set_not_made()

    def action_print(self):
        """Download the frozen letters as one file."""
        return self._print()

    def _print(self):
        """Return the frozen letters as one file; the bytes of each are those that were archived."""
        letters = self.filtered(lambda one: one.channel in LETTER_CHANNELS and one._get_frozen_letter()
                                and one.notice_id.state != "cancelled")
        if not letters:
            raise UserError(self.env._("There is no letter to print here. Letters are produced when a notice is sent."))
        name, content = letters._get_printed_file()
        for company, ours in letters.grouped("company_id").items():
            ours.filtered(lambda one: not one.printed_date)._write_door({"printed_date": company._get_dunning_today()})
        return self._offer_file(name, content)

    def _get_printed_file(self):
        """Return name and content: one letter as the very bytes that were archived, several merged into one file.

        A notice that goes by two letters is printed twice. Each letter begins on a sheet of its own, also on printers
        that use both sides: nobody finds the letter to somebody else on the back of his.
        """
        files = [one._get_frozen_letter() for one in self]
        if len(files) == 1:
            return self._get_letter_filename(), files[0]
        return self.env._("Letters %(date)s.pdf", date=self.company_id[:1]._get_dunning_today()), merge_letters(files)

    def _get_frozen_letter(self):
        """Return the bytes of the letter as it was produced."""
        return base64.b64decode(self.notice_id.with_context(bin_size=False).pdf or b"")

    def _get_letter_filename(self):
        return self.notice_id.pdf_filename

    def _offer_file(self, name, content):
        """Keep the file with a dialog that Odoo clears away: names and addresses are not gathered for ever."""
        keeper = self.env["dunning.deposit"].create({"date": fields.Date.today()})
        attachment = self.env["ir.attachment"].create({
            "name": name, "raw": content, "res_model": keeper._name, "res_id": keeper.id})
        return {"type": "ir.actions.act_url", "url": f"/web/content/{attachment.id}?download=true", "target": "self"}

    def action_mark_posted(self):
        """The chosen letters were posted today."""
        letters = self.filtered(lambda one: one.channel in LETTER_CHANNELS and one.state == "pending")
        if not letters:
            raise UserError(self.env._("None of these is a letter that waits to be posted."))
        unprinted = letters.filtered(lambda one: one.notice_id.state not in ("ready", "sent"))
        if unprinted:
            raise UserError(self.env._(
                "These letters were not produced yet: %(names)s.", names=", ".join(unprinted.notice_id.mapped("name")),
            ))
        for company, ours in letters.grouped("company_id").items():
            ours._set_sent(company._get_dunning_today())

    # --- calls on the agenda --------------------------------------------------------------------------------------

    def _put_on_agenda(self, today):
        """Give each pending call to its collector as an activity."""
        for call in self.filtered(lambda one: one.channel == "call" and one.state == "pending" and not one.activity_id):
            activity = call.followup_id.activity_schedule(
                "mail.mail_activity_data_call", date_deadline=today,
                summary=self.env._("Call %(customer)s: %(step)s", customer=call.partner_id.display_name,
                                   step=call.notice_id.level_id.name),
                user_id=(call.user_id or self.env.user).id,
            )
            call._write_door({"activity_id": activity.id})

    def _close_activity(self, feedback=False):
        # sudo: the activity may belong to another collector.
        for activity in self.sudo().activity_id.filtered("active"):
            activity.action_feedback(feedback=feedback)

    # --- e-mails --------------------------------------------------------------------------------------------------

    def _cancel_mails(self):
        self.env["mail.mail"].search([("dunning_dispatch_id", "in", self.ids), ("state", "=", "outgoing")]).write(
            {"state": "cancel"})

    def _lock_sending(self):
        """Take the lock that lasts as long as this process: another worker sees it, a crash releases it."""
        self.ensure_one()
        self.env.cr.execute(SQL("SELECT pg_try_advisory_lock(%s, %s)", LOCK_SPACE, self.id))
        return self.env.cr.fetchone()[0]

    def _unlock_sending(self):
        self.env.cr.execute(SQL("SELECT pg_advisory_unlock(%s, %s)", LOCK_SPACE, self.id))

    def _reserve_sending(self):
        """Mark the notice as being sent; tell whether it may be. The caller holds the lock and commits.

        The stop switch holds here too: Odoo's own mail queue sends what is queued without asking the run.
        """
        self.invalidate_model(["state"])
        self.env["dunning.notice"].invalidate_model(["state", "attempt_date"])
        self.env.cr.execute(SQL(
            """UPDATE dunning_notice notice SET state = 'sending', attempt_date = %s
                 FROM dunning_dispatch dispatch
                WHERE dispatch.id = %s AND dispatch.state = 'pending'
                  AND notice.id = dispatch.notice_id AND notice.state = 'ready'
                  AND NOT EXISTS (SELECT FROM res_company company
                                   WHERE company.id = notice.company_id AND company.dunning_stopped)""",
            fields.Datetime.now(), self.id,
        ))
        return bool(self.env.cr.rowcount) or self._may_go_along()

    def _may_go_along(self):
        """Tell whether a message may follow a notice that has left already; one that was leaving is now uncertain."""
        if self.notice_id.state == "sending":
            self.notice_id._set_uncertain()
        return self.notice_id.state == "sent" and self.state == "pending" and not self.company_id.dunning_stopped

    def _record_attempt(self, success, reason):
        """Record the outcome of one attempt to send."""
        if success:
            self._set_sent(self.company_id._get_dunning_today())
        else:
            self._set_failed(reason)

    def _get_failure_text(self, failure_type):
        labels = dict(self.env["mail.mail"]._fields["failure_type"]._description_selection(self.env))
        return labels.get(failure_type) or self.env._("The mail server refused the message.")


def merge_letters(files):
    """Return several letters as one file; one that ends on the front of a sheet leaves its back empty."""
    writer = PdfWriter()
    for content in files:
        pages = PdfReader(io.BytesIO(content), strict=False).pages
        for page in pages:
            writer.add_page(page)
        if len(pages) % 2 and content is not files[-1]:
            writer.add_blank_page(width=pages[-1].mediabox.width, height=pages[-1].mediabox.height)
    result = io.BytesIO()
    writer.write(result)
    return result.getvalue()
