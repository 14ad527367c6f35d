from datetime import UTC
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Domain

from odoo.addons.base.models.res_partner import _tz_get

from ... import escalation

SENDING_DAYS = {"mon_fri": range(5), "mon_sat": range(6), "all": range(7)}

NUMBERS = (
    "dunning_quiet_days", "dunning_patience_days", "dunning_bank_days", "dunning_collection_days",
    "dunning_min_amount", "dunning_min_line_amount", "dunning_formal_min_amount",
)

# A change of one of these may change what the planner says of any customer.
PLANNING_FIELDS = frozenset({
    "dunning_policy_id", "dunning_rejected_policy_id", "dunning_quiet_days", "dunning_min_amount",
    "dunning_min_line_amount", "dunning_formal_min_amount", "dunning_patience_days", "dunning_bank_days",
    "dunning_collection_days", "dunning_sending_days", "dunning_year_end_pause", "dunning_tz",
    "dunning_not_sent_mode", "dunning_excluded_account_ids", "dunning_stopped",
})


class ResCompany(models.Model):
    """The rules of dunning of a legal entity. They belong to the root company; its branches follow them."""

    _inherit = "res.company"

    dunning_policy_id = fields.Many2one(
        "dunning.policy", "Default Policy", ondelete="restrict",
        default=lambda self: self._get_default_dunning_policy("account_dunning.dunning_policy_standard"),
        help="The policy of the customers for whom neither they themselves, nor their profile, nor a rule says more.",
    )
    dunning_rejected_policy_id = fields.Many2one(
        "dunning.policy", "Policy of Failed Collections", ondelete="restrict",
        default=lambda self: self._get_default_dunning_policy("account_dunning.dunning_policy_rejected"),
        help="The policy of what was to be collected by direct debit or bill, and was not.",
    )
    dunning_user_id = fields.Many2one(
        "res.users", "Default Collector",
        help="Follows the customers who have no collector of their own.",
    )
    dunning_quiet_days = fields.Integer(
        "Quiet Days", default=7, help="Least number of days from one notice to the next for the same customer.",
    )
    dunning_min_amount = fields.Monetary(
        "Least Amount per Customer", default=30, help="A customer who owes less than this is not written to.",
    )
    dunning_min_line_amount = fields.Monetary(
        "Least Amount per Claim", default=5, help="A claim below this amount is never the reason of a notice.",
    )
    dunning_formal_min_amount = fields.Monetary(
        "Least Amount of a Formal Notice", default=150, help="Below this amount no formal notice is proposed.",
    )
    dunning_patience_days = fields.Integer(
        "Patience", default=5,
        help="Working days that a call not made or a letter not posted may keep the next notice waiting.",
    )
    dunning_printed_is_posted = fields.Boolean(
        "Printed Letters Count as Posted",
        help="A plain letter that was printed and that nobody marked as posted counts as posted on the day it was "
             "printed, after two working days. Registered letters are always marked by a person.",
    )
    dunning_bank_days = fields.Integer(
        "Bank Freshness", default=3,
        help="Reminders wait while the newest bank transaction is older than this number of working days. "
             "0: do not look at the bank.",
    )
    dunning_collection_days = fields.Integer(
        "Time of a Collection", default=5,
        help="Working days after the due date before a direct debit that brought no money counts as failed.",
    )
    dunning_hour_from = fields.Float("Send From", default=8.0)
    dunning_hour_to = fields.Float("Send Until", default=19.0)
    dunning_sending_days = fields.Selection(
        [("mon_fri", "Monday to Friday"), ("mon_sat", "Monday to Saturday"), ("all", "Every Day")],
        "Sending Days", default="mon_sat", required=True,
    )
    dunning_year_end_pause = fields.Boolean(
        "Year-End Pause", default=True, help="Nothing is sent from 24 December to 2 January.",
    )
    dunning_tz = fields.Selection(
        _tz_get, "Time Zone of Dunning",
        help="Decides which day it is for this company. Empty: the zone of the company's contact, "
             "else of its working hours.",
    )
    dunning_not_sent_mode = fields.Selection(
        [("warn", "Dun Them and Warn"), ("block", "Do Not Dun Them")],
        "Invoices Never Sent", default="block", required=True,
        help="What to do with invoices that were never sent to the customer from this program.",
    )
    dunning_email = fields.Char(
        "Sender of Notices", help="The address notices are sent from. Empty: the e-mail address of the company.",
    )
    dunning_excluded_account_ids = fields.Many2many(
        "account.account", "res_company_dunning_account_rel", string="Excluded Accounts",
        help="Receivable accounts that are not claimed: retention of guarantee, bills receivable…",
    )
    dunning_accounts_seeded = fields.Boolean(readonly=True)
    dunning_signatory_id = fields.Many2one("res.users", "Signatory", help="Signs the letters of this company.")
    dunning_auto_send = fields.Boolean(
        "Automatic Sending", help="The night sends what it prepared. Opens once a first preview was released.",
    )
    dunning_first_release_date = fields.Datetime("First Released On", readonly=True)
    dunning_first_release_uid = fields.Many2one("res.users", "First Released By", readonly=True)
    dunning_stopped = fields.Boolean("All Dunning Stopped", readonly=True)
    dunning_stop_reason = fields.Char("Stopped Because", readonly=True)
    dunning_stop_date = fields.Datetime("Stopped On", readonly=True)
    dunning_stop_uid = fields.Many2one("res.users", "Stopped By", readonly=True)
    dunning_revision = fields.Integer(
        "Revision of the Settings", readonly=True, help="Rises with each change that makes all customers planned anew.",
    )
    dunning_start_date = fields.Date("First Day of Dunning", default=fields.Date.context_today)

    @api.constrains("dunning_hour_from", "dunning_hour_to")
    def _check_dunning_hours(self):
        for company in self:
            if not 0 <= company.dunning_hour_from < company.dunning_hour_to <= 24:
                raise ValidationError(self.env._(
                    "The sending hours of %(company)s must run from an earlier to a later hour of the same day.",
                    company=company.name,
                ))

    @api.constrains(*NUMBERS)
    def _check_dunning_numbers(self):
        for company in self:
            if any(company[name] < 0 for name in NUMBERS):
                raise ValidationError(self.env._(
                    "The days and amounts of the dunning settings of %(company)s cannot be negative.",
                    company=company.name,
                ))

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies.filtered("parent_id")._copy_dunning_partner_values()
        return companies

    def write(self, vals):
        names = PLANNING_FIELDS.intersection(vals)
        before = {company: [company[name] for name in names] for company in self}
        result = super().write(vals)
        changed = self.filtered(lambda company: [company[name] for name in names] != before[company])
        if changed:
            changed._bump_dunning_revision()
        return result

    # The day and the hours of the company

    def _get_dunning_zone(self):
        """Return the time zone whose calendar day counts, whoever acts and wherever the server is."""
        company = self.root_id.sudo()
        hours = company.resource_calendar_id if "resource_calendar_id" in company._fields else None
        return ZoneInfo(company.dunning_tz or company.partner_id.tz or (hours and hours.tz) or "UTC")

    def _get_dunning_now(self):
        """Return the present moment on the clock of the company."""
        return fields.Datetime.now().replace(tzinfo=UTC).astimezone(self._get_dunning_zone())

    def _get_dunning_today(self):
        """Return which day it is for the company."""
        return self._get_dunning_now().date()

    def _get_dunning_day(self, moment):
        """Return on which day of the company something happened that is stored as a moment, in UTC."""
        return moment and moment.replace(tzinfo=UTC).astimezone(self._get_dunning_zone()).date()

    def _get_dunning_calendar(self):
        """Return the days on which the company sends, and its public holidays, for the planner."""
        company = self.root_id.sudo()
        country = company.account_fiscal_country_id or company.country_id
        return escalation.Calendar(
            holidays=self.env["dunning.holiday"]._get_days(company.id, country.id),
            weekdays=frozenset(SENDING_DAYS[company.dunning_sending_days]),
            year_end_pause=company.dunning_year_end_pause,
        )

    def _is_dunning_open_now(self):
        """Tell whether the company sends at this moment: its day and its hours."""
        company = self.root_id.sudo()
        now = company._get_dunning_now()
        hour = now.hour + now.minute / 60
        return (
            company.dunning_hour_from <= hour < company.dunning_hour_to
            and company._get_dunning_calendar().is_open(now.date())
        )

    # The rules of the planner

    def _get_dunning_rules(self, today):
        """Return the settings of the company as the planner reads them."""
        company = self.root_id.sudo()
        return escalation.Rules(
            calendar=company._get_dunning_calendar(),
            quiet=company.dunning_quiet_days,
            minimum=Decimal(str(company.dunning_min_amount)),
            line_minimum=Decimal(str(company.dunning_min_line_amount)),
            formal_minimum=Decimal(str(company.dunning_formal_min_amount)),
            stopped=company.dunning_stopped,
            bank_stale=company._is_dunning_bank_stale(today),
        )

    def _get_dunning_bank_dates(self):
        """Return the day of the newest transaction of each bank journal that has one."""
        company = self.root_id.sudo()
        return dict(self.env["account.move"].sudo()._read_group(
            Domain("company_id", "child_of", company.id)
            & Domain("journal_id", "any", Domain("type", "=", "bank") & Domain("active", "=", True))
            & Domain("statement_line_id", "!=", False)
            & Domain("state", "=", "posted"),
            ["journal_id"], ["date:max"],
        ))

    def _is_dunning_bank_stale(self, today):
        """Tell whether the bank is so late that a customer may have paid without our knowing.

        A company that never recorded a transaction is not late: it does not keep its bank here.
        """
        company = self.root_id.sudo()
        newest = max(company._get_dunning_bank_dates().values(), default=None) if company.dunning_bank_days else None
        if not newest:
            return False
        return today > company._get_dunning_calendar().add_working_days(newest, company.dunning_bank_days)

    def _bump_dunning_revision(self):
        """Make every customer of these companies, or of all of them, planned anew."""
        for company in (self or self.sudo().search([("parent_id", "=", False)])).root_id.sudo():
            company.dunning_revision += 1

    # The stop switch

    def _set_dunning_stopped(self, reason):
        """Stop all dunning of these legal entities, with the name and the reason of who stopped it."""
        self._check_dunning_group("account_dunning.group_dunning_user")
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why all dunning is stopped: your colleagues will read it."))
        self.root_id.sudo().filtered(lambda company: not company.dunning_stopped).write({
            "dunning_stopped": True,
            "dunning_stop_reason": reason,
            "dunning_stop_date": fields.Datetime.now(),
            "dunning_stop_uid": self.env.uid,
        })

    def _set_dunning_resumed(self):
        """Let dunning go on. Who stopped it, when and why stays readable until the next stop."""
        self._check_dunning_group("account_dunning.group_dunning_manager")
        self.root_id.sudo().filtered("dunning_stopped").dunning_stopped = False

    def _check_dunning_group(self, group):
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(self.env._("Your dunning rights do not allow this. Ask a dunning manager."))

    # First day

    @api.model
    def _get_default_dunning_policy(self, xmlid):
        return self.env.ref(xmlid, raise_if_not_found=False)

    def _seed_dunning_policies(self):
        """Give the shipped policies to the companies that have none."""
        for name in ("dunning_policy_id", "dunning_rejected_policy_id"):
            default = self.default_get([name]).get(name)
            if default:
                self.filtered(lambda company, name=name: not company[name])[name] = default

    def _seed_dunning_accounts(self):
        """Exclude, once, the receivable accounts of the chart that are no claim to be dunned."""
        for company in self.root_id.filtered(lambda one: one.chart_template and not one.dunning_accounts_seeded):
            company.dunning_accounts_seeded = True
            if not company.dunning_excluded_account_ids:
                accounts = self.env["account.account"].with_company(company).search(
                    company._get_dunning_excluded_account_domain()
                )
                company.dunning_excluded_account_ids = [Command.set(accounts.ids)]

    def _get_dunning_excluded_account_domain(self):
        """Return the accounts of this chart to leave out. Override for another chart.

        French chart: 413 is bills receivable, 4117 the retention of guarantee; both are typed as receivable.
        """
        if not self.chart_template.startswith("fr"):
            return Domain.FALSE
        return (
            Domain("company_ids", "parent_of", self.id)
            & Domain("account_type", "=", "asset_receivable")
            & (Domain("code", "=like", "413%") | Domain("code", "=like", "4117%"))
        )

    def _copy_dunning_partner_values(self):
        """Let a new branch read the dunning choices that its legal entity made for each customer."""
        for branch in self:
            self.env["res.partner"]._copy_dunning_values(branch.root_id, branch)
