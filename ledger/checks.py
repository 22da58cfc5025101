"""The rules that an instrument must keep to be taken into a deal's books: the whole timeline, not only its end.

The aggregate calls `check_instrument` before it takes an instrument; what a void or a correction may bring back is
checked in ledger.undoing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, cast

from ledger import parts, rule
from ledger.bookings import check_booked
from ledger.calendar import ONE_DAY, Span, span
from ledger.circles import check_circles
from ledger.endings import before_drops, check_within
from ledger.errors import (
    AlreadyPartner,
    ConditionMetAlready,
    ConditionMetLater,
    DatedInTheFuture,
    DealIsOver,
    DoneBeforePlanned,
    DropsNothing,
    KeyOfAnotherKind,
    KeySetTwice,
    KnownBeforeDated,
    LeavesByLeaving,
    NameIsAWord,
    NameTakenByPool,
    NotAPartnerThen,
    NotAPlan,
    PaysItself,
    PlanIsDone,
    Refusal,
    SecondFlowUnnamed,
    SetsNothing,
    SlugTaken,
    UnknownCondition,
    UnknownDeal,
    UnknownParty,
    UnknownPool,
)
from ledger.events import (
    Amended,
    AnyClause,
    Booked,
    Commits,
    ConditionMet,
    DealEnded,
    DealOpened,
    Defines,
    Drop,
    Instrument,
    InterimAgreed,
    Member,
    Nets,
    PartnerAdded,
    PartnerLeft,
    Pays,
    PlanAdopted,
    PlanAnnounced,
    PlanWithdrawn,
    Term,
)
from ledger.language import notation, terms
from ledger.language.reader import RESERVED
from ledger.names import check_name
from ledger.said import Said, check_sources, kind, named
from ledger.standing import Standing
from ledger.sums import check_parts, check_sums


def check_instrument(books: Standing, said: Said, today: date, corrects: int | None = None) -> None:
    """Raises the Refusal for the first rule that the instrument does not keep; `corrects`: in which place it stands."""
    instrument = said.instrument
    _check_opening(books, instrument)
    _check_days(instrument, today)
    check_sources(instrument)
    if corrects is None:
        _check_end(books, instrument)
    _check_kind(books, instrument, today, corrects)
    parties, pools = books.parties, books.pools
    if said.joining or instrument.pools:
        parties, pools = parties | said.joining, pools.union(instrument.pools)
    _check_names(said)
    if not parties.isdisjoint(pools):
        raise NameTakenByPool(min(parties & pools))
    for clause in said.clauses:
        _check_clause(books, instrument, clause, parties, pools)
    _check_keys(books, said)
    if corrects is None and instrument.changes_terms:
        check_within(books, said)
    if instrument.standing != "planned":
        check_sums(books, said)
        check_parts(books, said)
        check_circles(books, said)


# --- about the instrument itself --------------------------------------------------------------------------


def _check_opening(books: Standing, instrument: Instrument) -> None:
    opens = type(instrument) is DealOpened
    if opens and books.facts:
        raise SlugTaken(books.deal, str(books.facts[0].entry))
    if not opens and not books.facts:
        raise UnknownDeal(books.deal)


def _check_days(instrument: Instrument, today: date) -> None:
    if instrument.dated > today:
        raise DatedInTheFuture(instrument.dated.isoformat(), today.isoformat())
    if instrument.known < instrument.dated:
        raise KnownBeforeDated(instrument.known.isoformat(), instrument.dated.isoformat())
    if instrument.known > today:
        raise DatedInTheFuture(instrument.known.isoformat(), today.isoformat(), "known since")


def _check_end(books: Standing, instrument: Instrument) -> None:
    if not instrument.changes_terms:  # a deal that is over is still reported, stated and paid
        return
    term = books.in_force.terms.last
    if term and term.ended and instrument.dated >= term.end:
        through = (term.end - ONE_DAY).isoformat()
        raise DealIsOver(books.deal, through, str(term.claim.fact.entry), instrument.dated.isoformat())


def _check_kind(books: Standing, instrument: Instrument, today: date, corrects: int | None) -> None:
    if not instrument.changes_terms:
        check_booked(books.accounts, cast("Booked", instrument), today, corrects)
    check = _KIND_CHECKS.get(type(instrument))
    if check:
        check(books, instrument)


def _check_sets(_: Standing, instrument: Instrument) -> None:
    if not (instrument.clauses or instrument.pools):
        raise SetsNothing(type(instrument).__name__)


def _check_plan(books: Standing, act: PlanAdopted | PlanWithdrawn) -> None:
    verb = "adopted" if isinstance(act, PlanAdopted) else "withdrawn"
    place = books.place(act.plan_version)
    plan = next((f for f in books.facts if f.place == place), None)
    if plan is None or plan.standing != "planned":
        asked = str(plan.entry) if plan else f"Entry {act.plan_version} of {books.deal}"
        raise NotAPlan(asked, type(plan.instrument).__name__ if plan else None, verb)
    if done := books.concluded.get(place):
        how = "adopted" if isinstance(done.instrument, PlanAdopted) else "withdrawn"
        raise PlanIsDone(str(plan.entry), how, str(done.entry))
    if act.dated < plan.instrument.dated:
        raise DoneBeforePlanned(str(plan.entry), plan.instrument.dated.isoformat(), verb, act.dated.isoformat())


def _check_joining(books: Standing, event: PartnerAdded) -> None:
    if event.pool and event.pool not in books.pools | set(event.pools):
        raise UnknownPool(event.pool, books.deal, sorted(books.pools))
    place = Member(start=event.start, party=event.party, pool=event.pool)
    for stay, _ in books.in_force.timelines.get(place.key, rule.Timeline()).spans():
        if stay.end > event.start:
            raise AlreadyPartner(event.party, event.pool or books.deal, stay.start.isoformat())


def _check_leaving(books: Standing, event: PartnerLeft) -> None:
    place = Member(start=event.through, party=event.party, pool=event.pool)
    line = books.in_force.timelines.get(place.key)
    if line is None or not line.on(event.through):
        raise NotAPartnerThen(event.party, event.pool or books.deal, event.through.isoformat())


def _check_condition(books: Standing, event: ConditionMet) -> None:
    if event.condition not in books.conditions:
        raise UnknownCondition(event.condition, books.deal, sorted(books.conditions))
    if event.on > event.dated:
        raise ConditionMetLater(event.condition, event.on.isoformat(), event.dated.isoformat())
    for fact in books.facts:
        told = fact.instrument
        if isinstance(told, ConditionMet) and told.condition == event.condition:
            raise ConditionMetAlready(event.condition, told.on.isoformat(), str(fact.entry))


def _check_ending(books: Standing, event: DealEnded) -> None:
    opening = next(fact.instrument for fact in books.facts if isinstance(fact.instrument, DealOpened))
    span(min(clause.start for clause in opening.sets()), event.through, "The deal")


_KIND_CHECKS: dict[type[Instrument], Callable[[Standing, Any], None]] = {
    Amended: _check_sets, InterimAgreed: _check_sets, PlanAnnounced: _check_sets, PlanAdopted: _check_plan,
    PlanWithdrawn: _check_plan, PartnerAdded: _check_joining, PartnerLeft: _check_leaving,
    ConditionMet: _check_condition, DealEnded: _check_ending,
}  # fmt: skip


# --- about names and clauses ------------------------------------------------------------------------------


def _check_names(said: Said) -> None:
    instrument = said.instrument
    if type(instrument) is DealOpened:
        check_name("deal", instrument.title)
    for party in sorted(said.joining):
        check_name("party", party)
    for clause in said.clauses:
        if name := getattr(clause, "name", None):
            check_name("clause", name)
            if name in RESERVED and isinstance(clause, Pays | Defines):
                raise NameIsAWord(name)
    for pool in instrument.pools:
        check_name("pool", pool)


def _check_clause(
    books: Standing, instrument: Instrument, clause: AnyClause, parties: set[str], pools: set[str]
) -> None:
    if clause.through:
        span(clause.start, clause.through, f"The span of '{clause.key}'")
    for name in named(clause):
        if name not in parties and name not in pools:
            raise UnknownParty(name, books.deal, sorted(parties | pools))
    match clause:
        case Pays() | Commits():
            if clause.payer == clause.payee:
                raise PaysItself(clause.payer)
            if type(clause) is Pays:
                check_terms(clause.terms)
        case Member():
            if clause.pool and clause.pool not in pools:
                raise UnknownPool(clause.pool, books.deal, sorted(pools))
            if clause.part is not None:
                parts.read(clause.part)
        case Nets():
            if clause.one == clause.other:
                raise PaysItself(clause.one)
        case Defines():
            notation.parse(clause.terms)
        case Drop():
            if not isinstance(instrument, PartnerLeft):
                _check_drop(before_drops(books, instrument), clause, books.deal)


def _check_drop(books: rule.Books, drop: Drop, deal: str) -> None:
    holding = books.on(drop.start)
    if drop.key not in holding:
        keys = [key for key, claim in holding.items() if not isinstance(claim.clause, Member)]
        raise DropsNothing(drop.key, drop.start.isoformat(), sorted(keys))
    if isinstance(member := holding[drop.key].clause, Member):
        raise LeavesByLeaving(member.party, deal)


def _check_keys(books: Standing, said: Said) -> None:
    if len(said.clauses) > 1:
        _check_set_once(said.clauses)
    kinds = {"term": "term"}
    for clause in said.clauses:
        if type(clause) is not Drop:
            key, own = clause.key, kind(clause)
            before = books.kinds.get(key) or kinds.setdefault(key, own)
            if before != own:
                raise KeyOfAnotherKind(key, own, before)
    for at, clause in enumerate(said.clauses):
        if type(clause) is Pays and clause.name is None:
            _check_unnamed(books, clause, said.clauses[:at])


def _check_set_once(clauses: Sequence[AnyClause]) -> None:
    taken: dict[str, list[Span]] = {}
    for clause in clauses:
        own = span(clause.start, clause.through)
        for other in taken.get(clause.key, ()):
            # An instrument says once how long the agreement runs: that is for every day.
            if type(clause) is Term or (own.start < other.end and other.start < own.end):
                raise KeySetTwice(clause.key, max(own.start, other.start).isoformat())
        taken.setdefault(clause.key, []).append(own)


def _check_unnamed(books: Standing, flow: Pays, before: Sequence[AnyClause]) -> None:
    """An unnamed flow between two parties is their only one; `before`: what the same instrument sets before it."""
    between = flow.payer, flow.payee
    own = {c.key for c in before if isinstance(c, Pays) and (c.payer, c.payee) == between}
    if others := own.union(books.flows.get(between, ())) - {flow.key}:
        raise SecondFlowUnnamed(*between, sorted(others))


def check_terms(text: str) -> None:
    """Raises the Refusal for a formula that cannot be read, or a percentage below 0 or above 100."""
    refusal = _terms_refusal(text)
    if refusal:
        raise refusal


@lru_cache(maxsize=65_536)
def _terms_refusal(text: str) -> Refusal | None:
    try:
        terms.check_shares(notation.parse(text))
    except Refusal as refusal:
        return refusal
    return None
