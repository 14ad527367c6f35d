import base64
import csv
import io
import tracemalloc
import zipfile
from contextlib import suppress
from hashlib import sha1, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from openpyxl import load_workbook
from psycopg2 import IntegrityError
from pypdf import PdfWriter

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .evidence_common import FileCommon, make_pdf

BESIDE = ("READ ME.txt", "manifest.csv", "manifest.json", "SHA256SUMS.txt")
BUILDER = "odoo.addons.account_dunning.models.evidence.dunning_evidence_file"


class Killed(BaseException):
    """The server ends the process."""


@tagged("post_install", "-at_install")
class TestEvidenceFile(FileCommon):

    def test_single_pdf_holds_all_in_order_with_bookmarks_and_numbers(self):
        self._prove("order", self._attach("order.pdf", make_pdf("page one", "page two")), comment="The order")
        self._prove("delivery", self._attach("slip.png", self._make_picture()))
        notice = self._send_notice()
        file = self._build()
        self.assertEqual((file.state, file.failure_reason), ("done", False))
        pdf = self._read_pdf(file)
        self.assertEqual(len(pdf.pages), file.page_count)
        titles = self._get_titles(pdf.outline)
        for group in ("Cover", "List of Exhibits", "Account", "Invoices", "Evidence: Order", "Notices Sent"):
            self.assertIn(group, titles)
        words = [self._get_words(page) for page in pdf.pages]
        self.assertIn("Customer", words[0])
        self.assertIn(self.invoice.name, words[0])
        [order] = [position for position, text in enumerate(words) if text.startswith("page one")]
        self.assertIn("page two", words[order + 1])
        self.assertIn(f"page {order + 2} of {len(words)}", words[order + 1])
        self.assertIn("The order", words[1])
        self.assertTrue(any(text.startswith("The letter itself") for text in words))
        self.assertTrue(any(notice.pdf_sha256 in text.replace(" ", "") for text in words))
        for item in pdf.outline:
            if not isinstance(item, list) and item.title == "Evidence: Order":
                self.assertEqual(item.raw_get("/Page").idnum, pdf.pages[order].indirect_reference.idnum)

    def test_index_names_the_page_of_every_part(self):
        self._prove("order", self._attach("order.pdf", make_pdf("ordered", "twice")))
        file = self._build()
        index = self._get_words(self._read_pdf(file).pages[1])
        for row in file.manifest:
            if row["state"] == "in the PDF":
                self.assertIn(row["title"], index)
        [invoice] = [row for row in file.manifest if row["title"].startswith("Invoice ")]
        [position] = [number for number, page in enumerate(self._read_pdf(file).pages, 1)
                      if page.extract_text().startswith("The invoice")]
        self.assertIn(f"{invoice['exhibit']} {invoice['title']}", index)
        self.assertIn(str(position), index)

    def test_digests_of_the_manifest_are_those_of_the_files(self):
        self._prove("contract", self._attach("terms / of: sale?.pdf", make_pdf("terms")))
        self._send_notice()
        file = self._build()
        archive = self._read_zip(file)
        rows = self._read_manifest(file)
        for row in rows:
            self.assertEqual(sha256(archive.read(row["file"])).hexdigest(), row["sha256"], row["file"])
            self.assertEqual(archive.getinfo(row["file"]).file_size, row["size"])
        self.assertEqual({row["file"] for row in rows} | set(BESIDE), set(archive.namelist()))
        self.assertEqual(file.pdf_id.raw, archive.read(rows[0]["file"]))
        table = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig")), delimiter=";"))
        self.assertEqual([row["SHA-256 digest"] for row in table], [row["sha256"] for row in rows])
        self.assertEqual(archive.read("SHA256SUMS.txt").decode().splitlines(),
                         [f"{row['sha256']}  {row['file']}" for row in rows])
        self.assertFalse([name for name in archive.namelist() if any(sign in name for sign in ':?*\\"')])

    def test_notice_that_was_tampered_with_is_told(self):
        notice = self._send_notice()
        self.assertEqual([row["unchanged"] for row in self._build().manifest if row["sha256_when_sent"]], ["yes"] * 2)
        frozen = self.Files._get_frozen(notice, "pdf")
        frozen.raw = make_pdf("Another letter")
        rows = {row["file"][-4:]: row["unchanged"] for row in self._build().manifest if row["sha256_when_sent"]}
        self.assertEqual(rows, {".pdf": "no", "html": "yes"})

    def test_email_is_shown_without_anything_from_the_network(self):
        notice = self._send_notice()
        file = self._build()
        self.assertNotIn("tracker", str(file._get_email_values(notice)["body"]))
        original = [name for name in self._read_zip(file).namelist() if name.endswith(".html")]
        self.assertIn(b"tracker", self._read_zip(file).read(original[0]))

    def test_statement_ends_with_the_balance_of_the_ledger(self):
        self._create_receivable(500, late=400)
        self._pay(self._create_receivable(300, late=60))
        self._pay(self.receivable, 250)
        file = self._build()
        rows = file._get_ledger_rows()
        ledger = self.env["account.move.line"]._read_group(
            [("partner_id", "=", self.customer.id), ("account_type", "=", "asset_receivable"),
             ("parent_state", "=", "posted"), ("date", "<=", self.today)], [], ["balance:sum"])
        self.assertAlmostEqual(rows[-1]["balance"], ledger[0][0])
        self.assertAlmostEqual(
            rows[0]["balance"] + sum(row["debit"] - row["credit"] for row in rows[1:]), rows[-1]["balance"])
        self.assertEqual([row["amount"] for row in file._get_payment_rows()], [250])

    def test_spreadsheet_has_the_account_in_numbers(self):
        self._send_notice()
        self._pay(self.receivable, 250)
        file = self._build()
        [name] = [name for name in self._read_zip(file).namelist() if name.endswith(".xlsx")]
        book = load_workbook(io.BytesIO(self._read_zip(file).read(name)))
        self.assertEqual(book.sheetnames, ["Account", "Invoices", "Payments", "Notices"])
        account = list(book["Account"].values)
        [head, *lines] = account[:-2]
        self.assertEqual(head[4:7], ("Debit (USD)", "Credit (USD)", "Balance (USD)"))
        self.assertAlmostEqual(lines[-1][6], 750)
        self.assertAlmostEqual(sum(row[4] - row[5] for row in lines), 750)
        self.assertEqual(account[-1][4], f"=SUM($E$2:$E${len(lines) + 1})")
        self.assertEqual(list(book["Payments"].values)[1][4], 250)
        self.assertEqual(list(book["Notices"].values)[1][3], "Customer")

    def test_corrupt_locked_and_strange_documents_are_annexed_and_stop_nothing(self):
        locked = PdfWriter(clone_from=io.BytesIO(make_pdf("secret")))
        locked.encrypt("password", algorithm="RC4-128")
        hidden = io.BytesIO()
        locked.write(hidden)
        for name, content in (("broken.pdf", b"%PDF-1.4 nothing more"), ("locked.pdf", hidden.getvalue()),
                              ("terms.docx", b"PK a document"), ("picture.png", b"\x89PNG no picture")):
            self._prove("order", self._attach(name, content))
        with mute_logger("pypdf._reader"):
            file = self._build()
        self.assertEqual(file.state, "done")
        states = {row["title"].split(",")[0]: row["state"] for row in file.manifest}
        for name in ("broken.pdf", "locked.pdf", "terms.docx", "picture.png"):
            self.assertEqual(states[name], "annexed separately", name)
            self.assertIn(name, file.remark)
            self.assertTrue(any(path.endswith(name) for path in self._read_zip(file).namelist()), name)
        self.assertIn("annexed separately", self._get_words(self._read_pdf(file).pages[1]))

    def test_attachment_missing_on_disk_is_said_before_and_in_the_index(self):
        lost = self._attach("lost.pdf", make_pdf("Once upon a time"))
        self._prove("order", lost)
        self._lose(lost)
        with mute_logger("odoo.addons.base.models.ir_attachment"):
            file = self._build()
        self.assertIn("lost.pdf: the file is missing on the server", file.missing_text)
        self.assertEqual(file.state, "done")
        [row] = [row for row in file.manifest if row["title"].startswith("lost.pdf")]
        self.assertEqual((row["state"], row["file"]), ("missing", ""))
        self.assertIn("missing", self._get_words(self._read_pdf(file).pages[1]))

    def test_proof_of_deposit_is_bound_with_the_notice(self):
        notice = self._send_notice()
        self.env["dunning.dispatch.proof"].create({
            "dispatch_id": notice.dispatch_ids.id, "kind": "deposit", "filename": "slip.pdf",
            "file": base64.b64encode(make_pdf("The post office took it"))})
        file = self._build()
        self.assertNotIn("no proof of deposit", file.missing_text)
        [row] = [row for row in file.manifest if row["file"].endswith("slip.pdf")]
        self.assertEqual(row["unchanged"], "yes")
        self.assertTrue(any("The post office took it" in page.extract_text() for page in self._read_pdf(file).pages))

    def test_answers_and_calls_are_in_the_log(self):
        self.env["dunning.promise"]._create_for(self.receivable, self.today.replace(day=25), amount=400)
        call = self.env["dunning.notice"].create({
            "followup_id": self.followup.id, "company_id": self.company.id, "partner_id": self.customer.id,
            "is_call": True, "dispatch_ids": [Command.create({
                "followup_id": self.followup.id, "channel": "call", "outcome": "reached",
                "comment": "Will pay on Friday"})]})
        self.assertTrue(call)
        file = self._build()
        log = " ".join(self._get_words(page) for page in self._read_pdf(file).pages[-1:])
        self.assertIn("Will pay on Friday", log)
        self.assertIn("Promises of payment", log)


@tagged("post_install", "-at_install")
class TestEvidenceGaps(FileCommon):

    def _get_gaps(self):
        return "\n".join(self.Files._get_gaps(self.followup, self.receivable))

    def test_what_a_lawyer_would_ask_for_is_listed(self):
        gaps = self._get_gaps()
        for gap in ("no order", "no proof of delivery", "no stored PDF", "no formal notice"):
            self.assertIn(gap, gaps)
        self._prove("order", self._attach("order.pdf", make_pdf("order")))
        self._prove("acceptance", self._attach("ok.pdf", make_pdf("ok")))
        self._send_notice()
        gaps = self._get_gaps()
        for gap in ("no order", "no proof of delivery", "no formal notice"):
            self.assertNotIn(gap, gaps)
        self.assertIn("no proof of deposit", gaps)

    def test_gaps_of_identity_are_listed(self):
        self.customer.write({"zip": False, "dunning_debtor_kind": False})
        gaps = self._get_gaps()
        self.assertIn("Customer: no full address", gaps)
        self.assertIn("the kind of debtor is not known", gaps)
        self.customer.write({"zip": "75002", "dunning_debtor_kind": "business", "company_registry": "552100554"})
        self.assertNotIn("Customer:", self._get_gaps())

    def test_dialog_tells_before_anything_is_built(self):
        self._prove("order", self._attach("order.pdf", make_pdf("order")))
        action = self.followup.action_evidence_file()
        dialog = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(dialog.line_ids, self.receivable)
        self.assertIn("order.pdf", dialog.content_text)
        self.assertIn("no proof of delivery", dialog.missing_text)
        self.assertFalse(dialog.is_oversize)
        built = dialog.action_build()
        self.assertEqual(self.Files.browse(built["res_id"]).state, "waiting")

    def test_invoices_of_two_customers_make_no_file(self):
        other = self._create_receivable(partner=self._create_customer("Somebody Else"))
        with self.assertRaisesRegex(UserError, "one customer"):
            (self.invoice | other.move_id).action_dunning_evidence_file()
        with self.assertRaisesRegex(UserError, "only"):
            self.Files._create_for(self.followup, other)
        with self.assertRaisesRegex(UserError, "Choose the invoices"):
            self.Files._create_for(self.followup, other.browse())


@tagged("post_install", "-at_install")
class TestEvidenceBuild(FileCommon):

    def test_file_is_built_once_however_often_the_action_runs(self):
        file = self._build()
        files, done = file.attachment_ids, file.date_done
        self.Files._cron_build()
        self.assertEqual((file.attachment_ids, file.date_done), (files, done))
        self.assertEqual(self.env["ir.attachment"].search_count(
            [("res_model", "=", "dunning.evidence.file"), ("res_id", "=", file.id)]), 2)

    def test_interrupted_build_begins_again_and_leaves_one_file(self):
        file = self.Files._create_for(self.followup, self.receivable)
        file._write_door({"state": "building", "attempts": 1, "parts_done": 2})
        self.Files._cron_build()
        self.assertEqual((file.state, file.attempts, len(file.attachment_ids)), ("done", 1, 2))

    def test_build_that_was_killed_goes_on_where_it_stood(self):
        for number in range(3):
            self._prove("order", self._attach(f"order{number}.pdf", make_pdf(f"order {number}")))
        file = self.Files._create_for(self.followup, self.receivable)
        # Not assertRaises: it would take back what was committed before the process ended.
        with patch.object(type(self.Files), "_commit_step", self._kill_at(file, 3)), suppress(Killed):
            self.Files._cron_build()
        self.assertEqual((file.state, file.parts_done), ("building", 3))
        fetched = []
        plain = type(self.Files)._fetch
        with patch.object(type(self.Files), "_fetch", lambda one, part, folder: (
                fetched.append(part.number), plain(one, part, folder))):
            self.Files._cron_build()
        self.assertEqual((file.state, fetched[0], file.attempts), ("done", 4, 1))
        self.assertFalse(file.work_key)
        for row in file.manifest[2:]:
            self.assertEqual(sha256(self._read_zip(file).read(row["file"])).hexdigest(), row["sha256"])

    def _kill_at(self, file, part):
        """End the process as the server does, which no except clause of a build survives."""
        def commit(_file):
            if file.parts_done == part:
                raise Killed

        return commit

    def test_file_that_ended_the_process_twice_is_set_aside(self):
        file = self.Files._create_for(self.followup, self.receivable)
        file._write_door({"state": "building", "attempts": 2})
        other = self.Files._create_for(self.followup, self._create_receivable(late=5))
        self.Files._cron_build()
        self.assertEqual((file.state, other.state), ("failed", "done"))
        self.assertIn("twice", file.failure_reason)
        file.action_retry()
        self.Files._cron_build()
        self.assertEqual(file.state, "done")

    def test_attempt_is_counted_before_the_work(self):
        seen = []
        with patch.object(type(self.Files), "_build", lambda file: seen.append((file.state, file.attempts))):
            self._build()
        self.assertEqual(seen, [("building", 1)])

    def test_failure_is_said_and_stops_no_other(self):
        first = self.Files._create_for(self.followup, self.receivable)

        def build(file):
            if file == first:
                raise ValueError("The printer is on fire")
            file._write_door({"state": "done"})

        with patch.object(type(self.Files), "_build", build), mute_logger(BUILDER):
            second = self._build(self._create_receivable(late=5))
        self.assertEqual(first.state, "failed")
        self.assertIn("The printer is on fire", first.failure_reason)
        self.assertEqual(second.state, "done")

    def test_progress_counts_parts(self):
        file = self.Files._create_for(self.followup, self.receivable)
        seen = []
        with patch.object(type(self.Files), "_commit_step", lambda one: seen.append((one.parts_done, one.parts_total))):
            self.Files._cron_build()
        done = [pair[0] for pair in seen if pair[1]]
        self.assertEqual(done, sorted(done))
        self.assertGreater(len(done), 2)
        self.assertEqual((file.parts_done, file.progress), (file.parts_total, 100))

    def test_large_documents_stay_out_of_the_pdf_and_split_the_zip(self):
        large = make_pdf("large") + b"\n% " + bytes(range(14, 256)) * 4400
        for number in range(2):
            self._prove("order", self._attach(f"large{number}.pdf", large), comment=f"Large {number}")
        self.company.dunning_evidence_limit = 1
        with mute_logger("pypdf._reader"):
            file = self._build()
        self.assertEqual(file.state, "done")
        self.assertLess(len(file.pdf_id.raw), 1 << 20)
        self.assertIn("Too large for the single PDF", file.remark)
        archives = file.attachment_ids - file.pdf_id
        self.assertGreater(len(archives), 1)
        names = [name for one in archives for name in zipfile.ZipFile(io.BytesIO(one.raw)).namelist()]
        self.assertEqual(len([name for name in names if "large" in name]), 2)
        with self.assertRaises(ValidationError):
            self.company.dunning_evidence_limit = 0

    def test_collector_of_another_company_cannot_make_or_read_one(self):
        file = self._build()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env, "stranger", "account_dunning.group_dunning_user", company_id=other.id,
            company_ids=[Command.set(other.ids)])
        own = self.Files.with_user(stranger).with_company(other).sudo(False)
        with self.assertRaises(AccessError):
            own._create_for(self.followup.with_user(stranger), self.receivable.with_user(stranger))
        with self.assertRaises(AccessError):
            own.browse(file.id).read(["name"])
        with self.assertRaises(AccessError):
            file.pdf_id.with_user(stranger).sudo(False).read(["datas"])

    def test_collector_makes_one_and_forges_nothing(self):
        collector = new_test_user(
            self.env, "collector", "account_dunning.group_dunning_user", company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)])
        own = self.Files.with_user(collector).sudo(False)
        file = own._create_for(self.followup.with_user(collector).sudo(False),
                               self.receivable.with_user(collector).sudo(False))
        other = self._create_receivable(partner=self._create_customer("Somebody Else"))
        for forged in ({"state": "done"}, {"line_ids": [Command.link(other.id)]}):
            with self.assertRaises(AccessError):
                file.write(forged)
        with self.assertRaises(AccessError):
            own.create({"followup_id": self.followup.id, "date": self.today, "line_ids": [Command.link(other.id)]})
        self.Files._cron_build()
        self.assertEqual((file.state, file.user_id), ("done", collector))
        self.assertTrue(file.pdf_id.raw.startswith(b"%PDF"))


    def test_old_files_are_deleted_where_the_company_says_so(self):
        file = self._build()
        kept = file.attachment_ids
        self.env.cr.execute("UPDATE dunning_evidence_file SET create_date = create_date - interval '13 months'")
        self.Files._gc_old()
        self.assertTrue(file.exists())
        self.company.dunning_evidence_months = 12
        self.Files._gc_old()
        self.assertFalse(file.exists() or kept.exists())

    def test_who_asks_twice_gets_the_file_that_waits(self):
        first = self.Files._create_for(self.followup, self.receivable)
        self.assertEqual(self.Files._create_for(self.followup, self.receivable), first)
        other = self._create_receivable(late=5)
        self.assertNotEqual(self.Files._create_for(self.followup, self.receivable | other), first)
        self.Files._cron_build()
        self.assertNotEqual(self.Files._create_for(self.followup, self.receivable), first)

    def test_two_servers_that_ask_at_the_same_time_make_one_file(self):
        first = self.Files._create_for(self.followup, self.receivable)
        with patch.object(type(self.Files), "search", lambda files, *_args, **_options: files.browse()), \
                mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.Files._create_for(self.followup, self.receivable)
        self.assertEqual(first.state, "waiting")

    def test_files_on_disk_are_kept_without_being_read_into_memory(self):
        file = self.Files._create_for(self.followup, self.receivable)
        path = f"{self.enterContext(TemporaryDirectory())}/large.zip"
        Path(path).write_bytes(b"x" * (48 << 20))
        tracemalloc.start()
        try:
            kept = file._attach("large.zip", path, "application/zip")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        self.assertEqual((kept.file_size, kept.checksum), (48 << 20, sha1(b"x" * (48 << 20)).hexdigest()))
        self.assertLess(peak, 8 << 20)

    def test_file_of_a_customer_who_was_merged_meanwhile_is_built(self):
        file = self.Files._create_for(self.followup, self.receivable)
        kept = self._create_customer("Kept")
        self._create_receivable(partner=kept)
        self.env["dunning.followup"]._sync(self.company, self.today)
        self.env["base.partner.merge.automatic.wizard"]._merge((self.customer | kept).ids, kept)
        self.Files._cron_build()
        self.assertEqual((file.state, file.partner_id, file.followup_id.partner_id), ("done", kept, kept))

    def test_exhibits_have_one_number_wherever_they_are_named(self):
        self._prove("order", self._attach("order.pdf", make_pdf("ordered")))
        asked = self.Files._get_exhibits(self.followup, self.receivable, "en_US")
        file = self._build()
        self.assertEqual(self.Files._get_exhibits(self.followup, self.receivable, "en_US"), asked)
        self.assertEqual([(row["number"], row["title"]) for row in file.exhibits], [row[:2] for row in asked])
        titles = self._get_titles(self._read_pdf(file).outline)
        names = self._read_zip(file).namelist()
        for number, title, _day in asked:
            self.assertIn(f"Exhibit no. {number} – {title}", titles)
            self.assertTrue(any(f"/Exhibit {number:02d} - " in name for name in names), title)
