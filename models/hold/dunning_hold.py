import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.misc import clean_context, format_date

from ..base.apart import apart
from ..followup.dunning_followup import PERSONAL_CODES

_logger = logging.getLogger(__name__)

KINDS = [
    ("hold", "Pause"),
    ("insolvency", "Insolvency Proceedings"),
    ("over_indebtedness", "Over-indebtedness"),
    ("death", "Death"),
    ("guardianship", "Guardianship"),
    ("vulnerable", "Vulnerable Person"),
]
# These end when a person says so: a day on which to look again, no end date.
REVIEWED = ("insolvency", "over_indebtedness", "death", "guardianship", "vulnerable")
REVIEW_DAYS = 90


class DunningHold(models.Model):
    """A pause decided by a person: a customer or some of his invoices, a reason, an owner and an end.

    It ends by itself in the night. An extension is a new hold that refers to the former one, so that the history
    stays readable. Some events have no end that anybody knows: they have a review date and end by hand.
    """

    _name = "dunning.hold"
    _description = "Dunning Hold"
    _inherit = ["dunning.answer"]
    _order = "date_from desc, id desc"

    _open_states = ("running",)
    _door_fields = frozenset({"state", "date_ended", "activity_id", "date_from"})
    _fixed_fields = frozenset({
        "company_id", "date_end", "date_judgment", "followup_id", "is_whole_customer", "kind", "line_ids", "partner_id",
        "previous_id",
    })

    line_ids = fields.One2many("dunning.hold.line", "hold_id", "Receivables")
    kind = fields.Selection(KINDS, required=True, default="hold", tracking=True)
    is_reviewed = fields.Boolean("Ends by Hand", compute="_compute_is_reviewed")
    name = fields.Char("Reason", required=True, help="Your colleagues read it: why does dunning wait?")
    user_id = fields.Many2one(string="Owner", help="Is told when the hold ends, and answers for it until then.")
    is_whole_customer = fields.Boolean(
        "Whole Customer", help="All that the customer owes, invoices posted later included.")
    date_from = fields.Date("Since", readonly=True)
    date_end = fields.Date("Until", help="Last day of the pause. Dunning goes on by itself the day after.")
    date_review = fields.Date(
        "Look Again On", help="The owner is reminded on that day; the hold goes on until he ends it.")
    date_judgment = fields.Date(
        "Judgment Of", help="Only what arose before this day is held; later invoices are payable when due.")
    date_ended = fields.Date("Ended On", readonly=True)
    state = fields.Selection(
        [("running", "Running"), ("ended", "Ended"), ("cancelled", "Cancelled")],
        default="running", required=True, readonly=True, tracking=True, index=True,
    )
    previous_id = fields.Many2one("dunning.hold", "Extends", readonly=True, ondelete="restrict",
                                  index="btree_not_null")
    amount = fields.Monetary("Held Amount", compute="_compute_amount", help="What is open on the chosen invoices.")
    activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")

    @api.depends("kind")
    def _compute_is_reviewed(self):
        for hold in self:
            hold.is_reviewed = hold.kind in REVIEWED

    @api.depends("line_ids.line_id.amount_residual", "is_whole_customer", "date_judgment")
    def _compute_amount(self):
        for hold in self:
            if hold.is_whole_customer and hold.date_judgment:
                hold.amount = sum(hold._filter_held(hold.followup_id.open_line_ids.filtered(
                    lambda line: line.amount_residual > 0)).mapped("amount_residual"))
            elif hold.is_whole_customer:
                hold.amount = hold.followup_id.amount_overdue + hold.followup_id.amount_not_due
            else:
                hold.amount = sum(hold.line_ids.mapped("amount_residual"))

    @api.depends("kind", "name", "partner_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for hold in self:
            hold.display_name = " · ".join(filter(None, (hold.partner_id.display_name, hold.name)))

    @api.onchange("kind")
    def _onchange_kind(self):
        """These events concern all that the customer owes."""
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        if not self.name or self.name in kinds.values():
            self.name = self.kind in REVIEWED and kinds[self.kind]
        if self.kind in REVIEWED:
            self.is_whole_customer = True
            self.date_end = False
            today = self._get_today()
            self.date_review = self.date_review or today + timedelta(days=REVIEW_DAYS)
        else:
            self.date_review = False
        if self.kind == "over_indebtedness":
            self.measure = self.measure or "admissible"

    # --- creation -------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Begin pauses today; whoever asks, the same is checked."""
        # The defaults of the dialog are not those of the activities and notes that follow.
        self = self.with_env(self.env(context=clean_context(self.env.context)))
        self.check_access("create")
        holds = self.browse()
        for vals in vals_list:
            self._check_door(vals)
            vals = self._prepare_hold_vals(dict(vals))
            self.browse(vals.get("previous_id"))._set_extended()
            # sudo: lines are sealed, and the state of a new hold is no choice of the user.
            holds |= super(DunningHold, self.sudo()).create([vals]).sudo(self.env.su)
        holds._announce()
        return holds

    @api.model
    def _create_for(self, followup_or_lines, kind, date_end, **values):
        """Hold a whole customer (given his follow-up) or some of his receivables.

        :param date_end: last day of the pause; the review date when the kind has one
        """
        values = {"kind": kind, "date_review" if kind in REVIEWED else "date_end": date_end, **values}
        if followup_or_lines._name == "dunning.followup":
            return self.create({**values, "followup_id": followup_or_lines.id, "is_whole_customer": True})
        return self.create({**values, "line_ids": [
            Command.create({"line_id": line.id}) for line in followup_or_lines]})

    @api.model
    def _prepare_hold_vals(self, vals):
        """Return checked values: follow-up, currency and open amounts come from the books."""
        commands = [command[2] for command in vals.pop("line_ids", None) or [] if command[0] == Command.CREATE]
        lines = self.env["account.move.line"].browse([one["line_id"] for one in commands if one.get("line_id")])
        if vals.get("is_whole_customer"):
            followup, lines = self.env["dunning.followup"].browse(vals.get("followup_id")), lines.browse()
            if not followup and commands:
                followup = self._find_followup(self.env["account.move.line"].browse(commands[0]["line_id"]))
        else:
            lines.check_access("read")
            followup = self._find_followup(lines)
        if not followup:
            raise UserError(self.env._("Choose the invoices, or the customer, whose dunning waits."))
        followup.check_access("read")
        today = followup.company_id._get_dunning_today()
        vals = {"kind": "hold", "user_id": self.env.uid} | vals
        self._check_words(vals)
        self._check_days(vals, today, followup.company_id)
        prepared = self._prepare_answer_lines(lines) if lines else []
        return vals | {
            "followup_id": followup.id, "currency_id": (lines.currency_id or followup.company_id.currency_id).id,
            "date_from": today, "line_ids": [Command.create(line) for line in prepared],
        }

    @api.model
    def _check_words(self, vals):
        if not (vals.get("name") or "").strip():
            raise UserError(self.env._("Say why dunning waits: your colleagues will read it."))
        if not vals.get("user_id"):
            raise UserError(self.env._("A hold needs an owner, who is told when it ends."))

    @api.model
    def _check_days(self, vals, today, company):
        """A pause has an end within the limit of the company; an event that has none has a review date."""
        if vals["kind"] in REVIEWED:
            vals["date_end"] = False
            review = fields.Date.to_date(vals.get("date_review"))
            if not review or review <= today:
                raise UserError(self.env._("Choose a later day on which to look at this again."))
            return
        vals["date_review"] = vals["date_judgment"] = False
        end = fields.Date.to_date(vals.get("date_end"))
        if not end or end < today:
            raise UserError(self.env._("A hold needs an end: choose today or a later day."))
        first = self.browse(vals.get("previous_id"))._get_first_day() or today
        limit = first + timedelta(days=company.sudo().dunning_hold_days)
        if end > limit and not self.env.su and not self.env.user.has_group("account_dunning.group_dunning_manager"):
            raise UserError(self.env._(
                "A hold lasts at most %(count)s days, extensions included: until %(date)s. A dunning manager may go "
                "further.", count=company.sudo().dunning_hold_days, date=format_date(self.env, limit)))

    def _get_first_day(self):
        """Return the day on which the first hold of this chain began."""
        hold = self
        while hold.previous_id:
            hold = hold.previous_id
        return hold.date_from

    def _announce(self):
        for hold in self:
            hold.followup_id._message_log(body=hold._get_announcement())
            if hold.date_review:
                hold._remind_review()

    def _get_announcement(self):
        """Return the note of the follow-up: what waits, until when, why."""
        what = self.env._("all that he owes") if self.is_whole_customer else ", ".join(self.line_ids.mapped("name"))
        kind = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        if self.is_reviewed:
            return self.env._("%(kind)s: dunning of %(what)s waits until a person decides (%(reason)s)",
                              kind=kind, what=what, reason=self.name)
        if self.previous_id:
            return self.env._("Hold on %(what)s extended until %(date)s: %(reason)s", what=what, reason=self.name,
                              date=format_date(self.env, self.date_end))
        return self.env._("Hold on %(what)s until %(date)s: %(reason)s", what=what, reason=self.name,
                          date=format_date(self.env, self.date_end))

    # --- doors ----------------------------------------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and not self._fixed_fields.isdisjoint(vals):
            raise UserError(self.env._("A hold is not rewritten. Extend it, or end it and begin another one."))
        result = super().write(vals)
        if vals.get("date_review"):
            self._move_reminder()
        return result

    def _move_reminder(self):
        """Remind the owner on the new day; a reminder that was done is followed by another one."""
        # sudo: the activity may belong to somebody else.
        for hold in self.sudo().filtered(lambda one: one.state == "running"):
            activity = hold.activity_id.filtered("active")
            if activity:
                activity.date_deadline = hold.date_review
            else:
                hold._remind_review()

    def _remind_review(self):
        # What concerns a person stands on the hold: activities are read by whoever may read the accounts.
        is_personal = self.kind in PERSONAL_CODES
        # sudo: the owner may be somebody else.
        self.sudo().activity_id = self.followup_id.sudo().activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=self.date_review, user_id=self.user_id.id,
            summary=self.env._("Look again at this hold") if is_personal else self.env._(
                "Look again: %(reason)s", reason=self.name), note=False if is_personal else self.comment)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_manager(self):
        if not self.env.su and not self.env.user.has_group("account_dunning.group_dunning_manager"):
            raise UserError(self.env._("A hold is ended, not deleted: the history counts."))

    def _set_ended(self, text):
        """The pause is over: the follow-up goes on at the step where it stood."""
        for hold in self.filtered(lambda one: one.state == "running"):
            hold._write_door({"state": "ended", "date_ended": hold._get_today()})
            hold._drop_activity()
            hold.followup_id._message_log(body=text)

    def _set_extended(self):
        for hold in self:
            hold.check_access("write")
            if hold.state != "running":
                raise UserError(self.env._("This hold is over. Begin a new one."))
            hold._write_door({"state": "ended", "date_ended": hold._get_today()})
            hold._drop_activity()

    def _set_cancelled(self, reason):
        self._drop_activity()
        super()._set_cancelled(reason)

    def _drop_activity(self):
        """Take the task off the agenda; what became of it is noted on the follow-up."""
        # sudo: the activity may belong to somebody else.
        self.sudo().activity_id.unlink()

    def _get_today(self):
        company = self.followup_id.company_id or self.env.company
        return company._get_dunning_today()

    # --- the night ------------------------------------------------------------------------------------------------

    @api.model
    def _expire(self, company, today):
        """End the holds whose last day has passed, each by itself, with a note to the owner."""
        for hold in self.search(self._get_over_domain(company, today), order="id"):
            with apart(self.env, _logger, "Hold %s could not be ended", hold.id):
                hold._set_ended(self.env._("Hold ended: %(reason)s", reason=hold.name))
                hold._tell_owner()

    @api.model
    def _get_over_domain(self, company, today):
        return [("company_id", "=", company.id), ("state", "=", "running"), ("date_end", "<", today)]

    def _tell_owner(self):
        """Notify the owner, by e-mail or in his inbox as he prefers."""
        owner = self.user_id.filtered("active")
        if owner:
            hold = self.with_context(lang=owner.lang)
            hold.with_context(mail_notify_force_send=False).message_notify(
                partner_ids=owner.partner_id.ids, subject=hold.display_name,
                body=hold.env._("The hold “%(reason)s” ended on %(date)s: dunning of %(customer)s goes on where it "
                                "stood.", reason=hold.name, date=format_date(hold.env, hold.date_end),
                                customer=hold.partner_id.display_name),
            )

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_begin(self):
        """The dialog is saved: nothing more to do."""
        return {"type": "ir.actions.act_window_close"}

    def action_end(self):
        """Let dunning go on now."""
        self._set_ended(self.env._("Hold ended by %(user)s", user=self.env.user.name))

    def action_cancel(self):
        """It was begun by mistake."""
        for hold in self.filtered(lambda one: one.state == "running"):
            hold._set_cancelled(self.env._("Cancelled by %(user)s: begun by mistake", user=self.env.user.name))

    def action_extend(self):
        """Open the dialog for a longer pause."""
        self.ensure_one()
        if self.state != "running":
            raise UserError(self.env._("This hold is over. Begin a new one."))
        action = self._get_dialog(self.followup_id, self.line_ids.line_id.filtered(
            lambda line: line.amount_residual > 0 and line.parent_state == "posted"))
        action["context"] |= {
            "default_previous_id": self.id, "default_kind": self.kind, "default_name": self.name,
            "default_date_judgment": self.date_judgment, "default_is_whole_customer": self.is_whole_customer,
            "default_date_end": False, "default_date_review": False,
        }
        return action | {"name": self.env._("Extend the Hold")}

    def action_open_followup(self):
        self.ensure_one()
        return self.followup_id._get_form_action()

    @api.model
    def _get_dialog(self, followup, lines, is_whole=False):
        """Return the dialog in which a hold is begun: two weeks, for these receivables or the whole customer."""
        today = followup.company_id._get_dunning_today()
        days = min(14, followup.company_id.sudo().dunning_hold_days)
        ordered = lines.sorted(lambda one: one._get_dunning_order())
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "target": "new", "view_mode": "form",
            "name": self.env._("Hold for %(customer)s", customer=followup.partner_id.display_name),
            "views": [(self.env.ref("account_dunning.dunning_hold_view_form_dialog").id, "form")],
            "context": {
                "default_followup_id": followup.id, "default_is_whole_customer": is_whole or not lines,
                "default_currency_id": (lines.currency_id or followup.company_id.currency_id)[:1].id,
                "default_date_end": today + timedelta(days=days),
                "default_line_ids": [Command.create({
                    "line_id": line.id, "move_id": line.move_id.id, "name": line.move_id.name or line.name,
                    "currency_id": line.currency_id.id,
                }) for line in ordered],
            },
        }


class DunningHoldLine(models.Model):
    """One receivable that is held as a whole."""

    _name = "dunning.hold.line"
    _description = "Held Receivable"
    _inherit = ["dunning.sealed", "dunning.answer.line"]

    hold_id = fields.Many2one("dunning.hold", required=True, ondelete="cascade", index=True)
    currency_id = fields.Many2one(related="hold_id.currency_id")
    company_id = fields.Many2one(related="hold_id.company_id", store=True, precompute=True)
    state = fields.Selection(related="hold_id.state")
