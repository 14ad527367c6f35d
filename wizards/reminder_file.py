"""Read a list of reminders that were sent from another program. Pure: bytes in, rows and complaints out.

>>> rows = read("Facture;Échéance;Niveau;Dernière relance\\nFA-12;;2;03/11/2026\\n".encode("cp1252"))
>>> rows[0].line, rows[0].number, rows[0].level, rows[0].date
(2, 'FA-12', '2', '03/11/2026')
>>> read_date("3.11.2026"), read_date("2026-11-03"), read_date("31/02/2026")
(datetime.date(2026, 11, 3), datetime.date(2026, 11, 3), None)
>>> read_date("11/03/2026", month_first=True)
datetime.date(2026, 11, 3)
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

# The words by which each column may be called, without accents.
COLUMNS = {
    "number": ("invoice", "invoice number", "number", "facture", "n facture", "n de facture", "numero",
               "numero de facture", "piece", "document"),
    "due": ("due date", "instalment", "instalment due date", "due", "echeance", "date d echeance", "date echeance"),
    "level": ("level", "stage", "step", "reminder", "niveau", "niveau de relance", "relance", "etape"),
    "date": ("last notice date", "last notice", "last reminder", "date", "sent on", "derniere relance",
             "date de relance", "date derniere relance", "date de derniere relance"),
}
REQUIRED = ("number", "level", "date")
DAY_FIRST = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%y")
MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%y")


class UnreadableFile(ValueError):
    """The file is not a list of reminders; ``missing`` names the columns that were not found."""

    def __init__(self, missing=()):
        super().__init__(", ".join(missing))
        self.missing = missing


@dataclass(frozen=True)
class Row:
    """One line of the file, as text, with its number in the file."""

    line: int
    number: str
    due: str
    level: str
    date: str


def read(content: bytes) -> list[Row]:
    """Return the rows of a file, whatever its encoding and separator."""
    text = decode(content)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=find_separator(text))
    header = next(lines, [])
    places = find_columns(header)
    missing = tuple(name for name in REQUIRED if name not in places)
    if missing:
        raise UnreadableFile(missing)
    rows = []
    for cells in lines:
        if any(cell.strip() for cell in cells):
            values = {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}
            rows.append(Row(lines.line_num, **{"due": "", **values}))
    return rows


def decode(content: bytes) -> str:
    """Return the text of a file written by Excel, LibreOffice or another program."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def find_separator(text: str) -> str:
    """Return the separator that occurs most in the first line."""
    first = text.split("\n", 1)[0]
    return max(";,\t|", key=first.count)


def find_columns(header: list[str]) -> dict[str, int]:
    """Return the place of each known column; a remark in brackets is no part of its name.

    >>> find_columns(["N° facture", "Échéance (facultative)", "Niveau", "Date de dernière relance"])
    {'number': 0, 'due': 1, 'level': 2, 'date': 3}
    """
    names = [simplify(re.sub(r"\(.*?\)", " ", cell)) for cell in header]
    return {
        column: next(place for place, name in enumerate(names) if name in words)
        for column, words in COLUMNS.items() if any(name in words for name in names)
    }


def simplify(text: str) -> str:
    """Return a text without accents, capitals and signs.

    >>> simplify(" N° d'Échéance ")
    'n d echeance'
    """
    plain = unicodedata.normalize("NFD", text.replace("°", " "))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[a-z0-9]+", plain.lower()))


def is_month_first(texts: Iterable[str], default: bool) -> bool:
    """Tell whether dates such as 11/03/2026 begin with the month, from all the dates of the file.

    >>> is_month_first(["03/11/2026", "25/11/2026"], default=True)
    False
    >>> is_month_first(["11/03/2026"], default=True)
    True
    """
    texts = list(texts)
    day_first = all(read_date(text) for text in texts)
    month_first = all(read_date(text, month_first=True) for text in texts)
    return default if day_first == month_first else month_first


def read_date(text: str, month_first: bool = False) -> date | None:
    """Return the day that a cell holds, or None."""
    for pattern in ("%Y-%m-%d", *(MONTH_FIRST if month_first else DAY_FIRST), "%Y%m%d"):
        try:
            return datetime.strptime(text.split(" ")[0].split("T")[0], pattern).date()
        except ValueError:
            continue
    return None
