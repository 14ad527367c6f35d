import email
import email.policy
import os
from pathlib import Path
from uuid import uuid4

from lxml import html as lxml_html
from markupsafe import Markup
from PIL import Image, ImageOps, ImageSequence, TiffImagePlugin, WebPImagePlugin
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from odoo import api, models
from odoo.tools import format_datetime, html_sanitize, plaintext2html

MAX_PIXELS = 60_000_000
MAX_FRAMES = 500  # of a scan with many pages
MAX_TEXT = 200_000  # characters of a message that are printed
SHARPNESS = 200 / 72  # pixels for each point of the page
MARGIN = 36  # points around a picture: room for the stamp
SCANS = ("TIFF",)  # formats whose further pictures are pages; those of others move
MESSAGES = (".eml",)
TEXTS = (".txt", ".text", ".log")
# Odoo loads no decoder of scans and of pictures from the web: once imported, they are known.
DECODERS = (TiffImagePlugin, WebPImagePlugin)


class DunningEvidenceFile(models.Model):
    """Find the pages of a document that is no PDF: a picture, a scan of several pages, an e-mail, a text."""

    _inherit = "dunning.evidence.file"

    def _convert(self, part, folder):
        """Find the pages of an original: itself, a picture on a page, an e-mail as it reads; else it is annexed."""
        target = os.path.join(folder, uuid4().hex)
        with open(part.path, "rb") as source:
            head = source.read(1024)
        if b"%PDF-" in head:
            part.pdf = part.path
            return
        values = self._get_page_values(part)
        if values:
            section, words = values
            Path(target).write_bytes(self._print_page(section, {"title": part.title, **words}))
        elif self._get_mimetype(part).startswith("image/"):
            self._convert_image(part.path, target)
        else:
            part.reason = self.env._("Not a document of pages: open it from the ZIP file.")
            return
        part.pdf = target

    def _get_mimetype(self, part):
        return self.env["ir.attachment"].browse(part.attachment).mimetype or ""

    def _get_page_values(self, part):
        """Return (template, its values) of what is read as a text, or nothing."""
        extension = os.path.splitext(part.name)[1].lower()
        mimetype = self._get_mimetype(part)
        if part.notice:
            return "email", self._get_email_values(self.env["dunning.notice"].browse(part.notice))
        if mimetype == "message/rfc822" or extension in MESSAGES:
            return "message", self._get_message_values(part.path)
        if mimetype == "text/plain" or extension in TEXTS:
            text = Path(part.path).read_bytes()[:4 * MAX_TEXT]
            return "message", {"heads": [], "files": [], "body": self._show_text(self._decode(text))}
        return None

    @api.model
    def _decode(self, content):
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return content.decode("cp1252", "replace")

    @api.model
    def _show_text(self, text):
        return plaintext2html(text[:MAX_TEXT])

    @api.model
    def _show_html(self, text):
        """Return the words of a message; nothing is fetched to show it, and nothing in it runs."""
        clean = html_sanitize(text[:4 * MAX_TEXT], sanitize_style=True, strip_classes=True)
        root = lxml_html.fragment_fromstring(str(clean) or "<p></p>", create_parent="div")
        for element in root.xpath(
                "//img[not(starts-with(@src, 'data:'))] | //script | //link | //iframe | //object | //embed | //style"):
            element.drop_tree()
        for element in root.xpath("//*[contains(@style, 'url')] | //*[@background]"):
            element.attrib.pop("style", None)
            element.attrib.pop("background", None)
        return Markup(lxml_html.tostring(root, encoding="unicode"))

    # --- messages -------------------------------------------------------------------------------------------------

    def _get_message_values(self, path):
        """Return head, words and names of the files of an e-mail that was saved as a file."""
        with open(path, "rb") as source:
            message = email.message_from_binary_file(source, policy=email.policy.default)
        labels = {"from": self.env._("From"), "to": self.env._("To"), "cc": self.env._("Copy to"),
                  "date": self.env._("Date"), "subject": self.env._("Subject")}
        heads = [(label, str(message[name])) for name, label in labels.items() if message[name]]
        if not heads:
            raise ValueError("no message")
        body = message.get_body(("html", "plain"))
        text = self._read_body(body) if body else ""
        is_html = body and body.get_content_subtype() == "html"
        files = [part.get_filename() for part in message.iter_attachments() if part.get_filename()]
        return {"heads": heads, "files": files, "body": self._show_html(text) if is_html else self._show_text(text)}

    def _read_body(self, body):
        try:
            return body.get_content()
        except (LookupError, ValueError):  # a character set that nobody knows
            return self._decode(body.get_payload(decode=True) or b"")

    def _get_reply_values(self, message):
        """Return an e-mail that the customer wrote to us, as it was received."""
        zone = str(self.company_id._get_dunning_zone())
        heads = [(self.env._("From"), message.email_from or message.author_id.display_name or ""),
                 (self.env._("Date"), format_datetime(self.env, message.date, tz=zone)),
                 (self.env._("Subject"), message.subject or "")]
        return {"heads": [pair for pair in heads if pair[1]], "files": message.attachment_ids.mapped("name"),
                "body": self._show_html(str(message.body or ""))}

    # --- pictures -------------------------------------------------------------------------------------------------

    @api.model
    def _convert_image(self, source, target):
        """Put each picture of a file on a page of its own, upright and no larger than the page needs."""
        with Image.open(source) as image:
            paper = Canvas(target)
            frames = ImageSequence.Iterator(image) if image.format in SCANS else [image]
            for position, frame in enumerate(frames):
                if frame.width * frame.height > MAX_PIXELS or position >= MAX_FRAMES:
                    raise ValueError("too large")
                self._draw_frame(paper, frame, f"{target}-{position}.jpg")
            paper.save()

    @api.model
    def _draw_frame(self, paper, frame, path):
        size = A4 if frame.height >= frame.width else landscape(A4)
        if frame.getexif().get(0x0112, 1) > 4:  # it lies on its side
            size = size[::-1]
        room = [side - 2 * MARGIN for side in size]
        most = [round(side * SHARPNESS) for side in room]
        if frame.format == "JPEG":
            frame.draft("RGB", (2 * most[0], 2 * most[1]))
        picture = self._flatten(ImageOps.exif_transpose(frame))
        picture.thumbnail(most)
        picture.save(path, format="JPEG", quality=85)
        scale = min(room[0] / picture.width, room[1] / picture.height, 1)
        width, height = picture.width * scale, picture.height * scale
        paper.setPageSize(size)
        paper.drawImage(path, (size[0] - width) / 2, size[1] - MARGIN - height, width, height)
        paper.showPage()

    @staticmethod
    def _flatten(picture):
        """Return a picture without transparency, on white as paper is."""
        if "A" not in picture.getbands() and "transparency" not in picture.info:
            return picture.convert("RGB")
        picture = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        return white
