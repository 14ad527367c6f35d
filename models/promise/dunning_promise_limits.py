from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_amount, format_date

from ...escalation import Reason

# What leaves no room for a promise on the same part of a claim.
CONTESTED = (Reason.DISPUTE, Reason.DISPUTE_LATE, Reason.PLAN)


class DunningPromise(models.Model):
    """What may be promised, and how far a collector may go alone."""

    _inherit = "dunning.promise"

    @api.model
    def _check_date(self, day, today):
        if not day or day < today:
            raise UserError(self.env._("A promise is about today or a later day. Choose another date."))

    @api.model
    def _check_previous(self, previous, lines):
        if not previous:
            return
        previous.check_access("write")
        if previous.state != "open":
            raise UserError(self.env._("This promise was closed already. Note a new one instead of another date."))
        if not lines <= previous.line_ids.line_id:
            raise UserError(self.env._("Another date is for the same invoices. Note a new promise for the others."))

    @api.model
    def _check_free(self, lines, amounts, previous):
        """Refuse a second open promise on a receivable, and a promise on what is disputed or in a plan."""
        taken = self.env["dunning.promise.line"].sudo().search([
            ("line_id", "in", lines.ids), ("state", "=", "open"), ("promise_id", "not in", previous.ids)], limit=1)
        if taken:
            raise UserError(self.env._(
                "%(name)s is already promised for %(date)s. Change the date of that promise, or cancel it.",
                name=taken.name, date=format_date(self.env, taken.promise_id.date_promised),
            ))
        free = self._get_free_amounts(lines)
        for line in lines:
            excess = line.currency_id.compare_amounts(amounts[line.id], free[line.id]) > 0
            if excess and line.currency_id.compare_amounts(amounts[line.id], line.amount_residual_currency) <= 0:
                raise UserError(self.env._(
                    "%(name)s is disputed or in a payment plan: only %(amount)s of it can be promised.",
                    name=line.move_id.name, amount=format_amount(self.env, max(0, free[line.id]), line.currency_id),
                ))

    @api.model
    def _get_free_amounts(self, lines):
        """Return {line id: the open part that is neither disputed nor in a plan}, in the currency of the line."""
        followups = self.env["dunning.followup"].sudo()
        free = {line.id: line.amount_residual_currency for line in lines}
        followups._flush_facts()
        for company, ours in lines.grouped(lambda line: line.company_id.root_id).items():
            holds = followups._get_holds(company, ours.ids)
            for line in ours:
                contested = [hold for hold in holds.get(line.id, ()) if hold.reason in CONTESTED]
                if line.move_id.dunning_delivery_status == "disputed" or any(hold.amount is None for hold in contested):
                    free[line.id] = 0
                elif contested and line.amount_residual:
                    held = float(sum(hold.amount for hold in contested)) / line.amount_residual
                    free[line.id] = line.currency_id.round(line.amount_residual_currency * max(0, 1 - held))
        return free

    @api.model
    def _get_promisable(self, lines):
        """Return the open receivables among these on which nothing stands in the way of a promise."""
        claims = lines.filtered(lambda line: line.parent_state == "posted" and line.amount_residual > 0)
        # sudo: a number of another person's promise is enough.
        taken = self.env["dunning.promise.line"].sudo().search(
            [("line_id", "in", claims.ids), ("state", "=", "open")]).line_id
        free = self._get_free_amounts(claims)
        return claims.filtered(lambda line: line not in taken and free[line.id] > 0)

    @api.model
    def _get_excesses(self, lines, day, today):
        """Return in words which limits of the company this promise exceeds."""
        company = lines.company_id.root_id.sudo()
        reasons = []
        if day > today + relativedelta(days=company.dunning_promise_days):
            reasons.append(self.env._("A promise lies at most %(count)s days ahead.",
                                      count=company.dunning_promise_days))
        counts = self.env["dunning.promise.line"].sudo()._read_group(
            [("move_id", "in", lines.move_id.ids), ("state", "!=", "cancelled")], ["move_id"],
            ["promise_id:count_distinct"])
        often = [move for move, count in counts if count >= company.dunning_promise_max]
        if often:
            reasons.append(self.env._(
                "%(names)s: already promised %(count)s times, and more is for a manager to decide.",
                names=", ".join(move.name for move in often), count=company.dunning_promise_max))
        return reasons

    @api.model
    def _check_limits(self, reasons, is_lifted):
        if not reasons:
            return
        if is_lifted and not self.env.su and not self.env.user.has_group("account_dunning.group_dunning_manager"):
            raise AccessError(self.env._("Only a dunning manager may lift the limits of a promise."))
        if not is_lifted:
            raise UserError(self.env._("%(reasons)s A dunning manager may lift this limit.",
                                       reasons=" ".join(reasons)))
