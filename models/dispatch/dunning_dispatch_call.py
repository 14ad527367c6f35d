from odoo import api, fields, models
from odoo.tools.misc import clean_context


class DunningDispatch(models.Model):
    """Calls that nobody planned: the customer rang, or the collector did. They are part of the history too."""

    _inherit = "dunning.dispatch"

    call_script = fields.Html(related="level_id.call_script")

    @api.model_create_multi
    def create(self, vals_list):
        defaults = self.default_get(["channel", "followup_id"])
        for vals in vals_list:
            if not vals.get("notice_id") and (defaults | vals).get("channel") == "call":
                vals.update(self._prepare_unplanned_call_vals((defaults | vals)["followup_id"]))
        return super().create(vals_list)

    @api.model
    def _prepare_unplanned_call_vals(self, followup_id):
        """Return the values of a call by hand; its notice moves no level and belongs to no step."""
        followup = self.env["dunning.followup"].browse(followup_id)
        today = followup.company_id._get_dunning_today()
        self.env["dunning.notice"].check_access("create")
        # sudo: a call by hand needs no preparation, it is ready from the start.
        notice = self.env(context=clean_context(self.env.context), su=True)["dunning.notice"].create({
            "followup_id": followup.id, "company_id": followup.company_id.id, "partner_id": followup.partner_id.id,
            "user_id": self.env.uid, "date": today, "is_manual": True, "is_call": True, "state": "ready",
            "subject": self.env._("Phone call"),
        })
        return {"notice_id": notice.id, "followup_id": followup.id, "leading": True, "date_planned": today,
                "user_id": self.env.uid}

    def _plan_call_back(self):
        """Put the promised second call on the agenda of the collector."""
        for call in self.filtered("call_back_date"):
            call.followup_id.activity_schedule(
                "mail.mail_activity_data_call", date_deadline=call.call_back_date, note=call.comment,
                summary=self.env._("Call back %(customer)s", customer=call.partner_id.display_name),
                user_id=self.env.uid,
            )

    def _get_call_action(self):
        """Return the dialog in which the outcome of a call is noted."""
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "res_id": self.id, "target": "new",
            "name": self.env._("Outcome of the call"), "view_mode": "form",
            "views": [(self.env.ref("account_dunning.dunning_dispatch_view_form_call").id, "form")],
        }

    def _get_outcome_text(self):
        """Return what came of a call, in words: outcome, why unpaid, comment."""
        labels = {name: dict(self._fields[name]._description_selection(self.env)) for name in
                  ("outcome", "outcome_reason")}
        parts = [labels["outcome"].get(self.outcome), labels["outcome_reason"].get(self.outcome_reason), self.comment]
        return ". ".join(part for part in parts if part)
