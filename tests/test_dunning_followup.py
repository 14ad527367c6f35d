from datetime import date, timedelta

from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDunningFollowup(DunningCommon):

    def _sync(self):
        return self.env["dunning.followup"]._sync(self.company, self.today)

    def test_first_invoice_makes_a_followup_with_its_totals(self):
        self._create_receivable(1000, late=10)
        self._create_receivable(200, late=-10)
        self._sync()
        self.assertRecordValues(self._get_followup(), [{
            "amount_overdue": 1000, "amount_not_due": 200, "amount_credit": 0, "amount_total": 1200, "line_count": 2,
            "oldest_due_date": self.today - timedelta(days=10), "oldest_days": 10, "policy_id": self.policy.id,
        }])

    def test_second_sync_writes_nothing(self):
        self._create_receivable(1000, late=10)
        self.assertTrue(self._sync())
        self.assertFalse(self._sync())

    def test_paid_customer_keeps_an_empty_followup(self):
        receivable = self._create_receivable(1000, late=10)
        self._sync()
        self._pay(receivable)
        self._sync()
        self.assertRecordValues(self._get_followup(), [{"amount_total": 0, "line_count": 0, "wake_date": False}])

    def test_line_due_today_is_not_overdue(self):
        self._create_receivable(1000, late=0)
        self._sync()
        self.assertEqual(self._get_followup().amount_overdue, 0)

    def test_sql_and_domain_agree_on_what_is_overdue(self):
        for late in (-5, 0, 1, 30):
            self._create_receivable(100, late=late)
        self._create_receivable(100, late=40).no_followup = True
        legal = self._create_receivable(100, late=40)
        legal.move_id.dunning_legal_due_date = self.today + timedelta(days=3)
        self._sync()
        lines = self.env["account.move.line"]
        overdue = lines.search(lines._get_overdue_domain(self.company))
        self.assertEqual(sum(overdue.mapped("amount_residual")), self._get_followup().amount_overdue)
        self.assertEqual(self._get_followup().amount_overdue, 200)

    def test_credits_count_even_when_excluded_from_followup(self):
        self._create_receivable(1000, late=10)
        refund = self.env["account.move"].create({
            "move_type": "out_refund", "partner_id": self.customer.id, "invoice_date": self.today,
            "invoice_line_ids": [(0, 0, {"name": "Return", "price_unit": 300, "tax_ids": []})],
        })
        refund.action_post()
        refund.line_ids.no_followup = True
        self._sync()
        self.assertEqual(self._get_followup().amount_credit, 300)

    def test_vat_credit_account_is_no_debt(self):
        receivable = self._create_receivable(1000, late=10)
        receivable.account_id.non_trade = True
        self._sync()
        self.assertFalse(self._get_followup())

    def test_account_excluded_by_the_company_is_no_debt(self):
        receivable = self._create_receivable(1000, late=10)
        self.company.dunning_excluded_account_ids = receivable.account_id
        self._sync()
        self.assertFalse(self._get_followup())

    def test_instalment_due_later_is_a_line_of_its_own(self):
        move = self._create_receivable(
            1000, late=10, invoice_payment_term_id=self.pay_terms_b.id, invoice_date_due=False).move_id
        lines = move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(len(lines), 2)
        self._sync()
        self.assertEqual(self._get_followup().line_count, 2)

    # --- policy ---------------------------------------------------------------------------------------------------

    def test_own_policy_of_the_customer_wins(self):
        own = self._create_policy([("Only", "reminder_1", 1, {})])
        self.customer.with_company(self.company).dunning_policy_id = own
        self._create_receivable(late=10)
        self._sync()
        self.assertEqual(self._get_followup().policy_id, own)

    def test_policy_of_the_profile_comes_before_the_rules(self):
        firm = self._create_policy([("Only", "reminder_1", 1, {})])
        ruled = self._create_policy([("Only", "reminder_1", 1, {})])
        profile = self.env["dunning.profile"].create({"name": "Bad", "code": "bad", "policy_id": firm.id})
        self.env["dunning.policy.rule"].create({"policy_id": ruled.id, "debtor_kind": "business"})
        self._create_receivable(late=10)
        self._sync()
        self.assertEqual(self._get_followup().policy_id, ruled)
        self.customer.with_company(self.company).dunning_profile_id = profile
        self._sync()
        self.assertEqual(self._get_followup().policy_id, firm)

    def test_first_matching_rule_decides_and_unknown_matches_no_kind(self):
        unknown = self._create_policy([("Only", "reminder_1", 1, {})])
        self.env["dunning.policy.rule"].create({"policy_id": unknown.id, "debtor_kind": "unknown"})
        stranger = self._create_customer("Stranger", dunning_debtor_kind=False)
        self._create_receivable(late=10)
        self._create_receivable(late=10, partner=stranger)
        self._sync()
        self.assertEqual(self._get_followup().policy_id, self.policy)
        self.assertEqual(self._get_followup(stranger).policy_id, unknown)

    def test_archived_policy_falls_back_to_the_default(self):
        own = self._create_policy([("Only", "reminder_1", 1, {})])
        self.customer.with_company(self.company).dunning_policy_id = own
        own.active = False
        self._create_receivable(late=10)
        self._sync()
        self.assertEqual(self._get_followup().policy_id, self.policy)

    # --- waking ---------------------------------------------------------------------------------------------------

    def _sleep(self):
        followup = self._get_followup()
        followup._set_wake_date(date(2027, 6, 1))
        return followup

    def test_new_payment_wakes_the_followup(self):
        receivable = self._create_receivable(1000, late=10)
        self._sync()
        followup = self._sleep()
        self._pay(receivable, 400)
        self._sync()
        self.assertEqual(followup.wake_date, self.today)

    def test_change_of_a_level_wakes_the_customers_of_its_policy(self):
        self._create_receivable(1000, late=10)
        self._sync()
        followup = self._sleep()
        self.second.days = 12
        self._sync()
        self.assertEqual(followup.wake_date, self.today)

    def test_change_of_a_setting_wakes_everybody(self):
        self._create_receivable(1000, late=10)
        self._sync()
        followup = self._sleep()
        self.company.dunning_quiet_days = 3
        self._sync()
        self.assertEqual(followup.wake_date, self.today)

    def test_excluding_a_line_wakes_the_followup(self):
        receivable = self._create_receivable(1000, late=10)
        self._sync()
        followup = self._sleep()
        receivable.no_followup = True
        self._sync()
        self.assertEqual(followup.wake_date, self.today)

    def test_posting_and_paying_ask_for_one_refresh_each_transaction(self):
        cron = self.env.ref("account_dunning.ir_cron_dunning_refresh")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self._create_receivable(late=10)
        self._create_receivable(late=20)
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), before + 1)

    # --- companies ------------------------------------------------------------------------------------------------

    def test_lines_of_a_branch_belong_to_the_followup_of_its_root(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids |= branch
        receivable = self._create_receivable(500, late=10)
        self.env.flush_all()
        values = [branch.id, receivable.move_id.id]
        self.env.cr.execute("UPDATE account_move SET company_id = %s WHERE id = %s", values)
        self.env.cr.execute("UPDATE account_move_line SET company_id = %s WHERE move_id = %s", values)
        self.env.invalidate_all()
        self._sync()
        self.assertEqual(receivable.company_id, branch)
        self.assertEqual(self._get_followup().amount_overdue, 500)
        self.assertFalse(self.env["dunning.followup"].search([("company_id", "=", branch.id)]))

    def test_companies_never_mix(self):
        other = self.setup_other_company()["company"]
        self._create_receivable(500, late=10)
        self._sync()
        self.env["dunning.followup"]._sync(other, self.today)
        self.assertFalse(self.env["dunning.followup"].search([("company_id", "=", other.id)]))

    def test_child_that_gets_a_parent_moves_to_its_followup(self):
        parent = self._create_customer("Parent")
        child = self._create_customer("Child")
        self._create_receivable(500, late=10, partner=child)
        self._sync()
        child.write({"is_company": False, "parent_id": parent.id})
        self._sync()
        self.assertEqual(self._get_followup(child).amount_total, 0)
        self.assertEqual(self._get_followup(parent).amount_total, 500)
