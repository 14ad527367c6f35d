import re
from decimal import Decimal

from lxml import html as lxml_html

from odoo import api, fields, models
from odoo.tools.i18n import format_list

# What is said in words of a text and moves from day to day. The place of each keeps its class when a person writes.
FIGURES = {
    "dunning_figure_total": "claim_total_text", "dunning_figure_principal": "amount_text",
    "dunning_figure_deadline": "deadline_text",
}
SIGN = r"(?:€|\$|£|EUR\b|USD\b|GBP\b|CHF\b|euros?\b|dollars?\b|francs?\b|pounds?\b)"
NUMBER = r"\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
# A number with a sign of money, or with two decimals; neither a rate, a date nor a telephone number.
AMOUNT = re.compile(
    rf"(?P<before>{SIGN})\s?(?P<signed>{NUMBER})"
    rf"|(?<![\d.,/:-])(?P<number>{NUMBER})(?![\d/:-]|[.,]\d)\s?(?P<after>{SIGN}|(?=\D|$))", re.IGNORECASE)
DECIMALS = re.compile(r"[.,]\d{2}$")


class DunningNotice(models.Model):
    """The figures in the words of a formal notice: kept up to date in a text written by hand, and compared."""

    _inherit = "dunning.notice"

    formal_warnings = fields.Json("To Look At", compute="_compute_formal_warnings", compute_sudo=True)
    formal_warning_text = fields.Text("Look at This", compute="_compute_formal_warnings", compute_sudo=True)

    @api.depends("formal_problems", "subject", "partner_id.company_registry", "level_id.enclose_invoices")
    @api.depends_context("lang")
    def _compute_formal_warnings(self):
        for notice in self:
            is_open = notice.stage == "formal" and not notice.is_call and notice.state in ("draft", "to_approve")
            warnings = list(filter(None, notice._get_formal_warnings())) if is_open else []
            notice.formal_warnings = warnings
            notice.formal_warning_text = "\n".join(f"• {warning}" for warning in warnings)

    def _get_formal_warnings(self):
        """Return what a person should look at before deciding; nothing of it keeps the notice back."""
        partner = self.partner_id.commercial_partner_id
        if self._is_french() and self._is_debtor_registered() and not partner._get_dunning_identifier():
            yield self.env._("The registration number (SIREN) of %(name)s is missing or wrong: it is left out of the "
                             "letter.", name=partner.display_name) if partner.country_code in (False, "FR") else \
                self.env._("Neither a company number nor a VAT number of %(name)s is known: none stands on the letter.",
                           name=partner.display_name)
        if not self._get_payment_means():
            yield self.env._("No account to pay to is printed: enter the IBAN on a bank journal.")
        if self._is_french() and not self._get_creditor().dunning_legal_form:
            yield self.env._("Our own legal form is not known: enter it in the settings of dunning.")
        if self.is_edited and self.letter_body:
            yield from self._get_amount_warnings()

    def _get_amount_warnings(self):
        """Compare the amounts of a text written by hand with the figures of the notice."""
        said = dict(self._find_amounts(self._get_letter_words()))
        missing = {currency: total for currency, total in self._get_grand_totals().items()
                   if total > 0 and self._exact(total) not in said.values()}
        if missing:
            yield self.env._("The text does not name the sum demanded, %(amount)s: write it, or take the words of the "
                             "step.", amount=self._join_amounts(missing))
        known = self._get_known_amounts()
        unknown = [text for text, amount in said.items() if amount not in known]
        if unknown:
            yield self.env._("The text says %(amounts)s: none of the figures of this notice. Correct it, or be sure "
                             "of it before you approve.", amounts=format_list(self.env, unknown))

    def _get_party_problems(self):
        yield from super()._get_party_problems()
        own = self._get_creditor().partner_id
        if not self._has_postal_address(own):
            yield self.env._("Our own address is missing: enter street and city on the company.")

    # --- a text written by hand -----------------------------------------------------------------------------------

    def _get_text_problems(self):
        yield from super()._get_text_problems()
        if not self.is_edited:
            yield from self._get_template_problems()

    def _get_template_problems(self):
        """A text of one's own may say what a consumer must not read; what ships was proof-read."""
        template = self._get_letter_template()
        body = template and template.with_context(lang=self._in_customer_language().env.lang).body_html
        return self._get_word_problems(self._parse(body).text_content() if body else "")

    def _get_letter_words(self):
        """Return the words of the letter without its table, with the figures of today in their places."""
        root = self._parse(self._refresh_figures(self.letter_body or ""))
        for table in root.find_class("dunning_table"):
            table.drop_tree()
        return " ".join(root.text_content().split())

    def _get_known_amounts(self):
        """Return every amount that this notice prints: of each receivable, what was deducted, the parts and totals."""
        amounts = []
        for line in self.line_ids:
            amounts += [line.amount_total, line.amount_residual, line.amount_held, line.interest_amount,
                        line.compensation_amount, line.amount_residual - line.amount_held,
                        line.amount_residual + line.interest_amount, line.interest_daily]
        movements = self.line_ids.line_id._get_dunning_movements()
        amounts += [movement.amount for moves in movements.values() for movement in moves]
        for claim in self._get_claim_totals().values():
            amounts += [claim.interest, claim.total, sum(claim.compensations)]
        for totals in (self._get_totals(), self._get_grand_totals(), self._get_daily_totals()):
            amounts += totals.values()
        words = " ".join(filter(None, (
            self.formal_basis, self.consequence_text, self.creditor_text, self.interest_mention, self.daily_text)))
        return {self._exact(amount) for amount in amounts} | {amount for _text, amount in self._find_amounts(words)}

    @api.model
    def _exact(self, amount):
        return abs(Decimal(str(amount))).quantize(Decimal("0.01"))

    @api.model
    def _find_amounts(self, words):
        """Return (as written, amount) of each amount of money in a text.

        "1 234,56 €", "EUR 1,234.56" and "1234.56" are amounts; "12,40 %", "2026" and "L441-10" are not.
        """
        found = []
        for match in AMOUNT.finditer(words or ""):
            number = match["signed"] or match["number"]
            is_money = match["before"] or match["after"] or DECIMALS.search(number)
            if is_money and not words[match.end():].lstrip().startswith("%"):
                cents = DECIMALS.search(number) or re.search(r"[.,]\d$", number)
                whole = re.sub(r"\D", "", number[:cents.start()] if cents else number)
                found.append((match[0].strip(), Decimal(f"{whole}.{cents[0][1:] if cents else 0}").quantize(
                    Decimal("0.01"))))
        return found

    # --- figures that stay true -----------------------------------------------------------------------------------

    def _render_template(self, template, lang, subject_field, body_field):
        """Mark the figures in the words of a formal letter, so that they can be kept up to date."""
        super()._render_template(template, lang, subject_field, body_field)
        if template and body_field == "letter_body":
            for notice in self.filtered(lambda one: one.stage == "formal" and one.letter_body):
                notice.with_context(dunning_freeze=True).letter_body = notice._mark_figures(notice.letter_body)

    def _render_words(self):
        """A text written by hand says the figures of the day it is produced on, as its table does."""
        super()._render_words()
        for notice in self.filtered(lambda one: one.is_edited and one.stage == "formal" and one.letter_body):
            fresh = notice._refresh_figures(notice.letter_body)
            if fresh != notice.letter_body:
                notice.with_context(dunning_freeze=True).letter_body = fresh

    def write(self, vals):
        """A figure that a person has changed is his own: it is compared with the others, and never overwritten."""
        body = vals.get("letter_body")
        if body and not self.env.context.get("dunning_freeze") and "dunning_figure" in body and len(self) == 1:
            vals = {**vals, "letter_body": self._release_figures(body)}
        return super().write(vals)

    @api.model
    def _cut_table(self, text):
        """Figures move from day to day like the table: whoever approved the text approved their places."""
        root = self._parse(super()._cut_table(text))
        for node, _name in self._get_figure_nodes(root):
            node.text = "…"
        return self._serialize(root)

    def _mark_figures(self, body):
        """Return the words with a mark around each figure that moves from day to day."""
        figures = {self[name]: mark for mark, name in reversed(FIGURES.items()) if self[name]}
        if not figures:
            return body
        pattern = re.compile("(?<![\\d\u00a0.,])(" + "|".join(map(re.escape, figures)) + ")")
        root = self._parse(body)
        self._mark_node(root, pattern, figures)
        return self._serialize(root)

    def _mark_node(self, node, pattern, figures):
        if {"dunning_table", *FIGURES} & set((node.get("class") or "").split()):
            return
        for child in list(node):
            self._mark_node(child, pattern, figures)
        for position in range(len(node), -1, -1):
            text = (node[position - 1].tail if position else node.text) or ""
            first, *rest = pattern.split(text)
            if not rest:
                continue
            if position:
                node[position - 1].tail = first
            else:
                node.text = first
            for offset in range(0, len(rest), 2):
                span = lxml_html.Element("span", {"class": figures[rest[offset]]})
                span.text, span.tail = rest[offset], rest[offset + 1]
                node.insert(position + offset // 2, span)

    def _refresh_figures(self, body):
        """Return the words with the figures of today in the places of the former ones."""
        if "dunning_figure" not in (body or ""):
            return body
        root = self._parse(body)
        for node, name in self._get_figure_nodes(root):
            for child in list(node):
                node.remove(child)
            node.text = self[name]
        return self._serialize(root)

    def _release_figures(self, body):
        """Return the words without the marks around what is neither a figure of today nor one that stood there."""
        former = {name: {node.text_content() for node, one in self._get_figure_nodes(self._parse(self.letter_body))
                         if one == name} for name in FIGURES.values()}
        root = self._parse(body)
        for node, name in list(self._get_figure_nodes(root)):
            if self._plain(node.text_content()) not in {self._plain(one) for one in (self[name], *former[name])}:
                node.drop_tag()
        return self._serialize(root)

    @api.model
    def _plain(self, text):
        return " ".join((text or "").split())

    @api.model
    def _get_figure_nodes(self, root):
        """Return (node, name of the field) of each marked figure."""
        return [(node, name) for mark, name in FIGURES.items() for node in root.find_class(mark)]

    @api.model
    def _parse(self, body):
        return lxml_html.fragment_fromstring(str(body or "<p></p>"), create_parent="div")

    @api.model
    def _serialize(self, root):
        return self._to_markup(root)[len("<div>"):-len("</div>")]
