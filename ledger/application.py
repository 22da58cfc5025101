"""The use cases: get the deal, tell it, save it. The clock, the actor and the idempotency keys come in here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import InfrastructureFactory, IntegrityError, Mapper, StoredEvent
from eventsourcing.popo import POPOFactory
from eventsourcing.utils import Environment

from ledger.batch import Batch, Draft, Told, uncollected
from ledger.database import open_database
from ledger.deal import Deal
from ledger.entry import Entry
from ledger.errors import (
    ConcurrentWrite,
    EntryTooLarge,
    NoSuchDeal,
    NoSuchEntry,
    UnknownDeal,
)
from ledger.mapper import EntryMapper
from ledger.place import Mode
from ledger.store import Clock, EntryRecorder, EntryStore, utc_now

AGAIN_UP_TO = 1_000  # drafts: while they are told in our turn, everybody else waits
ENTRY_BYTES = 4 << 20  # of what an event says: entries are read many at a time


class Ledger(Application[str]):
    """A ledger of deals in one database. `clock` says what time it is, in UTC."""

    name = "ledger"

    def __init__(self, address: str, mode: Mode = "write", clock: Clock = utc_now) -> None:
        self.clock = clock
        self.database = open_database(address, mode)
        self.entries = EntryRecorder(self.database, clock)
        super().__init__({"PERSISTENCE_MODULE": "eventsourcing.popo"})

    # What the library asks for, given by our own store.

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return POPOFactory(env)  # only asked whether to snapshot: no

    def construct_mapper(self) -> Mapper[str]:
        return EntryMapper()

    def construct_recorder(self) -> EntryRecorder:
        return self.entries

    def construct_event_store(self) -> EntryStore:
        return EntryStore(self.mapper, self.entries)

    def close(self) -> None:
        super().close()
        self.database.close()

    # --- reading ----------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The day it is where the program runs: the user's civil day, which dated days are held against."""
        return self.clock().astimezone().date()

    def deal(self, slug: str) -> Deal:
        """The deal as it is now; raises UnknownDeal."""
        try:
            return self.repository.get(slug, projector_func=_project)
        except AggregateNotFoundError:
            raise UnknownDeal(slug, self._nearest(slug)) from None

    def history(self, slug: str) -> list[Entry]:
        """A deal's entries in order, all that are recorded; raises NoSuchDeal."""
        entries = self.entries.entries_of(slug)
        if not entries:
            raise NoSuchDeal(slug, self._nearest(slug))
        return entries

    def histories(self, slugs: Iterable[str]) -> Iterator[tuple[str, list[Entry]]]:
        """The entries of these deals, one deal at a time; raises NoSuchDeal."""
        return ((slug, self.history(slug)) for slug in slugs)

    def entry(self, reference: str) -> Entry:
        """The entry that `#12`, `12` or a key names; raises NoSuchEntry."""
        number = reference.removeprefix("#")
        if number.isascii() and number.isdigit() and len(number) < 19:
            found = self.entries.at(int(number))
            if found or reference.startswith("#"):
                return _found(found, f"#{number}")
        asked = f"#{number}" if number.isdigit() else f"'{reference}'"
        return _found(self.entries.with_keys([reference]).get(reference), asked)

    def _nearest(self, slug: str) -> list[str]:
        from difflib import get_close_matches  # only where somebody mistyped

        return get_close_matches(slug, self.entries.deals(), n=2)

    # --- writing ----------------------------------------------------------------------------------------

    def record(
        self,
        drafts: Sequence[Draft],
        by: str,
        approve: Callable[[Batch], object] | None = None,
        again: Callable[[Batch], object] | None = None,
    ) -> list[Told]:
        """Records all drafts or none, and answers for each with its entry; those whose key is there are left.

        `approve` sees the batch before it is written, and may raise. Where somebody else wrote to one of the deals
        meanwhile, `again` sees it told anew, in our turn, when nobody else can write, and may raise; without it, or for
        more than AGAIN_UP_TO drafts, that is ConcurrentWrite. Raises Refusals (every one that the drafts meet),
        KeyReused or EntryTooLarge.
        """
        batch = self.tell(drafts)
        if approve:
            approve(batch)
        made = self._stored(batch)
        try:
            with uncollected():
                positions = self.entries.append_made(lambda: made, by) if made[0] else []
        except IntegrityError:
            if again is None or len(drafts) > AGAIN_UP_TO:
                raise ConcurrentWrite(sorted({told.entry.deal for told in batch.told if not told.already})) from None
            batch, positions = self._in_turn(drafts, by, again)
        recorded = iter(positions)
        return [t if t.already else Told(_recorded(t.entry, next(recorded), by)) for t in batch.told]

    def _in_turn(self, drafts: Sequence[Draft], by: str, approve: Callable[[Batch], object]) -> tuple[Batch, list[int]]:
        """Tells and appends in one turn: among many who write to the same deals, some would always come too late."""
        told: list[Batch] = []

        def make() -> tuple[Sequence[StoredEvent], Sequence[str | None]]:
            told.append(self.tell(drafts))
            approve(told[-1])
            return self._stored(told[-1])

        positions = self.entries.append_made(make, by)
        return told[-1], positions

    def _stored(self, batch: Batch) -> tuple[Sequence[StoredEvent], Sequence[str | None]]:
        """What of a batch is new, as it is stored, and its keys."""
        events = [told.entry for told in batch.told if not told.already]
        with uncollected():
            stored = list(map(self.mapper.to_stored_event, events))
        _check_sizes(events, stored)
        return stored, [entry.key for entry in events]

    def tell(self, drafts: Sequence[Draft]) -> Batch:
        """Tells the deals without saving: what a dry run does, and `record` before it writes."""
        batch = Batch(self)
        batch.tell(drafts)
        return batch


def _check_sizes(events: Sequence[Entry], stored: Sequence[StoredEvent]) -> None:
    for entry, event in zip(events, stored, strict=True):
        if len(event.state) > ENTRY_BYTES:
            raise EntryTooLarge(f"An entry of {entry.deal}", len(event.state), ENTRY_BYTES)


def _project(deal: Deal | None, entries: Iterable[Entry]) -> Deal | None:
    told = list(entries)
    return Deal(told[0].deal, told) if told else deal


def _found(entry: Entry | None, asked: str) -> Entry:
    if entry is None:
        raise NoSuchEntry(asked, "this ledger")
    return entry


def _recorded(entry: Entry, position: int, by: str) -> Entry:
    return Entry(entry.deal, entry.version, entry.event, entry.key, position, "", by)
