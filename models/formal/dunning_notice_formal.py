from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.i18n import format_list

# The texts that ship: which of them is used follows from the kind of debtor.
FORMAL_TEMPLATES = {
    "business": "account_dunning.letter_template_formal_business",
    "consumer": "account_dunning.letter_template_formal_consumer",
    "public": "account_dunning.letter_template_formal_public",
}
FORMAL_COPY = "account_dunning.mail_template_formal_copy"
# Before an ordinary action on no more than this, French law wants an attempt at conciliation.
CONCILIATION_AMOUNT = 5000
GOODS_NAMED = 3
# A consumer is never given less time, whatever the step says.
CONSUMER_DAYS = 15
WORDS = (
    "formal_title", "creditor_text", "debtor_text", "consequence_text", "formal_basis", "conciliation_text",
    "mediator_text", "hardship_text", "data_text", "formal_contact", "dispatch_text", "letter_date_text",
)
LISTS = ("invoice_facts", "formal_annexes")


class DunningNotice(models.Model):
    """The words of a formal notice, in the customer's language: what a judge looks for in it."""

    _inherit = "dunning.notice"

    formal_title = fields.Char("Title of the Letter", compute="_compute_formal_words")
    creditor_text = fields.Char("Creditor in Law", compute="_compute_formal_words")
    debtor_text = fields.Char("Debtor in Law", compute="_compute_formal_words")
    invoice_facts = fields.Json("Facts by Invoice", compute="_compute_formal_words")
    consequence_text = fields.Char("Consequences in a Sentence", compute="_compute_formal_words")
    formal_basis = fields.Char("Legal Basis", compute="_compute_formal_words")
    conciliation_text = fields.Char("Conciliation", compute="_compute_formal_words")
    mediator_text = fields.Char("Mediator", compute="_compute_formal_words")
    hardship_text = fields.Char("Help in Financial Difficulty", compute="_compute_formal_words")
    data_text = fields.Char("Data Protection", compute="_compute_formal_words")
    formal_contact = fields.Char("Where to Write", compute="_compute_formal_words")
    dispatch_text = fields.Char("Way of Dispatch", compute="_compute_formal_words")
    letter_date_text = fields.Char("Date of the Letter in Full", compute="_compute_formal_words")
    formal_annexes = fields.Json("Enclosures", compute="_compute_formal_words")

    @api.depends("stage", "lang", "company_id", "partner_id", "user_id", "line_ids.role", "line_ids.interest_detail",
                 "line_ids.amount_residual", "consequence_ids", "dispatch_ids.channel", "amount_total", "state")
    def _compute_formal_words(self):
        for notice in self:
            is_formal = notice.stage == "formal" and not notice.is_call
            own = notice._in_customer_language()
            # sudo: identities and goods are part of what is claimed, whoever reads the notice.
            words = own.sudo()._get_formal_words() if is_formal else {}
            for name in WORDS:
                notice[name] = words.get(name) or ""
            for name in LISTS:
                notice[name] = words.get(name) or []

    def _get_formal_words(self):
        """Return {field: words}. Override to add or change one."""
        kind = self._get_formal_kind()
        company = self._get_creditor().with_env(self.env)
        return {
            "formal_title": self.env._("FORMAL NOTICE TO PAY"),
            "creditor_text": self._get_creditor_text(),
            # A natural person is named by the address; everybody else by the register too.
            "debtor_text": self._get_debtor_text() if self._is_debtor_registered() else "",
            "invoice_facts": self._get_invoice_facts(kind),
            "consequence_text": self._get_consequence_text(),
            "formal_basis": self._get_formal_basis(kind),
            "conciliation_text": self._get_conciliation_text(kind),
            "mediator_text": company._get_dunning_mediator_text(self._get_debtor_kind()),
            "hardship_text": self._get_hardship_text(),
            "data_text": self._get_data_text(),
            "formal_contact": self._get_formal_contact(),
            "dispatch_text": self._get_dispatch_text(),
            "letter_date_text": self._format_long_date(self._get_letter_date()),
            "formal_annexes": self._get_formal_annexes(),
        }

    # --- which text -----------------------------------------------------------------------------------------------

    def _get_formal_kind(self):
        """Return which of the three texts is meant: who is not known to be a business reads as a consumer."""
        kind = self._get_debtor_kind()
        return kind if kind in FORMAL_TEMPLATES else "consumer"

    def _get_letter_template(self):
        """A text that ships follows the kind of debtor, whatever the policy; a text of one's own stays."""
        template = super()._get_letter_template()
        if self.stage != "formal":
            return template
        shipped = {self.env.ref(name, raise_if_not_found=False) for name in FORMAL_TEMPLATES.values()}
        if template and template not in shipped:
            return template
        return self.env.ref(FORMAL_TEMPLATES[self._get_formal_kind()], raise_if_not_found=False) or template

    def _get_mail_template(self):
        """The e-mail beside a formal notice is only its copy."""
        template = super()._get_mail_template()
        if template or self.stage != "formal" or self.is_call:
            return template
        return self.env.ref(FORMAL_COPY, raise_if_not_found=False) or template

    def _needs_letter(self):
        """A formal notice is a letter, by whatever way it goes."""
        written = set(self.dispatch_ids.mapped("channel")) - {"call"}
        return super()._needs_letter() or self.stage == "formal" and not self.is_call and bool(written)

    def _with_table(self, body):
        """The copy of a letter needs no table of its own: the letter is attached."""
        if self.stage == "formal" and not self.is_call and self._get_mail_template() == self.env.ref(
                FORMAL_COPY, raise_if_not_found=False):
            return body
        return super()._with_table(body)

    def _get_dated_acts(self, calls):
        """A formal notice names every act, also what went beside the leading channel or without a notice."""
        acts = super()._get_dated_acts(calls)
        if self.stage != "formal":
            return acts
        first = self._get_oldest_due_date()
        notices = self._get_earlier_notices()
        arrived = notices.dispatch_ids._get_own().filtered(lambda one: one.date_sent and one._has_arrived())
        return acts + [act for act in ((one.date_sent, self._get_act_channel(one)) for one in arrived)
                       if act not in acts and first and act[0] >= first]

    @api.model
    def _prepare_plan_vals(self, followup, level, address, today):
        vals = super()._prepare_plan_vals(followup, level, address, today)
        company = followup.company_id
        kind = followup.partner_id.with_company(company.root_id).dunning_debtor_kind or "unknown"
        vals["deadline_date"] = self._give_consumer_time(vals["deadline_date"], company, level, kind)
        return vals

    def _set_day(self, today):
        super()._set_day(today)
        for notice in self.filtered(lambda one: one.stage == "formal" and not one.is_edited):
            notice.deadline_date = self._give_consumer_time(
                notice.deadline_date, notice.company_id, notice.level_id, notice._get_debtor_kind())

    @api.model
    def _give_consumer_time(self, day, company, level, kind):
        """Return the deadline, later for who is not known to be a business or a public body."""
        missing = CONSUMER_DAYS - level.deadline_days
        if level.stage != "formal" or kind in ("business", "public") or missing <= 0:
            return day
        return company._get_dunning_calendar().add_working_days(day + timedelta(days=missing - 1), 1)

    # --- parties --------------------------------------------------------------------------------------------------

    def _is_french(self):
        """Tell whether French law speaks: the articles of other countries stand in their regimes."""
        company = self._get_creditor()
        return (company.account_fiscal_country_id or company.country_id).code == "FR"

    def _get_creditor_text(self):
        """Return who claims: name, legal form, capital, address, register."""
        company = self._get_creditor().with_env(self.env)
        partner = company.partner_id.with_company(company)
        form = " ".join(filter(None, (partner._get_dunning_form(), company._get_dunning_capital_text())))
        return ", ".join(filter(None, (
            company.name, form, partner._get_dunning_seat(), partner._get_dunning_identifier())))

    def _get_debtor_text(self):
        """Return who owes: the legal entity, whoever opens its letters."""
        partner = self.partner_id.commercial_partner_id.with_env(self.env).with_company(self._get_creditor())
        return ", ".join(filter(None, (
            partner.name, partner._get_dunning_form(), partner._get_dunning_seat(), partner._get_dunning_identifier())))

    def _is_debtor_registered(self):
        return self._get_formal_kind() != "consumer" or self._get_debtor_kind() == "non_professional"

    def _get_dispatch_text(self):
        """Return by which way the original goes; a plain letter needs no word."""
        return self._get_way_text(self._get_leading_channel())

    def _get_way_text(self, channel):
        if channel == "registered":
            return self.env._("By registered letter with acknowledgement of receipt")
        if channel == "electronic":
            return self.env._("By electronic registered letter")
        if channel == "hand":
            return self.env._("Delivered by hand against signature")
        return self.env._("Served by a commissaire de justice") if channel == "bailiff" else ""

    def _get_formal_contact(self):
        """Return where objections are sent to, in writing."""
        company = self._get_creditor()
        place = company.partner_id._get_dunning_seat()
        person = self.interlocutor_id
        address = person.email or company.dunning_email or company.email or ""
        return ", ".join(filter(None, (person.name or company.name, place, address,
                                       self._keep_together(person.phone))))

    # --- facts ----------------------------------------------------------------------------------------------------

    def _get_invoice_facts(self, kind):
        """Return what a consumer bought, or under what a public body files the claim, invoice by invoice."""
        if kind == "business":
            return []
        lines = {line.name: line for line in reversed(self._sort_lines(self._get_demanded_lines()))}
        build = self._get_public_fact if kind == "public" else self._get_purchase_fact
        return [build(line) for line in self._sort_lines(self.env["dunning.notice.line"].union(*lines.values()))]

    def _get_invoice_words(self, line):
        date = self._format_long_date(line.invoice_date)
        return self.env._("invoice no. %(name)s of %(date)s", name=line.name, date=date) if date else \
            self.env._("invoice no. %(name)s", name=line.name)

    def _get_purchase_fact(self, line):
        """Return "Repair of the roof, invoice no. X of 3 August 2026"."""
        rows = line.move_id.invoice_line_ids.filtered(lambda row: row.display_type == "product" and row.name)
        goods = list(dict.fromkeys(row.name.splitlines()[0].strip() for row in rows))
        named = ", ".join(goods[:GOODS_NAMED])
        if len(goods) > GOODS_NAMED:
            named = self.env._("%(goods)s and others", goods=named)
        words = self._get_invoice_words(line)
        return self.env._("%(goods)s (%(invoice)s)", goods=named, invoice=words) if named else \
            self.env._("what %(invoice)s is about", invoice=words)

    def _get_public_fact(self, line):
        """Return service, engagement, receipt on the portal and legal due date of an invoice."""
        invoice = line.move_id
        received = invoice.dunning_delivery_date if invoice.dunning_delivery_status == "delivered" else False
        parts = [self._get_invoice_words(line)]
        reference = self._get_line_reference(line)
        if reference:
            parts.append(reference if reference != line.ref else self.env._(
                "your reference: %(reference)s", reference=reference))
        if received:
            parts.append(self.env._("received on the public invoicing portal on %(date)s",
                                    date=self._format_long_date(received)))
        if line.due_date:
            parts.append(self.env._("payable by %(date)s", date=self._format_long_date(line.due_date)))
        return ", ".join(parts)

    def _get_row(self, line):
        """A formal notice names the payments and credit notes it deducts, with their dates."""
        row = super()._get_row(line)
        row["paid_texts"] = []
        is_partly_paid = line.currency_id.compare_amounts(abs(line.amount_total), abs(line.amount_residual)) > 0
        if self.stage == "formal" and line.role != "credit" and is_partly_paid and line.line_id:
            # sudo: what was paid on a claim is part of it, whoever reads the notice.
            movements = line.sudo().line_id._get_dunning_movements().get(line.line_id.id, ())
            row["paid_texts"] = [self._get_paid_text(one, line.currency_id) for one in movements
                                 if one.day <= self._get_letter_date()]
        return row

    def _get_paid_text(self, movement, currency):
        env = self._in_customer_language().env
        words = {"date": self._format_short_date(movement.day),
                 "amount": self._format_amount(float(abs(movement.amount)), currency)}
        if movement.kind == "credit_note" and movement.name:
            return env._("Credit note %(name)s of %(date)s deducted: %(amount)s", name=movement.name,
                         **words)
        if movement.kind == "credit_note":
            return env._("Credit note of %(date)s deducted: %(amount)s", **words)
        if movement.kind == "money":
            return env._("Payment of %(date)s deducted: %(amount)s", **words)
        return env._("Deducted on %(date)s: %(amount)s", **words)

    # --- law ------------------------------------------------------------------------------------------------------

    def _get_consequence_text(self):
        """Return the sentence on what follows: no conditional, no threat that cannot be carried out."""
        announced = self.consequence_ids if self.consequence_ids or self.state not in ("draft", "to_approve") \
            else self._get_consequences()
        words = [one.wording for one in announced.with_env(self.env)]
        return words and self.env._(
            "If full payment does not reach us by that date, we will pursue the recovery of this claim, without "
            "further notice, %(consequences)s.", consequences=format_list(self.env, words, style="or"))

    def _get_formal_basis(self, kind):
        """Return the legal basis: what puts in default, and what lateness costs by kind of debtor."""
        texts = []
        if self._is_french() and kind == "business":
            texts.append(self.env._(
                "This letter is a formal notice within the meaning of article 1344 of the Civil Code."))
        texts.append(self.interest_wording or self.interest_mention or "")
        return " ".join(filter(None, texts))

    def _get_conciliation_text(self, kind):
        """Return the offer of conciliation, only where the ordinary court would want it."""
        if kind != "consumer" or not self._is_french():
            return ""
        if self.amount_total <= CONCILIATION_AMOUNT:
            return self.env._("We are also ready to meet before a court conciliator (conciliateur de justice), whose "
                              "help is free of charge, to settle this amicably.")
        return self.env._("You may also turn, free of charge, to a court conciliator (conciliateur de justice).")

    def _get_hardship_text(self):
        """Return one neutral line on help, for natural persons."""
        is_person = self._get_debtor_kind() == "consumer" or not self.partner_id.is_company
        if not is_person or self._get_formal_kind() != "consumer" or not self._is_french():
            return ""
        return self.env._("If you have financial difficulties, a budget advice centre (Point conseil budget) or the "
                          "Banque de France can inform you free of charge, also on the procedure for over-indebted "
                          "persons.")

    def _get_data_text(self):
        company = self._get_creditor()
        address = company.dunning_email or company.email or company.partner_id._get_dunning_seat()
        values = {"company": company.name, "address": address}
        if self._is_french():
            return self.env._(
                "%(company)s processes the data needed to collect its claims. You may have access to yours, have them "
                "rectified or object by writing to %(address)s, and complain to the CNIL.", **values)
        return self.env._(
            "%(company)s processes the data needed to collect its claims. You may have access to yours, have them "
            "rectified or object by writing to %(address)s, and complain to the supervisory authority.", **values)

    def _get_formal_annexes(self):
        """Return what is enclosed."""
        return [self.env._("Computation of late-payment interest and of the compensation")] if self._get_annex() else []
