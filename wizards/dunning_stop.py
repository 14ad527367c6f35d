from odoo import fields, models


class DunningStop(models.TransientModel):
    """The switch that stops all dunning of a company at once, and lets it go on."""

    _name = "dunning.stop"
    _description = "Stop All Dunning"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company.root_id,
    )
    is_stopped = fields.Boolean(related="company_id.dunning_stopped", related_sudo=True)
    stop_date = fields.Datetime(related="company_id.dunning_stop_date", related_sudo=True)
    stop_uid = fields.Many2one(related="company_id.dunning_stop_uid", related_sudo=True)
    stop_reason = fields.Char(related="company_id.dunning_stop_reason", related_sudo=True)
    reason = fields.Char(help="Read by your colleagues until dunning goes on.")

    def action_stop(self):
        """Stop: nothing is prepared or sent from now on."""
        self.company_id._set_dunning_stopped(self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_resume(self):
        """Let dunning go on, from where each customer stood."""
        self.company_id._set_dunning_resumed()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
