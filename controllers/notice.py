import base64

from odoo import http
from odoo.http import request

# The page may be styled and show pictures; nothing in it can run or be sent anywhere.
POLICY = ("default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:; form-action 'none'; "
          "base-uri 'none'")


class NoticeController(http.Controller):
    """Show a colleague an e-mail as the customer received it."""

    @http.route("/dunning/notice/<int:notice_id>/email", type="http", auth="user", methods=["GET"], readonly=True)
    def show_email(self, notice_id):
        """Return the archived bytes of the e-mail to whoever may read the notice."""
        notice = request.env["dunning.notice"].browse(notice_id).exists()
        if not notice or not notice.has_access("read") or not notice.html_sha256:
            raise request.not_found()
        page = base64.b64decode(notice.with_context(bin_size=False).html)
        return request.make_response(page, headers=[
            ("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
        ])
