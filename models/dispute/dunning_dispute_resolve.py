import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..base.apart import apart
from ..run.dunning_run_night import NightStep

_logger = logging.getLogger(__name__)

CREDIT_DAYS = 8  # to make the credit note that was agreed


class DunningDispute(models.Model):
    """How disputes end: accepted with a credit note, accepted in part, rejected, closed; and what the night does."""

    _inherit = "dunning.dispute"

    # --- doors ----------------------------------------------------------------------------------------------------

    def _check_handler(self):
        """Only who works on dunning decides about a dispute; the responsible person prepares the decision."""
        if not self.env.su and not self.env.user.has_group("account_dunning.group_dunning_user"):
            raise AccessError(self.env._("Write what you found: the collector answers the customer."))
        done = self.filtered(lambda one: one.state != "open")
        if done:
            raise UserError(self.env._("This dispute was already resolved: %(names)s.",
                                       names=", ".join(done.mapped("display_name"))))

    def _set_accepted(self, amounts=None, resolution="accepted", pay_by=False, is_credit_due=True):
        """We agree, to all or a part: what was accepted is not claimed until the credit note is matched.

        :param amounts: {dispute line id: accepted amount}; None accepts all that is contested
        :param pay_by: the day until which the customer has time to pay the part that we refuse
        """
        self._check_handler()
        for line in self.line_ids:
            accepted = line.amount if amounts is None else amounts.get(line.id, 0.0)
            # sudo: the amount is part of the decision checked above.
            line.sudo().amount_accepted = min(max(accepted, 0.0), line.amount)
        self._close("accepted", resolution, {"is_credit_due": is_credit_due, "pay_by": pay_by})
        for dispute in self if is_credit_due else ():
            soon = dispute.company_id._get_dunning_today() + timedelta(days=CREDIT_DAYS)
            # sudo: as the decision itself.
            dispute.sudo().deadline = max(dispute.deadline, soon)

    def _set_rejected(self, pay_by=False):
        """We refuse: dunning goes on after the day named in the answer, and interest is due since the due date."""
        self._check_handler()
        self._close("rejected", "rejected", {"pay_by": pay_by})

    def _set_cancelled(self, reason, resolution="gone"):
        """Closed without a decision: paid, withdrawn, noted by mistake, or the invoice is gone."""
        disputes = self.filtered(lambda one: one.state == "open")
        super(DunningDispute, disputes)._set_cancelled(reason)
        disputes._close("cancelled", resolution, {})

    def _close(self, state, resolution, vals):
        for company, disputes in self.grouped("company_id").items():
            disputes._write_door({
                "state": state, "resolution": resolution, "date_resolved": company._get_dunning_today(),
                "is_escalated": False, **vals,
            })
        # sudo: activities and the discussion of the follow-up belong to colleagues.
        disputes = self.sudo()
        disputes.activity_unlink(["mail.mail_activity_data_todo"])
        labels = dict(self._fields["resolution"]._description_selection(self.env))
        for dispute in disputes:
            dispute.followup_id._message_log(body=self.env._(
                "Dispute resolved: %(dispute)s. %(resolution)s.", dispute=dispute._get_html_link(),
                resolution=labels[resolution],
            ))

    # --- credit notes ---------------------------------------------------------------------------------------------

    def action_accept(self):
        """Open Odoo's credit note wizard for the contested invoices: making the credit note accepts the dispute."""
        self.ensure_one()
        self._check_handler()
        return self._open_credit_note()

    def action_make_credit_note(self):
        """Make the credit note that was agreed and is not there yet."""
        self.ensure_one()
        return self._open_credit_note()

    def _open_credit_note(self):
        invoices = self.move_ids.filtered(lambda move: move.move_type == "out_invoice" and move.state == "posted")
        if not invoices:
            raise UserError(self.env._(
                "There is no invoice to credit here. Book what settles it and close the dispute."))
        action = self.env["ir.actions.actions"]._for_xml_id("account.action_view_account_move_reversal")
        lang = self.partner_id.lang or self.env.lang
        return action | {"context": {
            "active_model": "account.move", "active_ids": invoices.ids, "dunning_dispute_id": self.id,
            "default_reason": self.with_context(lang=lang).reason_id.name,
        }}

    def _remember_credit_notes(self, credit_notes):
        """The credit wizard made these: they are reduced to what was agreed, and the dispute is accepted."""
        for credit_note in credit_notes.filtered(lambda move: move.state == "draft"):
            lines = self.line_ids.filtered(lambda line: line.move_id == credit_note.reversed_entry_id)  # noqa: B023
            agreed = sum(lines.mapped("amount" if self.state == "open" else "amount_accepted"))
            credit_note._reduce_to_dispute(agreed, self.reason_id.with_context(
                lang=credit_note.partner_id.lang or self.env.lang).name)
        if self.state == "open":
            self._set_accepted()
        # sudo: credit notes are linked to a dispute whose decision is taken.
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])
        self.sudo().write({"credit_note_ids": [fields.Command.link(move.id) for move in credit_notes]})

    # --- what the night finds -------------------------------------------------------------------------------------

    @api.model
    def _review(self, company, today):
        """Close what was paid or credited, tell the manager of late disputes, open those that a platform reports."""
        disputes = self.search(self._get_reviewed_domain(company))
        lines = disputes.line_ids.line_id
        movements = lines._get_dunning_movements()
        credits = lines._get_dispute_credits()
        for dispute in disputes:
            dispute._guarded(lambda one: one._review_one(movements, credits))
        for dispute in disputes.filtered(lambda one: (
                (one.state == "open" or one.is_credit_due) and one.deadline < today and not one.is_escalated)):
            dispute._guarded(lambda one: one._escalate())
        for move in self._find_platform_disputes(company):
            self._guarded(lambda none, move=move: none._open_from_platform(move))

    @api.model
    def _get_reviewed_domain(self, company):
        return [("company_id", "=", company.id), "|", ("state", "=", "open"), ("is_credit_due", "=", True)]

    def _guarded(self, act):
        """Do one thing to one dispute; a bad record never stops the others, nor the night."""
        with apart(self.env, _logger, "Dispute %s could not be reviewed", self.ids):
            act(self)

    def _review_one(self, movements, credits):
        """Close this dispute when nothing is left to contest, with a note of what settled it."""
        live = self.line_ids.filtered(lambda line: line.line_id and line.line_id.parent_state == "posted")
        is_settled = all(line.line_id.reconciled or line.amount_residual <= 0 for line in live)
        credited = {line: max(0.0, credits.get(line.line_id.id, 0.0) - line.credited_before) for line in self.line_ids}
        if self.is_credit_due:
            is_booked = self.credit_note_ids and all(
                move.state == "posted" and move.payment_state in ("paid", "reversed") for move in self.credit_note_ids)
            is_covered = all(line.currency_id.compare_amounts(credited[line], line.amount_accepted) >= 0
                             for line in self.line_ids)
            if is_settled or is_booked or is_covered:
                self._write_door({"is_credit_due": False, "is_escalated": False})
                self._message_log(body=self.env._("The credit note is booked: nothing more is to be done."))
        elif all(line.currency_id.compare_amounts(credited[line], line.amount) >= 0 for line in self.line_ids):
            self._message_log(body=self.env._("A credit note covers what was contested."))
            self._set_accepted(resolution="credited", is_credit_due=False)
        elif self._is_withdrawn_on_platform():
            self._set_cancelled(self.env._("The platform does not report it any more."), "platform")
        elif is_settled:
            kinds = {movement.kind for line in live for movement in movements.get(line.line_id.id, ())}
            self._set_settled(live, kinds, credited)

    def _is_withdrawn_on_platform(self):
        """Tell whether nobody qualified what a platform reported before the platform took it back."""
        reason = self.env.ref("account_dunning.dispute_reason_to_qualify", raise_if_not_found=False)
        return (self.source == "platform" and self.reason_id == reason
                and "disputed" not in self.move_ids.mapped("dunning_delivery_status"))

    def _set_settled(self, live, kinds, credited):
        """Nothing is open any more: paid, credited in part, written off, or its entries are gone."""
        if not live:
            self._set_cancelled(self.env._("Its entries are gone."))
        elif any(credited.values()):
            self._message_log(body=self.env._("Settled by a credit note and payments."))
            self._set_accepted({line.id: amount for line, amount in credited.items()}, "credited", is_credit_due=False)
        elif kinds == {"money"}:
            self._set_cancelled(self.env._("The customer paid what he contested."), "paid")
        else:
            self._set_cancelled(self.env._("Nothing is open on it any more, without a credit note for it."), "settled")

    def _escalate(self):
        """The deadline has passed: a manager is told, once, and the customer's card says so."""
        company = self.company_id
        manager = company.dunning_dispute_manager_id or company.dunning_user_id or self.followup_id.user_id
        if manager and manager._may_answer_dispute(company):
            day = format_date(self.env, self.deadline)
            summary = self.env._("The credit note should have been made by %(date)s", date=day) if self.is_credit_due \
                else self.env._("This dispute should have been answered by %(date)s", date=day)
            self._plan_activity(manager, company._get_dunning_today(), summary)
        self._message_log(body=self.env._("The deadline has passed: %(manager)s was told.", manager=manager.name)
                          if manager else self.env._("The deadline has passed; the settings name nobody to tell."))
        self._write_door({"is_escalated": True})

    @api.model
    def _find_platform_disputes(self, company):
        """Return open invoices that a platform reports as disputed and that no dispute here deals with."""
        moves = self.env["account.move"].search([
            ("company_id", "child_of", company.id), ("dunning_delivery_status", "=", "disputed"),
            ("state", "=", "posted"), ("move_type", "=", "out_invoice"), ("amount_residual", ">", 0)])
        known = defaultdict(list)
        for line in self.env["dunning.dispute.line"].search([
                ("move_id", "in", moves.ids), ("dispute_id.resolution", "not in", ("gone", "platform"))]):
            known[line.move_id].append(line.dispute_id)
        return moves.filtered(lambda move: not any(
            one.state == "open" or not move.dunning_delivery_date or one.date_open >= move.dunning_delivery_date
            for one in known[move]))

    @api.model
    def _open_from_platform(self, move):
        """Propose a dispute to qualify: what the customer told the platform is for a person to find out."""
        lines = move.dunning_line_ids.filtered(lambda line: line.amount_residual > 0)
        reason = self.env.ref("account_dunning.dispute_reason_to_qualify")
        self._create_for(lines, reason, source="platform", comment=self.env._(
            "The platform reports that the customer disputes this invoice. Find out what it is about."))


class DunningRun(models.Model):
    _inherit = "dunning.run"

    def _get_night_steps(self):
        # sudo: disputes are reviewed whoever started the run.
        disputes = self.env["dunning.dispute"].sudo()
        waits = SQL("(%s OR %s)", self._has("dunning.dispute", disputes._get_reviewed_domain(self.company_id)),
                    self._has("account.move", [("dunning_delivery_status", "=", "disputed")]))
        return super()._get_night_steps() + [
            NightStep(lambda: disputes._review(self.company_id, self.date), waits)]


class AccountMove(models.Model):
    _inherit = "account.move"

    _dunning_disputed_idx = models.Index("(company_id) WHERE dunning_delivery_status = 'disputed'")

    def _reduce_to_dispute(self, amount, reason):
        """Make this draft credit note one of the contested part only, with accounts and taxes in the same proportion.

        Each group of accounts and taxes of the invoice becomes one line; a person reads it before it is posted.
        """
        if not self.amount_total or self.currency_id.compare_amounts(amount, self.amount_total) >= 0:
            return
        share = amount / self.amount_total
        products = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        groups = products.grouped(lambda line: (line.account_id, line.tax_ids, str(line.analytic_distribution)))
        self.write({"invoice_line_ids": [fields.Command.clear()] + [fields.Command.create({
            "name": self.env._("%(reason)s, invoice %(invoice)s", reason=reason, invoice=self.reversed_entry_id.name),
            "account_id": account.id, "tax_ids": [fields.Command.set(taxes.ids)], "quantity": 1,
            "analytic_distribution": lines[0].analytic_distribution,
            "price_unit": self.currency_id.round(share * sum(
                line.quantity * line.price_unit * (1 - line.discount / 100) for line in lines)),
        }) for (account, taxes, _distribution), lines in groups.items()]})
