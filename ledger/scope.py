"""Compiling: from formulas to the steps of a tape.

A scope is one tape in the making: the formulas that are computed for the same days. A part that is
computed for other days (each month of a quarter, each product, a flow paid in another rhythm) has a scope
of its own inside.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ledger import formula as f
from ledger import numbers
from ledger.calendar import ONE_DAY, Span, named
from ledger.errors import Circle, NotComputable, TermsTooLarge
from ledger.money import ZERO
from ledger.numbers import Uncertain, Value, missing
from ledger.printer import formula_text, window_text
from ledger.reported import Gap
from ledger.tape import Frame, Leaf, Mode, Moment, State, Step, Tape, Traced
from ledger.windows import fits, ordinal, pieces

if TYPE_CHECKING:
    from ledger.lines import Lines

DEEPEST = 250  # formulas inside one another, definitions included: keeps the recursion shallow
MOST_STEPS = 20_000

PLAIN = Mode()
Cutter = Callable[
    [Moment], list[tuple[Span, Span]]
]  # parts of the days, each with the payment period it is in


class Scope:
    """One tape in the making, for periods of `every`, cut on the days `cuts` where the terms change."""

    def __init__(
        self, lines: Lines, every: f.Window | None, cuts: frozenset[date], outer: Scope | None = None
    ):
        self.lines, self.every, self.cuts, self.outer = lines, every, cuts, outer
        self.tape = Tape()
        self.building: list[str] = []
        self.waiting: list[Callable[[], None]] = []
        self.depth: int = outer.depth if outer else 0
        self.paid: dict[object, tuple[int, int]] = {}
        self.paying: object = None

    # --- the machine ---

    def slot(self, expr: f.Expr, mode: Mode = PLAIN) -> int:
        """The slot that will hold the formula's value; its steps are added once."""
        key = (mode, expr)
        found = self.tape.slots.get(key)
        if found is None:
            self.depth += 1
            if self.depth > DEEPEST:
                raise TermsTooLarge("formulas inside one another", DEEPEST)
            found = self.tape.slots[key] = EMIT[type(expr)](self, expr, mode)
            self.depth -= 1
        return found

    def finish(self) -> Tape:
        """Add what was only needed for the next period, and return the tape."""
        while self.waiting:
            self.waiting.pop()()
        return self.tape

    def step(self, write: Callable[[int], Step]) -> int:
        """A new slot, and the step that writes it."""
        slot = self.tape.slot()
        self.lines.steps += 1
        if self.lines.steps > MOST_STEPS:
            raise TermsTooLarge("steps to compute", MOST_STEPS)
        self.tape.steps.append(write(slot))
        return slot

    def two(self, operation: Callable[[Any, Any], Any], a: int, b: int) -> int:
        def write(k: int) -> Step:
            def step(s: Frame, at: Moment, st: State) -> None:
                s[k] = operation(s[a], s[b])

            return step

        return self.step(write)

    def one(self, operation: Callable[[Any], Any], a: int) -> int:
        def write(k: int) -> Step:
            def step(s: Frame, at: Moment, st: State) -> None:
                s[k] = operation(s[a])

            return step

        return self.step(write)

    def looked_up(self, look: Callable[[Moment], Any]) -> int:
        def write(k: int) -> Step:
            def step(s: Frame, at: Moment, st: State) -> None:
                s[k] = look(at)

            return step

        return self.step(write)

    def remembered(self, memory: int) -> int:
        def write(k: int) -> Step:
            def step(s: Frame, at: Moment, st: State) -> None:
                s[k] = st.values[memory]

            return step

        return self.step(write)

    # --- running totals ---

    def prior(self, of: f.Expr, window: f.Window, mode: Mode) -> int:
        """The slot of the running total before this period. What is summed may be compiled later: it may
        loop.
        """
        key = (mode, f.Prior(of, window))
        found = self.tape.slots.get(key)
        if found is None:
            source = self.tape.slot()  # copied from the formula's own slot, once that is known
            found = self.remembered(self.tape.running(window, source, self.counted(of)))
            self.tape.slots[key] = found
            self.waiting.append(lambda: self.copy(of, mode, source))
        return found

    def total(self, of: f.Expr, window: f.Window, mode: Mode) -> int:
        if mode.opening:
            return self.prior(of, window, Mode(mode.filters, mode.bound, mode.stock))
        prior = self.prior(of, window, mode)
        this = self.slot(of, mode)
        if window.since is None:
            return self.two(numbers.add, prior, this)
        counts = self.looked_up(lambda at: at.book.instance(window, at.span.start) is not None)
        return self.two(numbers.add, prior, self.two(lambda c, x: x if c else ZERO, counts, this))

    def copy(self, expr: f.Expr, mode: Mode, target: int) -> None:
        """Write the formula's value into an own slot as well."""
        source = self.slot(expr, mode)

        def step(s: Frame, at: Moment, st: State) -> None:
            s[target] = s[source]

        self.tape.steps.append(step)

    def counted(self, expr: f.Expr) -> str:
        """What a counter is short of where reports begin too late; nothing where it needs no measure."""
        return formula_text(expr) if self.lines.needed(expr) else ""

    def before(self, expr: f.Expr, mode: Mode) -> int:
        """The slot of the formula's value in the period before."""
        now = Mode(mode.filters, mode.bound, mode.stock)
        source = self.tape.slot()
        first = missing(f"{formula_text(expr)} before the first period")
        self.waiting.append(lambda: self.copy(expr, now, source))
        return self.remembered(self.tape.previous(source, first))

    # --- other days, other values ---

    def aligned(self, *windows: f.Window | None) -> bool:
        """Whether every period lies within one instance of each window."""
        return all(w is None or w.unit == "last" or self._within(w) for w in windows)

    def _within(self, window: f.Window) -> bool:
        # The days of a scope lie within those of the scope around it.
        if window == self.every or fits(window, self.every, self.lines.start):
            return True
        return self.outer is not None and self.outer._within(window)

    def parts(self, expr: f.Expr, mode: Mode, window: f.Window, combine: str = "sum") -> int:
        """The formula, computed for the parts into which the window cuts the period."""
        inner = Scope(self.lines, window, frozenset(), self)
        result = inner.slot(expr, mode)
        irregular = bool(window.contract or window.since or window.anchor)

        def cut(at: Moment) -> list[tuple[Span, Span]]:
            return [(span, at.period) for span in pieces(window, at.span, at.book.start)]

        return self.run_inside(inner, result, cut, combine, irregular)

    def run_inside(
        self, inner: Scope, result: int, cut: Cutter, combine: str = "sum", spread: bool = False
    ) -> int:
        """A slot for what the inner tape comes to over the parts: their `sum`, the `last`, or what was
        `prior`.
        """
        tape = inner.finish()
        self.tape.remembers |= tape.remembers

        def write(k: int) -> Step:
            def step(s: Frame, at: Moment, st: State) -> None:
                state = st.inside.get(k)
                if state is None:
                    state = st.inside[k] = State(tape.memories)
                spans = cut(at)[: 1 if at.opening else None]
                total: Value = ZERO
                for n, (span, period) in enumerate(spans):
                    moment = at.within(span, period, n == 0, spread and len(spans) > 1)
                    frame = tape.advance(state, moment)
                    total = numbers.add(total, frame[result]) if combine == "sum" else frame[result]
                    if at.trace is not None:
                        at.trace.setdefault(k, []).append(Traced(named(span), tape, moment, frame))
                s[k] = ZERO if combine == "prior" and len(spans) > 1 else total

            return step

        return self.step(write)

    def refuse(self, expr: f.Expr, why: str, remedy: str) -> NotComputable:
        return NotComputable(formula_text(expr), why, remedy)


# --- leaves -------------------------------------------------------------------------------------------------


def _number(scope: Scope, expr: f.Number, mode: Mode) -> int:
    return scope.tape.constant(expr.value)


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
            return scope.lines.payment(scope, expr, mode)
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
            day = at.span.start
            s[k] = next((s[slot] for span, slot in versions if day in span), None)
            if s[k] is None:
                s[k] = missing(f"{name} on {day} (no clause defines it then)")

        return step

    return scope.step(write)


def _measure(scope: Scope, expr: f.Name, mode: Mode) -> int:
    """The measure, or the sum over the values where a filter lists several."""
    filters = mode.filters + expr.filters
    combinations: list[tuple[tuple[str, str], ...]] = [()]
    for part in filters:
        if not part.without:
            combinations = [
                (*rest, (part.dimension, value)) for rest in combinations for value in part.values
            ]
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
                    note = f"{leaf.name} is spread evenly by days over {named(at.span)}"
                    if note not in at.notes:
                        at.notes.append(note)
                return found
            gap = gap or found
        if isinstance(gap, Gap):
            return missing(gap.why)
        return ZERO if at.absent and _listed(leaf, at) else missing(_wanted(leaf, at))

    return look


def _stock(leaf: Leaf) -> Callable[[Moment], Value]:
    def look(at: Moment) -> Value:
        for layer in at.book.layers(leaf, at.bindings):
            found = layer.latest(at.span)
            if found is not None:
                return found
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


# --- operators and functions --------------------------------------------------------------------------------

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": numbers.add,
    "-": numbers.subtract,
    "*": numbers.multiply,
    "of": numbers.multiply,
    "and": numbers.both,
    "or": numbers.either,
}


def _binary(scope: Scope, expr: f.Binary, mode: Mode) -> int:
    operator = expr.operator
    logic = operator in f.LOGIC
    for side in (expr.left, expr.right):
        if scope.lines.is_condition(side) != logic:
            kind = "a condition" if logic else "a number"
            raise scope.refuse(
                expr, f"'{formula_text(side)}' is not {kind}", "Compare it with a number, or do not."
            )
    a, b = scope.slot(expr.left, mode), scope.slot(expr.right, mode)
    if operator == "/":
        why = f"{formula_text(expr)}: it divides by zero"
        return scope.two(lambda x, y: numbers.divide(x, y, why), a, b)
    if operator == "^":
        why = f"{formula_text(expr)}: the power is not a whole number from 0 to {numbers.LARGEST_POWER}"
        return scope.two(lambda x, y: numbers.power(x, y, why), a, b)
    if operator in f.COMPARISONS:
        return scope.two(lambda x, y: numbers.compare(operator, x, y), a, b)
    return scope.two(_OPERATIONS[operator], a, b)


def _negative(scope: Scope, expr: f.Negative, mode: Mode) -> int:
    return scope.one(numbers.negate, scope.slot(expr.operand, mode))


def _not(scope: Scope, expr: f.Not, mode: Mode) -> int:
    return scope.one(numbers.opposite, scope.slot(expr.operand, mode))


def _call(scope: Scope, expr: f.Call, mode: Mode) -> int:
    slots = [scope.slot(argument, mode) for argument in expr.arguments]
    if expr.function in ("max", "min"):
        operation = numbers.larger if expr.function == "max" else numbers.smaller
        found = slots[0]
        for other in slots[1:]:
            found = scope.two(operation, found, other)
        return found
    if expr.function == "abs":
        return scope.one(numbers.size, slots[0])
    up = expr.function == "ceiling"
    return scope.one(lambda x: numbers.whole(x, up), slots[0])


def _if(scope: Scope, expr: f.If, mode: Mode) -> int:
    if not scope.lines.is_condition(expr.condition):
        raise scope.refuse(
            expr, f"'{formula_text(expr.condition)}' is not a condition", "Compare it with a number."
        )
    c, a, b = (scope.slot(part, mode) for part in (expr.condition, expr.then, expr.otherwise))

    def write(k: int) -> Step:
        def step(s: Frame, at: Moment, st: State) -> None:
            s[k] = numbers.choose(s[c], s[a], s[b])

        return step

    return scope.step(write)


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


def _last(scope: Scope, expr: f.Last, mode: Mode) -> int:
    return scope.slot(expr.of, Mode(mode.filters, mode.bound, True, mode.opening))


def _total(scope: Scope, expr: f.Total, mode: Mode) -> int:
    if not scope.aligned(expr.window):
        return scope.parts(expr, mode, expr.window, "last")
    return scope.total(expr.of, expr.window, mode)


def _prior(scope: Scope, expr: f.Prior, mode: Mode) -> int:
    if not scope.aligned(expr.window):
        return scope.parts(expr, mode, expr.window, "prior")
    return scope.before(expr, mode) if mode.opening else scope.prior(expr.of, expr.window, mode)


def _increase(scope: Scope, expr: f.Increase, mode: Mode) -> int:
    if mode.opening:
        return scope.before(expr, mode)
    crossing = [w for w in scope.lines.windows(expr.of) if not scope.aligned(w)]
    if len(crossing) > 1:
        why = "its totals run over different windows that end inside a period"
        raise scope.refuse(expr, why, "Use one window, or pay in periods that fit all of them.")
    if crossing:
        return scope.parts(expr, mode, crossing[0])
    now = scope.slot(expr.of, mode)
    opening = Mode(mode.filters, mode.bound, mode.stock, True)
    return scope.two(numbers.subtract, now, scope.slot(expr.of, opening))


def _overall(scope: Scope, expr: f.Overall, mode: Mode) -> int:
    return scope.slot(expr.of, Mode(mode.filters, (), mode.stock, mode.opening))


def _each_period(scope: Scope, expr: f.EachPeriod, mode: Mode) -> int:
    if mode.opening:
        return scope.before(expr, mode)
    if fits(expr.window, scope.every, scope.lines.start):
        return scope.slot(expr.of, mode)
    return scope.parts(expr.of, mode, expr.window)


EMIT: dict[type, Callable[[Scope, Any, Mode], int]] = {
    f.Number: _number,
    f.Unknown: _unknown,
    f.About: _about,
    f.Name: _name,
    f.Binary: _binary,
    f.Negative: _negative,
    f.Not: _not,
    f.Call: _call,
    f.If: _if,
    f.Met: _met,
    f.On: _on,
    f.Due: _due,
    f.Ordinal: _ordinal,
    f.Days: _days,
    f.Last: _last,
    f.Total: _total,
    f.Prior: _prior,
    f.Increase: _increase,
    f.Overall: _overall,
    f.EachPeriod: _each_period,
}
