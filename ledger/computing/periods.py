"""Which periods a run computes: those asked for, and before them those that the counters need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ledger.calendar import Span, add_months, cycle
from ledger.computing.lines import Part
from ledger.computing.tape import Book, Tape
from ledger.computing.windows import anchor
from ledger.errors import NothingReported
from ledger.language import formula as f


@dataclass(frozen=True, slots=True)
class Output:
    """One part of a line: its place among the lines, and the slots that hold it."""

    order: int
    part: Part
    exact: int
    paid: int


@dataclass(frozen=True, slots=True)
class Compiled:
    """A tape ready to run: a flow with the definitions in it that are computed for the same days."""

    name: str
    every: f.Window | None
    once: bool
    tape: Tape
    outputs: list[Output]
    cuts: frozenset[date]
    needed: list[str]


def periods(compiled: Compiled, book: Book, within: Span | None) -> Sequence[Span]:
    """The periods to compute: those asked for, and before them those that the counters need."""
    every = compiled.every
    names = compiled.needed
    hull = book.measures.hull(names)
    if hull is None:
        names = list(book.measures.reports)
        hull = book.measures.hull(names)
    if every is None:
        return _as_reported(compiled, book.measures.spans(names), within)
    asked = within or hull
    if asked is None:
        raise NothingReported(compiled.name)
    first = asked.start
    if compiled.tape.remembers:
        counted = book.fresh or any(name in book.openings for name in names)
        start = None if counted else book.start
        first = min(first, hull.start if hull else first, start or first)
    grid = _grid(every, Span(first, asked.end), book.start)
    return _merged(grid, book.measures.spans(names), asked.start) if first < asked.start else grid


def _grid(every: f.Window, days: Span, start: date | None) -> list[Span]:
    """All periods that overlap the days."""
    count = f.MONTHS[every.unit]
    period = cycle(days.start, anchor(every, start), count)
    found = [period]
    first, n = period.start, 1
    if count and first.day <= 28:
        # The usual case, without looking for the anchor again.
        while (edge := found[-1].end) < days.end:
            n += 1
            found.append(Span(edge, add_months(first, n * count)))
        return found
    while found[-1].end < days.end:
        found.append(cycle(found[-1].end, anchor(every, start), count))
    return found


def _as_reported(compiled: Compiled, reported: list[Span], within: Span | None) -> Sequence[Span]:
    """Without an `every`, a line is computed for what is asked for, or for each span that was reported."""
    if within is not None:
        earlier = [days for days in reported if days.end <= within.start] if compiled.tape.remembers else []
        inside = [d for d in reported if d.start >= within.start and d.end <= within.end]
        return _apart(earlier) + ([within] if compiled.once or not inside else _apart(inside))
    if not reported:
        raise NothingReported(compiled.name)
    hull = Span(reported[0].start, max(days.end for days in reported))
    return [hull] if compiled.once else _apart(reported)


def _apart(spans: list[Span]) -> list[Span]:
    """The spans, with those that overlap taken together."""
    found: list[Span] = []
    for days in spans:
        if found and days.start < found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, days.end))
        else:
            found.append(days)
    return found


def _merged(grid: list[Span], reported: list[Span], until: date) -> list[Span]:
    """The grid, where earlier periods that one report takes together are taken together as well."""
    coarse = [days for days in reported if days.end <= until]
    found: list[Span] = []
    at = 0
    for period in grid:
        if period.start < until:
            while at < len(coarse) and coarse[at].start < period.start:
                at += 1
            ends = [d.end for d in coarse[max(at - 1, 0) : at + 1] if d.start < period.end < d.end]
            if found and period.start < found[-1].end:
                found[-1] = Span(found[-1].start, max([found[-1].end, period.end, *ends]))
                continue
            if ends:
                found.append(Span(period.start, max(ends)))
                continue
        found.append(period)
    return found
