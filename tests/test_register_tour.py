from unittest.mock import patch

from odoo.tests import tagged

from .common import LETTER
from .test_dunning_tours import TestDunningTours


@tagged("post_install", "-at_install")
class TestRegisterTour(TestDunningTours):
    """Whoever posts the letters: deposit with a number, a letter that came back, what the collector sees of it."""

    # The tours of the parent are not repeated.
    test_manager_prepares_looks_at_and_releases_a_run = None
    test_collector_sends_a_reminder_and_logs_a_call = None
    test_accountant_excludes_an_invoice_and_includes_it_again = None
    test_archived_email_is_shown_byte_by_byte_to_colleagues_only = None

    def _produce(self):
        """Return the registered letter of a reminder that waits to be posted."""
        level = self.env.ref("account_dunning.dunning_policy_standard").level_ids.filtered(
            lambda one: one.stage == "reminder_2")
        level.write({"channel": "registered", "with_letter": False, "with_email": False})
        self.customer.write({"street": "1 rue de la Paix", "zip": "75002", "city": "Paris",
                             "country_id": self.env.ref("base.fr").id})
        self.env["dunning.followup"]._sync(self.company, self.today)
        followup = self.env["dunning.followup"].search([("partner_id", "=", self.customer.id)])
        notices = self.env["dunning.notice"]
        vals = notices._prepare_plan_vals(followup, level, self.env["res.partner"], self.today)
        notices._add_channels(vals, followup, level, False, self.today)
        line = self.invoice.line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        snapshot = notices._get_line_snapshots(line.ids, self.customer.ids, self.company)[line.id]
        notice = notices.create({**vals, "amount_total": 500, "line_ids": [
            notices._prepare_line_command(snapshot, "moving", level.id)]})
        with patch.object(type(notices), "_render_letters", lambda ours: {one.id: LETTER for one in ours}):
            notice._freeze(self.today)
        return notice.dispatch_ids

    def test_letter_is_posted_and_comes_back(self):
        letter = self._produce()
        self._create_user("collector", "account_dunning.group_dunning_user")
        self.start_tour("/odoo/dunning-letters", "dunning_register", login="collector")
        self.assertRecordValues(letter, [{
            "state": "returned", "return_reason": "wrong_address", "tracking_number": "2C12345678901",
            "provider": "La Poste", "is_address_wrong": True}])
        self.assertTrue(letter.notice_id.is_returned)
        self.assertFalse(letter.notice_id.line_ids.line_id.dunning_level_id)
