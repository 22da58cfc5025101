"""kill -9 at random moments: what was acknowledged is there, no batch is half there, and the next command works.

python -m tests.soak.kill --times 1000 --seed 1
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from click.testing import CliRunner

from cli.main import main as deal
from ledger import checkpoint
from ledger.application import Ledger
from ledger.entry import Entry
from ledger.exchange import draft_line, export_lines
from projections import base
from projections.proof import make
from projections.shares import Shares
from projections.verification import Verification
from tests.history_checker import problems
from tests.soak import places
from tests.soak.clients import Notes, ended, history_of, log_of, prepared, record, saying, setting, some, started
from tests.soak.places import Place
from tests.soak.report import Line, say

DEALS = tuple(f"deal-{number}" for number in range(5))
KILLS_A_LEDGER = 20  # then a new one: what is checked after each kill grows with it
FILE_OF = 200  # instruments of a file that is recorded, lines of a log that is imported
CHUNK = 20  # entries that a projection takes at a time, so that there are many moments between two


@dataclass
class Scene:
    """A ledger, the folder with what its victims noted, and a file with lines to import."""

    address: str
    folder: Path
    chance: random.Random
    numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def notes(self) -> Path:
        return self.folder / f"victim-{next(self.numbers)}.notes"


# --- the victims: what each does until it is killed -------------------------------------------------------


def appends(scene: Scene, notes: Notes) -> None:
    with Ledger(scene.address) as ledger:
        for number in count():
            record(ledger, notes, some(scene.chance, DEALS, f"{notes.client}.{number}"))


def records(scene: Scene, notes: Notes) -> None:
    """The command, with files of many instruments."""
    for number in count():
        drafts = [saying(scene.chance.choice(DEALS), f"{notes.client}.{number}.{n}") for n in range(FILE_OF)]
        file = scene.folder / f"{notes.client}.jsonl"
        file.write_bytes(b"\n".join(draft_line(Entry(d.deal, 0, d.event, d.key)) for d in drafts))  # type: ignore[arg-type]
        notes.append([draft.key or "" for draft in drafts], lambda file=file: _recorded(scene.address, file))


def _recorded(address: str, file: Path) -> Sequence[int]:
    import json

    done = CliRunner().invoke(deal, ["record", str(file), "--ledger", address, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return [entry["position"] for entry in json.loads(done.stdout)["entries"]]


def rebuilds(scene: Scene, notes: Notes) -> None:
    with Ledger(scene.address) as ledger:
        shares = Shares(ledger.entries)
        for number in count():
            shares.rebuild()
            record(ledger, notes, [setting(scene.chance.choice(DEALS), f"{notes.client}.{number}")])
            shares.catch_up(ledger.entries.head())


def checkpoints(scene: Scene, notes: Notes) -> None:
    with Ledger(scene.address) as ledger:
        for number in count():
            record(ledger, notes, [saying(scene.chance.choice(DEALS), f"{notes.client}.{number}")])
            made = make(ledger, ledger.entries.head(), None, notes.client)
            notes.note("checkpoint", 0, says=made.note)


VICTIMS: dict[str, tuple[Callable[[Scene, Notes], None], float]] = {  # and how many seconds the longest lives
    "append": (appends, 0.1),
    "record": (records, 0.5),
    "rebuild": (rebuilds, 0.4),
    "checkpoint": (checkpoints, 0.1),
}


# --- killing ----------------------------------------------------------------------------------------------


def killed(work: Callable[[], object], seconds: float) -> int:
    """Starts it, and kills it after so long; the signal that ended it, below zero (or how it ended before that)."""
    base.CHUNK = CHUNK
    process = started(work)
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    return ended(process)


def kill_one(scene: Scene, what: str) -> None:
    work, longest = VICTIMS[what]
    path = scene.notes
    assert killed(lambda: work(scene, Notes(path)), scene.chance.uniform(0, longest)) == -signal.SIGKILL


def kill_import(place: Place, scene: Scene, lines: Path) -> list[str]:
    """An import into a ledger that is not there yet: all of it, or nothing; and it can be asked for again."""
    target = place.fresh()
    ask = ["import", str(lines), "--ledger", target]
    killed(lambda: CliRunner().invoke(deal, ask), scene.chance.uniform(0, 0.3))
    found = []
    try:
        there = len(log_of(target))
    except Exception:  # nothing was made yet: the next import makes it
        there = 0
    if there not in (0, FILE_OF):
        found.append(f"half an import: {there} entries of {FILE_OF}")
    again = CliRunner().invoke(deal, ask)
    if again.exit_code:
        found.append(f"after an import was killed: {again.output}{again.exception or ''}")
        return found
    return found + unsound(target)


def kill_init(place: Place, scene: Scene) -> list[str]:
    """A ledger that is being made: there as a whole, or not at all; and in the end there is one."""
    target = place.fresh()
    ask = ["init", "--ledger", target]
    killed(lambda: CliRunner().invoke(deal, ask), scene.chance.uniform(0, 0.06))
    made = CliRunner().invoke(deal, ask)
    if made.exit_code and "There is a ledger" not in made.output:
        return [f"after init was killed: {made.output}{made.exception or ''}"]
    return unsound(target)


# --- judging ----------------------------------------------------------------------------------------------


def judged(scene: Scene) -> list[str]:
    """What is wrong with the ledger after a kill."""
    before = len(DEALS)
    history, wrong = history_of(scene.folder, log_of(scene.address), before)
    return wrong + problems(history) + unsound(scene.address) + _checkpoints_lost(scene) + _next(scene)


def unsound(address: str) -> list[str]:
    with Ledger(address, "read") as ledger:
        return [difference.says for difference in Verification(ledger).differences()]


def _checkpoints_lost(scene: Scene) -> list[str]:
    import json

    noted = (json.loads(text) for path in scene.folder.glob("*.notes") for text in path.read_text().splitlines())
    acknowledged = {said["says"] for said in noted if said["what"] == "checkpoint"}
    with Ledger(scene.address, "read") as ledger:
        there = {note for _, note in checkpoint.kept(ledger.database)}
    return [f"a checkpoint is lost: {note!r}" for note in acknowledged - there]


def _next(scene: Scene) -> list[str]:
    """The next command works: one that writes, and one that reads by way of the projection."""
    path = scene.notes
    found = []
    with Ledger(scene.address) as ledger:
        if record(ledger, Notes(path), [saying("deal-0", path.stem)]) != "ok":
            found.append(f"the next entry was refused: {path.read_text()}")
    done = CliRunner().invoke(deal, ["deals", "--ledger", scene.address])
    if done.exit_code:
        found.append(f"the next command failed: {done.output}{done.exception or ''}")
    return found


# --- the soak ---------------------------------------------------------------------------------------------


def soak(place: Place, folder: Path, times: int, seed: int) -> Line:
    """Kills so many processes on one kind of database."""
    chance = random.Random(seed)
    tried: Counter[str] = Counter()
    lost: list[str] = []
    lines = folder / "lines.jsonl"
    scene = None
    for number in range(times):
        if number % KILLS_A_LEDGER == 0:
            own = folder / f"scene-{number}"
            own.mkdir()
            scene = Scene(place.fresh(), own, chance)
            prepared(scene.address, DEALS)
        assert scene is not None
        if not lines.exists():
            _write_lines(place, lines)
        what = chance.choice([*VICTIMS, "import", "init"])
        tried[what] += 1
        if what == "import":
            lost += kill_import(place, scene, lines)
        elif what == "init":
            lost += kill_init(place, scene)
        else:
            kill_one(scene, what)
            lost += judged(scene)
        for problem in lost[:20]:
            print(f"!! seed {seed}, kill {number} ({what}): {problem}", flush=True)
        if lost:
            break  # the evidence stays in the folder
    seen = f"{', '.join(f'{n} in {what}' for what, n in sorted(tried.items()))}; seed {seed}"
    return Line(f"kill -9, {place.kind}", sum(tried.values()), len(lost), "history checker, deal verify", seen)


def _write_lines(place: Place, lines: Path) -> None:
    address = place.fresh()
    prepared(address, DEALS)
    with Ledger(address) as ledger:
        ledger.record([setting(DEALS[n % 5], f"line-{n}") for n in range(FILE_OF - len(DEALS))], "before")
        lines.write_bytes(b"".join(line + b"\n" for line in export_lines(ledger.entries.all_rows())))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.kill", description=__doc__)
    parser.add_argument("--times", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    places.asked(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        say(soak(places.place(given.database, Path(folder)), Path(folder), given.times, given.seed))


if __name__ == "__main__":
    main()
