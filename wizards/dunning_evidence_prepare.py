from odoo import api, fields, models
from odoo.fields import Command


class DunningEvidencePrepare(models.TransientModel):
    """Show what goes into an evidence file and what is missing, before it is built."""

    _name = "dunning.evidence.prepare"
    _inherit = ["dunning.dialog"]
    _description = "Prepare an Evidence File"

    followup_id = fields.Many2one("dunning.followup", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="followup_id.partner_id")
    company_id = fields.Many2one(related="followup_id.company_id")
    line_ids = fields.Many2many(
        "account.move.line", "dunning_evidence_prepare_line_rel", "prepare_id", "line_id", "Invoices",
        domain="[('account_type', '=', 'asset_receivable'), ('parent_state', '=', 'posted'), ('balance', '>', 0),"
               " ('partner_id', 'child_of', partner_id), ('company_id', 'child_of', company_id)]",
    )
    lang = fields.Selection(
        selection="_get_languages", string="Language", required=True,
        help="Of the cover, the list and our own tables. What was sent or received stays as it is.")
    content_text = fields.Text("What Goes In", compute="_compute_content")
    missing_text = fields.Text("What Is Missing", compute="_compute_content")
    size_text = fields.Char("Size", compute="_compute_content")
    is_oversize = fields.Boolean(compute="_compute_content")

    @api.model
    def _get_languages(self):
        return self.env["res.lang"].get_installed()

    @api.model
    def _get_action(self, followup, lines):
        """Return the dialog for these receivables."""
        # sudo: the language of the creditor's own contact is no secret.
        lang = followup.company_id.sudo().partner_id.lang or self.env.lang
        dialog = self.create({"followup_id": followup.id, "line_ids": [Command.set(lines.ids)], "lang": lang})
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "res_id": dialog.id, "view_mode": "form",
            "target": "new", "name": self.env._("Evidence File"),
        }

    @api.depends("line_ids")
    def _compute_content(self):
        for dialog in self:
            followup, lines = dialog.followup_id._origin or dialog.followup_id, dialog.line_ids._origin
            followup.check_access("read")
            lines.check_access("read")
            # sudo: who may read the invoices and the follow-up may know which documents there are.
            file = self.env["dunning.evidence.file"].sudo().new({
                "followup_id": followup.id, "line_ids": lines.ids, "date": followup.company_id._get_dunning_today()})
            parts = file._get_parts() if lines else []
            size = sum(self.env["ir.attachment"].sudo().browse(
                [part.attachment for part in parts if part.attachment]).mapped("file_size"))
            limit = followup.company_id.sudo().dunning_evidence_limit
            dialog.content_text = dialog._get_content(file, parts)
            dialog.missing_text = lines and "\n".join(file._get_gaps(followup, lines))
            dialog.is_oversize = size > limit * 1024 * 1024
            dialog.size_text = self.env._(
                "%(size)s MB of stored documents, at most %(limit)s MB per file", size=f"{size / 1024 / 1024:.1f}",
                limit=limit)

    @api.model
    def _get_content(self, file, parts):
        """Return the parts in words, by group."""
        lines = []
        for code, (title, _folder) in file._get_groups().items():
            titles = [part.title for part in parts if part.group == code]
            if titles:
                lines += [f"{title} ({len(titles)})", *(f"    {name}" for name in titles)]
        return "\n".join(lines)

    def action_build(self):
        """Have it built and show it: the page tells how far it is."""
        self.ensure_one()
        return self.env["dunning.evidence.file"]._create_for(
            self.followup_id, self.line_ids, self.lang).action_open()
