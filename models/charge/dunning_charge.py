from datetime import date
from typing import NamedTuple

import psycopg2
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL


class Charged(NamedTuple):
    """What was already claimed or waived of a receivable: interest through a day, the compensation of its invoice.

    ``periods`` are the days themselves, (first, last) in their order: an older claim that was taken back leaves a gap.
    """

    through: date | None = None
    compensation: bool = False
    periods: tuple = ()


class DunningCharge(models.Model):
    """Interest or compensation that was claimed in the books, or given up, with the name of who decided.

    A charge covers days (interest) or an invoice (compensation), and the database itself refuses a second one for the
    same days or the same invoice. It stays when the invoice is paid. Nothing here is written by hand: charges are
    claimed (dunning_charge_book.py), waived and taken back through doors.
    """

    _name = "dunning.charge"
    _description = "Late-Payment Charge"
    _inherit = ["dunning.door"]
    _order = "date desc, id desc"
    _rec_name = "name"
    _check_company_auto = False

    _door_fields = frozenset({"state"})

    name = fields.Char("Description", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict", index=True)
    partner_id = fields.Many2one("res.partner", "Customer", required=True, readonly=True, ondelete="restrict",
                                 index=True)
    followup_id = fields.Many2one("dunning.followup", "Follow-up", readonly=True, ondelete="restrict",
                                  index="btree_not_null")
    move_id = fields.Many2one("account.move", "Invoice", required=True, readonly=True, ondelete="restrict", index=True)
    line_id = fields.Many2one(
        "account.move.line", "Receivable", readonly=True, ondelete="set null", index="btree_not_null",
        help="The instalment that was late. Empty when the invoice was reset and its instalments were made anew.",
    )
    is_entry = fields.Boolean(
        readonly=True, help="Each item of an opening entry stands for an invoice of its own.",
    )
    kind = fields.Selection(
        [("interest", "Interest"), ("compensation", "Compensation"), ("cost", "Costs")], required=True, readonly=True,
    )
    date_from = fields.Date("From", readonly=True, help="First day that bears this interest.")
    date_to = fields.Date("Until", readonly=True, help="Last day that bears this interest.")
    amount = fields.Monetary(required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True, ondelete="restrict")
    amount_company = fields.Monetary("In Company Currency", readonly=True, currency_field="company_currency_id")
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    state = fields.Selection(
        [("claimed", "Claimed"), ("waived", "Waived"), ("cancelled", "Taken Back")], required=True, readonly=True,
        default="claimed", index=True,
    )
    user_id = fields.Many2one("res.users", "Decided By", required=True, readonly=True, ondelete="restrict",
                              default=lambda self: self.env.uid)
    date = fields.Date("Decided On", required=True, readonly=True)
    reason = fields.Char(readonly=True, help="Why it was waived, or taken back.")
    cancelled_by_id = fields.Many2one("res.users", "Taken Back By", readonly=True, ondelete="restrict")
    cancelled_date = fields.Date("Taken Back On", readonly=True)
    is_waived = fields.Boolean("Was Waived", readonly=True, help="What was decided first, also when taken back later.")
    regime_id = fields.Many2one("dunning.interest.regime", readonly=True, ondelete="set null")
    regime_name = fields.Char("Name of the Regime", readonly=True)
    regime_article = fields.Char("Article", readonly=True)
    notice_id = fields.Many2one(
        "dunning.notice", readonly=True, ondelete="set null", index="btree_not_null",
        help="The last notice that told the customer of it.",
    )
    detail = fields.Json(readonly=True, help="The computation as it was when it was decided.")
    charge_move_id = fields.Many2one("account.move", "Booked In", readonly=True, ondelete="set null",
                                     index="btree_not_null")
    charge_line_id = fields.Many2one("account.move.line", "Booked As", readonly=True, ondelete="set null",
                                     index="btree_not_null")
    collected_amount = fields.Monetary(
        "Collected", compute="_compute_collected", currency_field="company_currency_id",
        help="Money matched with the invoice that books it, in the currency of the company.",
    )
    collected_date = fields.Date("Last Collected On", compute="_compute_collected")
    detail_html = fields.Html("Computation", compute="_compute_detail_html")

    # PostgreSQL knows ranges of numbers by itself: no extension is needed to compare the instalment and the days.
    _interest_once = models.Constraint(
        """EXCLUDE USING gist (int4range(line_id, line_id, '[]') WITH &&, daterange(date_from, date_to, '[]') WITH &&)
           WHERE (kind = 'interest' AND state <> 'cancelled' AND line_id IS NOT NULL)""",
        "The interest of these days was claimed or waived already. Open the charges of the invoice.",
    )
    _compensation_once = models.UniqueIndex(
        "(move_id) WHERE kind = 'compensation' AND state <> 'cancelled' AND is_entry IS NOT TRUE",
        "The compensation of this invoice was claimed or waived already. Open the charges of the invoice.",
    )
    _compensation_entry_once = models.UniqueIndex(
        "(line_id) WHERE kind = 'compensation' AND state <> 'cancelled' AND is_entry",
        "The compensation of this opening item was claimed or waived already.",
    )
    _amount_positive = models.Constraint("CHECK (amount > 0)", "A charge is an amount above zero.")
    _interest_days = models.Constraint(
        "CHECK (kind <> 'interest' OR date_from <= date_to)", "Interest is due for days: the first, then the last.")

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("charge_move_id.payment_state", "charge_move_id.amount_residual")
    def _compute_collected(self):
        rows = self.env["dunning.charge.report"]._get_collected(self.ids)
        for charge in self:
            charge.collected_amount, charge.collected_date = rows.get(charge.id, (0, False))

    @api.depends("detail")
    @api.depends_context("lang")
    def _compute_detail_html(self):
        for charge in self:
            texts = [charge._get_segment_text(segment) for segment in charge.detail or ()]
            charge.detail_html = Markup("<br/>").join(texts) if texts else False

    # --- what was charged already ---------------------------------------------------------------------------------

    @api.model
    def _get_charged(self, line_ids):
        """Return {line id: Charged} of the receivables of which something was claimed or waived, in one query.

        The charges of an invoice whose instalments were made anew count for each of the new ones.
        """
        if not line_ids:
            return {}
        self.flush_model(["kind", "state", "line_id", "move_id", "is_entry", "date_to"])
        rows = self.env.execute_query(SQL(
            """SELECT aml.id, MAX(charge.date_to) FILTER (WHERE charge.kind = 'interest'),
                      BOOL_OR(charge.kind = 'compensation'),
                      ARRAY_AGG(charge.date_from ORDER BY charge.date_from) FILTER (WHERE charge.kind = 'interest'),
                      ARRAY_AGG(charge.date_to ORDER BY charge.date_from) FILTER (WHERE charge.kind = 'interest')
                 FROM account_move_line aml
                 JOIN dunning_charge charge ON charge.move_id = aml.move_id
                WHERE aml.id = ANY(%s) AND charge.state <> 'cancelled'
                  AND CASE WHEN charge.kind = 'compensation' AND charge.is_entry IS NOT TRUE THEN TRUE
                           ELSE charge.line_id IS NULL OR charge.line_id = aml.id END
             GROUP BY aml.id""",
            list(line_ids),
        ))
        return {
            line_id: Charged(through, compensation, tuple(zip(firsts or (), lasts or (), strict=True)))
            for line_id, through, compensation, firsts, lasts in rows
        }

    # --- doors ----------------------------------------------------------------------------------------------------

    def _set_cancelled(self, reason):
        """Take these charges back: their days and their compensation can be claimed or waived anew."""
        standing = self.filtered(lambda charge: charge.state != "cancelled")
        for company, charges in standing.grouped("company_id").items():
            # sudo: nobody writes a charge by hand; who resets an invoice needs no dunning right.
            charges.sudo().write({
                "state": "cancelled", "reason": reason, "cancelled_by_id": self.env.uid,
                "cancelled_date": company._get_dunning_today(),
            })
        return standing

    def _set_standing(self):
        """Put charges that were taken back in force again: their invoice was posted once more.

        :raises UserError: their days or their compensation were claimed or waived meanwhile
        """
        for charge in self.filtered(lambda one: one.state == "cancelled"):
            try:
                with self.env.cr.savepoint():
                    # sudo: see _set_cancelled
                    charge.sudo().write({"state": "waived" if charge.is_waived else "claimed", "reason": False,
                                         "cancelled_by_id": False, "cancelled_date": False})
                    charge.flush_recordset()
            except psycopg2.IntegrityError as error:
                raise UserError(self.env._(
                    "%(charge)s was claimed or waived anew meanwhile: take that back first, or delete this line.",
                    charge=charge.name,
                )) from error

    def _check_charge_group(self):
        """Claiming and waiving are for dunning users."""
        if not self.env.su and not self.env.user.has_group("account_dunning.group_dunning_user"):
            raise AccessError(self.env._("Your dunning rights do not allow this. Ask a dunning manager."))

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_take_back(self):
        """Withdraw a waiver: what was given up can be claimed again. A booked charge goes with its invoice."""
        self.env["res.company"]._check_dunning_group("account_dunning.group_dunning_manager")
        if self.filtered(lambda charge: charge.state != "waived"):
            raise UserError(self.env._(
                "Only waivers are withdrawn here. To take a claim back, reset or credit the invoice that books it."))
        self._set_cancelled(self.env._("Waiver withdrawn"))

    def action_open_booked(self):
        """Open the customer invoice that books this charge."""
        self.ensure_one()
        return self._get_move_action(self.charge_move_id)

    def action_open_invoice(self):
        """Open the invoice that was late."""
        self.ensure_one()
        return self._get_move_action(self.move_id)

    @api.model
    def _get_move_action(self, moves):
        action = {"type": "ir.actions.act_window", "res_model": "account.move", "name": self.env._("Invoices")}
        if len(moves) == 1:
            return action | {"view_mode": "form", "views": [(False, "form")], "res_id": moves.id}
        return action | {"view_mode": "list,form", "domain": [("id", "in", moves.ids)],
                         "views": [(False, "list"), (False, "form")]}
