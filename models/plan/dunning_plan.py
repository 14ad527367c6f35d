from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

STATES = [
    ("draft", "Draft"), ("proposed", "Proposed"), ("agreed", "Agreed"), ("completed", "Completed"),
    ("broken", "Not Kept"), ("cancelled", "Cancelled"),
]
RHYTHMS = [
    ("weekly", "Weekly"), ("two_weekly", "Every Two Weeks"), ("monthly", "Monthly"), ("month_end", "End of Month"),
    ("custom", "Dates of My Own"),
]
# What the customer was shown: once proposed it changes only by going back to the draft.
TERMS = frozenset({
    "line_ids", "instalment_ids", "rhythm", "count", "date_first", "down_mode", "down_percent", "down_amount",
    "date_down", "interest_mode", "amount_interest", "amount_compensation", "followup_id", "currency_id", "is_consumer",
})
# How the customer agreed: proof, once it is agreed.
AGREEMENT = frozenset({"agreed_how", "agreed_by", "date_signed", "signed_document", "consent", "consent_by",
                       "date_consent"})
DOWN_DAYS = 5  # working days until the part payment that is asked at once


class DunningPlan(models.Model):
    """A debt paid by instalments: the customer signs a schedule and dunning waits as long as he keeps it.

    The schedule is edited in the draft. Proposing it freezes the document and what was paid until then; from the
    agreement on the night watches each instalment (dunning_plan_watch.py). A plan replaces no debt: its invoices stay
    what they are, and the whole is due again when it is broken.
    """

    _name = "dunning.plan"
    _description = "Payment Plan"
    _inherit = ["dunning.answer"]
    _order = "id desc"

    _open_states = ("draft", "proposed", "agreed")
    _frozen_files = frozenset({"pdf"})
    _door_fields = frozenset({
        "state", "name", "date_proposed", "date_agreed", "agreed_uid", "date_closed", "close_reason", "pdf",
        "pdf_sha256", "pdf_filename", "watch", "date_cure", "date_resume", "amount_interest", "amount_compensation",
        "is_consumer",
    })

    name = fields.Char("Number", readonly=True, copy=False, default="/")
    state = fields.Selection(STATES, required=True, readonly=True, default="draft", copy=False, index=True,
                             tracking=True, group_expand=True)
    line_ids = fields.One2many("dunning.plan.line", "plan_id", "Invoices")
    instalment_ids = fields.One2many("dunning.plan.instalment", "plan_id", "Schedule")
    is_consumer = fields.Boolean(
        "Pays as a Consumer", readonly=True, copy=False,
        help="Consumers, non-professionals and customers whose kind is not known: no interest, no fee, and a written "
             "notice before the plan ends.",
    )

    count = fields.Integer("Instalments", default=3, required=True, help="Without the part payment at the beginning.")
    rhythm = fields.Selection(RHYTHMS, required=True, default="monthly")
    date_first = fields.Date("First Instalment On", default=lambda self: self._get_default_first())
    down_mode = fields.Selection(
        [("percent", "Percentage"), ("amount", "Amount"), ("none", "None")], "Immediate Part Payment", required=True,
        default="percent", help="What the customer pays at once, as a sign that he means it.",
    )
    down_percent = fields.Float(
        "Part Payment (%)", default=lambda self: self.env.company.root_id.sudo().dunning_plan_down_percent,
    )
    down_amount = fields.Monetary("Part Payment")
    date_down = fields.Date("Part Payment On", default=lambda self: self._get_default_down())
    interest_mode = fields.Selection(
        [("frozen", "Frozen while the plan is kept"), ("included", "Included in the plan")], "Late Interest",
        required=True, default="frozen",
        help="Frozen: no day of a plan that is kept bears interest. Included: what is due today is part of the plan.",
    )

    amount_principal = fields.Monetary("Principal", compute="_compute_amounts", store=True)
    amount_interest = fields.Monetary("Interest", readonly=True, copy=False)
    amount_compensation = fields.Monetary("Compensation", readonly=True, copy=False)
    amount_total = fields.Monetary("Total", compute="_compute_amounts", store=True)
    amount_scheduled = fields.Monetary("Scheduled", compute="_compute_amounts", store=True)
    amount_difference = fields.Monetary("Difference", compute="_compute_amounts", store=True)
    date_last = fields.Date("Last Instalment On", compute="_compute_date_last", store=True)

    date_proposed = fields.Date("Proposed On", readonly=True, copy=False)
    pdf = fields.Binary("Document to Sign", attachment=True, readonly=True, copy=False)
    pdf_filename = fields.Char(readonly=True, copy=False)
    pdf_sha256 = fields.Char("SHA-256 of the Document", readonly=True, copy=False)

    agreed_how = fields.Selection(
        [("signed", "Signed document"), ("confirmed", "Confirmed otherwise")], "Agreed By Way Of", copy=False,
        default="signed",
    )
    agreed_by = fields.Char(copy=False, help="Who signed or confirmed, on the customer's side.")
    date_signed = fields.Date("Signed or Confirmed On", copy=False)
    signed_document = fields.Binary(attachment=True, copy=False)
    signed_filename = fields.Char(copy=False)
    date_agreed = fields.Date("Agreed On", readonly=True, copy=False)
    agreed_uid = fields.Many2one("res.users", "Recorded By", readonly=True, copy=False, ondelete="restrict")
    date_closed = fields.Date("Closed On", readonly=True, copy=False)
    close_reason = fields.Char("Closed Because", readonly=True, copy=False)

    extension_days = fields.Integer("Maximum Extension", compute="_compute_needs_consent")
    needs_consent = fields.Boolean("Needs the Insurer's Consent", compute="_compute_needs_consent")
    consent = fields.Boolean("The Insurer Consents", copy=False)
    consent_by = fields.Char("Consent Given By", copy=False)
    date_consent = fields.Date("Consent Given On", copy=False)

    _count_sane = models.Constraint("CHECK (count >= 0)", "The number of instalments cannot be negative.")
    _down_sane = models.Constraint("CHECK (down_amount >= 0 OR down_amount IS NULL)",
                                   "The part payment cannot be negative.")

    # --- defaults and computes ------------------------------------------------------------------------------------

    @api.model
    def _get_default_down(self):
        company = self.env.company
        return company._get_dunning_calendar().add_working_days(company._get_dunning_today(), DOWN_DAYS)

    @api.model
    def _get_default_first(self):
        return fields.Date.add(self.env.company._get_dunning_today(), months=1)

    @api.depends("line_ids.amount", "instalment_ids.amount", "interest_mode", "is_consumer", "amount_interest",
                 "amount_compensation")
    def _compute_amounts(self):
        for plan in self:
            extra = 0.0
            if plan._is_with_interest():
                extra = plan.amount_interest + plan.amount_compensation
            plan.amount_principal = sum(plan.line_ids.mapped("amount"))
            plan.amount_total = plan.amount_principal + extra
            plan.amount_scheduled = sum(plan.instalment_ids.mapped("amount"))
            plan.amount_difference = plan.currency_id.round(plan.amount_total - plan.amount_scheduled)

    @api.depends("instalment_ids.date")
    def _compute_date_last(self):
        for plan in self:
            plan.date_last = max(filter(None, plan.instalment_ids.mapped("date")), default=False)

    @api.depends("partner_id", "company_id", "date_last", "line_ids.due_date")
    def _compute_needs_consent(self):
        for plan in self:
            company = plan.company_id.sudo()
            customer = plan.partner_id.with_company(company)
            plan.extension_days = customer.dunning_extension_days or company.dunning_extension_days
            oldest = min(filter(None, plan.line_ids.line_id.mapped("date_maturity")), default=None)
            plan.needs_consent = bool(
                plan.extension_days and oldest and plan.date_last
                and plan.date_last > fields.Date.add(oldest, days=plan.extension_days))

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for plan in self:
            plan.display_name = f"{plan.name} · {plan.partner_id.display_name}" if plan.partner_id else plan.name

    # --- CRUD -----------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        plans = super().create(vals_list)
        for plan in plans:
            plan.sudo().name = f"PLAN{plan.company_id._get_dunning_today():%Y}-{plan.id:05d}"
        return plans

    def write(self, vals):
        if not self.env.su:
            self._check_terms(vals)
        return super().write(vals)

    def _check_terms(self, vals):
        """Refuse to change what the customer was shown, or how he agreed once he did."""
        if vals.keys() & TERMS and any(plan.state != "draft" for plan in self):
            raise UserError(self.env._("This plan was proposed: press Back to Draft before you change it."))
        if vals.keys() & AGREEMENT and any(plan.state not in ("draft", "proposed") for plan in self):
            raise UserError(self.env._("How a plan was agreed cannot be changed afterwards."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shown(self):
        if any(plan.state not in ("draft", "cancelled") or plan.date_proposed for plan in self):
            raise UserError(self.env._("A plan that the customer has seen is part of the history: cancel it instead."))

    # --- making one -----------------------------------------------------------------------------------------------

    @api.model
    def _create_for(self, lines, **values):
        """Return a draft plan of these receivables with its schedule.

        :raises UserError: lines of several customers or currencies, already planned, promised or disputed
        """
        followup = self._find_followup(lines)
        self._check_free(lines)
        company = followup.company_id
        plan = self.with_company(company).create({
            "followup_id": followup.id, "currency_id": lines.currency_id.id,
            "user_id": followup.user_id.id or self.env.uid,
            "line_ids": [Command.create(vals) for vals in self._prepare_answer_lines(lines)],
            "interest_mode": company.sudo().dunning_plan_interest, **values,
        })
        plan._compute_schedule()
        return plan

    @api.model
    def _check_free(self, lines, but=None):
        """Refuse receivables about which the customer already said something else."""
        for name, states, sentence in self._get_conflicts():
            # sudo: a plan of a colleague counts too.
            taken = self.env[name].sudo().search([("line_ids.line_id", "in", lines.ids), ("state", "in", states)])
            if but and but._name == name:
                taken -= but.sudo()
            names = ", ".join(dict.fromkeys((taken.line_ids.line_id & lines).mapped("move_id.name")))
            if taken:
                raise UserError(sentence % {"names": names})

    def _get_conflicts(self):
        """Return (model, open states, sentence) of the answers that exclude a plan. Extend to add one."""
        return [
            ("dunning.plan", self._open_states, self.env._(
                "Already in a payment plan: %(names)s. Cancel that plan first.")),
            ("dunning.promise", ("open",), self.env._(
                "The customer promised to pay: %(names)s. Cancel the promise first, the plan replaces it.")),
            ("dunning.dispute", ("open",), self.env._(
                "Disputed: %(names)s. Resolve the dispute first, or leave the invoice out of the plan.")),
        ]

    # --- doors ----------------------------------------------------------------------------------------------------

    def _set_proposed(self):
        """Freeze the document and what was paid until now: later payments count for the plan."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            raise UserError(self.env._("This plan was proposed already."))
        today = self.company_id._get_dunning_today()
        self._check_free(self.line_ids.line_id, but=self)
        self._check_debts()
        self._check_schedule(today)
        self._freeze_matched()
        self._write_door({"state": "proposed", "date_proposed": today})
        self._freeze_document()

    def _set_draft(self):
        """Take the proposal back; the document that was sent stays in the discussion."""
        for plan in self.filtered(lambda one: one.state == "proposed"):
            plan._write_door({"state": "draft", "date_proposed": False, "pdf": False, "pdf_sha256": False})

    def _set_agreed(self):
        """Let the dunning of these invoices wait for the plan. Two users at once: the second one is told."""
        self.ensure_one()
        # Locks first: the same plan by a colleague, another plan of the same customer.
        self.followup_id.sudo().lock_for_update(allow_referencing=True)
        self.sudo().lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["state"])
        if self.state != "proposed":
            raise UserError(self.env._("This plan is %(state)s: only a proposed plan can be agreed.", state=dict(
                self._fields["state"]._description_selection(self.env))[self.state].lower()))
        today = self.company_id._get_dunning_today()
        self._check_free(self.line_ids.line_id, but=self)
        self._check_agreement(today)
        self._write_door({"state": "agreed", "date_agreed": today, "agreed_uid": self.env.uid, "watch": "on_track"})
        self._claim_interest()

    def _check_agreement(self, today):
        """Refuse an agreement that nobody could prove or keep."""
        if self.agreed_how == "signed" and not self.signed_document:
            raise UserError(self.env._("Attach the document that the customer signed, "
                                       "or say how he confirmed the plan otherwise."))
        if not self.agreed_by or not self.date_signed:
            raise UserError(self.env._("Say who agreed on the customer's side, and when."))
        if not self.date_proposed <= self.date_signed <= today:
            raise UserError(self.env._("The day of the agreement lies between the proposal and today."))
        if self.needs_consent and not (self.consent and self.consent_by and self.date_consent):
            raise UserError(self.env._(
                "The plan ends more than %(days)s days after the oldest due date: "
                "your credit insurer must consent. Note who consented, and when.", days=self.extension_days))
        if not self.currency_id.is_zero(self.amount_difference):
            raise UserError(self.env._("The debts have changed since the document was sent: press Back to Draft, "
                                       "then propose the plan anew."))
        if self._get_missing(today):
            raise UserError(self.env._("The first instalment has passed and is not paid: press Back to Draft, "
                                       "then propose new dates."))

    def _set_completed(self):
        """All is paid: nothing is left to wait for."""
        for plan in self.filtered(lambda one: one.state == "agreed"):
            plan._close("completed", self.env._("Everything was paid."))

    def _set_broken(self, reason):
        """The customer did not keep the plan: dunning resumes, after the interval between two notices."""
        for plan in self.filtered(lambda one: one.state == "agreed"):
            company = plan.company_id
            plan._close("broken", reason, date_resume=fields.Date.add(
                company._get_dunning_today(), days=company.sudo().dunning_quiet_days))

    def _set_cancelled(self, reason):
        """End it without any consequence for the customer: dunning goes on where it stood."""
        for plan in self.filtered(lambda one: one.state in one._open_states):
            plan._message_log(body=reason)
            plan._close("cancelled", reason)

    def _close(self, state, reason, **values):
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._write_door({"state": state, "close_reason": reason, "watch": False,
                          "date_closed": self.company_id._get_dunning_today(), **values})

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_compute(self):
        """Read the debts anew and make the schedule from the terms above it."""
        for plan in self:
            if plan.state != "draft":
                raise UserError(self.env._("This plan was proposed: press Back to Draft before you change it."))
            plan._compute_schedule()

    def action_propose(self):
        """Make the document to sign, and send it to the customer."""
        for plan in self:
            plan._set_proposed()
            plan._send_proposal()

    def action_propose_on_paper(self):
        """Make the document to sign, to be handed over or posted."""
        self._set_proposed()
        return self.action_open_document()

    def action_back_to_draft(self):
        self._set_draft()

    def action_agree(self):
        for plan in self:
            plan._set_agreed()

    def action_cancel(self):
        self._set_cancelled(self.env._("Cancelled by %(name)s.", name=self.env.user.name))

    def action_break(self):
        """End a plan by hand that the customer does not keep, and tell him."""
        if not self.env.user.has_group("account_dunning.group_dunning_user"):
            raise AccessError(self.env._("Your dunning rights do not allow this. Ask a dunning manager."))
        for plan in self.filtered(lambda one: one.state == "agreed"):
            plan._check_may_break()
            plan._break(self.env._("Ended by %(name)s: the plan was not kept.", name=self.env.user.name), by_hand=True)

    def action_open_document(self):
        self.ensure_one()
        return {"type": "ir.actions.act_url", "target": "download",
                "url": f"/web/content/dunning.plan/{self.id}/pdf?download=true&filename_field=pdf_filename"}

    def action_open(self):
        self.ensure_one()
        return self.get_formview_action()
