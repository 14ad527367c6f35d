from odoo import http
from odoo.http import request


class ApprovalController(http.Controller):
    """Show an approver the letter he decides on, and nothing else."""

    @http.route("/dunning/approval/<int:approval_id>/letter", type="http", auth="user", methods=["GET"])
    def show_letter(self, approval_id):
        """Return the letter as it left, or as it would leave today."""
        approval = request.env["dunning.notice.approval"].browse(approval_id).exists()
        if not approval or not approval.has_access("read") or not approval.notice_id.may_preview:
            raise request.not_found()
        # sudo: the letter names invoices and accounts that the approver could not read by himself.
        letter = approval.sudo()._get_letter()
        if not letter:
            raise request.not_found()
        return request.make_response(letter, headers=[
            ("Content-Type", "application/pdf"), ("Content-Disposition", "inline"),
            ("X-Content-Type-Options", "nosniff"),
        ])
