"""Where sums of lines must be cut, so that no formula can tell them from the lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from ledger.calendar import ONE_DAY, add_months
from ledger.events import Defines, Member, Pays
from ledger.language import formula as f
from ledger.language import notation
from ledger.rule import Timeline
from projections.lines import first_days
from projections.settlement.dues import Books

YEARS_COUNTED = 200  # contract months are cut for so long: no file reaches further


def cuts(books: Books) -> Iterator[date]:
    """The days on which anything changes: clauses, members of pools, windows of formulas, exchange rates."""
    starts = first_days(books.held)
    for line in books.held.timelines.values():
        clauses = [claim.clause for claim in line.claims if claim]
        if any(isinstance(clause, Pays | Defines | Member) for clause in clauses):
            yield from _edges(line)
        for clause in clauses:
            if isinstance(clause, Pays | Defines):
                yield from _windows(clause, starts)
    for rate, _ in books.accounts.rates:
        yield from (rate.start, rate.through + ONE_DAY)


def _edges(line: Timeline) -> Iterator[date]:
    for span, _ in line.spans():
        yield from (span.start, span.end)


def _windows(clause: Pays | Defines, starts: Sequence[date]) -> Iterator[date]:
    """Where windows begin: on a day of their own, or in the middle of months."""
    for window in _windows_in(clause.terms, isinstance(clause, Pays)):
        if window.since:
            yield window.since
        days = starts if window.contract else [date(1900, *window.anchor)] if window.anchor else []
        for day in days:
            if day.day != 1:
                yield from (add_months(day, n) for n in range(12 * YEARS_COUNTED))


@lru_cache(maxsize=16_384)
def _windows_in(terms: str, is_flow: bool) -> tuple[f.Window, ...]:
    """The windows of a formula, and the periods of a flow."""
    flow = notation.parse(terms) if is_flow else None
    expr = flow.expr if flow else notation.parse_expr(terms)
    windows = [node.window for node in f.walk(expr) if getattr(node, "window", None)]  # type: ignore[attr-defined]
    return (*windows, *([flow.every] if flow and flow.every else []))
