from odoo import api, fields, models


class DunningRun(models.Model):
    """What the screens of a run show beside its own fields, and what its buttons do."""

    _inherit = "dunning.run"

    stop_text = fields.Char(related="company_id.dunning_stop_text")
    auto_text = fields.Char(related="company_id.dunning_auto_text")
    is_first_release = fields.Boolean(compute="_compute_is_first_release")
    progress = fields.Integer(compute="_compute_progress", help="Share of the notices that were worked on.")

    @api.depends("company_id.dunning_first_release_date")
    def _compute_is_first_release(self):
        for run in self:
            run.is_first_release = not run.sudo().company_id.dunning_first_release_date

    @api.depends("count_planned", "count_sent", "count_waiting", "count_failed")
    def _compute_progress(self):
        for run in self:
            handled = run.count_sent + run.count_waiting + run.count_failed
            run.progress = 100 * handled // run.count_planned if run.count_planned else 0

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_prepare(self):
        """Prepare a run for the company one works in and show it; nothing leaves before it is released."""
        run = self._create_run(self.env.company)
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "res_id": run.id, "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_look_again(self):
        """Show how far the run is by now."""

    def action_open_failed(self):
        """Show what did not leave, or may not have left."""
        self.ensure_one()
        return self.action_open_preview() | {
            "domain": [("run_id", "=", self.id), ("state", "in", ("failed", "uncertain"))],
        }

    def action_open_left_out(self):
        """Show the customers who receive nothing, by reason."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_followup_action")
        wanted = fields.Domain("id", "in", self.followup_ids.ids) if self.followup_ids else fields.Domain(
            "company_id", "=", self.company_id.id)
        return action | {
            "name": self.env._("Why the others receive nothing"), "view_mode": "list,kanban,form",
            "views": [(False, "list"), (False, "kanban"), (False, "form")],
            "domain": list(wanted & fields.Domain("amount_overdue", ">", 0)
                           & fields.Domain("id", "not in", self.notice_ids.followup_id.ids)),
            "context": {"search_default_group_reason": 1},
        }
