from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools.misc import format_date

from ...escalation import Reason
from ..customer.res_partner import DEBTOR_KINDS

STATES = [
    ("preparing", "Preparing"), ("handed_over", "Handed Over"), ("recovered", "Recovered"), ("lost", "Irrecoverable"),
    ("cancelled", "Cancelled"),
]
# Orders made from this day on are served within three months, earlier ones within six (law.md 2.4, second-hand).
SHORT_SERVICE_FROM = fields.Date.to_date("2026-09-01")
# Chosen when a case begins; another choice is another case.
FIXED = frozenset({"followup_id", "route_id", "currency_id"})


class DunningLitigation(models.Model):
    """What follows a formal notice that stayed without effect: a case on one route, until money comes or hope ends.

    From its beginning the amicable dunning of its receivables stops. What may begin a case is checked in
    dunning_litigation_guard.py, what came of it is read from the books.
    """

    _name = "dunning.litigation"
    _description = "Litigation"
    _inherit = ["dunning.answer"]
    _order = "id desc"

    _open_states = ("preparing", "handed_over")
    _door_fields = frozenset({
        "state", "name", "date_prepared", "date_handed_over", "date_closed", "date_resume", "debtor_kind", "notice_id",
        "override_uid", "override_problems", "amount_irrecoverable", "write_off_move_ids", "is_service_reminded",
        "vat_statement_id",
    })

    name = fields.Char("Number", readonly=True, copy=False, default="/")
    state = fields.Selection(STATES, required=True, readonly=True, default="preparing", copy=False, index=True,
                             tracking=True, group_expand=True)
    route_id = fields.Many2one("dunning.litigation.route", required=True, ondelete="restrict", index=True)
    route_code = fields.Char(related="route_id.code")
    counterpart_kind = fields.Selection(related="route_id.counterpart_kind")
    debtor_kind = fields.Selection(DEBTOR_KINDS, "Kind of Debtor", readonly=True)
    line_ids = fields.One2many("dunning.litigation.line", "litigation_id", "Invoices")
    check_ids = fields.One2many("dunning.litigation.check", "litigation_id", "Checklist")
    notice_id = fields.Many2one("dunning.notice", "Formal Notice", readonly=True, copy=False, ondelete="restrict")
    override_reason = fields.Char("Why Nevertheless", tracking=True,
                                  help="Why a manager went on without an announced route or an expired notice.")
    override_problems = fields.Text("What Was Missing", readonly=True, copy=False)
    override_uid = fields.Many2one("res.users", "Decided By", readonly=True, copy=False, ondelete="restrict")

    counterpart_id = fields.Many2one("res.partner", "Handed Over To", ondelete="restrict", tracking=True,
                                     help="Court, commissaire de justice, agency, insurer, lawyer or authority.")
    court_name = fields.Char("Court", help="e.g. Tribunal de commerce")
    court_city = fields.Char("City of the Court")
    reference = fields.Char("Their Reference", tracking=True)
    user_id = fields.Many2one(string="Responsible")

    date_prepared = fields.Date("Begun On", readonly=True, copy=False)
    date_handed_over = fields.Date("Handed Over On", readonly=True, copy=False)
    date_order = fields.Date("Date of the Order", tracking=True)
    date_service_limit = fields.Date(
        "Serve By", compute="_compute_date_service_limit", store=True,
        help="Last day to have the order served: three months for orders made from 1 September 2026, six before. "
             "The three months rest on secondary sources (decree 2026-96): have your lawyer confirm them. "
             "Not moved to a working day: earlier is safe.")
    date_service = fields.Date("Served On", tracking=True)
    is_service_late = fields.Boolean("Service Is Late", compute="_compute_is_service_late")
    is_service_reminded = fields.Boolean(readonly=True, copy=False)
    date_hearing = fields.Date("Hearing On", tracking=True)
    date_closed = fields.Date("Closed On", readonly=True, copy=False)
    date_resume = fields.Date("Dunning Resumes On", readonly=True, copy=False)
    outcome = fields.Text(help="What the court, the agency or the insurer decided or obtained.")

    @api.depends("date_order", "route_id.code")
    def _compute_date_service_limit(self):
        for case in self:
            months = 3 if case.date_order and case.date_order >= SHORT_SERVICE_FROM else 6
            ordered = case.date_order if case.route_id.code == "payment_order" else False
            case.date_service_limit = ordered and fields.Date.add(ordered, months=months)

    @api.depends("date_service", "date_service_limit", "state")
    def _compute_is_service_late(self):
        for case in self:
            limit = case.date_service_limit
            today = case.company_id._get_dunning_today() if case.company_id else fields.Date.today()
            case.is_service_late = bool(limit) and (case.date_service or today) > \
                self.env["res.company"]._get_last_day_of_procedure(limit)

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for case in self:
            case.display_name = f"{case.name} · {case.partner_id.display_name}" if case.partner_id else case.name

    @api.constrains("date_order", "date_service")
    def _check_dates(self):
        for case in self:
            if case.date_service and (not case.date_order or case.date_service < case.date_order):
                raise ValidationError(self.env._("An order is served after the day on which it was made."))

    # --- CRUD -----------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        for case in cases:
            case._begin()
        return cases

    def write(self, vals):
        if not self.env.su and not FIXED.isdisjoint(vals):
            raise UserError(self.env._("The route of a case is not changed: cancel it and begin another one."))
        result = super().write(vals)
        if "line_ids" in vals:
            self._check_lines()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if any(case.state not in ("preparing", "cancelled") or case.date_handed_over for case in self):
            raise UserError(self.env._("A case that was handed over is part of the history: cancel it instead."))

    # --- beginning ------------------------------------------------------------------------------------------------

    @api.model
    def _create_for(self, lines, route, **values):
        """Begin a case about these receivables on this route.

        :param values: among others ``override_reason``: why a manager goes on in spite of what is missing
        :raises UserError: the route does not exist for the debtor or the amount, was not announced, the formal notice
            has not expired, or the receivables are in litigation already
        """
        followup = self._find_followup(lines)
        return self.with_company(followup.company_id).create({
            "followup_id": followup.id, "currency_id": lines.currency_id.id, "route_id": route.id,
            "line_ids": [Command.create(vals) for vals in self._prepare_answer_lines(lines)], **values,
        })

    def _begin(self):
        """Check that the case may begin, number it, and stop what is amicable about its receivables."""
        # Two users at once: the second one waits, then is told.
        self.followup_id.sudo().lock_for_update(allow_referencing=True)
        self._check_lines()
        self._check_free()
        company = self.company_id
        today = company._get_dunning_today()
        problems = self._check_route(self.route_id, self.followup_id, self.line_ids.line_id, self.override_reason)
        notices = self._get_formal_notices(self.followup_id, self.line_ids.line_id)
        # sudo: these are facts, no choices of the user.
        self.sudo().write({
            "name": f"LIT{today:%Y}-{self.id:05d}", "date_prepared": today,
            "debtor_kind": self.partner_id.with_company(company).dunning_debtor_kind, "notice_id": notices[:1].id,
            "override_problems": "\n".join(problems) or False, "override_uid": problems and self.env.uid,
            "check_ids": [Command.create({
                "name": step.name, "sequence": step.sequence, "is_document": step.is_document,
                "is_required": step.is_required, "step_id": step.id,
            }) for step in self._get_steps()],
        })
        self.check_ids.sudo()._copy_words()
        self.line_ids._freeze_claims()
        self._cancel_pending_notices()
        self._settle_decision()
        self.followup_id.sudo()._message_log(body=self.env._(
            "%(case)s: %(route)s for %(names)s. Amicable dunning of these invoices stops.", case=self.name,
            route=self.route_id.name, names=", ".join(self.line_ids.mapped("name"))))

    def _get_steps(self):
        """Return what this route demands for such a claim."""
        amount = self._get_amount_for(self.route_id, self.followup_id.company_id, self.line_ids.line_id)
        return self.route_id.step_ids.filtered(lambda step: not step.max_amount or amount <= step.max_amount)

    def _check_lines(self):
        """Refuse a case about nothing."""
        if not all(case.line_ids.line_id for case in self):
            raise UserError(self.env._("Choose the invoices that go into litigation."))

    def _check_free(self):
        """Refuse receivables that are in litigation already."""
        # sudo: a case of a colleague counts too.
        taken = self.env["dunning.litigation.line"].sudo().search([
            ("line_id", "in", self.line_ids.line_id.ids), ("litigation_id", "not in", self.ids),
            ("litigation_id.state", "in", self._open_states)])
        if taken:
            raise UserError(self.env._(
                "Already in litigation: %(names)s (%(cases)s). End that case first.",
                names=", ".join(dict.fromkeys(taken.mapped("name"))),
                cases=", ".join(dict.fromkeys(taken.litigation_id.mapped("name")))))

    def _cancel_pending_notices(self):
        """What was prepared about these receivables does not leave any more; the rest is prepared anew."""
        # sudo: drafts of colleagues and of the night too.
        notices = self.followup_id.sudo().notice_ids.filtered(
            lambda one: one.state in ("draft", "to_approve", "ready") and one.line_ids.line_id & self.line_ids.line_id)
        notices._set_cancelled(self.env._("In litigation: %(case)s", case=self.name))

    def _settle_decision(self):
        """The decision was taken, unless another formal notice still waits for one."""
        # sudo: the attention of a follow-up is no choice of the user.
        followup = self.followup_id.sudo()
        if not self._get_formal_notices(followup, followup._get_litigable_lines()):
            followup._clear_attention((Reason.FORMAL_EXPIRED, Reason.UNDECIDED))

    # --- doors ----------------------------------------------------------------------------------------------------

    def _set_handed_over(self):
        """The case leaves the house: its invoices and sums are fixed from now on."""
        for case in self:
            if case.state != "preparing":
                raise UserError(self.env._("%(case)s is not being prepared any more.", case=case.name))
            if case.counterpart_kind != "none" and not case.counterpart_id and not case.court_name:
                raise UserError(self.env._("Say to whom %(case)s is handed over.", case=case.name))
            missing = case.check_ids.filtered(lambda row: row.is_required and not row.is_done)
            if missing:
                raise UserError(self.env._("Still to do before %(case)s is handed over:\n%(rows)s", case=case.name,
                                           rows="\n".join(f"- {name}" for name in missing.mapped("name"))))
            case._write_door({"state": "handed_over", "date_handed_over": case.company_id._get_dunning_today()})

    def _set_recovered(self):
        """Money came, be it after hope was given up: what is still open is dunned again after the interval."""
        for case in self.filtered(lambda one: one.state in (*one._open_states, "lost")):
            if not case.amount_recovered:
                raise UserError(self.env._(
                    "No payment is matched with the invoices of %(case)s yet. Match it first.", case=case.name))
            case._close("recovered", self.env._("%(amount)s recovered.",
                                                amount=case.currency_id.format(case.amount_recovered)))

    def _set_lost(self):
        """Nothing more is to be had: the rest waits for its write-off and is not dunned any more."""
        for case in self._filter_open():
            if not (case.outcome or "").strip():
                raise UserError(self.env._("Write the outcome first: why is %(case)s irrecoverable?", case=case.name))
            amount = case.amount_open + case.amount_written_off
            case._close("lost", self.env._("Irrecoverable: %(amount)s.", amount=case.currency_id.format(amount)),
                        amount_irrecoverable=amount)

    def _set_cancelled(self, reason):
        for case in self._filter_open():
            case._close("cancelled", reason)

    def _filter_open(self):
        return self.filtered(lambda case: case.state in case._open_states)

    def _close(self, state, reason, **values):
        """End the case; dunning of what is left resumes after the interval, unless it is irrecoverable."""
        company = self.company_id
        today = company._get_dunning_today()
        # sudo: reminders may belong to somebody else.
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])
        resume = False if state == "lost" else fields.Date.add(today, days=company.sudo().dunning_quiet_days)
        self._write_door({"state": state, "date_closed": today, "date_resume": resume, **values})
        self._message_log(body=reason)
        self.followup_id.sudo()._message_log(body=f"{self.name}: {reason}")

    def _set_resumed(self):
        """Dun what was given up after all."""
        for case in self.filtered(lambda one: one.state == "lost" and not one.date_resume):
            case._write_door({"date_resume": case.company_id._get_dunning_today()})
            case._message_log(body=self.env._("Dunning resumes: decided by %(name)s.", name=self.env.user.name))

    def _set_reopened(self):
        """Go on with a case that was ended by mistake, or too early: its dunning stops again."""
        for case in self.filtered(lambda one: one.state not in one._open_states):
            case.followup_id.sudo().lock_for_update(allow_referencing=True)
            if not case.amount_open:
                raise UserError(self.env._("Nothing is open on the invoices of %(case)s any more.", case=case.name))
            case._check_free()
            case._write_door({
                "state": "handed_over" if case.date_handed_over else "preparing", "date_closed": False,
                "date_resume": False, "amount_irrecoverable": 0})
            case._cancel_pending_notices()
            case._message_log(body=self.env._("Reopened by %(name)s.", name=self.env.user.name))

    @api.model
    def _close_for_moves(self, moves):
        """Whoever answers for a case that left the house is told: the court or the agency must hear of it."""
        # sudo: whoever resets an invoice needs no dunning right.
        cases = self.sudo().search([("line_ids.move_id", "in", moves.ids), ("state", "=", "handed_over")])
        names = {case: ", ".join((case.line_ids.move_id & moves).mapped("name")) for case in cases}
        super()._close_for_moves(moves)
        for case in cases:
            user = case.user_id or case.followup_id.user_id or case.company_id._get_dunning_manager() or self.env.user
            told = case.with_context(lang=user.lang, mail_notify_force_send=False)
            told.activity_schedule(
                "mail.mail_activity_data_todo", date_deadline=case.company_id._get_dunning_today(), user_id=user.id,
                summary=told.env._(
                    "%(names)s: reset or cancelled by %(user)s after it was handed over. Tell %(counterpart)s.",
                    names=names[case], user=self.env.user.name,
                    counterpart=case.counterpart_id.name or case.court_name or case.route_id.name))

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_reopen(self):
        self.env["res.company"]._check_dunning_group("account_dunning.group_dunning_manager")
        self._set_reopened()
        self._refresh()

    def action_compute(self):
        """Compute interest, compensation and open amounts of today."""
        if any(case.state != "preparing" for case in self):
            raise UserError(self.env._("The sums of a case are fixed once it was handed over."))
        self.check_access("write")
        self.line_ids._freeze_claims()

    def action_hand_over(self):
        self._set_handed_over()

    def action_recovered(self):
        self._set_recovered()
        self._refresh()

    def action_lost(self):
        self._set_lost()
        self._refresh()

    def action_cancel(self):
        self._set_cancelled(self.env._("Cancelled by %(name)s.", name=self.env.user.name))
        self._refresh()

    def action_resume(self):
        self.env["res.company"]._check_dunning_group("account_dunning.group_dunning_manager")
        self._set_resumed()
        self._refresh()

    def _refresh(self):
        """Show at once what the follow-up does next."""
        self.followup_id.action_refresh()

    def action_open(self):
        self.ensure_one()
        return self.get_formview_action()

    def action_open_followup(self):
        self.ensure_one()
        return self.followup_id._get_form_action()

    # --- the night ------------------------------------------------------------------------------------------------

    def _close_paid(self):
        """Everything was paid with money: the case is over, also one that was given up."""
        if self.line_ids.line_id and not self.amount_open and self.amount_recovered and (
                self.state != "lost" or not self.amount_written_off):
            self._set_recovered()

    def _remind_service(self, today, days=15):
        """Have an order served in time: one task some days before its last day."""
        if self.is_service_reminded or self.date_service or not self.date_service_limit \
                or fields.Date.subtract(self.date_service_limit, days=days) > today:
            return
        user = self.user_id or self.followup_id.user_id or self.company_id._get_dunning_manager() or self.env.user
        self.with_context(mail_notify_force_send=False).activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=today, user_id=user.id, summary=self.env._(
                "Have the order served by %(date)s: it lapses afterwards",
                date=format_date(self.env, self.date_service_limit)))
        self._write_door({"is_service_reminded": True})
