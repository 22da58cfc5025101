"""Import: the lines of another copy of a log, taken as they are, so that the copy has the same root.

Into an empty ledger all of them; into a ledger that is a prefix of them, the rest; a ledger that says something else
anywhere refuses, and says where the two part. All or nothing.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, Any

import msgspec
from sqlalchemy import Connection, select

from ledger import attachments, checkpoint, merkle, tree
from ledger.database import Database
from ledger.entry import COLUMNS, Line, Row, entry_of, leaf, line
from ledger.errors import (
    CheckpointDiffers,
    LineNotAnEntry,
    LinesPart,
    NothingInFile,
    NotReadable,
    PositionSkipped,
    Refusal,
)
from ledger.store import CHUNK
from ledger.tables import entries

ENTRIES, CHECKPOINT, ATTACHMENTS = "entries.jsonl", "checkpoint.txt", "attachments/"


_decode = msgspec.json.Decoder(Line).decode


@dataclass(frozen=True, slots=True)
class Imported:
    """How many entries were there already, how many were added, and the root over the file's own."""

    already: int
    added: int
    root: bytes


def row_of(text: bytes, place: str) -> Row:
    """The row that a line is of, and of which it is the line to the byte; raises LineNotAnEntry."""
    try:
        said = _decode(text)
        row: Row = (
            said.position, said.recorded_at, said.recorded_by, said.deal, said.version, said.event, said.schema,
            said.key, bytes(said.data).decode(),
        )  # fmt: skip
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LineNotAnEntry(place, str(error)) from None
    if line(row) != text:
        raise LineNotAnEntry(place, "it is not written as the ledger writes lines")
    return row


def take(database: Database, path: Path) -> Imported:
    """Takes an export or a bundle.

    Raises NotReadable, NothingInFile, LineNotAnEntry, PositionSkipped, LinesPart or CheckpointDiffers.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as bundle:
                return _take_bundle(database, bundle, path)
        with path.open("rb") as file:
            return take_lines(database, file)
    except OSError as error:
        raise NotReadable(str(path), error.strerror or str(error)) from None
    except (zipfile.BadZipFile, KeyError) as error:
        raise NotReadable(str(path), f"it is not a whole bundle: {error}") from None


def _take_bundle(database: Database, bundle: zipfile.ZipFile, path: Path) -> Imported:
    told = checkpoint.parse(bundle.read(CHECKPOINT).decode(), f"{path}: {CHECKPOINT}")
    for name in bundle.namelist():
        if name.startswith(ATTACHMENTS):
            content = bundle.read(name)
            attachments.store_bytes(database, sha256(content).hexdigest(), content)
    with bundle.open(ENTRIES) as file:
        return take_lines(database, file, told)


def take_lines(database: Database, file: IO[bytes], told: checkpoint.Checkpoint | None = None) -> Imported:
    """Takes lines from the first entry on, or from the one after the last here; `told`: what their root should be."""
    with database.writing() as connection:
        importing = _Import(database, connection)
        for chunk in _chunks(_rows(file)):
            importing.take(chunk)
        if told and (told.size, told.root) != (importing.tip.size, importing.tip.root):
            raise CheckpointDiffers(told.size, importing.tip.size)
    if not importing.next:
        raise NothingInFile("The file")
    return Imported(importing.already, importing.added, importing.tip.root)


class _Import:
    def __init__(self, database: Database, connection: Connection) -> None:
        self.database = database
        self.connection = connection
        self.head, _ = database.turn(connection)
        self.next = 0
        self.already = self.added = 0
        self.tip = merkle.Tip()
        self._versions: dict[str, int] = {}
        self._instant = ""

    def take(self, rows: list[Row]) -> None:
        for row in rows:
            self._check_place(row)
            self.tip.add(leaf(row))
        there = [row for row in rows if row[0] <= self.head]
        self._compare(there)
        self._append(rows[len(there) :])

    def _check_place(self, row: Row) -> None:
        expected = self.next + 1 if self.next else 1
        if row[0] != expected:
            raise PositionSkipped(row[0], expected)
        if row[1] <= self._instant:
            raise LineNotAnEntry(f"#{row[0]}", f"it was recorded at {row[1]}, not after the one before it")
        if row[4] != self._versions.get(row[3], 0) + 1:
            raise LineNotAnEntry(f"#{row[0]}", f"it is entry {row[4]} of {row[3]}, out of turn")
        self.next, self._instant, self._versions[row[3]] = row[0], row[1], row[4]

    def _compare(self, rows: list[Row]) -> None:
        if not rows:
            return
        columns = [entries.c[name] for name in COLUMNS]
        query = select(*columns).where(entries.c.position.between(rows[0][0], rows[-1][0])).order_by(entries.c.position)
        ours: dict[int, Any] = {row[0]: tuple(row) for row in self.connection.execute(query)}
        for row in rows:
            if ours.get(row[0]) != row:
                raise LinesPart(row[0], _said(ours.get(row[0])), _said(row))
        self.already += len(rows)

    def _append(self, rows: list[Row]) -> None:
        if not rows:
            return
        leaves = [leaf(row) for row in rows]
        nodes = tree.nodes_of(self.connection, rows[0][0] - 1, leaves)
        stored = [(*row, hashed, more) for row, hashed, more in zip(rows, leaves, nodes, strict=True)]
        self.database.insert(self.connection, entries, stored)
        self.added += len(rows)


def _rows(file: Iterable[bytes]) -> Iterator[Row]:
    for number, text in enumerate(file, 1):
        row = row_of(text.rstrip(b"\n"), f"Line {number}")
        try:
            entry_of(row)
        except Refusal as refusal:
            raise LineNotAnEntry(f"Line {number}", str(refusal)) from None
        yield row


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _said(row: Any) -> str:
    return f"{row[5]} of {row[3]}, recorded at {row[1]} by {row[2]}" if row else "nothing"
