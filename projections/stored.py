"""The rows of the log as they are stored, whatever somebody made of them; by whom they are read to be checked."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exc

from ledger.application import Ledger
from ledger.errors import Refusal
from ledger.statements import CHUNK
from ledger.tables import entries

UNREADABLE = (exc.SQLAlchemyError, sqlite3.Error, Refusal)
"""What comes of reading what is damaged."""

# Not by way of column types: what stands there may be of any.
_STORED = f"SELECT {', '.join(c.name for c in entries.c)} FROM entries WHERE "
_NEXT = f"position > {{}} AND position <= {{}} ORDER BY position LIMIT {CHUNK}"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that the database cannot read, and why."""

    position: int
    why: object


def stored_rows(ledger: Ledger, up_to: int) -> Iterator[Sequence[Any] | Unreadable]:
    """The rows of the entries up to a position, with leaf and nodes."""
    after = 0
    while after < up_to:
        try:
            rows = _asked(ledger, _STORED + _NEXT.format(after, up_to))
        except UNREADABLE:
            after = yield from _one_by_one(ledger, after, up_to)
        else:
            yield from rows
            after = rows[-1][0] if rows else up_to


def unnumbered(ledger: Ledger) -> Sequence[Sequence[Any]]:
    """Position and deal of rows before the first entry."""
    try:
        return _asked(ledger, f"SELECT position, deal FROM entries WHERE position < 1 ORDER BY position LIMIT {CHUNK}")
    except UNREADABLE:
        return []  # said by the check of the file


def _one_by_one(ledger: Ledger, after: int, up_to: int) -> Generator[Sequence[Any] | Unreadable, None, int]:
    """The next rows each by itself; the position of the last one."""
    for position in _positions(ledger, after, up_to):
        try:
            yield from _asked(ledger, f"{_STORED}position = {position}")
        except UNREADABLE as error:
            yield Unreadable(position, getattr(error, "orig", error))
        after = position
    return after


def _positions(ledger: Ledger, after: int, up_to: int) -> Sequence[int]:
    """The positions of the next rows; where not even they can be read, those that there should be."""
    try:
        found = _asked(ledger, "SELECT position FROM entries WHERE " + _NEXT.format(after, up_to))
        return [position for (position,) in found] or [up_to]
    except UNREADABLE:
        return range(after + 1, min(after + CHUNK, up_to) + 1)


def _asked(ledger: Ledger, query: str) -> Sequence[Sequence[Any]]:
    with ledger.database.reading() as connection:
        return connection.exec_driver_sql(query).all()
