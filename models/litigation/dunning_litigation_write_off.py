from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DunningLitigation(models.Model):
    """The entries that follow a claim that is doubtful or lost: proposed as drafts, posted by an accountant only."""

    _inherit = "dunning.litigation"

    write_off_move_ids = fields.Many2many("account.move", string="Proposed Entries", readonly=True, copy=False)
    with_vat = fields.Boolean(
        "Recover the VAT", help="Only when the VAT was paid to the Treasury, the claim is definitively irrecoverable "
                                "(or the customer is in liquidation), and the duplicates were sent to him.")

    @api.model
    def _propose_write_off(self, lines, reason):
        """Begin the write-off of these receivables, for an accountant to decide; what is in a case already stays there.

        :param reason: why nothing more is to be had, in a sentence that colleagues read
        :return: the cases about these receivables, one per currency; those that existed are told
        """
        owed = lines.filtered(lambda line: line.parent_state == "posted" and line.amount_residual > 0)
        # sudo: a case of a colleague counts too.
        cases = self.sudo().search([("line_ids.line_id", "in", owed.ids), ("state", "in", self._open_states)])
        route = self.env["dunning.litigation.route"]._get_write_off(owed.company_id.root_id)
        free = (owed - cases.line_ids.line_id).grouped(lambda line: (line.company_id.root_id, line.currency_id))
        for ours in free.values():
            cases += self._create_for(ours, route, outcome=reason)
        for case in cases.filtered(lambda one: one.route_code != "write_off" or not one.activity_ids):
            case._ask_write_off(reason)
        return cases.sudo(self.env.su)

    def _ask_write_off(self, reason):
        """Have somebody look at the write-off: whoever answers for the accounts, else for the customer."""
        company = self.company_id.sudo()
        user = company._get_dunning_manager() or self.user_id or self.followup_id.user_id or self.env.user
        # sudo: the task may be for somebody else.
        self.sudo().with_context(mail_notify_force_send=False).activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=company._get_dunning_today(), user_id=user.id,
            summary=self.with_context(lang=user.lang).env._("Write off? %(reason)s", reason=reason))
        self.followup_id.sudo()._message_log(body=self.env._(
            "Write-off proposed (%(case)s): %(reason)s", case=self.name, reason=reason))

    def action_propose_doubtful(self):
        """Propose the transfer of what is open to the doubtful debts."""
        return self._propose("doubtful")

    def action_propose_write_off(self):
        """Propose the loss of what is open."""
        return self._propose("loss")

    def _propose(self, kind):
        self.ensure_one()
        self.check_access("write")
        if self.route_code != "write_off" and self.state != "lost":
            raise UserError(self.env._(
                "Entries are proposed for claims that are irrecoverable: close the case as such first."))
        waiting = self.write_off_move_ids.filtered(lambda move: move.state == "draft")
        if waiting:
            raise UserError(self.env._("An entry of this case waits already: post or delete it first."))
        # The accountant's own rights decide whether he may make an entry.
        move = self.env["account.move"].create(self._prepare_entry(kind))
        self._write_door({"write_off_move_ids": [Command.link(move.id)]})
        self._message_log(body=self.env._("Entry proposed as a draft: %(reference)s", reference=move.ref))
        return {"type": "ir.actions.act_window", "res_model": "account.move", "res_id": move.id, "view_mode": "form",
                "views": [(False, "form")]}

    def _prepare_entry(self, kind):
        """Return the values of the draft entry: what is open leaves its accounts, its VAT apart when it comes back."""
        company = self.company_id
        values = []
        for line in self.line_ids.line_id:
            for owed in line | line._get_doubtful_lines():
                if owed == line or kind == "loss":
                    values += self._prepare_entry_lines(kind, line, owed)
        if not values:
            raise UserError(self.env._("Nothing is open on the invoices of this case."))
        journal = company.sudo().dunning_write_off_journal_id or self.env["account.journal"].search(
            [("type", "=", "general"), ("company_id", "=", company.id)], limit=1)
        label = self.env._("Doubtful debt") if kind == "doubtful" else self.env._("Irrecoverable debt")
        return {
            "move_type": "entry", "company_id": company.id, "journal_id": journal.id,
            "date": company._get_dunning_today(), "ref": f"{label}: {self.partner_id.name} ({self.name})",
            "line_ids": [Command.create(one) for one in values],
        }

    def _prepare_entry_lines(self, kind, line, owed):
        """Return the lines for one receivable: its own account, or the doubtful one that took it over, is credited."""
        amount, in_currency = owed._get_unpaid()
        if amount <= 0:
            return []
        common = {"partner_id": owed.partner_id.id, "name": line.move_id.name}
        credit = {**common, "account_id": owed.account_id.id, "balance": -amount, "dunning_written_off_id": owed.id,
                  "currency_id": owed.currency_id.id, "amount_currency": -in_currency}
        company = self.company_id
        if kind == "doubtful":
            account = company._get_dunning_account("dunning_doubtful_account_id", "416")
            return [{**common, "account_id": account.id, "balance": amount, "currency_id": owed.currency_id.id,
                     "amount_currency": in_currency, "dunning_doubtful_of_id": line.id}, credit]
        vat = line.move_id._get_dunning_vat_part(amount) if self.with_vat else 0.0
        account = company._get_dunning_account("dunning_loss_account_id", "654")
        lines = [{**common, "account_id": account.id, "balance": amount - vat}, credit]
        if vat:
            lines.insert(1, {**common, "account_id": self._get_vat_account(line.move_id).id, "balance": vat})
        return lines

    def _get_vat_account(self, move):
        """Return the account that takes the VAT back: the chosen one, else the one that the invoice used."""
        account = self.company_id.sudo().dunning_bad_debt_vat_account_id or move.line_ids.filtered(
            "tax_line_id").account_id[:1]
        if not account:
            raise UserError(self.env._("Choose the account of recovered VAT in the dunning settings."))
        return account


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    dunning_written_off_id = fields.Many2one("account.move.line", "Writes Off", index="btree_not_null",
                                             ondelete="set null", copy=False, groups="base.group_user")
    dunning_doubtful_of_id = fields.Many2one("account.move.line", "Doubtful Part Of", index="btree_not_null",
                                             ondelete="set null", copy=False, groups="base.group_user")

    def _get_unpaid(self):
        """Return what is left of it, in the currency of the company and in its own.

        Accounts of doubtful debts need not be matched: there, what posted entries wrote off counts.
        """
        if self.account_id.reconcile:
            return self.amount_residual, self.amount_residual_currency
        losses = self.search([("dunning_written_off_id", "=", self.id), ("parent_state", "=", "posted")])
        return (self.balance + sum(losses.mapped("balance")),
                self.amount_currency + sum(losses.mapped("amount_currency")))

    def _get_doubtful_lines(self):
        """Return what posted entries took over of this receivable to the doubtful debts."""
        return self.search([("dunning_doubtful_of_id", "in", self.ids), ("parent_state", "=", "posted")])


class AccountMove(models.Model):
    """Match what a proposed entry writes off, once an accountant posts it."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        for line in posted.line_ids.filtered("dunning_written_off_id"):
            owed = line.dunning_written_off_id
            if owed.account_id == line.account_id and owed.account_id.reconcile and not owed.reconciled:
                (owed | line).reconcile()
        return posted

    def _get_dunning_vat_part(self, amount):
        """Return the VAT in this part of what is owed on an invoice, in the currency of the company."""
        self.ensure_one()
        total = abs(self.amount_total_signed)
        if not total:
            return 0.0
        return self.company_currency_id.round(amount * abs(self.amount_tax_signed) / total)


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
        if not account and (self.account_fiscal_country_id or self.country_id).code == "FR":
            account = self.env["account.account"].with_company(self).search(
                [("code", "=like", f"{prefix}%"), ("company_ids", "parent_of", self.id)], order="code", limit=1)
        if not account:
            raise UserError(self.env._("Choose the account “%(name)s” in the dunning settings.",
                                       name=self._fields[name]._description_string(self.env)))
        return account


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_doubtful_account_id = fields.Many2one(
        related="company_id.root_id.dunning_doubtful_account_id", readonly=False)
    dunning_loss_account_id = fields.Many2one(related="company_id.root_id.dunning_loss_account_id", readonly=False)
    dunning_bad_debt_vat_account_id = fields.Many2one(
        related="company_id.root_id.dunning_bad_debt_vat_account_id", readonly=False)
    dunning_write_off_journal_id = fields.Many2one(
        related="company_id.root_id.dunning_write_off_journal_id", readonly=False)
