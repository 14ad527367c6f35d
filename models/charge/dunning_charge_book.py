from decimal import Decimal

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL
from odoo.tools.misc import format_date, formatLang

from .dunning_charge import Charged

KINDS = ("interest", "compensation")
# What is kept of each line of the computation: dates and amounts as text, to read the same in ten years.
DETAILS = ("first", "last", "days", "base", "percent", "source", "status", "amount", "capitalised", "year_days")


class DunningCharge(models.Model):
    """Claim interest and compensation in the books, or give them up with a reason."""

    _inherit = "dunning.charge"

    # --- the two decisions ----------------------------------------------------------------------------------------

    @api.model
    def _claim(self, lines, kinds=None, day=None):
        """Claim what these receivables bear until ``day``: charges, and the customer invoices that book them.

        :param kinds: {line id: kinds to claim}; all of them by default
        :raises UserError: nothing is left to claim, or the books are closed today
        """
        self._check_charge_group()
        for company in lines.company_id:
            company._check_dunning_charge_period(company._get_dunning_today())
        values = self._prepare_charges(lines, kinds, day)
        if not values:
            raise UserError(self._get_nothing_text(lines, day))
        # sudo: charges are made by this method alone; the rights of who claims were checked above.
        charges = self.sudo().create(values).sudo(self.env.su)
        charges._book()
        charges._tell_claimed()
        return charges

    @api.model
    def _waive(self, lines, reason, kinds=None, day=None):
        """Give up what these receivables bear until ``day``, with the name and the reason of who decided.

        :raises UserError: no reason, a debtor towards whom a waiver is void, or an amount above the right of the user
        """
        self._check_charge_group()
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the charges are waived: the reason stays with them."))
        claims = lines._get_interest_claims(day)
        values = self._prepare_charges(lines, kinds, day, claims=claims)
        if not values:
            raise UserError(self._get_nothing_text(lines, day))
        self._check_waivable({vals["line_id"]: claims[vals["line_id"]].regime for vals in values})
        self._check_waive_limit(values)
        charges = self.sudo().create([
            vals | {"state": "waived", "is_waived": True, "reason": reason} for vals in values
        ]).sudo(self.env.su)
        charges._tell_waived(reason)
        return charges

    @api.model
    def _check_waivable(self, regimes):
        """Refuse a waiver that the law holds void: public bodies owe interest and compensation all the same."""
        void = {line_id: regime for line_id, regime in regimes.items() if regime.is_waiver_void}
        if not void:
            return
        lines = self.env["account.move.line"].browse(void)
        raise UserError(self.env._(
            "The law holds a waiver void here (%(articles)s): nothing is waived for %(names)s. You may leave these "
            "amounts unclaimed, or claim them.",
            articles=", ".join({regime.article or regime.name for regime in void.values()}),
            names=", ".join(lines.move_id.mapped("name")),
        ))

    @api.model
    def _check_waive_limit(self, values):
        """Leave decisions above the limit of the company to dunning managers."""
        if self.env.su or self.env.user.has_group("account_dunning.group_dunning_manager"):
            return
        totals = {}
        for vals in values:
            key = (vals["company_id"], vals["partner_id"])
            totals[key] = totals.get(key, 0) + vals["amount_company"]
        for (company_id, partner_id), total in totals.items():
            company = self.env["res.company"].sudo().browse(company_id)
            if company.currency_id.compare_amounts(total, company.dunning_waive_limit) > 0:
                raise UserError(self.env._(
                    "Waiving %(total)s for %(customer)s is for a dunning manager: you may decide up to %(limit)s.",
                    total=formatLang(self.env, total, currency_obj=company.currency_id),
                    limit=formatLang(self.env, company.dunning_waive_limit, currency_obj=company.currency_id),
                    customer=self.env["res.partner"].browse(partner_id).display_name,
                ))

    @api.model
    def _get_nothing_text(self, lines, day=None):
        """Return why nothing can be claimed or waived, with the first reason that the computation gives."""
        claims = lines._get_interest_claims(day)
        texts = dict.fromkeys(claim.problem_text for claim in claims.values() if claim.problem_text)
        return self.env._("Nothing is left to claim or waive here. %(reasons)s", reasons=" ".join(texts)).strip()

    # --- values ---------------------------------------------------------------------------------------------------

    @api.model
    def _prepare_charges(self, lines, kinds=None, day=None, claims=None):
        """Return the values of the charges that these receivables still bear, interest before compensation."""
        claims = claims if claims is not None else lines._get_interest_claims(day)
        followups = self._find_followups(lines)
        notices = self._get_claiming_notices(lines.ids)
        charged = self._get_charged(lines.ids)
        values = []
        for line in lines:
            for kind in KINDS:
                if line.id in claims and (kinds is None or kind in kinds.get(line.id, ())):
                    values += self._prepare_charge(
                        line, kind, claims[line.id], followups, notices, charged.get(line.id, Charged()))
        return values

    @api.model
    def _prepare_charge(self, line, kind, claim, followups, notices, charged):
        amount = claim.interest if kind == "interest" else claim.compensation
        if amount <= 0:
            return []
        currency = line.currency_id if kind == "interest" else claim.compensation_currency
        company, customer = line.company_id.root_id, line.partner_id.commercial_partner_id
        today = company._get_dunning_today()
        vals = {
            "name": self.env._("%(kind)s on %(invoice)s", invoice=line.move_id.name or line.name,
                               kind=dict(self._fields["kind"]._description_selection(self.env))[kind]),
            "company_id": company.id, "partner_id": customer.id, "followup_id": followups.get((company, customer)),
            "move_id": line.move_id.id, "line_id": line.id, "is_entry": line.move_id.move_type == "entry",
            "kind": kind, "amount": float(amount), "currency_id": currency.id, "date": today, "state": "claimed",
            "amount_company": currency._convert(float(amount), company.currency_id, company, today),
            "user_id": self.env.uid, "notice_id": notices.get(line.id), "regime_id": claim.regime.id,
            "regime_name": claim.regime.name, "regime_article": claim.regime.article,
        }
        if kind == "compensation":
            return [vals]
        return [vals | block for block in self._prepare_blocks(claim, currency, company, charged)]

    @api.model
    def _prepare_blocks(self, claim, currency, company, charged):
        """Return days, amount and computation of each run of days: what was charged before may lie between them."""
        blocks = []
        for segment in claim.breakdown.segments:
            between = blocks and any(
                first > blocks[-1][-1].last and last < segment.first for first, last in charged.periods)
            if not blocks or between:
                blocks.append([])
            blocks[-1].append(segment)
        values = []
        for block in blocks:
            amount = float(sum(segment.amount for segment in block))
            values.append({
                "date_from": block[0].first, "date_to": block[-1].last, "amount": amount,
                "amount_company": currency._convert(
                    amount, company.currency_id, company, company._get_dunning_today()),
                "detail": [{name: str(getattr(segment, name)) for name in DETAILS} for segment in block],
            })
        return [vals for vals in values if vals["amount"] > 0]

    @api.model
    def _find_followups(self, lines):
        """Return {(company, customer): follow-up id} of those that have one."""
        followups = self.env["dunning.followup"].with_context(active_test=False).sudo().search([
            ("company_id", "in", lines.company_id.root_id.ids),
            ("partner_id", "in", lines.partner_id.commercial_partner_id.ids),
        ])
        return {(followup.company_id.sudo(self.env.su), followup.partner_id.sudo(self.env.su)): followup.id
                for followup in followups}

    @api.model
    def _get_claiming_notices(self, line_ids):
        """Return {line id: id of the last sent notice that told the customer of interest or compensation}."""
        for model in ("dunning.notice", "dunning.notice.line"):
            self.env[model].flush_model()
        return dict(self.env.execute_query(SQL(
            """SELECT DISTINCT ON (line.line_id) line.line_id, notice.id
                 FROM dunning_notice_line line
                 JOIN dunning_notice notice ON notice.id = line.notice_id
                WHERE line.line_id = ANY(%s) AND notice.state = 'sent' AND notice.is_returned IS NOT TRUE
                  AND (line.interest_amount > 0 OR line.compensation_amount > 0)
             ORDER BY line.line_id, notice.date_sent DESC, notice.id DESC""",
            list(line_ids),
        )))

    # --- booking --------------------------------------------------------------------------------------------------

    def _book(self):
        """Book these charges: one customer invoice per customer, company and currency, posted today."""
        groups = self.grouped(lambda charge: (charge.move_id.company_id, charge.partner_id, charge.currency_id))
        for company in self.move_id.company_id:
            ours = [charges for (owner, _customer, _currency), charges in groups.items() if owner == company]
            moves = self.env["account.move"].with_company(company).create(
                [charges._prepare_charge_move() for charges in ours])
            for charges, move in zip(ours, moves, strict=True):
                charges._link_charge_move(move)
            moves.action_post()
        self._complete_followups()

    def _link_charge_move(self, move):
        """Remember on each charge the invoice and the line that book it."""
        for charge, line in zip(self, move.invoice_line_ids.sorted("sequence"), strict=True):
            # sudo: where a charge is booked is written by this method alone.
            charge.sudo().write({"charge_move_id": move.id, "charge_line_id": line.id,
                                 "amount_company": abs(line.balance)})

    def _prepare_charge_move(self):
        """Return the values of the customer invoice of these charges, in the words of the customer."""
        company = self.move_id.company_id
        payers = self.move_id.partner_id
        payer = payers if len(payers) == 1 else self.partner_id
        today = company._get_dunning_today()
        worded = self.with_context(lang=payer.lang or self.partner_id.lang or company.partner_id.lang)
        return {
            "move_type": "out_invoice", "company_id": company.id, "partner_id": payer.id,
            "journal_id": company._get_dunning_charge_journal().id, "currency_id": self.currency_id.id,
            "invoice_date": today, "date": today, "invoice_date_due": today, "invoice_payment_term_id": False,
            # Nobody agreed to have charges collected by direct debit.
            "preferred_payment_method_line_id": False,
            "invoice_origin": ", ".join(dict.fromkeys(self.move_id.mapped("name"))),
            "narration": worded._get_charge_narration(), "dunning_is_charge": True,
            "invoice_line_ids": [
                Command.create({
                    "name": charge._get_charge_label(), "sequence": position,
                    "quantity": 1, "price_unit": charge.amount,
                    "account_id": company._get_dunning_charge_account(charge.kind).id, "tax_ids": [Command.clear()],
                })
                for position, charge in enumerate(worded, 1)
            ],
        }

    def _get_charge_label(self):
        """Return the text of one line of the invoice: what, on which invoice, and the whole computation."""
        self.ensure_one()
        invoice = self.move_id
        about = {"invoice": invoice.name or invoice.ref or "", "date": format_date(self.env, invoice.invoice_date
                                                                                   or invoice.date)}
        if self.kind != "interest":
            return self.env._("Fixed compensation for recovery costs, invoice %(invoice)s of %(date)s", **about)
        title = self.env._(
            "Late-payment interest on invoice %(invoice)s of %(date)s, due on %(due)s",
            due=format_date(self.env, self.line_id.dunning_due_date), **about,
        )
        return "\n".join([title, *(self._get_segment_text(segment) for segment in self.detail or ())])

    def _get_segment_text(self, segment):
        """Return "16/05/2026 to 30/06/2026, 46 days: 12,000.00 € at 12.15 % = 183.75 €"."""
        return self.env._(
            "%(first)s to %(last)s, %(days)s days: %(base)s at %(percent)s %% = %(amount)s",
            first=format_date(self.env, segment["first"]), last=format_date(self.env, segment["last"]),
            days=segment["days"], percent=formatLang(self.env, float(segment["percent"]), digits=_digits(segment)),
            base=formatLang(self.env, float(segment["base"]), currency_obj=self.currency_id),
            amount=formatLang(self.env, float(segment["amount"]), currency_obj=self.currency_id),
        )

    def _get_charge_narration(self):
        """Return what the invoice says below its lines: why it bears no VAT, the rules, the notice that claimed."""
        texts = [self.env._(
            "Charges for late payment of the invoices named above. They are due at once and bear no VAT.")]
        for regime in self.regime_id:
            texts += [regime.wording or regime.article or regime.name]
        texts += [
            self.env._("Claimed in our notice %(number)s of %(date)s.", number=notice.name,
                       date=format_date(self.env, notice.date_sent))
            for notice in self.notice_id.sorted("id")
        ]
        return Markup("").join(Markup("<p>%s</p>") % text for text in texts)

    def _complete_followups(self):
        """Give the charges of customers who owed nothing until now their follow-up: the booked charge makes it."""
        lacking = self.filtered(lambda charge: not charge.followup_id)
        for company, charges in lacking.grouped("company_id").items():
            # sudo: follow-ups are made by SQL, for users who may only read them.
            self.env["dunning.followup"].sudo()._sync(company, company._get_dunning_today(), charges.partner_id.ids)
        found = self._find_followups(lacking.line_id)
        for charge in lacking:
            charge.sudo().followup_id = found.get((charge.company_id, charge.partner_id))

    # --- what colleagues read -------------------------------------------------------------------------------------

    def _tell_claimed(self):
        """Note on invoice and follow-up what was claimed, and where it is booked."""
        self._tell(lambda charges: self.env._(
            "Late-payment charges claimed: %(amounts)s, booked in %(number)s.",
            amounts=charges._get_amounts_text(), number=", ".join(charges.charge_move_id.mapped("name"))))

    def _tell_waived(self, reason):
        """Note on invoice and follow-up what was given up, and why."""
        self._tell(lambda charges: self.env._(
            "Late-payment charges waived: %(amounts)s. %(reason)s", amounts=charges._get_amounts_text(), reason=reason))

    def _tell(self, get_text):
        bodies = {move: get_text(charges) for move, charges in self.grouped("move_id").items()}
        self.move_id._message_log_batch(bodies={move.id: text for move, text in bodies.items()})
        bodies = {followup: get_text(charges) for followup, charges in self.grouped("followup_id").items() if followup}
        self.followup_id._message_log_batch(bodies={followup.id: text for followup, text in bodies.items()})

    def _get_amounts_text(self):
        """Return "Interest 183.75 €, Compensation 40.00 €" of these charges."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        return ", ".join(
            f"{labels[kind]} {formatLang(self.env, sum(charges.mapped('amount')), currency_obj=currency)}"
            for (kind, currency), charges in self.grouped(lambda charge: (charge.kind, charge.currency_id)).items()
        )


def _digits(segment):
    """Return how many decimals a rate is printed with: two, more when it has them."""
    exponent = -Decimal(segment["percent"]).normalize().as_tuple().exponent
    return max(2, exponent)
