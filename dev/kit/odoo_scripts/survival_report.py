"""Tell what became of the notices of one round."""
import json
import os
from pathlib import Path

ROUND = os.environ["DUNNING_ROUND"]
notices = env["dunning.notice"].search([("partner_id.email", "like", f"{ROUND}-%")])
lines = env["account.move.line"].search([
    ("partner_id.email", "like", f"{ROUND}-%"), ("account_type", "=", "asset_receivable")])
Path(os.environ["DUNNING_REPORT"]).write_text(json.dumps({
    "states": {notice.partner_id.email: notice.state for notice in notices if notice.state != "cancelled"},
    "notices": len(notices.filtered(lambda one: one.state != "cancelled")),
    "levels": {line.partner_id.email: bool(line.dunning_level_id) for line in lines},
    "runs": env["dunning.run"].search([]).mapped("state"),
}))
