"""An open ledger's database: opening and creating it, and its transactions.

An address is a path (SQLite) or a URL (`sqlite:///...`, `postgresql://...`). Which database it is, is known to the
rooms of the places alone: ledger.sqlite and ledger.postgres.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ClauseElement, Connection, Table, exc, select
from sqlalchemy.engine.interfaces import DBAPICursor

from ledger.address import ServerAddress, parse, shown
from ledger.errors import (
    AlreadyALedger,
    NewerLedger,
    NoServersThere,
    NotALedger,
    NotOnStandby,
    OutcomeUnknown,
    Refusal,
    ServerWentAway,
)
from ledger.place import Mode, Place
from ledger.sqlite import File
from ledger.tables import FORMAT, ledger

if TYPE_CHECKING:
    from ledger.postgres import Server


class Database:
    """An open ledger's database. `reading` and `writing` give a connection inside one transaction."""

    def __init__(self, place: Place, mode: Mode) -> None:
        self.place = place
        self.address = place.address
        self.engine = place.engine(mode)
        self.writable = mode == "create"
        self.keeps_checkpoints = self.writable
        self._texts: dict[ClauseElement, str] = {}
        driver = self.engine.dialect.loaded_dbapi
        self.errors: tuple[type[Exception], ...] = (exc.DBAPIError, driver.Error)
        self.integrity_errors: tuple[type[Exception], ...] = (exc.IntegrityError, driver.IntegrityError)

    def run(self, connection: Connection, statement: ClauseElement, values: Any = ()) -> DBAPICursor:
        """Runs a constant statement, compiled once, on the driver itself; a list of values runs it for each.

        The values stand in the order of the statement's parameters. (SQLAlchemy's own way prepares each statement
        and each row of values anew, which takes longer than SQLite does.)
        """
        text, cursor = self._text(statement), connection.connection.cursor()
        (cursor.executemany if isinstance(values, list) else cursor.execute)(text, values)
        return cursor

    def answer(self, statement: ClauseElement, values: Sequence[int | str]) -> list[Any]:
        """The rows that a constant statement finds by itself, without a transaction around it; see `run`.

        On a connection of the pool as it is: to dress it up as one of SQLAlchemy's own takes longer than SQLite does.
        """
        try:
            connection = self.engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(self._text(statement), values)
                found = list(cursor.fetchall())
                self.place.unchanged(connection.driver_connection)
                return found
            finally:
                connection.close()
        except self.errors as error:
            raise self.place.refusal_of(error) or error from None

    def _text(self, statement: ClauseElement) -> str:
        text = self._texts.get(statement)
        if text is None:
            text = self._texts[statement] = str(statement.compile(dialect=self.engine.dialect))
        return text

    def insert(self, connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
        """Adds rows of values in the order of the columns; see ledger.tables.insertion."""
        self.place.insert(connection, table, rows)

    def turn(self, connection: Connection) -> tuple[int, str]:
        """Waits for our turn among the writers; position and instant of the last entry, (0, "") where none is."""
        return _last(connection.connection.cursor().execute(self.place.TURN).fetchone())

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """A connection for one statement, which sees one state of the ledger without a transaction around it."""
        with self._told(), self.engine.connect() as connection:
            yield connection
            self.place.unchanged(connection.connection.driver_connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger throughout."""
        with self._told(), self.engine.connect() as connection, self._undone(connection):
            connection.connection.cursor().execute(self.place.BEGIN_READING)
            yield connection
            self.place.unchanged(connection.connection.driver_connection)
            connection.connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that commits at the end, or rolls back on any error.

        Raises OutcomeUnknown where the connection broke while it was being committed.
        """
        with self._writing() as connection:
            self.place.begin(connection.connection.cursor())
            yield connection
            self._commit(connection)

    @contextmanager
    def in_turn(self) -> Iterator[tuple[Connection, int, str]]:
        """The same when our turn among the writers has come, with what `turn` says."""
        with self._writing() as connection:
            yield connection, *_last(self.place.begin_in_turn(connection.connection.cursor()))
            self._commit(connection)

    @contextmanager
    def projecting(self) -> Iterator[Connection]:
        """The same for whoever keeps tables of answers: one at a time, and with the rights of their keeper."""
        try:
            with self.writing() as connection:
                self.place.keep_answers(connection)
                yield connection
        except OutcomeUnknown:
            raise ServerWentAway(self.address) from None  # answers are disposable: it does not matter which of the two
        except NotOnStandby:
            return  # for the same reason

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if not self.writable:
            raise self.place.not_writable()
        with self._told(), self.engine.connect() as connection, self._undone(connection):
            yield connection

    def _commit(self, connection: Connection) -> None:
        try:
            connection.connection.commit()
        except self.errors as error:
            if self.place.lost(error):
                raise OutcomeUnknown(self.address) from None
            raise
        self.place.committed(connection)

    @contextmanager
    def _undone(self, connection: Connection) -> Iterator[None]:
        """Rolls back what is begun on a connection on any error."""
        try:
            yield
        except BaseException:
            try:
                if not connection.invalidated:
                    connection.connection.rollback()
            except self.errors:
                connection.invalidate()  # it is gone, and what was begun on it as well
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the database as refusals, where the user can do something about them."""
        try:
            yield
        except self.errors as error:
            raise self.place.refusal_of(error) or error from None

    def close(self) -> None:
        self.engine.dispose()


def _last(row: Any) -> tuple[int, str]:
    return (row[0], row[1]) if row and row[0] and row[0] > 0 else (0, "")


def place_of(address: str) -> Place:
    """Where an address leads; raises AddressNotSupported, AddressNotUnderstood, DriverMissing."""
    found = parse(address)
    if isinstance(found, Path):
        return File(found, shown(address))
    return _server(found)


def places_of(address: str) -> list[tuple[str, Place]]:
    """The servers that an address names, each by itself, with its host and port; raises NoServersThere for a file."""
    found = parse(address)
    if isinstance(found, Path):
        raise NoServersThere(shown(address))
    return [(name, _server(found, only)) for name, only in _server(found).each()]


def _server(address: ServerAddress, only: dict[str, str] | None = None) -> Server:
    from ledger.postgres import Server  # only who asks for a server waits for its driver

    return Server(address, only)


def open_database(address: str, mode: Mode) -> Database:
    """Opens the ledger at an address, or creates it there.

    Raises NoLedger, NotALedger, NewerLedger, AlreadyALedger, NotWritable, CannotOpen, AddressNotSupported; of a
    server also what ledger.postgres says.
    """
    place = place_of(address)
    return _create(place) if mode == "create" else open_place(place, mode)


def open_place(place: Place, mode: Mode) -> Database:
    """Opens the ledger that lies in a place."""
    database = Database(place, mode)
    try:
        _check(database)
    except Refusal:
        database.close()
        raise
    return database


def is_there(address: str) -> bool:
    """Whether something is there already that is opened, and not made."""
    return place_of(address).exists()


def _create(place: Place) -> Database:
    if place.exists():
        raise AlreadyALedger(place.address) if _is_ledger(place) else NotALedger(place.address)
    with place.made_whole() as draft:
        try:
            database = Database(draft, "create")
        except exc.DBAPIError as error:
            raise place.refusal_of(error) or AlreadyALedger(place.address) from None
        try:
            with database.writing() as connection:
                draft.make(connection)
                connection.execute(ledger.insert().values(format=FORMAT))
        except database.errors as error:
            # Somebody else created it between our look and our lock.
            raise place.refusal_of(error) or AlreadyALedger(place.address) from None
        finally:
            database.close()
    return open_place(place, "write")


def _is_ledger(place: Place) -> bool:
    try:
        database = Database(place, "read")
    except NotALedger:
        return False
    try:
        _check(database)
    except NewerLedger:
        return True
    except Refusal:
        return False
    finally:
        database.close()
    return True


def _check(database: Database) -> None:
    with database.reading() as connection:
        rights = database.place.rights(connection)
        found = connection.execute(select(ledger.c.format)).scalar()
        if found is None:
            raise NotALedger(database.address)
        if found > FORMAT:
            raise NewerLedger(database.address, found, FORMAT)
    database.writable, database.keeps_checkpoints = rights.append, rights.keep
