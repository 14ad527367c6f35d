from odoo import models


class DunningDialog(models.AbstractModel):
    """A dialog of dunning: it shows what belongs to the records it names, to who may read these only."""

    _name = "dunning.dialog"
    _description = "Dunning Dialog"
    _inherit = ["dunning.named"]
