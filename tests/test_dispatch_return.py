import io
import zipfile
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools.pdf import PdfReader, PdfWriter
from odoo.tools.safe_eval import safe_eval

from ..models.dispatch.dunning_dispatch import merge_letters
from .register_common import NUMBER, RegisterCommon


@tagged("post_install", "-at_install")
class TestDispatchReturn(RegisterCommon):
    """What comes back, what is put right, and what nobody can rewrite."""

    def _produce_plain(self):
        return self._produce("letter")

    def test_plain_letter_that_came_back_lowers_the_level_and_is_not_sent_there_again(self):
        letter = self._produce_plain()
        self._deposit(letter, number=False)
        line = letter.notice_id.line_ids.line_id
        self.assertEqual(line.dunning_level_id, self.formal)
        self._note(letter, "returned", date=self.today, return_reason="wrong_address")
        self.assertRecordValues(letter, [{"state": "returned", "date_effective": False}])
        self.assertFalse(line.dunning_level_id)
        notice = self.env["dunning.notice"]
        self.assertFalse(notice._is_reachable("letter", self.customer, letter.followup_id))
        self.assertFalse(notice._is_reachable("registered", self.customer, letter.followup_id))
        self.assertTrue(notice._is_reachable("bailiff", self.customer, letter.followup_id))
        with self.assertRaisesRegex(UserError, "came back"):
            letter.action_send_anew()

    def test_night_says_that_the_address_is_wrong(self):
        self.first.channel = "letter"
        self.customer.dunning_wrong_address = self.customer._get_dunning_address_text()
        self._create_receivable(late=10)
        self.assertFalse(self._run_night().notice_ids)
        self.assertIn("wrong_address", self._get_followup().attention_codes)

    def test_returned_notice_is_sent_anew_to_the_corrected_address(self):
        letter = self._produce()
        self._deposit(letter)
        self._note(letter, "returned", date=self._later(4), return_reason="wrong_address")
        self.customer.with_user(self.user).sudo().street = "9 avenue Neuve"
        self.assertFalse(letter.is_address_wrong)
        anew = self.env["dunning.notice"].browse(letter.with_user(self.user).action_send_anew()["res_id"])
        self.assertRecordValues(anew, [{"state": "to_approve", "level_id": self.formal.id}])
        self.assertEqual(anew.line_ids.line_id, letter.notice_id.line_ids.line_id)
        self.assertIn("9 avenue Neuve", anew.dispatch_ids.recipient)
        self.assertEqual(letter.action_send_anew()["res_id"], anew.id, "prepared once only")

    def test_deadline_of_a_notice_that_never_arrived_does_not_run(self):
        letter = self._produce()
        self._deposit(letter)
        notice = letter.notice_id
        customer = self.customer.with_company(self.company)
        self.assertTrue(customer._get_running_formal_notices(self.company))
        self._note(letter, "returned", date=self._later(4), return_reason="wrong_address")
        self.assertFalse(customer._get_running_formal_notices(self.company))
        self.assertIn("no deadline runs", notice.deadline_status)
        self._set_today(notice.deadline_date + timedelta(days=1))
        notice._end_deadlines(self.company, self.today)
        self.assertFalse(notice.deadline_outcome)
        self.assertNotIn("formal_expired", self._get_followup().attention_codes)

    def test_nothing_is_sent_anew_when_all_was_paid(self):
        letter = self._produce()
        self._deposit(letter)
        self._note(letter, "returned", date=self.today, return_reason="wrong_address")
        self.customer.street = "9 avenue Neuve"
        self._pay(letter.notice_id.line_ids.line_id)
        with self.assertRaisesRegex(UserError, "Nothing is open"):
            letter.action_send_anew()

    def test_person_confirms_an_address_from_which_a_letter_came_back(self):
        letter = self._produce()
        self._deposit(letter)
        self._note(letter, "returned", date=self.today, return_reason="wrong_address")
        reader = new_test_user(self.env, "k3_reader", "base.group_user,account.group_account_invoice",
                               company_id=self.company.id)
        with self.assertRaises(AccessError):
            self.customer.with_user(reader).action_confirm_dunning_address()
        letter.with_user(self.user).action_confirm_address()
        self.assertFalse(letter.is_address_wrong)

    def test_address_corrected_before_the_letter_came_back_is_not_blamed(self):
        letter = self._produce()
        self._deposit(letter)
        self.customer.street = "9 avenue Neuve"
        self._note(letter, "returned", date=self.today, return_reason="wrong_address")
        self.assertFalse(letter.is_address_wrong)

    def test_email_that_a_person_saw_come_back_is_noted(self):
        self._create_receivable(late=10)
        email = self._run_night().notice_ids.dispatch_ids
        self.assertTrue(email.sent_at)
        self.assertEqual(email.message_ref, email.message_id.message_id)
        self.assertIn(email.message_ref, email.record_text)
        row = self.env["dunning.evidence.file"].new()._get_dispatch_row(email)
        self.assertIn(email.message_ref, " ".join(row["details"]), "a judge reads it, too")
        self._note(email, "returned", date=self.today)
        self.assertRecordValues(email, [{"state": "returned", "date_returned": self.today}])
        self.assertTrue(email.notice_id.is_returned)
        self._note(email, "undo", reason="It was another customer")
        self.assertEqual((email.state, email.notice_id.is_returned), ("sent", False))

    # --- mistakes -------------------------------------------------------------------------------------------------

    def test_letter_posted_by_mistake_waits_again(self):
        letter = self._produce()
        line = letter.notice_id.line_ids.line_id
        self._deposit(letter)
        with self.assertRaisesRegex(UserError, "why"):
            self._note(letter, "undo")
        self._note(letter.with_user(self.user), "undo", reason="It lay in the tray")
        self.assertRecordValues(letter, [{"state": "pending", "date_deposited": False, "date_sent": False}])
        self.assertRecordValues(letter.notice_id, [{"state": "ready", "date_sent": False}])
        self.assertFalse(line.dunning_level_id)
        self.assertFalse(letter.followup_id.last_notice_id)
        self.assertIn("It lay in the tray", self._get_followup().message_ids[0].body)
        self._deposit(letter)
        self.assertEqual(line.dunning_level_id, self.formal)

    def test_events_are_taken_back_one_by_one(self):
        letter = self._produce()
        self._deposit(letter)
        presented, received = self._later(2), self._later(3)
        self._note(letter, "presented", date=presented)
        self._note(letter, "received", date=received)
        self._note(letter, "effective", date=presented, reason="Judge")
        self._note(letter, "undo", reason="Wrong letter")
        self.assertEqual(letter.date_effective, received)
        self._note(letter, "undo", reason="Wrong letter")
        self.assertRecordValues(letter, [{"state": "sent", "date_effective": presented}])
        self._note(letter, "undo", reason="Wrong letter")
        self.assertRecordValues(letter, [{"state": "sent", "date_effective": False}])

    def test_wrong_return_taken_back_restores_level_and_address(self):
        letter = self._produce()
        self._deposit(letter)
        self._note(letter, "returned", date=self._later(4), return_reason="wrong_address")
        self._note(letter, "undo", reason="The letter of another")
        self.assertEqual(letter.notice_id.line_ids.line_id.dunning_level_id, self.formal)
        self.assertRecordValues(letter, [{"state": "sent", "is_address_wrong": False}])
        self.assertNotIn("returned", self._get_followup().attention_codes or "")

    def test_delivery_by_hand_is_taken_back_as_a_whole(self):
        letter = self._produce("hand")
        self._deposit(letter, number=False, provider=False)
        self._note(letter, "undo", reason="Nobody was there")
        self.assertRecordValues(letter, [{"state": "pending", "date_received": False}])

    # --- two people, files, seals ---------------------------------------------------------------------------------

    def test_letters_that_a_colleague_posted_meanwhile_are_named_and_keep_their_number(self):
        first, second = self._produce(), self._produce(customer=self._create_customer("Second"))
        mine = self.env["dunning.deposit"].browse((first | second).action_deposit()["res_id"])
        self._deposit(first)
        mine.line_ids[0].tracking_number = "2C00000000001"
        for press in (mine.action_deposit, mine.action_download_slip):
            with self.assertRaisesRegex(UserError, first.notice_id.name):
                press()
        self.assertEqual(first.tracking_number, NUMBER)

    def test_dialog_warns_of_sundays_and_of_letters_without_a_number(self):
        letter = self._produce()
        deposit = self.env["dunning.deposit"].browse(letter.action_deposit()["res_id"])
        self.assertIn("without a number: 1", deposit.warning)
        deposit.line_ids.tracking_number = NUMBER
        self.assertFalse(deposit.warning)
        deposit.date = self.today + timedelta(days=4)
        self.assertIn("Sunday", deposit.warning)

    def test_printing_asks_whether_the_letters_were_posted(self):
        letter = self._produce()
        action = letter.action_print()
        deposit = self.env["dunning.deposit"].browse(action["params"]["next"]["res_id"])
        self.assertTrue(deposit.is_printed)
        self.assertEqual(deposit.line_ids.dispatch_id, letter)
        self._deposit(letter)
        self.assertEqual(letter.action_print()["type"], "ir.actions.act_url", "printed again: nothing to ask")

    def test_letter_of_a_cancelled_notice_is_neither_printed_nor_posted(self):
        letter = self._produce()
        letter.notice_id._set_cancelled("Paid")
        with self.assertRaisesRegex(UserError, "no letter to print"):
            letter.action_print()
        with self.assertRaisesRegex(UserError, "were cancelled"):
            letter.action_deposit()
        register = self.env.ref("account_dunning.dunning_dispatch_action_register")
        self.assertNotIn(letter, self.env["dunning.dispatch"].search(safe_eval(register.domain)))

    def test_each_letter_begins_on_a_sheet_of_its_own(self):
        def pages(count):
            writer, content = PdfWriter(), io.BytesIO()
            for _page in range(count):
                writer.add_blank_page(width=595, height=842)
            writer.write(content)
            return content.getvalue()

        merged = PdfReader(io.BytesIO(merge_letters([pages(1), pages(2), pages(3)])))
        self.assertEqual(len(merged.pages), 2 + 2 + 3)

    def test_electronic_letters_leave_the_printer_alone(self):
        business = self._create_customer("Business")
        paper, electronic = self._produce(), self._produce("electronic", business)
        name, content = (paper | electronic)._get_printed_file()
        self.assertTrue(name.endswith(".zip"))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.assertEqual(archive.namelist(), [paper.notice_id.pdf_filename, electronic.notice_id.pdf_filename])
            self.assertEqual(archive.read(electronic.notice_id.pdf_filename), electronic._get_frozen_letter())

    def test_sheet_keeps_the_zeros_of_zip_codes_and_evaluates_no_name(self):
        customer = self._create_customer("=1+1", zip="01000", street="1 rue", city="Bourg")
        letter = self._produce(customer=customer)
        with zipfile.ZipFile(io.BytesIO(letter._get_sheet())) as book:
            self.assertIn("01000", book.read("xl/sharedStrings.xml").decode())
            self.assertNotIn("<f>", book.read("xl/worksheets/sheet1.xml").decode())

    def test_what_left_cannot_be_rewritten_or_deleted(self):
        letter = self._produce()
        self._deposit(letter)
        for vals in ({"recipient": "elsewhere"}, {"channel": "letter"}, {"leading": False}, {"message_ref": "<x@y>"}):
            with self.assertRaises(AccessError):
                letter.with_user(self.user).write(vals)
        with self.assertRaises(UserError):
            letter.unlink()

    def test_deleted_proof_leaves_its_fingerprint(self):
        letter = self._produce()
        self._deposit(letter)
        self._note(letter, "proof", file_ids=self._upload(b"of another letter").ids)
        fingerprint = letter.proof_ids.sha256
        with self.assertRaises(AccessError):
            letter.proof_ids.with_user(self.user).action_delete()
        letter.proof_ids.action_delete()
        self.assertIn(fingerprint, self._get_followup().message_ids[0].body)

    def test_electronic_proof_is_asked_for_again_before_it_is_lost(self):
        letter = self._produce("electronic", self._create_customer("Business"))
        self._deposit(letter, number="8d0f-77", provider="AR24")
        followup = letter.followup_id
        followup.user_id = self.user
        self._note(letter, "proof", proof_kind="deposit", file_ids=self._upload(b"deposit").ids)
        self._later(16)
        self.env["dunning.dispatch"]._ask_for_proofs(self.company, self.today)
        self.assertTrue(letter.proof_activity_id, "the deposit proves no arrival")
        self._later(320)
        for _night in range(2):
            self.env["dunning.dispatch"]._ask_for_proofs(self.company, self.today)
        open_ones = followup.activity_ids.filtered(lambda one: "proof" in (one.summary or ""))
        self.assertEqual(open_ones, letter.proof_activity_id)
        self._note(letter, "proof", proof_kind="receipt", file_ids=self._upload(b"receipt").ids)
        self.assertFalse(followup.activity_ids.filtered(lambda one: "proof" in (one.summary or "")))

    def test_failed_notice_is_sent_again_by_a_plain_user(self):
        letter = self._produce()
        letter._set_failed("No printer")
        letter.notice_id.with_user(self.user).action_send_again()
        self.assertEqual(letter.state, "pending")


@tagged("post_install", "-at_install")
class TestDispatchSnailmail(RegisterCommon):
    """Odoo's postal service, where it is installed: plain letters only, with the archived bytes."""

    def setUp(self):
        super().setUp()
        self.company.dunning_use_snailmail = True

    def test_plain_letter_goes_to_the_service_where_it_is_installed(self):
        letter = self._produce("letter")
        if "snailmail.letter" not in self.env:
            self.assertEqual((letter.state, letter.snailmail_key), ("pending", 0))
            return
        queued = self.env["snailmail.letter"].browse(letter.snailmail_key)
        self.assertEqual(queued.attachment_id.raw, letter._get_frozen_letter())
        self.assertEqual((queued.partner_id, queued.cover), (self.customer, False))
        with self.assertRaisesRegex(UserError, "waits to be posted"):
            letter.action_deposit()
        queued.state = "sent"
        letter._follow_snailmail(self.company, self.today)
        self.assertEqual((letter.state, letter.notice_id.state), ("sent", "sent"))

    def test_letter_that_the_service_refused_waits_for_a_person(self):
        letter = self._produce("letter")
        if "snailmail.letter" not in self.env:
            self.assertFalse(self.env["res.config.settings"].create({}).has_snailmail)
            return
        self.env["snailmail.letter"].browse(letter.snailmail_key).state = "error"
        letter._follow_snailmail(self.company, self.today)
        self.assertFalse(letter.snailmail_key)
        self.assertIn("not_made", self._get_followup().attention_codes)
        self._deposit(letter, number=False)
        self.assertEqual(letter.state, "sent")

    def test_registered_letter_never_goes_to_the_service(self):
        for channel in ("registered", "hand", "bailiff"):
            customer = self._create_customer(channel)
            self.assertFalse(self._produce(channel, customer).snailmail_key)
