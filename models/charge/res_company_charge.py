from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date

LIMITATION_MONTHS = 60  # C. com. L110-4: five years between traders

CHARGE_ACCOUNTS = {"interest": "dunning_interest_account_id", "compensation": "dunning_compensation_account_id",
                   "cost": "dunning_compensation_account_id"}
# Chart of accounts -> xml id in its data; other charts: a person chooses.
CHART_ACCOUNTS = {"dunning_interest_account_id": "pcg_7631", "dunning_compensation_account_id": "pcg_7581"}


class ResCompany(models.Model):
    """Where a legal entity books interest and compensation, and who may give them up."""

    _inherit = "res.company"

    dunning_charge_booking = fields.Selection(
        [("settled", "When Paid, Agreed or Granted"), ("claimed", "When a Sent Notice Claims Them")],
        "Charges Are Booked", required=True, default="settled",
        help="Interest and compensation are taxed when they are collected: claiming them in a letter alone is no "
             "reason to book them.",
    )
    dunning_charge_journal_id = fields.Many2one(
        "account.journal", "Journal of Charges", ondelete="restrict",
        domain="[('type', '=', 'sale'), ('company_id', '=', id)]",
        help="A sales journal of its own, made with the first claim.",
    )
    dunning_interest_account_id = fields.Many2one(
        "account.account", "Account of Interest", ondelete="restrict",
        domain="[('account_type', 'in', ('income', 'income_other'))]",
    )
    dunning_compensation_account_id = fields.Many2one(
        "account.account", "Account of Compensation", ondelete="restrict",
        domain="[('account_type', 'in', ('income', 'income_other'))]",
    )
    dunning_waive_limit = fields.Monetary(
        "Waived by Collectors up to", default=100,
        help="Per customer and decision. Above it a dunning manager decides.",
    )
    dunning_paid_late_months = fields.Integer(
        "Look Back", default=12, help="Months after which invoices paid late are no longer proposed.",
    )

    @api.constrains("dunning_waive_limit", "dunning_paid_late_months")
    def _check_dunning_charge_numbers(self):
        for company in self:
            if company.dunning_waive_limit < 0:
                raise ValidationError(self.env._("The limit for waiving cannot be negative."))
            if not 1 <= company.dunning_paid_late_months <= LIMITATION_MONTHS:
                raise ValidationError(self.env._(
                    "Invoices paid late are looked for over 1 to %(months)s months: older claims are time-barred.",
                    months=LIMITATION_MONTHS,
                ))

    @api.constrains("dunning_charge_journal_id")
    def _check_dunning_charge_journal(self):
        """All that is booked in this journal counts as charges, which bear no interest: it holds nothing else."""
        for company in self.filtered("dunning_charge_journal_id"):
            if self.env["account.move"].sudo().search_count([
                ("journal_id", "=", company.dunning_charge_journal_id.id), ("state", "=", "posted"),
                ("move_type", "=", "out_invoice"), ("dunning_is_charge", "!=", True),
            ], limit=1):
                raise ValidationError(self.env._(
                    "The journal %(journal)s holds other invoices. Choose a journal of its own for late-payment "
                    "charges.", journal=company.dunning_charge_journal_id.display_name,
                ))

    # --- where charges are booked ---------------------------------------------------------------------------------

    def _seed_dunning_accounts(self):
        super()._seed_dunning_accounts()
        self.root_id._seed_dunning_charge_accounts()

    def _seed_dunning_charge_accounts(self):
        """Take the accounts of interest and compensation from the French chart; a choice made before stays."""
        for company in self.filtered(lambda one: (one.chart_template or "").startswith("fr")):
            chart = self.env["account.chart.template"].with_company(company)
            for name, xmlid in CHART_ACCOUNTS.items():
                company[name] = company[name] or chart.ref(xmlid, raise_if_not_found=False)

    def _get_dunning_charge_account(self, kind):
        """Return the account on which this kind of charge is booked.

        :raises UserError: none was chosen, and the chart of accounts does not tell
        """
        # sudo: a collector reads the settings of the company without the right to change it.
        company = self.root_id.sudo()
        name = CHARGE_ACCOUNTS[kind]
        if not company[name]:
            company._seed_dunning_charge_accounts()
        if not company[name]:
            raise UserError(self.env._(
                "Choose the account of late-payment charges first: Invoicing > Configuration > Settings > Dunning, "
                "“%(field)s” (%(company)s).",
                field=company._fields[name]._description_string(self.env), company=company.name,
            ))
        return company[name]

    def _get_dunning_charge_journal(self):
        """Return the sales journal of late-payment charges, made when it is first needed."""
        company = self.root_id.sudo()  # sudo: see above
        if not company.dunning_charge_journal_id:
            journals = self.env["account.journal"].sudo().with_company(company).with_context(active_test=False)
            journal = journals.search([("company_id", "=", company.id), ("code", "=", "LPC"), ("type", "=", "sale")],
                                      limit=1)
            company.dunning_charge_journal_id = journal or journals.create(
                company.with_context(lang=company.partner_id.lang)._prepare_dunning_charge_journal())
        return company.dunning_charge_journal_id

    def _prepare_dunning_charge_journal(self):
        return {
            "name": self.env._("Late-payment charges"), "code": "LPC", "type": "sale", "company_id": self.id,
            "default_account_id": self._get_dunning_charge_account("interest").id, "sequence": 90,
            "show_on_dashboard": False,
        }

    def _check_dunning_charge_period(self, day):
        """Refuse to book on a day whose period is closed: Odoo would move the entry without saying so.

        :raises UserError: with the lock and what to do
        """
        journal = self._get_dunning_charge_journal()
        locks = self._get_violated_lock_dates(day, False, journal)
        if locks:
            raise UserError(self.env._(
                "The books are closed on %(date)s (%(locks)s). Charges are booked on the day they are claimed, never "
                "in a closed period: open the period, or claim them later.",
                date=format_date(self.env, day), locks=self._format_lock_dates(locks),
            ))


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_charge_booking = fields.Selection(related="company_id.root_id.dunning_charge_booking", readonly=False)
    dunning_charge_journal_id = fields.Many2one(
        related="company_id.root_id.dunning_charge_journal_id", readonly=False,
        domain="[('type', '=', 'sale'), ('company_id', '=', dunning_company_id)]")
    dunning_interest_account_id = fields.Many2one(
        related="company_id.root_id.dunning_interest_account_id", readonly=False)
    dunning_compensation_account_id = fields.Many2one(
        related="company_id.root_id.dunning_compensation_account_id", readonly=False)
    dunning_waive_limit = fields.Monetary(
        related="company_id.root_id.dunning_waive_limit", readonly=False)
    dunning_paid_late_months = fields.Integer(
        related="company_id.root_id.dunning_paid_late_months", readonly=False)
