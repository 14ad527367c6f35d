import base64
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list
from odoo.tools.misc import format_amount, format_date

from ...escalation import Reason
from ..base.apart import apart
from ..policy.dunning_level import LETTER_CHANNELS
from ..run.dunning_run_night import NightStep
from .dunning_notice_approval import SILENCE_DAYS

_logger = logging.getLogger(__name__)

# Working days from the production of a letter to its presentation at the door; an e-mail arrives at once.
PRESENTATION_DAYS = {"letter": 2, "registered": 2, "bailiff": 3}
DEPOSIT_DAYS = 2  # working days in which a produced letter must be deposited


class DunningNotice(models.Model):
    """The deadline of a formal notice: a calendar date, the calls around it, and what became of it."""

    _inherit = "dunning.notice"

    _door_fields = frozenset({"last_call_date", "last_call_activity_id", "is_deadline_called", "deadline_outcome",
                              "deadline_amount"})

    last_call_date = fields.Date("Last Call Planned On", readonly=True, copy=False)
    last_call_activity_id = fields.Many2one("mail.activity", readonly=True, copy=False, ondelete="set null")
    is_deadline_called = fields.Boolean("Call before the Deadline Planned", readonly=True, copy=False)
    deadline_outcome = fields.Selection(
        [("paid", "Paid in time"), ("partly", "Paid in part"), ("unpaid", "Not paid")], "At the Deadline",
        readonly=True, copy=False, help="Noted the morning after the deadline.",
    )
    deadline_amount = fields.Monetary("Open at the Deadline", readonly=True, copy=False)
    deadline_status = fields.Char("About the Deadline", compute="_compute_deadline_status")

    @api.depends("deadline_date", "deadline_outcome", "is_returned", "state", "line_ids.line_id.amount_residual")
    @api.depends_context("lang")
    def _compute_deadline_status(self):
        """Say until when the customer may pay and what is left; history is never rewritten."""
        for notice in self:
            notice.deadline_status = notice.state == "sent" and notice.stage == "formal" \
                and bool(notice.deadline_date) and notice._get_deadline_status()

    def _get_deadline_status(self):
        day = format_date(self.env, self.deadline_date)
        left = self._get_deadline_residual()
        values = {"date": day, "left": format_amount(self.env, left, self.currency_id),
                  "total": format_amount(self.env, self._get_deadline_total(), self.currency_id)}
        if not left:
            return self.env._("Deadline %(date)s: paid.", **values)
        if self.is_returned:
            return self.env._("The notice came back: no deadline runs. %(left)s of %(total)s is open.", **values)
        if self.deadline_date < self.company_id._get_dunning_today():
            return self.env._("The deadline of %(date)s has passed: %(left)s of %(total)s is unpaid.", **values)
        return self.env._("Deadline %(date)s: %(left)s of %(total)s is open.", **values)

    def _get_demanded_lines_of_deadline(self):
        return self.line_ids.filtered(lambda line: line.role == "moving")

    def _get_deadline_total(self):
        return sum(self._get_demanded_lines_of_deadline().mapped("amount_company"))

    def _get_deadline_residual(self):
        """Return what is still open of what the notice demanded, in the currency of the company."""
        # sudo: the books are read for those who see the notice only.
        lines = self.sudo()._get_demanded_lines_of_deadline().line_id
        return self.currency_id.round(sum(line.amount_residual for line in lines if line.amount_residual > 0))

    def write(self, vals):
        """A person may give more time, never a day that has passed."""
        day = fields.Date.to_date(vals.get("deadline_date"))
        if day and not self.env.su and any(
                one.stage == "formal" and day < one.company_id._get_dunning_today() for one in self):
            raise UserError(self.env._("The deadline is in the past. Choose a later day."))
        return super().write(vals)

    # --- the date -------------------------------------------------------------------------------------------------

    @api.model
    def _get_deadline_day(self, company, level, today):
        """Return the last day to pay of a formal notice: its clear days after the letter was presented.

        Neither the day of presentation nor the last day counts; a deadline never ends on a day of rest.
        """
        if level.stage != "formal":
            return super()._get_deadline_day(company, level, today)
        calendar = company._get_dunning_calendar()
        channels = level._get_channels()
        wait = PRESENTATION_DAYS.get(channels[0] if channels else "registered", 0)
        presented = calendar.add_working_days(today, wait) if wait else today
        return calendar.add_working_days(presented + timedelta(days=level.deadline_days), 1)

    def _get_production_problems(self, today):
        """A text written by hand names its day: it must still leave the customer his time when it is printed."""
        if self.stage == "formal" and self.is_edited:
            self.deadline_date = max(filter(None, (
                self.deadline_date, self._get_deadline_day(self.company_id, self.level_id, today))))
        return super()._get_production_problems(today)

    def _set_day(self, today):
        """A formal notice always says the dates of its production; a person may only give more time."""
        chosen = {notice: notice.deadline_date for notice in self if notice.stage == "formal" and notice.is_edited}
        super()._set_day(today)
        for notice, day in chosen.items():
            computed = notice._get_deadline_day(notice.company_id, notice.level_id, today)
            notice.deadline_date = max(filter(None, (day, computed)))

    # --- deposit --------------------------------------------------------------------------------------------------

    def _get_last_deposit_day(self):
        """Return the last day on which the produced letter may be deposited."""
        return self.company_id._get_dunning_calendar().add_working_days(self.date, DEPOSIT_DAYS)

    def _check_deposit_day(self, day):
        """Refuse a deposit that leaves the customer less time than the letter says."""
        for notice in self.filtered(lambda one: one.stage == "formal" and one.date and not one.is_elsewhere):
            if day > notice._get_last_deposit_day():
                raise UserError(self.env._(
                    "%(name)s was produced on %(produced)s and should have been posted by %(last)s: its dates and "
                    "amounts are too old. Press “Re-issue” on the notice to print a new letter, and destroy this one.",
                    name=notice.display_name, produced=format_date(self.env, notice.date),
                    last=format_date(self.env, notice._get_last_deposit_day()),
                ))
            if day < notice.date:
                raise UserError(self.env._(
                    "%(name)s was produced on %(produced)s only. It cannot have been posted before.",
                    name=notice.display_name, produced=format_date(self.env, notice.date),
                ))

    def action_reissue(self):
        """Print the letter anew with the dates, amounts and interest of today; the former one stays in the log."""
        notices = self.filtered(lambda one: one.state == "ready" and one.stage == "formal")
        if not notices or notices != self:
            raise UserError(self.env._("Only formal notices that were produced and not posted yet can be re-issued."))
        self.check_access("write")
        for company, ours in notices.grouped("company_id").items():
            for notice in ours:
                notice._archive_letter()
            # sudo: what was printed is taken back; its copy is in the discussion.
            ours.sudo().write({"state": "draft", "pdf": False, "pdf_sha256": False, "html": False,
                               "html_sha256": False, "attempts": 0})
            ours.filtered(lambda one: not one.is_edited).with_context(dunning_freeze=True).write({"subject": False})
            ours.dispatch_ids.filtered(lambda one: one.state == "pending")._write_door({"printed_date": False})
            ours.dispatch_ids.sudo()._cancel_mails()
            self.env["dunning.run"]._create_sending_run(company, ours)

    def _archive_letter(self):
        """Keep the letter that was not posted in the discussion of the customer, with its fingerprint."""
        files = self._get_produced_letters()
        # sudo: the log of the customer is written by the button, whoever may press it.
        self.followup_id.sudo().message_post(
            body=self.env._(
                "%(name)s is re-issued. The letter of %(date)s was not posted; its fingerprint is %(hash)s.",
                name=self.display_name, date=format_date(self.env, self.date), hash=self.pdf_sha256 or "-"),
            attachments=files, subtype_xmlid="mail.mt_note", message_type="notification",
            author_id=self.env.user.partner_id.id,
        )

    def _get_produced_letters(self):
        """Return (name, bytes) of each letter that was produced."""
        return [(self.pdf_filename, base64.b64decode(self.with_context(bin_size=False).pdf))] if self.pdf else []

    # --- calls around it ------------------------------------------------------------------------------------------

    def _plan_last_call(self):
        """Put the call that announces the notice on the agenda; tell whether the approvers wait for it."""
        if not self.level_id.last_call or self.last_call_date:
            return False
        today = self.company_id._get_dunning_today()
        self.last_call_date = today
        self.last_call_activity_id = self._plan_call(today, self.env._(
            "Last call: announce the formal notice to %(customer)s", customer=self.partner_id.display_name))
        return True

    def _plan_call(self, day, summary):
        # sudo: the call is given to the collector of the customer, whoever prepared the notice.
        followup = self.followup_id.sudo().with_context(mail_notify_force_send=False)
        collector = self.user_id or followup.user_id or self.company_id._get_dunning_manager() or self.env.user
        return followup.activity_schedule("mail.mail_activity_data_call", date_deadline=day, summary=summary,
                                          user_id=collector.id)

    def _get_last_call_text(self):
        """Say that the approvers wait for the last call."""
        if not self.last_call_date:
            return ""
        return self.env._(
            "The customer is called first. Press “Ask for Approval” after the call; on %(date)s it is asked anyway.",
            date=format_date(self.env, self._get_last_call_end()))

    def _get_last_call_end(self):
        calendar = self.company_id._get_dunning_calendar()
        return calendar.add_working_days(self.last_call_date, self.level_id.last_call_days + 1)

    def _close_last_call(self):
        if self.last_call_activity_id:
            self.last_call_activity_id.sudo().action_feedback()

    # --- the morning after ----------------------------------------------------------------------------------------

    @api.model
    def _get_undecided_domain(self, company):
        return [("company_id", "=", company.id), ("state", "=", "to_approve")]

    @api.model
    def _get_running_domain(self, company, today):
        """Find the deadlines before which the customer is to be called."""
        return [
            ("company_id", "=", company.id), ("state", "=", "sent"), ("stage", "=", "formal"),
            ("deadline_date", ">=", today), ("is_deadline_called", "=", False), ("is_returned", "=", False),
            ("level_id.deadline_call_days", ">", 0),
        ]

    @api.model
    def _get_ended_domain(self, company, today):
        """Find the deadlines that passed and of which nothing is noted yet."""
        return [
            ("company_id", "=", company.id), ("state", "=", "sent"), ("stage", "=", "formal"),
            ("deadline_date", "<", today), ("deadline_outcome", "=", False), ("is_elsewhere", "=", False),
            ("is_returned", "=", False),
        ]

    @api.model
    def _get_expired_domain(self, company):
        """Find the customers who need attention because their deadline passed."""
        return [("company_id", "=", company.id), ("attention_codes", "like", Reason.FORMAL_EXPIRED.value)]

    def _plan_deadline_calls(self, company, today):
        """Call the customers whose deadline comes near and who have not paid, once each."""
        calendar = company._get_dunning_calendar()
        for notice in self.search(self._get_running_domain(company, today)):
            first = calendar.add_working_days(notice.deadline_date, -notice.level_id.deadline_call_days)
            left = notice._get_deadline_residual()
            if first <= today and left:
                notice.is_deadline_called = True
                notice._plan_call(today, self.env._(
                    "Call %(customer)s: the formal notice ends on %(date)s, %(amount)s is open",
                    customer=notice.partner_id.display_name, date=format_date(self.env, notice.deadline_date),
                    amount=format_amount(self.env, left, notice.currency_id)))

    def _end_deadlines(self, company, today):
        """Note what became of the deadlines that passed, and tell a manager about what is unpaid, once."""
        for notice in self.search(self._get_ended_domain(company, today)):
            left = notice._get_deadline_residual()
            outcome = "paid" if not left else "partly" if left < notice._get_deadline_total() else "unpaid"
            notice.write({"deadline_outcome": outcome, "deadline_amount": left})
            if left:
                notice._announce_expiry(today, left)

    def _announce_expiry(self, today, left):
        text = self.env._(
            "%(deadline)s Announced: %(step)s.", deadline=self._get_deadline_status(), step=self._get_announced_step())
        self.followup_id._add_attention(Reason.FORMAL_EXPIRED)
        self.followup_id._message_log(body=text)
        manager = self.company_id._get_dunning_manager()
        if manager:
            self.followup_id.with_context(mail_notify_force_send=False).activity_schedule(
                "mail.mail_activity_data_todo", date_deadline=today, user_id=manager.id, note=text,
                summary=self.env._("Formal notice expired: %(customer)s, %(amount)s",
                                   customer=self.partner_id.display_name,
                                   amount=format_amount(self.env, left, self.currency_id)))

    def _get_announced_step(self):
        """Return what the notice announced for the case that it stays unpaid."""
        announced = self.consequence_ids.mapped("name") if "consequence_ids" in self._fields else []
        if announced:
            return format_list(self.env, announced, style="or")
        return self.policy_id._get_end_action_label() if self.policy_id else self.env._("a decision of a person")

    def _settle_expired(self, company):
        """Take the cause of attention off customers who have paid what the expired notices demanded."""
        followups = self.env["dunning.followup"].search(self._get_expired_domain(company))
        expired = self.search([("followup_id", "in", followups.ids), ("state", "=", "sent"), ("stage", "=", "formal"),
                               ("deadline_outcome", "in", ("partly", "unpaid")), ("is_returned", "=", False)])
        unpaid = expired.filtered(lambda one: one._get_deadline_residual() > 0).followup_id
        (followups - unpaid)._drop_attention(Reason.FORMAL_EXPIRED)

    def _continue_approvals(self, company, today):
        """Replace approvers who left meanwhile, tell the director who is silent, and end the wait for last calls."""
        calendar = company._get_dunning_calendar()
        waiting = self.search(self._get_undecided_domain(company))
        paid = waiting.filtered(lambda one: one.line_ids and not one._get_deadline_residual())
        paid._set_cancelled(self.env._("Paid since it was prepared"))
        waiting -= paid
        rows = waiting.approval_ids.filtered(lambda one: one.is_current and one.state == "waiting")
        rows._replace_absent(company)
        limit = calendar.add_working_days(today, -SILENCE_DAYS)
        rows.filtered(lambda one: not one.is_escalated and one.asked_date < limit)._escalate(company)
        for notice in waiting.filtered(lambda one: one.last_call_date and one.approval_state == "none"):
            if notice._get_last_call_end() <= today and not notice._get_approval_problems():
                notice._ask_approvals()


class DunningDispatch(models.Model):
    """A formal notice is posted while its dates are true."""

    _inherit = "dunning.dispatch"

    def action_mark_posted(self):
        letters = self.filtered(lambda one: one.channel in LETTER_CHANNELS and one.state == "pending")
        dated = letters.filtered(lambda one: one.leading or one.joint_debtor_id)
        for company, ours in dated.grouped("company_id").items():
            ours.notice_id.filtered(lambda one: one.state == "ready")._check_deposit_day(company._get_dunning_today())
        return super().action_mark_posted()


class DunningRun(models.Model):
    """What the calendar alone changes about approvals and deadlines."""

    _inherit = "dunning.run"

    def _get_night_steps(self):
        # sudo: the night works for everybody.
        notices, company, today = self.env["dunning.notice"].sudo(), self.company_id, self.date
        return super()._get_night_steps() + [
            NightStep(self._apart(notices._continue_approvals, today),
                      self._has("dunning.notice", notices._get_undecided_domain(company))),
            NightStep(self._apart(notices._plan_deadline_calls, today),
                      self._has("dunning.notice", notices._get_running_domain(company, today))),
            NightStep(self._apart(notices._end_deadlines, today),
                      self._has("dunning.notice", notices._get_ended_domain(company, today))),
            NightStep(self._apart(notices._settle_expired),
                      self._has("dunning.followup", notices._get_expired_domain(company))),
        ]

    def _expire_safely(self, step, *args):
        """One step that fails never stops the night."""
        with apart(self.env, _logger, "Dunning run %s: %s failed", self.id, step.__name__):
            step(self.company_id, *args)
