"""Where a ledger may lie: what a database has to give, so that the rest of the store need not know which it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeAlias

from sqlalchemy import Connection, Engine, MetaData, Table, exc

from ledger.errors import DatabaseFailed, NotWritable, Refusal

LOCK_SECONDS = 30  # that a writer waits for others

Mode: TypeAlias = Literal["create", "write", "read"]


@dataclass(frozen=True, slots=True)
class Rights:
    """Whether entries may be appended, and checkpoints kept."""

    append: bool
    keep: bool


class Listener(Protocol):
    """Hears when entries are recorded."""

    def wait(self) -> None:
        """Until there is something new, or for a second."""

    def close(self) -> None: ...


class Place(ABC):
    """A database, or the part of one, that a ledger lies in or is to lie in."""

    address: str
    """As it may be shown: without a password."""

    name: str
    """What a log there is called, where nobody says otherwise."""

    folder: Path | None = None
    """Where attached files lie; None where they lie in the database."""

    former_folder: Path | None = None
    """Where files were put beside another name of the same ledger, by earlier versions; they are read there too."""

    follows = False
    """Whether it is a standby, or another server that may only be read."""

    answers: str | None = None
    """The schema in which projections keep their tables; None where a database has no schemas."""

    BEGIN_READING: ClassVar[str]
    BEGIN_WRITING: ClassVar[str]
    TURN: ClassVar[str]
    """Waits until no other writer is left; gives position and instant of the last entry (or no row, or NULLs)."""

    def begin(self, cursor: Any) -> None:
        """Begins to write."""
        cursor.execute(self.BEGIN_WRITING)

    def begin_in_turn(self, cursor: Any) -> Any:
        """Begins to write, and waits for our turn: the row of `TURN`."""
        self.begin(cursor)
        return cursor.execute(self.TURN).fetchone()

    @abstractmethod
    def exists(self) -> bool:
        """Whether a ledger, or something else that is in its way, is there."""

    @abstractmethod
    def engine(self, mode: Mode) -> Engine:
        """Connections whose transactions are begun and ended in words; raises NoLedger, NotALedger, CannotOpen."""

    @abstractmethod
    def make(self, connection: Connection) -> None:
        """Makes the tables and their guards, in a transaction."""

    @contextmanager
    def made_whole(self) -> Iterator[Place]:
        """Where a ledger is made that is to be there as a whole or not at all: here, where one transaction does it."""
        yield self

    @abstractmethod
    def rights(self, connection: Connection) -> Rights:
        """What whoever asks may do; raises NoLedger, NotALedger, NotYours."""

    def unchanged(self, connection: Any) -> None:
        """After reading on a driver's connection; raises WrittenMeanwhile where what was read may be of two states."""
        return

    @abstractmethod
    def not_writable(self) -> NotWritable:
        """The refusal for who may not append."""

    @abstractmethod
    def insert(self, connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
        """Adds rows of values in the order of the columns, the fastest way there is."""

    @abstractmethod
    def table_names(self, connection: Connection) -> set[str]:
        """The tables that are there, those of the projections with their schema."""

    def committed(self, connection: Connection) -> None:
        """After a commit; raises NotOnStandby where it was not waited for whom it should have been."""
        return

    def listener(self) -> Listener | None:
        """Who hears when entries are recorded; None where nobody tells."""
        return None

    @abstractmethod
    def schema_of(self, connection: Connection) -> dict[str, str]:
        """What is there, tables and whatever runs by itself: definitions, by kind and name (`trigger entries_tell`)."""

    @abstractmethod
    def own_schema(self, answers: Sequence[MetaData]) -> dict[str, str]:
        """The same as the ledger makes it, with these tables of answers."""

    def outdated(self, connection: Connection) -> bool:
        """Whether its guards are those of an earlier version, which refuse less."""
        return False

    @abstractmethod
    def refusal_of(self, error: Exception) -> Refusal | None:
        """The refusal for an error that the user can do something about, or None."""

    @abstractmethod
    def keep_answers(self, connection: Connection) -> None:
        """Waits for our turn among those who keep answers, and takes the rights of their keeper."""

    @abstractmethod
    def filled(self, connection: Connection, table: str) -> None:
        """A table of answers was filled at once: a moment to look at what is in it."""

    def hold(self, connection: Connection, tables: Sequence[str]) -> bool:
        """Sees to it that these tables stay until the transaction ends; False where one of them is gone already."""
        return True  # where a transaction keeps what it once saw

    def give_up(self, connection: Connection, tables: Sequence[str]) -> bool:
        """Whether nobody holds any of these tables, and nobody can any more until the transaction ends."""
        return True

    def lost(self, error: Exception) -> bool:
        """Whether the connection is gone: what was being committed may be recorded or not."""
        return False


def cause(error: Exception) -> BaseException:
    """The driver's own error."""
    return error.orig if isinstance(error, exc.DBAPIError) and error.orig else error


def failed(error: Exception) -> DatabaseFailed:
    """The refusal for an error of a database that nobody foresaw, wherever it comes from."""
    said = str(cause(error)).strip().partition("\n")[0].rstrip(".")
    return DatabaseFailed(said or type(cause(error)).__name__)
