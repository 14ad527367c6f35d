from odoo import api, fields, models
from odoo.exceptions import ValidationError

LARGEST = 500


class ResCompany(models.Model):
    """How large an evidence file of this legal entity may be."""

    _inherit = "res.company"

    dunning_evidence_limit = fields.Integer(
        "Largest Evidence File (MB)", default=50, help="What a mailbox or the platform of a court accepts.",
    )

    dunning_evidence_months = fields.Integer(
        "Keep Evidence Files (Months)", help="Older ones are deleted; their documents stay where they came from. "
                                             "0 keeps them all.")

    @api.constrains("dunning_evidence_limit", "dunning_evidence_months")
    def _check_dunning_evidence_limit(self):
        for company in self:
            if company.dunning_evidence_months < 0:
                raise ValidationError(self.env._("Evidence files cannot be kept for less than no time."))
            if not 1 <= company.dunning_evidence_limit <= LARGEST:
                raise ValidationError(self.env._(
                    "An evidence file may have from 1 to %(largest)s MB.", largest=LARGEST))


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_evidence_limit = fields.Integer(related="company_id.root_id.dunning_evidence_limit", readonly=False)
    dunning_evidence_months = fields.Integer(related="company_id.root_id.dunning_evidence_months", readonly=False)
