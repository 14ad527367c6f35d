from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class DunningOpening(models.Model):
    """An open entry of a general journal: an opening balance that a person includes in dunning, or not.

    Odoo leaves such entries out of follow-ups by default, so nothing would ever be said of the debts of the previous
    program. A view on the ledger: it stores nothing itself.
    """

    _name = "dunning.opening"
    _description = "Opening Balance"
    _auto = False
    _order = "partner_id, date_due, id"
    _rec_name = "name"
    _depends = {
        "account.move.line": [
            "partner_id", "company_id", "journal_id", "account_id", "move_id", "date", "date_maturity", "name", "ref",
            "amount_residual", "company_currency_id", "no_followup", "parent_state", "reconciled",
        ],
        "account.account": ["account_type", "non_trade"],
        "account.journal": ["type"],
        "res.company": ["parent_path", "dunning_excluded_account_ids"],
    }

    line_id = fields.Many2one("account.move.line", "Journal Item", readonly=True)
    move_id = fields.Many2one("account.move", "Entry", readonly=True)
    name = fields.Char("Label", readonly=True)
    ref = fields.Char("Reference", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    journal_id = fields.Many2one("account.journal", readonly=True)
    account_id = fields.Many2one("account.account", readonly=True)
    date = fields.Date(readonly=True)
    date_due = fields.Date("Due Date", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_residual = fields.Monetary("Amount Due", readonly=True)
    state = fields.Selection(
        [
            ("left_out", "Left out until you include it"),
            ("included", "Included in dunning"),
            ("no_partner", "Left out: no customer on the entry"),
            ("excluded_account", "Left out: excluded account"),
        ],
        "Dunning", readonly=True,
    )

    @property
    def _table_query(self):
        return SQL("""
            SELECT line.id, line.id AS line_id, line.move_id, line.name, line.ref, line.partner_id, line.company_id,
                   line.journal_id, line.account_id, line.date, COALESCE(line.date_maturity, line.date) AS date_due,
                   line.company_currency_id AS currency_id, line.amount_residual,
                   CASE WHEN line.partner_id IS NULL THEN 'no_partner'
                        WHEN account.non_trade OR excluded.account_account_id IS NOT NULL THEN 'excluded_account'
                        WHEN line.no_followup THEN 'left_out'
                        ELSE 'included' END AS state
              FROM account_move_line line
              JOIN account_journal journal ON journal.id = line.journal_id
              JOIN account_account account ON account.id = line.account_id
              JOIN res_company company ON company.id = line.company_id
         LEFT JOIN res_company_dunning_account_rel excluded
                ON excluded.account_account_id = line.account_id
               AND excluded.res_company_id = SPLIT_PART(company.parent_path, '/', 1)::int
             WHERE line.parent_state = 'posted'
               AND line.reconciled IS NOT TRUE
               AND line.amount_residual > 0
               AND journal.type = 'general'
               AND account.account_type = 'asset_receivable'
        """)

    def action_include(self):
        """Include these entries in dunning: they start at the first step of their policy."""
        chosen = self.filtered(lambda entry: entry.state == "left_out")
        if not chosen:
            raise UserError(self.env._(
                "None of these entries can be included. Give those without a customer their customer first, and take "
                "the accounts that should be dunned off the excluded accounts in the settings."
            ))
        return chosen._set_included(True)

    def action_leave_out(self):
        """Leave these entries out of dunning again."""
        return self.filtered(lambda entry: entry.state == "included")._set_included(False)

    def action_already_chased(self):
        """Say which step these entries had reached before; that includes them."""
        return self.env["dunning.chased"]._open(self.line_id)

    def action_open_entry(self):
        """Open the journal entry."""
        self.ensure_one()
        return self.move_id.get_formview_action()

    @api.model
    def _get_opening_domain(self, company):
        """Return the entries of this legal entity that wait for a decision."""
        return [("company_id", "child_of", company.root_id.id), ("state", "=", "left_out")]

    def _set_included(self, included):
        """Let dunning see these entries, or no longer; their customers are planned anew."""
        self.line_id.no_followup = not included
        self.line_id.flush_recordset(["no_followup"])
        self.invalidate_recordset()
        self.partner_id._wake_dunning()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
