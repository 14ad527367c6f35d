from datetime import timedelta

from odoo import api, fields, models

from .dunning_notice_interest import CHARGEABLE_KINDS


class DunningNotice(models.Model):
    """What the customer reads of the interest and the compensation: words for templates, summary, annex.

    Everything is read from the copy on the lines, so that a notice says the same whenever it is printed.
    """

    _inherit = "dunning.notice"

    has_claims = fields.Boolean("Interest or Compensation Claimed", compute="_compute_claim_words")
    interest_text = fields.Char("Interest Claimed", compute="_compute_claim_words")
    interest_until_text = fields.Char("Interest Until", compute="_compute_claim_words")
    compensation_text = fields.Char("Compensation Claimed", compute="_compute_claim_words")
    claim_total_text = fields.Char("Invoices, Interest and Compensation", compute="_compute_claim_words")
    daily_text = fields.Char("Interest a Day", compute="_compute_claim_words")
    claim_text = fields.Char("What Is Claimed, in a Sentence", compute="_compute_claim_words")
    interest_wording = fields.Char("Legal Basis of What Is Claimed", compute="_compute_claim_words")
    interest_mention = fields.Char(
        "Penalties Mentioned", compute="_compute_interest_mention",
        help="What may be said of late payment before any amount is claimed. Empty for whom the law protects.",
    )

    @api.depends(
        "lang", "stage", "line_ids.role", "line_ids.amount_residual", "line_ids.interest_amount",
        "line_ids.compensation_amount", "line_ids.interest_daily", "line_ids.interest_until",
        "line_ids.interest_detail",
    )
    def _compute_claim_words(self):
        for notice in self:
            claims = notice._get_claim_totals()
            notice.has_claims = bool(claims)
            notice.interest_text = notice._join_amounts(
                {currency: total.interest for currency, total in claims.items()})
            notice.compensation_text = notice._join_amounts(
                {currency: sum(total.compensations) for currency, total in claims.items()})
            notice.claim_total_text = notice._join_amounts(notice._get_grand_totals())
            notice.interest_until_text = notice._format_long_date(notice._get_interest_until())
            notice.daily_text = notice._join_amounts(notice._get_daily_totals())
            notice.interest_wording = " ".join(notice._get_wordings())
            notice.claim_text = notice._get_claim_text()

    @api.depends("lang", "stage", "partner_id", "line_ids.line_id", "line_ids.role")
    def _compute_interest_mention(self):
        self.interest_mention = ""
        speaking = self.filtered(lambda one: one._may_mention())
        for company, notices in speaking.grouped(lambda one: one._get_creditor()).items():
            resolve = self.env["dunning.interest.regime"]._get_resolver(company)
            receivables = notices.line_ids.line_id
            items = receivables._get_interest_items(company, receivables.ids) if receivables else []
            choices = {item.id: item.choices for item in items if item.is_bearing}
            for notice in notices:
                notice.interest_mention = " ".join(notice._get_mentions(resolve, choices))

    def _get_mentions(self, resolve, choices):
        """Return each sentence once that may be said of the receivables of this notice.

        :param choices: {receivable id: what decides on its regime}; one that left the books follows its customer
        """
        lines = self._get_demanded_lines()
        wanted = [choices[line.line_id.id] for line in lines if line.line_id.id in choices]
        if any(not line.line_id for line in lines):
            customer = self.partner_id.with_company(self._get_creditor())
            wanted.append((customer.dunning_debtor_kind, *(one.id for one in customer._get_dunning_regime_choices())))
        found = [resolve(*one) for one in dict.fromkeys(wanted)]
        return dict.fromkeys(filter(None, (self._get_mention(regime) for regime, problem in found if not problem)))

    def _may_mention(self):
        """Tell whether this notice may speak of late charges: to those who are protected only a formal notice may."""
        return self.stage == "formal" or self.stage != "preventive" and self._get_debtor_kind() in CHARGEABLE_KINDS

    def _get_mention(self, regime):
        """Return what may be said before any amount is claimed: the sentence of our invoices, else that of the law."""
        env = self._in_customer_language().env
        contract = self._get_creditor().with_env(env).sudo().dunning_contract_sentence
        return regime.is_contract and contract or regime.with_env(env).mention

    def _get_claim_text(self):
        """Return the sentence on what is added to the invoices, with the total."""
        env = self._in_customer_language().env
        words = {"interest": self.interest_text, "compensation": self.compensation_text,
                 "date": self.interest_until_text, "total": self.claim_total_text}
        if self.interest_text and self.compensation_text:
            return env._(
                "Late-payment interest of %(interest)s up to %(date)s and the fixed compensation for recovery costs of "
                "%(compensation)s are added to it: %(total)s in all. The annex shows the computation.", **words)
        if self.interest_text:
            return env._("Late-payment interest of %(interest)s up to %(date)s is added to it: %(total)s in all. "
                         "The annex shows the computation.", **words)
        return self.compensation_text and env._(
            "The fixed compensation for recovery costs of %(compensation)s is added to it: %(total)s in all.", **words)

    def _join_amounts(self, totals):
        """Return "1 234,56 € and 500,00 $" without what is nothing."""
        return self._join_words([
            self._format_amount(total, currency) for currency, total in self._sort_currencies(totals).items()
            if currency.compare_amounts(total, 0.0) > 0
        ])

    def _sort_currencies(self, totals):
        """Return {currency: total} with the company's own currency first."""
        own = self._get_creditor().currency_id
        return dict(sorted(totals.items(), key=lambda item: (item[0] != own, item[0].name)))

    def _get_grand_totals(self):
        """Return {currency: what settles everything}: invoices less credits, interest and compensation."""
        totals = self._get_totals()
        for currency, claim in self._get_claim_totals().items():
            totals[currency] = currency.round(totals.get(currency, 0.0) + claim.total)
        return totals

    def _get_sums(self, lines):
        """Return {currency: what is demanded for some receivables}, with their interest and compensation."""
        sums = {}
        for line in lines:
            own, other = line.currency_id, line.compensation_currency_id
            sums[own] = sums.get(own, 0.0) + line.amount_residual + line.interest_amount
            if other:
                sums[other] = sums.get(other, 0.0) + line.compensation_amount
        return {currency: currency.round(total) for currency, total in sums.items()}

    def _get_interest_lines(self):
        """Return the receivables of which interest or compensation is claimed, in the order of the letter."""
        return self._sort_lines(self._get_demanded_lines().filtered(
            lambda line: line.interest_amount or line.compensation_amount))

    def _get_interest_until(self):
        return max(filter(None, self._get_interest_lines().mapped("interest_until")), default=False)

    def _get_daily_totals(self):
        """Return {currency: interest of the next day}; nothing when the rate of that day is unknown."""
        lines = self._get_interest_lines().filtered("interest_amount")
        if not all(lines.mapped("interest_daily")):
            return {}
        return {currency: sum(same.mapped("interest_daily")) for currency, same in lines.grouped("currency_id").items()}

    def _get_wordings(self):
        """Return the legal basis of each regime once."""
        return list(dict.fromkeys(filter(None, (
            line.interest_detail["wording"] for line in self._get_interest_lines()))))

    # --- summary --------------------------------------------------------------------------------------------------

    def _get_summary_rows(self, currency, principal, claim, is_only):
        """Return the last rows of the table in one currency: what each part of the total is, and the total in words."""
        env = self._in_customer_language().env
        code = "" if is_only else currency.name
        rows = []
        if claim:
            rows += [(env._("Principal"), principal)] if principal else []
            rows += [(self._get_interest_label(), claim.interest)] if claim.interest else []
            rows += [(self._get_compensation_label(claim, currency), sum(claim.compensations))] \
                if claim.compensations else []
        total = currency.round(principal + (claim.total if claim else 0.0))
        return [
            {"label": label, "amount": self._format_amount(amount, currency), "words": "", "is_total": False}
            for label, amount in rows
        ] + [{
            "label": self._get_total_label(code), "amount": self._format_amount(total, currency), "is_total": True,
            "words": self._get_total_words(total, currency) if is_only or self.stage == "formal" else "",
        }]

    def _get_interest_label(self):
        return self._in_customer_language().env._(
            "Late-payment interest until %(date)s (see annex)",
            date=self._format_short_date(self._get_interest_until()),
        )

    def _get_compensation_label(self, claim, currency):
        """Return "Fixed compensation for recovery costs: 3 × 40.00 €"."""
        env = self._in_customer_language().env
        amounts = claim.compensations
        if len(amounts) == 1:
            return env._("Fixed compensation for recovery costs")
        if len(set(amounts)) > 1:
            return env._("Fixed compensation for recovery costs (%(count)s invoices)", count=len(amounts))
        return env._("Fixed compensation for recovery costs: %(count)s × %(amount)s", count=len(amounts),
                     amount=self._format_amount(amounts[0], currency))

    def _get_daily_note(self):
        """Return the sentence on what is added for each day after the computation."""
        until = self._get_interest_until()
        if not (until and self.daily_text):
            return ""
        return self._in_customer_language().env._(
            "%(amount)s of interest a day is added from %(date)s on, at the present rate.",
            date=self._format_long_date(until + timedelta(days=1)), amount=self.daily_text,
        )

    # --- annex ----------------------------------------------------------------------------------------------------

    def _get_annex(self):
        """Return the computation that the template ``interest_breakdown`` prints; nothing when nothing is claimed."""
        blocks = self._get_interest_lines().mapped("interest_detail")
        if not blocks:
            return None
        env = self._in_customer_language().env
        annex = env["account.move.line"]._prepare_interest_annex(blocks, title=self._get_annex_title())
        # The sentence of the law cites its articles.
        annex["rules"] = [{**rule, "article": "" if rule["wording"] else rule["article"]} for rule in annex["rules"]]
        return annex

    def _get_annex_title(self):
        return self._in_customer_language().env._(
            "Annex to our letter no. %(name)s of %(date)s", name=self.name,
            date=self._format_long_date(self._get_letter_date()),
        )

    def _is_annex_in_email(self):
        """Tell whether the e-mail itself shows the computation: without letter there is no other place for it."""
        return self.has_claims and not self._needs_letter()
