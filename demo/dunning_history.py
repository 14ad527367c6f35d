from datetime import datetime, time
from functools import partial

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import groupby

from ..escalation import RANK


class AccountChartTemplate(models.AbstractModel):
    """The demo history: payments, reminders and calls day after day until yesterday, through the doors of the models.

    The letters of the past have no PDF: none is rendered while Odoo is installed.
    """

    _inherit = "account.chart.template"

    @api.model
    def _install_dunning_demo_history(self, company_id):
        """Settle and remind in the order of the days, so that each reminder shows what was open then."""
        company = self.env["res.company"].browse(company_id)
        demo = self.sudo().with_company(company).with_context(
            allowed_company_ids=company.ids, tracking_disable=True, mail_create_nosubscribe=True,
            mail_activity_quick_update=True,  # a call of last month notifies nobody by e-mail
        )
        followups = demo.env["dunning.followup"]
        followups._sync(company, company._get_dunning_today())
        payments = demo._create_dunning_demo_payments(company) + demo._get_dunning_demo_allocations(company)
        payments.sort(key=lambda payment: payment[0])
        rows = demo._read_dunning_demo("demo_notices")
        for day, notices in groupby(rows, key=lambda row: int(row["day"])):
            payments = demo._settle_dunning_demo(payments, day)
            for row in notices:
                demo._create_dunning_demo_notice(company, row)
        demo._settle_dunning_demo(payments, 0)
        demo._close_dunning_demo_history(company)

    @api.model
    def _get_dunning_demo_allocations(self, company):
        """Return the credit notes that were allocated to an invoice, with their day."""
        get = partial(self._get_dunning_demo_ref, "invoice")
        return [
            (int(row["day"]) + 1, self._get_dunning_demo_receivables(get(row["id"]) | get(row["settles"])))
            for row in self._read_dunning_demo("demo_invoices") if row["settles"]
        ]

    @api.model
    def _settle_dunning_demo(self, payments, day):
        """Reconcile what was paid before that day; return the payments that come later."""
        past = [lines for paid, lines in payments if paid < day]
        if past:
            self.env["account.move.line"]._reconcile_plan(past)
        return payments[len(past):]

    @api.model
    def _close_dunning_demo_history(self, company):
        """Bring the follow-ups up to date."""
        today = company._get_dunning_today()
        followups = self.env["dunning.followup"]
        followups._sync(company, today)
        followups.search([("company_id", "=", company.id)])._replan(today)

    # Notices

    @api.model
    def _create_dunning_demo_notice(self, company, row):
        """Create a notice as it was prepared on its day, and what became of it."""
        day = self._get_dunning_demo_open_day(company, row["day"], by_phone=bool(row["call"]))
        level = self.env.ref(f"account_dunning.dunning_level_{row['level']}")
        invoices = self.env["account.move"].union(
            *(self._get_dunning_demo_ref("invoice", name) for name in row["invoices"].split()))
        notice = self.env["dunning.notice"].create(
            self._prepare_dunning_demo_notice(company, row, day, level, invoices))
        notice._set_claims(day)
        if notice.is_call:
            self._make_dunning_demo_call(company, notice, row, day)
        elif row["state"] == "to_approve":
            notice._set_to_approve()
        else:
            self._send_dunning_demo_notice(notice, row, day)

    @api.model
    def _prepare_dunning_demo_notice(self, company, row, day, level, invoices):
        notices = self.env["dunning.notice"]
        followup = self.env["dunning.followup"].search([
            ("company_id", "=", company.id), ("partner_id", "=", invoices.commercial_partner_id.id)])
        vals = notices._prepare_plan_vals(followup, level, self.env["res.partner"], day)
        vals |= {"is_call": bool(row["call"]), "is_manual": bool(row["manual"])}
        notices._add_channels(vals, followup, level, vals["is_call"], day)
        vals["line_ids"] = self._prepare_dunning_demo_lines(
            notices.with_context(lang=vals["lang"]), followup, level, invoices, day, only_these=bool(row["manual"]))
        vals["amount_total"] = sum(
            command[2]["amount_company"] for command in vals["line_ids"] if command[2]["role"] != "claimed")
        return vals

    @api.model
    def _prepare_dunning_demo_lines(self, notices, followup, level, invoices, day, only_these):
        """Return the lines: the given invoices move, what else was overdue on that day is listed."""
        Line = self.env["account.move.line"]
        lines = Line.search(Line._get_dunning_domain(followup.company_id) & Domain([
            ("partner_id", "=", followup.partner_id.id), ("amount_residual", ">", 0), ("date", "<=", day),
            ("no_followup", "=", False),
        ]))
        snapshots = notices._get_line_snapshots(lines.ids, followup.partner_id.ids, followup.company_id)
        commands = []
        for line in lines.sorted("date_maturity"):
            snapshot = snapshots[line.id] | {"days_late": max(0, (day - snapshots[line.id]["due_date"]).days)}
            if line.move_id in invoices:
                commands.append(notices._prepare_line_command(snapshot, "moving", level.id))
            elif snapshot["days_late"] and not only_these:
                stage = line.dunning_level_id.stage
                claimed = stage and RANK[stage] >= RANK[level.stage]
                commands.append(notices._prepare_line_command(snapshot, "claimed" if claimed else "listed"))
        return commands

    @api.model
    def _make_dunning_demo_call(self, company, notice, row, day):
        """Put a call on the agenda; log its outcome when somebody made it."""
        notice._set_ready()
        call = notice.dispatch_ids
        if not row["closed"]:
            call._put_on_agenda(day)
            return
        closed = self._get_dunning_demo_open_day(company, row["closed"])
        call.write({
            "outcome": row["outcome"], "outcome_reason": row["outcome_reason"], "comment": row["comment"],
            "call_back_date": self._get_dunning_demo_day(company, row["call_back"]),
        })
        call._set_sent(closed)
        note = notice.followup_id.message_post(
            body=call._get_call_log(), subtype_xmlid="mail.mt_note", author_id=call.user_id.partner_id.id)
        note.date = datetime.combine(closed, time(10, 30))

    @api.model
    def _send_dunning_demo_notice(self, notice, row, day):
        """Freeze the words, keep the message in the discussion, and let each channel leave on that day."""
        notice._copy_addressee()
        notice._render_words()
        self._keep_dunning_demo_message(notice, day)
        notice._set_ready()
        if row["state"] == "uncertain":
            notice.write({"state": "sending", "attempt_date": datetime.combine(day, time(5, 12))})
            notice._set_uncertain()
            return
        notice.dispatch_ids.filtered(lambda one: one.channel != "call")._set_sent(day)
        notice.dispatch_ids.filtered("sent_at").sent_at = datetime.combine(day, time(8, 5))
        if row["state"] == "returned":
            notice.dispatch_ids._set_returned("550 5.1.1 Recipient address rejected: user unknown")
        self._deliver_dunning_demo_letter(notice.dispatch_ids.filtered(lambda one: one.channel == "registered"), day)

    @api.model
    def _deliver_dunning_demo_letter(self, letters, day):
        """Let the post bring a registered letter two working days later, when that day has come."""
        for letter in letters:
            letter._set_carrier("La Poste", f"2C{10_000_000_000 + letter.id}")
            calendar, today = letter.company_id._get_dunning_calendar(), letter.company_id._get_dunning_today()
            presented = calendar.add_working_days(day, 2)
            received = calendar.add_working_days(day, 3)
            if received <= today:
                letter._set_presented(presented)
                letter._set_received(received)

    @api.model
    def _keep_dunning_demo_message(self, notice, day):
        """Show an old e-mail in the discussion of its follow-up, without a mail that could leave again."""
        dispatch = notice.dispatch_ids.filtered(lambda one: one.channel == "email")
        if not dispatch:
            return
        replies = notice.followup_id._notify_get_reply_to()
        message = self.env["mail.message"].create(
            notice._prepare_message_vals(replies, []) | {"date": datetime.combine(day, time(8, 5))})
        notice.message_id = dispatch.message_id = message
        notice._freeze_html()
