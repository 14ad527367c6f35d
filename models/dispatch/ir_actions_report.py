import logging
from contextlib import contextmanager
from threading import Timer
from uuid import uuid4

import psutil
import requests

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_actions_report import _wkhtml

_logger = logging.getLogger(__name__)

# Seconds to connect and to read: after an upgrade the server first has to build the style sheet.
STYLE_TIMEOUT = (3, 30)
# One letter takes 0.2 s, twenty-five take 4 s: whatever needs a minute more will never end.
PRINT_TIMEOUT = 60
# A header that Odoo ignores: it tells our own printing processes from the others of this server.
PRINT_HEADER = "X-Dunning-Print"


class IrActionsReport(models.Model):
    """Letters printed fast, styled and within a time limit."""
    _inherit = "ir.actions.report"

    def _render_dunning_letters(self, notices):
        """Return {notice id: PDF} from one call of wkhtmltopdf; refuse rather than print without styles."""
        self._check_dunning_printer()
        printing = uuid4().hex
        report = self.with_context(dunning_printing=printing, report_pdf_no_attachment=True, webp_as_jpg=True)
        with self._limit_dunning_printing(printing):
            streams = report._render_qweb_pdf_prepare_streams(self, {}, res_ids=notices.ids)
        if set(streams) != set(notices.ids):
            raise UserError(self.env._(
                "The letters could not be told apart in the printed file. "
                "Check that the letter template still prints one subject line per letter.",
            ))
        letters = {notice_id: streams[notice_id]["stream"].getvalue() for notice_id in notices.ids}
        if not all(self._is_dunning_whole(content) for content in letters.values()):
            raise UserError(self.env._(
                "wkhtmltopdf returned no whole file: it ended too early, or the disk of the server is full."))
        return letters

    @api.model
    def _is_dunning_whole(self, content):
        """Tell whether these bytes begin and end like a PDF: an empty or cut letter is never archived as sent."""
        return content.startswith(b"%PDF-") and b"%%EOF" in content[-1024:]

    @api.model
    def _check_dunning_printer(self):
        """Refuse to print where Odoo would print silently wrong: no styles, no letterhead, no page numbers."""
        if self.get_wkhtmltopdf_state() not in ("ok", "upgrade"):
            raise UserError(self.env._(
                "Letters cannot be printed: wkhtmltopdf is missing or does not work on the server.",
            ))
        if not _wkhtml().is_patched_qt:
            raise UserError(self.env._(
                "Letters cannot be printed: wkhtmltopdf on the server lacks the patched Qt, "
                "so letterhead and page numbers would be missing. Install the build with patched Qt.",
            ))
        self._check_dunning_style_sheet()

    @api.model
    def _check_dunning_style_sheet(self):
        """Fetch the style sheets as wkhtmltopdf will: without them Odoo prints bare pages and reports no error."""
        base = self._get_report_url().rstrip("/")
        for bundle in ("web.report_assets_common", "web.report_assets_pdf"):
            for path in self.env["ir.qweb"]._get_asset_links(bundle, css=True, js=False, autoprefix=True):
                url = path if "://" in path else base + path
                problem = self._get_style_sheet_problem(url)
                if problem:
                    raise UserError(self.env._(
                        "Letters cannot be printed: their style sheet cannot be read at %(url)s (%(problem)s). "
                        "Set the system parameter report.url to an address at which the server reaches itself.",
                        url=url, problem=problem,
                    ))

    @api.model
    def _get_style_sheet_problem(self, url):
        """Return why a style sheet cannot be used, or nothing."""
        try:
            response = requests.get(url, timeout=STYLE_TIMEOUT)
        except requests.RequestException as error:
            return type(error).__name__
        if response.status_code != requests.codes.ok:
            return str(response.status_code)
        if "css" not in response.headers.get("Content-Type", "") or not response.content.strip():
            return response.headers.get("Content-Type") or self.env._("empty")
        return ""

    @contextmanager
    def _limit_dunning_printing(self, printing):
        """End our printing process when it takes too long: Odoo itself would wait for ever."""
        watch = Timer(PRINT_TIMEOUT, self._stop_dunning_printing, args=[printing])
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    @staticmethod
    def _stop_dunning_printing(printing):
        for process in psutil.Process().children(recursive=True):
            if printing in process.cmdline():
                _logger.warning("Printing of letters stopped after %s seconds", PRINT_TIMEOUT)
                process.kill()

    @api.model
    def _build_wkhtmltopdf_args(self, *args, **kwargs):
        """Print our letters without the second that Odoo waits for scripts: they have none."""
        command = super()._build_wkhtmltopdf_args(*args, **kwargs)
        printing = self.env.context.get("dunning_printing")
        if printing:
            command[command.index("--javascript-delay") + 1] = "0"
            command += ["--custom-header", PRINT_HEADER, printing]
        return command
