"""A deal's clauses as lines to compute: its definitions and flows as they stand, on one day or day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ledger import rule
from ledger.calendar import ALL_DAYS, Span
from ledger.computing.versions import Line
from ledger.entry import Entry
from ledger.errors import NothingKnown, NothingToCompute
from ledger.events import Defines, Pays
from ledger.language import notation
from ledger.language.formula import Expr
from ledger.language.terms import Flow
from projections.point import Point
from projections.state import opening_of


@dataclass(frozen=True, slots=True)
class Computable:
    """What a computation needs of a deal: its lines, and since when which conditions are met.

    `starts`: the first days of the agreement's terms, from which contract years count anew.
    """

    lines: list[Line]
    starts: tuple[date, ...]
    conditions: dict[str, date]


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
    return Computable(lines, starts, dict(books.met))


def first_days(books: rule.Books) -> tuple[date, ...]:
    """The first days from which contract years count, in order: those of its terms, or else the opening's.

    A later agreement with a term of its own counts anew; none where the opening is not known.
    """
    opening = opening_of(books)
    return tuple(dict.fromkeys(start for _, start in books.terms.starts(opening.dated))) if opening else ()


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
