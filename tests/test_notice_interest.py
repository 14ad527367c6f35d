from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .test_dunning_level import LevelCase


@tagged("post_install", "-at_install")
class TestDunningLevelClaims(LevelCase):

    def test_preventive_step_claims_nothing(self):
        with self.assertRaisesRegex(ValidationError, "no interest and no compensation is owed yet"):
            self._create_level(stage="preventive", days=-7, claims_interest=True)

    def test_phone_call_claims_nothing(self):
        with self.assertRaisesRegex(ValidationError, "prints no amounts"):
            self._create_level(channel="call", claims_compensation=True)

    def test_step_that_becomes_preventive_drops_its_claims_on_the_screen(self):
        level = self._create_level(claims_interest=True, claims_compensation=True)
        form = Form(level)
        form.stage = "preventive"
        self.assertFalse(form.claims_interest or form.claims_compensation)

    def test_summary_says_what_the_step_claims(self):
        claims = [(True, True, "claims interest and compensation"), (True, False, "claims interest"),
                  (False, True, "claims compensation")]
        for day, (interest, compensation, words) in enumerate(claims):
            level = self._create_level(days=7 + day, claims_interest=interest, claims_compensation=compensation)
            self.assertTrue(level.summary.endswith(f"; {words}"), level.summary)

    def test_shipped_steps_claim_from_the_formal_notice_on_and_never_from_consumers(self):
        levels = self.env["dunning.level"].search([]).filtered(
            lambda level: level.get_external_id()[level.id].startswith("account_dunning."))
        consumer = self.env.ref("account_dunning.dunning_policy_consumer")
        early = {"account_dunning.dunning_level_firm_2", "account_dunning.dunning_level_public_2"}
        for level in levels:
            claims = level.policy_id != consumer and (
                level.stage == "formal" or level.get_external_id()[level.id] in early)
            self.assertEqual((level.claims_interest, level.claims_compensation), (claims, claims), level.display_name)
