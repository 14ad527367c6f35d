from odoo import api, models
from odoo.exceptions import AccessError


class DunningDoor(models.AbstractModel):
    """Records whose state changes through their doors only.

    A read-only field on a screen can still be written over RPC. What proves something (that a notice left, who
    released a run) is therefore refused there, whoever asks; the doors ``_set_<state>`` write it.
    """

    _name = "dunning.door"
    _description = "Dunning Record with Doors"

    # Written by doors only. Each class that extends a model names its own; together they count.
    _door_fields = frozenset()
    # What a record is about: said when it is made, changed afterwards by doors only.
    _fixed_fields = frozenset()

    @api.model
    def _get_guarded(self, attribute):
        """Return what all classes of this model name."""
        return frozenset().union(*(vars(one).get(attribute, ()) for one in type(self).__mro__))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_door(vals)
        return super(DunningDoor, self._drop_forged_defaults()).create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_door(vals, self._get_guarded("_fixed_fields"))
        return super().write(vals)

    def _drop_forged_defaults(self):
        """Return the model without the defaults a caller gave in the context for what only doors write."""
        if self.env.su:
            return self
        forged = {f"default_{name}" for name in self._get_guarded("_door_fields")} & self.env.context.keys()
        if not forged:
            return self
        return self.with_env(self.env(context={
            name: value for name, value in self.env.context.items() if name not in forged}))

    def _check_door(self, vals, fixed=frozenset()):
        if self.env.su:
            return
        forged = sorted((self._get_guarded("_door_fields") | fixed) & vals.keys())
        if forged:
            raise AccessError(self.env._(
                "%(fields)s cannot be written directly. Use the buttons of the form.",
                fields=", ".join(self._fields[name]._description_string(self.env) for name in forged),
            ))

    def _write_door(self, vals):
        """Write what only doors may; who passes one needs the right to write all the same."""
        if self:
            self.check_access("write")
        # sudo: the guard above lets nobody else write these fields.
        self.sudo().write(vals)


class DunningSealed(models.AbstractModel):
    """Records that their parent writes and nobody else: what the customer said is not changed afterwards."""

    _name = "dunning.sealed"
    _description = "Sealed Dunning Record"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_sealed()
        return super().create(vals_list)

    def write(self, vals):
        self._check_sealed()
        return super().write(vals)

    def unlink(self):
        self._check_sealed()
        return super().unlink()

    def _check_sealed(self):
        if not self.env.su:
            raise AccessError(self.env._("This cannot be changed any more. Close it and note a new one."))
