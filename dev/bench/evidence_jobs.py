"""Measure an evidence file: many invoices that must be printed, and proofs larger than memory should need."""

import os
from datetime import timedelta
from tempfile import TemporaryFile

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from odoo.fields import Command

SIDE = 1290  # pixels of a picture of noise: 5 MB that nothing makes smaller
PICTURES = 10  # in one document


def evidence(env, meter, invoices, megabytes):
    """Build a file of printed invoices, then one with as many MB of proofs."""
    followup = _find(env)
    lines = followup.open_line_ids.filtered(lambda line: line.amount_residual > 0)[:invoices]
    _build(env, meter, followup, lines, f"evidence file: {len(lines)} invoices printed anew")
    limit = followup.company_id.root_id
    limit.dunning_evidence_limit = 500
    _prove(env, lines[0].move_id, megabytes)
    _build(env, meter, followup, lines[0], f"evidence file: {megabytes} MB of proofs")


def _find(env):
    """Return the follow-up with the most open items."""
    company = env.ref("base.main_company")
    env["dunning.followup"]._sync(company, company._get_dunning_today())
    [(customer, _count)] = env["account.move.line"]._read_group(
        [("account_type", "=", "asset_receivable"), ("parent_state", "=", "posted"), ("amount_residual", ">", 0),
         ("company_id", "=", company.id), ("move_id.move_type", "=", "out_invoice")],
        ["partner_id"], ["__count"], order="__count desc", limit=1)
    return env["dunning.followup"].search([
        ("partner_id", "=", customer.commercial_partner_id.id), ("company_id", "=", company.id)])


def _prove(env, move, megabytes):
    """Attach documents of 50 MB each: scans, as incompressible as real ones."""
    day = move.invoice_date - timedelta(days=1)
    for number in range(megabytes // 50):
        with TemporaryFile() as target:
            paper = Canvas(target, pagesize=A4, pageCompression=0)
            for _page in range(PICTURES):
                paper.drawImage(ImageReader(_get_noise()), 40, 100, 500, 500)
                paper.showPage()
            paper.save()
            target.seek(0)
            file = env["ir.attachment"].create({
                "name": f"scan {number}.pdf", "raw": target.read(), "res_model": "dunning.evidence"})
        env["dunning.evidence"].create({
            "move_id": move.id, "type": "delivery", "date": day, "attachment_ids": [Command.set(file.ids)]})
        env.cr.commit()
        env.invalidate_all()


def _get_noise():
    return Image.frombytes("RGB", (SIDE, SIDE), os.urandom(SIDE * SIDE * 3))


def _build(env, meter, followup, lines, title):
    file = env["dunning.evidence.file"]._create_for(followup, lines)
    env.cr.commit()
    env.invalidate_all()
    with meter.measure(title, len(lines), "invoice"):
        file._build_safely()
    assert file.state == "done", file.failure_reason
    print(title, file.page_count, "pages", [f"{one.file_size >> 20} MB" for one in file.attachment_ids])
    env.cr.commit()
    env.invalidate_all()
