"""Runs every soak, and prints one table at the end: each fault, how often it was tried, what was lost, how found.

    python -m tests.soak                       the long versions: about five hours
    python -m tests.soak --part 0.01           a hundredth of each: some minutes
    python -m tests.soak --only kill writers   these alone

What goes on is printed as it goes, with its seeds; the lines of the table are also kept in --lines FILE, so that a soak
that was stopped can be told. The exit code is 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from tests.postgres import missing
from tests.soak import clocks, cut, disk, hostile, kill, places, power, replication, writers
from tests.soak.places import Files, Place, Schemas
from tests.soak.report import Line, kept, say, table

Soak: TypeAlias = Callable[[Path, float, int], Iterator[Line]]
"""Is given a folder, which part of the long version to do, and a seed."""

NOT_RUN = Line("everything on PostgreSQL", 0, 0, "NOT RUN")


def both(folder: Path) -> Iterator[tuple[Place, Path]]:
    """Each database in turn, with a folder of its own."""
    for name in ("sqlite", "postgresql"):
        own = folder / name
        own.mkdir(parents=True)
        if name == "sqlite":
            yield Files(own), own
        elif not missing():
            server = places.server()
            yield Schemas(server), own
            server.throw_away()


def _kill(folder: Path, part: float, seed: int) -> Iterator[Line]:
    for place, own in both(folder):
        yield kill.soak(place, own, max(6, round(1_000 * part)), seed)


def _writers(folder: Path, part: float, seed: int) -> Iterator[Line]:
    for place, own in both(folder):
        yield writers.soak(place, own, 8 if isinstance(place, Files) else 32, max(5, 300 * part), seed)


def _clocks(folder: Path, part: float, seed: int) -> Iterator[Line]:
    for place, own in both(folder):
        yield clocks.soak(place, own, max(3, 60 * part))


def _disk(folder: Path, part: float, seed: int) -> Iterator[Line]:
    lines = disk.soaks(folder, max(2, round(20 * part)))
    yield next(lines)
    if not missing():
        yield next(lines)


def _cut(folder: Path, part: float, seed: int) -> Iterator[Line]:
    if not missing():
        yield from cut.soaks(folder, max(5, 300 * part), seed)


def _replication(folder: Path, part: float, seed: int) -> Iterator[Line]:
    if not missing():
        yield from replication.soaks(folder, max(1, round(20 * part)), 20, seed)


def _power(folder: Path, part: float, seed: int) -> Iterator[Line]:
    yield power.soak(folder, max(20, round(1_000 * part)), seed)


def _hostile(folder: Path, part: float, seed: int) -> Iterator[Line]:
    yield hostile.soak(folder, max(5, 3_600 * part), seed)


SOAKS: dict[str, Soak] = {
    "kill": _kill,
    "writers": _writers,
    "cut": _cut,
    "replication": _replication,
    "disk": _disk,
    "clocks": _clocks,
    "power": _power,
    "hostile": _hostile,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=list(SOAKS), default=list(SOAKS))
    parser.add_argument("--part", type=float, default=1.0, help="which part of the long versions  [1.0]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=Path, help="keep the lines of the table here, and print all that are there")
    given = parser.parse_args()
    lines = [] if not missing() else [NOT_RUN]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name in given.only:
            own = Path(folder) / name
            own.mkdir()
            lines += [say(line, given.lines) for line in SOAKS[name](own, given.part, given.seed)]
    print(f"\n{table(kept(given.lines) if given.lines else lines)}")
    if missing():
        print(f"\nPOSTGRESQL WAS NOT TESTED: {missing()}")
    raise SystemExit(any(line.lost for line in lines))


if __name__ == "__main__":
    main()
