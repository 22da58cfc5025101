"""Counters over windows: totals, increases and slices.

T is the running total up to the end of the days, B the one up to their start:

    total(X per W), prior(X per W)    T, B
    increase(E)           E at the end of the days less E at their start
    tiers(X per W: ...)   F(T) - F(B), F the slice by slice function at today's rates
"""

from __future__ import annotations

from decimal import Decimal

from ledger.calendar import ONE_DAY, Span, named
from ledger.computing import numbers
from ledger.computing.moment import Moment, meet
from ledger.computing.numbers import Value
from ledger.computing.run import HANDLERS, Run
from ledger.computing.running import Count, running, seen
from ledger.computing.windows import pieces, rolling_start
from ledger.language import formula as f
from ledger.language.printer import formula_text
from ledger.money import EXACT, ZERO

Scale = list[tuple[Value, Value | None]]  # rate and limit of every slice; the last has no limit


# --- total, prior, increase -----------------------------------------------------------------------------------


def _last_instance(run: Run, window: f.Window, at: Moment) -> Count | None:
    """The window in which the days end."""
    if window.unit == "last":
        return Count(rolling_start(window, at.period.end), window)
    found = run.instance(window, at.whole.end - ONE_DAY)
    return None if found is None else Count(found.start, window, _tight(run, window, found, at))


def _tight(run: Run, window: f.Window, instance: Span, at: Moment) -> Span | None:
    """A regular window that is shorter than the period: what was reported for longer tells nothing of it."""
    if window.contract or window.since or window.anchor or window.unit in ("life", "last"):
        return None
    period = at.period
    return instance if instance.start > period.start or instance.end < period.end else None


def _total(run: Run, expr: f.Total, at: Moment) -> Value:
    if at.scope.edge:
        return _before_the_days(run, expr.of, expr.window, at)
    count = _last_instance(run, expr.window, at)
    return ZERO if count is None else running(run, expr.of, at.whole.end, count, at)


def _prior(run: Run, expr: f.Prior, at: Moment) -> Value:
    return _before_the_days(run, expr.of, expr.window, at)


def _before_the_days(run: Run, of: f.Expr, window: f.Window, at: Moment) -> Value:
    """The running total up to the start of the days; 0 where the window starts anew inside them."""
    count = _last_instance(run, window, at)
    if count is None or (window.unit != "last" and count.start > at.whole.start):
        return ZERO
    now = at.within(at.scope.other(edge=False)) if at.scope.edge else at
    return running(run, of, at.whole.start, count, now)


def _increase(run: Run, expr: f.Increase, at: Moment) -> Value:
    crossing = [w for w in run.lines.windows(expr.of) if w.unit != "last" and len(pieces(w, at.whole, run.starts)) > 1]
    total: Value = ZERO
    spans = pieces(crossing[0], at.whole, run.starts) if crossing else [at.whole]
    irregular = bool(crossing) and bool(crossing[0].contract or crossing[0].since or crossing[0].anchor)
    for span in spans:
        bound = at.bound if irregular or not crossing else span
        moment = at.scope.moment(span, span, at.period, at.day if span == at.whole else span.start, bound)
        edge = moment.read(edge=True)
        total = numbers.add(total, numbers.subtract(run.level(expr.of, moment), run.level(expr.of, edge)))
    return total


# --- slices ---------------------------------------------------------------------------------------------------


def _tiers(run: Run, expr: f.Tiers, at: Moment) -> Value:
    if expr.window is None and not run.natures.additive(expr, at.scope.reading):
        return marginal(scale(run, expr, at), ZERO, run.level(expr.of, at))
    total: Value = ZERO
    for moment, count in counted(run, expr.window, at):
        if count is None:
            not_counted(run, expr, moment)
            continue
        before_, now = before_and_now(run, expr.of, count, moment)
        total = numbers.add(total, marginal(scale(run, expr, moment), before_, now))
    return total


def not_counted(run: Run, expr: f.Tiers | f.Limited, at: Moment) -> None:
    """Say that slices and thresholds pay nothing before their window begins."""
    assert expr.window is not None
    what = formula_text(expr.of)
    run.note(f"{what} is not counted before {expr.window.since}, and pays nothing here for {named(at.span)}")


def counted(run: Run, window: f.Window | None, at: Moment) -> list[tuple[Moment, Count | None]]:
    """The days in the pieces that a window cuts them into, each with its window; None before its `since`."""
    if window is None:
        return [(at, Count(at.whole.start, None))]
    if window.unit == "last":
        return [(at, Count(rolling_start(window, at.period.end), window))]
    found: list[tuple[Moment, Count | None]] = []
    for span in pieces(window, at.span, run.starts):
        around = run.instance(window, span.start)
        if around is None:
            found.append((at if span == at.span else at.on(span, day=max(at.day, span.start)), None))
            continue
        tight = _tight(run, window, around, at)
        moment = (
            at if span == at.span else at.on(span, day=max(at.day, span.start), bound=tight and meet(tight, at.period))
        )
        found.append((moment, Count(around.start, window, tight)))
    return found


def before_and_now(run: Run, of: f.Expr, count: Count, at: Moment) -> tuple[Value, Value]:
    """The running totals up to the start of the days and up to their end."""
    of = seen(of, count, at)
    return running(run, of, at.span.start, count, at), running(run, of, at.span.end, count, at)


def scale(run: Run, expr: f.Tiers, at: Moment) -> Scale:
    """The rates and limits of the slices at a moment."""
    return [
        (run.level(part.rate, at), None if part.limit is None else run.level(part.limit, at)) for part in expr.slices
    ]


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


HANDLERS.update({f.Total: _total, f.Prior: _prior, f.Increase: _increase, f.Tiers: _tiers})
