"""The use cases: get the deal, tell it, save it. The clock, the actor and the idempotency keys come in here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import msgspec
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import InfrastructureFactory, IntegrityError, Mapper
from eventsourcing.popo import POPOFactory
from eventsourcing.utils import Environment

from ledger import rule
from ledger.changes import Change, changes
from ledger.checks import check_slug
from ledger.database import Mode, open_database
from ledger.deal import Deal
from ledger.entry import Entry
from ledger.errors import (
    ConcurrentWrite,
    CorrectionMovesDeal,
    FieldNotUnderstood,
    KeyReused,
    KeyTwice,
    NoSuchDeal,
    NoSuchEntry,
    NotInDrafts,
    Refusal,
    Refusals,
    UnknownDeal,
)
from ledger.events import DealOpened, EntryCorrected, EntryVoided, Event, Instrument
from ledger.mapper import EntryMapper
from ledger.standing import Standing
from ledger.store import Clock, EntryRecorder, EntryStore, utc_now

Make: TypeAlias = Callable[[Entry, Instrument | None], Event]


class Draft(msgspec.Struct, frozen=True):
    """What somebody asks to record: an event of a deal, or how to make it of the entry it is about.

    `about`: that entry, as `#12` or by its key (recorded already, or earlier in the same batch). `place`: where
    the draft stands, for refusals: `line 7`.
    """

    deal: str
    event: Event | Make
    key: str | None = None
    about: str | None = None
    place: str = ""
    said: str = ""  # what was asked, where the event is yet to be made: for a key of its content


class Told(msgspec.Struct, frozen=True):
    """What became of a draft: its entry (position 0 in a dry run), and whether it was there before."""

    entry: Entry
    already: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """How a batch changes what holds in one deal: in force, and as planned where that differs otherwise."""

    deal: str
    in_force: list[Change]
    planned: list[Change]


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

    def histories(self, slug: str | None) -> Iterator[tuple[str, list[Entry]]]:
        """The entries of every deal, one deal at a time; or of one."""
        return ((name, self.history(name)) for name in ([slug] if slug else self.entries.deals()))

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

    def record(self, drafts: Sequence[Draft], by: str, approve: Callable[[Batch], object] | None = None) -> list[Told]:
        """Records all drafts or none, and answers for each with its entry; those whose key is there are left.

        `approve` sees the batch before it is written, and may raise. Raises Refusals (every one that the drafts
        meet), KeyReused or ConcurrentWrite.
        """
        batch = self.tell(drafts)
        if approve:
            approve(batch)
        new = [told for told in batch.told if not told.already]
        events = [told.entry for told in new]
        try:
            positions = self.events.recorder.insert_events(
                [self.mapper.to_stored_event(entry) for entry in events], by=by, keys=[e.key for e in events]
            )
        except IntegrityError:
            raise ConcurrentWrite(sorted({entry.deal for entry in events})) from None
        recorded = iter(positions or ())
        return [t if t.already else Told(_recorded(t.entry, next(recorded), by)) for t in batch.told]

    def tell(self, drafts: Sequence[Draft]) -> Batch:
        """Tells the deals without saving: what a dry run does, and `record` before it writes."""
        batch = Batch(self)
        batch.tell(drafts)
        return batch


class Batch:
    """Drafts told to their deals, and not saved: all of them, or the refusals of all that are refused."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.today = ledger.today
        self.told: list[Told] = []
        self._deals: dict[str, Deal] = {}
        self._known: dict[str, int] = {}  # how many entries a deal had before
        self._by_key: dict[str, Entry] = {}
        self._recorded: dict[str, Entry] = {}
        self._lost: set[str] = set()  # deals whose opening was refused: no need to say that they are unknown

    def tell(self, drafts: Sequence[Draft]) -> None:
        """Tells every draft; raises the one Refusal, or Refusals with all of them."""
        wanted = {d.key for d in drafts if d.key} | {d.about for d in drafts if d.about}
        self._recorded = self.ledger.entries.with_keys(wanted)
        refused: list[tuple[str, Refusal]] = []
        for draft in drafts:
            try:
                self.told.append(self._tell(draft))
            except Refusal as refusal:
                if not (isinstance(refusal, UnknownDeal) and draft.deal in self._lost):
                    refused.append((draft.place, refusal))
                if isinstance(draft.event, DealOpened):
                    self._lost.add(draft.deal)
        if refused:
            raise refused[0][1] if len(drafts) == 1 else Refusals(refused)

    def effects(self) -> Iterator[Effect]:
        """What the batch changes in deals that were there before."""
        return (effect for slug, deal in self._deals.items() if (effect := self._effect(slug, deal)))

    def moves_the_past(self) -> bool:
        """Whether it voids or corrects, or changes what is in force on days that have passed."""
        books = any(isinstance(t.entry.event, EntryVoided | EntryCorrected) for t in self.told if not t.already)
        return books or any(c.span.start < self.today for e in self.effects() for c in e.in_force)

    def _effect(self, slug: str, deal: Deal) -> Effect | None:
        known = self._known[slug]
        if not known or known == deal.version:
            return None
        before, after = deal.entries[:known], deal.entries
        in_force = changes(rule.read(before, rule.IN_FORCE), rule.read(after, rule.IN_FORCE))
        planned = changes(rule.read(before, rule.WITH_PLANS), rule.read(after, rule.WITH_PLANS))
        said = {(c.key, c.span) for c in in_force}
        return Effect(slug, in_force, [c for c in planned if (c.key, c.span) not in said])

    def _tell(self, draft: Draft) -> Told:
        if draft.key == "":
            raise FieldNotUnderstood("key", "", "a text that is not empty, or none")
        event = self._event(draft)
        if draft.key and (there := self._by_key.get(draft.key)):
            raise KeyTwice(draft.key, str(there))
        if draft.key and (there := self._recorded.get(draft.key)):
            if (there.deal, there.event) != (draft.deal, event):
                raise KeyReused(draft.key, str(there))
            return Told(there, already=True)
        entry = self._deal(draft.deal, event).tell(event, self.today, draft.key)
        if draft.key:
            self._by_key[draft.key] = entry
        return Told(entry)

    def _event(self, draft: Draft) -> Event:
        if isinstance(draft.event, Event):
            return draft.event
        assert draft.about is not None  # only what is about another entry has yet to be made
        about = self._by_key.get(draft.about) or self._recorded.get(draft.about) or self._at(draft.about)
        event = draft.event(about, self._standing_there(about, self._recorded.get(draft.key or "")))
        if about.deal != draft.deal:
            if isinstance(event, EntryCorrected):
                raise CorrectionMovesDeal(str(about), about.deal, draft.deal)
            raise NoSuchEntry(str(about), draft.deal)
        return event

    def _standing_there(self, about: Entry, told: Entry | None) -> Instrument | None:
        """What stands in an entry's place: its instrument, or the one that corrected it.

        Now; or before the entry `told`, where the draft was recorded as that: it is to make the same again.
        """
        deal = self._deals.get(about.deal) or self.ledger.deal(about.deal)
        again = told and told.deal == about.deal
        books = Standing(deal.id, deal.entries[: told.version - 1]) if told and again else deal.standing
        facts = [f for f in books.facts if f.place == books.place(about.version)]
        if facts:
            return facts[0].instrument
        event = about.event.corrected if isinstance(about.event, EntryCorrected) else about.event
        return event if isinstance(event, Instrument) else None

    def _at(self, reference: str) -> Entry:
        if not reference.removeprefix("#").isdigit():
            raise NotInDrafts(reference)
        return self.ledger.entry(reference)

    def _deal(self, slug: str, event: Event) -> Deal:
        if slug not in self._deals:
            try:
                deal = self.ledger.deal(slug)
            except UnknownDeal:
                if not isinstance(event, DealOpened):
                    raise
                check_slug(slug)
                deal = Deal(slug)
            self._deals[slug] = deal
            self._known[slug] = deal.version
        return self._deals[slug]


def _project(deal: Deal | None, entries: Iterable[Entry]) -> Deal | None:
    told = list(entries)
    return Deal(told[0].deal, told) if told else deal


def _found(entry: Entry | None, asked: str) -> Entry:
    if entry is None:
        raise NoSuchEntry(asked, "this ledger")
    return entry


def _recorded(entry: Entry, position: int, by: str) -> Entry:
    return Entry(entry.deal, entry.version, entry.event, entry.key, position, "", by)
