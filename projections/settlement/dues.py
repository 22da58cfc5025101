"""What falls due: every payment of a deal's flows whose own period ends in some days, as its books have it.

A flow is computed over the periods that its terms say; one that does not say them, over those that are settled; one
that is paid once, on its first day. Who pays whom is asked day by day, and so are the members of a pool: a payment
whose payer, payee or members change inside its period is divided at that day as the terms divide it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache, reduce
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from msgspec.structs import replace

from ledger import parts, rule
from ledger.accounts import Accounts
from ledger.calendar import LAST_DAY, ONE_DAY, Span
from ledger.computing import numbers
from ledger.computing.evaluation import Line, Program, Row, compile
from ledger.computing.explanation import explain
from ledger.computing.moment import meet
from ledger.computing.numbers import Value
from ledger.errors import MixedCurrencies, NotPaidThen, listed
from ledger.events import Arithmetic, Defines, Due, Member, MemberPart, Pays
from ledger.language import formula as f
from ledger.language import notation
from ledger.language.terms import Flow
from ledger.money import ZERO
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
    _pools: dict[str, list[rule.Timeline]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def pool(self, name: str) -> list[rule.Timeline]:
        """The timelines that say who is a member of a pool; looked for once, since every payment asks."""
        if name not in self._pools:
            self._pools[name] = [
                line
                for line in self.held.timelines.values()
                if any(isinstance(c.clause, Member) and c.clause.pool == name for c in line.claims if c)
            ]
        return self._pools[name]

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
    program = _compiled(written, books.currency, every)
    flows = [part for parts_ in program.lines.parts.values() for part in parts_ if part.is_flow]
    _check_currencies(program)
    found: list[tuple[date, Owed]] = []
    for currency in dict.fromkeys(part.currency for part in flows):
        revenue = Revenue(books.accounts, currency)
        rows = program.run(revenue.measures, days, conditions=books.held.met, start=starts)
        mine = [row for row in rows if row.part.is_flow and row.part.currency == currency]
        for row in mine:
            if days.start < row.period.end <= days.end:
                found += [
                    (row.period.end, Owed(currency, due)) for due in _dues(books, program, revenue, row, explained)
                ]
    return [owed for _, owed in sorted(found, key=lambda entry: (entry[0], entry[1].due.clause))]


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
    lines = books.pool(clause.payee)
    if not any(isinstance(c.clause, Member) and c.clause.part for line in lines for c in line.claims if c):
        return [span]
    inside = sorted({day for line in lines for day in line.days if span.start < day < span.end})
    return [Span(a, b) for a, b in pairwise([span.start, *inside, span.end])]


@lru_cache(maxsize=8_192)
def _compiled(written: tuple[Written, ...], currency: str, every: f.Window | None) -> Program:
    """The program of the terms; deals that say the same on the same days share one."""
    lines = []
    for key, is_flow, versions in written:
        spans: list[tuple[Span, Flow | f.Expr]] = []
        for start, end, text in versions:
            terms = _paid(key, notation.parse(text), versions[0][0], every) if is_flow else notation.parse_expr(text)
            spans.append((Span(start, end), terms))
        lines.append(Line(key, tuple(spans)))
    return compile(lines, currency)


def _paid(key: str, flow: Flow, first: date, every: f.Window | None) -> Flow:
    """The flow with the periods in which it is paid; `first`: the first day on which the flow stands."""
    if flow.every == f.ONCE:
        return replace(flow, expr=f.Due((f.Step(first, flow.expr),)), every=every or f.MONTH)
    if flow.every is None and every is None:
        raise NotPaidThen(key)
    return replace(flow, every=flow.every or every)


# --- the rows ---------------------------------------------------------------------------------------------


def _dues(books: Books, program: Program, revenue: Revenue, row: Row, explained: bool) -> Iterator[Due]:
    """What a row comes to, for each payer and payee between whom its flow stood in the period."""
    between: dict[tuple[str, str], list[Part]] = {}
    for part in _divided(books, row):
        assert isinstance(part.claim.clause, Pays)
        between.setdefault((part.claim.clause.payer, part.claim.clause.payee), []).append(part)
    notes = (*row.notes, *revenue.notes(program.lines.measures_of(row.line), row.period))
    steps = explain(row, program.lines) if explained else ()
    for (payer, payee), told in between.items():
        value = reduce(numbers.add, (part.value for part in told))
        flows = [part.claim.clause for part in told if isinstance(part.claim.clause, Pays)]
        if _paid_before(books, row, flows[-1]):
            continue
        days = _due_days(books, notation.parse(flows[-1].terms).expr, row.period)
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
            payable=payable(flows[-1].terms, row.period, days),
            notes=(*notes, *_apart(flows[-1].terms, days)),
            members=_members(books, row, told, payee),
            arithmetic=tuple(Arithmetic(depth=step.depth, text=step.text, kind=step.kind) for step in steps),
            **_told(value),
        )


def _divided(books: Books, row: Row) -> list[Part]:
    """The payment, divided at the days on which its payer, its payee or the members of its pool change."""
    stands: list[tuple[Span, rule.Claim]] = []
    for span, claim in books.held.timelines[row.line].spans():
        if isinstance(claim.clause, Pays) and any(meet(span, version) for version, _ in row.part.versions):
            stands += [
                (days, claim) for whole in _pieces(books, span, claim.clause) if (days := meet(whole, row.period))
            ]
    if len({_divides(books, span, claim) for span, claim in stands}) < 2:
        return [Part(span, row.payment if n == 0 else ZERO, claim) for n, (span, claim) in enumerate(stands)]
    values = row.divided([span for span, _ in stands])
    return [Part(span, value, claim) for (span, claim), value in zip(stands, values, strict=True)]


def _divides(books: Books, span: Span, claim: rule.Claim) -> tuple[object, ...]:
    """What divides a payment: between whom it goes, and who are the members of the pool that is paid."""
    assert isinstance(claim.clause, Pays)
    here = [held.clause for line in books.pool(claim.clause.payee) if (held := line.on(span.start))]
    members = sorted((m.party, str(m.part)) for m in here if isinstance(m, Member))
    return (claim.clause.payer, claim.clause.payee, *members)


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


def payable(terms: str, period: Span, due: Sequence[date] = ()) -> date | None:
    """By which day it is paid: so many days after the first of the days on which it is `due`, or the period's last."""
    within = notation.parse(terms).within
    if within is None or period.end == LAST_DAY:
        return None
    return min(due, default=period.end - ONE_DAY) + timedelta(days=within)


def _apart(terms: str, due: Sequence[date]) -> Iterator[str]:
    """What is due on several days is payable apart: the payment's day is that of the first."""
    within = notation.parse(terms).within
    if within is not None and len(due) > 1:
        days = listed([day.isoformat() for day in due])
        yield f"it falls due on {days}; each amount is payable within {within} days of its own day"


def _due_days(books: Books, expr: f.Expr, period: Span) -> tuple[date, ...]:
    """The days of the period on which a flow that is made of due amounts alone falls due; else none."""
    waiting, days = [expr], set[date]()
    while waiting:
        match waiting.pop():
            case f.Due(steps):
                days |= {step.day for step in steps if step.day in period}
            case f.Name(name) if (line := books.held.timelines.get(name)) and (claim := line.on(period.end - ONE_DAY)):
                if not isinstance(claim.clause, Defines):
                    return ()
                waiting.append(notation.parse_expr(claim.clause.terms))
            case f.Binary("+", left, right):
                waiting += [left, right]
            case f.Binary("*" | "of", f.Number(), other) | f.Binary("*" | "/", other, f.Number()):
                waiting.append(other)
            case _:
                return ()
    return tuple(sorted(days))


def _members(books: Books, row: Row, told: Sequence[Part], pool: str) -> tuple[MemberPart, ...]:
    """What the members of a pool get of the payment, where it can be told."""
    places = books.pool(pool)
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
