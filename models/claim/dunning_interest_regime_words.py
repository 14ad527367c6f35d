from datetime import timedelta
from decimal import Decimal
from functools import reduce

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list
from odoo.tools.misc import format_amount, format_date

from ... import interest
from .dunning_interest_regime import KINDS
from .dunning_reference_rate import STATUSES, write_percent

LOOK_BACK = timedelta(days=3 * 365)  # so far back a contract is tested against its floor


class DunningInterestRegime(models.Model):
    """A regime said in words, and what it gives today."""

    _inherit = "dunning.interest.regime"

    summary = fields.Text("In Words", compute="_compute_summary")
    current_percent = fields.Float("Rate Today (%)", digits=(16, 4), compute="_compute_current")
    current_text = fields.Char("Today", compute="_compute_current")
    current_status = fields.Selection(STATUSES, "Status Today", compute="_compute_current")
    current_rate_id = fields.Many2one("dunning.reference.rate", "Reference Rate Today", compute="_compute_current")
    current_source = fields.Text("Source Today", compute="_compute_current")
    current_url = fields.Char("Address Today", compute="_compute_current")
    floor_warning = fields.Text(compute="_compute_floor_warning")

    @api.depends(
        "index", "fixed_rate", "margin", "factor", "round_up_to", "is_fixed_per_debt", "is_compound", "is_none",
        "is_contract", "start_rule", "start_days", "start_months", "compensation_rule", "compensation_amount",
        "compensation_tier_ids", "compensation_currency_id", "cap_index", "needs_clause", *KINDS.values())
    @api.depends_context("lang", "company")
    def _compute_summary(self):
        for regime in self:
            regime.summary = regime._get_summary()

    @api.depends("index", "fixed_rate", "margin", "factor", "round_up_to", "is_contract", "is_none", "cap_index")
    @api.depends_context("lang", "company")
    def _compute_current(self):
        today = self.env.company._get_dunning_today()
        for regime in self:
            applied, problem = regime._get_applied(today)
            rates = self.env["dunning.reference.rate"]
            regime.current_percent = applied and float(applied.percent)
            regime.current_text = problem or regime._get_current_text(applied)
            index = regime._get_rate_index(self.env.company)
            regime.current_rate_id = applied and index and rates._find(index, today)
            rate = regime.current_rate_id
            regime.current_status, regime.current_source, regime.current_url = rate.status, rate.source, rate.source_url

    @api.depends("floor_index", "floor_factor", "is_contract")
    @api.depends_context("lang", "company")
    def _compute_floor_warning(self):
        today = self.env.company._get_dunning_today()
        for regime in self:
            regime.floor_warning = regime._get_floor_text(self.env.company, today - LOOK_BACK, today)

    # --- today ----------------------------------------------------------------------------------------------------

    def _get_applied(self, day):
        """Return (interest.Applied of a debt whose interest begins that day, problem in words)."""
        if self.is_none:
            return None, self.env._("Nothing is claimed.")
        try:
            applied = self._to_engine(self.env.company).get_percent(day, day)
        except UserError as error:
            return None, str(error)
        if not applied:
            return None, self.env._("The rate of today is not known: enter it under Reference Rates.")
        return applied, None

    def _get_current_text(self, applied):
        """Say the rate of today and how it is made."""
        if applied.percent == applied.index_percent:
            return self.env._("%(percent)s %% a year", percent=write_percent(self.env, applied.percent))
        return self.env._(
            "%(percent)s %% a year, from the reference rate of %(index)s %%",
            percent=write_percent(self.env, applied.percent), index=write_percent(self.env, applied.index_percent),
        )

    def _get_rate_index(self, company):
        """Return the published rate that is applied, if any."""
        mode, _figure = self._get_contract(company)
        if self.is_none or mode == "fixed":
            return False
        return (self.floor_index or self.index) if mode == "multiple" else self.index

    def _get_floor_text(self, company, first, last):
        """Warn that the rate of the contract is below the least rate of the law in some half-years, or return ''."""
        breaches = self._get_floor_breaches(company, first, last)
        return breaches and self._write_breaches(breaches) or ""

    @api.model
    def _write_breaches(self, breaches):
        return self.env._(
            "The agreed rate is below the least rate of the law:\n%(periods)s\n"
            "The clause may not hold for these days. The rate is not raised: ask your adviser.",
            periods="\n".join(self.env._(
                "%(first)s to %(last)s: %(percent)s %% against %(floor)s %%",
                first=format_date(self.env, one.first), last=format_date(self.env, one.last),
                percent=write_percent(self.env, one.percent), floor=write_percent(self.env, one.floor),
            ) for one in breaches),
        )

    # --- in words -------------------------------------------------------------------------------------------------

    def _get_summary(self):
        """Say this regime in one sentence."""
        self.ensure_one()
        if self.is_none:
            return self.env._("Neither interest nor compensation.")
        parts = [self._get_rate_text(), self._get_float_text(), self._get_start_text(), self._get_compound_text(),
                 self._get_compensation_text()]
        sentence = reduce(lambda first, rest: self.env._("%(first)s; %(rest)s", first=first, rest=rest),
                          filter(None, parts))
        kinds = [self._fields[name]._description_string(self.env) for name in KINDS.values() if self[name]]
        return self.env._(
            "%(sentence)s. For: %(kinds)s.", sentence=sentence[:1].upper() + sentence[1:],
            kinds=format_list(self.env, kinds) if kinds else self.env._("nobody"),
        )

    def _get_index_label(self, index):
        return dict(self._fields["index"]._description_selection(self.env)).get(index, "")

    def _get_rate_text(self, mode=None, figure=None):
        """Say how the percentage is made, with the rate of the contract that is saved or the one given."""
        if not mode:
            mode, figure = self._get_contract(self.env.company)
        if mode == "fixed":
            return self.env._("%(percent)s %% a year, as agreed", percent=write_percent(self.env, figure))
        if mode == "multiple":
            return self.env._(
                "%(factor)s times the rate “%(index)s”, as agreed", factor=write_percent(self.env, figure),
                index=self._get_index_label(self.floor_index or self.index),
            )
        if not self.index:
            return self.env._("%(percent)s %% a year", percent=write_percent(self.env, self.fixed_rate))
        text = self.env._("“%(index)s”", index=self._get_index_label(self.index))
        if self.factor != 1:
            text = self.env._("%(factor)s times %(rate)s", factor=write_percent(self.env, self.factor), rate=text)
        if self.margin:
            text = self.env._(
                "%(rate)s plus %(margin)s points", rate=text, margin=write_percent(self.env, self.margin))
        if self.round_up_to:
            text = self.env._(
                "%(rate)s, rounded up to %(step)s", rate=text, step=write_percent(self.env, self.round_up_to))
        return text

    def _get_float_text(self):
        if not self._get_rate_index(self.env.company):
            return ""
        if self.is_fixed_per_debt:
            return self.env._("the rate of the first day of interest holds for the whole debt")
        return self.env._("each day bears the rate of its own period")

    def _get_start_text(self):
        """Say from which day interest runs."""
        days = self.start_days
        if self.start_rule == "manual":
            return self.env._("from a day entered by hand")
        if self.start_rule == "months":
            return self.env._("from the end of month %(months)s after the invoice", months=self.start_months)
        if self.start_rule == "notice":
            return self.env._("from %(days)s days after the formal notice took effect", days=days) if days \
                else self.env._("from the day after the formal notice took effect")
        if self.start_rule == "reminder":
            return self.env._("when %(days)s days have passed after the first reminder", days=days)
        return self.env._("from %(days)s days after the due date", days=days) if days \
            else self.env._("from the day after the due date")

    def _get_compound_text(self):
        return self.env._("after each year its interest bears interest too") if self.is_compound else ""

    def _get_compensation_text(self):
        """Say what an invoice costs beside the interest."""
        if self.compensation_rule == "none":
            return self.env._("no compensation")
        if self.compensation_rule == "by_size":
            return self.env._("a compensation by the size of the claim")
        return self.env._(
            "%(amount)s per invoice",
            amount=format_amount(self.env, self.compensation_amount, self.compensation_currency_id),
        )

    def _preview_contract(self, mode, figure, today):
        """Return (text, warning) of a rate that somebody is about to agree, before it is saved."""
        self.ensure_one()
        periods = self.env["dunning.reference.rate"]._get_periods(
            {index for index in (self.index, self.floor_index) if index})
        legal = periods.get(self.floor_index or self.index, ())
        if mode == "law":
            terms = interest.Terms(periods.get(self.index, ()), margin=Decimal(str(self.margin)))
        elif mode == "fixed":
            terms = interest.Terms.flat(figure)
        else:
            terms = interest.Terms(legal, factor=figure)
        applied = terms.get_percent(today, today)
        text = self._get_current_text(applied) if applied else self.env._("The rate of today is not known.")
        breaches = self._compare_with_floor(mode, figure, today - LOOK_BACK, today)
        return text, breaches and self._write_breaches(breaches) or ""
