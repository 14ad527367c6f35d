from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..followup.dunning_followup import STAGE_LABELS

RESUME_STAGES = [label for label in STAGE_LABELS if label[0].startswith("reminder")]
NUMBERS = ("dunning_plan_reminder_days", "dunning_plan_tolerance", "dunning_plan_cure_days", "dunning_extension_days")


class ResCompany(models.Model):
    """How payment plans are made and watched in this legal entity."""

    _inherit = "res.company"

    dunning_plan_down_required = fields.Boolean(
        "Part Payment Required", default=True, help="Only a dunning manager may propose a plan without one.",
    )
    dunning_plan_down_percent = fields.Float("Usual Part Payment (%)", default=20)
    dunning_plan_interest = fields.Selection(
        [("frozen", "Frozen while the plan is kept"), ("included", "Included in the plan")], "Late Interest in Plans",
        default="frozen", required=True, help="For businesses and public bodies; nobody else pays interest in a plan.",
    )
    dunning_plan_reminder_days = fields.Integer(
        "Remind of an Instalment", default=3, help="Days before the instalment; 0: no reminder.",
    )
    dunning_plan_tolerance = fields.Integer(
        "Tolerance of an Instalment", default=3, help="Working days after the instalment before it counts as missed.",
    )
    dunning_plan_cure_days = fields.Integer(
        "Time to Catch Up", default=15,
        help="Days that the written notice gives a consumer before a missed instalment ends his plan.",
    )
    dunning_plan_resume = fields.Selection(
        [("stood", "Where it stood"), ("stage", "After the stage chosen here")], "After a Broken Plan",
        default="stood", required=True,
    )
    dunning_plan_resume_stage = fields.Selection(
        RESUME_STAGES, "Stage after a Broken Plan", default="reminder_2",
        help="The message about the end of the plan counts as this reminder; what stands higher stays there.",
    )
    dunning_extension_days = fields.Integer(
        "Maximum Extension of the Insurer",
        help="Days after the oldest original due date beyond which the credit insurer must consent to a plan. "
             "0: not insured.",
    )

    @api.constrains(*NUMBERS, "dunning_plan_down_percent")
    def _check_dunning_plan_numbers(self):
        for company in self:
            if any(company[name] < 0 for name in NUMBERS) or not 0 <= company.dunning_plan_down_percent < 100:
                raise ValidationError(self.env._(
                    "The days of payment plans cannot be negative, and a part payment is less than the whole."))


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_plan_down_required = fields.Boolean(
        related="company_id.root_id.dunning_plan_down_required", readonly=False)
    dunning_plan_down_percent = fields.Float(related="company_id.root_id.dunning_plan_down_percent", readonly=False)
    dunning_plan_interest = fields.Selection(
        related="company_id.root_id.dunning_plan_interest", readonly=False, required=True)
    dunning_plan_reminder_days = fields.Integer(
        related="company_id.root_id.dunning_plan_reminder_days", readonly=False)
    dunning_plan_tolerance = fields.Integer(related="company_id.root_id.dunning_plan_tolerance", readonly=False)
    dunning_plan_cure_days = fields.Integer(related="company_id.root_id.dunning_plan_cure_days", readonly=False)
    dunning_plan_resume = fields.Selection(
        related="company_id.root_id.dunning_plan_resume", readonly=False, required=True)
    dunning_plan_resume_stage = fields.Selection(
        related="company_id.root_id.dunning_plan_resume_stage", readonly=False)
    dunning_extension_days = fields.Integer(related="company_id.root_id.dunning_extension_days", readonly=False)


class ResPartner(models.Model):
    _inherit = "res.partner"

    dunning_extension_days = fields.Integer(
        "Maximum Extension of the Insurer", company_dependent=True, groups="base.group_user",
        help="Days after the oldest original due date beyond which the credit insurer must consent to a payment plan. "
             "0: what the company says.",
    )

    @api.model
    def _commercial_fields(self):
        return super()._commercial_fields() + ["dunning_extension_days"]
