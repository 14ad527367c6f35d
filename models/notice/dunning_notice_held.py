from odoo import api, fields, models
from odoo.exceptions import UserError

from ...escalation import Reason

CONTESTED = (Reason.DISPUTE, Reason.DISPUTE_LATE)
DEMANDED_ROLES = ("moving", "listed")
NO_PART = {"amount_held": 0.0, "amount_held_company": 0.0, "is_contested": False}


class DunningNoticeLine(models.Model):
    """What a notice does not ask of a receivable that it names: the part that is contested, promised or held.

    The outstanding amount on paper stays that of the books; the part is deducted in the total, and said.
    """

    _inherit = "dunning.notice.line"

    amount_held = fields.Monetary("Not Asked", readonly=True)
    amount_held_company = fields.Monetary("Not Asked (Company)", readonly=True, currency_field="company_currency_id")
    is_contested = fields.Boolean("Partly Contested", readonly=True)

    @api.model
    def _get_copied_fields(self):
        return super()._get_copied_fields() | NO_PART.keys()


class DunningNotice(models.Model):
    """A notice asks for the part of a receivable that nothing keeps back, and names the rest."""

    _inherit = "dunning.notice"

    # --- prepared -------------------------------------------------------------------------------------------------

    @api.model
    def _get_held_vals(self, item, snapshot, today):
        """Return what is not asked of one receivable; its hold is known in the currency of the company."""
        claimable = float(item.claimable(today))
        residual = float(item.residual)
        if not 0 < claimable < residual:
            return NO_PART
        held = residual - claimable
        currency = self.env["res.currency"].browse(snapshot["currency_id"])
        return {
            "amount_held": currency.round(held * snapshot["amount_residual"] / residual), "amount_held_company": held,
            "is_contested": any(hold.reason in CONTESTED and hold.is_running(today) for hold in item.holds),
        }

    @api.model
    def _prepare_line_commands(self, case, plan, moves, snapshots, followup, address_id=None):
        commands = super()._prepare_line_commands(case, plan, moves, snapshots, followup, address_id)
        items = {item.key: item for item in case.receivables}
        for _create, _zero, vals in commands:
            item, snapshot = items.get(vals["line_id"]), snapshots.get(vals["line_id"])
            vals.update(self._get_held_vals(item, snapshot, snapshot["today"]) if item and snapshot else NO_PART)
        return commands

    @api.model
    def _add_plan_vals(self, vals_list, followup, case, plan, snapshots, today, run):
        before = len(vals_list)
        problem = super()._add_plan_vals(vals_list, followup, case, plan, snapshots, today, run)
        for vals in vals_list[before:]:
            vals["amount_total"] -= sum(
                command[2]["amount_held_company"] for command in vals["line_ids"]
                if command[2]["role"] in DEMANDED_ROLES)
        return problem

    @api.model
    def _prepare_manual_vals(self, followup, items, snapshots, today):
        """By hand too, what is contested is not asked for: it is answered first."""
        contested = [item for item in items if (hold := item.get_hold(today)) and hold.reason in CONTESTED]
        if contested and len(contested) == len(items):
            raise UserError(self.env._(
                "%(invoices)s: the customer contests this. Answer him before you remind him.",
                invoices=", ".join(dict.fromkeys(snapshots[item.key]["name"] or "" for item in contested))))
        items = [item for item in items if item not in contested]
        vals = super()._prepare_manual_vals(followup, items, snapshots, today)
        by_key = {item.key: item for item in items}
        for _create, _zero, line in vals["line_ids"]:
            held = self._get_held_vals(by_key[line["line_id"]], snapshots[line["line_id"]], today)
            line.update(held)
            vals["amount_total"] -= held["amount_held_company"]
        return vals

    # --- checked again on the day it leaves -----------------------------------------------------------------------

    def _recheck_one(self, case, snapshots, today):
        kept = super()._recheck_one(case, snapshots, today)
        if not kept:
            return kept
        items = {item.key: item for item in case.receivables}
        for line in self.line_ids:
            item, snapshot = items.get(line.line_id.id), snapshots.get(line.line_id.id)
            held = self._get_held_vals(item, snapshot, today) if item and snapshot else NO_PART
            if any(line[name] != value for name, value in held.items()):
                line.write(held)
        demanded = self.line_ids.filtered(lambda line: line.role in DEMANDED_ROLES)
        held = sum(demanded.mapped("amount_held_company"))
        if held:
            self.amount_total = sum(self.line_ids.filtered(
                lambda line: line.role != "claimed").mapped("amount_company")) - held
        return kept

    # --- on paper -------------------------------------------------------------------------------------------------

    def _get_totals(self):
        totals = super()._get_totals()
        for line in self._get_demanded_lines():
            if line.amount_held:
                totals[line.currency_id] = line.currency_id.round(totals[line.currency_id] - line.amount_held)
        return totals

    def _get_sums(self, lines):
        sums = super()._get_sums(lines)
        for line in lines:
            if line.amount_held:
                sums[line.currency_id] = line.currency_id.round(sums[line.currency_id] - line.amount_held)
        return sums

    def _get_row(self, line):
        """Say which part is not asked for, and why when it is the customer who contests it."""
        row = super()._get_row(line)
        env = self._in_customer_language().env
        amount = self._format_amount(line.amount_held, line.currency_id)
        if not line.amount_held:
            row["held_text"] = ""
        elif line.is_contested:
            row["held_text"] = env._("of which %(amount)s that you contest, not asked for here", amount=amount)
        else:
            row["held_text"] = env._("of which %(amount)s not asked for here", amount=amount)
        return row
