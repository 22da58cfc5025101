"""Verification: whether the books are whole, entry by entry; every difference is named, and none stops the search.

Nothing here trusts what is stored: lines are put together and hashed anew, and so is the tree over them. Memory does
not grow with the entries, only with the deals and the attached files.
"""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import exc

from ledger import attachments, checkpoint
from ledger.application import Ledger
from ledger.entry import Row, entry_of, is_instant, leaf
from ledger.errors import NotACheckpoint, Refusal, TreeDamaged
from ledger.events import Attachment, EntryCorrected, Instrument
from ledger.merkle import SIZE, Tip, hash_children
from projections.fitting import misplaced, not_applicable
from projections.stored import Unreadable, stored_rows, unnumbered

Progress: TypeAlias = Callable[[int], None]
"""Is told how many entries went by."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a check found: where, in a sentence, and what is stored and what it should be where that can be said."""

    check: str
    position: int | None
    says: str
    stored: str | None = None
    expected: str | None = None

    def json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("check", "position", "says", "stored", "expected")}


Found: TypeAlias = Iterator[Difference]


def silent(count: int) -> None:
    """Progress that nobody watches."""


class LogCheck:
    """The entries up to a position, each held against the ones before it. `tip` is the tree of their lines."""

    def __init__(
        self, ledger: Ledger, up_to: int, notes: Sequence[tuple[int, str]], progress: Progress = silent
    ) -> None:
        self.ledger = ledger
        self.up_to = up_to
        self.progress = progress
        self.tip = Tip()
        self.checkpoints = 0
        self.attachments: set[str] = set()
        self._whole = True  # no entry was missing so far
        self._last = (0, "")  # position and instant of the entry before
        self._versions: dict[str, int] = {}
        self._left: list[tuple[int, bytes]] = []  # by level: the number and stored hash of the last complete subtree
        self._notes = list(notes)  # the checkpoints on file: sizes and texts

    def differences(self) -> Found:
        """All that is wrong with the entries and with the checkpoints on file."""
        yield from self._strange()
        for position, deal in unnumbered(self.ledger):
            says = f"#{position} of {deal} is no entry: the first is #1, and what is before it is in no answer."
            yield Difference("position", position, says)
        yield from self._checkpoints()
        for read in stored_rows(self.ledger, self.up_to):
            if isinstance(read, Unreadable):
                says = f"#{read.position} cannot be read from the file: {read.why}"
                yield Difference("row", read.position, says)
            else:
                yield from self._entry(read)
                yield from self._checkpoints()
        if self._last[0] < self.up_to:
            yield self._gap(self._last[0] + 1, self.up_to, "nothing can be read there")
        yield from self._beyond()

    def _entry(self, stored: Sequence[Any]) -> Found:
        *columns, leaf_hash, nodes = stored
        row: Row = tuple(columns)
        if row[0] != self._last[0] + 1:
            yield self._gap(self._last[0] + 1, row[0] - 1, f"after #{self._last[0]} comes #{row[0]}")
            self._whole = False
        yield from self._line(row, leaf_hash)
        yield from self._order(row)
        yield from self._tree(row[0], leaf_hash, nodes)
        yield from self._event(row)
        self._last = (row[0], str(row[1]))
        self.progress(1)

    def _line(self, row: Row, stored: Any) -> Found:
        try:
            hashed = leaf(row)
        except (TypeError, AttributeError, ValueError, msgspec.MsgspecError) as error:
            self._whole = False
            yield Difference("line", row[0], f"#{row[0]} was changed: it makes no line any more ({error}).")
            return
        self.tip.add(hashed)
        if hashed != stored:
            says = f"#{row[0]} was changed: its line does not have the hash that was stored with it."
            yield Difference("line", row[0], says, _hex(stored), hashed.hex())

    def _order(self, row: Row) -> Found:
        position, instant, _, deal, version, *_ = row
        before, last = self._last
        if not isinstance(instant, str) or not is_instant(instant):
            says = f"#{position} was re-dated: '{instant}' is not an instant as the ledger writes them."
            yield Difference("instant", position, says, str(instant))
        elif instant <= last:
            says = f"#{position} was re-dated: it says it was recorded at {instant}, not after #{before} at {last}."
            yield Difference("instant", position, says, instant, f"after {last}")
        expected = self._versions.get(deal, 0) + 1
        if version != expected:
            says = (
                f"#{position} is entry {version} of {deal}, where entry {expected} should be: one is missing or moved."
            )
            yield Difference("version", position, says, str(version), str(expected))
        self._versions[deal] = version if isinstance(version, int) else expected

    def _tree(self, position: int, leaf_hash: Any, nodes: Any) -> Found:
        """Each stored hash against the two stored hashes below it: so that what was changed is named, and only that."""
        if position % 2 and nodes == b"" and isinstance(nodes, bytes):
            self._left[:1] = [(position - 1, leaf_hash)]
            return
        levels = (position & -position).bit_length() - 1
        there = nodes if isinstance(nodes, bytes) else b""
        stored = [leaf_hash, *(there[at : at + SIZE] for at in range(0, len(there), SIZE))]
        if not isinstance(nodes, bytes) or len(nodes) != levels * SIZE:
            says = f"The tree was changed at #{position}: {levels} hashes should stand there."
            yield Difference("tree", position, says, _hex(nodes))
        for level, hashed in enumerate(stored[: levels + 1]):
            number = (position >> level) - 1
            if level and (left := self._left_of(level - 1, number * 2)) and isinstance(stored[level - 1], bytes):
                expected = hash_children(left, stored[level - 1])
                if hashed != expected:
                    over = f"#{(number << level) + 1} to #{(number + 1) << level}"
                    says = f"The tree was changed at #{position}: the hash over {over} is not of those below it."
                    yield Difference("tree", position, says, _hex(hashed), expected.hex())
        for level, hashed in enumerate(stored[: levels + 1]):
            self._left[level : level + 1] = [((position >> level) - 1, hashed)]

    def _left_of(self, level: int, number: int) -> bytes | None:
        if level >= len(self._left) or self._left[level][0] != number:
            return None  # its last entry is missing, which is said elsewhere
        hashed = self._left[level][1]
        return hashed if isinstance(hashed, bytes) else None

    def _event(self, row: Row) -> Found:
        position, version = row[0], row[4]
        try:
            event = entry_of(row).event
            paper = event.corrected if isinstance(event, EntryCorrected) else event
            wrong = [*misplaced(event, version), *not_applicable(event, version)]
            if paper is not event:
                wrong += not_applicable(paper, version)
        except (Refusal, TypeError, AttributeError, ValueError, AssertionError) as error:
            yield Difference("event", position, f"#{position} cannot be read: {error}")
            return
        for text in dict.fromkeys(wrong):
            yield Difference("event", position, f"#{position} does not apply: {text}.")
        if isinstance(paper, Instrument):
            for source in paper.sources:
                if source.attachment:
                    yield from self._attachment(position, source.attachment)

    def _attachment(self, position: int, said: Attachment) -> Found:
        if said.sha256 in self.attachments:
            return
        self.attachments.add(said.sha256)
        found = attachments.found(self.ledger.database, said.sha256)
        if found is None:
            says = f"The file '{said.name}' of #{position} is missing: it should lie at {said.sha256}."
            yield Difference("attachment", position, says, None, said.sha256)
            return
        digest, size = found
        if (digest, size) != (said.sha256, said.size):
            says = f"The file '{said.name}' of #{position} was changed: its SHA-256 is not the one in the entry."
            yield Difference("attachment", position, says, digest, said.sha256)

    # --- checkpoints ------------------------------------------------------------------------------------

    def _strange(self) -> Found:
        """Those whose columns are of other types than the ledger writes; they are put aside."""
        notes, self._notes = self._notes, []
        for size, note in notes:
            if isinstance(size, int) and isinstance(note, str):
                self._notes.append((size, note))
            else:
                yield Difference("checkpoint", None, f"A checkpoint on file was changed: '{size}' is not its size.")

    def _checkpoints(self) -> Found:
        """Those that are of the entries so far."""
        while self._notes and self._notes[0][0] <= self._last[0]:
            size, note = self._notes.pop(0)
            self.checkpoints += 1
            try:
                told = checkpoint.parse(note, f"The checkpoint on file at #{size}", on_file=True)
            except NotACheckpoint as refusal:
                yield Difference("checkpoint", size, str(refusal))
                continue
            if told.size != size:
                says = f"The checkpoint on file at #{size} was changed: its text is of #{told.size}."
                yield Difference("checkpoint", size, says, str(size), str(told.size))
            elif not (self._whole and self.tip.size == size and self.tip.root == told.root):
                yield rewritten(told, self.tip, "on file")

    def _beyond(self) -> Found:
        for size, _ in self._notes:
            ends = f"and the ledger ends at #{self.up_to}: entries were removed from its end."
            says = f"A checkpoint on file is of #{size}, {ends}"
            yield Difference("checkpoint", size, says, str(self.up_to), str(size))

    def _gap(self, first: int, last: int, because: str) -> Difference:
        missing = f"#{first} is" if first == last else f"#{first} to #{last} are"
        return Difference("position", first, f"{missing} missing: {because}.")


def hashed_anew(ledger: Ledger, up_to: int, progress: Progress = silent) -> Tip:
    """The tree of the first lines, from nothing but the lines; raises TreeDamaged where one cannot be read."""
    tip = Tip()
    try:
        for row in ledger.entries.all_rows(0, up_to):
            tip.add(leaf(row))
            progress(1)
    except (TypeError, AttributeError, ValueError, exc.SQLAlchemyError, sqlite3.Error, msgspec.MsgspecError):
        raise TreeDamaged(tip.size + 1) from None
    return tip


def rewritten(told: checkpoint.Checkpoint, tip: Tip, where: str) -> Difference:
    """The difference between a checkpoint and the lines."""
    says = (
        f"History was rewritten: the checkpoint {where} (of #{told.size}, signed by {told.signers}) has another root "
        "than the entries that are there now."
    )
    return Difference("checkpoint", told.size, says, b64(tip.root), b64(told.root))


def b64(hashed: bytes) -> str:
    """A root as answers and checkpoints have it."""
    return b64encode(hashed).decode()


def _hex(value: Any) -> str | None:
    return value.hex() if isinstance(value, bytes) else None if value is None else str(value)
