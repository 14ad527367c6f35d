import json
import re
from datetime import date
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .interest_common import DAY, InterestCommon
from .printing_common import PrintingCommon


@tagged("post_install", "-at_install")
class TestInterestShown(InterestCommon):

    def test_invoice_shows_interest_compensation_total_and_the_daily_amount(self):
        move = self._receivable(12000, date(2026, 5, 15)).move_id
        self.assertEqual(move.dunning_interest, 770.79)
        self.assertEqual((move.dunning_compensation, move.dunning_claim_total), (40, 12810.79))
        self.assertIn("4.08", move.dunning_interest_text)

    def test_invoice_says_why_nothing_is_computed(self):
        self.customer.dunning_debtor_kind = "consumer"
        move = self._receivable(12000, date(2026, 5, 15)).move_id
        self.assertEqual((move.dunning_interest, move.dunning_compensation, move.dunning_claim_total), (0, 0, 12000))
        self.assertIn("formal notice", move.dunning_interest_text)

    def test_credit_notes_claim_nothing_and_drafts_have_no_computation(self):
        receivable = self._receivable(1000, date(2026, 5, 15))
        note = self._credit(receivable, 300, date(2026, 5, 20))
        self.assertEqual((note.dunning_interest, note.dunning_claim_total), (0, 0))
        receivable.move_id.button_draft()
        with self.assertRaisesRegex(UserError, "posted customer invoices"):
            receivable.move_id.action_dunning_show_computation()

    def test_followup_sums_its_open_items_in_the_currency_of_the_company(self):
        dollars = self.env.ref("base.USD")
        self.env["res.currency.rate"].create({"currency_id": dollars.id, "rate": 2, "name": "2026-01-01",
                                              "company_id": self.company.id})
        self._receivable(12000, date(2026, 5, 15))
        self._receivable(12000, date(2026, 5, 15), currency_id=dollars.id)
        self.env["dunning.followup"]._sync(self.company, DAY, self.customer.ids)
        followup = self._get_followup()
        self.assertEqual((followup.amount_interest, followup.amount_compensation), (1156.19, 80))
        self.assertEqual(followup.amount_claim, 18000 + 1156.19 + 80)

    def test_invoicing_user_without_dunning_rights_reads_it_and_another_company_does_not(self):
        move = self._receivable(12000, date(2026, 5, 15)).move_id
        clerk = new_test_user(self.env, "clerk", "base.group_user,account.group_account_invoice",
                              company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        action = move.with_user(clerk).action_dunning_show_computation()
        computation = self.env["dunning.computation"].with_user(clerk).browse(action["res_id"])
        self.assertIn("770.79", computation.content)
        self.assertEqual(move.with_user(clerk).dunning_interest, 770.79)
        elsewhere = self._create_company(name="Elsewhere")
        stranger = new_test_user(self.env, "stranger", "base.group_user,account.group_account_invoice",
                                 company_id=elsewhere.id, company_ids=[Command.set(elsewhere.ids)])
        with self.assertRaises(AccessError):
            self.env["report.account_dunning.report_interest_annex"].with_user(stranger)._get_report_values(move.ids)

    def test_queries_do_not_grow_with_the_number_of_invoices(self):
        few = self.env["account.move.line"].union(*(self._receivable(100, date(2026, 5, 15)) for _one in range(5)))
        many = few.union(*(self._receivable(100, date(2026, 5, 15)) for _one in range(45)))
        for receivable in many[::10]:
            self._pay_on(receivable, date(2026, 6, 15), 40)
        self.env.flush_all()
        few._get_interest_claims()
        counts = []
        for lines in (few, many):
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            self.assertEqual(len(lines._get_interest_claims()), len(lines))
            counts.append(self.cr.sql_log_count - start)
        self.assertEqual(counts[0], counts[1])

    def test_rows_tell_periods_payments_and_credits_and_add_up(self):
        receivable = self._receivable(10000, date(2026, 4, 30))
        self._pay_on(receivable, date(2026, 6, 15), 4000)
        self._credit(receivable, 500, date(2026, 7, 20), is_linked=False)
        claims = receivable._get_interest_claims(date(2026, 9, 30))
        [block] = receivable._prepare_interest_rows(claims)
        self.assertEqual([row["kind"] for row in block["rows"]],
                         ["segment", "payment", "segment", "segment", "credit", "segment"])
        amounts = [segment.amount for segment in claims[receivable.id].breakdown.segments]
        self.assertEqual(sum(amounts), Decimal(block["interest_value"]))
        self.assertEqual(block["rows"][0]["rate_detail"], "2.15\xa0% + 10.00 points")

    def test_rows_say_what_was_never_due_what_rests_and_what_is_not_known(self):
        receivable = self._receivable(10000, date(2026, 11, 30))
        self._credit(receivable, 1000, date(2026, 12, 20))
        self.env["dunning.charge"]._waive(receivable, "A gesture", day=date(2026, 12, 10))
        [block] = receivable._prepare_interest_rows(receivable._get_interest_claims(date(2027, 1, 10)))
        self.assertEqual([row["kind"] for row in block["rows"]], ["credit", "pause", "segment", "gap"])
        self.assertIn("deducted from the beginning", block["rows"][0]["label"])
        self.assertEqual(block["rows"][1]["note"], "Claimed or waived before")
        self.assertEqual((block["interest"], block["rows"][3]["amount"]), ("", ""))
        self.assertTrue(block["problem"])

    def test_annex_of_frozen_rows_is_the_same(self):

        receivable = self._receivable(12000, date(2026, 5, 15)).with_context(lang="en_US")
        blocks = receivable._prepare_interest_rows(receivable._get_interest_claims())
        frozen = json.loads(json.dumps(blocks))
        render = self.env["ir.qweb"]._render
        fresh = render("account_dunning.interest_breakdown", {"annex": receivable._prepare_interest_annex(blocks)})
        again = render("account_dunning.interest_breakdown", {"annex": receivable._prepare_interest_annex(frozen)})
        self.assertEqual(fresh, again)
        self.assertIn("810.79", fresh)

    def test_sources_of_rates_are_for_users_only(self):
        receivable = self._receivable(12000, date(2026, 5, 15))
        docs = self.env["report.account_dunning.report_interest_annex"]._prepare_docs(receivable)
        shown = self.env["ir.qweb"]._render("account_dunning.interest_computation", {"docs": docs, "is_internal": True})
        printed = self.env["ir.qweb"]._render("account_dunning.interest_breakdown", {"annex": docs[0]["annex"]})
        self.assertIn("Secondary", shown)
        self.assertNotIn("Secondary", printed)
        self.assertNotIn("European Central Bank", printed)


@tagged("post_install", "-at_install")
class TestInterestAnnex(PrintingCommon, InterestCommon):
    """The computation on paper, read back from the file."""

    def _print(self, receivables, **data):
        """Return the words of each page, on one line."""
        content = self._print_report(
            "account_dunning.report_interest_annex", self.env["account.move"],
            data={"line_ids": receivables.ids, **data})
        return [" ".join(page.split()) for page in self._read_pages(content)]

    def test_printed_periods_add_up_to_the_printed_total(self):
        receivable = self._receivable(12000, date(2026, 5, 15))
        self._pay_on(receivable, date(2026, 8, 31))
        [words] = self._print(receivable, day="2026-11-21")
        for text in (receivable.move_id.name, "05/16/2026 to 06/30/2026", "46", "12.15", "2.15 % + 10.00 points",
                     "07/01/2026 to 08/31/2026", "62", "12.40", "Payment of 08/31/2026", "L441-10"):
            self.assertIn(text, words)
        amounts = [Decimal(text.replace(",", "")) for text in re.findall(r"([\d,]+\.\d\d) ?€", words)]
        self.assertEqual(amounts.count(Decimal("183.75")), 1)
        self.assertEqual(amounts.count(Decimal("252.75")), 1)
        self.assertIn(Decimal("436.50"), amounts)
        self.assertEqual(amounts[-1], Decimal("476.50"))

    def test_each_customer_has_his_own_pages_in_his_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        other = self._create_customer("Menuiserie Durand", lang="fr_FR")
        due = date(2026, 5, 15)
        first, second = self._print(self._receivable(12000, due) + self._receivable(500, due, partner=other))
        self.assertIn("Customer", first)
        self.assertIn("05/16/2026", first)
        self.assertNotIn("Menuiserie", first)
        self.assertIn("Menuiserie Durand", second)
        self.assertIn("16/05/2026", second)
        self.assertIn("32,12 €", second.replace("\xa0", " "))

    def test_button_prints_what_the_dialog_shows(self):
        receivable = self._receivable(10000, date(2026, 4, 30))
        self._pay_on(receivable, date(2026, 6, 15), 4000)
        action = receivable.move_id.action_dunning_show_computation()
        computation = self.env["dunning.computation"].browse(action["res_id"])
        computation.write({"date": date(2026, 9, 30), "imputation": "interest"})
        self.assertIn("376.16", computation.content)
        printing = computation.action_print()
        [words] = self._print(self.env["account.move.line"], **printing["data"])
        self.assertIn("376.16", words)
        self.assertIn("cover interest before principal", words)

    def test_paper_never_tells_a_customer_why_nothing_is_claimed(self):
        person = self._create_customer("Person", dunning_debtor_kind="consumer")
        protected = self._receivable(1500, date(2026, 2, 28), partner=person)
        action = protected.move_id.action_dunning_show_computation()
        computation = self.env["dunning.computation"].browse(action["res_id"])
        self.assertIn("formal notice", computation.content)
        with self.assertRaisesRegex(UserError, "nothing to print.*formal notice"):
            computation.action_print()
        [words] = self._print(protected + self._receivable(12000, date(2026, 5, 15)))
        self.assertNotIn("Person", words)
        self.assertIn("810.79", words)
