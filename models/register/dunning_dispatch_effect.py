from odoo import api, models
from odoo.tools import SQL

from ..policy.dunning_level import PROVEN_CHANNELS


class AccountMoveLine(models.Model):
    """Interest that needs a formal notice counts from the day that notice took effect."""

    _inherit = "account.move.line"

    @api.model
    def _get_formal_effective_sql(self):
        """Return the day a letter with proof took effect, none while it is unknown; others on the day they left."""
        return SQL(
            """CASE WHEN EXISTS (SELECT FROM dunning_dispatch leader
                                  WHERE leader.notice_id = notice.id AND leader.leading
                                    AND leader.channel = ANY(%(proven)s))
                    THEN (SELECT MIN(leader.date_effective) FROM dunning_dispatch leader
                           WHERE leader.notice_id = notice.id AND leader.leading)
                    ELSE %(day)s
               END""",
            proven=list(PROVEN_CHANNELS), day=super()._get_formal_effective_sql(),
        )
