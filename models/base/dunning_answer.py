from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# What an invoice that is reset, cancelled or deleted leaves; see account.move._leave_dunning.
ANSWER_MODELS = ("dunning.promise", "dunning.dispute", "dunning.plan", "dunning.hold", "dunning.litigation")


class DunningAnswer(models.AbstractModel):
    """What the customer answered, or a person decided, about some of his receivables: it pauses their dunning.

    A promise, a dispute, a payment plan and a hold are answers. Each lists its receivables in ``line_ids`` (a model
    that inherits ``dunning.answer.line``), belongs to one follow-up and changes its state through doors only. The
    planner hears of them through ``dunning.followup._get_hold_selects``.
    """

    _name = "dunning.answer"
    _description = "Answer of a Customer"
    _inherit = ["mail.thread", "mail.activity.mixin", "dunning.door", "dunning.named"]
    _mail_post_access = "read"

    # The states in which an answer still pauses something; each model names its own.
    _open_states = ("open",)
    _door_fields = frozenset({"state"})
    _fixed_fields = frozenset({"followup_id"})

    followup_id = fields.Many2one(
        "dunning.followup", "Follow-up", required=True, readonly=True, ondelete="restrict", index=True,
    )
    company_id = fields.Many2one(related="followup_id.company_id", store=True, precompute=True, index=True)
    partner_id = fields.Many2one(related="followup_id.partner_id", string="Customer", store=True, precompute=True)
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    user_id = fields.Many2one("res.users", "Responsible", index="btree_not_null", tracking=True,
                              default=lambda self: self.env.user)
    comment = fields.Text(help="Facts only: the customer may ask for a copy of what is kept about him.")

    @api.model_create_multi
    def create(self, vals_list):
        answers = super().create(vals_list)
        # sudo, here and below: a responsible person need not have dunning rights.
        answers.sudo().followup_id._wake()
        return answers

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() - {"comment", "message_follower_ids", "activity_ids"}:
            self.sudo().followup_id._wake()
        return result

    def unlink(self):
        followups = self.followup_id
        result = super().unlink()
        followups._wake()
        return result

    # --- making one -----------------------------------------------------------------------------------------------

    @api.model
    def _find_followup(self, lines):
        """Return the follow-up of the one customer who owes these lines.

        :raises UserError: nothing open, several customers or several currencies, in words that say what to do
        """
        owed = lines.filtered(lambda line: (
            line.account_type == "asset_receivable" and line.parent_state == "posted" and line.amount_residual > 0))
        if not owed or owed != lines:
            raise UserError(self.env._("Choose posted invoices that are not paid: %(names)s.", names=", ".join(
                (lines - owed).mapped(lambda line: line.move_id.name or line.name or "")) or "-"))
        if len(owed.partner_id.commercial_partner_id) != 1 or len(owed.company_id.root_id) != 1:
            raise UserError(self.env._("Choose invoices of one customer and one company at a time."))
        if len(owed.currency_id) != 1:
            raise UserError(self.env._("Choose invoices in one currency at a time."))
        company, customer = owed.company_id.root_id, owed.partner_id.commercial_partner_id
        followups = self.env["dunning.followup"].with_context(active_test=False)
        domain = [("company_id", "=", company.id), ("partner_id", "=", customer.id)]
        if not followups.search_count(domain, limit=1):
            # sudo: follow-ups are made by SQL, for users who may only read them.
            followups.sudo()._sync(company, company._get_dunning_today(), customer.ids)
        return followups.search(domain)

    @api.model
    def _prepare_answer_lines(self, lines, amounts=None):
        """Return the values of ``line_ids``: each receivable with the part it is about, all of it by default.

        :param amounts: {line id: amount in the currency of the line}, a missing line means its whole residual
        :raises UserError: an amount that is not positive or larger than what is open
        """
        amounts = amounts or {}
        values = []
        for line in lines:
            amount = amounts.get(line.id, line.amount_residual_currency)
            if line.currency_id.compare_amounts(amount, 0) <= 0:
                raise UserError(self.env._("The amount for %(name)s must be positive.", name=line.move_id.name))
            if line.currency_id.compare_amounts(amount, line.amount_residual_currency) > 0:
                raise UserError(self.env._(
                    "The amount for %(name)s is larger than what is open on it.", name=line.move_id.name))
            values.append({
                "line_id": line.id, "move_id": line.move_id.id, "name": line.move_id.name or line.name,
                "amount": amount, "amount_start": line.amount_residual_currency,
            })
        return values

    # --- when the invoice goes away -------------------------------------------------------------------------------

    @api.model
    def _close_for_moves(self, moves):
        """Take invoices that are no debt any more out of the open answers; one that is left empty is cancelled."""
        # sudo: whoever resets an invoice needs no dunning right.
        answers = self.sudo().search([("line_ids.move_id", "in", moves.ids), ("state", "in", self._open_states)])
        for answer in answers:
            gone = answer.line_ids.filtered(lambda line: line.move_id in moves)
            answer._message_log(body=self.env._(
                "Reset or cancelled, and no longer part of this: %(names)s.", names=", ".join(gone.mapped("name"))))
            if gone == answer.line_ids:
                answer._set_cancelled(self.env._("All its invoices were reset or cancelled."))
            else:
                gone.unlink()

    def _set_cancelled(self, reason):
        """Close without any consequence for the customer; each model may do more."""
        for answer in self:
            answer._message_log(body=reason)
        self._write_door({"state": "cancelled"})


class DunningAnswerLine(models.AbstractModel):
    """One receivable of an answer, with the part of it that is meant, in the currency of the answer.

    Each model adds its parent (required, cascade) and relates ``currency_id`` and ``company_id`` to it.
    """

    _name = "dunning.answer.line"
    _description = "Receivable of an Answer"
    _inherit = ["dunning.door", "dunning.named"]

    _fixed_fields = frozenset({"line_id", "move_id", "name", "amount_start"})

    line_id = fields.Many2one("account.move.line", "Journal Item", ondelete="set null", index="btree_not_null")
    move_id = fields.Many2one("account.move", "Invoice", ondelete="set null", index="btree_not_null")
    currency_id = fields.Many2one("res.currency")
    company_id = fields.Many2one("res.company")
    name = fields.Char("Number")
    amount = fields.Monetary(help="The part of the receivable that is meant.")
    amount_start = fields.Monetary("Open Then", help="What was open on it when this was noted.")
    amount_residual = fields.Monetary("Open Now", related="line_id.amount_residual_currency")
    due_date = fields.Date("Due On", related="line_id.dunning_due_date")

    @api.constrains("line_id")
    def _check_receivable(self):
        """Refuse receivables of another customer, company or currency, whichever way they came in."""
        for line in self.sudo().filtered("line_id"):  # sudo: whose they are, whoever asks
            answer, owed = line[f"{self._name.split('.')[1]}_id"], line.line_id
            if owed.partner_id.commercial_partner_id != answer.partner_id \
                    or owed.company_id.root_id != answer.company_id or owed.currency_id != answer.currency_id:
                raise ValidationError(self.env._("Choose invoices of one customer, company and currency."))
