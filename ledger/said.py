"""What an instrument says, worked out once: its clauses, their kinds, the names in them, flows and flat shares."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

import msgspec

from ledger.errors import FieldNotUnderstood, Refusal
from ledger.events import (
    AnyClause,
    Commits,
    ConditionMet,
    Defines,
    Drop,
    Instrument,
    Member,
    Nets,
    PartnerLeft,
    Pays,
    Right,
    Term,
)
from ledger.files import is_digest
from ledger.language import notation, terms

KINDS = {cls: str(cls.__struct_config__.tag) for cls in (Pays, Commits, Defines, Right, Nets, Member, Term, Drop)}

NOTHING: frozenset[str] = frozenset()

Between: TypeAlias = tuple[str, str]
"""Payer and payee."""


class FlatShare(msgspec.Struct, frozen=True, gc=False):
    """A flow that is one flat share: of which payer and measure, under which key, how much, by which clause."""

    flow: tuple[str, str]
    key: str
    rate: Decimal
    clause: Pays


class Said(msgspec.Struct, frozen=True, gc=False):
    """What an instrument says, for the checks and for the books that take it.

    `kinds`: by key, drops left out. `joining`: the parties that it brings.
    """

    instrument: Instrument
    clauses: tuple[AnyClause, ...]
    keys: frozenset[str]
    kinds: dict[str, str]
    joining: frozenset[str]
    flows: list[tuple[Between, str]]
    shares: list[FlatShare]
    conditions: frozenset[str]
    sets_term: bool

    @property
    def brings_names(self) -> bool:
        """Whether parties or pools are there by it."""
        return bool(self.joining or self.instrument.pools)

    @property
    def moves_ends(self) -> bool:
        """Whether other clauses may end on another day by it: it sets the term, or meets a condition."""
        return self.sets_term or type(self.instrument) is ConditionMet

    def names(self) -> Iterator[str]:
        """The parties and pools that it names."""
        for clause in self.clauses:
            yield from named(clause)
            if isinstance(clause, Member) and clause.pool:
                yield clause.pool
        if isinstance(self.instrument, PartnerLeft):
            yield self.instrument.party


def said_of(instrument: Instrument) -> Said:
    """What the instrument says, be it right or wrong: a formula that cannot be read says nothing."""
    clauses = instrument.sets()
    kinds: dict[str, str] = {}
    joining = waits = dropped = NOTHING
    flows: list[tuple[Between, str]] = []
    shares: list[FlatShare] = []
    for clause in clauses:
        key = clause.key
        if type(clause) is Drop:
            dropped |= {key}
            continue
        kinds[key] = KINDS[type(clause)]
        if found := conditions(clause):
            waits |= found
        if type(clause) is Pays:
            flows.append(((clause.payer, clause.payee), key))
            if flat := flat_share(clause.terms):
                shares.append(FlatShare((clause.payer, flat.measure), key, flat.rate, clause))
        elif type(clause) is Member and clause.pool is None:
            joining |= {clause.party}
    sets_term = "term" in kinds and any(type(clause) is Term for clause in clauses)
    return Said(instrument, clauses, dropped.union(kinds), kinds, joining, flows, shares, waits, sets_term)


# --- what a clause says -----------------------------------------------------------------------------------


def kind(clause: AnyClause) -> str:
    """The wire name of a clause's kind: pays, defines, right, commits, member, term or drop."""
    return KINDS[type(clause)]


def named(clause: AnyClause) -> tuple[str, ...]:
    """The parties and pools that a clause names."""
    if type(clause) is Pays or type(clause) is Commits:
        return clause.payer, clause.payee
    if type(clause) is Right:
        return (clause.holder,)
    if type(clause) is Nets:
        return clause.one, clause.other
    if type(clause) is Member and clause.pool:
        return (clause.party,)
    return ()


def conditions(clause: AnyClause) -> frozenset[str]:
    """The conditions that a clause waits for."""
    waits = conditions_of(clause.terms) if type(clause) is Pays or type(clause) is Defines else NOTHING
    return waits | {clause.until} if clause.until else waits


@lru_cache(maxsize=65_536)
def flat_share(text: str) -> terms.Flat | None:
    """The one constant percentage of one measure that a formula is, or None."""
    flow = _flow(text)
    return terms.flat_share(flow) if flow and terms.rate_text(flow) else None


@lru_cache(maxsize=65_536)
def conditions_of(text: str) -> frozenset[str]:
    """The conditions that a formula asks for."""
    flow = _flow(text)
    return frozenset(terms.conditions(flow.expr)) if flow else NOTHING


@lru_cache(maxsize=65_536)
def names_in(text: str) -> tuple[str, ...]:
    """The measures and definitions that a formula names."""
    flow = _flow(text)
    return tuple(terms.measures(flow.expr)) if flow else ()


@lru_cache(maxsize=65_536)
def names_now(text: str) -> tuple[str, ...]:
    """The names whose amounts of the same period a formula needs."""
    flow = _flow(text)
    return tuple(terms.names_now(flow.expr)) if flow else ()


def _flow(text: str) -> terms.Flow | None:
    try:
        return notation.parse(text)
    except Refusal:
        return None


def check_sources(paper: Instrument) -> None:
    """Raises FieldNotUnderstood for a file that is named by anything but its SHA-256."""
    for source in paper.sources:
        if source.attachment and not is_digest(source.attachment.sha256):
            raise FieldNotUnderstood("sha256", source.attachment.sha256, "64 of the digits 0-9 and a-f")
