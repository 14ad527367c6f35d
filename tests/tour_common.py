from unittest.mock import patch

from odoo.tests import HttpCase, common


class TourCase(HttpCase):
    """A browser on any machine: only what never comes fails, what comes late does not.

    The steps wait for the answers of the server too, see static/tests/tours/patient_steps.js.
    """

    test_cursor_lock_timeout = 120

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Ten seconds are short for the first start of a browser on a busy machine; Odoo would skip the test.
        cls.startClassPatcher(patch.object(common, "CHECK_BROWSER_ITERATIONS", 900))
        plain = common.ChromeBrowser._websocket_request

        def _websocket_request(browser, method, *, params=None, timeout=0):
            return plain(browser, method, params=params, timeout=max(timeout, 90))

        cls.startClassPatcher(patch.object(common.ChromeBrowser, "_websocket_request", _websocket_request))

    def start_tour(self, url_path, tour_name, step_delay=None, **kwargs):
        return super().start_tour(url_path, tour_name, step_delay, **{"timeout": 300, **kwargs})

    def url_open(self, url, *args, **kwargs):
        return super().url_open(url, *args, **{"timeout": 120, **kwargs})

    def _wait_remaining_requests(self, timeout=90):
        return super()._wait_remaining_requests(timeout)
