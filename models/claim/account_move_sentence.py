from odoo import api, fields, models


class AccountMove(models.Model):
    """The invoice says what a delay in payment costs, where the company wants it and the customer is a business."""

    _inherit = "account.move"

    dunning_late_sentence = fields.Text(
        compute="_compute_dunning_late_sentence", compute_sudo=True, groups="base.group_user")

    @api.depends("company_id", "commercial_partner_id", "move_type")
    @api.depends_context("lang")
    def _compute_dunning_late_sentence(self):
        """Consumers never read it, nor does a debtor whose kind is unknown."""
        for move in self:
            root = move.company_id.root_id
            kind = move.commercial_partner_id.with_company(root).dunning_debtor_kind
            shown = move.move_type == "out_invoice" and kind == "business" and root.dunning_contract_print
            move.dunning_late_sentence = shown and (
                root.dunning_contract_sentence or root._suggest_dunning_sentence())
