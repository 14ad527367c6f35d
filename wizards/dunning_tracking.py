import base64
import csv
import io

from odoo import fields, models
from odoo.exceptions import UserError

from ..models.register import dunning_tracking_number
from . import reminder_file

# The words by which carriers name what became of a letter, without accents, in capitals or not.
EVENTS = {
    "presented": ("presented", "first presented", "presente", "avise", "avis de passage", "premiere presentation"),
    "received": ("received", "delivered", "distribue", "recu", "remis", "livre", "accepte", "accepted"),
    "refused": ("refused", "refuse"),
    "unclaimed": ("unclaimed", "not collected", "non reclame", "pli non reclame", "avise non reclame", "non retire"),
    "wrong_address": ("wrong address", "npai", "destinataire inconnu a l adresse", "defaut d acces ou d adressage",
                      "inconnu", "unknown"),
}


class DunningTracking(models.TransientModel):
    """The results that a carrier sends as a file: one line for each number, event and day. All lines or none."""

    _name = "dunning.tracking"
    _description = "Import Tracking Results"

    data_file = fields.Binary("File", attachment=False, required=True)
    filename = fields.Char()

    def action_import(self):
        """Write the events into the register, or say of each line why it cannot be."""
        self.ensure_one()
        rows = self._read_rows()
        if not rows:
            raise UserError(self.env._("The file has no line. Its columns are: number, event, date."))
        problems = [problem for row in rows if (problem := self._note_row(*row))]
        if problems:
            raise UserError("\n".join([self.env._("Nothing was imported."), *problems[:20]]))
        return {
            "type": "ir.actions.client", "tag": "display_notification", "params": {
                "type": "success", "message": self.env._("%(count)s events were noted.", count=len(rows)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _read_rows(self):
        """Return (line of the file, number, event, day) as texts; a first line of titles is left out."""
        text = reminder_file.decode(base64.b64decode(self.data_file))
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=reminder_file.find_separator(text))
        rows = [(place, *(cell.strip() for cell in (*cells, "", "")[:3]))
                for place, cells in enumerate(lines, 1) if any(cell.strip() for cell in cells)]
        if rows and not reminder_file.read_date(rows[0][3]) and not self._find_event(rows[0][2]):
            rows = rows[1:]
        return rows

    def _note_row(self, place, number, event, day):
        """Note one event; return what is wrong with it instead of raising, so that all is said at once."""
        code, date = self._find_event(event), reminder_file.read_date(day)
        letter = self.env["dunning.dispatch"].search([
            ("tracking_number", "=", dunning_tracking_number.normalize(number)), ("tracking_number", "!=", False),
            ("company_id", "in", self.env.companies.root_id.ids)])
        values = {"line": place, "number": number, "event": event, "day": day}
        if len(letter) != 1:
            return self.env._("Line %(line)s: no letter has the number “%(number)s”.", **values)
        if not code:
            return self.env._("Line %(line)s: the event “%(event)s” is not known.", **values)
        if not date:
            return self.env._("Line %(line)s: “%(day)s” is no date.", **values)
        try:
            with self.env.cr.savepoint():
                self._note_event(letter, code, date)
        except UserError as error:
            return self.env._("Line %(line)s: %(error)s", line=place, error=error.args[0])
        return None

    def _find_event(self, text):
        words = reminder_file.simplify(text)
        return next((code for code, names in EVENTS.items() if words in names), None)

    def _note_event(self, letter, code, date):
        if code == "presented":
            letter._set_presented(date)
        elif code == "received":
            letter._set_received(date)
        else:
            letter._set_returned_because(code, date)
