from datetime import date
from unittest.mock import patch

from .common import DunningCommon

DOCUMENT = b"%PDF-1.4 a plan"


class PlanCommon(DunningCommon):
    """Plans of one customer, day by day. The document is printed for real in its own test only."""

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(type(self.env["dunning.plan"]), "_render_document", lambda _plan: DOCUMENT))
        self.company.write({"dunning_auto_send": True, "dunning_first_release_date": "2026-01-01 08:00:00"})

    def _create_plan(self, lines=None, agreed=True, **values):
        """Return a plan of four monthly instalments of 250, agreed upon on the same day."""
        lines = lines or self._create_receivable(1000, late=40)
        plan = self.env["dunning.plan"]._create_for(lines, **{
            "count": 4, "rhythm": "monthly", "date_first": date(2026, 12, 1), "down_mode": "none", **values})
        if agreed:
            plan._set_proposed()
            self._agree(plan)
        return plan

    def _agree(self, plan, **values):
        plan.write({"agreed_how": "confirmed", "agreed_by": "Mrs Durand", "date_signed": self.today, **values})
        plan._set_agreed()

    def _watch(self, day=None):
        """Let the night of a day judge the plans; return the e-mails it queued."""
        if day:
            self._set_today(day)
        before = self.env["mail.mail"].search([])
        stale = self.company._is_dunning_bank_stale(self.today)
        self.env["dunning.plan"]._watch(self.company, self.today, stale)
        return (self.env["mail.mail"].search([]) - before).sorted("id")

    def _get_amounts(self, plan):
        return [(str(one.date), one.amount) for one in plan.instalment_ids]
