from stdnum.fr import siren, siret

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import formatLang

from ..notice.dunning_notice_letter import NO_BREAK_SPACE


class ResPartner(models.Model):
    """Who a party is in law: what a formal notice says of creditor and debtor."""

    _inherit = "res.partner"

    dunning_legal_form = fields.Char(
        "Legal Form", help="Printed on formal notices: SAS, SARL, association…", groups="base.group_user")
    dunning_rcs_city = fields.Char(
        "Trade Register", help="The city of the register (RCS) in which it is entered.", groups="base.group_user")

    def _get_dunning_siren(self):
        """Return the nine digits of a French company, or nothing: a number that fails its check is not printed."""
        vat = (self.vat or "").replace(" ", "").upper()
        candidates = [self.company_registry or "", vat[4:] if vat.startswith("FR") else ""]
        for candidate in candidates:
            if siret.is_valid(candidate):
                return siret.to_siren(siret.compact(candidate))
            if siren.is_valid(candidate):
                return siren.compact(candidate)
        return ""

    def _get_dunning_identifier(self):
        """Return how the party is registered: "RCS Lyon 732 829 320"; only what is known and right."""
        number = self._get_dunning_siren()
        if not number:
            registry = self.company_registry if self.country_code != "FR" else ""
            return self.env._("company no. %(number)s", number=registry) if registry else \
                self.env._("VAT no. %(number)s", number=self.vat) if self.vat and self.country_code != "FR" else ""
        digits = NO_BREAK_SPACE.join((number[:3], number[3:6], number[6:]))
        if self.dunning_rcs_city:
            return self.env._("RCS %(city)s %(number)s", city=self.dunning_rcs_city, number=digits)
        return self.env._("SIREN %(number)s", number=digits)

    def _get_dunning_form(self):
        """Return the legal form unless the name already says it."""
        form = (self.dunning_legal_form or "").strip()
        words = (self.name or "").lower().replace(",", " ").split()
        return "" if form.lower() in words else form

    def _get_dunning_seat(self):
        """Return the address on one line, the country only when it is known to be another one than the company's."""
        place = " ".join(filter(None, (self.zip, self.city)))
        is_abroad = self.country_id and place and self.country_id != self.env.company.country_id
        return ", ".join(filter(None, (self.street, self.street2, place, is_abroad and self.country_id.name)))


class ResCompany(models.Model):
    """Who the creditor is in law."""

    _inherit = "res.company"

    dunning_legal_form = fields.Char(related="partner_id.dunning_legal_form", readonly=False)
    dunning_rcs_city = fields.Char(related="partner_id.dunning_rcs_city", readonly=False)
    dunning_capital = fields.Monetary("Share Capital", help="Printed on formal notices. 0: not printed.")

    @api.constrains("dunning_capital")
    def _check_dunning_capital(self):
        if any(company.dunning_capital < 0 for company in self):
            raise ValidationError(self.env._("The share capital cannot be negative. Enter 0 to leave it out."))

    def _get_dunning_capital_text(self):
        """Return "with a share capital of 50,000 €", without cents when there are none."""
        amount = self.dunning_capital
        if not amount:
            return ""
        digits = 0 if amount == int(amount) else 2
        text = f"{formatLang(self.env, amount, digits=digits)} {self.currency_id.symbol}"
        text = text.replace(" ", NO_BREAK_SPACE).replace("\N{NARROW NO-BREAK SPACE}", NO_BREAK_SPACE)
        return self.env._("with a share capital of %(amount)s", amount=text)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_legal_form = fields.Char(related="company_id.root_id.dunning_legal_form", readonly=False)
    dunning_rcs_city = fields.Char(related="company_id.root_id.dunning_rcs_city", readonly=False)
    dunning_capital = fields.Monetary(related="company_id.root_id.dunning_capital", readonly=False)
