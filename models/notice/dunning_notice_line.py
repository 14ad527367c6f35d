import json

from odoo import api, fields, models
from odoo.tools import SQL

# Where a line belongs; deleting an invoice empties its link.
LINKS = frozenset({"notice_id", "line_id", "move_id", "level_id", "role_rank"})


class DunningNoticeLine(models.Model):
    """One receivable in a notice, as it was claimed: the link to the books is for navigation only."""

    _name = "dunning.notice.line"
    _description = "Dunning Notice Line"
    _inherit = ["dunning.named"]
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
    days_late = fields.Integer()
    currency_id = fields.Many2one("res.currency", required=True)
    amount_total = fields.Monetary("Amount")
    amount_residual = fields.Monetary("Outstanding")
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    amount_company = fields.Monetary("Outstanding (Company)", currency_field="company_currency_id")
    earlier = fields.Char("Claimed By", help="The earlier notice that already claims this line.")

    @api.model
    def _insert(self, notices, lines):
        """Create the lines of new notices as ``create`` would, in one statement: a night may make a hundred thousand.

        :param lines: for each notice the values of its lines, all with the same names
        """
        defaults = self.default_get([name for name, field in self._fields.items() if field.store])
        rows = [
            {name: value for name, value in (defaults | vals | {"notice_id": notice.id}).items() if value is not False}
            for notice, notice_lines in zip(notices, lines, strict=True) for vals in notice_lines
        ]
        if not rows:
            return
        names = sorted(set().union(*rows))
        self.env.cr.execute(SQL(
            """INSERT INTO dunning_notice_line (%(names)s, create_uid, write_uid, create_date, write_date)
               SELECT %(names)s, %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                 FROM jsonb_to_recordset(%(rows)s) AS row (%(types)s)""",
            names=SQL(", ").join(map(SQL.identifier, names)), uid=self.env.uid, rows=json.dumps(rows, default=str),
            types=SQL(", ").join(SQL("%s %s", SQL.identifier(name), SQL(self._fields[name].column_type[1]))
                                 for name in names),
        ))
        self.invalidate_model()
        notices.invalidate_recordset(["line_ids"])

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            lines.notice_id._check_not_produced()
        return lines

    def write(self, vals):
        """What a notice said of a receivable is a copy once it has left; only the books change its links to them."""
        fixed = self._get_copied_fields() | (set() if self.env.su else LINKS)
        if not fixed.isdisjoint(vals):
            self.notice_id._check_not_produced()
            if vals.get("notice_id"):
                self.notice_id.browse(vals["notice_id"]).exists()._check_not_produced()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_left(self):
        self.notice_id._check_not_produced()

    @api.model
    def _get_copied_fields(self):
        """Name what was said to the customer. Override with what a notice says besides."""
        return {
            "role", "name", "ref", "invoice_date", "due_date", "days_late", "currency_id", "amount_total",
            "amount_residual", "amount_company", "earlier",
        }

    def action_open_notice(self):
        return self.notice_id.action_open()
