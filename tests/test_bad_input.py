from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestBadInput(DunningCommon):
    """What accountants, imports and machines do to a ledger: a clear message or a visible attention, never a crash."""

    def test_locked_period_and_hashed_journal_do_not_stop_a_level(self):
        receivable = self._create_receivable(late=40)
        self.company_data["default_journal_sale"].restrict_mode_hash_table = True
        self.company.sudo().fiscalyear_lock_date = self.today - timedelta(days=1)
        self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_entry_without_due_date_counts_from_its_date(self):
        account = self.company_data["default_account_receivable"]
        move = self.env["account.move"].create({
            "move_type": "entry", "date": self.today - timedelta(days=10),
            "line_ids": [
                (0, 0, {"account_id": account.id, "partner_id": self.customer.id, "debit": 500, "name": "Opening"}),
                (0, 0, {"account_id": self.company_data["default_account_revenue"].id, "credit": 500}),
            ],
        })
        move.action_post()
        receivable = move.line_ids.filtered(lambda line: line.account_id == account)
        self.assertFalse(receivable.date_maturity)
        run = self._run_night()
        self.assertEqual(run.reason_counts, {"general_journal": 1})
        receivable.no_followup = False
        self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_entry_without_partner_is_nobodys_debt(self):
        account = self.company_data["default_account_receivable"]
        self.env["account.move"].create({
            "move_type": "entry", "date": self.today,
            "line_ids": [(0, 0, {"account_id": account.id, "debit": 500}),
                         (0, 0, {"account_id": self.company_data["default_account_revenue"].id, "credit": 500})],
        }).action_post()
        self.assertFalse(self._run_night().notice_ids)

    def test_invoice_of_nothing_is_no_debt(self):
        self._create_receivable(0, late=10)
        self.assertFalse(self._run_night().notice_ids)

    def test_returned_payment_is_shown_and_not_dunned_by_itself(self):
        self._create_receivable(100, late=10)
        bank = self.company_data["default_journal_bank"]
        move = self.env["account.move"].create({
            "move_type": "entry", "journal_id": bank.id, "date": self.today - timedelta(days=20),
            "line_ids": [
                (0, 0, {"account_id": self.company_data["default_account_receivable"].id, "debit": 80,
                        "partner_id": self.customer.id, "date_maturity": self.today - timedelta(days=20)}),
                (0, 0, {"account_id": bank.default_account_id.id, "credit": 80}),
            ],
        })
        move.action_post()
        run = self._run_night()
        self.assertEqual(run.reason_counts, {"due": 1, "returned_payment": 1})
        self._run_night()
        self.assertIn("returned_payment", self._get_followup().attention_codes)
        self.assertFalse(move.line_ids.dunning_level_id)

    def test_archived_level_leaves_its_lines_where_they_stand(self):
        receivable = self._create_receivable(late=20)
        self._run_night()
        self.first.active = False
        self._set_today(self.today + timedelta(days=8))
        self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.second)

    def test_archived_policy_with_a_pending_draft_still_sends_or_says_why(self):
        receivable = self._create_receivable(late=10)
        run = self._prepare_run()
        self.policy.active = False
        self._release(run)
        self.assertIn(run.notice_ids.state, ("sent", "cancelled"))
        self.assertEqual(bool(receivable.dunning_level_id), run.notice_ids.state == "sent")

    def test_currency_that_was_deactivated_still_prints(self):
        other = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)])
        receivable = self._create_receivable(200, late=10, currency_id=other.id)
        other.active = False
        self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.first)

    def test_invoice_blocked_for_payment_is_left_out_with_its_reason(self):
        receivable = self._create_receivable(late=10)
        receivable.move_id.action_toggle_block_payment()
        self.assertEqual(self._prepare_run().reason_counts, {"blocked": 1})

    def test_invoice_never_sent_is_left_out_when_the_company_wants_it(self):
        self.company.dunning_not_sent_mode = "block"
        receivable = self._create_receivable(late=10)
        self.assertEqual(self._prepare_run().reason_counts, {"not_sent": 1})
        receivable.move_id.is_move_sent = True
        self.assertEqual(self._prepare_run().reason_counts, {"due": 1})

    def test_delivery_status_of_the_platform_decides(self):
        expected = {"rejected": "platform_rejected", "refused": "platform_rejected", "disputed": "dispute",
                    "suspended": "platform_suspended", "approved": "due", "delivered": "due"}
        receivable = self._create_receivable(late=10)
        for status, reason in expected.items():
            receivable.move_id.dunning_delivery_status = status
            with self.subTest(status=status):
                self.assertEqual(self._prepare_run().reason_counts, {reason: 1})

    def test_announced_payment_waits_five_working_days(self):
        receivable = self._create_receivable(late=10)
        receivable.move_id.write({"dunning_delivery_status": "payment_sent", "dunning_delivery_date": self.today})
        self.assertEqual(self._prepare_run().reason_counts, {"payment_announced": 1})
        self._set_today(self.today + timedelta(days=8))
        self.assertEqual(self._prepare_run().reason_counts, {"due": 1})

    def test_assigned_claim_is_collected_by_its_assignee(self):
        receivable = self._create_receivable(late=10)
        receivable.move_id.dunning_assignment = "notified"
        self.assertEqual(self._prepare_run().reason_counts, {"assigned": 1})

    def test_direct_debit_waits_for_its_collection_and_fails_visibly(self):
        method = self.company_data["default_journal_bank"].inbound_payment_method_line_ids[:1]
        method.dunning_collects = True
        rejected = self._create_policy([("At once", "reminder_1", 0, {})], is_rejected=True)
        self.company.dunning_rejected_policy_id = rejected
        receivable = self._create_receivable(late=3, preferred_payment_method_line_id=method.id)
        self.assertEqual(self._prepare_run().reason_counts, {"collection_expected": 1})
        receivable.move_id.dunning_rejected_date = self.today
        run = self._run_night()
        self.assertEqual(receivable.dunning_level_id, rejected.level_ids, run.reason_text)
        self.assertIn("collection_failed", self._get_followup().attention_codes)

    @mute_logger("odoo.addons.account_dunning.models.notice.dunning_notice_send")
    def test_notice_that_kills_the_process_twice_is_set_aside(self):
        self._create_receivable(late=10)
        run = self._prepare_run()
        run.notice_ids.attempts = 2
        self._release(run)
        self.assertEqual(run.notice_ids.state, "failed")
        self.assertIn("twice", run.notice_ids.failure_reason)
        self.assertEqual(run.state, "done")

    def test_unforeseen_error_interrupts_the_run_visibly_and_it_resumes(self):
        receivable = self._create_receivable(late=10)
        run = self.env["dunning.run"]._create_run(self.company)
        with patch.object(type(run), "_plan_batch", side_effect=RuntimeError("disk full")), \
                mute_logger("odoo.addons.account_dunning.models.run.dunning_run_work"):
            run._execute()
        self.assertEqual(run.state, "interrupted")
        self.assertIn("disk full", run.error_log)
        run.action_resume()
        run._execute()
        self.assertEqual(run.notice_ids.line_ids.line_id, receivable)
