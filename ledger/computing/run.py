"""One computation: a plain recursive evaluation of formulas at moments, each value computed once."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.calendar import FIRST_DAY, LAST_DAY, Span
from ledger.computing import numbers
from ledger.computing.lines import Lines
from ledger.computing.moment import Dimensions, Grid, Host, Moment, Scope
from ledger.computing.natures import Natures
from ledger.computing.numbers import Value
from ledger.computing.reported import Layer, Measures
from ledger.computing.windows import instance
from ledger.language import formula as f
from ledger.language.printer import formula_text
from ledger.money import ZERO

# A formula may stand 250 deep in others (see `checking`), and each takes up to ten calls: Python's own limit of 1,000
# would refuse terms that are accepted.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 6_000))

Opening = str | tuple[str, Dimensions]  # of a measure or a flow, or of a slice of a measure

# How each kind of formula is computed; the rooms further on fill it in.
HANDLERS: dict[type, Callable[[Run, Any, Moment], Any]] = {}


@dataclass(slots=True)
class Run:
    """What one computation knows, and what it has computed so far."""

    lines: Lines
    natures: Natures
    measures: Measures
    conditions: Mapping[str, date]
    starts: tuple[date, ...] = ()  # the first days of the contract's terms, in order
    openings: Mapping[Opening, Decimal] = field(default_factory=dict)
    fresh: date | None = None  # all counters start here, at zero
    used: set[Opening] = field(default_factory=set)  # the openings that counted
    notes: list[str] = field(default_factory=list)
    _scopes: dict[int, Scope] = field(default_factory=dict)
    pay: Callable[[str, Moment], Value] = lambda name, at: ZERO
    _layers: dict[Any, list[Layer]] = field(default_factory=dict)
    _instances: dict[tuple[f.Window, date], Span | None] = field(default_factory=dict)
    _grids: dict[f.Window, Grid] = field(default_factory=dict)
    _firsts: dict[Any, date | None] = field(default_factory=dict)
    _stages: list[date] | None = None

    @property
    def start(self) -> date | None:
        """The contract's first day."""
        return self.starts[0] if self.starts else None

    def scope_of(self, host: Host) -> Scope:
        """The scope in which the formulas of a line are read."""
        found = self._scopes.get(id(host))
        if found is None:
            found = self._scopes[id(host)] = Scope(host)
        return found

    def value(self, expr: f.Expr, at: Moment) -> Any:
        """What a formula comes to at a moment; an additive one counts the moment's days."""
        kind = type(expr)
        if kind is f.Number:
            return expr.value  # type: ignore[attr-defined]
        key = id(expr)
        found = at.memo.get(key)
        if found is not None:
            if at.notes and key in at.notes:
                self._noted(at.notes[key])
            return found
        around, self.notes = self.notes, []
        try:
            handler = _in_the_period_before if at.scope.edge and isinstance(expr, _BEFORE) else HANDLERS[kind]
            found = at.memo[key] = handler(self, expr, at)
        finally:
            mine, self.notes = self.notes, around
        if mine:
            if at.notes is None:
                at.notes = {}
            at.notes[key] = mine
            self._noted(mine)
        return found

    def amount(self, expr: f.Expr, at: Moment) -> Value:
        """What a formula contributes to an amount: an additive one its days, a level its share by days."""
        if self.natures.additive(expr, at.scope.reading):
            found: Value = self.value(expr, at)
            return found
        return self.prorated(self.value(expr, at.level()), at)

    def level(self, expr: f.Expr, at: Moment) -> Any:
        """What a formula comes to over the whole standing days of the period, under the moment's versions."""
        return self.value(expr, at.level())

    def number(self, expr: f.Expr, at: Moment) -> Value:
        """The level of a formula that is a number."""
        found: Value = self.level(expr, at)
        return found

    def prorated(self, value: Value, at: Moment) -> Value:
        """A fixed amount's share of the moment's days: the shares of a period's parts add up to it."""
        before, until, whole = at.host.fraction(at.period, at.span)
        if before == 0 and until == whole:
            return value
        return numbers.subtract(_share(value, until, whole), _share(value, before, whole))

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _noted(self, texts: list[str]) -> None:
        for text in texts:
            self.note(text)

    def quietly(self, compute: Callable[[], Value]) -> Value:
        """A value of another period, without its notes: they stand in the row of that period."""
        around, self.notes = self.notes, []
        try:
            return compute()
        finally:
            self.notes = around

    # --- looking things up ---

    def layers(self, name: str, wanted: Dimensions, unwanted: Dimensions) -> list[Layer]:
        key = (name, wanted, unwanted)
        if key not in self._layers:
            self._layers[key] = self.measures.layers(name, wanted, unwanted)
        return self._layers[key]

    def first(self, name: str, wanted: Dimensions, unwanted: Dimensions) -> date | None:
        """The first day that a measure, or a slice of it, is reported for."""
        key = (name, wanted, unwanted)
        if key not in self._firsts:
            self._firsts[key] = min((layer.first for layer in self.layers(*key)), default=None)
        return self._firsts[key]

    def stage(self, day: date) -> int:
        """How many measures and slices are reported when a day comes: history reads alike in one stage."""
        if self._stages is None:
            firsts: dict[tuple[str, Dimensions], date] = {}
            for reports in self.measures.reports.values():
                for told in reports:
                    key, start = (told.measure, told.dimensions), told.span.start
                    firsts[key] = min(firsts.get(key, start), start)
            self._stages = sorted(firsts.values())
        return bisect_right(self._stages, day)

    def instance(self, window: f.Window, day: date) -> Span | None:
        """The window's days around a day; None before its `since`."""
        key = (window, day)
        if key not in self._instances:
            self._instances[key] = instance(window, day, self.starts)
        return self._instances[key]

    def grid(self, window: f.Window) -> Grid:
        """The periods of a window that covers all days."""
        if window not in self._grids:

            def around(day: date) -> Span:
                return self.instance(window, day) or Span(FIRST_DAY, window.since or LAST_DAY)

            self._grids[window] = Grid(around)
        return self._grids[window]


def _share(value: Value, part: int, whole: int) -> Value:
    if part == 0:
        return numbers.multiply(value, ZERO) if not isinstance(value, Decimal) and value.refused else ZERO
    if part == whole:
        return value
    return numbers.divide(numbers.multiply(value, Decimal(part)), Decimal(whole), "")


# Read at the start of the days, these are what they were in the period before.
_BEFORE = (f.Tiers, f.Limited, f.EachPeriod, f.Increase, f.Due, f.Prior, f.Milestone)


def _in_the_period_before(run: Run, expr: f.Expr, at: Moment) -> Value:
    """A formula as it was in the period before the moment's."""
    before = at.host.grid.before(at.period)
    if at.host.first is None or before.end <= at.host.first:
        return numbers.missing(f"{formula_text(expr)} before the first period")
    found: Value = run.value(expr, at.scope.other(edge=False).moment_of(before).level())
    return found
