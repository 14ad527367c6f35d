import base64
import csv
import io
import re
from collections import Counter

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.i18n import format_list
from odoo.tools.misc import format_date, get_lang

from ..models.register import dunning_tracking_number
from . import reminder_file

# The words by which carriers name what became of a letter, without accents, in capitals or not.
EVENTS = {
    "presented": ("presented", "first presented", "first presentation", "notified", "presente", "avise",
                  "avis de passage", "premiere presentation", "avise en instance", "notification envoyee",
                  "en attente de retrait"),
    "received": ("received", "delivered", "accepted", "distribue", "recu", "remis", "livre", "accepte", "retire",
                 "remis au destinataire", "distribue au destinataire", "remis contre signature"),
    "refused": ("refused", "refuse", "refuse par le destinataire"),
    "unclaimed": ("unclaimed", "not collected", "non reclame", "pli non reclame", "avise non reclame",
                  "presente non reclame", "non retire", "neglige", "ignored"),
    "wrong_address": ("wrong address", "npai", "destinataire inconnu a l adresse", "defaut d acces ou d adressage",
                      "adresse incomplete", "inconnu", "unknown"),
    # On its way: nothing that changes anything.
    "under_way": ("deposited", "in transit", "depose", "depot", "pris en charge", "prise en charge", "en transit",
                  "en cours d acheminement", "en cours de distribution", "arrive sur le site de distribution",
                  "tri effectue", "en preparation", "envoye", "sent", "retour a l expediteur en cours"),
}
# What happened on one day, in the order in which it does.
ORDER = tuple(EVENTS)
COLUMNS = {
    "number": ("number", "tracking number", "numero", "n", "numero de suivi", "n de suivi", "numero d envoi",
               "n d envoi", "numero de recommande", "n recommande", "numero lrar", "code barre", "identifiant"),
    "event": ("event", "status", "state", "evenement", "statut", "etat", "libelle", "dernier evenement"),
    "date": ("date", "day", "event date", "date de l evenement", "date evenement", "date du statut", "date de statut"),
}
DATE_FIELDS = {"presented": "date_presented", "received": "date_received"}


class DunningTracking(models.TransientModel):
    """The results that a carrier sends as a file: one line for each number, event and day. All lines or none.

    The same file read twice changes nothing; the order of its lines does not matter.
    """

    _name = "dunning.tracking"
    _description = "Import Tracking Results"

    data_file = fields.Binary("File", attachment=False, required=True)
    filename = fields.Char()
    is_unknown_skipped = fields.Boolean(
        "Leave Out Other Letters", help="The file also lists letters of the company that are no reminders.")

    def action_import(self):
        """Write the events into the register, or say of each line why it cannot be."""
        self.ensure_one()
        rows = self._read_rows()
        if not rows:
            raise UserError(self.env._("The file has no line. Its columns are: number, event, date."))
        letters = self._find_letters(rows)
        counts, problems = Counter(), []
        for row in self._sort(rows):
            outcome, problem = self._note_row(letters, *row)
            counts[outcome] += 1
            if problem:
                problems.append((row[0], problem))
        if problems:
            raise UserError("\n".join(
                [self.env._("Nothing was imported."), *(text for _place, text in sorted(problems)[:20])]))
        return {
            "type": "ir.actions.client", "tag": "display_notification", "params": {
                "type": "success" if counts["noted"] else "warning", "message": self._get_summary(counts),
                "sticky": True, "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_summary(self, counts):
        env = self.env
        return " ".join(filter(None, (
            env._("Events noted: %(count)s.", count=counts["noted"]),
            counts["known"] and env._("Known before: %(count)s.", count=counts["known"]),
            counts["under_way"] and env._("Still on their way: %(count)s.", count=counts["under_way"]),
            counts["other"] and env._("Lines of other letters: %(count)s.", count=counts["other"]),
        )))

    # --- the file -------------------------------------------------------------------------------------------------

    def _read_rows(self):
        """Return (line of the file, number, event, day) as texts; titles say which column is which."""
        content = base64.b64decode(self.data_file)
        if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
            raise UserError(self.env._("This is no CSV file. Open it in a spreadsheet and save it as CSV first."))
        text = reminder_file.decode(content)
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=reminder_file.find_separator(text))
        cells = [(place, [cell.strip() for cell in line]) for place, line in enumerate(lines, 1)
                 if any(cell.strip() for cell in line)]
        places = self._find_columns(cells[0][1]) if cells else None
        if places:
            cells = cells[1:]
        return [(place, *(line[column] if column < len(line) else "" for column in places or range(3)))
                for place, line in cells]

    def _find_columns(self, titles):
        """Return the places of number, event and day; none when the first line is no title."""
        names = [reminder_file.simplify(re.sub(r"\(.*?\)", " ", title)) for title in titles]
        found = {column: next(place for place, name in enumerate(names) if name in words)
                 for column, words in COLUMNS.items() if any(name in words for name in names)}
        if not found:
            is_row = len(titles) > 2 and (self._find_event(titles[1]) or reminder_file.read_date(titles[2]))
            return None if is_row or any(char.isdigit() for char in titles[0]) else range(3)
        missing = [column for column in COLUMNS if column not in found]
        if missing:
            labels = {"number": self.env._("number"), "event": self.env._("event"), "date": self.env._("date")}
            raise UserError(self.env._(
                "These columns were not found in the first line: %(names)s.",
                names=format_list(self.env, [labels[column] for column in missing])))
        return [found[column] for column in COLUMNS]

    def _sort(self, rows):
        """Return (line, number, event, day, code, date) in the order in which things happened."""
        # Days alone decide: a file that also tells the hour is read as one that does not.
        default = get_lang(self.env).date_format.startswith("%m")
        month_first = reminder_file.is_month_first([row[3] for row in rows if row[3]], default)
        read = [(*row, self._find_event(row[2]), reminder_file.read_date(row[3], month_first)) for row in rows]
        return sorted(read, key=lambda row: (str(row[5] or ""), ORDER.index(row[4]) if row[4] else 0, row[0]))

    def _find_letters(self, rows):
        numbers = {dunning_tracking_number.normalize(row[1]) for row in rows} - {""}
        return self.env["dunning.dispatch"].search([
            ("tracking_number", "in", list(numbers)), ("company_id", "in", self.env.companies.root_id.ids),
        ]).grouped("tracking_number")

    def _find_event(self, text):
        words = reminder_file.simplify(text)
        return next((code for code, names in EVENTS.items() if words in names), None)

    # --- one line -------------------------------------------------------------------------------------------------

    def _note_row(self, letters, place, number, event, day, code, date):
        """Note one event; return (outcome, what is wrong) instead of raising, so that all is said at once."""
        letter = letters.get(dunning_tracking_number.normalize(number), ())
        values = {"line": place, "number": number, "event": event, "day": day}
        if not letter and self.is_unknown_skipped:
            return "other", None
        if len(letter) != 1:
            return "problem", self.env._("Line %(line)s: no letter has the number “%(number)s”.", **values)
        if not code:
            return "problem", self.env._("Line %(line)s: the event “%(event)s” is not known.", **values)
        if code == "under_way":
            return "under_way", None
        if not date:
            return "problem", self.env._("Line %(line)s: “%(day)s” is no date.", **values)
        try:
            with self.env.cr.savepoint():
                return self._note_event(letter, code, date), None
        except UserError as error:
            return "problem", self.env._("Line %(line)s: %(error)s", line=place, error=error.args[0])

    def _note_event(self, letter, code, date):
        """Write one event unless it is known; a second visit of the postman is no first presentation."""
        if code == "presented" and letter.date_presented and letter.date_presented <= date:
            return "known"
        if code in ("presented", "received"):
            known = letter[DATE_FIELDS[code]]
        else:
            known = letter.return_reason == code and letter.date_returned
        if known == date:
            return "known"
        if known and code == "received":
            raise UserError(self.env._(
                "The register says that it was received on %(date)s. Take that back first if it was a mistake.",
                date=format_date(self.env, known)))
        if code == "presented":
            letter._set_presented(date)
        elif code == "received":
            letter._set_received(date)
        else:
            letter._set_returned_because(code, date)
        return "noted"
