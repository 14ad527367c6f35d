from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import DunningCommon

# What the Sales application gives a salesperson, and a little more: reading and editing invoices, nothing of dunning.
SALES_RIGHTS = {
    "account.move": "1111", "account.move.line": "1111", "account.account": "1000", "account.journal": "1000",
    "account.tax": "1000", "account.tax.group": "1000", "account.payment.term": "1000", "account.analytic.plan": "1000",
    "account.partial.reconcile": "1001", "account.full.reconcile": "1001", "account.account.tag": "1000",
    "account.analytic.line": "1111",
}
SHOWN_FIELDS = (
    "dunning_level_id", "dunning_stage", "dunning_notice_id", "dunning_days_late", "dunning_overdue",
    "dunning_next_level_id", "dunning_next_date", "dunning_reason", "dunning_reason_text", "dunning_delivery_status",
    "dunning_legal_due_date", "dunning_assignee_id", "dunning_rejected_date", "dunning_line_ids", "dunning_followup_id",
)


@tagged("post_install", "-at_install")
class TestAccountMove(DunningCommon):

    # --- days late ------------------------------------------------------------------------------------------------

    def test_days_late_count_from_the_oldest_unpaid_due_date(self):
        move = self._create_receivable(late=12).move_id
        self.assertEqual((move.dunning_days_late, move.dunning_overdue), (12, 1000))
        move.dunning_legal_due_date = self.today - timedelta(days=2)
        self.assertEqual(move.dunning_days_late, 2)

    def test_paid_invoice_is_not_late(self):
        receivable = self._create_receivable(late=12)
        self._pay(receivable)
        self.assertEqual((receivable.move_id.dunning_days_late, receivable.move_id.dunning_overdue), (0, 0))

    def test_days_late_are_searched_sorted_and_grouped_by(self):
        moves = self.env["account.move"].union(
            *(self._create_receivable(late=late).move_id for late in (5, 45, 95)))
        ours = [("id", "in", moves.ids)]
        Move = self.env["account.move"]
        self.assertEqual(Move.search([*ours, ("dunning_days_late", ">", 30)]), moves[1:])
        self.assertEqual(Move.search([*ours, ("dunning_days_late", "=", 5)]), moves[0])
        self.assertEqual(Move.search(ours, order="dunning_days_late desc").mapped("dunning_days_late"), [95, 45, 5])
        lines = moves.dunning_line_ids
        self.assertEqual(lines.search([("id", "in", lines.ids)], order="dunning_days_late").mapped("dunning_days_late"),
                         [5, 45, 95])

    def test_invoices_are_grouped_by_level_and_stage(self):
        receivable = self._create_receivable(late=10)
        self._run_night()
        groups = self.env["account.move"]._read_group(
            [("id", "in", receivable.move_id.ids)], ["dunning_level_id", "dunning_stage"], ["__count"])
        self.assertEqual(groups, [(self.first, "reminder_1", 1)])

    # --- what comes next ------------------------------------------------------------------------------------------

    def test_invoice_says_what_comes_next_and_when(self):
        move = self._create_receivable(late=2).move_id
        self.assertEqual(move.dunning_next_level_id, self.first)
        self.assertEqual(move.dunning_next_date, self.today + timedelta(days=5))
        self.assertEqual(move.dunning_reason, "waiting")
        self.assertIn("First on ", move.dunning_reason_text)

    def test_due_step_goes_with_the_next_run(self):
        move = self._create_receivable(late=10).move_id
        self.assertEqual(move.dunning_reason, "due")
        self.assertEqual(move.dunning_reason_text, "First is due and goes with the next run")

    def test_after_a_notice_the_gap_is_the_reason(self):
        receivable = self._create_receivable(late=16)
        self._run_night()
        self.assertEqual(receivable.move_id.dunning_next_level_id, self.second)
        self.assertEqual(receivable.move_id.dunning_next_date, self.today + timedelta(days=8))

    def test_invoice_shows_the_earliest_of_its_instalments(self):
        terms = self.env["account.payment.term"].create({
            "name": "Twice", "line_ids": [
                Command.create({"value": "percent", "value_amount": 50, "nb_days": 10}),
                Command.create({"value": "percent", "value_amount": 50, "nb_days": 60}),
            ]})
        move = self._create_receivable(due=self.today, invoice_payment_term_id=terms.id).move_id
        self.assertEqual(len(move.dunning_line_ids), 2)
        self.assertEqual(move.dunning_reason, "due")
        self.assertEqual(sorted(move.dunning_line_ids.mapped("dunning_reason")), ["due", "not_due"])

    def test_what_comes_next_asks_for_the_same_queries_for_one_and_for_ten(self):
        one = self._create_receivable(late=10).move_id
        many = self.env["account.move"].union(*(
            self._create_receivable(late=10, partner=self._create_customer(f"Customer {number}")).move_id
            for number in range(10)))
        self.env["dunning.followup"]._sync(self.company, self.today)
        counts = []
        for moves in (one, one, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            moves.mapped("dunning_reason_text")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 2)

    def test_customer_without_follow_up_is_planned_all_the_same(self):
        other = self._create_policy([("Other first", "reminder_1", 5, {})])
        customer = self._create_customer("Newcomer", dunning_policy_id=other.id)
        move = self._create_receivable(late=2, partner=customer).move_id
        self.assertFalse(self._get_followup(customer))
        self.assertEqual(move.dunning_next_level_id, other.level_ids)
        self.assertFalse(self._get_followup(customer))

    def test_paid_and_draft_invoices_have_nothing_coming(self):
        paid = self._create_receivable(late=10)
        self._pay(paid)
        self.assertEqual(paid.move_id.dunning_reason_text, "Nothing is owed for this document")
        draft = self._create_receivable(late=10, post=False)
        self.assertFalse(draft.move_id.dunning_reason_text)

    # --- buttons --------------------------------------------------------------------------------------------------

    def test_excluded_invoice_is_left_out_until_it_is_included(self):
        receivable = self._create_receivable(late=10)
        receivable.move_id.action_dunning_exclude()
        self.assertEqual(receivable.move_id.dunning_reason, "no_followup")
        self.assertFalse(self._prepare_run().notice_ids)
        receivable.move_id.action_dunning_include()
        self.assertEqual(receivable.move_id.dunning_reason, "due")
        self.assertEqual(self._prepare_run().notice_ids.line_ids.line_id, receivable)

    def test_excluding_leaves_a_trace_on_the_invoice(self):
        move = self._create_receivable(late=10).move_id
        before = move.message_ids
        move.action_dunning_exclude()
        self.assertIn("Excluded from dunning", (move.message_ids - before).body)

    def test_only_posted_customer_invoices_can_be_excluded(self):
        bill = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.customer.id})
        with self.assertRaisesRegex(UserError, "posted customer invoices"):
            bill.action_dunning_exclude()

    def test_reminder_sent_now_is_a_draft_that_names_the_invoice_alone(self):
        receivable = self._create_receivable(late=3)
        self._create_receivable(late=40)
        action = receivable.move_id.action_dunning_send_now()
        notice = self.env["dunning.notice"].browse(action["res_id"])
        self.assertRecordValues(notice, [{"state": "draft", "is_manual": True, "level_id": self.first.id}])
        self.assertEqual(notice.line_ids.line_id, receivable)
        self.assertFalse(receivable.dunning_level_id)

    def test_reminders_sent_now_are_one_per_customer(self):
        other = self._create_customer("Other")
        moves = (self._create_receivable(late=9) | self._create_receivable(late=8)
                 | self._create_receivable(late=7, partner=other)).move_id
        action = moves.action_dunning_send_now()
        notices = self.env["dunning.notice"].search(action["domain"])
        self.assertEqual(notices.partner_id, self.customer | other)
        self.assertEqual(len(notices), 2)

    def test_reminder_prepared_twice_is_one_reminder(self):
        receivable = self._create_receivable(late=9)
        first = self.env["dunning.notice"].browse(receivable.move_id.action_dunning_send_now()["res_id"])
        second = self.env["dunning.notice"].browse(receivable.move_id.action_dunning_send_now()["res_id"])
        self.assertFalse(first.exists())
        second.body = "<p>Dear Anna</p>"
        third = self.env["dunning.notice"].browse(receivable.move_id.action_dunning_send_now()["res_id"])
        self.assertTrue(second.exists() and third.exists())

    def test_draft_warns_of_a_notice_sent_lately(self):
        receivable = self._create_receivable(late=9)
        self._run_night()
        notice = self.env["dunning.notice"].browse(receivable.move_id.action_dunning_send_now()["res_id"])
        self.assertIn("“First”", notice.recent_text)

    def test_nothing_can_be_sent_for_a_paid_invoice(self):
        receivable = self._create_receivable(late=9)
        self._pay(receivable)
        with self.assertRaisesRegex(UserError, "nothing open"):
            receivable.move_id.action_dunning_send_now()

    def test_follow_up_opens_from_the_first_invoice(self):
        move = self._create_receivable(late=1).move_id
        self.assertFalse(move.dunning_followup_id)
        action = move.action_dunning_open_followup()
        self.assertEqual(action["res_id"], self._get_followup().id)

    def test_invoice_is_made_in_its_form(self):
        user = self._create_user("bookkeeper", "account_dunning.group_dunning_user,base.group_partner_manager")
        form = Form(self.env["account.move"].with_user(user).with_context(default_move_type="out_invoice"))
        form.partner_id = self.customer.with_user(user)
        form.invoice_date = self.today - timedelta(days=20)
        form.invoice_date_due = self.today - timedelta(days=10)
        with form.invoice_line_ids.new() as line:
            line.name = "Work"
            line.price_unit = 100
        move = form.save()
        self.assertFalse(move.dunning_reason_text or move.dunning_line_ids)
        move.action_post()
        self.assertEqual(move.dunning_reason, "due")
        with Form(move) as form:
            form.dunning_rejected_date = self.today
        self.assertEqual(move.dunning_rejected_date, self.today)

    # --- copies and rights ----------------------------------------------------------------------------------------

    def test_duplicate_begins_without_level(self):
        receivable = self._create_receivable(late=10)
        self._run_night()
        receivable.move_id.dunning_rejected_date = self.today
        copy = receivable.move_id.copy()
        self.assertRecordValues(copy, [{
            "dunning_level_id": False, "dunning_stage": False, "dunning_notice_id": False,
            "dunning_rejected_date": False, "dunning_delivery_status": "none"}])
        self.assertFalse(copy.line_ids.dunning_level_id)

    def _create_user(self, login, groups):
        return new_test_user(self.env, login, groups=groups, company_id=self.company.id,
                             company_ids=self.company.ids)

    def test_salesperson_opens_edits_duplicates_resets_and_cancels(self):
        receivable = self._create_receivable(late=10)
        self._run_night()
        group = self.env["res.groups"].create({"name": "Sales"})
        self.env["ir.model.access"].create([{
            "name": model, "model_id": self.env["ir.model"]._get(model).id, "group_id": group.id,
            "perm_read": rights[0] == "1", "perm_write": rights[1] == "1", "perm_create": rights[2] == "1",
            "perm_unlink": rights[3] == "1",
        } for model, rights in SALES_RIGHTS.items()])
        user = self._create_user("seller", "base.group_user")
        user.group_ids |= group
        move = receivable.move_id.with_user(user)
        self.env.invalidate_all()
        move.read(SHOWN_FIELDS)
        view = move.get_view(view_type="form")
        self.assertNotIn("dunning_reason_text", view["arch"])
        move.ref = "Our order 7"
        self.assertFalse(move.copy().dunning_level_id)
        move.button_draft()
        self.assertFalse(receivable.move_id.dunning_level_id)
        move.button_cancel()
        self.assertEqual(move.state, "cancel")

    def test_accountant_without_dunning_rights_reads_everything_and_sends_nothing(self):
        receivable = self._create_receivable(late=10)
        self.env["dunning.followup"]._sync(self.company, self.today)
        move = receivable.move_id.with_user(self._create_user("bookkeeper", "account.group_account_invoice"))
        self.env.invalidate_all()
        self.assertEqual(move.dunning_reason_text, "First is due and goes with the next run")
        arch = move.get_view(view_type="form")["arch"]
        self.assertIn("dunning_reason_text", arch)
        self.assertNotIn("action_dunning_send_now", arch)
        with self.assertRaises(AccessError):
            move.action_dunning_send_now()

    def test_customer_reads_his_invoice_and_nothing_of_its_dunning(self):
        receivable = self._create_receivable(late=10)
        portal = new_test_user(self.env, "customer", groups="base.group_portal", company_id=self.company.id,
                               company_ids=self.company.ids)
        portal.partner_id.parent_id = self.customer
        receivable.move_id.message_subscribe(portal.partner_id.ids)
        self.env.invalidate_all()
        move = receivable.move_id.with_user(portal)
        self.assertEqual(move.read(["name"])[0]["name"], receivable.move_id.name)
        for name in (*SHOWN_FIELDS, "dunning_assignment", "dunning_notice_line_ids"):
            with self.assertRaises(AccessError):
                move.read([name])
        for model in ("account.move", "account.move.line", "res.partner"):
            names = self.env[model].with_user(portal).fields_get()
            self.assertFalse([name for name in names if name.startswith("dunning_")])

    def test_auditor_reads_the_invoice(self):
        receivable = self._create_receivable(late=10)
        move = receivable.move_id.with_user(self._create_user("auditor", "account.group_account_readonly"))
        self.env.invalidate_all()
        self.assertEqual(move.read(["dunning_days_late", "dunning_reason_text"])[0]["dunning_days_late"], 10)
        move.get_view(view_type="form")
