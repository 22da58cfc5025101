"""What comes: ends, steps, plans due, conditions pending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ledger import clauses, rule
from ledger.calendar import ONE_DAY, Span
from ledger.entry import Entry
from ledger.events import Member
from projections.point import Point


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that comes on a day (None: when its condition is met)."""

    day: date | None
    deal: str
    key: str
    what: str  # begins, changes, ends, plan due, waits for a condition
    before: str | None
    after: str | None
    entry: int

    def json(self) -> dict[str, Any]:
        return {
            "day": self.day.isoformat() if self.day else None,
            "deal": self.deal,
            "key": self.key,
            "what": self.what,
            "before": self.before,
            "after": self.after,
            "entry": self.entry,
        }


def upcoming(slug: str, entries: Sequence[Entry], point: Point, window: Span) -> list[Coming]:
    """What comes for one deal on the days of the window, in order of days; pending conditions last."""
    recorded = [entry for entry in entries if entry.position <= point.recorded]
    books = rule.read(recorded, replace(point, planned=False).view)
    planned = rule.read(recorded, replace(point, planned=True).view)
    found = [*_steps(slug, books, window), *_plans(slug, planned, window), *_pending(slug, books, point.on)]
    return sorted(found, key=lambda coming: (coming.day or date.max, coming.key, coming.what))


def _steps(slug: str, books: rule.Books, window: Span) -> Iterator[Coming]:
    for key, line in books.timelines.items():
        for day in line.days:
            before, after = (line.on(day - ONE_DAY), line.on(day)) if day in window else (None, None)
            if (before and isinstance(before.clause, Member)) or (after and isinstance(after.clause, Member)):
                continue
            old, new = _said(before), _said(after)
            if old != new:
                what = "begins" if before is None else "ends" if after is None else "changes"
                cause = after or before
                assert cause is not None  # they differ, so that one of them is there
                # What ends has its last day the day before.
                yield Coming(day if after else day - ONE_DAY, slug, key, what, old, new, cause.fact.entry.position)


def _plans(slug: str, planned: rule.Books, window: Span) -> Iterator[Coming]:
    """The plans that nothing overrules, on the first day on which each would hold."""
    for term in planned.terms.periods:
        if term.claim.fact.standing == "planned" and term.claim.start in window:
            said = clauses.text_of(term.claim.clause)
            yield Coming(term.claim.start, slug, "term", "plan due", None, said, term.claim.fact.entry.position)
    for key, line in planned.timelines.items():
        seen: list[rule.Claim] = []
        for day, claim in zip(line.days, line.claims, strict=True):
            if claim is None or claim.fact.standing != "planned" or any(claim is other for other in seen):
                continue
            seen.append(claim)
            if day in window and claim.stopped is None:
                yield Coming(day, slug, key, "plan due", None, clauses.text_of(claim.clause), claim.fact.entry.position)


def _pending(slug: str, books: rule.Books, on: date) -> Iterator[Coming]:
    term = books.terms.on(on)
    held = books.on(on) | ({term.claim.clause.key: term.claim} if term and term.start <= on < term.end else {})
    for key, claim in held.items():
        if claim.clause.until and claim.clause.until not in books.met:
            what = f"waits for '{claim.clause.until}'"
            yield Coming(None, slug, key, what, clauses.text_of(claim.clause), None, claim.fact.entry.position)


def _said(claim: rule.Claim | None) -> str | None:
    return clauses.text_of(claim.clause) if claim else None
