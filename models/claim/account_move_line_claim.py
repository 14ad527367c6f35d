from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ...interest import Breakdown, Debt, RateError, Suspension, Terms, compute

ONE_DAY = timedelta(days=1)
ZERO = Decimal(0)
# The reason of days that were claimed or waived before; tables say it in the language of their reader.
CHARGED = "charged"


class Claim(NamedTuple):
    """What the lateness of one receivable gives a right to, on one day.

    ``interest`` and ``compensation`` are what may still be claimed: without what was claimed or waived before.
    With a ``problem`` there is neither, and ``problem_text`` tells the user why. The compensation of an invoice
    stands with its oldest late instalment alone, an open one before those that were paid late.
    """

    regime: Any
    breakdown: Breakdown | None = None
    interest: Decimal = ZERO
    compensation: Decimal = ZERO
    compensation_currency: Any = None
    first_day: date | None = None
    until: date | None = None
    problem: str | None = None
    problem_text: str = ""
    # What was computed: for tables, and for whoever wants to compute it again.
    debt: Debt | None = None
    terms: Terms | None = None
    currency: Any = None
    charged_until: date | None = None

    @property
    def total(self):
        """Interest and compensation; the interest alone when the compensation is in another currency."""
        same = not self.compensation or self.compensation_currency == self.currency
        return self.interest + self.compensation if same else self.interest


class Item(NamedTuple):
    """The facts of one receivable, as read from the books."""

    id: int
    move_id: int
    due: date
    amount: Decimal
    currency_id: int
    is_bearing: bool
    is_entry: bool
    is_compensated: bool
    start: date | None
    invoiced: date | None
    # Kind of debtor, and the regimes chosen for the customer, on the payment term, on the policy.
    choices: tuple


class Facts(NamedTuple):
    """What else is known of the receivables of one company on one day, each thing by line id."""

    company: Any
    day: date
    imputation: str
    movements: dict
    suspensions: dict
    charged: dict
    last_days: dict


class Rule(NamedTuple):
    """What applies to receivables whose customer, payment term and policy choose the same."""

    regime: Any
    problem: str | None = None
    problem_text: str = ""
    terms: Terms | None = None
    regime_id: int | None = None
    is_by_size: bool = False
    start_rule: str = "due"
    is_plain: bool = False  # interest runs from the due date, without any further days
    currency_id: int | None = None

    def is_never_due(self, movement):
        """Tell whether a credit note means that its sum was never due; so does one without any rule."""
        return movement.kind == "credit" and movement.retroactive is None \
            and (self.terms is None or self.terms.retroactive_credits)


class ClaimMaker:
    """Turns the facts of the receivables of one company into claims; made for one computation."""

    def __init__(self, env, facts):
        self.env, self.facts = env, facts
        self.currencies, self.decimals, self.rules, self.terms, self.texts, self.lumps = {}, {}, {}, {}, {}, {}
        self.notices, self.reminders, self.calendar = {}, {}, None
        self.resolve = env["dunning.interest.regime"]._get_resolver(facts.company)

    def make(self, items):
        """Return {line id: Claim}: interest line by line, then the compensation of each invoice."""
        claims, late = {}, defaultdict(list)
        self._read_currencies({item.currency_id for item in items})
        self.notices, self.reminders = self._get_triggers(items, "notice"), self._get_triggers(items, "reminder")
        for item in items:
            rule = self._get_rule(item.choices)
            balance = self._get_late_balance(item, rule)
            claims[item.id] = self._make_claim(item, rule, balance)
            if balance and item.is_compensated:
                late[item.id if item.is_entry else -item.move_id].append((item, balance, rule))
        for debts in late.values():
            self._add_compensation(debts, claims)
        return claims

    # Which rule

    def _get_rule(self, choices):
        """Return the rule of these choices; the regime is resolved once for all lines that share them."""
        rule = self.rules.get(choices)
        if not rule:
            regime, problem = self.resolve(*choices)
            rule = self.rules[choices] = Rule(regime, problem) if problem else self._prepare_rule(regime)
        return rule

    def _prepare_rule(self, regime):
        """Return the rule of a regime; rates that contradict each other are a problem, never an amount."""
        if regime.id not in self.terms:
            self.terms[regime.id] = self._get_terms(regime)
        terms = self.terms[regime.id]
        if isinstance(terms, str):
            return Rule(regime, "no_rate", terms)
        is_plain = regime.start_rule == "due" and not regime.start_days
        return Rule(regime, None, "", terms, regime.id, regime.compensation_rule == "by_size", regime.start_rule,
                    is_plain, regime.currency_id.id)

    def _get_terms(self, regime):
        try:
            terms = replace(regime._to_engine(self.facts.company), imputation=self.facts.imputation)
            terms.validate()
        except (UserError, RateError) as error:
            return str(error)
        return terms

    # The first day

    def _get_triggers(self, items, rule):
        """Return, by line id, the notices or reminders for which interest waits."""
        waiting = [item.id for item in items if item.is_bearing and item.due < self.facts.day and not item.start
                   and self._get_rule(item.choices).start_rule == rule]
        if not waiting:
            return {}
        lines = self.env["account.move.line"]
        return lines._get_formal_effective_dates(waiting) if rule == "notice" else lines._get_first_reminders(waiting)

    def _get_start(self, item, rule):
        """Return the day after which interest counts; None as long as nobody knows it."""
        if rule.is_plain:
            return item.due
        reminder, by_post = self.reminders.get(item.id, (None, False))
        calendar = by_post and self._get_calendar()
        return rule.regime._get_start(item.due, self.notices.get(item.id), reminder, item.invoiced, calendar)

    def _get_calendar(self):
        if not self.calendar:
            self.calendar = self.facts.company._get_dunning_calendar()
        return self.calendar

    # Interest

    def _get_late_balance(self, item, rule):
        """Return what was still owed when the due date had passed; nothing when it has not, or all was paid by then."""
        if not item.is_bearing or item.due >= self.facts.day:
            return ZERO
        balance = item.amount
        for movement in self.facts.movements.get(item.id, ()):
            if movement.day <= item.due or rule.is_never_due(movement):
                balance -= movement.amount
        return balance if balance > 0 else ZERO

    def _make_claim(self, item, rule, balance):
        """Return the claim of one receivable, still without compensation."""
        currency = self.currencies[item.currency_id]
        start = None
        problem = self._get_problem(item, rule, balance)
        if not problem:
            start = item.start or self._get_start(item, rule)
            if not start or start >= self.facts.day:
                problem = "not_started"
        if problem:
            text = rule.problem_text or self._get_text(problem, rule.regime, currency, start)
            return Claim(rule.regime, problem=problem, problem_text=text, currency=currency)
        return self._compute_claim(item, rule, currency, max(start, item.due))

    def _get_problem(self, item, rule, balance):
        """Return why nothing can be claimed, whatever the day on which interest would begin."""
        if not item.is_bearing:
            return "no_interest"
        if not balance:
            return "not_late"
        if not rule.problem and rule.currency_id and rule.currency_id != item.currency_id:
            return "no_regime"
        return rule.problem

    def _compute_claim(self, item, rule, currency, start):
        facts = self.facts
        charged = facts.charged.get(item.id)
        charged_until = charged.through if charged else None
        # The days count once: what was claimed or waived for them is not claimed again.
        periods = [(max(first, start + ONE_DAY), last) for first, last in charged.periods if last > start] \
            if charged else []
        suspensions = (
            *(Suspension(first, last, None, CHARGED) for first, last in periods),
            *(Suspension(*one) for one in facts.suspensions.get(item.id, ())),
        )
        debt = Debt(
            item.amount, item.due, tuple(facts.movements.get(item.id, ())), suspensions, start,
            facts.last_days.get(item.id), ZERO, self.decimals[item.currency_id],
        )
        breakdown = compute(debt, rule.terms, facts.day)
        first_day = start + ONE_DAY
        for first, last in periods:
            first_day = last + ONE_DAY if first <= first_day else first_day
        problem = text = None
        if breakdown.gaps:
            problem, text = "no_rate", self._get_gap_text(rule.regime, breakdown.gaps[0])
        return Claim(
            rule.regime, breakdown, ZERO if problem else breakdown.total, ZERO, None, first_day, breakdown.until,
            problem, text or "", debt, rule.terms, currency, charged_until,
        )

    def _read_currencies(self, currency_ids):
        for currency in self.env["res.currency"].browse(currency_ids):
            self.currencies[currency.id], self.decimals[currency.id] = currency, currency.decimal_places

    # Compensation

    def _add_compensation(self, debts, claims):
        """Give the oldest late instalment of an invoice its compensation, when none was claimed or waived yet.

        One that is still open comes first: letters name no others.
        """
        debts = [debt for debt in debts if self._is_compensated(debt[0])]
        if not debts:
            return
        for item, _balance, _rule in debts:
            charged = self.facts.charged.get(item.id)
            if charged and charged.compensation:
                return
        oldest, _balance, rule = debts[0] if len(debts) == 1 else min(
            debts, key=lambda debt: (self._is_settled(debt[0]), debt[0].due, debt[0].id))
        claim = claims[oldest.id]
        if claim.problem:
            return
        amount, currency = self._get_lump(claim, rule, oldest.currency_id, debts)
        if amount:
            claims[oldest.id] = claim._replace(compensation=amount, compensation_currency=currency)

    def _get_lump(self, claim, rule, currency_id, debts):
        """Return amount and currency of the compensation; the size of the debt matters in few countries."""
        principal = sum(balance for _item, balance, _rule in debts) if rule.is_by_size else debts[0][1]
        key = (rule.regime_id, currency_id, principal if rule.is_by_size else None)
        if key not in self.lumps:
            self.lumps[key] = claim.regime._get_compensation(principal, claim.currency)
        return self.lumps[key]

    def _is_settled(self, item):
        return sum(movement.amount for movement in self.facts.movements.get(item.id, ())) >= item.amount

    def _is_compensated(self, item):
        """Tell whether something was owed, late and undisputed, for a day at least."""
        facts = self.facts
        last = facts.last_days.get(item.id)
        if last and last <= item.due:
            return False
        if item.id not in facts.suspensions:
            return True
        # With a rate of its own the engine tells the days that count, whatever the regime says of rates.
        suspensions = tuple(Suspension(*one) for one in facts.suspensions[item.id])
        debt = Debt(item.amount, item.due, tuple(facts.movements.get(item.id, ())), suspensions, last=last)
        return bool(compute(debt, Terms.flat(Decimal(1)), facts.day).days)

    # Words for the user, each made once

    def _get_text(self, problem, regime, currency, start):
        key = (problem, regime.id, currency.id, start)
        if key not in self.texts:
            self.texts[key] = self._say(problem, regime, currency, start)
        return self.texts[key]

    def _say(self, problem, regime, currency, start):
        """Return in one sentence why there is no interest."""
        env = self.env
        if problem == "no_interest" and not regime.id:
            return env._("This document bears no interest.")
        if problem == "no_interest":
            return env._("No interest is claimed: %(regime)s.", regime=regime.name)
        if problem == "not_late":
            return env._("Nothing was paid late.")
        if problem == "unlawful":
            return env._("The regime “%(regime)s” may not be applied to this kind of debtor. Choose another one for "
                         "the customer, the payment term or the policy.", regime=regime.name)
        if problem == "no_regime" and regime.id:
            return env._("The regime “%(regime)s” is for claims in %(currency)s. Choose another one for this customer.",
                         regime=regime.name, currency=regime.currency_id.name)
        if problem == "no_regime":
            return env._("No rule of interest is known for this customer. Choose one on his form, on the payment term "
                         "or on the policy.")
        if start:
            return env._("Interest begins after %(date)s.", date=format_date(env, start))
        if regime.start_rule == "manual":
            return env._("Enter the day from which interest counts on the invoice.")
        if regime.start_rule == "reminder":
            return env._("Interest begins after the first reminder, and none was sent yet.")
        return env._("Interest begins when a formal notice has arrived, and none is known to have.")

    def _get_gap_text(self, regime, gap):
        key = (regime.id, gap.first)
        if key not in self.texts:
            self.texts[key] = self.env._(
                "The interest is not known: the rate of “%(regime)s” is missing from %(date)s on. "
                "Enter it in the reference rates.", regime=regime.name, date=format_date(self.env, gap.first),
            )
        return self.texts[key]
