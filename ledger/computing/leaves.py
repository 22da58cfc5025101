"""What a formula ends in, compiled: numbers, measures, definitions, conditions and steps by date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.calendar import ONE_DAY, Span, named
from ledger.computing import numbers
from ledger.computing.numbers import Uncertain, Value, missing
from ledger.computing.payments import payment
from ledger.computing.reported import Gap, Layer
from ledger.computing.scope import Scope
from ledger.computing.tape import Frame, Leaf, Mode, Moment, State, Step
from ledger.computing.windows import ordinal
from ledger.errors import Circle
from ledger.language import formula as f
from ledger.language.printer import formula_text, window_text
from ledger.money import ZERO, plain


def _number(scope: Scope, expr: f.Number, mode: Mode) -> int:
    return scope.tape.constant(expr.value)


def _as_stood(scope: Scope, expr: f.AsStood, mode: Mode) -> int:
    return scope.slot(expr.of, mode)


def _unknown(scope: Scope, expr: f.Unknown, mode: Mode) -> int:
    low = expr.low.value if expr.low else numbers.MINUS_INFINITE
    high = expr.high.value if expr.high else numbers.INFINITE
    return scope.tape.constant(numbers.known(Uncertain((formula_text(expr),), low, high)))


def _about(scope: Scope, expr: f.About, mode: Mode) -> int:
    return scope.tape.constant(Uncertain((formula_text(expr),), about=expr.number.value))


def _name(scope: Scope, expr: f.Name, mode: Mode) -> int:
    if expr.name in scope.lines:
        inner = Mode(mode.filters + expr.filters, mode.bound, mode.stock, mode.opening)
        if scope.lines.is_flow(expr.name):
            return payment(scope, expr, mode)
        return _definition(scope, expr.name, inner)
    if mode.opening:
        return scope.before(expr, mode)
    return _measure(scope, expr, mode)


def _definition(scope: Scope, name: str, mode: Mode) -> int:
    key = (mode, f.Name(f"{name}:"))
    found = scope.tape.slots.get(key)
    if found is not None:
        return found
    if name in scope.building:
        raise Circle([*scope.building[scope.building.index(name) :], name])
    scope.building.append(name)
    versions = [(span, scope.slot(expr, mode)) for span, expr in scope.lines.formulas(name)]
    scope.building.pop()
    found = versions[0][1] if scope.lines.always(name) else _in_force(scope, name, versions)
    scope.tape.slots[key] = found
    return found


def _in_force(scope: Scope, name: str, versions: list[tuple[Span, int]]) -> int:
    def write(k: int) -> Step:
        def step(s: Frame, at: Moment, st: State) -> None:
            day = at.standing
            s[k] = next((s[slot] for span, slot in versions if day in span), None)
            if s[k] is None:
                s[k] = missing(f"{name} on {at.span.start} (no clause defines it then)")

        return step

    return scope.step(write)


def _measure(scope: Scope, expr: f.Name, mode: Mode) -> int:
    """The measure, or the sum over the values where a filter lists several."""
    filters = mode.filters + expr.filters
    combinations: list[tuple[tuple[str, str], ...]] = [()]
    for part in filters:
        if not part.without:
            combinations = [(*rest, (part.dimension, value)) for rest in combinations for value in part.values]
    unwanted = tuple((part.dimension, v) for part in filters if part.without for v in part.values)
    found = None
    for wanted in combinations:
        leaf = Leaf(expr.name, tuple(sorted(set(wanted))), unwanted, mode.bound)
        one = scope.looked_up(_stock(leaf) if mode.stock else _amount(leaf, scope.lines.steps))
        found = one if found is None else scope.two(numbers.add, found, one)
    assert found is not None
    return found


def _amount(leaf: Leaf, number: int) -> Callable[[Moment], Value]:
    bound = bool(leaf.bound)

    def look(at: Moment) -> Value:
        book = at.book
        if at.opening:
            return _opening(leaf, at)
        layers = None if bound else book.plain.get(number)
        if layers is None:
            layers = book.layers(leaf, at.bindings)
            if not bound:
                book.plain[number] = layers
        gap = None
        for layer in layers:
            found = layer.total(at.span, at.spread)
            if type(found) is Decimal:
                if at.spread and layer.cuts(at.span):
                    at.note(f"{leaf.name} is spread evenly by days over {named(at.span)}")
                return _compared(layer, found, layers, at) if len(layers) > 1 else found
            if isinstance(found, Gap) and found.reported:
                return missing(found.why)
            gap = gap or found
        if isinstance(gap, Gap):
            return missing(gap.why)
        return ZERO if at.absent and _listed(leaf, at) else missing(_wanted(leaf, at))

    return look


def _compared(layer: Layer, found: Decimal, layers: Sequence[Layer], at: Moment) -> Value:
    """The amount; missing where reports with more dimensions come to more than it: then it is not their total.

    Where they come to less, or to something for other days, a note says that they do not count besides.
    """
    for other in layers:
        amount = None if other is layer else other.total(at.span, at.spread)
        if other is layer or amount == found or not other.overlaps(at.span):
            continue
        counts = f"the report {_by(layer)} counts"
        if type(amount) is not Decimal:
            at.note(f"{layer.name} is also reported {_by(other)} for some of {named(at.span)}; {counts}")
            continue
        said = f"{plain(amount)} {_by(other)} and {plain(found)} {_by(layer)}"
        if len(other.by) > len(layer.by) and abs(amount) > abs(found):
            return missing(f"{layer.name} for {named(at.span)} (reported as {said}: which of the two is it?)")
        at.note(f"{layer.name} is also reported {_by(other)}, as {plain(amount)} for {named(at.span)}; {counts}")
    return found


def _by(layer: Layer) -> str:
    return f"by {' and '.join(layer.by)}" if layer.by else "without dimensions"


def _stock(leaf: Leaf) -> Callable[[Moment], Value]:
    def look(at: Moment) -> Value:
        for layer in at.book.layers(leaf, at.bindings):
            found = layer.latest(at.span)
            if found is not None:
                return missing(found.why) if isinstance(found, Gap) else found
        return ZERO if at.absent and _listed(leaf, at) else missing(_wanted(leaf, at))

    return look


def _opening(leaf: Leaf, at: Moment) -> Value:
    found = at.book.openings.get(leaf.name)
    return missing(f"{leaf.name} before") if found is None or leaf.wanted or leaf.bound else found


def _listed(leaf: Leaf, at: Moment) -> bool:
    """Whether the period has a report of the measure, even if it lists other values of the dimension only."""
    anyone = Leaf(leaf.name, leaf.wanted, leaf.unwanted)
    return any(layer.overlaps(at.span) for layer in at.book.layers(anyone, {}))


def _wanted(leaf: Leaf, at: Moment) -> str:
    pairs = [f"{d} = {v}" for d, v in leaf.wanted]
    pairs += [f"{d} = {at.bindings[d]}" for d in leaf.bound if d in at.bindings]
    pairs += [f"{d} != {v}" for d, v in leaf.unwanted]
    return f"{leaf.name}[{', '.join(pairs)}]".removesuffix("[]") + f" for {named(at.span)}"


def _last_day(at: Moment, mode: Mode) -> date:
    return (at.span.start if mode.opening else at.span.end) - ONE_DAY


def _met(scope: Scope, expr: f.Met, mode: Mode) -> int:
    def look(at: Moment) -> bool:
        day = at.book.conditions.get(expr.condition)
        return day is not None and day <= _last_day(at, mode)

    return scope.looked_up(look)


def _on(scope: Scope, expr: f.On, mode: Mode) -> int:
    steps = [(step.day, scope.slot(step.value, mode)) for step in reversed(expr.steps)]

    def write(k: int) -> Step:
        def step(s: Frame, at: Moment, st: State) -> None:
            day = _last_day(at, mode)
            s[k] = next((s[slot] for since, slot in steps if since <= day), ZERO)

        return step

    return scope.step(write)


def _due(scope: Scope, expr: f.Due, mode: Mode) -> int:
    if mode.opening:
        return scope.before(expr, mode)
    steps = [(step.day, scope.slot(step.value, mode)) for step in expr.steps]

    def write(k: int) -> Step:
        def step(s: Frame, at: Moment, st: State) -> None:
            total: Value = ZERO
            for day, slot in steps:
                if at.span.start <= day < at.span.end and not at.opening:
                    total = numbers.add(total, s[slot])
            s[k] = total

        return step

    return scope.step(write)


def _ordinal(scope: Scope, expr: f.Ordinal, mode: Mode) -> int:
    return scope.looked_up(lambda at: Decimal(ordinal(expr.window, _last_day(at, mode), at.book.start)))


def _days(scope: Scope, expr: f.Days, mode: Mode) -> int:
    window = expr.window
    if window is None:
        return scope.looked_up(lambda at: Decimal(at.span.days))
    if window.unit not in f.MONTHS:
        raise scope.refuse(expr, f"'{window_text(window)}' has no fixed number of days", "Write days(year).")

    def look(at: Moment) -> Decimal:
        around = at.book.instance(window, _last_day(at, mode))
        return Decimal(around.days) if around else ZERO

    return scope.looked_up(look)


LEAVES: dict[type, Callable[[Scope, Any, Mode], int]] = {
    f.Number: _number,
    f.AsStood: _as_stood,
    f.Unknown: _unknown,
    f.About: _about,
    f.Name: _name,
    f.Met: _met,
    f.On: _on,
    f.Due: _due,
    f.Ordinal: _ordinal,
    f.Days: _days,
}
