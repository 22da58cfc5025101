"""The power is cut at any moment of what a real process does to a ledger: what it had been told is there, and is whole.

    python -m tests.soak.power --points 1000

A process records, attaches, rebuilds, keeps checkpoints, imports and makes ledgers; a shim in front of the system's
calls writes down each change and each time it waits for the disk (power.c). From that every state of the disk after a
cut is worked out: what was waited for is there; of the rest any part, torn between sectors; of new names a beginning.
SQLite itself is tested in this way.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ledger.application import Ledger
from projections.verification import Verification
from tests.soak.clients import opening
from tests.soak.report import Line, say

SHIM = Path(__file__).with_name("power.c")
HEAD = struct.Struct("<cIIqQ")
SECTOR = 512
MARKS = "told"  # the file in which the process writes down what it was told: it is not on the disk that loses power


class NoCompiler(Exception):
    """The shim is compiled where it is used."""


@dataclass(frozen=True)
class Change:
    """What the process did, once: see power.c."""

    what: str
    name: str
    other: str
    offset: int
    data: bytes

    @property
    def folders(self) -> set[str]:
        return {os.path.dirname(self.name), os.path.dirname(self.other)}


@dataclass(eq=False)
class File:
    """What is on the disk for good, and what was written since it was last waited for."""

    safe: bytearray = field(default_factory=bytearray)
    passing: list[tuple[int, bytes | None]] = field(default_factory=list)  # None: cut off there

    def sync(self) -> None:
        for offset, data in self.passing:
            apply(self.safe, offset, data)
        self.passing.clear()

    def after_cut(self, chance: random.Random, kept: float) -> bytes:
        content = bytearray(self.safe)
        for offset, data in self.passing:
            if data is None:
                if chance.random() < kept:
                    apply(content, offset, None)
                continue
            for at in range(offset - offset % SECTOR, offset + len(data), SECTOR):
                first, last = max(at, offset), min(at + SECTOR, offset + len(data))
                if chance.random() < kept:
                    apply(content, first, data[first - offset : last - offset])
        return bytes(content)


def apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if data is None:
        del content[offset:]
    else:
        content[offset : offset + len(data)] = data


Names = dict[str, "File | None"]
"""What lies where; None for a folder."""


class Disk:
    """The disk as the process sees it, and as much of it as is there for good."""

    def __init__(self) -> None:
        self.now: Names = {}
        self.safe: Names = {}
        self.passing: list[Change] = []
        self.told: list[dict[str, object]] = []
        self._files: dict[int, File] = {}

    def take(self, change: Change) -> None:
        if Path(change.name).name == MARKS:
            if change.what == "W":
                self.told.append(json.loads(change.data))
        elif change.what in "WT":
            file = self.now.get(change.name)
            assert file is not None, change.name
            file.passing.append((change.offset, change.data if change.what == "W" else None))
        elif change.what == "S":
            self._sync(change.name)
        else:
            if change.what == "C":
                self._files[id(change)] = File()
            self._rename(self.now, change)
            self.passing.append(change)

    def _sync(self, name: str) -> None:
        file = self.now.get(name)
        if file is not None:
            file.sync()
            return
        # A folder: of the changes of names, all up to the last one in it.
        here = [number for number, one in enumerate(self.passing) if name in one.folders]
        last = here[-1] + 1 if here else 0
        for change in self.passing[:last]:
            self._rename(self.safe, change)
        del self.passing[:last]

    def _rename(self, names: Names, change: Change) -> None:
        if change.what == "C":
            names[change.name] = self._files[id(change)]
        elif change.what == "M":
            names[change.name] = None
        elif change.what == "U":
            names.pop(change.name, None)
        elif change.what == "L":
            names[change.other] = names[change.name]
        elif change.what == "R":
            names[change.other] = names.pop(change.name)

    def after_cut(self, root: str, target: Path, chance: random.Random) -> None:
        """Puts a state of the disk after a cut at this moment into a folder."""
        kept = chance.choice((0.0, 0.5, 0.5, 0.9, 1.0))
        names = dict(self.safe)
        for change in self.passing[: round(kept and chance.random() * len(self.passing))]:
            self._rename(names, change)
        for name in sorted(names):
            file, place = names[name], target / os.path.relpath(name, root)
            place.parent.mkdir(parents=True, exist_ok=True)
            if file is None:
                place.mkdir(exist_ok=True)
            else:
                place.write_bytes(file.after_cut(chance, kept))


# --- what the process does --------------------------------------------------------------------------------


def compiled(folder: Path) -> Path:
    """The shim; raises NoCompiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        raise NoCompiler
    shim = folder / "power.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", shim, SHIM, "-ldl"], check=True)
    return shim


def recorded(folder: Path, seed: int, *how: str) -> tuple[str, list[Change]]:
    """What a process did below a root, change by change."""
    root, trace = folder / "root", folder / "trace"
    root.mkdir()
    told = {"POWER_ROOT": str(root), "POWER_TRACE": str(trace), "LD_PRELOAD": str(compiled(folder))}
    script = [sys.executable, "-m", "tests.soak.power_victim", str(root), str(seed), *how]
    subprocess.run(script, check=True, env={**os.environ, **told}, cwd=Path(__file__).parents[2])
    return str(root), list(_changes(trace.read_bytes()))


def _changes(trace: bytes) -> Iterator[Change]:
    at = 0
    while at < len(trace):
        what, name, other, offset, length = HEAD.unpack_from(trace, at)
        at += HEAD.size
        parts = []
        for size in (name, other, length):
            parts.append(trace[at : at + size])
            at += size
        yield Change(what.decode(), parts[0].decode(), parts[1].decode(), offset, parts[2])


# --- judging ----------------------------------------------------------------------------------------------


def wrong_after(folder: Path, told: list[dict[str, object]]) -> list[str]:
    """What is wrong in a state of the disk, held against what the process had been told."""
    found: list[str] = []
    for name in ("deals.db", "copy.db"):
        path, mine = folder / name, [one for one in told if one["ledger"] == name]
        if not path.exists():
            found += [f"{name} is gone, and {len(mine)} were told of it"] if mine else []
            continue
        with Ledger(str(path)) as ledger:
            keys = {row[7]: row[0] for row in ledger.entries.all_rows()}
            for one in mine:
                found += [f"{key} was acknowledged, and is not in {name}" for key in one["keys"] if key not in keys]  # type: ignore[attr-defined]
            found += [f"{name}: {difference.says}" for difference in Verification(ledger).differences()]
            ledger.record([opening("after-the-cut")], "")
            found += [f"{name}, one more: {difference.says}" for difference in Verification(ledger).differences()]
    return found


def soak(folder: Path, points: int, seed: int, *how: str) -> Line:
    try:
        root, changes = recorded(folder, seed, *how)
    except NoCompiler:
        return Line("power cut, SQLite", 0, 0, "NOT RUN", "it takes a C compiler, and Linux")
    chance = random.Random(seed)
    moments = sorted(chance.choices(range(len(changes) + 1), k=points))
    disk, done, found = Disk(), 0, []
    for number, moment in enumerate(moments):
        for change in changes[done:moment]:
            disk.take(change)
        done = moment
        own = folder / "after"
        own.mkdir()
        try:
            disk.after_cut(root, own, random.Random(f"{seed}.{number}"))
            said = wrong_after(own, disk.told)
        except Exception as error:
            said = [repr(error)]
        found += [f"seed {seed}, after change {moment} of {len(changes)}: {text}" for text in said[:3]]
        shutil.rmtree(own)
    for text in found[:20]:
        print(f"!! power: {text}", flush=True)
    return Line("power cut, SQLite", points, len(found), "what was told, deal verify", f"{len(changes):,} changes")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.power", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        raise SystemExit(bool(say(soak(Path(folder), given.points, given.seed)).lost))


if __name__ == "__main__":
    main()
