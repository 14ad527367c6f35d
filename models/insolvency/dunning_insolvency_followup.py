from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from .dunning_insolvency import OPEN_STATES


class DunningFollowup(models.Model):
    """Insolvency proceedings on the follow-up of the customer: they are his stage until they are closed."""

    _inherit = "dunning.followup"

    insolvency_ids = fields.One2many("dunning.insolvency", "followup_id", "Insolvency Proceedings", readonly=True)
    insolvency_text = fields.Char("Insolvency", compute="_compute_insolvency_text")

    @api.depends("insolvency_ids.state", "insolvency_ids.deadline", "insolvency_ids.date_judgment")
    @api.depends_context("lang")
    def _compute_insolvency_text(self):
        for followup in self:
            running = followup.insolvency_ids.filtered(lambda one: one.state in OPEN_STATES)
            followup.insolvency_text = " · ".join(one._get_chip_text() for one in running)

    @api.model
    def _flush_facts(self):
        super()._flush_facts()
        self.env["dunning.insolvency"].flush_model()

    @api.model
    def _get_stage_selects(self, company):
        return [*super()._get_stage_selects(company), SQL(
            """SELECT partner_id, 'insolvency' AS stage FROM dunning_insolvency
                WHERE company_id = %s AND state = ANY(%s)""",
            company.root_id.id, list(OPEN_STATES),
        )]

    def action_insolvency(self):
        """Open the proceedings of this customer, or note new ones."""
        self.ensure_one()
        running = self.insolvency_ids.filtered(lambda one: one.state in OPEN_STATES)[:1]
        return {
            "type": "ir.actions.act_window", "res_model": "dunning.insolvency", "view_mode": "form",
            "views": [(False, "form")], "res_id": running.id,
            "name": self.env._("Insolvency of %(customer)s", customer=self.partner_id.display_name),
            "context": {"default_partner_id": self.partner_id.id, "default_company_id": self.company_id.id},
        }


class DunningInsolvency(models.Model):
    """Proceedings in a few words."""

    _inherit = "dunning.insolvency"

    def _get_chip_text(self):
        """Return "Receivership: declare by 12 Jan (20 days)" or what became of the declaration."""
        label = self._get_procedure_label()
        if self.state == "open" and self.deadline:
            return self.env._("%(procedure)s: declare by %(date)s (%(count)s days)", procedure=label,
                              date=format_date(self.env, self.deadline, date_format="d MMM"), count=self.days_left)
        state = dict(self._fields["state"]._description_selection(self.env))[self.state]
        return f"{label} · {state}"

    def _get_banner_text(self):
        return self.env._(
            "%(procedure)s since %(date)s: ask for nothing that was delivered before, and speak to %(name)s before you "
            "deliver anything.", procedure=self._get_procedure_label(),
            date=format_date(self.env, self.date_judgment),
            name=self.partner_id._get_dunning_speaker(self.company_id, self.user_id | self.followup_id.user_id))


class DunningHold(models.Model):
    """A hold by a judgment lasts as long as the proceedings."""

    _inherit = "dunning.hold"

    insolvency_ids = fields.One2many("dunning.insolvency", "hold_id", "Insolvency Proceedings", readonly=True)

    def action_end(self):
        self._check_insolvency()
        return super().action_end()

    def action_cancel(self):
        self._check_insolvency()
        return super().action_cancel()

    def _set_extended(self):
        self._check_insolvency()
        return super()._set_extended()

    def _check_insolvency(self):
        running = self.insolvency_ids.filtered(lambda one: one.state in OPEN_STATES)
        if running:
            raise UserError(self.env._(
                "%(name)s: this hold ends with the insolvency proceedings. Close those.",
                name=running[:1].display_name))


class AccountMoveLine(models.Model):
    """A judgment ends the interest of what arose before it."""

    _inherit = "account.move.line"

    @api.model
    def _flush_interest_facts(self):
        super()._flush_interest_facts()
        for model in ("dunning.insolvency", "dunning.hold"):
            self.env[model].flush_model()

    @api.model
    def _get_interest_last_days(self, line_ids):
        """The eve of the first judgment after the claim arose; closing the proceedings does not bring it back."""
        days = super()._get_interest_last_days(line_ids)
        for line_id, day in self.env.execute_query(SQL(
            """WITH judgment AS MATERIALIZED (
                   SELECT partner_id, company_id, date_judgment FROM dunning_insolvency WHERE state <> 'cancelled'
                    UNION
                   SELECT partner_id, company_id, date_judgment FROM dunning_hold
                    WHERE kind = 'insolvency' AND state = 'running' AND is_whole_customer
                      AND date_judgment IS NOT NULL)
               SELECT aml.id, MIN(judgment.date_judgment) - 1
                 FROM account_move_line aml
                 JOIN account_move move ON move.id = aml.move_id
                 JOIN res_partner payer ON payer.id = aml.partner_id
                 JOIN res_company company ON company.id = aml.company_id
                 JOIN judgment ON judgment.partner_id = COALESCE(payer.commercial_partner_id, payer.id)
                              AND judgment.company_id = split_part(company.parent_path, '/', 1)::int
                              AND COALESCE(move.delivery_date, move.invoice_date, aml.date) < judgment.date_judgment
                WHERE aml.id = ANY(%s)
             GROUP BY aml.id""", list(line_ids),
        )):
            days[line_id] = min(day, days.get(line_id, day))
        return days


class ResPartner(models.Model):
    """Whoever sells to an insolvent customer sees it before he delivers."""

    _inherit = "res.partner"

    def _get_dunning_banners(self, company):
        banners = super()._get_dunning_banners(company)
        # sudo: that proceedings run concerns every colleague; nothing else of them is shown.
        running = self.env["dunning.insolvency"].sudo().search([
            ("partner_id", "in", self.ids), ("state", "in", OPEN_STATES), ("company_id", "=", company.id)])
        for customer, proceedings in running.grouped("partner_id").items():
            banners[customer.id].append(("danger", proceedings[0]._get_banner_text()))
        # sudo: as above; a pause for insolvency may be noted before the judgment is known.
        holds = self.env["dunning.hold"].sudo().search([
            ("partner_id", "in", (self - running.partner_id).ids), ("kind", "=", "insolvency"),
            ("state", "=", "running"), ("company_id", "=", company.id)])
        for customer, pauses in holds.grouped("partner_id").items():
            banners[customer.id].append(("danger", self.env._(
                "Insolvency: speak to %(name)s before you promise, grant or deliver anything.",
                name=self._get_dunning_speaker(company, pauses.user_id | pauses.followup_id.user_id))))
        return banners
