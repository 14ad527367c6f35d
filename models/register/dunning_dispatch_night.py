from datetime import timedelta

from odoo import models
from odoo.tools.misc import format_date

from ..policy.dunning_level import PROVEN_CHANNELS

# An electronic letter waits fifteen days for its addressee, counted from the day after; then its proof is final.
PROOF_DAYS = 16
ARCHIVE_DAYS = 365  # the provider keeps the proof at least one year


class DunningRun(models.Model):
    """Every night: ask once for the proof of each letter that was deposited long enough ago."""

    _inherit = "dunning.run"

    def _expire(self):
        super()._expire()
        self._expire_safely(self.env["dunning.dispatch"]._ask_for_proofs, self.date)


class DunningDispatch(models.Model):
    """Proofs that are not archived in time are lost."""

    _inherit = "dunning.dispatch"

    def _ask_for_proofs(self, company, today):
        """Put the archiving of a proof on the agenda of the collector, once for each letter."""
        letters = self.search([
            ("company_id", "=", company.id), ("channel", "in", PROVEN_CHANNELS), ("is_proof_asked", "=", False),
            ("date_deposited", "<=", today - timedelta(days=PROOF_DAYS)), ("proof_ids", "=", False),
            ("state", "in", ("sent", "delivered", "returned")),
        ])
        manager = company._get_dunning_manager()
        for letter in letters:
            user = letter.user_id or letter.followup_id.user_id or manager
            if user:
                letter._ask_for_proof(today, user)
        letters._write_door({"is_proof_asked": True})

    def _ask_for_proof(self, today, user):
        last = format_date(self.env, self.date_deposited + timedelta(days=ARCHIVE_DAYS))
        note = self.env._("The provider keeps the proof for one year: until %(date)s.", date=last) \
            if self.channel == "electronic" else self.env._("Scan the receipt or the returned envelope.")
        self.followup_id.with_context(mail_notify_force_send=False).activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=today, user_id=user.id, note=note,
            summary=self.env._("Archive the proof: %(letter)s, %(notice)s", letter=self._get_number_text(),
                               notice=self.notice_id.name))
