from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..run.dunning_run_night import NightStep


class DunningFollowup(models.Model):
    """Which pauses run for a customer, on his follow-up and for the planner."""

    _inherit = "dunning.followup"

    hold_ids = fields.One2many("dunning.hold", "followup_id", "Holds", readonly=True)
    running_hold_ids = fields.One2many(
        "dunning.hold", "followup_id", "Running Holds", domain=[("state", "=", "running")], readonly=True)
    hold_text = fields.Char("On Hold", compute="_compute_hold_text")

    @api.depends("running_hold_ids.date_end", "running_hold_ids.name")
    @api.depends_context("lang")
    def _compute_hold_text(self):
        for followup in self:
            followup.hold_text = " · ".join(hold._get_chip_text() for hold in followup.running_hold_ids)

    @api.model
    def _flush_facts(self):
        super()._flush_facts()
        for model in ("dunning.hold", "dunning.hold.line"):
            self.env[model].flush_model()

    @api.model
    def _get_hold_selects(self, company):
        """A hold pauses its receivables, or all that its customer owes whenever it was invoiced.

        In insolvency only what arose before the judgment: the day of delivery counts, not that of the invoice.
        """
        root = company.root_id.id
        return [*super()._get_hold_selects(company), SQL(
            """SELECT line.line_id, NULL::numeric AS amount, hold.date_end AS until, hold.kind AS reason
                 FROM dunning_hold hold
                 JOIN dunning_hold_line line ON line.hold_id = hold.id
                WHERE hold.state = 'running' AND hold.is_whole_customer IS NOT TRUE AND hold.company_id = %s""", root,
        ), SQL(
            """SELECT aml.id, NULL::numeric, hold.date_end, hold.kind
                 FROM dunning_hold hold
                 JOIN res_partner payer ON payer.commercial_partner_id = hold.partner_id
                                        OR payer.id = hold.partner_id AND payer.commercial_partner_id IS NULL
                 JOIN account_move_line aml ON aml.partner_id = payer.id AND aml.parent_state = 'posted'
                                           AND aml.reconciled IS NOT TRUE AND aml.amount_residual > 0
                 JOIN account_move move ON move.id = aml.move_id
                WHERE hold.state = 'running' AND hold.is_whole_customer AND hold.company_id = %s
                  AND (hold.date_judgment IS NULL
                       OR COALESCE(move.delivery_date, move.invoice_date, aml.date) < hold.date_judgment)""", root,
        )]

    def action_hold(self):
        """Begin a pause for the whole customer; some invoices only are a click away."""
        self.ensure_one()
        return self.env["dunning.hold"]._get_dialog(self, self._get_answerable_lines(), is_whole=True)


class DunningHold(models.Model):
    """A hold in a few words."""

    _inherit = "dunning.hold"

    def _get_chip_text(self):
        """Return "On hold until 5 Dec: goods are being returned"."""
        if self.is_reviewed:
            kind = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
            return self.env._("%(kind)s, look again on %(date)s", kind=kind,
                              date=format_date(self.env, self.date_review, date_format="d MMM"))
        return self.env._("On hold until %(date)s: %(reason)s", reason=self.name,
                          date=format_date(self.env, self.date_end, date_format="d MMM"))


class DunningRun(models.Model):
    """The night ends the holds whose day has passed before it plans."""

    _inherit = "dunning.run"

    def _get_night_steps(self):
        # sudo: the night ends what its time has ended, whoever began it.
        holds = self.env["dunning.hold"].sudo()
        waits = self._has("dunning.hold", holds._get_over_domain(self.company_id, self.date))
        return super()._get_night_steps() + [NightStep(lambda: holds._expire(self.company_id, self.date), waits)]


class AccountMove(models.Model):
    """Hold invoices from where one works."""

    _inherit = "account.move"

    def action_dunning_hold(self):
        """Begin a pause for these invoices."""
        lines = self.dunning_line_ids.filtered(lambda line: line.amount_residual > 0)
        if not lines:
            raise UserError(self.env._("Choose posted invoices that are not paid."))
        holds = self.env["dunning.hold"]
        return holds._get_dialog(holds._find_followup(lines), lines)
