from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools.i18n import format_list

# Whom the law lets owe late charges without a claim for damages; everybody else never reads an amount.
CHARGEABLE_KINDS = ("business", "public")
# What the user must know; a receivable that bears nothing on purpose needs no word.
WARNED_PROBLEMS = ("no_regime", "no_rate", "unlawful")
NO_CLAIM = {
    "interest_amount": 0.0, "compensation_amount": 0.0, "compensation_currency_id": False, "interest_daily": 0.0,
    "interest_until": False, "interest_detail": False, "regime_name": False, "regime_article": False,
}


class ClaimTotal(NamedTuple):
    """What is claimed for lateness in one currency."""

    interest: float = 0.0
    compensations: tuple = ()

    @property
    def total(self):
        return self.interest + sum(self.compensations)


class DunningNoticeLine(models.Model):
    """What a notice claims for the lateness of one receivable: a copy, like the receivable itself."""

    _inherit = "dunning.notice.line"

    interest_amount = fields.Monetary("Interest", readonly=True)
    interest_daily = fields.Float("Interest a Day", digits=(16, 6), readonly=True,
                                  help="What is added for each day after the computation, at the rate of that day.")
    interest_until = fields.Date(readonly=True, help="The last day counted.")
    compensation_amount = fields.Monetary("Compensation", readonly=True, currency_field="compensation_currency_id")
    compensation_currency_id = fields.Many2one("res.currency", "Currency of the Compensation", readonly=True)
    regime_name = fields.Char("Regime", readonly=True)
    regime_article = fields.Char("Article", readonly=True)
    interest_detail = fields.Json("Computation", readonly=True, help="Periods, rates, payments and sources as printed.")

    @api.model
    def _get_copied_fields(self):
        return super()._get_copied_fields() | NO_CLAIM.keys()

    def _set_claim(self, vals):
        """Write a claim; most lines claim nothing before and after."""
        if self.interest_detail or vals is not NO_CLAIM:
            self.write(vals)

    def _prepare_claim_vals(self, claim, block):
        """Return what is copied of a claim; its ``block`` is the computation as the customer reads it."""
        interest, compensation = block["interest_value"], block["compensation_value"]
        return {
            "interest_amount": float(interest or 0.0), "interest_daily": float(block["daily_value"] or 0.0),
            "interest_until": claim.until if interest else False,
            "compensation_amount": float(compensation or 0.0),
            "compensation_currency_id": claim.compensation_currency.id if compensation else False,
            "regime_name": block["regime"], "regime_article": block["article"], "interest_detail": block,
        }


class DunningNotice(models.Model):
    """What a notice claims beside the invoices: late interest and the fixed compensation.

    It is computed for many notices at once: when they are prepared, to be looked at, and again on the day they leave;
    from then on it is a copy. What was charged in the books or waived is not claimed a second time.
    """

    _inherit = "dunning.notice"

    amount_interest = fields.Monetary("Interest", readonly=True, help="In the currency of the company.")
    amount_compensation = fields.Monetary("Compensation", readonly=True, help="In the currency of the company.")

    @api.model
    def _prepare_notices(self, plans, today, run):
        """Let a run show the amounts before it is released."""
        notices, refused = super()._prepare_notices(plans, today, run)
        notices._set_claims(today)
        return notices, refused

    def _set_claims(self, today):
        """Write what these notices claim for lateness up to ``today``; a receivable without known rate claims none."""
        claiming = self.filtered(lambda one: one._is_claiming())
        (self - claiming)._clear_claims()
        if not claiming:
            return
        demanded = {notice: notice._get_demanded_lines() for notice in claiming}
        claims = self.env["dunning.notice.line"].union(*demanded.values()).line_id._get_interest_claims(today)
        blocks = {}
        for lang, notices in claiming.grouped(lambda one: one._in_customer_language().env.lang).items():
            blocks |= notices._get_claim_blocks(claims, lang)
        for notice, lines in demanded.items():
            notice._copy_claims({line: claims[line.line_id.id] for line in lines if line.line_id.id in claims}, blocks)

    def _get_claim_blocks(self, claims, lang):
        """Return {receivable id: its computation in words}, in the language of the customers."""
        receivables = self.line_ids.line_id.with_context(lang=lang)
        translated = {
            key: claims[key]._replace(regime=claims[key].regime.with_context(lang=lang))
            for key in receivables.ids if key in claims
        }
        return {block["line_id"]: block for block in receivables._prepare_interest_rows(translated)}

    def _copy_claims(self, claims, blocks):
        """Copy the claims of this notice onto its lines, and say what could not be claimed."""
        for line in self.line_ids:
            block = line in claims and self._cut_block(blocks.get(line.line_id.id))
            line._set_claim(line._prepare_claim_vals(claims[line], block) if block else NO_CLAIM)
        self._warn_of_claims(claims)
        self._sum_claims()

    def _cut_block(self, block):
        """Return the computation without what the step does not claim and what only concerns us; nothing if empty."""
        level = self.level_id
        if not block or block["problem"]:
            return None
        if not level.claims_interest:
            block = {**block, "interest": "", "interest_value": "", "daily": "", "daily_value": "", "rows": []}
        if not level.claims_compensation:
            block = {**block, "compensation": "", "compensation_value": "", "compensation_currency": ""}
        # Why we claim nothing for some days is our own affair.
        silence = self._in_customer_language().env._("no interest is claimed")
        block = {**block, "rows": [
            {**row, "note": silence} if row["kind"] == "pause" else row for row in block["rows"]
        ]}
        is_claimed = any(Decimal(block[name] or 0) for name in ("interest_value", "compensation_value"))
        return block if is_claimed else None

    def _clear_claims(self):
        """Take back what a draft claimed before its customer or its step was changed."""
        claiming = self.filtered(lambda one: one.amount_interest or one.amount_compensation)
        for line in claiming.line_ids:
            line._set_claim(NO_CLAIM)
        claiming.write({"amount_interest": 0.0, "amount_compensation": 0.0})

    def _is_claiming(self):
        """Tell whether this notice may print amounts: its step claims them, and its debtor can owe them."""
        return not self.is_call and self.level_id._is_claiming() and self._get_debtor_kind() in CHARGEABLE_KINDS

    def _warn_of_claims(self, claims):
        """Say for which receivables nothing can be claimed, and why; the letter itself is silent about them."""
        problems = {}
        for line, claim in claims.items():
            if claim.problem in WARNED_PROBLEMS:
                problems.setdefault(claim.problem_text, []).append(line.name or "")
        self._add_warnings([
            self.env._("%(invoices)s: %(problem)s", invoices=format_list(self.env, list(dict.fromkeys(names))),
                       problem=problem)
            for problem, names in problems.items()
        ])

    def _sum_claims(self):
        """Write the totals that lists show, in the currency of the company."""
        rates = {}

        def convert(amount, currency):
            if currency and currency not in rates:
                rates[currency] = currency._get_conversion_rate(currency, self.currency_id, self.company_id, self.date)
            return amount * rates[currency] if amount else 0.0

        self.amount_interest = sum(convert(one.interest_amount, one.currency_id) for one in self.line_ids)
        self.amount_compensation = sum(
            convert(one.compensation_amount, one.compensation_currency_id) for one in self.line_ids)

    def _get_claim_totals(self):
        """Return {currency: ClaimTotal} of what is claimed beside the invoices; compensation has its own currency."""
        totals = {}
        for line in self._get_demanded_lines():
            if line.interest_amount:
                total = totals.get(line.currency_id, ClaimTotal())
                totals[line.currency_id] = total._replace(interest=total.interest + line.interest_amount)
            if line.compensation_amount:
                currency = line.compensation_currency_id
                total = totals.get(currency, ClaimTotal())
                totals[currency] = total._replace(compensations=(*total.compensations, line.compensation_amount))
        return totals
