from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch

from odoo.fields import Command

from odoo.addons.account.models.chart_template import AccountChartTemplate
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.mail.tests.common import MockEmail

LETTER = b"%PDF-1.4 a letter"
TODAY = date(2026, 11, 18)  # a Wednesday without any holiday near
PLAIN_CHARTS = AccountChartTemplate._get_chart_template_mapping
CHARTS = {}


def _get_charts(templates, get_all=False):
    """Return Odoo's list of charts of accounts, read once: it never changes while tests run."""
    key = (templates.env.cr.dbname, get_all)
    if key not in CHARTS:
        CHARTS[key] = PLAIN_CHARTS(templates, get_all)
    return CHARTS[key]


class QuickAccountCommon(AccountTestInvoicingCommon):
    """Odoo's company of tests; of what its set-up does again for each class, the longest is done once."""

    @classmethod
    def setUpClass(cls):
        with patch.object(AccountChartTemplate, "_get_chart_template_mapping", _get_charts):
            super().setUpClass()


class DunningCommon(QuickAccountCommon, MockEmail):
    """Factories over defaults: a company that dunned before, one policy of three steps, customers and invoices.

    Letters are printed for real only where ``prints`` says so: that needs the server.
    The day is ``self.today``; nothing in these tests depends on the real one.
    """

    prints = False

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("account_dunning.group_dunning_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = TODAY
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True}, su=True)
        cls.company = cls.company_data["company"].with_env(cls.env)
        cls.policy = cls._create_policy([
            ("First", "reminder_1", 7, {}), ("Second", "reminder_2", 15, {"gap_days": 8}),
            ("Formal", "formal", 30, {"gap_days": 10, "channel": "registered"}),
        ])
        cls.company.write({
            "email": "accounts@creditor.example.com", "street": "1 rue du Port", "city": "Lyon",
            "dunning_policy_id": cls.policy.id,
            "dunning_min_amount": 0, "dunning_min_line_amount": 0, "dunning_formal_min_amount": 0,
            "dunning_not_sent_mode": "warn", "dunning_bank_days": 0, "dunning_start_date": False,
            "company_registry": "73282932000074", "dunning_signatory_id": cls.env.user.id,
        })
        cls.env.user.function = "Director"
        cls.first, cls.second, cls.formal = cls.policy.level_ids.sorted("days")
        # The rules that ship choose by kind of debtor; here the company's default policy is meant.
        cls.env["dunning.policy.rule"].search([]).unlink()
        cls.customer = cls._create_customer("Customer")

    def setUp(self):
        super().setUp()
        self._set_today(self.today)
        self.startPatcher(patch.object(self.registry["ir.cron"], "_commit_progress", lambda *_a, **_k: float("inf")))
        self.startPatcher(patch.object(type(self.env["dunning.notice"]), "_render_invoices", lambda *_args: {}))
        if not self.prints:
            self.startPatcher(patch.object(
                type(self.env["dunning.notice"]), "_render_letters",
                lambda notices: dict.fromkeys(notices.ids, LETTER)))

    def _set_today(self, day):
        """Make it another day for every company."""
        self.today = day
        noon = datetime.combine(day, time(12), tzinfo=UTC)
        self.startPatcher(patch.object(type(self.env["res.company"]), "_get_dunning_today", lambda company: day))
        self.startPatcher(patch.object(type(self.env["res.company"]), "_get_dunning_now", lambda company: noon))

    # --- factories ------------------------------------------------------------------------------------------------

    @classmethod
    def _create_policy(cls, steps, **values):
        return cls.env["dunning.policy"].create({
            "name": "Test policy", **values,
            "level_ids": [
                Command.create({"name": name, "stage": stage, "days": days, "sequence": position, "channel": "email",
                                "mail_template_id": cls.env.ref("account_dunning.mail_template_reminder_1").id,
                                "letter_template_id": cls.env.ref("account_dunning.letter_template_" + (
                                    "formal_business" if stage == "formal" else "reminder_1")).id,
                                "attach_invoices": False, **more})
                for position, (name, stage, days, more) in enumerate(steps)
            ],
        })

    @classmethod
    def _create_customer(cls, name, **values):
        return cls.env["res.partner"].create({
            "name": name, "email": f"{name.lower().replace(' ', '.')}@customer.example.com", "is_company": True,
            "street": "1 rue de la Paix", "zip": "75002", "city": "Paris", "lang": "en_US",
            "dunning_debtor_kind": "business", **values,
        })

    @classmethod
    def _create_receivable(cls, amount=1000, due=None, partner=None, late=None, post=True, **values):
        """Return the receivable line of an invoice that fell due ``late`` days ago (or on ``due``)."""
        due = due or cls.today - timedelta(days=late or 0)
        move = cls.env["account.move"].create({
            "move_type": "out_invoice", "partner_id": (partner or cls.customer).id, "company_id": cls.company.id,
            "invoice_date": due - timedelta(days=30), "invoice_date_due": due, "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create({"name": "Work", "price_unit": amount, "tax_ids": []})], **values,
        })
        if post:
            move.action_post()
        return move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _pay(self, receivable, amount=None):
        return self._register_payment(
            receivable.move_id, amount=amount or receivable.amount_residual, payment_date=self.today)

    # --- the night ------------------------------------------------------------------------------------------------

    def _get_followup(self, partner=None):
        return self.env["dunning.followup"].search([
            ("partner_id", "=", (partner or self.customer).id), ("company_id", "=", self.company.id)])

    def _prepare_run(self, **values):
        """Return a run that was planned and waits for its release."""
        run = self.env["dunning.run"]._create_run(self.company)
        run.write(values)
        run._execute()
        return run

    def _run_night(self, **values):
        """Plan, release and deliver; e-mails are caught."""
        run = self._prepare_run(**values)
        if run.phase == "review":
            self._release(run)
        return run

    def _release(self, run):
        """Look at a prepared run, release it and let it deliver."""
        run.action_open_preview()
        run.action_release()
        with self.mock_mail_gateway():
            run._execute()
