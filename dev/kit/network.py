"""Ports of this machine, and waiting for the server."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request

from .ui import Failure


def free_port():
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_for(address, process, log, seconds=120):
    """Wait until a web address answers, or its server has died."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    shown = "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-30:])
    raise Failure(f"The server does not answer at {address}\n{shown}", f"The log is {log}")
