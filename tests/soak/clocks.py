"""Machines whose clocks differ: instants rise all the same, and nothing is refused because of one.

    python -m tests.soak.clocks --seconds 30

Each writer has a clock of its own: years behind, years ahead, standing still, jumping to and fro.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger.application import Ledger
from ledger.store import utc_now
from tests.history_checker import problems
from tests.soak import places
from tests.soak.clients import Notes, ended, history_of, log_of, prepared, record, saying, started
from tests.soak.kill import unsound
from tests.soak.places import Place
from tests.soak.report import Line, say

THEN = datetime(2026, 1, 1, tzinfo=UTC)


def _jumping(seed: int) -> Callable[[], datetime]:
    chance = random.Random(seed)
    return lambda: THEN + timedelta(seconds=chance.uniform(-2e7, 2e7))


CLOCKS: dict[str, Callable[[], datetime]] = {
    "right": utc_now,
    "a year behind": lambda: utc_now() - timedelta(days=365),
    "an hour ahead": lambda: utc_now() + timedelta(hours=1),
    "forty years ahead": lambda: utc_now() + timedelta(days=40 * 365),
    "standing still": lambda: THEN,
    "jumping": _jumping(1),
}


def write(address: str, notes: Notes, clock: Callable[[], datetime], until: float) -> None:
    """Writes to a deal of its own, so that there are no conflicts: whatever is refused is wrong."""
    number = 0
    with Ledger(address, "write", clock) as ledger:
        while time.monotonic() < until:
            number += 1
            if record(ledger, notes, [saying(notes.client, f"{notes.client}.{number}")]) != "ok":
                notes.wrong(f"refused under the clock that is {notes.client}")


def soak(place: Place, folder: Path, seconds: float) -> Line:
    """Writers with every kind of clock at once."""
    address = place.fresh()
    slugs = {name.replace(" ", "-"): clock for name, clock in CLOCKS.items()}
    prepared(address, list(slugs))
    until = time.monotonic() + seconds
    processes = [
        started(lambda slug=slug, clock=clock: write(address, Notes(folder / f"{slug}.notes"), clock, until))
        for slug, clock in slugs.items()
    ]
    badly = [f"a process ended with {code}" for process in processes if (code := ended(process))]
    history, wrong = history_of(folder, log_of(address), len(slugs))
    found = badly + wrong + problems(history) + unsound(address)
    for problem in found[:20]:
        print(f"!! clocks: {problem}", flush=True)
    seen = f"{', '.join(CLOCKS)}"
    return Line(f"clocks that differ, {place.kind}", len(history.appends), len(found), "history checker", seen)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.clocks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30)
    places.asked(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        say(soak(places.place(given.database, Path(folder)), Path(folder), given.seconds))


if __name__ == "__main__":
    main()
