"""Amended terms: what a running total adds up over days on which other versions of the line stood.

`cap`, `atleast`, `recoup`, `excess`, `tiers`, `total` and `prior` count an amount X; so do, over a period, `max`,
`min`, `abs`, `floor` and `ceiling`. Over the past they add up what X was under the terms that stood on those days,
and never today's rates on yesterday's sales:

    while a version stands that has the same construct in the same place    that version's own X (and own A)
    on other days, where X is plain (measures and names, added up)          X itself: the whole window counts
    on other days, where the window says `since`                            X itself: the clause says so
    on other days, for cap and atleast                                      what stood in that place, if anything
    on other days, otherwise                                                nothing

The same construct in the same place: the same kind of formula with the same window, at the same path through the
same kinds of formulas; where there is none, the only one of its kind and window in a version. A level A (5k, a
step by date) is compared as it stands now, but for an advance, which is what it was when it fell due, and for the
fixed amounts in `max`, `min` and a minimum of the period; `tiers` price what is new at the scale that stands now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from ledger.calendar import FIRST_DAY, LAST_DAY, Span
from ledger.language import formula as f

Path = tuple[tuple[str, int], ...]  # the field and, in a tuple, the place in it
_COUNTERS = (f.Limited, f.Total, f.Prior, f.Tiers)
_PLAIN = (f.Name, f.Each, f.EachPeriod, f.Overall, f.Last, f.Negative)


class Amended:
    """The versions of one line, and what each comes to be with its running totals told what stood."""

    def __init__(self, versions: Sequence[tuple[Span, f.Expr]], is_level: Callable[[f.Expr], bool]) -> None:
        self.spans = [span for span, _ in versions]
        self.nodes = [_nodes(expr) for _, expr in versions]
        self.is_level = is_level
        self._made: dict[tuple[int, Path], Any] = {}
        self._making: set[tuple[int, Path]] = set()

    def versions(self) -> list[f.Expr]:
        return [self._make(n, ()) for n in range(len(self.spans))]

    def _make(self, n: int, path: Path) -> Any:
        """The formula of a version at a path, with what stood put in below."""
        found = self._made.get((n, path))
        if found is None:
            node = self.nodes[n][path]
            if (n, path) in self._making:
                return node  # it is asked for by what it counts itself
            self._making.add((n, path))
            below = {
                name: _put(getattr(node, name), lambda at: self._make(n, (*path, at)), name) for name in _below(node)
            }
            found = replace(node, **below)
            if isinstance(node, f.Call):
                found = self._called(n, path, node, found)
            elif isinstance(node, _COUNTERS):
                found = self._counter(n, path, node, found)
            self._made[n, path] = found
            self._making.discard((n, path))
        return found

    def _called(self, n: int, path: Path, node: f.Call, made: f.Call) -> f.Call:
        """A function of amounts, each added up over the period as it stood."""
        before = self._before(n)
        same = {m: self._same(m, path, node) for m in before}
        arguments = []
        for place, argument in enumerate(made.arguments):
            stood = [(self.spans[m], None if (p := same[m]) is None else self._argument(m, p, place)) for m in before]
            arguments.append(_as_stood(argument, stood, False))
        return replace(made, arguments=tuple(arguments))

    def _argument(self, m: int, path: Path, place: int) -> Any:
        inner = (*path, ("arguments", place))
        return self._make(m, inner) if inner in self.nodes[m] else None

    def _before(self, n: int) -> list[int]:
        """The versions up to this one.

        What came later is in no running total of a day on which this version stands; and asked for what stood
        before, it would ask for this one again.
        """
        return [m for m, span in enumerate(self.spans) if span.start <= self.spans[n].start]

    def _after(self, n: int, same: list[Path | None]) -> list[int]:
        """Later versions with the same construct: a total that sees the whole period counts their days as well."""
        return [m for m, span in enumerate(self.spans) if span.start > self.spans[n].start and same[m] is not None]

    def _counter(self, n: int, path: Path, node: Any, made: Any) -> Any:
        same = [self._same(other, path, node) for other in range(len(self.spans))]
        before = [*self._before(n), *self._after(n, same)]
        if not _plain(node.of) or any(p is not None and self.nodes[m][p].of != node.of for m, p in enumerate(same)):
            versions = [(self.spans[m], self._stood(m, same[m], path, node)) for m in before]
            since = _plain(node.of) or _since(node) or isinstance(node, f.Tiers)
            made = replace(made, of=_as_stood(made.of, versions, since))
        if isinstance(node, f.Limited) and not self.is_level(node.amount):
            paths = [
                p if p is not None and not self.is_level(self.nodes[m][p].amount) else None for m, p in enumerate(same)
            ]
            amounts = [
                (self.spans[m], None if (p := paths[m]) is None else self._make(m, (*p, ("amount", 0)))) for m in before
            ]
            made = replace(made, amount=_as_stood(made.amount, amounts, True))
        elif isinstance(node, f.Recoup) or (isinstance(node, f.AtLeast) and node.window is None):
            levels = [
                (self.spans[m], None if (p := same[m]) is None else self._make(m, (*p, ("amount", 0)))) for m in before
            ]
            made = replace(made, amount=_as_stood(made.amount, levels, _plain(node.of) or _since(node)))
        return made

    def _stood(self, m: int, same: Path | None, path: Path, node: Any) -> Any:
        """What a version contributes to the running total; None where it has no part in it."""
        if same is not None:
            return self._make(m, (*same, ("of", 0)))
        if _plain(node.of) or _since(node) or not isinstance(node, f.Cap | f.AtLeast):
            return None
        place = self._place(m, path, node)
        return None if place is None or self.is_level(place) or f.is_condition(place) else self._make(m, path)

    def _same(self, m: int, path: Path, node: Any) -> Path | None:
        """Where a version has the same construct."""
        if _is_same(self._place(m, path, node), node):
            return path
        alike = [p for p, other in self.nodes[m].items() if _is_same(other, node)]
        most = max(sum(_is_same(other, node) for other in nodes.values()) for nodes in self.nodes)
        return alike[0] if len(alike) == most == 1 else None

    def _place(self, m: int, path: Path, node: Any) -> Any:
        """What a version has at a path, if that leads through the same kinds of formulas."""
        mine = next(nodes for nodes in self.nodes if nodes.get(path) is node)
        for length in range(len(path)):
            one, other = mine[path[:length]], self.nodes[m].get(path[:length])
            if _kind(one) != _kind(other):
                return None
        return self.nodes[m].get(path)


def _as_stood(own: f.Expr, versions: Sequence[tuple[Span, Any]], whole: bool) -> f.AsStood:
    """The formula with what stood; where `whole`, it counts itself on all other days."""
    stood = [(span, expr) for span, expr in versions if expr is not None]
    if whole:
        day = FIRST_DAY
        for span, _ in sorted(stood, key=lambda entry: entry[0].start):
            if day < span.start:
                stood.append((Span(day, span.start), own))
            day = span.end
        if day < LAST_DAY:
            stood.append((Span(day, LAST_DAY), own))
    return f.AsStood(own, f.Stood(tuple(sorted(stood, key=lambda entry: entry[0].start))))


def _since(node: Any) -> bool:
    return node.window is not None and node.window.since is not None


def _plain(expr: f.Expr) -> bool:
    """Whether a formula only adds up what bears a name: there is no rate in it that could be amended."""
    return all(
        node.operator in ("+", "-") if isinstance(node, f.Binary) else isinstance(node, _PLAIN) for node in f.walk(expr)
    )


def _is_same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    return bool(one.function == other.function if isinstance(one, f.Call) else one.window == other.window)


def _kind(node: Any) -> tuple[Any, ...]:
    return type(node), getattr(node, "operator", None), getattr(node, "function", None)


def _below(node: Any) -> list[str]:
    """The fields of a formula that hold formulas, or slices or steps of them."""
    return [
        name
        for name in node.__struct_fields__
        if isinstance(value := getattr(node, name), _PARTS)
        or (isinstance(value, tuple) and value and isinstance(value[0], _PARTS))
    ]


_PARTS = (f.Expr, f.Slice, f.Step)


def _put(value: Any, make: Callable[[tuple[str, int]], Any], name: str) -> Any:
    if isinstance(value, tuple):
        return tuple(make((name, n)) for n in range(len(value)))
    return make((name, 0))


def _nodes(root: f.Expr) -> dict[Path, Any]:
    """Every part of a formula by its path."""
    found: dict[Path, Any] = {}
    waiting: list[tuple[Path, Any]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        found[path] = node
        for name in _below(node):
            value = getattr(node, name)
            if isinstance(value, tuple):
                waiting.extend(((*path, (name, n)), part) for n, part in enumerate(value))
            else:
                waiting.append(((*path, (name, 0)), value))
    return found
