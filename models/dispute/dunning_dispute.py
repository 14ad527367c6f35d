from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tools import SQL
from odoo.tools.misc import format_date

RESOLUTIONS = [
    ("accepted", "Accepted"),
    ("partly", "Accepted in part"),
    ("credited", "Covered by a credit note"),
    ("rejected", "Rejected"),
    ("paid", "Paid all the same"),
    ("settled", "Settled otherwise"),
    ("withdrawn", "Withdrawn by the customer"),
    ("platform", "Withdrawn on the platform"),
    ("mistake", "Noted by mistake"),
    ("gone", "Invoices reset or cancelled"),
]
# What the responsible person, who need not work on dunning, may write.
COLLEAGUE_FIELDS = frozenset({"finding", "proof_ids", "message_follower_ids", "activity_ids"})


class DunningDispute(models.Model):
    """The customer contests all or part of some receivables: nobody presses him for that before it is settled.

    Somebody is responsible and has a deadline. Accepted: a credit note is made, and what it will take off stays out
    of the dunning until it is booked. Rejected: the customer is told why, with the proofs, and has some days to pay;
    then dunning goes on where it stood, and interest is due as if nothing had been contested.
    """

    _name = "dunning.dispute"
    _description = "Dispute"
    _inherit = ["dunning.answer"]
    _order = "date_open desc, id desc"
    _check_company_auto = True

    _door_fields = frozenset({
        "state", "resolution", "date_resolved", "is_credit_due", "is_escalated", "answer_subject", "answer_body",
        "answer_mode",
    })
    _fixed_fields = frozenset({"date_open"})

    state = fields.Selection(
        [("open", "Open"), ("accepted", "Accepted"), ("rejected", "Rejected"), ("cancelled", "Closed")],
        default="open", required=True, readonly=True, copy=False, tracking=True, group_expand=True, index=True,
    )
    reason_id = fields.Many2one("dunning.dispute.reason", required=True, ondelete="restrict", tracking=True)
    is_ours = fields.Boolean(related="reason_id.is_ours")
    advice = fields.Text(related="reason_id.advice")
    user_id = fields.Many2one(
        default=None, compute="_compute_user_id", store=True, readonly=False, precompute=True,
        domain=[("share", "=", False)],
    )
    source = fields.Selection(
        [("mail", "E-mail or letter"), ("call", "Call"), ("page", "His page"), ("platform", "Platform"),
         ("other", "Other")],
        "Heard By", default="other", required=True,
    )
    is_whole = fields.Boolean(
        "Whole Invoices", default=True, help="All that is open on these invoices is contested, not a part of it.",
    )
    line_ids = fields.One2many("dunning.dispute.line", "dispute_id", "Receivables")
    move_ids = fields.Many2many("account.move", string="Invoices", compute="_compute_move_ids")
    amount = fields.Monetary("Contested", compute="_compute_amount", store=True)
    amount_accepted = fields.Monetary("Accepted Amount", compute="_compute_amount", store=True)
    date_open = fields.Date("Since", required=True, readonly=True, copy=False,
                            default=lambda self: self.env.company._get_dunning_today())
    deadline = fields.Date(
        compute="_compute_deadline", store=True, readonly=False, precompute=True, tracking=True,
        help="By this day the customer has an answer. Later, a manager is told.",
    )
    is_late = fields.Boolean("Past Its Deadline", compute="_compute_is_late", search="_search_is_late")
    is_escalated = fields.Boolean("Manager Told", readonly=True, copy=False)
    finding = fields.Text("What We Found", help="Facts only: the customer may ask for a copy.")
    proof_ids = fields.Many2many("ir.attachment", "dunning_dispute_proof_rel", "dispute_id", "attachment_id", "Proofs",
                                 copy=False, help="Order, delivery note, acceptance: they go along with the answer.")

    resolution = fields.Selection(RESOLUTIONS, readonly=True, copy=False, tracking=True)
    date_resolved = fields.Date("Resolved On", readonly=True, copy=False)
    days_to_resolve = fields.Integer(
        "Days to Resolve", compute="_compute_days_to_resolve", store=True, aggregator="avg",
    )
    credit_note_ids = fields.Many2many(
        "account.move", "dunning_dispute_credit_rel", "dispute_id", "move_id", "Credit Notes", copy=False,
        domain="[('move_type', '=', 'out_refund'), ('commercial_partner_id', '=', partner_id),"
               " ('company_id', 'child_of', company_id)]",
    )
    is_credit_due = fields.Boolean(
        "Credit Note to Come", readonly=True, copy=False,
        help="We agreed to credit; until the credit note is matched, that amount is not claimed.",
    )
    pay_by = fields.Date(
        "Asked to Pay By", copy=False, tracking=True,
        help="The day named in our answer. Dunning goes on after it, at the step where it stood.",
    )
    answer_mode = fields.Selection(
        [("email", "By e-mail"), ("letter", "By letter"), ("none", "Told otherwise")], "Answered", readonly=True,
        copy=False,
    )
    answer_subject = fields.Char("Subject of the Answer", readonly=True, copy=False)
    answer_body = fields.Html("Our Answer", readonly=True, copy=False, sanitize_style=True)

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("reason_id", "line_ids.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for dispute in self:
            names = list(dict.fromkeys(filter(None, dispute.line_ids.mapped("name"))))
            more = [f"+{len(names) - 1}"] if len(names) > 1 else []
            dispute.display_name = " · ".join(filter(None, (dispute.reason_id.name, " ".join(names[:1] + more))))

    @api.depends("reason_id")
    def _compute_user_id(self):
        for dispute in self:
            # sudo: whoever notes a dispute may not read the users of other people's invoices.
            own = dispute.sudo().reason_id.with_company(dispute.company_id or self.env.company).user_id
            dispute.user_id = own or dispute.user_id or dispute._get_default_responsible()

    @api.depends("reason_id")
    def _compute_deadline(self):
        for dispute in self:
            company = dispute.company_id or self.env.company.root_id
            own = dispute.reason_id.with_company(company).days
            if own or not dispute.deadline:
                start = dispute.date_open or company._get_dunning_today()
                dispute.deadline = start + timedelta(days=own or company.sudo().dunning_dispute_days)

    @api.depends("line_ids.move_id")
    def _compute_move_ids(self):
        for dispute in self:
            dispute.move_ids = dispute.line_ids.move_id

    @api.depends("line_ids.amount", "line_ids.amount_accepted")
    def _compute_amount(self):
        for dispute in self:
            dispute.amount = sum(dispute.line_ids.mapped("amount"))
            dispute.amount_accepted = sum(dispute.line_ids.mapped("amount_accepted"))

    @api.depends("deadline", "state", "is_credit_due")
    def _compute_is_late(self):
        for dispute in self:
            is_waiting = dispute.state == "open" or dispute.is_credit_due
            dispute.is_late = bool(is_waiting and dispute.deadline
                                   and dispute.deadline < dispute.company_id._get_dunning_today())

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = fields.Domain("deadline", "<", self.env.company._get_dunning_today()) & (
            fields.Domain("state", "=", "open") | fields.Domain("is_credit_due", "=", True))
        return late if True in value else ~late

    @api.depends("date_open", "date_resolved")
    def _compute_days_to_resolve(self):
        for dispute in self:
            is_resolved = dispute.date_open and dispute.date_resolved
            dispute.days_to_resolve = (dispute.date_resolved - dispute.date_open).days if is_resolved else False

    def _field_to_sql(self, alias, field_expr, query=None):
        """What is not resolved yet has no time to resolve: a zero would falsify the averages."""
        if field_expr != "days_to_resolve":
            return super()._field_to_sql(alias, field_expr, query)
        return SQL("%s - %s", SQL.identifier(alias, "date_resolved", to_flush=self._fields["date_resolved"]),
                   SQL.identifier(alias, "date_open", to_flush=self._fields["date_open"]))

    def _get_default_responsible(self):
        """Return who looks into it when the reason names nobody: the salesperson, else the collector, else who notes.

        A salesperson who left, or who does not work for this company, could not even open it.
        """
        company = self.company_id or self.env.company.root_id
        # sudo: the salesperson and his companies are read for a colleague who may see neither.
        invoices = self.sudo().line_ids.move_id
        candidates = (*invoices.invoice_user_id, self.sudo().followup_id.user_id, company.sudo().dunning_user_id)
        return next((user for user in candidates if user and user._may_answer_dispute(company)), self.env.user)

    # --- default values of a dispute noted by hand ----------------------------------------------------------------

    @api.model
    def default_get(self, names):  # pylint: disable=arguments-renamed
        """Take the receivables that the user chose on an invoice or a follow-up."""
        values = super().default_get(names)
        lines = self.env["account.move.line"].browse(self.env.context.get("dunning_line_ids", ())).exists()
        if lines:
            values |= {
                "followup_id": self._find_followup(lines).id, "currency_id": lines.currency_id.id,
                "line_ids": [Command.create(vals) for vals in self._prepare_answer_lines(lines)],
            }
        return values

    # --- CRUD -----------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        disputes = super().create([self._prepare_dispute_vals(vals) for vals in vals_list])
        disputes._own_proofs()
        for dispute in disputes:
            dispute._announce()
        return disputes

    @api.model
    def _prepare_dispute_vals(self, vals):
        """Return the values of a new dispute after checking its receivables; amounts are those open on this day."""
        given = {command[2]["line_id"]: command[2].get("amount") for command in vals.get("line_ids") or ()
                 if command[0] == 0 and command[2].get("line_id")}
        lines = self.env["account.move.line"].browse(given)
        if not lines:
            raise UserError(self.env._("Choose the invoices that the customer contests."))
        followup = self._find_followup(lines)
        is_whole = vals.get("is_whole", True)
        amounts = None if is_whole else {key: amount for key, amount in given.items() if amount is not None}
        prepared = self._prepare_answer_lines(lines, amounts)
        self._check_free(prepared)
        credits = lines._get_dispute_credits()
        return {
            **vals, "followup_id": followup.id, "currency_id": lines.currency_id.id, "is_whole": is_whole,
            "date_open": vals.get("date_open") or followup.company_id._get_dunning_today(),
            "line_ids": [Command.create(one | {"credited_before": credits.get(one["line_id"], 0.0)})
                         for one in prepared],
        }

    def write(self, vals):
        self._check_colleague(vals)
        if vals.get("deadline"):
            later = self.filtered(lambda one: one.is_escalated and fields.Date.to_date(vals["deadline"]) > one.deadline)
            # sudo: part of changing the deadline, which the user may.
            later.sudo().write({"is_escalated": False})
        result = super().write(vals)
        if "proof_ids" in vals:
            self._own_proofs()
        if {"deadline", "user_id"} & vals.keys():
            self._move_activity()
        return result

    def _check_colleague(self, vals):
        """A responsible person without dunning rights attaches proofs and says what was found, nothing else."""
        if self.env.su or self.env.user.has_group("account_dunning.group_dunning_user"):
            return
        if vals.keys() - COLLEAGUE_FIELDS:
            raise AccessError(self.env._(
                "You may write what you found and attach proofs. Ask the collector for anything else."))

    def _own_proofs(self):
        """Let whoever may read a dispute read its proofs: a file that belongs to no record is its author's only."""
        for dispute in self:
            # sudo: a colleague may have uploaded the file.
            loose = dispute.sudo().proof_ids.filtered(
                lambda file: not file.res_id and (self.env.su or file.create_uid.id == self.env.uid))
            loose.write({"res_model": self._name, "res_id": dispute.id})

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        if any(dispute.state != "cancelled" for dispute in self):
            raise UserError(self.env._("A dispute is part of the history. Close it instead of deleting it."))

    # --- making one -----------------------------------------------------------------------------------------------

    @api.model
    def _create_for(self, lines, reason, amounts=None, **values):
        """Return a new dispute about these receivables of one customer.

        :param reason: dunning.dispute.reason
        :param amounts: {line id: contested amount in the currency of the line}; None contests all that is open
        :param values: further values (user_id, deadline, comment, source, proof_ids)
        :raises UserError: nothing open, an amount above what is open, or contested before
        """
        commands = [Command.create({"line_id": line.id, "amount": (amounts or {}).get(line.id)}) for line in lines]
        return self.create({**values, "reason_id": reason.id, "is_whole": not amounts, "line_ids": commands})

    @api.model
    def _check_free(self, prepared):
        """Several disputes may concern one invoice, as long as together they contest no more than what is open."""
        lines = self.env["account.move.line"].browse([vals["line_id"] for vals in prepared])
        older = self.env["dunning.dispute.line"].search([("line_id", "in", lines.ids), ("state", "=", "open")])
        taken = {line: sum(one.amount for one in older if one.line_id == line) for line in lines}
        for vals in prepared:
            line = lines.browse(vals["line_id"])
            claims = older.filtered(lambda one, line=line: one.line_id == line)
            total = vals["amount"] + taken[line]
            is_whole = any(claims.mapped("dispute_id.is_whole"))
            if claims and (is_whole or line.currency_id.compare_amounts(total, line.amount_residual_currency) > 0):
                raise UserError(self.env._(
                    "%(invoice)s is already contested: %(dispute)s.", invoice=vals["name"],
                    dispute=claims[:1].dispute_id.display_name,
                ))

    def _announce(self):
        """Tell the responsible person what is to be done by when, and write it where the customer is discussed."""
        self._plan_activity(self.user_id, self.deadline, self.env._("Answer this dispute"))
        # sudo: who notes a dispute on an invoice may not write on the follow-up.
        self.followup_id.sudo()._message_log(body=self.env._(
            "Contested: %(dispute)s (%(amount)s), to be answered by %(date)s.", dispute=self._get_html_link(),
            amount=self.currency_id.format(self.amount), date=format_date(self.env, self.deadline),
        ))

    def _plan_activity(self, user, day, summary):
        # sudo: activities of colleagues are made on behalf of the dispute, not of who notes it.
        self.sudo().activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=day, user_id=user.id, summary=summary,
            note=Markup("%s<br/>%s") % (self.comment or "", self.advice or ""),
        )

    def _move_activity(self):
        for dispute in self.filtered(lambda one: one.state == "open"):
            # sudo: the activity may belong to a colleague.
            dispute.sudo().activity_reschedule(
                ["mail.mail_activity_data_todo"], date_deadline=dispute.deadline, new_user_id=dispute.user_id.id)


class DunningDisputeLine(models.Model):
    """One contested receivable, with the part of it that is contested and the part we accept."""

    _name = "dunning.dispute.line"
    _description = "Contested Receivable"
    _inherit = ["dunning.answer.line"]

    _door_fields = frozenset({"amount_accepted"})
    _fixed_fields = frozenset({"credited_before"})

    dispute_id = fields.Many2one("dunning.dispute", required=True, ondelete="cascade", index=True)
    currency_id = fields.Many2one(related="dispute_id.currency_id")
    company_id = fields.Many2one(related="dispute_id.company_id", store=True, precompute=True)
    state = fields.Selection(related="dispute_id.state", store=True, precompute=True)
    amount_accepted = fields.Monetary("Accepted", readonly=True)
    credited_before = fields.Monetary(readonly=True, help="Credit notes that were matched with it before the dispute.")

    @api.constrains("amount")
    def _check_amount(self):
        """A dispute may be corrected while it is open, within what is open on the invoice."""
        for line in self.filtered(lambda one: one.state == "open" and one.line_id):
            if line.currency_id.compare_amounts(line.amount, 0) <= 0:
                raise ValidationError(self.env._("The amount for %(name)s must be positive.", name=line.name))
            if line.currency_id.compare_amounts(line.amount, max(line.amount_residual, line.amount_start)) > 0:
                raise ValidationError(self.env._(
                    "The amount for %(name)s is larger than what is open on it.", name=line.name))

    def write(self, vals):
        result = super().write(vals)
        if "amount" in vals:
            self.dispute_id.followup_id._wake()
        return result


class ResUsers(models.Model):
    _inherit = "res.users"

    def _may_answer_dispute(self, company):
        """Tell whether this colleague could open a dispute of that company."""
        return self.active and not self.share and company in self.company_ids.root_id

