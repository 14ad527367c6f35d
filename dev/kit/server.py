"""Processes that run beside a command, and end with it: the mail catcher, the web server."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from pathlib import Path

from .databases import log_file
from .network import free_port, wait_for
from .ui import Failure, step

CATCHER = Path(__file__).parent / "catcher.py"


@contextlib.contextmanager
def process(command, environment, log):
    """Run a program in the background for the length of a block."""
    with open(log, "a") as output:
        output.truncate(0)
        running = subprocess.Popen(
            command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(timeout=15)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextlib.contextmanager
def mail_catcher(tools, folder, delay=0):
    """Receive on a local port what Odoo mails; yield the port. ``delay``: seconds to accept a message."""
    port = free_port()
    command = [str(tools.python), str(CATCHER), str(port), str(folder), str(delay)]
    log = log_file(f"catcher-{port}")
    with process(command, tools.environment(), log) as running:
        _wait_for_port(port, running, log)
        yield port
    log.unlink(missing_ok=True)


def _wait_for_port(port, running, log):
    for _attempt in range(100):
        if running.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        time.sleep(0.1)
    raise Failure(f"The mail catcher did not start\n{log.read_text()}", "Is the virtual environment complete?")


@contextlib.contextmanager
def web_server(tools, name, port, *, crons):
    """Serve a database on a local port for the length of a block; yield its process."""
    log = log_file(f"server-{name}")
    command = tools.command(database=name, port=port, max_cron_threads=crons, db_name=name, list_db=False)
    with process(command, tools.environment(), log) as running:
        with step("Start the web server"):
            wait_for(f"http://127.0.0.1:{port}/web/login", running, log)
        yield running


def point_to(databases, name, port, mail_port):
    """Tell a database where its own server is (letters fetch their style sheet there), and the mail catcher."""
    address = f"http://127.0.0.1:{port}"
    statements = [
        f"INSERT INTO ir_config_parameter (key, value) VALUES ('{key}', '{value}')"
        " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;"
        for key, value in (("web.base.url", address), ("report.url", address), ("web.base.url.freeze", "True"))
    ]
    statements.append(f"""
        UPDATE ir_mail_server SET smtp_port = {mail_port} WHERE name = 'dev/run';
        INSERT INTO ir_mail_server
               (name, smtp_host, smtp_port, smtp_encryption, smtp_authentication, sequence, active, from_filter)
        SELECT 'dev/run', '127.0.0.1', {mail_port}, 'none', 'login', 1, true,
               (SELECT split_part(email, '@', 2) FROM res_company WHERE email LIKE '%@%' ORDER BY id LIMIT 1)
        WHERE NOT EXISTS (SELECT 1 FROM ir_mail_server WHERE name = 'dev/run');
    """)
    databases.query("\n".join(statements), database=name)
