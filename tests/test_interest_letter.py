import re
from datetime import date
from decimal import Decimal

from odoo.fields import Command
from odoo.tests import tagged

from .letter_common import LetterCommon
from .printing_common import PrintingCommon

DAY = date(2026, 11, 18)
MONEY = r"\d[\d ,.]*[.,]\d\d"


class InterestCommon(LetterCommon):
    """Notices of a French company on late invoices of the books, at a step that claims and at one that does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.currency_id = cls.euro
        cls.claiming, cls.silent = cls._create_policy([
            ("Claims", "reminder_2", 10, {"claims_interest": True, "claims_compensation": True, "channel": "letter",
                                          "mail_template_id": cls._ref("mail_template_reminder_2"),
                                          "letter_template_id": cls._ref("letter_template_firm_2")}),
            ("Silent", "reminder_3", 40, {"mail_template_id": cls._ref("mail_template_reminder_2"),
                                          "letter_template_id": cls._ref("letter_template_reminder_2")}),
        ]).level_ids

    @classmethod
    def _ref(cls, name):
        return cls.env.ref(f"account_dunning.{name}").id

    def _claim(self, lines, level=None, lang="en_US", **values):
        """Return a draft on these receivables, as it looks on the day it is produced."""
        level = level or self.claiming
        self.env["dunning.followup"]._sync(self.company, self.today, lines.partner_id.ids)
        followup = self._get_followup(lines.partner_id)
        notices = self.env["dunning.notice"]
        snapshots = notices._get_line_snapshots(lines.ids, lines.partner_id.ids, self.company)
        vals = notices._prepare_plan_vals(followup, level, self.env["res.partner"], self.today)
        notices._add_channels(vals, followup, level, False, self.today)
        commands = [notices._prepare_line_command(snapshots[line.id], "moving", level.id) for line in lines]
        notice = notices.create({**vals, "lang": lang, "line_ids": commands, **values})
        notice._set_claims(self.today)
        return notice

    def _number(self, text):
        """Return a printed amount: in English the comma groups, in French it is decimal."""
        text = text.replace("\xa0", " ").strip()
        if re.search(r",\d{2}$", text):
            text = text.replace(".", "").replace(",", ".")
        return Decimal(text.replace(" ", "").replace(",", ""))


@tagged("post_install", "-at_install")
class TestDunningNoticeClaims(InterestCommon):

    def test_step_that_does_not_claim_prints_no_amount(self):
        notice = self._claim(self._create_receivable(12000, due=date(2026, 5, 15)), self.silent)
        notice._render_words()
        self.assertFalse(notice.has_claims or notice.amount_interest or notice.line_ids.interest_detail)
        self.assertIn("L441-10", notice.interest_mention)
        self.assertNotIn("annex", self._text(notice.body).lower())
        self.assertEqual(notice.claim_total_text, notice.amount_text)

    def test_claim_is_that_of_the_worked_example(self):
        """12,000 due on 15 May: 46 days at 12.15 %, 141 at 12.40 %."""
        notice = self._claim(self._create_receivable(12000, due=date(2026, 5, 15)))
        line = notice.line_ids
        expected = (Decimal(12000) * (Decimal("12.15") * 46 + Decimal("12.40") * 141) / 36500).quantize(Decimal("0.01"))
        self.assertEqual(Decimal(str(line.interest_amount)), expected)
        self.assertEqual((line.compensation_amount, line.interest_until), (40, self.today))
        self.assertEqual(notice.claim_total_text, notice._format_amount(12040 + line.interest_amount, self.euro))
        self.assertEqual((notice.amount_interest, notice.amount_compensation), (line.interest_amount, 40))
        self.assertAlmostEqual(line.interest_daily, 12000 * 0.124 / 365, 5)

    def test_protected_debtors_never_read_an_amount(self):
        for kind in ("consumer", "non_professional", False):
            customer = self._create_customer(f"Kind {kind}", dunning_debtor_kind=kind)
            notice = self._claim(self._create_receivable(1500, due=date(2026, 5, 15), partner=customer))
            notice._render_words()
            self.assertFalse(notice.has_claims or notice.interest_mention, kind)
            self.assertNotIn("nterest", self._text(notice.body) + self._text(notice.letter_body))
            self.assertFalse(notice._get_annex())

    def test_consumer_reads_in_the_formal_notice_that_legal_interest_will_run(self):
        customer = self._create_customer("Consumer", dunning_debtor_kind="consumer")
        self.levels["formal"].write({"claims_interest": True, "claims_compensation": True})
        notice = self._claim(self._create_receivable(1500, due=date(2026, 5, 15), partner=customer),
                             self.levels["formal"])
        self.assertFalse(notice.has_claims)
        self.assertIn("legal rate will run", notice.interest_mention)
        self.assertFalse(re.search(r"€|\d %", notice.interest_mention))

    def test_public_body_owes_one_rate_for_the_whole_debt(self):
        customer = self._create_customer("Town", dunning_debtor_kind="public")
        notice = self._claim(self._create_receivable(25000, due=date(2026, 6, 20), partner=customer))
        expected = (Decimal(25000) * Decimal("10.15") * 151 / 36500).quantize(Decimal("0.01"))
        self.assertEqual(Decimal(str(notice.line_ids.interest_amount)), expected)
        self.assertIn("R2192-31", notice.interest_wording)

    def test_compensation_of_a_foreign_currency_has_a_total_of_its_own(self):
        line = self._create_receivable(5000, due=date(2026, 6, 15), currency_id=self.dollar.id)
        notice = self._claim(line)
        self.assertEqual((notice.line_ids.currency_id, notice.line_ids.compensation_currency_id),
                         (self.dollar, self.euro))
        euro, dollar = notice._get_statement()
        self.assertEqual([part["amount"] for part in euro["summary"]], ["40.00\xa0€"] * 2)
        self.assertEqual(dollar["summary"][0]["amount"], "$\xa05,000.00")
        self.assertEqual(notice.claim_total_text, f"40.00\xa0€ and {dollar['summary'][-1]['amount']}")

    def test_invoices_of_two_regimes_keep_their_own(self):
        term = self.env["account.payment.term"].create({
            "name": "Fixed", "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 0})],
            "dunning_regime_id": self.env["dunning.interest.regime"].create({
                "name": "Six percent", "fixed_rate": 6, "for_business": True, "wording": "Six percent were agreed.",
                "country_id": self.env.ref("base.fr").id}).id,
        })
        ours = self._create_receivable(1000, due=date(2026, 7, 1), invoice_payment_term_id=term.id,
                                       invoice_date=date(2026, 7, 1))
        notice = self._claim(ours | self._create_receivable(1000, due=date(2026, 7, 1)))
        by_regime = {line.regime_name: line.interest_amount for line in notice.line_ids}
        self.assertEqual(by_regime["Six percent"], round(1000 * 0.06 * 140 / 365, 2))
        self.assertEqual(round(sum(by_regime.values()), 2), notice.amount_interest)
        for words in ("Six percent were agreed.", "L441-10 II"):
            self.assertEqual(notice.interest_wording.count(words), 1)

    def test_unknown_rate_is_no_amount_but_a_warning(self):
        self.env["dunning.reference.rate"].search([("valid_from", "=", date(2026, 7, 1))]).unlink()
        notice = self._claim(self._create_receivable(1000, due=date(2026, 6, 15)))
        self.assertFalse(notice.has_claims)
        self.assertIn("missing", notice.warning)
        self.assertIn(notice.line_ids.name, notice.warning)
        notice._render_words()
        self.assertNotIn("missing", self._text(notice.letter_body))

    def test_principal_is_what_the_books_say(self):
        receivable = self._create_receivable(1000, due=date(2026, 5, 15))
        self._register_payment(receivable.move_id, amount=400, payment_date=date(2026, 8, 1))
        notice = self._claim(receivable)
        self.assertEqual(notice.line_ids.amount_residual, receivable.amount_residual)
        [block] = notice._get_statement()
        self.assertEqual(block["summary"][0]["amount"], "600.00\xa0€")
        labels = [row["label"] for row in notice.line_ids.interest_detail["rows"]]
        self.assertTrue([label for label in labels if label.startswith("Payment of")], labels)

    def test_step_may_claim_only_one_of_both(self):
        receivable = self._create_receivable(1000, due=date(2026, 5, 15))
        self.claiming.claims_compensation = False
        notice = self._claim(receivable)
        self.assertTrue(notice.interest_text and not notice.compensation_text)
        self.claiming.write({"claims_compensation": True, "claims_interest": False})
        notice = self._claim(receivable)
        self.assertTrue(notice.compensation_text and not notice.interest_text and not notice.daily_text)
        self.assertFalse(notice.line_ids.interest_detail["rows"])

    def test_queries_do_not_grow_with_the_batch(self):
        batches = []
        for count in (10, 50):
            customers = [self._create_customer(f"Batch {count} {number}") for number in range(count)]
            notices = self.env["dunning.notice"].union(*(
                self._claim(self._create_receivable(500, due=date(2026, 6, 1), partner=customer))
                for customer in customers))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            notices._set_claims(self.today)
            self.env.flush_all()
            self.assertEqual(len(set(notices.mapped("interest_mention"))), 1)
            self.assertEqual(len(set(notices.mapped("claim_text"))), 1)
            batches.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(set(notices.mapped("amount_interest"))), 1)
        self.assertLessEqual(batches[1] - batches[0], 2, batches)


@tagged("post_install", "-at_install")
class TestDunningNoticeClaimsSent(InterestCommon):
    """From the draft to the copy: what happens between, and what can no longer happen after."""

    prints = False

    def test_payment_before_sending_is_taken_into_account(self):
        receivable = self._create_receivable(1000, due=date(2026, 5, 15))
        notice = self._claim(receivable)
        before = notice.line_ids.interest_amount
        self._register_payment(receivable.move_id, amount=900, payment_date=date(2026, 6, 1))
        notice._produce(self.today)
        self.assertEqual(notice.line_ids.amount_residual, 100)
        self.assertLess(notice.line_ids.interest_amount, before)
        self.assertEqual(notice.state, "ready")

    def test_sent_copy_does_not_follow_the_rates(self):
        notice = self._claim(self._create_receivable(1000, due=date(2026, 5, 15)))
        notice._produce(self.today)
        notice._set_sent(self.today)
        frozen = notice.line_ids.interest_amount
        self.env["dunning.reference.rate"].search([]).write({"rate_percent": 9})
        self.env.invalidate_all()
        self.assertEqual(notice.line_ids.interest_amount, frozen)
        self.assertEqual(notice._get_statement()[0]["summary"][1]["amount"], notice._format_amount(frozen, self.euro))
        with self.assertRaisesRegex(Exception, "already sent"):
            notice.line_ids.interest_amount = 1

    def test_run_shows_the_amounts_before_it_is_released(self):
        self.policy.level_ids.filtered(lambda level: level.stage == "reminder_1").write({
            "claims_interest": True, "claims_compensation": True})
        self._create_receivable(1000, late=40)
        notice = self._prepare_run().notice_ids
        self.assertEqual((notice.state, notice.amount_compensation), ("draft", 40))
        self.assertGreater(notice.amount_interest, 0)

    def test_email_without_letter_holds_summary_and_computation(self):
        self.claiming.channel = "email"
        notice = self._claim(self._create_receivable(1000, due=date(2026, 5, 15)))
        notice._produce(self.today)
        text = self._text(notice.body)
        for words in ("Principal 1,000.00 €", "Fixed compensation for recovery costs 40.00 €", "12.15 %", "46 days",
                      f"Total to pay {notice.claim_total_text}".replace("\xa0", " ")):
            self.assertIn(words, text)
        self.assertEqual(text.count("Annex: computation"), 1)

    def test_email_beside_a_letter_carries_the_letter_with_its_annex(self):
        self.claiming.with_email = True
        notice = self._claim(self._create_receivable(1000, due=date(2026, 5, 15)))
        notice._produce(self.today)
        self.assertNotIn("12.15", self._text(notice.body))
        self.assertIn(notice.pdf_filename, notice.message_id.attachment_ids.mapped("name"))


@tagged("post_install", "-at_install")
class TestDunningAnnex(PrintingCommon, InterestCommon):

    def _print(self, *notices):
        """Return the text of each page of each notice; each cell of a table stands on a line of its own."""
        letters = self.env["dunning.notice"].union(*notices)
        letters._copy_addressee()
        letters._render_words()
        files = self._print_letters(letters)
        return [self._read_pages(files[notice]) for notice in notices]

    def _words(self, text):
        return " ".join(text.split())

    def _get_segments(self, text):
        """Return (days, base, percent, amount) of the periods printed."""
        row = rf"^(\d+)\n({MONEY}) €\n(\d+[.,]\d+) %\n(?:.*points\n)?({MONEY}) €$"
        return [(int(days), self._number(base), self._number(percent), self._number(amount))
                for days, base, percent, amount in re.findall(row, text.replace("\xa0", " "), re.M)]

    def test_printed_periods_can_be_recomputed_and_add_up(self):
        first = self._create_receivable(12000, due=date(2026, 5, 15))
        self._register_payment(first.move_id, amount=4000, payment_date=date(2026, 8, 31))
        second = self._create_receivable(845.37, due=date(2026, 7, 31))
        for lang in ("en_US", "fr_FR"):
            notice = self._claim(first | second, lang=lang)
            [[letter, annex]] = self._print(notice)
            segments = self._get_segments(annex)
            self.assertEqual([days for days, *_rest in segments], [46, 62, 79, 110], annex)
            for days, base, percent, amount in segments:
                self.assertAlmostEqual(base * percent * days / 36500, amount, delta=Decimal("0.01"))
            total = sum(amount for *_rest, amount in segments)
            self.assertEqual(total, Decimal(str(notice.amount_interest)))
            self.assertIn(notice.name, annex)
            for amount in (notice.claim_total_text, notice.interest_text, notice.amount_text):
                self.assertIn(amount.replace("\xa0", " "), self._words(letter))

    def test_each_page_of_an_annex_names_its_letter_and_tears_no_invoice(self):
        lines = self.env["account.move.line"].union(*(
            self._create_receivable(1000 + number, due=date(2026, 5, 1 + number)) for number in range(20)))
        [pages] = [[self._words(page) for page in letter] for letter in self._print(self._claim(lines))]
        annex = [page for page in pages if "Annex to our letter no." in page]
        self.assertGreater(len(annex), 1)
        for page in annex:
            names = re.findall(r"INV/2026/\d{5} of", page)
            self.assertEqual(len(names), page.count("Interest (each further day"), page)
        self.assertEqual(pages[-len(annex):], annex)

    def test_letters_with_annexes_are_told_apart_in_one_call(self):
        kinds = ("business", "consumer", "public")
        notices = []
        for kind in kinds:
            customer = self._create_customer(f"A {kind}", dunning_debtor_kind=kind)
            notices.append(self._claim(self._create_receivable(1000, due=date(2026, 5, 15), partner=customer)))
        printed = self._print(*notices)
        self.assertEqual([len(pages) for pages in printed], [2, 1, 2])
        for notice, pages in zip(notices, printed, strict=True):
            self.assertEqual([one.name for one in notices if one.name in " ".join(pages)], [notice.name])
        self.assertNotIn("nterest", printed[1][0])

    def test_total_is_written_in_words_once(self):
        [[letter, annex]] = self._print(self._claim(self._create_receivable(1000, due=date(2026, 11, 17))))
        self.assertEqual(self._words(letter + annex).count("one thousand"), 1)
