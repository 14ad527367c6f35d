from odoo import fields, models

OWN_FIELDS = ["dunning_deputy_id"]


class ResCompany(models.Model):
    """Who agrees before a notice leaves, for the steps that ask for it and above a threshold."""

    _inherit = "res.company"

    dunning_accounting_manager_id = fields.Many2one(
        "res.users", "Accounting Manager", domain=[("share", "=", False)],
        help="Decides on formal notices. Empty: any dunning manager.",
    )
    dunning_director_id = fields.Many2one(
        "res.users", "Director", domain=[("share", "=", False)],
        help="Decides on large amounts, in place of absent approvers without deputy, and when nobody answers.",
    )
    dunning_approval_amount = fields.Monetary(
        "Approval Above", currency_field="currency_id",
        help="Above this amount any notice waits for an approval. 0: only the steps that name approvers.",
    )

    _dunning_approval_amount_positive = models.Constraint(
        "CHECK(dunning_approval_amount >= 0)",
        "The amount above which notices need an approval cannot be negative. Enter 0 for no threshold.",
    )

    def _get_dunning_accounting_managers(self):
        """Return who decides for accounting: the person of the settings, else every dunning manager."""
        company = self.root_id.sudo()
        return company.dunning_accounting_manager_id.filtered("active") or company._get_dunning_members(
            self.env.ref("account_dunning.group_dunning_manager"))

    def _get_dunning_members(self, group):
        """Return the active colleagues of a group who may work in this company."""
        # sudo: who is in a group is known to administrators only.
        return group.sudo().all_user_ids.filtered(
            lambda user: user.active and not user.share and user._is_human_dunning_user() and self in user.company_ids)

    def _get_dunning_manager(self):
        """Return one manager who can open a follow-up: the accounting manager, the director, else any other."""
        named = self.sudo().dunning_accounting_manager_id | self.sudo().dunning_director_id
        everybody = named | self._get_dunning_members(self.env.ref("account_dunning.group_dunning_manager"))
        return everybody.filtered(
            lambda user: user.active and user.has_group("account.group_account_invoice"))[:1]


class ResConfigSettings(models.TransientModel):
    """The approvers of the legal entity."""

    _inherit = "res.config.settings"

    dunning_accounting_manager_id = fields.Many2one(
        related="company_id.root_id.dunning_accounting_manager_id", readonly=False)
    dunning_director_id = fields.Many2one(related="company_id.root_id.dunning_director_id", readonly=False)
    dunning_approval_amount = fields.Monetary(related="company_id.root_id.dunning_approval_amount", readonly=False)


class ResUsers(models.Model):
    """Who answers for a colleague who is out of office."""

    _inherit = "res.users"

    dunning_deputy_id = fields.Many2one(
        "res.users", "Deputy for Approvals", domain=[("share", "=", False)],
        help="Approves notices while this user is out of office, and those that this user asks to approve himself.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + OWN_FIELDS

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + OWN_FIELDS

    def _is_human_dunning_user(self):
        """Tell whether somebody sits behind this user."""
        return self.id != self.env.ref("base.user_root").id

    def _may_dunning_approve(self, company):
        """Tell whether the user is still here and can open what a company asks."""
        # sudo: in which companies somebody works is known to administrators only.
        return self.active and not self.share and company.root_id in self.sudo().company_ids.root_id

    def _is_dunning_absent(self, company):
        """Tell whether the user is out of office, on the calendar of the company. Override to ask the time off."""
        today = company._get_dunning_today()
        first, last = map(company._get_dunning_day, (self.out_of_office_from, self.out_of_office_to))
        return not self.active or bool(first) and first <= today and (not last or today <= last)

    def _get_dunning_substitute(self, company, requester):
        """Return who approves instead of an absent user or of the requester: his deputy, else the director."""
        for user in (self.dunning_deputy_id, company.sudo().dunning_director_id):
            if user and user not in (self, requester) and user._may_dunning_approve(company) \
                    and not user._is_dunning_absent(company):
                return user
        return self.browse()
