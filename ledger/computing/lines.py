"""The lines of a computation: definitions and flows by name, each with its terms as they stand from day
to day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import wraps
from itertools import pairwise
from typing import Any, TypeVar

from msgspec.structs import replace

from ledger.calendar import LAST_DAY, Span
from ledger.computing.amended import Amended
from ledger.computing.versions import ALWAYS, Line, formula_of, joined, parts_alike
from ledger.errors import NamedTwice
from ledger.language import formula as f
from ledger.language.terms import Flow

T = TypeVar("T")


def _kept(find: Callable[[Lines, Any], T]) -> Callable[[Lines, Any], T]:
    """Keep what is found of a formula: the lines do not change. By its identity: a hash would walk all of it."""

    @wraps(find)
    def kept(lines: Lines, expr: Any) -> T:
        found = lines._found.get((find, id(expr)))
        if found is None:
            found = lines._found[find, id(expr)] = (find(lines, expr), expr)  # with the formula, so that its id stays
        answer: T = found[0]
        return answer

    return kept


class Lines:
    """All lines of a computation, and what can be told about a formula among them."""

    def __init__(self, lines: Iterable[Line], currency: str = "USD", start: date | None = None) -> None:
        self.start = start
        self.by_name: dict[str, Line] = {}
        self._formulas: dict[str, list[tuple[Span, f.Expr]]] = {}  # once all lines are made
        for one in lines:
            if one.name in self.by_name:
                raise NamedTwice(one.name)
            self.by_name[one.name] = one
        for one in self.by_name.values():
            self.by_name[one.name] = self._as_stood(joined(one))
        self.parts = {name: parts_alike(one, currency) for name, one in self.by_name.items()}
        self._found: dict[tuple[Callable[..., Any], int], tuple[Any, f.Expr]] = {}
        self._formulas = {name: self.formulas(name) for name in self.by_name}
        self._measures: dict[str, list[str]] = {}
        self._parts: dict[tuple[int, Span], tuple[list[Span], f.Expr]] = {}
        self._flows: dict[int, str] | None = None
        self._homes: dict[int, tuple[str, Span]] | None = None

    def _as_stood(self, one: Line) -> Line:
        """The line, with running totals that count what stood on each day."""
        if one.versions[0][0] == ALWAYS:
            return one
        found = Amended([(span, formula_of(terms)) for span, terms in one.versions], self.is_level).versions()
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
        if name in self._formulas:
            return self._formulas[name]
        return [(span, formula_of(terms)) for span, terms in self.by_name[name].versions]

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

    @_kept
    def needed(self, expr: f.Expr) -> list[str]:
        """The measures that a formula needs, through definitions and flows."""
        names = (node.name for node, _ in self.reach(expr) if isinstance(node, f.Name))
        return list(dict.fromkeys(name for name in names if name not in self))

    def measures_of(self, name: str) -> list[str]:
        """The measures that a line needs; looked for once."""
        if name not in self._measures:
            self._measures[name] = self.needed(f.Name(name))
        return self._measures[name]

    @_kept
    def bare_leaves(self, expr: f.Expr) -> list[f.Name]:
        """The measures a formula needs, each with the filters that the formula itself says."""
        return self.leaves(expr, ())

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

    def fixed(self, name: str, day: date) -> str | None:
        """What becomes of a flow's fixed amounts in a period whose last standing day is `day`."""
        terms = next((terms for span, terms in self.by_name[name].versions if day in span), None)
        return terms.fixed if isinstance(terms, Flow) else None

    def standing(self, name: str) -> tuple[Span, ...]:
        """The days on which a version of the line stands."""
        return tuple(span for span, _ in self.by_name[name].versions)

    @_kept
    def windows(self, expr: f.Expr) -> list[f.Window]:
        """The windows of the running totals that a formula is a function of."""
        found = (n.window for n, _ in self.reach(expr) if isinstance(n, f.Total | f.Prior))
        return list(dict.fromkeys(found))

    def all_formulas(self) -> Iterable[f.Expr]:
        """The formulas of all versions of all lines."""
        return (expr for name in self.by_name for _, expr in self.formulas(name))

    def ends_with(self, node: f.Expr) -> date | None:
        """The end of the line in which a formula stands; None where its last terms do not have it any more."""
        if self._homes is None:
            self._homes = {
                id(inner): (name, span)
                for name in self.by_name
                for span, expr in self.formulas(name)
                for inner in f.walk(expr)
            }
        name, span = self._homes.get(id(node), (None, None))
        if name is None or span is None:
            return LAST_DAY
        return span.end if span.end == max(other.end for other, _ in self.formulas(name)) else None

    def flow_of(self, node: f.Expr) -> str | None:
        """The flow whose formula is the node and nothing else."""
        if self._flows is None:
            self._flows = {}
            for name in self.by_name:
                for _, expr in self.formulas(name) if self.is_flow(name) else ():
                    self._flows.setdefault(id(expr), name)
        return self._flows.get(id(node))

    def parts_of(self, expr: f.Expr, days: Span) -> list[Span]:
        """The days, cut where a definition changes that the formula uses then."""
        inside = [edge for edge in self._edges(expr) if days.start < edge < days.end]
        if not inside:
            return [days]
        key = (id(expr), days)
        if key not in self._parts:
            self._parts[key] = (self._cut(expr, days, inside), expr)
        return self._parts[key][0]

    def _cut(self, expr: f.Expr, days: Span, inside: list[date]) -> list[Span]:
        found: list[Span] = []
        before: tuple[object, ...] | None = None
        for start, end in pairwise([days.start, *inside, days.end]):
            here = self._signature(expr, start)
            if found and here == before:
                found[-1] = Span(found[-1].start, end)
            else:
                found.append(Span(start, end))
            before = here
        return found

    @_kept
    def _edges(self, expr: f.Expr) -> list[date]:
        """The days on which a definition changes that the formula may use, in order."""
        names = {name for _, name in self._definitions(expr) if name is not None}
        return sorted({edge for name in names for s, _ in self.formulas(name) for edge in (s.start, s.end)})

    def _signature(self, expr: f.Expr, day: date) -> tuple[object, ...]:
        """Which version of each definition a formula uses on a day."""
        found: dict[str, int | None] = {}
        waiting = [expr]
        while waiting:
            for node in f.walk(waiting.pop()):
                if not isinstance(node, f.Name) or node.name in found or node.name not in self:
                    continue
                if self.is_flow(node.name):
                    continue
                versions = self.formulas(node.name)
                here = next((n for n, (span, _) in enumerate(versions) if day in span), None)
                found[node.name] = here
                if here is not None:
                    waiting.append(versions[here][1])
        return tuple(found.items())

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


_LEVELS = (f.Number, f.Unknown, f.About, f.Last, f.Rate, f.Total, f.Prior, f.Ordinal, f.Days, f.Met)
