import base64
import hashlib
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDunningNotice(DunningCommon):

    # --- what a notice holds --------------------------------------------------------------------------------------

    def test_one_notice_for_all_that_a_customer_owes(self):
        old = self._create_receivable(100, late=40)
        self._run_night()
        new = self._create_receivable(200, late=9)
        self._set_today(self.today + timedelta(days=8))
        notice = self._run_night().notice_ids
        self.assertEqual(len(notice), 1)
        self.assertEqual(notice.level_id, self.second)
        self.assertEqual((old | new).mapped("dunning_level_id"), self.second | self.first)
        self.assertEqual(new.dunning_level_id, self.first, "a new invoice never starts at the tone of an old one")

    def test_line_that_stands_higher_is_shown_as_claimed_earlier(self):
        old = self._create_receivable(100, late=20)
        self._run_night()
        self._set_today(self.today + timedelta(days=8))
        self._run_night()
        self._set_today(self.today + timedelta(days=7))
        new = self._create_receivable(200, late=9)
        notice = self._run_night().notice_ids
        claimed = notice.line_ids.filtered(lambda line: line.role == "claimed")
        self.assertEqual(notice.level_id, self.first)
        self.assertEqual(claimed.line_id, old)
        self.assertIn("our e-mail of", claimed.earlier)
        self.assertEqual(old.dunning_level_id, self.second)
        self.assertEqual(new.dunning_level_id, self.first)

    def test_overdue_line_before_its_step_is_listed_without_moving(self):
        self._create_receivable(100, late=10)
        young = self._create_receivable(50, late=2)
        notice = self._run_night().notice_ids
        self.assertEqual(notice.line_ids.filtered(lambda line: line.role == "listed").line_id, young)
        self.assertFalse(young.dunning_level_id)
        self.assertEqual(notice.amount_total, 150)

    def test_credits_are_shown_and_deducted(self):
        self._create_receivable(1000, late=10)
        refund = self.env["account.move"].create({
            "move_type": "out_refund", "partner_id": self.customer.id, "invoice_date": self.today,
            "invoice_line_ids": [(0, 0, {"name": "Return", "price_unit": 300, "tax_ids": []})],
        })
        refund.action_post()
        notice = self._run_night().notice_ids
        self.assertEqual(notice.amount_total, 700)
        self.assertIn(refund.name, notice.body)

    def test_customer_whose_credits_cover_the_debt_gets_nothing(self):
        self._create_receivable(300, late=10)
        refund = self.env["account.move"].create({
            "move_type": "out_refund", "partner_id": self.customer.id, "invoice_date": self.today,
            "invoice_line_ids": [(0, 0, {"name": "Return", "price_unit": 300, "tax_ids": []})],
        })
        refund.action_post()
        run = self._run_night()
        self.assertFalse(run.notice_ids)
        self.assertEqual(self._get_followup().reason, "credited")

    def test_two_currencies_stay_apart_in_one_notice(self):
        other = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)])
        self._create_receivable(1000, late=10)
        self._create_receivable(200, late=10, currency_id=other.id)
        notice = self._run_night().notice_ids
        self.assertEqual(notice.amount_total, 1400)
        self.assertIn("£\N{NO-BREAK SPACE}200.00", notice.body.replace("&nbsp;", "\N{NO-BREAK SPACE}"))

    def test_principal_on_the_notice_equals_the_books(self):
        receivables = self._create_receivable(1000.10, late=10) | self._create_receivable(33.33, late=12)
        self._pay(receivables[0], 0.77)
        notice = self._run_night().notice_ids
        for line in notice.line_ids:
            self.assertEqual(line.amount_residual, line.line_id.amount_residual_currency)

    def test_notice_is_written_in_the_language_of_its_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self._create_receivable(1000, late=10)
        notice = self._run_night().notice_ids
        self.assertEqual(notice.lang, "fr_FR")
        self.assertIn("1\N{NO-BREAK SPACE}000,00", notice.body.replace("&nbsp;", "\N{NO-BREAK SPACE}"))

    def test_deadline_is_never_a_sunday(self):
        self._set_today(self.today + timedelta(days=2))  # a Friday; eight days later is a Saturday
        self._create_receivable(late=10)
        notice = self._run_night().notice_ids
        self.assertEqual(notice.deadline_date, self.today + timedelta(days=10))

    def test_one_notice_per_invoice_address_when_the_customer_wants_it(self):
        self.customer.with_company(self.company).dunning_by_address = True
        branch = self.env["res.partner"].create({
            "name": "Branch", "parent_id": self.customer.id, "type": "invoice", "email": "branch@customer.example.com"})
        self._create_receivable(100, late=10)
        self._create_receivable(200, late=10, partner=branch)
        run = self._run_night()
        self.assertEqual(sorted(run.notice_ids.mapped("email_to")),
                         ["branch@customer.example.com", "customer@customer.example.com"])
        self.assertEqual(sorted(run.notice_ids.mapped("amount_total")), [100, 200])

    def test_notice_goes_to_the_accounts_payable_and_in_copy(self):
        child = {"parent_id": self.customer.id, "type": "contact"}
        payable, copied = self.env["res.partner"].create([
            {**child, "name": "Payable", "email": "ap@customer.example.com", "dunning_role": "accounts_payable"},
            {**child, "name": "Boss", "email": "boss@customer.example.com", "dunning_role": "copy"},
        ])
        self._create_receivable(late=10)
        run = self._run_night()
        self.assertEqual(run.notice_ids.contact_id, payable)
        self.assertEqual(sorted(mail["email_to"][0].split("<")[1].strip(">") for mail in self._mails),
                         [payable.email, copied.email])

    # --- the frozen copy ------------------------------------------------------------------------------------------

    def test_sent_notice_is_a_copy_with_its_hash(self):
        self._create_receivable(1000, late=10)
        notice = self._run_night().notice_ids
        page = base64.b64decode(notice.with_context(bin_size=False).html)
        self.assertEqual(hashlib.sha256(page).hexdigest(), notice.html_sha256)
        self.assertEqual(self._mails[0]["body"], str(notice.body))
        self.customer.write({"name": "Renamed", "street": "Elsewhere", "email": "new@customer.example.com"})
        self.assertEqual((notice.addressee, notice.email_to), ("Customer", "customer@customer.example.com"))
        self.assertIn("rue de la Paix", notice.address)

    def test_sent_notice_cannot_be_changed_or_deleted(self):
        self._create_receivable(late=10)
        notice = self._run_night().notice_ids
        with self.assertRaisesRegex(UserError, "already sent"):
            notice.subject = "Something else"
        with self.assertRaisesRegex(UserError, "history"):
            notice.unlink()

    def test_text_written_by_hand_is_kept_and_its_table_made_anew(self):
        receivable = self._create_receivable(1000, late=10)
        notice = self.env["dunning.notice"]._prepare_manual(receivable)
        notice.body = notice.body.replace("This is no doubt an oversight", "Please call Mrs Martin")
        self._pay(receivable, 400)
        notice.action_send()
        with self.mock_mail_gateway():
            notice.run_id._execute()
        self.assertIn("Please call Mrs Martin", self._mails[0]["body"])
        table = self._mails[0]["body"].split("dunning_table")[1]
        self.assertIn("600.00", table)

    def test_template_without_a_place_for_the_table_gets_it_at_the_end(self):
        template = self.env["mail.template"].create({
            "name": "Bare", "model_id": self.env["ir.model"]._get_id("dunning.notice"), "subject": "Bare",
            "body_html": "<p>Please pay.</p>", "use_default_to": False})
        self.first.mail_template_id = template
        receivable = self._create_receivable(late=10)
        notice = self._run_night().notice_ids
        self.assertIn(receivable.move_id.name, notice.body)

    def test_broken_template_fails_with_its_reason_and_nothing_leaves(self):
        self._create_receivable(late=10)
        run = self._prepare_run()
        self.env.cr.execute(
            "UPDATE mail_template SET body_html = jsonb_build_object('en_US', %s) WHERE id = %s",
            ['<p t-out="object.no_such_field"/>', self.first.mail_template_id.id])
        self.env.invalidate_all()
        self._release(run)
        self.assertFalse(self._mails)
        self.assertEqual(run.notice_ids.state, "failed")
        self.assertIn("no_such_field", run.notice_ids.failure_reason)
        self.assertNotIn("File", run.notice_ids.failure_reason)

    # --- by hand --------------------------------------------------------------------------------------------------

    def test_reminder_by_hand_moves_only_its_lines_and_silences_nobody(self):
        chosen = self._create_receivable(100, late=3)
        other = self._create_receivable(200, late=10)
        notice = self.env["dunning.notice"]._prepare_manual(chosen)
        self.assertEqual(notice.line_ids.line_id, chosen)
        notice.action_send()
        with self.mock_mail_gateway():
            notice.run_id._execute()
        self.assertEqual((chosen.dunning_level_id, other.dunning_level_id), (self.first, self.first.browse()))
        run = self._run_night()
        self.assertEqual(run.notice_ids.line_ids.filtered(lambda line: line.role == "moving").line_id, other)

    def test_reminder_by_hand_of_a_paid_invoice_is_refused_with_a_reason(self):
        receivable = self._create_receivable(late=10)
        self._pay(receivable)
        with self.assertRaisesRegex(UserError, "nothing open"):
            self.env["dunning.notice"]._prepare_manual(receivable)

    def test_reminder_by_hand_is_never_a_formal_notice(self):
        receivable = self._create_receivable(late=90)
        receivable._set_dunning_levels([(receivable.id, self.second.id, self.today - timedelta(days=30), None)])
        notice = self.env["dunning.notice"]._prepare_manual(receivable)
        self.assertEqual(notice.level_id, self.second)

    def test_policy_without_step_refuses_with_what_to_do(self):
        self.customer.with_company(self.company).dunning_policy_id = self._create_policy([])
        receivable = self._create_receivable(late=10)
        with self.assertRaisesRegex(UserError, "Choose another policy"):
            self.env["dunning.notice"]._prepare_manual(receivable)

    def test_cancelled_notice_frees_the_customer_for_the_next_night(self):
        receivable = self._create_receivable(late=10)
        run = self._prepare_run()
        run.notice_ids.action_cancel()
        self.assertEqual(run.notice_ids.state, "cancelled")
        self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.first)

    # --- invoices that change -------------------------------------------------------------------------------------

    def test_reset_invoice_loses_its_level_and_finds_it_again(self):
        receivable = self._create_receivable(late=10)
        move = receivable.move_id
        self._run_night()
        move.button_draft()
        self.assertFalse(move.dunning_level_id)
        move.action_post()
        receivable = move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(receivable.dunning_level_id, self.first)
        self.assertEqual(move.dunning_level_id, self.first)

    def test_terms_changed_after_a_reset_keep_the_history_of_the_invoice(self):
        move = self._create_receivable(late=10).move_id
        self._run_night()
        move.button_draft()
        move.invoice_payment_term_id = self.pay_terms_b
        move.action_post()
        lines = move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(len(lines), 2)
        self.assertTrue(all(line.dunning_level_id == self.first for line in lines))

    def test_deleted_invoice_leaves_its_notice_readable(self):
        move = self._create_receivable(late=10).move_id
        name = move.name
        notice = self._run_night().notice_ids
        move.button_draft()
        move.with_context(force_delete=True).unlink()
        self.assertEqual(notice.line_ids.name, name)
        self.assertFalse(notice.line_ids.line_id)

    def test_draft_notice_of_a_reset_invoice_is_cancelled_when_sent(self):
        move = self._create_receivable(late=10).move_id
        run = self._prepare_run()
        move.button_draft()
        self._release(run)
        self.assertFalse(self._mails)
        self.assertEqual(run.notice_ids.state, "cancelled")

    def test_duplicate_starts_without_a_level(self):
        move = self._create_receivable(late=10).move_id
        self._run_night()
        copy = move.copy()
        self.assertFalse(copy.dunning_level_id or copy.line_ids.dunning_level_id)

    def test_levels_can_be_rebuilt_from_the_notices(self):
        receivable = self._create_receivable(late=20)
        self._run_night()
        self._set_today(self.today + timedelta(days=8))
        notice = self._run_night().notice_ids
        receivable._set_dunning_levels([(receivable.id, None, None, None)])
        receivable._rebuild_dunning_levels()
        self.assertRecordValues(receivable, [{
            "dunning_level_id": self.second.id, "dunning_date": self.today, "dunning_notice_id": notice.id}])

    def test_archived_customer_is_still_reminded(self):
        receivable = self._create_receivable(late=10)
        self.customer.active = False
        self._run_night()
        self.assertEqual(receivable.dunning_level_id, self.first)
