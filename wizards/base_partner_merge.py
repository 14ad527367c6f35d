from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Odoo merges contacts in SQL and would trip over, or delete, their follow-ups: those are merged before."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        customer = dst_partner.commercial_partner_id
        self._merge_dunning_followups(src_partners, customer)
        # sudo: whoever merges need not read suggestions. They are made anew from the books of both customers.
        self.env["dunning.profile.suggestion"].sudo().search([("partner_id", "in", src_partners.ids)]).unlink()
        super()._update_foreign_keys(src_partners, dst_partner)
        for company in self.env["dunning.followup"].sudo().search([("partner_id", "=", customer.id)]).company_id:
            self.env["dunning.followup"].sudo()._sync(company, company._get_dunning_today(), customer.ids)
        customer._wake_dunning()

    def _merge_dunning_followups(self, src_partners, customer):
        """Leave one follow-up per company, with the notices and the discussion of all."""
        followups = self.env["dunning.followup"].sudo().search(
            [("partner_id", "in", (src_partners | customer).ids)], order="id",
        )
        for found in followups.grouped("company_id").values():
            kept = found.filtered(lambda followup: followup.partner_id == customer) or found[0]
            kept._absorb(found - kept)
            if kept.partner_id != customer:
                kept.partner_id = customer


class DunningFollowup(models.Model):
    _inherit = "dunning.followup"

    def _absorb(self, others):
        """Take over all that hangs on other follow-ups of the same company, and delete these.

        Notices that were sent stay what they are: only the follow-up they belong to changes. A pending notice of the
        others is cancelled: its addressee and its amounts are no longer right.
        """
        if not others:
            return
        others.notice_ids._set_cancelled(self.env._("The customer was merged with another one."))
        merge = self.env["base.partner.merge.automatic.wizard"].sudo()
        self.env.flush_all()
        merge._update_foreign_keys_generic(self._name, others, self)
        merge._update_reference_fields_generic(self._name, others, self)
        self.env.flush_all()
        self.env.invalidate_all()
        names = ", ".join(others.partner_id.mapped("display_name"))
        others.unlink()
        last = self.notice_ids.filtered("date_sent").sorted(lambda notice: (notice.date_sent, notice.id))[-1:]
        self._write_door({"last_notice_id": last.id, "last_notice_date": last.date_sent})
        self._message_log(body=self.env._("The follow-up of %(names)s was merged into this one.", names=names))
