"""Filing: the sums of a file of revenue lines, as the reports of the deals that it speaks of.

A file is known by its content: what a deal has taken from it already is left. A sum says how many rows it is of, the
first and the last of them, and the report names the file's SHA-256, so that every amount can be traced to its rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

from msgspec.structs import replace

from ledger.accounts import Accounts, days_of, inside, overlap, same
from ledger.application import Ledger
from ledger.batch import Draft, uncollected
from ledger.calendar import ONE_DAY, Span, add_months, named
from ledger.computing.reported import Dimensions
from ledger.errors import AddedAlready, MixedDimensions, NothingReportedIn, RestatesOthers, UnknownDeal
from ledger.events import (
    DaySpan,
    Figure,
    LinesFile,
    MeasureAdded,
    MeasureReported,
    MeasureRestated,
    Report,
)
from ledger.figures import Nature
from ledger.money import EXACT, ZERO
from projections.point import Point
from projections.revenue.segments import Segments
from projections.revenue.taken import Sum, Taken
from projections.settlement.cuts import cuts
from projections.settlement.drafts import books_of
from projections.settlement.dues import Books
from projections.settlement.unlisted import gaps, unlisted, zeros

Kind: TypeAlias = tuple[str, str | None, Dimensions]  # measure, currency, dimensions


class Filing:
    """The deals of a ledger as files of revenue lines speak of them; their books are read once each."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.point = Point(ledger.today, None, ledger.entries.head())
        self._books: dict[str, Books | None] = {}
        self._cuts: dict[str, set[date]] = {}

    def cuts(self, deals: Collection[str]) -> Mapping[str, Collection[date]]:
        """For those of the deals that there are, the days on which anything changes."""
        return {deal: self._cuts_of(deal, books) for deal in deals if (books := self.books(deal))}

    def _cuts_of(self, deal: str, books: Books) -> set[date]:
        if deal not in self._cuts:
            self._cuts[deal] = set(cuts(books))
        return self._cuts[deal]

    def books(self, deal: str) -> Books | None:
        """The deal's books, all that is known and recorded; None where there is no such deal."""
        if deal not in self._books:
            entries = self.ledger.entries.entries_of(deal)
            self._books[deal] = books_of(deal, entries, self.point) if entries else None
        return self._books[deal]

    @uncollected()
    def drafts(
        self, taken: Taken, paper: Mapping[str, Any], restate: bool = False, period: Span | None = None,
        add: bool = False, natures: Mapping[str, Nature] | None = None,
    ) -> list[Draft]:  # fmt: skip
        """A report of each deal in the file; those that hold it already are left out.

        `restate`: it takes the place of what was reported of its measures for its months. `period`: the file has all
        that there is for these days, so that what it has no line of was nothing. `add`: it comes on top of what is
        reported. `natures`: what the measures are declared to be.
        """
        if not taken.sums:
            raise NothingReportedIn(taken.name)
        file = LinesFile(sha256=taken.sha256, name=taken.name, size=taken.size, rows=taken.rows, by=taken.by)
        days = period or _months(taken.sums)
        found = []
        for deal, sums in groupby(taken.sums, key=attrgetter("deal")):
            books = self.books(deal)
            assert books  # the gate refuses rows of other deals
            own = list(sums)
            kinds = _by_kind(own)
            _check_dimensions(taken.name, deal, kinds)
            figures = [_figure(one, (natures or {}).get(one.measure)) for one in own]
            if add:
                if told := _addition(books, figures, file, deal, paper):
                    found.append(Draft(deal, told, place=f"{taken.name}, {deal}"))
                continue
            segments = Segments(self._cuts_of(deal, books))
            if nothing := [*_nothing(kinds, taken.by, segments, days, period is not None)]:
                figures += nothing  # else they are in order, as the sums are
                figures.sort(
                    key=lambda one: (one.measure, one.currency or "", sorted(one.dimensions.items()), one.start)
                )
            if period:
                spans = list(_spans(period, "segment", segments))
                figures += zeros(unlisted(books, figures, period, taken.sha256), spans, (0, 0, 0))
            event = _event(deal, books.accounts, tuple(figures), file, days, restate, paper)
            if event:
                found.append(Draft(deal, event, place=f"{taken.name}, {deal}"))
        return found

    def complete(
        self, deal: str, figures: Sequence[Figure], period: Span, paper: Mapping[str, Any], restate: bool = False
    ) -> Draft:
        """A report of all that there was in a period: of what terms use and the figures do not list, nothing."""
        books = self.books(deal)
        if books is None:
            raise UnknownDeal(deal)
        spans = list(_spans(period, "segment", Segments(self._cuts_of(deal, books))))
        told = list(figures)
        kinds: dict[Kind, list[Figure]] = {}
        for figure in figures:
            kinds.setdefault((figure.measure, None, tuple(figure.dimensions.items())), []).append(figure)
        for (measure, _, dimensions), own in kinds.items():
            told += zeros([(measure, dimensions)], list(gaps(own, spans)))
        told += zeros(unlisted(books, figures, period), spans)
        if not restate:
            return Draft(deal, MeasureReported(figures=tuple(told), **paper))
        whole = DaySpan(start=period.start, through=period.end - ONE_DAY)
        return Draft(deal, MeasureRestated(figures=tuple(told), whole=whole, **paper))


def _by_kind(sums: Iterable[Sum]) -> dict[Kind, list[Sum]]:
    kinds: dict[Kind, list[Sum]] = {}
    for one in sums:
        kinds.setdefault((one.measure, one.currency, one.dimensions), []).append(one)
    return kinds


def _check_dimensions(file: str, deal: str, kinds: Mapping[Kind, Sequence[Sum]]) -> None:
    """Raises MixedDimensions: the lines of one file are apart from one another, and add up by the same dimensions."""
    by: dict[str, dict[tuple[str, ...], int]] = {}
    for (measure, _, dimensions), sums in kinds.items():
        names = tuple(name for name, _ in dimensions)
        by.setdefault(measure, {}).setdefault(names, sums[0].first_row)
    for measure, found in by.items():
        if len(found) > 1:
            said = [f"{'by ' + ' and '.join(names) if names else 'without dimensions'} (row {row})"
                    for names, row in sorted(found.items())]  # fmt: skip
            raise MixedDimensions(file, deal, measure, said)


def _addition(
    books: Books, figures: Sequence[Figure], file: LinesFile, deal: str, paper: Mapping[str, Any]
) -> MeasureAdded | None:
    """The figures on top of what is reported; None where the deal holds the file already.

    Days inside of a longer report are added to all of it. Raises AddedAlready where the file was taken, and what it
    said was restated since.
    """
    facts = [fact for fact in books.held.facts if _file_of(fact.instrument) == file.sha256]
    if facts:
        if any(filed.fact in facts for filed in books.accounts.filed()):
            return None
        raise AddedAlready(file.name, deal, str(facts[-1].entry))
    long: dict[Any, list[Figure]] = {}
    for measure in {figure.measure for figure in figures}:
        for filed in books.accounts.figures.get(measure, ()):
            if filed.figure.start != filed.figure.through:
                long.setdefault((measure, *sorted(filed.figure.dimensions.items())), []).append(filed.figure)
    found: dict[Any, Figure] = {}
    for one in figures:
        key = (one.measure, *sorted(one.dimensions.items()))
        around = next((other for other in long.get(key, ()) if same(one, other) and inside(one, other)), one)
        placed = replace(one, start=around.start, through=around.through)
        place = (key, one.currency, placed.start, placed.through)
        found[place] = _together(found[place], placed) if place in found else placed
    return MeasureAdded(figures=tuple(found.values()), file=file, **paper)


def _together(one: Figure, other: Figure) -> Figure:
    """Two sums of the same days as one, with the rows of both."""
    (rows, first, last), (more, start, end) = one.rows or (0, 0, 0), other.rows or (0, 0, 0)
    return replace(
        one, amount=EXACT.add(one.amount, other.amount), rows=(rows + more, min(first, start), max(last, end))
    )


def _event(
    deal: str,
    accounts: Accounts,
    figures: tuple[Figure, ...],
    file: LinesFile,
    days: Span,
    restate: bool,
    paper: Mapping[str, Any],
) -> MeasureReported | MeasureRestated | None:
    """The report; None where the deal holds just this of the file. Finer sums of the same file restate it."""
    there = [filed for filed in accounts.filed() if _file_of(filed.fact.instrument) == file.sha256]
    measures = {figure.measure for figure in figures}
    if there and sorted(map(repr, figures)) == sorted(repr(filed.figure) for filed in there):
        return None
    if there and not restate and any(isinstance(filed.fact.instrument, MeasureAdded) for filed in there):
        return None
    meets = any(
        overlap(days_of(filed.figure), days)
        for measure in measures
        for filed in accounts.figures.get(measure, ())
    )  # fmt: skip
    if there and not restate:
        _check_alone(deal, accounts, measures, file, days)
    if meets and (restate or there):
        whole = DaySpan(start=days.start, through=days.end - ONE_DAY)
        return MeasureRestated(figures=figures, file=file, whole=whole, **paper)
    return MeasureReported(figures=figures, file=file, **paper)


def _check_alone(deal: str, accounts: Accounts, measures: Collection[str], file: LinesFile, days: Span) -> None:
    """Raises RestatesOthers: a file that is summed anew takes the place of its own figures, not of others'."""
    for measure in sorted(measures):
        for filed in accounts.figures.get(measure, ()):
            if _file_of(filed.fact.instrument) != file.sha256 and overlap(days_of(filed.figure), days):
                raise RestatesOthers(file.name, deal, str(filed.fact.entry), named(days_of(filed.figure)))


def _file_of(report: object) -> str | None:
    return report.file.sha256 if isinstance(report, Report) and report.file else None


def _figure(one: Sum, nature: Nature | None) -> Figure:
    return Figure(
        measure=one.measure,
        start=one.span.start,
        through=one.span.end - ONE_DAY,
        amount=one.amount,
        currency=one.currency,
        dimensions=dict(one.dimensions),
        rows=(one.rows, one.first_row, one.last_row),
        nature=nature,
    )


def _nothing(
    kinds: Mapping[Kind, Sequence[Sum]], by: str, segments: Segments, days: Span, all_of_it: bool
) -> Iterator[Figure]:
    """What the file has no line of, and which was nothing: the segments between its lines; or months in its period.

    Sales by day are lines of a list: days without one had none. By segment that is said of each segment; by day, of
    a month without any line, where the file has all that there is for its period.
    """
    if by == "day" and not all_of_it:
        return
    all_spans = list(_spans(days, by, segments))
    for (measure, currency, dimensions), sums in kinds.items():
        spans = {one.span for one in sums}
        for span in all_spans:
            if span not in spans and not any(overlap(span, other) for other in spans):
                start = span.end - ONE_DAY if by == "day" else span.start
                yield Figure(
                    measure=measure, start=start, through=span.end - ONE_DAY, amount=ZERO, currency=currency,
                    dimensions=dict(dimensions), rows=(0, 0, 0),
                )  # fmt: skip


def _spans(days: Span, by: str, segments: Segments) -> Iterator[Span]:
    day = days.start
    while day < days.end:
        month = Span(day, min(add_months(day.replace(day=1), 1), days.end))
        span = month if by == "day" else segments.of(day)
        yield Span(max(span.start, days.start), min(span.end, days.end))
        day = span.end


def _months(sums: Iterable[Sum]) -> Span:
    """The calendar months that the sums touch, from the first to the last."""
    spans = [one.span for one in sums]
    last = max(span.end for span in spans) - ONE_DAY
    return Span(min(span.start for span in spans).replace(day=1), add_months(last.replace(day=1), 1))
