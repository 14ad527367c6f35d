from odoo.tests import tagged

from .test_dunning_tours import TestDunningTours


@tagged("post_install", "-at_install")
class TestInsolvencyTour(TestDunningTours):
    """A collector notes a judgment and follows it to its end; he hears that a customer has died."""

    # The tours of the parent are not repeated.
    test_manager_prepares_looks_at_and_releases_a_run = None
    test_collector_sends_a_reminder_and_logs_a_call = None
    test_accountant_excludes_an_invoice_and_includes_it_again = None
    test_archived_email_is_shown_byte_by_byte_to_colleagues_only = None

    def _start(self, tour):
        self._create_user("collector", "account_dunning.group_dunning_user")
        self.env["dunning.followup"]._sync(self.company, self.today)
        self.start_tour("/odoo/dunning-followups", tour, login="collector")
        return self.env["dunning.followup"].search([("partner_id", "=", self.customer.id)])

    def test_collector_follows_a_judgment_to_the_write_off(self):
        followup = self._start("dunning_insolvency")
        self.assertRecordValues(followup.insolvency_ids, [{
            "procedure": "liquidation", "state": "closed", "outcome": "nothing"}])
        self.assertEqual(followup.insolvency_ids.hold_id.state, "running")
        self.assertEqual(followup.litigation_ids.route_code, "write_off")

    def test_collector_hears_that_the_customer_has_died(self):
        followup = self._start("dunning_hold_person")
        self.assertRecordValues(followup.hold_ids, [{"kind": "death", "name": "Death", "is_whole_customer": True}])
