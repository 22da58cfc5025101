"""Openings: what was counted before the first report here.

docs/computing.md, section 4, says in which windows an opening counts.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ledger.calendar import ONE_DAY, Span
from ledger.computing import numbers
from ledger.computing.linear import is_constant, is_linear
from ledger.computing.measured import Leaf, first_reported, leaves_of
from ledger.computing.moment import Moment
from ledger.computing.numbers import Value, missing
from ledger.computing.run import Opening, Run
from ledger.language import formula as f
from ledger.language.printer import formula_text, window_text
from ledger.money import ZERO


class Count(NamedTuple):
    """A window of a counter: from which day, of what kind, and inside which days alone a report may be spread."""

    start: date
    window: f.Window | None
    tight: Span | None = None


def first_of(run: Run, expr: f.Expr) -> date | None:
    spans = run.measures.hull(run.lines.needed(expr))
    return spans.start if spans else None


def opening_key(run: Run, leaf: Leaf) -> Opening | None:
    key = (leaf.name, leaf.wanted) if leaf.wanted else leaf.name
    return key if not leaf.unwanted and key in run.openings else None


def opened(run: Run, expr: f.Expr, end: date, count: Count, at: Moment) -> Value:
    """What was counted before the first report here: see "Opening" in docs/computing.md."""
    if not run.openings:
        return ZERO
    if isinstance(expr, f.AsStood):
        first = first_of(run, expr) or at.whole.start
        standing = next((e for span, e in expr.stood.versions if first - ONE_DAY in span), None)
        standing = standing or next((e for span, e in expr.stood.versions if first in span), expr.of)
        return opened(run, standing, end, count, at)
    if isinstance(expr, f.Name) and expr.name in run.lines and run.lines.is_flow(expr.name):
        return _opening(run, expr.name, at.host.first, end, count, at)
    if not is_linear(run, expr, at.scope.reading):
        names = [name for name in run.lines.needed(expr) if name in run.openings]
        if names and count.start < (first_of(run, expr) or at.whole.start) <= end:
            return missing(f"what {formula_text(expr)} came to before (an opening of {names[0]} does not say it)")
        return ZERO
    return _opened_linear(run, expr, end, count, at)


def _opened_linear(run: Run, expr: f.Expr, end: date, count: Count, at: Moment) -> Value:
    match expr:
        case f.Name(name) if name in run.lines:
            inner = at.read(filters=at.scope.filters + expr.filters) if expr.filters else at
            return _opened_linear(run, run.lines.formulas(name)[0][1], end, count, inner)
        case f.Name():
            total: Value = ZERO
            for leaf in leaves_of(expr, at.scope):
                key = opening_key(run, leaf)
                if key is not None:
                    total = numbers.add(total, _opening(run, key, first_reported(run, leaf), end, count, at))
            return total
        case f.Binary("+" | "-" as operator, left, right):
            operation = numbers.add if operator == "+" else numbers.subtract
            a, b = (_opened_linear(run, side, end, count, at) for side in (left, right))
            return operation(a, b)
        case f.Binary("/", left, right):
            return numbers.divide(_opened_linear(run, left, end, count, at), run.level(right, at), "")
        case f.Binary(_, left, right):
            constant, of = (left, right) if is_constant(left) else (right, left)
            opened = _opened_linear(run, of, end, count, at)
            return numbers.multiply(run.level(constant, at), opened) if opened != ZERO else ZERO
        case f.Negative(operand):
            return numbers.negate(_opened_linear(run, operand, end, count, at))
        case f.Overall(of):
            return _opened_linear(run, of, end, count, at.read(members=()))
    return ZERO


def _opening(
    run: Run, key: Opening, first: date | None, end: date, count: Count, at: Moment
) -> Value:  # fmt: skip
    amount = run.openings.get(key)
    first = first or at.whole.start
    if amount is None or not count.start < first <= end:
        return ZERO
    run.used.add(key)
    if count.window is not None and count.window.unit == "last" and at.whole.start > first:
        what = key if isinstance(key, str) else str(Leaf(*key))
        return missing(f"how much of the opening of {what} lies in the {window_text(count.window)}")
    return amount


def opening_of_payments(run: Run, expr: f.Limited, end: date, count: Count, at: Moment) -> Value:
    """What the flow paid before, where the cap or minimum is all that it says."""
    name = run.lines.flow_of(expr)
    if name is None or name not in run.openings or not isinstance(expr, f.Cap | f.AtLeast):
        return ZERO
    return _opening(run, name, at.host.first, end, count, at)
