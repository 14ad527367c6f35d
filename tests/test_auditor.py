from datetime import timedelta

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import DunningCommon

# What an auditor may press: it shows, and writes nothing. Answers are shown to whom is asked only, previews of drafts
# to whom works on them.
READING = ("action_open", "action_show", "action_view", "action_print_answer", "action_look_again")
ASKED = {"action_approve", "action_refuse", "action_preview_letter"}
MODELS = (
    "dunning.followup", "dunning.notice", "dunning.notice.line", "dunning.dispatch", "dunning.dispatch.proof",
    "dunning.notice.approval", "dunning.charge", "dunning.charge.report", "dunning.litigation",
    "dunning.litigation.line", "dunning.litigation.check", "dunning.evidence", "dunning.evidence.file",
    "dunning.limitation.event", "dunning.promise", "dunning.promise.line", "dunning.dispute", "dunning.dispute.line",
    "dunning.plan", "dunning.plan.line", "dunning.plan.instalment", "dunning.hold", "dunning.hold.line",
    "dunning.insolvency", "dunning.guarantor", "dunning.joint.debtor", "dunning.run", "dunning.policy",
    "dunning.level", "dunning.interest.regime", "dunning.reference.rate", "dunning.consequence",
    "dunning.litigation.route", "dunning.profile",
)
SEEN_VIEWS = ("form", "list", "kanban", "search", "pivot", "graph")


@tagged("post_install", "-at_install")
class TestDunningAuditor(DunningCommon):
    """Whoever may only read the accounts reads what was done to collect them, and changes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        cls.auditor = new_test_user(cls.env, "e_auditor", groups="account.group_account_readonly", **values)
        cls.invoicing = new_test_user(cls.env, "e_invoicing", groups="account.group_account_invoice", **values)

    def setUp(self):
        super().setUp()
        self.receivable = self._create_receivable(late=10)
        self.notice = self._run_night().notice_ids
        self.followup = self._get_followup()

    def _as(self, record, user=None):
        return record.with_user(user or self.auditor).sudo(False)

    def _create_answers(self):
        lines = {name: self._create_receivable(100, late=3, partner=self._create_customer(name)) for name in "abcd"}
        return [
            self.notice, self.notice.line_ids, self.notice.dispatch_ids, self.notice.run_id, self.policy, self.first,
            self.env["dunning.promise"]._create_for(lines["a"], self.today + timedelta(days=5)),
            self.env["dunning.dispute"]._create_for(lines["b"], self.env["dunning.dispute.reason"].search([], limit=1)),
            self.env["dunning.hold"]._create_for(lines["c"], "hold", self.today + timedelta(days=5), name="Asked"),
            self.env["dunning.plan"]._create_for(lines["d"]),
            self.env["dunning.limitation.event"].create(
                {"move_id": self.receivable.move_id.id, "kind": "payment", "date": self.today}),
            self.env["dunning.joint.debtor"].create({
                "partner_id": self.customer.id, "company_id": self.company.id, "basis": "contract",
                "debtor_id": self._create_customer("Joint").id}),
            self.env["dunning.evidence.file"].create({"followup_id": self.followup.id, "date": self.today}),
        ]

    def test_he_reads_every_record_and_every_field(self):
        for record in [self.followup, *self._create_answers()]:
            with self.subTest(model=record._name):
                self.env.invalidate_all()
                ours = self._as(record)
                self.assertEqual(ours.search([("id", "in", record.ids)]), ours)
                self.assertTrue(ours.read(list(ours.fields_get())))

    def test_he_reads_each_model_and_writes_none(self):
        # Whoever is asked for an approval or answers for a dispute writes his own, whatever his other rights are.
        own = {"dunning.notice.approval", "dunning.dispute"}
        for model in MODELS:
            with self.subTest(model=model):
                ours = self._as(self.env[model])
                ours.search([], limit=5).check_access("read")
                for operation in ("create", "unlink", *(() if model in own else ("write",))):
                    self.assertFalse(ours.has_access(operation), operation)

    def test_he_reads_nothing_of_other_companies(self):
        other = self.setup_other_company(name="Elsewhere")["company"]
        stranger = new_test_user(self.env, "e_stranger", groups="account.group_account_readonly",
                                 company_id=other.id, company_ids=other.ids)
        for record in [self.followup, *self._create_answers()]:
            if record == self.policy or record == self.first:
                continue
            with self.subTest(model=record._name):
                theirs = self._as(record, stranger).with_context(allowed_company_ids=other.ids)
                self.assertFalse(theirs.search([("id", "in", record.ids)]))
                with self.assertRaises(AccessError):
                    theirs.check_access("read")

    def test_no_button_that_writes_is_shown_to_him(self):
        for model in MODELS:
            for kind in SEEN_VIEWS:
                if not self.env["ir.ui.view"].search_count([("model", "=", model), ("type", "=", kind)]):
                    continue
                arch = etree.fromstring(self._as(self.env[model]).get_view(view_type=kind)["arch"])
                buttons = {node.get("name") for node in arch.iter("button", "a") if node.get("type") == "object"}
                with self.subTest(model=model, view=kind):
                    self.assertEqual({name for name in buttons - ASKED if not name.startswith(READING)}, set())

    def test_menu_is_his(self):
        menus = self._as(self.env["ir.ui.menu"])._visible_menu_ids()
        self.assertIn(self.env.ref("account_dunning.dunning_menu").id, menus)
        self.assertIn(self.env.ref("account_dunning.dunning_followup_menu").id, menus)
        for name in ("dunning_configuration_menu", "dunning_stop_menu"):
            self.assertNotIn(self.env.ref(f"account_dunning.{name}").id, menus)

    def test_buttons_refuse_him(self):
        draft = self.env["dunning.notice"]._prepare_manual(self._create_receivable(300, late=10))
        promise = self.env["dunning.promise"]._create_for(draft.line_ids.line_id, self.today + timedelta(days=5))
        for record, action in (
            (draft, "action_cancel"), (draft, "action_send"), (draft, "action_preview_letter"),
            (self.followup, "action_send_now"), (promise, "action_cancel"),
        ):
            with self.subTest(action=action), self.assertRaises(AccessError), self.cr.savepoint():
                getattr(self._as(record), action)()
                self.env.flush_all()

    # --- persons --------------------------------------------------------------------------------------------------

    def test_what_concerns_the_person_of_a_debtor_stays_with_collectors(self):
        hold = self.env["dunning.hold"]._create_for(
            self.followup, "death", self.today + timedelta(days=60), name="Told by his daughter")
        self.followup._replan(self.today)
        self.assertEqual(self.followup.reason, "death")
        self.assertFalse(self._as(hold).search([("id", "in", hold.ids)]))
        with self.assertRaises(AccessError):
            self._as(hold).read(["kind"])
        self.assertEqual(self._as(hold, self.invoicing).kind, "death")
        self.env.invalidate_all()
        ours = self._as(self.followup)
        text = repr(ours.read(list(ours.fields_get()))).lower()
        for word in ("died", "death", "daughter"):
            self.assertNotIn(word, text)
        self.assertIn("hold", ours.reason_text)
        for name in ("reason", "attention_codes"):
            with self.assertRaises(AccessError):
                ours.read([name])
            with self.assertRaises(AccessError):
                ours.search([(name, "=", "death")])
        messages = self.followup.message_ids
        self.assertTrue(messages)
        self.assertFalse(self._as(self.env["mail.message"]).search([("id", "in", messages.ids)]))
        move = self._as(self.receivable.move_id)
        self.env.invalidate_all()
        seen = repr(move.read([name for name in move.fields_get() if "dunning" in name])).lower()
        self.assertNotIn("died", seen)

    def test_accountant_who_invoices_too_sees_all(self):
        both = new_test_user(self.env, "e_accountant", groups="account.group_account_user",
                             company_id=self.company.id, company_ids=self.company.ids)
        hold = self.env["dunning.hold"]._create_for(
            self.followup, "guardianship", self.today + timedelta(days=60), name="Court")
        self.assertEqual(self._as(hold, both).kind, "guardianship")
