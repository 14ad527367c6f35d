from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..formal.dunning_consequence import NEVER_PUBLIC

# A customer whose kind is not known is treated as a consumer.
FLAGS = {"business": "for_business", "consumer": "for_consumer", "non_professional": "for_non_professional",
         "public": "for_public"}
STATUSES = [("sourced", "Text of the Law Read"), ("secondary", "Secondary"), ("unverified", "Unverified")]


class DunningLitigationRoute(models.Model):
    """A way to get paid after the formal notice: a court, an agency, the insurer, or giving up with a proper entry.

    Routes are data: for which kinds of debtor and amounts they exist, what has to be done, which documents they need.
    The ``code`` ties a route to the consequences that a formal notice announces.
    """

    _name = "dunning.litigation.route"
    _description = "Litigation Route"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="A formal notice announces the route by this code.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", domain=[("parent_id", "=", False)], index=True, help="Empty: shared by all companies.")
    for_business = fields.Boolean("Businesses")
    for_consumer = fields.Boolean("Consumers", help="Also customers whose kind is not known.")
    for_non_professional = fields.Boolean("Non-professionals")
    for_public = fields.Boolean("Public Bodies")
    currency_id = fields.Many2one("res.currency", default=lambda self: self.env.ref("base.EUR"))
    min_amount = fields.Monetary("From", help="0: no minimum.")
    max_amount = fields.Monetary("Up To", help="0: no maximum.")
    counterpart_kind = fields.Selection(
        [
            ("court", "Court"), ("bailiff", "Commissaire de justice"), ("authority", "Authority"),
            ("agency", "Collection Agency"), ("insurer", "Credit Insurer"), ("lawyer", "Lawyer"), ("none", "Nobody"),
        ],
        "Goes To", required=True, default="court",
    )
    needs_notice = fields.Boolean(
        "Needs a Formal Notice", default=True,
        help="Only after a formal notice that announced this route, once its deadline has passed. "
             "A manager may go on without, with a reason.")
    step_ids = fields.One2many("dunning.litigation.step", "route_id", "Checklist", copy=True)
    counts_interest = fields.Boolean(
        "Interest Counts", help="The limits of amount include interest, not the open amount alone.")
    source = fields.Char(translate=True, help="The text this route rests on, and where it was read.")
    status = fields.Selection(
        STATUSES, "How It Was Read", required=True, default="unverified",
        help="Text read: the article or an exact copy of it was read. Secondary: what others wrote about it. "
             "Unverified: to be checked by counsel before anybody relies on it.")
    caution = fields.Char(compute="_compute_caution")
    note = fields.Text("Good to Know", translate=True)

    _code_once = models.UniqueIndex("(code, COALESCE(company_id, 0))", "There is already a route with this code.")
    _amounts_sane = models.Constraint(
        "CHECK (COALESCE(min_amount, 0) >= 0 AND COALESCE(max_amount, 0) >= 0"
        " AND (COALESCE(max_amount, 0) = 0 OR max_amount >= COALESCE(min_amount, 0)))",
        "The amounts of a route are positive, and the upper one is not below the lower one.")

    @api.depends("status")
    @api.depends_context("lang")
    def _compute_caution(self):
        texts = {
            "secondary": self.env._(
                "Days, amounts and steps of this route are known second-hand: to be checked by counsel."),
            "unverified": self.env._(
                "Days, amounts and steps of this route are not verified: to be checked by counsel."),
        }
        for route in self:
            route.caution = texts.get(route.status)

    @api.constrains("code", "for_public")
    def _check_public(self):
        for route in self:
            if route.for_public and route.code in NEVER_PUBLIC:
                raise ValidationError(self.env._(
                    "%(route)s does not exist against public bodies.", route=route.name))

    @api.model
    def _get_for(self, company, kind):
        """Return the routes that exist against this kind of debtor."""
        return self.search([("company_id", "in", (False, company.id)), (FLAGS.get(kind, "for_consumer"), "=", True)])

    @api.model
    def _get_write_off(self, company):
        """Return the way of giving up: the one of the company, else the shared one, archived or not."""
        found = self.with_context(active_test=False).search([
            ("code", "=", "write_off"), ("company_id", "in", (False, *company.ids))])
        return found.sorted(lambda route: (not route.active, not route.company_id))[:1]

    def _get_obstacle(self, kind, amount):
        """Return why this route does not exist for such a claim, or nothing; no reason helps against it.

        :param amount: what is claimed, in the currency of the route
        """
        self.ensure_one()
        if not self[FLAGS.get(kind, "for_consumer")] or kind == "public" and self.code in NEVER_PUBLIC:
            return self.env._("%(route)s does not exist for this kind of debtor. Choose another route, or set the "
                              "kind of debtor on the customer.", route=self.name)
        if self.max_amount and amount > self.max_amount:
            return self.env._("%(route)s exists up to %(limit)s only.", route=self.name,
                              limit=self.currency_id.format(self.max_amount))
        if self.min_amount and amount < self.min_amount:
            return self.env._("%(route)s exists from %(limit)s only.", route=self.name,
                              limit=self.currency_id.format(self.min_amount))
        return ""


class DunningLitigationStep(models.Model):
    """One thing to do, or to collect, before a case is handed over by this route."""

    _name = "dunning.litigation.step"
    _description = "Step of a Litigation Route"
    _order = "route_id, sequence, id"

    route_id = fields.Many2one("dunning.litigation.route", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="route_id.company_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("To Do", required=True, translate=True)
    is_document = fields.Boolean("Document", help="Listed among the documents that go along.")
    is_required = fields.Boolean("Required", default=True, help="Nothing is handed over before it is done.")
    currency_id = fields.Many2one(related="route_id.currency_id")
    max_amount = fields.Monetary("Only Up To", help="Asked only when at most this is claimed. 0: always.")
