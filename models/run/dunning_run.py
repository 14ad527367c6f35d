from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...escalation import Reason

# Counted with the reasons, but these receivables do move.
MOVED = (Reason.DUE.value, Reason.CALL_DUE.value)


class DunningRun(models.Model):
    """One run: planned, looked at, released, sent. Only the scheduled action works on it, one batch a transaction.

    A night is one run over many calls of the action; killed at any point it goes on where it stood, because what is
    left to do can be read from the records. The work itself is in dunning_run_work.py.
    """

    _name = "dunning.run"
    _description = "Dunning Run"
    _inherit = ["dunning.door", "dunning.named"]
    _order = "date desc, id desc"

    _door_fields = frozenset({
        "state", "phase", "opened_uid", "opened_date", "released_uid", "released_date", "reason_counts", "error_log",
    })

    _fixed_fields = frozenset({"company_id", "user_id", "date", "origin"})

    name = fields.Char(compute="_compute_name", store=True, precompute=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", "Asked For By", readonly=True)
    date = fields.Date("Day", required=True, readonly=True)
    origin = fields.Selection([("scheduled", "Nightly"), ("manual", "By Hand")], default="manual", readonly=True)
    state = fields.Selection(
        [("prepared", "Prepared"), ("running", "Running"), ("interrupted", "Interrupted"), ("done", "Done"),
         ("cancelled", "Cancelled")],
        default="prepared", readonly=True, index=True,
    )
    phase = fields.Selection(
        [("planning", "Planning"), ("review", "Waiting for Release"), ("sending", "Sending"), ("done", "Done")],
        default="planning", readonly=True,
    )
    followup_ids = fields.Many2many("dunning.followup", string="Only These Customers", readonly=True)
    override_bank = fields.Boolean("Ignore Stale Bank Data", help="Send although the bank is not up to date.")
    override_closed = fields.Boolean("Ignore Closed Days", help="Send although this is a day of rest.")
    notice_ids = fields.One2many("dunning.notice", "run_id", "Notices", readonly=True)
    count_planned = fields.Integer("Planned", compute="_compute_counts")
    count_sent = fields.Integer("Sent", compute="_compute_counts")
    count_waiting = fields.Integer("Waiting", compute="_compute_counts",
                                   help="Letters to post, calls to make and notices to decide.")
    count_failed = fields.Integer("Failed", compute="_compute_counts")
    count_looked_at = fields.Integer("Customers Looked At", readonly=True)
    count_skipped = fields.Integer("Receivables Left Out", readonly=True)
    reason_counts = fields.Json("Reasons", readonly=True)
    reason_text = fields.Text("Why the Others Do Not Move", compute="_compute_reason_text")
    error_log = fields.Text("Errors", readonly=True)
    begun_date = fields.Datetime("Begun On", readonly=True)
    opened_uid = fields.Many2one("res.users", "Preview Opened By", readonly=True)
    opened_date = fields.Datetime("Preview Opened On", readonly=True)
    released_uid = fields.Many2one("res.users", "Released By", readonly=True)
    released_date = fields.Datetime("Released On", readonly=True)

    _open_idx = models.Index("(state) WHERE state IN ('prepared', 'running', 'interrupted')")

    @api.depends("date", "company_id", "origin")
    def _compute_name(self):
        for run in self:
            run.name = f"{run.company_id.name} {run.date}"

    @api.depends("notice_ids.state")
    def _compute_counts(self):
        counts = Counter()
        for run, state, number in self.env["dunning.notice"]._read_group(
                [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]):
            counts[run.id, state] = number
        for run in self:
            run.count_planned = sum(number for (run_id, state), number in counts.items()
                                    if run_id == run.id and state != "cancelled")
            run.count_sent = counts[run.id, "sent"]
            run.count_waiting = sum(counts[run.id, state] for state in ("to_approve", "ready", "sending"))
            run.count_failed = counts[run.id, "failed"] + counts[run.id, "uncertain"]

    @api.depends("reason_counts")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        labels = self.env["dunning.followup"]
        for run in self:
            others = {code: number for code, number in (run.reason_counts or {}).items() if code not in MOVED}
            counts = sorted(others.items(), key=lambda pair: -pair[1])
            run.reason_text = "\n".join(
                self.env._("%(count)s: %(reason)s", count=number, reason=labels._get_reason_label(code))
                for code, number in counts
            )

    def write(self, vals):
        if not {"override_bank", "override_closed"}.isdisjoint(vals) and not self.env.su \
                and not self.env.user.has_group("account_dunning.group_dunning_manager"):
            raise AccessError(self.env._("Only a dunning manager may override the bank or a day of rest."))
        return super().write(vals)

    # --- creation -------------------------------------------------------------------------------------------------

    @api.model
    def _get_companies(self):
        """Return the legal entities that dun: root companies with a chart of accounts."""
        # sudo: the scheduled action looks after all companies.
        return self.env["res.company"].sudo().search([("parent_id", "=", False), ("chart_template", "!=", False)])

    @api.model
    def _create_run(self, company, origin="manual", followups=None):
        """Create a run and wake the scheduled action that plans it. A person sees the preview before anything goes."""
        company = company.root_id
        run = self.create({
            "company_id": company.id, "user_id": self.env.uid, "date": company._get_dunning_today(), "origin": origin,
            "followup_ids": [fields.Command.set(followups.ids)] if followups else False,
        })
        self._wake_action()
        return run

    @api.model
    def _create_sending_run(self, company, notices):
        """Create a run that sends chosen drafts: the person who pressed the button releases them."""
        if company.dunning_stopped:
            raise UserError(self.env._(
                "All dunning of %(company)s is stopped: %(reason)s. A manager can resume it in the settings.",
                company=company.name, reason=company.dunning_stop_reason,
            ))
        now = fields.Datetime.now()
        self.check_access("create")
        # sudo: a run that is released from the start comes from here only.
        run = self.sudo().create({
            "company_id": company.id, "user_id": self.env.uid, "date": company._get_dunning_today(),
            "phase": "sending", "state": "running", "released_uid": self.env.uid, "released_date": now,
            "opened_uid": self.env.uid, "opened_date": now,
        })
        notices.filtered(lambda one: one.state == "to_approve")._write_door({"state": "draft"})
        notices.write({"run_id": run.id})
        self._wake_action()
        return run.sudo(self.env.su)

    @api.model
    def _wake_action(self):
        # sudo: pressing a button needs no right on scheduled actions.
        self.env.ref("account_dunning.ir_cron_dunning_run").sudo()._trigger()

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_open_preview(self):
        """Show what is prepared; the first one who opens it is remembered, and only then can it be released."""
        self.ensure_one()
        if not self.opened_date and self.env.user.has_group("account_dunning.group_dunning_manager"):
            self._write_door({"opened_uid": self.env.uid, "opened_date": fields.Datetime.now()})
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_notice_action")
        return action | {"domain": [("run_id", "=", self.id)], "context": {}}

    def action_release(self):
        """Let the prepared notices go; the first release opens automatic sending for the company."""
        for run in self:
            run._check_releasable()
            now = fields.Datetime.now()
            run._write_door({
                "phase": "sending", "state": "running", "released_uid": self.env.uid, "released_date": now,
            })
            if not run.company_id.dunning_first_release_date:
                # sudo: releasing is a right of dunning managers, writing on companies is not.
                run.company_id.sudo().write({
                    "dunning_first_release_date": now, "dunning_first_release_uid": self.env.uid,
                    "dunning_auto_send": True,
                })
        self._wake_action()

    def _check_releasable(self):
        if not self.env.user.has_group("account_dunning.group_dunning_manager"):
            raise UserError(self.env._("Only a dunning manager can release a run."))
        if self.phase == "planning":
            raise UserError(self.env._("The run is still being planned. Try again in a moment."))
        if self.phase != "review":
            raise UserError(self.env._("This run does not wait for a release any more."))
        if not self.opened_date:
            raise UserError(self.env._("Open the preview and look at what would be sent before you release it."))
        if self.company_id.dunning_stopped:
            raise UserError(self.env._("All dunning of this company is stopped. Resume it in the settings first."))

    def action_cancel(self):
        """Give up a run; its drafts are cancelled, what has left stays."""
        for run in self.filtered(lambda one: one.state not in ("done", "cancelled")):
            run._set_cancelled(self.env._("Run cancelled by %(user)s", user=self.env.user.name))

    def _set_cancelled(self, reason):
        self.notice_ids.filtered(lambda one: one.state == "draft")._set_cancelled(reason)
        self._write_door({"state": "cancelled", "phase": "done"})

    def action_resume(self):
        """Go on with an interrupted run."""
        self.filtered(lambda one: one.state == "interrupted")._write_door({"state": "running"})
        self._wake_action()
