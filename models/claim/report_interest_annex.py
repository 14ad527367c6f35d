from odoo import api, fields, models
from odoo.exceptions import UserError


class ReportInterestAnnex(models.AbstractModel):
    """The annex that shows how interest was computed: one per customer, in his language."""

    _name = "report.account_dunning.report_interest_annex"
    _description = "Annex: Computation of Interest"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Print invoices, or the receivables that ``data`` names with the day and what payments cover first."""
        data = data or {}
        lines = self.env["account.move.line"].browse(data.get("line_ids") or ())
        lines |= self.env["account.move"].browse(docids or ()).dunning_line_ids
        lines.check_access("read")
        day = fields.Date.to_date(data.get("day"))
        docs = self._prepare_docs(lines, day, data.get("imputation") or "principal")
        return {"doc_ids": docids, "doc_model": "account.move", "docs": self._prepare_for_customers(docs)}

    @api.model
    def _prepare_for_customers(self, docs):
        """Return what customers may read: only what can be claimed of them, never why something cannot."""
        lines = self.env["account.move.line"]
        printed, reasons = [], []
        for doc in docs:
            blocks = [block for block in doc["annex"]["blocks"] if not block["problem"]]
            reasons += [block["problem"] for block in doc["annex"]["blocks"] if block["problem"]]
            if blocks:
                annex = lines.with_context(lang=doc["lang"])._prepare_interest_annex(blocks)
                printed.append(doc | {"annex": doc["annex"] | annex})
        if not printed:
            raise UserError(self.env._(
                "There is nothing to print. %(reasons)s", reasons=" ".join(dict.fromkeys(reasons))).strip())
        return printed

    @api.model
    def _prepare_docs(self, lines, day=None, imputation="principal", lang=None):
        """Return one document per legal entity and customer: who, to whom, in which language, and the annex."""
        groups = lines.grouped(lambda line: (line.company_id.root_id, line.partner_id.commercial_partner_id))
        return [
            self._prepare_doc(company, customer, ours.with_context(lang=lang or customer.lang or self.env.lang), day,
                              imputation)
            for (company, customer), ours in groups.items()
        ]

    @api.model
    def _prepare_doc(self, company, customer, lines, day, imputation):
        day = day or company._get_dunning_today()
        claims = lines._get_interest_claims(day, imputation)
        annex = lines._prepare_interest_annex(
            lines._prepare_interest_rows(claims), day=lines._say_day(day), is_for_court=imputation != "principal",
        )
        return {"company": company, "partner": customer, "lang": lines.env.lang, "annex": annex}
