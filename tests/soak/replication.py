"""Two servers, synchronous; the primary killed under writers, the standby promoted: nothing acknowledged is lost.

    python -m tests.soak.replication --rounds 5

Writers have an address with both hosts, and go on with whichever takes writes. A reader asks the standby all the
while: it may be behind, and still owes a beginning of the log.
"""

from __future__ import annotations

import argparse
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.entry import entry_of
from ledger.errors import Refusal
from tests.history_checker import History, Read, problems
from tests.postgres import Server
from tests.soak import places
from tests.soak.clients import Notes, ended, history_of, log_of, opened, prepared, started
from tests.soak.kill import unsound
from tests.soak.report import Line, say
from tests.soak.writers import SHARED, own_deals, write

WRITERS = 4


@dataclass
class Pair:
    """A primary, its synchronous standby, and the address of both."""

    primary: Server
    standby: Server
    schema: str

    def address(self, **more: str) -> str:
        both = (self.primary, self.standby)
        hosts, ports = ",".join(str(s.folder) for s in both), ",".join(str(s.port) for s in both)
        query = "".join(f"&{name}={value}" for name, value in more.items())
        return (
            f"postgresql://postgres@/postgres?host={hosts}&port={ports}&schema={self.schema}&connect_timeout=2{query}"
        )


def pair() -> Pair:
    primary = places.server()
    schema = primary.fresh().rpartition("schema=")[2]
    return Pair(primary, primary.standby(synchronous=True), schema)


def read_standby(address: str, notes: Notes, until: float) -> None:
    """Reads on; what the standby has not got yet is not missed."""
    after = 0
    with opened(address, "read", until) as ledger:
        while time.monotonic() < until:
            time.sleep(0.02)
            try:
                rows = notes.read(lambda start=after: list(map(entry_of, ledger.entries.all_rows(start))), after=after)
                after = rows[-1].position if rows else after
            except Refusal:
                pass  # it is promoted, or started


def soak(folder: Path, seconds: float, seed: int) -> Line:
    """One failover: half the time with the primary, then it is killed and the standby promoted."""
    servers = pair()
    address = servers.address()
    deals = (*SHARED, *(slug for writer in range(WRITERS) for slug in own_deals(writer)))
    prepared(address, deals)
    until = time.monotonic() + seconds
    works: dict[str, Callable[[Notes], object]] = {
        f"writer-{n}": lambda notes, n=n: write(address, notes, n, seed, until) for n in range(WRITERS)
    }
    works["standby"] = lambda notes: read_standby(servers.address(target_session_attrs="prefer-standby"), notes, until)
    processes = [started(lambda name=n, work=w: work(Notes(folder / f"{name}.notes"))) for n, w in works.items()]
    time.sleep(seconds * random.Random(seed).uniform(0.3, 0.5))
    servers.primary.end(signal.SIGKILL)
    killed = time.monotonic_ns()
    servers.standby.promote()
    # Its own standby is not there yet: as Patroni does, it goes on alone.
    servers.standby.sql("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
    badly = [f"a process ended with {code}" for process in processes if (code := ended(process))]
    history, wrong = history_of(folder, log_of(address), len(deals))
    found = badly + wrong + problems(_behind(history)) + unsound(address)
    after = sum(a.outcome == "ok" and (a.ended or 0) > killed for a in history.appends)
    before = sum(a.outcome == "ok" for a in history.appends) - after
    if not before or not after:
        found.append(f"{before} batches were acknowledged before the primary was killed, and {after} after")
    for problem in found[:20]:
        print(f"!! replication, seed {seed}: {problem}", flush=True)
    for server in (servers.primary, servers.standby):
        server.throw_away()
    seen = f"{before:,} batches before and {after:,} after; {len(history.reads):,} reads of the standby; seed {seed}"
    return Line("primary killed, standby promoted", 1, len(found), "history checker, deal verify", seen)


def _behind(history: History) -> History:
    """The same, where the reader of the standby owes no more than a beginning."""
    reads = [Read(r.client, r.invoked, r.ended, r.seen, r.after, r.deal, fresh=False) for r in history.reads]
    return History(history.log, history.appends, reads, history.before)


def soaks(folder: Path, rounds: int, seconds: float, seed: int) -> Iterator[Line]:
    """So many failovers as one line."""
    lines = []
    for number in range(rounds):
        own = folder / f"failover-{number}"
        own.mkdir()
        lines.append(soak(own, seconds, seed + number))
    seen = "; ".join(line.seen for line in lines)
    yield Line(lines[0].fault, len(lines), sum(line.lost for line in lines), lines[0].found, seen)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.replication", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for line in soaks(Path(folder), given.rounds, given.seconds, given.seed):
            say(line)


if __name__ == "__main__":
    main()
