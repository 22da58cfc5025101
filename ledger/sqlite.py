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
from typing import Any, ClassVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, MetaData, QueuePool, Table, create_engine, event, exc

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
    WrittenMeanwhile,
)
from ledger.files import draft_folder, put
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


class _Session(sqlite3.Connection):
    """A connection, with the state of the file that it was opened on where it takes that for unchangeable."""

    seen: tuple[object, ...] | None = None


class File(Place):
    """A file of SQLite."""

    BEGIN_READING: ClassVar[str] = "BEGIN"
    BEGIN_WRITING: ClassVar[str] = "BEGIN IMMEDIATE"
    TURN: ClassVar[str] = (
        "SELECT position, recorded_at FROM entries WHERE position = (SELECT max(position) FROM entries)"
    )

    def __init__(self, path: Path, address: str) -> None:
        # Once: what lies beside the file lies beside the file itself, by whatever name one comes to it.
        self.path = Path(os.path.realpath(path))
        self.address = address
        self.name = path.stem
        self.folder = Path(f"{self.path}.files")
        former = Path(f"{path}.files")
        self.former_folder = former if path.is_symlink() and former.is_dir() else None
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
        return self._engine("rw" if self._writable else None)

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
            with draft_folder(self.path.parent) as folder:
                draft = File(folder / self.path.name, self.address)
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

    def unchanged(self, connection: _Session) -> None:
        if connection.seen and connection.seen != _state(self.path):
            raise WrittenMeanwhile(self.address)

    def _engine(self, mode: str | None) -> Engine:
        """`mode`: as SQLite has it; None for a reader without the right to lock the file."""

        def connect() -> sqlite3.Connection:
            seen = None if mode else _unlocked(self.path)
            how = mode or ("ro&immutable=1" if seen else "ro")
            # The driver's own transaction handling is off (isolation_level=None): we say BEGIN and which one.
            session = sqlite3.connect(
                f"file:{quote(str(self.path))}?mode={how}", uri=True, isolation_level=None, timeout=place.LOCK_SECONDS,
                check_same_thread=False, cached_statements=64, factory=_Session,
            )  # fmt: skip
            session.seen = seen
            return session

        engine = create_engine(
            "sqlite://", creator=connect, poolclass=QueuePool, pool_reset_on_return=None, pool_size=5, max_overflow=50
        )

        @event.listens_for(engine, "checkout")
        def still_so(connection: _Session, _record: object, _proxy: object) -> None:
            if connection.seen and connection.seen != _state(self.path):
                raise exc.DisconnectionError  # and another one sees what was written since

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


def _unlocked(path: Path) -> tuple[object, ...] | None:
    """The state of a file that is to be read without a lock; None where it can be read with one.

    Without write permission SQLite can read a WAL database only where its -wal file already lies beside it; where
    there is none, nobody has it open for writing, and it may be read as it is, until somebody does.
    """
    seen = _state(path)
    return None if seen[-1] else seen


def _state(path: Path) -> tuple[object, ...]:
    """What changes when a file is written: times and sizes, its own and how long its -wal is."""
    own, wal = _status(path), _status(Path(f"{path}-wal"))
    return own and (own.st_ino, own.st_mtime_ns, own.st_size), wal.st_size if wal else 0


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
