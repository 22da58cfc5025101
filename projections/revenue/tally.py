"""Tallies: what lines of one kind come to, and their way from days to segments to sums."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby, islice, pairwise
from typing import TypeAlias

from ledger.calendar import named
from ledger.errors import BadRows, LinesOverlap, TooManySums
from ledger.money import EXACT, ONE
from projections.revenue.columns import Form
from projections.revenue.gate import Key
from projections.revenue.segments import Segments
from projections.revenue.taken import Sum, in_order

DAYS_UP_TO = 100_000  # rows: a file of at most so many is summed by day unless told otherwise
MOST_SUMS = 1_000_000
MOST_PROBLEMS = 1_000_000

Cuts: TypeAlias = Callable[[Collection[str]], Mapping[str, Collection[date]]]
Deals: TypeAlias = dict[str, Segments | None]  # None: there is no such deal


@dataclass(slots=True)
class Tally:
    """The sum of some lines, in units of an amount's last place; how many they are, the first and the last row."""

    units: int = 0
    rows: int = 0
    first: int = 0
    last: int = 0

    def add(self, other: Tally) -> None:
        """Adds the lines of another tally."""
        self.units += other.units
        self.first = min(self.first, other.first) if self.rows else other.first
        self.last = max(self.last, other.last)
        self.rows += other.rows


Tallies: TypeAlias = dict[tuple[Key, bool], Tally]  # with whether the key's lines are for single days


def look_up(deals: Deals, names: Iterable[str], cuts: Cuts) -> None:
    """Asks once for all names that are new."""
    new = {name for name in names if name not in deals}
    found = cuts(new) if new else {}
    deals.update((name, Segments(found[name]) if name in found else None) for name in new)


def folded(key: Key, deals: Deals, by: str) -> tuple[Key, bool]:
    """What a line's tally goes into: by segment its deal's segment; a period's line and a day by itself."""
    if not key.by_day:
        return key, False
    segments = deals[key.deal]
    if by == "day" or segments is None:
        return key, True
    return replace(key, span=segments.of(key.span.start)), True


def gather(tallies: Tallies, into: tuple[Key, bool], tally: Tally, name: str) -> None:
    """Adds a tally to what is gathered. Raises TooManySums."""
    found = tallies.get(into)
    if found is not None:
        found.add(tally)
        return
    if len(tallies) >= MOST_SUMS:
        raise TooManySums(name, MOST_SUMS, [dimension for dimension, _ in into[0].dimensions])
    tallies[into] = replace(tally)


def sums_of(tallies: Tallies, form: Form, name: str) -> list[Sum]:
    """The tallies as sums in their order. Raises LinesOverlap."""
    _check_overlaps(tallies, name)
    return in_order(
        [
            Sum(
                key.deal, key.measure, key.span, _amount(tally.units, form), key.currency, key.dimensions,
                tally.rows, tally.first, tally.last,
            )
            for (key, _), tally in tallies.items()
        ]
    )  # fmt: skip


def _amount(units: int, form: Form) -> Decimal:
    """Exact, without needless zeros and without an exponent."""
    amount = EXACT.multiply(EXACT.scaleb(Decimal(units), -form.places), form.times).normalize(EXACT)
    if amount.as_tuple().exponent > 0:  # type: ignore[operator]
        amount = amount.quantize(ONE, context=EXACT)
    return amount + 0 if amount else Decimal(0)


def _check_overlaps(tallies: Tallies, name: str) -> None:
    """A period must not overlap another one, or days, of the same deal, measure, currency and dimensions."""
    if all(by_day for _, by_day in tallies):
        return

    def what(one: tuple[Key, bool]) -> tuple[str, str, str, object]:
        return one[0].deal, one[0].measure, one[0].currency or "", one[0].dimensions

    keys = sorted(tallies, key=lambda one: (what(one), one[0].span.start, one[0].span.end))
    for _, same in groupby(keys, key=what):
        for before, one in pairwise(same):
            if one[0].span.start < before[0].span.end:
                _refuse_overlap(tallies, before, one, name)


def _refuse_overlap(tallies: Tallies, first: tuple[Key, bool], second: tuple[Key, bool], name: str) -> None:
    key = first[0]
    dimensions = ", ".join(f"{dimension} = {value}" for dimension, value in key.dimensions)
    what = f"{key.measure}{f'[{dimensions}]' if dimensions else ''} of {key.deal}"
    raise LinesOverlap(
        name, what, named(first[0].span), _rows(tallies[first]), named(second[0].span), _rows(tallies[second])
    )


def _rows(tally: Tally) -> str:
    return f"row {tally.first}" if tally.rows == 1 else f"{tally.rows:,} rows, {tally.first} to {tally.last}"


def bad_rows(name: str, problems: Iterator[tuple[int, str]]) -> BadRows:
    """The refusal of rows, in the order in which they come; the first MOST_PROBLEMS of them with their reasons."""
    kept = list(islice(problems, MOST_PROBLEMS))
    return BadRows(name, kept, len(kept) + sum(1 for _ in problems))
