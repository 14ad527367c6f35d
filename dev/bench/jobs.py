"""The jobs that are measured. Each runs in Odoo's shell, in a process of its own."""

from datetime import UTC, datetime, time, timedelta

from odoo import fields

from . import evidence_jobs, interest_jobs, ledger
from .meter import Meter

SEND_BATCH = 50  # as dunning_run_work.py
WORKING_DAY = 1  # all nights but the last are those of a Tuesday


def run(env, job, results, statements=0, profiles=None, **parameters):
    """Run one job by its name; called by the command."""
    JOBS[job](env, Meter(results, statements, profiles), **parameters)


def build_ledger(env, meter, size):
    ledger.build(env, size, fields.Date.today())


# --- nights ---------------------------------------------------------------------------------------------------------

def first_night(env, meter):
    """Everything is new: follow-ups, plans, draft notices."""
    company = _prepare(env)
    with meter.measure("first night: follow-ups, plans, draft notices") as row:
        run = _night(env, company)
        row["count"], row["unit"] = run.count_looked_at, "customer"
    print(run.reason_counts, run.error_log)


def later_nights(env, meter):
    """Everything was sent over the last week; the same day again, then the next day."""
    company = _prepare(env)
    with meter.measure("the same night again: drafts cancelled and made anew") as row:
        row["count"] = _night(env, company).count_looked_at
    _send_by_decree(env, meter, company)
    _settle(env, meter, company)
    _night(env, company)
    _cancel_drafts(env)
    with meter.measure("the same day again: nothing to do") as row:
        run = _night(env, company)
    print(run.count_looked_at, run.notice_ids)
    with meter.measure("totals refreshed, nothing changed"):
        env["dunning.followup"]._sync(company, company._get_dunning_today())
        env.cr.commit()
    _let_it_be(env, WORKING_DAY + 1)
    with meter.measure("next night") as row:
        run = _night(env, company)
        moving = run.notice_ids.line_ids.filtered(lambda line: line.role == "moving")
        row["title"] += f": {len(moving)} receivables move, {len(run.notice_ids)} notices"
        row["count"] = run.count_looked_at


def _prepare(env):
    """Set the company up as one that works at all hours, with customers who are businesses."""
    company = env.ref("base.main_company")
    _let_it_be(env, WORKING_DAY)
    company.write({"dunning_hour_from": 0, "dunning_hour_to": 24, "dunning_sending_days": "all",
                   "dunning_year_end_pause": False})
    env.cr.execute("UPDATE res_partner SET dunning_debtor_kind = jsonb_build_object(%s::text, 'business')"
                   " WHERE id IN (SELECT id FROM bench_customer WHERE number %% 5 > 0)", [str(company.id)])
    env["dunning.holiday"].search([]).unlink()
    env.cr.commit()
    env.invalidate_all()
    return company


def _night(env, company):
    """Do one night as the scheduled action does it, up to the release."""
    run = env["dunning.run"]._create_run(company, origin="scheduled")
    env.cr.commit()
    run._execute()
    env.invalidate_all()
    return run


def _send_by_decree(env, meter, company):
    """Mark all drafts as sent, then pretend that they left on eight different days: the state of a running company."""
    drafts = env["dunning.notice"].search([("state", "=", "draft")])
    today = company._get_dunning_today()
    drafts._set_ready()
    env.flush_all()
    with meter.measure("mark as sent, raise levels", len(drafts)):
        for start in range(0, len(drafts), 500):
            drafts[start:start + 500].dispatch_ids._set_sent(today)
        env.flush_all()
    for statement in (
        "UPDATE dunning_notice SET date_sent = date_sent - followup_id % 8 WHERE state = 'sent'",
        "UPDATE dunning_dispatch SET date_sent = date_sent - followup_id % 8 WHERE state = 'sent'",
        "UPDATE dunning_followup SET last_notice_date = last_notice_date - id % 8, wake_date = '1900-01-01'",
        "UPDATE account_move_line line SET dunning_date = notice.date_sent FROM dunning_notice notice"
        " WHERE notice.id = line.dunning_notice_id",
    ):
        env.cr.execute(statement)
    env.cr.commit()
    env.invalidate_all()


def _settle(env, meter, company):
    """Say what comes next for all that were written to, in the batches in which the run does it while it sends."""
    followups = env["dunning.followup"].search([("last_notice_id", "!=", False)])
    run = env["dunning.run"].search([], limit=1)
    with meter.measure("what comes next, said after each batch that left", len(followups), "customer"):
        for start in range(0, len(followups), SEND_BATCH):
            run._settle(followups[start:start + SEND_BATCH], company._get_dunning_today())


def _cancel_drafts(env):
    """Take away what the night prepared, as if it had not been ripe: only its state in the planner is wanted."""
    drafts = env["dunning.notice"].search([("state", "in", ("draft", "to_approve"))])
    drafts.write({"state": "sent", "date_sent": drafts.company_id._get_dunning_today()})
    env["dunning.run"].search([("phase", "=", "review")]).write({"phase": "done", "state": "done"})
    env.cr.commit()


def _let_it_be(env, weekday):
    """Let it be that day of this week (Monday is 0), so that a measure does not depend on the day it is made on."""
    day = fields.Date.today() + timedelta(days=weekday - fields.Date.today().weekday())
    type(env["res.company"])._get_dunning_now = lambda self: datetime.combine(day, time(6), tzinfo=UTC)


# --- what leaves ----------------------------------------------------------------------------------------------------

def mails(env, meter, number):
    """Send e-mails of the first night to the local catcher: without invoices attached, then with them."""
    company = _prepare(env)
    company.write({"dunning_email": "recouvrement@bench.example"})
    waiting = _get_mailed_drafts(env)
    number = min(number, len(waiting) * 10 // 11)
    plain, rest = waiting[:number], waiting[number:number + number // 10]
    plain.level_id.attach_invoices = False
    env.cr.commit()
    _send(env, meter, company, plain, "e-mails, without attachments")
    if rest:
        rest.level_id.attach_invoices = True
        ledger.give_invoices_their_pdf(env, company._get_dunning_today())
        env.cr.commit()
        _send(env, meter, company, rest, "e-mails, each with its invoices' PDF")


def _get_mailed_drafts(env):
    """Return the drafts that leave by e-mail and nothing else."""
    drafts = env["dunning.notice"].search([("state", "=", "draft"), ("is_call", "=", False)], order="id")
    return drafts.filtered(lambda one: one.dispatch_ids.mapped("channel") == ["email"])


def _send(env, meter, company, notices, title):
    env["dunning.run"]._create_sending_run(company, notices)
    run = notices.run_id
    env.cr.commit()
    env.invalidate_all()
    with meter.measure(title, len(notices), "e-mail"):
        run._execute()
    env.invalidate_all()
    states = {state: len(group) for state, group in notices.grouped("state").items()}
    assert states == {"sent": len(notices)}, (states, run.error_log, set(notices.mapped("failure_reason")))


def letters(env, meter, number):
    """Freeze letters: the words, then the printed pages."""
    _prepare(env)
    notices = env["dunning.notice"].search([("state", "=", "draft"), ("is_call", "=", False)], order="id", limit=number)
    env.invalidate_all()
    with meter.measure("words of letters", len(notices), "letter"):
        notices._copy_addressee()
        notices._render_words()
        env.flush_all()
    env.invalidate_all()
    with meter.measure("letters printed", len(notices), "letter"):
        pages = notices._render_letters()
    assert len(pages) == len(notices)
    env.cr.rollback()


# --- the other add-on -----------------------------------------------------------------------------------------------

def peer(env, meter):
    """OCA's account_credit_control on the same ledger: the first night, nothing to do, the next day."""
    company = env.ref("base.main_company")
    policy = env.ref("account_credit_control.credit_control_3_time")
    policy.account_ids = env["account.account"].search([("account_type", "=", "asset_receivable")])
    company.credit_policy_id = policy
    env.cr.commit()
    today = fields.Date.today()
    with meter.measure("account_credit_control: first escalation") as row:
        lines = _peer_run(env, policy, today)
        row["count"] = len(lines)
    while lines:  # it climbs one level with each run, whatever the days between them
        lines.write({"state": "sent"})
        env.cr.commit()
        env.invalidate_all()
        lines = _peer_run(env, policy, today)
    with meter.measure("account_credit_control: nothing to do"):
        _peer_run(env, policy, today)
    with meter.measure("account_credit_control: next day") as row:
        row["count"] = len(_peer_run(env, policy, today + timedelta(days=1)))


def _peer_run(env, policy, day):
    run = env["credit.control.run"].create({"date": day, "policy_ids": [(6, 0, policy.ids)]})
    run.generate_credit_lines()
    env.cr.commit()
    lines = run.line_ids
    env.invalidate_all()
    return lines


JOBS = {
    "ledger": build_ledger, "first_night": first_night, "later_nights": later_nights, "mails": mails,
    "letters": letters, "peer": peer, "interest": interest_jobs.interest,
    "evidence": evidence_jobs.evidence,
}
