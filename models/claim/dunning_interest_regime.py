from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .dunning_reference_rate import INDEXES

KINDS = {
    "business": "for_business",
    "consumer": "for_consumer",
    "non_professional": "for_non_professional",
    "public": "for_public",
}
PRIVATE_KINDS = ("for_consumer", "for_non_professional")
ABSURD = 100


class DunningInterestRegime(models.Model):
    """How interest and compensation are due: by which law or contract, from which day, at which rate, from whom.

    A row and not code: what a country decides is a field here, with the article and the source it was read in.
    """

    _name = "dunning.interest.regime"
    _description = "Interest Regime"
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char("Regime", required=True, translate=True)
    code = fields.Char(help="A short name for integrations. The shipped regimes have one.", copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", domain=[("parent_id", "=", False)], index="btree_not_null",
        help="Empty: shared by all companies.",
    )
    country_id = fields.Many2one(
        "res.country", help="The country whose law this is: that of the creditor. Empty: any country.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        help="Only for claims in this currency. Empty: any. The law decides the rate, not the currency.",
    )
    for_business = fields.Boolean("Businesses", help="The law lets you claim this from businesses.")
    for_consumer = fields.Boolean(
        "Consumers", help="The law lets you claim this from consumers, and from debtors whose kind is unknown.",
    )
    for_non_professional = fields.Boolean(
        "Non-Professional Organisations",
        help="The law lets you claim this from associations, co-owners and the like. As consumers in France.",
    )
    for_public = fields.Boolean("Public Bodies", help="The law lets you claim this from public bodies.")
    is_default = fields.Boolean(
        "Default of Its Country", help="Applies to these kinds of debtors when nothing else was chosen.", copy=False,
    )
    is_none = fields.Boolean("Claims Nothing", help="Neither interest nor compensation is computed.", copy=False)
    is_contract = fields.Boolean(
        "Rate of Our Contract",
        help="The rate is the one that stands on your invoices: enter it in the settings. As long as it is not "
             "entered there, the rate of this regime applies.",
    )
    needs_clause = fields.Boolean(
        "Only by Clause",
        help="May only be claimed when your contracts or general terms say so: tick it in the settings. "
             "Otherwise this regime is refused.",
    )

    # The rate
    index = fields.Selection(INDEXES, "Reference Rate", help="Empty: the rate never changes. Enter it beside.")
    fixed_rate = fields.Float("Fixed Rate (%)", digits=(16, 4))
    margin = fields.Float("Margin (points)", digits=(16, 4), help="Added to the reference rate.")
    factor = fields.Float("Times", default=1.0, digits=(16, 4), help="The reference rate is taken so many times.")
    round_up_to = fields.Float(
        "Round Up to", digits=(16, 4), help="Round up to a multiple of this many points. 0: do not round.",
    )
    floor_index = fields.Selection(
        INDEXES, "Floor", help="The rate of a contract is tested against it in each half-year. You are warned; "
                               "the rate is never raised silently.",
    )
    floor_factor = fields.Float("Times the Floor", default=1.0, digits=(16, 4))
    cap_index = fields.Selection(INDEXES, "Cap", help="Never claim more than this published rate.")
    is_fixed_per_debt = fields.Boolean(
        "One Rate per Debt",
        help="The rate of the first day of interest holds for the whole life of the debt. Otherwise each day bears "
             "the rate of its own half-year.",
    )
    day_count = fields.Selection(
        [("365", "Days / 365"), ("actual", "Days / Days of the Year"), ("360", "Months of 30 Days / 360")],
        required=True, default="365",
        help="365 also in leap years is what central banks and courts use most. Never 360 for consumers.",
    )
    is_compound = fields.Boolean("Compound", help="After each year its interest bears interest too.")
    imputation = fields.Selection(
        [
            ("principal", "Principal, as allocated in the books"),
            ("interest", "Interest, then principal"),
            ("costs", "Costs, then interest, then principal"),
        ],
        "Payments Cover First", required=True, default="principal",
        help="What stands on letters is always the principal as the books have it. The others are computations for "
             "court.",
    )
    retroactive_credits = fields.Boolean(
        "Credit Notes from the Beginning", default=True,
        help="A credit note that refers to the invoice means that its amount was never due. Otherwise it reduces the "
             "claim from its own date.",
    )

    # The first day
    start_rule = fields.Selection(
        [
            ("due", "The due date"),
            ("notice", "The formal notice takes effect"),
            ("reminder", "The first reminder"),
            ("months", "The end of a month after the invoice"),
            ("manual", "A day entered by hand"),
        ],
        "Runs from the Day after", required=True, default="due",
    )
    start_days = fields.Integer("Plus Days", help="So many calendar days later.")
    start_post_days = fields.Integer(
        "Working Days of the Post", help="When the notice goes by post, the days begin on this working day after it.",
    )
    start_months = fields.Integer("Plus Months", help="The end of the month that comes so many months later.")

    # The compensation
    compensation_rule = fields.Selection(
        [("none", "None"), ("fixed", "A fixed sum per invoice"), ("by_size", "By the size of the claim")],
        "Compensation", required=True, default="none",
        help="Once per invoice, never per reminder or instalment. In France there is no reminder fee for anybody: "
             "no such amount exists here.",
    )
    compensation_amount = fields.Monetary("Sum per Invoice", currency_field="compensation_currency_id")
    compensation_currency_id = fields.Many2one(
        "res.currency", default=lambda self: self.env.ref("base.EUR", raise_if_not_found=False),
    )
    compensation_tier_ids = fields.One2many("dunning.interest.regime.tier", "regime_id", "Scale", copy=True)
    compensation_minimum = fields.Monetary("At Least", currency_field="compensation_currency_id")
    compensation_maximum = fields.Monetary("At Most", currency_field="compensation_currency_id", help="0: no limit.")
    is_waiver_void = fields.Boolean(
        "Waiver Void", help="The law holds a waiver of this interest or compensation void: none is recorded.",
    )

    # The words
    article = fields.Char("Legal Basis", translate=True, help="The articles a letter cites.")
    wording = fields.Text(
        "Sentence of the Letter", translate=True, help="Stands on the letter that claims the amounts.",
    )
    mention = fields.Text(
        "Sentence Before", translate=True,
        help="What a letter or invoice may say before any amount is claimed. For consumers: only in a formal notice.",
    )
    source = fields.Text(help="Where the law was read.")
    source_status = fields.Selection(
        [("read", "Text of the Law Read"), ("secondary", "Secondary"), ("partly", "Partly Read")],
        "How It Was Read", default="secondary",
        help="Text read: the article or an exact copy of it was read. Secondary: law firms, official answers, "
             "calculators. Partly: some of it is secondary.",
    )
    note = fields.Text("To Know", translate=True, help="Doubts and choices, for whoever configures dunning.")

    @api.constrains("index", "fixed_rate", "margin", "factor", "floor_factor", "round_up_to")
    def _check_rate(self):
        """Figures that cannot be meant are refused in words."""
        for regime in self:
            if not 0 <= regime.fixed_rate <= ABSURD:
                raise ValidationError(self.env._("Enter a fixed rate between 0 and 100 % a year."))
            if abs(regime.margin) > ABSURD:
                raise ValidationError(self.env._(
                    "A margin of %(margin)s points cannot be meant: enter percentage points, such as 8.",
                    margin=f"{regime.margin:g}",
                ))
            if not (0 < regime.factor <= ABSURD and 0 < regime.floor_factor <= ABSURD):
                raise ValidationError(self.env._(
                    "A published rate is taken once or several times: enter a figure above 0 and up to 100.",
                ))
            if not 0 <= regime.round_up_to <= 1:
                raise ValidationError(self.env._("Round up to a fraction of a point, such as 0.5, or enter 0."))

    @api.constrains("start_days", "start_post_days", "start_months")
    def _check_start(self):
        if any(min(regime.start_days, regime.start_post_days, regime.start_months) < 0 for regime in self):
            raise ValidationError(self.env._("Interest never begins before its day: enter 0 or more days and months."))

    @api.constrains("for_consumer", "for_non_professional", "compensation_rule", "needs_clause", "country_id")
    def _check_private_compensation(self):
        """Consumers and the like owe no compensation, except by a clause in a country that allows it."""
        france = self.env.ref("base.fr")
        for regime in self.filtered(lambda one: one.compensation_rule != "none"):
            if not any(regime[name] for name in PRIVATE_KINDS):
                continue
            # France: CPCE L111-8 keeps the costs of recovery with the creditor, whatever the contract says.
            if not regime.needs_clause or regime.country_id in (france, france.browse()):
                raise ValidationError(self.env._(
                    "“%(name)s”: neither consumers nor non-professional organisations owe a compensation or fees. "
                    "Untick them, or choose no compensation.", name=regime.name,
                ))

    @api.constrains(
        "is_default", "active", "country_id", "company_id", "is_contract", "needs_clause", *KINDS.values())
    def _check_default(self):
        """A country has one default per kind of debtor; a company may have its own."""
        for regime in self.filtered(lambda one: one.is_default and one.active):
            others = self.search([
                ("id", "!=", regime.id), ("is_default", "=", True), ("country_id", "=", regime.country_id.id),
                ("company_id", "=", regime.company_id.id), ("is_contract", "=", regime.is_contract),
                ("needs_clause", "=", regime.needs_clause),
            ])
            other = others.filtered(
                lambda one, regime=regime: any(one[name] and regime[name] for name in KINDS.values()))[:1]
            if other:
                raise ValidationError(self.env._(
                    "“%(other)s” is already the default for the same debtors. Only one of both can be.",
                    other=other.name,
                ))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """A regime that was chosen somewhere stays, so that what it claimed can be explained."""
        for regime in self.sudo():
            if regime._is_used():
                raise UserError(self.env._(
                    "The regime “%(name)s” is in use, so it cannot be deleted. Archive it instead.", name=regime.name,
                ))

    def _get_usage_fields(self):
        """Name the fields (model, field) that keep a regime from being deleted. Override to add one."""
        return [("dunning.policy", "regime_id"), ("account.payment.term", "dunning_regime_id")]

    def _is_used(self):
        """Tell whether a policy, payment terms or a customer of any company chose this regime."""
        self.ensure_one()
        chosen = any(
            self.env[model].with_context(active_test=False).search_count([(field, "=", self.id)], limit=1)
            for model, field in self._get_usage_fields()
        )
        partners = self.env["res.partner"].with_context(active_test=False)
        return chosen or any(
            partners.with_company(company).search_count([("dunning_regime_id", "=", self.id)], limit=1)
            for company in self.env["res.company"].search([])
        )

    def copy_data(self, default=None):
        """Name the copy after its model. It is no default: one is enough."""
        vals_list = super().copy_data(default)
        if "name" in (default or {}):
            return vals_list
        return [
            dict(vals, name=self.env._("%(name)s (copy)", name=regime.name))
            for regime, vals in zip(self, vals_list, strict=True)
        ]
