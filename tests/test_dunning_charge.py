from datetime import date, timedelta

import psycopg2

from odoo import sql_db
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .charge_common import AUGUST, ChargeCommon

FULL = [("interest", 436.5), ("compensation", 40)]


@tagged("post_install", "-at_install")
class TestDunningCharge(ChargeCommon):

    # --- never twice ----------------------------------------------------------------------------------------------

    def test_claim_takes_interest_and_compensation_of_an_invoice_paid_late(self):
        receivable = self._create_paid_late()
        charges = self._claim(receivable)
        self._assert_charges(charges, FULL)
        self.assertRecordValues(charges, [
            {"date_from": date(2026, 5, 16), "date_to": AUGUST, "state": "claimed", "move_id": receivable.move_id.id,
             "line_id": receivable.id, "user_id": self.env.uid, "date": self.today, "partner_id": self.customer.id},
            {"date_from": False, "date_to": False, "state": "claimed", "move_id": receivable.move_id.id,
             "line_id": receivable.id, "user_id": self.env.uid, "date": self.today, "partner_id": self.customer.id},
        ])
        self.assertEqual([(segment["days"], segment["amount"]) for segment in charges[0].detail],
                         [("46", "183.75"), ("62", "252.75")])

    def test_second_claim_finds_nothing(self):
        receivable = self._create_paid_late()
        self._claim(receivable)
        self.assertEqual((self._get_claim(receivable).interest, self._get_claim(receivable).compensation), (0, 0))
        with self.assertRaisesRegex(UserError, "Nothing is left"):
            self._claim(receivable)
        with self.assertRaisesRegex(UserError, "Nothing is left"):
            self.charges._waive(receivable, "Goodwill")

    def test_later_claim_begins_the_day_after(self):
        receivable = self._create_late()
        first = self._claim(receivable, day=AUGUST)
        self._assert_charges(first, FULL)
        second = self._claim(receivable, day=date(2026, 9, 30))
        self.assertRecordValues(second, [{"kind": "interest", "date_from": date(2026, 9, 1),
                                          "date_to": date(2026, 9, 30)}])
        self.assertAlmostEqual(second.amount, 12000 * 0.124 * 30 / 365, 2)

    def test_compensation_is_due_once_per_invoice_whatever_its_instalments(self):
        move = self._create_late(invoice_payment_term_id=self.pay_terms_b.id, invoice_date_due=False).move_id
        lines = move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(len(lines), 2)
        charges = self._claim(lines)
        self.assertEqual(len(charges.filtered(lambda one: one.kind == "compensation")), 1)
        self.assertEqual(len(charges.filtered(lambda one: one.kind == "interest")), 2)

    def test_interest_and_compensation_can_be_decided_apart(self):
        receivable = self._create_paid_late()
        self._assert_charges(self._claim(receivable, kinds={receivable.id: ["interest"]}), FULL[:1])
        self._assert_charges(
            self.charges._waive(receivable, "Good customer", kinds={receivable.id: ["compensation"]}), FULL[1:])

    def test_database_refuses_days_that_overlap(self):
        charge = self._claim(self._create_paid_late())[0]
        for first, last in ((date(2026, 8, 31), date(2026, 9, 30)), (date(2026, 5, 1), date(2026, 5, 16))):
            with self.assertRaises(psycopg2.errors.ExclusionViolation), mute_logger("odoo.sql_db"):
                charge.copy({"date_from": first, "date_to": last, "charge_line_id": False})
                self.env.flush_all()
        charge.copy({"date_from": date(2026, 9, 1), "date_to": date(2026, 9, 2)})
        self.env.flush_all()

    def test_database_refuses_a_second_compensation(self):
        charge = self._claim(self._create_paid_late())[1]
        with self.assertRaises(psycopg2.errors.UniqueViolation), mute_logger("odoo.sql_db"):
            charge.copy()
            self.env.flush_all()

    def test_two_transactions_cannot_claim_the_same_days(self):
        """On a table with the constraints of the charges: the second one waits for the first, then is refused."""
        insert = """INSERT INTO dunning_charge_race (id, line_id, move_id, kind, state, date_from, date_to, amount,
                           company_id, partner_id, currency_id, user_id, date)
                    VALUES (%s, 7, 7, %s, 'claimed', '2026-08-01', '2026-08-31', 1, 1, 1, 1, 1, '2026-09-01')"""
        connection = sql_db.db_connect(self.env.cr.dbname)
        with connection.cursor() as cr:
            cr.execute("DROP TABLE IF EXISTS dunning_charge_race")
            cr.execute("CREATE TABLE dunning_charge_race (LIKE dunning_charge INCLUDING ALL)")
        self.addCleanup(self._drop_race)
        with mute_logger("odoo.sql_db"):
            for kind in ("interest", "compensation"):
                with connection.cursor() as first, connection.cursor() as second:
                    first.execute(insert, [1, kind])
                    second.execute("SET lock_timeout = '100ms'")
                    with self.assertRaises(psycopg2.errors.LockNotAvailable):
                        second.execute(insert, [2, kind])
                    second.rollback()
                    first.commit()
                    with self.assertRaises(psycopg2.IntegrityError):
                        second.execute(insert, [2, kind])
                    second.rollback()
                    first.execute("DELETE FROM dunning_charge_race")

    def _drop_race(self):
        with sql_db.db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute("DROP TABLE dunning_charge_race")

    def test_charges_of_instalments_made_anew_still_count(self):
        receivable = self._create_late()
        self._claim(receivable, day=AUGUST)
        receivable.move_id.button_draft()
        receivable.move_id.write({"invoice_payment_term_id": self.pay_terms_b.id})
        receivable.move_id.action_post()
        lines = receivable.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertEqual(self.charges._get_charged(lines.ids)[line.id][:2], (AUGUST, True))
            claim = self._get_claim(line)
            self.assertFalse([segment for segment in claim.breakdown.segments
                              if segment.last >= date(2026, 5, 16) and segment.first <= AUGUST])
            self.assertEqual(claim.compensation, 0)

    def test_reset_invoice_posted_as_it_was_keeps_its_charges(self):
        receivable = self._create_late()
        charges = self._claim(receivable, day=AUGUST)
        receivable.move_id.button_draft()
        receivable.move_id.action_post()
        line = receivable.move_id.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        self.assertEqual(charges.line_id, line)
        self.assertEqual(self._get_claim(line).first_day, AUGUST + timedelta(days=1))

    def test_credit_note_after_a_claim_says_where_too_much_may_be_claimed(self):
        receivable = self._create_late()
        booked = self._claim(receivable).charge_move_id
        note = receivable.move_id._reverse_moves([{"invoice_date": self.today, "date": self.today}])
        note.action_post()
        self.assertIn(booked.name, receivable.move_id.message_ids[0].body)

    # --- who may be charged ---------------------------------------------------------------------------------------

    def test_consumer_owes_neither(self):
        consumer = self._create_customer("Person", is_company=False, dunning_debtor_kind="consumer")
        receivable = self._create_paid_late(partner=consumer)
        with self.assertRaisesRegex(UserError, "formal notice"):
            self._claim(receivable)
        self.assertFalse(self.charges.search([("partner_id", "=", consumer.id)]))

    def test_charge_invoice_bears_neither_interest_nor_compensation(self):
        booked = self._claim(self._create_paid_late()).charge_move_id
        lines = booked.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self._set_today(date(2027, 3, 1))
        claim = self._get_claim(lines)
        self.assertEqual((claim.interest, claim.compensation), (0, 0))
        with self.assertRaises(UserError):
            self._claim(lines)
        self.assertFalse(booked._get_charge_lines())

    def test_opening_entry_bears_one_compensation_per_item(self):
        account = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create({
            "move_type": "entry", "date": date(2026, 5, 1), "line_ids": [
                (0, 0, {"account_id": account.id, "partner_id": self.customer.id, "debit": 500, "name": f"OLD{number}",
                        "date_maturity": date(2026, 5, 15)}) for number in (1, 2)
            ] + [(0, 0, {"account_id": self.company_data["default_account_revenue"].id, "credit": 1000})],
        })
        entry.action_post()
        items = entry.line_ids.filtered("debit")
        charges = self._claim(items)
        self.assertEqual(charges.mapped("kind").count("compensation"), 2)

    # --- waiving --------------------------------------------------------------------------------------------------

    def test_waiver_names_who_when_and_why(self):
        receivable = self._create_paid_late()
        charges = self.charges._waive(receivable, " Agreed with the buyer ")
        self._assert_charges(charges, FULL)
        self.assertEqual(set(charges.mapped("state")), {"waived"})
        self.assertEqual(set(charges.mapped("reason")), {"Agreed with the buyer"})
        self.assertEqual(charges.user_id, self.env.user)
        self.assertFalse(charges.charge_move_id)
        self.assertIn("Agreed with the buyer", receivable.move_id.message_ids[0].body)

    def test_waiver_needs_a_reason(self):
        with self.assertRaisesRegex(UserError, "why"):
            self.charges._waive(self._create_paid_late(), "  ")

    def test_nothing_is_waived_towards_a_public_body(self):
        town = self._create_customer("Town", dunning_debtor_kind="public")
        receivable = self._create_paid_late(partner=town)
        with self.assertRaisesRegex(UserError, "L2192-14|waiver void"):
            self.charges._waive(receivable, "Goodwill")
        self.assertEqual(len(self._claim(receivable)), 2)

    def test_collector_waives_up_to_the_limit_and_a_manager_above(self):
        values = {"company_id": self.company.id, "company_ids": self.company.ids}
        collector = new_test_user(self.env, "c_collector", groups="account_dunning.group_dunning_user", **values)
        manager = new_test_user(self.env, "c_manager", groups="account_dunning.group_dunning_manager", **values)
        receivable = self._create_paid_late()
        self.company.dunning_waive_limit = 100
        env = self.env(user=collector, su=False)
        with self.assertRaisesRegex(UserError, "manager"):
            env["dunning.charge"]._waive(receivable.with_env(env), "Goodwill")
        kinds = {receivable.id: ["compensation"]}
        waived = env["dunning.charge"]._waive(receivable.with_env(env), "Goodwill", kinds)
        self.assertEqual((waived.user_id, waived.amount), (collector, 40))
        env = self.env(user=manager, su=False)
        self.assertEqual(env["dunning.charge"]._waive(receivable.with_env(env), "Goodwill").amount, 436.5)

    def test_withdrawn_waiver_can_be_claimed(self):
        receivable = self._create_paid_late()
        waived = self.charges._waive(receivable, "Goodwill")
        waived.action_take_back()
        self.assertEqual(set(waived.mapped("state")), {"cancelled"})
        self._assert_charges(self._claim(receivable), FULL)

    # --- rights ---------------------------------------------------------------------------------------------------

    def test_nobody_writes_a_charge_over_rpc(self):
        charges = self._claim(self._create_paid_late())
        values = {"company_id": self.company.id, "company_ids": self.company.ids}
        manager = new_test_user(self.env, "c_boss", groups="account_dunning.group_dunning_manager", **values)
        ours = charges.with_user(manager)
        for forge in (lambda: ours.write({"amount": 1}), lambda: ours.write({"state": "cancelled"}), ours.unlink,
                      lambda: ours.create({"kind": "interest"})):
            with self.assertRaises(AccessError):
                forge()

    def test_invoicing_users_read_and_decide_nothing(self):
        receivable = self._create_paid_late()
        user = new_test_user(self.env, "c_invoicing", groups="account.group_account_invoice",
                             company_id=self.company.id, company_ids=self.company.ids)
        env = self.env(user=user, su=False)
        with self.assertRaises(AccessError):
            env["dunning.charge"]._claim(receivable.with_env(env))
        with self.assertRaises(AccessError):
            env["dunning.charge"]._waive(receivable.with_env(env), "Goodwill")
        self.assertEqual(len(self._claim(receivable).with_user(user).mapped("amount")), 2)

    def test_charges_stay_in_their_company(self):
        charges = self._claim(self._create_paid_late())
        other = self.setup_other_company()["company"]
        user = new_test_user(self.env, "c_other", groups="account_dunning.group_dunning_manager",
                             company_id=other.id, company_ids=other.ids)
        for model in ("dunning.charge", "dunning.charge.report"):
            self.assertFalse(self.env[model].with_user(user).search([("partner_id", "=", self.customer.id)]))
        with self.assertRaises(AccessError):
            charges.with_user(user).check_access("read")
