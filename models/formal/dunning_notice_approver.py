from odoo import fields, models


class DunningNotice(models.Model):
    """Whom a notice asks: the people behind the roles of its step, and who stands in for the absent."""

    _inherit = "dunning.notice"

    def _get_approval_requester(self):
        """Return whose work is approved: who asks, or the collector when the night asks."""
        own = self.env.user if self.env.user._is_human_dunning_user() else self.env["res.users"]
        return own or self.user_id

    def _prepare_approvals(self):
        """Return the values of the questions of this notice: nobody is asked twice, somebody always decides."""
        approvers = self.level_id.approval_ids.filtered(lambda one: self.amount_total > one.min_amount)
        vals_list, asked, deciding = [], [], self.env["res.users"]
        for approver in approvers.sorted(lambda one: not one.is_decider):
            users = self._get_approver_users(approver)
            vals = self._prepare_approval(approver.role, users, approver.is_decider, approver.group_id)
            able = self.env["res.users"].browse(vals and vals["candidate_ids"][0][2])
            if vals and not (able in asked if approver.is_decider else able & deciding):
                vals_list.append(vals)
                asked.append(able)
                deciding |= able if approver.is_decider else deciding
        if not any(vals["is_decider"] for vals in vals_list):
            managers = self.company_id._get_dunning_accounting_managers()
            vals_list.append(self._prepare_approval("accounting_manager", managers, True))
        return [vals for vals in vals_list if vals]

    def _get_approver_users(self, approver):
        """Return the people behind a role, for this notice. Override to add a role."""
        company = self.company_id.root_id
        users = {
            "accounting_manager": lambda: company._get_dunning_accounting_managers(),
            "director": lambda: company.dunning_director_id,
            "salesperson": self._get_salesperson,
            "group": lambda: company._get_dunning_members(approver.group_id),
            "person": lambda: approver.user_id,
        }[approver.role]()
        return users.filtered(lambda user: not user.share)

    def _get_salesperson(self):
        """Return the salesperson of the customer, else of his invoices."""
        invoices = self.line_ids.move_id.invoice_user_id
        return self.partner_id.user_id or invoices[:1]

    def _prepare_approval(self, role, users, is_decider, group=None):
        """Return the values of one question, or nothing when there is nobody to ask.

        Who is absent, left or asks himself is replaced: by his deputy, else by the director. Of a group the others
        answer. Somebody who is alone in everything approves his own notice; the record says so.
        """
        company, requester = self.company_id.root_id, self.approval_requester_id
        named = users if len(users) == 1 and not group else self.env["res.users"]
        here = users.filtered(lambda user: user._may_dunning_approve(company))
        able = here.filtered(lambda user: user != requester and not user._is_dunning_absent(company))
        deputy = self.env["res.users"]
        if users and not able:
            for user in users:
                deputy = deputy or user._get_dunning_substitute(company, requester)
            if not is_decider and not (here and deputy):
                return None
            able = deputy or (here - requester) or self._get_other_managers() or here
        if not able:
            return None
        if named and able != named and len(able) == 1:
            deputy = able
        return {
            "role": role, "user_id": named.id or (able.id if len(able) == 1 else False), "deputy_id": deputy.id,
            "group_id": group.id if group else False, "is_decider": is_decider,
            "candidate_ids": [fields.Command.set(able.ids)],
        }

    def _get_other_managers(self):
        """Return who may decide when the only approver is the one who asks."""
        return self.company_id._get_dunning_accounting_managers() - self.approval_requester_id \
            or self.company_id._get_dunning_members(
                self.env.ref("account_dunning.group_dunning_manager")) - self.approval_requester_id
