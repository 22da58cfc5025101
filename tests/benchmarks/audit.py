"""What an audit takes: verify and replay of a whole ledger, beside the library rebuilding the same aggregates.

    python -m tests.benchmarks.audit --entries 1000000

Each runs in a process of its own, so that its peak memory is its own; they take turns.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

from ledger.application import Ledger
from projections.point import Point
from projections.replay import Replay
from projections.shares import Shares
from projections.verification import Verification
from tests.benchmarks.generator import Shape, drafts, fill, lines
from tests.benchmarks.library import PlainLedger


def verify(folder: Path, shape: Shape) -> None:
    """`deal verify`, on a ledger whose projection nobody has asked for yet."""
    with Ledger(str(folder / "deals.db"), "read") as ledger:
        assert list(Verification(ledger).differences()) == []


def verify_shares(folder: Path, shape: Shape) -> None:
    """`deal verify`, with the projection held against a rebuild of it."""
    with Ledger(str(folder / "projected.db"), "read") as ledger:
        assert list(Verification(ledger).differences()) == []


def replay(folder: Path, shape: Shape) -> None:
    """`deal replay`: the log hashed, every line read, every deal folded twice, the digest of the books."""
    with Ledger(str(folder / "deals.db"), "read") as ledger:
        assert list(Replay(ledger, ledger.entries.head()).differences()) == []


def replay_shares(folder: Path, shape: Shape) -> None:
    """`deal replay`, with the projection rebuilt from the lines and compared."""
    with Ledger(str(folder / "projected.db"), "read") as ledger:
        assert list(Replay(ledger, ledger.entries.head()).differences()) == []


def library(folder: Path, shape: Shape) -> None:
    """eventsourcing.sqlite, rebuilding the same aggregates one by one: no hashes, nothing compared."""
    there = PlainLedger(folder / "library.db")
    there.rebuild(draft.deal for draft in drafts(Shape(shape.deals, 1)))
    there.close()


WORKS: dict[str, Callable[[Path, Shape], None]] = {
    "verify": verify,
    "verify, projection too": verify_shares,
    "replay": replay,
    "replay, projection too": replay_shares,
    "eventsourcing.sqlite": library,
}


def prepare(folder: Path, shape: Shape) -> None:
    """The ledgers, once: ours, ours with the projection, the library's."""
    for name in ("deals.db", "projected.db"):
        if not (folder / name).exists():
            fill(folder / name, shape)
    with Ledger(str(folder / "projected.db")) as ledger:
        next(Shares(ledger.entries).at(Point(date(2025, 1, 1), None, ledger.entries.head())))
    if not (folder / "library.db").exists():
        there = PlainLedger(folder / "library.db")
        there.record(lines(shape))
        there.close()


def alone(name: str, folder: Path, entries: int) -> tuple[float, int]:
    """Seconds and peak memory in MB of one work in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.audit", "--folder", str(folder), "--entries", str(entries)]
    done = subprocess.run([*command, "--only", name], capture_output=True, text=True, check=True)
    seconds, kilobytes = done.stdout.split()
    return float(seconds), int(kilobytes) // 1024


def measured(name: str, folder: Path, shape: Shape) -> None:
    """Prints seconds and peak memory in kB."""
    start = perf_counter()
    WORKS[name](folder, shape)
    seconds = perf_counter() - start
    status = Path("/proc/self/status").read_text()
    print(f"{seconds:.3f}", status.partition("VmHWM:")[2].split()[0])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.audit", description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the ledgers here, and find them here again")
    parser.add_argument("--only", choices=list(WORKS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    shape = Shape.of(given.entries)
    if given.only:
        measured(given.only, given.folder, shape)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        prepare(folder, shape)
        turns = [{name: alone(name, folder, given.entries) for name in WORKS} for _ in range(given.repetitions)]
    count = shape.deals * shape.instruments
    for name in WORKS:
        seconds = median(turn[name][0] for turn in turns)
        print(f"{name:<24} {seconds:8.1f} s {count / seconds:10,.0f} a second {max(t[name][1] for t in turns):6} MB")


if __name__ == "__main__":
    main()
