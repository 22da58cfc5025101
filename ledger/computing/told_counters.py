"""Telling counters: what they stood at before, what the days add, and what a limit does to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ledger.calendar import named
from ledger.computing import counters, limits, numbers
from ledger.computing.moment import Moment
from ledger.computing.numbers import Value
from ledger.computing.openings import Count
from ledger.computing.running import running
from ledger.computing.teller import TELLERS, Teller, priced, short, value_text
from ledger.language import formula as f
from ledger.language.printer import formula_text, window_text
from ledger.money import EXACT, ZERO, plain


def _counter(teller: Teller, of: f.Expr, count: Count, at: Moment, depth: int) -> tuple[Value, Value]:
    """What a running total stood at before, and stands at now; also told."""
    run = teller.run
    before = run.quietly(lambda: running(run, of, at.span.start, count, at))
    now = run.quietly(lambda: running(run, of, at.span.end, count, at))
    if count.window is not None or at.span != at.whole:
        this = numbers.subtract(now, before)
        counted = f"{value_text(before)} before, {value_text(this)} now, {value_text(now)} in all"
        per = _per(count.window) if count.window else f"over {named(at.whole)}"
        teller.say(depth, f"{short(of)}, counted {per}: {counted}")
    return before, now


def _per(window: f.Window) -> str:
    text = window_text(window)
    return text if text.startswith("since") else f"per {text}"


def _pieces(teller: Teller, expr: f.Tiers | f.Limited, at: Moment, depth: int, told: str) -> bool:
    """Tell a counter whose window cuts the days piece by piece; whether it does."""
    found = counters.counted(teller.run, expr.window, at)
    if len(found) == 1 and found[0][1] is not None:
        return False
    for moment, count in found:
        if count is None:
            assert expr.window is not None
            teller.tell(expr.of, moment, depth)
            teller.say(depth, f"{short(expr.of)} is not counted before {expr.window.since}")
        else:
            teller.say(depth, f"{named(moment.span)}:", "part")
            _COUNTED[type(expr)](teller, expr, moment, depth + 1, count)
    teller.say(depth, f"{told} {value_text(teller.value(expr, at))}")
    return True


def _tiers(teller: Teller, expr: f.Tiers, at: Moment, depth: int) -> None:
    if expr.window is None and not teller.run.natures.additive(expr, at.scope.reading):
        teller.tell(expr.of, at, depth)
        now: Value = teller.value(expr.of, at)
        if isinstance(now, Decimal):
            _slices(teller, expr, at, depth, ZERO, now)
    elif _pieces(teller, expr, at, depth, "together"):
        return
    else:
        _counted_tiers(teller, expr, at, depth, _only(teller, expr, at))
    teller.say(depth, f"slices together {value_text(teller.value(expr, at))}")


def _only(teller: Teller, expr: f.Tiers | f.Limited, at: Moment) -> Count:
    count = counters.counted(teller.run, expr.window, at)[0][1]
    assert count is not None
    return count


def _counted_tiers(teller: Teller, expr: f.Tiers, at: Moment, depth: int, count: Count) -> None:
    teller.tell(expr.of, at, depth)
    before, now = _counter(teller, expr.of, count, at, depth)
    if isinstance(before, Decimal) and isinstance(now, Decimal):
        _slices(teller, expr, at, depth, before, now)


def _slices(teller: Teller, expr: f.Tiers, at: Moment, depth: int, before: Decimal, now: Decimal) -> None:
    floor: Decimal | None = None
    for part in expr.slices:
        limit = None if part.limit is None else teller.value(part.limit, at)
        rate = teller.value(part.rate, at)
        if part.limit is not None and not isinstance(limit, Decimal):
            return
        low, high = (_within(amount, floor, limit) for amount in (before, now))
        amount = EXACT.subtract(high, low)
        if amount:
            total = value_text(numbers.multiply(rate, amount))
            teller.say(depth + 1, f"{plain(amount)} at {priced(part, rate)} = {total}", "slice")
        floor = limit


def _within(amount: Decimal, floor: Decimal | None, limit: Decimal | None) -> Decimal:
    if limit is not None and amount > limit:
        amount = limit
    return amount if floor is None else max(EXACT.subtract(amount, floor), ZERO)


def _limited(teller: Teller, expr: f.Limited, at: Moment, depth: int) -> None:
    value = teller.value(expr, at)
    if expr.window is None and at.span == at.whole:
        teller.tell(expr.of, at, depth)
        teller.tell(expr.amount, at, depth)
        of, amount = (teller.value(x, at) for x in (expr.of, expr.amount))
        compared = f"{value_text(of)} against {value_text(amount)} = {value_text(value)}"
        teller.say(depth, f"{_WORDS[type(expr)][0]}: {compared}", "limit")
        return
    if _pieces(teller, expr, at, depth, "together"):
        return
    _counted_limit(teller, expr, at, depth, _only(teller, expr, at))
    teller.say(depth, f"{_WORDS[type(expr)][1]} {value_text(value)}")


_WORDS: dict[type, tuple[str, str]] = {
    f.Cap: ("the lower", "payable under the cap"),
    f.AtLeast: ("the higher", "with the minimum"),
    f.Recoup: ("beyond the advance", "payable after recoupment"),
    f.Excess: ("the excess", "excess in this period"),
}


def _counted_limit(teller: Teller, expr: f.Limited, at: Moment, depth: int, count: Count) -> None:
    run = teller.run
    teller.tell(expr.of, at, depth)
    teller.tell(expr.amount, at, depth)
    before, now = _counter(teller, expr.of, count, at, depth)
    if limits.adds_up(run, expr.amount, at):
        limit: Value = _counter(teller, expr.amount, count, at, depth)[1]
    else:
        limit = run.quietly(lambda: limits.limit_until(run, expr, at.span.end, count, at))
    this = numbers.subtract(now, before)
    value = teller.value(expr, at)
    if isinstance(expr, f.Recoup):
        _recouped(teller, expr, at, depth, count, this, value)
    elif isinstance(limit, Decimal) and isinstance(this, Decimal) and isinstance(value, Decimal):
        if isinstance(expr, f.Cap):
            teller.say(depth, f"cap {plain(limit)}; cut off {plain(EXACT.subtract(this, value))}", "limit")
        elif isinstance(expr, f.AtLeast):
            short_ = EXACT.subtract(value, this)
            due = "due now" if short_ else "nothing due now"
            teller.say(depth, f"minimum {plain(limit)}; {due}: {plain(short_)}", "limit")


def _recouped(
    teller: Teller, expr: f.Limited, at: Moment, depth: int, count: Count, this: Value, value: Value
) -> None:  # fmt: skip
    run = teller.run
    paid = run.quietly(lambda: limits.payable(run, expr, at.span.end, count, at))
    net = run.quietly(
        lambda: numbers.subtract(
            running(run, expr.of, at.span.end, count, at), limits.advanced(run, expr, at.span.end, count, at)
        )
    )
    left, recouped = numbers.subtract(paid, net), numbers.subtract(this, value)
    if isinstance(left, Decimal) and isinstance(recouped, Decimal):
        text = f"recouped from this period {plain(recouped)}; still to be recouped {plain(left)}"
        teller.say(depth, text, "limit")


_COUNTED: dict[type, Any] = {
    f.Tiers: _counted_tiers,
    f.Cap: _counted_limit,
    f.AtLeast: _counted_limit,
    f.Recoup: _counted_limit,
    f.Excess: _counted_limit,
}


def _milestone(teller: Teller, expr: f.Milestone, at: Moment, depth: int) -> None:
    teller.tell(expr.when, at.level(), depth)
    value = teller.value(expr, at)
    truth = teller.value(expr.when, at)
    why = "the first time" if value != ZERO else "not yet" if truth is False else "it was due before"
    teller.say(depth, f"{formula_text(expr)}: {value_text(value)} ({why})", "limit")


def _increase(teller: Teller, expr: f.Increase, at: Moment, depth: int) -> None:
    teller.tell(expr.of, at, depth + 1)
    edge = at.read(edge=True)
    before, now = teller.value(expr.of, edge), teller.value(expr.of, at)
    told = f"{value_text(before)} before, {value_text(now)} now"
    teller.say(depth, f"{formula_text(expr)}: {told}, {value_text(teller.value(expr, at))} more")


TELLERS.update(
    {
        f.Tiers: _tiers,
        f.Cap: _limited,
        f.AtLeast: _limited,
        f.Recoup: _limited,
        f.Excess: _limited,
        f.Milestone: _milestone,
        f.Increase: _increase,
    }
)
