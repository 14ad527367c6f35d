from odoo import fields, models

# What customers answer. The order is the one of the list that a collector chooses from.
STATUSES = [
    ("paid", "Says it is paid"),
    ("promise", "Promises to pay"),
    ("dispute", "Contests it"),
    ("plan", "Asks to pay by instalments"),
    ("copy", "Asks for a copy"),
    ("recipient", "Is not the right contact"),
    ("blocked", "Blocked in their process or on a portal"),
    ("insolvency", "In insolvency proceedings"),
    ("other", "Says something else"),
]


class AccountMove(models.Model):
    """What the customer last said of an invoice."""

    _inherit = "account.move"

    dunning_status = fields.Selection(
        STATUSES, "The Customer", copy=False, readonly=True, tracking=True, groups="base.group_user",
        help="What he said last about this invoice. What follows from it is in promises, disputes, plans and holds.",
    )
    dunning_status_comment = fields.Char("In His Words", copy=False, readonly=True, tracking=True,
                                         groups="base.group_user")
    dunning_status_date = fields.Date("Said On", copy=False, readonly=True, groups="base.group_user")

    def _set_dunning_status(self, status, comment, day):
        """Show on these invoices what the customer said last."""
        self._write_door({
            "dunning_status": status, "dunning_status_comment": comment or False, "dunning_status_date": day})
