from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .charge_common import AUGUST, DUE, ChargeCommon


@tagged("post_install", "-at_install")
class TestDunningChargeBook(ChargeCommon):

    # --- the invoice ----------------------------------------------------------------------------------------------

    def test_charges_are_a_customer_invoice_without_tax_due_at_once(self):
        receivable = self._create_paid_late()
        charges = self._claim(receivable)
        move = charges.charge_move_id
        self.assertRecordValues(move, [{
            "move_type": "out_invoice", "state": "posted", "partner_id": self.customer.id, "amount_total": 476.5,
            "amount_tax": 0, "currency_id": self.euro.id, "invoice_date": self.today, "date": self.today,
            "invoice_date_due": self.today, "dunning_is_charge": True, "invoice_origin": receivable.move_id.name,
        }])
        self.assertRecordValues(move.invoice_line_ids, [
            {"account_id": self.interest_account.id, "price_subtotal": 436.5, "tax_ids": []},
            {"account_id": self.compensation_account.id, "price_subtotal": 40, "tax_ids": []},
        ])
        self.assertEqual(charges.charge_line_id, move.invoice_line_ids)
        self.assertEqual(move.journal_id, self.company.dunning_charge_journal_id)
        self.assertEqual((move.journal_id.code, move.journal_id.type), ("LPC", "sale"))

    def test_words_name_invoice_periods_and_rates(self):
        receivable = self._create_paid_late()
        move = self._claim(receivable).charge_move_id
        text = move.invoice_line_ids[0].name
        for part in (receivable.move_id.name, "05/15/2026", "05/16/2026", "06/30/2026", "46 days", "12.15", "12.40",
                     "183.75", "252.75"):
            self.assertIn(part, text)
        self.assertIn("no VAT", move.narration)
        self.assertIn("441-10", move.narration)

    def test_customer_reads_his_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        move = self._claim(self._create_paid_late()).charge_move_id
        self.assertIn("16/05/2026", move.invoice_line_ids[0].name)
        self.assertIn("12,15", move.invoice_line_ids[0].name)

    def test_one_invoice_per_customer_with_a_line_per_invoice_and_kind(self):
        other = self._create_customer("Other")
        lines = self._create_paid_late() | self._create_paid_late(5000) | self._create_paid_late(partner=other)
        charges = self._claim(lines)
        self.assertEqual(len(charges.charge_move_id), 2)
        ours = charges.filtered(lambda one: one.partner_id == self.customer).charge_move_id
        self.assertEqual(len(ours.invoice_line_ids), 4)

    def test_compensation_in_another_currency_is_an_invoice_of_its_own(self):
        receivable = self._create_paid_late(currency_id=self.company.currency_id.id)
        charges = self._claim(receivable)
        self.assertEqual(charges.mapped("currency_id"), self.company.currency_id | self.euro)
        self.assertEqual(len(charges.charge_move_id), 2)
        self.assertEqual(charges.charge_move_id.currency_id, self.company.currency_id | self.euro)

    def test_journal_is_made_once(self):
        self._claim(self._create_paid_late())
        journal = self.company.dunning_charge_journal_id
        self._claim(self._create_paid_late(500))
        self.assertEqual(self.company.dunning_charge_journal_id, journal)
        self.assertFalse(journal.show_on_dashboard)

    def test_copied_charge_invoice_is_a_charge_too(self):
        copy = self._claim(self._create_paid_late()).charge_move_id.copy({"invoice_date": self.today})
        copy.action_post()
        self.assertTrue(copy.dunning_is_charge)
        self.assertFalse(copy.dunning_booked_charge_ids)

    def test_journal_of_other_invoices_is_refused(self):
        self._create_late()
        with self.assertRaisesRegex(UserError, "journal of its own"):
            self.company.dunning_charge_journal_id = self.company_data["default_journal_sale"]

    def test_missing_account_says_where_to_choose_it(self):
        self.company.dunning_interest_account_id = False
        with self.assertRaisesRegex(UserError, "Account of Interest"):
            self._claim(self._create_paid_late())

    def test_account_comes_from_the_french_chart(self):
        self.assertEqual(self.company._get_dunning_charge_account("interest"), self.interest_account)
        french = self.env["res.company"].search([("chart_template", "=", "fr")], limit=1)
        if french:
            french._seed_dunning_charge_accounts()
            self.assertTrue(french.dunning_interest_account_id.code.startswith("7631"))
            self.assertTrue(french.dunning_compensation_account_id.code.startswith("7581"))

    def test_follow_up_counts_the_charge_like_any_invoice(self):
        receivable = self._create_paid_late()
        charges = self._claim(receivable)
        self.env["dunning.followup"]._sync(self.company, self.today)
        followup = self._get_followup()
        self.assertEqual(followup.charge_count, 2)
        self.assertEqual(followup.line_count, 1)
        self.assertEqual(charges.followup_id, followup)
        self.assertEqual(receivable.move_id.dunning_charge_count, 2)
        self.assertEqual(charges.charge_move_id.dunning_charge_count, 2)

    def test_charges_of_a_branch_are_booked_in_the_branch_on_the_accounts_of_its_legal_entity(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids |= branch
        self.customer.with_company(branch).property_account_receivable_id = \
            self.company_data["default_account_receivable"]
        receivable = self._create_late(company_id=branch.id, journal_id=self.company_data["default_journal_sale"].id)
        self.assertEqual(receivable.company_id, branch)
        charges = self._claim(receivable)
        self.assertEqual(charges.company_id, self.company)
        self.assertEqual(charges.charge_move_id.company_id, branch)
        self.assertEqual(charges.charge_move_id.invoice_line_ids.account_id,
                         self.interest_account | self.compensation_account)

    def test_collector_claims_without_right_to_configure(self):
        collector = new_test_user(self.env, "b_collector", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id, company_ids=self.company.ids)
        receivable = self._create_paid_late()
        env = self.env(user=collector, su=False)
        charges = env["dunning.charge"]._claim(receivable.with_env(env))
        self.assertEqual(charges.user_id, collector)
        self.assertEqual(charges.charge_move_id.state, "posted")

    # --- closed periods -------------------------------------------------------------------------------------------

    def test_nothing_is_booked_in_a_closed_period(self):
        receivable = self._create_paid_late()
        self.company.sale_lock_date = self.today
        with self.assertRaisesRegex(UserError, "closed"):
            self._claim(receivable)
        self.assertFalse(self.charges.search([("move_id", "=", receivable.move_id.id)]))
        self.company.sale_lock_date = self.today - timedelta(days=1)
        self.assertEqual(self._claim(receivable).charge_move_id.date, self.today)

    # --- taken back -----------------------------------------------------------------------------------------------

    def test_reset_takes_the_charges_back_and_posting_again_restores_them(self):
        receivable = self._create_paid_late()
        charges = self._claim(receivable)
        move = charges.charge_move_id
        move.button_draft()
        self.assertEqual(set(charges.mapped("state")), {"cancelled"})
        self.assertIn(move.name, charges[0].reason)
        self.assertEqual(self._get_claim(receivable).interest, 436.5)
        move.action_post()
        self.assertEqual(set(charges.mapped("state")), {"claimed"})
        self.assertEqual(self._get_claim(receivable).interest, 0)

    def test_changed_amount_counts_when_posted_again(self):
        charges = self._claim(self._create_paid_late())
        move = charges.charge_move_id
        move.button_draft()
        with Form(move) as form, form.invoice_line_ids.edit(0) as line:
            line.price_unit = 400
        move.action_post()
        self.assertEqual(charges[0].amount, 400)

    def test_days_claimed_anew_keep_the_old_invoice_from_being_posted(self):
        receivable = self._create_paid_late()
        old = self._claim(receivable).charge_move_id
        old.button_draft()
        self.assertEqual(len(self._claim(receivable)), 2)
        with self.assertRaisesRegex(UserError, "anew"), mute_logger("odoo.sql_db"):
            old.action_post()

    def test_cancelled_invoice_says_why_and_frees_the_days(self):
        receivable = self._create_paid_late()
        charges = self._claim(receivable)
        move = charges.charge_move_id
        move.button_draft()
        move.button_cancel()
        self.assertIn(move.name, charges[0].reason)
        again = self._claim(receivable)
        self.assertRecordValues(again[0], [{"date_from": DUE + timedelta(days=1), "date_to": AUGUST}])

    def test_credit_note_for_all_takes_the_charges_back(self):
        receivable = self._create_paid_late()
        charges = self._claim(receivable)
        note = charges.charge_move_id._reverse_moves([{"invoice_date": self.today, "date": self.today}], cancel=True)
        self.assertEqual(set(charges.mapped("state")), {"cancelled"})
        self.assertIn(note.name, charges[0].reason)
        self.assertEqual(len(self._claim(receivable)), 2)

    def test_credit_note_in_part_leaves_them_claimed(self):
        charges = self._claim(self._create_paid_late())
        note = charges.charge_move_id._reverse_moves([{"invoice_date": self.today, "date": self.today}])
        note.invoice_line_ids[0].unlink()
        note.action_post()
        self.assertEqual(set(charges.mapped("state")), {"claimed"})

    def test_reset_credit_note_restores_the_charges(self):
        receivable = self._create_paid_late()
        charges = self._claim(receivable)
        note = charges.charge_move_id._reverse_moves([{"invoice_date": self.today, "date": self.today}], cancel=True)
        note.button_draft()
        self.assertEqual(set(charges.mapped("state")), {"claimed"})
        self.assertEqual(self._get_claim(receivable).interest, 0)

    def test_older_claim_that_was_taken_back_can_be_claimed_again(self):
        receivable = self._create_late()
        older = self._claim(receivable, day=AUGUST)
        self._claim(receivable, day=date(2026, 9, 30))
        older.charge_move_id.button_draft()
        again = self._claim(receivable, day=date(2026, 10, 31))
        self.assertEqual(
            [(one.date_from, one.date_to) for one in again.filtered(lambda one: one.kind == "interest")],
            [(date(2026, 5, 16), AUGUST), (date(2026, 10, 1), date(2026, 10, 31))])
        self.assertAlmostEqual(again[0].amount, 436.5, delta=0.01)

    # --- collected ------------------------------------------------------------------------------------------------

    def test_collected_is_the_money_matched_with_the_invoice(self):
        charges = self._claim(self._create_paid_late())
        move = charges.charge_move_id
        self.assertEqual(charges[0].collected_amount, 0)
        half = date(2026, 11, 18)
        self._register_payment(move, amount=238.25, payment_date=half, currency_id=self.euro.id)
        self.env.invalidate_all()
        self.assertAlmostEqual(sum(charges.mapped("collected_amount")), sum(charges.mapped("amount_company")) / 2, 2)
        self.assertEqual(set(charges.mapped("collected_date")), {half})
        self._register_payment(move, amount=238.25, payment_date=date(2027, 1, 4), currency_id=self.euro.id)
        self.env.invalidate_all()
        self.assertAlmostEqual(charges[0].collected_amount, charges[0].amount_company, 2)

    def test_report_shows_each_year_what_was_claimed_waived_and_collected(self):
        receivable = self._create_paid_late(currency_id=self.company.currency_id.id)
        charges = self._claim(receivable, kinds={receivable.id: ["interest"]})
        self.charges._waive(receivable, "Goodwill", kinds={receivable.id: ["compensation"]})
        self._register_payment(charges.charge_move_id, amount=436.5, payment_date=date(2027, 1, 4))
        rows = self.env["dunning.charge.report"]._read_group(
            [("partner_id", "=", self.customer.id)], ["date:year", "kind"],
            ["amount_claimed:sum", "amount_waived:sum", "amount_collected:sum"])
        self.assertEqual([(year.year, kind, *amounts) for year, kind, *amounts in rows], [
            (2026, "compensation", 0, 40, 0), (2026, "interest", 436.5, 0, 0), (2027, "interest", 0, 0, 436.5),
        ])

    def test_report_lessens_what_was_taken_back(self):
        receivable = self._create_paid_late(currency_id=self.company.currency_id.id)
        charges = self._claim(receivable, kinds={receivable.id: ["interest"]})
        charges.charge_move_id.button_draft()
        report = self.env["dunning.charge.report"].search([("charge_id", "=", charges.id)])
        self.assertEqual(sum(report.mapped("amount_claimed")), 0)
        self.assertEqual(set(report.mapped("event")), {"claimed", "taken_back"})


@tagged("post_install", "-at_install")
class TestDunningChargeNight(ChargeCommon):
    """Companies that book what a sent notice claims, and the proposal when a customer seems to have paid it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.dunning_charge_booking = "claimed"
        cls.first.write({"claims_interest": True, "claims_compensation": True})

    def test_sent_notice_is_booked_once(self):
        receivable = self._create_late()
        notice = self._run_night().notice_ids
        self.assertEqual(notice.state, "sent")
        charges = self.charges.search([("move_id", "=", receivable.move_id.id)])
        self.assertEqual(len(charges), 2)
        self.assertEqual(charges.notice_id, notice)
        self.assertEqual(sum(charges.mapped("amount")), sum(
            line.interest_amount + line.compensation_amount for line in notice.line_ids))
        run = self._prepare_run()
        run._expire()
        notice.run_id._settle(notice.followup_id, self.today)
        self.assertEqual(self.charges.search([("move_id", "=", receivable.move_id.id)]), charges)

    def test_booked_invoice_that_is_reset_is_not_booked_again_by_the_night(self):
        receivable = self._create_late()
        self._run_night()
        charges = self.charges.search([("move_id", "=", receivable.move_id.id)])
        self.assertEqual(len(charges), 2)
        charges.charge_move_id.button_draft()
        self._prepare_run()._expire()
        self.assertEqual(self.charges.search_count([("move_id", "=", receivable.move_id.id)]), len(charges))

    def test_draft_notice_books_nothing(self):
        self._create_late()
        self._prepare_run()
        self.assertFalse(self.charges.search([("partner_id", "=", self.customer.id)]))

    def test_notices_sent_before_the_choice_are_left_alone(self):
        self.company.dunning_charge_booking = "settled"
        self._create_late()
        self._run_night()
        self.env.cr.execute("UPDATE dunning_notice SET create_date = create_date - interval '1 hour'")
        self.company.dunning_charge_booking = "claimed"
        self._prepare_run()._expire()
        self.assertFalse(self.charges.search([("partner_id", "=", self.customer.id)]))

    @mute_logger("odoo.addons.account_dunning.models.charge.dunning_charge_night")
    def test_one_customer_that_cannot_be_booked_does_not_stop_the_others(self):
        other = self._create_customer("Other")
        self._create_late()
        self._create_late(partner=other)
        model, book = type(self.charges), type(self.charges)._book

        def fail(charges):
            if charges.partner_id == self.customer:
                raise UserError("No journal")  # pylint: disable=translation-required
            return book(charges)

        with patch.object(model, "_book", fail):
            self._run_night()
        self.assertTrue(self.charges.search([("partner_id", "=", other.id)]))
        self.assertFalse(self.charges.search([("partner_id", "=", self.customer.id)]))
        self.assertIn("No journal", self._get_followup().attention_text)
        self._prepare_run()._expire()
        self.assertTrue(self.charges.search([("partner_id", "=", self.customer.id)]))

    def test_overpaying_customer_is_proposed_once(self):
        self.company.dunning_charge_booking = "settled"
        receivable = self._create_late(currency_id=self.company.currency_id.id)
        self._run_night()
        self._register_payment(receivable.move_id, amount=12700, payment_date=self.today)
        self.env["dunning.followup"]._sync(self.company, self.today)
        followup = self._get_followup()
        self.assertEqual(followup.amount_credit, 700)
        run = self._prepare_run()
        activity = followup.activity_ids.filtered(lambda one: "charges" in one.summary)
        self.assertEqual(len(activity), 1)
        run._expire()
        self.assertEqual(followup.activity_ids.filtered(lambda one: "charges" in one.summary), activity)
