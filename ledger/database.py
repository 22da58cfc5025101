"""Where a ledger lies: opening, creating and locking the database that holds it.

An address is a path (SQLite) or an SQLAlchemy URL. SQLite runs in WAL mode with synchronous=FULL, so that an
acknowledged entry is on disk; a writer takes the write lock first (BEGIN IMMEDIATE), so that what it reads stays
true until it commits. The database itself refuses to change or delete an entry.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from errno import ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from sqlalchemy import (
    CheckConstraint,
    ClauseElement,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    QueuePool,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    exc,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPICursor

from ledger.errors import (
    AddressNotSupported,
    AlreadyALedger,
    CannotOpen,
    DiskFull,
    LedgerBusy,
    NewerLedger,
    NoLedger,
    NotALedger,
    NotWritable,
    Refusal,
)
from ledger.files import put

FORMAT = 1  # of the tables; a program refuses a ledger with a higher one
LOCK_SECONDS = 30
CACHE_KIBIBYTES = 16_384  # SQLite's own 2,000 hold too few pages of the indexes of a large ledger

Mode: TypeAlias = Literal["create", "write", "read"]

metadata = MetaData()

ledger = Table("ledger", metadata, Column("format", Integer, primary_key=True, autoincrement=False))

entries = Table(
    "entries",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("recorded_at", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("deal", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("schema", Integer, nullable=False),
    Column("key", Text),
    Column("data", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("nodes", LargeBinary, nullable=False),  # see ledger.tree
    UniqueConstraint("deal", "version"),
    UniqueConstraint("key"),
    CheckConstraint("position >= 1"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("note", Text, primary_key=True),
    Column("size", Integer, nullable=False),
)

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


class Database:
    """An open ledger's database. `reading` and `writing` give a connection inside one transaction."""

    def __init__(self, address: str, engine: Engine, writable: bool) -> None:
        self.address = address
        self.engine = engine
        self.writable = writable
        self._texts: dict[ClauseElement, str] = {}
        driver = engine.dialect.loaded_dbapi
        self.errors: tuple[type[Exception], ...] = (exc.DBAPIError, driver.Error)
        self.integrity_errors: tuple[type[Exception], ...] = (exc.IntegrityError, driver.IntegrityError)

    def run(self, connection: Connection, statement: ClauseElement, values: Any = ()) -> DBAPICursor:
        """Runs a constant statement, compiled once, on the driver itself; a list of values runs it for each.

        The values stand in the order of the statement's parameters. (SQLAlchemy's own way prepares each statement
        and each row of values anew, which takes longer than SQLite does.)
        """
        text = self._texts.get(statement)
        if text is None:
            text = self._texts[statement] = str(statement.compile(dialect=self.engine.dialect))
        cursor = connection.connection.cursor()
        (cursor.executemany if isinstance(values, list) else cursor.execute)(text, values)
        return cursor

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """A connection for one statement, which sees one state of the ledger without a transaction around it."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except self.errors as error:
            raise refusal_of(error, self.address) or error from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger throughout."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that holds the write lock; commits at the end, or rolls back on any error."""
        if not self.writable:
            raise NotWritable(self.address)
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection, connection.begin():
                connection.connection.cursor().execute(begin)
                yield connection
        except self.errors as error:
            raise refusal_of(error, self.address) or error from None

    def close(self) -> None:
        self.engine.dispose()


def open_database(address: str, mode: Mode) -> Database:
    """Opens the ledger at an address, or creates it there.

    Raises NoLedger, NotALedger, NewerLedger, AlreadyALedger, NotWritable, CannotOpen, AddressNotSupported.
    """
    path = sqlite_path(address)
    if mode == "create":
        return _create(address, path)
    if not path.exists():
        raise NoLedger(address)
    if path.is_dir():
        raise NotALedger(address)
    writable = mode == "write" or _may_write(path)
    database = Database(address, _engine(path, "rw" if writable else _reader(path)), writable)
    try:
        _check_format(database)
    except Refusal:
        database.close()
        raise
    return database


def sqlite_path(address: str) -> Path:
    """The file of an address: a path as it is, or the one in a `sqlite:///` URL."""
    if "://" not in address:
        return Path(address)
    try:
        url = make_url(address)
    except exc.ArgumentError:
        raise AddressNotSupported(address.split("://")[0]) from None
    if url.get_backend_name() != "sqlite" or not url.database:
        raise AddressNotSupported(url.get_backend_name())
    return Path(url.database)


def refusal_of(error: Exception, address: str) -> Refusal | None:
    """The refusal for an error that the user can do something about, or None."""
    text = str(error.orig if isinstance(error, exc.DBAPIError) else error)
    if "readonly" in text or "read-only" in text:
        return NotWritable(address)
    if "is full" in text or "disk I/O error" in text:
        return DiskFull(address)
    if "locked" in text or "busy" in text:
        return LedgerBusy(address, LOCK_SECONDS)
    if "not a database" in text or "no such table" in text or "malformed" in text:
        return NotALedger(address)
    if "unable to open" in text:
        return CannotOpen(address)
    return None


def _create(address: str, path: Path) -> Database:
    if path.exists():
        raise AlreadyALedger(address) if _is_ledger(path) else NotALedger(address)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise CannotOpen(address)
    # Made beside its place and put there whole, so that whoever is killed meanwhile leaves no half of a ledger.
    try:
        with TemporaryDirectory(prefix=".deal-", dir=path.parent) as folder:
            draft = Path(folder) / path.name
            _make(address, draft)
            put(draft, path)
    except FileExistsError:  # somebody else made it meanwhile
        raise AlreadyALedger(address) from None
    except OSError as error:
        raise (DiskFull(address) if error.errno == ENOSPC else CannotOpen(address)) from None
    return Database(address, _engine(path, "rw"), writable=True)


def _make(address: str, path: Path) -> None:
    with closing(Database(address, _engine(path, "rwc"), writable=True)) as database:
        with database.writing() as connection:
            metadata.create_all(connection, checkfirst=False)
            for trigger in TRIGGERS:
                connection.exec_driver_sql(trigger)
            connection.execute(ledger.insert().values(format=FORMAT))
        with database.asking() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def _is_ledger(path: Path) -> bool:
    database = Database(str(path), _engine(path, "rw" if _may_write(path) else _reader(path)), writable=False)
    try:
        _check_format(database)
    except NewerLedger:
        return True
    except Refusal:
        return False
    finally:
        database.close()
    return True


def _check_format(database: Database) -> None:
    with database.reading() as connection:
        found = connection.execute(select(ledger.c.format)).scalar()
    if found is None:
        raise NotALedger(database.address)
    if found > FORMAT:
        raise NewerLedger(database.address, found, FORMAT)


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _reader(path: Path) -> str:
    # Without write permission SQLite can read a WAL database only where its -wal file already lies beside it;
    # where there is none, nobody has it open for writing, and it may be read as it is.
    wal = Path(f"{path}-wal")
    return "ro" if wal.exists() and wal.stat().st_size else "ro&immutable=1"


def _engine(path: Path, mode: str) -> Engine:
    # The driver's own transaction handling is off (isolation_level=None): we say BEGIN and which one.
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=LOCK_SECONDS, check_same_thread=False, cached_statements=64
        )

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_reset_on_return=None, pool_size=5, max_overflow=50
    )

    @event.listens_for(engine, "connect")
    def durable(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")

    return engine
