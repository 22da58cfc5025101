"""An entry: a domain event as recorded, and the one line of JSON that holds all of it.

The line is put together from the stored columns by concatenation, the event's own JSON verbatim as stored, so
that anybody can check it with a page of standard library. Its leaf hash is SHA-256(0x00 || line), RFC 9162
section 2.1.1; the line feed that ends it in an export is not part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

import msgspec

from ledger.events import Event, decode

_json = msgspec.json.Encoder().encode

Row: TypeAlias = tuple[int, str, str, str, int, str, int, "str | None", str]
"""position, recorded_at, recorded_by, deal, version, event, schema, key, data: the columns of an entry."""

COLUMNS = ("position", "recorded_at", "recorded_by", "deal", "version", "event", "schema", "key", "data")


@dataclass(frozen=True, slots=True)
class Entry:
    """A domain event of a deal, and where it was recorded (position 0: not recorded yet)."""

    deal: str
    version: int
    event: Event
    key: str | None = None
    position: int = 0
    recorded_at: str = ""
    recorded_by: str = ""

    @property
    def originator_id(self) -> str:
        """The deal's slug, by the name that the eventsourcing library has for it."""
        return self.deal

    @property
    def originator_version(self) -> int:
        return self.version

    def __str__(self) -> str:
        return f"#{self.position}" if self.position else f"entry {self.version} of {self.deal}, in this same batch"


def entry_of(row: Row) -> Entry:
    """The entry of a row of the store; raises UnreadableEvent."""
    position, recorded_at, recorded_by, deal, version, name, schema, key, data = row
    event = decode(name, schema, data.encode())
    return Entry(deal, version, event, key, position, recorded_at, recorded_by)


def line(row: Row) -> bytes:
    """The entry's line, without a line feed."""
    position, recorded_at, recorded_by, deal, version, event, schema, key, data = row
    return (
        b'{"position":%d,"recorded_at":%b,"recorded_by":%b,"deal":%b,"version":%d,'
        b'"event":%b,"schema":%d,"key":%b,"data":%b}'
    ) % (
        position,
        _json(recorded_at),
        _json(recorded_by),
        _json(deal),
        version,
        _json(event),
        schema,
        _json(key),
        data.encode(),
    )


def leaf(row: Row) -> bytes:
    """The leaf hash of the entry's line, 32 bytes."""
    return sha256(b"\x00" + line(row)).digest()
