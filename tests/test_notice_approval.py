from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .approval_common import ApprovalCommon


@tagged("post_install", "-at_install")
class TestNoticeApproval(ApprovalCommon):
    """A formal notice leaves only when all who decide agreed with this very notice."""

    def test_formal_notice_waits_with_one_reminder_per_approver(self):
        notice = self._prepare_formal()
        self.assertEqual((notice.state, notice.approval_state), ("to_approve", "pending"))
        self.assertRecordValues(self._get_rows(notice).sorted("id"), [
            {"role": "accounting_manager", "user_id": self.accounting.id, "is_decider": True, "state": "waiting"},
            {"role": "salesperson", "user_id": self.salesperson.id, "is_decider": False, "state": "waiting"},
        ])
        self.assertEqual(notice.approval_ids.activity_ids.user_id, self.accounting | self.salesperson)
        self.assertIn("k_accounting", notice.approval_text)

    def test_agreement_of_all_who_decide_sends_it(self):
        notice = self._prepare_formal()
        with self.assertRaisesRegex(UserError, "Waits for the approval of k_accounting"):
            notice.action_send()
        self._answer(notice, self.accounting)
        self.assertEqual((notice.approval_state, notice.run_id.released_uid), ("approved", self.accounting))
        self._produce(notice)
        self.assertEqual(notice.state, "ready")
        self.assertTrue(notice.pdf_sha256)
        self.assertFalse(notice.approval_ids.activity_ids)
        self.assertEqual(self._get_rows(notice, role="salesperson").state, "silent")

    def test_director_decides_too_above_his_amount(self):
        notice = self._prepare_formal(12000)
        self._answer(notice, self.accounting)
        self.assertEqual((notice.state, notice.approval_state), ("to_approve", "pending"))
        self._answer(notice, self.director)
        self.assertEqual(notice.approval_state, "approved")
        self.assertEqual(self._produce(notice).state, "ready")

    def test_consulted_salesperson_is_read_and_decides_nothing(self):
        notice = self._prepare_formal()
        self._answer(notice, self.salesperson, "refuse", "A large order is coming")
        self.assertEqual(notice.state, "to_approve")
        row = self._get_rows(notice, role="accounting_manager").with_user(self.accounting)
        self.assertIn("A large order is coming", row.others_text)
        self._answer(notice, self.accounting)
        self.assertEqual(notice.approval_state, "approved")

    def test_one_refusal_goes_back_to_the_collector_with_its_reason(self):
        notice = self._prepare_formal(12000)
        self._answer(notice, self.director)
        self._answer(notice, self.accounting, "refuse", "The delivery is contested")
        followup = self._get_followup()
        self.assertEqual((notice.state, notice.approval_state, notice.run_id.id), ("draft", "refused", False))
        self.assertIn("The delivery is contested", notice.approval_text)
        self.assertIn("The delivery is contested", followup.attention_text)
        self.assertIn("The delivery is contested", followup.activity_ids.note)
        self.assertFalse(notice.approval_ids.activity_ids)
        with self.assertRaisesRegex(UserError, "The delivery is contested"):
            notice.action_send()

    def test_refused_notice_is_not_prepared_twice_and_can_be_asked_again(self):
        notice = self._prepare_formal()
        self._answer(notice, self.accounting, "refuse")
        self._set_today(self.today + timedelta(days=1))
        self.assertFalse(self._run_night().notice_ids)
        notice.with_user(self.collector).action_ask_approval()
        self.assertEqual((notice.state, notice.approval_state), ("to_approve", "pending"))
        self.assertEqual(notice.approval_requester_id, self.collector)
        self._answer(notice, self.accounting)
        self.assertEqual(self._produce(notice).state, "ready")

    def test_refusal_needs_a_reason(self):
        notice = self._prepare_formal()
        row = self._get_rows(notice, role="accounting_manager").with_user(self.accounting).sudo(False)
        dialog = row.action_refuse()
        self.assertEqual(notice.state, "to_approve")
        with Form(self.env["dunning.refusal"].with_user(self.accounting).sudo(False).with_context(
                **dialog["context"])) as form:
            form.comment = "Wait until Friday"
        form.record.action_refuse()
        self.assertEqual((notice.state, row.comment), ("draft", "Wait until Friday"))

    def test_closing_a_reminder_decides_nothing(self):
        notice = self._prepare_formal()
        mine = notice.approval_ids.activity_ids.filtered(lambda one: one.user_id == self.accounting)
        mine.with_user(self.accounting).sudo(False).action_feedback()
        self.assertEqual((notice.state, notice.approval_state), ("to_approve", "pending"))

    # --- who may what ---------------------------------------------------------------------------------------------

    def test_approvers_read_what_they_decide_and_nothing_more(self):
        mine = self._prepare_formal()
        other = self._prepare_formal(partner=self._create_customer("Other"))
        for record in (mine, mine.line_ids, self._get_rows(mine, role="salesperson")):
            record.with_user(self.salesperson).sudo(False).check_access("read")
        notices = self.env["dunning.notice"].with_user(self.salesperson).sudo(False)
        self.assertEqual(notices.search([]), mine)
        self.assertEqual(self.env["dunning.notice.line"].with_user(self.salesperson).sudo(False).search([]),
                         mine.line_ids)
        for record in (other, other.line_ids, other.approval_ids, mine.followup_id, mine.dispatch_ids, mine.run_id,
                       mine.line_ids.move_id):
            with self.assertRaises(AccessError):
                record.with_user(self.salesperson).sudo(False).check_access("read")
        with self.assertRaises(AccessError):
            mine.with_user(self.salesperson).sudo(False).subject = "Mine"

    def test_approver_without_accounting_rights_reads_the_whole_question(self):
        notice = self._prepare_formal()
        row = self._get_rows(notice, role="salesperson").with_user(self.salesperson).sudo(False)
        self.env.invalidate_all()
        with Form(row) as form:
            self.assertEqual(form.amount_total, 1000)
            self.assertIn(notice.line_ids.name, str(form.table_html))
            form.comment = "Agreed"
        row.action_approve()
        self.assertEqual((row.state, row.answered_uid, row.comment), ("approved", self.salesperson, "Agreed"))
        with self.assertRaises(AccessError):
            row.comment = "Changed my mind"

    def test_strangers_and_collectors_cannot_answer(self):
        notice = self._prepare_formal()
        row = self._get_rows(notice, role="accounting_manager")
        with self.assertRaises(AccessError):
            row.with_user(self.stranger).sudo(False).action_approve()
        with self.assertRaisesRegex(UserError, "k_accounting .*was asked, not you"):
            row.with_user(self.collector).sudo(False).action_approve()
        with self.assertRaisesRegex(UserError, "None of these notices waits for your approval"):
            notice.with_user(self.collector).sudo(False).action_approve()
        self.assertEqual(row.state, "waiting")

    def test_answers_cannot_be_forged_over_rpc(self):
        notice = self._prepare_formal()
        row = self._get_rows(notice, role="salesperson")
        for record, vals in (
            (row.with_user(self.salesperson), {"state": "approved"}),
            (row.with_user(self.salesperson), {"is_decider": True}),
            (notice.with_user(self.collector), {"approval_state": "approved"}),
            (notice.with_user(self.collector), {"approval_requester_id": self.director.id}),
        ):
            with self.assertRaises(AccessError):
                record.sudo(False).write(vals)
        with self.assertRaises(AccessError):
            row.with_user(self.collector).sudo(False).create({"notice_id": notice.id, "role": "person"})

    def test_draft_slipped_into_a_run_is_not_produced_without_approval(self):
        notice = self._prepare_formal()
        self.env["dunning.run"]._create_sending_run(self.company, notice)
        self.assertEqual(notice.state, "draft")
        self._produce(notice)
        self.assertEqual((notice.state, notice.pdf_sha256), ("to_approve", False))

    # --- many, twice, together ------------------------------------------------------------------------------------

    def test_many_are_approved_in_one_go(self):
        notices = self._prepare_formal()
        notices |= self._prepare_formal(partner=self._create_customer("Second Customer"))
        notices.with_user(self.accounting).sudo(False).action_approve()
        self.assertEqual(set(notices.mapped("approval_state")), {"approved"})
        self.assertEqual(len(notices.run_id), 1)

    def test_many_are_refused_with_one_reason(self):
        notices = self._prepare_formal()
        notices |= self._prepare_formal(partner=self._create_customer("Second Customer"))
        dialog = notices.with_user(self.accounting).sudo(False).action_refuse()
        refusal = self.env["dunning.refusal"].with_user(self.accounting).sudo(False).with_context(
            **dialog["context"]).create({"comment": "Not before January"})
        refusal.action_refuse()
        self.assertEqual(set(notices.mapped("state")), {"draft"})

    def test_second_click_finds_the_first(self):
        notice = self._prepare_formal(12000)
        row = self._get_rows(notice, role="accounting_manager").with_user(self.accounting).sudo(False)
        row.action_approve()
        with self.assertRaisesRegex(UserError, "Answered already"):
            row.action_approve()
        self.assertEqual(notice.state, "to_approve")

    def test_first_answer_of_a_group_counts(self):
        group = self.env["res.groups"].create({
            "name": "Board", "user_ids": [Command.set((self.director | self.stranger).ids)]})
        self.formal.approval_ids = [Command.clear(), Command.create({"role": "group", "group_id": group.id})]
        notice = self._prepare_formal()
        row = self._get_rows(notice)
        self.assertEqual(row.activity_ids.user_id, self.director | self.stranger)
        row.with_user(self.stranger).sudo(False).action_approve()
        self.assertFalse(row.activity_ids)
        with self.assertRaisesRegex(UserError, "Answered already"):
            row.with_user(self.director).sudo(False).action_approve()

    # --- what ends an approval ------------------------------------------------------------------------------------

    def test_approval_lapses_when_the_sum_rises(self):
        receivable = self._create_receivable(1000, late=60)
        self._pay(receivable, 400)
        notice = self._prepare_formal(receivable=receivable)
        self.assertEqual(notice.amount_total, 600)
        self._answer(notice, self.accounting)
        receivable.remove_move_reconcile()  # the bank took the payment back
        self.env["account.payment"].search([("partner_id", "=", self.customer.id)]).action_draft()
        self.assertEqual(receivable.amount_residual, 1000)
        self._produce(notice)
        self.assertEqual((notice.state, notice.amount_total, notice.approval_state), ("to_approve", 1000, "pending"))
        self.assertIn("has changed", notice.warning)
        self.assertEqual(len(notice.approval_ids.filtered(lambda one: one.state == "lapsed")), 1)
        self._answer(notice, self.accounting)
        self.assertEqual(self._produce(notice).state, "ready")

    def test_approval_stays_when_the_sum_falls(self):
        receivable = self._create_receivable(1000, late=60)
        notice = self._prepare_formal(receivable=receivable)
        self._answer(notice, self.accounting)
        self._pay(receivable, 400)
        self._produce(notice)
        self.assertEqual((notice.state, notice.amount_total), ("ready", 600))

    def test_approval_lapses_when_the_addressee_or_the_text_changes(self):
        notice = self._prepare_formal(12000)
        contact = self._create_customer("Lawyer", parent_id=self.customer.id, is_company=False)
        for change in ({"contact_id": contact.id}, {"letter_body": "<p>Pay at once.</p>"}):
            self._answer(notice, self.accounting)
            self.assertEqual(self._get_rows(notice, role="accounting_manager").state, "approved")
            notice.with_user(self.collector).sudo(False).write(change)
            self.assertEqual(self._get_rows(notice, role="accounting_manager").state, "waiting")
        self.assertEqual(len(notice.approval_ids.filtered(lambda one: one.state == "lapsed")), 2)

    def test_preview_and_interest_of_the_day_end_no_approval(self):
        notice = self._prepare_formal(12000)
        self._answer(notice, self.accounting)
        self._set_today(self.today + timedelta(days=2))
        before = notice.deadline_date
        notice.action_preview_letter()
        self.assertEqual(notice.date, self.today)
        self.assertGreater(notice.deadline_date, before)
        late = notice.line_ids.filtered(lambda line: line.role == "moving")
        self.assertEqual(late.days_late, (self.today - late.due_date).days)
        self.assertEqual(self._get_rows(notice, role="accounting_manager").state, "approved")

    def test_cancelled_notice_asks_nobody_any_more(self):
        notice = self._prepare_formal()
        notice.action_cancel()
        self.assertFalse(notice.approval_ids.activity_ids)
        self.assertEqual(set(notice.approval_ids.mapped("state")), {"lapsed"})

    def test_notice_that_is_paid_meanwhile_asks_nobody_any_more(self):
        receivable = self._create_receivable(1000, late=60)
        notice = self._prepare_formal(receivable=receivable)
        self._pay(receivable)
        self._set_today(self.today + timedelta(days=1))
        self._run_night()
        self.assertEqual(notice.state, "cancelled")
        self.assertFalse(notice.approval_ids.activity_ids)

    def test_person_of_a_step_decides_beside_any_manager(self):
        """Whoever is named decides himself, even when he is one of the managers of whom any one is enough."""
        self.company.dunning_accounting_manager_id = False
        new_test_user(self.env, "k_second", groups="account_dunning.group_dunning_manager",
                      company_id=self.company.id, company_ids=self.company.ids)
        self.formal.approval_ids = [
            Command.clear(), Command.create({"role": "accounting_manager"}),
            Command.create({"role": "person", "user_id": self.accounting.id}),
            Command.create({"role": "salesperson", "is_decider": False})]
        self.customer.user_id = self.accounting
        notice = self._prepare_formal()
        self.assertEqual(self._get_rows(notice).sorted("id").mapped("role"), ["accounting_manager", "person"])

    # --- deputies, silence, thresholds ----------------------------------------------------------------------------

    def test_absent_approver_is_replaced_by_his_deputy_else_by_the_director(self):
        noon = datetime.combine(self.today, datetime.min.time()) + timedelta(hours=12)
        self.accounting.write({"out_of_office_from": noon - timedelta(days=1),
                               "out_of_office_to": noon + timedelta(days=5)})
        notice = self._prepare_formal()
        self.assertEqual(self._get_rows(notice, is_decider=True).deputy_id, self.director)
        self.accounting.dunning_deputy_id = self.stranger
        other = self._prepare_formal(partner=self._create_customer("Other"))
        row = self._get_rows(other, is_decider=True)
        self.assertEqual((row.user_id, row.deputy_id, row.candidate_ids),
                         (self.accounting, self.stranger, self.stranger))
        self._answer(other, self.stranger)
        self.assertEqual(other.approval_state, "approved")

    def test_approver_who_leaves_later_is_replaced_in_the_night(self):
        notice = self._prepare_formal()
        self.accounting.write({
            "dunning_deputy_id": self.stranger.id,
            "out_of_office_from": datetime.combine(self.today, datetime.min.time())})
        self._run_night()
        row = self._get_rows(notice, is_decider=True)
        self.assertEqual((row.deputy_id, row.activity_ids.user_id), (self.stranger, self.stranger))

    def test_nobody_approves_what_he_asks_for(self):
        notice = self._prepare_formal()
        self._answer(notice, self.accounting, "refuse")
        notice.with_user(self.accounting).sudo(False).action_ask_approval()
        self.assertEqual(self._get_rows(notice, is_decider=True).candidate_ids, self.director)
        with self.assertRaises(UserError):
            notice.with_user(self.accounting).sudo(False).action_approve()

    def test_somebody_who_is_alone_approves_his_own_notice(self):
        self.company.write({"dunning_accounting_manager_id": False, "dunning_director_id": False})
        self.formal.approval_ids.unlink()
        self.env.ref("account_dunning.group_dunning_manager").all_user_ids.filtered(
            lambda user: user != self.accounting and self.company in user.company_ids).write(
                {"group_ids": [Command.unlink(self.env.ref("account_dunning.group_dunning_manager").id)]})
        notice = self._prepare_formal()
        self.assertEqual(self._get_rows(notice).candidate_ids, self.accounting)
        notice.with_user(self.accounting).sudo(False).action_cancel()
        again = self._prepare_formal(partner=self._create_customer("Other"))
        self._answer(again, self.accounting)
        self.assertEqual(again.approval_state, "approved")

    def test_company_without_anybody_who_may_approve_is_told_so(self):
        self.company.write({"dunning_accounting_manager_id": False, "dunning_director_id": False})
        self.formal.approval_ids.unlink()
        with patch.object(type(self.company), "_get_dunning_members", lambda *_args: self.env["res.users"]):
            notice = self._prepare_formal()
            self.assertEqual((notice.state, notice.approval_state), ("to_approve", "none"))
            with self.assertRaisesRegex(UserError, "set an accounting manager"):
                notice.action_ask_approval()

    def test_silence_tells_the_director_after_three_working_days_and_approves_nothing(self):
        notice = self._prepare_formal()
        self._set_today(self.today + timedelta(days=5))  # Monday: two working days in between and today
        self._run_night()
        self.assertFalse(any(notice.approval_ids.mapped("is_escalated")))
        self._set_today(self.today + timedelta(days=1))
        self._run_night()
        self.assertEqual((notice.state, notice.approval_state), ("to_approve", "pending"))
        self.assertEqual(self._get_rows(notice, role="salesperson").state, "silent")
        self.assertEqual(len(notice.approval_ids.activity_ids.filtered(lambda one: one.user_id == self.director)), 2)
        self._set_today(self.today + timedelta(days=1))
        self._run_night()
        self.assertEqual(len(notice.approval_ids.activity_ids.filtered(lambda one: one.user_id == self.director)), 2)
        self._get_rows(notice, is_decider=True).with_user(self.director).sudo(False).action_approve()
        self.assertEqual(notice.approval_state, "approved")

    def test_any_notice_above_the_threshold_waits_for_an_approval(self):
        self.company.dunning_approval_amount = 5000
        small = self._create_receivable(1000, late=10, partner=self._create_customer("Small"))
        large = self._create_receivable(6000, late=10)
        run = self._run_night()
        notices = {notice.partner_id: notice for notice in run.notice_ids}
        self.assertEqual(notices[small.partner_id].state, "sent")
        notice = notices[large.partner_id]
        self.assertEqual((notice.state, notice.stage, notice.approval_state), ("to_approve", "reminder_1", "pending"))
        self._answer(notice, self.accounting)
        self.assertEqual(self._produce(notice).state, "sent")

    def test_large_reminder_by_hand_asks_for_the_approval(self):
        self.company.dunning_approval_amount = 5000
        line = self._create_receivable(6000, late=10)
        notice = self.env["dunning.notice"].with_user(self.collector).sudo(False)._prepare_manual(
            line.with_user(self.collector).sudo(False))
        answer = notice.action_send()
        self.assertIn("Waits for the approval of k_accounting", answer["params"]["message"])
        self.assertEqual((notice.state, notice.approval_requester_id), ("to_approve", self.collector))
        notice = notice.with_env(self.env)
        self._answer(notice, self.accounting)
        self.assertEqual(self._produce(notice).state, "sent")

    def test_what_must_be_repaired_keeps_it_from_being_asked_and_approved(self):
        notices = type(self.env["dunning.notice"])
        with patch.object(notices, "_get_approval_problems", lambda _notice: ["There is no signatory."]):
            notice = self._prepare_formal()
            self.assertEqual((notice.state, notice.approval_state), ("to_approve", "none"))
            self.assertIn("There is no signatory", notice.approval_text)
            with self.assertRaisesRegex(UserError, "There is no signatory"):
                notice.action_ask_approval()
        notice.action_ask_approval()
        with patch.object(notices, "_get_approval_problems", lambda _notice: ["There is no signatory."]), \
                self.assertRaisesRegex(UserError, "There is no signatory"):
            self._answer(notice, self.accounting)
        self.assertEqual(notice.approval_state, "pending")

    def test_approval_is_kept_while_all_dunning_is_stopped(self):
        notice = self._prepare_formal()
        self.company.dunning_stopped = True
        self._answer(notice, self.accounting)
        self.assertEqual((notice.state, notice.approval_state), ("to_approve", "approved"))
        self.company.dunning_stopped = False
        notice.action_send()
        self.assertEqual(self._produce(notice).state, "ready")

    def test_roles_without_their_person_are_refused(self):
        for role in ("group", "person"):
            with self.assertRaises(ValidationError):
                self.formal.approval_ids = [Command.create({"role": role})]

    def test_shipped_formal_steps_name_their_approvers(self):
        for policy in self.env["dunning.policy"].search([("id", "!=", self.policy.id)]):
            for level in policy.level_ids.filtered(lambda one: one.stage == "formal" and one.get_external_id()[one.id]):
                self.assertEqual(level.approval_ids.mapped("role"), ["accounting_manager", "salesperson", "director"])
                self.assertEqual(level.approval_ids.mapped("min_amount"), [0, 0, 10000])

    def test_users_name_their_own_deputy(self):
        user = new_test_user(self.env, "k_self", groups="base.group_user")
        user.with_user(user).sudo(False).dunning_deputy_id = self.director
        self.assertEqual(user.dunning_deputy_id, self.director)
