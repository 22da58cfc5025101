"""The contract's words, compiled: what tiers, bands, caps, minimums, advances and `each` do in a period.

With a window, each is an increase of a function of running totals:

    tiers(X per W: ...)   T(total(X per W)) - T(prior(X per W)), T the marginal function at today's rates
    cap(X, A per W)       increase of min(total(X per W), A)
    recoup(X, A per W)    increase of max(total(X per W) - A, 0); excess(X over A per W) is the same
    atleast(X, A per W)   X; at the end of the window, or of the line, also max(A - total(X per W), 0)

The amount A is a level where it is a number, a step by date, a stock or a running total; a measure, `due` or
another flow of money adds up over the window: total(A per W). Without a window, X and A are this period's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ledger.calendar import named
from ledger.computing import numbers
from ledger.computing.numbers import Undecided, Value, missing
from ledger.computing.scope import Scope
from ledger.computing.tape import Frame, Mode, Moment, State, Step, Tape, Traced
from ledger.language import formula as f
from ledger.language.printer import formula_text, window_text
from ledger.money import EXACT, ZERO

Scale = list[tuple[Value, Value | None]]  # rate and limit of every slice; the last has no limit


# --- slices -------------------------------------------------------------------------------------------------


def _tiers(scope: Scope, expr: f.Tiers, mode: Mode) -> int:
    if mode.opening:
        return scope.before(expr, mode)
    if not scope.aligned(expr.window):
        assert expr.window is not None
        return scope.parts(expr, mode, expr.window)
    slices = [_slice(scope, part, mode) for part in expr.slices]
    if expr.window is None:
        before, now = scope.tape.constant(ZERO), scope.slot(expr.of, mode)
    else:
        before = scope.prior(expr.of, expr.window, mode)
        now = scope.total(expr.of, expr.window, mode)

    def write(k: int) -> Step:
        def step(s: Frame, at: Moment, st: State) -> None:
            s[k] = marginal(
                [(s[rate], None if limit is None else s[limit]) for rate, limit in slices], s[before], s[now]
            )

        return step

    return scope.step(write)


def _slice(scope: Scope, part: f.Slice, mode: Mode) -> tuple[int, int | None]:
    return scope.slot(part.rate, mode), None if part.limit is None else scope.slot(part.limit, mode)


def marginal(scale: Scale, before: Value, now: Value) -> Value:
    """What the part from `before` to `now` comes to, each slice of it at its own rate."""
    if (
        type(before) is Decimal
        and type(now) is Decimal
        and all(type(rate) is Decimal and (limit is None or type(limit) is Decimal) for rate, limit in scale)
    ):
        return _exactly(scale, before, now)  # type: ignore[arg-type]
    total: Value = ZERO
    floor: Value | None = None
    for rate, limit in scale:
        part = numbers.subtract(clipped(now, floor, limit), clipped(before, floor, limit))
        if type(part) is not Decimal or part:
            total = numbers.add(total, numbers.multiply(rate, part))
        floor = limit
    return total


def _exactly(scale: list[tuple[Decimal, Decimal | None]], before: Decimal, now: Decimal) -> Decimal:
    """The same in plain decimals, and only the slices that the part touches."""
    if now < before:
        return EXACT.minus(_exactly(scale, now, before))
    total, at = ZERO, before
    for rate, limit in scale:
        if limit is None or now <= limit:
            return EXACT.add(total, EXACT.multiply(rate, EXACT.subtract(now, at)))
        if at < limit:
            total = EXACT.add(total, EXACT.multiply(rate, EXACT.subtract(limit, at)))
            at = limit
    return total


def clipped(amount: Value, floor: Value | None, limit: Value | None) -> Value:
    """How much of an amount lies in a slice; what is below zero is in the first one."""
    if limit is not None:
        amount = numbers.smaller(amount, limit)
    return amount if floor is None else numbers.larger(numbers.subtract(amount, floor), ZERO)


def _band(scope: Scope, expr: f.Band, mode: Mode) -> int:
    of = scope.slot(expr.of, mode)
    slices = [(*_slice(scope, part, mode), part.under) for part in expr.slices]

    def write(k: int) -> Step:
        def step(s: Frame, at: Moment, st: State) -> None:
            s[k] = whole_amount([(s[r], None if n is None else s[n], under) for r, n, under in slices], s[of])

        return step

    return scope.step(write)


def whole_amount(scale: list[tuple[Value, Value | None, bool]], amount: Value) -> Value:
    """The rate of the slice that the whole amount falls in; any of several, where that is not decided."""
    open_: list[tuple[Undecided, Value]] = []
    found: Value | None = None
    for rate, limit, under in scale:
        here = True if limit is None else numbers.compare("<" if under else "<=", amount, limit)
        if here is True:
            found = rate
            break
        if isinstance(here, Undecided):
            open_.append((here, rate))
    assert found is not None, "the last slice has no limit"
    for why, rate in reversed(open_):
        found = numbers.between(rate, found, why)
    return found


# --- amounts in a window ------------------------------------------------------------------------------------


def _limited(scope: Scope, expr: f.Limited, mode: Mode) -> int:
    if mode.opening:
        return scope.before(expr, mode)
    window = expr.window
    if not scope.aligned(window):
        assert window is not None
        return scope.parts(expr, mode, window)
    if window is None:
        return scope.two(_IN_PERIOD[type(expr)], scope.slot(expr.of, mode), scope.slot(expr.amount, mode))
    total = scope.total(expr.of, window, mode)
    amount = in_window(scope, expr.amount, window, mode)
    if isinstance(expr, f.AtLeast):
        return _topped_up(scope, expr, scope.slot(expr.of, mode), total, amount)
    if window.unit == "last":
        raise scope.refuse(expr, "what leaves a rolling window would be paid back", _ROLLING)
    now = scope.two(_IN_PERIOD[type(expr)], total, amount)
    before = scope.remembered(scope.tape.previous(now, ZERO, window))
    return scope.two(numbers.subtract, now, before)


_ROLLING = "Use total(... per last 12 months) and say what is to be paid, or a window that starts anew."

_IN_PERIOD: dict[type, Callable[[Value, Value], Value]] = {
    f.Cap: numbers.smaller,
    f.AtLeast: numbers.larger,
    f.Recoup: lambda x, a: numbers.larger(numbers.subtract(x, a), ZERO),
    f.Excess: lambda x, a: numbers.larger(numbers.subtract(x, a), ZERO),
}


def in_window(scope: Scope, amount: f.Expr, window: f.Window, mode: Mode) -> int:
    """The slot of an amount as it stands in the window: a level itself, another added up."""
    return scope.slot(amount, mode) if scope.lines.is_level(amount) else scope.total(amount, window, mode)


def _topped_up(scope: Scope, expr: f.AtLeast, this: int, total: int, amount: int) -> int:
    window = expr.window
    assert window is not None
    if window.unit not in f.MONTHS:
        why = f"'{window_text(window)}' has no end at which something could be missing"
        raise scope.refuse(expr, why, "Use a window that ends, such as year or contract year.")
    last = scope.last_day(expr)

    def write(k: int) -> Step:
        def step(s: Frame, at: Moment, st: State) -> None:
            around = at.book.instance(window, at.span.start)
            s[k] = s[this]
            if around is not None and at.span.end in (around.end, at.book.stand_ins.real(last)):
                short = numbers.larger(numbers.subtract(s[amount], s[total]), ZERO)
                s[k] = numbers.add(s[this], short)
                if at.span.end != around.end and short != ZERO:
                    at.note(f"the terms end on {at.span.through}: the minimum per {window_text(window)} is due in full")

        return step

    return scope.step(write)


# --- each value of a dimension ------------------------------------------------------------------------------


def _each(scope: Scope, expr: f.Each, mode: Mode) -> int:
    if mode.opening:
        raise scope.refuse(expr, "its increase depends on which values are reported", "Write each(...: increase(...)).")
    inner = Scope(scope.lines, scope.every, scope.cuts, scope)
    bound = tuple(dict.fromkeys((*mode.bound, *expr.dimensions)))
    result = inner.slot(expr.of, Mode(mode.filters, bound, mode.stock))
    tape = inner.finish()
    scope.tape.remembers |= tape.remembers
    values = Values(scope.lines.leaves(expr.of, mode.filters), expr.dimensions)
    names = dict.fromkeys(leaf.name for leaf in values.leaves)
    what = f"{' and '.join(names) or formula_text(expr.of)} by {' and '.join(expr.dimensions)}"

    def write(k: int) -> Step:
        def step(s: Frame, at: Moment, st: State) -> None:
            states: dict[tuple[str, ...], State] = st.inside.setdefault(k, {})
            here = {} if at.opening else values.reported(at)
            if not here and not states:
                s[k] = missing(f"{what} for {named(at.span)}")
                return
            s[k] = _sum_of_each(tape, result, k, here, states, at, expr.dimensions)

        return step

    return scope.step(write)


def _sum_of_each(
    tape: Tape,
    result: int,
    k: int,
    here: dict[tuple[str, ...], None],
    states: dict[tuple[str, ...], State],
    at: Moment,
    dimensions: tuple[str, ...],
) -> Value:
    total: Value = ZERO
    # A value that is not reported any more may still owe something at the end of a window.
    remembered = states if tape.memories else ()
    for value in dict.fromkeys((*here, *remembered)):
        moment = at.bind(dict(zip(dimensions, value, strict=True)), value not in here, at.first)
        state = states.get(value)
        if state is None:
            state = states[value] = State(tape.memories)
        frame = tape.advance(state, moment)
        total = numbers.add(total, frame[result])
        if at.trace is not None:
            label = ", ".join(f"{d} = {v}" for d, v in zip(dimensions, value, strict=True))
            at.trace.setdefault(k, []).append(Traced(label, tape, moment, frame))
    return total


class Values:
    """Which values of some dimensions the measures are reported for in a period, by their names."""

    def __init__(self, leaves: list[f.Name], dimensions: tuple[str, ...]) -> None:
        self.leaves, self.dimensions = leaves, dimensions
        self._book: object = None
        self._starts: list[date] = []
        self._found: list[tuple[date, tuple[str, ...], dict[str, str]]] = []
        self._longest = timedelta(0)

    def reported(self, at: Moment) -> dict[tuple[str, ...], None]:
        if self._book is not at.book:
            self._index(at)
        low = bisect_left(self._starts, at.span.start - self._longest)
        high = bisect_left(self._starts, at.span.end)
        here = {
            value
            for end, value, dimensions in self._found[low:high]
            if end > at.span.start and all(dimensions.get(d, v) == v for d, v in at.bindings.items())
        }
        return dict.fromkeys(sorted(here))

    def _index(self, at: Moment) -> None:
        rows = []
        for leaf in self.leaves:
            for report in at.book.measures.reports.get(leaf.name, ()):
                dimensions = dict(report.dimensions)
                if all(d in dimensions for d in self.dimensions) and _passes(dimensions, leaf.filters):
                    value = tuple(dimensions[d] for d in self.dimensions)
                    rows.append((report.span.start, report.span.end, value, dimensions))
                    self._longest = max(self._longest, report.span.end - report.span.start)
        rows.sort(key=lambda row: row[0])
        self._book = at.book
        self._starts = [row[0] for row in rows]
        self._found = [row[1:] for row in rows]


def _passes(dimensions: dict[str, str], filters: tuple[f.Filter, ...]) -> bool:
    return all(
        part.dimension in dimensions and (dimensions[part.dimension] in part.values) != part.without for part in filters
    )


SUGAR: dict[type, Callable[[Scope, Any, Mode], int]] = {
    f.Tiers: _tiers,
    f.Band: _band,
    f.Cap: _limited,
    f.AtLeast: _limited,
    f.Recoup: _limited,
    f.Excess: _limited,
    f.Each: _each,
}
