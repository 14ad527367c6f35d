from odoo import models

# Where files are kept because they prove something.
PROOF_MODELS = frozenset({"dunning.evidence", "dunning.dispatch.proof", "dunning.dispute", "dunning.plan",
                          "dunning.insolvency"})


class IrAttachment(models.Model):
    """A proof is kept byte for byte: Odoo would shrink large pictures and drop all but the first page of a scan."""

    _inherit = "ir.attachment"

    def _postprocess_contents(self, values):
        if values.get("res_model") in PROOF_MODELS:
            values["mimetype"] = self._compute_mimetype(values)
            return values
        return super()._postprocess_contents(values)
