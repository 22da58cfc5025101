"""More than one server: which of them is the primary, how far each standby is, and whether all have one history."""

from __future__ import annotations

from dataclasses import dataclass

from ledger import tree
from ledger.database import Database, open_place, places_of
from ledger.errors import Refusal
from ledger.store import EntryRecorder


@dataclass(frozen=True, slots=True)
class ServerState:
    """A server, as it is found: its role (`primary`, `standby` or `unreachable`), its last entry and the root there.

    `behind`: how many entries the furthest server has more. `differs`: whether that one has another root at this
    position, so that one of the two has lost or changed something. `why` it cannot be asked.
    """

    name: str
    role: str
    position: int | None = None
    root: bytes | None = None
    behind: int | None = None
    differs: bool = False
    why: Refusal | None = None


def servers(address: str) -> list[ServerState]:
    """Every server that the address names, in its order; raises NoServersThere."""
    opened: dict[str, Database | Refusal] = {}
    try:
        for name, place in places_of(address):
            try:
                opened[name] = open_place(place, "read")
            except Refusal as refusal:
                opened[name] = refusal
        return _compared(opened)
    finally:
        for database in opened.values():
            if isinstance(database, Database):
                database.close()


def _compared(opened: dict[str, Database | Refusal]) -> list[ServerState]:
    # Standbys before the primary: who is asked later is never behind for that reason alone.
    asked = [(name, one) for name, one in opened.items() if isinstance(one, Database)]
    asked.sort(key=lambda each: not each[1].place.follows)
    heads = {name: EntryRecorder(database).head() for name, database in asked}
    furthest = max(heads, key=lambda name: heads[name], default="")
    return [_state(name, one, heads, opened.get(furthest)) for name, one in opened.items()]


def _state(
    name: str, one: Database | Refusal, heads: dict[str, int], furthest: Database | Refusal | None
) -> ServerState:
    if isinstance(one, Refusal):
        return ServerState(name, "unreachable", why=one)
    assert isinstance(furthest, Database)
    head = heads[name]
    root = tree.root(one, head)
    return ServerState(
        name, "standby" if one.place.follows else "primary", head, root, max(heads.values()) - head,
        differs=root != tree.root(furthest, head),
    )  # fmt: skip
