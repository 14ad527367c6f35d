"""The database server: the one the PG* variables name, or one that comes as a Python package.

Ours trades safety for speed (a crash of the machine may lose it, and everything in it can be built again).
It is started when it is not running, and left running for the next command.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from .places import cache, digest, only_one
from .python_env import site_packages
from .ui import Failure, step

ROLE = "odoo"
SYSTEM_USER = "embedded_postgres"
SETTINGS = """
# Written by account_dunning's dev/kit/postgres.py: quick, not safe.
listen_addresses = ''
unix_socket_permissions = 0777
max_connections = 200
shared_buffers = 512MB
work_mem = 32MB
maintenance_work_mem = 256MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 30min
"""


class Cluster:
    """A running server: how to reach it, and SQL on it."""

    def __init__(self, psql, environment):
        self.psql = psql
        self.environment = environment

    @property
    def odoo_options(self):
        """Return the options by which Odoo reaches the server."""
        names = {"PGHOST": "db_host", "PGPORT": "db_port", "PGUSER": "db_user", "PGPASSWORD": "db_password"}
        return {option: self.environment[name] for name, option in names.items() if self.environment.get(name)}

    def query(self, statement, database="postgres"):
        """Run SQL and return its rows, columns joined by tabs."""
        result = subprocess.run(
            [self.psql, "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"],
            input=statement, env={**os.environ, **self.environment}, capture_output=True, text=True, check=False,
        )
        if result.returncode:
            raise Failure(f"PostgreSQL refused on {database}: {result.stderr.strip()}",
                          "Look at the message; a database left half built is removed by dev/run --reset.")
        return result.stdout.splitlines()


def ensure_postgres(python):
    """Return the server, started when it is ours and not running."""
    binaries = site_packages(python) / "embedded_postgres" / "pginstall" / "bin"
    if os.environ.get("PGHOST") or os.environ.get("PGSERVICE"):
        return _given_cluster(binaries)
    server = EmbeddedServer(binaries)
    if not server.answers():
        with only_one("postgres"):
            if not server.answers():
                server.start()
    return server.cluster(ROLE)


def _given_cluster(binaries):
    """Return the server of the PG* variables, when its role may create databases."""
    named = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    cluster = Cluster(binaries / "psql", {"PGUSER": pwd.getpwuid(os.geteuid()).pw_name, **named})
    advice = "Set PGHOST, PGPORT, PGUSER and PGPASSWORD to a role that may create databases, or unset PGHOST."
    if cluster.environment["PGUSER"] == "postgres":
        raise Failure("Odoo refuses to work as the role postgres", advice)
    try:
        allowed = cluster.query("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
    except Failure as failure:
        raise Failure(f"The server of the PG* variables does not answer: {failure.problem}", advice) from failure
    if allowed != ["t"]:
        raise Failure("The role of the PG* variables may not create databases", advice)
    return cluster


class EmbeddedServer:
    """PostgreSQL out of the package embedded-postgres, on a socket in its own folder."""

    def __init__(self, binaries):
        self.binaries = binaries
        self.version = self._major_version()
        self.data = cache() / f"pg-{self.version}"
        self.socket = self._socket_folder()
        # PostgreSQL refuses to run as root.
        self.user = SYSTEM_USER if os.geteuid() == 0 else None

    def _major_version(self):
        shown = subprocess.run([self.binaries / "postgres", "--version"], capture_output=True, text=True, check=False)
        if shown.returncode:
            raise Failure(f"The PostgreSQL of the Python package does not run here: {shown.stderr.strip()}",
                          "Use a PostgreSQL of your own: set PGHOST, PGUSER and PGPASSWORD.")
        return shown.stdout.split()[-1].split(".")[0]

    def _socket_folder(self):
        # The path of a socket has at most 107 characters.
        if len(str(self.data)) < 85:
            return self.data
        return Path(tempfile.gettempdir()) / f"dunning-pg-{digest(self.data)}"

    def cluster(self, role):
        return Cluster(self.binaries / "psql", {"PGHOST": str(self.socket), "PGPORT": "5432", "PGUSER": role})

    def answers(self):
        """Tell whether the server runs and knows our role."""
        command = [self.binaries / "psql", "-XAtqc", "SELECT 1", "-d", "postgres"]
        environment = {**os.environ, **self.cluster(ROLE).environment}
        return not subprocess.run(command, env=environment, capture_output=True, check=False).returncode

    def start(self):
        """Start the server, whatever a reboot or a kill left behind."""
        with step(f"Start PostgreSQL {self.version}"):
            self._ensure_user()
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self.socket.mkdir(exist_ok=True, mode=0o755)
            self._own(self.socket)
            self._remove_stale_lock()
            self._launch()
            self._wait()
            if self.cluster("postgres").query(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'") != ["1"]:
                self.cluster("postgres").query(f"CREATE ROLE {ROLE} SUPERUSER LOGIN")

    def _ensure_user(self):
        if not self.user:
            return
        try:
            pwd.getpwnam(self.user)
        except KeyError:
            result = subprocess.run(["useradd", "-s", "/bin/sh", self.user], capture_output=True, text=True,
                                    check=False)
            if result.returncode:
                raise Failure(f"PostgreSQL does not run as root, and no user was made for it: {result.stderr}",
                              "Run as a normal user, or use a PostgreSQL of your own (PGHOST).") from None
        for folder in [self.data, *self.binaries.parents]:
            self._make_reachable(folder)

    def _make_reachable(self, folder):
        """Let the server's own user walk to its files; it may not list the folders on the way."""
        for parent in folder.parents:
            mode = parent.stat().st_mode
            if not mode & 0o001:
                parent.chmod(mode | 0o001)

    def _own(self, path):
        if self.user:
            shutil.chown(path, self.user)

    def _initialise(self):
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        self._own(self.data)
        self._as_server("initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres")
        with open(self.data / "postgresql.conf", "a") as settings:
            settings.write(SETTINGS)

    def _as_server(self, program, *arguments):
        with tempfile.TemporaryFile("w+") as output:
            # Never a pipe: the server would keep it open.
            result = subprocess.run(
                [self.binaries / program, "-D", self.data, *arguments], stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, cwd="/", check=False, **self._identity(),
            )
            output.seek(0)
            if result.returncode:
                raise Failure(f"PostgreSQL: {program} failed\n{output.read()[-2000:]}\n{self._log_tail()}",
                              f"Look at {self.data}; removing that folder starts with an empty server.")

    def _identity(self):
        """Return the user and the group of the server.

        Never the user alone: with the group of root left, a home folder of root that grants its group nothing
        (0701) keeps the server out although everybody else may pass.
        """
        if not self.user:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def _remove_stale_lock(self):
        """Remove the lock of a server that died, even when its process number was given to another program."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        pid = lock.read_text().split("\n", 1)[0].strip()
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            command = ""
        if "postgres" not in command or str(self.data) not in command:
            lock.unlink(missing_ok=True)

    def _launch(self):
        if (self.data / "postmaster.pid").exists():
            return
        self._as_server("pg_ctl", "-w", "-t", "60", "-l", str(self.data / "server.log"),
                        "-o", f"-k {self.socket}", "start")

    def _wait(self):
        command = [self.binaries / "pg_isready", "-q", "-h", self.socket, "-p", "5432"]
        for _attempt in range(60):
            if not subprocess.run(command, capture_output=True, check=False).returncode:
                return
            time.sleep(1)
        raise Failure(f"PostgreSQL does not answer\n{self._log_tail()}",
                      f"Look at {self.data / 'server.log'}; removing {self.data} starts with an empty server.")

    def _log_tail(self):
        log = self.data / "server.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
