from odoo import api, fields, models
from odoo.exceptions import ValidationError

MEDIATOR_KINDS = ("consumer", "unknown")  # who may turn to a consumer mediator; unknown is treated as consumer


class ResCompany(models.Model):
    """How a legal entity deals with disputes: in what time, who hears of late ones, which mediator consumers have."""

    _inherit = "res.company"

    dunning_dispute_days = fields.Integer(
        "Days to Answer a Dispute", default=15, help="For reasons that name no number of days of their own.",
    )
    dunning_dispute_manager_id = fields.Many2one(
        "res.users", "Late Disputes Go To", domain=[("share", "=", False)],
        help="Is told once when a dispute has passed its deadline. Empty: the default collector.",
    )
    dunning_mediator_name = fields.Char(
        "Consumer Mediator", help="Named to consumers whose objection is refused (French Consumer Code, L616-1).",
    )
    dunning_mediator_address = fields.Char("Address of the Mediator")
    dunning_mediator_url = fields.Char("Website of the Mediator")

    @api.constrains("dunning_dispute_days")
    def _check_dunning_dispute_days(self):
        if any(company.dunning_dispute_days < 1 for company in self):
            raise ValidationError(self.env._("Give at least one day to answer a dispute."))

    def _get_dunning_mediator_text(self, debtor_kind):
        """Return the sentence that names the mediator to a consumer, empty for everybody else or when none is set.

        Consumer Code L616-1: the professional tells the consumer the name, address and website of his mediator;
        L616-2: also when a complaint could not be settled directly.
        """
        company = self.root_id.sudo()
        if debtor_kind not in MEDIATOR_KINDS or not company.dunning_mediator_name:
            return ""
        where = ", ".join(filter(None, (company.dunning_mediator_address, company.dunning_mediator_url)))
        name = f"{company.dunning_mediator_name} ({where})" if where else company.dunning_mediator_name
        return self.env._(
            "If we cannot settle this between us, you may turn free of charge to the consumer mediator: %(mediator)s.",
            mediator=name,
        )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_dispute_days = fields.Integer(related="company_id.root_id.dunning_dispute_days", readonly=False)
    dunning_dispute_manager_id = fields.Many2one(
        related="company_id.root_id.dunning_dispute_manager_id", readonly=False,
    )
    dunning_mediator_name = fields.Char(related="company_id.root_id.dunning_mediator_name", readonly=False)
    dunning_mediator_address = fields.Char(related="company_id.root_id.dunning_mediator_address", readonly=False)
    dunning_mediator_url = fields.Char(related="company_id.root_id.dunning_mediator_url", readonly=False)
