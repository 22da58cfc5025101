"""What became of entries: that they are written before anybody is told so, and after a commit that was cut off."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from ledger import statements
from ledger.database import Database
from ledger.errors import NotRecorded, OutcomeUnknown, Refusal
from ledger.tables import entries

ATTEMPTS, SECONDS_BETWEEN = 30, 1  # a server that is started again, or a standby that is promoted, takes its time


def append(database: Database, connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Adds entries (leaf hash and nodes last), and reads them back: the database may have done something else instead.

    Raises NotRecorded.
    """
    database.insert(connection, entries, rows)
    found = database.run(connection, statements.WRITTEN, (rows[0][0], rows[-1][0])).fetchall()
    written = {position: (bytes(leaf), bytes(nodes)) for position, leaf, nodes in found}
    for row in rows:
        if written.get(row[0]) != row[-2:]:
            raise NotRecorded(database.address, f"#{row[0]}")


def recorded(database: Database, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Whether these rows (position first, leaf hash last) are there; raises OutcomeUnknown if nobody can be asked.

    Whoever was committing them had its turn until it ended. So when our turn has come, they are there for good or never
    will be. Their hashes say that it is they: the instant is in each.
    """
    for _ in range(ATTEMPTS):
        try:
            with database.in_turn() as (connection, *_):
                found = database.run(connection, statements.LEAVES, (rows[0][0], rows[-1][0])).fetchall()
            return [bytes(leaf) for (leaf,) in found] == [row[-1] for row in rows]
        except Refusal:
            time.sleep(SECONDS_BETWEEN)
    raise OutcomeUnknown(database.address)
