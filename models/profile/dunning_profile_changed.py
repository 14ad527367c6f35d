from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

# All customers are looked at once a week: delays grow with each day, and payments fall out of the period.
FULL_DAYS = 7
# What was written shortly before the last look may have been committed after it.
OVERLAP = timedelta(minutes=5)


class DunningProfileSuggestion(models.Model):
    """Which customers the night has to look at again."""

    _inherit = "dunning.profile.suggestion"

    @api.model
    def _refresh_changed(self, company, today):
        """Look at the customers of whom something changed since the last night, at all of them once a week."""
        company = company.root_id.sudo()
        self._flush_profile_facts()
        is_full = self._is_full_look_due(company, today)
        partner_ids = None if is_full else self._get_changed_partner_ids(company)
        if partner_ids == []:
            return
        self._refresh(company, today, partner_ids)
        company.write({
            "dunning_profile_full_date": today if is_full else company.dunning_profile_full_date,
            "dunning_profile_look_date": self.env.cr.now(),
            "dunning_profile_partial": self.env.execute_query(
                SQL("SELECT MAX(id) FROM account_partial_reconcile"))[0][0] or 0,
        })
        self.search([("company_id", "=", company.id), ("is_outdated", "=", True)]).is_outdated = False

    @api.model
    def _is_full_look_due(self, company, today):
        """Tell whether a week has passed, or a setting changed, since all customers were looked at."""
        last = company.dunning_profile_full_date
        return not last or not company.dunning_profile_look_date or not 0 <= (today - last).days < FULL_DAYS

    @api.model
    def _get_changed_partner_ids(self, company):
        """Return the customers whose invoices, payments, promises, disputes or own data changed since the last look.

        Lists of ids are looked up by index, whatever the statistics of the tables say.
        """
        companies = self.env["res.company"].sudo().search([("id", "child_of", company.id)])
        return [row[0] for row in self.env.execute_query(SQL(
            """SELECT DISTINCT partner.commercial_partner_id
                 FROM (SELECT id FROM res_partner WHERE write_date >= %(since)s
                        UNION
                       SELECT commercial_partner_id FROM account_move
                        WHERE write_date >= %(since)s AND company_id = ANY(%(companies)s)
                        UNION
                       SELECT aml.partner_id FROM account_move_line aml
                        WHERE aml.id = ANY(ARRAY(
                              SELECT unnest(ARRAY[debit_move_id, credit_move_id]) FROM account_partial_reconcile
                               WHERE id > %(partial)s))
                        UNION
                       SELECT partner_id FROM dunning_promise WHERE write_date >= %(since)s
                        UNION
                       SELECT dispute.partner_id FROM dunning_dispute dispute
                         JOIN dunning_dispute_reason reason ON reason.id = dispute.reason_id
                        WHERE GREATEST(dispute.write_date, reason.write_date) >= %(since)s
                        UNION
                       SELECT partner_id FROM dunning_profile_suggestion
                        WHERE company_id = %(company)s AND is_outdated) changed
                 JOIN res_partner partner ON partner.id = changed.id
                WHERE partner.commercial_partner_id IS NOT NULL""",
            since=company.dunning_profile_look_date - OVERLAP, partial=company.dunning_profile_partial,
            companies=companies.ids, company=company.id,
        ))]


class AccountPartialReconcile(models.Model):
    """A payment that is undone leaves nothing that the night could find: it is noted at once."""

    _inherit = "account.partial.reconcile"

    def unlink(self):
        # sudo: whoever takes a payment back needs no dunning right.
        customers = (self.sudo().debit_move_id | self.sudo().credit_move_id).partner_id.commercial_partner_id
        if customers:
            self.env["dunning.profile.suggestion"].sudo().search([
                ("partner_id", "in", customers.ids), ("is_outdated", "=", False)]).is_outdated = True
        return super().unlink()
