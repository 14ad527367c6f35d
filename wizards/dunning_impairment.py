from odoo import api, fields, models


class DunningImpairment(models.TransientModel):
    """The accountant's estimate of what is lost of a claim, and the entry that follows from it."""

    _name = "dunning.impairment"
    _description = "Impairment of a Doubtful Claim"
    _inherit = ["dunning.dialog"]

    litigation_id = fields.Many2one("dunning.litigation", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="litigation_id.company_currency_id")
    percent = fields.Float("Rate (%)", compute="_compute_percent", store=True, readonly=False,
                           help="How much of the claim is feared to be lost. 0 takes the impairment back.")
    amount_net = fields.Monetary("Open without VAT", compute="_compute_amounts")
    amount_wanted = fields.Monetary("Impairment", compute="_compute_amounts")
    amount_booked = fields.Monetary("Booked Already", compute="_compute_amounts")

    @api.depends("litigation_id")
    def _compute_percent(self):
        for dialog in self:
            dialog.percent = dialog.litigation_id.provision_percent

    @api.depends("litigation_id", "percent")
    def _compute_amounts(self):
        for dialog in self:
            case = dialog.litigation_id
            dialog.amount_net = case._get_net()
            dialog.amount_wanted = case._get_impairment(dialog.percent)
            dialog.amount_booked = case.amount_provision

    def action_propose(self):
        """Note the rate, and propose the entry as a draft."""
        self.ensure_one()
        return self.litigation_id._propose_impairment(self.percent)
