from odoo import api, fields, models

# Debtors who need not agree: the others must have told the sender that they accept (CPCE, article L100).
PROFESSIONAL_KINDS = ("business", "public")


class ResPartner(models.Model):
    """The consent of a customer to receive electronic registered letters: given to one sender, with its proof."""

    _inherit = "res.partner"

    dunning_electronic_consent = fields.Boolean(
        "Accepts Electronic Registered Letters", company_dependent=True, groups="base.group_user",
        help="Needed of everybody who is neither a business nor a public body. Without it the letter goes by post.",
    )
    dunning_consent_date = fields.Date("Accepted On", company_dependent=True, groups="base.group_user")
    dunning_consent_how = fields.Char(
        "How", company_dependent=True, groups="base.group_user",
        help="Where the customer agreed: terms he signed, a form, an e-mail of his.",
    )
    dunning_consent_file_ids = fields.Many2many(
        "ir.attachment", "res_partner_dunning_consent_rel", string="Proof of Consent", groups="base.group_user",
    )

    @api.onchange("dunning_electronic_consent")
    def _onchange_dunning_electronic_consent(self):
        """Consent begins today unless another day is said."""
        if self.dunning_electronic_consent and not self.dunning_consent_date:
            self.dunning_consent_date = fields.Date.context_today(self)

    def _accepts_dunning_electronic(self, company):
        """Tell whether an electronic registered letter to this customer is worth a registered letter."""
        customer = self.commercial_partner_id.with_company(company)
        return customer.dunning_debtor_kind in PROFESSIONAL_KINDS or bool(customer.dunning_electronic_consent)
