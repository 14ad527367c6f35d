from odoo import models
from odoo.fields import Domain


class ResUsers(models.Model):
    """Who leaves takes no customer with him: his follow-ups, drafts and calls go to the collector of the company."""

    _inherit = "res.users"

    def write(self, vals):
        leaving = self.browse()
        if vals.get("active") is False:
            leaving = self.filtered(lambda user: user.active and not user.share)
        result = super().write(vals)
        if leaving:
            # sudo: whoever archives a user need not work in dunning.
            leaving.sudo()._hand_over_dunning()
        return result

    def _hand_over_dunning(self):
        """Give what these collectors followed to the collector of each company, nobody when he left himself."""
        owned = Domain("user_id", "in", self.ids)
        models_owned = {
            "dunning.followup": owned,
            "dunning.notice": owned & Domain("state", "in", ("draft", "to_approve", "ready", "failed")),
            "dunning.dispatch": owned & Domain("state", "=", "pending"),
        }
        for name, domain in models_owned.items():
            records = self.env[name].with_context(active_test=False, tracking_disable=True).search(domain)
            for company, ours in records.grouped("company_id").items():
                ours.user_id = company.dunning_user_id.filtered("active")
                if name == "dunning.dispatch":
                    ours.filtered(lambda one: one.notice_id.state == "ready")._put_on_agenda(
                        company._get_dunning_today())
