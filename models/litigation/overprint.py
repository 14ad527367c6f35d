"""Overprint a PDF document: each page is made a little smaller, and what must catch the eye stands in a frame above."""
import textwrap
from io import BytesIO

from odoo.tools.pdf import PdfReader, PdfWriter

from ..base.pdf_page import draw_on

BAND, MARGIN = 78, 24  # height of what is added above, and distance from the edges, in points
SIZE, LEADING = 10, 13
WIDTH = 0.56 * SIZE  # of a bold letter, near enough
FONT = "Helvetica-Bold"
RED = "0.7 0 0"


def overprint(pdf, title, text):
    """Return the document with a framed title and text at the top of its first page, and the title on all others.

    :param bytes pdf: the document
    :raises ValueError: it cannot be read, or needs a password
    """
    reader = PdfReader(BytesIO(pdf), strict=False)
    if reader.is_encrypted:
        raise ValueError("encrypted")
    writer = PdfWriter()
    for number, source in enumerate(reader.pages):
        page = writer.add_page(source)
        _overprint_page(writer, page, title, "" if number else text)
    if not writer.pages:
        raise ValueError("empty")
    result = BytesIO()
    writer.write(result)
    return result.getvalue()


def _overprint_page(writer, page, title, text):
    left, bottom, right, top = (float(value) for value in page.cropbox)
    scale = (top - bottom - BAND) / (top - bottom)
    shift = left + (right - left) * (1 - scale) / 2
    before = f"q {scale:.4f} 0 0 {scale:.4f} {shift - scale * left:.2f} {bottom * (1 - scale):.2f} cm\nq\n"
    after = "\nQ Q\n" + _draw(left, right, top, title, text)
    draw_on(writer, page, before, after, FONT)


def _draw(left, right, top, title, text):
    """Return the drawing: a frame, the title, and the text in as many lines as it needs."""
    lines = textwrap.wrap(text, max(20, int((right - left - 2 * MARGIN - 16) / WIDTH)), break_long_words=False)
    height = LEADING * (1 + len(lines)) + 10
    drawing = [f"q {RED} RG {RED} rg 1.2 w",
               f"{left + MARGIN:.2f} {top - 10 - height:.2f} {right - left - 2 * MARGIN:.2f} {height:.2f} re S"]
    for number, line in enumerate([title, *lines]):
        height = top - 10 - LEADING * (number + 1)
        encoded = line.encode("cp1252", "replace").hex()
        drawing.append(f"BT /Dunning-{FONT} {SIZE} Tf {left + MARGIN + 8:.2f} {height:.2f} Td <{encoded}> Tj ET")
    return "\n".join([*drawing, "Q\n"])
