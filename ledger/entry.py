"""An entry: a domain event as recorded, and the one line of JSON that holds all of it.

The line is put together from the stored columns, the event's own JSON verbatim as stored (a Raw is written as it
is), so that anybody can check it with a page of standard library. Its leaf hash is SHA-256(0x00 || line), RFC 9162
section 2.1.1; the line feed that ends it in an export is not part of it.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from typing import TypeAlias

import msgspec

from ledger.events import Event, decode

Row: TypeAlias = tuple[int, str, str, str, int, str, int, "str | None", str]
"""position, recorded_at, recorded_by, deal, version, event, schema, key, data: the columns of an entry."""

COLUMNS = ("position", "recorded_at", "recorded_by", "deal", "version", "event", "schema", "key", "data")


class Entry(msgspec.Struct, frozen=True, gc=False):
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


class Line(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The line's fields in their order; `data` goes in as it is stored."""

    position: int
    recorded_at: str
    recorded_by: str
    deal: str
    version: int
    event: str
    schema: int
    key: str | None
    data: msgspec.Raw


_encode = msgspec.json.Encoder().encode
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
LAST_INSTANT = "9999"  # as text: none is in the last year there is, so that there is always one after it


def is_instant(text: str) -> bool:
    """Whether it is an instant as the ledger writes them."""
    try:
        return bool(_INSTANT.fullmatch(text)) and text < LAST_INSTANT and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def entry_of(row: Row) -> Entry:
    """The entry of a row of the store; raises UnreadableEvent."""
    position, recorded_at, recorded_by, deal, version, name, schema, key, data = row
    return Entry(deal, version, decode(name, schema, data), key, position, recorded_at, recorded_by)


def line(row: Row) -> bytes:
    """The entry's line, without a line feed."""
    position, recorded_at, recorded_by, deal, version, event, schema, key, data = row
    return _encode(Line(position, recorded_at, recorded_by, deal, version, event, schema, key, msgspec.Raw(data)))


def leaf(row: Row) -> bytes:
    """The leaf hash of the entry's line, 32 bytes."""
    return sha256(b"\x00" + line(row)).digest()
