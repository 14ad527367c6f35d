import logging

from odoo import fields, models
from odoo.tools.misc import format_date

from ...escalation import Reason
from ..base.apart import apart
from ..run.dunning_run_night import NightStep
from .dunning_litigation_followup import DECISION_CODES

_logger = logging.getLogger(__name__)


class DunningFollowup(models.Model):
    """After the last step a person decides: litigation, write-off, plan, or nothing. A month without is pointed out."""

    _inherit = "dunning.followup"

    undecided_date = fields.Date("Decision Asked On", readonly=True, copy=False)
    undecided_activity_id = fields.Many2one("mail.activity", readonly=True, copy=False, ondelete="set null")

    def _prepare_plan_row(self, case, plan, today):
        """Ask no longer once there is nothing to decide: what was overdue is paid, held, promised or in litigation."""
        row = super()._prepare_plan_row(case, plan, today)
        codes = row[5].split(",")
        if Reason.UNDECIDED.value in codes and not set(codes).intersection(DECISION_CODES):
            row = (*row[:5], ",".join(code for code in codes if code != Reason.UNDECIDED.value), *row[6:])
            self._drop_decision_task()
        return row

    def _clear_attention(self, reasons=()):
        result = super()._clear_attention(reasons) if reasons else super()._clear_attention()
        if Reason.UNDECIDED in reasons:
            self._drop_decision_task()
        return result

    def _drop_decision_task(self):
        # sudo: the task is the manager's.
        self.sudo().undecided_activity_id.unlink()

    def _ask_decision(self, today):
        """Have a manager decide, once; asked again after as many days when nothing came of it."""
        self._add_attention(Reason.UNDECIDED)
        self._drop_decision_task()
        user = self.company_id._get_dunning_manager() or self.user_id or self.env.user
        followup = self.with_context(lang=user.lang, mail_notify_force_send=False)
        activity = followup.activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=today, user_id=user.id, summary=followup.env._(
                "Decide: nothing was decided about %(customer)s since %(date)s",
                customer=self.partner_id.display_name, date=format_date(followup.env, self.last_notice_date)))
        self._write_door({"undecided_date": today, "undecided_activity_id": activity.id})


class DunningRun(models.Model):
    """The night asks for decisions that nobody took."""

    _inherit = "dunning.run"

    def _get_night_steps(self):
        return super()._get_night_steps() + [
            NightStep(self._ask_decisions, self._has("dunning.followup", self._get_undecided_domain()))]

    def _ask_decisions(self):
        # sudo: the night works for everybody.
        for followup in self.env["dunning.followup"].sudo().search(self._get_undecided_domain(), order="id"):
            with apart(self.env, _logger, "Nobody could be asked to decide about follow-up %s", followup.id):
                followup._ask_decision(self.date)

    def _get_undecided_domain(self):
        """Find what waits for a decision since its last notice left so many days ago."""
        since = fields.Date.subtract(self.date, days=self.company_id.sudo().dunning_decision_days)
        waits = fields.Domain.OR(fields.Domain("attention_codes", "like", code) for code in DECISION_CODES)
        return waits & fields.Domain([
            ("company_id", "=", self.company_id.id), ("amount_overdue", ">", 0), ("last_notice_date", "<=", since),
            "|", ("undecided_date", "=", False), ("undecided_date", "<=", since)])


class ResCompany(models.Model):
    _inherit = "res.company"

    dunning_decision_days = fields.Integer(
        "Decide Within", default=30,
        help="Days after the last step in which somebody decides what comes next. Then a dunning manager is asked.")

    _dunning_decision_days_positive = models.Constraint(
        "CHECK (dunning_decision_days >= 1)", "Leave at least one day for a decision.")


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_decision_days = fields.Integer(related="company_id.root_id.dunning_decision_days", readonly=False)
