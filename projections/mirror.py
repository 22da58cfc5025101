"""A projection held against a rebuild of itself: the same rows, or each row that differs.

The rebuild is made in a file of its own, which is thrown away, so that a ledger that may only be read can be checked,
and memory stays flat.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Table, create_engine, event, exc, select

from ledger.entry import Row
from ledger.errors import NoRoomToCompare
from ledger.sqlite import insert
from ledger.statements import CHUNK
from projections.audit import Difference, Found
from projections.base import Projection

Lines = Callable[[int], Iterable[Row]]
"""The rows of the log up to a position."""


def differences(projection: Projection, rows: Lines) -> Found:
    """What the live tables of a projection say otherwise than a rebuild from these rows.

    One state of the tables is looked at throughout, whoever else is writing meanwhile.
    """
    with projection.looking() as (live, generation, position):
        head = projection.entries.head()  # read later: a projection is never ahead of it
        if not generation:
            return  # never asked for: nothing that could differ
        if position > head:
            says = (
                f"The projection {projection.name} has seen #{position}, and the ledger ends at #{head}: entries were "
                "removed from the end."
            )
            yield Difference("projection", head + 1, says, str(head), str(position))
            return
        with TemporaryDirectory(prefix="deal-") as folder:
            yield from _rebuilt(projection, live, generation, rows(position), Path(folder))


def _rebuilt(projection: Projection, live: Connection, generation: int, rows: Iterable[Row], folder: Path) -> Found:
    engine = create_engine(f"sqlite:///{folder / 'rebuilt.db'}")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    tables = projection.tables_in(None, generation)
    try:
        with engine.begin() as rebuilt:
            tables.create_all(rebuilt)
            for chunk in _chunks(rows):
                projection.project(partial(insert, rebuilt), tables, chunk)
    except (exc.OperationalError, sqlite3.OperationalError) as error:
        if "is full" in str(error):
            raise NoRoomToCompare(str(folder.parent)) from None
        yield _not_rebuilt(projection, error)
    except Exception as error:  # whatever damaged entries do to a rebuild is a finding, and not the end
        yield _not_rebuilt(projection, error)
    else:
        with engine.connect() as rebuilt:
            yield from _compared(projection, generation, live, rebuilt)
    finally:
        engine.dispose()


def _not_rebuilt(projection: Projection, error: Exception) -> Difference:
    return Difference("projection", None, f"The projection {projection.name} cannot be rebuilt: {error}")


def _compared(projection: Projection, generation: int, live: Connection, rebuilt: Connection) -> Found:
    ours, anew = projection.tables(generation), projection.tables_in(None, generation)
    for table, made in zip(ours.sorted_tables, anew.sorted_tables, strict=True):
        stored, expected = _sorted_rows(live, table), _sorted_rows(rebuilt, made)
        for there, should in _unequal(stored, expected):
            row = there or should or ()
            what = "has a row that no entry makes" if there else "lacks a row that the entries make"
            says = f"The projection {projection.name} {what}, in {table.name}. Rebuild it with: deal verify --rebuild"
            yield Difference("projection", _entry(table, row), says, _said(there), _said(should))


def _sorted_rows(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    columns = _compared_columns(table)
    query = select(*columns).order_by(*(column.nulls_first() for column in columns))
    return (tuple(row) for row in connection.execute(query))


def _compared_columns(table: Table) -> list[Any]:
    return [column for column in table.columns if column.name != "id"]  # numbers the rows, and says nothing


def _unequal(
    stored: Iterator[tuple[Any, ...]], expected: Iterator[tuple[Any, ...]]
) -> Iterator[tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]]:
    """What is in one of two sorted rows and not in the other."""
    there, should = next(stored, None), next(expected, None)
    while there is not None or should is not None:
        if there == should:
            there, should = next(stored, None), next(expected, None)
        elif should is None or (there is not None and _order(there) < _order(should)):
            yield there, None
            there = next(stored, None)
        else:
            yield None, should
            should = next(expected, None)


def _order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    # As the database sorts: nothing before numbers, numbers before texts, texts before bytes.
    kinds = {type(None): 0, int: 1, str: 2, bytes: 3}
    return tuple((kinds.get(type(value), 1), value.encode() if isinstance(value, str) else value or 0) for value in row)


def _entry(table: Table, row: tuple[Any, ...]) -> int | None:
    names = [column.name for column in _compared_columns(table)]
    return row[names.index("entry")] if "entry" in names else None


def _said(row: tuple[Any, ...] | None) -> str | None:
    return None if row is None else " | ".join("-" if value is None else str(value) for value in row)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while chunk := list(islice(left, CHUNK)):
        yield chunk
