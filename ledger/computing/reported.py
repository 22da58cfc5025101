"""Measures as they were reported: amounts for spans of days, perhaps by dimensions, and what they come to.

Not reported is not zero: a sum that misses a day that a longer report should cover says so. Reports for
single days are taken as the lines of a sales report: days without a line had no sales.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from ledger.calendar import Span, named
from ledger.computing.series import Amount, Bounds, Dimensions, Gap, Reported, Series
from ledger.errors import ReportedTwice
from ledger.money import EXACT, ZERO

__all__ = ["Amount", "Bounds", "Dimensions", "Gap", "Layer", "Measures", "Reported", "Series", "add"]


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
