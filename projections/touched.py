"""Which deals a question over all of them can be about: found in the tables of shares, so that no other is folded.

More may be found than have an answer, never fewer. Where the tables cannot be caught up, it is all deals.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from ledger.application import Ledger
from ledger.calendar import LAST_DAY, ONE_DAY, Span, after
from projections.point import Point
from projections.shares import Shares, words_of
from projections.shares_tables import COUNTS, named_in

# What holds begins or ends only on the first day of a claim, after its last, or on the day of its condition.
EDGES = """
SELECT deal FROM {claims} WHERE entry <= :recorded AND start >= :first AND start < :end
UNION SELECT deal FROM {claims} WHERE entry <= :recorded AND own_end >= :first AND own_end < :end
UNION SELECT deal FROM {terms} WHERE entry <= :recorded AND start >= :first AND start < :end
UNION SELECT deal FROM {terms} WHERE entry <= :recorded AND own_end >= :first AND own_end < :end
UNION SELECT deal FROM {met} WHERE entry <= :recorded AND day >= :first AND day < :end
"""

WAITING = " UNION ".join(
    f"""
SELECT c.deal FROM {{{table}}} c
WHERE c.until IS NOT NULL AND c.entry <= :recorded AND c.start <= :on AND c.own_end > :on AND NOT EXISTS (
    SELECT 1 FROM {{met}} m WHERE m.deal = c.deal AND m.condition = c.until AND {COUNTS.replace("{c}", "m")})
"""
    for table in ("claims", "terms")
)

# An instrument that sets nothing, ends no plan and meets no condition changes nothing when it becomes known.
LEARNT = " UNION ".join(
    f"SELECT deal FROM {{{table}}} WHERE entry <= :recorded AND known_since > :early AND known_since <= :late"
    for table in ("claims", "terms", "endings", "met")
)


def coming(ledger: Ledger, point: Point, window: Span) -> list[str]:
    """The deals in which something may come in the window, or wait for its condition."""
    return _found(ledger, f"{EDGES} UNION {WAITING}", {**words_of(point), **_days(window)})


def differing(ledger: Ledger, before: Point, after_: Point) -> list[str]:
    """The deals that may differ between two points, whichever of the three clocks moved."""
    early, late = sorted((before, after_), key=lambda point: point.recorded)
    found = set(ledger.entries.deals_between(early.recorded, late.recorded))
    words = {"recorded": late.recorded}
    if before.on != after_.on:
        first, last = sorted((before.on, after_.on))
        window = _days(Span(first + ONE_DAY, after(last)))
        found.update(_found(ledger, EDGES, {**words, **window}))
    known = sorted((before.known or LAST_DAY, after_.known or LAST_DAY))
    if known[0] != known[1]:
        days = {"early": known[0].isoformat(), "late": known[1].isoformat()}
        found.update(_found(ledger, LEARNT, {**words, **days}))
    return sorted(found)


def _days(window: Span) -> dict[str, str]:
    return {"first": window.start.isoformat(), "end": window.end.isoformat()}


def _found(ledger: Ledger, query: str, asked: dict[str, Any]) -> list[str]:
    shares = Shares(ledger.entries)
    with shares.caught_up(asked["recorded"]) as (connection, generation):
        if not generation:
            return ledger.entries.deals()
        return sorted(connection.scalars(text(named_in(query, shares.tables(generation))), asked))
