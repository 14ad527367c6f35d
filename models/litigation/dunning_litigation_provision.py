from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .dunning_litigation import DunningLitigation as Case


class DunningLitigation(models.Model):
    """The impairment of a doubtful claim: what is feared to be lost of it, without VAT, at the accountant's rate.

    The entry is a draft that brings what is booked to what the rate says: more impairment, or less, or none once the
    claim was paid or written off. Account 491 against 6817 or 7817 of the French chart.
    """

    _inherit = "dunning.litigation"

    _door_fields = Case._door_fields | {"provision_percent"}

    provision_percent = fields.Float(
        "Impairment (%)", readonly=True, tracking=True, copy=False,
        help="How much of the claim is feared to be lost: the accountant's estimate, applied to what is open without "
             "VAT.")
    amount_provision = fields.Monetary(
        "Impairment", compute="_compute_provision", currency_field="company_currency_id",
        help="What posted entries of this case put aside, in the currency of the company.")
    amount_provision_due = fields.Monetary(
        "Impairment Wanted", compute="_compute_provision", currency_field="company_currency_id")
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    is_provision_high = fields.Boolean(compute="_compute_provision")

    @api.constrains("provision_percent")
    def _check_provision_percent(self):
        if any(not 0 <= case.provision_percent <= 100 for case in self):
            raise ValidationError(self.env._("The impairment is between 0 and 100 percent."))

    @api.depends("provision_percent", "state", "line_ids.line_id.amount_residual", "write_off_move_ids.state")
    def _compute_provision(self):
        for case in self:
            # sudo: what was put aside is for everybody who reads the case.
            case.amount_provision = case.sudo().line_ids.line_id._get_provided()
            case.amount_provision_due = case._get_impairment(case.provision_percent)
            case.is_provision_high = case.company_currency_id.compare_amounts(
                case.amount_provision, case.amount_provision_due) > 0

    def _get_net(self):
        """Return what is open or doubtful without its VAT, in the currency of the company."""
        # sudo: as above.
        return sum(self._get_line_net(line) for line in self.sudo().line_ids.line_id)

    def _get_impairment(self, percent):
        """Return what a rate puts aside: rounded for each receivable, as the entry is."""
        return sum(self._get_provision(line, percent) for line in self.sudo().line_ids.line_id)

    def _get_line_net(self, line):
        if self.state in ("cancelled", "recovered"):
            return 0.0
        amount = sum(max(0.0, owed._get_unpaid()[0]) for owed in line | line._get_doubtful_lines())
        return max(0.0, amount - sum(vat for _account, vat, _is_waiting in line.move_id._get_dunning_vat(amount)))

    def _get_provision(self, line, percent):
        return line.company_currency_id.round(self._get_line_net(line) * percent / 100)

    # --- the entry ------------------------------------------------------------------------------------------------

    def action_open_impairment(self):
        """Ask the accountant for his estimate."""
        self.ensure_one()
        return {"type": "ir.actions.act_window", "res_model": "dunning.impairment", "view_mode": "form",
                "target": "new", "name": self.env._("Impairment"), "context": {"default_litigation_id": self.id}}

    def _propose_impairment(self, percent):
        """Propose what is missing of the impairment at this rate, or take back what is too much."""
        self.check_access("read")
        self._check_no_draft()
        # sudo: an accountant need not work on cases; his right to make entries is checked with the entry.
        self.sudo()._write_door({"provision_percent": percent})
        self.invalidate_recordset(["provision_percent", "amount_provision_due", "is_provision_high"])
        return self._propose("provision")

    def _check_proposal(self, kind):
        if kind != "provision":
            return super()._check_proposal(kind)
        if not self.provision_percent and not self.amount_provision:
            raise UserError(self.env._("Enter the rate first: how much of this claim is feared to be lost?"))
        if not self.company_currency_id.compare_amounts(self.amount_provision, self.amount_provision_due):
            raise UserError(self.env._("The impairment is what it should be: nothing to book."))

    def _prepare_provision_lines(self, company, line):
        """Bring the impairment of a receivable to what it should be."""
        gap = line.company_currency_id.round(self._get_provision(line, self.provision_percent) - line._get_provided())
        if not gap:
            return []
        name = {"partner_id": line.partner_id.id, "name": line.move_id.name}
        provision = self.company_id._get_dunning_provision_account("dunning_provision_account_id", "491")
        result = self.company_id._get_dunning_provision_account(
            *(("dunning_provision_expense_id", "68174", "6817") if gap > 0
              else ("dunning_provision_income_id", "78174", "7817")))
        return [{**name, "account_id": result.id, "balance": gap},
                {**name, "account_id": provision.id, "balance": -gap, "dunning_provision_of_id": line.id}]

    # --- when the case ends ---------------------------------------------------------------------------------------

    def _close(self, state, reason, **values):
        super()._close(state, reason, **values)
        self._ask_provision()

    def _close_written_off(self):
        ended = self.filtered(lambda case: case.state not in case._open_states)
        super()._close_written_off()
        for case in ended:
            case._ask_provision()

    def _ask_provision(self):
        """What was put aside for a claim that is paid, lost or dunned again is taken back by the accountant."""
        self.invalidate_recordset(["amount_provision", "amount_provision_due", "is_provision_high"])
        if not self.is_provision_high:
            return
        company = self.company_id.sudo()
        user = company._get_dunning_manager() or self.user_id or self.env.user
        words = self.with_context(lang=user.lang).env
        # sudo: the task may be for somebody else.
        self.sudo().with_context(mail_notify_force_send=False).activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=company._get_dunning_today(), user_id=user.id,
            summary=words._("Take back the impairment of %(amount)s", amount=self.company_currency_id.format(
                self.amount_provision - self.amount_provision_due)))


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    dunning_provision_of_id = fields.Many2one(
        "account.move.line", "Impairment Of", index="btree_not_null", ondelete="set null", copy=False,
        groups="base.group_user")

    def _get_provided(self):
        """Return what posted entries put aside for these receivables, in the currency of the company."""
        lines = self.search([("dunning_provision_of_id", "in", self.ids), ("parent_state", "=", "posted")])
        # An entry that Odoo reversed put nothing aside.
        kept = lines.filtered(lambda line: all(
            reversal.state != "posted" for reversal in line.move_id.reversal_move_ids))
        return -sum(kept.mapped("balance"))


class ResCompany(models.Model):
    """Where impairments go in the books of this legal entity."""

    _inherit = "res.company"

    dunning_provision_account_id = fields.Many2one(
        "account.account", "Impairment of Receivables", check_company=True,
        help="Empty: account 491 of the French chart.")
    dunning_provision_expense_id = fields.Many2one(
        "account.account", "Charge for Impairment", check_company=True,
        help="Empty: account 6817 of the French chart.")
    dunning_provision_income_id = fields.Many2one(
        "account.account", "Reversal of Impairment", check_company=True,
        help="Empty: account 7817 of the French chart.")

    def _get_dunning_provision_account(self, name, *prefixes):
        """Return the chosen account, else the first one of the French chart that begins so; never a neighbour."""
        account = self.sudo()[name]
        for prefix in prefixes:
            found = self._find_dunning_account(prefix)
            account = account or found.filtered(lambda one, prefix=prefix: one.code.startswith(prefix))
        if not account:
            raise UserError(self.env._("Choose the account “%(name)s” in the dunning settings.",
                                       name=self._fields[name]._description_string(self.env)))
        return account


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_provision_account_id = fields.Many2one(
        related="company_id.root_id.dunning_provision_account_id", readonly=False)
    dunning_provision_expense_id = fields.Many2one(
        related="company_id.root_id.dunning_provision_expense_id", readonly=False)
    dunning_provision_income_id = fields.Many2one(
        related="company_id.root_id.dunning_provision_income_id", readonly=False)
