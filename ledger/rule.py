"""What holds: the one rule, as pure functions over a deal's entries.

Ask for a clause on day D, known by K, recorded by R:

    Of the entries recorded by R, take those known by K and not voided or replaced by an entry recorded by R. Of
    their clauses with this key, take those whose span covers D and whose standing is asked for. The one with the
    latest (dated, position) holds.

The caller takes the entries recorded by R: they are the first ones, since entries are only ever added. Within a
deal, versions are in the order of positions, so that (dated, version) is that order. A correction stands in the
place of the entry that it replaces. A plan counts until it is withdrawn, or adopted: its adoption is binding.

What goes by every entry asks for its very class (`type(event) is EntryVoided`): isinstance of a msgspec class takes
as long as ten of these where it answers no, and the answer mostly is no.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import msgspec

from ledger.calendar import FIRST_DAY, LAST_DAY, Span, after
from ledger.entry import Entry
from ledger.events import (
    AnyClause,
    ConditionMet,
    Drop,
    EntryCorrected,
    EntryVoided,
    Instrument,
    PlanAdopted,
    PlanWithdrawn,
    Standing,
    Term,
)


@dataclass(frozen=True, slots=True)
class View:
    """What is asked for: known by which day (None: everything), with plans, only what a party confirmed."""

    known: date | None = None
    planned: bool = False
    confirmed_only: bool = False


IN_FORCE = View()
WITH_PLANS = View(planned=True)


class Fact(msgspec.Struct, frozen=True, gc=False):
    """An instrument as our books hold it, in its place.

    `place`: the version of the first entry that it corrects, or its own. `clauses`: all that it sets. `concludes`: the
    place of the plan that it adopts or withdraws, or 0. `order`: later goes before earlier.
    """

    place: int
    entry: Entry
    instrument: Instrument
    clauses: tuple[AnyClause, ...]
    order: tuple[date, int]
    concludes: int = 0

    @property
    def standing(self) -> Standing:
        return self.instrument.standing


class Claim(msgspec.Struct, frozen=True, gc=False):
    """One clause as one instrument sets it, with the end that term and conditions leave it."""

    clause: AnyClause
    fact: Fact
    end: date

    @property
    def holds(self) -> bool:
        """Whether something holds where this claim wins: a drop says that nothing does."""
        return not isinstance(self.clause, Drop)


@dataclass(slots=True)
class Timeline:
    """Which claim wins on which day: `claims[i]` from `days[i]` up to the next day of the list."""

    days: list[date] = field(default_factory=lambda: [FIRST_DAY])
    claims: list[Claim | None] = field(default_factory=lambda: [None])

    def overlay(self, claim: Claim) -> None:
        """Lays a claim over: it wins on its days wherever its order is later."""
        start, end = claim.clause.start, claim.end
        if start >= end:
            return
        order, claims = claim.fact.order, self.claims
        first, last = self._edge(start), self._edge(end)
        for at in range(first, last):
            there = claims[at]
            if there is None or there.fact.order < order:
                claims[at] = claim

    def copy(self) -> Timeline:
        """One that may be laid over without changing this one."""
        return Timeline(self.days[:], self.claims[:])

    def on(self, day: date) -> Claim | None:
        """What holds on the day."""
        claim = self.wins(day)
        return claim if claim and claim.holds else None

    def wins(self, day: date) -> Claim | None:
        """The claim that wins on the day, be it a drop."""
        return self.claims[bisect_right(self.days, day) - 1]

    def spans(self) -> Iterator[tuple[Span, Claim]]:
        """The spans on which something holds, in order; neighbours with the same claim are one span."""
        start, last = FIRST_DAY, None
        for day, claim in [*zip(self.days, self.claims, strict=True), (LAST_DAY, None)]:
            if claim is last:
                continue
            if last and last.holds and start < day:
                yield Span(start, day), last
            start, last = day, claim

    def _edge(self, day: date) -> int:
        days = self.days
        at = bisect_left(days, day)
        if at == len(days) or days[at] != day:
            days.insert(at, day)
            self.claims.insert(at, self.claims[at - 1])
        return at


@dataclass(slots=True)
class Books:
    """A deal as one view of it has it: the facts that count, the term, the conditions met, a timeline a key."""

    view: View
    facts: list[Fact]
    term: Claim | None
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
            line.overlay(Claim(clause, fact, self.end_of(clause)))

    def on(self, day: date) -> dict[str, Claim]:
        """Every clause that holds on the day, by key."""
        return {key: claim for key, line in self.timelines.items() if (claim := line.on(day))}

    @property
    def term_end(self) -> date:
        """The first day after the term; LAST_DAY where no term is set."""
        return self.term.end if self.term else LAST_DAY

    @property
    def ended(self) -> bool:
        """Whether the deal was ended, rather than left to run out."""
        return bool(self.term and isinstance(self.term.clause, Term) and self.term.clause.ended)

    def end_of(self, clause: AnyClause) -> date:
        """The first day after a clause: by its own end, its condition, the term, the end of the deal."""
        through, term = clause.through, self.term
        end = after(through) if through else LAST_DAY
        if clause.until and clause.until in self.met:
            end = min(end, self.met[clause.until])
        if term is None or term.end >= end or clause.survives or type(clause) is Drop:
            return end
        return term.end if through is None or self.ended else end


def read(entries: Sequence[Entry], view: View) -> Books:
    """What the entries say in this view."""
    return books_of(known(in_books(entries), view), view)


def books_of(facts: list[Fact], view: View) -> Books:
    """The books of facts that a view counts, in order of version."""
    met = conditions(facts)
    books = Books(view, facts, _term(facts, met), met)
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
    seen = [
        fact
        for fact in facts
        if (view.known is None or fact.instrument.known <= view.known)
        and not (view.confirmed_only and fact.instrument.evidence != "confirmed")
    ]
    done = concluded(seen)
    return [f for f in seen if f.instrument.standing != "planned" or (view.planned and f.place not in done)]


def concluded(facts: Sequence[Fact]) -> dict[int, Fact]:
    """The plans (by place) that were withdrawn or adopted, each with the fact that did it."""
    return {fact.concludes: fact for fact in facts if fact.concludes}


def conditions(facts: Iterable[Fact]) -> dict[str, date]:
    """The day on which each condition was met, by its name."""
    told = [f for f in facts if type(f.instrument) is ConditionMet]
    latest = sorted(told, key=lambda fact: fact.order)
    return {f.instrument.condition: f.instrument.on for f in latest if isinstance(f.instrument, ConditionMet)}


def _term(facts: Iterable[Fact], met: dict[str, date]) -> Claim | None:
    terms = [(f, c) for f in facts for c in f.clauses if type(c) is Term]
    if not terms:
        return None
    fact, clause = max(terms, key=lambda term: term[0].order)
    end = after(clause.through) if clause.through else LAST_DAY
    return Claim(clause, fact, min(end, met.get(clause.until or "", LAST_DAY)))
