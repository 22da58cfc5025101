"""Closing periods: which deals were stated in a period and may be closed, and which closings may be taken back."""

from __future__ import annotations

from ledger.accounts import days_of, overlap
from ledger.application import Ledger
from ledger.calendar import Span, named
from ledger.entry import Entry
from ledger.errors import NotStatedYet
from projections.point import Point
from projections.settlement.drafts import books_of, settle
from projections.settlement.statements import settled_deals


def to_close(ledger: Ledger, period: Span, point: Point, deal: str | None) -> list[str]:
    """The deals with a statement in the period; raises NotStatedYet where something due in it was not stated."""
    names = [deal] if deal else settled_deals(ledger, point)
    found = []
    for name in names:
        entries = ledger.history(name)
        accounts = books_of(name, entries, point).accounts
        if not deal and not any(overlap(stated.span, period) for stated in accounts.statements):
            continue
        # Where it was settled by other spans or past this one, what was left out is carried.
        if all(stated.span == period or stated.span.end <= period.start for stated in accounts.statements):
            drafts = settle(name, entries, period, point, ledger.today)
            new = next((d.statement for d in drafts if d.there is None and d.statement.dues), None)
            if new:
                raise NotStatedYet(name, named(period), new.payer, new.payee)
        found.append(name)
    return found


def closings(ledger: Ledger, period: Span, point: Point, deal: str | None) -> list[tuple[str, Entry]]:
    """The closings of just this period that stand, by deal."""
    names = [deal] if deal else settled_deals(ledger, point)
    return [
        (name, fact.entry)
        for name in names
        for closing, fact in books_of(name, ledger.history(name), point).accounts.closings.values()
        if days_of(closing) == period
    ]
