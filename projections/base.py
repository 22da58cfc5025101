"""A projection: tables of answers that follow the log. It may be dropped and rebuilt at any time, to the same rows.

Catching up is synchronous: rows and cursor in one transaction, a chunk of entries at a time. A rebuild fills a new
generation of tables beside the live one and then switches; whoever asks meanwhile is answered by the live one. An
error while projecting stops: a silent gap in a ledger is a lie.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from itertools import islice
from typing import Any, ClassVar, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, Integer, MetaData, Table, func, select
from sqlalchemy.schema import CreateTable

from ledger.database import Database
from ledger.entry import Row
from ledger.statements import CHUNK
from ledger.store import EntryRecorder
from ledger.tables import NUMBER, WORDS

GONE = -1  # in place of live: its tables were dropped, and its number is never given again

Insert: TypeAlias = Callable[[Table, list[tuple[Any, ...]]], None]
"""Adds rows to a table, in the order of its columns."""


@cache
def cursors_in(schema: str | None) -> Table:
    """The table that says how far each projection is."""
    return Table(
        "projections",
        MetaData(schema=schema),
        Column("name", WORDS, primary_key=True),
        Column("generation", Integer, primary_key=True),
        Column("live", Integer, nullable=False),
        Column("position", NUMBER, nullable=False),
    )


class Projection(ABC):
    """One projection on one ledger. A subclass gives its name, its tables and what an entry adds to them."""

    name: ClassVar[str]

    def __init__(self, entries: EntryRecorder) -> None:
        self.entries = entries
        self.database: Database = entries.database
        self.schema = self.database.place.answers
        self.cursors = cursors_in(self.schema)

    @abstractmethod
    def tables_in(self, schema: str | None, generation: int) -> MetaData:
        """The tables of a generation in a schema; their names hold its number."""

    def tables(self, generation: int) -> MetaData:
        """The tables of a generation, where the ledger keeps them."""
        return self.tables_in(self.schema, generation)

    @abstractmethod
    def project(self, insert: Insert, tables: MetaData, rows: Sequence[Row]) -> None:
        """Inserts what these entries, in order, bring."""

    def made(self, connection: Connection) -> tuple[list[MetaData], list[MetaData]]:
        """The tables that there should be: those that are whole, and those that somebody fills or has to drop yet."""
        if self.cursors.fullname not in self.database.place.table_names(connection):
            return [], []
        query = select(self.cursors.c.generation, self.cursors.c.live).where(self.cursors.c.name == self.name)
        rows = [(self.tables(generation), live) for generation, live in connection.execute(query) if live != GONE]
        whole = [tables for tables, live in rows if live]
        return [self.cursors.metadata, *whole], [tables for tables, live in rows if not live]

    def cursor(self) -> tuple[int, int]:
        """The live generation and the position up to which it has caught up; (0, 0) where there is none."""
        with self.looking() as (_, generation, position):
            return generation, position

    @contextmanager
    def looking(self) -> Iterator[tuple[Connection, int, int]]:
        """A connection that sees one state, with the live generation and its position in it, as `cursor` gives them.

        Its tables stay as long as somebody looks at them, whoever rebuilds meanwhile.
        """
        while True:
            with self.database.reading() as connection:
                generation, position = self.live(connection)
                if self.database.place.hold(connection, list(self.tables(generation).tables) if generation else []):
                    yield connection, generation, position
                    return

    def catch_up(self, up_to: int) -> int:
        """Projects the entries up to a position; answers with the live generation.

        Raises NotWritable where the ledger may only be read.
        """
        generation, position = self.cursor()
        if not generation:
            return self.rebuild(up_to)
        while position < up_to:
            position = self._advance(generation, up_to)
        return generation

    def rebuild(self, up_to: int | None = None) -> int:
        """Fills a new generation from the first entry on, switches to it and drops the others."""
        generation, cursors = self._begin(), self.cursors
        last = self.entries.head() if up_to is None else up_to
        while self._advance(generation, last) < last:
            pass
        with self.database.projecting() as connection:
            if self._reached(connection, generation) is None:
                return self.live(connection)[0]  # somebody else was faster
            for table in self.tables(generation).sorted_tables:
                for index in table.indexes:
                    index.create(connection)
                self.database.place.filled(connection, table.fullname)
            mine = cursors.c.name == self.name
            connection.execute(cursors.update().where(mine).values(live=0))
            connection.execute(cursors.update().where(mine, cursors.c.generation == generation).values(live=1))
        self._drop_others(generation)
        return generation

    def _drop_others(self, generation: int) -> None:
        """Those that were live, or were being filled; one that somebody looks at is left for the next rebuild."""
        cursors = self.cursors
        with self.database.projecting() as connection:
            mine = cursors.c.name == self.name
            others = select(cursors.c.generation).where(mine, cursors.c.generation != generation, cursors.c.live == 0)
            for other in connection.scalars(others).all():
                tables = self.tables(other)
                there = self.database.place.table_names(connection).intersection(tables.tables)
                if self.database.place.give_up(connection, sorted(there)):
                    tables.drop_all(connection)
                    connection.execute(cursors.update().where(self._row(other)).values(live=GONE))
            # The row of the highest number stays, so that the number does: somebody may still be filling its tables.
            below = cursors.c.generation < self._last(connection)
            connection.execute(cursors.delete().where(mine, below, cursors.c.live == GONE))

    def _begin(self) -> int:
        """A new generation of tables, nobody's yet; its indexes are made when it is filled, which is far faster."""
        cursors = self.cursors
        with self.database.projecting() as connection:
            cursors.metadata.create_all(connection)
            generation = self._last(connection) + 1
            there = self.database.place.table_names(connection)
            while there.intersection(self.tables(generation).tables):
                generation += 1  # of somebody whose row was deleted
            for table in self.tables(generation).sorted_tables:
                connection.execute(CreateTable(table))
            row = {"name": self.name, "generation": generation, "live": 0, "position": 0}
            connection.execute(cursors.insert().values(row))
        return generation

    def _advance(self, generation: int, up_to: int) -> int:
        """Projects one chunk, and answers with the position reached."""
        mine, cursors = self._row(generation), self.cursors
        with self.database.projecting() as connection:
            position = self._reached(connection, generation)
            if position is None:
                return up_to  # somebody else has filled another generation in the meantime, and switched to it
            if up_to <= position:
                return position
            rows = list(islice(self.entries.all_rows(position, up_to), CHUNK))
            end = rows[-1][0] if len(rows) == CHUNK else up_to
            self.project(partial(self.database.insert, connection), self.tables(generation), rows)
            connection.execute(cursors.update().where(mine).values(position=end))
        return end

    def _reached(self, connection: Connection, generation: int) -> int | None:
        """The position that a generation has reached; None where its tables were dropped."""
        reached = select(self.cursors.c.position).where(self._row(generation), self.cursors.c.live != GONE)
        found = connection.scalar(reached)
        return None if found is None else int(found)

    def _last(self, connection: Connection) -> int:
        """The highest number that a generation ever had."""
        query = select(func.max(self.cursors.c.generation)).where(self.cursors.c.name == self.name)
        return int(connection.scalar(query) or 0)

    def _row(self, generation: int) -> ColumnElement[bool]:
        return (self.cursors.c.name == self.name) & (self.cursors.c.generation == generation)

    def live(self, connection: Connection) -> tuple[int, int]:
        """The live generation and the position it has reached, as this connection sees them; (0, 0) for none."""
        there = self.database.place.table_names(connection)
        cursors = self.cursors
        if cursors.fullname not in there:
            return 0, 0
        query = select(cursors.c.generation, cursors.c.position).where(cursors.c.name == self.name, cursors.c.live == 1)
        row = connection.execute(query).first()
        return (row[0], row[1]) if row and there.issuperset(self.tables(row[0]).tables) else (0, 0)
