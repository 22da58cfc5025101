"""Many processes at once, on the same deals and on different ones: nothing lost, doubled, reordered or half seen.

    python -m tests.soak.writers --writers 8 --seconds 120

Writers try again what was a conflict, under the same keys. Readers read the log, single deals, and by way of the
commands, which must answer well at any moment; one of them rebuilds the projection again and again.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from click.testing import CliRunner

from cli.main import main as deal
from ledger.application import Ledger
from ledger.errors import Refusal
from projections.shares import Shares
from tests.history_checker import problems
from tests.soak import places
from tests.soak.clients import CONFLICT, Notes, ended, history_of, log_of, opened, prepared, record, some, started
from tests.soak.kill import unsound
from tests.soak.places import Place
from tests.soak.report import Line, say

SHARED = ("shared-1", "shared-2")  # deals that everybody writes to; each has two of her own besides
PATIENCE, PAUSE = 120, 0.1  # seconds: until a server that was killed is back, however busy the machine is
COMMANDS = (
    ("share", "--csv"),
    ("deals", "--json"),
    ("show", "shared-1", "--on", "2026-01-01"),
    ("log", "shared-2", "--json"),
    ("verify",),
    ("replay",),
)


def own_deals(writer: int) -> tuple[str, ...]:
    return f"own-{writer}-1", f"own-{writer}-2"


def write(address: str, notes: Notes, writer: int, seed: int, until: float) -> None:
    """Writes as fast as it can; what was a conflict is tried again under the same keys."""
    chance = random.Random(f"{seed} {writer}")
    with opened(address, "write", until) as ledger:
        number = 0
        while time.monotonic() < until:
            number += 1
            deals = SHARED if chance.random() < 0.5 else own_deals(writer)
            drafts = some(chance, deals, f"{notes.client}.{number}")
            patient = time.monotonic() + PATIENCE
            while record(ledger, notes, drafts) != "ok":
                if time.monotonic() > patient:
                    notes.wrong(f"{drafts[0].key} did not get in within {PATIENCE} seconds")
                    break
                time.sleep(chance.uniform(0, PAUSE))


def read(address: str, notes: Notes, seed: int, until: float, calm: bool) -> None:
    """Reads on in the log, and now and then a whole deal; where it is not calm, the server may be away."""
    chance = random.Random(f"{seed} {notes.client}")
    after = 0
    with opened(address, "read", until) as ledger:
        while time.monotonic() < until:
            start, slug = after, chance.choice(SHARED)
            time.sleep(0.005)
            try:
                seen = notes.read(lambda start=start: list(_entries(ledger, start)), after=start)
                after = seen[-1].position if seen else after
                if chance.random() < 0.1:
                    notes.read(lambda slug=slug: ledger.entries.entries_of(slug), deal=slug)
            except Refusal as refusal:
                if calm:
                    notes.wrong(f"a reader was refused: {refusal}")


def _entries(ledger: Ledger, after: int):
    from ledger.entry import entry_of

    return map(entry_of, ledger.entries.all_rows(after))


def ask(address: str, notes: Notes, seed: int, until: float) -> None:
    """Asks by way of the commands; each must answer well."""
    chance = random.Random(f"{seed} {notes.client}")
    while time.monotonic() < until:
        words = chance.choice(COMMANDS)
        done = CliRunner().invoke(deal, [*words, "--ledger", address])
        if done.exit_code:
            notes.wrong(f"deal {' '.join(words)} ended with {done.exit_code}: {done.output[-400:]} {done.exception!r}")
        notes.note("asked", 0)


def rebuild(address: str, notes: Notes, until: float) -> None:
    with Ledger(address) as ledger:
        while time.monotonic() < until:
            Shares(ledger.entries).rebuild()
            time.sleep(0.05)


Disturb: TypeAlias = Callable[[random.Random, float], int]
"""Does something to the database until an instant, again and again; says how often."""


def soak(
    place: Place, folder: Path, writers: int, seconds: float, seed: int, fault: str = "", disturb: Disturb | None = None
) -> Line:
    """Lets them all loose on one ledger for so long, disturbed by a fault or not, and judges what they did."""
    address = place.fresh()
    deals = (*SHARED, *(slug for writer in range(writers) for slug in own_deals(writer)))
    prepared(address, deals)
    until = time.monotonic() + seconds
    processes = [
        started(lambda name=name, work=work: work(Notes(folder / f"{name}.notes")))
        for name, work in _works(address, writers, seed, until, calm=not disturb).items()
    ]
    disturbed = disturb(random.Random(seed), until) if disturb else 0
    badly = [code for process in processes if (code := ended(process))]
    history, wrong = history_of(folder, log_of(address), len(deals))
    found = [f"{len(badly)} processes ended badly: {badly}"] if badly else []
    found += wrong + problems(history) + unsound(address) + ([] if disturb else _codes(folder))
    for problem in found[:20]:
        print(f"!! seed {seed}: {problem}", flush=True)
    outcomes = Counter(append.outcome for append in history.appends)
    seen = (
        f"{(len(history.log) - len(deals)) / seconds:,.0f} entries a second, {outcomes['ok'] / seconds:,.0f} batches; "
        f"{outcomes['fail']:,} refused and {outcomes['info']:,} unknown, tried again; {len(history.reads):,} reads; "
        f"seed {seed}"
    )
    tried = disturbed if disturb else outcomes.total()
    return Line(fault or f"{writers} writers, {place.kind}", tried, len(found), "history checker, deal verify", seen)


def _works(address: str, writers: int, seed: int, until: float, calm: bool) -> dict[str, Callable[[Notes], object]]:
    works: dict[str, Callable[[Notes], object]] = {
        f"writer-{n}": lambda notes, n=n: write(address, notes, n, seed, until) for n in range(writers)
    }
    works |= {f"reader-{n}": lambda notes: read(address, notes, seed, until, calm) for n in range(2)}
    if calm:
        works |= {"asker": lambda notes: ask(address, notes, seed, until)}
        works |= {"rebuilder": lambda notes: rebuild(address, notes, until)}
    return works


def _codes(folder: Path) -> list[str]:
    """A writer is refused for nothing but a conflict."""
    said = (json.loads(text) for path in folder.glob("*.notes") for text in path.read_text().splitlines())
    others = Counter(note["says"] for note in said if note["what"] in ("fail", "info") and note["code"] != CONFLICT)
    return [f"refused otherwise than by a conflict, {count} times: {says}" for says, count in others.items()]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.writers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    places.asked(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        say(soak(places.place(given.database, Path(folder)), Path(folder), given.writers, given.seconds, given.seed))


if __name__ == "__main__":
    main()
