"""A deal's clauses as lines to compute: its definitions and flows as they stand, on one day or day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ledger import rule
from ledger.calendar import ALL_DAYS, LAST_DAY, Span
from ledger.computing.lines import Line
from ledger.entry import Entry
from ledger.errors import NothingKnown, NothingToCompute, SeveralTerms
from ledger.events import Defines, Pays
from ledger.language import notation
from ledger.language.formula import Expr
from ledger.language.terms import Flow
from projections.point import Point
from projections.state import opening_of


@dataclass(frozen=True, slots=True)
class Computable:
    """What a computation needs of a deal: its lines, and since when which conditions are met.

    `starts`: from which day on contract years count from which first day.
    """

    deal: str
    lines: list[Line]
    starts: list[tuple[date, date]]
    conditions: dict[str, date]

    def start(self, days: Span | None) -> date:
        """The day from which contract years count on these days (None: on the last ones).

        Raises SeveralTerms where that is not one day.
        """
        ends = [*(day for day, _ in self.starts[1:]), LAST_DAY]
        met = [
            start
            for (first, start), end in zip(self.starts, ends, strict=True)
            if days is None or (first < days.end and days.start < end)
        ]
        if days and len(set(met)) > 1:
            raise SeveralTerms(self.deal, [day.isoformat() for day, _ in self.starts if day in days])
        return met[-1]


def computable(slug: str, entries: Sequence[Entry], point: Point, day_by_day: bool) -> Computable:
    """The deal's definitions and flows: as they stand on the point's day, or each day as it stands on it.

    Raises NothingKnown, or NothingToCompute where no clause says anything about money.
    """
    books = rule.read([entry for entry in entries if entry.position <= point.recorded], point.view)
    starts = first_days(books)
    if not starts:
        raise NothingKnown(slug, str(point))
    lines = [line for key in sorted(books.timelines) if (line := _line(key, books.timelines[key], point, day_by_day))]
    if not lines:
        raise NothingToCompute(slug, str(point))
    if not any("contract" in text for text in _terms(books)):
        starts = starts[-1:]  # nothing asks
    return Computable(slug, lines, starts, dict(books.met))


def _terms(books: rule.Books) -> Iterator[str]:
    """The texts of all formulas, whenever they stand."""
    for line in books.timelines.values():
        for _, claim in line.spans():
            if isinstance(claim.clause, Pays | Defines):
                yield claim.clause.terms


def first_days(books: rule.Books) -> list[tuple[date, date]]:
    """From which day on contract years count from which first day: a term's, or the opening's.

    A later agreement with a term of its own counts anew; none where the opening is not known.
    """
    opening = opening_of(books)
    return books.terms.starts(opening.dated) if opening else []


def _line(key: str, timeline: rule.Timeline, point: Point, day_by_day: bool) -> Line | None:
    """A key's line: its versions, each on its span; None where it says nothing about money."""
    held = list(timeline.spans()) if day_by_day else [(ALL_DAYS, c) for c in [timeline.on(point.on)] if c]
    money = [(span, claim.clause) for span, claim in held if isinstance(claim.clause, Pays | Defines)]
    if not money:
        return None
    last = money[-1][1]
    between = (last.payer, last.payee) if isinstance(last, Pays) else (None, None)
    return Line(key, tuple(_version(span, clause) for span, clause in money), *between)


def _version(span: Span, clause: Pays | Defines) -> tuple[Span, Flow | Expr]:
    return span, notation.parse(clause.terms) if isinstance(clause, Pays) else notation.parse_expr(clause.terms)
