from odoo import api, fields, models


class DunningComputation(models.TransientModel):
    """The computation of interest and compensation of some receivables, to read and to print."""

    _name = "dunning.computation"
    _inherit = ["dunning.dialog"]
    _description = "Computation of Interest"

    line_ids = fields.Many2many("account.move.line", string="Receivables", readonly=True)
    date = fields.Date("Up to", required=True, default=lambda self: self.env.company._get_dunning_today())
    imputation = fields.Selection(
        [
            ("principal", "The principal, as in the books"),
            ("interest", "Interest before principal (for court)"),
            ("costs", "Costs, interest, then principal (for court)"),
        ],
        "Payments Cover First", required=True, default="principal",
        help="Letters always follow the books. The others are computations for a court that asks for them.",
    )
    content = fields.Html(compute="_compute_content", sanitize=False)

    @api.model
    def _open(self, lines):
        """Show the computation of these receivables."""
        lines.check_access("read")
        computation = self.create({
            "line_ids": [fields.Command.set(lines.ids)],
            "date": lines[:1].company_id._get_dunning_today(),
        })
        return {
            "type": "ir.actions.act_window", "name": self.env._("Interest and Compensation"),
            "res_model": self._name, "res_id": computation.id, "view_mode": "form", "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    @api.depends("line_ids", "date", "imputation")
    @api.depends_context("lang")
    def _compute_content(self):
        report = self.env["report.account_dunning.report_interest_annex"]
        for computation in self:
            # In the language of the user, who reads sources and doubts as well.
            docs = report._prepare_docs(
                computation.line_ids._origin, computation.date, computation.imputation, lang=self.env.lang)
            computation.content = self.env["ir.qweb"]._render(
                "account_dunning.interest_computation", {"docs": docs, "is_internal": True})

    def action_print(self):
        """Print the computation as an annex, in the language of each customer."""
        self.ensure_one()
        data = {"line_ids": self.line_ids.ids, "day": str(self.date), "imputation": self.imputation}
        # Said here in words: a report that fails shows an empty page.
        self.env["report.account_dunning.report_interest_annex"]._get_report_values(None, data)
        return self.env.ref("account_dunning.action_report_interest_annex").report_action(None, data=data, config=False)
