"""One worker at paper: prints slowly, with one page for every document, so that it can be killed in between."""
import io
import os
import time

import psycopg2
from reportlab.pdfgen.canvas import Canvas

from odoo.exceptions import UserError

SECONDS = 0.3
ROUND = os.environ["DUNNING_ROUND"]


def one_page(text):
    """Return a page that says one thing."""
    time.sleep(SECONDS)
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(100, 700, text)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def print_letters():
    """Do what the scheduled action does until every letter is printed."""
    runs = env["dunning.run"]
    for _round in range(20):
        runs._cron_run()
        env.cr.commit()
        waiting = runs.search([("phase", "=", "review")])
        if not waiting:
            return
        waiting.action_open_preview()
        waiting.action_release()
        env.cr.commit()


def post_letters():
    """Press the button, as often as a web request is tried again."""
    for _attempt in range(5):
        letters = env["dunning.dispatch"].search([
            ("partner_id.email", "like", f"{ROUND}-%"), ("channel", "=", "letter"), ("state", "=", "pending")])
        try:
            letters.action_mark_posted()
            env.cr.commit()
            return
        except psycopg2.OperationalError:
            env.cr.rollback()
        except UserError as error:
            print(error)
            env.cr.rollback()
            return


notices, files = type(env["dunning.notice"]), type(env["dunning.evidence.file"])
notices._render_letters = lambda self: {one.id: one_page(one.name) for one in self}
notices._render_invoices = lambda self, invoices: {one.id: one_page(one.name) for one in invoices}
files._print_page = lambda self, section, values: one_page(section)
type(env["ir.actions.report"])._check_dunning_printer = lambda self: None

task = os.environ["DUNNING_TASK"]
if task == "print":
    print_letters()
elif task == "post":
    post_letters()
else:
    env["dunning.evidence.file"]._cron_build()
env.cr.commit()
