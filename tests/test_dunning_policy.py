from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL

# policy -> (days, gap) of its steps, as practice.md section 4 asks
SHIPPED_LADDERS = {
    "standard": [(-7, 0), (7, 0), (15, 8), (30, 10)],
    "good": [(8, 0), (25, 8), (45, 10)],
    "firm": [(2, 0), (10, 8), (20, 8)],
    "disputing": [(3, 0), (15, 10)],
    "cannot_pay": [(8, 0), (15, 7), (20, 5)],
    "public": [(-10, 0), (5, 0), (25, 8), (45, 10)],
    "consumer": [(7, 0), (21, 8), (40, 10)],
    "rejected": [(0, 0), (8, 8), (15, 7)],
    "none": [],
}


@tagged("post_install", "-at_install")
class TestDunningPolicy(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls._create_policy(
            {"name": "First", "stage": "reminder_1", "days": 7},
            {"name": "Second", "stage": "reminder_2", "days": 15, "gap_days": 8},
        )
        cls.first, cls.second = cls.policy.level_ids

    @classmethod
    def _create_policy(cls, *steps, **values):
        return cls.env["dunning.policy"].create(
            {"name": "Test", "level_ids": [Command.create(step) for step in steps], **values}
        )

    def _get_shipped(self, name):
        return self.env.ref(f"account_dunning.dunning_policy_{name}")

    def test_shipped_ladders_are_those_of_practice(self):
        for name, ladder in SHIPPED_LADDERS.items():
            with self.subTest(policy=name):
                policy = self._get_shipped(name)
                self.assertFalse(policy.company_id)
                self.assertEqual([(level.days, level.gap_days) for level in policy.level_ids], ladder)

    def test_every_shipped_ladder_ends_with_a_formal_notice_by_registered_letter(self):
        for name in SHIPPED_LADDERS.keys() - {"none"}:
            with self.subTest(policy=name):
                last = self._get_shipped(name).level_ids[-1]
                self.assertEqual((last.stage, last.channel, last.manual_only), ("formal", "registered", True))

    def test_shipped_formal_notice_gives_consumers_fifteen_days(self):
        self.assertEqual(self._get_shipped("consumer").level_ids[-1].deadline_days, 15)
        self.assertEqual(self._get_shipped("standard").level_ids[-1].deadline_days, 8)

    def test_every_shipped_step_has_the_text_it_needs(self):
        levels = self.env["dunning.level"].search([("stage", "!=", "formal"), ("channel", "!=", "call")])
        shipped = levels.filtered(lambda level: level.get_external_id()[level.id].startswith("account_dunning."))
        for level in shipped:
            with self.subTest(policy=level.policy_id.name, step=level.name):
                if level.channel == "email" or level.with_email:
                    self.assertTrue(level.mail_template_id)
                if level.channel != "email" or level.with_letter:
                    self.assertTrue(level.letter_template_id)

    def test_policy_without_step_is_silent(self):
        self.assertTrue(self._create_policy().is_silent)
        self.assertFalse(self.policy.is_silent)

    def test_policy_whose_steps_are_all_archived_is_silent(self):
        self.policy.level_ids.action_archive()
        self.assertTrue(self.policy.is_silent)

    def test_change_of_policy_raises_revision(self):
        before = self.policy.revision
        self.policy.end_action = "write_off"
        self.assertGreater(self.policy.revision, before)

    def test_change_of_step_raises_revision(self):
        before = self.policy.revision
        self.first.days = 8
        self.assertGreater(self.policy.revision, before)

    def test_new_step_raises_revision(self):
        before = self.policy.revision
        self.env["dunning.level"].create({
            "name": "Third", "policy_id": self.policy.id, "stage": "reminder_3", "days": 20,
        })
        self.assertGreater(self.policy.revision, before)

    def test_removed_step_raises_revision(self):
        before = self.policy.revision
        self.second.unlink()
        self.assertGreater(self.policy.revision, before)

    def test_step_moved_to_another_policy_raises_both_revisions(self):
        other = self._create_policy()
        before = self.policy.revision, other.revision
        self.second.policy_id = other
        self.assertGreater(self.policy.revision, before[0])
        self.assertGreater(other.revision, before[1])

    def test_ladder_may_be_turned_round_in_one_go(self):
        self.policy.write({"level_ids": [
            Command.update(self.first.id, {"stage": "reminder_2", "days": 15}),
            Command.update(self.second.id, {"stage": "reminder_1", "days": 7}),
        ]})
        self.assertEqual(self.policy._get_ladder(), self.second + self.first)

    def test_ladder_is_checked_once_all_its_steps_are_saved(self):
        with self.assertRaisesRegex(ValidationError, "has a lower stage"):
            self.policy.write({"level_ids": [Command.update(self.first.id, {"stage": "reminder_3"})]})

    def test_new_ladder_is_checked(self):
        step = {"name": "Twice", "stage": "reminder_1", "days": 7}
        with self.assertRaisesRegex(ValidationError, "two steps of the same stage on the same day"):
            self._create_policy(step, step)

    def test_shared_policy_is_not_taken_away_from_who_uses_it(self):
        self.env["dunning.profile"].create({"name": "Ours", "policy_id": self.policy.id})
        with self.assertRaisesRegex(ValidationError, "is also used by “Ours”"):
            self.policy.company_id = self.env.company

    def test_copy_takes_the_steps_along_but_not_the_rules(self):
        self.env["dunning.policy.rule"].create({"policy_id": self.policy.id})
        copy = self.policy.copy()
        self.assertEqual(copy.level_ids.mapped("days"), [7, 15])
        self.assertFalse(copy.rule_ids)
        self.assertNotEqual(copy.name, self.policy.name)

    def test_used_policy_is_archived_not_deleted(self):
        self.env["dunning.profile"].create({"name": "Ours", "policy_id": self.policy.id})
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.policy.unlink()
        self.policy.action_archive()
        self.assertFalse(self.policy.active)

    def test_unused_policy_is_deleted_with_its_steps(self):
        self.policy.unlink()
        self.assertFalse(self.first.exists() | self.second.exists())

    def test_branch_does_not_keep_a_policy_from_its_legal_entity(self):
        self.env["res.company"].create({
            "name": "Branch", "parent_id": self.env.company.id, "dunning_policy_id": self.policy.id,
        })
        self.policy.company_id = self.env.company
        self.assertEqual(self.first.company_id, self.env.company)

    def test_deleted_policy_plans_every_customer_anew(self):
        before = self.env.company.dunning_revision
        self.policy.unlink()
        self.assertGreater(self.env.company.dunning_revision, before)

    def test_engine_receives_the_steps_in_their_order_without_archived_ones(self):
        third = self.env["dunning.level"].create({
            "name": "Third", "policy_id": self.policy.id, "stage": "reminder_2", "days": 12, "sequence": 5,
            "active": False,
        })
        self.assertEqual([step.key for step in self.policy._to_engine().steps], [self.first.id, self.second.id])
        third.write({"sequence": 10, "active": True})
        keys = [step.key for step in self.policy._to_engine().steps]
        self.assertEqual(keys, [self.first.id, third.id, self.second.id])

    def test_invoicing_user_reads_but_does_not_change(self):
        clerk = new_test_user(self.env, "clerk", groups="account.group_account_invoice")
        policy = self.policy.with_user(clerk)
        self.assertEqual(policy.level_ids.mapped("name"), ["First", "Second"])
        for record in (policy, policy.level_ids[0]):
            with self.assertRaises(AccessError):
                record.name = "Mine"

    def test_manager_of_dunning_configures(self):
        manager = new_test_user(self.env, "chief", groups="account_dunning.group_dunning_manager")
        self.policy.with_user(manager).write({"level_ids": [Command.update(self.first.id, {"days": 9})]})
        self.assertEqual(self.first.days, 9)

    def test_policy_of_another_company_is_not_seen(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self._create_policy({"name": "Step"}, company_id=other.id)
        clerk = new_test_user(self.env, "clerk", groups="account.group_account_invoice")
        seen = self.env["dunning.policy"].with_user(clerk).search([])
        self.assertIn(self.policy, seen)
        self.assertNotIn(theirs, seen)
        self.assertFalse(self.env["dunning.level"].with_user(clerk).search([("id", "in", theirs.level_ids.ids)]))


@tagged("post_install", "-at_install")
class TestDunningPolicyRule(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.customer = cls.env["res.partner"].create({
            "name": "Customer", "is_company": True, "country_id": cls.env.ref("base.fr").id,
        })
        cls.policy = cls.env["dunning.policy"].create({"name": "Ours"})

    def _create_rule(self, **values):
        return self.env["dunning.policy.rule"].create({"sequence": -1, "policy_id": self.policy.id, **values})

    def _get_policy(self, partner=None):
        return self.env["dunning.policy.rule"]._match(partner or self.customer, self.company).policy_id

    def _get_shipped(self, name):
        return self.env.ref(f"account_dunning.dunning_policy_{name}")

    def test_shipped_rules_follow_the_kind_of_debtor(self):
        expected = {
            "public": "public", "consumer": "consumer", "non_professional": "consumer", "business": "standard",
            False: "consumer",
        }
        for kind, policy in expected.items():
            with self.subTest(kind=kind):
                self.customer.dunning_debtor_kind = kind
                self.assertEqual(self._get_policy(), self._get_shipped(policy))

    def test_companies_of_this_database_are_internal(self):
        self.assertEqual(self._get_policy(self.company.partner_id), self._get_shipped("none"))

    def test_employees_are_internal(self):
        self.customer.employee = True
        self.assertEqual(self._get_policy(), self._get_shipped("none"))

    def test_internal_users_are_employees(self):
        user = new_test_user(self.env, "colleague", groups="base.group_user")
        self.assertEqual(self._get_policy(user.partner_id), self._get_shipped("none"))

    def test_portal_users_are_customers(self):
        user = new_test_user(self.env, "client", groups="base.group_portal")
        self.assertEqual(self._get_policy(user.partner_id), self._get_shipped("consumer"))

    def test_contact_follows_his_company(self):
        self.customer.dunning_debtor_kind = "public"
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.customer.id})
        self.assertEqual(self._get_policy(contact), self._get_shipped("public"))

    def test_first_matching_rule_wins(self):
        self._create_rule(sequence=-2, policy_id=self._get_shipped("firm").id)
        self._create_rule(sequence=-1)
        self.assertEqual(self._get_policy(), self._get_shipped("firm"))

    def test_all_criteria_must_match(self):
        tag = self.env["res.partner.category"].create({"name": "Retail"})
        self._create_rule(country_id=self.env.ref("base.fr").id, category_id=tag.id)
        self.assertNotEqual(self._get_policy(), self.policy)
        self.customer.category_id = tag
        self.assertEqual(self._get_policy(), self.policy)
        self.customer.country_id = self.env.ref("base.be")
        self.assertNotEqual(self._get_policy(), self.policy)

    def test_rule_of_another_company_is_not_tried(self):
        self._create_rule(company_id=self.env["res.company"].create({"name": "Other"}).id)
        self.assertNotEqual(self._get_policy(), self.policy)

    def test_rule_of_an_archived_policy_is_not_tried(self):
        self._create_rule()
        self.policy.action_archive()
        self.assertNotEqual(self._get_policy(), self.policy)

    def test_night_takes_the_policy_that_is_explained_to_the_user(self):
        tag = self.env["res.partner.category"].create({"name": "Retail"})
        self._create_rule(category_id=tag.id, country_id=self.env.ref("base.fr").id)
        self._create_rule(sequence=25, country_id=self.env.ref("base.be").id, debtor_kind="business")
        colleague = new_test_user(self.env, "colleague", groups="base.group_user").partner_id
        belgian = self.env["res.partner"].create({"name": "Belgian", "country_id": self.env.ref("base.be").id})
        retailer = self.customer.copy({"name": "Retailer", "category_id": tag.ids})
        partners = self.customer + colleague + belgian + retailer + self.company.partner_id
        for kind in (False, "business", "consumer", "non_professional", "public"):
            partners.dunning_debtor_kind = kind
            chosen = self._get_policies_of_the_night(partners)
            for partner in partners:
                with self.subTest(partner=partner.name, kind=kind):
                    self.assertEqual(chosen[partner.id], self._get_policy(partner).id)

    def _get_policies_of_the_night(self, partners):
        self.env.flush_all()
        return dict(self.env.execute_query(SQL(
            "SELECT partner.id, %s FROM res_partner partner LEFT JOIN dunning_profile profile ON FALSE"
            " WHERE partner.id = ANY(%s)",
            self.env["dunning.followup"]._get_policy_sql(self.company), partners.ids,
        )))

    def test_rule_takes_the_company_of_its_policy(self):
        rule = self._create_rule()
        self.assertFalse(rule.company_id)
        self.policy.company_id = self.company
        self.assertEqual(rule.company_id, self.company)

    def test_rule_cannot_leave_the_company_of_its_policy(self):
        self.policy.company_id = self.company
        rule = self._create_rule()
        with self.assertRaisesRegex(ValidationError, "must belong to it too"):
            rule.company_id = False

    def test_rule_says_in_words_whom_it_takes(self):
        rule = self._create_rule(debtor_kind="public", country_id=self.env.ref("base.fr").id)
        self.assertEqual(rule.with_context(lang="en_US").display_name, "Public Body, France → Ours")

    def test_change_of_rule_plans_every_customer_anew(self):
        rule = self._create_rule()
        before = self.company.dunning_revision
        rule.sequence = 99
        self.assertGreater(self.company.dunning_revision, before)
