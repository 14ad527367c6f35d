from odoo import api, fields, models
from odoo.tools.i18n import format_list
from odoo.tools.misc import format_amount

from ..policy.dunning_level import LETTER_CHANNELS


class DunningNotice(models.Model):
    """What has happened since a letter was produced: whoever posts it is told before it leaves."""

    _inherit = "dunning.notice"

    change_text = fields.Text("Changed since It Was Produced", compute="_compute_change_text", compute_sudo=True)

    @api.depends("state", "dispatch_ids.state", "line_ids.line_id.amount_residual")
    @api.depends_context("lang")
    def _compute_change_text(self):
        changes = self._get_changes()
        for notice in self:
            notice.change_text = "\n".join(f"• {change}" for change in changes.get(notice, ()))

    def _is_waiting_to_be_posted(self):
        return self.state == "ready" and any(
            one.channel in LETTER_CHANNELS and one.state == "pending" for one in self.dispatch_ids)

    def _get_changes(self):
        """Return {notice: [what was paid, contested, promised or held since]} of the letters that wait for the post.

        A constant number of queries for each company.
        """
        waiting = self.filtered(lambda one: one._is_waiting_to_be_posted())
        changes = {}
        for company, ours in waiting.grouped("company_id").items():
            today = company._get_dunning_today()
            ours.followup_id._flush_facts()
            cases = ours.followup_id._get_cases(today, company._get_dunning_rules(today))
            for notice in ours:
                items = {item.key: item for item in cases[notice.followup_id.id].receivables}
                found = [notice._get_change(line, items.get(line.line_id.id), today)
                         for line in notice._get_demanded_lines() if line.line_id or line.move_id]
                changes[notice] = list(dict.fromkeys(filter(None, found)))
        return changes

    def _get_change(self, line, item, today):
        """Return the sentence on one receivable of which less may be claimed than the letter says, or nothing."""
        said = line.amount_company - line.amount_held_company
        words = {"name": line.name or "", "said": format_amount(self.env, said, self.currency_id)}
        if not item or item.residual <= 0:
            return self.env._("%(name)s: nothing of the %(said)s is open any more.", **words)
        if self.currency_id.compare_amounts(float(item.claimable(today)), said) >= 0:
            return ""
        words["left"] = format_amount(self.env, float(item.claimable(today)), self.currency_id)
        reasons = [item.excluded] if item.excluded else [hold.reason for hold in item.holds if hold.is_running(today)]
        if not reasons:
            return self.env._("%(name)s: %(left)s of the %(said)s is open.", **words)
        labels = [self.followup_id._get_reason_label(reason.value) for reason in dict.fromkeys(reasons)]
        return self.env._("%(name)s: %(reasons)s. %(left)s of the %(said)s may be claimed.",
                          reasons=format_list(self.env, labels), **words)

    def action_mark_posted(self):
        """Ask before a letter counts as posted that says more than is owed."""
        if any(self.mapped("change_text")):
            return self.action_deposit()
        return super().action_mark_posted()


class DunningDispatch(models.Model):
    """The same from the lists of letters."""

    _inherit = "dunning.dispatch"

    def action_mark_posted(self):
        if any(self.filtered(lambda one: one.leading or one.joint_debtor_id).notice_id.mapped("change_text")):
            return self.action_deposit()
        return super().action_mark_posted()
