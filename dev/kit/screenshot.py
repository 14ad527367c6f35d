"""Take pictures of the running web client with headless Chromium. Runs in the virtual environment.

usage: dev/shot PATH FILE.png [--port 8069] [--login admin] [--password admin] [--size 1400x900] [--lang fr_FR]
                [--click SELECTOR ...] [--wait SELECTOR] [--full] [--delay SECONDS]

PATH is what follows the address, such as /odoo/dunning-followups. `--click` may be given several times; the
picture is taken when the page is quiet again. `--login none` takes the page as a visitor sees it.
"""

import argparse
import base64
import contextlib
import http.cookiejar
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import websocket

BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
IS_QUIET = """
    document.readyState === 'complete' && !document.querySelector('.o_loading_indicator, .o_blockUI')
    && [...document.images].every(image => image.complete)
"""


class Browser:
    """A headless Chromium, driven over its DevTools protocol."""

    def __init__(self, width, height, language):
        self.profile = tempfile.mkdtemp(prefix="dunning-shot-")
        program = next(filter(None, map(shutil.which, BROWSERS)))
        self.process = subprocess.Popen(
            [program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self.profile}",
             "--remote-allow-origins=*", f"--window-size={width},{height}", f"--lang={language[:2]}",
             "--hide-scrollbars", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
             *(["--no-sandbox"] if os.geteuid() == 0 else []), "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.numbers = itertools.count(1)
        self.socket = websocket.create_connection(self._page_address(), timeout=60)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Page.enable")

    def _page_address(self):
        ready = Path(self.profile, "DevToolsActivePort")
        for _attempt in range(200):
            with contextlib.suppress(OSError, IndexError, StopIteration, ValueError):
                port = ready.read_text().splitlines()[0]
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = json.load(answer)
                return next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
            time.sleep(0.1)
        sys.exit("Chromium does not answer. Start it by hand to see why: chromium --headless about:blank")

    def call(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    sys.exit(f"Chromium refused {method}: {message['error']['message']}")
                return message["result"]

    def evaluate(self, script):
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def wait(self, condition, what, seconds=40):
        deadline = time.monotonic() + seconds
        while not self.evaluate(condition):
            if time.monotonic() > deadline:
                sys.exit(f"The page never showed {what}: {self.evaluate('location.href')}")
            time.sleep(0.1)

    def settle(self):
        """Wait until the page is quiet for a moment."""
        quiet = 0
        deadline = time.monotonic() + 40
        while quiet < 6 and time.monotonic() < deadline:
            quiet = quiet + 1 if self.evaluate(IS_QUIET) else 0
            time.sleep(0.1)

    def picture(self, full):
        options = {}
        if full:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            options = {"captureBeyondViewport": True, "clip": {**size, "scale": 1}}
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", **options)["data"])

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


class Session:
    """A login at the running server."""

    def __init__(self, address):
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path):
        try:
            with self.opener.open(self.address + path, timeout=60) as answer:
                return answer.read().decode()
        except OSError as error:
            sys.exit(f"Nothing answers at {self.address} ({error}). Start dev/run first, or name its --port.")

    def log_in(self, login, password):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/web/login"))[1]
        form = urllib.parse.urlencode({"login": login, "password": password, "csrf_token": token}).encode()
        with self.opener.open(f"{self.address}/web/login", form, timeout=60) as answer:
            if "/web/login" in answer.geturl():
                sys.exit(f"The server does not know the login {login} with this password.")

    def speak(self, language):
        """Change the language of the user, and return the one it was."""
        user = self.rpc("/web/session/get_session_info")["uid"]
        before = self.call("res.users", "read", [[user], ["lang"]])[0]["lang"]
        self.call("res.users", "write", [[user], {"lang": language}])
        return before

    def call(self, model, method, arguments):
        return self.rpc(f"/web/dataset/call_kw/{model}/{method}",
                        {"model": model, "method": method, "args": arguments, "kwargs": {}})

    def rpc(self, path, parameters=None):
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": parameters or {}}).encode()
        request = urllib.request.Request(self.address + path, body, {"Content-Type": "application/json"})
        with self.opener.open(request, timeout=60) as answer:
            result = json.load(answer)
        if "error" in result:
            sys.exit(f"The server refused: {result['error']['data']['message']}")
        return result["result"]


def parse():
    parser = argparse.ArgumentParser(prog="dev/shot", usage=argparse.SUPPRESS, description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("file", type=Path)
    for name, default in (("port", "8069"), ("login", "admin"), ("password", "admin"), ("size", "1400x900"),
                          ("lang", ""), ("wait", ""), ("delay", "0")):
        parser.add_argument(f"--{name}", default=default)
    parser.add_argument("--click", action="append", default=[])
    parser.add_argument("--full", action="store_true")
    return parser.parse_args()


def shoot(arguments, browser, session):
    for cookie in session.cookies:
        browser.call("Network.setCookie", name=cookie.name, value=cookie.value, url=session.address)
    if arguments.lang:
        browser.call("Network.setCookie", name="frontend_lang", value=arguments.lang, url=session.address)
    browser.call("Page.navigate", url=session.address + arguments.path)
    if arguments.path.startswith(("/odoo", "/web")):
        browser.wait("!!document.querySelector('.o_action_manager > *, .oe_login_form')", "the web client")
    browser.settle()
    for selector in arguments.click:
        target = f"document.querySelector({json.dumps(selector)})"
        browser.wait(f"!!{target}", selector)
        browser.evaluate(f"{target}.click()")
        browser.settle()
    if arguments.wait:
        browser.wait(f"!!document.querySelector({json.dumps(arguments.wait)})", arguments.wait)
        browser.settle()
    time.sleep(float(arguments.delay))
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    arguments.file.write_bytes(browser.picture(arguments.full))
    print(f"{arguments.file}: {browser.evaluate('document.title')} ({browser.evaluate('location.pathname')})")


def main():
    arguments = parse()
    session = Session(f"http://127.0.0.1:{arguments.port}")
    before = None
    if arguments.login != "none":
        session.log_in(arguments.login, arguments.password)
        before = session.speak(arguments.lang) if arguments.lang else None
    browser = Browser(*map(int, arguments.size.split("x")), arguments.lang or "en_US")
    try:
        shoot(arguments, browser, session)
    finally:
        browser.close()
        if before:
            session.speak(before)


if __name__ == "__main__":
    main()
