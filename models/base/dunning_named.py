from odoo import api, models

NAMED_MODELS = ("dunning.", "account.move")


class DunningNamed(models.AbstractModel):
    """Records that name others by their number: only those that their author may read.

    Over RPC any number can be given. Related fields are read for everybody: without this, the number of a record of
    another company would be enough to read it, and a record could be moved to where its author has no right.
    """

    _name = "dunning.named"
    _description = "Dunning Record that Names Others"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._check_named(records._fields)
        return records

    def write(self, vals):
        result = super().write(vals)
        self._check_named(vals)
        if not self.env.su and any(name == "company_id" or self._is_naming(name) for name in vals):
            self.check_access("write")  # where it belongs now, too
        return result

    def _check_named(self, names):
        """Refuse what these fields name when the user may not read it."""
        if self.env.su:
            return
        for name in names:
            if self._is_naming(name):
                # sudo: the record is his own; what it names is checked as he.
                self.sudo()[name].sudo(False).check_access("read")

    @api.model
    def _is_naming(self, name):
        """Tell whether a field is given by its author and names a record of dunning or of the books."""
        field = self._fields.get(name)
        return bool(field) and field.store and field.type in ("many2one", "many2many") and not field.related \
            and field.comodel_name.startswith(NAMED_MODELS)
