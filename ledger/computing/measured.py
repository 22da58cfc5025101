"""Measures looked up: a flow over days, a stock at its latest, a rate that holds; each from the reports.

Not reported is not zero: what is missing is named. The rules are those of docs/computing.md, section 2.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ledger.calendar import ONE_DAY, Span, named
from ledger.computing import numbers
from ledger.computing.moment import Dimensions, Moment, Scope, meet
from ledger.computing.natures import FLOW, RATE, STOCK
from ledger.computing.numbers import Value, missing
from ledger.computing.reported import Bounds, Gap, Layer
from ledger.computing.run import Run
from ledger.language import formula as f
from ledger.language.printer import formula_text
from ledger.money import ZERO, plain


class Leaf(NamedTuple):
    """A measure to look up: by name, the values of its dimensions, and those left out."""

    name: str
    wanted: Dimensions = ()
    unwanted: Dimensions = ()

    def __str__(self) -> str:
        pairs = [f"{d} = {v}" for d, v in self.wanted] + [f"{d} != {v}" for d, v in self.unwanted]
        return f"{self.name}[{', '.join(pairs)}]".removesuffix("[]")


def leaves_of(expr: f.Name, scope: Scope) -> list[Leaf]:
    """The lookups behind a measure: one for each combination of the values that filters list."""
    if not scope.filters and not expr.filters and not scope.members:
        return [Leaf(expr.name)]
    filters = scope.filters + expr.filters
    combinations: list[Dimensions] = [scope.bindings]
    for part in filters:
        if not part.without:
            combinations = [(*rest, (part.dimension, value)) for rest in combinations for value in part.values]
    unwanted = tuple((part.dimension, v) for part in filters if part.without for v in part.values)
    return [Leaf(expr.name, tuple(sorted(set(wanted))), unwanted) for wanted in combinations]


def measure(run: Run, expr: f.Name, at: Moment) -> Value:
    """A measure at a moment, by its nature or as `last` or `rate` read it."""
    if at.scope.edge:
        before = at.host.grid.before(at.period)
        if at.host.first is None or before.end <= at.host.first:
            return missing(f"{formula_text(expr)} before the first period")
        at = at.scope.moment_of(before)
    reading = nature(run, expr.name, at.scope)
    look = {FLOW: flow, STOCK: _stock, RATE: _rate}[reading]
    total: Value | None = None
    for leaf in leaves_of(expr, at.scope):
        found = look(run, leaf, at)
        total = found if total is None else numbers.add(total, found)
    assert total is not None
    return total


def nature(run: Run, name: str, scope: Scope) -> str:
    """As what a measure is read in a place."""
    return run.natures.of.get(name, FLOW) if scope.reading == FLOW else scope.reading


def flow(run: Run, leaf: Leaf, at: Moment) -> Value:
    return flow_over(run, leaf, at.span, (at.bound, at.bound), at.scope)


def flow_over(run: Run, leaf: Leaf, days: Span, bounds: Bounds, scope: Scope) -> Value:
    """A flow over some days; a report that reaches beyond them is spread inside `bounds` only."""
    layers = run.layers(*leaf)
    gap = None
    for layer in layers:
        found = layer.total(days, bounds)
        if type(found) is Decimal:
            if layer.cuts(days):
                run.note(f"{leaf.name} is spread evenly by days over {named(days)}")
            return _compared(run, layer, found, layers, days, bounds) if len(layers) > 1 else found
        if isinstance(found, Gap) and found.reported:
            return missing(found.why)
        gap = gap or found
    if isinstance(gap, Gap):
        found_ = _where_reported(run, leaf, days, scope)
        return missing(gap.why) if found_ is None else found_
    if any(_only_lines(layer, days, bounds) for layer in layers):
        return ZERO
    return ZERO if _absent(run, leaf, days, scope) else missing(f"{leaf} for {named(days)}")


def _only_lines(layer: Layer, days: Span, bounds: Bounds) -> bool:
    """Whether the days are a part of a period for which only single days are reported: without a line, no sales."""
    first, last = bounds
    if first is None or last is None or (first.start == days.start and last.end == days.end):
        return False
    told = [span for series in layer.series for span, _ in series.values(Span(first.start, last.end))]
    return bool(told) and all(span.days == 1 for span in told)


def _where_reported(run: Run, leaf: Leaf, days: Span, scope: Scope) -> Value | None:
    """What a member has in some of the days, where on the others the measure is reported for other members.

    None where a report reaches beyond the days, or where nothing at all is reported on some of them.
    """
    if not scope.members:
        return None
    told = [entry for layer in run.layers(*leaf) for entry in layer.values(days) or ()]
    if not told or any(span.start < days.start or span.end > days.end for span, _ in told):
        return None
    bound = {pair for member in scope.members for pair in member.bindings}
    anyone = tuple(pair for pair in leaf.wanted if pair not in bound)
    others = sorted(
        (span for layer in run.layers(leaf.name, anyone, leaf.unwanted) for span in layer.spans(days)),
        key=lambda span: (span.start, span.end),
    )
    if _uncovered(others, days) is not None:
        return None
    total: Value = ZERO
    for _, amount in told:
        total = numbers.add(total, missing(amount.why) if isinstance(amount, Gap) else amount)
    return total


def _absent(run: Run, leaf: Leaf, days: Span, scope: Scope) -> bool:
    """Whether a member has nothing in these days, for which others of its dimensions were reported."""
    if not any(not member.reported(days) for member in scope.members):
        return False
    bound = {pair for member in scope.members for pair in member.bindings}
    anyone = tuple(pair for pair in leaf.wanted if pair not in bound)
    return any(layer.overlaps(days) for layer in run.layers(leaf.name, anyone, leaf.unwanted))


def _compared(
    run: Run, layer: Layer, found: Decimal, layers: Sequence[Layer], days: Span, bounds: Bounds
) -> Value:  # fmt: skip
    """The amount; missing where reports with more dimensions come to more than it: then it is not their total.

    Where they come to less, or to something for other days, a note says that they do not count besides.
    """
    for other in layers:
        amount = None if other is layer else other.total(days, bounds)
        if other is layer or amount == found or not other.overlaps(days):
            continue
        counts = f"the report {_by(layer)} counts"
        if type(amount) is not Decimal:
            run.note(f"{layer.name} is also reported {_by(other)} for some of {named(days)}; {counts}")
            continue
        said = f"{plain(amount)} {_by(other)} and {plain(found)} {_by(layer)}"
        if len(other.by) > len(layer.by) and abs(amount) > abs(found):
            return missing(f"{layer.name} for {named(days)} (reported as {said}: which of the two is it?)")
        run.note(f"{layer.name} is also reported {_by(other)}, as {plain(amount)} for {named(days)}; {counts}")
    return found


def _by(layer: Layer) -> str:
    return f"by {' and '.join(layer.by)}" if layer.by else "without dimensions"


def _stock(run: Run, leaf: Leaf, at: Moment) -> Value:
    for layer in run.layers(*leaf):
        found = layer.latest(at.span)
        if found is not None:
            return missing(found.why) if isinstance(found, Gap) else found
    return ZERO if _absent(run, leaf, at.span, at.scope) else missing(f"{leaf} for {named(at.span)}")


def _rate(run: Run, leaf: Leaf, at: Moment) -> Value:
    """The one value that holds on all the days."""
    days = at.held or at.span
    found = rates(run, leaf, days)
    if found is None:
        return missing(f"{leaf} for {named(days)}")
    values = [amount for _, amount in found]
    gap = next((amount for amount in values if isinstance(amount, Gap)), None)
    if gap is not None:
        return missing(gap.why)
    uncovered = _uncovered([span for span, _ in found], days)
    if uncovered is not None:
        return missing(f"{leaf} for {named(uncovered)}")
    first = values[0]
    assert isinstance(first, Decimal)
    if any(value != first for value in values):
        several = ", ".join(f"{plain(value)} for {named(span)}" for span, value in found if isinstance(value, Decimal))
        return missing(f"one value of {leaf} for {named(days)} (it is {several})")
    return first


def rates(run: Run, leaf: Leaf, days: Span) -> list[tuple[Span, Decimal | Gap]] | None:
    """What a rate is reported as for spans that overlap the days, in order; None: nothing."""
    for layer in run.layers(*leaf):
        found = layer.values(days)
        if found:
            return found
    return None


def _uncovered(spans: Sequence[Span], days: Span) -> Span | None:
    """The first of the days that no span covers, up to the next one."""
    at = days.start
    for span in spans:
        if span.start > at:
            return Span(at, min(span.start, days.end))
        at = max(at, span.end)
    return Span(at, days.end) if at < days.end else None


def once_reported(run: Run, names: Sequence[f.Name], at: Moment) -> bool:
    """Whether each of some measures is reported once, for exactly the whole standing days or the period."""
    for name in names:
        for leaf in leaves_of(name, at.scope):
            layers = run.layers(*leaf)
            if not any(layer.exactly(at.whole) or layer.exactly(at.period) for layer in layers):
                return False
    return True


# --- from the start of a window -------------------------------------------------------------------------------


def first_reported(run: Run, leaf: Leaf) -> date | None:
    """The first day that a measure is reported for."""
    return run.first(*leaf)


def summed(run: Run, leaf: Leaf, days: Span, at: Moment, tight: Span | None) -> Value:
    """A flow over many periods: added up period by period, those that a report takes together as one.

    `tight`: the window inside which alone a report may be spread, where it is shorter than the periods.
    """
    grid, layers = at.host.grid, run.layers(*leaf)
    ends: list[date]
    sums: list[Value]
    ends, sums = at.scope.sums.setdefault((leaf, days.start, tight), ([days.start], [ZERO]))
    n = bisect_right(ends, days.end) - 1
    start, total = ends[n], sums[n]
    while start < days.end:
        first = last = grid.around(start)
        end = min(first.end, days.end)
        while end < days.end and any(layer.across(end) for layer in layers):
            last = grid.around(end)
            end = min(last.end, days.end)
        bounds = (meet(tight, first), meet(tight, last)) if tight else (first, last)
        history = end <= at.whole.start
        total = numbers.add(total, _one(run, leaf, Span(start, end), bounds, at, history))
        if n == len(ends) - 1 and end == last.end and not any(layer.across(end) for layer in layers):
            ends.append(end)
            sums.append(total)
            n += 1
        start = end
    return total


def _one(run: Run, leaf: Leaf, days: Span, bounds: Bounds, at: Moment, history: bool) -> Value:
    look: Callable[[], Value] = lambda: flow_over(run, leaf, days, bounds, at.scope)  # noqa: E731
    if not history:
        return look()
    if run.start is not None and days.start < run.start and not any(x.overlaps(days) for x in run.layers(*leaf)):
        return ZERO  # before the contract's first day, and nobody reported it
    return run.quietly(look)


def days_before(leaf: object, start: date, first: date) -> str:
    return f"{leaf} from {start} to {first - ONE_DAY}"
