import base64
from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .approval_common import ApprovalCommon
from .common import LETTER
from .evidence_common import EvidenceCommon
from .formal_common import FormalCommon, PrintedCommon


class JointCommon(FormalCommon):
    """A company that owes together with one of its partners, and the formal notice to both."""

    def setUp(self):
        super().setUp()
        self.debtor = self._create_debtor()
        self.debtor.name = "Moulin SNC"
        self.person = self._create_customer(
            "Marie Durand", street="2 quai Perrache", zip="69002", city="Lyon", is_company=False)
        self.receivable = self._create_receivable(1200, due=date(2026, 9, 1), partner=self.debtor)

    def _bind(self, person=None, **values):
        return self.env["dunning.joint.debtor"].create({
            "partner_id": self.debtor.id, "debtor_id": (person or self.person).id, "company_id": self.company.id,
            "basis": "co-signed the contract of 3 May 2026", **values})

    def _put(self, lines=None, **values):
        return self._put_in_default(lines or self.receivable, **values)

    def _produce(self, notice=None):
        notice = notice or self._put()
        notice._freeze(self.today)
        return notice

    def _get_joint(self, notice):
        return notice.dispatch_ids.filtered("joint_debtor_id")

    def _post(self, letter, number, day=None):
        deposit = self.env["dunning.deposit"].browse(letter.action_deposit()["res_id"])
        deposit.write({"provider": "La Poste", "date": day or self.today})
        deposit.line_ids.tracking_number = number
        deposit.action_deposit()

    def _note(self, letter, event, **values):
        record = self.env["dunning.dispatch.event"].browse(getattr(letter, f"action_{event}")()["res_id"])
        record.write(values)
        record.action_note()


@tagged("post_install", "-at_install")
class TestDunningJointDebtor(JointCommon):
    """Who owes the whole beside a customer, and which letters are made."""

    prints = False

    def test_each_joint_debtor_receives_a_letter_of_his_own(self):
        other = self._create_customer("Paul Durand", is_company=False)
        self._bind()
        self._bind(other)
        notice = self._produce()
        letters = self._get_joint(notice)
        self.assertEqual(letters.joint_debtor_id, self.person | other)
        self.assertEqual(letters.mapped("state"), ["pending", "pending"])
        self.assertEqual(set(letters.mapped("channel")), {"registered"})
        self.assertFalse(any(letters.mapped("leading")))
        self.assertEqual({base64.b64decode(one.letter) for one in letters}, {LETTER})
        self.assertEqual(len(set(letters.mapped("letter_filename"))), 2)
        self.assertIn("2 quai Perrache", letters.filtered(lambda one: one.joint_debtor_id == self.person).recipient)

    def test_sums_interest_and_compensation_are_claimed_once(self):
        alone = self._put()
        alone._freeze(self.today)
        before = (alone.amount_total, alone.amount_interest, alone.amount_compensation)
        alone._set_cancelled("Test")
        self._bind()
        notice = self._produce(self._put(reminded=False))
        self.assertEqual((notice.amount_total, notice.amount_interest, notice.amount_compensation), before)
        notice.dispatch_ids.action_mark_posted()
        self.assertEqual(notice.followup_id.amount_total, 1200)
        formal = self.env["dunning.notice"].search([
            ("followup_id", "=", notice.followup_id.id), ("stage", "=", "formal"), ("state", "=", "sent")])
        self.assertEqual(formal, notice)

    def test_letter_shows_the_address_of_no_stranger_whose_number_is_given(self):
        stranger = self._create_customer("Nobody Concerned")
        notice = self._put()
        own = notice._get_address_lines()
        self.assertEqual(notice.with_context(dunning_joint_debtor=stranger.id)._get_address_lines(), own)
        self._bind()
        self.assertIn("Marie Durand", notice.with_context(dunning_joint_debtor=self.person.id)._get_address_lines()[0])

    def test_reminders_go_to_the_customer_alone(self):
        self._bind()
        notice = self._claim(self.receivable, self.reminder)
        notice._freeze(self.today)
        self.assertFalse(self._get_joint(notice))

    def test_letter_that_cannot_be_addressed_keeps_no_other_back(self):
        self.person.street = False
        other = self._create_customer("Paul Durand", is_company=False)
        self._bind()
        self._bind(other)
        notice = self._put()
        self.assertIn("Marie Durand: no letter, as the postal address is not complete", notice.formal_warning_text)
        self.assertNotIn("Marie", notice.formal_problem_text or "")
        self._produce(notice)
        letters = self._get_joint(notice)
        self.assertEqual({one.joint_name: one.state for one in letters},
                         {"Marie Durand": "failed", "Paul Durand": "pending"})
        notice.action_mark_posted()
        self.assertEqual(notice.state, "sent")
        self.assertEqual({one.joint_name: one.state for one in letters},
                         {"Marie Durand": "failed", "Paul Durand": "sent"})
        self.assertIn("joint_unreached", notice.followup_id.attention_codes)

    def test_words_for_businesses_do_not_go_to_a_consumer(self):
        self.person.dunning_debtor_kind = "consumer"
        self._bind()
        notice = self._put()
        self.assertIn("another kind of debtor (Consumer, the customer: Business)", notice.formal_warning_text)
        self._produce(notice)
        letter = self._get_joint(notice)
        self.assertEqual((letter.state, letter.letter), ("failed", False))
        self.person.dunning_debtor_kind = False
        self.assertIn("no letter", self._put(reminded=False).formal_warning_text)

    def test_consumers_who_owe_together_read_the_words_for_consumers(self):
        spouse = self._create_debtor("consumer", is_company=False)
        self.debtor = self._create_debtor("consumer", is_company=False)
        self.receivable = self._create_receivable(500, due=date(2026, 9, 1), partner=self.debtor)
        self._bind(spouse)
        notice = self._produce()
        self.assertEqual(self._get_joint(notice).state, "pending")
        self.assertEqual(notice._get_letter_template(), self.env.ref("account_dunning.letter_template_formal_consumer"))

    def test_he_answers_only_for_what_he_owes(self):
        later = self._create_receivable(300, due=date(2026, 10, 1), partner=self.debtor)
        joint = self._bind(move_ids=[Command.set(self.receivable.move_id.ids)])
        self.assertFalse(self._put(later)._get_joint_rows())
        self.assertFalse(self._put(reminded=False)._get_joint_rows()[0][2])
        both = self._put(self.receivable | later, reminded=False)
        self.assertIn(f"he does not answer for {later.move_id.name}", both.formal_warning_text)
        joint.write({"move_ids": [Command.clear()], "date_to": self.receivable.move_id.invoice_date})
        self.assertIn(f"he does not answer for {later.move_id.name}", both._get_joint_rows()[0][2])
        self._bind(date_from=self.receivable.move_id.invoice_date + timedelta(days=1), basis="second contract")
        ((_person, basis, problem),) = both._get_joint_rows()
        self.assertEqual((basis, problem), ("co-signed the contract of 3 May 2026 and second contract", ""))

    def test_input_that_cannot_be_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "is the debtor already"):
            self._bind(self.debtor)
        with self.assertRaisesRegex(ValidationError, "end before they begin"):
            self._bind(date_from=date(2026, 2, 1), date_to=date(2026, 1, 1))
        strange = self._create_receivable(50, late=10).move_id
        with self.assertRaisesRegex(ValidationError, "no invoices of this customer"):
            self._bind(move_ids=[Command.set(strange.ids)])

    def test_each_company_has_its_own_joint_debtors(self):
        joint = self._bind()
        other = self.setup_other_company(name="Elsewhere")["company"]
        stranger = new_test_user(self.env, "j_stranger", "account_dunning.group_dunning_user",
                                 company_id=other.id, company_ids=other.ids)
        with self.assertRaises(AccessError):
            joint.with_user(stranger).sudo(False).read(["basis"])
        joint.company_id = other
        self.assertFalse(self._put()._get_joint_rows())

    # --- register -------------------------------------------------------------------------------------------------

    def test_each_letter_has_its_own_number_and_return(self):
        self._bind()
        notice = self._produce()
        own, joint = notice.dispatch_ids.filtered("leading"), self._get_joint(notice)
        self._post(own, "2C12345678901")
        self.assertEqual((notice.state, joint.state), ("sent", "pending"))
        self._post(joint, "2C12345678902")
        self.assertEqual((own.tracking_number, joint.tracking_number), ("2C12345678901", "2C12345678902"))
        self._note(joint, "returned", return_reason="wrong_address", date=self.today)
        self.assertEqual((joint.state, own.state, notice.is_returned), ("returned", "sent", False))
        self.assertEqual(self.receivable.dunning_level_id, self.formal)
        self.assertTrue(self.person.is_dunning_address_wrong)
        self.assertFalse(self.debtor.is_dunning_address_wrong)
        self.assertIn("joint_unreached", notice.followup_id.attention_codes)
        self.assertIn("Marie Durand", joint.record_text)
        self._note(joint, "undo", reason="It was somebody else's")
        self.assertNotIn("joint_unreached", notice.followup_id.attention_codes or "")

    def test_receipt_by_a_joint_debtor_says_nothing_of_the_customer(self):
        self._bind()
        notice = self._produce()
        own, joint = notice.dispatch_ids.filtered("leading"), self._get_joint(notice)
        self._post(own, "2C12345678901")
        self._post(joint, "2C12345678902")
        self._note(own, "returned", return_reason="wrong_address", date=self.today)
        self._note(joint, "received", date=self.today)
        self.assertTrue(notice.is_returned)
        self.assertFalse(self.receivable._get_formal_effective_dates(self.receivable.ids))
        self.assertNotEqual(self.receivable.dunning_level_id, self.formal)

    def test_joint_letter_posted_first_leads_nothing(self):
        self._bind()
        notice = self._produce()
        joint = self._get_joint(notice)
        self._post(joint, "2C12345678902")
        self.assertEqual((joint.state, notice.state), ("sent", "ready"))
        self._note(joint, "returned", return_reason="wrong_address", date=self.today)
        self.assertEqual((notice.state, notice.is_returned), ("ready", False))

    def test_letter_that_waited_too_long_is_not_posted(self):
        self._bind()
        notice = self._produce()
        joint = self._get_joint(notice)
        self._post(notice.dispatch_ids.filtered("leading"), "2C12345678901")
        self._set_today(self.today + timedelta(days=7))
        with self.assertRaisesRegex(UserError, "too old to be posted"):
            self._post(joint, "2C12345678902")
        with self.assertRaisesRegex(UserError, "too old to be posted"):
            joint.action_mark_posted()
        joint.action_not_made()
        self.assertEqual(joint.state, "not_made")

    def test_reissue_makes_all_letters_anew_and_keeps_the_former(self):
        self._bind()
        notice = self._produce()
        first = self._get_joint(notice)
        notice.action_reissue()
        files = notice.followup_id.message_ids.attachment_ids.mapped("name")
        self.assertIn(first.letter_filename, files)
        self.person.street = "9 rue Neuve"
        self._produce(notice)
        second = self._get_joint(notice)
        self.assertFalse(first.exists())
        self.assertIn("9 rue Neuve", second.recipient)

    def test_what_was_sent_to_him_is_sealed(self):
        self._bind()
        joint = self._get_joint(self._produce())
        user = new_test_user(self.env, "j_user", "account_dunning.group_dunning_user", company_id=self.company.id)
        mine = joint.with_user(user).sudo(False)
        for values in ({"letter": base64.b64encode(b"other")}, {"joint_name": "X"}, {"joint_debtor_id": self.debtor.id},
                       {"letter_sha256": "0"}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                mine.write(values)
        with self.assertRaises(AccessError):
            self.env["dunning.dispatch"].with_user(user).sudo(False).create({
                "notice_id": joint.notice_id.id, "followup_id": joint.followup_id.id, "channel": "letter",
                "joint_debtor_id": self.person.id})
        file = self.env["ir.attachment"].search([
            ("res_model", "=", "dunning.dispatch"), ("res_field", "=", "letter"), ("res_id", "=", joint.id)])
        with self.assertRaises(AccessError):
            file.with_user(user).sudo(False).write({"raw": b"other"})

    def test_pressure_and_recalled_acts_count_the_customer_alone(self):
        self._bind()
        notice = self._produce()
        self._post(notice.dispatch_ids.filtered("leading"), "2C12345678901")
        self._set_today(self.today + timedelta(days=1))
        self._post(self._get_joint(notice), "2C12345678902")
        self.env.flush_all()
        draft = self._claim(self.receivable, self.reminder)
        self.assertEqual(len(draft._get_recent_contacts()[notice.followup_id.id]), 2)
        again = self._put(reminded=False)
        self.assertEqual(sum("registered" in act for act in again.history), 1)


@tagged("post_install", "-at_install")
class TestDunningJointApproval(ApprovalCommon):
    """One approval is for all the letters."""

    def setUp(self):
        super().setUp()
        self.person = self._create_customer("Marie Durand", is_company=False)
        self.joint = self.env["dunning.joint.debtor"].create({
            "partner_id": self.customer.id, "debtor_id": self.person.id, "company_id": self.company.id,
            "basis": "contract"})

    def test_one_agreement_lets_all_letters_go(self):
        notice = self._prepare_formal()
        row = self._get_rows(notice, role="accounting_manager").with_user(self.accounting).sudo(False)
        self.assertIn("Marie Durand", row.joint_text)
        self._answer(notice, self.accounting)
        self._produce(notice)
        self.assertEqual(notice.state, "ready")
        self.assertEqual(len(notice.dispatch_ids.filtered("letter_sha256")), 1)

    def test_another_joint_debtor_is_decided_on_anew(self):
        notice = self._prepare_formal()
        self._answer(notice, self.accounting)
        self.joint.copy({"debtor_id": self._create_customer("Paul Durand").id})
        self._produce(notice)
        self.assertEqual(notice.state, "to_approve")
        self.assertEqual(self._get_rows(notice, role="accounting_manager").state, "waiting")

    def test_approval_without_joint_debtors_is_as_it_was(self):
        self.joint.unlink()
        notice = self._prepare_formal()
        before = notice._get_approval_print()
        self.env["dunning.joint.debtor"].create({
            "partner_id": self.customer.id, "debtor_id": self.person.id, "company_id": self.company.id,
            "basis": "contract", "date_from": date(2030, 1, 1)})
        self.assertEqual(notice._get_approval_print(), before)


@tagged("post_install", "-at_install")
class TestDunningJointLetter(PrintedCommon, JointCommon):
    """What a joint debtor reads."""

    def test_his_letter_says_what_he_owes_and_why(self):
        for lang in ("en_US", "fr_FR"):
            self.env["res.lang"]._activate_lang(lang)
        self._bind()
        for lang, law in (("en_US", "article 1313"), ("fr_FR", "1313")):
            with self.subTest(lang=lang):
                notice = self._put(lang=lang, reminded=lang == "en_US")
                with self._printer():
                    notice._freeze(self.today)
                own, his = self._read(base64.b64decode(notice.with_context(bin_size=False).pdf)), self._read(
                    self._get_joint(notice)._get_frozen_letter())
                for words in ("Marie Durand", "2 quai Perrache", "69002", "Moulin SNC", law, notice.name,
                              "co-signed the contract of 3 May 2026", self.receivable.move_id.name,
                              notice.claim_total_text.replace("\xa0", " ").replace("\u202f", " ")):
                    self.assertIn(words, his.replace("\u202f", " "))
                self.assertNotIn("Marie Durand", own)
                self.assertNotIn("1313", own)
                self.assertIn("1 rue de la Paix", own)
                notice._set_cancelled("Test")

    def test_preview_shows_all_letters(self):
        self._bind()
        notice = self._put()
        notice.action_preview_letter()
        report = self.env.ref("account_dunning.action_report_dunning_letter")
        text = self._read(self._print_report(report, notice))
        self.assertIn("2 quai Perrache", text)
        self.assertEqual(text.count("FORMAL NOTICE TO PAY"), 2)


@tagged("post_install", "-at_install")
class TestDunningJointEvidence(EvidenceCommon):
    """The evidence file holds the letters to all, and one sum."""

    def test_file_holds_each_letter_and_says_what_is_missing(self):
        person = self._create_customer("Marie Durand", is_company=False)
        self.env["dunning.joint.debtor"].create({
            "partner_id": self.customer.id, "debtor_id": person.id, "company_id": self.company.id, "basis": "contract"})
        notices = self.env["dunning.notice"]
        vals = notices._prepare_plan_vals(self.followup, self.formal, self.env["res.partner"], self.today)
        notices._add_channels(vals, self.followup, self.formal, False, self.today)
        snapshots = notices._get_line_snapshots(self.receivable.ids, self.customer.ids, self.company)
        vals["line_ids"] = [notices._prepare_line_command(snapshots[self.receivable.id], "moving", self.formal.id)]
        notice = notices.create(vals)
        notice._freeze(self.today)
        notice.action_mark_posted()
        file = self.Files.new({"followup_id": self.followup.id, "line_ids": self.receivable.ids})
        letters = [part for part in file._get_parts() if part.group == "notice" and part.attachment]
        self.assertEqual(sum("to Marie Durand, joint debtor" in part.title for part in letters), 1)
        self.assertTrue(all(part.sha256_sent for part in letters))
        rows = file._get_notice_row(notice)["dispatches"]
        self.assertIn("Marie Durand, joint debtor (contract)", rows[-1]["recipient"])
        gaps = "\n".join(self.Files._get_gaps(self.followup, self.receivable))
        self.assertIn("Marie Durand, joint debtor: no proof", gaps)
        self.assertEqual(len(file._get_notices_values()["notices"]), 1)
