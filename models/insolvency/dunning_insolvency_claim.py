from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.misc import formatLang

from ..notice.dunning_notice_letter import NO_BREAK_SPACE

# Seats in metropolitan France and overseas share the law of declarations.
FRENCH_PROCEDURES = ("safeguard", "receivership", "liquidation")


class DunningInsolvency(models.Model):
    """The declaration of the claim: what arose before the judgment, with interest until its eve.

    Words and layout are those of the notices: it borrows them from a notice that is never stored. Sums are in the
    currency of the creditor; what was invoiced in another one is converted at the rate of the judgment.
    """

    _inherit = "dunning.insolvency"

    amount_principal = fields.Monetary("Principal", compute="_compute_claim")
    amount_interest = fields.Monetary("Interest", compute="_compute_claim",
                                      help="Late-payment interest until the eve of the judgment.")
    amount_compensation = fields.Monetary("Compensation", compute="_compute_claim")
    amount_claim = fields.Monetary("To Declare", compute="_compute_claim")
    claim_count = fields.Integer("Invoices", compute="_compute_claim")

    @api.depends("date_judgment", "partner_id", "company_id")
    def _compute_claim(self):
        for one in self:
            rows = one.followup_id and one.date_judgment and one._get_claim_rows() or []
            for name in ("principal", "interest", "compensation"):
                one[f"amount_{name}"] = sum(row[name] for row in rows)
            one.amount_claim = sum(row["total"] for row in rows)
            one.claim_count = len(rows)

    # --- sums -----------------------------------------------------------------------------------------------------

    def _get_claim_rows(self):
        """Return what is declared, a row for each receivable: what it is, whether it is due, and its sums."""
        # sudo: the sums are shown to all who may read the proceedings.
        lines = self.sudo()._get_prior_lines().filtered(lambda line: line.amount_residual > 0)
        claims = lines._get_interest_claims(self._get_eve()) if lines else {}
        return [self._prepare_claim_row(line, claims.get(line.id)) for line in lines]

    def _prepare_claim_row(self, line, claim):
        principal = self._convert(line.amount_residual_currency, line.currency_id)
        interest = self._convert(float(claim.interest), line.currency_id) if claim else 0.0
        compensation = claim and claim.compensation_currency and self._convert(
            float(claim.compensation), claim.compensation_currency) or 0.0
        due = line.dunning_due_date
        return {
            "line": line, "name": line.move_id.name or line.name or "", "date": line.move_id.invoice_date or line.date,
            "delivered": line.move_id.delivery_date,
            "due": due, "is_due": bool(due) and due < self.date_judgment, "principal": principal,
            "interest": interest, "compensation": compensation, "total": principal + interest + compensation,
            "currency": line.currency_id != self.currency_id and line.currency_id.name,
            "foreign": line.amount_residual_currency,
        }

    def _convert(self, amount, currency):
        """Return an amount in the currency of the creditor at the rate of the judgment (C. com. L622-25)."""
        if currency == self.currency_id:
            return amount
        return currency._convert(amount, *self._get_conversion(currency)[1:])

    def _get_conversion(self, currency):
        return currency, self.currency_id, self.company_id.sudo(), self.date_judgment

    def _get_eve(self):
        return self.date_judgment - timedelta(days=1)

    def _get_open_credits(self):
        """Return the payments and credit notes that are not allocated, as a positive sum."""
        lines = self.sudo()._get_prior_lines().filtered(lambda line: line.amount_residual < 0)
        return -sum(self._convert(line.amount_residual_currency, line.currency_id) for line in lines)

    # --- the words of the document --------------------------------------------------------------------------------

    def _get_letter(self):
        """Return an unsaved notice to the representative: it knows how dates, amounts and identities read."""
        self.ensure_one()
        contact = self.representative_id or self.partner_id
        address = contact._display_address(without_company=False).splitlines() if self.representative_id else []
        return self.env["dunning.notice"].new({
            "name": self.reference, "followup_id": self.followup_id.id, "company_id": self.company_id.id,
            "partner_id": self.partner_id.id, "contact_id": contact.id, "lang": contact.lang or self.partner_id.lang,
            "user_id": self.user_id.id, "date": self._get_today(), "stage": "formal",
            "addressee": contact.display_name, "address": "\n".join(line for line in address if line.strip()),
            "line_ids": [Command.clear()],
        })

    def _in_claim_language(self):
        """Return these proceedings in the language of the representative."""
        return self.with_context(lang=self._get_letter()._in_customer_language().env.lang)

    def _get_address_lines(self):
        """Return the addressee: name and address of the representative, each on its line."""
        contact = self.representative_id
        if not contact:
            return []
        lines = [contact.display_name, *contact._display_address(without_company=True).splitlines()]
        return [line for line in lines if line.strip()]

    def _get_identity(self, partner):
        """Return name, address and numbers of a party, as a formal notice names it."""
        # sudo: what the register says of a party is printed for whoever may print.
        party = partner.with_env(self.env).sudo()
        address = party._display_address(without_company=True).splitlines()
        company = self.company_id.sudo()
        form = party._get_dunning_form()
        if party == company.partner_id:
            form = " ".join(filter(None, (form, company._get_dunning_capital_text())))
        vat = party.vat and self.env._("VAT no. %(number)s", number=party.vat)
        numbers = dict.fromkeys(filter(None, (form, party._get_dunning_identifier(), vat)))
        return {"name": party.name, "address": ", ".join(line for line in address if line.strip()),
                "numbers": list(numbers)}

    def _is_french(self):
        """Tell whether French law governs the declaration."""
        return self.procedure in FRENCH_PROCEDURES

    def _get_claim_procedure(self):
        """Return the proceedings as the declaration names them."""
        return {
            "safeguard": self.env._("safeguard proceedings"), "receivership": self.env._("receivership proceedings"),
            "liquidation": self.env._("judicial liquidation"),
        }.get(self.procedure, self.env._("insolvency proceedings"))

    def _get_rates_text(self, rows):
        """Return "1 $ = 0.8642 €" for each currency that was converted."""
        currencies = self.env["res.currency"].union(*(row["line"].currency_id for row in rows if row["currency"]))
        return ", ".join(
            f"1{NO_BREAK_SPACE}{currency.symbol}{NO_BREAK_SPACE}={NO_BREAK_SPACE}"
            f"{formatLang(self.env, currency._get_conversion_rate(*self._get_conversion(currency)), digits=4)}"
            f"{NO_BREAK_SPACE}{self.currency_id.symbol}" for currency in currencies)

    def _get_interest_basis(self, rows):
        """Return the articles by which interest was computed, each once; the name of a rule that has none."""
        lines = self.env["account.move.line"].browse([row["line"].id for row in rows if row["interest"]]).sudo()
        claims = lines._get_interest_claims(self._get_eve()) if lines else {}
        names = [claim.regime.with_env(self.env).sudo() for claim in claims.values() if claim.regime]
        return "; ".join(dict.fromkeys(
            regime.article or regime.name for regime in names))

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_print_claim(self):
        """Print the draft of the declaration, to be read, signed and sent by a person."""
        self.ensure_one()
        if not self._get_claim_rows():
            raise UserError(self.env._("Nothing is open that arose before the judgment: there is nothing to declare."))
        return self.env.ref("account_dunning.action_report_claim_declaration").report_action(self)

    def action_take_claim(self):
        """Note the computed sum as the declared one."""
        for one in self.filtered(lambda one: one.state == "open"):
            one.write({"amount_declared": one.amount_claim, "date_declared": one.date_declared or one._get_today()})

    def action_open_claims(self):
        """Show what arose before the judgment and is open."""
        self.ensure_one()
        return self.followup_id.action_open_invoices() | {
            "name": self.env._("Claims before the judgment"), "domain": [("id", "in", self._get_prior_lines().ids)]}

    def _render_document(self):
        """Return the draft of the declaration as PDF."""
        self.ensure_one()
        report = self.env.ref("account_dunning.action_report_claim_declaration")
        # sudo: a collector prints what he may read; the letterhead belongs to the company.
        return report.sudo()._render_dunning_letters(self.sudo())[self.id]
