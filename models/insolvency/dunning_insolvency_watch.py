import logging

from odoo import api, models

from ...escalation import Reason
from ..base.apart import apart
from ..run.dunning_run_night import NightStep
from .dunning_insolvency import OPEN_STATES, REMINDERS

_logger = logging.getLogger(__name__)


class DunningInsolvency(models.Model):
    """The night counts the days: reminders before the deadlines, attention when one has passed."""

    _inherit = "dunning.insolvency"

    @api.model
    def _remind(self, company, today):
        """Remind of the deadlines that come near, once for each number of days; one record never stops the rest."""
        for one in self.search(self._get_reminded_domain(company), order="id"):
            with apart(self.env, _logger, "No reminder for the insolvency proceedings %s", one.id):
                one._remind_declaration(today)
                one._remind_title(today)

    @api.model
    def _get_reminded_domain(self, company):
        return [("company_id", "=", company.id), ("state", "in", OPEN_STATES)]

    def _remind_declaration(self, today):
        if self.state != "open":
            return
        if self._is_over(self.deadline, today) and not self.is_missed:
            self.is_missed = True
            self.followup_id._add_attention(Reason.CLAIM_UNDECLARED)
            self.activity_id = self._plan_task(self.activity_id, today, self._get_countdown(today))
        threshold = self._get_threshold(self.deadline, self.reminded_days, today)
        if threshold:
            self.reminded_days = threshold
            self.activity_id = self._plan_task(self.activity_id, self.deadline, self._get_countdown(today))

    def _remind_title(self, today):
        threshold = not self.is_title_claimed and self._get_threshold(
            self.date_title, self.title_reminded_days, today)
        if threshold:
            self.title_reminded_days = threshold
            self.title_activity_id = self._plan_task(
                self.title_activity_id, self.date_title, self._get_title_countdown(today))

    @api.model
    def _get_threshold(self, day, reminded, today):
        """Return the reminder that is due now, or nothing when it was made."""
        if not day or day < today:
            return False
        due = [days for days in REMINDERS if (day - today).days <= days]
        return bool(due) and (not reminded or due[-1] < reminded) and due[-1]

    def _plan_task(self, former, day, summary):
        """Give the task to the responsible person instead of the former one."""
        former.unlink()
        user = self.user_id.filtered("active") or self.followup_id.user_id or self.company_id._get_dunning_manager()
        return self.with_context(mail_notify_force_send=False).activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=day, summary=summary, user_id=(user or self.env.user).id)


class DunningRun(models.Model):
    """The days of the law run on while dunning is stopped: they are counted all the same."""

    _inherit = "dunning.run"

    def _get_night_steps(self):
        return super()._get_night_steps() + self._get_legal_steps()

    def _get_legal_steps(self):
        """Return the NightSteps that remind of the days that the law sets. Extend to add."""
        # sudo: the night works for everybody.
        ours = self.env["dunning.insolvency"].sudo()
        waits = self._has("dunning.insolvency", ours._get_reminded_domain(self.company_id))
        return [NightStep(self._apart(ours._remind, self.date), waits)]

    @api.model
    def _start_night(self, company):
        super()._start_night(company)
        if company.dunning_stopped:
            run = self.new({"company_id": company.id, "date": company._get_dunning_today()})
            run._do_steps(run._get_legal_steps())
