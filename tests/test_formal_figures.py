from datetime import date, timedelta

from odoo.tests import tagged

from .formal_common import FormalCommon


@tagged("post_install", "-at_install")
class TestFormalFigures(FormalCommon):
    """What a person writes into a formal notice is compared with its figures, and these stay those of the day."""

    prints = False

    def _write(self, notice, change):
        """Take the words of the step and change them by hand."""
        notice._render_words()
        notice.letter_body = change(str(notice.letter_body))
        self.assertTrue(notice.is_edited)
        notice.invalidate_recordset(["formal_warnings", "formal_problems"])
        return notice

    def _warn(self, notice):
        notice.invalidate_recordset(["formal_warnings", "formal_warning_text"])
        return " ".join(notice.formal_warnings)

    def test_complete_notice_warns_of_nothing(self):
        self.company.dunning_legal_form = "SAS"
        for kind in ("business", "consumer"):
            notice = self._create_default(kind)
            self.assertFalse(notice.formal_warnings, kind)
            self._write(notice, lambda body: body + "<p>We have met on 3 November 2026, phone 04 72 00 10 12.</p>")
            self.assertFalse(notice.formal_warnings, kind)
            self.assertFalse(notice.formal_problems, kind)

    def test_amount_that_the_notice_does_not_know_is_named(self):
        notice = self._write(self._create_default(lang="fr_FR"), lambda body: body + "<p>soit 1 999,50 € et 12 %.</p>")
        self.assertIn("1 999,50 €", self._warn(notice))
        self.assertNotIn("12", self._warn(notice).replace("1 999,50", ""))
        self.assertFalse(notice.formal_problems)

    def test_amounts_are_read_however_they_are_written(self):
        found = {
            "1 234,56 €": "1234.56", "EUR 1,234.56": "1234.56", "1.234,5 euros": "1234.5", "$ 900": "900",
            "2'500.00 CHF": "2500", "150,00": "150",
        }
        for text, amount in found.items():
            self.assertEqual([str(one.normalize()) for _text, one in self.env["dunning.notice"]._find_amounts(text)],
                             [str(self.env["dunning.notice"]._exact(amount).normalize())], text)
        for text in ("12,40 %", "L441-10", "21/11/2026", "04.72.00.10.12", "8 jours", "FR76 3000 4000", "2026"):
            self.assertFalse(self.env["dunning.notice"]._find_amounts(text), text)

    def test_sum_that_a_person_overwrote_is_his_own_and_said(self):
        notice = self._create_default()
        total = notice.claim_total_text.replace("\xa0", "&nbsp;")
        self._write(notice, lambda body: body.replace(total, "900.00&nbsp;€", 1))
        self.assertIn(notice.claim_total_text, self._warn(notice))
        self.assertIn("900.00", self._warn(notice))
        notice._render_words()
        self.assertIn("900.00", notice.letter_body)

    def test_figures_of_a_text_by_hand_are_those_of_the_day_it_is_produced(self):
        notice = self._write(self._create_default(), lambda body: body.replace("Dear Sir or Madam,", "Dear Mr Smith,"))
        before, fingerprint = notice.claim_total_text, notice._get_approval_print()
        self._set_today(self.today + timedelta(days=5))
        notice._set_day(self.today)
        notice._set_claims(self.today)
        notice._render_words()
        self.assertNotEqual(notice.claim_total_text, before)
        words = self._text(notice.letter_body)
        for name in ("claim_total_text", "deadline_text"):
            self.assertIn(self._text(notice[name]), words)
        self.assertIn("Dear Mr Smith", words)
        self.assertNotIn(before, self._text(notice.letter_body, without=("dunning_table",)))
        self.assertEqual(notice._get_approval_print(), fingerprint)
        self.assertFalse(notice.formal_problems)

    def test_text_of_ones_own_for_businesses_is_refused_to_a_consumer(self):
        own = self.env.ref("account_dunning.letter_template_formal_business").copy({
            "body_html": "<p>Article L441-10: recovery costs of 15 EUR.</p>"})
        self.formal.letter_template_id = own
        self.assertRegex(" ".join(self._create_default("consumer").formal_problems), "may not be claimed from a consum")
        self.assertFalse(self._create_default().formal_problems)

    def test_own_address_is_needed_and_an_account_is_missed(self):
        notice = self._create_default()
        self.company.street = False
        self.company_data["default_journal_bank"].sudo().bank_account_id = False
        notice.invalidate_recordset()
        self.assertRegex(" ".join(notice.formal_problems), "Our own address")
        self.assertIn("No account", self._warn(notice))

    def test_letter_that_came_back_is_no_earlier_letter(self):
        line = self._create_receivable(1200, due=date(2026, 9, 1), partner=self._create_debtor())
        days = [date(2026, 9, 20), date(2026, 10, 1), date(2026, 10, 10), date(2026, 10, 20)]
        bounced = self._remind(line, "email", days[0])
        wrong = self._remind(line, "registered", days[1])
        unclaimed = self._remind(line, "registered", days[2])
        self._remind(line, "email", days[3])
        bounced.dispatch_ids._set_returned("550 unknown user")
        self._set_today(date(2026, 11, 18))
        wrong.dispatch_ids._set_returned_because("wrong_address", date(2026, 10, 5))
        unclaimed.dispatch_ids._set_returned_because("unclaimed", date(2026, 11, 2), presented=date(2026, 10, 12))
        self.env.invalidate_all()
        notice = self._put_in_default(line, reminded=False)
        self.assertEqual([" ".join(act.split()) for act in notice.history], [
            "our registered letter of October 10, 2026 (not collected)", "our e-mail of October 20, 2026"])

    def test_way_of_the_letter_is_said_and_its_copy_does_not_say_post(self):
        self.formal.with_email = True
        words = {"registered": "By registered letter", "electronic": "By electronic registered letter",
                 "hand": "Delivered by hand", "bailiff": "Served by a commissaire de justice", "letter": ""}
        for channel, text in words.items():
            notice = self._create_default(reminded=False)
            notice.dispatch_ids.filtered("leading").channel = channel
            notice.invalidate_recordset()
            self.assertTrue(notice.dispatch_text.startswith(text) and bool(notice.dispatch_text) == bool(text), channel)
        notice._render_words()
        self.assertNotIn("post", self._text(notice.body))
