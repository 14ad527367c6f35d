from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import QuickAccountCommon
from .plan_common import PlanCommon
from .tour_common import TourCase


@tagged("post_install", "-at_install")
class TestDunningStatus(PlanCommon):
    """What a customer says becomes the right record in one gesture."""

    def setUp(self):
        super().setUp()
        self.older = self._create_receivable(600, late=20)
        self.newer = self._create_receivable(400, late=10)
        self.coming = self._create_receivable(100, late=-10)
        self.env["dunning.followup"]._sync(self.company, self.today)
        self.followup = self._get_followup()

    def _open(self, **values):
        """Return the window of the follow-up as a user fills it in."""
        wizard = self.env["dunning.status"].browse(self.followup.action_change_status()["res_id"])
        wizard.write(values)
        return wizard

    def _tick(self, wizard, lines):
        for line in wizard.line_ids:
            line.is_chosen = line.line_id in lines

    # --- opening --------------------------------------------------------------------------------------------------

    def test_overdue_invoices_are_ticked_and_the_others_listed(self):
        wizard = self._open()
        self.assertEqual(wizard.line_ids.line_id, self.older + self.newer + self.coming)
        self.assertEqual(wizard.line_ids.filtered("is_chosen").line_id, self.older + self.newer)
        self.assertEqual(wizard.amount_chosen, 1000)

    def test_from_the_list_what_was_selected_is_ticked(self):
        action = self.newer.move_id.action_dunning_change_status()
        wizard = self.env["dunning.status"].browse(action["res_id"])
        self.assertEqual(wizard.line_ids.filtered("is_chosen").line_id, self.newer)

    def test_invoices_of_two_customers_are_refused(self):
        other = self._create_receivable(50, late=9, partner=self._create_customer("Other"))
        with self.assertRaisesRegex(UserError, "one customer"):
            (self.newer + other).move_id.action_dunning_change_status()

    def test_nothing_ticked_is_refused(self):
        wizard = self._open(status="copy")
        self._tick(wizard, self.env["account.move.line"])
        with self.assertRaisesRegex(UserError, "Tick the invoices"):
            wizard.action_apply()

    # --- what was said --------------------------------------------------------------------------------------------

    def test_paid_waits_five_working_days(self):
        self._open(status="paid", date=self.today - timedelta(days=1), comment="By transfer").action_apply()
        hold = self.env["dunning.hold"].search([("followup_id", "=", self.followup.id)])
        self.assertEqual((hold.date_end, hold.line_ids.line_id), (date(2026, 11, 25), self.older + self.newer))
        self.assertIn("Payment announced", hold.name)
        with self.assertRaisesRegex(UserError, "is a promise"):
            self._open(status="paid", date=self.today + timedelta(days=3)).action_apply()

    def test_promise_of_a_part(self):
        monday = self.today + timedelta(days=5)
        self._open(status="promise", date=monday, amount=700, comment="On Monday").action_apply()
        promise = self.env["dunning.promise"].search([("followup_id", "=", self.followup.id)])
        self.assertEqual((promise.amount, promise.date_promised, promise.comment),
                         (700, monday, "On Monday"))
        self.assertEqual(promise.line_ids.mapped("amount"), [600, 100])

    def test_dispute_of_one_invoice(self):
        reason = self.env["dunning.dispute.reason"].search([], limit=1)
        wizard = self._open(status="dispute", reason_id=reason.id, amount=150, comment="Two pieces missing")
        with self.assertRaisesRegex(UserError, "Tick only"):
            wizard.action_apply()
        self._tick(wizard, self.newer)
        wizard.action_apply()
        dispute = self.env["dunning.dispute"].search([("followup_id", "=", self.followup.id)])
        self.assertEqual((dispute.reason_id, dispute.line_ids.line_id, dispute.line_ids.amount),
                         (reason, self.newer, 150))
        self.assertFalse(self.older.move_id.dunning_status)

    def test_dispute_needs_a_reason(self):
        with self.assertRaisesRegex(UserError, "what the customer contests"):
            self._open(status="dispute").action_apply()

    def test_plan_opens_with_the_ticked_invoices(self):
        action = self._open(status="plan", comment="Cash is short").action_apply()
        plan = self.env["dunning.plan"].browse(action["res_id"])
        self.assertEqual((plan.line_ids.line_id, plan.comment, plan.state),
                         (self.older + self.newer, "Cash is short", "draft"))

    def test_copy_opens_an_email_with_the_invoices(self):
        made = {}

        def render(_notices, invoices):
            made["names"] = invoices.mapped("name")
            return {invoice.id: b"%PDF copy" for invoice in invoices}

        self.patch(type(self.env["dunning.notice"]), "_render_invoices", render)
        action = self._open(status="copy", with_email=True).action_apply()
        context = action["context"]
        files = self.env["ir.attachment"].browse(context["default_attachment_ids"][0][2])
        self.assertEqual(len(files), 2)
        self.assertEqual(files.mapped("raw"), [b"%PDF copy"] * 2)
        self.assertEqual(context["default_partner_ids"], self.customer.ids)
        self.assertIn(self.older.move_id.name, context["default_body"])
        self.assertIn("copies", context["default_body"])

    def test_wrong_recipient_gives_the_role_to_the_right_contact(self):
        old = self.env["res.partner"].create({
            "name": "Old", "parent_id": self.customer.id, "dunning_role": "accounts_payable",
            "email": "old@x.example.com"})
        self._open(status="recipient", contact_name="Right Person", contact_email="r@x.example.com").action_apply()
        new = self.customer.child_ids.filtered(lambda contact: contact.name == "Right Person")
        self.assertEqual((new.dunning_role, old.dunning_role), ("accounts_payable", False))
        self.assertEqual(self.customer._get_dunning_recipient("accounts_payable"), new)
        self._open(status="recipient", contact_id=old.id).action_apply()
        self.assertEqual((new.dunning_role, old.dunning_role), (False, "accounts_payable"))
        with self.assertRaisesRegex(UserError, "is no contact of this customer"):
            self._open(status="recipient", contact_id=self._create_customer("Other").id).action_apply()
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self._open(status="recipient", contact_name="X", contact_email="nothing").action_apply()

    def test_blocked_in_their_process_holds_until_the_day(self):
        self._open(status="blocked", date=date(2026, 12, 4), delivery_status="suspended",
                   comment="No order number").action_apply()
        hold = self.env["dunning.hold"].search([("followup_id", "=", self.followup.id)])
        self.assertEqual((hold.date_end, hold.comment), (date(2026, 12, 4), "No order number"))
        self.assertEqual(self.older.move_id.dunning_delivery_status, "suspended")

    def test_insolvency_holds_the_whole_customer(self):
        self._open(status="insolvency", date_judgment=self.today - timedelta(days=2)).action_apply()
        hold = self.env["dunning.hold"].search([("followup_id", "=", self.followup.id)])
        self.assertEqual((hold.kind, hold.is_whole_customer, hold.date_review),
                         ("insolvency", True, self.today + timedelta(days=90)))
        self.assertRecordValues(self.followup.insolvency_ids, [{
            "state": "open", "date_judgment": self.today - timedelta(days=2), "hold_id": hold.id}])

    def test_rumour_of_insolvency_only_holds_the_customer(self):
        self._open(status="insolvency").action_apply()
        self.assertFalse(self.followup.insolvency_ids)
        self.assertEqual(self.followup.running_hold_ids.kind, "insolvency")

    def test_something_else_needs_words(self):
        with self.assertRaisesRegex(UserError, "Note what the customer said"):
            self._open(status="other").action_apply()
        self._open(status="other", comment="Asks to be called in the morning").action_apply()
        self.assertEqual(self.older.move_id.dunning_status_comment, "Asks to be called in the morning")

    # --- what is left behind --------------------------------------------------------------------------------------

    def test_status_shows_on_the_invoices_that_were_meant(self):
        self._open(status="other", comment="Waits for his bank").action_apply()
        self.assertRecordValues(self.older.move_id + self.coming.move_id, [
            {"dunning_status": "other", "dunning_status_comment": "Waits for his bank",
             "dunning_status_date": self.today},
            {"dunning_status": False, "dunning_status_comment": False, "dunning_status_date": False},
        ])
        self.assertFalse(self.older.move_id.copy().dunning_status)
        notes = self.followup.message_ids.filtered(lambda message: "Waits for his bank" in (message.body or ""))
        self.assertEqual(len(notes), 1)

    def test_next_action_is_on_the_agenda(self):
        call = self.env.ref("mail.mail_activity_data_call")
        self._open(status="paid", activity_type_id=call.id, activity_note="Ask for the reference").action_apply()
        activity = self.followup.activity_ids.filtered(lambda one: one.summary == "Ask for the reference")
        self.assertEqual((activity.activity_type_id, activity.date_deadline), (call, date(2026, 11, 26)))

    def test_an_answer_is_read_once_its_status_is_noted(self):
        self.followup.write({"reply_date": "2026-11-17 09:00:00", "attention": True})
        self._open(status="other", comment="See his mail").action_apply()
        self.assertFalse(self.followup.reply_date)

    def test_email_can_be_read_before_it_leaves(self):
        before = self.env["mail.mail"].search_count([])
        action = self._open(status="paid", with_email=True).action_apply()
        self.assertEqual((action["res_model"], action["context"]["default_res_ids"]),
                         ("mail.compose.message", self.followup.ids))
        self.assertIn("Thank you for telling us", action["context"]["default_body"])
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_promise_is_confirmed_with_its_own_email(self):
        action = self._open(status="promise", with_email=True).action_apply()
        self.assertEqual(action["res_model"], "mail.compose.message")
        self.assertTrue(action["context"]["dunning_promise_id"])

    def test_only_those_who_work_the_follow_ups_change_a_status(self):
        clerk = new_test_user(self.env, "status_clerk", groups="account.group_account_invoice",
                              company_id=self.company.id, company_ids=self.company.ids)
        with self.assertRaises(AccessError):
            self.followup.with_user(clerk).action_change_status()
        collector = new_test_user(self.env, "status_collector", groups="account_dunning.group_dunning_user",
                                  company_id=self.company.id, company_ids=self.company.ids)
        for status, values in (("paid", {}), ("recipient", {"contact_name": "New"}), ("plan", {})):
            with self.subTest(status=status):
                action = self.followup.with_user(collector).action_change_status()
                wizard = self.env["dunning.status"].with_user(collector).browse(action["res_id"])
                wizard.write({"status": status, **values})
                wizard.action_apply()
                self.assertEqual(self.older.move_id.dunning_status, status)


@tagged("post_install", "-at_install")
class TestDunningStatusTour(QuickAccountCommon, TourCase):
    """The gesture in a real browser; it takes place today: the browser has its own clock."""

    def test_collector_notes_what_was_said_and_opens_a_plan(self):
        env = self.env(su=True)
        company = self.company_data["company"].with_env(env)
        company.write({"email": "accounts@creditor.example.com", "dunning_not_sent_mode": "warn"})
        today = company._get_dunning_today()
        customer = env["res.partner"].create({
            "name": "Tour Customer", "is_company": True, "email": "tour@customer.example.com", "lang": "en_US",
            "dunning_debtor_kind": "business"})
        invoice = env["account.move"].create({
            "move_type": "out_invoice", "partner_id": customer.id, "company_id": company.id,
            "invoice_date": today - timedelta(days=40), "invoice_date_due": today - timedelta(days=10),
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 500, "tax_ids": []})]})
        invoice.action_post()
        env["dunning.followup"]._sync(company, today)
        new_test_user(env, "collector", groups="account_dunning.group_dunning_user", password="collector",
                      lang="en_US", company_id=company.id, company_ids=company.ids)
        self.start_tour("/odoo/dunning-followups", "dunning_change_status", login="collector")
        self.assertEqual((invoice.dunning_status, invoice.dunning_plan_id.state), ("plan", False))
        followup = env["dunning.followup"].search([("partner_id", "=", customer.id)])
        self.assertIn("Call again", followup.activity_ids.mapped("summary"))
        self.assertEqual(followup.plan_ids.amount_total, 500)
