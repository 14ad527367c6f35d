from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestDunningProfile(TransactionCase):
    def _get_shipped(self, code):
        return self.env.ref(f"account_dunning.dunning_profile_{code}")

    def test_shipped_profiles_lead_to_their_policies(self):
        expected = {
            "careless": "standard", "bad": "firm", "insolvent": "cannot_pay", "administrative": "public",
            "disputing": "disputing", "automatic": "none", "good": "good",
        }
        for code, policy in expected.items():
            with self.subTest(profile=code):
                profile = self._get_shipped(code)
                self.assertEqual(profile.policy_id, self.env.ref(f"account_dunning.dunning_policy_{policy}"))
                self.assertEqual(profile.code, code)
                self.assertTrue(profile.advice)

    def test_careless_customers_are_open_to_preventive_steps(self):
        step = self.env.ref("account_dunning.dunning_level_standard_preventive")._to_engine()
        self.assertEqual(step.profiles, {self._get_shipped("careless").id})

    def test_profile_without_preventive_reminders_closes_the_step(self):
        self._get_shipped("careless").preventive = False
        step = self.env.ref("account_dunning.dunning_level_standard_preventive")._to_engine()
        self.assertFalse(step.profiles)

    def test_preventive_step_for_everybody_stays_so(self):
        level = self.env.ref("account_dunning.dunning_level_public_portal")
        self.assertFalse(level._to_engine().profiles)

    def test_change_of_profile_plans_every_customer_anew(self):
        before = self.env.company.dunning_revision
        self._get_shipped("bad").policy_id = self.env.ref("account_dunning.dunning_policy_standard")
        self.assertGreater(self.env.company.dunning_revision, before)
