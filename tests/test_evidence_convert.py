import io
from tempfile import TemporaryDirectory

from PIL import Image
from pypdf import PdfReader, PdfWriter

from odoo.tests import tagged

from ..models.evidence.evidence_binder import EvidenceBinder
from .evidence_common import FileCommon, make_pdf
from .litigation_common import LitigationCommon
from .printing_common import PrintingCommon


@tagged("post_install", "-at_install")
class TestEvidenceConvert(FileCommon):

    def _make_scan(self, *sizes):
        """Return a scan with a page of each size."""
        target = io.BytesIO()
        first, *others = [Image.new("1", size, 1) for size in sizes]
        first.save(target, "TIFF", save_all=True, append_images=others)
        return target.getvalue()

    def _get_sizes(self, file, title):
        """Return width and height of the pages of an exhibit."""
        [row] = [row for row in file.manifest if row["title"].startswith(title)]
        [exhibit] = [one for one in file.exhibits if one["number"] == row["exhibit"]]
        pages = self._read_pdf(file).pages[exhibit["page"] - 1:exhibit["page"] - 1 + row["pages"]]
        return [tuple(round(float(side)) for side in page.mediabox[2:]) for page in pages]

    def test_every_page_of_a_scan_is_bound_on_paper(self):
        self._prove("delivery", self._attach("scan.tif", self._make_scan((2000, 2800), (2000, 2800), (2800, 2000))))
        self.assertEqual(self._get_sizes(self._build(), "scan.tif"), [(595, 842), (595, 842), (842, 595)])

    def test_picture_that_lies_on_its_side_is_turned(self):
        target, exif = io.BytesIO(), Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (400, 300), (9, 9, 9)).save(target, "JPEG", exif=exif)
        self._prove("delivery", self._attach("photo.jpg", target.getvalue()))
        self.assertEqual(self._get_sizes(self._build(), "photo.jpg"), [(595, 842)])

    def test_proof_is_kept_byte_for_byte_however_large(self):
        scan = self._make_scan((2200, 3000), (2200, 3000))
        self.assertEqual(self._attach("scan.tif", scan).raw, scan)

    def test_message_is_read_as_a_page_and_fetches_nothing(self):
        message = (b"From: Ann <ann@customer.example.com>\r\nSubject: =?utf-8?q?d=C3=A9lai?=\r\nMIME-Version: 1.0\r\n"
                   b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>We owe <b>500</b>.</p>"
                   b"<img src='http://tracker.example.com/x.png'/><script>alert()</script>")
        self._prove("correspondence", self._attach("answer.eml", message), comment="Debt admitted")
        file = self._build()
        [row] = [row for row in file.manifest if row["file"].endswith("answer.eml")]
        self.assertEqual(row["state"], "in the PDF")
        text = " ".join(self._get_words(page) for page in self._read_pdf(file).pages)
        for words in ("ann@customer.example.com", "délai", "We owe", "500"):
            self.assertIn(words, text)
        for words in ("tracker", "alert"):
            self.assertNotIn(words, text)

    def test_file_that_only_calls_itself_a_message_is_annexed(self):
        self._prove("correspondence", self._attach("answer.eml", b"\x00\x01nothing"))
        [row] = [row for row in self._build().manifest if row["file"].endswith("answer.eml")]
        self.assertEqual(row["state"], "annexed separately")

    def test_names_of_files_are_harmless_and_short(self):
        name = "=cmd \u202e" + "very long " * 30 + "/con:?.pdf"
        self._prove("order", self._attach(name, make_pdf("a")), self._attach(name, make_pdf("b")))
        names = [name for name in self._read_zip(self._build()).namelist() if "cmd" in name]
        self.assertEqual(len(names), 2)
        for one in names:
            self.assertLess(len(one), 150)
            self.assertFalse(set("\u202e?:\\") & set(one))
            self.assertTrue(one.endswith(".pdf"))

    def test_customers_words_are_exhibits_and_those_of_others_are_not(self):
        for address, words in ((self.customer.email, "We owe it"), ("lawyer@example.org", "Confidential")):
            self.env["mail.message"].create({
                "model": "dunning.followup", "res_id": self.followup.id, "message_type": "email", "email_from": address,
                "subject": "Your claim", "body": f"<p>{words}</p>"})
        file = self._build()
        text = " ".join(self._get_words(page) for page in self._read_pdf(file).pages)
        self.assertIn("We owe it", text)
        self.assertNotIn("Confidential", text)

    def test_proceedings_are_told(self):
        self.env["dunning.insolvency"].create({
            "partner_id": self.customer.id, "company_id": self.company.id, "procedure": "liquidation",
            "date_judgment": self.today, "date_published": self.today, "court": "Tribunal de commerce de Lyon"})
        words = self._get_words(self._read_pdf(self._build()).pages[-1])
        self.assertIn("Insolvency", words)
        self.assertIn("Tribunal de commerce de Lyon", words)


@tagged("post_install", "-at_install")
class TestEvidencePetition(LitigationCommon):

    def test_petition_lists_the_exhibits_under_the_numbers_of_the_file(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        case = self._begin()
        plain = case._get_pieces()
        file = self.env["dunning.evidence.file"]._create_for(case.followup_id, case.line_ids.line_id, "fr_FR")
        self.assertEqual(case._get_pieces(), plain)
        file._write_door({"state": "done", "exhibits": [
            {"number": 1, "title": "Relevé de compte"}, {"number": 2, "title": "Facture 7"}]})
        self.assertEqual(case._get_pieces()[:2], ["Relevé de compte", "Facture 7"])
        self.assertTrue(all("annexe" in piece for piece in case._get_pieces()[2:]))


@tagged("post_install", "-at_install")
class TestEvidenceBinder(FileCommon):

    def test_rotated_pages_are_stamped_where_they_are_read(self):
        writer = PdfWriter(clone_from=io.BytesIO(make_pdf("a", "b", "c", "d")))
        for turn, page in enumerate(writer.pages):
            page.rotate(90 * turn)
        target, path = io.BytesIO(), f"{self._get_folder()}/turned.pdf"
        with open(path, "wb") as source:
            writer.write(source)
        binder = EvidenceBinder(target, "Turned")
        binder.add(path, lambda number: f"Exhibit {number}")
        binder.finish([3, 0, 1, 2], [("Turned", 0, [("Inside", 1, [])])])
        pdf = PdfReader(target, strict=True)
        self.assertEqual([" ".join(page.extract_text().split()).split()[0] for page in pdf.pages][0], "d")
        self.assertTrue(all("Exhibit" in page.extract_text() for page in pdf.pages))
        self.assertEqual(self._get_titles(pdf.outline), ["Turned", "Inside"])

    def _get_folder(self):
        return self.enterContext(TemporaryDirectory())


@tagged("post_install", "-at_install")
class TestEvidencePrint(PrintingCommon, FileCommon):

    def test_our_own_pages_are_printed(self):
        france = self.env.ref("base.fr")
        self.company.write({"country_id": france.id, "account_fiscal_country_id": france.id})
        self._prove("order", self._attach("order.pdf", make_pdf("page one")))
        self._send_notice()
        with self._printer():
            file = self._build()
        self.assertEqual((file.state, file.failure_reason), ("done", False))
        words = [self._get_words(page) for page in self._read_pdf(file).pages]
        self.assertIn("Evidence File", words[0])
        self.assertIn("List of Exhibits", words[1])
        self.assertTrue(any("Statement of account as of" in text for text in words))
        self.assertTrue(any("Computation of interest" in text and "1,000.00" in text for text in words[2:]))
