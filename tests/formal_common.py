from datetime import date, timedelta

from odoo.fields import Command

from .printing_common import PrintingCommon
from .test_interest_letter import InterestCommon


class FormalCommon(InterestCommon):
    """Formal notices of a French company to the three kinds of debtors, each after two reminders and a call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({
            "street": "14 rue de la République", "zip": "69001", "company_registry": "73282932000074",
            "dunning_capital": 100000, "dunning_rcs_city": "Lyon", "dunning_email": "recouvrement@berthier.example.com",
            "dunning_mediator_name": "Médiation Conso", "dunning_mediator_url": "https://mediation.example.com",
        })
        cls.policy = cls._create_policy([("First", "reminder_1", 7, {}), ("Formal", "formal", 30, {
            "channel": "registered", "claims_interest": True, "claims_compensation": True, "deadline_days": 8,
            "enclose_invoices": False,
            "mail_template_id": cls._ref("mail_template_formal_copy"),
            "letter_template_id": cls._ref("letter_template_formal_business"),
        })])
        cls.reminder, cls.formal = cls.policy.level_ids.sorted("days")

    def _create_debtor(self, kind="business", **values):
        identity = {"company_registry": "552100554", "dunning_rcs_city": "Paris", "dunning_legal_form": "SARL"}
        return self._create_customer(
            f"Debtor {kind}", dunning_debtor_kind=kind, **(identity if kind == "business" else {}) | values)

    def _put_in_default(self, lines, lang="en_US", reminded=True, **values):
        """Return the draft of a formal notice on these receivables, as it looks on the day it is produced."""
        if reminded:
            self._remind(lines, "email", self.today - timedelta(days=30))
            self._remind(lines, "letter", self.today - timedelta(days=15))
        notice = self._claim(lines, self.formal, lang, **values)
        notice.amount_total = sum(lines.mapped("amount_residual"))
        notice._set_claims(self.today)
        return notice

    def _remind(self, lines, channel, day, **values):
        """A reminder that was sent before."""
        notice = self._claim(lines, self.reminder)
        notice.dispatch_ids = [Command.clear(), Command.create({
            "followup_id": notice.followup_id.id, "channel": channel, "leading": True, "state": "sent",
            "date_sent": day, **values})]
        notice.write({"state": "sent", "date_sent": day})
        self.env.invalidate_all()
        return notice

    def _create_default(self, kind="business", count=1, lang="en_US", **values):
        """Return a formal notice on ``count`` invoices of 1,200 each."""
        debtor = self._create_debtor(kind, lang=lang, is_company=kind != "consumer")
        lines = self.env["account.move.line"].union(*(
            self._create_receivable(1200, due=date(2026, 9, 1), partner=debtor) for _number in range(count)))
        return self._put_in_default(lines, lang, **values)


class PrintedCommon(PrintingCommon, FormalCommon):
    """Formal notices printed for real and read back."""

    def _print(self, *notices):
        """Return the words of each notice on one line, with plain spaces and straight quotes."""
        letters = self.env["dunning.notice"].union(*notices)
        letters._copy_addressee()
        letters._render_words()
        files = self._print_letters(letters)
        return [self._read(files[notice]) for notice in notices]

    def _read(self, pdf):
        return self._read_words(pdf).replace("’", "'")
