from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DunningJointDebtor(models.Model):
    """Somebody who owes the whole of a customer's debts beside him, by law or by contract (C. civ. 1310, 1313).

    He is no guarantor: he is asked to pay like the customer himself, and his formal notice is his own.
    """

    _name = "dunning.joint.debtor"
    _description = "Joint and Several Debtor"
    _inherit = ["dunning.named"]
    _order = "partner_id, id"

    partner_id = fields.Many2one("res.partner", "Customer", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", "Creditor", required=True, index=True,
                                 default=lambda self: self.env.company.root_id)
    debtor_id = fields.Many2one("res.partner", "Joint Debtor", required=True, ondelete="restrict", index=True)
    debtor_kind = fields.Selection(related="debtor_id.dunning_debtor_kind", string="Kind of Debtor")
    basis = fields.Char("Held By", required=True, help="The clause, act, judgment or article of the law that binds him "
                        "for the whole: it is printed on his formal notice. Nobody is presumed to owe jointly.")
    document = fields.Binary(attachment=True, help="The contract or act that says so.")
    document_name = fields.Char()
    date_from = fields.Date("Invoices From", help="He answers for invoices of this day and later. Empty: for all.")
    date_to = fields.Date("Invoices Until", help="He answers for invoices of this day and earlier, also after he has "
                                                 "left. Empty: without end.")
    move_ids = fields.Many2many(
        "account.move", "dunning_joint_debtor_move_rel", "joint_id", "move_id", "Only These Invoices",
        domain="[('commercial_partner_id', '=', partner_id), ('move_type', '=', 'out_invoice'),"
               " ('state', '=', 'posted')]",
        help="Empty: all invoices of these days.")

    @api.depends("debtor_id")
    def _compute_display_name(self):
        for one in self:
            one.display_name = one.debtor_id.display_name

    @api.constrains("partner_id", "debtor_id", "date_from", "date_to")
    def _check_debtor(self):
        for one in self:
            if one.debtor_id == one.partner_id:
                raise ValidationError(self.env._("The customer is the debtor already: name somebody else."))
            if one.date_from and one.date_to and one.date_from > one.date_to:
                raise ValidationError(self.env._("The days of %(name)s end before they begin.",
                                                 name=one.debtor_id.display_name))

    @api.constrains("partner_id", "move_ids")
    def _check_invoices(self):
        for one in self:
            # sudo: whose invoices these are, whoever notes the joint debtor.
            strange = one.sudo().move_ids.filtered(
                lambda move, one=one: move.commercial_partner_id != one.partner_id.commercial_partner_id)
            if strange:
                raise ValidationError(self.env._("These are no invoices of this customer: %(names)s.",
                                                 names=", ".join(strange.mapped("name"))))

    def _covers(self, line):
        """Tell whether he answers for this receivable of a notice."""
        self.ensure_one()
        day = line.invoice_date or line.due_date
        return ((not self.move_ids or line.move_id in self.move_ids)
                and not (day and self.date_from and day < self.date_from)
                and not (day and self.date_to and day > self.date_to))


class ResPartner(models.Model):
    """Who owes beside a customer."""

    _inherit = "res.partner"

    dunning_joint_debtor_ids = fields.One2many("dunning.joint.debtor", "partner_id", "Joint Debtors",
                                               groups="account.group_account_invoice,account.group_account_readonly")


class DunningFollowup(models.Model):
    """The same on the follow-up, for this creditor."""

    _inherit = "dunning.followup"

    joint_debtor_ids = fields.Many2many("dunning.joint.debtor", compute="_compute_joint_debtor_ids",
                                        string="Joint Debtors")

    @api.depends("partner_id.dunning_joint_debtor_ids.company_id")
    def _compute_joint_debtor_ids(self):
        for followup in self:
            followup.joint_debtor_ids = followup.partner_id.dunning_joint_debtor_ids.filtered(
                lambda one, company=followup.company_id: one.company_id == company)
