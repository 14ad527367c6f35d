import base64
import re
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL
from odoo.tools.sql import table_columns

from . import reminder_file
from .dunning_chased import STAGES

# The fields of an open item in which the number of an invoice may stand, the surest first.
NUMBER_FIELDS = ("move_name", "move_id.ref", "move_id.payment_reference", "ref", "name")


class DunningImport(models.TransientModel):
    """Takes over the reminders that were sent from another program: matched first, imported when they were seen."""

    _name = "dunning.import"
    _description = "Take Over Reminders"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company.root_id,
    )
    has_oca = fields.Boolean(compute="_compute_has_oca")
    source = fields.Selection(
        [("file", "A CSV file"), ("oca", "OCA credit control, in this database")], "Take Over From", required=True,
        default="file",
    )
    data_file = fields.Binary("File", attachment=False)
    filename = fields.Char()
    state = fields.Selection([("choose", "Choose"), ("check", "Check")], default="choose", readonly=True)
    row_ids = fields.One2many("dunning.import.row", "import_id", "Rows")
    good_count = fields.Integer(compute="_compute_counts")
    bad_count = fields.Integer(compute="_compute_counts")
    only_good = fields.Boolean("Import the good rows", help="The rows that could not be matched are left out.")

    @api.depends("company_id")
    def _compute_has_oca(self):
        self.has_oca = bool(table_columns(self.env.cr, "credit_control_line"))

    @api.depends("row_ids.state")
    def _compute_counts(self):
        for wizard in self:
            states = wizard.row_ids.mapped("state")
            wizard.good_count, wizard.bad_count = states.count("good"), states.count("bad")

    def action_check(self):
        """Read and match the reminders, and show what was understood before anything is imported."""
        found = self._get_oca_rows() if self.source == "oca" else self._get_file_rows()
        if not found:
            raise UserError(self.env._("No reminder was found. Check that the file has rows below its header."))
        self._set_later_wins(found)
        self.write({
            "row_ids": [Command.clear(), *(Command.create(vals) for vals in found)],
            "state": "check",
            "only_good": False,
        })
        return self._reopen()

    def action_back(self):
        """Choose another file."""
        self.write({"row_ids": [Command.clear()], "state": "choose"})
        return self._reopen()

    def action_import(self):
        """Put the matched items at the step they had reached."""
        good = self.row_ids.filtered(lambda row: row.state == "good")
        if self.bad_count and not self.only_good:
            raise UserError(self.env._(
                "%(count)s rows could not be matched, so nothing was imported. Correct them in the file and read "
                "it again, or tick “Import the good rows”.", count=self.bad_count,
            ))
        if not good:
            raise UserError(self.env._("No row can be imported: correct the file and read it again."))
        good.line_id._set_already_chased({row.line_id.id: (row.level_id, row.date) for row in good})
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s open items stand at the step they had reached.", count=len(good)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _reopen(self):
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "res_id": self.id, "view_mode": "form",
            "target": "new", "name": self.env._("Take Over Reminders"),
        }

    # A file

    def _get_file_rows(self):
        """Return the values of one row per matched open item, or per complaint."""
        try:
            rows = reminder_file.read(base64.b64decode(self.data_file or b""))
        except reminder_file.UnreadableFile as error:
            names = {"number": self.env._("invoice number"), "level": self.env._("level"),
                     "date": self.env._("last notice date")}
            raise UserError(self.env._(
                "The first line of the file must name its columns. Not found: %(columns)s.",
                columns=", ".join(names[name] for name in error.missing),
            )) from error
        items = self._find_items({row.number for row in rows})
        names = self._get_level_names()
        month_first = self._is_month_first(rows)
        return [vals for row in rows for vals in self._match_row(row, items.get(row.number, ()), names, month_first)]

    def _match_row(self, row, lines, level_names, month_first):
        """Return what is to be imported for one row of the file: its open instalments that were due on that day."""
        base = {"row_number": row.line, "number": row.number, "level_text": row.level, "date_text": row.date}
        day, due = (reminder_file.read_date(text, month_first) for text in (row.date, row.due))
        level = self._read_level(row.level, level_names)
        complaint = self._get_complaint(row, day, due, level, lines)
        if not complaint:
            wanted = [line for line in lines if self._is_wanted(line, day, due)]
            complaint = None if wanted else self.env._(
                "No instalment of this invoice was due on that day. Check the dates of the row."
            )
        if complaint:
            return [base | {"state": "bad", "message": complaint}]
        return [base | self._prepare_good_row(line, level, day) for line in wanted]

    def _is_wanted(self, line, day, due):
        maturity = line.date_maturity or line.date
        return maturity == due if due else maturity <= day

    def _get_complaint(self, row, day, due, level, lines):
        """Say what is wrong with a row and what to do, or nothing."""
        if not row.number:
            return self.env._("The invoice number is missing.")
        if not lines:
            return self._explain_not_found(row.number)
        if len({line.move_id for line in lines}) > 1:
            return self.env._("Several open entries bear this number: %(names)s. Write the full number of one of them.",
                              names=", ".join(sorted({line.move_id.name or "" for line in lines})))
        if not day:
            return self.env._("The date of the last notice cannot be read. Write it like 2026-11-03 or 03/11/2026.")
        if day > self.company_id._get_dunning_today():
            return self.env._("The date of the last notice lies in the future.")
        if row.due and not due:
            return self.env._("The due date cannot be read. Write it like 2026-11-03 or 03/11/2026, or leave it empty.")
        if not level:
            return self.env._("The level is not known. Write 1, 2 or 3, or the name of a step of a policy.")
        return None

    def _explain_not_found(self, number):
        moves = self.env["account.move"].search(
            Domain("company_id", "child_of", self.company_id.id)
            & (Domain("name", "=", number) | Domain("ref", "=", number) | Domain("payment_reference", "=", number)),
        )
        if moves.filtered(lambda move: move.state == "posted"):
            return self.env._("This invoice is paid: nothing is left to chase. Leave the row out.")
        if moves:
            return self.env._("This invoice is not posted. Post it first, or leave the row out.")
        return self.env._("No open invoice or entry bears this number. Check how it is written.")

    def _find_items(self, numbers):
        """Return the open items of each number, {number: lines}, by the surest field that knows it."""
        numbers = [number for number in numbers if number]
        lines = self.env["account.move.line"].search(
            Domain("company_id", "child_of", self.company_id.id)
            & Domain("account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual", ">", 0)
            & Domain("partner_id", "!=", False)
            & Domain.OR([Domain(name, "in", numbers) for name in NUMBER_FIELDS]),
            order="date_maturity, id",
        )
        items = {}
        for name in NUMBER_FIELDS:
            known = defaultdict(list)
            for line in lines:
                known[line.mapped(name)[0]].append(line)
            items = {number: known[number] for number in numbers if number in known} | items
        return items

    def _is_month_first(self, rows):
        """Tell how the dates of the file are written; when they do not tell, as the user writes them."""
        lang = self.env["res.lang"]._get_data(code=self.env.user.lang or "en_US")
        texts = [text for row in rows for text in (row.date, row.due) if text]
        return reminder_file.is_month_first(texts, default=(lang.date_format or "").startswith("%m"))

    def _get_level_names(self):
        """Return the levels by the name people know them by, {simplified name: levels}."""
        names = defaultdict(lambda: self.env["dunning.level"])
        for level in self.env["dunning.level"].search([("stage", "!=", "preventive")]):
            names[reminder_file.simplify(level.name)] |= level
        return names

    def _read_level(self, text, level_names):
        """Return (levels of that name, stage) for what stands in the file, or None."""
        name = reminder_file.simplify(text)
        number = re.fullmatch(r"\D*([1-9])\D*", name)
        if name in level_names:
            return level_names[name], level_names[name][0].stage
        if number:
            return self.env["dunning.level"], f"reminder_{min(int(number[1]), 3)}"
        return None

    def _prepare_good_row(self, line, level, day):
        """Return the values of an item that can be imported; a formal notice counts as the last reminder."""
        named, stage = level
        policy, _origin = line.partner_id.commercial_partner_id._find_dunning_policy(self.company_id)
        own = named.filtered(lambda one: one.policy_id == policy and one.stage in dict(STAGES))[:1]
        stage = stage if stage in dict(STAGES) else STAGES[-1][0]
        target = own or line._get_chased_levels({line.id: stage}).get(line.id)
        if not target:
            return {"line_id": line.id, "state": "bad",
                    "message": self.env._("The policy of this customer has no reminder. Choose another one for him.")}
        remark = self.env._("Was left out of dunning, and will be included.") if line._is_opening_left_out() else False
        return {"line_id": line.id, "level_id": target.id, "date": day, "state": "good", "message": remark}

    def _set_later_wins(self, rows):
        """Keep the latest reminder of each open item: the file may hold its whole history."""
        latest = {}
        for row in sorted((row for row in rows if row["state"] == "good"), key=lambda row: row["date"]):
            former = latest.get(row["line_id"])
            if former:
                former.update(state="skipped", message=self.env._(
                    "A later reminder of the same item stands in row %(row)s.", row=row["row_number"],
                ))
            latest[row["line_id"]] = row

    # OCA account_credit_control

    def _get_oca_rows(self):
        """Return the reminders that OCA's credit control has sent for items that are still open.

        Its levels count within their policy: the first one is the first reminder, and so on, never a formal notice.
        """
        columns = table_columns(self.env.cr, "credit_control_line")
        if not columns:
            raise UserError(self.env._("This database holds no data of OCA's credit control."))
        sent = SQL("COALESCE(control.date_sent, control.date)") if "date_sent" in columns else SQL("control.date")
        rows = self.env.execute_query(SQL(
            """WITH ranked AS (
                    SELECT id, DENSE_RANK() OVER (PARTITION BY policy_id ORDER BY level) AS rank
                      FROM credit_control_policy_level)
               SELECT DISTINCT ON (control.move_line_id)
                      control.move_line_id, ranked.rank, %(sent)s::date
                 FROM credit_control_line control
                 JOIN ranked ON ranked.id = control.policy_level_id
                WHERE control.state = 'sent'
             ORDER BY control.move_line_id, ranked.rank DESC, %(sent)s DESC""",
            sent=sent,
        ))
        lines = self.env["account.move.line"].search([
            ("id", "in", [row[0] for row in rows]), ("company_id", "child_of", self.company_id.id),
            ("parent_state", "=", "posted"), ("reconciled", "=", False), ("amount_residual", ">", 0),
            ("account_type", "=", "asset_receivable"), ("partner_id", "!=", False),
        ])
        by_id = {line.id: line for line in lines}
        found = []
        for line_id, rank, day in (row for row in rows if row[0] in by_id):
            line = by_id[line_id]
            level = (self.env["dunning.level"], f"reminder_{min(rank, 3)}")
            found.append({
                "row_number": len(found) + 1, "number": line.move_name, "level_text": f"{rank}",
                "date_text": str(day), **self._prepare_good_row(line, level, day),
            })
        return found


class DunningImportRow(models.TransientModel):
    """One row as it was read, and the open item it was matched with."""

    _name = "dunning.import.row"
    _description = "Reminder to Take Over"
    _order = "state, row_number, id"

    import_id = fields.Many2one("dunning.import", required=True, ondelete="cascade", index=True)
    row_number = fields.Integer("Row", readonly=True)
    number = fields.Char(readonly=True)
    level_text = fields.Char("Level Read", readonly=True)
    date_text = fields.Char("Date Read", readonly=True)
    line_id = fields.Many2one("account.move.line", "Open Item", readonly=True)
    partner_id = fields.Many2one(related="line_id.partner_id")
    date_maturity = fields.Date(related="line_id.date_maturity")
    currency_id = fields.Many2one(related="line_id.company_currency_id")
    amount_residual = fields.Monetary(related="line_id.amount_residual")
    level_id = fields.Many2one("dunning.level", "Step", readonly=True)
    date = fields.Date("Sent On", readonly=True)
    state = fields.Selection(
        [("bad", "To correct"), ("good", "Matched"), ("skipped", "Older")], "Result", readonly=True,
    )
    message = fields.Char("What to Do", readonly=True)
