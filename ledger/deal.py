"""The aggregate: a deal refuses what it is told, or takes it. Applying only assigns.

Everything is checked when it is told and never again: whatever was once accepted loads for ever. The sentences of
the refusals are in ledger.errors; the checks of one instrument are in ledger.checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from ledger import checks, rule, undoing
from ledger.bookings import check_current
from ledger.entry import Entry
from ledger.errors import (
    CannotCorrect,
    CannotUndo,
    CorrectionChangesNothing,
    NoReason,
    NoSuchEntry,
    OpeningStaysOpening,
    OpensTheDeal,
    PlanIsDone,
    UndoneAlready,
)
from ledger.events import (
    STAY,
    DealOpened,
    EntryCorrected,
    EntryVoided,
    Event,
    Instrument,
    StatementIssued,
)
from ledger.said import said_of
from ledger.standing import Standing


class Deal:
    """An agreement between parties; its entries in order, and those told but not saved yet."""

    INITIAL_VERSION = 1

    def __init__(self, slug: str, entries: Iterable[Entry] = ()) -> None:
        self.id = slug
        self.entries: list[Entry] = list(entries)
        self._pending: list[Entry] = []
        self._standing: Standing | None = None

    @property
    def version(self) -> int:
        return len(self.entries)

    def tell(self, event: Event, today: date, key: str | None = None) -> Entry:
        """Takes the event, or raises the Refusal that says why not. `today` is the recording day."""
        entry = Entry(self.id, self.version + 1, event, key)
        self._standing = self._told(entry, today)
        self.entries.append(entry)
        self._pending.append(entry)
        return entry

    def apply(self, entry: Entry) -> None:
        """Takes a recorded entry as it is."""
        self.entries.append(entry)
        self._standing = None  # read anew when next needed

    def collect_events(self) -> Sequence[Entry]:
        """The entries told since last time, for saving."""
        told, self._pending = self._pending, []
        return told

    @property
    def standing(self) -> Standing:
        """What the books say now, all of it; the checks ask it."""
        if self._standing is None:
            self._standing = Standing(self.id, self.entries)
        return self._standing

    def entry(self, version: int) -> Entry | None:
        return self.entries[version - 1] if 1 <= version <= self.version else None

    # --- the rules --------------------------------------------------------------------------------------

    def _told(self, entry: Entry, today: date) -> Standing:
        """The books after the entry; raises the Refusal."""
        event = entry.event
        if type(event) is EntryVoided:
            return self._voided(entry, event)
        if type(event) is EntryCorrected:
            return self._corrected(entry, event, today)
        assert isinstance(event, Instrument)  # the three kinds of events that there are
        if type(event) is StatementIssued:
            check_current(event, self.entries)
        said = said_of(event)
        checks.check_instrument(self.standing, said, today)
        self.standing.take(entry, said)
        return self.standing

    def _voided(self, told: Entry, event: EntryVoided) -> Standing:
        entry = self._undoable(event, "void")
        own = self._fact(entry)
        plain = own is not None and isinstance(entry.event, Instrument)  # else it may bring back what was corrected
        after = self.standing.without(own) if own and plain else Standing(self.id, [*self.entries, told])
        done = self.standing.concluded.get(self.standing.place(entry.version))
        if done and entry.version not in after.places:
            raise PlanIsDone(str(entry), undoing.concluded_how(done), str(done.entry))
        if plain:
            undoing.check_without(after, str(entry), self.standing.said[entry.version])
        else:
            undoing.check_places(after, str(entry))
            undoing.check_whole(after, str(entry))
        return after

    def _corrected(self, told: Entry, event: EntryCorrected, today: date) -> Standing:
        entry = self._undoable(event, "correction")
        before = entry.event.corrected if isinstance(entry.event, EntryCorrected) else entry.event
        if not isinstance(before, Instrument):
            raise CannotCorrect(str(entry), type(before).__name__)
        after = event.corrected
        if isinstance(before, DealOpened) != isinstance(after, DealOpened):
            raise OpeningStaysOpening(str(entry))
        if before == after:
            raise CorrectionChangesNothing(str(entry))
        own = self._fact(entry)
        assert own  # what is not undone stands
        # As if the entry had never been made, and the instrument entered in its place.
        books, said, lost = self.standing.without(own), said_of(after), self.standing.said[entry.version]
        checks.check_instrument(books, said, today, corrects=own.place)
        books.take(told, said, own.place)
        undoing.check_without(books, str(entry), lost)
        return books

    def _fact(self, entry: Entry) -> rule.Fact | None:
        return next((fact for fact in self.standing.facts if fact.entry is entry), None)

    def _undoable(self, event: EntryVoided | EntryCorrected, act: str) -> Entry:
        if not event.reason.strip():
            raise NoReason(act)
        entry = self.entry(event.entry_version)
        if entry is None:
            raise NoSuchEntry(f"version {event.entry_version}", self.id)
        if by := rule.undone(self.entries).get(entry.version):
            assert isinstance(by.event, EntryVoided | EntryCorrected)
            undone = "voided" if isinstance(by.event, EntryVoided) else "replaced"
            raise UndoneAlready(str(entry), undone, str(by), by.event.reason)
        verb = "voided" if act == "void" else "corrected"
        if isinstance(entry.event, STAY):
            raise CannotUndo(str(entry), type(entry.event).__name__, verb)
        facts, own = self.standing.facts, self._fact(entry)
        if own and isinstance(own.instrument, DealOpened) and len(facts) > 1:
            raise OpensTheDeal(str(entry), verb, len(facts) - 1, self.id, own.instrument.dated.isoformat())
        return entry
