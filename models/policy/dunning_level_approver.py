from odoo import api, fields, models
from odoo.exceptions import ValidationError

ROLES = [
    ("accounting_manager", "Accounting Manager"),
    ("director", "Director"),
    ("salesperson", "Customer's Salesperson"),
    ("group", "Group"),
    ("person", "Person"),
]


class DunningLevelApprover(models.Model):
    """Who decides on the notices of a step before they leave, or is asked for his opinion."""

    _name = "dunning.level.approver"
    _description = "Approver of a Dunning Step"
    _inherit = ["dunning.named"]
    _order = "level_id, sequence, id"

    level_id = fields.Many2one("dunning.level", "Step", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="level_id.company_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)
    role = fields.Selection(ROLES, "Who", required=True, default="accounting_manager")
    group_id = fields.Many2one("res.groups", "Members Of", ondelete="cascade",
                               help="Any member may answer; the first answer counts.")
    user_id = fields.Many2one("res.users", "Person", ondelete="cascade", domain=[("share", "=", False)])
    is_decider = fields.Boolean(
        "Decides", default=True,
        help="All who decide must agree. The others are consulted: their answer is shown, silence approves nothing.",
    )
    min_amount = fields.Float(
        "Above Amount", digits=(16, 2), help="Asked only above this amount, in the currency of the company. 0: always.",
    )

    _min_amount_positive = models.Constraint(
        "CHECK(min_amount >= 0)", "The amount above which somebody is asked cannot be negative. Enter 0 for always.",
    )

    @api.depends("role", "group_id", "user_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["role"]._description_selection(self.env))
        for approver in self:
            own = approver.group_id.name if approver.role == "group" else \
                approver.user_id.name if approver.role == "person" else ""
            approver.display_name = own or labels.get(approver.role, "")

    @api.constrains("role", "group_id", "user_id")
    def _check_role(self):
        for approver in self:
            if approver.role == "group" and not approver.group_id:
                raise ValidationError(self.env._("Choose the group whose members approve, or another role."))
            if approver.role == "person" and not approver.user_id:
                raise ValidationError(self.env._("Choose the person who approves, or another role."))


class DunningLevel(models.Model):
    """What surrounds the notices of a step: who agrees before, and which calls announce them."""

    _inherit = "dunning.level"

    approval_ids = fields.One2many(
        "dunning.level.approver", "level_id", "Approvers", copy=True,
        help="A formal notice without approvers of its own is decided by the accounting manager of the company.",
    )
    last_call = fields.Boolean(
        "Last Call First", help="A phone call announces the notice before anybody is asked to approve it.",
    )
    last_call_days = fields.Integer(
        "Wait for the Last Call", default=3, help="Working days. Then the approvers are asked, called or not.",
    )
    deadline_call_days = fields.Integer(
        "Call before the Deadline", help="A phone call so many working days before the deadline. 0: no call.",
    )

    _call_days_positive = models.Constraint(
        "CHECK(last_call_days >= 0 AND deadline_call_days >= 0)",
        "The days of the calls around a notice cannot be negative. Enter 0 or more.",
    )
