from odoo import models
from odoo.tools.misc import format_date

from ..evidence.dunning_evidence_file_content import Part


class DunningEvidenceFile(models.Model):
    """The letters to joint debtors and their proofs stand in the file beside the letter to the customer."""

    _inherit = "dunning.evidence.file"

    def _get_dispatch_parts(self, notice, title):
        return [*self._get_joint_parts(notice, title), *super()._get_dispatch_parts(notice, title)]

    def _get_joint_parts(self, notice, title):
        day, parts = notice.date_sent or notice.date, []
        for dispatch in notice.dispatch_ids._get_joint():
            letter = self._get_frozen(dispatch, "letter")
            if letter:
                name = self.env._("%(notice)s: letter to %(name)s, joint debtor", notice=title,
                                  name=dispatch.joint_name)
                parts.append(Part("notice", name, f"{day} {notice.level_id.name or ''} {dispatch.letter_filename}", day,
                                  attachment=letter.id, sha256_sent=dispatch.letter_sha256 or ""))
        return parts

    def _get_dispatch_title(self, proof, title, kind):
        title = super()._get_dispatch_title(proof, title, kind)
        name = proof.dispatch_id.joint_name
        return self.env._("%(proof)s, to %(name)s, joint debtor", proof=title, name=name) if name else title

    def _get_dispatch_row(self, dispatch):
        row = super()._get_dispatch_row(dispatch)
        if dispatch.joint_debtor_id:
            row["recipient"] = self.env._("%(name)s, joint debtor (%(basis)s), %(address)s", name=dispatch.joint_name,
                                          basis=dispatch.joint_basis or "", address=dispatch.recipient or "")
            if dispatch.letter_sha256:
                row["details"].append(self._pair("SHA-256", dispatch.letter_sha256))
        return row

    def _get_notice_gaps(self):
        """A joint debtor who was not written to, or whose letter is not proven, is missing in court."""
        gaps = super()._get_notice_gaps()
        for letter in self._get_notices().dispatch_ids._get_joint():
            day = format_date(self.env, letter.notice_id.date_sent or letter.notice_id.date)
            words = {"name": letter.joint_name, "notice": letter.notice_id.name, "date": day}
            if letter.state in ("failed", "pending", "not_made"):
                gaps.append(self.env._("%(name)s, joint debtor: %(notice)s of %(date)s was not sent to him.", **words))
            elif not letter.proof_ids:
                gaps.append(self.env._("%(name)s, joint debtor: no proof of deposit or reception of %(notice)s.",
                                       **words))
        return gaps
