"""The state of one deal at a point in time: the one rule as a pure fold over its entries, with provenance."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from ledger import rule
from ledger.calendar import LAST_DAY, ONE_DAY, Span
from ledger.entry import Entry
from ledger.errors import NothingKnown
from ledger.events import (
    AnyClause,
    Commits,
    DealOpened,
    Defines,
    EntryCorrected,
    Evidence,
    Member,
    Nets,
    Pays,
    PlanAdopted,
    Right,
    Standing,
)
from ledger.language import notation, terms
from ledger.said import kind
from projections.point import Point


class ClauseState(msgspec.Struct, frozen=True, gc=False):
    """A clause as it holds, its standing, and the entries that made it so. None for a last day: no end.

    `start` and `through`: as it says, or as the term leaves it. `holds_through`: the last day on which it does hold,
    before something else does. `until`: the condition that ends it, its own or that of the term.
    """

    clause: AnyClause
    start: date
    through: date | None
    holds_through: date | None
    until: str | None
    standing: Standing
    evidence: Evidence
    dated: date
    known_since: date
    entries: tuple[int, ...]

    def json(self) -> dict[str, Any]:
        """The clause as the promised shapes have it; decimals and days are texts."""
        clause = self.clause
        share = share_of(clause.terms) if isinstance(clause, Pays) else Share(None, None, None)
        shape: dict[str, Any] = {
            "kind": kind(clause),
            "key": clause.key,
            "payer": clause.payer if isinstance(clause, Pays | Commits) else None,
            "payee": clause.payee if isinstance(clause, Pays | Commits) else None,
            "terms": clause.terms if isinstance(clause, Pays | Defines) else None,
            "rate": share.rate,
            "at_least": share.at_least,
            "at_most": share.at_most,
            "from": self.start.isoformat(),
            "through": _text(self.through),
            "holds_through": _text(self.holds_through),
            "until": self.until,
            "standing": self.standing,
            "evidence": self.evidence,
            "dated": self.dated.isoformat(),
            "known_since": self.known_since.isoformat(),
            "entries": list(self.entries),
        }
        if isinstance(clause, Right):
            shape |= {"holder": clause.holder, "text": clause.text}
        if isinstance(clause, Commits):
            shape |= {"text": clause.text}
        if isinstance(clause, Nets):
            shape |= {"between": [clause.one, clause.other]}
        return shape


@dataclass(frozen=True, slots=True)
class Share:
    """What a formula says of a share at once: its constant rate, or the bounds of it; as decimal texts."""

    rate: str | None
    at_least: str | None
    at_most: str | None


@dataclass(frozen=True, slots=True)
class DealState:
    """A deal at a point in time. `clauses`: what it sets, without parties, pools and term."""

    deal: str
    title: str
    point: Point
    status: str
    term: tuple[date | None, date | None, str | None] | None  # its first and last day, the condition that ends it
    parties: tuple[str, ...]
    pools: dict[str, tuple[str, ...]]
    parts: dict[tuple[str, str], str]
    clauses: tuple[ClauseState, ...]

    def json(self) -> dict[str, Any]:
        """The shape `deal.state/1`."""
        start, through, until = self.term or (None, None, None)
        return {
            "schema": "deal.state/1",
            "deal": self.deal,
            "title": self.title,
            **self.point.json(),
            "status": self.status,
            "term": {"from": _text(start), "through": _text(through), "until": until} if self.term else None,
            "parties": list(self.parties),
            "pools": [{"name": name, "members": list(members)} for name, members in self.pools.items()],
            "clauses": [with_members(clause, self.pools, self.parts) for clause in self.clauses],
            "head": head_json(self.point),
        }


def state(slug: str, entries: Sequence[Entry], point: Point) -> DealState:
    """The deal at the point, from its entries; those recorded after the point are left out.

    Raises NothingKnown where the deal was not recorded or not known by then.
    """
    recorded = [entry for entry in entries if entry.position <= point.recorded]
    books = rule.read(recorded, point.view)
    opening = opening_of(books)
    if opening is None:
        raise NothingKnown(slug, str(point))
    held = books.on(point.on)
    trail = Trail(recorded)
    shown = sorted((c for c in held.values() if not isinstance(c.clause, Member)), key=_listing)
    return DealState(
        deal=slug,
        title=opening.title,
        point=point,
        status=status_of(books, point.on),
        term=_term(books, point.on),
        parties=_parties(books, point.on),
        pools=pools_of([c.clause for c in held.values()], _pool_names(books)),
        parts=parts_of([c.clause for c in held.values()]),
        clauses=tuple(clause_state(books.timelines[claim.clause.key], point.on, trail) for claim in shown),
    )


def opening_of(books: rule.Books) -> DealOpened | None:
    """The opening, as far as the view knows it."""
    return next((f.instrument for f in books.facts if isinstance(f.instrument, DealOpened)), None)


def clause_state(line: rule.Timeline, day: date, trail: Trail) -> ClauseState:
    """What holds on a day under a key, as it is shown."""
    claim = line.on(day)
    assert claim is not None  # it was asked for because it holds
    return claim_state(claim, line.around(day), trail)


def claim_state(claim: rule.Claim, holds: Span, trail: Trail) -> ClauseState:
    """A claim that holds on these days, as it is shown."""
    paper, term = claim.fact.instrument, claim.term
    renewed = trail.of(term.fact.entry) if term and claim.start != claim.clause.start else ()
    by_term = term.clause.until if term and not term.fact.instrument.older_rule else None
    return ClauseState(
        clause=claim.clause,
        start=claim.start,
        through=_last(claim.end),
        holds_through=holds.through,
        until=claim.clause.until or by_term,
        standing=claim.fact.standing,
        evidence=paper.evidence,
        dated=paper.dated,
        known_since=paper.known,
        entries=tuple(sorted({*trail.of(claim.fact.entry), *renewed})),
    )


class Trail:
    """Which entries stand behind one: those it corrects, and the plan it adopts."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = {entry.version: entry for entry in entries}

    def of(self, entry: Entry) -> tuple[int, ...]:
        """The positions, in order."""
        event = entry.event
        before: tuple[int, ...] = ()
        if isinstance(event, EntryCorrected):
            before = self.of(self._entries[event.entry_version])
            event = event.corrected
        if isinstance(event, PlanAdopted):
            before = (*before, *self.of(self._entries[event.plan_version]))
        return tuple(sorted({*before, entry.position}))


def status_of(books: rule.Books, day: date) -> str:
    """`in force`, `not started`, `expired` (the term ran out) or `ended` (by an instrument)."""
    if day >= books.term_end:
        return "ended" if books.ended else "expired"
    if books.terms.lapsed(day):
        return "expired"
    first = books.terms.on(day)
    if first and day < first.start and all(isinstance(claim.clause, Member) for claim in books.on(day).values()):
        return "not started"
    starts = [claim.start for line in books.timelines.values() for _, claim in line.spans()]
    return "in force" if not starts or day >= min(starts) else "not started"


def pools_of(clauses: Sequence[AnyClause], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The members of each pool: those who are also parties of the deal."""
    parties = {c.party for c in clauses if isinstance(c, Member) and c.pool is None}
    members: dict[str, list[str]] = {name: [] for name in sorted(names)}
    for clause in clauses:
        if isinstance(clause, Member) and clause.pool and clause.party in parties:
            members.setdefault(clause.pool, []).append(clause.party)
    return {name: tuple(sorted(found)) for name, found in members.items()}


def parts_of(clauses: Sequence[AnyClause]) -> dict[tuple[str, str], str]:
    """The members' parts that somebody has said, by pool and party."""
    return {(c.pool, c.party): c.part for c in clauses if isinstance(c, Member) and c.pool and c.part}


def with_members(
    clause: ClauseState, pools: dict[str, tuple[str, ...]], parts: dict[tuple[str, str], str]
) -> dict[str, Any]:
    """The clause's shape; where a pool is paid, with its members, and their parts as far as they are known."""
    shape = clause.json()
    if isinstance(clause.clause, Pays) and clause.clause.payee in pools:
        pool, bound = clause.clause.payee, shape["rate"] or shape["at_most"]
        shape["members"] = [
            {"party": party, "rate": None, "at_most": bound, **_part(parts.get((pool, party)))} for party in pools[pool]
        ]
    return shape


def _part(part: str | None) -> dict[str, str]:
    return {"part": part} if part else {}


def head_json(point: Point) -> dict[str, Any]:
    """The head of the log that an answer stands on; the root in base64, as checkpoints have it."""
    return {"position": point.recorded, "root": b64encode(point.root).decode() if point.root else None}


@lru_cache(maxsize=65_536)
def share_of(text: str) -> Share:
    """What a formula's text says of a share at once."""
    flow = notation.parse(text)
    rate = terms.rate_text(flow)
    bounds = terms.share_bounds(flow)
    if bounds is None or bounds[2] != "bounded":
        return Share(rate, None, None)
    low, high, *_ = bounds
    return Share(rate, None if low is None else str(low), None if high is None else str(high))


def _listing(claim: rule.Claim) -> tuple[int, str]:
    order = {"pays": 0, "defines": 1, "commits": 2, "right": 3}
    return order.get(kind(claim.clause), 9), claim.clause.key


def _term(books: rule.Books, day: date) -> tuple[date | None, date | None, str | None] | None:
    """The term of the day, or the last before it: its first and last day, and the condition that ends it."""
    term = books.terms.on(day)
    if term is None:
        return None
    return term.first, _last(term.end), term.claim.clause.until


def _parties(books: rule.Books, day: date) -> tuple[str, ...]:
    """The parties on the day, in the order in which the books name them."""
    held = [claim.clause for claim in books.on(day).values()]
    return tuple(c.party for c in held if isinstance(c, Member) and c.pool is None)


def _pool_names(books: rule.Books) -> list[str]:
    return sorted({name for fact in books.facts for name in fact.instrument.pools})


def _last(end: date) -> date | None:
    return None if end == LAST_DAY else end - ONE_DAY


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
