import logging
import smtplib
from collections import Counter
from dataclasses import replace

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules import module
from odoo.tools import SQL

from ...escalation import GLOBAL_REASONS, Reason
from ..policy.dunning_level import LETTER_CHANNELS
from .dunning_run import MOVED
from .dunning_run_night import NightStep

_logger = logging.getLogger(__name__)

PLAN_BATCH = 2000
SEND_BATCH = 50
ATTEMPTS = 3
POSTED_DAYS = 2  # working days after which a printed letter that nobody marked as posted is asked about
FIRST_HOUR = 4  # the bank files of the night are in by then


class DunningRun(models.Model):
    """The one executor: plan, produce and deliver in batches, each locked first and committed last."""

    _inherit = "dunning.run"

    # --- the scheduled action -------------------------------------------------------------------------------------

    @api.model
    def _cron_run(self):
        """The one executor: start the night of each company, then work on every open run."""
        for company in self._get_companies():
            self._start_night(company)
        self._dunning_commit()
        for run in self.search([("state", "in", ("prepared", "running")), ("phase", "in", ("planning", "sending"))],
                               order="id"):
            if not run._execute():
                break

    @api.model
    def _start_night(self, company):
        """Create tonight's run once a day, from the company's first day of dunning on; none while all is stopped."""
        today = company._get_dunning_today()
        if company.dunning_stopped or company._get_dunning_now().hour < FIRST_HOUR:
            return
        if company.dunning_start_date and today < company.dunning_start_date:
            return
        # A preview that somebody is looking at is not taken away.
        if not self.search_count([
            ("company_id", "=", company.id), ("date", "=", today),
            "|", ("origin", "=", "scheduled"), ("phase", "in", ("planning", "review")),
        ], limit=1):
            self._create_run(company, origin="scheduled")

    def _execute(self):
        """Plan and send in batches; return False when the time of the action is over."""
        self.ensure_one()
        while True:
            try:
                left = self._execute_batch()
            except psycopg2.OperationalError:
                left = self._recover_from_database_error()
            except Exception as error:
                self._set_interrupted(error)
                return True
            if not left:
                return True
            if not self.env["ir.cron"]._commit_progress(0, remaining=left):
                return False

    def _execute_batch(self):
        """Do one batch of whatever comes next and commit it. Returns how much is left, 0 when nothing."""
        if not self._lock_run():
            return 0
        if self.phase == "planning":
            left = self._plan_batch()
        elif self.phase == "sending":
            left = self._send_batch()
        else:
            left = 0
        self._dunning_commit()
        return left

    def _lock_run(self):
        """Lock the run as the first statement after a commit; another worker on it means there is nothing to do."""
        self._dunning_commit()
        self.invalidate_recordset()
        self.env.cr.execute(SQL("SELECT id FROM dunning_run WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", self.id))
        return bool(self.env.cr.fetchone()) and self.state in ("prepared", "running")

    def _dunning_commit(self):
        """Commit: one batch is one transaction."""
        self.env.flush_all()
        if not module.current_test:
            self.env.cr.commit()  # pylint: disable=invalid-commit

    def _recover_from_database_error(self):
        """The books changed under the batch, or the connection was lost: the batch is tried again."""
        attempts = self.env.context.get("dunning_attempts", 0) + 1
        if attempts > ATTEMPTS:
            raise
        _logger.info("Dunning run %s: batch tried again (%s)", self.id, attempts, exc_info=True)
        self.env.cr.rollback()
        self.env.invalidate_all(flush=False)
        # The database was at fault, not a letter: its attempt does not count.
        self.notice_ids.filtered(lambda one: one.state == "draft").attempts = 0
        again = self.with_context(dunning_attempts=attempts)
        try:
            return again._execute_batch()
        except psycopg2.OperationalError:
            return again._recover_from_database_error()

    def _set_interrupted(self, error):
        """Something nobody foresaw: the run stops, says so, and can be resumed."""
        _logger.exception("Dunning run %s was interrupted", self.id)
        if not module.current_test:
            self.env.cr.rollback()
        self.write({"state": "interrupted", "error_log": "\n".join(filter(None, (self.error_log, str(error))))})
        self._dunning_commit()

    # --- planning -------------------------------------------------------------------------------------------------

    def _plan_batch(self):
        """Plan one batch of candidates; the first batch brings the follow-ups up to date with the books."""
        if not self.begun_date:
            self._begin_planning()
        followups = self._get_candidates(PLAN_BATCH)
        if not followups:
            self._finish_planning()
            return self.count_planned if self.phase == "sending" else 0
        self._plan_followups(followups)
        return len(followups)

    def _begin_planning(self):
        self._cancel_older_drafts()
        self._expire()
        self.env["dunning.followup"]._sync(self.company_id, self.date, self.followup_ids.partner_id.ids or None)
        if self.origin == "manual":
            self._wake_blocked()
        self.write({"state": "running", "begun_date": fields.Datetime.now()})

    def _wake_blocked(self):
        """Look again at the customers that a cause of the whole company kept waiting: it may be gone or overridden."""
        causes = [reason.value for reason in (*GLOBAL_REASONS, Reason.CLOSED_DAY)]
        self.env["dunning.followup"].search([
            ("company_id", "=", self.company_id.id), ("reason", "in", causes)])._wake()

    def _cancel_older_drafts(self):
        """Drafts that nobody released are made anew: their amounts are yesterday's."""
        older = self.search([("company_id", "=", self.company_id.id), ("id", "<", self.id),
                             ("phase", "in", ("planning", "review"))])
        reason = self.env._("A newer run was prepared")
        if self.followup_ids:
            older.notice_ids.filtered(
                lambda one: one.state == "draft" and one.followup_id in self.followup_ids)._set_cancelled(reason)
        else:
            older._set_cancelled(reason)

    def _expire(self):
        """Do what time alone brings about, before anything is planned."""
        self._do_steps(self._get_night_steps())

    def _get_night_steps(self):
        """Return the NightSteps in their order. Extend to add one."""
        return [NightStep(self._close_late, self._has("dunning.dispatch", self._get_late_domain()))]

    def _get_late_days(self):
        """Return the days before which a printed letter is asked about, and before which waiting ends."""
        company = self.company_id
        calendar = company._get_dunning_calendar()
        return (calendar.add_working_days(self.date, -POSTED_DAYS),
                calendar.add_working_days(self.date, -company.dunning_patience_days))

    def _get_late_domain(self):
        """Find the calls and letters that have waited long enough."""
        asked, limit = self._get_late_days()
        return [
            ("company_id", "=", self.company_id.id), ("state", "=", "pending"), ("leading", "=", True),
            ("channel", "in", ("call", *LETTER_CHANNELS)), ("notice_id.state", "=", "ready"),
            "|", ("printed_date", "<", asked), ("date_planned", "<", limit),
        ]

    def _close_late(self):
        """Close calls and letters that wait longer than the patience of the company; ask about printed ones before."""
        company = self.company_id
        asked, limit = self._get_late_days()
        waiting = self.env["dunning.dispatch"].search(self._get_late_domain())
        printed = waiting.filtered(lambda one: one.printed_date and one.printed_date < asked)
        if company.dunning_printed_is_posted:
            posted = printed.filtered(lambda one: one.channel == "letter" and one.notice_id.stage != "formal")
            for day, letters in posted.grouped("printed_date").items():
                letters._set_sent(day)
            waiting, printed = waiting - posted, printed - posted
        late = waiting.filtered(lambda one: one.date_planned < limit)
        late._set_not_made()
        (printed - late).followup_id._set_attention(Reason.NOT_MADE)

    def _get_candidates(self, limit):
        """Return follow-ups whose facts changed or whose day has come. Only the planner decides about them."""
        chosen = SQL("TRUE")
        if self.followup_ids:
            chosen = SQL("id = ANY(%s)", self.followup_ids.ids)
        self.env["dunning.followup"].flush_model(["wake_date", "company_id"])
        rows = self.env.execute_query(SQL(
            """SELECT id FROM dunning_followup WHERE company_id = %s AND wake_date <= %s AND %s
             ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED""",
            self.company_id.id, self.date, chosen, limit,
        ))
        return self.env["dunning.followup"].browse([row[0] for row in rows])

    def _get_rules(self):
        rules = self.company_id._get_dunning_rules(self.date)
        if self.override_bank:
            rules = replace(rules, bank_stale=False)
        if self.override_closed:
            calendar = replace(rules.calendar, holidays=frozenset(), weekdays=frozenset(range(7)), year_end_pause=False)
            rules = replace(rules, calendar=calendar)
        return rules

    def _plan_followups(self, followups):
        followups._flush_facts()
        plans = followups._plan(self.date, self._get_rules())
        followups._store_plans(plans, self.date)
        notices, refused = self._prepare_notices(plans)
        for followup, reason in refused.items():
            followup._set_attention(reason, followup.error_message, today=self.date)
        followups.browse().union(*refused)._sleep_until_tomorrow()
        calls = notices.filtered("is_call").followup_id
        (notices.followup_id - calls)._sleep()
        # The letter waits for the call: the planner counts its days once the call is on the agenda.
        calls._sleep_until_tomorrow()
        self._count_plans(followups, plans, refused)

    def _prepare_notices(self, plans):
        """Create the notices of a batch; when one customer breaks it, customer by customer."""
        Notice = self.env["dunning.notice"]
        try:
            with self.env.cr.savepoint():
                return Notice._prepare_notices(plans, self.date, self)
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.info("Dunning run %s: a batch failed; planning customer by customer", self.id, exc_info=True)
        notices, refused = Notice, {}
        for followup, pair in plans.items():
            try:
                with self.env.cr.savepoint():
                    made, problems = Notice._prepare_notices({followup: pair}, self.date, self)
                    notices, refused = notices | made, refused | problems
            except psycopg2.OperationalError:
                raise
            except Exception as error:
                refused[followup] = Reason.ERROR
                self._log_error(followup, error)
        return notices, refused

    @api.model
    def _get_error_text(self, error):
        """Return what people read of an error: the sentence it was raised with, or where to find the details."""
        if isinstance(error, (UserError, ValidationError, AccessError)):
            # Odoo puts the whole trace of a broken template into its message: the first and the last line say it.
            head, *trace = str(error).split("Traceback", 1)
            last = trace[0].strip().splitlines()[-1:] if trace else []
            return " ".join([head.strip()[:300], *last])
        return self.env._("Unexpected error (%(error)s). The server log has the details.",
                          error=f"{type(error).__name__}: {error}"[:200])

    def _log_error(self, followup, error):
        """Keep an error where people see it: on the customer and on the run."""
        _logger.warning("Dunning run %s: customer %s", self.id, followup.id, exc_info=True)
        message = self._get_error_text(error)
        followup._set_attention(Reason.ERROR, message, today=self.date)
        line = self.env._("%(customer)s: %(error)s", customer=followup.partner_id.display_name, error=message)
        self.error_log = "\n".join(filter(None, (self.error_log, line)))

    def _count_plans(self, followups, plans, refused):
        counts = Counter(self.reason_counts or {})
        for code, number in followups._count_reasons(plans).items():
            counts[code] += number
        for followup, reason in refused.items():
            plan = plans[followup][1]
            counts[plan.reason.value] -= len(plan.moves)
            counts[reason.value] += len(plan.moves)
        counts = +counts
        moved = sum(counts[code] for code in MOVED)
        self.write({"reason_counts": dict(counts), "count_looked_at": self.count_looked_at + len(followups),
                    "count_skipped": sum(counts.values()) - moved})

    def _finish_planning(self):
        """Everything is planned: send at once when the company has opened automatic sending, else wait."""
        company = self.company_id
        automatic = self.origin == "scheduled" and company.dunning_auto_send and company.dunning_first_release_date
        if not self.env["dunning.notice"].search_count([("run_id", "=", self.id), ("state", "=", "draft")], limit=1):
            self._set_done()
        elif automatic:
            self.phase = "sending"
        else:
            self.write({"phase": "review", "state": "prepared"})
            self._show_waiting()

    # --- sending --------------------------------------------------------------------------------------------------

    def _send_batch(self):
        """Freeze one batch of drafts, then deliver what is queued."""
        problem = self._get_sending_problem()
        if problem:
            self.write({"state": "interrupted",
                        "error_log": "\n".join(filter(None, (self.error_log, problem)))})
            return 0
        if not self._may_send_now():
            return 0
        today = self.company_id._get_dunning_today()
        drafts = self.env["dunning.notice"].search(
            [("run_id", "=", self.id), ("state", "=", "draft")], limit=SEND_BATCH, order="attempts, id")
        for batch in drafts._split_by_attempts():
            batch._count_attempt()
            # The attempt is committed; another worker may have taken the run, or these notices, in between.
            if not self._lock_run():
                return 0
            batch.invalidate_recordset()
            batch._produce(today)
            self._dunning_commit()
        self._deliver()
        self._settle(drafts.filtered(lambda one: one.state == "sent").followup_id, today)
        left = self.env["dunning.notice"].search_count([("run_id", "=", self.id), ("state", "=", "draft")])
        if not left:
            self._set_done()
        return left

    def _get_sending_problem(self):
        """Return why nothing may leave at all, or nothing."""
        if self.company_id.dunning_stopped:
            return self.env._("All dunning of this company is stopped: %(reason)s",
                              reason=self.company_id.dunning_stop_reason)
        if self._is_neutralized():
            return self.env._("This database is a neutralized copy: it sends nothing.")
        return False

    def _may_send_now(self):
        """What a person released goes at once; the night keeps to the sending hours."""
        return bool(self.released_date) or self.company_id._is_dunning_open_now()

    def _deliver(self):
        """Send the queued mails of this run; each one is committed by itself (mail_mail.py).

        A mail server that hangs up leaves one message uncertain; the others go over a new connection.
        """
        mails = self._get_queued_mails()
        for _attempt in range(ATTEMPTS):
            try:
                self._get_queued_mails().with_context(dunning_refresh_later=True).send(
                    auto_commit=not module.current_test)
                break
            except smtplib.SMTPServerDisconnected:
                _logger.warning("Dunning run %s: the mail server hung up", self.id, exc_info=True)
        # Deleted together and not by Odoo one by one, which takes longer than sending them.
        mails.exists().filtered(lambda mail: mail.state == "sent").unlink()
        self.env["dunning.followup"]._request_refresh(self.company_id)

    def _get_queued_mails(self):
        # sudo: the mail queue is technical.
        return self.env["mail.mail"].sudo().search([
            ("dunning_dispatch_id.notice_id.run_id", "=", self.id), ("state", "=", "outgoing"),
        ], order="id")

    def _settle(self, followups, today):
        """Say what comes next for customers who were just written to: nothing of them is left for today's next run."""
        if not followups:
            return
        self._dunning_commit()
        self.env["dunning.followup"]._sync(self.company_id, today, followups.partner_id.ids)
        followups._replan(today)
        self._dunning_commit()

    @api.model
    def _is_neutralized(self):
        """A copy of a production database made for tests sends nothing."""
        return bool(self.env["ir.config_parameter"].sudo().get_param("database.is_neutralized"))

    def _set_done(self):
        self.write({"state": "done", "phase": "done"})
        self._show_waiting()

    def _show_waiting(self):
        """Have their customers show what was prepared and has not left: letters to post, notices to decide."""
        self.env["dunning.notice"].search([
            ("run_id", "=", self.id), ("state", "in", ("to_approve", "ready")),
        ]).followup_id._wake()
