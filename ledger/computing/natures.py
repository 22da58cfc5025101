"""The nature of measures and of formulas: what adds up over days, and what holds on a day.

A measure is a flow (adds up), a stock (a value at a day) or a rate (holds on each day). A formula is additive
where it is an amount of days: its *degree* counts the additive factors above the line less those below it.
The rules are those of docs/computing.md, sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ledger.computing.lines import Lines
from ledger.language import formula as f

FLOW, STOCK, RATE = "flow", "stock", "rate"
NATURES = (FLOW, STOCK, RATE)


class Natures:
    """The natures of the measures of some lines, and with them the degree of every formula."""

    def __init__(self, lines: Lines, declared: Mapping[str, str]) -> None:
        self.lines = lines
        self.of = {**_inferred(lines), **declared}
        self._degrees: dict[tuple[int, str], int] = {}
        self._names: dict[tuple[str, str], int] = {}
        self._linear: dict[tuple[int, str], bool] = {}
        self._amounts: set[int] | None = None  # the products that are a part of an amount of degree one
        self._kept: list[f.Expr] = []  # what a key of `_degrees` stands for has to stay alive

    def additive(self, expr: f.Expr, reading: str) -> bool:
        """Whether the formula is an amount of days; `reading`: as what its measures are read (see `degree`)."""
        return self.degree(expr, reading) > 0

    def degree(self, expr: f.Expr, reading: str) -> int:
        """The additive factors of a formula above the line, less those below it.

        `reading` is FLOW where measures are read by their own nature, else the one that `last` or `rate` says.
        """
        key = (id(expr), reading)
        found = self._degrees.get(key)
        if found is None:
            found = self._degrees[key] = self._degree(expr, reading)
            self._kept.append(expr)
        return found

    def kept_linear(self, expr: f.Expr, reading: str, look: Callable[[], bool]) -> bool:
        """Whether a formula is linear, as `look` finds: see `linear`."""
        key = (id(expr), reading)
        found = self._linear.get(key)
        if found is None:
            found = self._linear[key] = look()
            self._kept.append(expr)
        return found

    def _degree(self, expr: f.Expr, reading: str) -> int:
        match expr:
            case f.Name(name):
                return self._named(name, reading)
            case f.Binary("+" | "-", left, right):
                return max(self.degree(left, reading), self.degree(right, reading))
            case f.Binary("*" | "of", left, right):
                return self.degree(left, reading) + self.degree(right, reading)
            case f.Binary("/", left, right):
                return self.degree(left, reading) - self.degree(right, reading)
            case f.Negative() | f.Call():
                return max(self.degree(child, reading) for child in f.children(expr))
            case f.If(_, then, otherwise):
                return max(self.degree(then, reading), self.degree(otherwise, reading))
            case f.Band(_, slices):
                return max(self.degree(part.rate, reading) for part in slices)
            case f.On(steps):
                return max(self.degree(step.value, reading) for step in steps)
            case f.Tiers(of, None) | f.Limited(of, _, None):
                return max(self.degree(child, reading) for child in (of, *f.children(expr)[1:]) if child is not None)
            case f.Each() | f.Overall() | f.AsStood():
                return self.degree(expr.of, reading)
            case f.Due() | f.Tiers() | f.Limited() | f.EachPeriod() | f.Milestone() | f.Days(None):
                return 1
        return 0

    def _named(self, name: str, reading: str) -> int:
        if name not in self.lines:
            return int(reading == FLOW and self.of.get(name, FLOW) == FLOW)
        if self.lines.is_flow(name):
            return 1
        found = self._names.get((name, reading))
        if found is None:
            self._names[name, reading] = 1  # while it is looked for: it may refer to itself through `prior`
            found = max(self.degree(expr, reading) for _, expr in self.lines.formulas(name))
            self._names[name, reading] = found
        return found

    def unclear(self, product: f.Binary) -> bool:
        """Whether nothing says which factor of a product of two additive ones is the rate."""
        if self._amounts is None:
            self._amounts = set()
            for expr in self.lines.all_formulas():
                self._mark(expr, None)
        if id(product) in self._amounts:
            return False
        return bool(self.undeclared(product.left) or self.undeclared(product.right))

    def _mark(self, expr: f.Expr, degree: int | None) -> None:
        """Note the products of a formula whose whole chain of factors is of degree one or less."""
        assert self._amounts is not None
        if not (isinstance(expr, f.Binary) and expr.operator in ("*", "of", "/")):
            degree = None
        elif degree is None:
            degree = self.degree(expr, FLOW)
        if degree is not None and degree <= 1:
            self._amounts.add(id(expr))
        for child in f.children(expr):
            self._mark(child, degree)

    def undeclared(self, expr: f.Expr) -> list[str]:
        """The measures of a formula that are taken for flows, and of which nothing says so."""
        names = dict.fromkeys(self.lines.needed(expr))
        return [name for name in names if name not in self.of]


def _inferred(lines: Lines) -> dict[str, str]:
    """The natures that the formulas say: what `rate` reads, and what is compared with a percentage."""
    found: dict[str, str] = {}
    for expr in lines.all_formulas():
        for node in f.walk(expr):
            if isinstance(node, f.Rate):
                found.update(dict.fromkeys(lines.needed(node.of), RATE))
            for name in beside_a_percentage(node):
                if name not in lines:
                    found.setdefault(name, RATE)
    return found


def beside_a_percentage(node: f.Expr) -> Iterable[str]:
    """The bare names that stand in `min`, `max` or a comparison with a bare percentage."""
    match node:
        case f.Call("max" | "min", arguments):
            sides: tuple[f.Expr, ...] = arguments
        case f.Binary(operator, left, right) if operator in f.COMPARISONS:
            sides = (left, right)
        case _:
            return
    if any(_is_percentage(side) for side in sides):
        yield from (side.name for side in sides if isinstance(side, f.Name))


def _is_percentage(expr: f.Expr) -> bool:
    if isinstance(expr, f.Call):
        return any(_is_percentage(side) for side in expr.arguments)
    return isinstance(expr, f.Number) and expr.unit == "%"
