"""Tallies: what the lines of one kind on one span come to, and their way to sums."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice, pairwise
from typing import TypeAlias

from ledger.calendar import Span, named
from ledger.computing.reported import Dimensions
from ledger.errors import BadRows, LinesOverlap, TooManySums
from ledger.money import EXACT, ONE
from projections.revenue.columns import Form
from projections.revenue.gate import Head
from projections.revenue.segments import Segments
from projections.revenue.taken import Sum, made

DAYS_UP_TO = 100_000  # rows: a file of at most so many is summed by day unless told otherwise
MOST_SUMS = 1_000_000
MOST_PROBLEMS = 1_000_000

Cuts: TypeAlias = Callable[[Collection[str]], Mapping[str, Collection[date]]]


@dataclass(slots=True)
class Tally:
    """The sum of some lines in units of an amount's last place; how many they are, the first and the last row.

    `period` says that the lines are for the whole of `span`, and not each for a day in it.
    """

    head: Head
    span: Span
    period: bool
    units: int = 0
    rows: int = 0
    first: int = 0
    last: int = 0

    def add(self, units: int, rows: int, first: int, last: int) -> None:
        """Adds other lines of the same kind."""
        self.units += units
        self.first = min(self.first, first) if self.rows else first
        self.last = max(self.last, last)
        self.rows += rows


def segments_of(names: Collection[str], cuts: Cuts) -> dict[str, Segments]:
    """The segments of the deals that there are; asks once for all names."""
    return {name: Segments(days) for name, days in cuts(names).items()} if names else {}


def check_count(count: int, dimensions: list[str], name: str) -> None:
    """Raises TooManySums."""
    if count > MOST_SUMS:
        raise TooManySums(name, MOST_SUMS, dimensions)


def merged(tallies: Iterable[Tally]) -> list[Tally]:
    """The tallies of one head and span as one."""
    found: dict[tuple[Head, Span, bool], Tally] = {}
    for tally in tallies:
        one = found.setdefault((tally.head, tally.span, tally.period), tally)
        if one is not tally:
            one.add(tally.units, tally.rows, tally.first, tally.last)
    return list(found.values())


def sums_of(tallies: Iterable[Tally], form: Form, name: str) -> list[Sum]:
    """The tallies as sums in their order. Raises LinesOverlap, TooManySums."""
    found = [tally for tally in tallies if tally.rows]
    heads = {tally.head for tally in found}
    check_count(len(found), sorted({name for head in heads for name, _ in head.dimensions}), name)
    rank = {head: n << 44 for n, head in enumerate(sorted(heads, key=lambda head: (head.deal, *in_order(head[1:]))))}
    found.sort(key=lambda t: rank[t.head] + (t.span.start.toordinal() << 22) + t.span.end.toordinal())
    if any(tally.period for tally in found):
        _check_overlaps(found, name)
    exact, unit = exactly(form), -form.places
    amounts = (exact(Decimal(tally.units).scaleb(unit, EXACT)) for tally in found)
    return [
        made(Sum, (*t.head[:2], t.span, amount, *t.head[2:], t.rows, t.first, t.last))
        for t, amount in zip(found, amounts, strict=True)
    ]


def in_order(tail: tuple[str, str | None, Dimensions]) -> tuple[str, str, Dimensions]:
    """What measure, currency and dimensions are sorted by."""
    measure, currency, dimensions = tail
    return measure, currency or "", dimensions


def exactly(form: Form) -> Callable[[Decimal], Decimal]:
    """From an amount that stands in the file to the amount that the mapping says it is."""
    times = form.times
    return (lambda amount: amount) if times == ONE else (lambda amount: EXACT.multiply(amount, times))


def _check_overlaps(tallies: list[Tally], name: str) -> None:
    """A period must not overlap another one, or days, of the same deal, measure, currency and dimensions."""
    for before, one in pairwise(tallies):
        if one.head == before.head and one.span.start < before.span.end:
            raise LinesOverlap(
                name, str(one.head), named(before.span), _rows(before), named(one.span), _rows(one)
            )  # fmt: skip


def _rows(tally: Tally) -> str:
    return f"row {tally.first}" if tally.rows == 1 else f"{tally.rows:,} rows, {tally.first} to {tally.last}"


def bad_rows(name: str, problems: Iterator[tuple[int, str]]) -> BadRows:
    """The refusal of rows, in the order in which they come; the first MOST_PROBLEMS of them with their reasons."""
    kept = list(islice(problems, MOST_PROBLEMS))
    return BadRows(name, kept, len(kept) + sum(1 for _ in problems))
