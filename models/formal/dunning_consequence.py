from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# What litigation may do afterwards; a consequence names those that it announces.
ROUTE_CODES = frozenset({
    "payment_order", "small_claims", "cheque", "public_reference", "public_prefect", "public_mediator", "summary",
    "merits", "agency", "credit_insurance", "lawyer", "write_off",
})
# Neither a payment order nor a seizure is possible against a public body.
NEVER_PUBLIC = frozenset({"payment_order", "small_claims", "cheque", "summary"})


class DunningConsequence(models.Model):
    """What a formal notice announces for the case that it stays unpaid: only what is lawful, possible and intended."""

    _name = "dunning.consequence"
    _description = "Announced Consequence"
    _inherit = ["dunning.named"]
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char("Consequence", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", domain=[("parent_id", "=", False)], index="btree_not_null",
                                 help="Empty: shared by all companies.")
    wording = fields.Char(
        "On the Notice", required=True, translate=True,
        help="Ends the sentence “If full payment does not reach us by that date, we will pursue the recovery of this "
             "claim, without further notice, …”.",
    )
    for_business = fields.Boolean("Businesses")
    for_consumer = fields.Boolean("Consumers")
    for_non_professional = fields.Boolean("Non-professional Organisations")
    for_public = fields.Boolean("Public Bodies")
    min_amount = fields.Float("From Amount", digits=(16, 2),
                              help="Announced from this amount on, in the currency of the company. 0: any amount.")
    max_amount = fields.Float("Up to Amount", digits=(16, 2),
                              help="Not announced above this amount, in the currency of the company. 0: any amount.")
    is_default = fields.Boolean("For New Policies", help="New policies announce it.")
    route_codes = fields.Char("Litigation Routes", help="Codes of the routes it announces, separated by commas.")
    note = fields.Text("To Know", translate=True)

    _amounts_ordered = models.Constraint(
        "CHECK(min_amount >= 0 AND max_amount >= 0 AND (max_amount = 0 OR max_amount >= min_amount))",
        "The amounts of a consequence cannot be negative, and “Up to” cannot be below “From”.",
    )

    @api.constrains("route_codes", "for_public")
    def _check_route_codes(self):
        for consequence in self:
            codes = consequence._get_route_codes()
            unknown = sorted(codes - ROUTE_CODES)
            if unknown:
                raise ValidationError(self.env._(
                    "“%(name)s” announces routes that do not exist: %(codes)s. Use these: %(known)s.",
                    name=consequence.name, codes=", ".join(unknown), known=", ".join(sorted(ROUTE_CODES)),
                ))
            if consequence.for_public and codes & NEVER_PUBLIC:
                raise ValidationError(self.env._(
                    "“%(name)s” cannot be announced to a public body: no payment order and no seizure is possible "
                    "against it.", name=consequence.name,
                ))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_announced(self):
        """What a notice announced stays readable."""
        # sudo: notices of other companies count too.
        used = self.env["dunning.notice"].sudo().search([("consequence_ids", "in", self.ids)]).consequence_ids & self
        if used:
            raise UserError(self.env._(
                "“%(name)s” was announced by a notice, so it cannot be deleted. Archive it instead.", name=used[0].name,
            ))

    def _get_route_codes(self):
        return {code.strip() for row in self for code in (row.route_codes or "").split(",") if code.strip()}

    def _filter_for(self, kind, amount):
        """Return what may be announced to this kind of debtor for this amount; an unknown kind reads as a consumer."""
        flag = f"for_{'consumer' if kind == 'unknown' else kind}"
        return self.filtered(lambda one: (
            one.active and one[flag] and amount >= one.min_amount and (not one.max_amount or amount <= one.max_amount)))


class DunningPolicy(models.Model):
    """Which consequences the formal notices of this policy announce."""

    _inherit = "dunning.policy"

    consequence_ids = fields.Many2many(
        "dunning.consequence", string="Announced Consequences", check_company=True,
        default=lambda self: self.env["dunning.consequence"].search([
            ("is_default", "=", True), ("company_id", "=", False)]),
        help="What a formal notice announces for the case that it stays unpaid, among those that fit the kind of "
             "debtor and the amount. Choose only what you are ready to do: one or two of each kind.",
    )


class DunningNotice(models.Model):
    """What this notice announces: chosen while it is a draft, a copy for ever after."""

    _inherit = "dunning.notice"

    consequence_ids = fields.Many2many("dunning.consequence", string="Announced", readonly=True, copy=False,
                                       context={"active_test": False})
    consequence_codes = fields.Char("Routes Announced", readonly=True, copy=False)

    def write(self, vals):
        if not {"consequence_ids", "consequence_codes"}.isdisjoint(vals):
            self._check_not_left()
        return super().write(vals)

    def _set_claims(self, today):
        """What is announced depends on the amount: it is chosen whenever the amounts are."""
        super()._set_claims(today)
        self._set_consequences()

    def _set_consequences(self):
        for notice in self:
            announced = notice._get_consequences()
            codes = ",".join(sorted(announced._get_route_codes())) or False
            if announced != notice.consequence_ids:
                notice.consequence_ids = announced
            if codes != notice.consequence_codes:
                notice.consequence_codes = codes

    def _get_consequences(self):
        """Return what the policy lets a formal notice announce to this debtor for this amount."""
        if self.stage != "formal" or self.is_call:
            return self.env["dunning.consequence"]
        chosen = (self.policy_id or self.level_id.policy_id).consequence_ids
        return chosen._filter_for(self._get_debtor_kind(), self.amount_total)
