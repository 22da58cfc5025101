"""Import: the lines of another copy of a log, taken as they are, so that the copy has the same root.

Into an empty ledger all of them; into a ledger that is a prefix of them, the rest; a ledger that says something else
anywhere refuses, and says where the two part. All or nothing.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeAlias

import msgspec
from sqlalchemy import Connection, select

from ledger import attachments, checkpoint, merkle, outcome, tree
from ledger.database import Database
from ledger.entry import COLUMNS, Line, Row, entry_of, is_instant, leaf, line
from ledger.errors import (
    CheckpointDiffers,
    LineNotAnEntry,
    LinesPart,
    NothingInFile,
    NotReadable,
    PositionSkipped,
    Refusal,
)
from ledger.events import EntryCorrected, Instrument
from ledger.files import is_plain, opened
from ledger.statements import CHUNK
from ledger.tables import entries

ENTRIES, CHECKPOINT, ATTACHMENTS = "entries.jsonl", "checkpoint.txt", "attachments/"
LINE_BYTES = 16 << 20  # of the longest line that can be an entry's
CHUNK_LENGTH = 32 << 20
CHECKPOINT_BYTES = 64 << 10

Keep: TypeAlias = Callable[[dict[str, int]], None]
"""Is told which files the lines name: their SHA-256, and their sizes in bytes."""

# What the reader of zip files raises for a damaged or a made-up one.
NOT_A_BUNDLE = (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)

_MEMBER = re.compile(
    r"(README\.txt|check\.py|checkpoint\.txt|entries\.jsonl|proofs\.json|state\.jsonl|manifest\.json|"
    r"attachments/[0-9a-f]{64})"
)

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
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise LineNotAnEntry(place, str(error)) from None
    if line(row) != text:
        raise LineNotAnEntry(place, "it is not written as the ledger writes lines")
    return row


def take(database: Database, path: Path) -> Imported:
    """Takes an export or a bundle.

    Raises NotReadable, NothingInFile, LineNotAnEntry, PositionSkipped, LinesPart or CheckpointDiffers.
    """
    with opened(path) as file:
        try:
            if is_plain(file):
                if zipfile.is_zipfile(file):
                    return _take_bundle(database, file, path)
                file.seek(0)  # it was looked at from its end
            return take_lines(database, file)
        except OSError as error:
            raise NotReadable(str(path), error.strerror or str(error)) from None


def _take_bundle(database: Database, file: BinaryIO, path: Path) -> Imported:
    try:
        with zipfile.ZipFile(file) as bundle:
            _check_names(bundle, path)
            return _take_members(database, bundle, path)
    except NOT_A_BUNDLE as error:
        raise NotReadable(str(path), f"it is not a whole bundle: {error}") from None


def _take_members(database: Database, bundle: zipfile.ZipFile, path: Path) -> Imported:
    there = set(bundle.namelist())
    text = bundle.open(CHECKPOINT).read(CHECKPOINT_BYTES).decode()
    told = checkpoint.parse(text, f"{path}: {CHECKPOINT}")

    def keep(named: dict[str, int]) -> None:
        """Keeps the files that entries name, and no others."""
        for digest in named:
            if f"{ATTACHMENTS}{digest}" in there:
                content = bundle.read(f"{ATTACHMENTS}{digest}")
                if sha256(content).hexdigest() != digest:
                    raise NotReadable(str(path), f"the file {ATTACHMENTS}{digest} in it was changed")
                attachments.store_bytes(database, digest, content)

    with bundle.open(ENTRIES) as file:
        return take_lines(database, file, told, keep)


def _check_names(bundle: zipfile.ZipFile, path: Path) -> None:
    """A bundle is not compressed, so that what comes out of it is never more than the file itself."""
    members = bundle.infolist()
    packed = any(member.compress_type != zipfile.ZIP_STORED for member in members)
    if packed or sum(member.file_size for member in members) > path.stat().st_size:
        raise NotReadable(str(path), "it is not as deal bundle wrote it, but packed anew")
    for name, count in Counter(member.filename for member in members).items():
        if not _MEMBER.fullmatch(name) or count > 1:
            raise NotReadable(str(path), f"a bundle has no file '{name}'{', or not twice' if count > 1 else ''}")


def take_lines(
    database: Database, file: IO[bytes], told: checkpoint.Checkpoint | None = None, keep: Keep | None = None
) -> Imported:
    """Takes lines from the first entry on, or from the one after the last here.

    `told`: what their root should be; `keep` is told which files they name, before they are there for good.
    """
    with database.writing() as connection:
        importing = Import(database, connection)
        importing.take_all(iter(lambda: file.readline(LINE_BYTES + 1), b""))
        if told and (told.size, told.root) != (importing.tip.size, importing.tip.root):
            raise CheckpointDiffers(told.size, importing.tip.size)
        if keep:
            keep(importing.named)
    if not importing.next:
        raise NothingInFile("The file")
    return Imported(importing.already, importing.added, importing.tip.root)


class Import:
    """An import in a transaction; `tip` is the tree of the lines so far, `named` the files that they name."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self.database = database
        self.connection = connection
        self.head, _ = database.turn(connection)
        self.next = 0
        self.already = self.added = 0
        self.tip = merkle.Tip()
        self.named: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        self._instant = ""

    def take_all(self, lines: Iterable[bytes]) -> None:
        """Takes lines, from the first of a log on."""
        for chunk in _chunks(_rows(lines, self.named)):
            self._take(chunk)

    def _take(self, rows: list[Row]) -> None:
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
        if not is_instant(row[1]):
            raise LineNotAnEntry(f"#{row[0]}", f"'{row[1]}' is not an instant as the ledger writes them")
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
        outcome.append(self.database, self.connection, stored)
        self.added += len(rows)


def _rows(lines: Iterable[bytes], named: dict[str, int]) -> Iterator[Row]:
    """The rows of the lines; the files that they name, with their sizes, are put down as they go by."""
    for number, text in enumerate(lines, 1):
        if len(text) > LINE_BYTES:
            raise LineNotAnEntry(f"Line {number}", f"it has more than {LINE_BYTES:,} bytes")
        row = row_of(text.rstrip(b"\n"), f"Line {number}")
        try:
            event = entry_of(row).event
        except Refusal as refusal:
            raise LineNotAnEntry(f"Line {number}", str(refusal).rstrip(".")) from None
        paper = event.corrected if isinstance(event, EntryCorrected) else event
        if isinstance(paper, Instrument):
            named.update({s.attachment.sha256: s.attachment.size for s in paper.sources if s.attachment})
        yield row


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """So many rows at a time, or fewer where they are long: memory stays flat."""
    chunk: list[Row] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += len(row[8])
        if len(chunk) == CHUNK or size > CHUNK_LENGTH:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _said(row: Any) -> str:
    return f"{row[5]} of {row[3]}, recorded at {row[1]} by {row[2]}" if row else "nothing"
