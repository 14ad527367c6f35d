from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class DunningFollowup(models.Model):
    """The disputes of a customer: what he contests, and the button that notes another."""

    _inherit = "dunning.followup"

    dispute_ids = fields.One2many("dunning.dispute", "followup_id", "Disputes", readonly=True)
    dispute_count = fields.Integer("Number of Disputes", compute="_compute_dispute_count")
    dispute_open_count = fields.Integer("Open Disputes", compute="_compute_dispute_count")

    @api.depends("dispute_ids.state")
    def _compute_dispute_count(self):
        counts = {}
        for followup, state, count in self.env["dunning.dispute"]._read_group(
                [("followup_id", "in", self.ids)], ["followup_id", "state"], ["__count"]):
            counts.setdefault(followup.id, {})[state] = count
        for followup in self:
            ours = counts.get(followup._origin.id, {})
            followup.dispute_count = sum(ours.values())
            followup.dispute_open_count = ours.get("open", 0)

    def action_open_dispute(self):
        """Note what the customer contests: all his claims are listed, those that are meant stay."""
        self.ensure_one()
        lines = self.open_line_ids.filtered(lambda line: line.amount_residual > 0)
        return self.env["dunning.dispute"]._get_new_action(lines)

    def action_show_disputes(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_dispute_action")
        return action | {"domain": [("followup_id", "=", self.id)], "context": {}, "view_mode": "list,form"}


class AccountMove(models.Model):
    """An invoice says that it is contested, why, by how much, and who answers by when."""

    _inherit = "account.move"

    dunning_dispute_line_ids = fields.One2many(
        "dunning.dispute.line", "move_id", "Contested Parts", groups="base.group_user",
    )
    dunning_is_disputed = fields.Boolean(
        "In Dispute", compute="_compute_dunning_dispute", compute_sudo=True, search="_search_dunning_is_disputed",
        groups="base.group_user",
    )
    # compute_sudo: whoever may read an invoice may know that it is contested.
    dunning_dispute_text = fields.Char(
        "Dispute", compute="_compute_dunning_dispute", compute_sudo=True, groups="base.group_user",
    )

    @api.depends("dunning_dispute_line_ids.state", "dunning_dispute_line_ids.amount")
    @api.depends_context("lang")
    def _compute_dunning_dispute(self):
        for move in self:
            # sudo: as above, also for who may not read disputes.
            disputes = move.sudo().dunning_dispute_line_ids.dispute_id.filtered(
                lambda one: one.state == "open" or one.is_credit_due)
            move.dunning_is_disputed = bool(disputes)
            move.dunning_dispute_text = " · ".join(one._get_line_text(move) for one in disputes) or False

    def _search_dunning_is_disputed(self, operator, value):
        if operator != "in":
            return NotImplemented
        disputed = fields.Domain("dunning_dispute_line_ids", "any!", fields.Domain("dispute_id", "any!", (
            fields.Domain("state", "=", "open") | fields.Domain("is_credit_due", "=", True))))
        return disputed if True in value else ~disputed

    def action_dunning_dispute(self):
        """Note that the customer contests these invoices, or a part of them."""
        return self.env["dunning.dispute"]._get_new_action(
            self.dunning_line_ids.filtered(lambda line: line.amount_residual > 0))

    def action_dunning_show_disputes(self):
        self.ensure_one()
        disputes = self.dunning_dispute_line_ids.dispute_id
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_dispute_action")
        if len(disputes) == 1:
            return action | {"res_id": disputes.id, "view_mode": "form", "views": [(False, "form")]}
        return action | {"domain": [("id", "in", disputes.ids)], "context": {}}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def action_dunning_dispute(self):
        """Note that the customer contests these open items, or a part of them."""
        return self.env["dunning.dispute"]._get_new_action(self)


class DunningDispute(models.Model):
    _inherit = "dunning.dispute"

    @api.model
    def _get_new_action(self, lines):
        """Return the dialog in which a dispute about these receivables is noted."""
        if not lines:
            raise UserError(self.env._("Nothing is open here that could be contested."))
        self._find_followup(lines)
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "target": "new", "view_mode": "form",
            "name": self.env._("What the customer contests"),
            "views": [(self.env.ref("account_dunning.dunning_dispute_view_form_new").id, "form")],
            "context": {"dunning_line_ids": lines.ids},
        }

    def _get_line_text(self, move):
        """Return what is contested of one invoice, in one line."""
        lines = self.line_ids.filtered(lambda line: line.move_id == move)
        if self.is_credit_due:
            return self.env._("%(reason)s: credit note of %(amount)s to come", reason=self.reason_id.name,
                              amount=self.currency_id.format(sum(lines.mapped("amount_accepted"))))
        return self.env._(
            "%(reason)s: %(amount)s in dispute, %(user)s answers by %(date)s", reason=self.reason_id.name,
            amount=self.currency_id.format(sum(lines.mapped("amount"))), user=self.user_id.name or "-",
            date=format_date(self.env, self.deadline),
        )

    def action_open_followup(self):
        self.ensure_one()
        return {"type": "ir.actions.act_window", "res_model": "dunning.followup", "res_id": self.followup_id.id,
                "view_mode": "form", "views": [(False, "form")]}

    def action_withdraw(self):
        """The customer contests no more: dunning goes on at once."""
        self._check_handler()
        self._set_cancelled(self.env._("Withdrawn by the customer, noted by %(user)s.", user=self.env.user.name),
                            "withdrawn")

    def action_cancel(self):
        """It was noted by mistake."""
        self._check_handler()
        self._set_cancelled(self.env._("Noted by mistake, says %(user)s.", user=self.env.user.name), "mistake")

    def action_answer(self):
        """Refuse all or a part, and tell the customer why."""
        self.ensure_one()
        self._check_handler()
        return {
            "type": "ir.actions.act_window", "res_model": "dunning.dispute.answer", "target": "new",
            "view_mode": "form", "name": self.env._("Answer to %(customer)s", customer=self.partner_id.display_name),
            "context": {"default_dispute_id": self.id},
        }
