"""What a deal's books say now, for the checks: the facts, what holds with and without plans, the names in use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from ledger import notation, rule, terms
from ledger.entry import Entry
from ledger.events import (
    AnyClause,
    Commits,
    ConditionMet,
    Defines,
    Drop,
    Instrument,
    Member,
    Pays,
    Right,
    Term,
)

FORMULAS = (Pays, Defines)
KINDS = {cls: str(cls.__struct_config__.tag) for cls in (Pays, Commits, Defines, Right, Member, Term, Drop)}


class Standing:
    """What a deal's books say now: the facts, what holds with and without plans, and the names in use."""

    def __init__(self, deal: str, entries: Sequence[Entry]) -> None:
        self.deal = deal
        self.facts = rule.in_books(entries)
        self.places = {fact.entry.version: fact.place for fact in self.facts}
        self.concluded = rule.concluded(self.facts)
        self.parties: set[str] = set()
        self.pools: set[str] = set()
        self.kinds: dict[str, str] = {}
        self.flows: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.shares: defaultdict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)  # the highest ever, by key
        self.conditions: set[str] = set()
        self._in_force: rule.Books | None = None
        self._with_plans: rule.Books | None = None
        for fact in self.facts:
            self._name(fact.instrument)

    @property
    def in_force(self) -> rule.Books:
        """What holds without plans."""
        if self._in_force is None:
            self._in_force = self._read(rule.IN_FORCE)
        return self._in_force

    @property
    def with_plans(self) -> rule.Books:
        """What holds with plans laid over; seldom asked for, and so not kept up."""
        if self._with_plans is None:
            self._with_plans = self._read(rule.WITH_PLANS)
        return self._with_plans

    def take(self, entry: Entry) -> None:
        """Takes one more entry, which is neither a void nor a correction."""
        assert isinstance(entry.event, Instrument)
        self.places[entry.version] = entry.version
        fact = rule.fact_of(entry, self.place)
        self.facts.append(fact)
        if fact.concludes:
            self.concluded[fact.concludes] = fact
        self._with_plans = None
        if isinstance(fact.instrument, ConditionMet) or sets_term(fact.instrument):
            self._in_force = None  # other clauses end on another day by it
        elif self._in_force and fact.standing != "planned":
            self._in_force.add(fact)
        self._name(fact.instrument)

    def trial(self, instrument: Instrument) -> rule.Books:
        """What would be in force with one more instrument; only this instrument's keys may be changed in it."""
        version = 1 + max(self.places, default=0)
        entry = Entry(self.deal, version, instrument)
        fact = rule.Fact(version, entry, instrument, (instrument.dated, version))
        if isinstance(instrument, ConditionMet) or sets_term(instrument):
            return rule.books_of([*(f for f in self.facts if f.standing != "planned"), fact], rule.IN_FORCE)
        now = self.in_force
        lines = now.timelines.copy()
        for clause in instrument.sets():
            if clause.key in lines:
                lines[clause.key] = lines[clause.key].copy()
        books = rule.Books(now.view, now.facts, now.term, now.met, lines)
        books.add(fact)
        return books

    def place(self, version: int) -> int:
        """The place of an entry in the order: its own version, or that of the entry it corrects."""
        return self.places.get(version, version)

    def _read(self, view: rule.View) -> rule.Books:
        return rule.books_of(rule.known(self.facts, view), view)

    def _name(self, instrument: Instrument) -> None:
        self.pools.update(instrument.pools)
        for clause in instrument.sets():
            key = clause.key
            if isinstance(clause, Member) and clause.pool is None:
                self.parties.add(clause.party)
            if not isinstance(clause, Drop):
                self.kinds[key] = kind(clause)
            if isinstance(clause, Pays):
                self.flows[clause.payer, clause.payee].add(key)
                if instrument.standing != "planned" and (flat := flat_share(clause.terms)):
                    shares = self.shares[clause.payer, flat.measure]
                    shares[key] = max(flat.rate, shares.get(key, flat.rate))
            self.conditions |= conditions(clause)


def sets_term(instrument: Instrument) -> bool:
    """Whether it says how long the agreement runs, which may move the end of any clause."""
    return any(isinstance(clause, Term) for clause in instrument.sets())


# --- what a clause says -----------------------------------------------------------------------------------


def kind(clause: AnyClause) -> str:
    """The wire name of a clause's kind: pays, defines, right, commits, member, term or drop."""
    return KINDS[type(clause)]


def named(clause: AnyClause) -> tuple[str, ...]:
    """The parties and pools that a clause names."""
    if isinstance(clause, Pays | Commits):
        return clause.payer, clause.payee
    if isinstance(clause, Right):
        return (clause.holder,)
    if isinstance(clause, Member) and clause.pool:
        return (clause.party,)
    return ()


def conditions(clause: AnyClause) -> frozenset[str]:
    """The conditions that a clause waits for."""
    waits: frozenset[str] = conditions_of(clause.terms) if isinstance(clause, FORMULAS) else frozenset()
    return waits | {clause.until} if clause.until else waits


@lru_cache(maxsize=65_536)
def flat_share(text: str) -> terms.Flat | None:
    """The one constant percentage of one measure that a formula is, or None."""
    flow = notation.parse(text)
    return terms.flat_share(flow) if terms.rate_text(flow) else None


@lru_cache(maxsize=65_536)
def conditions_of(text: str) -> frozenset[str]:
    """The conditions that a formula asks for."""
    return frozenset(terms.conditions(notation.parse(text).expr))
