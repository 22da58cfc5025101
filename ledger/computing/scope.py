"""Compiling: from formulas to the steps of a tape.

A scope is one tape in the making: the formulas that are computed for the same days. A part that is
computed for other days (each month of a quarter, each product, a flow paid in another rhythm) has a scope
of its own inside.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from ledger.calendar import FIRST_DAY, LAST_DAY, Span, named
from ledger.computing import numbers
from ledger.computing.lines import Lines
from ledger.computing.numbers import Value, missing
from ledger.computing.tape import Frame, Mode, Moment, State, Step, Tape, Traced
from ledger.computing.windows import fits, pieces
from ledger.errors import NotComputable, TermsTooLarge
from ledger.language import formula as f
from ledger.language.printer import formula_text
from ledger.money import ZERO

DEEPEST = 250  # formulas inside one another, definitions included: keeps the recursion shallow
MOST_STEPS = 20_000

PLAIN = Mode()
Cutter = Callable[[Moment], list[tuple[Span, Span]]]  # parts of the days, each with the payment period it is in


class Scope:
    """One tape in the making, for periods of `every`, cut on the days `cuts` where the terms change."""

    def __init__(self, lines: Lines, every: f.Window | None, cuts: frozenset[date], outer: Scope | None = None):
        self.lines, self.every, self.cuts, self.outer = lines, every, cuts, outer
        self.tape = Tape()
        self.building: list[str] = []
        self.waiting: list[Callable[[], None]] = []
        self.depth: int = outer.depth if outer else 0
        self.paid: dict[object, tuple[int, int]] = {}
        self.paying: object = None
        self.as_stood: dict[object, int] = {}

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

    def last_day(self, expr: f.Expr) -> date:
        """The end of the line that is being compiled, where its last terms still have the formula."""
        scopes = [self]
        while (outer := scopes[-1].outer) is not None:
            scopes.append(outer)
        found = LAST_DAY
        for place, name in enumerate(name for scope in scopes for name in reversed(scope.building)):
            versions = self.lines.formulas(name)
            end = max(span.end for span, _ in versions)
            found = min(found, end)
            if place == 0 and not any(expr in f.walk(terms) for span, terms in versions if span.end == end):
                return LAST_DAY
        return found

    # --- running totals ---

    def prior(self, of: f.Expr, window: f.Window, mode: Mode) -> int:
        """The slot of the running total before this period. What is summed may be compiled later: it may
        loop.
        """
        key = (mode, f.Prior(of, window))
        found = self.tape.slots.get(key)
        if found is None:
            source = self.tape.slot()  # copied from the formula's own slot, once that is known
            since = of.stood.versions[0][0].start if isinstance(of, f.AsStood) else FIRST_DAY
            found = self.remembered(self.tape.running(window, source, self.counted(of), since))
            self.tape.slots[key] = found
            self.waiting.append(lambda: self.copy(of, mode, source))
        return found

    def total(self, of: f.Expr, window: f.Window, mode: Mode) -> int:
        if mode.opening:
            return self.prior(of, window, Mode(mode.filters, mode.bound, mode.stock))
        prior = self.prior(of, window, mode)
        this = self.stood(of, mode)
        if window.since is None:
            return self.two(numbers.add, prior, this)
        counts = self.looked_up(lambda at: at.book.instance(window, at.span.start) is not None)
        return self.two(numbers.add, prior, self.two(lambda c, x: x if c else ZERO, counts, this))

    def stood(self, expr: f.Expr, mode: Mode) -> int:
        """The slot of what a running total of the formula adds up: what stood on the day, or nothing."""
        if not isinstance(expr, f.AsStood):
            return self.slot(expr, mode)
        self.slot(expr, mode)  # to be explained
        found = self.as_stood.get((mode, expr.stood))
        if found is not None:
            return found
        versions = [(span, self.slot(version, mode)) for span, version in expr.stood.versions]

        def write(k: int) -> Step:
            def step(s: Frame, at: Moment, st: State) -> None:
                day = at.standing
                nothing = s[versions[0][1]] if at.opening else ZERO
                s[k] = next((s[slot] for span, slot in versions if day in span), nothing)

            return step

        self.as_stood[mode, expr.stood] = slot = self.step(write)
        return slot

    def copy(self, expr: f.Expr, mode: Mode, target: int) -> None:
        """Write the formula's value into an own slot as well."""
        source = self.stood(expr, mode)

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

    def run_inside(self, inner: Scope, result: int, cut: Cutter, combine: str = "sum", spread: bool = False) -> int:
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


# How each kind of formula is compiled; the rooms further on fill it in.
EMIT: dict[type, Callable[[Scope, Any, Mode], int]] = {}
