from collections import Counter
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ... import escalation
from ..customer.res_partner import DEBTOR_KINDS


class DunningPolicy(models.Model):
    """The ladder of steps that applies to one kind of payer. Shared by all companies when it has none."""

    _name = "dunning.policy"
    _description = "Dunning Policy"
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char("Policy", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", domain=[("parent_id", "=", False)], index=True,
        help="Empty: shared by all companies.",
    )
    description = fields.Text("For Whom", translate=True)
    level_ids = fields.One2many("dunning.level", "policy_id", "Steps", copy=True)
    rule_ids = fields.One2many("dunning.policy.rule", "policy_id", "Matching Rules")
    end_action = fields.Selection(
        [
            ("attention", "Ask a person to decide"),
            ("litigation", "Propose litigation"),
            ("write_off", "Propose a write-off"),
        ],
        "After the Last Step",
        required=True,
        default="attention",
    )
    is_rejected = fields.Boolean(
        "For Rejected Payments",
        help="Meant for invoices whose collection failed. Choose it in the settings.",
    )
    revision = fields.Integer(
        readonly=True, copy=False, help="Goes up with every change, so that the next steps are planned anew."
    )
    is_silent = fields.Boolean(compute="_compute_is_silent")
    ladder = fields.Char("Days", compute="_compute_ladder", help="The days of the steps, from the due date.")

    @api.depends("level_ids.active")
    def _compute_is_silent(self):
        for policy in self:
            policy.is_silent = not policy._get_ladder()

    @api.depends("level_ids.active", "level_ids.sequence", "level_ids.days")
    def _compute_ladder(self):
        for policy in self:
            policy.ladder = " · ".join(f"{level.days:+d}" if level.days else "0" for level in policy._get_ladder())

    @api.constrains("level_ids")
    def _check_ladder(self):
        """A ladder never goes back to a lower stage, nor has two steps of a stage on one day."""
        for policy in self:
            ladder = policy._get_ladder()
            for lower, higher in pairwise(ladder):
                policy._check_neighbours(lower, higher)
            places = Counter((level.days, level.stage) for level in ladder)
            for level in ladder:
                if places[level.days, level.stage] > 1:
                    raise ValidationError(self.env._(
                        "The policy “%(policy)s” has two steps of the same stage on the same day (%(name)s). Change "
                        "the days of one of them, or archive it.",
                        policy=policy.name, name=level.name,
                    ))

    def _check_neighbours(self, lower, higher):
        """Raise when a step has a lower stage than the one before it."""
        if escalation.RANK[higher.stage] < escalation.RANK[lower.stage]:
            raise ValidationError(self.env._(
                "In the policy “%(policy)s”, “%(higher)s” comes after “%(lower)s” but has a lower stage. Move it up, "
                "or choose a later stage for it.",
                policy=self.name, higher=higher.name, lower=lower.name,
            ))

    @api.constrains("company_id")
    def _check_company_id(self):
        """A shared policy is not taken away from the companies and profiles that use it."""
        companies, profiles = self.env["res.company"].sudo(), self.env["dunning.profile"].sudo()
        for policy in self.filtered("company_id"):
            uses = Domain("dunning_policy_id", "=", policy.id) | Domain("dunning_rejected_policy_id", "=", policy.id)
            user = companies.search(uses).root_id.filtered(lambda root, own=policy.company_id: root != own)[:1]
            user = user or profiles.search(
                [("policy_id", "=", policy.id), ("company_id", "!=", policy.company_id.id)], limit=1
            )
            if user:
                raise ValidationError(self.env._(
                    "The policy “%(policy)s” is also used by “%(user)s”. Copy it for %(company)s, and leave this one "
                    "shared.",
                    policy=policy.name, user=user.display_name, company=policy.company_id.name,
                ))

    @api.model_create_multi
    def create(self, vals_list):
        policies = super(DunningPolicy, self.with_context(dunning_saving_ladder=True)).create(vals_list)
        policies._raise_revision()
        return policies.with_env(self.env)

    def write(self, vals):
        result = super(DunningPolicy, self.with_context(dunning_saving_ladder=True)).write(vals)
        if "revision" not in vals:
            self._raise_revision()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """A policy that was used stays readable: what was sent must remain explainable."""
        for policy in self.sudo().with_context(active_test=False):
            if policy._is_used() or any(level._is_used() for level in policy.level_ids):
                raise UserError(self.env._(
                    "The policy “%(name)s” is in use, so it cannot be deleted. Archive it instead.",
                    name=policy.name,
                ))

    def unlink(self):
        """The rules go with their policy: every customer is planned anew."""
        result = super().unlink()
        self.env["res.company"]._bump_dunning_revision()
        return result

    def copy_data(self, default=None):
        """Name the copy after its model."""
        vals_list = super().copy_data(default)
        if "name" in (default or {}):
            return vals_list
        return [
            dict(vals, name=self.env._("%(name)s (copy)", name=policy.name))
            for policy, vals in zip(self, vals_list, strict=True)
        ]

    def _raise_revision(self):
        """Note that the ladder changed: whoever stands on it is planned anew."""
        for policy in self:
            policy.write({"revision": policy.revision + 1})

    def _get_ladder(self):
        """Return the steps in use, in their order."""
        return self.level_ids.filtered("active").sorted(lambda level: (level.sequence, level.days))

    def _get_usage_fields(self):
        """Name the fields (model, field) that keep a policy from being deleted. Override to add one."""
        return [
            ("dunning.profile", "policy_id"),
            ("dunning.notice", "policy_id"),
            ("dunning.followup", "policy_id"),
            ("res.company", "dunning_policy_id"),
            ("res.company", "dunning_rejected_policy_id"),
        ]

    def _is_used(self):
        """Tell whether a profile, a company, a follow-up or a notice refers to this policy."""
        self.ensure_one()
        return any(
            self.env[model].sudo().with_context(active_test=False).search_count([(field, "=", self.id)], limit=1)
            for model, field in self._get_usage_fields()
        )

    def _get_end_action_label(self):
        return dict(self._fields["end_action"]._description_selection(self.env)).get(self.end_action)

    def _to_engine(self):
        """Return this policy as the planner knows it; archived steps are left out."""
        self.ensure_one()
        return escalation.Policy(self.id, tuple(level._to_engine() for level in self._get_ladder()))


class DunningPolicyRule(models.Model):
    """Says which customers take a policy: all criteria that are set must match, the first rule that does wins."""

    _name = "dunning.policy.rule"
    _description = "Policy Matching Rule"
    _inherit = ["dunning.setting"]
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    sequence = fields.Integer(default=10)
    policy_id = fields.Many2one(
        "dunning.policy", required=True, check_company=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, readonly=False, precompute=True,
        domain=[("parent_id", "=", False)], index="btree_not_null", help="Empty: valid for all companies.",
    )
    debtor_kind = fields.Selection(
        [*DEBTOR_KINDS, ("unknown", "Unknown")], "Kind of Debtor",
        help="Empty: any kind. Unknown: customers whose kind was not set.",
    )
    is_internal = fields.Boolean(
        "Internal", help="Only the companies of this database and their employees."
    )
    country_id = fields.Many2one("res.country")
    category_id = fields.Many2one("res.partner.category", "Tag")
    criteria = fields.Char("In Words", compute="_compute_criteria")

    @api.depends("policy_id.company_id")
    def _compute_company_id(self):
        """A rule of a policy that belongs to a company belongs to it too."""
        for rule in self:
            rule.company_id = rule.policy_id.company_id or rule.company_id

    @api.constrains("policy_id", "company_id")
    def _check_company_id(self):
        for rule in self:
            if rule.policy_id.company_id and rule.company_id != rule.policy_id.company_id:
                raise ValidationError(self.env._(
                    "The policy “%(policy)s” belongs to %(company)s: its matching rules must belong to it too.",
                    policy=rule.policy_id.name, company=rule.policy_id.company_id.name,
                ))

    @api.depends_context("lang")
    @api.depends("debtor_kind", "is_internal", "country_id", "category_id")
    def _compute_criteria(self):
        for rule in self:
            rule.criteria = rule._get_criteria_text()

    @api.depends_context("lang")
    @api.depends("policy_id", "criteria")
    def _compute_display_name(self):
        for rule in self:
            rule.display_name = f"{rule.criteria} → {rule.policy_id.name or ''}"

    @api.model
    def _match(self, partner, company):
        """Return the first rule that fits this customer of this company, to explain where his policy comes from."""
        rules = self.search(self._get_company_domain(company))
        return rules.filtered(lambda rule: rule._is_match(partner, company))[:1]

    @api.model
    def _get_company_domain(self, company):
        """Return the rules a company may use: its own and the shared ones, of policies that were not archived."""
        return Domain("company_id", "in", [False, company.root_id.id]) & Domain("policy_id.active", "=", True)

    def _is_match(self, partner, company):
        """Tell whether every criterion of this rule fits. Override to add a criterion."""
        self.ensure_one()
        customer = partner.with_company(company.root_id).commercial_partner_id
        return (
            self._match_debtor_kind(customer)
            and self._match_internal(customer)
            and self._match_country(customer)
            and self._match_category(customer)
        )

    def _match_debtor_kind(self, customer):
        return not self.debtor_kind or self.debtor_kind == (customer.dunning_debtor_kind or "unknown")

    def _match_internal(self, customer):
        return not self.is_internal or self._is_internal(customer)

    def _match_country(self, customer):
        return not self.country_id or self.country_id == customer.country_id

    def _match_category(self, customer):
        return not self.category_id or self.category_id in customer.category_id

    def _is_internal(self, customer):
        """Tell whether this customer is a company of this database or one of its employees."""
        if customer.employee or any(not user.share for user in customer.sudo().user_ids):
            return True
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        return bool(companies.search_count([("partner_id", "=", customer.id)], limit=1))

    def _get_criteria_text(self):
        """Say in words which customers this rule takes."""
        kinds = dict(self._fields["debtor_kind"]._description_selection(self.env))
        criteria = [
            kinds.get(self.debtor_kind),
            self.env._("Internal") if self.is_internal else None,
            self.country_id.name,
            self.category_id.name,
        ]
        return ", ".join(filter(None, criteria)) or self.env._("All other customers")
