"""What a deal's books say now, for the checks: the facts, what holds with and without plans, the names in use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from ledger import notation, rule, terms
from ledger.entry import Entry
from ledger.events import (
    AnyClause,
    Commits,
    ConditionMet,
    Defines,
    Drop,
    EntryCorrected,
    EntryVoided,
    Instrument,
    Member,
    Pays,
    PlanAdopted,
    PlanWithdrawn,
    Right,
    Term,
)


class Standing:
    """What a deal's books say now: the facts, what holds with and without plans, and the names in use."""

    def __init__(self, deal: str, entries: Sequence[Entry]) -> None:
        self.deal = deal
        self.facts = rule.in_books(entries)
        self.places = {fact.entry.version: fact.place for fact in self.facts}
        self.concluded = rule.concluded(self.facts)
        self.in_force = rule.read(entries, rule.IN_FORCE)
        self.with_plans = rule.read(entries, rule.WITH_PLANS)
        self.parties: set[str] = set()
        self.pools: set[str] = set()
        self.kinds: dict[str, str] = {}
        self.flows: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.shares: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.conditions: set[str] = set()
        for fact in self.facts:
            self._name(fact.instrument)

    def take(self, entry: Entry) -> bool:
        """Takes one more entry; False where more changes than the days of its clauses: then all is to be read anew."""
        event = entry.event
        if isinstance(event, EntryVoided | EntryCorrected | ConditionMet | PlanAdopted | PlanWithdrawn):
            return False
        assert isinstance(event, Instrument)
        if any(isinstance(clause, Term) for clause in event.sets()):
            return False
        fact = rule.Fact(entry.version, entry, event, event.standing)
        self.facts.append(fact)
        self.places[entry.version] = entry.version
        self.with_plans.add(fact)
        if fact.standing != "planned":
            self.in_force.add(fact)
        self._name(event)
        return True

    def trial(self, instrument: Instrument) -> rule.Books:
        """What would be in force with one more instrument; only this instrument's keys may be changed in it."""
        version = 1 + max(self.places, default=0)
        fact = rule.Fact(version, Entry(self.deal, version, instrument), instrument, instrument.standing)
        if isinstance(instrument, ConditionMet) or any(isinstance(clause, Term) for clause in instrument.sets()):
            return rule.books_of([*(f for f in self.facts if f.standing != "planned"), fact], rule.IN_FORCE)
        keys = {clause.key for clause in instrument.sets()}
        lines = {k: line.copy() if k in keys else line for k, line in self.in_force.timelines.items()}
        books = replace(self.in_force, timelines=lines)
        books.add(fact)
        return books

    def place(self, version: int) -> int:
        """The place of an entry in the order: its own version, or that of the entry it corrects."""
        return self.places.get(version, version)

    def _name(self, instrument: Instrument) -> None:
        self.pools |= set(instrument.pools)
        for clause in instrument.sets():
            if isinstance(clause, Member) and clause.pool is None:
                self.parties.add(clause.party)
            if not isinstance(clause, Drop):
                self.kinds[clause.key] = kind(clause)
            if isinstance(clause, Pays):
                self.flows[clause.payer, clause.payee].add(clause.key)
                if instrument.standing != "planned" and (flat := flat_share(clause.terms)):
                    self.shares[clause.payer, flat.measure].add(clause.key)
            self.conditions |= conditions(clause)


# --- what a clause says -----------------------------------------------------------------------------------


def kind(clause: AnyClause) -> str:
    """The wire name of a clause's kind: pays, defines, right, commits, member, term or drop."""
    return str(clause.__struct_config__.tag)


def named(clause: AnyClause) -> tuple[str, ...]:
    """The parties and pools that a clause names."""
    if isinstance(clause, Pays | Commits):
        return clause.payer, clause.payee
    if isinstance(clause, Right):
        return (clause.holder,)
    if isinstance(clause, Member) and clause.pool:
        return (clause.party,)
    return ()


def conditions(clause: AnyClause) -> set[str]:
    """The conditions that a clause waits for."""
    waits = {clause.until} if clause.until else set()
    if isinstance(clause, Pays | Defines):
        waits |= conditions_of(clause.terms)
    return waits


@lru_cache(maxsize=65_536)
def flat_share(text: str) -> terms.Flat | None:
    """The one constant percentage of one measure that a formula is, or None."""
    flow = notation.parse(text)
    return terms.flat_share(flow) if terms.rate_text(flow) else None


@lru_cache(maxsize=65_536)
def conditions_of(text: str) -> frozenset[str]:
    """The conditions that a formula asks for."""
    return frozenset(terms.conditions(notation.parse(text).expr))
