import base64
import hashlib
from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .approval_common import ApprovalCommon


@tagged("post_install", "-at_install")
class TestNoticeDeadline(ApprovalCommon):
    """A formal notice names a calendar day; late letters are re-issued; somebody is told the morning after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"dunning_year_end_pause": False, "dunning_quiet_days": 0})
        cls.env["dunning.holiday"].create([
            {"name": day, "date": day, "company_id": cls.company.id}
            for day in ("2026-05-01", "2026-05-08", "2026-12-25", "2027-01-01")
        ])
        cls.formal.deadline_days = 8

    def _send_formal(self, receivable=None):
        """Return a formal notice that was approved, printed and posted today."""
        notice = self._prepare_formal(receivable=receivable or self._create_receivable(1000, late=60))
        self._answer(notice, self.accounting)
        self._produce(notice)
        notice.action_mark_posted()
        self.assertEqual(notice.state, "sent")
        return notice

    def _wait_until(self, day):
        self._set_today(day)
        return self._run_night()

    def _get_day(self, day):
        return self.env["dunning.notice"]._get_deadline_day(self.company, self.formal, day)

    def test_call_that_announces_a_formal_notice_is_none(self):
        """It puts nobody in default, and no deadline of it can expire."""
        self.formal.write({"call_mode": "before", "call_days": 28, "call_wait_days": 3})
        self.customer.dunning_debtor_kind = "consumer"
        receivable = self._create_receivable(1000, late=60)
        call = self._prepare_formal(receivable=receivable)
        self.assertEqual((call.is_call, call.level_id, call.stage), (True, self.formal, "none"))
        self.assertEqual(call.state, "ready", "it is on the agenda, nobody has to release it")
        call.dispatch_ids.outcome = "reached"
        call.dispatch_ids._set_sent(self.today)
        self.assertEqual(call.state, "sent")
        self.assertFalse(receivable._get_formal_effective_dates(receivable.ids))
        self.assertFalse(self.customer._get_dunning_banners(self.company).get(self.customer.id))
        call._end_deadlines(self.company, call.deadline_date + timedelta(days=1))
        self.assertFalse(call.deadline_outcome)

    # --- the date -------------------------------------------------------------------------------------------------

    def test_clear_days_begin_after_the_expected_presentation(self):
        """Printed on Wednesday, presented on Friday; eight full days, and the next working day is the last one."""
        self.assertEqual(self._get_day(date(2026, 11, 18)), date(2026, 11, 30))  # Friday 20 + 9 = Sunday 29

    def test_letter_before_the_first_of_may_counts_no_holiday_as_a_day_of_post(self):
        # Thursday 30 April; Friday 1 May is a holiday: presented on Tuesday 5, ends on Thursday 14.
        self.assertEqual(self._get_day(date(2026, 4, 30)), date(2026, 5, 14))

    def test_deadline_that_ends_on_a_holiday_or_week_end_moves_to_a_working_day(self):
        # Monday 27 April: presented on Wednesday 29; Friday 8 May is a holiday: Monday 11.
        self.assertEqual(self._get_day(date(2026, 4, 27)), date(2026, 5, 11))
        # Monday 14 December: presented on Wednesday 16; Friday 25 is Christmas: Monday 28.
        self.assertEqual(self._get_day(date(2026, 12, 14)), date(2026, 12, 28))

    def test_letter_on_christmas_eve(self):
        # Thursday 24 December: presented on Tuesday 29; Thursday 7 January.
        self.assertEqual(self._get_day(date(2026, 12, 24)), date(2027, 1, 7))

    def test_date_is_that_of_the_production_not_of_the_preparation(self):
        notice = self._prepare_formal()
        self.assertEqual(notice.deadline_date, date(2026, 11, 30))
        self._set_today(date(2026, 12, 2))
        self._answer(notice, self.accounting)
        self._produce(notice)
        self.assertEqual((notice.date, notice.deadline_date), (date(2026, 12, 2), date(2026, 12, 14)))

    def test_person_may_give_more_time_and_never_a_day_that_passed(self):
        notice = self._prepare_formal()
        as_collector = notice.with_user(self.collector).sudo(False)
        with self.assertRaisesRegex(UserError, "in the past"):
            as_collector.deadline_date = self.today - timedelta(days=1)
        as_collector.deadline_date = date(2027, 1, 15)
        as_collector.letter_body = f"<p>Formal notice: pay by {notice.deadline_text}.</p>"
        self._answer(notice, self.accounting)
        self._produce(notice)
        self.assertEqual(notice.deadline_date, date(2027, 1, 15))

    def test_text_by_hand_whose_day_came_too_near_goes_back_to_the_collector(self):
        """A letter never gives less time than its step, nor names another day than the notice."""
        notice = self._prepare_formal()  # until 30 November
        notice.letter_body = f"<p>Formal notice: pay by {notice.deadline_text}.</p>"
        self._answer(notice, self.accounting)
        self._set_today(date(2026, 12, 2))
        self._produce(notice)
        self.assertEqual((notice.state, notice.deadline_date, notice.pdf_sha256), (
            "to_approve", date(2026, 12, 14), False))
        self.assertIn("deadline", notice.approval_text)

    def test_reminders_keep_their_own_rule(self):
        self.first.deadline_days = 8
        day = self.env["dunning.notice"]._get_deadline_day(self.company, self.first, date(2026, 11, 18))
        self.assertEqual(day, date(2026, 11, 26))

    # --- deposit --------------------------------------------------------------------------------------------------

    def test_late_deposit_is_refused_and_reissued_with_new_dates(self):
        notice = self._prepare_formal()
        self._answer(notice, self.accounting)
        self._produce(notice)
        first_pdf, first_hash = base64.b64decode(notice.with_context(bin_size=False).pdf), notice.pdf_sha256
        notice._check_deposit_day(date(2026, 11, 20))  # two working days later
        self._set_today(date(2026, 11, 23))
        with self.assertRaisesRegex(UserError, "Re-issue"):
            notice.action_mark_posted()
        self.assertEqual(notice.state, "ready")
        notice.with_user(self.collector).sudo(False).action_reissue()
        self._produce(notice)
        self.assertEqual((notice.state, notice.date, notice.deadline_date),
                         ("ready", date(2026, 11, 23), date(2026, 12, 4)))
        log = self._get_followup().message_ids.filtered(lambda one: first_hash in (one.body or ""))
        self.assertEqual(log.attachment_ids.raw, first_pdf)
        self.assertEqual(hashlib.sha256(log.attachment_ids.raw).hexdigest(), first_hash)
        notice.action_mark_posted()
        self.assertEqual((notice.state, notice.date_sent), ("sent", date(2026, 11, 23)))

    def test_deposit_before_production_is_refused(self):
        notice = self._prepare_formal()
        self._answer(notice, self.accounting)
        self._produce(notice)
        with self.assertRaisesRegex(UserError, "cannot have been posted before"):
            notice._check_deposit_day(self.today - timedelta(days=1))

    def test_only_what_was_not_posted_is_reissued(self):
        notice = self._send_formal()
        with self.assertRaisesRegex(UserError, "not posted yet"):
            notice.action_reissue()

    # --- calls ----------------------------------------------------------------------------------------------------

    def test_last_call_announces_the_notice_before_anybody_is_asked(self):
        self.formal.write({"last_call": True, "last_call_days": 2})
        notice = self._prepare_formal()
        call = notice.last_call_activity_id
        self.assertEqual((call.user_id, call.activity_type_id.category), (self.collector, "phonecall"))
        self.assertEqual((notice.state, notice.approval_state), ("to_approve", "none"))
        self.assertIn("called first", notice.approval_text)
        notice.with_user(self.collector).sudo(False).action_ask_approval()
        self.assertEqual(notice.approval_state, "pending")
        self.assertFalse(notice.last_call_activity_id.active)

    def test_call_that_nobody_makes_never_holds_the_notice_up(self):
        self.formal.write({"last_call": True, "last_call_days": 2})
        notice = self._prepare_formal()  # Wednesday
        self._wait_until(date(2026, 11, 20))
        self.assertEqual(notice.approval_state, "none")
        self._wait_until(date(2026, 11, 23))
        self.assertEqual(notice.approval_state, "pending")

    def test_customer_is_called_once_before_the_deadline(self):
        self.formal.deadline_call_days = 2
        notice = self._send_formal()  # until Monday 30 November
        for day in (25, 26, 27):
            self._wait_until(date(2026, 11, day))
        calls = notice.followup_id.activity_ids.filtered(lambda one: one.activity_type_id.category == "phonecall")
        self.assertEqual((len(calls), calls.date_deadline), (1, date(2026, 11, 26)))
        self.assertIn("1,000.00", calls.summary)

    # --- the morning after ----------------------------------------------------------------------------------------

    def test_morning_after_tells_a_manager_once_and_proposes_the_announced_step(self):
        notice = self._send_formal()
        self._wait_until(date(2026, 11, 30))
        self.assertFalse(notice.deadline_outcome)
        self._wait_until(date(2026, 12, 1))
        followup = self._get_followup()
        self.assertEqual((notice.deadline_outcome, notice.deadline_amount), ("unpaid", 1000))
        self.assertIn("formal_expired", followup.attention_codes)
        self.assertIn("announced step", followup.attention_text)
        told = followup.activity_ids.filtered(lambda one: "expired" in (one.summary or ""))
        self.assertEqual(told.user_id, self.accounting)
        self.assertIn(notice._get_announced_step(), told.note)
        self._wait_until(date(2026, 12, 2))
        self.assertEqual(len(followup.activity_ids.filtered(lambda one: "expired" in (one.summary or ""))), 1)

    def test_part_payment_in_time_is_said_and_the_notice_stays_as_it_was(self):
        receivable = self._create_receivable(1000, late=60)
        notice = self._send_formal(receivable)
        self._pay(receivable, 400)
        self._wait_until(date(2026, 12, 1))
        self.assertEqual((notice.deadline_outcome, notice.deadline_amount, notice.amount_total), ("partly", 600, 1000))
        self.assertIn("600.00", notice.deadline_status)
        self._pay(receivable)
        self._wait_until(date(2026, 12, 2))
        self.assertEqual((notice.deadline_outcome, notice.deadline_amount), ("partly", 600))
        self.assertNotIn("formal_expired", self._get_followup().attention_codes or "")

    def test_payment_in_time_tells_nobody(self):
        receivable = self._create_receivable(1000, late=60)
        notice = self._send_formal(receivable)
        self._pay(receivable)
        self._wait_until(date(2026, 12, 1))
        self.assertEqual((notice.deadline_outcome, notice.deadline_amount), ("paid", 0))
        self.assertNotIn("formal_expired", self._get_followup().attention_codes or "")
        self.assertFalse(self._get_followup().activity_ids)

    def test_expired_notice_that_is_paid_later_needs_no_attention_any_more(self):
        receivable = self._create_receivable(1000, late=60)
        self._send_formal(receivable)
        self._create_receivable(500, late=1)
        self._wait_until(date(2026, 12, 1))
        self.assertIn("formal_expired", self._get_followup().attention_codes)
        self._pay(receivable)
        self._wait_until(date(2026, 12, 2))
        self.assertNotIn("formal_expired", self._get_followup().attention_codes or "")
