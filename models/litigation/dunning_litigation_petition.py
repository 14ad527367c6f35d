import re

from odoo import api, fields, models

TO_COMPLETE = "…………………… (à compléter)"
# A creditor of this form is a natural person: the court wants to know who he is.
SOLE_TRADER = re.compile(
    r"^(EI|E\.I\.|(entrepreneur|entreprise)s? individuel(le)?|(auto|micro)-?entrepre(neur|neuse|ise))$", re.I)
# Names that say their legal form by themselves.
FORMS = frozenset({
    "SA", "SAS", "SASU", "SARL", "EURL", "SNC", "SCI", "SCP", "SCM", "SELARL", "SELAS", "SCOP", "GIE", "EARL", "GAEC",
    "SCA", "SCS", "ASSOCIATION", "GMBH", "AG", "BV", "NV", "SRL", "LTD", "SE",
})
# Those who represent a company by law; any other signatory needs a power of attorney.
LEGAL_ORGANS = re.compile(
    r"^(co-?)?(gérant(e)?|président(e)?([- ]directeur(rice)? général(e)?)?|p\.?d\.?g\.?|directeur général|"
    r"directrice générale)$", re.I)
CONCILIATION_LIMIT = 5000


class DunningLitigation(models.Model):
    """What a registry wants to read in a petition, on pain of nullity: who asks whom, before which court, for what.

    CPC, art. 54 (parties), 1407 (sum, breakdown, ground, list of documents) and 1408 (where an opposition goes).
    """

    _inherit = "dunning.litigation"

    opposition_court = fields.Char(
        "Court after Opposition", help="Where the case goes at once when the debtor objects (CPC 1408). Empty: the "
                                       "court that made the order.")
    route_note = fields.Text(related="route_id.note")
    route_caution = fields.Char(related="route_id.caution")
    petition_missing = fields.Text("Missing on the Petition", compute="_compute_petition_missing", compute_sudo=True)

    @api.depends("route_code", "state", "court_name", "counterpart_id", "partner_id.street", "partner_id.city",
                 "company_id.dunning_legal_form", "company_id.dunning_legal_representative",
                 "company_id.dunning_signatory_id")
    @api.depends_context("lang")
    def _compute_petition_missing(self):
        for case in self:
            is_open = case.route_code == "payment_order" and case.state == "preparing"
            case.petition_missing = is_open and "\n".join(f"• {text}" for text in case._get_petition_gaps())

    def _get_petition_gaps(self):
        """Return what the registry would send the petition back for; the draft leaves room for each."""
        creditor = self.company_id.partner_id
        if not self._get_court_text():
            yield self.env._("The court is not named.")
        if self._is_natural_creditor():
            yield self.env._("You act as a natural person: write profession, nationality, day and place of birth on "
                             "the petition.")
        elif not self._has_form(creditor):
            yield self.env._("Our legal form is missing: enter it in the settings of dunning.")
        if not (creditor.street and creditor.city):
            yield self.env._("Our own address is incomplete: enter street and city on the company.")
        if not self._is_natural_creditor() and not self._get_representative():
            yield self.env._("Who represents us by law is missing: enter it in the settings of dunning.")
        if not (self.partner_id.street and self.partner_id.city):
            yield self.env._("The address of the debtor is incomplete: the court of his place decides.")

    # --- parties --------------------------------------------------------------------------------------------------

    def _is_natural_creditor(self):
        return bool(SOLE_TRADER.match((self.company_id.sudo().dunning_legal_form or "").strip()))

    @api.model
    def _has_form(self, partner):
        """Tell whether the legal form is known, or said by the name."""
        words = {word.strip(",.()").replace(".", "").upper() for word in (partner.name or "").split()}
        return bool((partner.sudo().dunning_legal_form or "").strip()) or not FORMS.isdisjoint(words)

    def _get_representative(self):
        """Return who represents the creditor by law, name and capacity, or nothing."""
        signatory = self.company_id.sudo().dunning_signatory_id
        if LEGAL_ORGANS.match((signatory.function or "").strip()):
            return f"{signatory.name}, {signatory.function}"
        return (self.company_id.sudo().dunning_legal_representative or "").strip()

    def _get_claimant_text(self):
        """Return the creditor as article 54 wants him; what nobody entered is left to be written."""
        partner = self.company_id.sudo().partner_id
        parts = [self._get_party(partner)["identity"]]
        if self._is_natural_creditor():
            return ", ".join(filter(None, (
                *parts, f"né(e) le {TO_COMPLETE} à {TO_COMPLETE}", f"de nationalité {TO_COMPLETE}",
                f"profession : {TO_COMPLETE}")))
        if not self._has_form(partner):
            parts.insert(0, f"forme : {TO_COMPLETE}")
        if not partner._get_dunning_seat():
            parts.append(f"dont le siège est {TO_COMPLETE}")
        parts.append(f"représenté par son représentant légal, {self._get_representative() or TO_COMPLETE}")
        return ", ".join(filter(None, parts))

    def _get_defendant_text(self):
        """Return the debtor: a company is reached through who represents it."""
        partner = self.partner_id.sudo()
        parts = [self._get_party(partner)["identity"]]
        if not partner._get_dunning_seat():
            parts.append(f"{'dont le siège est' if partner.is_company else 'demeurant'} {TO_COMPLETE}")
        if partner.is_company:
            parts.append("pris en la personne de son représentant légal")
        return ", ".join(filter(None, parts))

    def _get_contact_text(self):
        """Return how the registry reaches whoever runs the case."""
        user, company = self.user_id.sudo(), self.company_id.sudo()
        phone = user.phone or company.phone
        return " – ".join(filter(None, (user.email or company.email, phone and f"téléphone {phone}")))

    # --- law ------------------------------------------------------------------------------------------------------

    def _is_before_civil_court(self):
        return "judiciaire" in self._get_court_text().lower() or self.debtor_kind != "business"

    def _needs_no_conciliation(self):
        """Tell whether a clerk may ask for an attempt at conciliation: the petition says why there is none."""
        return self._is_before_civil_court() and self.currency_id.compare_amounts(
            self.amount_total, CONCILIATION_LIMIT) <= 0


class ResCompany(models.Model):
    _inherit = "res.company"

    dunning_legal_representative = fields.Char(
        "Legal Representative", help="Name and capacity of who represents the company by law, e.g. “Jeanne Martin, "
                                     "présidente”. A petition to a court names him, whoever signs it.")


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_legal_representative = fields.Char(
        related="company_id.root_id.dunning_legal_representative", readonly=False)
