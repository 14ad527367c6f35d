import logging
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import format_date

from ..base.apart import apart
from ..run.dunning_run_night import NightStep
from .dunning_interest_regime import KINDS
from .dunning_reference_rate import write_percent

_logger = logging.getLogger(__name__)

NOTICE_DAYS = 15  # so many days before a period ends, the rate of the next one is asked for


class ResCompany(models.Model):
    """The rate that a company agreed with its customers, and the published rates it needs."""

    _inherit = "res.company"

    dunning_contract_mode = fields.Selection(
        [
            ("law", "The rate of the law"),
            ("fixed", "A fixed rate"),
            ("multiple", "A multiple of the legal rate"),
        ],
        "Late Payment Rate", default="law", required=True,
        help="What your invoices and general terms say for businesses. In France a rate that is agreed may not be "
             "below three times the legal rate.",
    )
    dunning_contract_rate = fields.Float("Agreed Rate (%)", digits=(16, 4), help="A year, in percent.")
    dunning_contract_factor = fields.Float("Times the Legal Rate", default=3.0, digits=(16, 4))
    dunning_contract_sentence = fields.Text(
        "Sentence on Invoices", translate=True,
        help="The sentence that stands on your invoices: from which day, at which rate, and the compensation.",
    )
    dunning_contract_print = fields.Boolean(
        "Print It on Invoices",
        help="Printed on the invoices of businesses. Leave it off when your invoices say it already.",
    )
    dunning_contract_clause = fields.Boolean(
        "Consumers Agreed to a Clause",
        help="Your contracts with consumers hold a clause on interest and compensation, in a country whose law allows "
             "it (Belgium, within its limits). Never in France.",
    )
    dunning_rate_text = fields.Char(compute="_compute_dunning_rate_text", compute_sudo=True)

    @api.depends(
        "parent_id", "dunning_contract_mode", "dunning_contract_rate", "dunning_contract_factor",
        "dunning_contract_clause", "account_fiscal_country_id")
    @api.depends_context("lang")
    def _compute_dunning_rate_text(self):
        """Say which published rate is missing, and that the agreed rate is too low today."""
        for company in self:
            root = company.root_id
            today = root._get_dunning_today()
            texts = [root._get_dunning_missing_text(today), root._get_dunning_floor_text(today)]
            company.dunning_rate_text = " ".join(filter(None, texts)) or False

    @api.constrains("dunning_contract_mode", "dunning_contract_rate", "dunning_contract_factor")
    def _check_dunning_contract(self):
        for company in self:
            if company.dunning_contract_mode == "fixed" and not 0 < company.dunning_contract_rate <= 100:
                raise ValidationError(self.env._("Enter the rate of your invoices, above 0 and up to 100 % a year."))
            if company.dunning_contract_mode == "multiple" and not 0 < company.dunning_contract_factor <= 100:
                raise ValidationError(self.env._("Enter how many times the legal rate your invoices say, such as 3."))

    def _get_dunning_country(self):
        """Return the country whose law decides for a creditor: that of its taxes, else that of its address."""
        company = self.root_id.sudo()
        return company.account_fiscal_country_id or company.country_id

    # --- the rate of the contract ---------------------------------------------------------------------------------

    def _get_dunning_contract_regime(self):
        """Return the regime that takes its rate from the settings, for the country of this legal entity."""
        country, regimes = self._get_dunning_country(), self.env["dunning.interest.regime"].sudo()
        return regimes.search([
            ("is_contract", "=", True), ("is_default", "=", True), ("for_business", "=", True),
            ("country_id", "in", [country.id, False]), ("company_id", "in", [False, self.root_id.id]),
        ], order="company_id, country_id", limit=1)

    def _suggest_dunning_sentence(self, mode=None, rate=None, factor=None):
        """Return a sentence for the invoices: from which day, at which rate, and the compensation."""
        root = self.root_id.sudo()
        mode = mode or root.dunning_contract_mode
        figure = {"fixed": rate or root.dunning_contract_rate, "multiple": factor or root.dunning_contract_factor}
        regime = root._get_dunning_contract_regime() or self.env["dunning.interest.regime"]._get_resolver(
            root)("business")[0].sudo()
        if not regime or regime.is_none:
            return ""
        agreed = regime._get_rate_text(mode, Decimal(str(figure.get(mode, 0))))
        if regime.compensation_rule != "fixed":
            return self.env._(
                "Any delay in payment makes interest due from the day after the due date: %(rate)s (%(article)s).",
                rate=agreed, article=regime.article or "",
            )
        return self.env._(
            "Any delay in payment makes interest due from the day after the due date: %(rate)s; and a fixed "
            "compensation for recovery costs: %(compensation)s (%(article)s).",
            rate=agreed, compensation=regime._get_compensation_text(), article=regime.article or "",
        )

    def _get_dunning_floor_text(self, today):
        """Return the warning that the agreed rate is below the least rate of the law today, or ''."""
        regime = self._get_dunning_contract_regime()
        breaches = regime and regime._get_floor_breaches(self, today, today)
        return self.env._(
            "The agreed rate of %(percent)s %% is below the least rate of the law, %(floor)s %%: see the settings.",
            percent=write_percent(self.env, breaches[0].percent), floor=write_percent(self.env, breaches[0].floor),
        ) if breaches else ""

    # --- published rates ------------------------------------------------------------------------------------------

    def _get_dunning_regimes(self):
        """Return the regimes in use: the defaults for each kind of debtor, and those chosen somewhere."""
        resolve = self.env["dunning.interest.regime"]._get_resolver(self)
        regimes = self.env["dunning.interest.regime"].browse()
        for kind in KINDS:
            regimes |= resolve(kind, None, None, None)[0]
        return regimes | regimes._get_chosen(self)

    def _get_dunning_lacking(self, today):
        """Return (index, first day without a rate, missing today already) of the rates to enter now."""
        self.ensure_one()
        indexes = set()
        for regime in self._get_dunning_regimes():
            indexes |= regime._get_indexes(self)
        known = self.env["dunning.reference.rate"]._get_periods(indexes) if indexes else {}
        lacking = []
        for index in sorted(indexes):
            ruling = [one for one in known.get(index, ()) if one.start <= today]
            last = max((one.end for one in ruling), default=today - timedelta(days=1))
            following = any(one.start == last + timedelta(days=1) for one in known.get(index, ()))
            if last < today or (last - today < timedelta(days=NOTICE_DAYS) and not following):
                lacking.append((index, last + timedelta(days=1), last < today))
        return lacking

    def _get_dunning_missing_text(self, today):
        """Return the warning that a published rate is missing: without it no interest is claimed for its days."""
        missing = [(index, first) for index, first, is_missing in self._get_dunning_lacking(today) if is_missing]
        return self.env._(
            "Interest is incomplete: %(rates)s must be entered.",
            rates=", ".join(self._get_dunning_lacking_text(index, first) for index, first in missing),
        ) if missing else ""

    def _get_dunning_lacking_text(self, index, first):
        labels = dict(self.env["dunning.reference.rate"]._fields["index"]._description_selection(self.env))
        return self.env._("“%(index)s” from %(date)s", index=labels[index], date=format_date(self.env, first))

    def _ask_dunning_rates(self, today):
        """Ask the managers, once, for each published rate that is missing or will be in some days."""
        for company in self.root_id:
            for index, first, _missing in company._get_dunning_lacking(today):
                with apart(self.env, _logger, "Reference rate %s of company %s", index, company.id):
                    company._ask_dunning_rate(index, first)

    def _ask_dunning_rate(self, index, first):
        """Put the missing rate on the agenda of each manager, at the last rate that is known."""
        # sudo: the night asks on behalf of the company; a rate is shared by all of them.
        last = self.env["dunning.reference.rate"].sudo().search(
            [("index", "=", index), ("valid_from", "<", first)], order="valid_from desc", limit=1)
        if not last or self in last.asked_company_ids:
            return
        last.asked_company_ids += self
        busy = last.activity_ids.user_id
        for user in self._get_dunning_managers() - busy:
            text = self.with_context(lang=user.lang)._get_dunning_lacking_text(index, first)
            last.activity_schedule(
                "mail.mail_activity_data_todo", first, user_id=user.id,
                summary=last.with_context(lang=user.lang).env._("Enter the rate %(rate)s", rate=text),
            )

    def _get_dunning_managers(self):
        """Return the people who configure the dunning of this legal entity."""
        group = self.env.ref("account_dunning.group_dunning_manager").sudo()
        return group.all_user_ids.filtered(
            lambda user: user.active and not user.share and self in user.company_ids and user.id != 1)


class DunningRun(models.Model):
    """Each night looks whether a published rate is missing."""

    _inherit = "dunning.run"

    rate_text = fields.Char(related="company_id.dunning_rate_text")

    def _get_night_steps(self):
        return super()._get_night_steps() + [NightStep(lambda: self.company_id._ask_dunning_rates(self.date))]


class DunningFollowup(models.Model):
    """Whoever works on a customer sees that a published rate is missing."""

    _inherit = "dunning.followup"

    rate_text = fields.Char(related="company_id.dunning_rate_text")
