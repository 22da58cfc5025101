"""What a deal's books say now, for the checks: the facts, what holds with and without plans, the names in use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from ledger import rule
from ledger.accounts import Accounts, accounts_of
from ledger.entry import Entry
from ledger.said import Between, Said, said_of


class Standing:
    """What a deal's books say now: the facts, what holds with and without plans, and the names in use."""

    def __init__(
        self,
        deal: str,
        entries: Sequence[Entry] = (),
        facts: list[rule.Fact] | None = None,
        said: dict[int, Said] | None = None,
    ) -> None:
        """The books after these entries; or, where somebody has them, of these facts and what they say by version."""
        self.deal = deal
        self.facts = rule.in_books(entries) if facts is None else facts
        self.said = said or {fact.entry.version: said_of(fact.instrument) for fact in self.facts}
        self.places = {fact.entry.version: fact.place for fact in self.facts}
        self.concluded = rule.concluded(self.facts)
        self.parties: set[str] = set()
        self.pools: set[str] = set()
        self.kinds: dict[str, str] = {}
        self.flows: defaultdict[Between, set[str]] = defaultdict(set)
        self.shares: defaultdict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)  # the highest ever, by key
        self.conditions: set[str] = set()
        self._in_force: rule.Books | None = None
        self._with_plans: rule.Books | None = None
        self._accounts: Accounts | None = None
        for fact in self.facts:
            self._name(self.said[fact.entry.version])

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

    @property
    def accounts(self) -> Accounts:
        """What is booked under the deal."""
        if self._accounts is None:
            self._accounts = accounts_of(self.facts)
        return self._accounts

    def take(self, entry: Entry, said: Said, place: int = 0) -> None:
        """Takes one more entry that says this: an instrument, or a correction that stands in another's `place`."""
        self.places[entry.version] = place or entry.version
        self.said[entry.version] = said
        fact = rule.fact_of(entry, self.place)
        self.facts.append(fact)
        if fact.concludes:
            self.concluded[fact.concludes] = fact
        self._with_plans = None
        if not fact.instrument.changes_terms:
            self._accounts = None
        if said.moves_ends:
            self._in_force = None
        elif self._in_force and fact.standing != "planned":
            self._in_force.add(fact)
        self._name(said)

    def without(self, gone: rule.Fact) -> Standing:
        """The books without a fact; only the lines of the keys that it set are laid anew."""
        facts = [fact for fact in self.facts if fact is not gone]
        said = self.said.copy()
        lost = said.pop(gone.entry.version)
        after = Standing(self.deal, facts=facts, said=said)
        if self._in_force and not lost.moves_ends:
            after._in_force = after._laid_anew(self._in_force, lost.keys)
        if gone.instrument.changes_terms:
            after._accounts = self._accounts
        return after

    def _laid_anew(self, before: rule.Books, keys: frozenset[str]) -> rule.Books:
        # Lines of other keys are shared with the books before: whichever of the two goes on, the other one is left.
        lines = {key: line for key, line in before.timelines.items() if key not in keys}
        facts = [fact for fact in self.facts if fact.standing != "planned"]
        books = rule.Books(before.view, facts, before.terms, before.met, lines)
        for fact in facts:
            if not keys.isdisjoint(self.said[fact.entry.version].keys):
                books.add(fact, keys)
        return books

    def trial(self, said: Said) -> rule.Books:
        """What would be in force with one more instrument; only this instrument's keys may be changed in it."""
        instrument = said.instrument
        version = 1 + max(self.places, default=0)
        entry = Entry(self.deal, version, instrument)
        fact = rule.Fact(version, entry, instrument, said.clauses, (instrument.dated, version))
        if said.moves_ends:
            return rule.books_of([*(f for f in self.facts if f.standing != "planned"), fact], rule.IN_FORCE)
        now = self.in_force
        lines = now.timelines.copy()
        for clause in said.clauses:
            if clause.key in lines:
                lines[clause.key] = lines[clause.key].copy()
        books = rule.Books(now.view, now.facts, now.terms, now.met, lines)
        books.add(fact)
        return books

    def place(self, version: int) -> int:
        """The place of an entry in the order: its own version, or that of the entry it corrects."""
        return self.places.get(version, version)

    def _read(self, view: rule.View) -> rule.Books:
        return rule.books_of(rule.known(self.facts, view), view)

    def _name(self, said: Said) -> None:
        if said.brings_names:
            self.pools.update(said.instrument.pools)
            self.parties |= said.joining
        if said.conditions:
            self.conditions |= said.conditions
        self.kinds |= said.kinds
        for between, key in said.flows:
            self.flows[between].add(key)
        if said.instrument.standing != "planned":
            for share in said.shares:
                rates = self.shares[share.flow]
                before = rates.get(share.key)
                if before is None or before < share.rate:
                    rates[share.key] = share.rate
