from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...escalation import Reason

STAGE_LABELS = [
    ("none", "None"),
    ("preventive", "Preventive"),
    ("reminder_1", "Reminder 1"),
    ("reminder_2", "Reminder 2"),
    ("reminder_3", "Reminder 3"),
    ("formal", "Formal Notice"),
    ("litigation", "Litigation"),
    ("insolvency", "Insolvency"),
]
# Events in the life of a person: for those who work on the account.
PERSONAL_CODES = frozenset(one.value for one in (
    Reason.OVER_INDEBTEDNESS, Reason.DEATH, Reason.GUARDIANSHIP, Reason.VULNERABLE))
REASON_LABELS = [(reason.value, reason.sentence) for reason in Reason]
WOKEN = date(1900, 1, 1)
REPLAN_LIMIT = 1000


class DunningFollowup(models.Model):
    """What one customer owes one company, and how it is being collected.

    One per root company (legal entity) and commercial partner that ever owed something. Totals are in the currency of
    the company at book value; they are computed by one SQL statement (dunning_followup_sync.py), never by hand. All
    that is exchanged with the customer about his debts is in the discussion of this record.
    """

    _name = "dunning.followup"
    _description = "Dunning Follow-up"
    _inherit = ["mail.thread", "mail.activity.mixin", "dunning.door"]
    _order = "amount_overdue desc, id"
    _rec_name = "partner_id"
    _mail_post_access = "read"

    # All but the collector comes from the books, the plan and what the customer answered.
    _door_fields = frozenset({
        "policy_id", "stage", "level_id", "amount_overdue", "amount_not_due", "amount_credit", "amount_total",
        "oldest_due_date", "line_count", "reason", "next_level_id", "next_date", "wake_date", "held_until",
        "attention", "attention_codes", "error_message", "error_date", "reply_date", "last_notice_id",
        "last_notice_date", "fingerprint", "insurer_reminded", "charge_proposed_credit",
        "undecided_date", "undecided_activity_id",
    })
    _fixed_fields = frozenset({"company_id", "partner_id"})

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", "Customer", required=True, readonly=True, ondelete="restrict",
                                 index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one("res.users", "Collector", tracking=True, index="btree_not_null")
    policy_id = fields.Many2one(
        "dunning.policy", readonly=True, ondelete="set null",
        help="The customer's own policy, else that of the payer profile, else of the first matching rule, "
             "else the default of the company.",
    )
    stage = fields.Selection(STAGE_LABELS, readonly=True, default="none", group_expand=True, index=True)
    level_id = fields.Many2one("dunning.level", readonly=True, ondelete="set null")

    amount_overdue = fields.Monetary("Overdue", readonly=True)
    amount_not_due = fields.Monetary("Not Due", readonly=True)
    amount_credit = fields.Monetary("Open Credits", readonly=True, help="Unallocated payments and credit notes.")
    amount_total = fields.Monetary("Balance", readonly=True)
    oldest_due_date = fields.Date(readonly=True)
    oldest_days = fields.Integer("Days Late", compute="_compute_oldest_days", aggregator="max")
    line_count = fields.Integer("Open Items", readonly=True)

    # Codes and errors name what concerns a person, which is not for everybody who may read the follow-up.
    reason = fields.Selection(REASON_LABELS, readonly=True, help="Why something or nothing is due now.",
                              groups="account.group_account_invoice")
    reason_text = fields.Char("What Comes Next", compute="_compute_reason_text", compute_sudo=True)
    next_level_id = fields.Many2one("dunning.level", "Next Step", readonly=True, ondelete="set null")
    next_date = fields.Date("Next Step On", readonly=True)
    wake_date = fields.Date(
        "Planned Again On", readonly=True, help="From this day on time alone may change what comes next.",
    )
    held_until = fields.Date(readonly=True)
    attention = fields.Boolean("Needs Attention", readonly=True)
    attention_codes = fields.Char(readonly=True, groups="account.group_account_invoice")
    attention_text = fields.Char("Attention", compute="_compute_attention_text", compute_sudo=True)
    error_message = fields.Char("Last Error", readonly=True, groups="account.group_account_invoice")
    error_date = fields.Date("Last Error On", readonly=True)
    reply_date = fields.Datetime("Last Answer On", readonly=True)

    notice_ids = fields.One2many("dunning.notice", "followup_id", "Notices", readonly=True)
    notice_count = fields.Integer(compute="_compute_notice_count")
    last_notice_id = fields.Many2one("dunning.notice", readonly=True, ondelete="set null")
    last_notice_date = fields.Date("Last Notice On", readonly=True)
    fingerprint = fields.Char(readonly=True, help="A sum over the facts: it changes when one of them does.")
    active = fields.Boolean(default=True)

    _company_partner_uniq = models.UniqueIndex("(company_id, partner_id)", "One follow-up per company and customer.")
    _wake_idx = models.Index("(company_id, wake_date) WHERE wake_date IS NOT NULL")

    # --- computes -------------------------------------------------------------------------------------------------

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Who may only read the accounts does not read the discussion: it says what concerns persons."""
        operations = super()._mail_get_operation_for_mail_message_operation(message_operation)
        if self.env.user.has_group("account.group_account_invoice"):
            return operations
        return dict.fromkeys(operations, "write")

    @api.depends("oldest_due_date")
    def _compute_oldest_days(self):
        for followup in self:
            today = followup.company_id._get_dunning_today()
            followup.oldest_days = max(0, (today - followup.oldest_due_date).days) if followup.oldest_due_date else 0

    def _get_reason_label(self, code):
        """Return the translated sentence of a reason code, or the code when a later version wrote it.

        Who may only read the accounts learns that a hold runs, and nothing of the person.
        """
        if code in PERSONAL_CODES and not self.env.user.has_group("account.group_account_invoice"):
            code = Reason.HOLD.value
        return dict(self._fields["reason"]._description_selection(self.env)).get(code, code)

    @api.depends("reason", "next_date", "next_level_id")
    @api.depends_context("lang", "uid")
    def _compute_reason_text(self):
        for followup in self:
            followup.reason_text = followup.reason and self._get_step_text(
                followup.reason, followup.next_level_id, followup.next_date)

    @api.depends("attention_codes", "error_message", "policy_id.end_action")
    @api.depends_context("lang", "uid")
    def _compute_attention_text(self):
        for followup in self:
            codes = (followup.attention_codes or "").split(",")
            labels = [self._get_reason_label(code) for code in codes if code and code != "error"]
            sentences = list(dict.fromkeys(labels))
            if "ladder_done" in codes and followup.policy_id.end_action != "attention":
                sentences.append(self.env._("To do: %(action)s", action=followup.policy_id._get_end_action_label()))
            is_told = self.env.user.has_group("account.group_account_invoice")
            sentences += [followup.error_message] if is_told and followup.error_message else []
            followup.attention_text = " · ".join(sentences)

    def _compute_notice_count(self):
        counts = dict(self.env["dunning.notice"]._read_group(
            [("followup_id", "in", self.ids)], ["followup_id"], ["__count"],
        ))
        for followup in self:
            followup.notice_count = counts.get(followup, 0)

    # --- waking and refreshing ------------------------------------------------------------------------------------

    def _wake(self):
        """Have these follow-ups planned again at the next occasion; the refresh says at once what comes next."""
        self._set_wake_date(WOKEN)
        self._request_refresh(self.company_id)

    def _sleep(self):
        """Leave these follow-ups alone until their notice has left, was cancelled or failed."""
        self._set_wake_date(None)

    def _sleep_until_tomorrow(self):
        """One failure a day is enough: try again tomorrow."""
        for company, followups in self.grouped("company_id").items():
            followups._set_wake_date(company._get_dunning_today() + timedelta(days=1))

    def _set_wake_date(self, day):
        if self.ids:
            self.flush_recordset(["wake_date"])
            self.env.cr.execute(SQL(
                "UPDATE dunning_followup SET wake_date = %s WHERE id = ANY(%s) AND wake_date IS DISTINCT FROM %s",
                day, list(self.ids), day,
            ))
            self.invalidate_recordset(["wake_date"], flush=False)

    @api.model
    def _wake_partners(self, partners):
        """Have the follow-ups of these customers planned again: a choice about the customer changed."""
        # sudo: a salesperson may change a customer without dunning rights.
        self.sudo().search([("partner_id", "in", partners.commercial_partner_id.ids)])._wake()

    @api.model
    def _request_refresh(self, companies):
        """Trigger one refresh of the totals after the current transaction, however often it is asked for."""
        asked = self.env.cr.precommit.data.setdefault("account_dunning.refresh", set())
        if not companies or asked or self.env.context.get("dunning_refresh_later"):
            return
        asked.update(companies.ids)
        cron = self.env.ref("account_dunning.ir_cron_dunning_refresh", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    @api.model
    def _cron_refresh(self):
        """Refresh the totals of all companies; triggered after postings and reconciliations."""
        for company in self.env["dunning.run"]._get_companies():
            today = company._get_dunning_today()
            changed = self._sync(company, today)
            self._get_woken(company, changed)._replan(today)
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _get_woken(self, company, changed_ids):
        """Return the follow-ups to plan anew, so that the screens are right; a large rest waits for the night."""
        return self.search([
            ("company_id", "=", company.id), ("line_count", ">", 0),
            "|", ("wake_date", "=", WOKEN), ("id", "in", changed_ids),
        ], limit=REPLAN_LIMIT)

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_refresh(self):
        """Recompute these customers from the books and plan them anew."""
        for company, followups in self.grouped("company_id").items():
            today = company._get_dunning_today()
            # sudo: totals are written by SQL for users who may only read them.
            followups.sudo()._sync(company, today, followups.partner_id.ids)
            followups.sudo()._replan(today)

    def action_open_notices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_notice_action")
        return action | {"domain": [("followup_id", "=", self.id)], "context": {}}

    def action_open_invoices(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open items of %(customer)s", customer=self.partner_id.display_name),
            "res_model": "account.move.line",
            "view_mode": "list,form",
            "search_view_id": [self.env.ref("account_dunning.account_move_line_dunning_view_search").id, "search"],
            "views": [(self.env.ref("account_dunning.account_move_line_dunning_view_list").id, "list"),
                      (False, "form")],
            "domain": list(self.env["account.move.line"]._get_dunning_domain(self.company_id)
                           & fields.Domain("partner_id.commercial_partner_id", "=", self.partner_id.id)),
        }

    # --- answers --------------------------------------------------------------------------------------------------

    def message_update(self, msg_dict, update_vals=None):
        """An answer of the customer arrived: it needs attention until somebody read it.

        Neither an absence notice nor the message of a colleague does.
        """
        author = self.env["res.partner"].sudo().browse(msg_dict.get("author_id") or ())
        is_ours = any(not user.share for user in author.user_ids)
        if not (is_ours or self.env.context.get("dunning_auto_reply")):
            self.sudo().write({"reply_date": fields.Datetime.now(), "attention": True})
        return super().message_update(msg_dict, update_vals)
