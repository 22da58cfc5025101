"""Measures as they were reported: amounts for spans of days, perhaps by dimensions, and what they come to.

Not reported is not zero: a sum that misses a day that a longer report should cover says so. Reports for
single days are taken as the lines of a sales report: days without a line had no sales.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import accumulate, pairwise
from operator import attrgetter

import msgspec

from ledger.calendar import ONE_DAY, Span, named
from ledger.errors import ReportedTwice
from ledger.money import EXACT, ZERO

Dimensions = tuple[tuple[str, str], ...]

_IN_ORDER = attrgetter("start", "end")


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Why a sum cannot be told: a sentence part such as `revenue for 2025-Q1`.

    `reported`: it was reported, and no other report of the measure stands in for it (a rate is missing).
    """

    why: str
    reported: bool = False


Amount = Decimal | Gap
Bounds = tuple[Span | None, Span | None]


class Reported(msgspec.Struct, frozen=True, gc=False):
    """One reported amount of a measure over a span of days; `dimensions` are sorted (name, value) pairs.

    An amount that was reported and cannot be told (in another currency, without a rate) is a `Gap`.
    """

    measure: str
    span: Span
    amount: Amount
    dimensions: Dimensions = ()


class Series:
    """Amounts in order of their spans, which do not overlap."""

    __slots__ = ("_exact", "_gaps", "_holes", "_long", "_spans", "_sums", "ends", "name", "starts")

    def __init__(self, name: str, amounts: Mapping[Span, Amount]) -> None:
        self._spans = spans = sorted(amounts, key=_IN_ORDER)
        for one, later in pairwise(spans):
            if later.start < one.end:
                raise ReportedTwice(name, named(one), named(later))
        self.name = name
        self.starts = [days.start for days in spans]
        self.ends = [days.end for days in spans]
        self._exact = dict(amounts)
        known = [amount if isinstance(amount := amounts[days], Decimal) else ZERO for days in spans]
        self._holes = [n for n, days in enumerate(spans) if isinstance(amounts[days], Gap)]
        # What the first n come to, so that any range is one subtraction; how many of them are longer than a day;
        # and how many do not follow the one before at once.
        self._sums = list(accumulate(known, EXACT.add, initial=ZERO))
        self._long = list(accumulate((days.end - days.start > ONE_DAY for days in spans), initial=0))
        gaps = (start != end for start, end in zip(self.starts[1:], self.ends, strict=False))
        self._gaps = [0, *accumulate(gaps, initial=0)]

    def total(self, days: Span, bounds: Bounds = (None, None)) -> Decimal | Gap | None:
        """The sum over the days; None where nothing at all is reported in them.

        `bounds`: the days inside which a report that reaches across the first day, or the last, counts with its
        even share by days.
        """
        exact = self._exact.get(days)
        if exact is not None:
            return exact
        first, last = bisect_left(self.starts, days.start), bisect_left(self.starts, days.end)
        before = first > 0 and self.ends[first - 1] > days.start
        beyond = last > first and self.ends[last - 1] > days.end
        across = [(n, bounds[0]) for n in [first - 1] if before and self.starts[n] < days.start]
        across += [(n, bounds[1]) for n in [last - 1] if beyond or (before and self.ends[n] > days.end)]
        for n, bound in across:
            wide = self._spans[n]
            if bound is None or wide.start < bound.start or wide.end > bound.end:
                return Gap(f"{self.name} for {named(days)} alone (it is reported for {named(wide)})")
        if first == last and not before:
            return None
        if self._long[last] > self._long[first] or before:
            low, high = (first - 1 if before else first), last
            whole = self.starts[low] <= days.start and self.ends[high - 1] >= days.end
            if not whole or self._gaps[high] > self._gaps[low + 1]:
                return Gap(f"{self.name} for all of {named(days)}")
        hole = next((n for n in self._holes if first - before <= n < last), None)
        if hole is not None:
            return self._exact[self._spans[hole]]
        inner = EXACT.subtract(self._sums[last - beyond], self._sums[first])
        for n in ([first - 1] if before else []) + ([last - 1] if beyond else []):
            inner = EXACT.add(inner, self._share(n, days))
        return inner

    def across(self, day: date) -> bool:
        """Whether a report reaches across the start of the day."""
        n = bisect_left(self.starts, day) - 1
        return n >= 0 and self.ends[n] > day

    def values(self, days: Span) -> list[tuple[Span, Amount]]:
        """What is reported for spans that overlap the days, in order."""
        first, last = bisect_left(self.starts, days.start), bisect_left(self.starts, days.end)
        if first and self.ends[first - 1] > days.start:
            first -= 1
        return [(span, self._exact[span]) for span in self._spans[first:last]]

    def latest(self, days: Span) -> Amount | None:
        """The latest amount reported within the days."""
        last = bisect_left(self.starts, days.end)
        while last and self.ends[last - 1] > days.end:
            last -= 1
        return self._exact[self._spans[last - 1]] if last and self.starts[last - 1] >= days.start else None

    def overlaps(self, days: Span) -> bool:
        last = bisect_left(self.starts, days.end)
        return last > 0 and self.ends[last - 1] > days.start

    def cuts(self, days: Span) -> bool:
        """Whether a report reaches across the first or the last of the days."""
        return self.across(days.start) or self.across(days.end)

    def _share(self, n: int, days: Span) -> Decimal:
        """What falls on `days` of the nth amount: a difference of cumulated shares, so that all shares
        add up.
        """
        start, end = self.starts[n], self.ends[n]
        amount = self._exact[self._spans[n]]
        assert isinstance(amount, Decimal)  # the sum is a gap where one in it is

        def until(day: date) -> Decimal:
            if day >= end:
                return amount
            part = EXACT.multiply(amount, Decimal((max(day, start) - start).days))
            return EXACT.divide(part, Decimal((end - start).days))

        return EXACT.subtract(until(days.end), until(days.start))


class Layer:
    """The reports of one measure with the same dimensions (`by`): one series where they agree in their spans."""

    def __init__(self, name: str, reports: Iterable[Reported]) -> None:
        reports = list(reports)
        self.name = name
        self.by = tuple(dimension for dimension, _ in reports[0].dimensions)
        plain = {report.span: report.amount for report in reports if not report.dimensions}
        self._apart: list[Series] | None = None  # made when asked for: a sum seldom needs them
        if len(plain) == len(reports):
            self._apart = self.series = [Series(name, plain)]
            return
        apart: dict[Dimensions, dict[Span, Amount]] = {}
        summed: dict[Span, Amount] = {}
        for report in reports:
            span, amount = report.span, report.amount
            mine = apart.setdefault(report.dimensions, {})
            if span in mine and span.days > 1:
                raise ReportedTwice(_described(report.measure, report.dimensions), named(span), named(span))
            mine[span] = add(mine.get(span, ZERO), amount)
            summed[span] = add(summed.get(span, ZERO), amount)
        self._measure, self._amounts = reports[0].measure, apart  # `name` may say some of the dimensions already
        self.series = self.apart if len(apart) == 1 else self._joined(name, summed)

    def _joined(self, name: str, summed: dict[Span, Amount]) -> list[Series]:
        try:
            return [Series(name, summed)]
        except ReportedTwice:
            return self.apart  # one value monthly, another quarterly: no overlap within any one of them

    @property
    def apart(self) -> list[Series]:
        """A series for each combination of dimensions."""
        if self._apart is None:
            self._apart = [Series(_described(self._measure, dims), told) for dims, told in self._amounts.items()]
        return self._apart

    def total(self, days: Span, bounds: Bounds = (None, None)) -> Decimal | Gap | None:
        if len(self.series) == 1:
            return self.series[0].total(days, bounds)
        found = [part for s in self.series if (part := s.total(days, bounds)) is not None]
        amount = ZERO
        for part in found:
            if isinstance(part, Gap):
                return part
            amount = EXACT.add(amount, part)
        return amount if found else None

    def latest(self, days: Span) -> Amount | None:
        found = [last for series in self.apart if (last := series.latest(days)) is not None]
        amount: Amount = ZERO
        for part in found:
            amount = add(amount, part)
        return amount if found else None

    def overlaps(self, days: Span) -> bool:
        return any(series.overlaps(days) for series in self.series)

    def across(self, day: date) -> bool:
        return any(series.across(day) for series in self.series)

    def exactly(self, days: Span) -> bool:
        """Whether there is one report for exactly the days, and no other in them."""
        return all([span for span, _ in series.values(days)] == [days] for series in self.series)

    @property
    def first(self) -> date:
        """The first day reported for."""
        return min(series.starts[0] for series in self.series)

    def values(self, days: Span) -> list[tuple[Span, Amount]] | None:
        """What is reported for spans that overlap the days; None where several values at once are."""
        return self.series[0].values(days) if len(self.series) == 1 else None

    def spans(self, days: Span) -> list[Span]:
        """The spans that are reported and overlap the days, of whatever dimensions."""
        return [span for series in self.apart for span, _ in series.values(days)]

    def cuts(self, days: Span) -> bool:
        return any(series.cuts(days) for series in self.series)


class Measures:
    """All that was reported. Asked for a measure, it answers from the reports with the fewest dimensions that do."""

    def __init__(self, reports: Iterable[Reported] = ()) -> None:
        self.natures: Mapping[str, str] = {}  # what was declared: flow, stock or rate, by measure
        self.reports: dict[str, list[Reported]] = {}
        self._layers: dict[tuple[str, Dimensions, Dimensions], list[Layer]] = {}
        self._hulls: dict[tuple[str, ...], Span | None] = {}
        for report in reports:
            self.reports.setdefault(report.measure, []).append(report)

    def declared(self, natures: Mapping[str, str]) -> Measures:
        """The same, with the natures that were declared."""
        self.natures = natures
        return self

    def layers(self, name: str, wanted: Dimensions, unwanted: Dimensions = ()) -> list[Layer]:
        """The measure restricted to dimensions' values, by groups of equal dimensions, the coarsest first."""
        key = (name, wanted, unwanted)
        if key not in self._layers:
            self._layers[key] = self._grouped(name, wanted, unwanted)
        return self._layers[key]

    def _grouped(self, name: str, wanted: Dimensions, unwanted: Dimensions) -> list[Layer]:
        reports = self.reports.get(name, ())
        if not wanted and not unwanted and not any(report.dimensions for report in reports):
            return [Layer(name, reports)] if reports else []
        groups: dict[tuple[str, ...], list[Reported]] = {}
        needed = {dimension for dimension, _ in (*wanted, *unwanted)}
        into: dict[Dimensions, list[Reported] | None] = {}  # by each combination: where its reports go
        for dimensions in dict.fromkeys(report.dimensions for report in reports):
            having = tuple([dimension for dimension, _ in dimensions])
            group = groups.setdefault(having, []) if needed <= set(having) else None
            left_out = any(pair not in dimensions for pair in wanted) or any(pair in dimensions for pair in unwanted)
            into[dimensions] = None if left_out else group
        for report in reports:
            if (group := into[report.dimensions]) is not None:
                group.append(report)
        described = _described(name, wanted)
        return [Layer(described, groups[key]) for key in sorted(groups, key=len) if groups[key]]

    def hull(self, names: Iterable[str]) -> Span | None:
        """From the first to the last day reported for, or None."""
        if (key := tuple(names)) not in self._hulls:
            self._hulls[key] = self._hull(key)
        return self._hulls[key]

    def _hull(self, names: Iterable[str]) -> Span | None:
        spans = [report.span for name in names for report in self.reports.get(name, ())]
        return Span(min(days.start for days in spans), max(days.end for days in spans)) if spans else None

    def spans(self, names: Iterable[str]) -> list[Span]:
        """The spans that were reported for, in order."""
        found = {report.span for name in names for report in self.reports.get(name, ())}
        return sorted(found, key=lambda days: (days.start, days.end))


def add(one: Amount, other: Amount) -> Amount:
    """The sum; where one of the two cannot be told, why not."""
    if type(one) is Decimal and type(other) is Decimal:
        return EXACT.add(one, other)
    return one if isinstance(one, Gap) else other


def _described(name: str, dimensions: Dimensions) -> str:
    return f"{name}[{', '.join(f'{d} = {v}' for d, v in dimensions)}]" if dimensions else name
