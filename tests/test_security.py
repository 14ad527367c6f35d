import doctest

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.base import guard_cell
from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestSecurity(DunningCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        cls.invoicing = new_test_user(cls.env, "h_invoicing", groups="account.group_account_invoice", **values)
        cls.collector = new_test_user(cls.env, "h_collector", groups="account_dunning.group_dunning_user", **values)
        cls.manager = new_test_user(cls.env, "h_manager", groups="account_dunning.group_dunning_manager", **values)
        cls.employee = new_test_user(cls.env, "h_employee", groups="base.group_user", **values)

    def setUp(self):
        super().setUp()
        self.receivable = self._create_receivable(late=10)
        self.notice = self._run_night().notice_ids
        self.followup = self._get_followup()

    def test_invoicing_users_see_and_change_nothing(self):
        self.assertEqual(self.followup.with_user(self.invoicing).amount_overdue, 1000)
        self.assertEqual(self.notice.with_user(self.invoicing).state, "sent")
        for record in (self.followup, self.notice, self.policy, self.first, self.notice.run_id):
            with self.assertRaises(AccessError):
                record.with_user(self.invoicing).check_access("write")

    def test_employees_without_accounting_see_nothing(self):
        for record in (self.followup, self.notice, self.notice.dispatch_ids, self.policy):
            with self.assertRaises(AccessError):
                record.with_user(self.employee).check_access("read")

    def test_collectors_act_and_configure_nothing(self):
        line = self._create_receivable(200, late=10)
        notice = self.env["dunning.notice"].with_user(self.collector)._prepare_manual(line.with_user(self.collector))
        notice.subject = "Our invoice"
        notice.action_send()
        self.assertEqual(notice.run_id.released_uid, self.collector)
        for record in (self.policy, self.first, self.company):
            with self.assertRaises(AccessError):
                record.with_user(self.collector).check_access("write")

    def test_what_proves_something_cannot_be_forged_over_rpc(self):
        self._create_receivable(200, late=10, partner=self._create_customer("Other"))
        run = self._prepare_run().with_user(self.collector)
        draft = run.notice_ids
        for record, vals in (
            (run, {"phase": "sending", "state": "running"}), (run, {"opened_date": "2026-01-01 00:00:00"}),
            (run, {"override_bank": True}), (draft, {"state": "sent"}), (draft.dispatch_ids, {"state": "sent"}),
            (self.notice.with_user(self.collector), {"is_returned": True}),
        ):
            with self.assertRaises(AccessError):
                record.write(vals)
        with self.assertRaises(AccessError):
            draft.create({"followup_id": self.followup.id, "company_id": self.company.id, "state": "sent",
                          "partner_id": self.customer.id})

    def test_nobody_forges_a_notice_through_the_defaults_of_the_context(self):
        forged = self.env["dunning.notice"].with_user(self.collector).with_context(
            default_state="sent", default_date_sent="2026-01-01", default_name="R1",
        ).create({"followup_id": self.followup.id, "company_id": self.company.id, "partner_id": self.customer.id})
        self.assertEqual((forged.state, forged.date_sent), ("draft", False))
        self.assertNotEqual(forged.name, "R1")

    def test_nobody_replaces_the_files_of_what_left(self):
        files = self.env["ir.attachment"].sudo().search([
            ("res_model", "=", "dunning.notice"), ("res_id", "=", self.notice.id), ("res_field", "=", "html")])
        content = files.raw
        own = self.env["ir.attachment"].with_user(self.manager).create({"name": "own", "raw": b"mine"})
        place = {"res_model": "dunning.notice", "res_field": "html", "res_id": self.notice.id}
        for user in (self.collector, self.manager, self.env.ref("base.user_admin")):
            user.sudo().write({"company_ids": [(4, self.company.id)]})
            ours = files.with_user(user)
            for attempt in (
                lambda ours=ours: ours.write({"raw": b"forged"}), lambda ours=ours: ours.write({"name": "forged"}),
                lambda ours=ours: ours.unlink(),
                lambda user=user: files.with_user(user).create({"name": "html", "raw": b"forged", **place}),
            ):
                with self.assertRaises(AccessError):
                    attempt()
        with self.assertRaises(AccessError):
            own.write(place)
        self.assertEqual(files.raw, content)
        self.assertEqual(files.with_user(self.collector).raw, content)

    def test_what_left_says_to_whom_when_and_how(self):
        notice = self.notice.with_user(self.manager)
        other = self._create_customer("Other")
        for vals in ({"partner_id": other.id}, {"contact_id": other.id}, {"date": "2020-01-01"}, {"is_call": True},
                     {"message_id": False}, {"failure_reason": "Never left"}):
            with self.assertRaises(UserError):
                notice.write(vals)
        for vals in ({"notice_id": self._prepare_manual_notice().id}, {"line_id": False}, {"level_id": False}):
            with self.assertRaises(UserError):
                notice.line_ids.write(vals)
        with self.assertRaises(UserError):
            notice.line_ids.create({"notice_id": notice.id, "name": "INV/1", "currency_id": notice.currency_id.id})
        for vals in ({"channel": "registered"}, {"recipient": "me"}, {"leading": False}, {"activity_id": False}):
            with self.assertRaises(UserError):
                notice.dispatch_ids.write(vals)
        with self.assertRaises(UserError):
            notice.dispatch_ids.create({
                "notice_id": notice.id, "followup_id": self.followup.id, "channel": "registered"})

    def _prepare_manual_notice(self):
        return self.env["dunning.notice"]._prepare_manual(self._create_receivable(300, late=10))

    def test_nobody_writes_what_the_books_and_the_plan_say(self):
        followup, move = self.followup.with_user(self.manager), self.receivable.move_id.with_user(self.manager)
        for record, vals in (
            (followup, {"held_until": "2099-01-01"}), (followup, {"wake_date": "2099-01-01"}),
            (followup, {"attention": False}), (followup, {"partner_id": self.env.user.partner_id.id}),
            (move, {"dunning_level_id": False}), (move, {"dunning_status": "promised"}),
            (move, {"dunning_is_charge": True}), (move, {"dunning_barred_soon": False}),
            (self.receivable.with_user(self.manager), {"dunning_level_id": False}),
        ):
            with self.assertRaises(AccessError):
                record.write(vals)
        followup.user_id = self.collector
        self.assertEqual(self.followup.user_id, self.collector)

    def test_whoever_reads_customers_and_invoices_reads_all_their_fields(self):
        auditor = new_test_user(self.env, "h_auditor", groups="account.group_account_readonly",
                                company_id=self.company.id, company_ids=self.company.ids)
        for user, record in ((self.employee, self.customer), (auditor, self.customer),
                             (auditor, self.receivable.move_id), (auditor, self.receivable)):
            self.env.invalidate_all()
            ours = record.with_user(user)
            ours.read([name for name in ours.fields_get() if "dunning" in name])
        self.env.invalidate_all()
        text = self.receivable.move_id.with_user(auditor).dunning_interest_text or ""
        self.assertNotIn("not allowed", text)

    def test_failed_letter_is_sent_again_by_the_collector(self):
        notice = self._prepare_manual_notice()
        notice._set_ready()
        notice.dispatch_ids._set_failed("No printer")
        notice.with_user(self.collector).action_send_again()
        self.assertEqual((notice.state, notice.dispatch_ids.mapped("state")), ("draft", ["pending"]))

    def test_invoicing_users_pass_no_door(self):
        self._create_receivable(200, late=10, partner=self._create_customer("Other"))
        run = self._prepare_run()
        for action in ("action_cancel", "action_release"):
            with self.assertRaises(UserError):
                getattr(run.with_user(self.invoicing), action)()
        for action in ("action_cancel", "action_send"):
            with self.assertRaises(UserError):
                getattr(run.notice_ids.with_user(self.invoicing), action)()
        self.assertEqual((run.phase, run.notice_ids.state), ("review", "draft"))

    def test_managers_configure(self):
        for record in (self.policy, self.first):
            record.with_user(self.manager).check_access("write")

    def test_other_companies_are_out_of_sight(self):
        other = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "h_stranger", groups="account_dunning.group_dunning_manager",
                                 company_id=other.id, company_ids=other.ids)
        for record in (self.followup, self.notice, self.notice.line_ids, self.notice.dispatch_ids, self.notice.run_id):
            self.assertFalse(record.with_user(stranger).search([("id", "in", record.ids)]))
            with self.assertRaises(AccessError):
                record.with_user(stranger).check_access("read")

    def test_dialog_shows_nothing_of_other_companies(self):
        other = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "h_stranger", groups="account_dunning.group_dunning_manager",
                                 company_id=other.id, company_ids=other.ids)
        for model, vals in (
            ("dunning.reply", {"followup_id": self.followup.id, "subject": "x", "body": "<p>x</p>"}),
            ("dunning.deposit", {"date": self.today, "line_ids": [
                (0, 0, {"dispatch_id": self.notice.dispatch_ids[:1].id})]}),
            ("dunning.computation", {"line_ids": self.receivable.ids}),
        ):
            with self.assertRaises(AccessError):
                self.env[model].with_user(stranger).create(vals)

    def test_nobody_reads_the_books_of_another_company_by_naming_its_number(self):
        """Related fields are read for everybody: what a record names is checked when it is named."""
        theirs = self._invoice_elsewhere().with_user(self.collector).sudo(False)
        draft = self._prepare_manual_notice()
        plan = self.env["dunning.plan"]._create_for(self.receivable)
        named = {"line_id": theirs.id, "move_id": theirs.move_id.id, "currency_id": theirs.currency_id.id}
        for record, model, vals in (
            (draft, "dunning.notice.line", {"notice_id": draft.id, "role": "listed"}),
            (plan, "dunning.plan.line", {"plan_id": plan.id, "amount": 1}),
        ):
            ours = record.line_ids[0].with_user(self.collector).sudo(False)
            with self.assertRaises(UserError):
                self.env[model].with_user(self.collector).sudo(False).create(vals | named)
            with self.assertRaises(UserError):
                ours.write({"line_id": theirs.id})
            self.assertNotEqual(record.line_ids.line_id, theirs)

    def test_nobody_moves_a_record_to_another_company(self):
        theirs = self._invoice_elsewhere()
        company, move = theirs.company_id, self.receivable.move_id
        run = self._prepare_run()
        for record, vals in (
            (self.env["dunning.limitation.event"].create(
                {"move_id": move.id, "kind": "payment", "date": self.today}), {"move_id": theirs.move_id.id}),
            (self.env["dunning.evidence"].create({"move_id": move.id, "attachment_ids": [
                (0, 0, {"name": "order", "raw": b"x", "res_model": "dunning.evidence"})]}),
             {"move_id": theirs.move_id.id}),
            (self.env["dunning.guarantor"].create(
                {"partner_id": self.customer.id, "company_id": self.company.id,
                 "guarantor_id": self._create_customer("Guarantor").id}), {"company_id": company.id}),
            (self.env["dunning.joint.debtor"].create(
                {"partner_id": self.customer.id, "company_id": self.company.id, "basis": "The contract",
                 "debtor_id": self._create_customer("Partner").id}), {"company_id": company.id}),
            (run, {"company_id": company.id}),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                record.with_user(self.manager).sudo(False).write(vals)

    def test_what_was_produced_is_not_changed_before_it_is_posted(self):
        """The paper in the envelope and the record say the same: who wants other words re-issues the letter."""
        notice = self._prepare_manual_notice()
        notice._set_ready()
        ours = notice.with_user(self.collector).sudo(False)
        for vals in ({"address": "Elsewhere"}, {"letter_body": "<p>Other</p>"}, {"deadline_date": "2027-01-01"},
                     {"pdf_filename": "../../x.pdf"},
                     {"line_ids": [(1, notice.line_ids[0].id, {"amount_residual": 1})]}):
            with self.assertRaises(UserError):
                ours.write(vals)
        with self.assertRaises(UserError):
            ours.line_ids.copy()
        with self.assertRaises(UserError):
            ours.line_ids.unlink()

    def test_nobody_writes_what_the_program_found_out(self):
        """Each field is guarded where it is added, in whichever file that is."""
        plan = self.env["dunning.plan"]._create_for(self._create_receivable(late=10))
        dispute = self.env["dunning.dispute"]._create_for(
            self._create_receivable(late=10), self.env["dunning.dispute.reason"].search([], limit=1))
        for record, vals in (
            (self.notice, {"deadline_outcome": "unpaid"}), (self.notice, {"last_call_date": "2020-01-01"}),
            (self.notice, {"approval_requester_id": self.manager.id}),
            (self.notice.dispatch_ids, {"snailmail_key": 1}), (self.notice.dispatch_ids, {"provider": "Me"}),
            (dispute, {"date_open": "2020-01-01"}), (dispute.line_ids, {"amount_accepted": 5}),
            (dispute.line_ids, {"amount_start": 1}), (plan.line_ids, {"name": "INV/1"}),
        ):
            with self.assertRaises(AccessError, msg=str(vals)):
                record.with_user(self.manager).sudo(False).write(vals)

    def test_whoever_edits_templates_reads_no_more_than_before_through_a_reply(self):
        editor = new_test_user(self.env, "h_editor", company_id=self.company.id, company_ids=self.company.ids,
                               groups="account_dunning.group_dunning_user,mail.group_mail_template_editor")
        template = self.env["mail.template"].with_user(editor).sudo(False).create({
            "name": "Mine", "model_id": self.env["ir.model"]._get_id("dunning.followup"),
            "subject": "{{ 'everything' if object.env.su else 'my own' }}",
            "body_html": "<p><t t-out=\"object.env.su\"/></p>",
        })
        reply = self.env["dunning.reply"].with_user(editor).sudo(False).create({
            "followup_id": self.followup.id, "template_id": template.id})
        self.assertEqual(reply.subject, "my own")
        self.assertNotIn("True", reply.body or "")

    def test_no_name_becomes_a_formula_in_a_spreadsheet(self):
        result = doctest.testmod(guard_cell)
        self.assertGreater(result.attempted, 0)
        self.assertFalse(result.failed)

    def _invoice_elsewhere(self):
        """Return a receivable of another company, of the same customer."""
        other = self.setup_other_company()["company"]
        self.env.user.company_ids |= other
        move = self.env["account.move"].with_company(other).create({
            "move_type": "out_invoice", "partner_id": self.customer.id, "company_id": other.id,
            "invoice_date": self.today, "invoice_line_ids": [(0, 0, {"name": "Work", "price_unit": 777})]})
        move.action_post()
        return move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def test_user_of_a_branch_sees_the_followup_of_its_legal_entity(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        user = new_test_user(self.env, "h_branch", groups="account_dunning.group_dunning_user",
                             company_id=branch.id, company_ids=branch.ids)
        self.followup.with_user(user).check_access("read")

    def test_accountant_without_dunning_rights_works_as_before(self):
        """Reset, cancel, duplicate, pay: nothing of dunning stands in the way of who may invoice only."""
        move = self.receivable.move_id.with_user(self.invoicing)
        move.copy()
        move.button_draft()
        move.action_post()
        self.assertEqual(self.receivable.move_id.dunning_level_id, self.first)
        move.button_draft()
        move.button_cancel()
        self.assertFalse(self.receivable.move_id.dunning_level_id)
