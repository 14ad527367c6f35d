from odoo import api, fields, models
from odoo.exceptions import UserError

EVIDENCE_TYPES = [
    ("contract", "Contract or Terms"),
    ("quotation", "Signed Quotation"),
    ("order", "Order"),
    ("delivery", "Delivery Note"),
    ("acceptance", "Acceptance"),
    ("correspondence", "Correspondence"),
    ("other", "Other"),
]
ORDER_TYPES = ("contract", "quotation", "order")
DELIVERY_TYPES = ("delivery", "acceptance")


class DunningEvidence(models.Model):
    """A document that proves a claim: what was ordered, delivered, accepted, written about it."""

    _name = "dunning.evidence"
    _description = "Evidence"
    _inherit = ["dunning.named"]
    _order = "move_id, date, id"
    _rec_name = "type"

    move_id = fields.Many2one(
        "account.move", "Invoice", required=True, ondelete="cascade", index=True,
        domain=[("move_type", "in", ("out_invoice", "out_receipt")), ("state", "=", "posted")],
    )
    company_id = fields.Many2one(related="move_id.company_id", store=True, precompute=True)
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Customer", store=True,
                                 precompute=True)
    type = fields.Selection(EVIDENCE_TYPES, required=True, default="order")
    date = fields.Date("Date of the Document")
    comment = fields.Char(help="What it proves, in a few words. It is printed in the index of the evidence file.")
    attachment_ids = fields.Many2many(
        "ir.attachment", "dunning_evidence_attachment_rel", "evidence_id", "attachment_id", "Files", required=True,
        copy=False,
    )
    user_id = fields.Many2one("res.users", "Added By", readonly=True, default=lambda self: self.env.user,
                              ondelete="set null")
    source = fields.Char("Taken Over From", readonly=True, copy=False, help="The order or delivery it was taken from.")

    @api.model_create_multi
    def create(self, vals_list):
        evidence = super().create(vals_list)
        evidence._own_files()
        return evidence

    def write(self, vals):
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._own_files()
        return result

    def _own_files(self):
        """Let whoever reads the evidence read its files; nobody proves anything with files he may not read himself."""
        for evidence in self:
            files = evidence.attachment_ids
            if not files:
                raise UserError(self.env._("Add the file that proves it: a proof without a document proves nothing."))
            files.check_access("read")
            # sudo: a file that was just uploaded belongs to nobody but its author.
            files.sudo().filtered(lambda file: file.res_model == self._name and not file.res_id).write(
                {"res_id": evidence.id})

    @api.depends("type", "move_id", "comment")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["type"]._description_selection(self.env))
        for evidence in self:
            evidence.display_name = " · ".join(filter(None, [labels.get(evidence.type), evidence.move_id.name]))

    def action_open(self):
        """Open the first file."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "target": "new",
                "url": f"/web/content/{self.attachment_ids[:1].id}?download=true"}


class AccountMove(models.Model):
    """The proofs of an invoice."""

    _inherit = "account.move"

    dunning_evidence_ids = fields.One2many(
        "dunning.evidence", "move_id", "Evidence", copy=False,
        groups="account.group_account_invoice,account.group_account_readonly")
