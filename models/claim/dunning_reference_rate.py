import re
from datetime import date, timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date, get_lang

from ... import interest

INDEXES = [
    ("ecb_mro", "European Central Bank, main refinancing rate"),
    ("fr_legal_other", "France, legal rate, all other cases"),
    ("fr_legal_individual", "France, legal rate, creditor who is a private person"),
    ("be_commercial", "Belgium, rate of commercial transactions"),
    ("be_legal", "Belgium, legal rate"),
    ("de_base", "Germany, base rate"),
    ("at_base", "Austria, base rate"),
    ("lu_legal", "Luxembourg, legal rate"),
    ("nl_legal", "Netherlands, statutory rate"),
    ("uk_reference", "United Kingdom, reference rate"),
]
STATUSES = [
    ("sourced", "Sourced"),
    ("secondary", "Secondary"),
    ("derived", "Derived"),
    ("unverified", "Unverified"),
]
# How long a published rate holds: a half-year, a calendar year, or until the next decree.
YEARLY = frozenset({"be_legal", "lu_legal"})
BY_DECREE = frozenset({"nl_legal"})
FIRST_YEARLY = date(2007, 1, 1)  # before, the legal rates held until the next decree
FACTS = frozenset({"index", "valid_from", "rate_percent", "status", "source"})
ABSURD = 100


def write_percent(env, percent):
    """Write a percentage without useless zeros, as the reader does: 12.4 or 12,4, 8.25, 10."""
    return f"{Decimal(str(percent)).normalize():f}".replace(".", get_lang(env).decimal_point)


class DunningReferenceRate(models.Model):
    """One published rate of an index, the days it rules, and who says so. A fact, shared by all companies."""

    _name = "dunning.reference.rate"
    _description = "Reference Rate"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "index, valid_from desc"
    _rec_names_search = ["index", "source"]

    index = fields.Selection(INDEXES, required=True, tracking=True)
    valid_from = fields.Date("From", required=True, tracking=True)
    valid_to = fields.Date(
        "To", compute="_compute_valid_to", store=True,
        help="The last day this rate rules: the end of its half-year or year, or the eve of the next decree. "
             "After it the rate is unknown until the next one is entered: it is never carried on.",
    )
    rate_percent = fields.Float("Rate (%)", digits=(16, 4), required=True, tracking=True, aggregator=None)
    status = fields.Selection(
        STATUSES, required=True, default="unverified", tracking=True,
        help="Sourced: read in the official publication, or in one that reproduces it and is named here.\n"
             "Secondary: only reported elsewhere. Confirm it with the official publication before you rely on it: "
             "letters do not name the official source of such a rate.\n"
             "Derived: computed from other published figures.\n"
             "Unverified: nobody has checked it yet.",
    )
    source = fields.Text(tracking=True, help="Where this figure was read: an address, a law, a publication.")
    source_url = fields.Char("Address", compute="_compute_source_url")
    is_own = fields.Boolean(
        "Entered Here", readonly=True, copy=False,
        help="Entered or corrected by your company: an update of the program leaves it as it is.",
    )
    asked_company_ids = fields.Many2many(
        "res.company", "dunning_reference_rate_asked_rel", readonly=True, copy=False,
        help="The companies whose managers were already asked for the rate that follows this one.",
    )

    _index_valid_from_uniq = models.UniqueIndex(
        "(index, valid_from)", "The rate of this index is already recorded from this day on. Correct that one.",
    )

    @api.depends("index", "valid_from")
    def _compute_valid_to(self):
        """A decree ends on the eve of the next one; the others end with their half-year or year at the latest."""
        starts = {}
        for index, first in self._get_starts(self.mapped("index")):
            starts.setdefault(index, []).append(first)
        for rate in self:
            following = min((one for one in starts.get(rate.index, ()) if one > rate.valid_from), default=None) \
                if rate.valid_from else None
            rate.valid_to = rate._get_last_day(following)

    @api.depends("source")
    def _compute_source_url(self):
        for rate in self:
            found = re.search(r"https?://\S+", rate.source or "")
            rate.source_url = found and found[0].rstrip(".,;)")

    @api.depends("index", "valid_from", "rate_percent")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["index"]._description_selection(self.env))
        for rate in self:
            rate.display_name = self.env._(
                "%(index)s, from %(date)s: %(percent)s %%", index=labels.get(rate.index, ""),
                date=format_date(self.env, rate.valid_from), percent=write_percent(self.env, rate.rate_percent),
            )

    @api.constrains("rate_percent")
    def _check_rate_percent(self):
        """A negative rate was published for years; one above 100 % is a slip of the pen."""
        for rate in self:
            if abs(rate.rate_percent) > ABSURD:
                raise ValidationError(self.env._(
                    "%(percent)s %% cannot be meant: enter the rate in percent a year, such as 2.15.",
                    percent=write_percent(self.env, rate.rate_percent),
                ))

    @api.constrains("status", "source")
    def _check_source(self):
        for rate in self:
            if rate.status == "sourced" and not (rate.source or "").strip():
                raise ValidationError(self.env._(
                    "Say where you read the rate of %(date)s, or choose the status “Unverified”.",
                    date=format_date(self.env, rate.valid_from),
                ))

    @api.constrains("index", "valid_from")
    def _check_valid_from(self):
        """The rate of the first day rules the whole period, so a rate begins with its half-year or year.

        What ships may differ: Belgium published one in the middle of a half-year.
        """
        for rate in self.filtered("is_own"):
            first = rate.valid_from
            if rate.index in BY_DECREE:
                continue
            if rate.index in YEARLY and (first.day, first.month) != (1, 1):
                raise ValidationError(self.env._(
                    "%(date)s is not the first day of a year. This rate begins on 1 January.",
                    date=format_date(self.env, first),
                ))
            if first.day != 1 or first.month not in (1, 7):
                raise ValidationError(self.env._(
                    "%(date)s is not the first day of a half-year. This rate begins on 1 January or 1 July.",
                    date=format_date(self.env, first),
                ))

    @api.model_create_multi
    def create(self, vals_list):
        shipped = bool(self.env.context.get("install_mode"))
        silent = {"mail_create_nolog": True, "tracking_disable": True} if shipped else {}
        rates = super(DunningReferenceRate, self.with_context(**silent)).create(
            [dict(vals, is_own=not shipped) for vals in vals_list]).with_env(self.env)
        rates._refresh_neighbours(set(rates.mapped("index")))
        rates._close_activities()
        return rates

    def write(self, vals):
        if FACTS.isdisjoint(vals):
            return super().write(vals)
        indexes = set(self.mapped("index"))
        if not self.env.context.get("install_mode"):
            vals = dict(vals, is_own=True)
        result = super().write(vals)
        self._refresh_neighbours(indexes | set(self.mapped("index")))
        return result

    def unlink(self):
        indexes = set(self.mapped("index"))
        result = super().unlink()
        self._refresh_neighbours(indexes)
        return result

    # An update of the program

    def _load_records_write(self, values):
        """A fact that was corrected here stays as it is when the program is updated."""
        if not (self.env.context.get("install_mode") and self.is_own):
            super()._load_records_write(values)

    def _load_records_create(self, vals_list):
        """A fact that was entered here before the program ships it is the same fact: it gets the name, not a twin."""
        found = {}
        if self.env.context.get("install_mode"):
            wanted = Domain.OR(
                Domain("index", "=", vals.get("index")) & Domain("valid_from", "=", vals.get("valid_from"))
                for vals in vals_list)
            found = {(rate.index, str(rate.valid_from)): rate for rate in self.search(wanted)}
        missing = [vals for vals in vals_list if (vals.get("index"), str(vals.get("valid_from"))) not in found]
        created = iter(super()._load_records_create(missing))
        ids = [
            (found.get((vals.get("index"), str(vals.get("valid_from")))) or next(created)).id for vals in vals_list
        ]
        return self.browse(ids)

    # The days a rate rules

    def _get_last_day(self, following):
        """Return the last day of the period of this rate; a decree holds until the one that ``following`` begins."""
        first = self.valid_from
        if not first:
            return False
        eve = following and following - timedelta(days=1)
        if eve and (self.index in BY_DECREE or (self.index in YEARLY and first < FIRST_YEARLY)):
            return eve
        end = date(first.year, 6, 30) if first.month <= 6 and self.index not in YEARLY else date(first.year, 12, 31)
        return min(end, eve) if eve else end

    @api.model
    def _get_starts(self, indexes):
        self.flush_model(["index", "valid_from"])
        return self.env.execute_query(SQL(
            "SELECT index, valid_from FROM dunning_reference_rate WHERE index = ANY(%s)", list(filter(None, indexes)),
        ))

    @api.model
    def _refresh_neighbours(self, indexes):
        """A rate that comes or goes may change the last day of the one before it."""
        if indexes:
            self.env.add_to_compute(self._fields["valid_to"], self.search([("index", "in", list(indexes))]))

    def _close_activities(self):
        """Who was asked for this rate need not look for it any more."""
        asked = self.search([("index", "in", self.mapped("index")), ("asked_company_ids", "!=", False)])
        # sudo: the activities of the other managers close too.
        asked.sudo().activity_ids.unlink()

    # For the engine

    @api.model
    def _get_periods(self, indexes):
        """Return the rates of these indexes as the engine reads them: {index: tuple of RatePeriod}. One query."""
        rates = self.search_fetch(
            [("index", "in", list(indexes))], ["index", "valid_from", "valid_to", "rate_percent", "status"],
            order="index, valid_from",
        )
        return {index: tuple(rate._to_engine() for rate in ones) for index, ones in rates.grouped("index").items()}

    def _to_engine(self):
        self.ensure_one()
        return interest.RatePeriod(
            start=self.valid_from, end=self.valid_to, percent=Decimal(str(self.rate_percent)),
            source=self._get_source_text(), status=self.status,
        )

    def _get_source_text(self):
        """Name the rate as a letter may print it: its official source only when the figure is sourced."""
        if self.status == "sourced":
            label = dict(self._fields["index"]._description_selection(self.env))[self.index]
            return self.env._("%(index)s, %(date)s", index=label, date=format_date(self.env, self.valid_from))
        return self.env._("Reference rate of %(date)s", date=format_date(self.env, self.valid_from))

    @api.model
    def _find(self, index, day):
        """Return the rate of an index that rules a day, or an empty record."""
        return self.search([("index", "=", index), ("valid_from", "<=", day), ("valid_to", ">=", day)], limit=1)
