from decimal import Decimal

from odoo import api, models
from odoo.tools.misc import format_date, formatLang

from ...interest import Breakdown
from ..base.money import NO_BREAK_SPACE, format_money
from .account_move_line_claim import CHARGED, ONE_DAY, ZERO

MINUS = "\N{MINUS SIGN}"


class AccountMoveLine(models.Model):
    """The computation of interest as a table: plain words and figures, so that it can be frozen and printed again."""

    _inherit = "account.move.line"

    def _prepare_interest_rows(self, claims):
        """Return the blocks of the template ``account_dunning.interest_breakdown``: one per line, oldest due first.

        They hold only text and numbers (a Json field keeps them) in the language of this environment; the template
        documents their keys. Lines that bear nothing at all, and say so for no reason worth reading, are left out.

        :param claims: what ``_get_interest_claims`` returned
        """
        shown = self.filtered(lambda line: line.id in claims and claims[line.id].problem not in ("not_late",))
        ordered = shown.sorted(lambda line: (line.dunning_due_date, line.move_id.name or "", line.id))
        return [line._prepare_interest_block(claims[line.id]) for line in ordered]

    @api.model
    def _prepare_interest_annex(self, blocks, **values):
        """Return what the template takes: these blocks (fresh or frozen), their totals, the rules they rest on.

        Blocks of one line each may come from a notice: nothing but them is read.
        """
        totals = {}
        for block in blocks:
            for name, code in (("interest", "currency"), ("compensation", "compensation_currency")):
                amount = Decimal(block[f"{name}_value"] or 0)
                if amount:
                    sums = totals.setdefault(block[code], {"interest": ZERO, "compensation": ZERO})
                    sums[name] += amount
        rules = {(block["regime"], block["article"], block["wording"]): block for block in blocks if block["regime"]}
        return {
            "blocks": blocks, "totals": [self._prepare_interest_total(code, sums) for code, sums in totals.items()],
            "rules": [{"name": name, "article": article, "wording": wording} for name, article, wording in rules],
            "has_rates": any(row["kind"] == "segment" for block in blocks for row in block["rows"]),
            "formula": self._say_formula(blocks), **values,
        }

    @api.model
    def _say_formula(self, blocks):
        """Return how interest is computed, with the days by which it is divided, so that a reader can do it anew."""
        years = {block.get("year") for block in blocks if block["rows"]} - {""}
        if len(years) == 1 and years <= {"365", "360"}:
            return self.env._("Interest of a period: amount × rate × days / %(year)s.", year=years.pop())
        return self.env._("Interest of a period: amount × rate × days / days of the year.")

    @api.model
    def _prepare_interest_total(self, code, sums):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", code)], limit=1)
        return {
            "currency": code, "interest": self._say_amount(sums["interest"], currency),
            "compensation": self._say_amount(sums["compensation"], currency) if sums["compensation"] else "",
            "total": self._say_amount(sum(sums.values()), currency), "total_value": str(sum(sums.values())),
        }

    # --- one receivable -------------------------------------------------------------------------------------------

    def _prepare_interest_block(self, claim):
        """Return one receivable with the rows of its computation."""
        currency, breakdown = claim.currency, claim.breakdown
        known = breakdown and not claim.problem
        return {
            "line_id": self.id, "move_id": self.move_id.id, "name": self._get_interest_name(),
            "date": self._say_day(self.move_id.invoice_date or self.date), "due": self._say_day(self.dunning_due_date),
            "principal": self._say_amount(Decimal(str(self.amount_currency)), currency),
            "currency": currency.name, "days": sum(part.days for part in breakdown.segments) if known else 0,
            "rows": self._prepare_breakdown_rows(claim) if breakdown else [],
            "problem": claim.problem_text or "",
            "interest": self._say_amount(claim.interest, currency) if known else "",
            "interest_value": str(claim.interest) if known else "",
            "compensation": self._say_amount(claim.compensation, claim.compensation_currency)
            if claim.compensation else "",
            "compensation_value": str(claim.compensation) if claim.compensation else "",
            "compensation_currency": claim.compensation_currency.name if claim.compensation else "",
            "daily": self._say_daily(breakdown.daily, currency) if known else "",
            "daily_value": str(breakdown.daily) if known and breakdown.daily else "",
            "until": str(claim.until or ""), "year": claim.terms.day_count if known else "",
            "regime": claim.regime.with_env(self.env).name or "", **self._prepare_interest_law(claim.regime),
        }

    @api.model
    def _prepare_interest_law(self, regime):
        """Return the sentence of the law, and its article when the sentence does not cite it itself."""
        regime = regime.with_env(self.env)
        wording, article = regime.wording or "", regime.article or ""
        return {"wording": wording, "article": "" if article and article in wording else article}

    def _get_interest_name(self):
        """Return the number of the invoice, and which of its instalments, or the text of an opening entry."""
        if self.move_id.move_type == "entry":
            return self.name or self.ref or self.move_id.name or ""
        instalments = self.move_id.dunning_line_ids.sorted(lambda line: (line.date_maturity or line.date, line.id))
        if len(instalments) < 2:
            return self.move_id.name or ""
        return self.env._(
            "%(invoice)s, instalment %(number)s of %(count)s", invoice=self.move_id.name,
            number=instalments.ids.index(self.id) + 1, count=len(instalments),
        )

    def _prepare_breakdown_rows(self, claim):
        """Return the days that count, those that do not, and what was paid or credited, in the order of time."""
        debt, breakdown = claim.debt, claim.breakdown
        rows = [((segment.first, 1), self._prepare_segment_row(segment, claim)) for segment in breakdown.segments]
        rows += [((gap.first, 1), self._prepare_gap_row(gap, claim)) for gap in breakdown.gaps]
        rows += [((pause.first, 1), self._prepare_pause_row(pause)) for pause in breakdown.pauses]
        for movement in debt.movements:
            is_never_due = movement.kind == "credit" and movement.retroactive is None \
                and claim.terms.retroactive_credits
            # A payment counts from the day after; a sum that was never due stands above everything.
            day = debt.due if is_never_due else movement.day + ONE_DAY
            if is_never_due or not breakdown.until or movement.day <= breakdown.until:
                rows.append(((day, 0), self._prepare_movement_row(movement, claim, is_never_due)))
        return [row for _key, row in sorted(rows, key=lambda pair: pair[0])]

    @api.model
    def _prepare_row(self, kind, label, **values):
        return {"kind": kind, "label": label, "days": "", "base": "", "rate": "", "rate_detail": "", "source": "",
                "status": "", "amount": "", "note": "", "first": "", "last": "", **values}

    @api.model
    def _prepare_segment_row(self, segment, claim):
        statuses = dict(self.env["dunning.reference.rate"]._fields["status"]._description_selection(self.env))
        notes = [segment.label] if segment.label else []
        if segment.capitalised:
            notes.append(self.env._("with interest of the past year: %(amount)s",
                                    amount=self._say_amount(segment.capitalised, claim.currency)))
        return self._prepare_row(
            "segment", self._say_period(segment), days=str(segment.days), note=", ".join(notes),
            base=self._say_amount(segment.base, claim.currency), rate=self._say_percent(segment.percent),
            rate_detail=self._say_rate_detail(segment, claim.terms), source=segment.source or "",
            status=statuses.get(segment.status, "") if segment.status != "sourced" else "",
            amount=self._say_amount(segment.amount, claim.currency), first=str(segment.first), last=str(segment.last),
        )

    @api.model
    def _prepare_gap_row(self, gap, claim):
        return self._prepare_row(
            "gap", self._say_period(gap), days=str(gap.days), base=self._say_amount(gap.base, claim.currency),
            rate=self.env._("not known"), first=str(gap.first), last=str(gap.last),
        )

    @api.model
    def _prepare_pause_row(self, pause):
        reasons = [self.env._("Claimed or waived before") if reason == CHARGED else reason
                   for reason in pause.reason.split(", ") if reason]
        return self._prepare_row(
            "pause", self._say_period(pause), days=str(pause.days), first=str(pause.first), last=str(pause.last),
            note=", ".join(reasons) or self.env._("Nothing was owed"),
        )

    @api.model
    def _prepare_movement_row(self, movement, claim, is_never_due):
        day, name = self._say_day(movement.day), movement.label
        if is_never_due:
            label = self.env._("Credit note %(name)s of %(date)s, deducted from the beginning", name=name, date=day)
        elif movement.kind == "credit":
            label = self.env._("Credit note %(name)s of %(date)s", name=name, date=day)
        elif movement.kind == "payment":
            label = self.env._("Payment of %(date)s", date=day)
        else:
            label = self.env._("Settled otherwise on %(date)s: %(name)s", name=name, date=day)
        return self._prepare_row(
            movement.kind, label, base=self._say_amount(-movement.amount, claim.currency), first=str(movement.day),
        )

    # --- words ----------------------------------------------------------------------------------------------------

    @api.model
    def _say_day(self, day):
        return format_date(self.env, day) if day else ""

    @api.model
    def _say_period(self, part):
        """Return "from 16/05/2026 to 30/06/2026", or the one day."""
        if part.first == part.last:
            return self._say_day(part.first)
        return self.env._("%(first)s to %(last)s", first=self._say_day(part.first), last=self._say_day(part.last))

    @api.model
    def _say_amount(self, amount, currency, digits=None):
        """Return "1 234,56 €" with spaces at which no line breaks."""
        text = format_money(self.env, amount, currency, digits)
        return text.replace("-", MINUS) if amount < 0 else text

    @api.model
    def _say_number(self, number):
        """Return a percentage as published: at least two decimals, and no more than it has."""
        digits = max(2, -number.normalize().as_tuple().exponent)
        return formatLang(self.env, float(number), digits=digits)

    @api.model
    def _say_percent(self, percent):
        return f"{self._say_number(percent)}{NO_BREAK_SPACE}%"

    @api.model
    def _say_rate_detail(self, segment, terms):
        """Return how the rate is made: "2.40 % + 10.00 points", "3 × 2.75 %"; nothing for one that stands alone."""
        index = self._say_percent(segment.index_percent)
        if segment.index_percent == segment.percent:
            return ""
        if terms.factor != 1:
            index = f"{terms.factor.normalize():f} × {index}"
        if terms.margin:
            index = self.env._("%(rate)s + %(margin)s points", rate=index, margin=self._say_number(terms.margin))
        made = segment.index_percent * terms.factor + terms.margin
        if terms.round_up_to and made < segment.percent:
            return self.env._("%(rate)s, rounded up", rate=index)
        if made != segment.percent:
            return self.env._("%(rate)s, limited to %(limit)s", rate=index, limit=self._say_percent(segment.percent))
        return index

    @api.model
    def _say_daily(self, daily, currency):
        """Return what each further day adds; nothing when nothing bears interest any more, or nobody knows the rate."""
        if not daily:
            return ""
        rounded = Breakdown(daily=daily, decimals=currency.decimal_places).round_daily()
        return self._say_amount(rounded, currency, digits=max(0, -rounded.as_tuple().exponent))
