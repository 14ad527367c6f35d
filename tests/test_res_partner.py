from datetime import date

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestResPartner(TransactionCase):
    """What kind of debtor a customer is, which policy he takes, and whom to write to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Seller"})
        cls.env.user.company_ids |= cls.company
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids})
        cls.customer = cls._create_customer(name="Dupont SARL", is_company=True, email="hello@dupont.example")

    @classmethod
    def _create_customer(cls, **values):
        return cls.env["res.partner"].create({"name": "Customer", **values})

    def _create_contact(self, **values):
        return self._create_customer(parent_id=self.customer.id, **values)

    def _suggest(self, **values):
        return self._create_customer(**values).dunning_debtor_kind_suggested

    # Kind of debtor

    def test_a_kind_is_suggested_and_never_set_silently(self):
        self.assertEqual(self.customer.dunning_debtor_kind_suggested, "business")
        self.assertTrue(self.customer.dunning_debtor_kind_reason)
        self.assertFalse(self.customer.dunning_debtor_kind)

    def test_the_suggestion_is_taken_when_a_person_says_so(self):
        self.customer.action_use_dunning_debtor_kind()
        self.assertEqual(self.customer.dunning_debtor_kind, "business")

    def test_the_name_tells_public_bodies_and_organisations(self):
        for name in ("Commune de Lyon", "Mairie d'Arles", "Ville de Paris", "Département du Nord", "Région Bretagne",
                     "Centre hospitalier de Pau", "Communauté d’agglomération du Lac", "CHU de Nantes", "Mairie",
                     "Departement du Rhone"):
            with self.subTest(name):
                self.assertEqual(self._suggest(name=name, is_company=True, company_registry="21690123100011"), "public")
        for name in ("Syndicat des copropriétaires du 3 rue Bleue", "Association des voisins", "Copropriété Bellevue"):
            with self.subTest(name):
                self.assertEqual(self._suggest(name=name, is_company=True), "non_professional")

    def test_a_legal_form_is_stronger_than_the_name_of_a_town(self):
        self.assertEqual(self._suggest(name="Ville de Rêve SARL", is_company=True), "business")
        for name in ("Villeneuve Conseil", "Communes et Cie", "Ville Neuve S.A.S.", "Régionale d'Étanchéité SA"):
            with self.subTest(name):
                self.assertEqual(self._suggest(name=name, is_company=True), "business")

    def test_a_sole_trader_with_a_number_is_a_business(self):
        self.assertEqual(self._suggest(name="Jean Petit", company_registry="732829320"), "business")

    def test_a_person_without_number_is_a_consumer(self):
        self.assertEqual(self._suggest(name="Jean Petit"), "consumer")

    def test_a_contact_shows_the_suggestion_of_his_company(self):
        self.assertEqual(self._create_contact(name="Marie").dunning_debtor_kind_suggested, "business")

    # One choice for the whole customer, one per legal entity

    def test_contacts_follow_the_choices_of_their_company(self):
        contact = self._create_contact(name="Marie")
        self.customer.write({"dunning_debtor_kind": "business", "dunning_manual_only": True})
        self.assertRecordValues(contact, [{"dunning_debtor_kind": "business", "dunning_manual_only": True}])

    def test_each_legal_entity_makes_its_own_choices(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.customer.dunning_manual_only = True
        self.assertFalse(self.customer.with_company(other).dunning_manual_only)

    def test_branches_share_the_choices_of_their_legal_entity(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids |= branch
        self.customer.dunning_debtor_kind = "public"
        self.assertEqual(self.customer.with_company(branch).dunning_debtor_kind, "public")
        self.customer.with_company(branch).dunning_debtor_kind = "business"
        self.assertEqual(self.customer.dunning_debtor_kind, "business")

    def test_a_new_branch_finds_the_choices_already_made(self):
        self.customer.write({"dunning_debtor_kind": "public", "dunning_user_id": self.env.user.id})
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.assertRecordValues(self.customer.with_company(branch), [
            {"dunning_debtor_kind": "public", "dunning_user_id": self.env.user.id},
        ])

    def test_a_choice_about_a_customer_has_him_planned_anew(self):
        followup = self.env["dunning.followup"].create(
            {"company_id": self.company.id, "partner_id": self.customer.id, "wake_date": "2030-01-01"},
        )
        self.customer.phone = "+33 1 99 00 00 00"
        self.assertEqual(str(followup.wake_date), "2030-01-01")
        self.customer.dunning_manual_only = True
        self.assertLess(followup.wake_date, date(2026, 1, 1))

    def test_a_salesperson_may_change_a_customer_who_is_dunned(self):
        followup = self.env["dunning.followup"].create(
            {"company_id": self.company.id, "partner_id": self.customer.id, "wake_date": "2030-01-01"},
        )
        user = new_test_user(self.env, "seller", "base.group_user,base.group_partner_manager",
                             company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        self.customer.with_user(user).country_id = self.env.ref("base.be")
        self.customer.with_user(user).parent_id = self._create_customer(name="Group")
        self.assertLess(followup.wake_date, date(2026, 1, 1))

    def test_the_customer_shows_his_follow_up_and_last_notice(self):
        contact = self._create_contact(name="Marie")
        self.assertFalse(contact.dunning_followup_count)
        followup = self.env["dunning.followup"].create(
            {"company_id": self.company.id, "partner_id": self.customer.id, "last_notice_date": "2026-11-02"},
        )
        self.assertRecordValues(self.customer | contact, [
            {"dunning_followup_id": followup.id, "dunning_last_notice_date": date(2026, 11, 2)},
        ] * 2)
        self.assertEqual(self.customer.action_open_dunning_followup()["res_id"], followup.id)

    # Policy

    def test_the_own_policy_wins_over_the_profile_and_the_profile_over_the_rules(self):
        own, of_profile = self.env["dunning.policy"].create([{"name": "Own"}, {"name": "Of the profile"}])
        profile = self.env["dunning.profile"].create({"name": "Slow", "policy_id": of_profile.id})
        self.customer.write({"dunning_policy_id": own.id, "dunning_profile_id": profile.id})
        self.assertEqual(self.customer.dunning_policy_applied_id, own)
        self.customer.dunning_policy_id = False
        self.assertEqual(self.customer.dunning_policy_applied_id, of_profile)
        self.assertIn("Slow", self.customer.dunning_policy_origin)

    def test_a_matching_rule_wins_over_the_default_and_is_named(self):
        policy = self.env["dunning.policy"].create({"name": "Public"})
        self.env["dunning.policy.rule"].create({"policy_id": policy.id, "debtor_kind": "public", "sequence": -1})
        self.customer.dunning_debtor_kind = "public"
        self.assertEqual(self.customer.dunning_policy_applied_id, policy)
        self.assertIn("rule", self.customer.dunning_policy_origin)

    def test_the_default_of_the_company_is_last(self):
        self.env["dunning.policy.rule"].search([]).unlink()
        self.assertEqual(self.customer.dunning_policy_applied_id, self.company.dunning_policy_id)

    def test_an_archived_policy_is_passed_over(self):
        policy = self.env["dunning.policy"].create({"name": "Old", "active": False})
        self.customer.dunning_policy_id = policy
        self.assertNotEqual(self.customer.dunning_policy_applied_id, policy)

    # Whom to write to

    def test_the_contact_of_the_role_receives_the_notice(self):
        self._create_contact(name="Accounts", type="invoice", email="invoice@dupont.example")
        payer = self._create_contact(name="Marie", email="marie@dupont.example", dunning_role="accounts_payable")
        self.assertEqual(self.customer._get_dunning_recipient("accounts_payable"), payer)

    def test_without_such_a_contact_the_invoice_address_receives_it(self):
        address = self._create_contact(name="Accounts", type="invoice", email="invoice@dupont.example")
        self.assertEqual(self.customer._get_dunning_recipient("management"), address)

    def test_without_any_contact_the_customer_receives_it(self):
        self.assertEqual(self.customer._get_dunning_recipient("accounts_payable"), self.customer)

    def test_a_contact_without_e_mail_receives_letters_only(self):
        payer = self._create_contact(name="Marie", dunning_role="accounts_payable")
        self.assertEqual(self.customer._get_dunning_recipient("accounts_payable"), self.customer)
        self.assertEqual(self.customer._get_dunning_recipient("accounts_payable", for_email=False), payer)

    def test_one_notice_per_address_prefers_the_contact_of_that_address(self):
        address = self._create_contact(name="Plant", type="invoice", email="plant@dupont.example")
        self._create_contact(name="Marie", email="marie@dupont.example", dunning_role="accounts_payable")
        near = self._create_customer(name="Paul", parent_id=address.id, email="paul@dupont.example",
                                     dunning_role="accounts_payable")
        self.assertEqual(self.customer._get_dunning_recipient("accounts_payable", address), near)

    def test_whoever_is_under_guardianship_is_written_to_through_the_guardian(self):
        guardian = self.env["res.partner"].create({
            "name": "Guardian", "parent_id": self.customer.id, "dunning_role": "guardian",
            "email": "guardian@example.com",
        })
        self.assertEqual(self.customer._get_dunning_recipient("accounts_payable"), guardian)
        self.assertEqual(self.customer._get_dunning_recipient("management"), guardian)

    def test_copies_go_to_the_contacts_with_an_e_mail(self):
        copy = self._create_contact(name="Boss", email="boss@dupont.example", dunning_role="copy")
        self._create_contact(name="No mail", dunning_role="copy")
        self.assertEqual(self.customer._get_dunning_copies(), copy)
