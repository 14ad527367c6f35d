from odoo import api, fields, models
from odoo.tools.misc import format_date


class ResPartner(models.Model):
    """Salespeople see that a formal notice runs before they promise or deliver anything."""

    _inherit = "res.partner"

    dunning_formal_text = fields.Char(
        "Running Formal Notice", compute="_compute_dunning_formal_text", groups="base.group_user")

    @api.depends_context("allowed_company_ids", "lang", "uid")
    def _compute_dunning_formal_text(self):
        notices = self._get_running_formal_notices()
        for partner in self:
            notice = notices.get(partner.commercial_partner_id.id)
            partner.dunning_formal_text = notice and self.env._(
                "Formal notice until %(date)s: speak to %(name)s before you promise, grant or deliver anything.",
                date=format_date(self.env, notice.deadline_date),
                name=self._get_formal_contact(notice).name)

    @api.model
    def _get_formal_contact(self, notice):
        """Return who knows: the collector of the notice or of the customer, a manager, else the company."""
        people = (notice.user_id | notice.followup_id.user_id).filtered(lambda user: user._is_human_dunning_user())
        return people[:1] or notice.company_id._get_dunning_manager() or notice.company_id

    def _get_running_formal_notices(self):
        """Return {customer id: the formal notice whose deadline ends last} in the companies the user works in."""
        # sudo: that a notice runs concerns every colleague; nothing else of it is shown.
        notices = self.env["dunning.notice"].sudo()
        companies = self.env.companies.root_id
        first = min((company._get_dunning_today() for company in companies), default=fields.Date.today())
        running = notices.search([
            ("partner_id", "in", self.commercial_partner_id.ids), ("company_id", "in", companies.ids),
            ("state", "=", "sent"), ("stage", "=", "formal"), ("deadline_date", ">=", first),
        ], order="deadline_date")
        return {notice.partner_id.id: notice for notice in running if notice._get_deadline_residual()}


class AccountMove(models.Model):
    """The same warning on the documents of the customer."""

    _inherit = "account.move"

    dunning_formal_text = fields.Char(
        "Running Formal Notice", compute="_compute_dunning_formal_text", groups="base.group_user")

    @api.depends("commercial_partner_id", "move_type")
    @api.depends_context("allowed_company_ids", "lang", "uid")
    def _compute_dunning_formal_text(self):
        for move in self:
            move.dunning_formal_text = move.is_sale_document(include_receipts=True) \
                and move.commercial_partner_id.dunning_formal_text
