"""The stored tree: which hashes stand in which row of entries, and roots and proofs read from there.

With an entry's leaf hash stand the hashes of the complete subtrees that it completes, lowest level first (half of
the entries complete none). They are written in the entry's own row, so that no transaction can hold one without the
other, and an append writes no row more than it did.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection

from ledger import merkle
from ledger.database import Database
from ledger.errors import TreeDamaged
from ledger.merkle import SIZE, Node


def nodes_of(connection: Connection, size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """What stands with each of the next leaves of a ledger of `size` entries."""
    return merkle.grow(partial(read, connection), size, leaves)


def root(database: Database, size: int) -> bytes:
    """The root over the first `size` entries; raises TreeDamaged."""
    with database.reading() as connection:
        return merkle.root(size, partial(read, connection))


def inclusion(database: Database, position: int, size: int) -> list[bytes]:
    """The path from the entry at `position` to the root over the first `size`; raises TreeDamaged."""
    with database.reading() as connection:
        return merkle.inclusion(position - 1, size, partial(read, connection))


def consistency(database: Database, old: int, new: int) -> list[bytes]:
    """The proof that the first `old` entries are the beginning of the first `new`; raises TreeDamaged."""
    with database.reading() as connection:
        return merkle.consistency(old, new, partial(read, connection))


def read(connection: Connection, nodes: Sequence[Node]) -> list[bytes]:
    """The stored hashes of these nodes, in one query."""
    places = [merkle.place_of(node) for node in nodes]
    cursor: Any = connection.connection.cursor()  # the driver's own: this is done at every append
    marks = ",".join(["?" if connection.dialect.paramstyle == "qmark" else "%s"] * len(places)) or "NULL"
    query = f"SELECT position, leaf, nodes FROM entries WHERE position IN ({marks})"
    rows = cursor.execute(query, [leaf + 1 for leaf, _ in places]).fetchall()
    stored = {position: leaf + (nodes or b"") for position, leaf, nodes in rows}
    found = [stored.get(leaf + 1, b"")[level * SIZE : (level + 1) * SIZE] for leaf, level in places]
    for (leaf, _), hashed in zip(places, found, strict=True):
        if len(hashed) != SIZE:
            raise TreeDamaged(leaf + 1)
    return found
