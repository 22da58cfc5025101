"""Flat shares of one payer on one measure add to at most 100 %, and so do members' parts of a pool, on every day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ledger import parts, rule
from ledger.calendar import ALL_DAYS, Span, span
from ledger.errors import PartsAddUpTooHigh, SharesAddUpTooHigh
from ledger.events import Instrument, Member, Pays
from ledger.said import Between, Said, flat_share
from ledger.standing import Standing

NO_RATES: Mapping[str, Decimal] = {}


def check_sums(books: Standing, said: Said) -> None:
    """Raises SharesAddUpTooHigh where the instrument would bring shares to more than 100 % on a day."""
    asked: list[tuple[Between, Collection[str], Span]] = []
    if said.moves_ends:
        asked += [(flow, rates, ALL_DAYS) for flow, rates in books.shares.items() if may_exceed(rates)]
    highest: dict[Between, dict[str, Decimal]] = {}
    for share in said.shares:
        rates = highest.get(share.flow) or {**books.shares.get(share.flow, NO_RATES)}
        rates[share.key] = max(share.rate, rates.get(share.key, share.rate))
        highest[share.flow] = rates
    for flow, rates in highest.items():
        if len(rates) > 1 and may_exceed(rates):  # a share alone is at most 100 %
            spans = [span(share.clause.start, share.clause.through) for share in said.shares if share.flow == flow]
            asked += [(flow, rates, days) for days in spans]
    if asked:
        after = books.trial(said)
        for (payer, measure), keys, days in asked:
            check_sum(after, payer, measure, keys, days, said.instrument)


def check_parts(books: Standing, said: Said) -> None:
    """Raises PartsAddUpTooHigh where members' parts of a pool would be more than the whole on a day."""
    pools = {clause.pool for clause in said.clauses if type(clause) is Member and clause.part}
    if not pools:
        return
    after = books.trial(said)
    for pool in pools:
        lines = [line for line in after.timelines.values() if _is_place(line, pool)]
        for day in sorted({edge for line in lines for edge in line.days}):
            held = [claim.clause for line in lines if (claim := line.on(day))]
            told = [m for m in held if isinstance(m, Member) and m.part]
            if sum((parts.read(m.part) for m in told if m.part), Fraction(0)) > 1:
                raise PartsAddUpTooHigh(day.isoformat(), str(pool), [f"{m.party} {m.part}" for m in told])


def _is_place(line: rule.Timeline, pool: str | None) -> bool:
    claims = (claim.clause for claim in line.claims if claim)
    return any(isinstance(clause, Member) and clause.pool == pool for clause in claims)


def may_exceed(highest: Mapping[str, Decimal]) -> bool:
    """Whether shares could add up to more than 100 %, did the highest of each key fall on the same day."""
    return sum(highest.values(), Decimal(0)) > 1


def check_sum(
    books: rule.Books, payer: str, measure: str, keys: Iterable[str], days: Span, told: Instrument | None = None
) -> None:
    """Raises SharesAddUpTooHigh for the first day on which these keys' flat shares are more than 100 %.

    `told`: the instrument that is being told, which has no number yet.
    """
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
            _refuse_sum(day, payer, measure, parts, told)


def _refuse_sum(
    day: date, payer: str, measure: str, parts: Sequence[tuple[rule.Claim, Decimal]], told: Instrument | None
) -> None:
    said = []
    for claim, rate in parts:
        by = "this instrument" if claim.fact.instrument is told else claim.fact.entry
        said.append(f"{percent(rate)} to {_payee(claim)} ({by})")
    total = percent(sum((rate for _, rate in parts), Decimal(0)))
    raise SharesAddUpTooHigh(day.isoformat(), payer, measure, total, said)


def percent(rate: Decimal) -> str:
    """`0.125` as `12.5%`."""
    return f"{(rate * 100).normalize():f}%"


def _payee(claim: rule.Claim) -> str:
    assert isinstance(claim.clause, Pays)
    return claim.clause.payee
