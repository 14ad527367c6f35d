from odoo import fields, models


class DunningDisputeReason(models.Model):
    """Why customers contest what they owe: who looks into it, how long that may take, what the answer needs.

    Whoever deals with a dispute and by when is a choice of each company; the reasons themselves are shared.
    """

    _name = "dunning.dispute.reason"
    _description = "Reason of a Dispute"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: all companies use it.")
    is_ours = fields.Boolean(
        "Our Task", help="The customer is right and waits for us: what we owe him is deducted from what is claimed.",
    )
    user_id = fields.Many2one(
        "res.users", "Responsible", company_dependent=True, domain=[("share", "=", False)],
        help="Looks into these disputes. Empty: the salesperson of the invoice, else the collector.",
    )
    days = fields.Integer(
        "Days to Answer", company_dependent=True, help="0: the number of days of the dunning settings.",
    )
    advice = fields.Text("What the Answer Needs", translate=True)

