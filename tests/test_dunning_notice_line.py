from odoo import models
from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDunningNoticeLine(DunningCommon):
    """The lines of a night are written in one statement; they must be what ``create`` would have made of them."""

    def test_lines_of_a_night_are_those_that_create_makes(self):
        self._create_receivable(late=20, ref="50 % \"now\"")
        self._create_receivable(late=3, amount=250)
        self._create_receivable(late=3, amount=70, move_type="out_refund")
        lines = self._prepare_run().notice_ids.line_ids
        self.assertEqual(lines.mapped("role"), ["moving", "listed", "credit"])
        for line in lines:
            self.assertEqual(self._read(line), self._read(line.create(self._read(line))))

    def test_a_night_without_notice_writes_no_line(self):
        self.assertFalse(self._prepare_run().notice_ids.line_ids)

    def _read(self, line):
        names = [name for name, field in line._fields.items()
                 if field.store and name not in ("id", *models.LOG_ACCESS_COLUMNS)]
        return {name: value for name, value in line.read(names, load=None)[0].items() if name != "id"}
