"""Say which reasons and steps the demo customers show tonight, and which reasons are missing. Writes nothing.

Runs in Odoo's shell on a database with demo data, before its first run.
"""
from collections import Counter
from dataclasses import replace

from odoo.exceptions import UserError

from odoo.addons.account_dunning.escalation import Reason

# They need what a later version brings, another add-on, or a switch of the whole company.
ELSEWHERE = {
    Reason.PROMISE, Reason.DISPUTE, Reason.PLAN, Reason.HOLD, Reason.INSOLVENCY, Reason.OVER_INDEBTEDNESS, Reason.DEATH,
    Reason.GUARDIANSHIP, Reason.IN_PAYMENT, Reason.STOPPED, Reason.BANK_STALE, Reason.ERROR, Reason.NEEDS_REMINDER,
}
# They depend on the weekday: calls wait for Monday. The run itself closes the call that nobody made.
LATER = {Reason.CLOSED_DAY, Reason.CALL_DUE, Reason.OTHER_NOTICE, Reason.NOT_MADE}

company = env.ref("base.main_company")
today = company._get_dunning_today()
followups = env["dunning.followup"].search([("company_id", "=", company.id), ("line_count", ">", 0)])
rules = company._get_dunning_rules(today)
calendar = replace(rules.calendar, weekdays=frozenset(range(7)), holidays=frozenset(), year_end_pause=False)
plans = followups._plan(today, replace(rules, calendar=calendar))

reasons = Counter(Reason(code) for code in followups._count_reasons(plans).elements())
run = env["dunning.run"].new({"company_id": company.id, "date": today})
with env.cr.savepoint(flush=False) as savepoint:
    notices, refused = env["dunning.notice"]._prepare_notices(plans, today, run)
    steps = Counter((one.policy_id.name, one.level_id.name, one.is_call) for one in notices)
    reasons.update(refused.values())
    savepoint.rollback()
for followup in followups:
    reasons.update(Reason(code) for code in (followup.attention_codes or "").split(",") if code)

for reason, count in reasons.most_common():
    print(f"{count:4}  {reason.value:22}{reason.sentence}")
print()
for (policy, step, is_call), count in sorted(steps.items()):
    print(f"{count:4}  {policy}: {step}{' (call)' if is_call else ''}")
missing = set(Reason) - set(reasons) - ELSEWHERE - LATER
if missing:
    raise UserError(f"The demo data does not show: {', '.join(sorted(missing))}")
