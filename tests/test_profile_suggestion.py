from datetime import date, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ..models.profile.dunning_profile_score import Figures, suggest
from .common import DunningCommon


def figures(**values):
    """Return the figures of a business without any profile that pays on time."""
    nothing = dict.fromkeys(Figures._fields[:6])
    return Figures(**{**nothing, "partner_id": 1, "kind": "business", "invoices": 5, **values})


class TestDunningProfileScore(BaseCase):
    """Which profile the figures speak for, without any database."""

    def test_pays_on_time_is_good(self):
        self.assertEqual(suggest(figures(delay=3, share_late=10)), "good")

    def test_a_little_late_says_nothing(self):
        self.assertIsNone(suggest(figures(delay=5, share_late=20)))

    def test_late_payer_is_careless(self):
        self.assertEqual(suggest(figures(delay=10)), "careless")
        self.assertEqual(suggest(figures(share_late=50)), "careless")

    def test_a_month_late_is_bad(self):
        self.assertEqual(suggest(figures(delay=30)), "bad")

    def test_two_broken_promises_or_returned_payments_are_bad(self):
        self.assertEqual(suggest(figures(broken=2)), "bad")
        self.assertEqual(suggest(figures(returned=2)), "bad")
        self.assertNotEqual(suggest(figures(broken=1, returned=1)), "bad")

    def test_one_broken_promise_is_not_good(self):
        self.assertIsNone(suggest(figures(broken=1)))

    def test_later_and_later_is_bad_earlier(self):
        self.assertEqual(suggest(figures(delay=20, trend=10)), "bad")
        self.assertEqual(suggest(figures(delay=20, trend=9)), "careless")

    def test_three_disputes_are_disputing_whatever_the_delay(self):
        self.assertEqual(suggest(figures(disputes=3, delay=60)), "disputing")

    def test_public_body_that_pays_late_is_administrative_never_bad(self):
        self.assertEqual(suggest(figures(kind="public", delay=60, broken=3)), "administrative")
        self.assertIsNone(suggest(figures(kind="public")))

    def test_what_only_a_person_knows_is_left_alone(self):
        for code in ("insolvent", "administrative", "automatic"):
            self.assertIsNone(suggest(figures(current_code=code, delay=60)))

    def test_disputing_chosen_by_a_person_is_left_alone_and_a_suggested_one_is_not(self):
        self.assertIsNone(suggest(figures(current_code="disputing", current_id=5, delay=60)))
        self.assertEqual(suggest(figures(current_code="disputing", current_id=5, applied_id=5, delay=60)), "bad")

    def test_suggestion_stays_until_the_figure_has_moved_one_fifth(self):
        self.assertEqual(suggest(figures(delay=24, suggested_code="bad")), "bad")
        self.assertEqual(suggest(figures(delay=23, suggested_code="bad")), "careless")
        self.assertEqual(suggest(figures(delay=24)), "careless")


@tagged("post_install", "-at_install")
class TestDunningProfileSuggestion(DunningCommon):

    def setUp(self):
        super().setUp()
        self.profiles = {
            code: self.env.ref(f"account_dunning.dunning_profile_{code}")
            for code in ("careless", "bad", "good", "disputing", "automatic")
        }

    def _night(self, day=None):
        """Let a night begin on a day, as far as payer profiles go; return the suggestion of the customer."""
        if day:
            self._set_today(day)
        self.env["dunning.run"]._create_run(self.company, origin="scheduled")._expire()
        self.env.invalidate_all()
        return self.customer.with_company(self.company).dunning_suggestion_id

    def _get_suggested(self, partner=None):
        return (partner or self.customer).with_company(self.company).dunning_profile_suggested_id.code

    def _invoice_paid(self, due, days_late, amount=1000, **values):
        receivable = self._create_receivable(amount, due=due, **values)
        self._set_today(due + timedelta(days=days_late))
        self._pay(receivable)
        return receivable

    def _invoices_paid(self, *delays, partner=None):
        """Invoices of the months before today, each paid so many days late."""
        today = self.today
        for number, days in enumerate(delays):
            self._invoice_paid(today - timedelta(days=100 - 5 * number), days, partner=partner)
        self._set_today(today)

    # --- the story ------------------------------------------------------------------------------------------------

    def test_story_from_careless_to_bad_and_back(self):
        # Three invoices, each paid twelve days late.
        for month in (1, 2, 3):
            self._invoice_paid(date(2026, month, 10), 12)
        self._night(date(2026, 4, 1))
        self.assertEqual(self._get_suggested(), "careless")
        self.assertEqual(
            self.customer.dunning_profile_suggested_reason,
            "Pays 12 days late on average (weighted by amount), 100 % of the amounts late, 3 invoices in 12 months.")
        self.customer.with_company(self.company).action_accept_dunning_profile()
        self.assertEqual(self.customer.dunning_profile_id, self.profiles["careless"])
        self.assertFalse(self._get_suggested())

        # A large one stays open: (3,000 x 12 + 3,000 x 47) / 6,000 is 29.5 days on 27 May, 30 the day after.
        large = self._create_receivable(3000, due=date(2026, 4, 10))
        self._night(date(2026, 5, 26))
        self.assertFalse(self._get_suggested())
        self._night(date(2026, 5, 28))
        self.assertEqual(self._get_suggested(), "bad")
        self.assertIn("Pays 30 days late on average", self.customer.dunning_profile_suggested_reason)
        self.customer.with_company(self.company).action_accept_dunning_profile()

        # He pays it, and from then on pays in time. The figure falls day by day, but not the suggestion every day.
        self._pay(large)
        for month in (6, 7, 8):
            self._invoice_paid(date(2026, month, 10), 0)
        self._night(date(2026, 8, 11))  # 6,000 at 30 days and 3,000 in time: 20 days
        self.assertEqual(self._get_suggested(), "careless")
        self.customer.with_company(self.company).action_accept_dunning_profile()

        # A year later nothing late is left in the twelve months.
        self._night(date(2027, 5, 27))
        self.assertFalse(self._get_suggested())
        self._night(date(2027, 5, 29))
        self.assertEqual(self._get_suggested(), "good")

    # --- figures --------------------------------------------------------------------------------------------------

    def test_delay_is_weighted_by_amount(self):
        today = self.today
        self._invoice_paid(date(2026, 9, 1), 40, amount=100)
        self._invoice_paid(date(2026, 9, 2), 0, amount=900)
        self._invoice_paid(date(2026, 9, 3), 0, amount=1000)
        suggestion = self._night(today)
        self.assertEqual([suggestion.average_delay, suggestion.share_late, suggestion.invoice_count], [2, 5, 3])

    def test_open_overdue_amounts_count_with_their_days_so_far(self):
        for late in (30, 60, 90):
            self._create_receivable(late=late)
        self._create_receivable(late=-10)
        suggestion = self._night()
        self.assertEqual([suggestion.average_delay, suggestion.share_late, suggestion.invoice_count], [60, 100, 3])

    def test_old_debt_still_open_counts_however_old(self):
        self._create_receivable(late=800)
        self._invoices_paid(0, 0)
        self.assertEqual(self._night().average_delay, 267)

    def test_credit_note_is_no_payment(self):
        self._invoices_paid(0, 0, 0)
        receivable = self._create_receivable(late=60)
        receivable.move_id._reverse_moves([{"invoice_date": self.today, "date": self.today}], cancel=True)
        suggestion = self._night()
        self.assertEqual([suggestion.average_delay, suggestion.invoice_count], [0, 3])

    def test_what_is_left_out_of_dunning_does_not_count(self):
        self._invoices_paid(0, 0, 0)
        self._create_receivable(late=60).no_followup = True
        self.assertEqual(self._night().average_delay, 0)

    def test_returned_payment_is_seen(self):
        self._invoices_paid(0, 0, 0)
        for late in (1, 2):
            self._create_receivable(late=late).move_id.dunning_rejected_date = self.today
        suggestion = self._night()
        self.assertEqual(suggestion.profile_id, self.profiles["bad"])
        self.assertIn("2 returned payments", suggestion.reason_text)

    def test_broken_promises_are_seen(self):
        self._invoices_paid(0, 0, 0)
        for number in (1, 2):
            promise = self.env["dunning.promise"]._create_for(self._create_receivable(late=number), self.today)
            promise._write_door({"state": "broken", "date_judged": self.today})
        self.env.flush_all()
        self.env["dunning.profile.suggestion"]._refresh(self.company, self.today)
        self.assertIn("2 broken promises", self.customer.dunning_profile_suggested_reason)
        self.assertEqual(self._get_suggested(), "bad")

    def test_open_dispute_is_an_objection_and_not_a_delay(self):
        self._invoices_paid(0, 0, 0)
        reason = self.env["dunning.dispute.reason"].search([("is_ours", "=", False)], limit=1)
        for _number in range(3):
            self.env["dunning.dispute"]._create_for(self._create_receivable(late=60), reason)
        suggestion = self._night()
        self.assertEqual([suggestion.profile_id, suggestion.average_delay], [self.profiles["disputing"], 0])

    def test_trend_compares_both_halves_of_the_period(self):
        today = self.today
        self._invoice_paid(today - timedelta(days=300), 5)
        self._invoice_paid(today - timedelta(days=100), 40)
        self._invoice_paid(today - timedelta(days=90), 40)
        suggestion = self._night(today)
        self.assertEqual([suggestion.trend, suggestion.average_delay], [35, 28])
        self.assertIn("35 days later than before", suggestion.reason_text)
        self.assertEqual(suggestion.profile_id, self.profiles["bad"])

    def test_nothing_is_suggested_from_too_few_invoices(self):
        self._invoices_paid(60, 60)
        self.assertFalse(self._night())
        self.company.dunning_profile_min_invoices = 2
        self.assertEqual(self._night().profile_id, self.profiles["bad"])

    def test_suggestion_ends_when_there_is_nothing_left_to_look_at(self):
        self._invoices_paid(60, 60, 60)
        self.assertTrue(self._night().profile_id)
        self.assertFalse(self._night(self.today + timedelta(days=400)).profile_id)

    def test_window_and_number_of_invoices_must_make_sense(self):
        for values in ({"dunning_profile_months": 0}, {"dunning_profile_min_invoices": 0}):
            with self.assertRaises(ValidationError):
                self.company.write(values)

    # --- what people make of it -----------------------------------------------------------------------------------

    def test_dismissed_suggestion_stays_away_until_another_came(self):
        self._invoices_paid(12, 12, 12)
        suggestion = self._night()
        suggestion.action_dismiss()
        self._night(self.today + timedelta(days=1))
        self.assertFalse(self._get_suggested())
        large = self._create_receivable(30000, late=60)
        self._night()
        self.assertEqual(self._get_suggested(), "bad")
        large.no_followup = True
        self._night()
        self.assertEqual(self._get_suggested(), "careless")

    def test_suggestion_is_not_shown_when_the_profile_is_already_his(self):
        self.customer.with_company(self.company).dunning_profile_id = self.profiles["careless"]
        self._invoices_paid(12, 12, 12)
        self.assertFalse(self._night().is_open)

    def test_accepting_says_on_the_customer_why(self):
        self._invoices_paid(12, 12, 12)
        self._night().action_accept()
        self.assertIn("Careless (Accepted). Pays 12 days late", self.customer.message_ids[:1].preview)

    def test_suggestion_is_found_by_whether_it_is_to_decide(self):
        self._invoices_paid(12, 12, 12)
        suggestion = self._night()
        decide = [("is_open", "=", True), ("company_id", "=", self.company.id)]
        self.assertEqual(suggestion.search(decide), suggestion)
        suggestion.action_accept()
        self.assertFalse(suggestion.search(decide))

    def test_follow_up_shows_the_suggestion_and_takes_it(self):
        for late in (30, 60, 90):
            self._create_receivable(late=late)
        self._night()
        self.env["dunning.followup"]._sync(self.company, self.today)
        followup = self._get_followup()
        self.assertEqual(followup.suggestion_label, "Bad Payer")
        followup.action_accept_profile()
        self.assertFalse(followup.suggestion_label)
        self.assertEqual(followup.partner_profile_id, self.profiles["bad"])

    def test_only_those_who_may_change_customers_decide(self):
        self._invoices_paid(12, 12, 12)
        suggestion = self._night()
        reader = self._create_new_internal_user(groups="account.group_account_readonly", login="profile_reader")
        with self.assertRaises(AccessError):
            suggestion.with_user(reader).action_dismiss()

    def test_merged_customers_are_one_again(self):
        other = self._create_customer("Customer Again")
        for partner in (self.customer, other):
            self._invoices_paid(12, 12, 12, partner=partner)
        self._night()
        self.env["base.partner.merge.automatic.wizard"]._merge((self.customer | other).ids, self.customer)
        self.assertEqual(self._night().invoice_count, 6)
        self.assertEqual(self.env["dunning.profile.suggestion"].search_count([
            ("company_id", "=", self.company.id)]), 1)

    def test_payment_undone_later_is_a_debt_again(self):
        self._invoices_paid(0, 0, 0)
        receivable = self._create_receivable(late=60)
        self._pay(receivable)
        self.assertEqual(self._night().invoice_count, 4)
        receivable.remove_move_reconcile()
        later = self.today + timedelta(days=30)
        suggestion = self._night(later)
        self.assertEqual([suggestion.average_delay, suggestion.invoice_count], [23, 4])

    def test_profile_that_is_deleted_leaves_no_suggestion(self):
        own = self.env["dunning.profile"].create({
            "name": "Our careless", "code": "careless", "company_id": self.company.id})
        self._invoices_paid(12, 12, 12)
        suggestion = self._night()
        self.assertEqual(suggestion.profile_id, own)
        own.unlink()
        self.assertFalse(suggestion.is_open)
        self.assertEqual(self._night().profile_id, self.profiles["careless"])

    # --- applied automatically ------------------------------------------------------------------------------------

    def test_profile_is_applied_where_nobody_chose_one_and_follows_the_figures(self):
        self.company.dunning_profile_auto = True
        self._invoices_paid(12, 12, 12)
        self._night()
        customer = self.customer.with_company(self.company)
        self.assertEqual(customer.dunning_profile_id, self.profiles["careless"])
        self.assertFalse(customer.dunning_profile_is_manual)
        self._create_receivable(30000, late=60)
        self._night()
        self.assertEqual(customer.dunning_profile_id, self.profiles["bad"])

    def test_manual_choice_is_never_overwritten(self):
        self.company.dunning_profile_auto = True
        customer = self.customer.with_company(self.company)
        customer.dunning_profile_id = self.profiles["good"]
        self._invoices_paid(60, 60, 60)
        self._night()
        self.assertEqual(customer.dunning_profile_id, self.profiles["good"])
        self.assertTrue(customer.dunning_profile_is_manual)
        self.assertEqual(self._get_suggested(), "bad")

    def test_choosing_again_what_was_applied_makes_it_manual(self):
        self.company.dunning_profile_auto = True
        self._invoices_paid(12, 12, 12)
        self._night()
        customer = self.customer.with_company(self.company)
        customer.write({"dunning_profile_id": self.profiles["careless"].id})
        self.assertTrue(customer.dunning_profile_is_manual)
        self._create_receivable(30000, late=60)
        self._night()
        self.assertEqual(customer.dunning_profile_id, self.profiles["careless"])

    def test_dismissed_profile_is_not_applied(self):
        self._invoices_paid(12, 12, 12)
        self._night().action_dismiss()
        self.company.dunning_profile_auto = True
        self._night()
        self.assertFalse(self.customer.with_company(self.company).dunning_profile_id)

    def test_natural_person_gets_facts_for_a_label_and_nothing_by_itself(self):
        self.company.dunning_profile_auto = True
        person = self._create_customer("Person", is_company=False, dunning_debtor_kind="consumer")
        nobody = self._create_customer("Nobody Knows", is_company=False, dunning_debtor_kind=False)
        trader = self._create_customer("Sole Trader", is_company=False)
        for partner in (person, nobody, trader):
            self._invoices_paid(12, 12, 12, partner=partner)
        self._night()
        for partner in (person, nobody, trader):
            partner = partner.with_company(self.company)
            self.assertFalse(partner.dunning_profile_id)
            self.assertEqual(partner.dunning_profile_suggested_label, "Pays on reminder")

    # --- the night ------------------------------------------------------------------------------------------------

    def test_number_of_queries_does_not_grow_with_customers(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["dunning.profile.suggestion"]._refresh(self.company, self.today)
            return self.env.cr.sql_log_count - before

        self.company.dunning_profile_min_invoices = 1
        self._create_receivable(late=40)
        one = count()
        for number in range(8):
            self._create_receivable(late=40, partner=self._create_customer(f"Customer {number}"))
        self.assertLessEqual(count(), one)
        self.assertEqual(self.env["dunning.profile.suggestion"].search_count([
            ("company_id", "=", self.company.id), ("profile_id", "=", self.profiles["bad"].id)]), 9)

    # --- whom the night looks at ----------------------------------------------------------------------------------

    def _get_looked_at(self, day):
        """Let a night begin; return the customers it looked at, "all", or nothing."""
        looked = []
        model = type(self.env["dunning.profile.suggestion"])
        plain = model._get_figures

        def get_figures(records, company, today, partner_ids=None):
            looked.append("all" if partner_ids is None else records.env["res.partner"].browse(partner_ids))
            return plain(records, company, today, partner_ids)

        with patch.object(model, "_get_figures", get_figures):
            self._night(day)
        # Everything is written in the same moment here: let the next night take it for older.
        self.company.dunning_profile_look_date = fields.Datetime.now() + timedelta(hours=1)
        self.env.flush_all()
        return looked[0] if looked else None

    def test_night_looks_at_customers_of_whom_something_changed(self):
        day = self.today
        receivable = self._create_receivable(late=50)
        self.assertEqual(self._get_looked_at(day), "all")
        self.assertIsNone(self._get_looked_at(day + timedelta(days=1)))
        self._pay(receivable)
        self.assertEqual(self._get_looked_at(day + timedelta(days=2)), self.customer)
        self.assertIsNone(self._get_looked_at(day + timedelta(days=3)))

    def test_payment_that_is_undone_is_looked_at(self):
        receivables = [self._create_receivable(late=20) for _number in range(3)]
        for receivable in receivables:
            self._pay(receivable)
        day = self.today
        self.assertEqual(self._get_looked_at(day), "all")
        receivables[0].remove_move_reconcile()
        self.assertEqual(self._get_looked_at(day + timedelta(days=1)), self.customer)
        self.assertIsNone(self._get_looked_at(day + timedelta(days=2)))

    def test_all_are_looked_at_once_a_week_and_after_a_setting_changed(self):
        day = self.today
        self.assertEqual(self._get_looked_at(day), "all")
        self.assertIsNone(self._get_looked_at(day + timedelta(days=6)))
        self.assertEqual(self._get_looked_at(day + timedelta(days=7)), "all")
        self.company.dunning_profile_months = 6
        self.assertEqual(self._get_looked_at(day + timedelta(days=8)), "all")
        self.profiles["bad"].active = False
        self.assertEqual(self._get_looked_at(day + timedelta(days=9)), "all")

    def test_run_by_hand_leaves_suggestions_alone(self):
        self._invoices_paid(12, 12, 12)
        self.env["dunning.run"]._create_run(self.company)._expire()
        self.assertFalse(self.customer.with_company(self.company).dunning_suggestion_id)

    def test_night_goes_on_when_suggestions_fail(self):
        broken = patch.object(type(self.env["dunning.profile.suggestion"]), "_get_figures", side_effect=ValueError)
        with broken, mute_logger("odoo.addons.account_dunning.models.profile.res_partner_profile"):
            run = self._prepare_run(origin="scheduled")
        self.assertEqual(run.state, "done")
