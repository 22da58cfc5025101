"""The running total: what a formula adds up to in a window, from its start up to a day.

There is one definition; docs/computing.md, section 4, says it. What is a sum of flows is read from the reports at once,
whatever their grain; anything else is added up period by period.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date

from ledger.calendar import Span
from ledger.computing import numbers
from ledger.computing.linear import is_constant, is_linear
from ledger.computing.measured import Leaf, days_before, first_reported, leaves_of, summed
from ledger.computing.moment import Moment, meet
from ledger.computing.numbers import Value, missing
from ledger.computing.openings import Count, first_of, opened, opening_key
from ledger.computing.run import Run
from ledger.language import formula as f
from ledger.language.printer import formula_text, window_text
from ledger.money import ZERO

# --- the running total ----------------------------------------------------------------------------------------


def running(run: Run, expr: f.Expr, end: date, count: Count, at: Moment) -> Value:
    """What the formula adds up to from the counter's start up to a day, as its terms stood on each day."""
    if end <= count.start:
        return opened(run, expr, end, count, at)
    total = opened(run, expr, end, count, at)
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
    opened = opening_key(run, leaf)
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
    start = max(days.start, _floor(run, days, count, at, first_of(run, expr)))
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


def seen(expr: f.Expr, count: Count, at: Moment) -> f.Expr:
    """What a counter over the period adds up: its own terms, where it sees the whole period, else what stood."""
    whole = count.window is None and at.span == at.whole
    return expr.of if whole and isinstance(expr, f.AsStood) else expr
