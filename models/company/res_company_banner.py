from odoo import api, fields, models
from odoo.tools.misc import format_datetime


class ResCompany(models.Model):
    """What everybody who works on dunning must know of the company before anything else."""

    _inherit = "res.company"

    # compute_sudo: a user of a branch reads the settings of its legal entity.
    dunning_stop_text = fields.Char(compute="_compute_dunning_banner", compute_sudo=True)
    dunning_auto_text = fields.Char(compute="_compute_dunning_banner", compute_sudo=True)

    @api.depends("dunning_auto_send", "dunning_stopped", "dunning_stop_reason", "parent_id")
    @api.depends_context("lang", "tz")
    def _compute_dunning_banner(self):
        is_copy = self.env["dunning.run"]._is_neutralized()
        for company in self:
            root = company.root_id
            company.dunning_stop_text = root._get_dunning_stop_text(is_copy)
            company.dunning_auto_text = not root.dunning_auto_send and self.env._(
                "Automatic sending is off: the night prepares notices, and a manager looks at them and releases them.",
            )

    def _get_dunning_stop_text(self, is_copy):
        """Return the sentence that says why nothing leaves, or nothing."""
        if is_copy:
            return self.env._("This database is a neutralised copy: it sends nothing.")
        if not self.dunning_stopped:
            return False
        since = self.dunning_stop_date and format_datetime(self.env, self.dunning_stop_date, dt_format="short")
        return self.env._(
            "All dunning is stopped since %(date)s by %(user)s: %(reason)s",
            date=since or "?", user=self.dunning_stop_uid.name or "?", reason=self.dunning_stop_reason or "",
        )
