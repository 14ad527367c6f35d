from odoo import fields, models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    """What a proposed entry does to a receivable: it moves it to the doubtful debts, loses it, or takes a loss back."""

    _inherit = "account.move.line"

    dunning_written_off_id = fields.Many2one("account.move.line", "Writes Off", index="btree_not_null",
                                             ondelete="set null", copy=False, check_company=True,
                                          groups="base.group_user")
    dunning_doubtful_of_id = fields.Many2one("account.move.line", "Doubtful Part Of", index="btree_not_null",
                                             ondelete="set null", copy=False, check_company=True,
                                          groups="base.group_user")
    dunning_returned_id = fields.Many2one("account.move.line", "Takes Back", index="btree_not_null",
                                          ondelete="set null", copy=False, check_company=True,
                                          groups="base.group_user")

    def _get_unpaid(self):
        """Return what is left of it, in the currency of the company and in its own.

        Accounts of doubtful debts need not be matched: there, what posted entries wrote off counts.
        """
        if self.account_id.reconcile:
            return self.amount_residual, self.amount_residual_currency
        losses = self.search([("dunning_written_off_id", "=", self.id), ("parent_state", "=", "posted")])
        losses += losses._get_returned()
        return (self.balance + sum(losses.mapped("balance")),
                self.amount_currency + sum(losses.mapped("amount_currency")))

    def _get_doubtful_lines(self):
        """Return what posted entries took over of these receivables to the doubtful debts."""
        return self.search([("dunning_doubtful_of_id", "in", self.ids), ("parent_state", "=", "posted")])

    def _get_written_off(self):
        """Return the posted lines that lost some of these receivables, here or among the doubtful debts."""
        owed = self | self._get_doubtful_lines()
        lines = self.search([("dunning_written_off_id", "in", owed.ids), ("parent_state", "=", "posted")], order="id")
        # A transfer to the doubtful debts is no loss, and a loss that was reversed is none any more.
        return lines.filtered(lambda line: not line.move_id.line_ids.dunning_doubtful_of_id and all(
            reversal.state != "posted" for reversal in line.move_id.reversal_move_ids))

    def _get_returned(self):
        """Return the posted lines that took these losses back."""
        return self.search([("dunning_returned_id", "in", self.ids), ("parent_state", "=", "posted")])

    def _match_dunning(self, owed):
        """Match with what is owed, where its account is matched at all."""
        both = self | owed
        if owed and len(both.account_id) == 1 and both.account_id.reconcile and not any(both.mapped("reconciled")):
            both.reconcile()


class AccountMove(models.Model):
    """Match what a proposed entry writes off, once an accountant posts it."""

    _inherit = "account.move"

    def _post(self, soft=True):
        self._check_dunning_write_off()
        posted = super()._post(soft)
        # VAT on payments does not become due because a claim is lost or doubtful: nobody paid.
        lines = posted.line_ids.with_context(no_cash_basis=True)
        for line in lines.filtered("dunning_written_off_id"):
            line._match_dunning(line.dunning_written_off_id.with_context(no_cash_basis=True))
        for line in lines.filtered("dunning_returned_id"):
            lost = line.dunning_returned_id.with_context(no_cash_basis=True)
            lost.remove_move_reconcile()
            line._match_dunning(lost)
            lost._match_dunning(lost.dunning_written_off_id)
        if lines.filtered("dunning_written_off_id"):
            # sudo: whoever posts the entry need not have dunning rights.
            self.env["dunning.litigation"].sudo().search([
                ("write_off_move_ids", "in", posted.ids)])._close_written_off()
        return posted

    def _check_dunning_write_off(self):
        """Refuse to lose more than is still open: the customer may have paid since the entry was proposed."""
        for line in self.line_ids.filtered("dunning_written_off_id"):
            owed = line.dunning_written_off_id
            if line.company_currency_id.compare_amounts(-line.balance, owed._get_unpaid()[0]) > 0:
                raise UserError(self.env._(
                    "Only %(amount)s of %(name)s is still open: the customer paid since, or it was credited. Delete "
                    "this entry and propose it anew.", name=line.name,
                    amount=line.company_currency_id.format(max(0.0, owed._get_unpaid()[0]))))

    def _get_dunning_vat(self, amount):
        """Return [(account, VAT, still waits)] in this part of what an invoice owes, in the currency of the company.

        VAT on payments waits on its own account: it was never due to the Treasury and does not come back from there.
        """
        self.ensure_one()
        total = abs(self.amount_total_signed)
        taxes = self.line_ids.filtered("tax_line_id")
        parts = []
        for (account, is_waiting), lines in taxes.grouped(lambda line: (
                line.account_id, line.tax_line_id.tax_exigibility == "on_payment"
                and line.account_id == line.tax_line_id.cash_basis_transition_account_id)).items():
            vat = self.company_currency_id.round(-sum(lines.mapped("balance")) * amount / total) if total else 0.0
            if vat > 0:
                parts.append((account, vat, is_waiting))
        return parts

    def _get_dunning_vat_part(self, amount):
        """Return the VAT in this part of an invoice that was due to the Treasury and may come back."""
        return sum(vat for _account, vat, is_waiting in self._get_dunning_vat(amount) if not is_waiting)

    def _get_dunning_loss_prefix(self):
        """Return the French account of losses: 6541 for claims of this financial year, 6544 for older ones."""
        return "6541" if self._is_dunning_this_year() else "6544"

    def _is_dunning_this_year(self):
        company = self.company_id
        return self.date >= company.compute_fiscalyear_dates(company._get_dunning_today())["date_from"]
