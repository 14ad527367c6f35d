import base64

from odoo.exceptions import UserError
from odoo.tests import tagged

from .register_common import NUMBER, RegisterCommon


@tagged("post_install", "-at_install")
class TestDunningTracking(RegisterCommon):
    """The file of a carrier, whatever its columns, dates and order: all its lines or none."""

    def _import(self, text, **values):
        data = base64.b64encode(text.encode())
        return self.env["dunning.tracking"].create({"data_file": data, **values}).action_import()

    def test_results_of_the_carrier_are_noted_from_his_file(self):
        letter = self._produce()
        self._deposit(letter)
        presented, returned = self._later(2), self._later(16)
        self._import(f"Numéro;Événement;Date\n2C 12345678901;Présenté;{presented:%d/%m/%Y}\n"
                     f"{NUMBER};Pli non réclamé;{returned:%d/%m/%Y}\n")
        self.assertRecordValues(letter, [{"state": "returned", "return_reason": "unclaimed",
                                          "date_effective": presented}])

    def test_file_with_a_wrong_line_is_refused_as_a_whole(self):
        letter = self._produce()
        self._deposit(letter)
        for line, words in (("X1;received;2026-11-18", "no letter"), (f"{NUMBER};lost;2026-11-18", "not known"),
                            (f"{NUMBER};received;soon", "no date"), (f"{NUMBER};received;2030-01-01", "not come")):
            with self.assertRaisesRegex(UserError, words), self.cr.savepoint():
                self._import(f"number;event;date\n{NUMBER};presented;{self.today}\n{line}\n")
            self.assertFalse(letter.date_presented)

    def test_columns_lines_and_dates_of_a_file_come_as_the_carrier_likes(self):
        letter = self._produce()
        self._deposit(letter)
        presented, received = self._later(2), self._later(9)
        self._import(f"Date du statut,Statut,Client,N° de suivi\n{received:%m/%d/%Y},Distribué,X,{NUMBER}\n"
                     f"{presented:%m/%d/%Y},Avisé,X,{NUMBER}\n{presented:%m/%d/%Y},Pris en charge,X,{NUMBER}\n")
        self.assertRecordValues(letter, [{"date_presented": presented, "date_received": received}])

    def test_file_read_twice_changes_nothing(self):
        letter = self._produce()
        self._deposit(letter)
        text = f"number;event;date\n{NUMBER};presented;{self._later(2)}\n{NUMBER};refused;{self._later(1)}\n"
        self._import(text)
        messages = len(self._get_followup().message_ids)
        self.assertIn("Known before: 2", self._import(text)["params"]["message"])
        self.assertEqual(len(self._get_followup().message_ids), messages)

    def test_second_visit_of_the_postman_is_no_first_presentation(self):
        letter = self._produce()
        self._deposit(letter)
        first, second = self._later(2), self._later(3)
        self._import(f"number;event;date\n{NUMBER};presented;{first}\n{NUMBER};presented;{second}\n")
        self.assertEqual(letter.date_presented, first)

    def test_file_of_the_whole_company_may_name_other_letters(self):
        letter = self._produce()
        self._deposit(letter)
        text = f"number;event;date\n2C00000000000;delivered;{self.today}\n{NUMBER};delivered;{self.today}\n"
        with self.assertRaisesRegex(UserError, "no letter"), self.cr.savepoint():
            self._import(text)
        self._import(text, is_unknown_skipped=True)
        self.assertEqual(letter.state, "delivered")

    def test_file_without_its_columns_or_of_another_kind_is_refused(self):
        with self.assertRaisesRegex(UserError, "date"):
            self._import("number;event;place\n1;2;3\n")
        with self.assertRaisesRegex(UserError, "no CSV"):
            self.env["dunning.tracking"].create({"data_file": base64.b64encode(b"PK\x03\x04 sheet")}).action_import()
