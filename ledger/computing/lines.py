"""The lines of a computation: definitions and flows by name, each with its terms as they stand from day
to day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from ledger.calendar import FIRST_DAY, LAST_DAY, Span
from ledger.computing.amended import Amended
from ledger.errors import NamedTwice
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

    def stands(self, days: Span, real: Callable[[date], date]) -> bool:
        """Whether a version stands on one of the days; `real`: which day one of its own stands in for."""
        return any(real(span.start) < days.end and days.start < real(span.end) for span, _ in self.versions)


class Lines:
    """All lines of a computation, and what can be told about a formula among them."""

    def __init__(self, lines: Iterable[Line], currency: str = "USD", start: date | None = None) -> None:
        self.start = start
        self.by_name: dict[str, Line] = {}
        for one in lines:
            if one.name in self.by_name:
                raise NamedTwice(one.name)
            self.by_name[one.name] = one
        for one in self.by_name.values():
            self.by_name[one.name] = self._as_stood(one)
        self.steps = 0
        self.parts = {name: _parts(one, currency) for name, one in self.by_name.items()}
        self._measures: dict[str, list[str]] = {}

    def _as_stood(self, one: Line) -> Line:
        """The line, with running totals that count what stood on each day."""
        if one.versions[0][0] == ALWAYS:
            return one
        found = Amended([(span, _expr(terms)) for span, terms in one.versions], self.is_level).versions()
        versions = [
            (span, replace(terms, expr=expr) if isinstance(terms, Flow) else expr)
            for (span, terms), expr in zip(one.versions, found, strict=True)
        ]
        return Line(one.name, tuple(versions), one.payer, one.payee)

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def is_flow(self, name: str) -> bool:
        return self.by_name[name].is_flow

    def formulas(self, name: str) -> list[tuple[Span, f.Expr]]:
        return [(span, _expr(terms)) for span, terms in self.by_name[name].versions]

    def always(self, name: str) -> bool:
        versions = self.by_name[name].versions
        return len(versions) == 1 and versions[0][0] == ALWAYS

    def reach(self, expr: f.Expr) -> Iterable[tuple[f.Expr, str | None]]:
        """Every formula that a formula needs, through definitions and flows; with the line that it stands
        in.
        """
        waiting: list[tuple[f.Expr, str | None]] = [(expr, None)]
        seen: set[str] = set()
        while waiting:
            root, name = waiting.pop()
            for node in f.walk(root):
                yield node, name
                if isinstance(node, f.Name) and node.name in self and node.name not in seen:
                    seen.add(node.name)
                    waiting.extend((inner, node.name) for _, inner in self.formulas(node.name))

    def needed(self, expr: f.Expr) -> list[str]:
        """The measures that a formula needs, through definitions and flows."""
        names = (node.name for node, _ in self.reach(expr) if isinstance(node, f.Name))
        return list(dict.fromkeys(name for name in names if name not in self))

    def measures_of(self, name: str) -> list[str]:
        """The measures that a line needs; looked for once."""
        if name not in self._measures:
            self._measures[name] = self.needed(f.Name(name))
        return self._measures[name]

    def leaves(self, expr: f.Expr, filters: tuple[f.Filter, ...]) -> list[f.Name]:
        """The measures a formula needs, each with all the filters that hold where it stands."""
        waiting = [(expr, filters)]
        found: dict[f.Name, None] = {}
        seen: set[f.Name | f.Stood] = set()
        while waiting:
            root, around = waiting.pop()
            for node in f.walk(root):
                if isinstance(node, f.AsStood) and node.stood not in seen:
                    seen.add(node.stood)
                    waiting.extend((version, around) for _, version in node.stood.versions)
                if not isinstance(node, f.Name):
                    continue
                leaf = f.Name(node.name, around + node.filters)
                if node.name not in self:
                    found[leaf] = None
                elif leaf not in seen:
                    seen.add(leaf)
                    waiting.extend((inner, leaf.filters) for _, inner in self.formulas(node.name))
        return list(found)

    def needs(self, name: str, other: str) -> bool:
        """Whether a line is computed from another, in the same days."""
        return any(n == other for _, expr in self.formulas(name) for _, n in self._definitions(expr))

    def windows(self, expr: f.Expr) -> list[f.Window]:
        """The windows of the running totals that a formula is a function of."""
        found = (n.window for n, _ in self.reach(expr) if isinstance(n, f.Total | f.Prior))
        return list(dict.fromkeys(found))

    def cuts(self, name: str) -> frozenset[date]:
        """The days on which a line's terms change: its own, and those of the definitions in it.

        Flows that go round through `prior` are computed together, and cut alike.
        """
        return frozenset(day for other in self._together(name) for day in self._own_cuts(other))

    def _own_cuts(self, name: str) -> set[date]:
        lines = {name}
        for _, expr in self.formulas(name):
            lines |= {n for _, n in self._definitions(expr) if n}
        edges = {day for n in lines for span, _ in self.by_name[n].versions for day in (span.start, span.end)}
        return edges - {FIRST_DAY, LAST_DAY}

    def _definitions(self, expr: f.Expr) -> Iterable[tuple[f.Expr, str | None]]:
        waiting: list[tuple[f.Expr, str | None]] = [(expr, None)]
        seen: set[str] = set()
        while waiting:
            root, name = waiting.pop()
            for node in f.walk(root):
                yield node, name
                named = node.name if isinstance(node, f.Name) else ""
                if named in self and named not in seen and not self.is_flow(named):
                    seen.add(named)
                    waiting.extend((inner, named) for _, inner in self.formulas(named))

    def flows_in(self, name: str) -> set[str]:
        """The flows that a line is computed from."""
        found = (n for _, e in self.formulas(name) for n, _ in self.reach(e) if isinstance(n, f.Name))
        return {node.name for node in found if node.name in self and self.is_flow(node.name)}

    def _together(self, name: str) -> set[str]:
        return {name} | {other for other in self.flows_in(name) if name in self.flows_in(other)}

    def is_condition(self, expr: f.Expr) -> bool:
        seen = set()
        while isinstance(expr, f.Name) and expr.name in self and expr.name not in seen:
            seen.add(expr.name)
            expr = self.formulas(expr.name)[0][1]
        return f.is_condition(expr)

    def is_level(self, expr: f.Expr, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a formula says how much there is, and not how much there was in the period.

        A quotient of two amounts of the period is a level: a rate.
        """
        match expr:
            case f.Name(name):
                if name not in self or self.is_flow(name) or name in seen:
                    return False
                return all(self.is_level(e, seen | {name}) for _, e in self.formulas(name))
            case f.AsStood(of):
                return self.is_level(of, seen)
            case f.Binary("/", left, right):
                return self.is_level(left, seen) or not self.is_level(right, seen)
            case f.Band(_, slices):
                return all(self.is_level(part.rate, seen) for part in slices)
            case f.On(steps):
                return all(self.is_level(step.value, seen) for step in steps)
            case f.If(_, then, otherwise):
                return self.is_level(then, seen) and self.is_level(otherwise, seen)
            case f.Binary() | f.Negative() | f.Call() | f.Overall() | f.Limited(window=None):
                return all(self.is_level(child, seen) for child in f.children(expr))
        return isinstance(expr, _LEVELS)


_LEVELS = (f.Number, f.Unknown, f.About, f.Last, f.Total, f.Prior, f.Ordinal, f.Days, f.Met)


def _expr(terms: Flow | f.Expr) -> f.Expr:
    return terms.expr if isinstance(terms, Flow) else terms


def _parts(one: Line, currency: str) -> list[Part]:
    groups: dict[tuple[object, ...], list[tuple[Span, f.Expr]]] = {}
    for span, terms in one.versions:
        groups.setdefault(_manner(terms, currency), []).append((span, _expr(terms)))
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
