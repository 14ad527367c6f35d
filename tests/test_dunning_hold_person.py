from datetime import date, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .interest_common import InterestCommon


@tagged("post_install", "-at_install")
class TestDunningHoldPerson(InterestCommon):
    """Over-indebtedness, death, guardianship, vulnerable persons: who is not asked, and who is written to instead."""

    def _hold(self, kind, **values):
        self.env["dunning.followup"]._sync(self.company, self.today)
        return self.env["dunning.hold"]._create_for(
            self._get_followup(), kind, self.today + timedelta(days=30), **{"name": kind, **values})

    def _stand_in(self, role="guardian", **values):
        return self.env["res.partner"].create({
            "name": "Marie Dupont", "parent_id": self.customer.id, "type": "other", "dunning_role": role,
            "street": "3 place Bellecour", "zip": "69002", "city": "Lyon", "email": "marie@example.com", **values})

    def _letter(self, line):
        """Return the draft of a reminder by hand, with its addressee."""
        notice = self.env["dunning.notice"]._prepare_manual(line)
        notice._copy_addressee()
        return notice

    # --- who is written to ----------------------------------------------------------------------------------------

    def test_guardian_without_address_is_a_problem_and_the_customer_is_not_written_to(self):
        line = self._create_receivable(late=10)
        guardian = self._stand_in(type="contact", street=False, zip=False, city=False, email=False)
        self.assertEqual(guardian.street, self.customer.street)  # Odoo copied it
        self.assertFalse(self._run_night().notice_ids)
        self.assertIn("stand_in_address", self._get_followup().attention_codes)
        with self.assertRaisesRegex(UserError, "no address of his own"):
            self._letter(line)

    def test_guardian_is_named_above_whom_he_stands_in_for(self):
        guardian = self._stand_in()
        notice = self._letter(self._create_receivable(late=10))
        self.assertRecordValues(notice, [{
            "contact_id": guardian.id, "addressee": "Marie Dupont", "email_to": "marie@example.com"}])
        self.assertEqual(notice.address.splitlines()[:2], [
            "As guardian or curator of Customer", "3 place Bellecour"])

    def test_organisation_may_be_the_guardian(self):
        association = self._stand_in(name="UDAF", is_company=True)
        self.assertEqual(self.customer._get_dunning_recipient("accounts_payable"), association)

    def test_estate_comes_before_the_guardian(self):
        self._stand_in()
        notary = self._stand_in("estate", name="Notary")
        self.assertEqual(self.customer._get_dunning_recipient(False), notary)
        self.assertIn("estate of Customer", self._letter(self._create_receivable(late=10)).address)

    def test_formal_notice_names_the_missing_address_of_the_guardian(self):
        self._stand_in(type="contact")
        self._create_receivable(late=40)
        self.env["dunning.followup"]._sync(self.company, self.today)
        notice = self.env["dunning.notice"].create({
            "followup_id": self._get_followup().id, "company_id": self.company.id, "partner_id": self.customer.id,
            "level_id": self.formal.id, "date": self.today,
            "contact_id": self.customer._get_dunning_recipient(False).id})
        self.assertIn("stands in for the customer", notice.formal_problem_text)

    # --- death ----------------------------------------------------------------------------------------------------

    def test_nothing_is_written_to_the_dead(self):
        line = self._create_receivable(late=10)
        notice = self._letter(line)
        hold = self._hold("death", date_event=self.today)
        self.assertEqual(notice.state, "cancelled")
        self.assertIn("notary or an heir", hold.stand_in_text)
        with self.assertRaisesRegex(UserError, "notary or an heir"):
            hold.action_end()
        with self.assertRaisesRegex(UserError, "notary or an heir"):
            self._letter(line)
        notary = self._stand_in("estate")
        self.assertFalse(hold.stand_in_text)
        self.assertEqual(hold.stand_in_id, notary)
        self.assertEqual(self._letter(line).contact_id, notary)
        hold.action_end()
        self.assertEqual(hold.state, "ended")

    def test_guardianship_asks_for_the_guardian(self):
        self._create_receivable(late=10)
        hold = self._hold("guardianship")
        self.assertIn("guardian or curator", hold.stand_in_text)
        self._stand_in()
        self.assertFalse(hold.stand_in_text)

    def test_vulnerable_person_waits_for_a_person(self):
        line = self._create_receivable(late=10)
        self._hold("vulnerable")
        self.assertEqual(line.dunning_reason, "vulnerable")
        self.assertFalse(self._run_night().notice_ids)

    # --- over-indebtedness ----------------------------------------------------------------------------------------

    def _overindebted(self, **values):
        self.customer.dunning_debtor_kind = "consumer"
        return self._hold("over_indebtedness", **{
            "measure": "admissible", "date_admissible": date(2026, 11, 1), **values})

    def test_later_debts_are_payable(self):
        prior = self._create_receivable(due=date(2026, 10, 31))
        later = self._create_receivable(due=date(2026, 11, 3), invoice_date=date(2026, 11, 2))
        self._overindebted()
        self.assertEqual((prior.dunning_reason, later.dunning_reason != "over_indebtedness"),
                         ("over_indebtedness", True))
        self.assertEqual(self.env["dunning.hold"].search([("partner_id", "=", self.customer.id)]).amount, 1000)
        self.assertEqual(self._letter(prior | later).line_ids.line_id, later)
        with self.assertRaisesRegex(UserError, "may not be claimed"):
            self._letter(prior)

    def test_file_that_is_only_submitted_holds_all_and_interest_runs(self):
        line = self._receivable(due=date(2026, 9, 30))
        self._put_in_default(line, date(2026, 10, 1))
        hold = self._overindebted(measure="filed", date_admissible=False)
        self.assertEqual(line.dunning_reason, "over_indebtedness")
        whole = line._get_interest_claims()[line.id].interest
        self.assertGreater(whole, 0)
        hold.write({"measure": "admissible", "date_admissible": date(2026, 10, 20)})
        self.assertEqual(hold.date_judgment, date(2026, 10, 20))
        stopped = line._get_interest_claims()[line.id].interest
        self.assertEqual(stopped, line._get_interest_claims(date(2026, 10, 19))[line.id].interest)
        self.assertLess(stopped, whole)
        hold.measure = "refused"
        self.assertEqual(line._get_interest_claims()[line.id].interest, whole)

    def test_erased_debts_are_proposed_for_write_off(self):
        prior = self._create_receivable(due=date(2026, 10, 31))
        later = self._create_receivable(due=date(2026, 11, 30), invoice_date=date(2026, 11, 12))
        hold = self._overindebted()
        with self.assertRaisesRegex(UserError, "erased"):
            hold.action_write_off()
        between = self._create_receivable(due=date(2026, 11, 10), invoice_date=date(2026, 11, 5))
        hold.write({"measure": "erased", "date_erased": date(2026, 11, 10)})
        self.assertEqual(hold.date_judgment, date(2026, 11, 10))
        self.assertEqual(between.dunning_reason, "over_indebtedness")
        action = hold.action_write_off()
        case = self.env["dunning.litigation"].browse(action["res_id"])
        self.assertEqual(case.route_code, "write_off")
        self.assertEqual(case.line_ids.line_id, prior | between)
        self.assertNotIn(later, case.line_ids.line_id)

    def test_decisions_that_cannot_be_are_refused(self):
        self._create_receivable(late=10)
        for values in ({"date_admissible": False}, {"date_admissible": self.today + timedelta(days=1)},
                       {"measure": "erased"}, {"measure": "erased", "date_erased": date(2026, 10, 1)}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._overindebted(**values)

    # --- the dialog and the reminder ------------------------------------------------------------------------------

    def test_collector_notes_the_decision_in_the_dialog(self):
        self._create_receivable(late=10)
        self.env["dunning.followup"]._sync(self.company, self.today)
        collector = new_test_user(self.env, "p_collector", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id, company_ids=self.company.ids)
        action = self._get_followup().with_user(collector).action_hold()
        with Form(self.env["dunning.hold"].with_user(collector).with_context(**action["context"]),
                  view="account_dunning.dunning_hold_view_form_dialog") as form:
            form.kind = "over_indebtedness"
            self.assertEqual((form.name, form.measure), ("Over-indebtedness", "admissible"))
            form.date_admissible = date(2026, 11, 1)
        hold = form.record
        self.assertEqual((hold.date_judgment, hold.is_whole_customer), (date(2026, 11, 1), True))
        hold.write({"measure": "erased", "date_erased": date(2026, 11, 10)})
        self.assertTrue(hold.action_write_off())

    def test_later_review_reminds_again_after_the_first_reminder_was_done(self):
        self._create_receivable(late=10)
        hold = self._hold("guardianship")
        hold.activity_id.action_feedback()
        hold.date_review = self.today + timedelta(days=90)
        self.assertEqual(hold.activity_id.date_deadline, self.today + timedelta(days=90))
