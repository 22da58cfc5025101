"""Amounts reported for spans of days, in order: what any days of them come to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
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
