"""What a report does not list and which was nothing: the measures and slices that terms use of its days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeAlias

from ledger.accounts import Filed, days_of, overlap
from ledger.calendar import ONE_DAY, Span
from ledger.computing.reported import Dimensions
from ledger.events import Figure, Report
from ledger.money import ZERO
from ledger.uses import Use, held, uses_of
from projections.settlement.dues import Books

Rows: TypeAlias = tuple[int, int, int] | None

AS_MANY = 1_000  # slices of one measure that are said to be nothing: so many that more would be a slip


def unlisted(
    books: Books, listed: Sequence[Figure], days: Span, file: str | None = None
) -> Iterator[tuple[str, Dimensions]]:
    """The slices that terms use on the days, that `listed` does not have, and of which nothing is reported there.

    A measure of which the books have something on these days from elsewhere than `file` (its SHA-256) is left to them.
    Slices have the dimensions by which the measure is reported; of those that the terms do not name, some value that
    was reported.
    """
    natures = {**books.accounts.natures, **{figure.measure: figure.nature for figure in listed if figure.nature}}
    hold = held(books.held, natures) | {name for name, nature in natures.items() if nature != "flow"}
    for measure, uses in sorted(uses_of(books.held).items()):
        if measure in hold:
            continue  # no stock and no price is nothing because nobody listed it
        used = [use for use in uses if overlap(use.days, days)]
        own = [figure for figure in listed if figure.measure == measure]
        others = [one.figure for one in books.accounts.figures.get(measure, ()) if not file or _file(one) != file]
        if used and (own or not any(overlap(days_of(figure), days) for figure in others)):
            yield from ((measure, dimensions) for dimensions in _slices(own, others, used))


def _file(filed: Filed) -> str | None:
    told = filed.fact.instrument
    return told.file.sha256 if isinstance(told, Report) and told.file else None


def gaps(figures: Iterable[Figure], spans: Iterable[Span]) -> Iterator[Span]:
    """The parts of the spans that no figure speaks of."""
    told = sorted((days_of(figure) for figure in figures), key=lambda span: span.start)
    for span in spans:
        day = span.start
        for days in told:
            if overlap(days, Span(day, span.end)) if day < span.end else False:
                if day < days.start:
                    yield Span(day, days.start)
                day = max(day, days.end)
        if day < span.end:
            yield Span(day, span.end)


def _slices(own: Sequence[Figure], before: Sequence[Figure], uses: Sequence[Use]) -> Iterator[Dimensions]:
    there = [figure.dimensions for figure in own]
    for wanted in _combinations([*own, *before], uses):
        if len(there) > AS_MANY:
            return
        if not any(wanted.items() <= dimensions.items() for dimensions in there):
            full = {**_any_values([*own, *before], uses, wanted), **wanted}
            there.append(full)
            yield tuple(sorted(full.items()))


def _combinations(figures: Sequence[Figure], uses: Sequence[Use]) -> Iterator[dict[str, str]]:
    """Each slice that a use names, value by value."""
    for use in uses:
        chosen: dict[str, Collection[str]] = {}
        for one in use.filters:
            known = _values(figures, uses, one.dimension)
            values = [value for value in known if value not in one.values] if one.without else one.values
            chosen[one.dimension] = [v for v in values if v in chosen.get(one.dimension, values)]
        for values_ in product(*chosen.values()):
            yield dict(zip(chosen, values_, strict=True))


def _any_values(figures: Sequence[Figure], uses: Sequence[Use], wanted: Mapping[str, str]) -> dict[str, str]:
    """A value of each other dimension by which the measure is reported, or else named by terms."""
    names = set(figures[0].dimensions) if figures else {one.dimension for use in uses for one in use.filters}
    return {name: values[0] for name in sorted(names - wanted.keys()) if (values := _values(figures, uses, name))}


def _values(figures: Iterable[Figure], uses: Iterable[Use], dimension: str) -> list[str]:
    told = [figure.dimensions[dimension] for figure in figures if dimension in figure.dimensions]
    named = [value for use in uses for one in use.filters if one.dimension == dimension for value in one.values]
    return list(dict.fromkeys([*told, *named]))


def zeros(slices: Iterable[tuple[str, Dimensions]], spans: Sequence[Span], rows: Rows = None) -> list[Figure]:
    """Reports of nothing, of each slice on each of the spans."""
    return [
        Figure(
            measure=measure, start=span.start, through=span.end - ONE_DAY, amount=ZERO,
            dimensions=dict(dimensions), rows=rows,
        )
        for measure, dimensions in slices
        for span in spans
    ]  # fmt: skip
