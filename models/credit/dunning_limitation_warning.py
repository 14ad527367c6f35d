from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...escalation import Reason
from ..run.dunning_run_night import NightStep


class DunningFollowup(models.Model):
    """Warn of the claims that will soon be time-barred, once for each day of each invoice."""

    _inherit = "dunning.followup"

    @api.model
    def _warn_barred(self, company, today):
        """Refresh all days, and warn of those that come near: once for each day of each invoice."""
        self._refresh_barred(company)
        near = self.env["account.move"].search([
            ("dunning_barred_soon", "=", True), ("company_id", "child_of", company.id),
        ], order="dunning_barred_date, id")
        followups = self.search([("company_id", "=", company.id), "|",
                                 ("partner_id", "in", near.commercial_partner_id.ids),
                                 ("attention_codes", "like", Reason.LIMITATION_NEAR.value)])
        new = near.filtered(lambda move: move.dunning_barred_warned != move.dunning_barred_date)
        new_by_partner, near_partners = new.grouped("commercial_partner_id"), near.commercial_partner_id
        for followup in followups:
            if followup.partner_id not in near_partners:
                followup._drop_attention(Reason.LIMITATION_NEAR)
            elif followup.partner_id in new_by_partner:
                followup._warn_of(new_by_partner[followup.partner_id], today)
        for day, moves in new.grouped("dunning_barred_date").items():
            self._set_warned(moves, day)

    def _warn_of(self, moves, today):
        self._add_attention(Reason.LIMITATION_NEAR)
        user = self.user_id.filtered("active") or self.company_id._get_dunning_manager() or self.env.user
        self.with_context(mail_notify_force_send=False).activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=today, user_id=user.id,
            summary=self.env._("Time-barred after %(date)s: %(invoices)s",
                               date=format_date(self.env, moves[0].dunning_barred_date),
                               invoices=", ".join(moves[:5].mapped("name")) + (" …" if len(moves) > 5 else "")),
            note=self.env._("Get a written acknowledgement or a part payment, or go to court: a reminder interrupts "
                            "nothing against businesses and consumers."))

    @api.model
    def _set_warned(self, moves, day):
        moves.flush_recordset(["dunning_barred_warned"])
        self.env.cr.execute(SQL(
            "UPDATE account_move SET dunning_barred_warned = %s WHERE id = ANY(%s)", day, list(moves.ids)))
        moves.invalidate_recordset(["dunning_barred_warned"], flush=False)


class DunningRun(models.Model):
    """Each night looks which claims will soon be time-barred."""

    _inherit = "dunning.run"

    def _get_legal_steps(self):
        # sudo: the night works for everybody.
        return super()._get_legal_steps() + [
            NightStep(self._apart(self.env["dunning.followup"].sudo()._warn_barred, self.date))]
