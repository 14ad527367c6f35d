from decimal import Decimal

from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class LevelCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.env = cls.env(context=dict(cls.env.context, lang="en_US"))
        cls.policy = cls.env["dunning.policy"].create({"name": "Ladder"})

    @classmethod
    def _create_level(cls, **values):
        return cls.env["dunning.level"].create({"name": "Step", "policy_id": cls.policy.id, **values})


@tagged("post_install", "-at_install")
class TestDunningLevel(LevelCase):
    def test_preventive_step_comes_before_the_due_date(self):
        with self.assertRaisesRegex(ValidationError, "must come before the due date"):
            self._create_level(stage="preventive", days=0)

    def test_reminder_never_comes_before_the_due_date(self):
        with self.assertRaisesRegex(ValidationError, "Make it preventive"):
            self._create_level(stage="reminder_1", days=-1)

    def test_reminder_may_come_on_the_due_date(self):
        self.assertEqual(self._create_level(stage="reminder_1", days=0).days, 0)

    def test_two_steps_of_a_stage_on_one_day_are_refused(self):
        self._create_level(stage="reminder_1", days=7)
        with self.assertRaisesRegex(ValidationError, "two steps of the same stage on the same day"):
            self._create_level(stage="reminder_1", days=7)

    def test_two_steps_of_a_stage_may_have_different_days(self):
        self._create_level(stage="reminder_1", days=7)
        self.assertTrue(self._create_level(stage="reminder_1", days=10, channel="call"))

    def test_archived_step_is_no_longer_in_the_way(self):
        self._create_level(stage="reminder_1", days=7, active=False)
        self.assertTrue(self._create_level(stage="reminder_1", days=7))

    def test_step_that_returns_from_the_archive_is_checked(self):
        archived = self._create_level(stage="reminder_1", days=7, active=False)
        self._create_level(stage="reminder_1", days=7)
        with self.assertRaises(ValidationError):
            archived.action_unarchive()

    def test_stage_never_goes_down_along_the_ladder(self):
        self._create_level(name="Firm", stage="reminder_2", days=7)
        with self.assertRaisesRegex(ValidationError, "“Kind” comes after “Firm” but has a lower stage"):
            self._create_level(name="Kind", stage="reminder_1", days=15)

    def test_order_by_hand_counts_before_the_days(self):
        self._create_level(stage="reminder_2", days=7, sequence=20)
        self._create_level(stage="reminder_1", days=15, sequence=10)
        self.assertEqual(self.policy._get_ladder().mapped("stage"), ["reminder_1", "reminder_2"])

    def test_latest_day_comes_after_the_day_of_the_step(self):
        with self.assertRaisesRegex(ValidationError, "could never be taken"):
            self._create_level(days=15, latest_days=15)

    def test_call_comes_before_its_notice(self):
        with self.assertRaisesRegex(ValidationError, "on day 7 at the latest"):
            self._create_level(days=7, call_mode="before", call_days=8)

    def test_phone_call_needs_no_call_beside_it(self):
        with self.assertRaisesRegex(ValidationError, "is a phone call already"):
            self._create_level(channel="call", call_mode="beside")

    def test_formal_notice_is_always_sent_by_hand(self):
        level = self._create_level(stage="formal", days=30)
        self.assertTrue(level.manual_only)
        with self.assertRaisesRegex(ValidationError, "never sent automatically"):
            level.manual_only = False

    def test_step_that_becomes_formal_is_sent_by_hand(self):
        level = self._create_level(stage="reminder_2", days=30)
        self.assertFalse(level.manual_only)
        level.stage = "formal"
        self.assertTrue(level.manual_only)

    @mute_logger("odoo.sql_db")
    def test_negative_numbers_are_refused(self):
        for field in ("gap_days", "call_wait_days", "deadline_days", "min_amount", "call_min_amount"):
            with self.subTest(field=field), self.assertRaises(CheckViolation):
                self._create_level(**{field: -1})

    def test_profiles_of_another_company_are_refused(self):
        company = self.env["res.company"].create({"name": "Other"})
        profile = self.env["dunning.profile"].create({"name": "Theirs", "company_id": company.id})
        self.policy.company_id = self.env.company
        with self.assertRaisesRegex(UserError, "another company"):
            self._create_level(stage="preventive", days=-7, profile_ids=profile.ids)

    def test_engine_receives_exact_amounts(self):
        step = self._create_level(
            days=15, gap_days=8, min_amount=150.1, call_mode="before", call_days=3, call_min_amount=1000,
        )._to_engine()
        self.assertEqual((step.days, step.gap, step.call_mode, step.call_days), (15, 8, "before", 3))
        self.assertEqual((step.minimum, step.call_minimum), (Decimal("150.1"), Decimal("1000")))

    def test_form_of_a_phone_call_drops_what_goes_beside_a_notice(self):
        level = self._create_level(with_letter=True, call_mode="beside")
        with Form(level) as form:
            form.channel = "call"
        self.assertEqual((level.call_mode, level.with_letter), ("none", False))

    def test_form_proposes_by_hand_for_a_formal_notice(self):
        with Form(self.env["dunning.level"].with_context(default_policy_id=self.policy.id)) as form:
            form.name = "Formal notice"
            form.days = 30
            form.stage = "formal"
            self.assertTrue(form.manual_only)


@tagged("post_install", "-at_install")
class TestDunningLevelSummary(LevelCase):
    def _get_summary(self, **values):
        return self._create_level(**values).summary

    def test_summary_says_channels_day_gap_and_call(self):
        self.assertEqual(
            self._get_summary(
                days=15, gap_days=8, with_letter=True, stage="reminder_2",
                call_mode="before", call_days=3, call_min_amount=1000,
            ),
            "E-mail and letter, 15 days after the due date, at least 8 days after the previous notice; call first "
            "3 days after the due date from 1,000.00 (the notice waits 3 working days)",
        )

    def test_summary_speaks_of_one_day(self):
        self.assertEqual(
            self._get_summary(
                days=1, gap_days=1, channel="letter", call_mode="before", call_days=1, call_wait_days=1,
            ),
            "Letter, 1 day after the due date, at least 1 day after the previous notice; call first 1 day after the "
            "due date (the notice waits 1 working day)",
        )

    def test_summary_of_a_step_on_the_due_date_with_a_call_beside(self):
        self.assertEqual(
            self._get_summary(days=0, call_mode="beside"), "E-mail, on the due date; call on the same day"
        )

    def test_summary_of_a_preventive_step_names_its_conditions(self):
        careless = self.env["dunning.profile"].search([("preventive", "=", True)])
        careless.preventive = False
        profile = self.env["dunning.profile"].create({"name": "Slow"})
        self.assertEqual(
            self._get_summary(
                stage="preventive", days=-7, min_amount=5000, new_customer=True, profile_ids=profile.ids,
            ),
            "E-mail, 7 days before the due date, only for amounts from 5,000.00, new customers, or the profile Slow",
        )

    def test_summary_of_a_formal_notice(self):
        self.assertEqual(
            self._get_summary(stage="formal", days=30, channel="registered", min_amount=150),
            "Registered letter, 30 days after the due date, from 150.00 overdue; sent by hand only",
        )

    def test_summary_names_the_latest_day(self):
        self.assertEqual(
            self._get_summary(days=3, latest_days=20, channel="call"),
            "Phone call, 3 days after the due date; not later than 20 days after the due date",
        )

    def test_summary_of_a_company_names_its_currency(self):
        self.policy.company_id = self.env.company
        self.assertIn(self.env.company.currency_id.symbol, self._get_summary(days=3, min_amount=150))


@tagged("post_install", "-at_install")
class TestDunningLevelInUse(AccountTestInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(su=True)
        cls.policy = cls.env["dunning.policy"].create({"name": "Ladder"})
        cls.level = cls.env["dunning.level"].create({"name": "Step", "policy_id": cls.policy.id})

    def _take_step(self):
        """Let a receivable stand on the step, as the statement does that marks its notice sent."""
        invoice = self._create_invoice_one_line(price_unit=100, post=True)
        receivable = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.env.flush_all()
        self.env.cr.execute(SQL(
            "UPDATE account_move_line SET dunning_level_id = %s WHERE id = %s", self.level.id, receivable.id,
        ))

    def test_step_on_which_a_receivable_stands_is_archived_not_deleted(self):
        self._take_step()
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.level.unlink()
        self.level.action_archive()
        self.assertFalse(self.level.active)

    def test_policy_with_such_a_step_is_not_deleted_either(self):
        self._take_step()
        self.level.action_archive()
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.policy.unlink()

    def test_step_that_nobody_took_is_deleted(self):
        self.level.unlink()
        self.assertFalse(self.level.exists())
