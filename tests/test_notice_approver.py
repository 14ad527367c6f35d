from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools.misc import format_amount

from .approval_common import ApprovalCommon


@tagged("post_install", "-at_install")
class TestNoticeApprover(ApprovalCommon):
    """Who is asked: people who are there, may open what is asked, and know by when."""

    def _name_person(self, user):
        self.formal.approval_ids = [Command.clear(), Command.create({"role": "person", "user_id": user.id})]

    def test_reminder_says_what_is_asked_how_much_and_until_when(self):
        notice = self._prepare_formal(1234.5)
        decide, advise = (
            self._get_rows(notice, role=role).activity_ids for role in ("accounting_manager", "salesperson"))
        amount = format_amount(self.env, 1234.5, notice.currency_id)
        self.assertEqual(decide.summary, f"Decide: {notice.step_text}, {amount}")
        self.assertIn("Your opinion", advise.summary)
        self.assertEqual(decide.date_deadline, date(2026, 11, 23))  # Wednesday and three working days
        self.assertEqual(decide.res_name, f"{self.customer.name} · {notice.name}")

    def test_reminder_speaks_the_language_of_who_is_asked(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.salesperson.lang = "fr_FR"
        notice = self._prepare_formal()
        self.assertRegex(self._get_rows(notice, role="salesperson").activity_ids.summary, "000,00")
        self.assertRegex(self._get_rows(notice, role="accounting_manager").activity_ids.summary, r"1,000\.00")

    def test_person_who_left_for_good_is_replaced_not_forgotten(self):
        self._name_person(self.stranger)
        self.stranger.dunning_deputy_id = self.collector
        self.stranger.active = False
        row = self._get_rows(self._prepare_formal())
        self.assertEqual((row.user_id, row.deputy_id, row.candidate_ids),
                         (self.stranger, self.collector, self.collector))

    def test_person_of_another_company_is_not_asked_what_he_cannot_open(self):
        other = self.setup_other_company(name="Elsewhere")["company"]
        foreigner = new_test_user(self.env, "k_foreigner", groups="base.group_user", company_id=other.id,
                                  company_ids=other.ids)
        self._name_person(foreigner)
        self.assertEqual(self._get_rows(self._prepare_formal()).candidate_ids, self.director)

    def test_deputy_of_another_company_is_no_deputy(self):
        other = self.setup_other_company(name="Elsewhere")["company"]
        foreigner = new_test_user(self.env, "k_foreigner", groups="base.group_user", company_id=other.id,
                                  company_ids=other.ids)
        self.accounting.write({"dunning_deputy_id": foreigner.id, "out_of_office_from": self.today})
        self.assertEqual(self._get_rows(self._prepare_formal(), is_decider=True).candidate_ids, self.director)

    def test_salesperson_who_left_is_asked_nothing(self):
        self.salesperson.active = False
        self.assertFalse(self._get_rows(self._prepare_formal(), role="salesperson"))

    def test_approver_who_is_archived_while_it_waits_is_replaced_in_the_night(self):
        self._name_person(self.stranger)
        notice = self._prepare_formal()
        self.stranger.active = False
        self._set_today(self.today + timedelta(days=1))
        self._run_night()
        row = self._get_rows(notice)
        self.assertEqual((row.candidate_ids, row.activity_ids.user_id), (self.director, self.director))
        self._answer(notice, self.director)
        self.assertEqual(notice.approval_state, "approved")

    def test_member_of_a_group_who_left_is_taken_off_and_the_others_go_on(self):
        group = self.env["res.groups"].create({
            "name": "Board", "user_ids": [Command.set((self.director | self.stranger).ids)]})
        self.formal.approval_ids = [Command.clear(), Command.create({"role": "group", "group_id": group.id})]
        notice = self._prepare_formal()
        self.stranger.active = False
        self._set_today(self.today + timedelta(days=1))
        self._run_night()
        row = self._get_rows(notice)
        self.assertEqual((row.candidate_ids, row.activity_ids.user_id), (self.director, self.director))

    def test_silence_of_the_only_one_who_may_decide_is_told_to_the_collector(self):
        managers = self.env.ref("account_dunning.group_dunning_manager")
        managers.all_user_ids.filtered(lambda user: user != self.accounting).write(
            {"group_ids": [Command.unlink(managers.id)]})
        self.company.dunning_director_id = False
        notice = self._prepare_formal()
        self._set_today(self.today + timedelta(days=6))
        self._run_night()
        self.assertEqual(notice.approval_state, "pending")
        told = notice.followup_id.activity_ids.filtered(lambda one: "still waits" in (one.summary or ""))
        self.assertEqual(told.user_id, self.collector)
        self.assertIn("has not answered for 3 working days", told.summary)

    def test_nobody_agrees_with_a_text_that_changed_while_he_read_the_former_one(self):
        notice = self._prepare_formal()
        row = self._get_rows(notice, role="accounting_manager").with_user(self.accounting).sudo(False)
        seen = row.question_print
        notice.with_user(self.collector).sudo(False).letter_body = f"<p>Pay until {notice.deadline_text}.</p>"
        row.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "has changed since you opened"):
            row.with_context(dunning_seen=seen).action_approve()
        self.assertEqual(row.state, "waiting")
        row.with_context(dunning_seen=row.question_print).action_approve()
        self.assertEqual(row.state, "approved")

    def test_files_of_other_notices_stay_closed(self):
        """An approver opens the files of what he decides on, and no others."""
        mine, other = self._prepare_formal(), self._prepare_formal(partner=self._create_customer("Other"))
        files = self.env["ir.attachment"].create([
            {"name": "proof.txt", "raw": b"x", "res_model": notice._name, "res_id": notice.id}
            for notice in (mine, other)])
        other.approval_ids.filtered(lambda one: one.role == "salesperson")._set_lapsed()
        other.approval_ids.filtered(lambda one: one.role == "salesperson").candidate_ids = False
        seller = files.with_user(self.salesperson).sudo(False)
        self.assertEqual(seller.search([("id", "in", files.ids)]), files[0])
        self.assertTrue(seller[0].has_access("read"))
        self.assertFalse(seller[1].has_access("read"))
