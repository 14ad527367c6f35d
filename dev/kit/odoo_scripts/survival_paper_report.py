"""Tell what became of the letters and the evidence file of one round."""
import hashlib
import io
import json
import os
import zipfile
from collections import Counter
from pathlib import Path

ROUND = os.environ["DUNNING_ROUND"]


def is_whole(archive):
    """Tell whether the ZIP file holds what its list of digests says."""
    with zipfile.ZipFile(io.BytesIO(archive.raw)) as folder:
        sums = dict(reversed(row.split("  ", 1)) for row in folder.read("SHA256SUMS.txt").decode().splitlines() if row)
        return bool(sums) and all(
            hashlib.sha256(folder.read(name)).hexdigest() == digest for name, digest in sums.items()
            if name in folder.namelist())


notices = env["dunning.notice"].search([("partner_id.email", "like", f"{ROUND}-%"), ("state", "!=", "cancelled")])
attachments = env["ir.attachment"].search([
    ("res_model", "=", "dunning.notice"), ("res_field", "=", "pdf"), ("res_id", "in", notices.ids)])
per_notice = Counter(attachments.mapped("res_id"))
lines = env["account.move.line"].search([
    ("partner_id.email", "like", f"{ROUND}-%"), ("account_type", "=", "asset_receivable")])
file = env["dunning.evidence.file"].search([("partner_id.email", "like", f"{ROUND}-%")])
archives = file.attachment_ids.filtered(lambda one: one.mimetype == "application/zip")
Path(os.environ["DUNNING_REPORT"]).write_text(json.dumps({
    "states": {notice.partner_id.email: notice.state for notice in notices},
    "notices": len(notices),
    "letters": [per_notice[notice.id] for notice in notices],
    "sealed": [hashlib.sha256(one.raw).hexdigest() == notices.browse(one.res_id).pdf_sha256 for one in attachments],
    "dispatches": Counter(notices.dispatch_ids.mapped("state")),
    "levels": sum(bool(line.dunning_level_id) for line in lines),
    "file": file.state, "attempts": file.attempts, "files": len(file.attachment_ids), "reason": file.failure_reason,
    "whole": [is_whole(archive) for archive in archives],
}))
