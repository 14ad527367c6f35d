from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date, formatLang


class AccountMove(models.Model):
    """A part payment acknowledges the debt only when a person says so: it is offered, never taken by itself."""

    _inherit = "account.move"

    dunning_part_payment_date = fields.Date(
        compute="_compute_dunning_part_payment", compute_sudo=True,
        groups="account.group_account_invoice,account.group_account_readonly")
    dunning_part_payment_text = fields.Char(
        "Part Payment", compute="_compute_dunning_part_payment", compute_sudo=True,
        groups="account.group_account_invoice,account.group_account_readonly")

    @api.depends("amount_residual", "payment_state", "dunning_limitation_ids.date", "dunning_barred_date")
    @api.depends_context("lang")
    def _compute_dunning_part_payment(self):
        partly = self.filtered(lambda move: move.payment_state == "partial" and move.move_type == "out_invoice"
                               and move.dunning_barred_date and not move.dunning_barred_own_date)
        movements = partly.dunning_line_ids._get_dunning_movements()
        for move in self:
            paid = [one for line in move.dunning_line_ids for one in movements.get(line.id, ())
                    if one.kind == "money" and one.amount > 0]
            last = max((one.day for one in paid), default=None)
            noted = move.dunning_limitation_ids.mapped("date")
            is_new = last and last <= move.dunning_barred_date and last > max(noted, default=last.min)
            move.dunning_part_payment_date = is_new and last
            move.dunning_part_payment_text = is_new and self.env._(
                "%(amount)s were paid on %(date)s. If the customer acknowledged the rest by it, the time begins anew.",
                amount=formatLang(self.env, float(sum(one.amount for one in paid if one.day == last)),
                                  currency_obj=move.currency_id), date=format_date(self.env, last))

    def action_dunning_acknowledge(self):
        """Note that the last part payment acknowledged the debt."""
        for move in self:
            if not move.dunning_part_payment_date:
                raise UserError(self.env._("No part payment of %(invoice)s waits to be judged.", invoice=move.name))
            self.env["dunning.limitation.event"].create({
                "move_id": move.id, "kind": "payment", "date": move.dunning_part_payment_date,
                "comment": self.env._("Confirmed by %(user)s", user=self.env.user.name)})
