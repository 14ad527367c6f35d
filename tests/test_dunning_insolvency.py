from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import DunningCommon
from .interest_common import InterestCommon
from .printing_common import PrintingCommon


class InsolvencyCommon:
    """Proceedings against the customer: judgment of 20 October 2026, published on 1 November."""

    def _open(self, **values):
        return self.env["dunning.insolvency"].create({
            "partner_id": self.customer.id, "company_id": self.company.id, "procedure": "receivership",
            "date_judgment": date(2026, 10, 20), "date_published": date(2026, 11, 1), **values,
        })

    def _expire_on(self, day):
        self._set_today(day)
        self.env["dunning.run"]._create_run(self.company)._expire()

    def _declare(self, insolvency, **values):
        insolvency.write({"date_declared": self.today, "amount_declared": 1000, **values})
        insolvency.action_declare()


@tagged("post_install", "-at_install")
class TestDunningInsolvency(InsolvencyCommon, DunningCommon):
    """What a judgment changes: what is held, what goes on, what is counted, and how it ends."""

    def _create_prior(self, **values):
        """Return a receivable that was invoiced on 8 October."""
        return self._create_receivable(late=10, invoice_date=date(2026, 10, 8), **values)

    def _create_later(self, **values):
        return self._create_receivable(late=10, invoice_date=date(2026, 10, 20), **values)

    def _sync(self):
        self.env["dunning.followup"]._sync(self.company, self.today)
        return self._get_followup()

    # --- what stops -----------------------------------------------------------------------------------------------

    def test_what_arose_before_is_held_and_what_came_later_goes_on(self):
        prior, later = self._create_prior(), self._create_later()
        insolvency = self._open()
        self.assertRecordValues(insolvency.hold_id, [{
            "kind": "insolvency", "state": "running", "is_whole_customer": True,
            "date_judgment": date(2026, 10, 20)}])
        self.assertEqual((prior.dunning_reason, later.dunning_reason), ("insolvency", "due"))
        moving = self._run_night().notice_ids.line_ids.filtered(lambda one: one.role == "moving")
        self.assertEqual(moving.line_id, later)

    def test_day_of_delivery_counts_before_that_of_the_invoice(self):
        line = self._create_later(delivery_date=date(2026, 10, 19))
        self._open()
        self.assertEqual(line.dunning_reason, "insolvency")

    def test_stage_is_insolvency_until_it_is_closed(self):
        self._create_prior()
        insolvency = self._open()
        self.assertEqual(self._sync().stage, "insolvency")
        self.assertIn("Receivership", self._get_followup().insolvency_text)
        insolvency.outcome = "paid"
        insolvency.action_close()
        self.assertEqual(self._sync().stage, "none")
        self.assertEqual(insolvency.hold_id.state, "ended")
        self.assertFalse(self._get_followup().insolvency_text)

    def test_pending_notice_of_what_arose_before_is_taken_back(self):
        self._create_prior()
        notice = self._prepare_run().notice_ids
        self.assertEqual(notice.state, "draft")
        self._open()
        self.assertEqual(notice.state, "cancelled")
        self.assertIn("may not be claimed", notice.cancel_reason)

    def test_pending_notice_of_what_came_later_stays(self):
        self._create_later()
        notice = self._prepare_run().notice_ids
        self._open()
        self.assertEqual(notice.state, "draft")

    def test_hold_that_runs_already_is_used(self):
        self._create_prior()
        hold = self.env["dunning.hold"]._create_for(self._sync(), "insolvency", date(2027, 2, 1), name="Heard of it")
        insolvency = self._open()
        self.assertEqual((insolvency.hold_id, hold.date_judgment), (hold, date(2026, 10, 20)))

    def test_hold_ends_with_the_proceedings_only(self):
        insolvency = self._open()
        for action in (insolvency.hold_id.action_end, insolvency.hold_id.action_cancel):
            with self.assertRaisesRegex(UserError, "ends with the insolvency"):
                action()
        insolvency.action_cancel()
        self.assertEqual((insolvency.state, insolvency.hold_id.state), ("cancelled", "ended"))

    def test_another_day_of_judgment_moves_the_hold(self):
        line = self._create_later()
        insolvency = self._open()
        self.assertEqual(line.dunning_reason, "due")
        insolvency.date_judgment = date(2026, 10, 21)
        self.assertEqual(insolvency.hold_id.date_judgment, date(2026, 10, 21))
        self.env.invalidate_all()
        self.assertEqual(line.dunning_reason, "insolvency")

    def test_customer_who_never_owed_anything_can_be_insolvent(self):
        insolvency = self._open(partner_id=self._create_customer("New").id)
        self.assertEqual(insolvency.followup_id.partner_id.name, "New")
        self.assertEqual(insolvency.amount_claim, 0)
        with self.assertRaisesRegex(UserError, "nothing to declare"):
            insolvency.action_print_claim()

    def test_contact_of_a_customer_means_the_customer(self):
        contact = self.env["res.partner"].create({"name": "Accounts", "parent_id": self.customer.id})
        self.assertEqual(self._open(partner_id=contact.id).partner_id, self.customer)

    def test_colleagues_see_it_on_customer_and_invoice(self):
        line = self._create_prior()
        self._open()
        self.assertIn("Receivership since", self.customer.dunning_banner_text)
        self.assertIn("Receivership since", line.move_id.dunning_banner_text)
        self.assertFalse(self._create_customer("Other").dunning_banner_text)

    # --- the days -------------------------------------------------------------------------------------------------

    def test_deadline_is_two_months_after_the_publication(self):
        self.company.write({"country_id": self.env.ref("base.fr").id, "zip": "69002"})
        for judgment, published, deadline in (
            (date(2025, 10, 20), date(2025, 11, 15), date(2026, 1, 15)),
            (date(2025, 12, 20), date(2025, 12, 31), date(2026, 2, 28)),
            (date(2023, 12, 20), date(2023, 12, 29), date(2024, 2, 29)),
            (date(2024, 2, 1), date(2024, 2, 29), date(2024, 4, 29)),
            (date(2026, 6, 1), date(2026, 6, 30), date(2026, 8, 30)),
        ):
            with self.subTest(published=published):
                insolvency = self._open(date_judgment=judgment, date_published=published)
                self.assertEqual((insolvency.months, insolvency.deadline), (2, deadline))
                insolvency.action_cancel()

    def test_creditor_outside_metropolitan_france_has_four_months(self):
        for country, zip_code, months in (("fr", "97400", 4), ("fr", "98800", 4), ("fr", "20000", 2), ("fr", False, 2),
                                          ("re", "97400", 4), ("ch", "1000", 4)):
            with self.subTest(country=country, zip=zip_code):
                self.company.write({"country_id": self.env.ref(f"base.{country}").id, "zip": zip_code})
                insolvency = self._open(date_published=date(2026, 10, 31))
                self.assertEqual(insolvency.months, months)
                self.assertEqual(insolvency.deadline, date(2027, 2, 28) if months == 4 else date(2026, 12, 31))
                insolvency.action_cancel()

    def test_creditor_of_the_same_overseas_territory_has_two_months_and_doubt_gives_two(self):
        for creditor, customer, months in (
            (("fr", "97400"), ("fr", "97410"), 2), (("fr", "97400"), ("re", "97410"), 2),
            (("re", False), ("fr", "97410"), 2), (("fr", "97110"), ("fr", "97410"), 4),
            (("fr", "69002"), ("fr", "97410"), 2), (("ch", "1000"), ("fr", "75001"), 4),
        ):
            with self.subTest(creditor=creditor, customer=customer):
                self.company.write({"country_id": self.env.ref(f"base.{creditor[0]}").id, "zip": creditor[1]})
                self.customer.write({"country_id": self.env.ref(f"base.{customer[0]}").id, "zip": customer[1]})
                insolvency = self._open()
                self.assertEqual(insolvency.months, months)
                insolvency.action_cancel()

    def test_a_claim_is_not_late_before_the_next_working_day_has_passed(self):
        self._create_prior()
        self._sync()
        insolvency = self._open(date_judgment=date(2026, 9, 20), date_published=date(2026, 10, 1), months=3)
        self.assertEqual(insolvency.deadline, date(2027, 1, 1))  # a Friday, and New Year's Day
        for day, late in ((date(2027, 1, 2), False), (date(2027, 1, 4), False), (date(2027, 1, 5), True)):
            with self.subTest(day=day):
                self._expire_on(day)
                insolvency.invalidate_recordset(["is_late", "countdown"])
                self.assertEqual((insolvency.is_late, insolvency.is_missed), (late, late))
                self.assertEqual("can still be declared until" in insolvency.countdown, not late)

    def test_other_proceedings_know_no_french_working_days(self):
        insolvency = self._open(procedure="other", deadline=date(2027, 1, 1))
        self._expire_on(date(2027, 1, 2))
        self.assertTrue(insolvency.is_missed)

    def test_goods_are_claimed_back_within_three_months(self):
        insolvency = self._open(date_published=date(2026, 8, 31), date_judgment=date(2026, 8, 20), has_title=True)
        self.assertEqual(insolvency.date_title, date(2026, 11, 30))
        self.assertIn("12 days left", insolvency.title_countdown)
        insolvency.is_title_claimed = True
        self.assertFalse(insolvency.title_countdown)

    def test_other_proceedings_take_the_day_that_the_court_named(self):
        insolvency = self._open(procedure="other", deadline=date(2026, 12, 24))
        self.assertEqual(insolvency.deadline, date(2026, 12, 24))
        insolvency.date_published = date(2026, 11, 2)
        self.assertEqual((insolvency.deadline, insolvency.date_title), (date(2026, 12, 24), False))

    def test_without_publication_somebody_looks_for_it(self):
        insolvency = self._open(date_published=False)
        self.assertFalse(insolvency.deadline)
        self.assertIn("Enter the day of publication", insolvency.countdown)
        self.assertTrue(insolvency.is_urgent)

    def test_reminders_come_thirty_ten_and_three_days_ahead_once_each(self):
        insolvency = self._open(date_published=date(2026, 11, 1), months=2)  # until 1 January
        seen = []
        for day in (date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3), date(2026, 12, 22), date(2026, 12, 23),
                    date(2026, 12, 29), date(2026, 12, 30), date(2027, 1, 1)):
            before = insolvency.activity_ids
            self._expire_on(day)
            if insolvency.activity_ids != before:
                seen.append((day, insolvency.reminded_days, len(insolvency.activity_ids)))
        self.assertEqual(seen, [(date(2026, 12, 2), 30, 1), (date(2026, 12, 22), 10, 1), (date(2026, 12, 29), 3, 1)])
        self.assertEqual(insolvency.activity_ids.user_id, insolvency.user_id)

    def test_missed_deadline_needs_attention_once_and_names_the_relief(self):
        self._create_prior()
        self._sync()
        insolvency = self._open(months=2)
        self._expire_on(date(2027, 1, 5))
        followup = self._get_followup()
        self.assertIn("claim_undeclared", followup.attention_codes)
        self.assertIn("relief until", insolvency.countdown)
        followup.action_settle_attention()
        self._expire_on(date(2027, 1, 6))
        self.assertNotIn("claim_undeclared", followup.attention_codes or "")

    def test_days_are_counted_while_all_dunning_is_stopped(self):
        insolvency = self._open(months=2)
        self.company.write({"dunning_stopped": True, "dunning_stop_reason": "Audit"})
        self._set_today(date(2026, 12, 22))
        self.env["dunning.run"]._start_night(self.company)
        self.assertIn("10 days left", insolvency.activity_ids.summary)

    def test_declaration_ends_the_countdown(self):
        self._create_prior()
        self._sync()
        insolvency = self._open(months=2)
        self._expire_on(date(2027, 1, 2))
        with self.assertRaisesRegex(UserError, "day and the amount"):
            insolvency.action_declare()
        self._declare(insolvency)
        self.assertFalse(insolvency.countdown or insolvency.activity_ids)
        self.assertNotIn("claim_undeclared", self._get_followup().attention_codes or "")

    def test_claim_is_decided_and_the_proceedings_closed(self):
        insolvency = self._open()
        self._declare(insolvency)
        with self.assertRaisesRegex(UserError, "decided"):
            insolvency.action_admit()
        insolvency.result = "full"
        insolvency.action_admit()
        self.assertEqual((insolvency.state, insolvency.amount_admitted), ("admitted", 1000))
        with self.assertRaisesRegex(UserError, "how the proceedings ended"):
            insolvency.action_close()
        insolvency.outcome = "part"
        insolvency.action_close()
        self.assertRecordValues(insolvency, [{"state": "closed", "date_closed": self.today}])
        with self.assertRaisesRegex(UserError, "done already"):
            insolvency.action_close()

    # --- bad input ------------------------------------------------------------------------------------------------

    def test_days_that_cannot_be_are_refused(self):
        for values in ({"date_judgment": self.today + timedelta(days=1)},
                       {"date_published": date(2026, 10, 19)},
                       {"date_published": self.today + timedelta(days=1)}, {"months": 0}, {"months": 13}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._open(**values)

    def test_one_proceeding_at_a_time(self):
        self._open()
        with self.assertRaisesRegex(UserError, "noted already"):
            self._open()

    def test_form_of_the_follow_up_opens_new_proceedings(self):
        self._create_prior()
        followup = self._sync()
        action = followup.action_insolvency()
        with Form(self.env["dunning.insolvency"].with_context(**action["context"])) as form:
            form.date_judgment = date(2026, 10, 20)
        self.assertEqual(form.record.followup_id, followup)
        self.assertEqual(followup.action_insolvency()["res_id"], form.record.id)

    # --- rights ---------------------------------------------------------------------------------------------------

    def _user(self, login, groups):
        return new_test_user(self.env, login, groups=groups, company_id=self.company.id,
                             company_ids=self.company.ids)

    def test_collector_notes_invoicing_reads_and_nobody_writes_states(self):
        collector = self._user("i_collector", "account_dunning.group_dunning_user")
        invoicing = self._user("i_invoicing", "account.group_account_invoice")
        self._create_prior()
        insolvency = self._open().with_user(collector)
        with self.assertRaisesRegex(AccessError, "cannot be written directly"):
            insolvency.write({"state": "closed"})
        with self.assertRaisesRegex(UserError, "not changed"):
            insolvency.write({"partner_id": self._create_customer("Other").id})
        self._declare(insolvency)
        self.assertEqual(insolvency.with_user(invoicing).state, "declared")
        with self.assertRaises(AccessError):
            insolvency.with_user(invoicing).write({"court": "Lyon"})
        with self.assertRaises(AccessError):
            insolvency.unlink()
        with self.assertRaisesRegex(UserError, "not deleted"):
            insolvency.with_user(self._user("i_manager", "account_dunning.group_dunning_manager")).unlink()

    def test_collector_begins_them_himself(self):
        collector = self._user("i_collector", "account_dunning.group_dunning_user")
        self._create_prior()
        self._sync()
        insolvency = self.env["dunning.insolvency"].with_user(collector).create({
            "partner_id": self.customer.id, "company_id": self.company.id, "date_judgment": date(2026, 10, 20)})
        self.assertEqual((insolvency.user_id, insolvency.hold_id.user_id), (collector, collector))

    def test_another_company_neither_sees_nor_feels_it(self):
        other = self.setup_other_company(name="Other creditor")["company"]
        insolvency = self._open()
        stranger = new_test_user(self.env, "i_stranger", groups="account_dunning.group_dunning_manager",
                                 company_id=other.id, company_ids=other.ids)
        self.assertFalse(self.env["dunning.insolvency"].with_user(stranger).search([("id", "=", insolvency.id)]))
        self.assertFalse(self.customer.with_user(stranger).with_company(other).dunning_banner_text)
        with self.assertRaises(AccessError):
            self.env["dunning.insolvency"].with_user(stranger).create({
                "partner_id": self.customer.id, "company_id": self.company.id, "date_judgment": date(2026, 10, 20)})


@tagged("post_install", "-at_install")
class TestDunningInsolvencyInterest(InsolvencyCommon, InterestCommon):
    """Interest ends on the eve of the judgment, for what arose before it."""

    def _claim(self, line):
        return line._get_interest_claims()[line.id]

    def test_interest_ends_on_the_eve_of_the_judgment(self):
        line = self._receivable(due=date(2026, 9, 30))
        free = self._claim(line)
        self._open()
        claim = self._claim(line)
        self.assertEqual(claim.until, date(2026, 10, 19))
        self.assertLess(claim.interest, free.interest)
        self.assertEqual(claim.interest, line._get_interest_claims(date(2026, 10, 19))[line.id].interest)
        self.assertEqual(claim.compensation, 40)

    def test_claim_of_a_later_day_bears_interest_as_usual(self):
        line = self._receivable(due=date(2026, 11, 5), invoice_date=date(2026, 10, 20))
        before = self._claim(line)
        self._open()
        self.assertEqual(self._claim(line).interest, before.interest)
        self.assertGreater(before.interest, 0)

    def test_due_date_after_the_judgment_gives_neither_interest_nor_compensation(self):
        line = self._receivable(due=date(2026, 10, 20))
        self._open()
        claim = self._claim(line)
        self.assertEqual((claim.interest, claim.compensation), (0, 0))

    def test_mistake_brings_interest_back_and_closing_does_not(self):
        line = self._receivable(due=date(2026, 9, 30))
        free = self._claim(line).interest
        insolvency = self._open()
        insolvency.outcome = "nothing"
        insolvency.action_close()
        self.assertEqual(self._claim(line).until, date(2026, 10, 19))
        other = self._open(date_judgment=date(2026, 10, 10))
        self.assertEqual(self._claim(line).until, date(2026, 10, 9))
        other.action_cancel()
        insolvency.sudo().write({"state": "cancelled"})
        self.assertEqual(self._claim(line).interest, free)


@tagged("post_install", "-at_install")
class TestDunningInsolvencyClaim(PrintingCommon, InsolvencyCommon, InterestCommon):
    """The draft of the declaration, printed and read back."""

    def setUp(self):
        super().setUp()
        self.company.write({"zip": "69002", "company_registry": "732829320"})
        self.representative = self.env["res.partner"].create({
            "name": "Maître Martin", "street": "3 place du Palais", "zip": "69003", "city": "Lyon", "lang": "en_US"})
        self.late = self._receivable(10000, due=date(2026, 9, 30))
        self.coming = self._receivable(500, due=date(2026, 11, 5), invoice_date=date(2026, 10, 5))
        self._receivable(700, due=date(2026, 11, 20), invoice_date=date(2026, 10, 20))

    def _open_claim(self, **values):
        return self._open(**{"representative_id": self.representative.id, "court": "Tribunal de commerce de Lyon",
                             "reference": "2026J00123", "months": 2, **values})

    def _read(self, insolvency):
        with self._printer():
            return self._read_words(insolvency._render_document())

    def test_sums_are_those_of_the_day_of_the_judgment(self):
        insolvency = self._open_claim()
        interest = float(self.late._get_interest_claims(date(2026, 10, 19))[self.late.id].interest)
        self.assertRecordValues(insolvency, [{
            "amount_principal": 10500, "amount_interest": interest, "amount_compensation": 40,
            "amount_claim": 10540 + interest, "claim_count": 2}])
        self.assertGreater(interest, 0)
        insolvency.action_take_claim()
        self.assertEqual((insolvency.amount_declared, insolvency.date_declared), (10540 + interest, self.today))

    def test_declaration_in_english(self):
        text = self._read(self._open_claim(has_title=True))
        for words in ("DECLARATION OF CLAIM", "Maître Martin", "3 place du Palais", self.company.name,
                      "SIREN 732 829 320", "Customer", "October 20, 2026",
                      "November 1, 2026", "Tribunal de commerce de Lyon", "2026J00123",
                      "receivership proceedings", self.late.move_id.name, self.coming.move_id.name, "09/30/2026",
                      "11/05/2026", "10,500.00", "40.00", "Fallen due before the judgment", "To fall due",
                      "October 19, 2026", "L. 622-24", "unsecured", "retention of title", "February 1, 2027",
                      "Documents enclosed", "true and not paid", "Signature", "L441-10"):
            with self.subTest(words=words):
                self.assertIn(words, text)
        self.assertNotIn("700.00", text)

    def test_declaration_in_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.representative.lang = "fr_FR"
        text = self._read(self._open_claim(has_title=True))
        for words in ("DÉCLARATION DE CRÉANCE", "20 octobre 2026", "1er novembre 2026", "19 octobre 2026", "L. 622-24",
                      "redressement judiciaire", "Échu avant le jugement", "À échoir", "10 500,00",
                      "titre chirographaire", "réserve de propriété", "certifions sincère", "Signature"):
            with self.subTest(words=words):
                self.assertIn(words, text)
        for words in ("Documents enclosed", "Fallen due", "Total declared", "true and not paid"):
            self.assertNotIn(words, text)

    def test_foreign_proceedings_cite_no_french_article(self):
        text = self._read(self._open_claim(procedure="other", deadline=date(2026, 12, 1)))
        self.assertNotIn("622-24", text)
        self.assertIn("insolvency proceedings", text)

    def test_unallocated_payment_is_named_and_security_too(self):
        self.env["account.payment"].create({
            "partner_id": self.customer.id, "amount": 123, "date": date(2026, 10, 1), "payment_type": "inbound",
            "partner_type": "customer", "company_id": self.company.id, "currency_id": self.euro.id,
            "journal_id": self.company_data["default_journal_bank"].id}).action_post()
        text = self._read(self._open_claim(security="Pledge of equipment"))
        self.assertIn("Pledge of equipment", text)
        self.assertIn("123.00", text)
        self.assertNotIn("unsecured", text)
