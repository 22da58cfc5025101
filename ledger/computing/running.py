"""The running total: what a formula adds up to in a window, from its start up to a day.

There is one definition; docs/computing.md, section 4, says it. What is a sum of flows is read from the reports at once,
whatever their grain; anything else is added up period by period.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import NamedTuple

from ledger.calendar import ONE_DAY, Span
from ledger.computing import numbers
from ledger.computing.measured import Leaf, days_before, first_reported, leaves_of, summed
from ledger.computing.moment import Moment, meet
from ledger.computing.natures import FLOW
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


# --- the running total ----------------------------------------------------------------------------------------


def running(run: Run, expr: f.Expr, end: date, count: Count, at: Moment) -> Value:
    """What the formula adds up to from the counter's start up to a day, as its terms stood on each day."""
    if end <= count.start:
        return _opened(run, expr, end, count, at)
    total = _opened(run, expr, end, count, at)
    if not isinstance(expr, f.AsStood):
        return numbers.add(total, _running(run, expr, Span(count.start, end), count, at))
    for span, version in expr.stood.versions:
        days = meet(span, Span(count.start, end))
        if days is not None:
            total = numbers.add(total, _running(run, version, days, count, at))
    return total


def _running(run: Run, expr: f.Expr, days: Span, count: Count, at: Moment) -> Value:
    if isinstance(expr, f.AsStood):
        return running(run, expr, days.end, count._replace(start=days.start), at)
    if is_linear(run, expr, at.scope.reading):
        return _linear(run, expr, days, count, at)
    return _by_periods(run, expr, days, count, at)


def is_linear(run: Run, expr: f.Expr, reading: str) -> bool:
    """Whether the formula is a sum of flows, each times a constant: it can be read from reports of any grain."""
    return run.natures.kept_linear(expr, reading, lambda: _is_linear(run, expr, reading))


def _is_linear(run: Run, expr: f.Expr, reading: str) -> bool:
    match expr:
        case f.Name(name):
            if name not in run.lines:
                return reading == FLOW and run.natures.of.get(name, FLOW) == FLOW
            return not run.lines.is_flow(name) and all(is_linear(run, e, reading) for _, e in run.lines.formulas(name))
        case f.Binary("+" | "-", left, right):
            return is_linear(run, left, reading) and is_linear(run, right, reading)
        case f.Binary("*" | "of", left, right):
            return (is_constant(left) and is_linear(run, right, reading)) or (
                is_constant(right) and is_linear(run, left, reading)
            )
        case f.Binary("/", left, right):
            return is_linear(run, left, reading) and is_constant(right)
        case f.Negative(operand) | f.Overall(operand):
            return is_linear(run, operand, reading)
    return False


def is_constant(expr: f.Expr) -> bool:
    """Whether the formula is the same number on all days."""
    return all(isinstance(node, f.Number | f.Unknown | f.About | f.Binary | f.Negative) for node in f.walk(expr))


def _linear(run: Run, expr: f.Expr, days: Span, count: Count, at: Moment) -> Value:
    match expr:
        case f.Name(name) if name in run.lines:
            inner = at.read(filters=at.scope.filters + expr.filters) if expr.filters else at
            total: Value = ZERO
            for span, version in run.lines.formulas(name):
                part = meet(span, days)
                if part is not None:  # where no terms stood, nothing counts
                    total = numbers.add(total, _linear(run, version, part, count, inner))
            return total
        case f.Name():
            return _measured(run, expr, days, count, at)
        case f.Binary("+" | "-" as operator, left, right):
            operation = numbers.add if operator == "+" else numbers.subtract
            return operation(_linear(run, left, days, count, at), _linear(run, right, days, count, at))
        case f.Binary("/", left, right):
            why = f"{formula_text(expr)}: it divides by zero"
            return numbers.divide(_linear(run, left, days, count, at), run.level(right, at), why)
        case f.Binary(_, left, right):
            constant, of = (left, right) if is_constant(left) else (right, left)
            return numbers.multiply(run.level(constant, at), _linear(run, of, days, count, at))
        case f.Negative(operand):
            return numbers.negate(_linear(run, operand, days, count, at))
        case f.Overall(of):
            return _linear(run, of, days, count, at.read(members=()))
    raise AssertionError(f"{type(expr).__name__} is not linear")


def _measured(run: Run, expr: f.Name, days: Span, count: Count, at: Moment) -> Value:
    total: Value = ZERO
    for leaf in leaves_of(expr, at.scope):
        total = numbers.add(total, _leaf(run, leaf, days, count, at))
    return total


def _leaf(run: Run, leaf: Leaf, days: Span, count: Count, at: Moment) -> Value:
    first = first_reported(run, leaf)
    start = max(days.start, _floor(run, days, count, at, first))
    opened = _opening_key(run, leaf)
    if opened is None and days.start == count.start:
        _note_reach(run, start, count, at)
    if opened is not None and first is not None:
        start = max(start, first)
    elif opened is not None:
        start = max(start, at.whole.start)
    if start >= days.end:
        return ZERO
    until = at.whole.start
    found = summed(run, leaf, Span(start, days.end), at, count.tight)
    if isinstance(found, numbers.Uncertain) and first is not None and start < first <= until and run.start is None:
        early = missing(days_before(leaf.name, start, first))
        rest = summed(run, leaf, Span(first, days.end), at, count.tight) if first < days.end else ZERO
        return numbers.add(early, rest)
    return found


def _floor(run: Run, days: Span, count: Count, at: Moment, first: date | None) -> date:
    """From which day a counter asks for figures: see "From which day" in docs/computing.md."""
    if run.fresh is not None:
        return run.fresh
    if run.start is not None:
        early = first if first is not None and first < run.start else run.start
        floor = min(max(early, days.start), max(run.start, days.start))
    elif count.window is None or count.window.unit not in ("life", "last") or count.window.since:
        return days.start
    else:
        floor = at.host.first or at.whole.start
    return floor


def _note_reach(run: Run, start: date, count: Count, at: Moment) -> None:
    """Say that a rolling window reaches back to days of which nobody reported anything."""
    if count.window is None or count.window.unit != "last":
        return
    reaches = f"the {window_text(count.window)} reach back to {count.start}"
    if run.start is not None and count.start < run.start:
        run.note(f"{reaches}, before the contract's first day {run.start}: what was reported of those days counts")
    elif start > count.start:
        run.note(f"{reaches}, and are counted from {start}: nothing was reported before")


def _by_periods(run: Run, expr: f.Expr, days: Span, count: Count, at: Moment) -> Value:
    """The sum of what the formula comes to in each period of the days."""
    start = max(days.start, _floor(run, days, count, at, _first_of(run, expr)))
    if days.start == count.start:
        _note_reach(run, start, count, at)
    grid = at.host.grid
    first = at.host.first
    early: Value = ZERO
    if first is not None and start < first <= at.whole.start and run.start is None and run.lines.needed(expr):
        early = missing(days_before(formula_text(expr), start, first))
        start = first
    if start >= days.end:
        return early
    ends, sums = at.scope.sums.setdefault((id(expr), start, days.start), ([start], [ZERO]))
    n = bisect_right(ends, days.end) - 1
    day, total = ends[n], sums[n]
    while day < days.end:
        period = grid.around(day)
        part = Span(day, min(period.end, days.end))
        total = numbers.add(total, _in(run, expr, part, period, count, at))
        if n == len(ends) - 1 and part.end == period.end:
            ends.append(part.end)
            sums.append(total)
            n += 1
        day = part.end
    return numbers.add(early, total)


def _first_of(run: Run, expr: f.Expr) -> date | None:
    spans = run.measures.hull(run.lines.needed(expr))
    return spans.start if spans else None


def _in(run: Run, expr: f.Expr, days: Span, period: Span, count: Count, at: Moment) -> Value:
    """What the formula comes to on some days of one period."""
    here = period == at.period

    def compute() -> Value:
        total: Value = ZERO
        for part in run.lines.parts_of(expr, days):
            bound = meet(count.tight, period) if count.tight else None
            moment = at.on(part, bound=bound) if here else at.in_period(period, part, bound)
            if not here and not (moment.whole.start <= part.start and part.end <= moment.whole.end):
                moment = at.scope.moment(part, period, period, part.start, bound or period)
            total = numbers.add(total, run.amount(expr, moment))
        return total

    return compute() if here else run.quietly(compute)


# --- openings -------------------------------------------------------------------------------------------------


def _opening_key(run: Run, leaf: Leaf) -> Opening | None:
    key = (leaf.name, leaf.wanted) if leaf.wanted else leaf.name
    return key if not leaf.unwanted and key in run.openings else None


def seen(expr: f.Expr, count: Count, at: Moment) -> f.Expr:
    """What a counter over the period adds up: its own terms, where it sees the whole period, else what stood."""
    whole = count.window is None and at.span == at.whole
    return expr.of if whole and isinstance(expr, f.AsStood) else expr


def _opened(run: Run, expr: f.Expr, end: date, count: Count, at: Moment) -> Value:
    """What was counted before the first report here: see "Opening" in docs/computing.md."""
    if not run.openings:
        return ZERO
    if isinstance(expr, f.AsStood):
        first = _first_of(run, expr) or at.whole.start
        standing = next((e for span, e in expr.stood.versions if first - ONE_DAY in span), None)
        standing = standing or next((e for span, e in expr.stood.versions if first in span), expr.of)
        return _opened(run, standing, end, count, at)
    if isinstance(expr, f.Name) and expr.name in run.lines and run.lines.is_flow(expr.name):
        return _opening(run, expr.name, at.host.first, end, count, at)
    if not is_linear(run, expr, at.scope.reading):
        names = [name for name in run.lines.needed(expr) if name in run.openings]
        if names and count.start < (_first_of(run, expr) or at.whole.start) <= end:
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
                key = _opening_key(run, leaf)
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
