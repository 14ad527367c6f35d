import logging
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...escalation import RANK, Reason
from ..base.apart import apart
from ..run.dunning_run_night import NightStep
from . import dunning_plan_schedule as schedule

_logger = logging.getLogger(__name__)
NOTHING = Decimal(0)


class Settled(NamedTuple):
    """What was matched with the invoices of a plan since it was proposed."""

    paid: Decimal = NOTHING
    credited: Decimal = NOTHING
    otherwise: Decimal = NOTHING


class DunningPlan(models.Model):
    """Watch the instalments: a plan is on track while what was paid so far covers what was due so far."""

    _inherit = "dunning.plan"

    watch = fields.Selection(
        [
            ("on_track", "On track"), ("late", "Late, within the tolerance"), ("allocate", "Payment to allocate"),
            ("stale", "The bank is not up to date"), ("to_tell", "Notice to send"), ("cure", "Last days to catch up"),
        ],
        "How It Goes", readonly=True, copy=False,
    )
    date_cure = fields.Date("To Catch Up By", readonly=True, copy=False,
                            help="Consumers: the last day of the period that the written notice gave.")
    date_resume = fields.Date("Dunning Resumes On", readonly=True, copy=False)
    amount_paid = fields.Monetary("Paid", compute="_compute_progress")
    amount_left = fields.Monetary("Still to Pay", compute="_compute_progress")
    progress = fields.Float("Paid (%)", compute="_compute_progress")
    next_date = fields.Date("Next Instalment On", compute="_compute_progress")
    progress_text = fields.Char("Progress", compute="_compute_progress")

    @api.depends("state", "instalment_ids.amount", "line_ids.amount_residual")
    @api.depends_context("lang")
    def _compute_progress(self):
        standings = self._get_standings()
        for plan in self:
            mine = [(one, standings[one._origin]) for one in plan.instalment_ids if one._origin in standings]
            whole = sum((standing.effective for _one, standing in mine), NOTHING)
            paid = sum((standing.paid for _one, standing in mine), NOTHING)
            done = sum(not standing.missing for _one, standing in mine)
            plan.amount_paid, plan.amount_left = float(paid), float(whole - paid)
            plan.progress = float(100 * paid / whole) if whole else 0.0
            plan.next_date = next((one.date for one, standing in mine if standing.missing), False)
            plan.progress_text = plan.env._("%(done)s of %(count)s paid", done=done, count=len(mine))

    # --- what was paid --------------------------------------------------------------------------------------------

    def _freeze_matched(self):
        """Remember what is matched already: only what comes later counts for the plan."""
        matched = self._get_matched(self.line_ids.line_id.ids)
        for line in self.sudo().line_ids:
            line.matched_start = {
                str(counterpart): str(amount) for counterpart, _kind, amount in matched.get(line.line_id.id, ())}

    @api.model
    def _get_matched(self, line_ids):
        """Return {line id: [(counterpart id, kind, amount)]} in one query."""
        matched = defaultdict(list)
        if not line_ids:
            return matched
        for name in ("account.move", "account.move.line", "account.partial.reconcile"):
            self.env[name].flush_model()
        for line_id, counterpart, kind, amount in self.env.execute_query(SQL(
            "SELECT line_id, counterpart_id, kind, SUM(amount) FROM (%s) movement GROUP BY 1, 2, 3",
            self.env["account.move.line"]._get_dunning_movement_sql(line_ids),
        )):
            matched[line_id].append((counterpart, kind, Decimal(str(amount))))
        return matched

    def _get_settled(self):
        """Return {plan: Settled} of these plans, in a constant number of queries.

        By counterpart: a payment that is undone counts no longer, one from before the plan never does.
        """
        charges = self._get_charge_lines()
        wanted = self.line_ids.line_id | self.line_ids.line_id.union(*charges.values())
        matched = self._get_matched(wanted.ids)
        result = {}
        for plan in self:
            sums = defaultdict(Decimal)
            sources = [(line.line_id.id, line.matched_start or {}) for line in plan.sudo().line_ids]
            sources += [(line.id, {}) for line in charges.get(plan, ())]
            for line_id, before in sources:
                for counterpart, kind, amount in matched.get(line_id, ()):
                    sums[kind] += max(NOTHING, amount - Decimal(before.get(str(counterpart), "0")))
            result[plan] = Settled(sums["money"], sums["credit_note"], sums["other"])
        return result

    def _get_charge_lines(self):
        """Return {plan: receivables of the interest and compensation that were booked for it}."""
        plans = self.filtered(lambda one: one.date_proposed and one._is_with_interest())
        if not plans:
            return {}
        # sudo: charges are counted, whoever looks at the plan.
        charges = self.env["dunning.charge"].sudo().search([
            ("line_id", "in", plans.line_ids.line_id.ids), ("state", "=", "claimed"), ("charge_move_id", "!=", False)])
        result = {}
        for plan in plans:
            mine = charges.filtered(lambda one, plan=plan: (
                one.line_id in plan.line_ids.line_id and one.date >= plan.date_proposed))
            result[plan] = mine.charge_move_id.line_ids.filtered(
                lambda line: line.account_type == "asset_receivable")
        return result

    def _get_standings(self):
        """Return {instalment: schedule.Standing}: what it still amounts to and what was paid of it."""
        settled = self._origin._get_settled()
        standings = {}
        for plan in self._origin:
            instalments = plan.instalment_ids.sorted(lambda one: (one.date, one.id))
            amounts = [Decimal(str(one.amount)) for one in instalments]
            mine = settled[plan] if plan.date_proposed else Settled()
            # An invoice that was reset leaves the plan: what it stood for goes off the end, as a credit note does.
            gone = NOTHING
            if plan.state == "agreed":
                gone = max(NOTHING, sum(amounts, NOTHING) - Decimal(str(plan.amount_total)))
            standings |= zip(instalments, schedule.allocate(amounts, mine.paid, mine.credited + gone), strict=True)
        return standings

    def _get_missing(self, today, standings=None):
        """Return what should have been paid by now, tolerance included, and was not."""
        self.ensure_one()
        standings = self._get_standings() if standings is None else standings
        calendar = self.company_id._get_dunning_calendar()
        tolerance = self._get_tolerance_days()
        return sum((standings[one].missing for one in self.instalment_ids
                    if calendar.add_working_days(one.date, tolerance) < today), NOTHING)

    # --- the night ------------------------------------------------------------------------------------------------

    @api.model
    def _watch(self, company, today, stale=False):
        """Judge every agreed plan of a company; one that fails is kept for a person and stops no other."""
        plans = self.search(self._get_watched_domain(company))
        standings = plans._get_standings()
        settled = plans._get_settled()
        credits = plans._get_open_credits()
        is_open = company._get_dunning_calendar().is_open(today)
        for plan in plans:
            with apart(self.env, _logger, "Payment plan %s cannot be judged", plan.id,
                       failed=lambda error, plan=plan: plan._note_unjudged(error, today)):
                if not plan._watch_end(standings, settled[plan]) and is_open:
                    plan._watch_one(today, standings, credits[plan], stale)

    def _note_unjudged(self, error, today):
        self.followup_id._set_attention(Reason.ERROR, self.env["dunning.run"]._get_error_text(error), today)

    @api.model
    def _get_watched_domain(self, company):
        return [("company_id", "=", company.id), ("state", "=", "agreed")]

    def _get_open_credits(self):
        """Return {plan: unallocated credits of its customer in its currency}, in one query."""
        lines = self.env["account.move.line"].sudo()
        found = defaultdict(Decimal)
        for company, plans in self.grouped("company_id").items():
            domain = lines._get_dunning_domain(company) & Domain("amount_residual", "<", 0) & Domain(
                "partner_id.commercial_partner_id", "in", plans.partner_id.ids)
            for partner, currency, amount in lines._read_group(
                    domain, ["partner_id", "currency_id"], ["amount_residual_currency:sum"]):
                found[company, partner.commercial_partner_id, currency] -= Decimal(str(amount))
        return {plan: found[plan.company_id, plan.partner_id, plan.currency_id] for plan in self}

    def _watch_end(self, standings, settled):
        """Close the plan when nothing is left to pay; return whether it was closed."""
        if any(standings[one].missing > 0 for one in self.instalment_ids):
            if self.line_ids.filtered("amount_residual") or not settled.otherwise:
                return False
            self._set_cancelled(self.env._(
                "Its invoices were settled otherwise than by a payment: transfer, write-off or set-off."))
            return True
        self._set_completed()
        return True

    def _watch_one(self, today, standings, credits, stale):
        """Remind of the next instalment, then judge those whose tolerance is over."""
        self._remind(today, standings)
        missing = self._get_missing(today, standings)
        late = sum((standings[one].missing for one in self.instalment_ids if one.date < today), NOTHING)
        if not missing:
            if self.date_cure and not late:
                self._message_log(body=self.env._("The customer has caught up: the plan goes on."))
                self._write_door({"date_cure": False})
            self._set_watch("late" if late else "on_track")
        elif credits >= missing:
            self._set_watch("allocate")
        elif stale:
            self._set_watch("stale")
        else:
            self._set_missed(today)

    def _set_watch(self, watch):
        if self.watch == watch:
            return
        self._write_door({"watch": watch})
        if watch == "allocate":
            self._ask_collector(self.env._("Allocate the open credits: they would cover the instalment that is due."))

    def _set_missed(self, today):
        """An instalment was missed: businesses lose the plan, consumers first get a notice and time to catch up."""
        if self.is_consumer and not self.date_cure:
            self._start_cure(today)
        elif not self.is_consumer or self.date_cure < today:
            self._break(self.env._("An instalment was not paid in time."))

    def _start_cure(self, today):
        """Send the written notice that gives a consumer time to catch up; the time runs from what was sent."""
        if not self._may_write_alone() or not self._get_contact().email_normalized:
            self._set_watch_to_tell()
            return
        self._send_cure(today, day=today)

    def _set_watch_to_tell(self):
        if self.watch != "to_tell":
            self._write_door({"watch": "to_tell"})
            self._ask_collector(self.env._("An instalment was missed: send the notice that gives time to catch up."))

    def _send_cure(self, today, day=None):
        self._set_cure(today)
        self._send_email("account_dunning.mail_template_plan_cure", day=day)

    def _set_cure(self, today):
        """Let the time to catch up begin: the customer was told in writing."""
        end = today + timedelta(days=self.company_id.sudo().dunning_plan_cure_days)
        self._write_door({"watch": "cure", "date_cure": end})
        self._ask_collector(self.env._("An instalment was missed. The customer may catch up until %(date)s.",
                                       date=format_date(self.env, end)))

    def _check_may_break(self):
        """Refuse to end the plan of a consumer who was given no time to catch up."""
        today = self.company_id._get_dunning_today()
        if self.is_consumer and (not self.date_cure or self.date_cure >= today):
            raise UserError(self.env._(
                "This customer pays as a consumer: send the notice first and wait for the end of its period."))
        if not self._get_missing(today):
            raise UserError(self.env._("Every instalment that was due is paid, or still within the tolerance."))

    def _break(self, reason, by_hand=False):
        """End the plan, tell the collector and the customer, and let dunning resume after the interval."""
        today = self.company_id._get_dunning_today()
        self._set_broken(reason)
        self.followup_id._set_attention(Reason.PLAN_BROKEN, today=today)
        if not self._get_contact().email_normalized:
            self._ask_collector(self.env._("Tell the customer that the plan has ended: he has no e-mail address."))
        elif by_hand or self._may_write_alone():
            self._send_email("account_dunning.mail_template_plan_broken", day=None if by_hand else today)
            self._resume_at_stage(today)
            self._ask_collector(self.env._("The payment plan was broken and the customer was told. Call him."))
        else:
            self._ask_collector(self.env._("Tell the customer that the plan has ended: automatic sending is off."))

    def _resume_at_stage(self, today):
        """Raise what stands lower to the stage chosen by the company: the message about the break was that step."""
        company = self.company_id.sudo()
        if company.dunning_plan_resume != "stage":
            return
        stage = company.dunning_plan_resume_stage
        lines = self.line_ids.line_id.sudo().filtered(lambda line: (
            line.amount_residual > 0 and RANK[line.dunning_level_id.stage or "none"] < RANK[stage]))
        levels = lines._get_chased_levels(dict.fromkeys(lines.ids, stage))
        if levels:
            # sudo: the level follows a message that was sent, whoever ended the plan.
            self.env["dunning.notice"].sudo()._record_elsewhere(
                {line_id: (level, today) for line_id, level in levels.items()})

    def _ask_collector(self, summary):
        """Put what a person must do on the agenda of the collector."""
        user = self.user_id or self.followup_id.user_id or self.company_id.sudo().dunning_user_id
        self.activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=user.id or self.env.uid,
                               date_deadline=self.company_id._get_dunning_today())

    def _remind(self, today, standings):
        """Remind once of an instalment a few days before, unless it is paid already."""
        days = self.company_id.sudo().dunning_plan_reminder_days
        coming = self.instalment_ids.filtered(lambda one: (
            not one.date_reminded and standings[one].missing > 0
            and today <= one.date <= today + timedelta(days=days)))
        if days and coming and self._may_write_alone() and self._get_contact().email_normalized:
            # sudo: a note of the night on a schedule that nobody may change any more.
            coming.sudo().date_reminded = today
            self._send_email("account_dunning.mail_template_plan_reminder", day=today)

    def action_send_cure(self):
        """Send the notice that gives the customer time to catch up, now."""
        for plan in self:
            today = plan.company_id._get_dunning_today()
            if plan.state != "agreed" or not plan._get_missing(today):
                raise UserError(self.env._("Every instalment that was due is paid, or still within the tolerance."))
            plan._send_cure(today)

    def action_cure_told(self):
        """Let the time to catch up begin: a person told the customer in writing, by letter."""
        for plan in self.filtered(lambda one: one.state == "agreed"):
            plan._set_cure(plan.company_id._get_dunning_today())
            plan._message_log(body=self.env._("%(name)s sent the notice by letter.", name=self.env.user.name))


class DunningRun(models.Model):
    _inherit = "dunning.run"

    def _get_night_steps(self):
        domain = self.env["dunning.plan"]._get_watched_domain(self.company_id)
        return super()._get_night_steps() + [NightStep(self._watch_plans, self._has("dunning.plan", domain))]

    def _watch_plans(self):
        """Judge the payment plans too: a missed instalment changes what is planned tonight."""
        stale = self.company_id._is_dunning_bank_stale(self.date) and not self.override_bank
        self.env["dunning.plan"]._watch(self.company_id, self.date, stale)


class DunningFollowup(models.Model):
    _inherit = "dunning.followup"

    @api.model
    def _get_hold_selects(self, company):
        """What is in an agreed plan waits; after a break the interval between two notices runs first.

        The charges that were booked for a plan wait with it.
        """
        return super()._get_hold_selects(company) + [SQL(
            """SELECT held.line_id, NULL::numeric AS amount,
                      CASE WHEN plan.state = 'broken' THEN plan.date_resume - 1 END AS until,
                      CASE WHEN plan.state = 'broken' THEN 'gap' ELSE 'plan' END AS reason
                 FROM dunning_plan_line line
                 JOIN dunning_plan plan ON plan.id = line.plan_id
           CROSS JOIN LATERAL (
                      SELECT line.line_id
                       UNION
                      SELECT booked.id
                        FROM dunning_charge charge
                        JOIN account_move_line booked ON booked.move_id = charge.charge_move_id
                       WHERE plan.interest_mode = 'included' AND charge.line_id = line.line_id
                         AND charge.state = 'claimed' AND charge.date >= plan.date_proposed) held
                WHERE plan.company_id = %s AND (plan.state = 'agreed' OR plan.state = 'broken'
                      AND plan.date_resume > %s)""",
            company.root_id.id, company._get_dunning_today(),
        )]

    def _flush_facts(self):
        super()._flush_facts()
        self.env["dunning.plan"].flush_model(["state", "date_resume", "company_id"])
        self.env["dunning.plan.line"].flush_model(["plan_id", "line_id"])
        self.env["dunning.charge"].flush_model(["line_id", "charge_move_id", "state", "date"])


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model
    def _get_interest_suspensions(self, line_ids):
        """No day of a plan that is kept bears interest, when the plan froze it; a broken plan suspends nothing."""
        suspensions = super()._get_interest_suspensions(line_ids)
        # sudo: interest is computed for whoever sees the invoice.
        rows = self.env["dunning.plan.line"].sudo().search([
            ("line_id", "in", list(line_ids)), ("plan_id.state", "in", ("agreed", "completed")),
            "|", ("plan_id.interest_mode", "=", "frozen"), ("plan_id.is_consumer", "=", True)])
        for row in rows:
            plan = row.plan_id
            suspensions.setdefault(row.line_id.id, []).append(
                (plan.date_agreed, plan.date_closed or None, None, self.env._("Payment plan %(name)s", name=plan.name)))
        return suspensions
