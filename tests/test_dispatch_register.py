import base64
import csv
import doctest
import io
from datetime import timedelta
from decimal import Decimal

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..models.register import dunning_tracking_number
from .register_common import NUMBER, RegisterCommon


@tagged("post_install", "-at_install")
class TestDispatchRegister(RegisterCommon):

    # --- the story of a letter ------------------------------------------------------------------------------------

    def test_letter_that_is_not_collected_starts_the_interest_after_its_presentation(self):
        letter = self._produce()
        self._deposit(letter)
        self.assertRecordValues(letter, [{"state": "sent", "date_deposited": self.today, "tracking_number": NUMBER}])
        self.assertFalse(self._get_interest_start(letter), "deposited only: its effect is not known")
        presented = self._later(3)
        self._note(letter, "presented", date=presented)
        self.assertEqual(self._get_interest_start(letter), presented)
        returned = self._later(17)
        self._note(letter, "returned", date=returned, return_reason="unclaimed")
        self.assertRecordValues(letter, [{"state": "returned", "date_effective": presented}])
        self.assertFalse(letter.notice_id.is_returned)
        line = letter.notice_id.line_ids.line_id
        self.assertEqual(line.dunning_level_id, self.formal)
        self.assertEqual(self._get_interest_start(letter), presented)
        self.assertIn("Not Collected", " ".join(self._get_followup().message_ids.mapped("body")))

    def test_interest_of_a_consumer_counts_from_the_day_after_presentation(self):
        letter = self._produce()
        line = letter.notice_id.line_ids.line_id
        self._deposit(letter)
        self.assertEqual(line._get_interest_claims()[line.id].problem, "not_started")
        presented = self._later(3)
        self._note(letter, "presented", date=presented)
        self._later(10)
        claim = line._get_interest_claims()[line.id]
        self.assertFalse(claim.problem, claim.problem_text)
        self.assertEqual(claim.first_day, presented + timedelta(days=1))
        self.assertGreater(claim.interest, Decimal(0))

    def test_receipt_decides_over_presentation(self):
        letter = self._produce()
        self._deposit(letter)
        presented, received = self._later(2), self._later(5)
        self._note(letter, "presented", date=presented)
        self._note(letter, "received", date=received)
        self.assertRecordValues(letter, [{"state": "delivered", "date_effective": received}])

    def test_wrong_address_takes_the_notice_back_and_says_what_to_do(self):
        letter = self._produce()
        self._deposit(letter)
        line = letter.notice_id.line_ids.line_id
        self.assertEqual(line.dunning_level_id, self.formal)
        self._note(letter, "returned", date=self._later(4), return_reason="wrong_address")
        followup = self._get_followup()
        self.assertTrue(letter.notice_id.is_returned)
        self.assertFalse(line.dunning_level_id)
        self.assertIn("returned", followup.attention_codes)
        self.assertIn("new address", followup.error_message)
        self.assertFalse(self._get_interest_start(letter))

    def test_return_noted_by_mistake_is_put_right_by_the_receipt(self):
        letter = self._produce()
        self._deposit(letter)
        self._note(letter, "returned", date=self._later(4), return_reason="wrong_address")
        self._note(letter, "received", date=self.today)
        self.assertFalse(letter.notice_id.is_returned)
        self.assertEqual(letter.notice_id.line_ids.line_id.dunning_level_id, self.formal)
        self.assertNotIn("returned", self._get_followup().attention_codes or "")

    def test_refused_letter_with_a_bounced_email_stays_in_force(self):
        self.formal.with_email = True
        letter = self._produce()
        self._deposit(letter)
        email = letter.notice_id.dispatch_ids - letter
        email._set_sent(self.today)
        self._note(letter, "returned", date=self.today, return_reason="refused")
        email._set_returned("No such user")
        self.assertFalse(letter.notice_id.is_returned)

    def test_person_decides_the_day_of_effect_with_a_reason(self):
        letter = self._produce()
        self._deposit(letter)
        self._note(letter, "presented", date=self._later(3))
        decided = self._later(2)
        with self.assertRaisesRegex(UserError, "why"):
            self._note(letter, "effective", date=decided)
        self._note(letter, "effective", date=decided, reason="Acknowledged by e-mail")
        self.assertEqual(letter.date_effective, decided)
        self.assertIn("Acknowledged by e-mail", self._get_followup().message_ids[0].body)
        self.assertIn("Acknowledged by e-mail", letter.record_text)

    def test_days_in_the_wrong_order_are_refused(self):
        letter = self._produce()
        self._deposit(letter)
        with self.assertRaisesRegex(UserError, "has not come"):
            self._note(letter, "presented", date=self.today + timedelta(days=1))
        with self.assertRaisesRegex(UserError, "register says"):
            self._note(letter, "presented", date=self.today - timedelta(days=1))
        presented = self._later(5)
        self._note(letter, "presented", date=presented)
        with self.assertRaisesRegex(UserError, "register says"):
            self._note(letter, "received", date=presented - timedelta(days=1))

    def test_letter_that_waits_to_be_posted_cannot_have_arrived(self):
        with self.assertRaisesRegex(UserError, "deposited"):
            self._produce().action_received()

    # --- channels -------------------------------------------------------------------------------------------------

    def test_letter_through_a_bailiff_is_made_by_the_night_and_waits_to_be_handed_over(self):
        self.policy.level_ids.filtered(lambda level: level == self.first).channel = "bailiff"
        receivable = self._create_receivable(late=10)
        notice = self._run_night().notice_ids
        self.assertRecordValues(notice.dispatch_ids, [{"channel": "bailiff", "state": "pending", "leading": True}])
        self.assertEqual(notice.state, "ready")
        self.assertTrue(notice.pdf_sha256)
        self._deposit(notice.dispatch_ids, number=False, provider="Maître Durand")
        self.assertEqual(notice.state, "sent")
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_delivery_by_hand_is_received_at_once(self):
        letter = self._produce("hand")
        self._deposit(letter, number=False, provider=False)
        self.assertRecordValues(letter, [{"state": "delivered", "date_effective": self.today}])

    def test_electronic_letter_needs_the_consent_of_a_consumer(self):
        letter = self._produce("electronic")
        self.assertEqual(letter.channel, "registered")
        self.assertIn("has not agreed", letter.notice_id.warning)
        self.customer.with_company(self.company).dunning_electronic_consent = True
        letter = self._produce("electronic")
        self.assertEqual(letter.channel, "electronic")
        self.assertEqual(letter.recipient, self.customer.email_normalized)
        self.assertFalse(letter.notice_id.warning)

    def test_business_need_not_consent_to_electronic_letters(self):
        business = self._create_customer("Business")
        self.assertEqual(self._produce("electronic", business).channel, "electronic")

    def test_consent_withdrawn_before_the_letter_is_made_counts(self):
        customer = self.customer.with_company(self.company)
        customer.dunning_electronic_consent = True
        self.first.channel = "electronic"
        self._create_receivable(late=10)
        run = self._prepare_run()
        self.assertEqual(run.notice_ids.dispatch_ids.channel, "electronic")
        customer.dunning_electronic_consent = False
        self._release(run)
        self.assertEqual(run.notice_ids.dispatch_ids.channel, "registered")
        self.assertIn("has not agreed", run.notice_ids.warning)

    def test_consent_to_one_company_is_no_consent_to_another(self):
        other = self._create_company(name="Other creditor")
        self.customer.with_company(self.company).dunning_electronic_consent = True
        self.assertTrue(self.customer._accepts_dunning_electronic(self.company))
        self.assertFalse(self.customer._accepts_dunning_electronic(other))

    # --- numbers --------------------------------------------------------------------------------------------------

    def test_numbers_are_checked_as_their_carrier_forms_them(self):
        self.assertFalse(doctest.testmod(dunning_tracking_number).failed)

    def test_wrong_number_is_refused_unless_a_person_insists(self):
        letter = self._produce()
        with self.assertRaisesRegex(ValidationError, "13 signs"):
            self._deposit(letter, number="2C12345")
        self._deposit(letter, number="2c 123 456 7890 1")
        self.assertEqual(letter.tracking_number, NUMBER)
        self._note(letter, "number", provider="La Poste", tracking_number="2C12345", is_number_kept=True)
        self.assertEqual(letter.tracking_number, "2C12345")
        self.assertIn(NUMBER, self._get_followup().message_ids[0].body)

    def test_number_belongs_to_one_letter(self):
        first, second = self._produce(), self._produce(customer=self._create_customer("Second"))
        with self.assertRaisesRegex(ValidationError, "given twice"):
            self._deposit(first | second)

    def test_state_number_and_days_cannot_be_written_over_rpc(self):
        letter = self._produce()
        self._deposit(letter)
        for vals in ({"state": "delivered"}, {"date_received": self.today}, {"tracking_number": "RR1"},
                     {"date_effective_set": self.today}, {"return_reason": "refused"}):
            with self.assertRaises(AccessError):
                letter.with_user(self.user).write(vals)
        letter.with_user(self.user)._set_received(self.today)
        self.assertEqual(letter.state, "delivered")

    def test_invoicing_user_reads_the_register_and_writes_nothing(self):
        reader = new_test_user(self.env, "k3_reader", "base.group_user,account.group_account_invoice",
                               company_id=self.company.id)
        letter = self._produce()
        self._deposit(letter)
        self.assertIn(NUMBER, letter.with_user(reader).record_text)
        with self.assertRaises(AccessError):
            letter.with_user(reader).action_received()

    def test_letters_of_another_company_are_out_of_reach(self):
        letter = self._produce()
        self._deposit(letter)
        self._note(letter, "proof", file_ids=self._upload(b"receipt").ids)
        other = self._create_company(name="Other creditor")
        stranger = new_test_user(self.env, "k3_stranger", "base.group_user,account_dunning.group_dunning_manager",
                                 company_id=other.id, company_ids=[(6, 0, other.ids)])
        self.assertFalse(self.env["dunning.dispatch.proof"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            letter.with_user(stranger).with_company(other)._set_received(self.today)

    def test_letters_of_two_companies_are_no_batch(self):
        ours = self._produce()
        other = self._create_company(name="Other creditor")
        theirs = ours.new({"company_id": other.id, "channel": "registered", "state": "pending"})
        both = ours | theirs
        self.assertEqual(len(both.company_id), 2)
        for button in ("action_deposit", "action_deposit_slip", "action_print"):
            with self.subTest(button), self.assertRaisesRegex(UserError, "of several companies"):
                getattr(both, button)()

    # --- deposit --------------------------------------------------------------------------------------------------

    def test_deposit_of_yesterday_counts_from_yesterday(self):
        letter = self._produce()
        produced = self.today
        self._later(1)
        deposit = self.env["dunning.deposit"].browse(letter.action_deposit()["res_id"])
        deposit.write({"date": produced, "provider": "La Poste"})
        deposit.action_deposit()
        self.assertEqual(letter.notice_id.date_sent, produced)

    def test_deposit_before_the_letter_was_made_or_tomorrow_is_refused(self):
        deposit = self.env["dunning.deposit"].browse(self._produce().action_deposit()["res_id"])
        for days, words in ((1, "not come yet"), (-1, "produced on")):
            deposit.date = self.today + timedelta(days=days)
            with self.assertRaisesRegex(UserError, words):
                deposit.action_deposit()

    def test_late_deposit_of_a_formal_notice_is_refused(self):
        letter = self._produce()
        self._later(7)
        with self.assertRaisesRegex(UserError, "Re-issue"):
            self._deposit(letter)

    def test_slip_lists_the_letters_with_their_addresses(self):
        tricky = self._create_customer("=Tricky", street="2 rue d'Été", zip="69002", city="Lyon")
        letters = self._produce() | self._produce(customer=tricky)
        action = letters.action_deposit_slip()
        attachment = self.env["ir.attachment"].browse(int(action["url"].split("/")[3].split("?")[0]))
        rows = list(csv.reader(io.StringIO(attachment.raw.decode("utf-8-sig")), delimiter=";"))
        self.assertEqual(len(rows), 3)
        self.assertEqual(rows[1][0], letters[0].notice_id.name)
        self.assertEqual(rows[1][2:8], ["", "1 rue de la Paix", "", "75002", "Paris", ""])
        self.assertEqual((rows[1][8], rows[1][13]), ("France", self.company.name))
        self.assertEqual(rows[2][1:4], ["'=Tricky", "", "2 rue d'Été"])

    def test_incomplete_and_changed_addresses_are_refused_by_name(self):
        letter, moved = self._produce(), self._produce(customer=self._create_customer("Moved"))
        self.customer.zip = False
        moved.partner_id.street = "9 avenue Neuve"
        with self.assertRaises(UserError) as caught:
            (letter | moved).action_deposit_slip()
        self.assertIn("Customer: the address is not complete (zip code)", str(caught.exception))
        self.assertIn("Moved: the address was changed", str(caught.exception))

    # --- proofs ---------------------------------------------------------------------------------------------------

    def test_proof_that_is_missing_after_sixteen_days_is_asked_for_once(self):
        self.customer.with_company(self.company).dunning_electronic_consent = True
        letter = self._produce("electronic")
        self._deposit(letter, number="8d0f-77", provider="AR24")
        followup = self._get_followup()
        followup.user_id = self.user
        self._later(15)
        self.env["dunning.dispatch"]._ask_for_proofs(self.company, self.today)
        self.assertFalse(followup.activity_ids.filtered(lambda one: "proof" in (one.summary or "")))
        self._later(1)
        for _night in range(2):
            self.env["dunning.dispatch"]._ask_for_proofs(self.company, self.today)
        activity = followup.activity_ids.filtered(lambda one: "proof" in (one.summary or ""))
        self.assertEqual((len(activity), activity.user_id), (1, self.user))
        self.assertIn("one year", activity.note)

    def test_proof_stays_as_it_was_attached(self):
        letter = self._produce()
        self._deposit(letter)
        scans = self._upload(b"signed") | self._upload(b"back", "back.jpg")
        self._note(letter, "received", date=self.today, file_ids=scans.ids)
        self.assertRecordValues(letter.proof_ids, [{"kind": "receipt", "filename": "receipt.pdf"},
                                                   {"kind": "receipt", "filename": "back.jpg"}])
        self.assertTrue(letter.has_proof)
        with self.assertRaisesRegex(UserError, "not changed"):
            letter.proof_ids[0].file = base64.b64encode(b"forged")
        found = self.env["dunning.dispatch"].search([("has_proof", "=", False), ("is_proven", "=", True)])
        self.assertNotIn(letter, found)
