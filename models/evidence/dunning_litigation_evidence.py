from odoo import models


class DunningLitigation(models.Model):
    """A case and its evidence file name each exhibit by the same number."""

    _inherit = "dunning.litigation"

    def _get_pieces(self):
        """List the exhibits of the French evidence file of these very invoices, once it is built."""
        pieces = super()._get_pieces()
        # sudo: whoever prints the petition may know the numbers of the exhibits; their files stay where they are.
        built = self.followup_id.sudo().evidence_file_ids.filtered(lambda one: (
            one.state == "done" and one.exhibits and (one.lang or "").startswith("fr")
            and one.line_ids.move_id == self.line_ids.move_id))[:1]
        if not built:
            return pieces
        exhibits = [row["title"] for row in built.exhibits]
        return exhibits + [piece for piece in pieces if "annexe à la présente requête" in piece]
