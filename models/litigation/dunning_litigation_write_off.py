from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DunningLitigation(models.Model):
    """The entries that follow a claim that is doubtful or lost: proposed as drafts, posted by an accountant only."""

    _inherit = "dunning.litigation"

    write_off_move_ids = fields.Many2many("account.move", string="Proposed Entries", readonly=True, copy=False)

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
            user = self._find_followup(ours).user_id or self.env.user
            cases += self._create_for(ours, route, outcome=reason, user_id=user.id)
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

    def _get_list_action(self):
        """Show these cases: the form of a single one."""
        if len(self) == 1:
            return self.action_open()
        return {"type": "ir.actions.act_window", "res_model": self._name, "view_mode": "list,form",
                "name": self.env._("Write-offs"), "domain": [("id", "in", self.ids)]}

    def action_propose_doubtful(self):
        """Propose the transfer of what is open to the doubtful debts."""
        return self._propose("doubtful")

    def action_propose_write_off(self):
        """Propose the loss of what is open."""
        return self._propose("loss")

    def action_propose_return(self):
        """Propose to take a loss back: the customer pays after all."""
        return self._propose("return")

    def _propose(self, kind):
        self.ensure_one()
        self.check_access("read")
        self._check_proposal(kind)
        values = [vals for vals in (
            self._prepare_entry(kind, company, lines)
            for company, lines in self.line_ids.line_id.grouped("company_id").items()) if vals]
        if not values:
            raise UserError(self.env._("Nothing was written off on the invoices of this case.") if kind == "return"
                            else self.env._("Nothing is open on the invoices of this case."))
        # The accountant's own rights decide whether he may make an entry. Each company of a group has its own books.
        moves = self.env["account.move"]
        for vals in values:
            moves += moves.with_company(vals["company_id"]).create(vals)
        # sudo: an accountant need not work on cases.
        self.sudo()._write_door({"write_off_move_ids": [Command.link(move.id) for move in moves]})
        self._message_log(body=self.env._("Entry proposed as a draft: %(reference)s", reference=moves[0].ref))
        action = {"type": "ir.actions.act_window", "res_model": "account.move", "name": self.env._("Proposed Entries")}
        if len(moves) == 1:
            return action | {"res_id": moves.id, "view_mode": "form", "views": [(False, "form")]}
        return action | {"view_mode": "list,form", "domain": [("id", "in", moves.ids)]}

    def _check_proposal(self, kind):
        """Refuse an entry that comes too early, twice, or takes VAT back before the customer was told."""
        if self.route_code != "write_off" and self.state != "lost":
            raise UserError(self.env._(
                "Entries are proposed for claims that are irrecoverable: close the case as such first."))
        self._check_no_draft()
        if kind == "loss" and self.with_vat and not self.date_vat_statement and self._get_vat_rows():
            raise UserError(self.env._(
                "VAT comes back after the customer got the statement of unpaid invoices: print it, send it, and note "
                "the day. Or propose the entry without the VAT."))

    def _check_no_draft(self):
        if self.write_off_move_ids.filtered(lambda move: move.state == "draft"):
            raise UserError(self.env._("An entry of this case waits already: post or delete it first."))

    def _prepare_entry(self, kind, company, lines):
        """Return the values of the draft entry in the books of one company, or nothing when there is none to make.

        :param kind: "doubtful": what is open goes to the doubtful debts; "loss": what is open there or here is lost,
            its VAT apart; "return": the loss is taken back; "provision": what is feared to be lost is put aside
        """
        values = []
        for line in lines:
            values += getattr(self, f"_prepare_{kind}_lines")(company, line)
        if not values:
            return {}
        journal = self._get_write_off_journal(company)
        labels = {"doubtful": self.env._("Doubtful debt"), "loss": self.env._("Irrecoverable debt"),
                  "return": self.env._("Irrecoverable debt paid after all"),
                  "provision": self.env._("Impairment of a doubtful debt")}
        return {
            "move_type": "entry", "company_id": company.id, "journal_id": journal.id,
            "date": company._get_dunning_open_day(journal),
            "ref": self.env._("%(label)s: %(customer)s (%(case)s)", label=labels[kind], customer=self.partner_id.name,
                              case=self.name),
            "line_ids": [Command.create(one) for one in values],
        }

    def _get_write_off_journal(self, company):
        journal = self.company_id.sudo().dunning_write_off_journal_id
        domain = [("type", "=", "general")]
        journals = self.env["account.journal"].with_company(company)
        for found in (journal, journals.search([*domain, ("company_id", "=", company.id)], limit=1),
                      journals.search([*domain, ("company_id", "parent_of", company.id)], limit=1)):
            if found:
                return found
        raise UserError(self.env._("%(company)s has no miscellaneous journal for the entry.", company=company.name))

    def _prepare_doubtful_lines(self, company, line):
        """Move what is open on a receivable to the doubtful debts; its VAT stays as it is."""
        amount, in_currency = line._get_unpaid()
        if amount <= 0:
            return []
        account = self.company_id._get_dunning_account("dunning_doubtful_account_id", "416")
        common = self._prepare_common(line, line)
        return [
            {**common, "account_id": account.id, "balance": amount, "amount_currency": in_currency,
             "dunning_doubtful_of_id": line.id},
            {**common, "account_id": line.account_id.id, "balance": -amount, "amount_currency": -in_currency,
             "dunning_written_off_id": line.id},
        ]

    def _prepare_loss_lines(self, company, line):
        """Lose what is open on a receivable, or on the doubtful one that took it over."""
        values = []
        for owed in line | line._get_doubtful_lines():
            amount, in_currency = owed._get_unpaid()
            if amount > 0:
                values += self._prepare_lost(line, owed, amount)
                values.append({**self._prepare_common(line, owed), "account_id": owed.account_id.id,
                               "balance": -amount, "amount_currency": -in_currency,
                               "dunning_written_off_id": owed.id})
        return values

    def _prepare_lost(self, line, owed, amount):
        """Return the lines of the loss: VAT that comes back, VAT that was never due, and the rest."""
        move, name = line.move_id, {"partner_id": owed.partner_id.id, "name": line.move_id.name}
        values, loss = [], amount
        chosen = self.company_id.sudo().dunning_bad_debt_vat_account_id
        for account, vat, is_waiting in move._get_dunning_vat(amount):
            if is_waiting or self.with_vat:
                values.append({**name, "account_id": account.id if is_waiting else (chosen or account).id,
                               "balance": vat})
                loss -= vat
        account = self.company_id._get_dunning_account("dunning_loss_account_id", move._get_dunning_loss_prefix())
        return [{**name, "account_id": account.id, "balance": move.company_currency_id.round(loss)}, *values]

    def _prepare_return_lines(self, company, line):
        """Take a loss back, as far as the customer paid: the receivable is open again, to be matched with the money."""
        values = []
        for lost in line._get_written_off():
            amount = -(lost.balance + sum(lost._get_returned().mapped("balance")))
            if amount <= 0:
                continue
            share = amount / -lost.balance
            values.append({**self._prepare_common(line, lost), "account_id": lost.account_id.id, "balance": amount,
                           "amount_currency": -lost.amount_currency * share, "dunning_returned_id": lost.id})
            values += self._prepare_regained(line, lost, amount)
        return values

    def _prepare_regained(self, line, lost, amount):
        """Return what was lost of a receivable, the other way round: income in a later year, VAT due again."""
        name = {"partner_id": lost.partner_id.id, "name": line.move_id.name}
        sources = lost.move_id.line_ids.filtered(lambda one: (
            one.name == lost.name and one.balance > 0 and not one.dunning_doubtful_of_id))
        total, values = sum(sources.mapped("balance")), []
        for source in sources:
            account = source.account_id
            if account.account_type == "expense" and not lost.move_id._is_dunning_this_year():
                account = self.company_id._get_dunning_return_account() or account
            values.append({**name, "account_id": account.id,
                           "balance": -lost.company_currency_id.round(source.balance * amount / total)})
        if values:
            values[0]["balance"] -= amount + sum(one["balance"] for one in values)
        return values

    @staticmethod
    def _prepare_common(line, owed):
        return {"partner_id": owed.partner_id.id, "name": line.move_id.name, "currency_id": owed.currency_id.id}

    # --- when an accountant posts them ----------------------------------------------------------------------------

    def _close_written_off(self):
        """What was to be written off is: the case is over."""
        # What became of the doubtful debts is read from the books anew.
        self.invalidate_recordset(["amount_open", "amount_written_off"])
        for case in self.filtered(lambda one: one.route_code == "write_off" and one.state in one._open_states):
            if not case.amount_open and case.amount_written_off:
                case._close("lost", self.env._("Written off: %(amount)s.", amount=case.currency_id.format(
                    case.amount_written_off)), amount_irrecoverable=case.amount_written_off)
