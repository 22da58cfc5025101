"""Elementary segments: calendar months, cut further at the days on which anything changes for a deal.

Formulas count by days at the finest and by months, quarters and years otherwise; between two cuts nothing
changes, so that the sum over a segment is all that any formula needs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from datetime import date

from ledger.calendar import Span, add_months


class Segments:
    """The segments of one deal, cut at `days` (each the first day of something new)."""

    __slots__ = ("_cuts",)

    def __init__(self, days: Iterable[date]) -> None:
        self._cuts = sorted(set(days))

    def of(self, day: date) -> Span:
        """The segment that a day is in."""
        start = day.replace(day=1)
        end = add_months(start, 1)
        n = bisect_right(self._cuts, day)
        if n and self._cuts[n - 1] > start:
            start = self._cuts[n - 1]
        if n < len(self._cuts) and self._cuts[n] < end:
            end = self._cuts[n]
        return Span(start, end)

    def within(self, months: Collection[date]) -> Iterator[tuple[date, Span]]:
        """The segments of the months (each its first day), each with its month."""
        for month in months:
            end = add_months(month, 1)
            day = month
            while day < end:
                segment = self.of(day)
                yield month, segment
                day = segment.end
