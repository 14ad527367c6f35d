import psycopg2

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestMastersGone(DunningCommon):
    """What a notice leans on may be archived while it is on its way: it leaves, or says why it does not."""

    def setUp(self):
        super().setUp()
        self.receivable = self._create_receivable(late=10)

    def test_step_that_was_archived_since_still_says_what_was_planned(self):
        run = self._prepare_run()
        self.first.active = False
        self._release(run)
        self.assertEqual(run.notice_ids.state, "sent")
        self.assertEqual(self.receivable.dunning_level_id, self.first)

    def test_policy_that_was_archived_since_still_says_what_was_planned(self):
        run = self._prepare_run()
        self.customer.dunning_policy_id = self.policy
        self.policy.active = False
        self._release(run)
        self.assertEqual(run.notice_ids.state, "sent")
        self._set_today(self.today.replace(day=self.today.day + 9))
        self.assertFalse(self._run_night().error_log)

    def test_customers_of_a_collector_who_leaves_go_to_the_collector_of_the_company(self):
        """Odoo deletes his activities: a call that waits is put on the agenda of the other."""
        leaving, heir = (new_test_user(
            self.env, login, groups="account_dunning.group_dunning_user", company_id=self.company.id,
            company_ids=self.company.ids) for login in ("h_leaving", "h_heir"))
        self.customer.dunning_user_id = leaving
        self.first.channel = "call"
        self.company.dunning_user_id = heir
        call = self._run_night().notice_ids.dispatch_ids
        self.assertEqual((call.channel, call.activity_id.user_id), ("call", leaving))
        leaving.action_archive()
        self.assertEqual((self._get_followup().user_id, call.user_id, call.notice_id.user_id), (heir,) * 3)
        self.assertEqual((call.state, call.activity_id.user_id), ("pending", heir))

    def test_collector_who_left_before_gets_no_new_customer(self):
        user = new_test_user(self.env, "h_left", groups="account_dunning.group_dunning_user",
                             company_id=self.company.id, company_ids=self.company.ids)
        self.customer.dunning_user_id = self.company.dunning_user_id = user
        user.active = False
        run = self._run_night()
        self.assertFalse(run.error_log)
        self.assertFalse(self._get_followup().user_id)

    def test_customer_who_was_archived_still_owes(self):
        self.customer.active = False
        run = self._run_night()
        self.assertFalse(run.error_log)
        self.assertEqual(run.notice_ids.state, "sent")

    def test_currency_that_was_archived_is_still_owed(self):
        currency = self.setup_other_currency("CHF")
        foreign = self._create_receivable(300, late=10, partner=self._create_customer("Abroad"),
                                           currency_id=currency.id)
        currency.active = False
        run = self._run_night()
        self.assertFalse(run.error_log)
        self.assertIn(foreign, run.notice_ids.line_ids.line_id)
        self.assertEqual(set(run.notice_ids.mapped("state")), {"sent"})

    def test_company_that_was_archived_disturbs_nobody(self):
        other = self.setup_other_company()["company"]
        other.dunning_start_date = False
        other.active = False
        self.env["dunning.run"]._cron_run()
        self.env["dunning.followup"]._cron_refresh()
        run = self.env["dunning.run"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertTrue(run)
        self.assertFalse(self.env["dunning.run"].search([("company_id", "=", other.id)]))

    def test_text_that_is_in_use_is_not_deleted(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.Error), self.env.cr.savepoint():
            self.first.mail_template_id.unlink()
        self.assertTrue(self.first.mail_template_id.exists())
