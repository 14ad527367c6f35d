import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..base.apart import apart
from ..run.dunning_run_night import NightStep

_logger = logging.getLogger(__name__)

# After these a person decides what comes next; after the last ones no formal notice will be sent.
DECISION_CODES = ("ladder_done", "formal_expired", "below_step", "window_passed")
SMALL_CODES = ("write_off", "small_claims")


class DunningFollowup(models.Model):
    """Litigation of a customer on his follow-up, for the planner and for the board."""

    _inherit = "dunning.followup"

    litigation_ids = fields.One2many("dunning.litigation", "followup_id", "Cases", readonly=True)
    litigation_count = fields.Integer(compute="_compute_litigation")
    litigation_text = fields.Char("In Litigation", compute="_compute_litigation")
    litigation_proposal = fields.Char("Proposed Route", compute="_compute_litigation_proposal", compute_sudo=True)

    @api.depends("litigation_ids.state", "litigation_ids.route_id")
    @api.depends_context("lang")
    def _compute_litigation(self):
        for followup in self:
            cases = followup.litigation_ids.filtered(lambda case: case.state in case._open_states)
            followup.litigation_count = len(followup.litigation_ids)
            followup.litigation_text = " · ".join(case._get_chip_text() for case in cases)

    @api.depends("attention_codes", "litigation_ids.state")
    @api.depends_context("lang")
    def _compute_litigation_proposal(self):
        """Name the announced route once the ladder has ended or the formal notice has expired.

        What is too little for a formal notice is written off, or goes to the small claims.
        """
        for followup in self:
            codes = set((followup.attention_codes or "").split(","))
            waits = codes.intersection(DECISION_CODES) and not followup.litigation_text
            routes = followup._get_proposed_routes() if waits else None
            names = routes[:2 if routes[0].code in SMALL_CODES else 1].mapped("name") if routes else []
            followup.litigation_proposal = self.env._(" or ").join(names)

    def _get_proposed_routes(self, lines=None):
        """Return the announced routes that may be taken, else those that need no announcement."""
        cases, routes = self.env["dunning.litigation"], self.env["dunning.litigation.route"]
        lines = lines or self._get_litigable_lines()
        if not lines:
            return routes
        announced = cases._get_announced_routes(self, lines)
        if announced:
            return announced
        if cases._is_below_formal(self, lines):
            kind = self.partner_id.with_company(self.company_id).dunning_debtor_kind
            small = routes._get_for(self.company_id, kind).filtered(
                lambda route: route.code in SMALL_CODES and not cases._get_route_obstacle(route, self, lines))
            return small.sorted(lambda route: SMALL_CODES.index(route.code))
        return routes._get_write_off(self.company_id) if self.policy_id.end_action == "write_off" else routes

    def _get_litigable_lines(self):
        """Return what is overdue and in no case yet, in the currency in which most of it is owed."""
        lines = self.env["account.move.line"]
        overdue = lines.search(lines._get_overdue_domain(self.company_id) & fields.Domain(
            "partner_id.commercial_partner_id", "=", self.partner_id.id))
        cases = self.litigation_ids.filtered(lambda case: case.state in case._open_states)
        free = overdue - cases.line_ids.line_id
        if not free:
            return free
        return max(free.grouped("currency_id").values(), key=lambda ours: sum(ours.mapped("amount_residual")))

    # --- seams ----------------------------------------------------------------------------------------------------

    @api.model
    def _flush_facts(self):
        super()._flush_facts()
        for model in ("dunning.litigation", "dunning.litigation.line"):
            self.env[model].flush_model()

    @api.model
    def _get_hold_selects(self, company):
        """What is in litigation, or was found irrecoverable, waits; after it the interval between two notices runs."""
        return super()._get_hold_selects(company) + [SQL(
            """SELECT line.line_id, NULL::numeric AS amount, litigation.date_resume - 1 AS until,
                      CASE WHEN litigation.state IN ('preparing', 'handed_over', 'lost')
                           THEN 'litigation' ELSE 'gap' END AS reason
                 FROM dunning_litigation_line line
                 JOIN dunning_litigation litigation ON litigation.id = line.litigation_id
                WHERE litigation.company_id = %s
                  AND (litigation.date_resume > %s
                       OR litigation.date_resume IS NULL
                          AND litigation.state IN ('preparing', 'handed_over', 'lost'))""",
            company.root_id.id, company._get_dunning_today(),
        )]

    @api.model
    def _get_stage_selects(self, company):
        return super()._get_stage_selects(company) + [SQL(
            """SELECT litigation.partner_id, 'litigation' AS stage
                 FROM dunning_litigation litigation
                WHERE litigation.company_id = %s
                  AND (litigation.state IN ('preparing', 'handed_over')
                       OR litigation.state = 'lost' AND litigation.date_resume IS NULL
                          AND EXISTS (SELECT FROM dunning_litigation_line line
                                        JOIN account_move_line aml ON aml.id = line.line_id
                                       WHERE line.litigation_id = litigation.id AND aml.reconciled IS NOT TRUE))""",
            company.root_id.id,
        )]

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_litigation(self):
        """Begin a case about what is overdue, on the route that was announced."""
        self.ensure_one()
        lines = self._get_litigable_lines()
        if not lines:
            raise UserError(self.env._("Nothing is overdue that is not in litigation already."))
        return self.env["dunning.litigation.start"]._get_dialog(self, lines)

    def action_open_litigation(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_litigation_action")
        if len(self.litigation_ids) == 1:
            return self.litigation_ids.action_open()
        return action | {"domain": [("followup_id", "=", self.id)], "context": {}}


class DunningLitigation(models.Model):
    _inherit = "dunning.litigation"

    def _get_chip_text(self):
        """Return "Payment order since 5 Dec"."""
        return self.env._("%(route)s since %(date)s", route=self.route_id.name, date=format_date(
            self.env, self.date_handed_over or self.date_prepared, date_format="d MMM"))


class DunningRun(models.Model):
    """The night closes what was paid, and has orders served in time."""

    _inherit = "dunning.run"

    def _get_night_steps(self):
        return super()._get_night_steps() + [
            NightStep(self._watch_cases, self._has("dunning.litigation", self._get_case_domain()))]

    def _get_case_domain(self):
        """Find the cases that go on, and those lost after which dunning was not resumed."""
        return [("company_id", "=", self.company_id.id), "|", ("state", "in", ("preparing", "handed_over")),
                "&", ("state", "=", "lost"), ("date_resume", "=", False)]

    def _watch_cases(self):
        # sudo: the night works for everybody.
        cases = self.env["dunning.litigation"].sudo().search(self._get_case_domain(), order="id")
        cases.mapped("amount_recovered")  # read at once
        for case in cases:
            with apart(self.env, _logger, "Litigation %s could not be watched", case.id):
                case._close_paid()
                if case.state in case._open_states:
                    case._remind_service(self.date)


class ResPartner(models.Model):
    """Salespeople see that a customer is in litigation before they promise or deliver anything."""

    _inherit = "res.partner"

    def _get_dunning_banners(self, company):
        banners = super()._get_dunning_banners(company)
        # sudo: that a case is open concerns every colleague; nothing else of it is shown.
        running = self.env["dunning.litigation"].sudo().search([
            ("partner_id", "in", self.ids), ("company_id", "=", company.id),
            ("state", "in", ("preparing", "handed_over"))], order="id")
        for customer, cases in running.grouped("partner_id").items():
            banners[customer.id].append(("danger", self.env._(
                "In litigation since %(date)s: speak to %(name)s before you promise, grant or deliver anything.",
                date=format_date(self.env, cases[0].date_prepared),
                name=self._get_dunning_speaker(company, cases[0].user_id | cases[0].followup_id.user_id))))
        return banners


class AccountMove(models.Model):
    """The case of an invoice."""

    _inherit = "account.move"

    dunning_litigation_id = fields.Many2one(
        "dunning.litigation", "Litigation", compute="_compute_dunning_litigation_id",
        groups="account.group_account_invoice,account.group_account_readonly")

    @api.depends("line_ids")
    def _compute_dunning_litigation_id(self):
        lines = self.env["dunning.litigation.line"].search([
            ("move_id", "in", self.ids), ("litigation_id.state", "!=", "cancelled")], order="id desc")
        for move in self:
            move.dunning_litigation_id = lines.filtered(
                lambda line, move=move: line.move_id == move._origin).litigation_id[:1]

    def action_dunning_litigation(self):
        """Begin a case about these invoices."""
        lines = self.dunning_line_ids.filtered(lambda line: line.amount_residual > 0)
        followup = self.env["dunning.litigation"]._find_followup(lines)
        return self.env["dunning.litigation.start"]._get_dialog(followup, lines)
