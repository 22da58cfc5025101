"""A ledger in a file of SQLite.

SQLite runs in WAL mode with synchronous=FULL, so that an acknowledged entry is on disk; a writer takes the write lock
first (BEGIN IMMEDIATE), so that what it reads stays true until it commits. The database itself refuses to change or
delete an entry.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, MetaData, QueuePool, Table, create_engine, event

from ledger import place
from ledger.errors import (
    AlreadyALedger,
    CannotOpen,
    DiskFull,
    LedgerBusy,
    NoLedger,
    NotALedger,
    NotWritable,
    Refusal,
)
from ledger.files import put
from ledger.place import Mode, Place, Rights, cause
from ledger.tables import insertion, metadata

WAIT_MILLISECONDS = 200
CACHE_KIBIBYTES = 16_384  # SQLite's own 2,000 hold too few pages of the indexes of a large ledger

STATISTICS = "'sqlite_stat1', 'sqlite_stat4'"  # of ANALYZE: by which index to go, and nothing about what is there

UNCHANGED = "SELECT RAISE(ABORT, 'entries of a ledger are never changed or deleted')"

TRIGGERS = [
    f"CREATE TRIGGER {table}_never_{verb.lower()} BEFORE {verb} ON {table} BEGIN {UNCHANGED}; END"
    for table in ("entries", "ledger", "checkpoints")
    for verb in ("UPDATE", "DELETE")
] + [
    # INSERT OR REPLACE deletes what is in its way without asking the trigger for DELETE.
    "CREATE TRIGGER entries_never_replace BEFORE INSERT ON entries "
    # (One EXISTS for all three: half the time of three.)
    "WHEN EXISTS (SELECT 1 FROM entries WHERE position = NEW.position "
    "OR (deal = NEW.deal AND version = NEW.version) OR key = NEW.key) "
    f"BEGIN {UNCHANGED}; END"
]


class File(Place):
    """A file of SQLite."""

    BEGIN_READING: ClassVar[str] = "BEGIN"
    BEGIN_WRITING: ClassVar[str] = "BEGIN IMMEDIATE"
    TURN: ClassVar[str] = (
        "SELECT position, recorded_at FROM entries WHERE position = (SELECT max(position) FROM entries)"
    )

    def __init__(self, path: Path, address: str) -> None:
        self.path = path
        self.address = address
        self.name = path.stem
        self.folder = Path(f"{path}.files")
        self._writable = False

    def exists(self) -> bool:
        return self.path.exists()

    def engine(self, mode: Mode) -> Engine:
        if mode == "create":
            return self._new()
        if not self.exists():
            raise NoLedger(self.address)
        if self.path.is_dir():
            raise NotALedger(self.address)
        self._writable = mode == "write" or _may_write(self.path)
        return self._engine("rw" if self._writable else _reader(self.path))

    def make(self, connection: Connection) -> None:
        metadata.create_all(connection, checkfirst=False)
        for trigger in TRIGGERS:
            connection.exec_driver_sql(trigger)

    @contextmanager
    def made_whole(self) -> Iterator[File]:
        """Beside its place, and put there when it is whole: who is killed meanwhile leaves no file by its name."""
        if not self.path.parent.is_dir() or not os.access(self.path.parent, os.W_OK):
            raise CannotOpen(self.address)
        try:
            with TemporaryDirectory(prefix=".deal-", dir=self.path.parent) as folder:
                draft = File(Path(folder) / self.path.name, self.address)
                yield draft
                put(draft.path, self.path)
        except FileExistsError:  # somebody else made it meanwhile
            raise AlreadyALedger(self.address) from None
        except OSError as error:
            raise (DiskFull(self.address) if error.errno == ENOSPC else CannotOpen(self.address)) from None

    def rights(self, connection: Connection) -> Rights:
        return Rights(append=self._writable, keep=self._writable)

    def not_writable(self) -> NotWritable:
        return NotWritable(self.address)

    def begin(self, cursor: Any) -> None:
        """Waits in short pieces: between two of them Ctrl-C is heard, and not only when the whole wait is over."""
        last = max(1, round(place.LOCK_SECONDS * 1000 / WAIT_MILLISECONDS))
        cursor.execute(f"PRAGMA busy_timeout = {WAIT_MILLISECONDS}")
        try:
            for piece in range(1, last + 1):
                try:
                    cursor.execute(self.BEGIN_WRITING)
                    return
                except sqlite3.OperationalError as error:
                    if piece == last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                        raise
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {round(place.LOCK_SECONDS * 1000)}")

    def insert(self, connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
        insert(connection, table, rows)

    def keep_answers(self, connection: Connection) -> None:
        """A writer's turn is everybody's, and rights are those of the file."""

    def filled(self, connection: Connection, table: str) -> None:
        """The queries say themselves by which index they go."""

    def table_names(self, connection: Connection) -> set[str]:
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        return set(rows.scalars())

    def schema_of(self, connection: Connection) -> dict[str, str]:
        query = f"SELECT type, name, COALESCE(sql, tbl_name) FROM sqlite_master WHERE name NOT IN ({STATISTICS})"
        return {f"{kind} {name}": " ".join(sql.split()) for kind, name, sql in connection.exec_driver_sql(query)}

    def own_schema(self, answers: Sequence[MetaData]) -> dict[str, str]:
        engine = create_engine("sqlite://")
        try:
            with engine.begin() as own:
                self.make(own)
                for tables in answers:
                    tables.create_all(own)
                return self.schema_of(own)
        finally:
            engine.dispose()

    def refusal_of(self, error: Exception) -> Refusal | None:
        text = str(cause(error))
        if "readonly" in text or "read-only" in text:
            return NotWritable(self.address)
        if "is full" in text or "disk I/O error" in text:
            return DiskFull(self.address)
        if "locked" in text or "busy" in text:
            return LedgerBusy(self.address, place.LOCK_SECONDS)
        if "not a database" in text or "no such table" in text or "malformed" in text:
            return NotALedger(self.address)
        if "unable to open" in text:
            return CannotOpen(self.address)
        return None

    def _new(self) -> Engine:
        self._writable = True
        engine = self._engine("rwc")
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        return engine

    def _engine(self, mode: str) -> Engine:
        # The driver's own transaction handling is off (isolation_level=None): we say BEGIN and which one.
        uri = f"file:{quote(str(self.path.absolute()))}?mode={mode}"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(
                uri, uri=True, isolation_level=None, timeout=place.LOCK_SECONDS, check_same_thread=False,
                cached_statements=64,
            )  # fmt: skip

        engine = create_engine(
            "sqlite://", creator=connect, poolclass=QueuePool, pool_reset_on_return=None, pool_size=5, max_overflow=50
        )

        @event.listens_for(engine, "connect")
        def durable(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")

        return engine


def insert(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Adds rows of values in the order of the columns to a table of any SQLite database."""
    connection.connection.cursor().executemany(insertion(table, "?"), rows)


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _reader(path: Path) -> str:
    # Without write permission SQLite can read a WAL database only where its -wal file already lies beside it;
    # where there is none, nobody has it open for writing, and it may be read as it is.
    wal = Path(f"{path}-wal")
    return "ro" if wal.exists() and wal.stat().st_size else "ro&immutable=1"
