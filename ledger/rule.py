"""What holds: the one rule, as pure functions over a deal's entries.

Ask for a clause on day D, known by K, recorded by R:

    Of the entries recorded by R, take those known by K and not voided or replaced by an entry recorded by R. Of
    their clauses with this key, take those whose span covers D and whose standing is asked for. The one with the
    latest (dated, position) holds; unless a later clause with this key, which does not say `then as before`, has
    ended since that one began: what was replaced does not come back.

The caller takes the entries recorded by R: they are the first ones, since entries are only ever added. Within a
deal, versions are in the order of positions, so that (dated, version) is that order. A correction stands in the
place of the entry that it replaces. A plan counts until it is withdrawn, or adopted: its adoption is binding.

What goes by every entry asks for its very class (`type(event) is EntryVoided`): isinstance of a msgspec class takes
as long as ten of these where it answers no, and the answer mostly is no.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import msgspec

from ledger.calendar import LAST_DAY, after
from ledger.entry import Entry
from ledger.events import (
    AnyClause,
    ConditionMet,
    DealOpened,
    Drop,
    EntryCorrected,
    EntryVoided,
    Instrument,
    PlanAdopted,
    PlanWithdrawn,
    Term,
)
from ledger.term import Terms, terms_of
from ledger.timeline import Claim as Claim
from ledger.timeline import Fact as Fact
from ledger.timeline import Timeline as Timeline


@dataclass(frozen=True, slots=True)
class View:
    """What is asked for: known by which day (None: everything), with plans, only what a party confirmed."""

    known: date | None = None
    planned: bool = False
    confirmed_only: bool = False


IN_FORCE = View()
WITH_PLANS = View(planned=True)


@dataclass(slots=True)
class Books:
    """A deal as one view of it has it: the facts that count, the terms, the conditions met, a timeline a key."""

    view: View
    facts: list[Fact]
    terms: Terms
    met: dict[str, date]
    timelines: dict[str, Timeline] = field(default_factory=dict)

    def add(self, fact: Fact, only: Collection[str] | None = None) -> None:
        """Lays one more instrument over; for one that touches neither term, conditions nor plans.

        `only`: the keys to lay, where not all.
        """
        timelines = self.timelines
        for clause in fact.clauses:
            key = clause.key
            if type(clause) is Term or (only is not None and key not in only):
                continue
            line = timelines.get(key)
            if line is None:
                line = timelines[key] = Timeline()
            line.lay(self.claims_of(clause, fact))

    def on(self, day: date) -> dict[str, Claim]:
        """Every clause that holds on the day, by key."""
        return {key: claim for key, line in self.timelines.items() if (claim := line.on(day))}

    @property
    def term_end(self) -> date:
        """The first day after the last term; LAST_DAY where no term is set."""
        return self.terms.last.end if self.terms.last else LAST_DAY

    @property
    def ended(self) -> bool:
        """Whether the deal was ended, rather than left to run out."""
        return bool(self.terms.last and self.terms.last.ended)

    def claims_of(self, clause: AnyClause, fact: Fact) -> list[Claim]:
        """The spans on which a clause speaks: by its own end, its condition, the terms, the end of the deal."""
        start, end = clause.start, self._own_end(clause)
        if clause.survives or type(clause) is Drop:
            return [Claim(clause, fact, start, end)] if start < end else []
        if clause.through:
            end = min(end, self.terms.over(start))
            return [Claim(clause, fact, start, end)] if start < end else []
        return [
            Claim(clause, fact, days.start, min(days.end, end), term)
            for days, term in self.terms.spans(start)
            if days.start < min(days.end, end)
        ]

    def end_of(self, clause: AnyClause) -> date:
        """The first day after a clause, though that be before its first day."""
        end = self._own_end(clause)
        if clause.survives or type(clause) is Drop:
            return end
        return min(end, self.terms.over(clause.start) if clause.through else self.terms.spans(clause.start)[-1][0].end)

    def _own_end(self, clause: AnyClause) -> date:
        end = after(clause.through) if clause.through else LAST_DAY
        return min(end, self.met[clause.until]) if clause.until and clause.until in self.met else end


def read(entries: Sequence[Entry], view: View) -> Books:
    """What the entries say in this view."""
    return books_of(known(in_books(entries), view), view)


def books_of(facts: list[Fact], view: View) -> Books:
    """The books of facts that a view counts, in order of version."""
    met = conditions(facts)
    books = Books(view, facts, terms_of(facts, met), met)
    for fact in facts:
        books.add(fact)
    return books


def in_books(entries: Sequence[Entry]) -> list[Fact]:
    """The instruments that stand: neither voided nor replaced; in order of version."""
    fates, place = undone(entries), places(entries).__getitem__
    return [
        fact_of(entry, place)
        for entry in entries
        if entry.version not in fates and type(entry.event) is not EntryVoided
    ]


def fact_of(entry: Entry, place: Callable[[int], int]) -> Fact:
    """The fact that an entry brings; `place` tells the place of a version."""
    event = entry.event
    told = event.corrected if type(event) is EntryCorrected else cast("Instrument", event)  # a void brings nothing
    at = place(entry.version)
    concludes = place(told.plan_version) if type(told) is PlanAdopted or type(told) is PlanWithdrawn else 0
    return Fact(at, entry, told, told.sets(), (told.dated, at), concludes)


def places(entries: Sequence[Entry]) -> dict[int, int]:
    """The place of each entry in the order, by version: its own version, or that of the first entry it corrects."""
    found = {entry.version: entry.version for entry in entries}
    for entry in entries:
        event = entry.event
        if type(event) is EntryCorrected:
            found[entry.version] = found[event.entry_version]
    return found


def undone(entries: Sequence[Entry]) -> dict[int, Entry]:
    """Which entries (by version) were voided or replaced, each with the entry that did it.

    The later entries are judged first: a void that was itself voided undoes nothing. A correction that was itself
    corrected hands on what it replaced to the one that stands in its place; one that was voided gives it back.
    """
    fates: dict[int, Entry] = {}
    for entry in reversed(entries):
        event = entry.event
        if type(event) is EntryVoided or type(event) is EntryCorrected:
            by = fates.get(entry.version)
            if by is None:
                fates[event.entry_version] = entry
            elif isinstance(event, EntryCorrected) and isinstance(by.event, EntryCorrected):
                fates[event.entry_version] = by
    return fates


def known(facts: Iterable[Fact], view: View) -> list[Fact]:
    """The facts that this view counts."""
    seen = [fact for fact in facts if view.known is None or fact.instrument.known <= view.known]
    if view.confirmed_only:
        seen = [found for fact in seen if (found := _confirmed(fact))]
    done = concluded(seen)
    return [f for f in seen if f.instrument.standing != "planned" or (view.planned and f.place not in done)]


def _confirmed(fact: Fact) -> Fact | None:
    """What of a fact a party confirmed. Who confirms a clause confirms that there is a deal, and between whom."""
    paper = fact.instrument
    if paper.evidence == "confirmed":
        return fact
    if type(paper) is not DealOpened or paper.older_rule:
        return None
    return msgspec.structs.replace(fact, clauses=fact.clauses[: len(paper.parties)])


def concluded(facts: Sequence[Fact]) -> dict[int, Fact]:
    """The plans (by place) that were withdrawn or adopted, each with the fact that did it."""
    return {fact.concludes: fact for fact in facts if fact.concludes}


def conditions(facts: Iterable[Fact]) -> dict[str, date]:
    """The day on which each condition was met, by its name."""
    told = [f for f in facts if type(f.instrument) is ConditionMet]
    latest = sorted(told, key=lambda fact: fact.order)
    return {f.instrument.condition: f.instrument.on for f in latest if isinstance(f.instrument, ConditionMet)}
