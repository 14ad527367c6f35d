from odoo import api, models


class DunningDialog(models.AbstractModel):
    """Dialogs show what belongs to the records they name: nobody names records in them that he may not read."""

    _name = "dunning.dialog"
    _description = "Dunning Dialog"

    @api.model_create_multi
    def create(self, vals_list):
        dialogs = super().create(vals_list)
        dialogs._check_named()
        return dialogs

    def write(self, vals):
        result = super().write(vals)
        self._check_named()
        return result

    def _check_named(self):
        """Related fields are read for everybody: without this, the number of a record would be enough to read it."""
        if self.env.su:
            return
        for name, field in self._fields.items():
            if field.store and field.type in ("many2one", "many2many") and not field.related and (
                    field.comodel_name.startswith(("dunning.", "account.move"))):
                # sudo: the dialog is his own; what it names is checked as he.
                self.sudo()[name].sudo(False).check_access("read")
