from datetime import date, datetime

from odoo.tests import freeze_time, tagged

from .common import DunningCommon

PARIS, AUCKLAND, LOS_ANGELES = "Europe/Paris", "Pacific/Auckland", "America/Los_Angeles"
# 19 November 00:30 in Auckland, 18 November 03:30 in Los Angeles.
MOMENT = "2026-11-18 11:30:00"


@tagged("post_install", "-at_install")
class TestDunningClock(DunningCommon):
    """Which day it is: on the clock of the company, whatever the clocks of server and users say."""

    def _set_today(self, day):
        """Leave the clock alone: here the real one of the company is read, on frozen moments."""

    def _go_to(self, zone):
        self.company.dunning_tz = zone
        return self.company.with_context(tz="Asia/Tokyo")

    # --- the night of the change ----------------------------------------------------------------------------------

    def test_day_changes_at_midnight_also_where_the_clocks_change(self):
        company = self._go_to(PARIS)
        for moment, day in (
            ("2026-03-28 22:59:59", date(2026, 3, 28)), ("2026-03-28 23:00:00", date(2026, 3, 29)),  # winter time
            ("2026-03-29 21:59:59", date(2026, 3, 29)), ("2026-03-29 22:00:00", date(2026, 3, 30)),  # summer time
            ("2026-10-24 21:59:59", date(2026, 10, 24)), ("2026-10-24 22:00:00", date(2026, 10, 25)),
            ("2026-10-25 22:59:59", date(2026, 10, 25)), ("2026-10-25 23:00:00", date(2026, 10, 26)),
        ):
            with freeze_time(moment):
                self.assertEqual(company._get_dunning_today(), day, moment)

    def test_night_begins_once_when_an_hour_comes_twice_or_never(self):
        company = self._go_to(PARIS)
        runs = self.env["dunning.run"]
        for moments in (("2026-10-25 00:30:00", "2026-10-25 01:30:00", "2026-10-25 03:00:00", "2026-10-25 04:00:00"),
                        ("2026-03-29 00:30:00", "2026-03-29 01:30:00", "2026-03-29 02:00:00", "2026-03-29 03:00:00")):
            begun = []
            for moment in moments:
                with freeze_time(moment):
                    runs._start_night(company)
                begun.append(runs.search_count([("company_id", "=", company.id), ("date", "=", moment[:10])]))
            # Twice half past two, or none: it begins at four by the clock on the wall, and not again at five.
            self.assertEqual(begun, [0, 0, 1, 1])

    def test_sending_hours_are_those_of_the_clock_on_the_wall(self):
        company = self._go_to(PARIS)
        company.write({"dunning_hour_from": 8, "dunning_hour_to": 18, "dunning_sending_days": "all"})
        for moment, is_open in (("2026-03-27 06:30:00", False), ("2026-03-27 07:00:00", True),
                                ("2026-03-30 05:59:00", False), ("2026-03-30 06:00:00", True)):
            with freeze_time(moment):
                self.assertEqual(company._is_dunning_open_now(), is_open, moment)

    # --- the same moment at both ends of the world ----------------------------------------------------------------

    def _send(self, zone):
        company = self._go_to(zone)
        run = self._run_night(override_closed=True)
        self.assertEqual(run.date, company._get_dunning_today())
        return run.notice_ids

    @freeze_time(MOMENT)
    def test_step_comes_on_the_day_of_the_company(self):
        receivable = self._create_receivable(due=date(2026, 11, 12))
        self.assertFalse(self._send(LOS_ANGELES), "six days late there")
        self.env["dunning.followup"].search([])._wake()
        self.assertEqual(self._send(AUCKLAND).line_ids.line_id, receivable)

    @freeze_time(MOMENT)
    def test_letter_bears_the_day_of_the_company(self):
        for zone, day, words in ((AUCKLAND, date(2026, 11, 19), "November 19, 2026"),
                                 (LOS_ANGELES, date(2026, 11, 18), "November 18, 2026")):
            customer = self._create_customer(zone)
            self._create_receivable(due=date(2026, 11, 10), partner=customer)
            notice = self._send(zone)
            self.assertRecordValues(notice, [{"state": "sent", "date": day, "date_sent": day}])
            self.assertRecordValues(notice.dispatch_ids, [{"date_sent": day}])
            self.assertEqual(notice.place_date_text.replace("\N{NO-BREAK SPACE}", " "), f"Lyon, {words}")

    @freeze_time(MOMENT)
    def test_deadline_of_a_formal_notice_counts_from_the_day_of_the_company(self):
        # Presented two working days later; eight clear days; no weekend.
        for zone, deadline in ((AUCKLAND, date(2026, 12, 2)), (LOS_ANGELES, date(2026, 11, 30))):
            company = self._go_to(zone)
            self.formal.deadline_days = 8
            today = company._get_dunning_today()
            self.assertEqual(self.env["dunning.notice"]._get_deadline_day(company, self.formal, today), deadline)

    def test_promise_is_judged_when_its_last_day_is_over_for_the_company(self):
        with freeze_time("2026-11-10 12:00:00"):
            lines = self._create_receivable(due=date(2026, 11, 2))
            promise = self.env["dunning.promise"]._create_for(lines, date(2026, 11, 16))
        self.assertEqual(promise.date_limit, date(2026, 11, 18))
        with freeze_time(MOMENT):
            self._judge(LOS_ANGELES)
            self.assertEqual(promise.state, "open")
            self._judge(AUCKLAND)
            self.assertRecordValues(promise, [{"state": "broken", "date_judged": date(2026, 11, 19)}])

    def _judge(self, zone):
        self.env["dunning.run"]._create_run(self._go_to(zone))._expire()

    # --- moments that others stored -------------------------------------------------------------------------------

    def test_moment_belongs_to_the_day_of_the_company(self):
        moment = datetime(2026, 11, 18, 11, 30)
        self.assertEqual(self._go_to(AUCKLAND)._get_dunning_day(moment), date(2026, 11, 19))
        self.assertEqual(self._go_to(LOS_ANGELES)._get_dunning_day(datetime(2026, 11, 18, 7)), date(2026, 11, 17))
        self.assertFalse(self._go_to(PARIS)._get_dunning_day(False))

    @freeze_time("2026-11-18 23:30:00")
    def test_proof_is_dated_by_the_clock_of_the_company(self):
        self._create_receivable(due=date(2026, 11, 1))
        dispatch = self._send(PARIS).dispatch_ids
        proof = self.env["dunning.dispatch.proof"].with_user(self.env.user).sudo(False).create({
            "dispatch_id": dispatch.id, "file": "UHJvb2Y=", "filename": "proof.txt"})
        self.assertEqual(proof.date, date(2026, 11, 19))
