"""`each`: a formula taken separately for every value of some dimensions, and added up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, timedelta

from ledger.calendar import Span, named
from ledger.computing import numbers
from ledger.computing.moment import Member, Moment
from ledger.computing.numbers import Value, missing
from ledger.computing.reported import Measures
from ledger.computing.run import HANDLERS, Run
from ledger.language import formula as f
from ledger.language.printer import formula_text

_COUNTERS = (f.Total, f.Prior, f.Tiers, f.Limited, f.Increase, f.Milestone)


def members(run: Run, expr: f.Each, at: Moment) -> Iterator[tuple[str, Moment]]:
    """The values of the dimensions in a period, in order, each with its moment.

    They are those that the period's reports name; where the formula counts, those that earlier reports named as well.
    """
    values = _values(run, expr, at)
    counts = any(isinstance(node, _COUNTERS) for node, _ in run.lines.reach(expr.of))
    here = values.reported(at.whole)
    known = values.until(at.whole.end) if counts else ()
    for value in dict.fromkeys((*here, *known)):
        member = values.member(value)
        label = ", ".join(f"{d} = {v}" for d, v in member.bindings)
        yield label, at.read(members=(*at.scope.members, member))


def _each(run: Run, expr: f.Each, at: Moment) -> Value:
    total: Value | None = None
    for _, moment in members(run, expr, at):
        found = run.amount(expr.of, moment)
        total = found if total is None else numbers.add(total, found)
    if total is None:
        values = _values(run, expr, at)
        names = dict.fromkeys(leaf.name for leaf in values.leaves)
        what = f"{' and '.join(names) or formula_text(expr.of)} by {' and '.join(expr.dimensions)}"
        return missing(f"{what} for {named(at.whole)}")
    return total


def _values(run: Run, expr: f.Each, at: Moment) -> Values:
    key = ("members", id(expr))
    if key not in at.scope.sums:
        leaves = run.lines.leaves(expr.of, at.scope.filters)
        at.scope.sums[key] = Values(leaves, expr.dimensions, run.measures, dict(at.scope.bindings))
    found: Values = at.scope.sums[key]
    return found


class Values:
    """Which values of some dimensions the measures of a formula are reported for, and in which days."""

    def __init__(
        self, leaves: list[f.Name], dimensions: tuple[str, ...], measures: Measures, around: dict[str, str]
    ) -> None:  # fmt: skip
        self.leaves, self.dimensions = leaves, dimensions
        rows: set[tuple[date, date, tuple[str, ...]]] = set()
        for leaf in leaves:
            for report in measures.reports.get(leaf.name, ()):
                told = dict(report.dimensions)
                bound = all(d in told for d in dimensions) and all(told.get(d, v) == v for d, v in around.items())
                if bound and _passes(told, leaf.filters):
                    rows.add((report.span.start, report.span.end, tuple(told[d] for d in dimensions)))
        self._rows = sorted(rows)
        self._starts = [start for start, *_ in self._rows]
        self._longest = max((end - start for start, end, _ in self._rows), default=timedelta(0))
        self._members: dict[tuple[str, ...], Member] = {}
        self._found: dict[Span, dict[tuple[str, ...], None]] = {}

    def reported(self, days: Span) -> dict[tuple[str, ...], None]:
        """The values that are reported for some of the days."""
        if days not in self._found:
            low = bisect_left(self._starts, days.start - self._longest)
            high = bisect_left(self._starts, days.end)
            here = {value for _, end, value in self._rows[low:high] if end > days.start}
            self._found[days] = dict.fromkeys(sorted(here))
        return self._found[days]

    def until(self, day: date) -> list[tuple[str, ...]]:
        """The values that were reported before the day."""
        return sorted({value for _, _, value in self._rows[: bisect_left(self._starts, day)]})

    def member(self, value: tuple[str, ...]) -> Member:
        if value not in self._members:
            first = next(start for start, _, other in self._rows if other == value)
            bindings = tuple(zip(self.dimensions, value, strict=True))
            self._members[value] = Member(bindings, lambda days: value in self.reported(days), first)
        return self._members[value]


def _passes(dimensions: dict[str, str], filters: tuple[f.Filter, ...]) -> bool:
    return all(
        part.dimension in dimensions and (dimensions[part.dimension] in part.values) != part.without for part in filters
    )


HANDLERS[f.Each] = _each
