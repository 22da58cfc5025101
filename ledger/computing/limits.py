"""Caps, thresholds, advances, minimums and milestones: what they make of a running total.

T is the running total up to the end of the days, B the one up to their start:

    cap(X, A per W)         min(T, A) - min(B, A before)
    excess(X over A per W)  max(T - A, 0) - max(B - A before, 0)
    recoup(X, A per W)      the increase of the highest that T - A has been, and of 0
    atleast(X, A per W)     X; with the window's or the line's last day also max(A - T, 0)
    once A when C           A in the first period at whose end C holds
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from ledger.calendar import ONE_DAY
from ledger.computing import numbers
from ledger.computing.counters import before_and_now, counted, not_counted
from ledger.computing.measured import leaves_of, nature
from ledger.computing.moment import Moment
from ledger.computing.natures import FLOW
from ledger.computing.numbers import Undecided, Value
from ledger.computing.openings import Count, opening_of_payments
from ledger.computing.run import HANDLERS, Run
from ledger.computing.running import running, seen
from ledger.language import formula as f
from ledger.language.printer import window_text
from ledger.money import ZERO


def in_period(
    run: Run, arguments: Sequence[f.Expr], at: Moment, function: Callable[[list[Value]], Value]
) -> Value:  # fmt: skip
    """A function of amounts as a counter over the period: what the days move it by."""
    count = Count(at.whole.start, None, at.narrow)
    arguments = [seen(argument, count, at) for argument in arguments]
    until = function([running(run, argument, at.span.end, count, at) for argument in arguments])
    if at.span.start == at.whole.start:
        return until
    before = function([running(run, argument, at.span.start, count, at) for argument in arguments])
    return numbers.subtract(until, before)


def _limited(run: Run, expr: f.Limited, at: Moment) -> Value:
    if expr.window is None and not run.natures.additive(expr, at.scope.reading):
        return _IN_PERIOD[type(expr)](run.level(expr.of, at), run.level(expr.amount, at))
    if expr.window is None and isinstance(expr, f.AtLeast):
        return in_period(run, (expr.of, expr.amount), at, lambda values: numbers.larger(*values))
    total: Value = ZERO
    for moment, count in counted(run, expr.window, at):
        total = numbers.add(total, _LIMITED[type(expr)](run, expr, moment, count))
    return total


_IN_PERIOD: dict[type, Callable[[Value, Value], Value]] = {
    f.Cap: numbers.smaller,
    f.AtLeast: numbers.larger,
    f.Recoup: lambda x, a: numbers.larger(numbers.subtract(x, a), ZERO),
    f.Excess: lambda x, a: numbers.larger(numbers.subtract(x, a), ZERO),
}


def adds_up(run: Run, amount: f.Expr, at: Moment) -> bool:
    """Whether the amount of a limit adds up over the window."""
    return run.natures.additive(amount, at.scope.reading)


def counted_from(run: Run, count: Count, at: Moment) -> date:
    """The day before which nothing can have been counted: the window's first, the contract's or the first report's."""
    return max(count.start, run.start or at.host.first or count.start)


def _own(expr: f.Expr) -> f.Expr:
    return expr.of if isinstance(expr, f.AsStood) else expr


def limit_until(run: Run, expr: f.Limited, day: date, count: Count, at: Moment) -> Value:
    """The amount of a limit as it stood when `day` came: added up until then, or the level of the period before it."""
    if adds_up(run, expr.amount, at):
        return running(run, seen(expr.amount, count, at), day, count, at)
    return run.number(_own(expr.amount), _moment_before(run, day, at))


def _moment_before(run: Run, day: date, at: Moment) -> Moment:
    """The moment of the period that ends when `day` comes; the one at hand, where that is its own."""
    if day > at.whole.start:
        return at.level()
    period = at.host.grid.around(day - ONE_DAY)
    moment = at.in_period(period)
    return moment if moment.whole.end <= at.whole.start else at.scope.moment(period, period, period, at.day, period)


def _increase_of(run: Run, expr: f.Limited, at: Moment, count: Count) -> Value:
    """The increase of a cap or a threshold over the days."""
    compute = _IN_PERIOD[type(expr)]
    paid_before = opening_of_payments(run, expr, at.span.end, count, at)
    before, now = (numbers.add(x, paid_before) for x in before_and_now(run, expr.of, count, at))
    until = compute(now, limit_until(run, expr, at.span.end, count, at))
    if at.span.start <= counted_from(run, count, at) and before == ZERO:
        return until  # nothing was counted before
    start = compute(before, limit_until(run, expr, at.span.start, count, at))
    return numbers.subtract(until, start)


def _cap(run: Run, expr: f.Limited, at: Moment, count: Count | None) -> Value:
    if count is None:
        return run.amount(expr.of, at)  # nothing is counted yet, and so nothing is cut off
    found = _increase_of(run, expr, at, count)
    if isinstance(found, Decimal) and found < 0 and not adds_up(run, expr.amount, at):
        before, now = before_and_now(run, expr.of, count, at)
        if numbers.compare(">=", now, before) is True:
            return ZERO  # a cap that was lowered takes nothing back
    return found


def _excess(run: Run, expr: f.Limited, at: Moment, count: Count | None) -> Value:
    if count is None:
        not_counted(run, expr, at)
        return ZERO
    return _increase_of(run, expr, at, count)


def _recoup(run: Run, expr: f.Limited, at: Moment, count: Count | None) -> Value:
    if count is None:
        return run.amount(expr.of, at)
    return numbers.subtract(
        payable(run, expr, at.span.end, count, at), payable(run, expr, at.span.start, count, at)
    )  # fmt: skip


def payable(run: Run, expr: f.Limited, day: date, count: Count, at: Moment) -> Value:
    """What was payable beyond the advances when `day` came: the highest that the balance has been."""
    if run.openings or at.host.first is None or count.window is None:
        highest: Value = ZERO
        for end in _ends(run, expr, day, count, at):
            if end > count.start or run.openings:
                highest = numbers.larger(highest, _balance(run, expr, end, count, at))
    else:
        highest = _highest_before(run, expr, day, count, at)
    if day > counted_from(run, count, at) or run.openings:
        highest = numbers.larger(highest, _balance(run, expr, day, count, at))
    return highest


def _balance(run: Run, expr: f.Limited, day: date, count: Count, at: Moment) -> Value:
    """What was added up when `day` came, less the advances."""
    return numbers.subtract(
        running(run, seen(expr.of, count, at), day, count, at), advanced(run, expr, day, count, at)
    )  # fmt: skip


def _highest_before(run: Run, expr: f.Limited, day: date, count: Count, at: Moment) -> Value:
    """The highest balance at the ends of the periods before; each is looked at once, and not anew in each period."""
    first = at.host.first
    key = ("highest", id(expr), count, run.stage(at.whole.start), first is not None and first <= at.whole.start)
    seen_: list[tuple[date, Value, list[str]]] = at.scope.sums.setdefault(key, [])
    n = bisect_left(seen_, day, key=lambda entry: entry[0])
    if n == len(seen_):
        n += _look_further(run, expr, day, count, at, seen_)
    while n and seen_[n - 1][0] > at.whole.start:
        n -= 1
    if not n:
        return ZERO
    _, highest, notes = seen_[n - 1]
    for text in notes:
        run.note(text)
    return highest


def _look_further(
    run: Run, expr: f.Limited, day: date, count: Count, at: Moment, seen_: list[tuple[date, Value, list[str]]]
) -> int:  # fmt: skip
    """Add the ends of periods that have not been looked at; returns how many."""
    _, highest, notes = seen_[-1] if seen_ else (None, ZERO, [])
    found = 0
    for end in _ends(run, expr, day, count, at, seen_[-1][0] if seen_ else None):
        around, run.notes = run.notes, list(notes)
        try:
            if end > count.start:
                highest = numbers.larger(highest, _balance(run, expr, end, count, at))
            notes = notes if run.notes == notes else run.notes
        finally:
            run.notes = around
        if not seen_ or seen_[-1][0] < end:
            seen_.append((end, highest, notes))
            found += 1
    return found


def advanced(run: Run, expr: f.Limited, day: date, count: Count, at: Moment) -> Value:
    """The advances that have fallen due when `day` came."""
    if adds_up(run, expr.amount, at):
        return running(run, seen(expr.amount, count, at), day, count, at)
    if count.window is None and at.span == at.whole:
        return run.number(_own(expr.amount), at)
    moment = _moment_before(run, day, at)
    if isinstance(expr.amount, f.AsStood):
        # On days on which no terms stand, the advance that fell due before is still to be recouped.
        stood = [e for span, e in expr.amount.stood.versions if span.start < day]
        return run.number(stood[-1], moment) if stood else ZERO
    return run.number(expr.amount, moment)


def _ends(
    run: Run, expr: f.Limited, day: date, count: Count, at: Moment, after: date | None = None
) -> list[date]:  # fmt: skip
    """The ends of the periods of the window before this one; without those that a report reaches across.

    `after`: only those after this end.
    """
    spans = [s.start for s in [run.measures.hull(run.lines.needed(expr))] if s]
    start = after or max(count.start, min([*spans, *([run.start] if run.start else []), at.whole.start]))
    names = [name for name in run.lines.bare_leaves(expr) if nature(run, name.name, at.scope) == FLOW]
    layers = [layer for name in names for leaf in leaves_of(name, at.scope) for layer in run.layers(*leaf)]
    found = []
    period = at.host.grid.around(start)
    while period.end < day and period.end <= at.whole.start:
        if not any(layer.across(period.end) for layer in layers):
            found.append(period.end)
        period = at.host.grid.around(period.end)
    return found


def _at_least(run: Run, expr: f.Limited, at: Moment, count: Count | None) -> Value:
    this = run.amount(expr.of, at)
    window = expr.window
    assert window is not None
    around = run.instance(window, at.span.start)
    line_ends = run.lines.ends_with(expr)
    ends = None if line_ends is None else min(line_ends, at.host.end)
    if count is None or around is None or at.span.end not in (around.end, ends):
        return this
    total = running(run, expr.of, at.span.end, count, at)
    total = numbers.add(total, opening_of_payments(run, expr, at.span.end, count, at))
    short = numbers.larger(numbers.subtract(limit_until(run, expr, at.span.end, count, at), total), ZERO)
    if short != ZERO:
        if at.span.end != around.end:
            run.note(f"the terms end on {at.span.through}: the minimum per {window_text(window)} is due in full")
        elif (first := min(s.start for s in at.host.standing)) > around.start:
            run.note(f"the terms start on {first}: the minimum per {window_text(window)} is due in full")
    return numbers.add(this, short)


_LIMITED: dict[type, Callable[[Run, f.Limited, Moment, Count | None], Value]] = {
    f.Cap: _cap,
    f.Excess: _excess,
    f.Recoup: _recoup,
    f.AtLeast: _at_least,
}


# --- milestones -----------------------------------------------------------------------------------------------


def _milestone(run: Run, expr: f.Milestone, at: Moment) -> Value:
    """The amount in the first period at whose end the condition holds, with the last of its days."""
    if at.span.end != at.whole.end:
        return ZERO
    truth = run.level(expr.when, at)
    if truth is False:
        return ZERO
    start = min(at.host.standing[0].start, at.whole.start)
    first = max(start, min(day for day in (at.host.first, run.start, at.whole.start) if day is not None))
    before = _held_before(run, expr, first, at)
    if before is True:
        return ZERO
    amount: Value = run.level(expr.amount, at)
    for open_ in (truth, before):
        if isinstance(open_, Undecided):
            amount = numbers.between(amount, ZERO, open_)
    return amount


def _held_before(run: Run, expr: f.Milestone, first: date, at: Moment) -> Undecided | bool:
    """Whether the condition held at the end of a period before; each is looked at once, and not anew in each period."""
    state = at.scope.sums.setdefault(("held", id(expr), first), [])
    if not state or state[-1][0] + ONE_DAY * (state[-1][1] is True) > at.period.start:  # an earlier period: look anew
        state[:] = [(at.host.grid.around(first).start, False, [])]
    day, held, notes = state[-1]
    around, run.notes = run.notes, list(notes)
    try:
        while day < at.period.start and held is not True:
            period = at.host.grid.around(day)
            earlier = run.level(expr.when, at.in_period(period))
            held = earlier if earlier is True or isinstance(earlier, Undecided) else held
            day = period.end if held is not True else day
        state[-1] = (day, held, run.notes)
    finally:
        notes, run.notes = run.notes, around
    for text in notes:
        run.note(text)
    return held  # type: ignore[no-any-return]


HANDLERS.update({f.Cap: _limited, f.AtLeast: _limited, f.Recoup: _limited, f.Excess: _limited, f.Milestone: _milestone})
