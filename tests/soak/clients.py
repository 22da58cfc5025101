"""Clients of a ledger whose every word is written down, so that their history can be judged after whatever befell them.

A client is a process of its own. Before it asks for something it notes that it does, and after the answer what it was
told: a line each in a file, written at once, so that what a killed client knew is still there.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ledger.application import Ledger
from ledger.batch import Batch, Draft
from ledger.entry import Entry
from ledger.errors import NotOnStandby, OutcomeUnknown, Refusal
from ledger.events import Amended, DealOpened, NothingChanged, Pays, Right
from ledger.place import Mode
from tests.history_checker import Append, History, Outcome, Read, Seen

DAY = date(2024, 1, 15)
CONFLICT = 5  # the exit code of a refusal that is a conflict: nothing was recorded, and one may try again
ENDED_BADLY = 70


class Notes:
    """The file of one client."""

    def __init__(self, path: Path) -> None:
        self.client = path.stem
        self.path = path
        path.touch()
        self.count = path.read_bytes().count(b"\n")  # so that one who goes on writes under other numbers

    def note(self, what: str, number: int, **said: Any) -> None:
        line = json.dumps({"what": what, "number": number, "at": time.monotonic_ns(), **said}) + "\n"
        with self.path.open("ab", buffering=0) as file:
            file.write(line.encode())

    def append(self, keys: Sequence[str], ask: Callable[[], Sequence[int]]) -> Outcome:
        """Notes a batch, asks, and notes the answer: positions, or that it was refused and so is not there."""
        self.count += 1
        number = self.count
        self.note("append", number, keys=list(keys))
        try:
            positions = ask()
        except Refusal as refusal:
            unknown = isinstance(refusal, OutcomeUnknown | NotOnStandby)  # nobody can tell whether it was recorded
            self.note("info" if unknown else "fail", number, says=str(refusal), code=refusal.exit_code)
            return "info" if unknown else "fail"
        self.note("ok", number, positions=list(positions))
        return "ok"

    def read(self, ask: Callable[[], Sequence[Entry]], after: int = 0, deal: str | None = None) -> Sequence[Entry]:
        """Notes what somebody saw."""
        self.count += 1
        invoked = time.monotonic_ns()
        entries = ask()
        seen = [(e.position, e.deal, e.version, e.key or "", e.recorded_at) for e in entries]
        self.note("read", self.count, invoked=invoked, after=after, deal=deal, seen=seen)
        return entries

    def wrong(self, says: str) -> None:
        """Notes what must not happen."""
        self.note("wrong", 0, says=says)


# --- what they ask for ------------------------------------------------------------------------------------


def opening(deal: str) -> Draft:
    flow = Pays(start=DAY, payer="Acme", payee="Bolt", terms="20% of revenue every quarter", name="share")
    said = DealOpened(dated=DAY, title=deal, parties=("Acme", "Bolt"), clauses=(flow,))
    return Draft(deal, said, f"open:{deal}")


def saying(deal: str, key: str) -> Draft:
    return Draft(deal, NothingChanged(dated=DAY, statement=f"{key} stands"), key)


def setting(deal: str, key: str) -> Draft:
    """One that sets something, so that the tables of shares have to do with it."""
    return Draft(deal, Amended(dated=DAY, clauses=(Right(start=DAY, holder="Acme", text=f"may {key}"),)), key)


def record(ledger: Ledger, notes: Notes, drafts: Sequence[Draft]) -> Outcome:
    """Records drafts with keys, all or none, and notes what became of it."""
    keys = [draft.key or "" for draft in drafts]
    return notes.append(keys, lambda: [t.entry.position for t in ledger.record(drafts, notes.client, again=_seen)])


def _seen(batch: Batch) -> None:
    """What they say does not hang on what somebody else said meanwhile."""


def prepared(address: str, deals: Sequence[str]) -> None:
    """A new ledger with these deals in it."""
    with Ledger(address, "create") as ledger:
        ledger.record([opening(deal) for deal in deals], "before")


def some(chance: random.Random, deals: Sequence[str], name: str) -> list[Draft]:
    """A batch of one draft or of a few, of one deal or of several."""
    count = chance.choice((1, 1, 1, 2, 5, 12))
    make = chance.choice((saying, setting))
    return [make(chance.choice(deals), f"{name}.{number}") for number in range(count)]


def opened(address: str, mode: Mode, until: float) -> Ledger:
    """Opens a ledger; where the server is away, again and again until an instant."""
    while True:
        try:
            return Ledger(address, mode)
        except Refusal:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


# --- processes --------------------------------------------------------------------------------------------


def started(work: Callable[[], object]) -> int:
    """A process of its own that does this and ends; its number."""
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        return process
    code = ENDED_BADLY
    try:
        work()
        code = 0
    except BaseException:  # a process that somebody forked must end here, whatever it met
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(code)


def ended(process: int) -> int:
    """Waits for it; its exit code, or the number of the signal that ended it, below zero."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


# --- what they noted --------------------------------------------------------------------------------------


def log_of(address: str) -> list[Seen]:
    """The log as it is."""
    with Ledger(address, "read") as ledger:
        return [Seen(row[0], row[3], row[4], row[7] or "", row[1]) for row in ledger.entries.all_rows()]


def history_of(folder: Path, log: Sequence[Seen], before: int) -> tuple[History, list[str]]:
    """The history that the clients noted in a folder, and what they noted that must not happen."""
    appends: list[Append] = []
    reads: list[Read] = []
    wrong: list[str] = []
    for path in sorted(folder.glob("*.notes")):
        open_: dict[int, Append] = {}
        for text in path.read_text().splitlines():
            said = json.loads(text)
            number, at = said["number"], said["at"]
            if said["what"] == "wrong":
                wrong.append(f"{path.stem}: {said['says']}")
            elif said["what"] == "append":
                open_[number] = Append(path.stem, at, None, "info", tuple(said["keys"]))
            elif said["what"] == "read":
                seen = tuple(Seen(p, deal, version, key, i) for p, deal, version, key, i in said["seen"])
                reads.append(Read(path.stem, said["invoked"], at, seen, said["after"], said["deal"]))
            elif said["what"] in ("ok", "fail", "info"):
                asked = open_.pop(number)
                positions = tuple(said.get("positions", ()))
                ended_at = None if said["what"] == "info" else at
                appends.append(Append(path.stem, asked.invoked, ended_at, said["what"], asked.keys, positions))
        appends += open_.values()
    return History(log, appends, reads, before), wrong
