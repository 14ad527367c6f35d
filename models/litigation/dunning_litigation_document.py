from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from odoo import api, models
from odoo.exceptions import UserError

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
# How an act is named in a French document.
ACTS = {"email": "courriel", "letter": "lettre simple", "registered": "lettre recommandée avec avis de réception",
        "call": "appel téléphonique", "electronic": "lettre recommandée électronique",
        "bailiff": "acte de commissaire de justice", "hand": "remise en main propre"}


class DunningLitigation(models.Model):
    """The papers of a case. They exist in French law only and are written in French, whoever prints them.

    Their dates and amounts are therefore formatted in French here, also where that language is not installed.
    """

    _inherit = "dunning.litigation"

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_print_petition(self):
        """Print the draft of the petition for a court order for payment."""
        self.ensure_one()
        if self.route_code != "payment_order":
            raise UserError(self.env._("The petition belongs to the court order for payment only."))
        return self.env.ref("account_dunning.action_report_payment_order_petition").report_action(self)

    def action_print_vat_statement(self):
        """Print the statement of unpaid invoices that a customer gets before their VAT is recovered."""
        self.ensure_one()
        if self.route_code != "write_off" and self.state != "lost":
            raise UserError(self.env._("The VAT of a claim is recovered once it is irrecoverable."))
        if not self._get_vat_rows():
            raise UserError(self.env._("Nothing is open on the invoices of this case, or they bear no VAT."))
        return self.env.ref("account_dunning.action_report_vat_statement").report_action(self)

    # --- words ----------------------------------------------------------------------------------------------------

    @api.model
    def _fr_date(self, day):
        """Return "1er décembre 2026", which no line end breaks."""
        if not day:
            return "………………"
        text = format_date(day, format="long", locale="fr_FR")
        return (f"1er{text[1:]}" if text.startswith("1 ") else text).replace(" ", NO_BREAK_SPACE)

    def _fr_amount(self, amount):
        """Return "1 234,56 €"."""
        digits = self.currency_id.decimal_places
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        text = format_decimal(Decimal(str(amount)), format=pattern, locale="fr_FR")
        return f"{text} {self.currency_id.symbol}".replace(" ", NO_BREAK_SPACE).replace(
            "\N{NARROW NO-BREAK SPACE}", NO_BREAK_SPACE)

    @api.model
    def _fr_percent(self, percent):
        number = format_decimal(Decimal(percent).normalize(), format="0.00##", locale="fr_FR")
        return f"{number}{NO_BREAK_SPACE}%"

    def _get_party(self, partner):
        """Return how a party is named in law: form, capital, seat and register, as far as they are known."""
        partner = partner.sudo().with_company(self.company_id).with_context(lang="fr_FR")
        company = self.company_id.sudo().with_context(lang="fr_FR")
        identity = [partner._get_dunning_form()]
        if partner == company.partner_id and company.dunning_capital:
            identity.append(f"au capital de {self._fr_amount(company.dunning_capital)}")
        seat = partner._get_dunning_seat()
        if seat:
            identity.append(f"dont le siège est {seat}" if partner.is_company else f"demeurant {seat}")
        identity += [partner._get_dunning_identifier(), self._get_vat_number(partner)]
        return {"name": partner.name, "seat": seat, "number": self._get_vat_number(partner),
                "identity": ", ".join(filter(None, identity))}

    @api.model
    def _get_vat_number(self, partner):
        return f"n° de TVA {partner.vat}".replace(" ", NO_BREAK_SPACE) if partner.vat else ""

    def _get_invoice_rows(self):
        """Return the claimed invoices as the petition lists them."""
        return [{
            "name": line.name, "date": self._fr_date(line.move_id.invoice_date),
            "due": self._fr_date(line.due_date_start), "total": self._fr_amount(line.move_id.amount_total),
            "amount": self._fr_amount(line.amount),
        } for line in self.line_ids]

    def _get_act_rows(self):
        """Return what was sent about these invoices before the formal notice, and the notice: date and way."""
        # sudo: what was sent is listed for whoever prints the case.
        notices = self.sudo().followup_id.notice_ids.filtered(lambda one: (
            one.state == "sent" and one.stage not in ("none", "preventive") and not one.is_returned
            and one.line_ids.move_id & self.line_ids.move_id)).sorted(lambda one: (one.date_sent, one.id))
        return [{
            "day": self._fr_date(notice.date_sent), "is_formal": notice.stage == "formal", "name": notice.name,
            "channel": ACTS.get(notice._get_leading_channel(), "lettre simple"), "proof": self._get_proof_text(notice),
            "deadline": notice.stage == "formal" and notice.deadline_date and self._fr_date(notice.deadline_date),
        } for notice in notices]

    def _get_proof_text(self, notice):
        """Return when the letter was deposited, presented and received, as far as the register knows."""
        dispatch = notice.dispatch_ids.filtered("leading")[:1]
        if not dispatch:
            return ""
        known = []
        for name, words in (("date_deposited", "déposée le"), ("date_presented", "présentée le"),
                            ("date_received", "reçue le")):
            if name in dispatch._fields and dispatch[name]:
                known.append(f"{words} {self._fr_date(dispatch[name])}")
        if "tracking_number" in dispatch._fields and dispatch.tracking_number:
            known.append(f"n° {dispatch.tracking_number}")
        return ", ".join(known)

    def _get_interest_rows(self):
        """Return the periods of the interest, as they were computed when the case was prepared."""
        return [{
            "invoice": line.name,
            "first": self._fr_date(self._to_date(part["first"])), "last": self._fr_date(self._to_date(part["last"])),
            "days": part["days"], "base": self._fr_amount(part["base"]), "percent": self._fr_percent(part["percent"]),
            "amount": self._fr_amount(part["amount"]),
        } for line in self.line_ids for part in line.interest_detail or ()]

    @api.model
    def _to_date(self, text):
        return self.env["dunning.litigation"]._fields["date_order"].to_date(text)

    def _get_interest_basis(self):
        """Return the articles on which the interest rests, each once."""
        return ", ".join(dict.fromkeys(filter(None, self.line_ids.mapped("interest_article"))))

    def _get_compensation_count(self):
        return len(self.line_ids.filtered("amount_compensation"))

    def _get_pieces(self):
        """Return the list of documents: invoices, proofs of the checklist, then every reminder."""
        pieces = [f"Facture n° {line.name} du {self._fr_date(line.move_id.invoice_date)}" for line in self.line_ids]
        generic = self.check_ids.filtered(lambda row: row.is_document and row.attachment_ids)
        for row in generic:
            name = row.step_id.with_context(lang="fr_FR").name or row.name
            pieces.append(f"{name} ({', '.join(row.attachment_ids.mapped('name'))})")
        for row in self._get_act_rows():
            label = "Mise en demeure" if row["is_formal"] else "Relance"
            pieces.append(f"{label} du {row['day']} ({row['channel']}, réf. {row['name']})")
        if self.amount_interest:
            pieces.append("Décompte des intérêts (annexe à la présente requête)")
        return pieces

    def _get_signatory_text(self):
        """Return who signs: name and capacity, or the room to write them."""
        signatory = self._get_signatory()
        return ", ".join(filter(None, (signatory.name, signatory.function))) or "………………………… (nom et qualité)"

    def _get_signatory(self):
        company = self.company_id.sudo()
        return company.dunning_signatory_id or self.user_id

    # --- VAT of what stays unpaid ---------------------------------------------------------------------------------

    def _get_vat_rows(self):
        """Return the unpaid invoices that bear VAT: number, label, date, net and VAT of what is unpaid."""
        rows = []
        for line in self.line_ids:
            move = line.move_id.sudo()
            owed = line.line_id.sudo() | line.line_id.sudo()._get_doubtful_lines()
            # What a proposed entry wrote off is unpaid too; only money was ever paid.
            amount = sum(one._get_unpaid()[0] for one in owed) or self._get_written_off(line.line_id)
            vat = move._get_dunning_vat_part(amount) if move else 0.0
            if vat:
                rows.append({
                    "name": line.name, "label": ", ".join(move.invoice_line_ids.filtered(
                        lambda one: one.display_type == "product").mapped("name"))[:120],
                    "date": self._fr_date(move.invoice_date), "net": amount - vat, "vat": vat,
                    "mention": self._get_vat_mention(amount - vat, vat),
                    "net_text": self._fr_amount(amount - vat), "vat_text": self._fr_amount(vat),
                })
        return rows

    @api.model
    def _get_written_off(self, line):
        """Return what posted entries of this case wrote off of a receivable."""
        owed = line.sudo() | line.sudo()._get_doubtful_lines()
        losses = self.env["account.move.line"].sudo().search([
            ("dunning_written_off_id", "in", owed.ids), ("parent_state", "=", "posted")])
        doubtful = losses.move_id.line_ids.filtered("dunning_doubtful_of_id").move_id
        return -sum(losses.filtered(lambda one: one.move_id not in doubtful).mapped("balance"))

    def _get_vat_mention(self, net, vat):
        """Return the official mention: it tells the customer that he may not deduct this VAT."""
        return (f"Facture demeurée impayée pour la somme de {self._fr_amount(net)} (prix net) et pour la somme de "
                f"{self._fr_amount(vat)} (TVA correspondante) qui ne peut faire l'objet d'une déduction "
                f"(article{NO_BREAK_SPACE}272 du CGI)")
