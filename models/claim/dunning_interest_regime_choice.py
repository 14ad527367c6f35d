from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .dunning_interest_regime import KINDS


class DunningInterestRegime(models.Model):
    """Which regime applies: customer, then payment term, then policy, then the law of the company's country."""

    _inherit = "dunning.interest.regime"

    @api.model
    def _get_resolver(self, company):
        """Return ``resolve(kind, customer_regime_id, term_regime_id, policy_regime_id) -> (regime, problem)``.

        Everything is read here, so that a call costs no query. The first choice that this company may use counts.
        Problems: no_regime, unlawful (the law forbids it for that kind of debtor), no_interest (nothing is claimed).
        An unknown kind is treated as a consumer.
        """
        root = company.root_id
        # sudo: what applies does not depend on who looks at it.
        names = [name for name, field in self._fields.items() if field.store and field.prefetch and field.column_type]
        regimes = self.sudo().with_company(root).search_fetch(self._get_usable_domain(root), names)
        usable = {regime.id: regime.sudo(self.env.su) for regime in regimes}
        defaults = {kind: regimes._get_default(root, kind).sudo(self.env.su) for kind in KINDS}
        void = defaults["public"].sudo().is_waiver_void
        unlawful = {
            (regime.id, kind): not regime._is_lawful(root, kind, void) for regime in regimes for kind in KINDS
        }
        none = set(regimes.filtered("is_none").ids)

        def resolve(kind, customer_regime_id=None, term_regime_id=None, policy_regime_id=None):
            kind = kind if kind in KINDS else "consumer"
            chosen = next(
                (one for one in (customer_regime_id, term_regime_id, policy_regime_id) if one in usable), None)
            regime = usable[chosen] if chosen else defaults[kind]
            if not regime:
                return regime, "no_regime"
            if unlawful[regime.id, kind]:
                return regime, "unlawful"
            return regime, "no_interest" if regime.id in none else None

        return resolve

    @api.model
    def _get_usable_domain(self, root):
        """Return the regimes a company may use: its own and the shared ones."""
        return Domain("company_id", "in", [False, root.id])

    def _get_default(self, root, kind):
        """Return the default of the company's country for a kind of debtor, its own choice and contract first."""
        country = root._get_dunning_country()
        contract = root.sudo().dunning_contract_mode != "law"
        clause = root.sudo().dunning_contract_clause
        candidates = self.filtered(
            lambda one: one.is_default and one[KINDS[kind]] and one.country_id in (country, country.browse())
            and (contract or not one.is_contract) and (clause or not one.needs_clause))
        return candidates.sorted(lambda one: (
            not one.company_id, not one.country_id, not (one.is_contract or one.needs_clause), one.sequence, one.id,
        ))[:1]

    def _is_lawful(self, root, kind, is_waiver_void):
        """Tell whether the law allows this regime for a kind of debtor."""
        if self.is_none:
            # Claiming nothing from a public body would be a waiver, which its law may hold void.
            return kind != "public" or not is_waiver_void
        return self[KINDS[kind]] and self._has_clause(root)

    def _get_chosen(self, company):
        """Return the regimes that customers, payment terms or policies of a company chose."""
        root = company.root_id
        self.env["res.partner"].flush_model(["dunning_regime_id"])
        self.env["account.payment.term"].flush_model(["dunning_regime_id"])
        self.env["dunning.policy"].flush_model(["regime_id"])
        rows = self.env.execute_query(SQL(
            """SELECT (dunning_regime_id->>%(root)s)::int FROM res_partner
                       WHERE dunning_regime_id IS NOT NULL AND jsonb_typeof(dunning_regime_id->%(root)s) = 'number'
                UNION SELECT dunning_regime_id FROM account_payment_term
                       WHERE dunning_regime_id IS NOT NULL AND active AND COALESCE(company_id, %(id)s) = %(id)s
                UNION SELECT regime_id FROM dunning_policy
                       WHERE regime_id IS NOT NULL AND active AND COALESCE(company_id, %(id)s) = %(id)s""",
            root=str(root.id), id=root.id,
        ))
        return self.search(Domain("id", "in", [row[0] for row in rows]) & self._get_usable_domain(root))


class ResPartner(models.Model):
    """A customer may have a regime of his own: what was agreed with him."""

    _inherit = "res.partner"

    dunning_regime_id = fields.Many2one(
        "dunning.interest.regime", "Own Interest Regime", company_dependent=True, ondelete="restrict",
        check_company=True, groups="base.group_user", index="btree_not_null",
        help="Empty: the regime of the payment terms, else of the policy, else of the law for this kind of debtor.",
    )
    dunning_regime_applied_id = fields.Many2one(
        "dunning.interest.regime", "Regime that Applies", compute="_compute_dunning_regime_applied_id",
        groups="base.group_user",
    )
    dunning_regime_origin = fields.Char(
        "Regime Because", compute="_compute_dunning_regime_applied_id", groups="base.group_user",
    )
    dunning_regime_problem = fields.Char(
        "Problem of the Regime", compute="_compute_dunning_regime_applied_id", groups="base.group_user",
    )

    @api.depends("dunning_regime_id", "dunning_debtor_kind", "property_payment_term_id", "dunning_policy_applied_id")
    @api.depends_context("company", "lang")
    def _compute_dunning_regime_applied_id(self):
        root = self.env.company.root_id
        resolve = self.env["dunning.interest.regime"]._get_resolver(root)
        for partner in self:
            customer = partner.commercial_partner_id.with_company(root)
            chosen = customer._get_dunning_regime_choices()
            regime, problem = resolve(customer.dunning_debtor_kind, *(one.id for one in chosen))
            partner.dunning_regime_applied_id = regime
            partner.dunning_regime_origin = customer._get_dunning_regime_origin(regime, chosen)
            partner.dunning_regime_problem = customer._get_dunning_regime_problem(problem, root)

    def _get_dunning_regime_choices(self):
        """Return the regimes chosen for this customer, for his payment terms and for his policy."""
        return (
            self.dunning_regime_id,
            self.property_payment_term_id.dunning_regime_id,
            self.dunning_policy_applied_id.regime_id,
        )

    def _get_dunning_regime_origin(self, regime, chosen):
        """Say where the regime of this customer comes from."""
        customer, term, policy = chosen
        if not regime:
            return ""
        if regime == customer:
            return self.env._("It was chosen for this customer.")
        if regime == term:
            return self.env._("It is the regime of his payment terms %(name)s.",
                              name=self.property_payment_term_id.name)
        if regime == policy:
            return self.env._("It is the regime of the policy %(name)s.", name=self.dunning_policy_applied_id.name)
        if not self.dunning_debtor_kind:
            return self.env._("His kind is unknown, so he is treated as a consumer.")
        if regime.is_contract:
            return self.env._("It is the rate agreed on your invoices.")
        return self.env._("It is the law of your country for this kind of debtor.")

    def _get_dunning_regime_problem(self, problem, root):
        """Say in words why nothing, or not all, can be claimed from this customer."""
        if problem == "unlawful":
            return self.env._("The law does not allow this regime for this kind of debtor: nothing is claimed.")
        if problem == "no_regime":
            return self.env._("No regime is known for this kind of debtor in your country: nothing is claimed.")
        foreign = self.country_id and self.country_id != root._get_dunning_country()
        if not problem and foreign and self.dunning_debtor_kind in (False, "consumer"):
            return self.env._("He lives in another country: its law may protect him more. Check before you claim.")
        return ""


class AccountPaymentTerm(models.Model):
    """Payment terms may carry the regime that was agreed with them."""

    _inherit = "account.payment.term"

    dunning_regime_id = fields.Many2one(
        "dunning.interest.regime", "Interest Regime", ondelete="restrict", check_company=True,
        help="For the invoices with these terms. Empty: the regime of the policy, else of the law.",
    )


class DunningPolicy(models.Model):
    """A policy may have a regime of its own."""

    _inherit = "dunning.policy"

    regime_id = fields.Many2one(
        "dunning.interest.regime", "Interest Regime", ondelete="restrict", check_company=True,
        help="For the customers of this policy. Empty: the regime of the law for each kind of debtor.",
    )
