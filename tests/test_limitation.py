from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .interest_common import InterestCommon


@tagged("post_install", "-at_install")
class TestDunningLimitation(InterestCommon):
    """Until when an invoice can be claimed in court, and what begins that time anew."""

    def _refresh(self):
        self.env["dunning.followup"]._refresh_barred(self.company)

    def _barred(self, line):
        self._refresh()
        return line.move_id.dunning_barred_date

    def _note(self, line, kind, day, **values):
        return self.env["dunning.limitation.event"].create({
            "move_id": line.move_id.id, "kind": kind, "date": day, **values})

    def _night(self, day):
        self._set_today(day)
        self.env["dunning.followup"]._sync(self.company, day)
        self.env["dunning.run"]._create_run(self.company)._expire()

    # --- the day by kind of debtor --------------------------------------------------------------------------------

    def test_time_depends_on_the_kind_of_debtor(self):
        line = self._receivable(due=date(2026, 4, 30), invoice_date=date(2025, 12, 31))
        for kind, day in (("business", date(2031, 4, 30)), ("non_professional", date(2031, 4, 30)),
                          ("consumer", date(2028, 4, 30)), (False, date(2028, 4, 30)),
                          ("public", date(2029, 12, 31))):
            with self.subTest(kind=kind):
                self.customer.dunning_debtor_kind = kind
                self.assertEqual(line.move_id.dunning_barred_date, day)
        self.customer.dunning_debtor_kind = False
        self.assertIn("unknown", line.move_id.dunning_barred_text)

    def test_leap_day_and_end_of_month(self):
        line = self._receivable(due=date(2024, 2, 29))
        self.assertEqual(self._barred(line), date(2029, 2, 28))
        self.customer.dunning_debtor_kind = "consumer"
        self.assertEqual(self._barred(line), date(2026, 2, 28))

    def test_public_body_counts_from_the_year_of_the_delivery(self):
        self.customer.dunning_debtor_kind = "public"
        line = self._receivable(due=date(2026, 1, 30), invoice_date=date(2026, 1, 2), delivery_date=date(2025, 12, 31))
        self.assertEqual(self._barred(line), date(2029, 12, 31))

    def test_oldest_open_instalment_counts(self):
        term = self.env["account.payment.term"].create({"name": "Two", "line_ids": [
            Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
            Command.create({"value": "percent", "value_amount": 50, "nb_days": 60})]})
        lines = self._receivable(1000, due=date(2026, 4, 30), invoice_payment_term_id=term.id)
        self.assertEqual(self._barred(lines[0]), date(2031, 3, 31))
        self._pay_on(lines[0], date(2026, 5, 2), 500)
        self.assertEqual(self._barred(lines[0]), date(2031, 5, 30))

    def test_paid_invoice_is_not_watched(self):
        line = self._receivable(due=date(2026, 4, 30))
        self.assertTrue(self._barred(line))
        self._pay_on(line, date(2026, 5, 2))
        self.assertFalse(self._barred(line))

    def test_elsewhere_the_law_is_not_known(self):
        self._settle_in(self.company, "base.ch")
        line = self._receivable(due=date(2026, 4, 30))
        self.assertFalse(self._barred(line))
        self.assertIn("French law only", line.move_id.dunning_barred_text)

    def test_day_by_hand_needs_a_reason_and_wins(self):
        move = self._receivable(due=date(2026, 4, 30)).move_id
        with self.assertRaisesRegex(ValidationError, "Say why"):
            move.dunning_barred_own_date = date(2027, 4, 30)
        move.write({"dunning_barred_own_date": date(2027, 4, 30), "dunning_barred_reason": "Transport: one year"})
        self.assertEqual(move.dunning_barred_date, date(2027, 4, 30))
        self.assertIn("Transport", move.dunning_barred_text)

    # --- interruptions --------------------------------------------------------------------------------------------

    def test_acknowledgement_begins_the_time_anew(self):
        line = self._receivable(due=date(2026, 4, 30))
        self._note(line, "acknowledgement", date(2026, 6, 15))
        self.assertEqual(line.move_id.dunning_barred_date, date(2031, 6, 15))
        line.move_id.dunning_limitation_ids.unlink()
        self.assertEqual(line.move_id.dunning_barred_date, date(2031, 4, 30))

    def test_payment_interrupts_only_when_a_person_says_so(self):
        line = self._receivable(due=date(2026, 4, 30))
        self._pay_on(line, date(2026, 6, 1), 100)
        self.assertEqual(self._barred(line), date(2031, 4, 30))
        self._note(line, "payment", date(2026, 6, 1))
        self.assertEqual(line.move_id.dunning_barred_date, date(2031, 6, 1))

    def test_part_payment_is_offered_once_as_an_acknowledgement(self):
        line = self._receivable(due=date(2026, 4, 30))
        self._refresh()
        move = line.move_id
        self.assertFalse(move.dunning_part_payment_text)
        with self.assertRaisesRegex(UserError, "No part payment"):
            move.action_dunning_acknowledge()
        self._pay_on(line, date(2026, 6, 1), 100)
        self._refresh()
        self.assertIn("100.00", move.dunning_part_payment_text)
        move.action_dunning_acknowledge()
        self.assertEqual((move.dunning_limitation_ids.kind, move.dunning_barred_date), ("payment", date(2031, 6, 1)))
        self.assertFalse(move.dunning_part_payment_text)
        self._pay_on(line, date(2026, 8, 3), 50)
        self.assertEqual(move.dunning_part_payment_date, date(2026, 8, 3))

    def test_no_time_runs_during_court_action(self):
        line = self._receivable(due=date(2026, 4, 30))
        event = self._note(line, "court", date(2026, 6, 1))
        self.assertFalse(line.move_id.dunning_barred_date)
        self.assertIn("No time runs", line.move_id.dunning_barred_text)
        event.date_end = date(2026, 11, 1)
        self.assertEqual(line.move_id.dunning_barred_date, date(2031, 11, 1))

    def test_notice_interrupts_against_public_bodies_only(self):
        line = self._receivable(due=date(2024, 4, 30), invoice_date=date(2024, 3, 31))
        self._put_in_default(line, date(2026, 6, 1))
        self.assertEqual(self._barred(line), date(2029, 4, 30))
        self.customer.dunning_debtor_kind = "public"
        self.assertEqual(self._barred(line), date(2030, 12, 31))

    def test_claim_against_a_business_is_refused(self):
        line = self._receivable(due=date(2026, 4, 30))
        with self.assertRaisesRegex(ValidationError, "public bodies only"):
            self._note(line, "claim", date(2026, 6, 1))
        self.customer.dunning_debtor_kind = "public"
        self.assertTrue(self._note(line, "claim", date(2026, 6, 1)))

    def test_days_that_cannot_be_are_refused(self):
        line = self._receivable(due=date(2026, 4, 30))
        for day, end in ((self.today + timedelta(days=1), False), (date(2026, 6, 2), date(2026, 6, 1))):
            with self.subTest(day=day), self.assertRaises(ValidationError):
                self._note(line, "court", day, date_end=end)

    def test_barred_claim_does_not_come_back_by_itself(self):
        self.customer.dunning_debtor_kind = "consumer"
        line = self._receivable(due=date(2024, 4, 30))
        self.assertEqual(self._barred(line), date(2026, 4, 30))
        with self.assertRaisesRegex(UserError, "interrupts nothing"):
            self._note(line, "acknowledgement", date(2026, 5, 1))

    def test_declaration_of_the_claim_interrupts_until_the_proceedings_are_closed(self):
        line = self._receivable(due=date(2026, 4, 30))
        self._refresh()
        insolvency = self.env["dunning.insolvency"].create({
            "partner_id": self.customer.id, "company_id": self.company.id, "date_judgment": date(2026, 10, 20),
            "date_published": date(2026, 11, 1), "date_declared": date(2026, 11, 10), "amount_declared": 10000})
        self.assertEqual(line.move_id.dunning_barred_date, date(2031, 4, 30))
        insolvency.action_declare()
        self.assertFalse(line.move_id.dunning_barred_date)
        insolvency.outcome = "nothing"
        insolvency.action_close()
        self.assertEqual(line.move_id.dunning_barred_date, date(2031, 11, 21))

    # --- the warning ----------------------------------------------------------------------------------------------

    def test_warning_comes_six_months_ahead_and_once(self):
        line = self._receivable(due=date(2026, 4, 30))  # barred after 30 April 2031
        other = self._receivable(due=date(2026, 11, 30))
        self._night(date(2030, 10, 29))
        followup = self._get_followup()
        self.assertFalse(line.move_id.dunning_barred_soon or followup.is_barred_soon or followup.activity_ids)
        self._night(date(2030, 10, 30))
        self.assertTrue(line.move_id.dunning_barred_soon)
        self.assertFalse(other.move_id.dunning_barred_soon)
        self.assertEqual((followup.is_barred_soon, followup.barred_date), (True, date(2031, 4, 30)))
        self.assertIn("limitation_near", followup.attention_codes)
        self.assertIn(line.move_id.name, followup.activity_ids.summary)
        self.assertEqual(self.env["dunning.followup"].search([("is_barred_soon", "=", True)]), followup)
        self.assertNotIn(followup, self.env["dunning.followup"].search([("is_barred_soon", "=", False)]))
        followup.action_settle_attention()
        self._night(date(2030, 10, 31))
        self.assertEqual(len(followup.activity_ids), 1)
        self.assertNotIn("limitation_near", followup.attention_codes or "")

    def test_acknowledgement_settles_the_warning(self):
        line = self._receivable(due=date(2026, 4, 30))
        self._night(date(2030, 11, 4))
        self.assertIn("limitation_near", self._get_followup().attention_codes)
        self._note(line, "acknowledgement", date(2030, 11, 4))
        self._night(date(2030, 11, 5))
        self.assertNotIn("limitation_near", self._get_followup().attention_codes or "")
        self.assertFalse(line.move_id.dunning_barred_soon)

    def test_company_chooses_how_early(self):
        line = self._receivable(due=date(2026, 4, 30))
        self.company.dunning_limitation_months = 12
        self._night(date(2030, 4, 30))
        self.assertTrue(line.move_id.dunning_barred_soon)
        with self.assertRaises(ValidationError):
            self.company.dunning_limitation_months = -1

    def test_night_reads_all_in_as_many_queries_as_one(self):
        def count():
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self._refresh()
            return self.env.cr.sql_log_count - before
        self._receivable()
        self._refresh()
        one = count()
        for number in range(5):
            self._receivable(100 + number, partner=self._create_customer(f"Customer {number}"))
        self.assertLessEqual(count(), one)

    def test_rights(self):
        line = self._receivable(due=date(2026, 4, 30))
        values = {"company_id": self.company.id, "company_ids": self.company.ids}
        invoicing = new_test_user(self.env, "l_invoicing", groups="account.group_account_invoice", **values)
        collector = new_test_user(self.env, "l_collector", groups="account_dunning.group_dunning_user", **values)
        vals = {"move_id": line.move_id.id, "kind": "acknowledgement", "date": date(2026, 6, 1)}
        events = self.env["dunning.limitation.event"]
        with self.assertRaises(AccessError):
            events.with_user(invoicing).create(vals)
        event = events.with_user(collector).create(vals)
        self.assertEqual(event.with_user(invoicing).user_id, collector)
        with self.assertRaises(AccessError):
            event.unlink()
        other = self.setup_other_company(name="Other creditor")["company"]
        stranger = new_test_user(self.env, "l_stranger", groups="account_dunning.group_dunning_user",
                                 company_id=other.id, company_ids=other.ids)
        self.assertFalse(events.with_user(stranger).search([("id", "=", event.id)]))
