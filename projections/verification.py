"""`deal verify`: everything that can be checked without anything from outside, in one go."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exc, func, select

from ledger import checkpoint
from ledger.application import Ledger
from ledger.entry import Row
from ledger.errors import NoRoomToCompare, NotACheckpoint, Refusal, SignatureWrong
from ledger.tables import entries
from projections import mirror
from projections.audit import Difference, Found, LogCheck, Progress, b64, silent
from projections.point import Point
from projections.proof import Required, not_signed
from projections.settlement.restated import differences_of
from projections.settlement.statements import settled_deals, statements_of
from projections.shares import Shares


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and the root that the lines give."""

    entries: int
    checkpoints: int
    attachments: int
    root: bytes

    def json(self, address: str, differences: Sequence[Difference]) -> dict[str, Any]:
        """The shape `deal.verify/1`."""
        return {
            "schema": "deal.verify/1",
            "ledger": address,
            "sound": not differences,
            "entries": self.entries,
            "checkpoints": self.checkpoints,
            "attachments": self.attachments,
            "differences": [difference.json() for difference in differences],
            "head": {"position": self.entries, "root": b64(self.root)},
        }


class Verification:
    """All checks of one ledger, as it is when they begin."""

    def __init__(self, ledger: Ledger, progress: Progress = silent, required: Required | None = None) -> None:
        self.ledger = ledger
        self.progress = progress
        self.required = required  # by whom a checkpoint on file has to be signed
        self.signed = 0  # the entries up to which one is
        notes = _notes(ledger)  # before the head: whoever writes meanwhile makes later ones
        self._kept = notes or []
        self.head = ledger.entries.head()
        self.log = LogCheck(ledger, self.head, notes or [], progress)
        self._gone = notes is None

    def differences(self) -> Found:
        """Everything that is not as it should be, as it is found."""
        yield from _schema(self.ledger)
        yield from _file(self.ledger)
        if self._gone:
            yield Difference(
                "checkpoint", None, "The checkpoints on file cannot be read: their table is gone or damaged."
            )
        yield from self.log.differences()
        yield from self._signed()
        yield from _keys(self.ledger)
        try:
            yield from mirror.differences(Shares(self.ledger.entries), self._rows)
        except NoRoomToCompare:
            raise  # that is not said of the books
        except (exc.SQLAlchemyError, sqlite3.Error, Refusal) as error:
            yield Difference("projection", None, f"The projection shares cannot be read: {error}")
        yield from self._statements()

    def _signed(self) -> Found:
        """A checkpoint on file is signed as it has to be; `signed` is then of how many entries the largest one is."""
        if self.required is None:
            return
        for size, note in reversed(self._kept):
            if not isinstance(note, str):
                continue
            try:
                lacking = list(not_signed(checkpoint.parse(note), self.required))
            except NotACheckpoint:
                continue  # said by the check of the log
            except SignatureWrong as refusal:
                yield Difference("signature", size, f"Of the checkpoint on file at #{size}: {refusal}")
                continue
            if not lacking:
                self.signed = size
                return
        yield Difference("signature", None, "No checkpoint on file is signed by those who were given.")

    def _statements(self) -> Found:
        """Every statement, computed again on what it stands on."""
        try:
            point = Point(self.ledger.today, None, self.head)
            for deal in settled_deals(self.ledger, point):
                for entry, statement in statements_of(self.ledger, deal, self.head):
                    for text in differences_of(self.ledger, entry, statement):
                        yield Difference("statement", entry.position, text)
        except (exc.SQLAlchemyError, sqlite3.Error, Refusal) as error:
            yield Difference("statement", None, f"The statements cannot be computed again: {error}")

    @property
    def outdated(self) -> bool:
        """Whether the guards are whole, and those of an earlier version."""
        try:
            with self.ledger.database.reading() as connection:
                return self.ledger.database.place.outdated(connection)
        except (exc.SQLAlchemyError, sqlite3.Error, Refusal):
            return False

    @property
    def verified(self) -> Verified:
        """What was looked at; when all differences were taken."""
        return Verified(self.head, self.log.checkpoints, len(self.log.attachments), self.log.tip.root)

    def _rows(self, up_to: int) -> Iterator[Row]:
        for row in self.ledger.entries.all_rows(0, up_to):
            self.progress(1)
            yield row


def _notes(ledger: Ledger) -> list[tuple[int, str]] | None:
    try:
        return checkpoint.kept(ledger.database)
    except (exc.SQLAlchemyError, sqlite3.Error, Refusal):
        return None


def _schema(ledger: Ledger) -> Found:
    """What the database holds against what the ledger makes there: what runs by itself can change any answer."""
    place = ledger.database.place
    try:
        with ledger.database.reading() as connection:
            there = place.schema_of(connection)
            whole, passing = Shares(ledger.entries).made(connection)
    except (exc.SQLAlchemyError, sqlite3.Error, Refusal) as error:
        yield Difference("guard", None, f"The database's guards cannot be read: {getattr(error, 'orig', error)}")
        return
    own = place.own_schema(whole)
    may_be = {name: text for name, text in place.own_schema([*whole, *passing]).items() if name not in own}
    for name in [*own, *(name for name in there if name not in own)]:
        is_there, should = there.get(name), own.get(name) or may_be.get(name)
        if is_there != should:
            yield Difference("guard", None, _differs(name, is_there, should), is_there, should)


def _differs(name: str, there: str | None, own: str | None) -> str:
    kind, _, called = name.rpartition(" ")
    if own is None:
        return f"The database has a {kind} '{called}' that is not the ledger's own: it may change what is answered."
    what = f"The database's guard {called}" if kind in ("trigger", "function") else f"The ledger's {kind} {called}"
    if there is None:
        return f"{what} is gone: entries could have been changed."
    return f"{what} is not as the ledger makes it: entries could have been changed."


def _file(ledger: Ledger) -> Found:
    """SQLite's own check: pages, indexes against rows, unique keys."""
    if ledger.database.engine.dialect.name != "sqlite":
        return
    try:
        with ledger.database.reading() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    except (exc.SQLAlchemyError, sqlite3.Error, Refusal) as error:
        said = [str(getattr(error, "orig", error))]
    for text in said:
        if text != "ok":
            yield Difference("file", None, f"The file is damaged: {text}.")


def _keys(ledger: Ledger) -> Found:
    key = entries.c.key
    query = select(key, func.min(entries.c.position), func.max(entries.c.position)).where(key.is_not(None))
    try:
        with ledger.database.reading() as connection:
            twice = connection.execute(query.group_by(key).having(func.count() > 1)).all()
    except (exc.SQLAlchemyError, sqlite3.Error, Refusal):
        return  # said by the check of the file
    for name, first, last in twice:
        yield Difference(
            "key", last, f"#{last} has the key '{name}', which is that of #{first}: one of them is a copy."
        )
