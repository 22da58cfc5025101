"""Lines and their versions: definitions and flows by name, each with its terms as they stand from day to day."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from msgspec.structs import replace

from ledger.calendar import FIRST_DAY, LAST_DAY, Span
from ledger.language import formula as f
from ledger.language.terms import Flow
from ledger.money import minor_unit

ALWAYS = Span(FIRST_DAY, LAST_DAY)


@dataclass(frozen=True, slots=True)
class Line:
    """A named definition (`Expr`) or flow (`Flow`), and the spans on which its versions stand.

    Spans do not overlap. Payer and payee are only printed.
    """

    name: str
    versions: tuple[tuple[Span, Flow | f.Expr], ...]
    payer: str | None = None
    payee: str | None = None

    @property
    def is_flow(self) -> bool:
        return isinstance(self.versions[0][1], Flow)


def line(name: str, terms: Flow | f.Expr, payer: str | None = None, payee: str | None = None) -> Line:
    """A line whose terms always stand."""
    return Line(name, ((ALWAYS, terms),), payer, payee)


@dataclass(frozen=True, slots=True)
class Part:
    """The versions of a line that are paid alike: in the same periods, rounding and currency."""

    name: str
    is_flow: bool
    versions: tuple[tuple[Span, f.Expr], ...]
    every: f.Window | None
    unit: Decimal
    rounding: str
    currency: str

    def stands(self, days: Span) -> bool:
        """Whether a version stands on one of the days."""
        return any(span.start < days.end and days.start < span.end for span, _ in self.versions)


def joined(one: Line) -> Line:
    """The line, with versions that follow one another and say the same of what is paid taken together."""
    found: list[tuple[Span, Flow | f.Expr]] = []
    for span, terms in sorted(one.versions, key=lambda version: version[0].start):
        if found and found[-1][0].end == span.start and _said(found[-1][1]) == _said(terms):
            found[-1] = (Span(found[-1][0].start, span.end), terms)
        else:
            found.append((span, terms))
    return Line(one.name, tuple(found), one.payer, one.payee)


def _said(terms: Flow | f.Expr) -> Flow | f.Expr:
    """What terms say of the amount: the days to pay in are no part of it."""
    return replace(terms, within=None) if isinstance(terms, Flow) else terms


def formula_of(terms: Flow | f.Expr) -> f.Expr:
    return terms.expr if isinstance(terms, Flow) else terms


def parts_alike(one: Line, currency: str) -> list[Part]:
    groups: dict[tuple[object, ...], list[tuple[Span, f.Expr]]] = {}
    for span, terms in one.versions:
        groups.setdefault(_manner(terms, currency), []).append((span, formula_of(terms)))
    return [
        Part(one.name, one.is_flow, tuple(versions), *manner)  # type: ignore[arg-type]
        for manner, versions in groups.items()
    ]


def _manner(terms: Flow | f.Expr, currency: str) -> tuple[object, ...]:
    if not isinstance(terms, Flow):
        return None, minor_unit(currency), "half up", currency
    coin = terms.currency or currency
    unit = terms.unit.value if terms.unit and terms.unit.value else minor_unit(coin)
    return terms.every, unit, terms.rounding or "half up", coin
