from odoo import api, fields, models


class DunningProfile(models.Model):
    """The way a customer pays, which decides how he is dunned. Set by hand, or suggested (dunning_profile_facts.py)."""

    _name = "dunning.profile"
    _description = "Payer Profile"
    _inherit = ["dunning.setting"]
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char("Profile", required=True, translate=True)
    code = fields.Selection(
        [
            ("careless", "Careless"),
            ("bad", "Bad Payer"),
            ("insolvent", "Cannot Pay"),
            ("administrative", "Administrative"),
            ("disputing", "Disputing"),
            ("automatic", "Automatic"),
            ("good", "Good Payer"),
        ],
        "Way of Paying",
        help="What this profile stands for, whatever its name. Empty for a profile of your own.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", domain=[("parent_id", "=", False)], help="Empty: shared by all companies."
    )
    policy_id = fields.Many2one(
        "dunning.policy", check_company=True, ondelete="restrict", index="btree_not_null",
        help="The policy of the customers of this profile. Empty: found by the matching rules.",
    )
    preventive = fields.Boolean(
        "Preventive Reminders",
        help="These customers are written to before the due date: the profile opens preventive steps to them.",
    )
    advice = fields.Text(translate=True, help="Shown to the collector: how to deal with such a customer.")

    @api.model_create_multi
    def create(self, vals_list):
        profiles = super().create(vals_list)
        profiles._look_at_all()
        return profiles

    def write(self, vals):
        result = super().write(vals)
        if not {"code", "active", "company_id", "sequence"}.isdisjoint(vals):
            self._look_at_all()
        return result

    def unlink(self):
        self._look_at_all()
        return super().unlink()

    @api.model
    def _look_at_all(self):
        """Have the next night look at all customers: another profile may be suggested now."""
        # sudo: who configures profiles need not configure companies.
        self.env["res.company"].sudo().search([
            ("dunning_profile_full_date", "!=", False)]).dunning_profile_full_date = False
