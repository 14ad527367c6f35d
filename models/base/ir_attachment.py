import contextlib
import os

from odoo import models
from odoo.exceptions import AccessError


class IrAttachment(models.Model):
    """The file behind what left is as fixed as the record: whoever may write the record may not replace its file.

    A model names in ``_frozen_files`` its binary fields that prove something; False stands for the files attached to
    a record beside its fields.
    """

    _inherit = "ir.attachment"

    def _is_dunning_frozen(self):
        self.ensure_one()
        model = self.env.get(self.res_model or "")
        return model is not None and self.res_id and self.res_field in getattr(model, "_frozen_files", ())

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if operation == "read":
            return result
        # sudo: whether it is one of these, whoever asks.
        frozen = self.sudo().filtered(lambda file: file._is_dunning_frozen()).sudo(False)
        if not frozen:
            return result
        forbidden = (result[0] | frozen) if result else frozen
        return forbidden, lambda: AccessError(self.env._(
            "This file proves what was sent. It is neither changed nor replaced nor deleted."))

    def write(self, vals):
        result = super().write(vals)
        if not {"res_model", "res_id", "res_field"}.isdisjoint(vals):
            self.check_access("write")  # a file is not put in the place of a frozen one either
        return result

    def _file_write(self, bin_value, checksum):
        """Leave no half a file behind on a full disk: Odoo would refuse the same letter or e-mail ever after."""
        try:
            return super()._file_write(bin_value, checksum)
        except OSError:
            path = self._full_path(os.path.join(checksum[:2], checksum))
            with contextlib.suppress(OSError):
                if os.path.getsize(path) != len(bin_value):
                    os.remove(path)
            raise
