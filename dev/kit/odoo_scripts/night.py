"""Tonight's run over the demo customers: plan, release, deliver, and leave what went out in a folder.

Runs in Odoo's shell, while a server of the same database answers: letters fetch their style sheet from it.
"""
import base64
import json
import os
import re
from collections import Counter
from pathlib import Path

FOLDER = Path(os.environ["DUNNING_FOLDER"])
AT_ALL_HOURS = {
    # The demonstration works on a Sunday evening too.
    "dunning_hour_from": 0, "dunning_hour_to": 24, "dunning_sending_days": "all", "dunning_year_end_pause": False,
}
MOST_ROUNDS = 50


def work():
    """Let the scheduled action do what waits for it, as the server would."""
    env.cr.commit()
    env.ref("account_dunning.ir_cron_dunning_run").method_direct_trigger()
    # It worked in a transaction of its own: a new one here sees what it did.
    env.cr.commit()
    env.invalidate_all()


def work_until(is_over):
    for _round in range(MOST_ROUNDS):
        work()
        if is_over():
            return


def companies_with_receivables():
    groups = env["account.move.line"]._read_group(
        [("account_type", "=", "asset_receivable"), ("parent_state", "=", "posted"), ("reconciled", "=", False)],
        ["company_id"],
    )
    return env["res.company"].union(*(company for (company,) in groups)).root_id.filtered("active")


def deliver(company):
    """Plan, look at, release and deliver tonight's run of a company."""
    company.write(AT_ALL_HOURS)
    env["dunning.holiday"].search([("date", "=", company._get_dunning_today())]).unlink()
    run = env["dunning.run"]._create_run(company, origin="scheduled").with_user(manager)
    work_until(lambda: run.phase != "planning")
    if run.phase == "review":
        run.action_open_preview()
        run.action_release()
        work_until(lambda: run.state not in ("prepared", "running"))
    return run.sudo()


def counts(records, field):
    """Return how many records there are of each value, by its label."""
    labels = dict(records._fields[field]._description_selection(env))
    return {labels.get(value, value): len(group) for value, group in records.grouped(field).items()}


def save_letters(notices):
    folder = FOLDER / "letters"
    folder.mkdir(parents=True, exist_ok=True)
    for notice in notices.filtered("pdf"):
        name = re.sub(r"[^\w.-]+", "_", f"{notice.name}_{notice.level_id.name}_{notice.partner_id.name}").strip("_")
        (folder / f"{name}.pdf").write_bytes(base64.b64decode(notice.pdf))


def skipped(run):
    """Return why receivables did not move: the reason as people read it, and how many."""
    label = env["dunning.followup"]._get_reason_label
    moved = ("due", "call_due")
    return {label(code): number for code, number in (run.reason_counts or {}).items() if code not in moved}


def summary(run):
    notices = run.notice_ids
    save_letters(notices)
    return {
        "run": run.display_name,
        "state": " ".join(counts(run, "state")),
        "customers": run.count_looked_at,
        "planned": len(notices),
        "levels": Counter(notice.level_id.name for notice in notices).most_common(),
        "notices": counts(notices, "state"),
        "channels": {
            channel: counts(run.notice_ids.dispatch_ids.filtered(lambda one, code=code: one.channel == code), "state")
            for code, channel in run.notice_ids.dispatch_ids._fields["channel"]._description_selection(env)
            if code in run.notice_ids.dispatch_ids.mapped("channel")
        },
        "skipped": skipped(run),
        "errors": run.error_log or "",
    }


manager = env.ref("base.user_admin")
manager.group_ids |= env.ref("account_dunning.group_dunning_manager")
results = [summary(deliver(company)) for company in companies_with_receivables()]
env.cr.commit()
(FOLDER / "summary.json").write_text(json.dumps(results, indent=2, ensure_ascii=False))
