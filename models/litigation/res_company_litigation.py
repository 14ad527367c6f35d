from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    """Where irrecoverable claims go in the books of this legal entity."""

    _inherit = "res.company"

    dunning_doubtful_account_id = fields.Many2one(
        "account.account", "Doubtful Debts", check_company=True, help="Empty: account 416 of the French chart.")
    dunning_loss_account_id = fields.Many2one(
        "account.account", "Losses on Irrecoverable Debts", check_company=True,
        help="Empty: account 654 of the French chart.")
    dunning_bad_debt_vat_account_id = fields.Many2one(
        "account.account", "Recovered VAT", check_company=True, help="Empty: the VAT account of the invoice.")
    dunning_write_off_journal_id = fields.Many2one(
        "account.journal", "Journal of Write-offs", check_company=True, domain=[("type", "=", "general")])

    def _get_dunning_account(self, name, prefix):
        """Return the chosen account, else the one of the French chart that begins so."""
        account = self.sudo()[name]
        account = account or self._find_dunning_account(prefix)
        if not account:
            raise UserError(self.env._("Choose the account “%(name)s” in the dunning settings.",
                                       name=self._fields[name]._description_string(self.env)))
        return account


    def _find_dunning_account(self, prefix):
        """Return the first account of the French chart that begins so; an account 654 serves for any of its parts."""
        accounts = self.env["account.account"].with_company(self)
        if (self.account_fiscal_country_id or self.country_id).code != "FR":
            return accounts
        for start in (prefix, prefix[:3]):
            found = accounts.search(
                [("code", "=like", f"{start}%"), ("company_ids", "parent_of", self.id)], order="code", limit=1)
            if found:
                return found
        return accounts

    def _get_dunning_return_account(self):
        """Return where receipts on claims that were lost in an earlier year go: 7583 of the French chart."""
        account = self._find_dunning_account("7583")
        return account.filtered(lambda one: one.code.startswith("7583"))

    def _get_dunning_open_day(self, journal):
        """Return today, or the first day after the periods that are locked."""
        today = self._get_dunning_today()
        locks = self._get_violated_lock_dates(today, True, journal)
        return locks[-1][0] + timedelta(days=1) if locks else today


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_doubtful_account_id = fields.Many2one(
        related="company_id.root_id.dunning_doubtful_account_id", readonly=False)
    dunning_loss_account_id = fields.Many2one(related="company_id.root_id.dunning_loss_account_id", readonly=False)
    dunning_bad_debt_vat_account_id = fields.Many2one(
        related="company_id.root_id.dunning_bad_debt_vat_account_id", readonly=False)
    dunning_write_off_journal_id = fields.Many2one(
        related="company_id.root_id.dunning_write_off_journal_id", readonly=False)
