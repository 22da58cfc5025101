"""A compiled formula: a list of steps over slots, run once for each period, and what it remembers in between.

Every step writes one slot of a frame. All state is in memories: running totals by window, and the value
of the period before; both can be rebuilt from the reported measures alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.calendar import FIRST_DAY, ONE_DAY, Span
from ledger.computing.numbers import Truth, Value, add, missing
from ledger.computing.reported import Layer, Measures
from ledger.computing.stand_ins import StandIns
from ledger.computing.windows import instance, rolling_start
from ledger.language.formula import Expr, Filter, Window
from ledger.money import ZERO

Frame = list[Any]  # of Value and Truth


@dataclass(frozen=True, slots=True)
class Mode:
    """How a formula is read at one place: which filters and dimensions hold, as stock, or as before the
    period.
    """

    filters: tuple[Filter, ...] = ()
    bound: tuple[str, ...] = ()
    stock: bool = False
    opening: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """A measure to look up: by name, fixed dimensions, those left out, and those that `each` binds."""

    name: str
    wanted: tuple[tuple[str, str], ...] = ()
    unwanted: tuple[tuple[str, str], ...] = ()
    bound: tuple[str, ...] = ()


@dataclass
class Book:
    """What a run looks things up in."""

    measures: Measures
    conditions: Mapping[str, date]
    start: date | None = None  # the contract's first day
    fresh: bool = False  # whether all counters start at the first period computed
    openings: Mapping[str, Decimal] = field(default_factory=dict)
    explain: bool = False
    stand_ins: StandIns = field(default_factory=StandIns)
    plain: dict[int, list[Layer]] = field(default_factory=dict)  # by the number of an unbound leaf
    _layers: dict[object, list[Layer]] = field(default_factory=dict)
    _instances: dict[tuple[Window, date], Span | None] = field(default_factory=dict)

    def layers(self, leaf: Leaf, bindings: Mapping[str, str]) -> list[Layer]:
        values = tuple(bindings.get(dimension) for dimension in leaf.bound)
        found = self._layers.get((leaf, values))
        if found is None:
            bound = tuple((d, v) for d, v in zip(leaf.bound, values, strict=True) if v is not None)
            found = self.measures.layers(leaf.name, leaf.wanted + bound, leaf.unwanted)
            self._layers[leaf, values] = found
        return found

    def instance(self, window: Window, day: date) -> Span | None:
        key = (window, day)
        if key not in self._instances:
            self._instances[key] = instance(window, day, self.start)
        return self._instances[key]


@dataclass(slots=True)
class Moment:
    """The days that are being computed, and how to look things up in them."""

    span: Span
    period: Span  # the payment period that the days are a part of
    book: Book
    bindings: Mapping[str, str] = field(default_factory=dict)
    first: bool = False
    spread: bool = False  # whether a report beyond the days counts with its share
    absent: bool = False  # whether this value of a dimension is not in the period's reports
    opening: bool = False  # whether measures are read from the openings
    notes: list[str] = field(default_factory=list)
    trace: dict[int, list[Traced]] | None = None

    @property
    def standing(self) -> date:
        """The day on which to look for the terms that stand, among those that the program was compiled for."""
        return self.book.stand_ins.of(self.span.start)

    def within(self, span: Span, period: Span, first: bool, spread: bool) -> Moment:
        """The same for a part of the days."""
        trace: dict[int, list[Traced]] | None = None if self.trace is None else {}
        return Moment(
            span,
            period,
            self.book,
            self.bindings,
            self.first and first,
            self.spread or spread,
            self.absent,
            self.opening,
            self.notes,
            trace,
        )

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def bind(self, bindings: Mapping[str, str], absent: bool, first: bool) -> Moment:
        """The same for one value of a dimension."""
        found = self.within(self.span, self.period, first, False)
        found.bindings = {**self.bindings, **bindings}
        found.absent = self.absent or absent
        return found


@dataclass(frozen=True, slots=True)
class Traced:
    """What was computed for one part of a moment, kept to be explained."""

    label: str
    tape: Tape
    at: Moment
    frame: Frame


class State:
    """What one run of a tape remembers: a value and a window for each memory, and the states of tapes
    inside.
    """

    __slots__ = ("inside", "keys", "values")

    def __init__(self, memories: int) -> None:
        self.values: list[Any] = [ZERO] * memories
        self.keys: list[Any] = [_NEVER] * memories
        self.inside: dict[Any, Any] = {}


_NEVER = object()

Step = Callable[[Frame, Moment, State], None]


@dataclass
class Tape:
    """Steps in an order in which every slot is written before it is read, and the memories they use."""

    template: Frame = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    resets: list[Callable[[State, Moment], None]] = field(default_factory=list)
    commits: list[Callable[[Frame, State, Moment], None]] = field(default_factory=list)
    slots: dict[tuple[Mode, Expr], int] = field(default_factory=dict)
    memories: int = 0
    unopened: set[int] = field(default_factory=set)  # memories that openings say nothing about
    remembers: bool = False  # whether it, or a tape inside it, has memories

    def advance(self, state: State, at: Moment) -> Frame:
        """Compute the moment, remember what has to be remembered, and return the frame."""
        for reset in self.resets:
            reset(state, at)
        frame = self.template.copy()
        for step in self.steps:
            step(frame, at, state)
        for commit in self.commits:
            commit(frame, state, at)
        return frame

    def open(self, state: State, at: Moment) -> None:
        """Start the counters from the openings; those that need a measure without one start as they would."""
        self.advance(state, at)
        for memory, value in enumerate(state.values):
            if type(value) is not Decimal or memory in self.unopened:
                state.keys[memory] = _NEVER

    def slot(self) -> int:
        self.template.append(None)
        return len(self.template) - 1

    def constant(self, value: Value | Truth) -> int:
        self.template.append(value)
        return len(self.template) - 1

    def running(self, window: Window, source: int, what: str, since: date = FIRST_DAY) -> int:
        """A memory of the sum of a slot in a window, this period excluded. `what` names it where it is
        missing; there is nothing to count before `since`.
        """
        memory = self._memory()
        if window.unit == "last":
            self._rolling(memory, window, source)
            return memory

        def reset(state: State, at: Moment) -> None:
            key, day = state.keys[memory], at.span.start
            if type(key) is Span and key.start <= day < key.end:
                return
            around = at.book.instance(window, day)
            if around != key:
                state.keys[memory] = around
                state.values[memory] = _uncounted(around, at, what, since)

        def commit(frame: Frame, state: State, at: Moment) -> None:
            if state.keys[memory] is not None and (what or not at.opening):
                state.values[memory] = add(state.values[memory], frame[source])

        self.resets.append(reset)
        self.commits.append(commit)
        return memory

    def previous(self, source: int, first: Value, window: Window | None = None) -> int:
        """A memory of a slot's value in the period before; `first`: before the first, and where a window
        starts.
        """
        memory = self._memory()
        if window is None:
            self.unopened.add(memory)

        def reset(state: State, at: Moment) -> None:
            key, day = state.keys[memory], at.span.start
            if type(key) is Span and key.start <= day < key.end:
                return
            around = window and at.book.instance(window, day)
            if around != key:
                state.keys[memory] = around
                state.values[memory] = first

        def commit(frame: Frame, state: State, at: Moment) -> None:
            state.values[memory] = frame[source]

        self.resets.append(reset)
        self.commits.append(commit)
        return memory

    def in_period(self, source: int) -> int:
        """A memory of the sum of a slot over the earlier parts of the same payment period."""
        memory = self._memory()
        self.unopened.add(memory)

        def reset(state: State, at: Moment) -> None:
            if state.keys[memory] != at.period:
                state.keys[memory], state.values[memory] = at.period, ZERO

        def commit(frame: Frame, state: State, at: Moment) -> None:
            state.values[memory] = add(state.values[memory], frame[source])

        self.resets.append(reset)
        self.commits.append(commit)
        return memory

    def _rolling(self, memory: int, window: Window, source: int) -> None:
        """The parts of a rolling window are kept one by one: they have to leave it again."""

        def reset(state: State, at: Moment) -> None:
            parts: list[tuple[date, Value]] = state.inside.setdefault(("rolling", memory), [])
            first = rolling_start(window, at.span.end)
            gone = 0
            while gone < len(parts) and parts[gone][0] < first:
                gone += 1
            del parts[:gone]
            total: Value = ZERO
            for _, part in parts:
                total = add(total, part)
            state.values[memory], state.keys[memory] = total, first

        def commit(frame: Frame, state: State, at: Moment) -> None:
            state.inside["rolling", memory].append((at.span.start, frame[source]))

        self.resets.append(reset)
        self.commits.append(commit)

    def _memory(self) -> int:
        self.memories += 1
        self.remembers = True
        return self.memories - 1


def _uncounted(around: Span | None, at: Moment, what: str, since: date) -> Value:
    """A counter at the start of its window: zero, or missing where the window began before all reports."""
    if around is None or not at.first or at.book.fresh or not what:
        return ZERO
    counted_from = max(around.start, at.book.start or FIRST_DAY, at.book.stand_ins.real(since))
    if counted_from == FIRST_DAY or counted_from >= at.span.start:
        return ZERO
    return missing(f"{what} from {counted_from} to {at.span.start - ONE_DAY}")
