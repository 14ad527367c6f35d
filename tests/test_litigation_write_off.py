from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .litigation_common import LitigationCommon


class WriteOffCommon(LitigationCommon):
    """A company with its accounts of doubtful and lost claims."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loss = cls.company_data["default_account_expense"]
        cls.doubtful = cls.company_data["default_account_assets"].copy({
            "code": "416900", "name": "Doubtful", "reconcile": True})
        cls.vat = cls.company_data["default_account_tax_sale"]
        cls.company.write({"dunning_loss_account_id": cls.loss.id, "dunning_doubtful_account_id": cls.doubtful.id})

    def _get_balances(self, move):
        return {line.account_id: line.balance for line in move.line_ids}

    def _give_up(self, receivable, **values):
        case = self._begin(receivable, self.write_off)
        case.write(values)
        return case

    def _write_off(self, case):
        before = case.write_off_move_ids
        case.action_propose_write_off()
        move = case.write_off_move_ids - before
        move.action_post()
        case.invalidate_recordset()
        return move

    def _tell(self, case):
        """The customer got the statement."""
        statement = self.env["ir.attachment"].create({"name": "Etat.pdf", "raw": b"%PDF"})
        case._write_door({"vat_statement_id": statement.id})
        case.date_vat_statement = self.today

    def _put_on_payments(self):
        """Return 1,000 plus 20 % VAT that is due when the customer pays."""
        self.company.tax_exigibility = True
        waiting = self.vat.copy({"code": "445740", "name": "VAT waiting", "reconcile": True})
        receivable = self._create_taxed()
        tax = receivable.move_id.invoice_line_ids.tax_ids
        receivable.move_id.button_draft()
        tax.write({"tax_exigibility": "on_payment", "cash_basis_transition_account_id": waiting.id})
        receivable.move_id.invoice_line_ids.tax_ids = [Command.set(tax.ids)]
        receivable.move_id.invoice_line_ids.price_unit = 999
        receivable.move_id.invoice_line_ids.price_unit = 1000
        receivable.move_id.action_post()
        return receivable.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable"), waiting


@tagged("post_install", "-at_install")
class TestLitigationWriteOff(WriteOffCommon):
    """The entries of a claim that is doubtful, lost, and perhaps paid after all."""

    def test_the_write_off_is_a_balanced_draft_with_the_vat_apart(self):
        receivable = self._create_taxed()
        case = self._give_up(receivable, with_vat=True)
        with self.assertRaisesRegex(UserError, "VAT comes back after the customer got the statement"):
            case.action_propose_write_off()
        self._tell(case)
        case.action_propose_write_off()
        move = case.write_off_move_ids
        self.assertEqual(move.state, "draft")
        self.assertEqual(self._get_balances(move), {self.loss: 1000, self.vat: 200, receivable.account_id: -1200})
        with self.assertRaisesRegex(UserError, "waits already"):
            case.action_propose_write_off()
        move.action_post()
        self.assertTrue(receivable.reconciled)
        case.invalidate_recordset()
        self.assertEqual((case.amount_recovered, case.amount_open, case.amount_written_off), (0, 0, 1200))

    def test_posting_it_ends_the_case(self):
        case = self._give_up(self._create_receivable(late=90))
        self._write_off(case)
        self.assertEqual((case.state, case.amount_irrecoverable), ("lost", 1000))

    def test_doubtful_first_and_lost_later(self):
        receivable = self._create_taxed()
        case = self._give_up(receivable)
        case.action_propose_doubtful()
        transfer = case.write_off_move_ids
        self.assertEqual(self._get_balances(transfer), {self.doubtful: 1200, receivable.account_id: -1200})
        transfer.action_post()
        self.assertTrue(receivable.reconciled)
        case.invalidate_recordset()
        self.assertEqual((case.state, case.amount_open), ("preparing", 1200))
        self.assertEqual(self._get_balances(self._write_off(case)), {self.loss: 1200, self.doubtful: -1200})
        self.assertEqual((case.state, case.amount_open, case.amount_irrecoverable), ("lost", 0, 1200))

    def test_what_is_doubtful_and_partly_paid_is_not_recovered(self):
        receivable = self._create_receivable(late=90)
        case = self._give_up(receivable)
        self._pay(receivable, 300)
        case.action_propose_doubtful()
        case.write_off_move_ids.action_post()
        self._run_night()
        self.assertEqual((case.state, case.amount_recovered, case.amount_open), ("preparing", 300, 700))

    def test_a_payment_in_between_spoils_the_draft(self):
        receivable = self._create_receivable(late=90)
        case = self._give_up(receivable)
        case.action_propose_write_off()
        self._pay(receivable, 300)
        with self.assertRaisesRegex(UserError, "the customer paid since"):
            case.write_off_move_ids.action_post()
        case.write_off_move_ids.unlink()
        self.assertEqual(self._get_balances(self._write_off(case))[self.loss], 700)
        self.assertEqual((case.amount_recovered, case.amount_irrecoverable), (300, 700))

    def test_nothing_is_dated_in_a_locked_period(self):
        case = self._give_up(self._create_receivable(late=90))
        self.company.fiscalyear_lock_date = self.today + timedelta(days=10)
        case.action_propose_write_off()
        self.assertEqual(case.write_off_move_ids.date, self.today + timedelta(days=11))

    def test_a_claim_in_dollars_is_lost_in_dollars_and_in_euros(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create({"currency_id": dollar.id, "rate": 2, "name": "2020-01-01",
                                              "company_id": self.company.id})
        receivable = self._create_receivable(1000, late=90, currency_id=dollar.id)
        case = self._give_up(receivable)
        move = self._write_off(case)
        lost = move.line_ids.filtered("dunning_written_off_id")
        self.assertEqual((lost.balance, lost.amount_currency, lost.currency_id), (-500, -1000, dollar))
        self.assertTrue(receivable.reconciled)
        self.assertEqual((case.amount_open, case.amount_irrecoverable), (0, 1000))

    def test_a_branch_loses_its_claims_in_its_own_books(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids |= branch
        self.env = self.env(context={**self.env.context, "allowed_company_ids": (self.company | branch).ids})
        self.customer.with_company(branch).property_account_receivable_id = \
            self.company_data["default_account_receivable"]
        theirs = self._create_receivable(
            500, late=90, company_id=branch.id, journal_id=self.company_data["default_journal_sale"].id)
        ours = self._create_receivable(late=90)
        case = self._give_up((theirs | ours).with_env(self.env))
        self.assertEqual(case.company_id, self.company)
        case.action_propose_write_off()
        moves = case.write_off_move_ids
        self.assertEqual({move.company_id: sum(move.line_ids.filtered(lambda line: line.balance > 0).mapped("balance"))
                          for move in moves}, {self.company: 1000, branch: 500})
        moves.action_post()
        self.assertTrue(theirs.reconciled and ours.reconciled)
        case.invalidate_recordset()
        self.assertEqual((case.state, case.amount_irrecoverable), ("lost", 1500))

    def test_french_losses_of_this_year_and_of_earlier_ones_have_their_own_accounts(self):
        this, earlier = (self.loss.copy({"code": code, "name": code}) for code in ("654100", "654400"))
        self.company.dunning_loss_account_id = False
        old = self._create_receivable(late=400)
        new = self._create_receivable(500, late=40)
        case = self._give_up(old | new)
        case.action_propose_write_off()
        balances = self._get_balances(case.write_off_move_ids)
        self.assertEqual((balances[this], balances[earlier]), (500, 1000))

    def test_vat_on_payments_never_becomes_due_because_nobody_pays(self):
        receivable, waiting = self._put_on_payments()
        case = self._give_up(receivable, with_vat=True)
        with self.assertRaisesRegex(UserError, "due when the customer pays"):
            case.action_print_vat_statement()
        move = self._write_off(case)
        self.assertEqual(self._get_balances(move), {self.loss: 1000, waiting: 200, receivable.account_id: -1200})
        self.assertTrue(receivable.reconciled)
        self.assertFalse(receivable.move_id.tax_cash_basis_created_move_ids)

    def test_doubtful_vat_on_payments_waits_on(self):
        receivable, _waiting = self._put_on_payments()
        case = self._give_up(receivable)
        case.action_propose_doubtful()
        case.write_off_move_ids.action_post()
        self.assertTrue(receivable.reconciled)
        self.assertFalse(receivable.move_id.tax_cash_basis_created_move_ids)

    # --- paid after all -------------------------------------------------------------------------------------------

    def _take_back(self, case):
        before = case.write_off_move_ids
        case.action_propose_return()
        move = case.write_off_move_ids - before
        move.action_post()
        case.invalidate_recordset()
        return move

    def test_paid_after_all_the_loss_is_taken_back_and_the_money_matched(self):
        receivable = self._create_taxed()
        case = self._give_up(receivable, with_vat=True)
        self._tell(case)
        self._write_off(case)
        move = self._take_back(case)
        self.assertEqual(self._get_balances(move), {self.loss: -1000, self.vat: -200, receivable.account_id: 1200})
        self.assertEqual((case.amount_open, case.amount_written_off), (1200, 0))
        self.assertEqual(receivable.amount_residual, 1200)
        with self.assertRaisesRegex(UserError, "Nothing was written off"):
            case.action_propose_return()
        self._pay(receivable)
        self._run_night()
        self.assertEqual((case.state, case.amount_recovered), ("recovered", 1200))

    def test_a_loss_that_odoo_reversed_is_none_any_more(self):
        receivable = self._create_receivable(late=90)
        case = self._give_up(receivable)
        self._write_off(case)._reverse_moves(cancel=True)
        case.invalidate_recordset()
        self.assertEqual((case.amount_open, case.amount_written_off), (1000, 0))

    def test_in_a_later_year_it_is_an_income_of_its_own(self):
        income = self.company_data["default_account_revenue"].copy({"code": "758300", "name": "Regained"})
        case = self._give_up(self._create_receivable(late=90))
        self._write_off(case)
        self._set_today(self.today + timedelta(days=100))
        self.assertEqual(self._get_balances(self._take_back(case))[income], -1000)

    def test_doubtful_and_lost_comes_back_as_doubtful(self):
        case = self._give_up(self._create_receivable(late=90))
        case.action_propose_doubtful()
        case.write_off_move_ids.action_post()
        self._write_off(case)
        self.assertEqual(self._get_balances(self._take_back(case)), {self.doubtful: 1000, self.loss: -1000})
        self.assertEqual(case.amount_open, 1000)

    # --- who proposes ---------------------------------------------------------------------------------------------

    def test_entries_belong_to_irrecoverable_claims(self):
        with self.assertRaisesRegex(UserError, "irrecoverable"):
            self._begin().action_propose_write_off()

    def test_accounts_that_are_missing_are_asked_for(self):
        self.company.write({"account_fiscal_country_id": self.env.ref("base.be").id, "dunning_loss_account_id": False})
        case = self._give_up(self._create_receivable(late=40))
        with self.assertRaisesRegex(UserError, "Losses on Irrecoverable Debts"):
            case.action_propose_write_off()

    def test_an_erased_debt_proposes_its_write_off_once(self):
        receivable = self._create_receivable(late=90)
        cases = self.env["dunning.litigation"]
        case = cases._propose_write_off(receivable, "Erased by the judge on 3 November")
        self.assertEqual((case.route_code, case.state, case.outcome),
                         ("write_off", "preparing", "Erased by the judge on 3 November"))
        self.assertIn("Erased by the judge", case.activity_ids.summary)
        self.assertEqual(self._get_reason(receivable), "litigation")
        self.assertEqual(cases._propose_write_off(receivable, "Once more"), case)

    def test_an_accountant_proposes_who_does_not_work_on_cases(self):
        case = self._give_up(self._create_receivable(late=90))
        user = new_test_user(self.env, "write_off_accountant", groups="account.group_account_user",
                             company_id=self.company.id, company_ids=self.company.ids)
        mine = case.with_user(user).sudo(False)
        with self.assertRaises(AccessError):
            mine.action_cancel()
        mine.action_propose_write_off()
        mine.write_off_move_ids.action_post()
        self.assertEqual(case.state, "lost")

    def test_who_only_reads_proposes_nothing(self):
        case = self._give_up(self._create_receivable(late=90))
        clerk = new_test_user(self.env, "write_off_clerk", groups="account.group_account_readonly",
                              company_id=self.company.id, company_ids=self.company.ids)
        with self.assertRaises(UserError):
            case.with_user(clerk).sudo(False).action_propose_write_off()


@tagged("post_install", "-at_install")
class TestLitigationImpairment(WriteOffCommon):
    """What is feared to be lost is put aside at the accountant's rate, without VAT, and taken back in time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.aside = cls.doubtful.copy({"code": "491900", "name": "Impairment", "reconcile": False})
        cls.charge = cls.loss.copy({"code": "681790", "name": "Charge"})
        cls.income = cls.company_data["default_account_revenue"].copy({"code": "781790", "name": "Reversal"})
        cls.company.write({"dunning_provision_account_id": cls.aside.id, "dunning_provision_income_id": cls.income.id,
                           "dunning_provision_expense_id": cls.charge.id})

    def _estimate(self, case, percent):
        """Return the entry of this rate, posted."""
        before = case.write_off_move_ids
        dialog = self.env["dunning.impairment"].create({"litigation_id": case.id, "percent": percent})
        dialog.action_propose()
        move = case.write_off_move_ids - before
        move.action_post()
        case.invalidate_recordset()
        return move

    def test_the_rate_applies_to_what_is_open_without_vat(self):
        receivable = self._create_taxed()
        self._pay(receivable, 600)
        case = self._begin(receivable, self.write_off)
        dialog = self.env["dunning.impairment"].create({"litigation_id": case.id, "percent": 50})
        self.assertEqual((dialog.amount_net, dialog.amount_wanted, dialog.amount_booked), (500, 250, 0))
        dialog.action_propose()
        move = case.write_off_move_ids
        self.assertEqual((move.state, self._get_balances(move)), ("draft", {self.charge: 250, self.aside: -250}))
        with self.assertRaisesRegex(UserError, "waits already"):
            case._propose_impairment(60)
        move.action_post()
        case.invalidate_recordset()
        self.assertEqual((case.amount_provision, case.amount_provision_due, case.provision_percent), (250, 250, 50))
        with self.assertRaisesRegex(UserError, "nothing to book"):
            case._propose_impairment(50)

    def test_another_rate_books_the_difference_and_none_takes_all_back(self):
        case = self._begin(self._create_receivable(late=90), self.write_off)
        self._estimate(case, 40)
        self.assertEqual(self._get_balances(self._estimate(case, 70)), {self.charge: 300, self.aside: -300})
        self.assertEqual(self._get_balances(self._estimate(case, 50)), {self.income: -200, self.aside: 200})
        self.assertEqual(self._get_balances(self._estimate(case, 0)), {self.income: -500, self.aside: 500})
        self.assertEqual(case.amount_provision, 0)

    def test_paid_the_accountant_is_asked_to_take_it_back(self):
        receivable = self._create_notified()
        case = self._begin(receivable)
        self._estimate(case, 50)
        self._pay(receivable, 1000)
        case.invalidate_recordset()
        case._set_recovered()
        self.assertTrue(case.is_provision_high)
        self.assertIn("Take back the impairment of", case.activity_ids.mapped("summary")[-1])
        case._propose_impairment(50)
        draft = case.write_off_move_ids.filtered(lambda move: move.state == "draft")
        self.assertEqual(self._get_balances(draft), {self.income: -500, self.aside: 500})

    def test_written_off_it_is_taken_back_beside_the_loss(self):
        case = self._give_up(self._create_taxed())
        self._estimate(case, 100)
        self.assertEqual(case.amount_provision, 1000)
        loss = self._write_off(case)
        self.assertNotIn(self.aside, loss.line_ids.account_id)
        self.assertEqual((case.state, case.amount_provision_due, case.is_provision_high), ("lost", 0, True))
        self.assertTrue(case.activity_ids.filtered(lambda one: "impairment" in one.summary))
        self.assertEqual(self._get_balances(self._estimate(case, 100)), {self.income: -1000, self.aside: 1000})

    def test_what_moved_to_the_doubtful_debts_stays_provided(self):
        case = self._give_up(self._create_taxed())
        self._estimate(case, 50)
        case.action_propose_doubtful()
        case.write_off_move_ids.filtered(lambda move: move.state == "draft").action_post()
        case.invalidate_recordset()
        self.assertEqual((case.amount_provision, case.amount_provision_due), (500, 500))

    def test_an_entry_that_odoo_reversed_put_nothing_aside(self):
        case = self._begin(self._create_receivable(late=90), self.write_off)
        self._estimate(case, 50)._reverse_moves(cancel=True)
        case.invalidate_recordset()
        self.assertEqual(case.amount_provision, 0)

    def test_a_claim_in_dollars_is_provided_for_in_the_books_currency(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create({"currency_id": dollar.id, "rate": 2, "name": "2020-01-01",
                                              "company_id": self.company.id})
        case = self._begin(self._create_receivable(1000, late=90, currency_id=dollar.id), self.write_off)
        self.assertEqual(self._get_balances(self._estimate(case, 50)), {self.charge: 250, self.aside: -250})

    def test_an_accountant_estimates_and_nobody_else_writes_the_rate(self):
        case = self._begin(self._create_receivable(late=90), self.write_off)
        user = new_test_user(self.env, "impairment_accountant", groups="account.group_account_user",
                             company_id=self.company.id, company_ids=self.company.ids)
        mine = self.env["dunning.impairment"].with_user(user).sudo(False).create({
            "litigation_id": case.id, "percent": 30})
        mine.action_propose()
        self.assertEqual(case.provision_percent, 30)
        with self.assertRaises(UserError):
            case.with_user(self.env.user).sudo(False).provision_percent = 90
        reader = new_test_user(self.env, "impairment_reader", groups="account.group_account_readonly",
                               company_id=self.company.id, company_ids=self.company.ids)
        with self.assertRaises(AccessError):
            self.env["dunning.impairment"].with_user(reader).sudo(False).create({"litigation_id": case.id})
        with self.assertRaises(UserError):
            case.with_user(reader).sudo(False)._propose_impairment(10)

    def test_rates_that_cannot_be_and_missing_accounts_are_refused(self):
        case = self._begin(self._create_receivable(late=90), self.write_off)
        with self.assertRaisesRegex(ValidationError, "between 0 and 100"):
            case._propose_impairment(120)
        with self.assertRaisesRegex(UserError, "Enter the rate first"):
            case._propose_impairment(0)
        self.company.dunning_provision_account_id = False
        if self.company.account_fiscal_country_id.code != "FR":
            with self.assertRaisesRegex(UserError, "Choose the account"):
                case._propose_impairment(10)


@tagged("post_install", "-at_install")
class TestVatStatement(WriteOffCommon):
    """What the customer gets before the VAT comes back is kept as it was sent."""

    def _print(self, case):
        reports = self.env["ir.actions.report"]
        with patch.object(type(reports), "_render_qweb_pdf", lambda *args, **kwargs: (b"%PDF-1.4 statement", "pdf")), \
                patch.object(type(case), "_get_duplicates", lambda case: []):
            return case.action_print_vat_statement()

    def test_it_is_kept_with_the_case_when_it_is_printed(self):
        case = self._give_up(self._create_taxed(), with_vat=True)
        with self.assertRaisesRegex(ValidationError, "Print the VAT statement first"):
            case.date_vat_statement = self.today
        action = self._print(case)
        self.assertIn(str(case.vat_statement_id.id), action["url"])
        self.assertEqual(case.vat_statement_id.raw, b"%PDF-1.4 statement")
        with self.assertRaisesRegex(ValidationError, "today or earlier"):
            case.date_vat_statement = self.today + timedelta(days=1)
        case.date_vat_statement = self.today
        row = case.check_ids.filtered(lambda one: one.attachment_ids)
        self.assertEqual((row.is_done, row.attachment_ids), (True, case.vat_statement_id))

    def test_the_day_on_which_it_was_mailed_is_noted(self):
        case = self._give_up(self._create_taxed(), with_vat=True)
        self._print(case)
        case.with_context(dunning_vat_statement=True).message_post(
            body="Here", attachment_ids=case.vat_statement_id.ids)
        self.assertEqual(case.date_vat_statement, self.today)
