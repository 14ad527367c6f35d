import base64
import doctest

from odoo.exceptions import UserError
from odoo.tests import BaseCase, freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..wizards import reminder_file


class TestReminderFile(BaseCase):
    """Reading files of other programs needs no database."""

    def test_examples_in_docstrings(self):
        result = doctest.testmod(reminder_file)
        self.assertGreater(result.attempted, 0)
        self.assertEqual(result.failed, 0)

    def test_any_encoding_and_separator_will_do(self):
        text = "N° de facture{0}Échéance{0}Niveau{0}Dernière relance\nFÉ-1{0}{0}1{0}2026-11-03\n"
        for encoding, separator in (("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", "\t"), ("utf-16", ";")):
            with self.subTest(encoding):
                rows = reminder_file.read(text.format(separator).encode(encoding))
                self.assertEqual([(row.number, row.level, row.date) for row in rows], [("FÉ-1", "1", "2026-11-03")])

    def test_missing_columns_are_named(self):
        with self.assertRaises(reminder_file.UnreadableFile) as caught:
            reminder_file.read(b"Customer;Amount\nx;1\n")
        self.assertEqual(caught.exception.missing, ("number", "level", "date"))

    def test_rows_keep_their_number_in_the_file(self):
        rows = reminder_file.read(b"number,level,date\n\n;;\nINV1,1,2026-11-03\n")
        self.assertEqual([row.line for row in rows if row.number == "INV1"], [4])

    def test_short_rows_do_not_stop_the_reading(self):
        self.assertEqual(reminder_file.read(b"number,level,date\nINV1\n")[0].level, "")


@tagged("post_install", "-at_install")
@freeze_time("2026-11-18 10:00:00")
class TestDunningImport(AccountTestInvoicingCommon):
    """Reminders sent from another program are matched, shown, and only then taken over."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("account_dunning.group_dunning_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"].sudo()
        cls.partner_a.dunning_policy_id = cls.env.ref("account_dunning.dunning_policy_standard").sudo()
        cls.invoice = cls._create_due_invoice("2026-09-30")

    @classmethod
    def _create_due_invoice(cls, due, **values):
        return cls._create_invoice_one_line(
            price_unit=1000, invoice_date="2026-09-01", invoice_date_due=due, partner_id=cls.partner_a, tax_ids=[],
            post=True, **values,
        )

    def _get_item(self, invoice=None):
        return (invoice or self.invoice).line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _read(self, *rows, header="invoice;due date;level;date"):
        """Return the wizard after it read these rows."""
        content = "\n".join([header, *rows]).encode()
        wizard = self.env["dunning.import"].create({"data_file": base64.b64encode(content), "filename": "old.csv"})
        wizard.action_check()
        return wizard

    def _complaint(self, row):
        wizard = self._read(row)
        self.assertEqual(wizard.row_ids.mapped("state"), ["bad"])
        return wizard.row_ids.message

    def test_nothing_is_changed_before_the_preview_was_seen(self):
        wizard = self._read(f"{self.invoice.name};;1;2026-11-03")
        self.assertRecordValues(wizard.row_ids, [{"state": "good", "line_id": self._get_item().id, "row_number": 2}])
        self.assertFalse(self._get_item().dunning_level_id)

    def test_an_imported_level_counts_as_already_chased(self):
        self._read(f"{self.invoice.name};;2;2026-11-03").action_import()
        item = self._get_item()
        self.assertEqual(item.dunning_level_id.stage, "reminder_2")
        self.assertEqual(item.dunning_level_id.policy_id, self.partner_a.dunning_policy_id)
        self.assertEqual(str(item.dunning_date), "2026-11-03")
        self.assertEqual(self.invoice.dunning_stage, "reminder_2")

    def test_a_step_is_known_by_its_name(self):
        level = self.partner_a.dunning_policy_id.level_ids.filtered(lambda one: one.stage == "reminder_2")[:1]
        wizard = self._read(f"{self.invoice.name};;{level.name};2026-11-03")
        self.assertEqual(wizard.row_ids.level_id, level)

    def test_a_formal_notice_is_taken_over_as_the_last_reminder(self):
        level = self.partner_a.dunning_policy_id.level_ids.filtered(lambda one: one.stage == "formal")[:1]
        wizard = self._read(f"{self.invoice.name};;{level.name};2026-11-03")
        self.assertEqual(wizard.row_ids.level_id.stage, "reminder_2")

    def test_the_number_may_stand_in_the_label_of_an_opening_balance(self):
        self._get_item().name = "OLD-77"
        self.assertEqual(self._read("OLD-77;;1;2026-11-03").row_ids.line_id, self._get_item())

    def test_an_instalment_is_chosen_by_its_due_date(self):
        invoice = self._create_invoice_one_line(
            price_unit=1000, invoice_date="2026-08-10", partner_id=self.partner_a, tax_ids=[], post=True,
            invoice_payment_term_id=self.pay_terms_b,
        )
        first, last = self._get_item(invoice).sorted("date_maturity")
        row = f"{invoice.name};{last.date_maturity};1;2026-11-03"
        self.assertEqual(self._read(row).row_ids.line_id, last)
        self.assertEqual(self._read(f"{invoice.name};;1;2026-08-20").row_ids.line_id, first)

    def test_the_dates_of_the_file_say_how_they_are_written(self):
        wizard = self._read(f"{self.invoice.name};;1;13/10/2026", f"{self.invoice.name};;2;03/11/2026")
        self.assertEqual(wizard.row_ids.sorted("row_number").mapped(lambda row: str(row.date)),
                         ["2026-10-13", "2026-11-03"])

    def test_the_latest_reminder_of_an_item_wins(self):
        wizard = self._read(f"{self.invoice.name};;2;2026-11-03", f"{self.invoice.name};;1;2026-10-10")
        self.assertRecordValues(wizard.row_ids.sorted("row_number"), [
            {"row_number": 2, "state": "good"}, {"row_number": 3, "state": "skipped"},
        ])

    def test_each_bad_row_says_what_to_do(self):
        self.assertIn("number", self._complaint("NOPE;;1;2026-11-03"))
        self.assertIn("level", self._complaint(f"{self.invoice.name};;polite;2026-11-03"))
        self.assertIn("date", self._complaint(f"{self.invoice.name};;1;soon"))
        self.assertIn("future", self._complaint(f"{self.invoice.name};;1;2026-12-24"))
        self.assertIn("due", self._complaint(f"{self.invoice.name};2026-01-01;1;2026-11-03"))
        self.assertIn("missing", self._complaint(";;1;2026-11-03"))

    def test_a_paid_invoice_is_told_from_an_unknown_one(self):
        self._register_payment(self.invoice, payment_date="2026-11-01")
        self.assertIn("paid", self._complaint(f"{self.invoice.name};;1;2026-11-03"))

    def test_an_ambiguous_number_is_refused(self):
        self._create_due_invoice("2026-09-30").ref = "TWICE"
        self._create_due_invoice("2026-09-30").ref = "TWICE"
        self.assertIn("Several", self._complaint("TWICE;;1;2026-11-03"))

    def test_nothing_is_half_imported_unless_the_user_says_so(self):
        wizard = self._read(f"{self.invoice.name};;1;2026-11-03", "NOPE;;1;2026-11-03")
        with self.assertRaises(UserError):
            wizard.action_import()
        self.assertFalse(self._get_item().dunning_level_id)
        wizard.only_good = True
        wizard.action_import()
        self.assertTrue(self._get_item().dunning_level_id)

    def test_a_file_without_the_columns_is_refused(self):
        with self.assertRaises(UserError):
            self._read("x;y", header="customer;amount")

    def test_the_sent_reminders_of_oca_are_taken_over(self):
        other = self._get_item(self._create_due_invoice("2026-09-30"))
        self.env.cr.execute("""
            CREATE TABLE credit_control_policy_level (id int, name varchar, policy_id int, level int);
            CREATE TABLE credit_control_line (move_line_id int, policy_level_id int, state varchar, date date);
            INSERT INTO credit_control_policy_level VALUES (1, 'First', 1, 10), (2, 'Second', 1, 20);
        """)
        self.env.cr.execute(
            "INSERT INTO credit_control_line VALUES (%(sent)s, 1, 'sent', '2026-10-01'), "
            "(%(sent)s, 2, 'sent', '2026-10-20'), (%(draft)s, 1, 'draft', '2026-10-20')",
            {"sent": self._get_item().id, "draft": other.id},
        )
        wizard = self.env["dunning.import"].create({"source": "oca"})
        self.assertTrue(wizard.has_oca)
        wizard.action_check()
        wizard.action_import()
        self.assertEqual(self._get_item().dunning_level_id.stage, "reminder_2")
        self.assertEqual(str(self._get_item().dunning_date), "2026-10-20")
        self.assertFalse(other.dunning_level_id)

    def test_without_oca_data_it_says_so(self):
        wizard = self.env["dunning.import"].create({"source": "oca"})
        self.assertFalse(wizard.has_oca)
        with self.assertRaises(UserError):
            wizard.action_check()
