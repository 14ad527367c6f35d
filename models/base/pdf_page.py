"""Draw on a page of a PDF document that somebody else made, in one of the fonts that every reader has."""
from odoo.tools.pdf import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject


def draw_on(writer, page, before, after, font):
    """Put drawing operators around the contents of a page; ``font`` is the base font, named by itself in them.

    :param PdfWriter writer: holds the page; it keeps each font once
    :param str before: operators before what stands on the page
    :param str after: operators behind it
    :param str font: for example Helvetica-Bold, used as ``/Dunning-Helvetica-Bold``
    """
    contents = page.raw_get("/Contents") if "/Contents" in page else ArrayObject()
    inner = contents.get_object()
    parts = list(list.__iter__(inner)) if isinstance(inner, ArrayObject) else [contents]
    page[NameObject("/Contents")] = ArrayObject([_add_stream(writer, before), *parts, _add_stream(writer, after)])
    resources = DictionaryObject(page.get("/Resources", DictionaryObject()))
    fonts = DictionaryObject(resources.get("/Font", DictionaryObject()))
    fonts[NameObject(f"/Dunning-{font}")] = _get_font(writer, font)
    resources[NameObject("/Font")] = fonts
    page[NameObject("/Resources")] = resources


def _add_stream(writer, text):
    stream = DecodedStreamObject()
    stream.set_data(text.encode())
    return writer._add_object(stream)


def _get_font(writer, font):
    kept = writer.__dict__.setdefault("dunning_fonts", {})
    if font not in kept:
        kept[font] = writer._add_object(DictionaryObject({
            NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject(f"/{font}"), NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }))
    return kept[font]
