from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.misc import format_date

from ..run.dunning_run_night import NightStep
from .res_partner_kyc import REMINDERS


class DunningGuarantor(models.Model):
    """What a guarantor who is a natural person must be told: each default, and once a year what is owed.

    A professional creditor who says nothing loses interest and penalties against him (C. civ. 2302, 2303). The letter
    informs; it asks for nothing.
    """

    _inherit = "dunning.guarantor"

    followup_id = fields.Many2one("dunning.followup", compute="_compute_followup_id")
    annual_date = fields.Date(
        "Yearly Statement On", help="The day of the last yearly statement: before 31 March he is told what was owed on "
                                    "31 December (principal, interest and the rest), and when his commitment ends or "
                                    "how he may end it (C. civ. 2302).")
    annual_reminded = fields.Char(readonly=True)

    @api.depends("partner_id", "company_id")
    def _compute_followup_id(self):
        for one in self:
            one.followup_id = self.env["dunning.followup"].search([
                ("partner_id", "=", one.partner_id.commercial_partner_id.id), ("company_id", "=", one.company_id.id)],
                limit=1)

    # --- the letter -----------------------------------------------------------------------------------------------

    def _get_lines(self):
        """Return what the customer owes and has not paid in time, oldest first."""
        lines = self.env["account.move.line"].sudo()
        domain = lines._get_overdue_domain(self.company_id) & fields.Domain(
            "partner_id.commercial_partner_id", "=", self.partner_id.commercial_partner_id.id)
        return lines.search(domain).sorted(lambda line: line._get_dunning_order())

    def _get_letter(self):
        """Return an unsaved notice to the guarantor: it knows how dates, amounts and salutations read."""
        self.ensure_one()
        return self.env["dunning.notice"].new({
            "followup_id": self.followup_id.id, "company_id": self.company_id.id, "partner_id": self.partner_id.id,
            "contact_id": self.guarantor_id.id, "lang": self.guarantor_id.lang or self.partner_id.lang,
            "user_id": self.followup_id.user_id.id, "date": self.company_id._get_dunning_today(), "stage": "formal",
            "addressee": self.guarantor_id.name, "line_ids": [Command.clear()],
        })

    def _in_guarantor_language(self):
        return self.with_context(lang=self._get_letter()._in_customer_language().env.lang)

    def _get_address_lines(self):
        address = self.guarantor_id._display_address(without_company=True).splitlines()
        return [line for line in (self.guarantor_id.name, *address) if line and line.strip()]

    def _is_french(self):
        """Tell whether French law governs the debt, as far as the seat of the creditor tells."""
        company = self.company_id.sudo()
        return (company.account_fiscal_country_id or company.country_id).code == "FR"

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_print_letter(self):
        """Print the letter that informs the guarantor, to be read, signed and posted."""
        self.ensure_one()
        if not self._get_lines():
            raise UserError(self.env._("Nothing is overdue: there is no default to tell of."))
        if not (self.guarantor_id.street and self.guarantor_id.city):
            raise UserError(self.env._("%(name)s has no postal address: enter street and city.",
                                       name=self.guarantor_id.display_name))
        return self.env.ref("account_dunning.action_report_guarantor_letter").report_action(self)

    def action_told(self):
        """The guarantor was told today."""
        for one in self:
            one.told_date = one.company_id._get_dunning_today()
            one.followup_id._message_log(body=self.env._("The guarantor %(name)s was told of the default today.",
                                                         name=one.guarantor_id.name))

    # --- the night ------------------------------------------------------------------------------------------------

    @api.model
    def _remind_annual(self, company, today):
        """Remind of the yearly statement ten and three days before its last day, once each."""
        last = date(today.year, 3, 30)  # before 31 March, says the law
        near = [days for days in REMINDERS if 0 <= (last - today).days <= days]
        mark = near and f"{today.year}/{near[-1]}"
        for one in self.search([("company_id", "=", company.id), ("is_natural", "=", True)]) if mark else ():
            owes = one.followup_id.amount_total > 0
            if owes and one.annual_reminded != mark and not (one.annual_date and one.annual_date.year == today.year):
                one.annual_reminded = mark
                one.followup_id._plan_kyc_task(last, self.env._(
                    "Tell the guarantor %(name)s by %(date)s what %(customer)s owed on 31 December",
                    name=one.guarantor_id.name, date=format_date(self.env, last), customer=one.partner_id.name))


class DunningRun(models.Model):
    """The yearly statements to guarantors are counted, too."""

    _inherit = "dunning.run"

    def _get_legal_steps(self):
        # sudo: the night works for everybody.
        guarantors = self.env["dunning.guarantor"].sudo()
        waits = self._has("dunning.guarantor", [("company_id", "=", self.company_id.id), ("is_natural", "=", True)])
        return super()._get_legal_steps() + [NightStep(self._apart(guarantors._remind_annual, self.date), waits)]
