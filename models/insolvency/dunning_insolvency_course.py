from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date

from .dunning_insolvency import OPEN_STATES
from .dunning_insolvency import DunningInsolvency as Proceedings


class DunningInsolvency(models.Model):
    """What becomes of the proceedings: relief from foreclosure, a plan of the court, liquidation, and their end.

    A creditor who gets nothing from a liquidation may not pursue the debtor afterwards (C. com. L643-11), and what a
    plan remits is not owed any more: the hold stays, and the write-off is proposed.
    """

    _inherit = "dunning.insolvency"

    _door_fields = Proceedings._door_fields | {
        "relief_reminded_days", "relief_activity_id", "dividend_reminded", "dividend_activity_id"}

    date_relief_asked = fields.Date("Relief Asked On", tracking=True)
    date_relief_granted = fields.Date(
        "Relief Notified On", tracking=True, help="The day on which we were told of the relief: half of the time to "
                                                  "declare runs from it.")
    date_converted = fields.Date("Liquidation Since", tracking=True)
    date_plan = fields.Date("Plan Adopted On", tracking=True)
    plan_text = fields.Text("What the Plan Pays", help="Shares, years and dates, as the court adopted them.")
    date_dividend = fields.Date("Next Payment of the Plan", tracking=True, help="You are reminded when it has passed.")
    relief_reminded_days = fields.Integer(readonly=True)
    relief_activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")
    dividend_reminded = fields.Date(readonly=True)
    dividend_activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")
    is_late = fields.Boolean(compute="_compute_is_late")
    can_write_off = fields.Boolean(compute="_compute_can_write_off")

    @api.depends("deadline", "state", "date_relief_granted")
    def _compute_is_late(self):
        for one in self:
            one.is_late = one.state == "open" and one._is_over(one.deadline, one._get_today())

    @api.depends("state", "procedure", "outcome", "claim_count")
    def _compute_can_write_off(self):
        for one in self:
            one.can_write_off = bool(one.claim_count) and (
                one.procedure == "liquidation" and one.state in OPEN_STATES
                or one.state == "closed" and one.outcome in ("part", "nothing", "plan"))

    @api.constrains("date_relief_asked", "date_relief_granted", "date_converted", "date_plan")
    def _check_course(self):
        for one in self:
            days = [day for day in (one.date_relief_asked, one.date_relief_granted, one.date_converted, one.date_plan)
                    if day]
            if any(not one.date_judgment <= day <= one._get_today() for day in days):
                raise ValidationError(self.env._(
                    "What became of the proceedings came after the judgment, and is not in the future."))

    # --- the beginning --------------------------------------------------------------------------------------------

    def _begin(self):
        super()._begin()
        self.sudo().hold_id._stop_answers()
        self._tell_cases()

    def _tell_cases(self):
        """A pending action is interrupted until the claim is declared: whoever runs it must tell the court."""
        # sudo: the case may be of a colleague.
        cases = self.env["dunning.litigation"].sudo()
        for case in cases.search([("followup_id", "=", self.followup_id.id), ("state", "in", cases._open_states)]):
            if not self.sudo()._filter_prior(case.line_ids.line_id):
                continue
            user = case.user_id.filtered("active") or self.user_id or self.env.user
            words = self.with_context(lang=user.lang).env
            case.with_context(mail_notify_force_send=False).activity_schedule(
                "mail.mail_activity_data_todo", date_deadline=self._get_today(), user_id=user.id,
                summary=words._("Insolvency: this case is stopped"),
                note=words._("By the judgment of %(date)s actions for payment are interrupted (C. com. L622-21, "
                             "L622-22). Tell the court or the agency, and declare the claim.",
                             date=format_date(words, self.date_judgment)))

    # --- liquidation ----------------------------------------------------------------------------------------------

    def action_convert(self):
        """The court converted the proceedings into liquidation: what was declared need not be declared again."""
        for one in self:
            one._check_state(*OPEN_STATES)
            if one.procedure not in ("safeguard", "receivership"):
                raise UserError(self.env._("Only safeguard proceedings and a receivership become a liquidation."))
            one.write({"procedure": "liquidation", "date_converted": one.date_converted or one._get_today()})
            one.followup_id._message_log(body=self.env._(
                "Converted into liquidation on %(date)s. What was declared need not be declared again; the VAT of what "
                "is not paid can be recovered.", date=format_date(self.env, one.date_converted)))

    def action_write_off(self):
        """Propose the write-off of what arose before the judgment, and show the cases."""
        self.ensure_one()
        if not self.can_write_off:
            raise UserError(self.env._("Nothing is given up yet: the proceedings are no liquidation and run, or "
                                       "nothing is open that arose before the judgment."))
        return self._propose_write_off()._get_list_action()

    def _propose_write_off(self):
        lines = self._get_prior_lines().filtered(lambda line: line.amount_residual > 0)
        reason = self.env._("%(procedure)s, judgment of %(date)s", procedure=self._get_procedure_label(),
                            date=format_date(self.env, self.date_converted or self.date_judgment))
        if self.state == "closed":
            outcome = dict(self._fields["outcome"]._description_selection(self.env))[self.outcome]
            reason = self.env._("%(reason)s, closed: %(outcome)s", reason=reason, outcome=outcome)
        return self.env["dunning.litigation"]._propose_write_off(lines, reason)

    # --- the end --------------------------------------------------------------------------------------------------

    def _set_over(self, state, text):
        super()._set_over(state, text)
        # sudo: tasks may belong to somebody else.
        (self.sudo().relief_activity_id | self.sudo().dividend_activity_id).unlink()
        if state == "closed" and self.can_write_off:
            self._propose_write_off()

    def _is_released(self, state):
        """Tell whether dunning goes on when the proceedings are over: by mistake, or paid as everything else."""
        return state == "cancelled" or self.outcome == "paid" or not self._get_prior_lines()

    # --- the night ------------------------------------------------------------------------------------------------

    def _remind_declaration(self, today):
        super()._remind_declaration(today)
        self._remind_relief(today)
        self._remind_dividend(today)

    def _remind_relief(self, today):
        """Remind of the last day to ask for relief while the claim is late and nobody has asked."""
        late = self.state == "open" and self._is_over(self.deadline, today)
        threshold = late and not self.date_relief_asked and self._get_threshold(
            self.date_relief, self.relief_reminded_days, today)
        if threshold:
            self._write_door({"relief_reminded_days": threshold})
            self.relief_activity_id = self._plan_task(self.relief_activity_id, self.date_relief, self.env._(
                "Ask the supervising judge for relief from foreclosure by %(date)s",
                date=format_date(self.env, self.date_relief)))

    def _remind_dividend(self, today):
        day = self.date_dividend
        if day and day < today and day != self.dividend_reminded:
            self._write_door({"dividend_reminded": day})
            self.dividend_activity_id = self._plan_task(self.dividend_activity_id, today, self.env._(
                "Did the payment of %(date)s by the plan arrive? Enter the next one.", date=format_date(self.env, day)))
