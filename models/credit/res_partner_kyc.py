import logging
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from stdnum.eu import vat as european_vat
from stdnum.exceptions import ValidationError as NumberError
from stdnum.fr import siren, siret
from stdnum.fr import tva as french_vat
from stdnum.util import get_cc_module

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..base.apart import apart
from ..run.dunning_run_night import NightStep

_logger = logging.getLogger(__name__)

REMINDERS = (10, 3)  # days before the insurer must be told, once each
CHECKS = [("valid", "Valid"), ("invalid", "Not Valid"), ("unknown", "Unknown")]


class ResPartner(models.Model):
    """What a creditor knows of a customer: who he is, what he is worth, who insures the claims and who vouches."""

    _inherit = "res.partner"

    dunning_number_check = fields.Selection(
        CHECKS, "Numbers", compute="_compute_dunning_number_check", groups="base.group_user",
        help="The check digits of SIREN, SIRET and French VAT number, and whether they belong together. The numbers "
             "themselves are not looked up anywhere.")
    dunning_number_text = fields.Char("About the Numbers", compute="_compute_dunning_number_check",
                                      groups="base.group_user")
    dunning_creation_date = fields.Date("Business Created On", groups="base.group_user")
    dunning_rating = fields.Char("Rating", company_dependent=True, groups="base.group_user")
    dunning_rating_date = fields.Date("Rated On", company_dependent=True, groups="base.group_user")
    dunning_insurer_id = fields.Many2one("res.partner", "Credit Insurer", company_dependent=True,
                                         groups="base.group_user")
    dunning_cover_amount = fields.Float(
        "Insured Amount", company_dependent=True, groups="base.group_user", digits=(16, 2),
        help="What the insurer covers, in the currency of the company.")
    dunning_credit_days = fields.Integer(
        "Longest Credit", company_dependent=True, groups="base.group_user",
        help="Days from the invoice to the due date that the insurer accepts.")
    dunning_declaration_days = fields.Integer(
        "Declare within", company_dependent=True, groups="base.group_user",
        help="Days after the oldest original due date by which the insurer must be told that it is unpaid.")
    dunning_stop_delivery = fields.Boolean("Stop Deliveries", company_dependent=True, groups="base.group_user")
    dunning_insurer_told = fields.Date(
        "Insurer Told On", company_dependent=True, groups="base.group_user",
        help="Ends the reminders for what was due before that day.")
    dunning_guarantor_ids = fields.One2many("dunning.guarantor", "partner_id", "Guarantors",
                                            groups="account.group_account_invoice,account.group_account_readonly")

    @api.depends("vat", "company_registry", "country_id")
    @api.depends_context("lang")
    def _compute_dunning_number_check(self):
        for partner in self:
            partner.dunning_number_check, partner.dunning_number_text = partner._check_dunning_numbers()

    def _check_dunning_numbers(self):
        """Return the result for the numbers of a party and why: SIREN and SIRET in France, the VAT number elsewhere."""
        registry = "".join((self.company_registry or "").split())
        vat = "".join((self.vat or "").split()).upper()
        if self.country_code not in (False, "FR") or vat[:2].isalpha() and not vat.startswith("FR") and not registry:
            return self._check_dunning_foreign_vat(vat)
        if not (registry or vat.startswith("FR")):
            return "unknown", self.env._("There is no French number to check.")
        try:
            number = siret.to_siren(siret.validate(registry)) if len(registry) == 14 else \
                siren.validate(registry) if registry else ""
        except NumberError:
            return "invalid", self.env._("%(number)s is no SIREN or SIRET: a digit is wrong.", number=registry)
        if vat.startswith("FR") and not french_vat.is_valid(vat):
            return "invalid", self.env._("%(number)s is no French VAT number: a digit is wrong.", number=vat)
        if number and vat.startswith("FR") and vat[4:] != number:
            return "invalid", self.env._("SIREN and VAT number belong to different companies.")
        return "valid", self.env._("The digits are right; the numbers were not looked up.")

    def _check_dunning_foreign_vat(self, vat):
        """Return the result for the VAT number of a foreign party; its register is not known here."""
        is_european = vat[:2].lower() in european_vat.MEMBER_STATES or vat[:2] == "EL"
        checker = european_vat if is_european else self.country_code and get_cc_module(self.country_code, "vat")
        if len(vat) < 2 or not checker:
            return "unknown", self.env._("There is no number that can be checked here.")
        if not checker.is_valid(vat):
            return "invalid", self.env._("%(number)s is no VAT number: a digit is wrong.", number=vat)
        return "valid", self.env._("The digits are right; the numbers were not looked up.")

    def _get_dunning_banners(self, company):
        banners = super()._get_dunning_banners(company)
        # sudo: every colleague hears of the stop, and whom to ask is on the follow-up.
        stopped = self.sudo().with_company(company).filtered("dunning_stop_delivery")
        followups = self.env["dunning.followup"].sudo().search([
            ("partner_id", "in", stopped.ids), ("company_id", "=", company.id)]).grouped("partner_id")
        for customer in stopped:
            users = followups[customer].user_id if customer in followups else self.env["res.users"]
            banners[customer.id].append(("danger", self.env._(
                "No deliveries: speak to %(name)s before you confirm or deliver anything.",
                name=self._get_dunning_speaker(company, users))))
        return banners

    @api.constrains("dunning_cover_amount", "dunning_credit_days", "dunning_declaration_days")
    def _check_dunning_insurance(self):
        for partner in self:
            if any(partner[name] < 0 for name in (
                    "dunning_cover_amount", "dunning_credit_days", "dunning_declaration_days")):
                raise ValidationError(self.env._("The terms of a credit insurance are not negative."))


class DunningGuarantor(models.Model):
    """Somebody who vouches for a customer. A natural person must be told of a default that lasts (C. civ. 2303)."""

    _name = "dunning.guarantor"
    _description = "Guarantor"
    _inherit = ["dunning.named"]
    _order = "partner_id, id"

    partner_id = fields.Many2one("res.partner", "Customer", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", "Creditor", required=True, index=True,
                                 default=lambda self: self.env.company.root_id)
    currency_id = fields.Many2one(related="company_id.currency_id")
    guarantor_id = fields.Many2one("res.partner", required=True, ondelete="restrict")
    is_natural = fields.Boolean("Natural Person", compute="_compute_is_natural", store=True, readonly=False)
    amount = fields.Monetary("Up to", help="0: without limit.")
    comment = fields.Char("For What", help="All debts, or which contract or invoices.")
    told_date = fields.Date("Told On", help="The day on which the guarantor was told of the last default.")
    reminded_due = fields.Date(readonly=True, help="The default of which somebody was reminded.")

    @api.depends("guarantor_id")
    def _compute_display_name(self):
        for one in self:
            one.display_name = one.guarantor_id.display_name

    @api.depends("guarantor_id")
    def _compute_is_natural(self):
        for one in self:
            one.is_natural = bool(one.guarantor_id) and not one.guarantor_id.is_company

    @api.constrains("partner_id", "guarantor_id", "amount")
    def _check_guarantor(self):
        for one in self:
            if one.guarantor_id == one.partner_id:
                raise ValidationError(self.env._("Nobody vouches for himself."))
            if one.amount < 0:
                raise ValidationError(self.env._("The amount of a guarantee is not negative."))


class DunningFollowup(models.Model):
    """The calendar of insurers and guarantors, counted from the oldest original due date."""

    _inherit = "dunning.followup"

    original_due_date = fields.Date("Oldest Original Due Date", compute="_compute_kyc")
    insurer_date = fields.Date("Tell the Insurer by", compute="_compute_kyc")
    guarantor_date = fields.Date("Tell the Guarantors by", compute="_compute_kyc")
    number_check = fields.Selection(related="partner_id.dunning_number_check")
    number_text = fields.Char(related="partner_id.dunning_number_text")
    business_date = fields.Date(related="partner_id.dunning_creation_date")
    kyc_rating = fields.Char("Rating", compute="_compute_kyc")
    kyc_insurer_id = fields.Many2one("res.partner", "Credit Insurer", compute="_compute_kyc")
    kyc_cover_amount = fields.Monetary("Insured Amount", compute="_compute_kyc")
    kyc_stop_delivery = fields.Boolean("Stop Deliveries", compute="_compute_kyc")
    guarantor_ids = fields.Many2many("dunning.guarantor", compute="_compute_kyc", string="Guarantors")
    insurer_reminded = fields.Char(readonly=True, help="The last reminder of the insurer: day and days before.")

    @api.depends("oldest_due_date", "partner_id")
    def _compute_kyc(self):
        dues = self._get_original_dues()
        for followup in self:
            company = followup.company_id
            customer = followup.partner_id.with_company(company)
            due = dues.get(followup.id)
            late = bool(due) and due < company._get_dunning_today()
            told = customer.dunning_insurer_told
            followup.original_due_date = due
            followup.kyc_rating = customer.dunning_rating
            followup.kyc_insurer_id = customer.dunning_insurer_id
            followup.kyc_cover_amount = customer.dunning_cover_amount
            followup.kyc_stop_delivery = customer.dunning_stop_delivery
            followup.insurer_date = late and customer.dunning_insurer_id and customer.dunning_declaration_days \
                and not (told and told > due) and due + timedelta(days=customer.dunning_declaration_days)
            followup.guarantor_ids = customer.dunning_guarantor_ids.filtered(
                lambda one, company=company: one.company_id == company)
            untold = followup.guarantor_ids.filtered(
                lambda one, due=due: one.is_natural and not (one.told_date and due and one.told_date > due))
            followup.guarantor_date = late and bool(untold) and due + relativedelta(months=1)

    def _get_original_dues(self):
        """Return {follow-up id: oldest due date of what is open}, as first invoiced: more time does not move it."""
        if not self.ids:
            return {}
        self.env["account.move.line"].flush_model()
        return dict(self.env.execute_query(SQL(
            """SELECT followup.id, MIN(COALESCE(aml.date_maturity, aml.date))
                 FROM dunning_followup followup
                 JOIN res_company root ON root.id = followup.company_id
                 JOIN res_company company ON company.parent_path LIKE root.parent_path || '%%'
                 JOIN res_partner payer ON payer.commercial_partner_id = followup.partner_id
                 JOIN account_move_line aml ON aml.partner_id = payer.id AND aml.company_id = company.id
                  AND aml.parent_state = 'posted' AND aml.reconciled IS NOT TRUE AND aml.amount_residual > 0
                 JOIN account_account account ON account.id = aml.account_id
                  AND account.account_type = 'asset_receivable' AND account.non_trade IS NOT TRUE
                WHERE followup.id = ANY(%s)
             GROUP BY followup.id""", list(self.ids))))

    @api.model
    def _remind_kyc(self, company, today):
        """Remind of insurers ten and three days ahead, and of guarantors, once each; one never stops the rest."""
        known = self.env["res.partner"].with_company(company).search([
            "|", ("dunning_insurer_id", "!=", False), ("dunning_guarantor_ids", "!=", False)])
        followups = self.search([("company_id", "=", company.id), ("amount_overdue", ">", 0),
                                 ("partner_id", "in", known.ids)], order="id")
        for followup in followups.filtered(
                lambda one: one._get_insurer_mark(today) or one._get_forgotten_guarantors(today)):
            with apart(self.env, _logger, "No reminder of insurer or guarantors for follow-up %s", followup.id):
                followup._remind_insurer(today)
                followup._remind_guarantors(today)

    def _get_insurer_mark(self, today):
        """Return which reminder of the insurer is to be made now, or nothing."""
        day = self.insurer_date
        due = [days for days in REMINDERS if day and (day - today).days <= days]
        mark = due and f"{day}/{due[-1]}"
        return mark if mark and mark != self.insurer_reminded else False

    def _get_forgotten_guarantors(self, today):
        """Return the natural persons of whose duty to be told nobody was reminded since the last default."""
        due, day = self.original_due_date, self.guarantor_date
        if not day or (day - today).days > REMINDERS[0]:
            return self.guarantor_ids.browse()
        return self.guarantor_ids.filtered(lambda one: (
            one.is_natural and not (one.told_date and one.told_date > due) and one.reminded_due != due))

    def _remind_insurer(self, today):
        day, mark = self.insurer_date, self._get_insurer_mark(today)
        if mark:
            self._write_door({"insurer_reminded": mark})
            self._plan_kyc_task(day, self.env._(
                "Tell %(insurer)s by %(date)s that %(customer)s has not paid", insurer=self.kyc_insurer_id.name,
                date=format_date(self.env, day), customer=self.partner_id.name))

    def _remind_guarantors(self, today):
        for one in self._get_forgotten_guarantors(today):
            one.reminded_due = self.original_due_date
            self._plan_kyc_task(self.guarantor_date, self.env._(
                "Tell the guarantor %(name)s by %(date)s that %(customer)s has not paid",
                name=one.guarantor_id.name, date=format_date(self.env, self.guarantor_date),
                customer=self.partner_id.name))

    def _plan_kyc_task(self, day, summary):
        user = self.user_id.filtered("active") or self.company_id._get_dunning_manager() or self.env.user
        self.with_context(mail_notify_force_send=False).activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=day, summary=summary, user_id=user.id)

    def action_tell_insurer(self):
        """The insurer was told today."""
        for followup in self:
            if not followup.kyc_insurer_id:
                raise UserError(self.env._("No credit insurer is noted for this customer."))
            followup.check_access("write")
            # sudo: a collector need not have the right to change customers.
            followup.partner_id.sudo().with_company(followup.company_id).dunning_insurer_told = \
                followup.company_id._get_dunning_today()
            followup._message_log(body=self.env._("%(insurer)s was told today.", insurer=followup.kyc_insurer_id.name))
        self.invalidate_recordset(["insurer_date"])


class DunningRun(models.Model):
    """The days of insurers and guarantors are counted each night, too."""

    _inherit = "dunning.run"

    def _get_legal_steps(self):
        # sudo: the night works for everybody.
        step = self._apart(self.env["dunning.followup"].sudo()._remind_kyc, self.date)
        waits = self._has("dunning.guarantor", [("company_id", "=", self.company_id.id)])
        return super()._get_legal_steps() + [NightStep(step, SQL("(%s OR %s)", self._get_insured_sql(), waits))]

    def _get_insured_sql(self):
        """Return the condition that a customer is insured."""
        # sudo: the night works for everybody.
        partners = self.env["res.partner"].sudo().with_company(self.company_id)
        return SQL("EXISTS (SELECT FROM res_partner partner WHERE %s IS NOT NULL)",
                   partners._field_to_sql("partner", "dunning_insurer_id"))
