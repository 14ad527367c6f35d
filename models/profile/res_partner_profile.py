import logging

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..base.apart import apart
from ..run.dunning_run_night import NightStep

_logger = logging.getLogger(__name__)

SETTINGS = ("dunning_profile_months", "dunning_profile_min_invoices", "dunning_profile_auto")


class ResPartner(models.Model):
    """What the figures say of the way this customer pays, beside the profile that was chosen."""

    _inherit = "res.partner"

    dunning_suggestion_ids = fields.One2many(
        "dunning.profile.suggestion", "partner_id", "Suggested Profiles",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    dunning_suggestion_id = fields.Many2one(
        "dunning.profile.suggestion", "Profile Suggestion", compute="_compute_dunning_suggestion_id",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    dunning_profile_suggested_id = fields.Many2one(
        "dunning.profile", "Suggested Profile", compute="_compute_dunning_suggestion_id",
        help="Bad payer: 30 days late on average, or 20 and growing by 10, or two broken promises or returned "
             "payments. Disputing: three disputes. Careless: 10 days late, or half of the amounts late. Good payer: at "
             "most 3 days and 10 % late. A public body that pays late is administrative. Empty: nothing to change.",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    dunning_profile_suggested_label = fields.Char(
        "Suggestion", compute="_compute_dunning_suggestion_id",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    dunning_profile_suggested_reason = fields.Char(
        "Why This Profile", compute="_compute_dunning_suggestion_id",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    dunning_profile_suggested_date = fields.Date(
        "Suggested Since", compute="_compute_dunning_suggestion_id",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    dunning_profile_is_manual = fields.Boolean(
        "Profile Set by Hand", compute="_compute_dunning_suggestion_id",
        help="Never overwritten by a suggestion. Empty the profile to let suggestions be applied again.",
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    @api.depends("dunning_profile_id", "dunning_suggestion_ids.profile_id", "dunning_suggestion_ids.average_delay",
                 "dunning_suggestion_ids.applied_profile_id", "dunning_suggestion_ids.dismissed_profile_id")
    @api.depends_context("company", "lang")
    def _compute_dunning_suggestion_id(self):
        found = self.env["dunning.profile.suggestion"].search([
            ("partner_id", "in", self.commercial_partner_id.ids), ("company_id", "=", self.env.company.root_id.id),
        ]).grouped("partner_id")
        for partner in self:
            suggestion = found.get(partner.commercial_partner_id, self.env["dunning.profile.suggestion"])
            shown = suggestion.filtered("is_open")
            partner.dunning_suggestion_id = suggestion
            partner.dunning_profile_suggested_id = shown.profile_id
            partner.dunning_profile_suggested_label = shown.label
            partner.dunning_profile_suggested_reason = shown.reason_text
            partner.dunning_profile_suggested_date = shown.date
            partner.dunning_profile_is_manual = bool(partner.dunning_profile_id) and (
                partner.dunning_profile_id != suggestion.applied_profile_id)

    def write(self, vals):
        result = super().write(vals)
        if "dunning_profile_id" in vals and not self.env.context.get("dunning_profile_suggested"):
            # sudo: whoever may choose a profile need not read suggestions.
            self.env["dunning.profile.suggestion"].sudo().search([
                ("partner_id", "in", self.commercial_partner_id.ids), ("applied_profile_id", "!=", False),
                ("company_id", "=", self.env.company.root_id.id),
            ]).applied_profile_id = False
        return result

    def action_accept_dunning_profile(self):
        """Take the suggested profile."""
        self.dunning_suggestion_id.action_accept()

    def action_dismiss_dunning_profile(self):
        """Do not suggest this profile again for now."""
        self.dunning_suggestion_id.action_dismiss()


class DunningFollowup(models.Model):
    """The suggestion where the collector works."""

    _inherit = "dunning.followup"

    suggestion_id = fields.Many2one("dunning.profile.suggestion", compute="_compute_suggestion_id")
    suggestion_label = fields.Char("Suggested Profile", compute="_compute_suggestion_id")
    suggestion_reason = fields.Char("Why This Profile", compute="_compute_suggestion_id")

    @api.depends("partner_id.dunning_suggestion_ids.profile_id", "partner_id.dunning_suggestion_ids.is_open")
    @api.depends_context("lang")
    def _compute_suggestion_id(self):
        for company, followups in self.grouped("company_id").items():
            partners = followups.partner_id.with_company(company)
            for followup in followups:
                partner = partners.browse(followup.partner_id.id)
                followup.suggestion_id = partner.dunning_suggestion_id
                followup.suggestion_label = partner.dunning_profile_suggested_label
                followup.suggestion_reason = partner.dunning_profile_suggested_reason

    def action_accept_profile(self):
        """Take the suggested profile."""
        self.suggestion_id.action_accept()

    def action_dismiss_profile(self):
        """Do not suggest this profile again for now."""
        self.suggestion_id.action_dismiss()


class DunningRun(models.Model):
    """The night brings the suggestions up to date, once what time alone changes is settled."""

    _inherit = "dunning.run"

    def _get_night_steps(self):
        steps = super()._get_night_steps()
        return steps + [NightStep(self._suggest_profiles)] if self.origin == "scheduled" else steps

    def _suggest_profiles(self):
        with apart(self.env, _logger, "Dunning run %s: payer profiles could not be suggested", self.id):
            self.env["dunning.profile.suggestion"]._refresh_changed(self.company_id, self.date)


class ResCompany(models.Model):
    """Over which time payer profiles are suggested, from how many invoices, and whether they are applied."""

    _inherit = "res.company"

    dunning_profile_months = fields.Integer(
        "Months Looked At", default=12, help="The way customers pay is read from the payments of so many months.",
    )
    dunning_profile_min_invoices = fields.Integer(
        "Least Number of Invoices", default=3, help="No profile is suggested for a customer with fewer invoices.",
    )
    dunning_profile_auto = fields.Boolean(
        "Apply Suggested Profiles",
        help="Where no person chose a profile, the night applies what it suggests. Never to consumers or other "
             "natural persons, never to customers of unknown kind.",
    )
    # Until where the night has read: dunning_profile_changed.py.
    dunning_profile_full_date = fields.Date("All Customers Read On", readonly=True)
    dunning_profile_look_date = fields.Datetime("Changes Read Until", readonly=True)
    dunning_profile_partial = fields.Integer("Last Matching Read", readonly=True)

    def write(self, vals):
        if not set(SETTINGS).isdisjoint(vals):
            vals = vals | {"dunning_profile_full_date": False}
        return super().write(vals)

    @api.constrains("dunning_profile_months", "dunning_profile_min_invoices")
    def _check_dunning_profile_numbers(self):
        for company in self:
            if not 1 <= company.dunning_profile_months <= 60 or company.dunning_profile_min_invoices < 1:
                raise ValidationError(self.env._(
                    "Payer profiles of %(company)s are suggested from 1 to 60 months and from one invoice at least.",
                    company=company.name,
                ))


class ResConfigSettings(models.TransientModel):
    """The settings of the suggestions belong to the legal entity."""

    _inherit = "res.config.settings"

    dunning_profile_months = fields.Integer(related="company_id.root_id.dunning_profile_months", readonly=False)
    dunning_profile_min_invoices = fields.Integer(
        related="company_id.root_id.dunning_profile_min_invoices", readonly=False)
    dunning_profile_auto = fields.Boolean(related="company_id.root_id.dunning_profile_auto", readonly=False)
