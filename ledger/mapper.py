"""Entries as the eventsourcing library's stored events, and states as they stand in a row."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any

import msgspec
from eventsourcing.persistence import Mapper, StoredEvent

from ledger.entry import Entry
from ledger.events import decode, encode


class EntryMapper(Mapper[str]):
    """Entries to stored events and back: the topic is the wire name, with its schema version from 2 on."""

    def __init__(self) -> None:
        """No transcoder, cipher or compressor: what is stored is the event's own JSON."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        name, schema, data = encode(domain_event.event)
        return StoredEvent(domain_event.deal, domain_event.version, join_topic(name, schema), data)

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        event = decode(*split_topic(stored_event.topic), stored_event.state)
        return Entry(str(stored_event.originator_id), stored_event.originator_version, event)


@lru_cache(maxsize=1_024)
def split_topic(topic: str) -> tuple[str, int]:
    """`Amended@2` is ("Amended", 2); a topic without a number is of schema version 1."""
    name, at, number = topic.rpartition("@")
    return (name, int(number)) if at and number.isdigit() and number != "1" else (topic, 1)


def join_topic(name: str, schema: int) -> str:
    """The inverse of `split_topic`."""
    return name if schema == 1 else f"{name}@{schema}"


def text_of(state: bytes) -> str:
    """A state as it stands in the row."""
    if state[:1] == b"{" and b"\n" not in state and b"\r" not in state:
        try:
            _raw(state)
            return state.decode()
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    return f'"{base64.b64encode(state).decode()}"'


def state_of(text: str) -> bytes:
    """The inverse of `text_of`."""
    return text.encode() if text.startswith("{") else base64.b64decode(text[1:-1])


_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
