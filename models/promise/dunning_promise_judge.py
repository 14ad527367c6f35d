import logging
from datetime import timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import format_amount, format_date

from ...escalation import Reason
from ..base.apart import apart
from ..run.dunning_run_night import NightStep
from .dunning_promise_limits import CONTESTED

_logger = logging.getLogger(__name__)

# A payment of the promised day that is matched so late still corrects what was said of the promise.
CORRECTION_DAYS = 60
DISPUTED = tuple(reason for reason in CONTESTED if reason != Reason.PLAN)


class Score(NamedTuple):
    """What came for a promise. ``target`` is what is still to be paid of it once credit notes and the like are off."""

    target: float = 0.0
    timely: float = 0.0

    def is_kept(self, promise):
        compare = promise.currency_id.compare_amounts
        return compare(self.timely, 0) > 0 and compare(self.target, self.timely) <= 0


class DunningPromise(models.Model):
    """Judge promises from the money that was really matched with their receivables, and tell the collector."""

    _inherit = "dunning.promise"

    # --- the night ------------------------------------------------------------------------------------------------

    @api.model
    def _judge(self, company, today):
        """Judge the promises of a company: once the tolerance is over, or as soon as they are kept.

        Nothing is judged against the customer while his unallocated credits would cover it or the bank is late. What
        was said is corrected when a payment of those days is allocated afterwards. A promise that cannot be judged
        never stops the others.
        """
        promises = self.search(self._get_judged_domain(company, today), order="id")
        scores = promises._get_scores()
        credits = promises._get_credits(company)
        disputed = promises._get_disputed(company)
        stale = company._is_dunning_bank_stale(today)
        promises._settle({
            promise: promise._get_verdict(
                scores[promise], credits.get(promise.partner_id.id, 0), stale, promise in disputed, today)
            for promise in promises
        }, today)

    @api.model
    def _get_judged_domain(self, company, today):
        """Find the promises that are open, and those whose judgment may still be corrected."""
        return [
            ("company_id", "=", company.id), ("is_redated", "=", False),
            "|", ("state", "=", "open"),
            "&", ("state", "in", ("broken", "partly_kept")),
            ("date_judged", ">=", today - timedelta(days=CORRECTION_DAYS)),
        ]

    @api.model
    def _note_payments(self, company):
        """Note what was paid, and close what is kept: nothing is said against anybody before the night."""
        promises = self.search([("company_id", "=", company.id), ("state", "=", "open")])
        promises._settle({
            promise: ("kept", False) for promise, score in promises._get_scores().items() if score.is_kept(promise)
        }, company._get_dunning_today())

    def _settle(self, verdicts, today):
        """Draw the consequences of verdicts, each by itself: one bad record stops no other."""
        for promise, verdict in verdicts.items():
            if verdict == (promise.state, promise.waiting_reason):
                continue
            with apart(self.env, _logger, "Promise %s could not be judged", promise.id):
                promise._apply_verdict(*verdict, today)

    def _get_verdict(self, score, credit, stale, is_disputed, today):
        """Return (state, why it is not judged) after what came for one promise."""
        is_positive = self.currency_id.compare_amounts(score.timely, 0) > 0
        if score.is_kept(self):
            return "kept", False
        if self.currency_id.compare_amounts(score.target, 0) <= 0 and not is_positive:
            return ("cancelled" if self.state == "open" else self.state), False
        if self.state != "open":
            return ("partly_kept" if is_positive else self.state), False
        if today <= self.date_limit:
            return "open", False
        if is_disputed:
            return "open", "dispute"
        if self._convert_to_company(score.target - score.timely) <= credit:
            return "open", "credits"
        if stale:
            return "open", "bank"
        return ("partly_kept" if is_positive else "broken"), False

    def _apply_verdict(self, state, waiting_reason, today):
        """Draw the consequence of a verdict."""
        if state == "open":
            self._write_door({"waiting_reason": waiting_reason})
        elif state == "kept":
            self._set_kept(today)
        elif state == "partly_kept":
            self._set_partly_kept(today)
        elif state == "broken":
            self._set_broken(today)
        else:
            self._set_void()

    # --- facts ----------------------------------------------------------------------------------------------------

    def _get_scores(self):
        """Return {promise: Score} and note what was paid so far: two statements for all."""
        scores = dict.fromkeys(self, Score())
        if not self:
            return scores
        for model in ("account.move", "account.move.line", "account.partial.reconcile", "dunning.promise",
                      "dunning.promise.line"):
            self.env[model].flush_model()
        lines = SQL("SELECT line_id FROM dunning_promise_line WHERE promise_id = ANY(%s)", list(self.ids))
        rows = self.env.execute_query(SQL(
            """WITH movement AS (%(movements)s),
                    come AS (
                    SELECT line.id, line.promise_id, line.amount, line.amount_start, line.amount_paid AS known,
                           COALESCE(SUM(movement.amount) FILTER (WHERE movement.kind = 'money'), 0) AS paid,
                           COALESCE(SUM(movement.amount) FILTER (WHERE movement.kind = 'money'
                                                                  AND movement.day <= promise.date_limit), 0) AS timely,
                           COALESCE(SUM(movement.amount) FILTER (WHERE movement.kind <> 'money'), 0) AS otherwise
                      FROM dunning_promise_line line
                      JOIN dunning_promise promise ON promise.id = line.promise_id
                 LEFT JOIN movement ON movement.line_id = line.line_id AND movement.partial_id > line.partial_start_id
                     WHERE line.promise_id = ANY(%(ids)s)
                  GROUP BY line.id),
                    noted AS (
                    UPDATE dunning_promise_line line SET amount_paid = come.paid
                      FROM come WHERE come.id = line.id AND come.known IS DISTINCT FROM come.paid)
               SELECT promise_id, LEAST(SUM(amount), SUM(amount_start) - SUM(otherwise)), SUM(timely), SUM(paid)
                 FROM come GROUP BY promise_id""",
            movements=self.env["account.move.line"]._get_dunning_movement_sql(lines), ids=list(self.ids),
        ))
        self.line_ids.invalidate_recordset(["amount_paid"], flush=False)
        for promise_id, target, timely, paid in rows:
            promise = self.browse(promise_id)
            scores[promise] = Score(float(target), float(timely))
            if promise.currency_id.compare_amounts(promise.amount_paid, float(paid)):
                # sudo: what was paid is read from the books, whoever asks.
                promise.sudo().amount_paid = float(paid)
        return scores

    def _get_credits(self, company):
        """Return {customer id: unallocated payments and credit notes}, in the currency of the company."""
        lines = self.env["account.move.line"]
        return dict(self.env.execute_query(SQL(
            "SELECT partner.id, -SUM(aml.amount_residual) %s AND aml.amount_residual < 0 GROUP BY partner.id",
            lines._get_dunning_from_sql(company, self.partner_id.ids),
        ))) if self else {}

    def _get_disputed(self, company):
        """Return the promises of which a part is disputed meanwhile: the customer has another reason not to pay."""
        lines = self.line_ids.line_id
        holds = self.env["dunning.followup"]._get_holds(company, lines.ids)
        contested = {line_id for line_id, pauses in holds.items() if any(one.reason in DISPUTED for one in pauses)}
        contested.update(lines.filtered(lambda line: line.move_id.dunning_delivery_status == "disputed").ids)
        return self.filtered(lambda promise: contested.intersection(promise.line_ids.line_id.ids))

    # --- doors ----------------------------------------------------------------------------------------------------

    def _set_kept(self, today):
        """The customer kept his word: the pause is over, whether or not the day has come."""
        was_judged = self.state in ("broken", "partly_kept")
        self._write_door({"state": "kept", "date_judged": today, "waiting_reason": False})
        text = self._say(self.env._("Promise of %(amount)s by %(date)s: kept"))
        if was_judged:
            text = self.env._("%(text)s after all: the payment was allocated later", text=text)
            self.followup_id._drop_attention(Reason.PROMISE_BROKEN)
        self._conclude(text)

    def _set_partly_kept(self, today):
        self._write_door({"state": "partly_kept", "date_judged": today, "waiting_reason": False})
        self._conclude(self.env._(
            "%(text)s: partly kept, %(paid)s were paid",
            text=self._say(self.env._("Promise of %(amount)s by %(date)s")),
            paid=format_amount(self.env, self.amount_paid, self.currency_id),
        ))

    def _set_broken(self, today):
        """The word was broken: the collector is told, and dunning goes on where it stood."""
        self._write_door({"state": "broken", "date_judged": today, "waiting_reason": False})
        self.followup_id._add_attention(Reason.PROMISE_BROKEN)
        text = self._say(self.env._("Promise of %(amount)s by %(date)s: broken"))
        count = self.followup_id._get_broken_text(self.followup_id.broken_promise_count)
        self._conclude(f"{text}. {count}" if count else text)
        self.followup_id.sudo().activity_schedule(
            "mail.mail_activity_data_call", date_deadline=today, user_id=self._get_collector().id,
            summary=self.env._("Broken promise: call %(customer)s", customer=self.partner_id.display_name), note=text,
        )

    def _set_void(self):
        """A credit note, write-off or set-off took the claim away: there is nothing left to keep or to break."""
        self._set_cancelled(self._say(self.env._(
            "Promise of %(amount)s by %(date)s: nothing is left to pay of it, without any payment")))

    def _set_reopened(self):
        """The payment was taken back: the promise is judged again, not before the next night."""
        for promise in self.filtered(lambda one: one.state == "kept"):
            promise._write_door({"state": "open", "date_judged": False})
            promise.followup_id._message_log(body=promise._say(self.env._(
                "Promise of %(amount)s by %(date)s: its payment was undone, it will be judged again")))

    def _say(self, sentence):
        """Fill amount and day into a sentence."""
        return sentence % {"amount": self._get_amount_text(), "date": format_date(self.env, self.date_promised)}

    def _conclude(self, text):
        self._drop_activity()
        self.followup_id._message_log(body=text)

    # --- payments that are undone ---------------------------------------------------------------------------------

    @api.model
    def _reopen_for(self, partials):
        """Have promises judged again whose payment is being unmatched."""
        money = self.env["dunning.promise.line"].search([
            ("line_id", "in", partials.debit_move_id.ids), ("state", "=", "kept")])
        last = {}
        for partial in partials:
            last[partial.debit_move_id] = max(last.get(partial.debit_move_id, 0), partial.id)
        kept = money.filtered(lambda line: last[line.line_id] > line.partial_start_id).promise_id
        taken = self.env["dunning.promise.line"].search(
            [("line_id", "in", kept.line_ids.line_id.ids), ("state", "=", "open")]).line_id
        kept.filtered(lambda promise: not promise.line_ids.line_id & taken)._set_reopened()


class ResCompany(models.Model):
    """The day until which a promise is waited for."""

    _inherit = "res.company"

    def _get_promise_limit(self, day):
        """Return the last day on which a payment still keeps a promise: its day and the tolerance, in working days."""
        company = self.root_id.sudo()
        return company._get_dunning_calendar().add_working_days(day, company.dunning_promise_tolerance)


class DunningRun(models.Model):
    """The night judges promises before it plans."""

    _inherit = "dunning.run"

    def _get_night_steps(self):
        # sudo: the night judges for everybody.
        promises = self.env["dunning.promise"].sudo()
        waits = self._has("dunning.promise", promises._get_judged_domain(self.company_id, self.date))
        return super()._get_night_steps() + [NightStep(lambda: promises._judge(self.company_id, self.date), waits)]


class AccountPartialReconcile(models.Model):
    """A payment that is taken back may break a promise that was kept."""

    _inherit = "account.partial.reconcile"

    def unlink(self):
        # sudo: whoever takes a payment back needs no dunning right.
        receivable = self.sudo().filtered(lambda one: one.debit_move_id.account_type == "asset_receivable")
        if receivable:
            self.env["dunning.promise"].sudo()._reopen_for(receivable)
        return super().unlink()


class DunningFollowup(models.Model):
    """Payments end the pause of a promise as soon as the totals are refreshed."""

    _inherit = "dunning.followup"

    @api.model
    def _cron_refresh(self):
        for company in self.env["dunning.run"]._get_companies():
            self.env["dunning.promise"].sudo()._note_payments(company)
        super()._cron_refresh()

    def _add_attention(self, reason):
        """Show something that a person must settle; it stays until he does or a later notice leaves."""
        for followup in self:
            codes = [code for code in (followup.attention_codes or "").split(",") if code] + [reason.value]
            followup._write_door({"attention": True, "attention_codes": ",".join(dict.fromkeys(codes))})

    def _drop_attention(self, reason):
        """Take one cause of attention off and leave the others."""
        for followup in self.filtered(lambda one: reason.value in (one.attention_codes or "").split(",")):
            codes = [code for code in followup.attention_codes.split(",") if code != reason.value]
            followup._write_door({"attention_codes": ",".join(codes), "attention": bool(codes or followup.reply_date)})
