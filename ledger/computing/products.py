"""Products and quotients: which side counts the days, and what a rate that changes inside a period does.

The rules are those of docs/computing.md, sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise

from ledger.calendar import Span
from ledger.computing import numbers
from ledger.computing.measured import leaves_of, nature, once_reported, rates
from ledger.computing.moment import Moment
from ledger.computing.natures import FLOW, RATE
from ledger.computing.numbers import Value, missing
from ledger.computing.run import Run
from ledger.errors import listed
from ledger.language import formula as f
from ledger.language.printer import formula_text
from ledger.money import ZERO


def product(run: Run, expr: f.Binary, at: Moment) -> Value:
    counts = counting_side(run, expr, at)
    if counts is None:
        if open_nature(run, expr, at):
            names = list(dict.fromkeys((*run.natures.undeclared(expr.left), *run.natures.undeclared(expr.right))))
            return missing(
                f"the nature of {listed(names)} in {formula_text(expr)}: say for example --nature {names[-1]}=rate"
            )
        return numbers.multiply(run.level(expr.left, at), run.level(expr.right, at))
    other = expr.right if counts is expr.left else expr.left
    return _additive_by_level(run, counts, other, at, numbers.multiply)


def open_nature(run: Run, expr: f.Binary, at: Moment) -> bool:
    """Whether it takes the nature of a factor to tell what a product comes to, and nobody said it."""
    additive = all(run.natures.additive(side, at.scope.reading) for side in (expr.left, expr.right))
    return additive and counting_side(run, expr, at) is None


def counting_side(run: Run, expr: f.Binary, at: Moment) -> f.Expr | None:
    """The factor of a product that counts the moment's days; the other one sees the whole period.

    Of two additive ones it is that which is reported more finely than once for the period, else the left one; None
    where both are and it takes their nature to tell what is meant, and None where neither is additive.
    """
    sides = [run.natures.additive(side, at.scope.reading) for side in (expr.left, expr.right)]
    if sides != [True, True]:
        return expr.left if sides[0] else expr.right if sides[1] else None
    once = [once_reported(run, _flows_in(run, side, at), at) for side in (expr.left, expr.right)]
    if not any(once) and run.natures.unclear(expr):
        return None
    return expr.right if once[0] and not once[1] else expr.left


def quotient(run: Run, expr: f.Binary, at: Moment) -> Value:
    why = f"{formula_text(expr)}: it divides by zero"

    def divide(a: Value, b: Value) -> Value:
        return numbers.divide(a, b, why)

    if run.natures.additive(expr, at.scope.reading):
        return _additive_by_level(run, expr.left, expr.right, at, divide)
    return divide(run.level(expr.left, at), run.level(expr.right, at))


def _additive_by_level(
    run: Run, additive: f.Expr, level: f.Expr, at: Moment, operation: Callable[[Value, Value], Value]
) -> Value:
    """An additive factor of the moment's days with a level one; span by span where a rate in it changes."""
    pieces = rate_pieces(run, level, at)
    if not pieces:
        return operation(run.value(additive, at), run.level(level, at))
    total: Value = ZERO
    for piece in pieces:
        total = numbers.add(total, operation(run.value(additive, piece), run.level(level, piece)))
    return total


def rate_pieces(run: Run, level: f.Expr, at: Moment) -> list[Moment]:
    """The moment's days, in the spans on which every rate in a factor has one value; none, where it has one on all."""
    cuts = _rate_changes(run, level, at)
    if not cuts:
        return []
    edges = [at.span.start, *(day for day in cuts if at.span.start < day < at.span.end), at.span.end]
    found = []
    for start, end in pairwise(edges):
        first = max((day for day in cuts if day <= start), default=(at.held or at.whole).start)
        last = min((day for day in cuts if day >= end), default=(at.held or at.whole).end)
        found.append(at.on(Span(start, end), day=at.day, bound=Span(first, last), held=Span(first, last)))
    return found


def _rate_changes(run: Run, expr: f.Expr, at: Moment) -> list[date]:
    """The days inside the standing days on which a rate that the formula reads changes its value."""
    found: set[date] = set()
    around = at.held or at.whole
    for name in _rates_in(run, expr, at):
        for leaf in leaves_of(name, at.scope):
            told = rates(run, leaf, around) or []
            for (_, value), (span, other) in pairwise(told):
                if value != other and around.start < span.start < around.end:
                    found.add(span.start)
    return sorted(found)


def _rates_in(run: Run, expr: f.Expr, at: Moment) -> list[f.Name]:
    if RATE not in run.natures.of.values():
        return []
    return [name for name in run.lines.bare_leaves(expr) if nature(run, name.name, at.scope) == RATE]


def _flows_in(run: Run, expr: f.Expr, at: Moment) -> list[f.Name]:
    return [name for name in run.lines.bare_leaves(expr) if nature(run, name.name, at.scope) == FLOW]
