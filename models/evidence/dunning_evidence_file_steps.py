from odoo import models
from odoo.fields import Domain
from odoo.tools import email_normalize
from odoo.tools.misc import format_date

from .dunning_evidence_file_content import Part

SILENT_ROUTES = ("write_off",)  # a matter of our own books


class DunningEvidenceFile(models.Model):
    """What the customer wrote, and what was begun at law: litigation and insolvency."""

    _inherit = "dunning.evidence.file"

    def _get_answer_parts(self):
        parts = super()._get_answer_parts()
        for message in self._get_replies():
            day = self.company_id._get_dunning_day(message.date)
            title = self.env._("E-mail from %(name)s of %(date)s: %(subject)s", date=format_date(self.env, day),
                               name=message.author_id.name or message.email_from, subject=message.subject or "–")
            parts.append(Part("answer", title, f"{day} {message.subject or message.email_from}.pdf", day,
                              message=message.id))
            parts += [
                Part("answer", self.env._("%(title)s, file %(file)s", title=title, file=self._clean_file(file.name)),
                     file.name, day, attachment=file.id)
                for file in message.attachment_ids
            ]
        return parts

    def _get_replies(self):
        """Return what the customer himself wrote by e-mail since the oldest of these receivables.

        What others wrote about him, such as our lawyer, is no business of the court.
        """
        if not self.line_ids:
            return self.env["mail.message"]
        messages = self.env["mail.message"].search(
            Domain([("model", "=", self.followup_id._name), ("res_id", "=", self.followup_id.id),
                    ("message_type", "=", "email"), ("date", ">=", min(self.line_ids.mapped("date")))]), order="id")
        contacts = self.env["res.partner"].with_context(active_test=False).search(
            [("commercial_partner_id", "=", self.partner_id.id)])
        addresses = set(filter(None, contacts.mapped("email_normalized")))
        return messages.filtered(lambda one: one.author_id in contacts or email_normalize(one.email_from) in addresses)

    # --- proceedings ----------------------------------------------------------------------------------------------

    def _get_step_parts(self):
        parts = []
        if self._get_litigations() or self._get_insolvencies():
            parts.append(Part("step", self.env._("Proceedings about these invoices"), section="steps"))
        for one in self._get_insolvencies():
            document = self._get_frozen(one, "document")
            if document:
                parts.append(Part("step", self.env._("Declaration of claim of %(date)s", date=self._day(
                    one.date_declared)), one.document_name or "", one.date_declared, attachment=document.id))
        return parts

    def _get_litigations(self):
        """Return the cases about these receivables that left the house."""
        return self.env["dunning.litigation"].search([
            ("followup_id", "=", self.followup_id.id), ("line_ids.move_id", "in", self.line_ids.move_id.ids),
            ("date_handed_over", "!=", False), ("route_id.code", "not in", SILENT_ROUTES), ("state", "!=", "cancelled"),
        ], order="id")

    def _get_insolvencies(self):
        return self.env["dunning.insolvency"].search([
            ("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id),
            ("state", "!=", "cancelled"),
        ], order="date_judgment, id")

    def _get_steps_values(self):
        env = self.env
        tables = [
            (env._("Litigation"),
             [env._("Route"), env._("Handed over to"), env._("Claimed"), env._("Dates"), env._("Outcome")],
             [self._get_litigation_row(one) for one in self._get_litigations()]),
            (env._("Insolvency"), [env._("Proceedings"), env._("Court and representative"), env._("Declared"),
                                   env._("Dates"), env._("Outcome")],
             [self._get_insolvency_row(one) for one in self._get_insolvencies()]),
        ]
        return {"tables": [table for table in tables if table[2]]}

    def _get_dates_text(self, record, *names):
        """Return the known days of a record with their names."""
        return "; ".join(self._pair(record._fields[name]._description_string(self.env), self._day(record[name]))
                         for name in names if record[name])

    def _get_litigation_row(self, case):
        counterpart = ", ".join(filter(None, [case.counterpart_id.name or " ".join(filter(
            None, [case.court_name, case.court_city])), case.reference]))
        outcome = " · ".join(filter(None, [self._get_label(case, "state"), case.outcome]))
        return [case.route_id.name, counterpart, self._say(case.amount_total, case.currency_id), self._get_dates_text(
            case, "date_handed_over", "date_order", "date_service", "date_hearing", "date_closed"), outcome]

    def _get_insolvency_row(self, one):
        court = ", ".join(filter(None, [one.court, one.reference, one.representative_id.name]))
        outcome = " · ".join(filter(None, [self._get_label(one, "state"), self._get_label(one, "result"),
                                           self._get_label(one, "outcome")]))
        declared = self._say(one.amount_declared, one.currency_id) if one.date_declared else ""
        return [self._get_label(one, "procedure"), court, declared, self._get_dates_text(
            one, "date_judgment", "date_published", "date_declared", "date_closed"), outcome]
