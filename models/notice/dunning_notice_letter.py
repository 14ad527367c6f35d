from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.i18n import format_list
from odoo.tools.misc import format_date, get_lang

from ..base.money import NO_BREAK_SPACE, format_money

# Up to the first reminder the collector signs; from the second on, the company's signatory does.
COURTEOUS_STAGES = ("none", "preventive", "reminder_1")
DEFAULT_DEADLINE_DAYS = 8
# More would make the sentence unreadable; the follow-up keeps them all.
ACTS_RECALLED = 6


class DunningNotice(models.Model):
    """The words of a notice: what the authors of templates may use, in the customer's language.

    They are fields because templates are rendered in a sandbox that reads fields and calls no private method.
    """
    _inherit = "dunning.notice"

    salutation = fields.Char(compute="_compute_words")
    amount_text = fields.Char("Amount Claimed", compute="_compute_words")
    invoices_text = fields.Char("Invoices Named, for a Subject", compute="_compute_words")
    invoice_names = fields.Char("Invoice Numbers", compute="_compute_words")
    invoice_count = fields.Integer("Number of Invoices", compute="_compute_words")
    is_singular = fields.Boolean("One Invoice Only", compute="_compute_words")
    oldest_days = fields.Integer("Days Late of the Oldest Invoice", compute="_compute_words")
    due_text = fields.Char("Oldest Due Date in Full", compute="_compute_words")
    deadline_text = fields.Char("Deadline in Full", compute="_compute_words")
    place_date_text = fields.Char("Place and Date", compute="_compute_words")
    debtor_kind = fields.Char("Kind of Debtor", compute="_compute_words")
    has_copies = fields.Boolean("Copies Go Along", compute="_compute_words")
    history = fields.Json("Earlier Reminders and Calls", compute="_compute_history")
    history_text = fields.Char("Earlier Reminders in One Phrase", compute="_compute_history")
    call_text = fields.Char("Last Call Recalled", compute="_compute_history")
    interlocutor_id = fields.Many2one("res.users", "Direct Contact", compute="_compute_people")
    contact_text = fields.Char("Direct Contact in One Line", compute="_compute_people")
    signatory_id = fields.Many2one("res.users", compute="_compute_people")

    @api.depends(
        "company_id", "date", "date_sent", "deadline_date", "lang", "level_id", "partner_id", "stage", "line_ids.role",
        "line_ids.amount_residual", "line_ids.days_late", "line_ids.due_date", "line_ids.name",
    )
    def _compute_words(self):
        for notice in self:
            lines = notice._get_demanded_lines()
            names = notice._get_invoice_names(lines)
            notice.salutation = notice._get_salutation()
            notice.amount_text = notice._get_amount_text()
            notice.invoices_text = notice._get_invoices_text(names)
            notice.invoice_names = notice._join_words(names)
            notice.invoice_count = len(names)
            notice.is_singular = len(names) == 1
            notice.oldest_days = max(lines.mapped("days_late"), default=0)
            notice.due_text = notice._format_long_date(notice._get_oldest_due_date())
            notice.deadline_text = notice._format_long_date(notice._get_deadline())
            notice.place_date_text = notice._get_place_date_text()
            notice.debtor_kind = notice._get_debtor_kind()
            notice.has_copies = notice._is_with_copies()

    @api.depends("followup_id", "lang", "line_ids.due_date", "line_ids.move_id")
    def _compute_history(self):
        calls_by_followup = self._get_calls()
        for notice in self:
            since = notice._get_oldest_due_date()
            calls = calls_by_followup.get(notice.followup_id, self.env["dunning.dispatch"]).filtered(
                lambda call, since=since: since and call.date_sent >= since)
            notice.history = notice._get_earlier_acts(calls)
            notice.history_text = notice._join_words(notice.history)
            notice.call_text = notice._get_call_text(calls[-1:])

    @api.depends("company_id", "followup_id", "stage", "user_id")
    def _compute_people(self):
        for notice in self:
            company = notice._get_creditor()
            signatory = company.dunning_signatory_id
            collector = notice.user_id or notice.followup_id.user_id or company.dunning_user_id or signatory
            notice.interlocutor_id = collector
            notice.contact_text = ", ".join(filter(None, [
                collector.name, notice._keep_together(collector.phone), collector.email]))
            notice.signatory_id = collector
            if signatory and notice.stage not in COURTEOUS_STAGES:
                notice.signatory_id = signatory

    def _in_customer_language(self):
        """Return this notice in the language its customer reads."""
        lang = self.lang or self.partner_id.lang
        if lang and lang == self.env.lang:
            return self
        return self.with_context(lang=get_lang(self.env, lang).code)

    def _get_creditor(self):
        """Return the legal entity that claims, whichever of its branches invoiced."""
        return (self.company_id or self.env.company).root_id

    def _get_letter_date(self):
        return self.date_sent or self.date or self._get_creditor()._get_dunning_today()

    def _get_deadline(self):
        """Return the day payment is asked for: every notice names one."""
        days = self.level_id.deadline_days or DEFAULT_DEADLINE_DAYS
        return self.deadline_date or self._get_letter_date() + timedelta(days=days)

    def _get_oldest_due_date(self):
        return min(filter(None, self._get_demanded_lines().mapped("due_date")), default=False)

    def _get_salutation(self):
        """Return how the customer is addressed. Override to greet known persons by their name."""
        return self._in_customer_language().env._("Dear Sir or Madam,")

    def _get_debtor_kind(self):
        """Return the kind of debtor; templates speak of penalties only to those who are known to owe them."""
        return self.partner_id.with_company(self._get_creditor()).dunning_debtor_kind or "unknown"

    def _is_with_copies(self):
        """Tell whether all invoices go along: beyond the limit of an e-mail some would be missing."""
        invoices = self._get_demanded_lines().move_id
        return bool(self.level_id.attach_invoices and invoices and invoices == self._get_attached_invoices())

    def _get_place_date_text(self):
        """Return the dateline of a letter: "Lyon, le 21 novembre 2026"."""
        env = self._in_customer_language().env
        day = self._format_long_date(self._get_letter_date())
        city = self._get_creditor().city
        return env._("%(city)s, %(date)s", city=city, date=day) if city else day

    def _get_invoice_names(self, lines):
        """Return each invoice once, oldest due first, however many instalments are claimed."""
        ordered = lines.sorted(lambda line: (line.due_date or fields.Date.today(), line.name or ""))
        return list(dict.fromkeys(line.name for line in ordered if line.name))

    def _get_invoices_text(self, names):
        """Return the invoices by name: a subject names them and never says that something is owed."""
        env = self._in_customer_language().env
        if len(names) > 3:
            names_text = ", ".join(names[:2])
            return env._("Invoices no. %(names)s and %(count)s others", names=names_text, count=len(names) - 2)
        if len(names) > 1:
            return env._("Invoices no. %(names)s", names=self._join_words(names))
        return env._("Invoice no. %(name)s", name=names[0]) if names else self.name or ""

    def _get_earlier_acts(self, calls):
        """Return the last acts that asked for these invoices, oldest first: "our e-mail of 3 November 2026"."""
        acts = sorted((fields.Date.to_date(day), channel) for day, channel in self._get_dated_acts(calls))
        texts = list(dict.fromkeys(self._get_act_text(channel, day) for day, channel in acts))
        return texts if self.stage == "formal" else texts[-ACTS_RECALLED:]

    def _get_dated_acts(self, calls):
        """Return (day, channel) of what asked for these invoices before."""
        acts = [(call.date_sent, "call" if call.outcome == "reached" else "call_tried") for call in calls]
        for notice in self._get_earlier_notices():
            act = notice._get_written_act()
            if act:
                acts.append(act)
        return acts

    def _get_written_act(self):
        """Return (day, channel) of the message that reached the customer; nothing when all came back."""
        written = self.dispatch_ids._get_own().filtered(lambda one: one.channel != "call")
        arrived = written.filtered(lambda one: one._has_arrived())
        first = arrived.filtered("leading")[:1] or arrived[:1]
        if first:
            return first.date_sent or self.date_sent, self._get_act_channel(first)
        channel = self._get_leading_channel()
        return None if written or channel == "call" else (self.date_sent, channel)

    def _get_act_channel(self, dispatch):
        """Return under which channel a message is recalled. Override to tell more of what became of it."""
        return dispatch.channel

    def _get_earlier_notices(self):
        """Return the reminders sent before this one that claimed some of the same invoices."""
        return self.followup_id.notice_ids.filtered(
            lambda notice: notice.state == "sent" and not (notice.is_elsewhere or notice.is_returned)
            and notice != self._origin
            and notice.stage not in ("none", "preventive") and notice.line_ids.move_id & self.line_ids.move_id
        )

    def _get_leading_channel(self):
        return self.dispatch_ids.filtered("leading")[:1].channel or self.level_id.channel

    def _get_act_text(self, channel, day):
        """Return how an earlier act is recalled in this notice. Override with a new channel."""
        env = self._in_customer_language().env
        day = self._format_long_date(day)
        if channel == "email":
            return env._("our e-mail of %(date)s", date=day)
        if channel == "registered":
            return env._("our registered letter of %(date)s", date=day)
        if channel == "call":
            return env._("our telephone call of %(date)s", date=day)
        if channel == "call_tried":
            return env._("our telephone call of %(date)s (not answered)", date=day)
        return env._("our letter of %(date)s", date=day)

    def _get_calls(self):
        """Return {follow-up: the calls made to that customer, oldest first}."""
        return self.env["dunning.dispatch"].search([
            ("followup_id", "in", self.followup_id.ids), ("channel", "=", "call"), ("outcome", "!=", False),
            ("date_sent", "!=", False),
        ], order="date_sent, id").grouped("followup_id")

    def _get_call_text(self, call):
        """Return the sentence that recalls a call: to have spoken and to have tried are different things."""
        env = self._in_customer_language().env
        if not call:
            return ""
        day = self._format_long_date(fields.Date.to_date(call.date_sent))
        if call.outcome == "reached":
            return env._("We refer to our telephone conversation of %(date)s.", date=day)
        return env._("We tried to reach you by telephone on %(date)s, without success.", date=day)

    def _join_words(self, words):
        """Return "a, b and c" in the customer's language."""
        return format_list(self.env, words, lang_code=self._in_customer_language().env.lang) if words else ""

    def _format_long_date(self, day):
        """Return "21 November 2026", never broken at a line end; in French the first of a month is "1er"."""
        if not day:
            return ""
        lang = self._in_customer_language().env.lang
        text = format_date(self.env, day, lang_code=lang, date_format="long")
        if lang.startswith("fr") and text.startswith("1 "):
            text = f"1er{text[1:]}"
        return text.replace(" ", NO_BREAK_SPACE)

    def _format_short_date(self, day):
        return format_date(self.env, day, lang_code=self._in_customer_language().env.lang) if day else ""

    def _format_amount(self, amount, currency):
        """Return "1 234,56 €" with spaces at which no line breaks."""
        return format_money(self._in_customer_language().env, amount, currency)

    def _keep_together(self, text):
        """Return a telephone number or the like, never broken at a line end."""
        return (text or "").replace(" ", NO_BREAK_SPACE)
