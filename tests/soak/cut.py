"""A PostgreSQL server that is killed, a session that is ended, a reply to COMMIT that never comes: under writers.

    python -m tests.soak.cut --seconds 60

What a client was told is there; what it was not told is there once or not at all; and under the same keys it finds out.
"""

from __future__ import annotations

import argparse
import random
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from os import kill
from pathlib import Path

from tests.postgres import PASSWORD, Server, free_port
from tests.soak import places
from tests.soak.clients import ended, started
from tests.soak.places import Schemas
from tests.soak.report import Line, say
from tests.soak.writers import Disturb, soak

WRITERS = 8


# --- the server ends --------------------------------------------------------------------------------------


def killing(server: Server) -> Disturb:
    """The server is killed, or told to stop at once without ending what it does; and started again."""

    def disturb(chance: random.Random, until: float) -> int:
        count = 0
        while time.monotonic() + 2 < until:
            time.sleep(chance.uniform(0.2, 1.5))
            server.end(chance.choice((signal.SIGKILL, signal.SIGQUIT)))
            server.start()
            count += 1
        return count

    return disturb


def ending_sessions(server: Server) -> Disturb:
    """Whatever session is in the middle of something is ended."""

    def disturb(chance: random.Random, until: float) -> int:
        count = 0
        busy = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        with server.session() as session:
            while time.monotonic() + 1 < until:
                time.sleep(chance.uniform(0, 0.05))
                there = [pid for (pid,) in session.execute(f"{busy} AND state <> 'idle'").fetchall()]
                if there:
                    session.execute("SELECT pg_terminate_backend(%s)", (chance.choice(there),))
                    count += 1
        return count

    return disturb


# --- the reply to COMMIT is lost --------------------------------------------------------------------------


@dataclass
class Proxied:
    """A server behind a proxy of ours, as a place of ledgers."""

    server: Server
    port: int
    kind: str = "PostgreSQL"

    def fresh(self) -> str:
        schema = self.server.fresh().rpartition("schema=")[2]
        login = f"postgres:{PASSWORD.replace(':', '%3A').replace('/', '%2F').replace('@', '%40').replace('?', '%3F')}"
        return f"postgresql://{login}@127.0.0.1:{self.port}/postgres?sslmode=disable&gssencmode=disable&schema={schema}"


class Proxy:
    """Hands on what client and server say; of some COMMITs the request, or the reply, is lost with the connection."""

    def __init__(self, port: int, to: int, seed: int, often: float, counted: Path) -> None:
        self.port, self.to, self.often, self.counted = port, to, often, counted
        self.chance = random.Random(seed)

    def serve(self) -> None:
        with socket.create_server(("127.0.0.1", self.port)) as listening:
            while True:
                client, _ = listening.accept()
                server = socket.create_connection(("127.0.0.1", self.to))
                losing = threading.Event()
                for work in (self._ask, self._answer):
                    threading.Thread(target=work, args=(client, server, losing), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, losing: threading.Event) -> None:
        with _closing(client, server):
            while said := client.recv(1 << 16):
                if b"COMMIT\0" in said.upper() and self.counted.exists() and self.chance.random() < self.often:
                    with suppress(FileNotFoundError), self.counted.open("r+") as counted:
                        counted.seek(0, 2)
                        counted.write("x")
                    if self.chance.random() < 0.5:
                        return  # the server never hears it
                    losing.set()
                server.sendall(said)

    def _answer(self, client: socket.socket, server: socket.socket, losing: threading.Event) -> None:
        with _closing(client, server):
            while said := server.recv(1 << 16):
                if losing.is_set():
                    return  # it is done, and the client never hears of it
                client.sendall(said)


@contextmanager
def _closing(*ends: socket.socket) -> Iterator[None]:
    try:
        yield
    except OSError:
        pass  # the other one went away
    finally:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def lost_replies(server: Server, folder: Path, seconds: float, seed: int, often: float = 0.1) -> Line:
    """Writers behind the proxy."""
    counted = folder / "cuts"
    port = free_port()
    proxy = started(Proxy(port, server.port, seed, often, counted).serve)
    while socket.socket().connect_ex(("127.0.0.1", port)):
        time.sleep(0.01)

    def disturb(_: random.Random, until: float) -> int:
        counted.touch()  # from now on
        while time.monotonic() < until:
            time.sleep(0.1)
        count = len(counted.read_text())
        counted.unlink()
        return count

    try:
        return soak(
            Proxied(server, port),
            folder,
            WRITERS,
            seconds,
            seed,
            "request or reply of COMMIT lost, PostgreSQL",
            disturb,
        )
    finally:
        kill(proxy, signal.SIGKILL)
        ended(proxy)


def soaks(folder: Path, seconds: float, seed: int) -> Iterator[Line]:
    """All of them, each on a server of its own."""
    for fault, how in (("server killed", killing), ("session ended", ending_sessions)):
        own = folder / fault.replace(" ", "-")
        own.mkdir()
        server = places.server()
        yield soak(Schemas(server), own, WRITERS, seconds, seed, f"{fault} under writers, PostgreSQL", how(server))
        server.throw_away()
    server = places.server()
    own = folder / "proxy"
    own.mkdir()
    yield lost_replies(server, own, seconds, seed)
    server.throw_away()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.cut", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for line in soaks(Path(folder), given.seconds, given.seed):
            say(line)


if __name__ == "__main__":
    main()
