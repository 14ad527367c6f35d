from odoo import api, fields, models
from odoo.tools.misc import format_date


class AccountMove(models.Model):
    """An invoice and what was charged for its lateness; or the invoice that books such charges."""

    _inherit = "account.move"

    dunning_is_charge = fields.Boolean(
        "Late-Payment Charges", copy=False, readonly=True,
        help="This invoice books interest and compensation: it bears neither itself.", groups="base.group_user",
    )
    dunning_charge_ids = fields.One2many(
        "dunning.charge", "move_id", string="Late-Payment Charges of This Invoice",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    dunning_booked_charge_ids = fields.One2many(
        "dunning.charge", "charge_move_id", string="Charges Booked Here",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    dunning_charge_count = fields.Integer(
        "Number of Charges", compute="_compute_dunning_charge_count",
        groups="account.group_account_invoice,account.group_account_readonly")

    @api.depends("dunning_charge_ids", "dunning_booked_charge_ids")
    def _compute_dunning_charge_count(self):
        for move in self:
            move.dunning_charge_count = len(move.dunning_charge_ids | move.dunning_booked_charge_ids)

    # --- the charges follow the invoice that books them -----------------------------------------------------------

    def _post(self, soft=True):
        self._mark_charges()
        posted = super()._post(soft)
        posted._restore_charges()
        posted._relink_charges()
        posted._warn_of_claimed_charges()
        posted.reversed_entry_id._cancel_credited_charges()
        return posted

    def _mark_charges(self):
        """What is booked in the journal of charges is one, also when a person copied or wrote it by hand."""
        for company, moves in self.sudo().grouped(lambda move: move.company_id.root_id).items():  # sudo: settings
            journal = company.dunning_charge_journal_id
            moves.filtered(lambda move, journal=journal: (
                journal and move.journal_id == journal and move.move_type == "out_invoice"
                and not move.dunning_is_charge)).dunning_is_charge = True

    def _leave_dunning(self):
        """A charge invoice that is reset or cancelled claims nothing; nor does a credit note undo anything then."""
        result = super()._leave_dunning()
        # Its instalments may be made anew: what was charged counts for each of them. (sudo: see below)
        self.sudo().dunning_charge_ids.filtered("line_id").line_id = False
        booked = self.sudo().filtered("dunning_is_charge")  # sudo: see _set_cancelled of the charges
        for move in booked:
            reason = self.env._("%(number)s was cancelled", number=move.name) if move.state == "cancel" \
                else self.env._("%(number)s was reset to draft", number=move.name)
            move.dunning_booked_charge_ids._set_cancelled(reason)
        reversed_moves = self.sudo().reversed_entry_id.filtered(
            lambda move: move.dunning_is_charge and move.state == "posted")
        for move in reversed_moves.filtered(lambda one: not one._is_charge_credited()):
            move.dunning_booked_charge_ids._set_standing()
        return result

    def _relink_charges(self):
        """An invoice that was reset and posted again: its only instalment is the one that was charged."""
        for move in self.sudo().filtered("dunning_charge_ids"):  # sudo: see _set_cancelled of the charges
            lines = move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
            if len(lines) == 1:
                move.dunning_charge_ids.filtered(lambda charge: not charge.line_id).line_id = lines

    def _warn_of_claimed_charges(self):
        """A credit note lessens a debt on which charges were claimed: say where, a person decides."""
        for move in self.sudo().reversed_entry_id:  # sudo: see above
            claimed = move.dunning_charge_ids.filtered(lambda charge: charge.state == "claimed").charge_move_id
            if claimed:
                move._message_log(body=self.env._(
                    "This invoice was credited after late-payment charges on it were claimed in %(numbers)s. If too "
                    "much was claimed, credit that invoice and claim anew.",
                    numbers=", ".join(claimed.mapped("name"))))

    def _restore_charges(self):
        """A charge invoice that is posted again claims again what its lines still say, at their amounts."""
        # sudo: whoever posts an invoice needs no dunning right.
        for charge in self.sudo().filtered("dunning_is_charge").dunning_booked_charge_ids:
            line = charge.charge_line_id
            if not line or charge.state != "cancelled":
                continue
            charge._set_standing()
            charge.write({"amount": line.price_subtotal, "amount_company": abs(line.balance)})

    def _cancel_credited_charges(self):
        """Take back the charges whose invoice was credited as a whole; a credit in part leaves them claimed."""
        for move in self.sudo().filtered("dunning_is_charge"):  # sudo: see above
            notes = move._get_charge_credit_notes()
            number = ", ".join(notes.mapped("name"))
            if move._is_charge_credited():
                move.dunning_booked_charge_ids._set_cancelled(self.env._(
                    "Credited by %(number)s on %(date)s", number=number,
                    date=format_date(self.env, max(notes.mapped("date")))))
            elif notes:
                move._message_log(body=self.env._(
                    "Credited in part by %(number)s: the days stay claimed. Credit all of it to claim them anew.",
                    number=number))

    def _get_charge_credit_notes(self):
        return self.reversal_move_ids.filtered(lambda note: note.state == "posted")

    def _is_charge_credited(self):
        """Tell whether posted credit notes undo the whole of this charge invoice."""
        self.ensure_one()
        credited = sum(self._get_charge_credit_notes().mapped("amount_total"))
        return bool(credited) and self.currency_id.compare_amounts(credited, self.amount_total) >= 0

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_dunning_claim(self):
        """Show what these invoices bear, to claim or to waive it."""
        return self.env["dunning.charge.wizard"]._open_for(self._get_charge_lines())

    def _get_charge_lines(self):
        """Return the receivables of these invoices that may bear charges."""
        return self.filtered(lambda move: move.state == "posted" and not move.dunning_is_charge).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and line.balance > 0)

    def action_dunning_open_charges(self):
        """List what was claimed or waived of this invoice, or what it books."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_charge_action")
        return action | {"domain": ["|", ("move_id", "=", self.id), ("charge_move_id", "=", self.id)], "context": {}}
