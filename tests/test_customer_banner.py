from datetime import timedelta

from lxml import etree

from odoo.tests import Form, new_test_user, tagged

from .approval_common import ApprovalCommon


@tagged("post_install", "-at_install")
class TestCustomerBanner(ApprovalCommon):
    """Whoever sells reads on customer, invoice and order what he must know before he promises anything."""

    def _send_formal(self, receivable=None):
        notice = self._prepare_formal(receivable=receivable or self._create_receivable(1000, late=60))
        self._answer(notice, self.accounting)
        self._produce(notice)
        notice.action_mark_posted()
        return notice

    def _read(self, record, user=None):
        """Return the banner as somebody without any right on accounting sees it."""
        user = user or self.salesperson
        record = record.with_user(user).sudo(False).with_context(allowed_company_ids=user.company_ids.ids)
        record.invalidate_recordset()
        return record.dunning_banner_text or "", record.dunning_banner_level

    def test_formal_notice_is_said_while_it_runs_unpaid(self):
        receivable = self._create_receivable(1000, late=60)
        contact = self._create_customer("Buyer", parent_id=self.customer.id, is_company=False)
        self.assertEqual(self._read(contact), ("", False))
        notice = self._send_formal(receivable)
        text, level = self._read(contact)
        self.assertEqual(text, f"Formal notice until 11/30/2026: speak to {self.collector.name} before you promise, "
                               "grant or deliver anything.")
        self.assertEqual(level, "warning")
        self.assertEqual(receivable.move_id.dunning_banner_text, text)
        self._set_today(notice.deadline_date + timedelta(days=1))
        self.assertEqual(self._read(contact), ("", False))

    def test_paid_notice_warns_of_nothing(self):
        receivable = self._create_receivable(1000, late=60)
        self._send_formal(receivable)
        self._pay(receivable)
        self.assertEqual(self._read(self.customer), ("", False))

    def test_grave_sentences_come_first(self):
        self._send_formal()
        self.customer.with_company(self.company).dunning_stop_delivery = True
        text, level = self._read(self.customer)
        self.assertEqual([line[:13] for line in text.split("\n")], ["No deliveries", "Formal notice"])
        self.assertEqual(level, "danger")

    def test_pause_for_insolvency_without_proceedings_warns_too(self):
        self._create_receivable(1000, late=60)
        self._run_night()
        self.env["dunning.hold"]._create_for(
            self._get_followup(), "insolvency", self.today + timedelta(days=30), name="The press says so")
        self.assertEqual(self._read(self.customer), (
            f"Insolvency: speak to {self.env.user.name} before you promise, grant or deliver anything.", "danger"))

    def test_companies_are_told_apart_and_kept_apart(self):
        other = self.setup_other_company(name="Other creditor")["company"]
        self.customer.with_company(other).dunning_stop_delivery = True
        self.assertEqual(self._read(self.customer), ("", False))
        both = new_test_user(self.env, "k_both", groups="base.group_user", company_id=self.company.id,
                             company_ids=(self.company | other).ids)
        self.assertIn("Other creditor: No deliveries", self._read(self.customer, both)[0])
        invoice = self._create_receivable(100, late=-5).move_id
        self.assertFalse(invoice.with_user(both).sudo(False).sudo().dunning_banner_text)

    def test_vendor_bills_bear_no_warning(self):
        self.customer.with_company(self.company).dunning_stop_delivery = True
        bill = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.customer.id})
        self.assertFalse(bill.dunning_banner_text)
        self.assertTrue(bill.new({"move_type": "out_invoice", "partner_id": self.customer.id,
                                  "company_id": self.company.id}).dunning_banner_text)

    def test_orders_bear_the_warning_when_sales_are_kept_here(self):
        if "sale.order" not in self.env:
            self.skipTest("optional: sale is not installed")
        self.customer.with_company(self.company).dunning_stop_delivery = True
        seller = new_test_user(self.env, "k_seller", groups="sales_team.group_sale_salesman_all_leads",
                               company_id=self.company.id, company_ids=self.company.ids)
        orders = self.env["sale.order"].with_user(seller).sudo(False)
        arch = etree.fromstring(orders.get_view(view_type="form")["arch"])
        self.assertTrue(arch.xpath("//sheet/preceding-sibling::div/field[@name='dunning_banner_text']"))
        with Form(orders) as form:
            self.assertFalse(form.dunning_banner_level)
            form.partner_id = self.customer
            self.assertIn("No deliveries", form.dunning_banner_text)
            self.assertEqual(form.dunning_banner_level, "danger")
        form.record.with_env(self.env)._action_cancel()
        self.assertFalse(form.record.dunning_banner_text)
