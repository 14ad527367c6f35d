from odoo import api, fields, models
from odoo.exceptions import UserError

from ...escalation import Reason


class ResPartner(models.Model):
    """A bank or factor may ask for its own sentence on what we write about the claims assigned to it."""

    _inherit = "res.partner"

    dunning_assignee_sentence = fields.Text(
        "Sentence of the Assignee", translate=True, groups="base.group_user",
        help="Printed beside the bank account on reminders of claims that this bank or factor lets us collect, in the "
             "words of its contract. Empty: a sentence that says that only a payment to that account discharges.",
    )


class AccountMove(models.Model):
    """Who owns the claim: the invoice says it, else the customer, else the payment terms."""

    _inherit = "account.move"

    dunning_assignment_text = fields.Char(
        "Assigned", compute="_compute_dunning_assignment_text", groups="base.group_user",
    )

    def _get_dunning_assignment(self):
        """Return (mode, assignee) that apply to this invoice; (False, nobody) when it was not assigned."""
        self.ensure_one()
        # sudo: whoever may read an invoice may know whom it is to be paid to.
        move = self.sudo()
        customer = move.commercial_partner_id.with_company(move.company_id.root_id)
        for source in (move, customer, move.invoice_payment_term_id):
            if source.dunning_assignment:
                return source.dunning_assignment, source.dunning_assignee_id
        return False, self.env["res.partner"]

    @api.depends("dunning_assignment", "dunning_assignee_id", "commercial_partner_id", "invoice_payment_term_id")
    @api.depends_context("lang")
    def _compute_dunning_assignment_text(self):
        for move in self:
            mode, assignee = move._get_dunning_assignment() if move.is_sale_document() else (False, None)
            name = assignee and assignee.sudo().display_name or self.env._("an assignee who is not named")
            texts = {
                "confidential": self.env._("Assigned to %(assignee)s, confidentially: dunned as usual", assignee=name),
                "mandate": self.env._("Assigned to %(assignee)s: we collect, payment goes to its account",
                                      assignee=name),
                "notified": self.env._("Assigned to %(assignee)s, which collects it: never dunned by us",
                                       assignee=name),
            } if mode else {}
            move.dunning_assignment_text = texts.get(mode, False)


class DunningFollowup(models.Model):
    _inherit = "dunning.followup"

    assignment_text = fields.Char("Assigned Claims", compute="_compute_assignment_text")

    @api.depends("line_count", "amount_total")
    @api.depends_context("lang")
    def _compute_assignment_text(self):
        """Say of the open claims which belong to somebody else; most customers have none."""
        for followup in self:
            moves = followup.open_line_ids.filtered(lambda line: line.amount_residual > 0).move_id
            by_text = moves.filtered("dunning_assignment_text").grouped("dunning_assignment_text")
            followup.assignment_text = " · ".join(
                text if ours == moves else f"{', '.join(ours.mapped('name'))}: {text}"
                for text, ours in by_text.items()) or False


class DunningNotice(models.Model):
    """A notice about assigned claims names who is to be paid, and keeps whom it named."""

    _inherit = "dunning.notice"

    payee_text = fields.Text("To Be Paid To", readonly=True, copy=False, help="As it stood on what was sent.")

    def _get_assignee(self, invoice):
        mode, assignee = invoice._get_dunning_assignment() if invoice else (False, None)
        return assignee if mode == "mandate" else self.env["res.partner"]

    def _prepare_payment_vals(self, account, lines, is_only):
        vals = super()._prepare_payment_vals(account, lines, is_only)
        lang = self._in_customer_language().env.lang
        sentence = account.partner_id.with_context(lang=lang).dunning_assignee_sentence
        if vals["assignment"] and sentence:
            vals["assignment"] = sentence
        return vals

    def _recheck_one(self, case, snapshots, today):
        """By hand too, nothing goes out about a claim that its assignee collects since."""
        assigned = {item.key for item in case.receivables if item.excluded == Reason.ASSIGNED}
        gone = self.line_ids.filtered(lambda line: line.line_id.id in assigned)
        if gone and not (self.line_ids - gone).filtered(lambda line: line.role == "moving"):
            self._set_cancelled(self.followup_id._get_reason_label(Reason.ASSIGNED.value))
            return self.browse()
        gone.unlink()
        return super()._recheck_one(case, snapshots, today)

    def _freeze(self, today):
        """Keep the payee of what leaves; a claim whose payee is not known leaves not at all."""
        for notice in self:
            notice._check_payees()
        super()._freeze(today)

    def _copy_addressee(self):
        super()._copy_addressee()
        for notice in self:
            notice.payee_text = "\n".join(
                " · ".join(filter(None, (means["heading"], f"{means['label']} {means['number']}", means["invoices"])))
                for means in notice._get_payment_means())

    def _check_payees(self):
        """Money paid to us for an assigned claim would discharge nobody: refuse to ask for it without the account."""
        for invoice in self._get_demanded_lines().move_id:
            mode, assignee = invoice._get_dunning_assignment()
            # sudo: a collector reads no bank accounts.
            if mode == "mandate" and not assignee.sudo().bank_ids:
                raise UserError(self.env._(
                    "%(invoice)s was assigned to %(assignee)s, for whom we collect: enter its bank account first.",
                    invoice=invoice.name, assignee=assignee.sudo().display_name or "-",
                ))
