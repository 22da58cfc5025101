"""What falls due: every payment of a deal's flows whose own period ends in some days, as its books have it.

A flow is computed over the periods that its terms say; one that does not say them, over those that are settled; one
that is paid once, on its first day. Who pays whom is asked day by day, and so are the members of a pool: a payment
whose payer, payee or members change inside its period is divided at that day as the terms divide it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache, reduce
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from msgspec.structs import replace

from ledger import parts, rule
from ledger.accounts import Accounts
from ledger.calendar import FIRST_DAY, LAST_DAY, ONE_DAY, Span
from ledger.computing import numbers
from ledger.computing.evaluation import Line, Program, Row, compile
from ledger.computing.explanation import explain
from ledger.computing.numbers import Value
from ledger.computing.stand_ins import StandIns
from ledger.errors import MixedCurrencies, NotPaidThen
from ledger.events import Arithmetic, Defines, Due, Member, MemberPart, Pays
from ledger.language import formula as f
from ledger.language import notation
from ledger.language.terms import Flow
from projections.lines import first_days
from projections.settlement.reported import Revenue
from projections.state import Trail

DEFAULT_CURRENCY = "USD"

Version: TypeAlias = tuple[date, date, str]  # from, up to, terms
Written: TypeAlias = tuple[str, bool, tuple[Version, ...]]  # a key, whether it is a flow, its versions


class Part(NamedTuple):
    """What a part of a period comes to, and the claim that stands in it."""

    span: Span
    value: Value
    claim: rule.Claim


class Owed(NamedTuple):
    """What falls due, in which currency."""

    currency: str
    due: Due


@dataclass(frozen=True, slots=True)
class Books:
    """A deal's books in one view: what stands, what is booked, and the entries behind it."""

    deal: str
    held: rule.Books
    accounts: Accounts
    trail: Trail

    @property
    def currency(self) -> str:
        """The currency of a flow that names none."""
        return self.accounts.currency or DEFAULT_CURRENCY


def dues(books: Books, days: Span, every: f.Window | None, explained: bool = False) -> list[Owed]:
    """What falls due on these days, in order of periods and clauses; `every`: the periods of flows that name none.

    Raises the Refusal of terms that cannot be computed together (see ledger.computing.evaluation).
    """
    written, starts = tuple(_written(books)), first_days(books.held)
    if not starts or not any(is_flow for _, is_flow, _ in written):
        return []
    found = [
        one
        for term, start in terms_in(days, starts, written)
        for one in _dues_in(books, written, term, start, every, explained)
    ]
    return [owed for _, owed in sorted(found, key=lambda entry: (entry[0], entry[1].due.clause))]


def terms_in(days: Span, starts: Sequence[tuple[date, date]], written: Sequence[Written]) -> list[tuple[Span, date]]:
    """The days, cut where contract years count anew, each with the day from which they count; where any terms ask."""
    if not any("contract" in text for _, _, versions in written for *_, text in versions):
        starts = starts[-1:]
        starts = [(FIRST_DAY, start) for _, start in starts]
    ends = [day for day, _ in starts[1:]] + [LAST_DAY]
    cut = ((max(days.start, day), min(days.end, end), start) for (day, start), end in zip(starts, ends, strict=True))
    return [(Span(first, end), start) for first, end, start in cut if first < end]


def _dues_in(
    books: Books, written: tuple[Written, ...], days: Span, start: date, every: f.Window | None, explained: bool
) -> list[tuple[date, Owed]]:
    """The same in one term of the agreement: contract years count from `start`."""
    program, stand_ins = _program(written, books.currency, start, every)
    flows = [part for parts_ in program.lines.parts.values() for part in parts_ if part.is_flow]
    _check_currencies(program)
    told: dict[str, Any] = {"conditions": books.held.met, "explain": explained, "start": start, "stand_ins": stand_ins}
    found: list[tuple[date, Owed]] = []
    for currency in dict.fromkeys(part.currency for part in flows):
        revenue = Revenue(books.accounts, currency)
        rows = program.run(revenue.measures, days, **told)
        mine = [row for row in rows if row.part.is_flow and row.part.currency == currency]
        for row in mine:
            if days.start < row.period.end <= days.end:
                found += [(row.period.end, Owed(currency, due)) for due in _dues(books, program, revenue, row)]
    return found


def _check_currencies(program: Program) -> None:
    """Raises MixedCurrencies: the amounts of one computation are of one currency."""
    paid_in = {part.name: part.currency for all_ in program.lines.parts.values() for part in all_ if part.is_flow}
    if len(set(paid_in.values())) > 1:
        for name, currency in paid_in.items():
            for other in sorted(program.lines.flows_in(name)):
                if paid_in[other] != currency:
                    raise MixedCurrencies(name, currency, other, paid_in[other])


# --- the lines --------------------------------------------------------------------------------------------


def _written(books: Books) -> Iterator[Written]:
    """The deal's definitions and flows, by key, with the days on which each version stands."""
    for key in sorted(books.held.timelines):
        spans = [(s, c.clause) for s, c in books.held.timelines[key].spans() if isinstance(c.clause, Pays | Defines)]
        versions: list[Version] = []
        for span, clause in spans:
            for piece in _pieces(books, span, clause):
                versions.append((piece.start, piece.end, clause.terms))
        if versions:
            yield key, isinstance(spans[-1][1], Pays), tuple(versions)


def _pieces(books: Books, span: Span, clause: Pays | Defines) -> list[Span]:
    """The span, cut where the members of the pool that is paid, or their parts, change."""
    if isinstance(clause, Defines):
        return [span]
    lines = _places(books, clause.payee)
    if not any(isinstance(c.clause, Member) and c.clause.part for line in lines for c in line.claims if c):
        return [span]
    inside = sorted({day for line in lines for day in line.days if span.start < day < span.end})
    return [Span(a, b) for a, b in pairwise([span.start, *inside, span.end])]


def _places(books: Books, pool: str) -> list[rule.Timeline]:
    return [
        line
        for line in books.held.timelines.values()
        if any(isinstance(c.clause, Member) and c.clause.pool == pool for c in line.claims if c)
    ]


def _program(
    written: tuple[Written, ...], currency: str, start: date, every: f.Window | None
) -> tuple[Program, StandIns]:
    """The program of the terms, and the days that its own stand in for: deals that say the same share one."""
    texts = [(text, is_flow) for _, is_flow, versions in written for *_, text in versions]
    if any(is_flow and notation.parse(text).every == f.ONCE for text, is_flow in texts):
        return _compiled(written, currency, start, every), StandIns()  # the day of the payment is one of its terms
    stand_ins = StandIns(day for _, _, versions in written for *days, _ in versions for day in days)
    alike = tuple(
        (key, is_flow, tuple((stand_ins.of(a), stand_ins.of(b), text) for a, b, text in versions))
        for key, is_flow, versions in written
    )
    counted = start if any("contract" in text for text, _ in texts) else None  # or no window asks for it
    return _compiled(alike, currency, counted, every), stand_ins


@lru_cache(maxsize=8_192)
def _compiled(written: tuple[Written, ...], currency: str, start: date | None, every: f.Window | None) -> Program:
    lines = []
    for key, is_flow, versions in written:
        spans: list[tuple[Span, Flow | f.Expr]] = []
        for start_, end, text in versions:
            terms = _paid(key, notation.parse(text), versions[0][0], every) if is_flow else notation.parse_expr(text)
            spans.append((Span(start_, end), terms))
        lines.append(Line(key, tuple(spans)))
    return compile(lines, currency, start)


def _paid(key: str, flow: Flow, first: date, every: f.Window | None) -> Flow:
    """The flow with the periods in which it is paid; `first`: the first day on which the flow stands."""
    if flow.every == f.ONCE:
        return replace(flow, expr=f.Due((f.Step(first, flow.expr),)), every=every or f.MONTH)
    if flow.every is None and every is None:
        raise NotPaidThen(key)
    return replace(flow, every=flow.every or every)


# --- the rows ---------------------------------------------------------------------------------------------


def _dues(books: Books, program: Program, revenue: Revenue, row: Row) -> Iterator[Due]:
    """What a row comes to, for each payer and payee between whom its flow stood in the period."""
    between: dict[tuple[str, str], list[Part]] = {}
    for span, value in row.parts:
        claim = books.held.timelines[row.line].on(span.start)
        if claim and isinstance(claim.clause, Pays):
            between.setdefault((claim.clause.payer, claim.clause.payee), []).append(Part(span, value, claim))
    notes = (*row.notes, *revenue.notes(program.lines.measures_of(row.line), row.period))
    steps = explain(row, program.lines) if row.traces else ()
    for (payer, payee), told in between.items():
        value = reduce(numbers.add, (part.value for part in told))
        flows = [part.claim.clause for part in told if isinstance(part.claim.clause, Pays)]
        if _paid_before(books, row, flows[-1]):
            continue
        exact = row.exact if len(between) == 1 and isinstance(row.exact, Decimal) and row.exact != value else None
        yield Due(
            clause=row.line,
            payer=payer,
            payee=payee,
            start=row.period.start,
            through=row.period.end - ONE_DAY,
            terms="; then ".join(dict.fromkeys(flow.terms for flow in flows)),
            entries=tuple(sorted({n for part in told for n in books.trail.of(part.claim.fact.entry)})),
            exact=exact,
            payable=_payable(flows[-1], row.period.end),
            notes=notes,
            members=_members(books, row, told, payee),
            arithmetic=tuple(Arithmetic(depth=step.depth, text=step.text, kind=step.kind) for step in steps),
            **_told(value),
        )


def _paid_before(books: Books, row: Row, flow: Pays) -> bool:
    """Whether a flow that is paid once is not paid in this period."""
    if notation.parse(flow.terms).every != f.ONCE:
        return False
    return next(span.start for span, _ in books.held.timelines[row.line].spans()) not in row.period


def _told(value: Value) -> dict[str, Any]:
    if isinstance(value, Decimal):
        return {"amount": value}
    low, high = (None if bound.is_infinite() or value.refused else bound for bound in (value.low, value.high))
    return {"low": low, "high": high, "missing": value.missing}


def _payable(flow: Pays, end: date) -> date | None:
    within = notation.parse(flow.terms).within
    return end - ONE_DAY + timedelta(days=within) if within is not None and end < LAST_DAY else None


def _members(books: Books, row: Row, told: Sequence[Part], pool: str) -> tuple[MemberPart, ...]:
    """What the members of a pool get of the payment, where it can be told."""
    places = _places(books, pool)
    if not places:
        return ()
    found = []
    for span, value, _ in told:
        held = [claim.clause for line in places if (claim := line.on(span.start))]
        members = sorted((m for m in held if isinstance(m, Member)), key=lambda member: member.party)
        if members and isinstance(value, Decimal):
            found.append(parts.divided(value, members, row.part.unit))
        elif members:
            found.append(tuple(MemberPart(party=member.party, part=member.part) for member in members))
    return parts.together(found)
