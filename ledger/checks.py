"""The rules that an instrument must keep to be taken into a deal's books: the whole timeline, not only its end.

The aggregate calls `check_instrument` before it takes an instrument, and `check_whole` after a void or a
correction, which may bring back what was overruled.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from ledger import notation, rule, terms
from ledger.calendar import ALL_DAYS, ONE_DAY, Span, span
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
    NameTakenByPool,
    NotAName,
    NotAPartnerThen,
    NotAPlan,
    NotASlug,
    PaysItself,
    PlanIsDone,
    Refusal,
    SecondFlowUnnamed,
    SetsNothing,
    SharesAddUpTooHigh,
    SlugTaken,
    StillUsed,
    TwoInOnePlace,
    UnknownCondition,
    UnknownDeal,
    UnknownParty,
    UnknownPool,
)
from ledger.events import (
    Amended,
    AnyClause,
    Commits,
    ConditionMet,
    DealOpened,
    Drop,
    Instrument,
    InterimAgreed,
    Member,
    PartnerAdded,
    PartnerLeft,
    Pays,
    PlanAdopted,
    PlanAnnounced,
    PlanWithdrawn,
    Term,
)
from ledger.standing import Standing, flat_share, kind, named

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def check_instrument(books: Standing, instrument: Instrument, today: date, correcting: bool = False) -> None:
    """Raises the Refusal for the first rule that the instrument does not keep."""
    _check_opening(books, instrument)
    _check_days(instrument, today)
    if not correcting:
        _check_end(books, instrument)
    _check_kind(books, instrument)
    clauses = list(instrument.sets())
    joining = {c.party for c in clauses if isinstance(c, Member) and c.pool is None}
    names = Names(books.parties | joining, books.pools.union(instrument.pools))
    _check_names(instrument, joining, names)
    for clause in clauses:
        _check_clause(books, instrument, clause, names)
    _check_keys(books, clauses)
    if instrument.standing != "planned":
        _check_sums(books, instrument, clauses)


def check_places(books: Standing, undone: str) -> None:
    """Raises TwoInOnePlace where a void brings back a correction whose place was taken in the meantime."""
    there: dict[int, rule.Fact] = {}
    for fact in books.facts:
        if other := there.get(fact.place):
            raise TwoInOnePlace(undone, str(other.entry), str(fact.entry))
        there[fact.place] = fact


def check_whole(books: Standing, undone: str) -> None:
    """Raises the Refusal for what no longer fits together after an entry (`undone`) was voided or replaced."""
    for fact in books.facts:
        for clause in fact.instrument.sets():
            for name in named(clause):
                if name not in books.parties and name not in books.pools:
                    raise StillUsed(undone, name, str(fact.entry))
    for (payer, measure), rates in books.shares.items():
        if may_exceed(rates):
            check_sum(books.in_force, payer, measure, rates, ALL_DAYS)


# --- about the instrument itself --------------------------------------------------------------------------


def _check_opening(books: Standing, instrument: Instrument) -> None:
    if isinstance(instrument, DealOpened) and books.facts:
        raise SlugTaken(books.deal, str(books.facts[0].entry))
    if not isinstance(instrument, DealOpened) and not books.facts:
        raise UnknownDeal(books.deal)


def _check_days(instrument: Instrument, today: date) -> None:
    if instrument.dated > today:
        raise DatedInTheFuture(instrument.dated.isoformat(), today.isoformat())
    if instrument.known < instrument.dated:
        raise KnownBeforeDated(instrument.known.isoformat(), instrument.dated.isoformat())
    if instrument.known > today:
        raise DatedInTheFuture(instrument.known.isoformat(), today.isoformat(), "known since")


def _check_end(books: Standing, instrument: Instrument) -> None:
    term = books.in_force.term
    if term and books.in_force.ended and instrument.dated >= term.end:
        through = (term.end - ONE_DAY).isoformat()
        raise DealIsOver(books.deal, through, str(term.fact.entry), instrument.dated.isoformat())


def _check_kind(books: Standing, instrument: Instrument) -> None:
    if isinstance(instrument, PlanAdopted | PlanWithdrawn):
        _check_plan(books, instrument)
    elif isinstance(instrument, PartnerAdded):
        _check_joining(books, instrument)
    elif isinstance(instrument, PartnerLeft):
        _check_leaving(books, instrument)
    elif isinstance(instrument, ConditionMet):
        _check_condition(books, instrument)
    elif isinstance(instrument, Amended | InterimAgreed | PlanAnnounced) and not (
        instrument.clauses or instrument.pools
    ):
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


# --- about names and clauses ------------------------------------------------------------------------------


class Names(NamedTuple):
    """Who may be named: the parties and the pools, with those that the instrument brings."""

    parties: set[str]
    pools: set[str]


def _check_names(instrument: Instrument, joining: Collection[str], names: Names) -> None:
    for party in sorted(joining):
        check_name("party", party)
    for pool in instrument.pools:
        check_name("pool", pool)
    if not names.parties.isdisjoint(names.pools):
        raise NameTakenByPool(min(names.parties & names.pools))


def _check_clause(books: Standing, instrument: Instrument, clause: AnyClause, names: Names) -> None:
    span(clause.start, clause.through, f"The span of '{clause.key}'")
    parties, pools = names
    for name in named(clause):
        if name not in parties and name not in pools:
            raise UnknownParty(name, books.deal, sorted(parties | pools))
    if isinstance(clause, Member) and clause.pool and clause.pool not in pools:
        raise UnknownPool(clause.pool, books.deal, sorted(pools))
    if isinstance(clause, Pays | Commits) and clause.payer == clause.payee:
        raise PaysItself(clause.payer)
    if isinstance(clause, Pays):
        check_terms(clause.terms)
    if isinstance(clause, Drop) and not isinstance(instrument, PartnerLeft):
        _check_drop(books.with_plans if instrument.standing == "planned" else books.in_force, clause)


def _check_drop(books: rule.Books, drop: Drop) -> None:
    holding = books.on(drop.start)
    if drop.key not in holding:
        keys = [key for key, claim in holding.items() if not isinstance(claim.clause, Member)]
        raise DropsNothing(drop.key, drop.start.isoformat(), sorted(keys))


def _check_keys(books: Standing, clauses: Sequence[AnyClause]) -> None:
    taken: dict[str, list[tuple[Span, str]]] = {}
    for clause in clauses:
        own, own_kind = span(clause.start, clause.through), kind(clause)
        for other, _ in taken.get(clause.key, ()):
            # An instrument says once how long the agreement runs: that is for every day.
            if isinstance(clause, Term) or (own.start < other.end and other.start < own.end):
                raise KeySetTwice(clause.key, max(own.start, other.start).isoformat())
        taken.setdefault(clause.key, []).append((own, own_kind))
        before = books.kinds.get(clause.key, own_kind)
        if before != own_kind and not isinstance(clause, Drop):
            raise KeyOfAnotherKind(clause.key, own_kind, before)
        if isinstance(clause, Pays) and clause.name is None:
            names = books.flows.get((clause.payer, clause.payee), set()) - {clause.key}
            if names:
                raise SecondFlowUnnamed(clause.payer, clause.payee, sorted(names))


# --- about sums -------------------------------------------------------------------------------------------


def _check_sums(books: Standing, instrument: Instrument, clauses: Sequence[AnyClause]) -> None:
    asked: list[tuple[tuple[str, str], Collection[str], Span]] = []
    if any(isinstance(clause, Term) for clause in clauses):
        asked += [(flow, rates, ALL_DAYS) for flow, rates in books.shares.items() if may_exceed(rates)]
    for clause in clauses:
        if isinstance(clause, Pays) and (flat := flat_share(clause.terms)):
            flow = clause.payer, flat.measure
            rates = books.shares.get(flow, {})
            rates = {**rates, clause.key: max(flat.rate, rates.get(clause.key, flat.rate))}
            if len(rates) > 1 and may_exceed(rates):  # a share alone is at most 100 %
                asked.append((flow, rates, span(clause.start, clause.through)))
    if asked:
        after = books.trial(instrument)
        for (payer, measure), keys, days in asked:
            check_sum(after, payer, measure, keys, days)


def may_exceed(highest: Mapping[str, Decimal]) -> bool:
    """Whether shares could add up to more than 100 %, did the highest of each key fall on the same day."""
    return sum(highest.values(), Decimal(0)) > 1


def check_sum(books: rule.Books, payer: str, measure: str, keys: Iterable[str], days: Span) -> None:
    """Raises SharesAddUpTooHigh for the first day on which these keys' flat shares are more than 100 %."""
    lines = [books.timelines[key] for key in sorted(keys) if key in books.timelines]
    for day in sorted({days.start, *(edge for line in lines for edge in line.days if edge in days)}):
        parts = []
        for line in lines:
            claim = line.on(day)
            if claim and isinstance(claim.clause, Pays) and claim.clause.payer == payer:
                flat = flat_share(claim.clause.terms)
                if flat and flat.measure == measure:
                    parts.append((claim, flat.rate))
        if sum((rate for _, rate in parts), Decimal(0)) > 1:
            _refuse_sum(day, payer, measure, parts)


def _refuse_sum(day: date, payer: str, measure: str, parts: Sequence[tuple[rule.Claim, Decimal]]) -> None:
    said = [f"{percent(rate)} to {_payee(claim)} ({claim.fact.entry})" for claim, rate in parts]
    total = percent(sum((rate for _, rate in parts), Decimal(0)))
    raise SharesAddUpTooHigh(day.isoformat(), payer, measure, total, said)


def percent(rate: Decimal) -> str:
    """`0.125` as `12.5%`."""
    return f"{(rate * 100).normalize():f}%"


def _payee(claim: rule.Claim) -> str:
    assert isinstance(claim.clause, Pays)
    return claim.clause.payee


def check_name(what: str, name: str) -> None:
    """Raises NotAName for what cannot be shown on one line."""
    # The two joiners are part of how Persian, Hindi and others are spelt, and the only invisible characters allowed.
    visible = name.replace("\u200c", "").replace("\u200d", "")
    if not (0 < len(name) <= 200 and visible.isprintable() and name == name.strip()):
        raise NotAName(what, name)


def check_slug(slug: str) -> None:
    """Raises NotASlug for what cannot name a deal in a URL, a file name and a shell without quotes."""
    if not _SLUG.fullmatch(slug):
        raise NotASlug(slug)


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
