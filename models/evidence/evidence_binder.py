"""Bind PDF documents into one file with bookmarks and page stamps, holding one document in memory at a time."""
import os
from inspect import signature

from odoo.tools.pdf import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfReader,
    PdfWriter,
)

from ..base.pdf_page import draw_on

PAGES, CATALOG, OUTLINES, INFO = range(1, 5)
FONT = "Helvetica"
SIZE, MARGIN = 8, 14  # of the stamp, in points
WIDTH = 0.5 * SIZE  # of a letter, near enough
# Older versions of the library cannot write without being told that there is no password.
NO_KEY = (None,) if "encryption_key" in signature(DictionaryObject.write_to_stream).parameters else ()


class EvidenceBinder:
    """Write documents one after the other to a binary stream; ``finish`` adds pages, bookmarks and references.

    A writer of pypdf keeps every document until the end. Here the objects of each document are numbered anew and
    written at once, so that the size of the whole does not matter.
    """

    def __init__(self, stream, title=""):
        self.stream, self.title = stream, title
        self.offsets = {}
        self.last = INFO
        self.pages = []
        self.stream.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    @classmethod
    def check(cls, path):
        """Return the number of pages of a document that can be bound; whatever is wrong with it raises."""
        with open(os.devnull, "wb") as nowhere:
            binder = cls(nowhere)
            binder.add(path)
        return len(binder.pages)

    def add(self, path, get_stamp=None):
        """Write all pages of a document.

        :param get_stamp: returns the text at the foot of a page, from its number within the document (1, 2, ...)
        :raises ValueError: nothing to read, or a password is needed
        """
        with open(path, "rb") as source:
            reader = PdfReader(source, strict=False)
            if reader.is_encrypted:
                raise ValueError("encrypted")
            if not len(reader.pages):
                raise ValueError("empty")
            writer = PdfWriter()
            for number, page in enumerate(reader.pages, 1):
                bound = writer.add_page(page)
                if get_stamp:
                    self._stamp(writer, bound, get_stamp(number))
            self._write_document(writer)

    def finish(self, order, bookmarks):
        """Write what holds the pages together.

        :param order: the pages as positions in the order in which they were added
        :param bookmarks: (title, position of its first page in ``order``, [bookmarks below it])
        """
        pages = [self.pages[position] for position in order]
        kids = " ".join(f"{page} 0 R" for page in pages)
        self._write_object(PAGES, f"<< /Type /Pages /Count {len(pages)} /Kids [ {kids} ] >>")
        first, last, count = self._write_bookmarks(bookmarks, OUTLINES, pages)
        self._write_object(OUTLINES, f"<< /Type /Outlines /First {first} 0 R /Last {last} 0 R /Count {count} >>")
        self._write_object(INFO, f"<< /Title {self._say(self.title)} /Producer (Odoo) >>")
        self._write_object(CATALOG, f"<< /Type /Catalog /Pages {PAGES} 0 R /Outlines {OUTLINES} 0 R "
                                    "/PageMode /UseOutlines >>")
        self._write_references()

    # --- objects --------------------------------------------------------------------------------------------------

    def _write_document(self, writer):
        shift, objects = self.last, list(writer._objects)
        pages = [page.indirect_reference.idnum for page in writer.pages]
        roots = {writer._pages.idnum, writer._root.idnum} if hasattr(writer, "_root") else {writer._pages.idnum}
        for page in writer.pages:
            page[NameObject("/Parent")] = IndirectObject(PAGES - shift, 0, writer)
        self._shift_references(objects, shift)
        for number, item in enumerate(objects, 1):
            if item is not None and number not in roots:
                self._begin_object(shift + number)
                item.write_to_stream(self.stream, *NO_KEY)
                self.stream.write(b"\nendobj\n")
        self.last = shift + len(objects)
        self.pages += [shift + page for page in pages]

    @staticmethod
    def _shift_references(objects, shift):
        """Number every reference anew, each once: one may stand in several places."""
        references, waiting = {}, [item for item in objects if item is not None]
        while waiting:
            item = waiting.pop()
            if isinstance(item, IndirectObject):
                references[id(item)] = item
            elif isinstance(item, DictionaryObject):
                waiting += [item.raw_get(key) for key in item]
            elif isinstance(item, ArrayObject):
                waiting += list.__iter__(item)
        for reference in references.values():
            reference.idnum += shift

    def _begin_object(self, number):
        self.offsets[number] = self.stream.tell()
        self.stream.write(f"{number} 0 obj\n".encode())

    def _write_object(self, number, text):
        self._begin_object(number)
        self.stream.write(text.encode("latin-1") + b"\nendobj\n")

    def _write_references(self):
        start = self.stream.tell()
        rows = [b"0000000000 65535 f \n"]
        for number in range(1, self.last + 1):
            offset = self.offsets.get(number)
            rows.append(b"0000000000 00000 f \n" if offset is None else f"{offset:010d} 00000 n \n".encode())
        self.stream.write(f"xref\n0 {self.last + 1}\n".encode() + b"".join(rows))
        self.stream.write(f"trailer\n<< /Size {self.last + 1} /Root {CATALOG} 0 R /Info {INFO} 0 R >>\n"
                          f"startxref\n{start}\n%%EOF\n".encode())

    # --- bookmarks ------------------------------------------------------------------------------------------------

    def _write_bookmarks(self, bookmarks, parent, pages):
        """Write one level of bookmarks; return the numbers of the first and last, and how many are shown."""
        numbers = list(range(self.last + 1, self.last + 1 + len(bookmarks)))
        self.last += len(bookmarks)
        shown = len(bookmarks)
        for position, (title, page, below) in enumerate(bookmarks):
            text = f"<< /Title {self._say(title)} /Parent {parent} 0 R /Dest [ {pages[page]} 0 R /XYZ null null null ]"
            if position:
                text += f" /Prev {numbers[position - 1]} 0 R"
            if position + 1 < len(numbers):
                text += f" /Next {numbers[position + 1]} 0 R"
            if below:
                first, last, count = self._write_bookmarks(below, numbers[position], pages)
                text += f" /First {first} 0 R /Last {last} 0 R /Count {count}"
                shown += count
            self._write_object(numbers[position], text + " >>")
        return numbers[0], numbers[-1], shown

    @staticmethod
    def _say(text):
        return "<" + (b"\xfe\xff" + text.encode("utf-16-be")).hex() + ">"

    # --- stamp ----------------------------------------------------------------------------------------------------

    def _stamp(self, writer, page, text):
        """Write a line at the foot of the page as it is seen, on the right, whatever its rotation."""
        encoded = text.encode("cp1252", "replace")
        cosine, sine, x, y = self._get_place(page, len(encoded) * WIDTH)
        drawing = (f"\nQ q {cosine} {sine} {-sine} {cosine} {x:.2f} {y:.2f} cm BT /Dunning-{FONT} {SIZE} Tf 0 g "
                   f"<{encoded.hex()}> Tj ET Q\n")
        draw_on(writer, page, "q\n", drawing, FONT)

    @staticmethod
    def _get_place(page, width):
        """Return direction and origin of the line, in the coordinates of the page."""
        left, bottom, right, top = (float(value) for value in page.cropbox)
        turn = int(page.get("/Rotate", 0) or 0) % 360
        ahead = MARGIN + width
        return {
            90: (0, 1, right - MARGIN, top - ahead), 180: (-1, 0, left + ahead, top - MARGIN),
            270: (0, -1, left + MARGIN, bottom + ahead),
        }.get(turn, (1, 0, right - ahead, bottom + MARGIN))
