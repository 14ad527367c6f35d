from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DunningLevel(models.Model):
    """What a step claims beside the invoices: late interest and the fixed compensation.

    A step that claims prints the amounts. Whom the law protects (consumers, non-professionals, unknown debtors) reads
    none, whatever the step says.
    """

    _inherit = "dunning.level"

    claims_interest = fields.Boolean(
        help="The notice states the late interest up to the day it is sent, with its computation on an annex. "
             "Before such a step no amount of interest is printed; never for consumers, non-professionals and debtors "
             "of unknown kind.",
    )
    claims_compensation = fields.Boolean(
        help="The notice adds the fixed compensation for recovery costs, once per invoice. "
             "Never for consumers, non-professionals and debtors of unknown kind.",
    )

    @api.depends("claims_interest", "claims_compensation")
    def _compute_summary(self):
        super()._compute_summary()

    @api.onchange("stage", "channel")
    def _onchange_claims(self):
        """Nothing is late before the due date, and a phone call prints nothing."""
        if self.stage == "preventive" or self.channel == "call":
            self.update({"claims_interest": False, "claims_compensation": False})

    @api.constrains("stage", "channel", "claims_interest", "claims_compensation")
    def _check_claims(self):
        for level in self:
            if not level._is_claiming():
                continue
            if level.stage == "preventive":
                raise ValidationError(self.env._(
                    "The preventive step “%(name)s” comes before the due date: no interest and no compensation is owed "
                    "yet. Untick both claims, or choose another stage.", name=level.name,
                ))
            if level.channel == "call":
                raise ValidationError(self.env._(
                    "The step “%(name)s” is a phone call and prints no amounts. Untick its claims of interest and "
                    "compensation, or choose another channel.", name=level.name,
                ))

    def _is_claiming(self):
        """Tell whether this step claims more than the invoices."""
        return self.claims_interest or self.claims_compensation

    def _get_claims_text(self):
        """Say what the step claims beside the invoices."""
        if self.claims_interest and self.claims_compensation:
            return self.env._("claims interest and compensation")
        if self.claims_interest:
            return self.env._("claims interest")
        return self.env._("claims compensation") if self.claims_compensation else ""
