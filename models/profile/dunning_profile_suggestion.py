from odoo import api, fields, models
from odoo.tools import SQL

from .dunning_profile_score import LATE_AFTER


class DunningProfileSuggestion(models.Model):
    """What the figures of the last months say of the way one customer pays, and what people made of it.

    Written by the night, once a week for all customers (dunning_profile_facts.py) and else for those of whom something
    changed (dunning_profile_changed.py); nobody edits it. A profile that a person chose is never overwritten: it is
    only compared with the figures.
    """

    _name = "dunning.profile.suggestion"
    _description = "Suggested Payer Profile"
    _order = "date desc, id desc"
    _rec_name = "partner_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, ondelete="cascade", index=True,
    )
    profile_id = fields.Many2one("dunning.profile", "Suggested", readonly=True, ondelete="set null",
                                 index="btree_not_null")
    date = fields.Date("Since", readonly=True)
    applied_profile_id = fields.Many2one(
        "dunning.profile", "Taken Over", readonly=True, ondelete="set null", index="btree_not_null",
        help="The profile that came from a suggestion, accepted or applied automatically. Any other was set by hand.",
    )
    dismissed_profile_id = fields.Many2one(
        "dunning.profile", "Dismissed", readonly=True, ondelete="set null", index="btree_not_null",
        help="Not suggested again until the figures speak for another profile.",
    )
    invoice_count = fields.Integer("Invoices", readonly=True, aggregator=None)
    average_delay = fields.Integer(
        readonly=True, aggregator="avg",
        help="Days late, weighted by amount: what was paid in the period, and what is still open and overdue today.",
    )
    share_late = fields.Integer(
        readonly=True, aggregator="avg",
        help=f"Percentage of these amounts that came, or is, more than {LATE_AFTER} days late.",
    )
    trend = fields.Integer(
        readonly=True, aggregator=None,
        help="Average delay of the second half of the period less that of the first: positive when it grows.",
    )
    broken_count = fields.Integer("Broken Promises", readonly=True)
    dispute_count = fields.Integer("Disputes", readonly=True, help="Those that were not our own mistake.")
    returned_count = fields.Integer("Returned Payments", readonly=True)
    is_outdated = fields.Boolean("To Read Again", readonly=True)  # a payment was undone since the last look
    current_profile_id = fields.Many2one("dunning.profile", compute="_compute_current_profile_id")
    is_manual = fields.Boolean("Set by Hand", compute="_compute_current_profile_id")
    is_open = fields.Boolean("To Decide", compute="_compute_current_profile_id", search="_search_is_open")
    label = fields.Char("Suggestion", compute="_compute_label")
    reason_text = fields.Char("Why", compute="_compute_reason_text")

    _company_partner_uniq = models.UniqueIndex("(company_id, partner_id)")

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("partner_id.dunning_profile_id", "profile_id", "applied_profile_id", "dismissed_profile_id")
    def _compute_current_profile_id(self):
        for company, suggestions in self.grouped("company_id").items():
            for suggestion in suggestions:
                current = suggestion.partner_id.with_company(company).dunning_profile_id
                suggestion.current_profile_id = current
                suggestion.is_manual = bool(current) and current != suggestion.applied_profile_id
                suggestion.is_open = suggestion.profile_id not in (
                    self.env["dunning.profile"], current, suggestion.dismissed_profile_id)

    def _search_is_open(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.flush_model()
        self.env["res.partner"].flush_model(["dunning_profile_id"])
        undecided = SQL(
            """SELECT id
                 FROM dunning_profile_suggestion suggestion
                WHERE profile_id IS DISTINCT FROM dismissed_profile_id
                  AND profile_id <> COALESCE((SELECT (partner.dunning_profile_id->>suggestion.company_id::text)::int
                                                FROM res_partner partner WHERE partner.id = suggestion.partner_id), 0)
            """,
        )
        return [("id", "in" if True in value else "not in", undecided)]

    @api.depends("profile_id", "partner_id")
    @api.depends_context("lang")
    def _compute_label(self):
        factual = self._get_factual_labels()
        for suggestion in self:
            profile = suggestion.profile_id
            name = factual.get(profile.code) if suggestion._is_natural_person() else None
            suggestion.label = name or profile.name

    @api.model
    def _get_factual_labels(self):
        """Return what is written of natural persons instead of the name of a profile."""
        return {
            "good": self.env._("Pays on time"), "careless": self.env._("Pays on reminder"),
            "bad": self.env._("Pays late"), "disputing": self.env._("Often objects"),
        }

    @api.depends("invoice_count", "average_delay", "share_late", "trend", "broken_count", "dispute_count",
                 "returned_count", "company_id.dunning_profile_months")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for suggestion in self:
            suggestion.reason_text = ", ".join(suggestion._get_reasons()) + "."

    def _get_reasons(self):
        """Return the reasons in words, with the figures they rest on."""
        reasons = [self._get_delay_reason(), self.env._("%(share)s %% of the amounts late", share=self.share_late)]
        broken, returned, disputes = self.broken_count, self.returned_count, self.dispute_count
        if broken:
            reasons.append(self.env._("one broken promise") if broken == 1 else self.env._(
                "%(count)s broken promises", count=broken))
        if returned:
            reasons.append(self.env._("one returned payment") if returned == 1 else self.env._(
                "%(count)s returned payments", count=returned))
        if disputes:
            reasons.append(self.env._("one dispute") if disputes == 1 else self.env._(
                "%(count)s disputes", count=disputes))
        if self.trend >= LATE_AFTER:
            reasons.append(self.env._("%(days)s days later than before", days=self.trend))
        elif self.trend <= -LATE_AFTER:
            reasons.append(self.env._("%(days)s days sooner than before", days=-self.trend))
        reasons.append(self.env._("%(count)s invoices in %(months)s months", count=self.invoice_count,
                                  months=self.company_id.dunning_profile_months))
        return reasons

    def _get_delay_reason(self):
        if not self.average_delay:
            return self.env._("Pays on time on average")
        if self.average_delay == 1:
            return self.env._("Pays one day late on average (weighted by amount)")
        return self.env._("Pays %(days)s days late on average (weighted by amount)", days=self.average_delay)

    def _is_natural_person(self):
        """Tell whether labels must be facts only."""
        self.ensure_one()
        kind = self.partner_id.with_company(self.company_id).dunning_debtor_kind
        return self._is_person(kind, not self.partner_id.is_company)

    @api.model
    def _is_person(self, kind, is_person):
        """Tell a consumer or a sole trader from an organisation; whoever is not recorded as a company counts as one."""
        return kind == "consumer" or (is_person and kind not in ("public", "non_professional"))

    # --- what people make of it -----------------------------------------------------------------------------------

    def action_accept(self):
        """Take the suggested profile: a person agreed to it."""
        self.env["res.partner"].check_access("write")
        self.filtered("is_open")._apply(self.env._("Accepted"))

    def action_dismiss(self):
        """Do not suggest this profile again until the figures speak for another one."""
        self.env["res.partner"].check_access("write")
        self.check_access("read")
        # sudo: suggestions are written by the night and by these two decisions only.
        for suggestion in self.sudo():
            suggestion.dismissed_profile_id = suggestion.profile_id

    def _apply(self, origin):
        """Give the customers their suggested profile, and note on each why."""
        bodies = {}
        for (company, profile), suggestions in self.grouped(lambda one: (one.company_id, one.profile_id)).items():
            partners = suggestions.partner_id.with_company(company).with_context(dunning_profile_suggested=True)
            bodies.update({one.partner_id.id: self.env._(
                "Payer profile: %(label)s (%(origin)s). %(reasons)s",
                label=one.label, origin=origin, reasons=one.reason_text) for one in suggestions})
            partners.dunning_profile_id = profile
            # sudo: see action_dismiss.
            suggestions.sudo().write({"applied_profile_id": profile.id, "dismissed_profile_id": False})
        if bodies:
            self.partner_id._message_log_batch(bodies=bodies)
