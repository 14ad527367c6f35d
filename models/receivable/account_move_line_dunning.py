from odoo import models


class AccountMoveLine(models.Model):
    """Leave open items out of dunning by hand, and include them again: with the name of who did it."""

    _inherit = "account.move.line"

    def action_dunning_exclude(self):
        """Leave these items out of dunning. The instalments of an invoice go together."""
        self._set_dunning_excluded(True)

    def action_dunning_include(self):
        """Dun these items again, from the step at which they stood."""
        self._set_dunning_excluded(False)

    def _set_dunning_excluded(self, excluded):
        lines = self.filtered(lambda line: bool(line.no_followup) != excluded)
        lines.no_followup = excluded
        text = self.env._("Excluded from dunning") if excluded else self.env._("Included in dunning again")
        lines.move_id._message_log_batch(bodies=dict.fromkeys(lines.move_id.ids, text))
        companies = lines.company_id.root_id
        # sudo: the refresh belongs to nobody.
        self.env["dunning.followup"].sudo()._request_refresh(companies)
