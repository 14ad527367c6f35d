from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools.misc import clean_context, format_amount, format_date

from ...escalation import Reason


class DunningPromise(models.Model):
    """A payer's word: this amount, by this date. Dunning of these receivables waits until then.

    What was promised is never rewritten. Another date is a new promise that refers to the former one: the former is
    broken (``is_redated``), and both count once. How a promise is judged is in dunning_promise_judge.py.
    """

    _name = "dunning.promise"
    _description = "Promise to Pay"
    _inherit = ["dunning.answer"]
    _order = "date_promised desc, id desc"

    _door_fields = frozenset({
        "state", "date_judged", "waiting_reason", "is_redated", "confirmation_date", "lifted_uid", "activity_id",
        "date_limit", "amount_paid", "amount_expected",
    })
    _fixed_fields = frozenset({
        "amount", "company_id", "currency_id", "date_promised", "followup_id", "is_lifted", "line_ids", "partner_id",
        "previous_id", "source",
    })

    line_ids = fields.One2many("dunning.promise.line", "promise_id", "Receivables")
    date_promised = fields.Date("Pays By", required=True, index=True)
    date_limit = fields.Date(
        "Judged After", readonly=True,
        help="The promised day and the tolerance of the company. Dunning waits until then.",
    )
    amount = fields.Monetary(
        "Promised", compute="_compute_amount", store=True, readonly=False,
        help="Less than the sum: it is spread over the invoices, the oldest first.",
    )
    amount_paid = fields.Monetary("Paid Since", readonly=True, help="Money matched with these receivables since then.")
    amount_expected = fields.Monetary(
        "Expected", compute="_compute_amount_expected", store=True, currency_field="company_currency_id",
        help="What is still to come of an open promise, in the currency of the company.",
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    source = fields.Selection(
        [("call", "Phone Call"), ("mail", "E-mail"), ("page", "Customer Page"), ("other", "Other")],
        "Said By", default="call", required=True,
    )
    state = fields.Selection(
        [("open", "Open"), ("kept", "Kept"), ("partly_kept", "Partly Kept"), ("broken", "Broken"),
         ("cancelled", "Cancelled")],
        default="open", required=True, readonly=True, tracking=True, index=True,
    )
    waiting_reason = fields.Selection(
        [("credits", "Payment to allocate"), ("bank", "Payment to allocate: bank not up to date"),
         ("dispute", "Disputed meanwhile")],
        "Not Judged", readonly=True, help="Why a promise whose day has passed is not judged yet.",
    )
    date_judged = fields.Date("Judged On", readonly=True)
    is_redated = fields.Boolean("Postponed", readonly=True, help="The customer asked for another date.")
    previous_id = fields.Many2one("dunning.promise", "Instead Of", readonly=True, ondelete="restrict",
                                  index="btree_not_null")
    is_lifted = fields.Boolean(
        "Lift the Limits", help="Later than the company allows, or once more for the same invoice. Managers only.",
    )
    lifted_uid = fields.Many2one("res.users", "Limits Lifted By", readonly=True)
    confirmation_date = fields.Datetime("Confirmed On", readonly=True)
    activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")
    is_lifter = fields.Boolean(compute="_compute_is_lifter")

    _broken_idx = models.Index("(partner_id, company_id) WHERE state = 'broken'")

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("line_ids.amount")
    def _compute_amount(self):
        for promise in self:
            promise.amount = sum(promise.line_ids.mapped("amount"))

    @api.depends("amount", "amount_paid", "state", "currency_id", "company_id")
    def _compute_amount_expected(self):
        for promise in self:
            rest = max(0, promise.amount - promise.amount_paid) if promise.state == "open" else 0
            promise.amount_expected = rest and promise._convert_to_company(rest)

    @api.depends("amount", "currency_id", "date_promised", "partner_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for promise in self:
            promise.display_name = self.env._(
                "%(amount)s · %(customer)s · %(date)s", customer=promise.partner_id.display_name or "",
                amount=format_amount(self.env, promise.amount, promise.currency_id),
                date=format_date(self.env, promise.date_promised),
            )

    @api.depends_context("uid")
    def _compute_is_lifter(self):
        self.is_lifter = self.env.user.has_group("account_dunning.group_dunning_manager")

    @api.onchange("amount")
    def _onchange_amount(self):
        """Spread what the customer says over the invoices, the oldest first."""
        currency = self.currency_id or self.env.company.currency_id
        if not currency.compare_amounts(self.amount, sum(self.line_ids.mapped("amount"))):
            return None
        asked, left = self.amount, self.amount
        free = self._get_free_amounts(self.line_ids.line_id)
        for line in self.line_ids.sorted(lambda one: one.line_id._get_dunning_order()):
            line.amount = min(left, free.get(line.line_id.id, 0))
            left -= line.amount
        if currency.compare_amounts(left, 0) <= 0:
            return None
        return {"warning": {"title": self.env._("More than is open"), "message": self.env._(
            "%(amount)s is more than what is open and not contested on these invoices.",
            amount=format_amount(self.env, asked, currency),
        )}}

    # --- creation -------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Note promises; whoever may, by the screen, the page or a program: the same is checked.

        Customer, currency and amounts open are read from the books, never taken from the values.
        """
        # The defaults of the dialog are not those of the activities and notes that follow.
        self = self.with_env(self.env(context=clean_context(self.env.context)))
        self.check_access("create")
        promises = self.browse()
        for vals in vals_list:
            self._check_door(vals)
            vals = self._prepare_promise_vals(dict(vals))
            previous = self.browse(vals.get("previous_id"))
            previous._set_redated()
            # sudo: lines are sealed, and the state of a new promise is no choice of the user.
            promises |= super(DunningPromise, self.sudo()).create([vals]).sudo(self.env.su)
        promises._announce()
        return promises

    @api.model
    def _create_for(self, lines, date_promised, amount=None, amounts=None, **values):
        """Note what a customer promised for these receivables.

        :param amount: less than what is open is spread, the oldest due first; nothing means all that is not contested
        :param amounts: {line id: amount} when the customer named the invoices
        """
        if not amounts:
            amounts = self._get_free_amounts(lines)
            contested = lines.filtered(lambda line: line.amount_residual > 0 and amounts[line.id] <= 0)
            amounts |= {line.id: line.amount_residual_currency for line in contested}  # refused below, by name
        if amount is not None:
            amounts = self._spread(lines, amount, amounts)
        return self.create({"date_promised": date_promised, **values, "line_ids": [
            Command.create({"line_id": line.id, "amount": amounts.get(line.id, 0)}) for line in lines]})

    @api.model
    def _spread(self, lines, amount, amounts):
        """Return {line id: part}: the oldest due is paid first."""
        currency = lines.currency_id[:1]
        left, parts = amount, {}
        for line in lines.sorted(lambda one: one._get_dunning_order()):
            parts[line.id] = currency.round(max(0, min(left, amounts.get(line.id, 0))))
            left = currency.round(left - parts[line.id])
        if left > 0:
            raise UserError(self.env._(
                "%(amount)s is more than what is due on these invoices: %(due)s.",
                amount=format_amount(self.env, amount, currency),
                due=format_amount(self.env, amount - left, currency),
            ))
        return parts

    @api.model
    def _prepare_promise_vals(self, vals):
        """Return checked values: followup, currency and lines come from the books."""
        commands = [command[2] for command in vals.pop("line_ids", None) or [] if command[0] == Command.CREATE]
        amounts = {one["line_id"]: one.get("amount") or 0 for one in commands if one.get("line_id")}
        lines = self.env["account.move.line"].browse([key for key, amount in amounts.items() if amount])
        if not lines:
            raise UserError(self.env._("Choose the invoices that the customer promised to pay, and the amount."))
        lines.check_access("read")
        followup = self._find_followup(lines)
        today = followup.company_id._get_dunning_today()
        day = fields.Date.to_date(vals.get("date_promised"))
        previous = self.browse(vals.get("previous_id"))
        self._check_date(day, today)
        self._check_previous(previous, lines)
        self._check_free(lines, amounts, previous)
        prepared = self._prepare_answer_lines(lines, amounts)
        reasons = self._get_excesses(lines, day, today)
        self._check_limits(reasons, vals.get("is_lifted"))
        partials = self.env["account.partial.reconcile"].sudo().search([], order="id desc", limit=1)
        vals.pop("amount", None)
        return vals | {
            "followup_id": followup.id, "currency_id": lines.currency_id.id,
            "date_limit": followup.company_id._get_promise_limit(day), "is_lifted": bool(reasons),
            "lifted_uid": bool(reasons) and self.env.uid,
            "line_ids": [Command.create(line | {"partial_start_id": partials.id}) for line in prepared],
        }

    def _announce(self):
        """Tell the follow-up, and put the promised day on the agenda of the collector."""
        for promise in self:
            followup = promise.followup_id
            followup._drop_attention(Reason.PROMISE_BROKEN)
            followup._message_log(body=promise._get_announcement())
            # sudo: the activity may be for another collector.
            promise.sudo().activity_id = followup.sudo().activity_schedule(
                "mail.mail_activity_data_todo", date_deadline=promise.date_promised,
                summary=self.env._("Payment promised: %(amount)s", amount=promise._get_amount_text()),
                user_id=promise._get_collector().id, note=promise.comment,
            )

    def _get_announcement(self):
        """Return the note of the follow-up: "Promise of 1 200,00 € by 28/11/2026 for INV/1, INV/2"."""
        body = self.env._(
            "Promise of %(amount)s by %(date)s for %(names)s", amount=self._get_amount_text(),
            date=format_date(self.env, self.date_promised), names=", ".join(self.line_ids.mapped("name")),
        )
        if self.previous_id:
            body = self.env._("%(text)s, instead of %(date)s", text=body,
                              date=format_date(self.env, self.previous_id.date_promised))
        if self.lifted_uid:
            body = self.env._("%(text)s. Limits lifted by %(user)s", text=body, user=self.lifted_uid.name)
        return body

    def _get_collector(self):
        """Return who is reminded of the promised day: the collector of the customer, else who noted it."""
        # sudo: colleagues of other companies are not for everybody to read, nor whether they belong here.
        for user in (self.followup_id.user_id, self.user_id, self.company_id.dunning_user_id):
            known = user.sudo()
            if known.active and not known.share and self.company_id in known.company_ids.root_id:
                return user
        return self.env.user

    def _get_amount_text(self):
        return format_amount(self.env, self.amount, self.currency_id)

    def _convert_to_company(self, amount):
        company = self.company_id or self.env.company
        return self.currency_id._convert(amount, company.currency_id, company, company._get_dunning_today())

    # --- doors ----------------------------------------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and not self._fixed_fields.isdisjoint(vals):
            raise UserError(self.env._(
                "What the customer promised is not rewritten. Use “Another Date”, or cancel it and note a new one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_manager(self):
        if not self.env.su and not self.env.user.has_group("account_dunning.group_dunning_manager"):
            raise UserError(self.env._("A promise is cancelled, not deleted: the history counts."))

    def _drop_activity(self):
        """Take the task off the agenda; what became of it is noted on the follow-up."""
        # sudo: the activity may belong to somebody else.
        self.sudo().activity_id.unlink()

    def _set_redated(self):
        """The customer asks for another date: that breaks his word once, however the new date ends."""
        for promise in self.filtered(lambda one: one.state == "open"):
            promise._write_door({"state": "broken", "is_redated": True, "waiting_reason": False,
                                 "date_judged": promise.company_id._get_dunning_today()})
            promise._drop_activity()
        self.flush_recordset()
        self.line_ids.flush_recordset()

    def _set_cancelled(self, reason):
        self._drop_activity()
        super()._set_cancelled(reason)

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_note(self):
        """The dialog is saved: nothing more to do."""
        return {"type": "ir.actions.act_window_close"}

    def action_redate(self):
        """Open the dialog for another date, with what is still to come of this promise."""
        self.ensure_one()
        if self.state != "open":
            raise UserError(self.env._("This promise was closed already. Note a new one instead of another date."))
        lines = self.line_ids.line_id.filtered(lambda line: line.amount_residual > 0)
        if not lines:
            raise UserError(self.env._("These invoices are paid: the night will find that the promise was kept."))
        action = self._get_dialog(lines, amounts={
            line.line_id.id: min(line.amount, line.amount_residual) for line in self.line_ids})
        action["context"] |= {"default_previous_id": self.id}
        return action | {"name": self.env._("Another Date")}

    def action_cancel(self):
        """It was noted by mistake: it counts for nothing."""
        self.filtered(lambda one: one.state == "open")._set_cancelled(
            self.env._("Cancelled by %(user)s: noted by mistake", user=self.env.user.name))

    def action_open_followup(self):
        self.ensure_one()
        return self.followup_id._get_form_action()

    @api.model
    def _get_dialog(self, lines, amounts=None):
        """Return the dialog in which a promise is noted: lines and amounts are filled in."""
        free = amounts or self._get_free_amounts(lines)
        ordered = lines.sorted(lambda one: one._get_dunning_order())
        followup = self._find_followup(lines)
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "target": "new", "view_mode": "form",
            "name": self.env._("Promise of %(customer)s", customer=lines.partner_id.commercial_partner_id.display_name),
            "views": [(self.env.ref("account_dunning.dunning_promise_view_form_dialog").id, "form")],
            "context": {
                "default_followup_id": followup.id, "default_currency_id": lines.currency_id.id,
                "default_line_ids": [Command.create({
                    "line_id": line.id, "move_id": line.move_id.id, "name": line.move_id.name or line.name,
                    "amount": free[line.id], "currency_id": line.currency_id.id,
                }) for line in ordered],
            },
        }

    # --- history --------------------------------------------------------------------------------------------------

    @api.model
    def _get_broken_domain(self, today):
        """Return the promises that count as broken within 12 months: one that was postponed counts once."""
        return (
            Domain("state", "=", "broken") & Domain("date_judged", ">", today - relativedelta(years=1))
            & (Domain("previous_id", "=", False) | Domain("previous_id.is_redated", "=", False))
        )


class DunningPromiseLine(models.Model):
    """One receivable of a promise, with the part of it that was promised."""

    _name = "dunning.promise.line"
    _description = "Promised Receivable"
    _inherit = ["dunning.sealed", "dunning.answer.line"]
    _order = "due_date_then, id"

    promise_id = fields.Many2one("dunning.promise", required=True, ondelete="cascade", index=True)
    currency_id = fields.Many2one(related="promise_id.currency_id")
    company_id = fields.Many2one(related="promise_id.company_id", store=True, precompute=True)
    state = fields.Selection(related="promise_id.state", store=True, precompute=True)
    date_promised = fields.Date(related="promise_id.date_promised")
    due_date_then = fields.Date(compute="_compute_due_date_then", store=True, precompute=True)
    amount_paid = fields.Monetary("Paid Since", readonly=True)
    partial_start_id = fields.Integer("Last Matching Before", readonly=True, help="Only later matchings count.")

    _open_uniq = models.UniqueIndex(
        "(line_id) WHERE state = 'open'", "Somebody else just noted a promise for one of these invoices.")

    @api.depends("line_id")
    def _compute_due_date_then(self):
        for line in self:
            line.due_date_then = line.line_id.dunning_due_date
