"""A batch: drafts told to their deals and not saved; all of them, or the refusals of all that are refused."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeAlias

import msgspec

from ledger import rule
from ledger.changes import Change, changes
from ledger.deal import Deal
from ledger.entry import Entry
from ledger.errors import (
    CorrectionMovesDeal,
    DropsNothing,
    FieldNotUnderstood,
    KeyOfUndone,
    KeyReused,
    KeyTwice,
    NoSuchEntry,
    NotAPartnerThen,
    NotAPlan,
    NotInDrafts,
    Refusal,
    Refusals,
    UnknownCondition,
    UnknownDeal,
    UnknownParty,
    UnknownPool,
)
from ledger.events import (
    DealOpened,
    EntryCorrected,
    EntryVoided,
    Event,
    Instrument,
    Report,
)
from ledger.hints import hints, measures_of
from ledger.names import check_slug
from ledger.standing import Standing
from ledger.store import EntryRecorder
from ledger.uses import Unused, unused

Make: TypeAlias = Callable[[Entry, Instrument | None], Event]


class Draft(msgspec.Struct, frozen=True, gc=False):
    """What somebody asks to record: an event of a deal, or how to make it of the entry it is about.

    `about`: that entry, as `#12` or by its key (recorded already, or earlier in the same batch). `place`: where
    the draft stands, for refusals: `line 7`.
    """

    deal: str
    event: Event | Make | None
    key: str | None = None
    about: str | None = None
    place: str = ""
    said: str = ""  # what was asked, where the event is yet to be made: for a key of its content
    refused: Refusal | None = None  # where it could not be read: why
    former: Instrument | None = None  # what version 0.2.0 made of the same words, where that was something else


class Told(msgspec.Struct, frozen=True, gc=False):
    """What became of a draft: its entry (position 0 in a dry run), and whether it was there before."""

    entry: Entry
    already: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """How a batch changes what holds in one deal: in force, and as planned where that differs otherwise."""

    deal: str
    in_force: list[Change]
    planned: list[Change]


class Desk(Protocol):
    """Where the deals are: what a batch asks of a ledger."""

    entries: EntryRecorder

    @property
    def today(self) -> date: ...

    def deal(self, slug: str) -> Deal: ...

    def entry(self, reference: str) -> Entry: ...


EVERY_DEAL = ""  # the deal of what could not be read at all

# What may be refused only because something before it was.
CONSEQUENCES = (
    UnknownDeal, UnknownParty, UnknownPool, UnknownCondition, DropsNothing, NotAPlan, NotAPartnerThen, NotInDrafts,
)  # fmt: skip


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for garbage in cycles: a large batch makes none, and every search walks all of it."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


class Batch:
    """Drafts told to their deals, and not saved: all of them, or the refusals of all that are refused."""

    def __init__(self, ledger: Desk) -> None:
        self.ledger = ledger
        self.today = ledger.today
        self.told: list[Told] = []
        self._deals: dict[str, Deal] = {}
        self._known: dict[str, int] = {}  # how many entries a deal had before
        self._by_key: dict[str, Entry] = {}
        self._recorded: dict[str, Entry] = {}
        self._lost: set[str] = set()  # deals of which something was refused: what needs it is a consequence

    @uncollected()
    def tell(self, drafts: Sequence[Draft]) -> None:
        """Tells every draft; raises the one Refusal, or Refusals with all of them."""
        wanted = {d.key for d in drafts if d.key} | {d.about for d in drafts if d.about}
        self._recorded = self.ledger.entries.with_keys(wanted)
        refused: list[tuple[str, Refusal]] = []
        for draft in drafts:
            try:
                self.told.append(self._tell(draft))
            except Refusal as refusal:
                if not (isinstance(refusal, CONSEQUENCES) and self._lost & {draft.deal, EVERY_DEAL}):
                    refused.append((draft.place, refusal))
                self._lost.add(draft.deal)
        if refused:
            raise refused[0][1] if len(drafts) == 1 and not refused[0][0] else Refusals(refused)

    def effects(self) -> Iterator[Effect]:
        """What the batch changes in deals that were there before."""
        return (_effect(slug, before, after) for slug, before, after in self.touched())

    def touched(self) -> Iterator[tuple[str, list[Entry], list[Entry]]]:
        """The deals that were there before and have new entries: each with its entries before and after."""
        for slug, deal in self._deals.items():
            known = self._known[slug]
            if known and known != deal.version:
                yield slug, deal.entries[:known], deal.entries

    def moves_the_past(self) -> bool:
        """Whether it voids or corrects, or changes what is in force on days that have passed."""
        books = any(isinstance(t.entry.event, EntryVoided | EntryCorrected) for t in self.told if not t.already)
        return books or any(c.span.start < self.today for e in self.effects() for c in e.in_force)

    def unused(self) -> Iterator[Unused]:
        """What is reported that no terms use on its days."""
        for told in self.told:
            event = told.entry.event
            if not told.already and isinstance(event, Report):
                deal, books = told.entry.deal, self._deals[told.entry.deal].standing
                for one in unused(deal, books.in_force, event.figures):
                    yield one._replace(never=one.measure not in measures_of(books))

    def hints(self) -> Iterator[str]:
        """What looks like a slip of the hand, or is not changed though somebody might think it was."""
        for told in self.told:
            if not told.already:
                yield from hints(self._deals[told.entry.deal].standing, told.entry)

    def _tell(self, draft: Draft) -> Told:
        if draft.refused:
            raise draft.refused
        if draft.key == "" or "\0" in (draft.key or ""):  # not every database can hold a NUL
            raise FieldNotUnderstood("key", draft.key or "", "a text that is not empty, or none")
        event = self._event(draft)
        if draft.key and (there := self._by_key.get(draft.key)):
            raise KeyTwice(draft.key, str(there))
        if draft.key and (there := self._recorded.get(draft.key)):
            if there.deal != draft.deal or not _same(there.event, event, draft.former):
                raise KeyReused(draft.key, str(there))
            self._check_stands(there, draft.key)
            return Told(there, already=True)
        entry = self._deal(draft.deal, event).tell(event, self.today, draft.key)
        if draft.key:
            self._by_key[draft.key] = entry
        return Told(entry)

    def _check_stands(self, there: Entry, key: str) -> None:
        """Raises KeyOfUndone for one that does not stand any more; unless what undid it is recorded again as well."""
        deal = self._deals.get(there.deal) or self.ledger.deal(there.deal)
        by = rule.undone(deal.entries).get(there.version)
        if by and by.key not in self._recorded:
            assert isinstance(by.event, EntryVoided | EntryCorrected)
            how = "void" if isinstance(by.event, EntryVoided) else "corrected"
            raise KeyOfUndone(key, str(there), how, str(by), by.event.reason.rstrip("."))

    def _event(self, draft: Draft) -> Event:
        if isinstance(draft.event, Event):
            return draft.event
        assert draft.about is not None  # only what is about another entry has yet to be made
        assert draft.event is not None
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
        deal = self._deals.get(slug)
        if deal is None:
            entries = self.ledger.entries.entries_of(slug)
            if not entries and not isinstance(event, DealOpened):
                return self.ledger.deal(slug)  # raises UnknownDeal, and says which slugs are near
            if not entries:
                check_slug(slug)
            deal = self._deals[slug] = Deal(slug, entries)
            self._known[slug] = deal.version
        return deal


def _same(there: Event, told: Event, former: Instrument | None) -> bool:
    """Whether they say the same: also where version 0.2.0 recorded what was said in the same words."""
    return there == told or (_is_former(there) and _words(there) == _words(former or told))


def _is_former(event: Event) -> bool:
    paper = event.corrected if isinstance(event, EntryCorrected) else event
    return isinstance(paper, Instrument) and paper.older_rule


def _words(event: Event) -> object:
    if isinstance(event, EntryCorrected):
        return event.entry_version, event.reason, _words(event.corrected)
    return msgspec.structs.replace(event, older_rule=False) if isinstance(event, Instrument) else event


def _effect(slug: str, before: list[Entry], after: list[Entry]) -> Effect:
    in_force = changes(rule.read(before, rule.IN_FORCE), rule.read(after, rule.IN_FORCE))
    planned = changes(rule.read(before, rule.WITH_PLANS), rule.read(after, rule.WITH_PLANS))
    said = {(c.key, c.span) for c in in_force}
    return Effect(slug, in_force, [c for c in planned if (c.key, c.span) not in said])
