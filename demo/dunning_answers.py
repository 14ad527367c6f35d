from datetime import timedelta

from odoo import api, models


class AccountChartTemplate(models.AbstractModel):
    """What the demo customers answered lately, and what became of two: through the doors of the models.

    No document is rendered while Odoo is installed: the plans of the demo have none.
    """

    _inherit = "account.chart.template"

    @api.model
    def _install_dunning_demo_answers(self, company_id):
        """Note the answers of demo_answers.csv, then bring the follow-ups up to date."""
        company = self.env["res.company"].browse(company_id)
        demo = self.sudo().with_company(company).with_context(
            allowed_company_ids=company.ids, tracking_disable=True, mail_create_nosubscribe=True,
            mail_activity_quick_update=True,
        )
        makers = {
            "promise": demo._make_dunning_demo_promise, "dispute": demo._make_dunning_demo_dispute,
            "hold": demo._make_dunning_demo_hold, "plan": demo._make_dunning_demo_plan,
            "insolvency": demo._make_dunning_demo_insolvency, "litigation": demo._make_dunning_demo_litigation,
        }
        for row in demo._read_dunning_demo("demo_answers"):
            invoices = demo.env["account.move"].union(
                *(demo._get_dunning_demo_ref("invoice", name) for name in row["invoices"].split()))
            lines = demo._get_dunning_demo_receivables(invoices)
            makers[row["kind"]](company, row, lines, demo._get_dunning_demo_day(company, row["date"]))
        demo._close_dunning_demo_history(company)

    @api.model
    def _make_dunning_demo_promise(self, company, row, lines, day):
        """Note a promise; one of the past is judged at once, from what was paid since."""
        today = company._get_dunning_today()
        promise = self.env["dunning.promise"]._create_for(
            lines, max(day, today), amount=float(row["amount"]) if row["amount"] else None, source=row["source"],
            comment=row["comment"], user_id=company.dunning_user_id.id,
        )
        if row["state"] == "broken":
            promise._write_door({"date_limit": day})
            self.env.cr.execute("UPDATE dunning_promise SET date_promised = %s WHERE id = %s", (day, promise.id))
            promise.invalidate_recordset()
            promise._set_broken(today)

    @api.model
    def _make_dunning_demo_dispute(self, company, row, lines, deadline):
        reason = self.env.ref(f"account_dunning.dispute_reason_{row['reason']}")
        amounts = {lines[0].id: float(row["amount"])} if row["amount"] else None
        dispute = self.env["dunning.dispute"]._create_for(
            lines, reason, amounts=amounts, source=row["source"], comment=row["comment"])
        if deadline:
            dispute.sudo().write({"date_open": deadline - timedelta(days=company.dunning_dispute_days),
                                  "deadline": deadline})

    @api.model
    def _make_dunning_demo_hold(self, company, row, lines, day):
        self.env["dunning.hold"]._create_for(
            lines, "hold", day, name=row["comment"], user_id=company.dunning_user_id.id)

    @api.model
    def _make_dunning_demo_plan(self, company, row, lines, day):
        plan = self.env["dunning.plan"]._create_for(
            lines, count=3, date_first=day, comment=row["comment"], user_id=company.dunning_user_id.id)
        if row["state"] == "agreed":
            today = company._get_dunning_today()
            plan._freeze_matched()
            plan._write_door({"state": "proposed", "date_proposed": today})
            plan.write({"agreed_how": "confirmed", "agreed_by": lines.partner_id.name, "date_signed": today})
            plan._set_agreed()

    @api.model
    def _make_dunning_demo_insolvency(self, company, row, lines, day):
        """Note the judgment; it was published a week later."""
        self.env["dunning.insolvency"].create({
            "partner_id": lines.partner_id.commercial_partner_id.id, "company_id": company.id,
            "procedure": "receivership", "date_judgment": day, "date_published": day + timedelta(days=7),
            "court": "Tribunal de commerce de Grenoble", "comment": row["comment"],
            "user_id": company.dunning_user_id.id,
        })

    @api.model
    def _make_dunning_demo_litigation(self, company, row, lines, day):
        """Prepare a case; the formal notice of the demo has no letter that could announce it."""
        self.env["dunning.litigation"]._create_for(
            lines, self.env.ref(f"account_dunning.litigation_route_{row['reason']}"), comment=row["comment"],
            override_reason=row["comment"], user_id=company.dunning_user_id.id,
        )
