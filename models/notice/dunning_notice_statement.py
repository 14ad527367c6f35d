import re
from copy import deepcopy

from lxml import html
from markupsafe import Markup
from num2words import num2words

from odoo import api, fields, models
from odoo.tools import split_every
from odoo.tools.misc import get_lang

from .dunning_notice_letter import NO_BREAK_SPACE

# A start of wkhtmltopdf is dear, and a letter costs more in calls of more than fifty.
LETTERS_PER_CALL = 25
CLOSING_PARAGRAPHS = 2
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


class DunningNotice(models.Model):
    """The table of receivables, the means of payment and the printed letter of a notice."""
    _inherit = "dunning.notice"

    table_html = fields.Html("Table of Receivables", compute="_compute_table_html", sanitize=False)
    signature_html = fields.Html("Signature", compute="_compute_signature_html", sanitize=False)

    @api.depends(
        "company_id", "date_sent", "lang", "name", "stage", "line_ids.amount_residual", "line_ids.days_late",
        "line_ids.earlier", "line_ids.role",
    )
    def _compute_table_html(self):
        for notice in self:
            notice.table_html = notice.line_ids and notice._render_block("account_dunning.notice_table")

    @api.depends("company_id", "lang", "stage", "user_id")
    def _compute_signature_html(self):
        for notice in self:
            notice.signature_html = notice._render_block("account_dunning.notice_signature")

    def _render_block(self, template):
        """Return a block of the e-mail, in the customer's language and with styles of its own."""
        notice = self._in_customer_language()
        return notice.env["ir.qweb"]._render(template, {"notice": notice})

    def _get_demanded_lines(self):
        """Return the receivables whose payment is asked: overdue ones too that do not move a step.

        A formal notice demands only what it puts in default; everything else is for information.
        """
        roles = ("moving",) if self.stage == "formal" else ("moving", "listed")
        return self.line_ids.filtered(lambda line: line.role in roles)

    def _get_information_lines(self):
        """Return the receivables shown outside the total: an earlier notice already claims them."""
        return self.line_ids.filtered(lambda line: line.role != "credit") - self._get_demanded_lines()

    def _get_credit_lines(self):
        return self.line_ids.filtered(lambda line: line.role == "credit")

    def _get_totals(self):
        """Return {currency: what is claimed less the credits}, the company's own currency first."""
        totals = {}
        for line in self._get_demanded_lines():
            totals[line.currency_id] = totals.get(line.currency_id, 0.0) + line.amount_residual
        for line in self._get_credit_lines():
            totals[line.currency_id] = totals.get(line.currency_id, 0.0) - abs(line.amount_residual)
        return self._sort_currencies({currency: currency.round(total) for currency, total in totals.items()})

    def _get_amount_text(self):
        """Return what is owed of the invoices in each currency: "1 234,56 € and 500,00 $"."""
        return self._join_amounts(self._get_totals())

    def _get_statement(self):
        """Return the table of receivables, one block per currency, everything already written out."""
        totals, claims = self._get_totals(), self._get_claim_totals()
        currencies = list(self._sort_currencies({**totals, **claims}))
        is_only = len(currencies) == 1
        return [{
            "currency": "" if is_only else currency.name,
            "moving": self._get_rows("moving", currency),
            "listed": self._get_rows("listed", currency) if self.stage != "formal" else [],
            "credits": self._get_rows("credit", currency),
            "summary": self._get_summary_rows(currency, totals.get(currency, 0.0), claims.get(currency), is_only),
        } for currency in currencies]

    def _get_total_label(self, code):
        """Return what the total is called; before the due date nothing is demanded."""
        env = self._in_customer_language().env
        if self.stage == "preventive":
            return env._("Total in %(code)s", code=code) if code else env._("Total")
        return env._("Total to pay in %(code)s", code=code) if code else env._("Total to pay")

    def _get_as_of_text(self):
        return self._in_customer_language().env._(
            "Account as of %(date)s, payments received by that day deducted.",
            date=self._format_long_date(self._get_letter_date()),
        )

    def _get_rows(self, role, currency):
        lines = self.line_ids.filtered(lambda line: line.role == role and line.currency_id == currency)
        return [self._get_row(line) for line in self._sort_lines(lines)]

    def _get_information_rows(self):
        return [self._get_row(line) for line in self._sort_lines(self._get_information_lines())]

    def _sort_lines(self, lines):
        return lines.sorted(lambda line: (line.due_date or fields.Date.today(), line.name or "", line.id))

    def _get_row(self, line):
        """Return one receivable as the customer reads it; credits are shown as deductions."""
        env = self._in_customer_language().env
        sign = -1 if line.role == "credit" else 1
        date = self._format_short_date(line.invoice_date)
        total = self._format_amount(sign * abs(line.amount_total), line.currency_id)
        is_partly_paid = line.currency_id.compare_amounts(abs(line.amount_total), abs(line.amount_residual)) > 0
        reference = self._get_line_reference(line)
        return {
            "name": line.name or "",
            "ref": reference,
            "ref_text": env._("Your reference: %(reference)s", reference=reference) if reference else "",
            "date": date,
            "date_text": env._("of %(date)s", date=date) if date else "",
            "due": self._format_short_date(line.due_date) if line.role != "credit" else "",
            "days": line.days_late if line.days_late > 0 and line.role != "credit" else "",
            "days_text": self._get_days_text(line),
            "total": total,
            "residual": self._format_amount(sign * abs(line.amount_residual), line.currency_id),
            "part_text": env._("of %(amount)s incl. VAT", amount=total) if is_partly_paid else "",
            "earlier": line.earlier or "",
        }

    def _get_days_text(self, line):
        env = self._in_customer_language().env
        if line.days_late <= 0 or line.role == "credit":
            return ""
        return env._("%(days)s days late", days=line.days_late) if line.days_late > 1 else env._("1 day late")

    def _get_line_reference(self, line):
        """Return what a customer files the invoice under; for public bodies engagement and service code."""
        env = self._in_customer_language().env
        invoice = line.move_id
        if self._get_debtor_kind() != "public" or "purchase_order_reference" not in invoice._fields:
            return line.ref or ""
        parts = []
        if invoice.purchase_order_reference:
            parts.append(env._("Engagement %(number)s", number=invoice.purchase_order_reference))
        if invoice.buyer_reference:
            parts.append(env._("Service %(code)s", code=invoice.buyer_reference))
        return ", ".join(parts) or line.ref or ""

    def _get_total_words(self, total, currency):
        """Return the total in words, for letters; empty when the language or the currency is not known."""
        lang = get_lang(self.env, self._in_customer_language().env.lang).iso_code
        # Without cents only the part before the separator is kept: "four thousand euro".
        options = {"separator": "|"} if total == int(total) else {}
        try:
            words = num2words(total, to="currency", currency=currency.name, lang=lang, **options)
        except (NotImplementedError, AttributeError, TypeError):
            return ""
        return words.partition("|")[0].strip()

    def _get_payment_means(self):
        """Return how to pay: one block per account to be credited, with the invoices it is for."""
        own = self._get_company_accounts()
        by_account = self._get_demanded_lines().grouped(lambda line: self._get_payee_account(line, own))
        return [
            self._prepare_payment_vals(account, account_lines, is_only=len(by_account) == 1)
            for account, account_lines in by_account.items() if account
        ]

    def _get_payee_account(self, line, own):
        """Return the account to pay a receivable to: the assignee's, or one of the company's own journals.

        An account typed on an invoice that is on no bank journal is never printed: it could be anybody's.
        """
        # sudo: a collector reads neither bank accounts nor journals of branches.
        assignee = self._get_assignee(line.sudo().move_id)
        if assignee:
            return assignee.bank_ids[:1]
        return line.sudo().move_id.partner_bank_id & own or own[:1]

    def _get_assignee(self, invoice):
        """Return who alone may be paid: the assignee for whom we collect with a mandate."""
        customer = invoice.commercial_partner_id.with_company(self._get_creditor())
        sources = (invoice, customer, invoice.invoice_payment_term_id)
        source = next((source for source in sources if source.dunning_assignment), invoice)
        return source.dunning_assignee_id if source.dunning_assignment == "mandate" else self.env["res.partner"]

    def _get_company_accounts(self):
        """Return the accounts of the bank journals, the legal entity's before those of its branches."""
        company = self._get_creditor().sudo()
        return (company | company.child_ids).bank_journal_ids.bank_account_id

    def _prepare_payment_vals(self, account, lines, is_only):
        env = self._in_customer_language().env
        names = self._get_invoice_names(lines)
        payee = account.acc_holder_name or account.partner_id.name or ""
        number = account.sanitized_acc_number or ""
        is_iban = bool(IBAN.fullmatch(number))
        groups = [number[start:start + 4] for start in range(0, len(number), 4)]
        assigned = account.partner_id != self._get_creditor().partner_id
        return {
            "heading": env._("By bank transfer. Payee: %(payee)s", payee=payee),
            "invoices": "" if is_only else self._get_invoices_text(names),
            "label": env._("IBAN") if is_iban else env._("Account number"),
            "number": NO_BREAK_SPACE.join(groups) if is_iban else account.acc_number or "",
            "bank": ", ".join(filter(None, [account.bank_bic and f"BIC {account.bank_bic}", account.bank_id.name])),
            "amount": self._get_payment_text(lines, is_only),
            "reference": names[0] if len(names) == 1 else self.name or "",
            "assignment": env._(
                "This claim was assigned to %(payee)s: only a payment to that account discharges you.", payee=payee,
            ) if assigned else "",
        }

    def _get_payment_text(self, lines, is_only):
        """Return what to pay into one of several accounts; for the only one it is the total of the table."""
        return "" if is_only or self._get_credit_lines() else self._join_amounts(self._get_sums(lines))

    def _get_address_lines(self):
        """Return the lines shown in the window of the envelope: company, person, street, town, country if abroad."""
        addressee = self.addressee or self.contact_id.display_name or self.partner_id.display_name or ""
        return self._fit_window(addressee, self.address)

    def _fit_window(self, addressee, address):
        lines = [line.strip() for line in (address or "").splitlines() if line.strip()]
        if lines and addressee.startswith(f"{lines[0]}, "):
            lines.insert(1, addressee.removeprefix(f"{lines[0]}, "))
        else:
            lines.insert(0, addressee)
        home = self._get_creditor().country_id
        names = {home.with_context(lang=lang).name for lang, _name in self.env["res.lang"].get_installed()}
        return list(dict.fromkeys(line for line in lines if line and line not in names))

    def _get_letter_parts(self):
        """Return the text of the letter before and after the table.

        The text is written for every channel, with the table of the e-mail in it: paper has its own, drawn in that
        place, and prints its own signature.
        """
        text = html.fragment_fromstring(self.letter_body or self.body or "", create_parent="div")
        for signature in text.find_class("dunning_signature"):
            signature.drop_tree()
        for block in text:
            # The type and width of an e-mail are not those of the letter.
            block.attrib.pop("style", None)
        if not text.find_class("dunning_table"):
            return self._to_markup(text), Markup()
        after = deepcopy(text)
        return self._cut_at_table(text, drop_before=False), self._cut_at_table(after, drop_before=True)

    def _cut_at_table(self, text, drop_before):
        """Return one side of the table; the paragraphs and styles around it stay closed on both sides."""
        table = text.find_class("dunning_table")[0]
        for node in (table, *table.iterancestors()):
            parent = node.getparent()
            if parent is None:
                break
            for sibling in list(node.itersiblings(preceding=drop_before)):
                parent.remove(sibling)
            if drop_before:
                parent.text = None
            else:
                node.tail = None
        table.drop_tree()
        return self._to_markup(text)

    def _split_closing(self, text):
        """Return the text and its last paragraphs: they stay with the signature, which is never alone on a page."""
        root = html.fragment_fromstring(text or "", create_parent="div")
        closing = html.fragment_fromstring("", create_parent="div")
        paragraphs = [one for one in root.iter("p") if one.text_content().strip()]
        for paragraph in paragraphs[-CLOSING_PARAGRAPHS:]:
            if not (paragraph.tail or "").strip():
                paragraph.getparent().remove(paragraph)
                closing.append(paragraph)
        return self._to_markup(root), self._to_markup(closing)

    def _to_markup(self, text):
        return Markup(html.tostring(text, encoding="unicode"))

    def _render_letters(self):
        """Return {notice id: PDF}, in calls of at most twenty-five letters."""
        report = self.env.ref("account_dunning.action_report_dunning_letter")
        letters = {}
        for ids in split_every(LETTERS_PER_CALL, self.ids):
            letters.update(report._render_dunning_letters(self.browse(ids)))
        return self._enclose_copies(letters)

    @api.model
    def _enclose_copies(self, letters):
        """Return {notice id: PDF} with what goes behind each letter. Override to enclose something."""
        return letters
