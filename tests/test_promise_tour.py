from odoo.tests import tagged

from .test_dunning_tours import TestDunningTours


@tagged("post_install", "-at_install")
class TestPromiseTour(TestDunningTours):
    """A collector on the phone: a promise, its confirmation, a hold, without leaving the follow-up."""

    # The tours of the parent are not repeated.
    test_manager_prepares_looks_at_and_releases_a_run = None
    test_collector_sends_a_reminder_and_logs_a_call = None
    test_accountant_excludes_an_invoice_and_includes_it_again = None
    test_archived_email_is_shown_byte_by_byte_to_colleagues_only = None

    def test_collector_notes_a_promise_and_a_hold(self):
        user = self._create_user("collector", "account_dunning.group_dunning_user")
        self.env["dunning.followup"]._sync(self.company, self.today)
        self.start_tour("/odoo/dunning-followups", "dunning_promise", login="collector")
        followup = self.env["dunning.followup"].search([("partner_id", "=", self.customer.id)])
        self.assertRecordValues(followup.promise_ids, [{
            "amount": 300, "state": "open", "comment": "Pays after his fair", "user_id": user.id, "source": "call"}])
        self.assertTrue(followup.promise_ids.confirmation_date)
        self.assertRecordValues(followup.hold_ids, [{
            "name": "Goods are being returned", "is_whole_customer": True, "state": "running"}])
