from odoo import fields, models


class DunningNoticeLine(models.Model):
    """One receivable in a notice, as it was claimed: the link to the books is for navigation only."""

    _name = "dunning.notice.line"
    _description = "Dunning Notice Line"
    _order = "notice_id, role_rank, due_date, id"

    notice_id = fields.Many2one("dunning.notice", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="notice_id.company_id", store=True, precompute=True)
    state = fields.Selection(related="notice_id.state")
    notice_date = fields.Date(related="notice_id.shown_date", string="Notice Of")
    channels_text = fields.Char(related="notice_id.channels_text")
    line_id = fields.Many2one("account.move.line", "Journal Item", ondelete="set null", index="btree_not_null")
    move_id = fields.Many2one("account.move", "Invoice", ondelete="set null", index="btree_not_null")
    role = fields.Selection(
        [("moving", "Takes this step"), ("listed", "Listed"), ("claimed", "Claimed earlier"), ("credit", "Credit")],
        required=True, default="moving",
    )
    role_rank = fields.Integer(default=0, help="Order on paper: what moves first, credits last.")
    level_id = fields.Many2one("dunning.level", "Step", ondelete="restrict", help="The step this line takes.")

    # Copied: what the letter says.
    name = fields.Char("Number")
    ref = fields.Char("Customer Reference")
    invoice_date = fields.Date("Date")
    due_date = fields.Date("Due On")
    days_late = fields.Integer("Days Late")
    currency_id = fields.Many2one("res.currency", required=True)
    amount_total = fields.Monetary("Amount")
    amount_residual = fields.Monetary("Outstanding")
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    amount_company = fields.Monetary("Outstanding (Company)", currency_field="company_currency_id")
    earlier = fields.Char("Claimed By", help="The earlier notice that already claims this line.")

    def action_open_notice(self):
        return self.notice_id.action_open()
