from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
# How an act is named in a French document.
ACTS = {"email": "courriel", "letter": "lettre simple", "registered": "lettre recommandée avec avis de réception",
        "call": "appel téléphonique", "electronic": "lettre recommandée électronique",
        "bailiff": "acte de commissaire de justice", "hand": "remise en main propre"}
# How a proof attached to an invoice is named in the list of documents.
PROOFS = {"contract": "Contrat ou conditions acceptées", "quotation": "Devis signé", "order": "Bon de commande",
          "delivery": "Bon de livraison", "acceptance": "Acceptation ou procès-verbal de réception",
          "correspondence": "Correspondance", "other": "Pièce justificative"}
VOWELS = "AEIOUYÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ"


class DunningLitigation(models.Model):
    """The papers of a case. They exist in French law only and are written in French, whoever prints them.

    Their dates and amounts are therefore formatted in French here, also where that language is not installed.
    """

    _inherit = "dunning.litigation"

    facts = fields.Text("Facts for the Court", help="In French, as the petition prints it: what was agreed, ordered "
                                                    "and delivered, and when. Empty: the labels of the invoices.")
    court_hint = fields.Char(compute="_compute_court_hint")

    @api.depends("debtor_kind", "partner_id.city")
    @api.depends_context("lang")
    def _compute_court_hint(self):
        """Say which court is usually competent: a person decides."""
        for case in self:
            city = case.partner_id.city or "…"
            case.court_hint = self.env._(
                "Usually the commercial court (tribunal de commerce, in some cities tribunal des activités "
                "économiques) of the seat of the debtor (%(city)s) between traders and companies; else the tribunal "
                "judiciaire.", city=city,
            ) if case.debtor_kind == "business" else self.env._(
                "Usually the tribunal judiciaire of the place where the debtor lives (%(city)s).", city=city)

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_print_petition(self):
        """Print the draft of the petition for a court order for payment."""
        self.ensure_one()
        if self.route_code != "payment_order":
            raise UserError(self.env._("The petition belongs to the court order for payment only."))
        return self.env.ref("account_dunning.action_report_payment_order_petition").report_action(self)

    # --- words ----------------------------------------------------------------------------------------------------

    @api.model
    def _fr_date(self, day):
        """Return "1er décembre 2026", which no line end breaks."""
        if not day:
            return "………………"
        text = format_date(day, format="long", locale="fr_FR")
        return (f"1er{text[1:]}" if text.startswith("1 ") else text).replace(" ", NO_BREAK_SPACE)

    def _fr_amount(self, amount, currency=None):
        """Return "1 234,56 €", in the currency of the case unless said."""
        currency = currency or self.currency_id
        digits = currency.decimal_places
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        text = format_decimal(Decimal(str(amount)), format=pattern, locale="fr_FR")
        return f"{text} {currency.symbol}".replace(" ", NO_BREAK_SPACE).replace(
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
            identity.append(f"au capital de {self._fr_amount(company.dunning_capital, company.currency_id)}")
        seat = partner._get_dunning_seat()
        if seat:
            identity.append(f"dont le siège est {seat}" if partner.is_company else f"demeurant {seat}")
        identity += [partner._get_dunning_identifier(), self._get_vat_number(partner)]
        return {"name": partner.name, "seat": seat, "number": self._get_vat_number(partner),
                "identity": ", ".join(filter(None, identity))}

    @api.model
    def _get_vat_number(self, partner):
        return f"n° de TVA {partner.vat}".replace(" ", NO_BREAK_SPACE) if partner.vat else ""

    @api.model
    def _fr_of(self, place):
        """Return "de Lyon", "d'Angers", "du Mans", "des Sables-d'Olonne"."""
        place = (place or "").strip()
        for article, contracted in (("Le ", "du "), ("Les ", "des ")):
            if place.startswith(article):
                return contracted + place[len(article):]
        return f"d'{place}" if place[:1].upper() in VOWELS else f"de {place}"

    def _get_court_text(self):
        """Return "Tribunal de commerce de Paris", or nothing as long as nobody knows."""
        name, city = (self.court_name or self.counterpart_kind == "court" and self.counterpart_id.name or "").strip(), \
            (self.court_city or "").strip()
        return f"{name} {self._fr_of(city)}" if name and city and city.lower() not in name.lower() else name

    def _get_invoice_rows(self):
        """Return the claimed invoices as the petition lists them; instalments of one invoice are counted."""
        rows = []
        for line in self.line_ids:
            move = line.move_id
            parts = move.sudo().line_ids.filtered(lambda one: one.account_type == "asset_receivable").sorted(
                lambda one, move=move: (one.date_maturity or move.invoice_date, one.id))
            rank = parts.ids.index(line.line_id.id) + 1 if len(parts) > 1 and line.line_id in parts else 0
            rows.append({
                "name": line.name, "date": self._fr_date(move.invoice_date), "due": self._fr_date(line.due_date_start),
                "part": f"échéance {rank} sur {len(parts)}" if rank else "",
                "label": self._get_label(move), "total": self._fr_amount(move.amount_total),
                "amount": self._fr_amount(line.amount),
            })
        return rows

    @api.model
    def _get_label(self, move):
        """Return what an invoice is about, in a few words."""
        names = move.sudo().invoice_line_ids.filtered(lambda one: one.display_type == "product" and one.name)
        text = ", ".join(dict.fromkeys(name.splitlines()[0] for name in names.mapped("name")))
        return text if len(text) <= 90 else f"{text[:89].rstrip()}…"

    def _get_payment_rows(self):
        """Return what was paid or credited on these invoices before the case: it is deducted already."""
        lines = self.sudo().line_ids
        movements = lines.line_id._get_dunning_movements()
        return [
            {"invoice": line.name, "day": self._fr_date(one.day), "amount": self._fr_amount(one.amount),
             "kind": "avoir" if one.kind == "credit_note" else "règlement"}
            for line in lines for one in movements.get(line.line_id.id, ())
            if one.kind in ("money", "credit_note") and one.day <= (self.date_handed_over or one.day)]

    def _get_act_rows(self):
        """Return what was sent or said about these invoices before the formal notice, and the notice: date and way."""
        # sudo: what was sent is listed for whoever prints the case.
        notices = self.sudo().followup_id.notice_ids.filtered(lambda one: (
            one.state == "sent" and (one.is_call or one.stage not in ("none", "preventive")) and not one.is_returned
            and one.line_ids.move_id & self.line_ids.move_id)).sorted(lambda one: (one.date_sent, one.id))
        return [{
            "day": self._fr_date(notice.date_sent), "is_formal": notice.stage == "formal", "name": notice.name,
            "call": self._get_call_text(notice),
            "channel": ACTS.get(notice._get_leading_channel(), "lettre simple"), "proof": self._get_proof_text(notice),
            "deadline": notice.stage == "formal" and notice.deadline_date and self._fr_date(notice.deadline_date),
        } for notice in notices]

    def _get_call_text(self, notice):
        """Return whether a call reached the debtor, nothing when the notice is something written."""
        if notice._get_leading_channel() != "call":
            return ""
        reached = "reached" in notice.dispatch_ids.mapped("outcome")
        return "le débiteur a été joint" if reached else "resté sans réponse"

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
        return len(self.line_ids.filtered(lambda line: line.amount_compensation or line.amount_compensation_other))

    def _is_legal_interest(self):
        return all(line.is_legal_interest for line in self.line_ids if line.amount_interest)

    def _get_pieces(self):
        """Return the list of documents: invoices, their proofs, those of the checklist, then every reminder."""
        moves = self.line_ids.move_id
        pieces = [f"Facture n° {move.name} du {self._fr_date(move.invoice_date)}" for move in moves]
        # sudo: the list names the proofs for whoever prints it; their files stay where they are.
        for proof in self.env["dunning.evidence"].sudo().search([("move_id", "in", moves.ids)]).sorted(
                lambda one: (list(PROOFS).index(one.type), one.date or one.move_id.invoice_date, one.id)):
            day = f" du {self._fr_date(proof.date)}" if proof.date else ""
            words = f" – {proof.comment}" if proof.comment else ""
            pieces.append(f"{PROOFS[proof.type]}{day}{words} (facture n° {proof.move_id.name})")
        for row in self.check_ids.filtered(lambda row: row.is_document and row.attachment_ids):
            name = row.with_context(lang="fr_FR").name
            pieces.append(f"{name} ({', '.join(row.attachment_ids.mapped('name'))})")
        for row in self._get_act_rows():
            if row["call"]:
                continue  # nothing on paper
            label = "Mise en demeure" if row["is_formal"] else "Relance"
            pieces.append(f"{label} du {row['day']} ({row['channel']}, réf. {row['name']})")
        if self.amount_interest:
            pieces.append("Décompte des intérêts (annexe à la présente requête)")
        return pieces

    def _get_total_text(self):
        """Return what is claimed: "5 176,66 $ (ou sa contre-valeur en euros au jour du paiement) et 80,00 €"."""
        total = self._fr_amount(self.amount_total)
        if self.currency_id != self.company_id.currency_id:
            total += " (ou sa contre-valeur en euros au jour du paiement)"
        return " et ".join([total, *(
            self._fr_amount(amount, currency) for currency, amount in self._get_other_compensations().items())])

    def _get_daily_text(self):
        """Return what a day of interest amounts to at the rate of today, or nothing."""
        daily = sum(self.line_ids.mapped("interest_daily"))
        return self._fr_amount(daily) if self.currency_id.compare_amounts(daily, 0) > 0 else ""

    def _get_signatory_text(self):
        """Return who signs: name and capacity, or the room to write them."""
        signatory = self._get_signatory()
        return ", ".join(filter(None, (signatory.name, signatory.function))) or "………………………… (nom et qualité)"

    def _get_signatory(self):
        company = self.company_id.sudo()
        return company.dunning_signatory_id or self.user_id
