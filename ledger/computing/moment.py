"""What a formula is computed for: which days, in which period, read how."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledger.calendar import ONE_DAY, Span
from ledger.computing.natures import FLOW
from ledger.language.formula import Filter, Window

Dimensions = tuple[tuple[str, str], ...]


class Grid:
    """The periods in which a line is computed: one after the other, or (from a list) with gaps between them."""

    def __init__(self, around: Callable[[date], Span], listed: Sequence[Span] | None = None) -> None:
        self._around, self.listed = around, listed
        self._found: dict[date, Span] = {}

    def around(self, day: date) -> Span:
        """The period of a day; in a gap of a list, the days up to the next period."""
        found = self._found.get(day)
        if found is None:
            found = self._found[day] = self._around(day) if self.listed is None else self._among(self.listed, day)
        return found

    def _among(self, listed: Sequence[Span], day: date) -> Span:
        n = bisect_right(listed, day, key=lambda span: span.start) - 1
        if n >= 0 and day < listed[n].end:
            return listed[n]
        return Span(day, listed[n + 1].start) if n + 1 < len(listed) else Span(day, day + ONE_DAY)

    def before(self, period: Span) -> Span:
        """The period before another."""
        if self.listed is not None:
            n = bisect_left(self.listed, period.start, key=lambda span: span.start)
            return self.listed[n - 1] if n else Span(period.start - ONE_DAY, period.start)
        return self.around(period.start - ONE_DAY)


class Host:
    """The line that is computed: its periods, the days on which it stands, and its word on fixed amounts."""

    def __init__(self, grid: Grid, standing: tuple[Span, ...], fixed: Callable[[date], str | None], first: date | None):
        self.grid, self.standing, self.fixed = grid, standing, fixed
        self.first = first  # the first day of what was reported for it
        self.end = max(span.end for span in standing)
        self._inner: dict[Window, Host] = {}
        self._hulls: dict[Span, Span] = {}
        self._parts: dict[Span, list[Span]] = {}

    def hull(self, period: Span) -> Span:
        """The standing days of a period, from the first to the last; the period, where there are none."""
        found = self._hulls.get(period)
        if found is None:
            here = self._within(period)
            found = Span(here[0].start, here[-1].end) if here else period
            self._hulls[period] = found
        return found

    def fraction(self, period: Span, span: Span) -> tuple[int, int, int]:
        """Of a fixed amount of the period: what is owed before the days, up to their end, and in all."""
        here = self._within(period) or [period]
        word = self.fixed(here[-1].end - ONE_DAY)
        if word == "as on last day":
            last = here[-1].end
            return int(span.start >= last), int(span.end >= last), 1
        if word == "as on first day":
            first = here[0].start
            return int(span.start > first), int(span.end > first), 1
        whole = period.days if word == "prorated" else sum(days.days for days in here)
        return _days_before(here, span.start), _days_before(here, span.end), whole

    def inner(self, window: Window, grid: Callable[[], Grid]) -> Host:
        """The same line in periods of another length."""
        if window not in self._inner:
            self._inner[window] = Host(grid(), self.standing, self.fixed, self.first)
        return self._inner[window]

    def _within(self, period: Span) -> list[Span]:
        found = self._parts.get(period)
        if found is None:
            found = [part for span in self.standing if (part := meet(span, period)) is not None]
            self._parts[period] = found
        return found


def _days_before(spans: Sequence[Span], day: date) -> int:
    return sum((min(day, span.end) - span.start).days for span in spans if span.start < day)


def meet(one: Span, other: Span) -> Span | None:
    """The days that two spans share."""
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Span(start, end) if start < end else None


@dataclass(slots=True, eq=False)
class Member:
    """The value of some dimensions that `each` computes: in which days it was reported, and since when."""

    bindings: Dimensions
    reported: Callable[[Span], bool]
    first: date


@dataclass(slots=True, eq=False)
class Scope:
    """How formulas are read at one place: for which line, under which filters, for which member, as what.

    `edge`: as they stood at the start of the days, for an increase.
    """

    host: Host
    filters: tuple[Filter, ...] = ()
    members: tuple[Member, ...] = ()
    reading: str = FLOW
    edge: bool = False
    moments: dict[tuple[Span, Span, Span, date, Span, Span | None], Moment] = field(default_factory=dict)
    scopes: dict[Any, Scope] = field(default_factory=dict)
    sums: dict[Any, Any] = field(default_factory=dict)

    @property
    def bindings(self) -> Dimensions:
        return tuple(pair for member in self.members for pair in member.bindings)

    def moment(
        self, span: Span, whole: Span, period: Span, day: date, bound: Span, held: Span | None = None
    ) -> Moment:  # fmt: skip
        key = (span, whole, period, day, bound, held)
        found = self.moments.get(key)
        if found is None:
            found = self.moments[key] = Moment(self, span, whole, period, day, bound, held)
        return found

    def moment_of(self, period: Span, span: Span | None = None, bound: Span | None = None) -> Moment:
        """The standing days of a period, or some days of it."""
        whole = self.host.hull(period)
        days = whole if span is None else span
        return self.moment(days, whole, period, days.start, bound or period)

    def other(self, **changed: Any) -> Scope:
        """The same place, read otherwise."""
        key = tuple(changed.items())
        found = self.scopes.get(key)
        if found is None:
            now = {"filters": self.filters, "members": self.members, "reading": self.reading, "edge": self.edge}
            found = self.scopes[key] = Scope(**{"host": self.host, **now, **changed})
        return found


@dataclass(slots=True, eq=False)
class Moment:
    """Some days of a period.

    `span`: the days whose flows count. `whole`: the standing days of the period, which tests and levels see.
    `day`: the day whose versions of definitions hold. `bound`: the days inside which a report may be spread.
    `held`: the days on which a rate is read, where they are not the days themselves.
    """

    scope: Scope
    span: Span
    whole: Span
    period: Span
    day: date
    bound: Span
    held: Span | None = None
    memo: dict[int, Any] = field(default_factory=dict)
    notes: dict[int, list[str]] | None = None  # most moments have none
    _level: Moment | None = None

    @property
    def host(self) -> Host:
        return self.scope.host

    @property
    def last_day(self) -> date:
        """The day on which conditions, steps and numbers of periods are looked at."""
        return (self.whole.start if self.scope.edge else self.whole.end) - ONE_DAY

    @property
    def narrow(self) -> Span | None:
        """The days inside which alone a report may be spread, where they are fewer than the period's."""
        inside = self.bound.start > self.period.start or self.bound.end < self.period.end
        return self.bound if inside else None

    def level(self) -> Moment:
        """The whole standing days, under the same versions."""
        if self._level is None:
            self._level = self if self.span == self.whole else self.on(self.whole, day=self.day)
        return self._level

    def on(self, span: Span, day: date | None = None, bound: Span | None = None, held: Span | None = None) -> Moment:
        """Other days of the same period."""
        return self.scope.moment(
            span, self.whole, self.period, day or span.start, bound or self.bound, held or self.held
        )  # fmt: skip

    def within(self, scope: Scope) -> Moment:
        """The same days, read otherwise."""
        return scope.moment(self.span, self.whole, self.period, self.day, self.bound, self.held)

    def read(self, **changed: Any) -> Moment:
        return self.within(self.scope.other(**changed))

    def in_period(self, period: Span, span: Span | None = None, bound: Span | None = None) -> Moment:
        """Another period of the line, or some days of it."""
        return self.scope.moment_of(period, span, bound)
