"""A small ledger for the tests of proofs and checks: two deals, a correction, a void, a plan, an attached file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ledger import attachments
from ledger.application import Ledger
from ledger.entry import leaf
from ledger.form import draft_of
from ledger.merkle import grow, place_of
from projections.point import Point
from projections.proof import make
from projections.shares import Shares

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
SHARE = "Acme -> Bolt as share: {}% of revenue every quarter"

FORMS: tuple[dict[str, Any], ...] = (
    {"event": "open", "deal": "acme-bolt", "dated": "2024-01-15", "term": "2024-01-15..2027-12-31",
     "party": ["Acme", "Bolt"], "pays": SHARE.format(20), "key": "opening"},
    {"event": "open", "deal": "nur", "dated": "2024-02-01", "party": ["Acme", "شركة النور"],
     "pays": "Acme -> شركة النور as referral: 2.5% of revenue every quarter", "key": "نور"},
    {"event": "amend", "deal": "acme-bolt", "dated": "2025-03-10", "from": "2025-04-01", "pays": SHARE.format("17.5"),
     "key": "amendment"},
    {"event": "plan", "deal": "acme-bolt", "dated": "2025-06-02", "evidence": "reported",
     "pays": SHARE.format(10) + " from 2027-01-01", "key": "plan"},
    {"event": "correct", "deal": "acme-bolt", "entry": "#3", "pays": SHARE.format(18), "reason": "slip", "key": "c"},
    {"event": "amend", "deal": "nur", "dated": "2025-07-01", "right": "Acme as brand: may use the brand", "key": "b"},
    {"event": "void", "deal": "nur", "entry": "#6", "reason": "another deal's", "key": "v"},
    {"event": "extend", "deal": "acme-bolt", "dated": "2025-09-01", "through": "2028", "key": "longer"},
    {"event": "affirm", "deal": "acme-bolt", "dated": "2025-10-01", "statement": "It all stands.", "key": "stands"},
)  # fmt: skip


def books(path: Path, count: int = len(FORMS)) -> Path:
    """The first entries of it, as a ledger at the path; a checkpoint on file at #5 and at the end; shares projected."""
    paper = path.with_name("paper.txt")
    paper.write_text("seventeen and one half percent")
    with Ledger(str(path), "create", clock=lambda: NOW) as ledger:
        attachment = msgspec.to_builtins(attachments.store(ledger.database, paper))
        for number, form in enumerate(FORMS[:count], 1):
            source = (
                {"source": [{"title": "Amendment", "attachment": attachment}]} if form["key"] == "amendment" else {}
            )
            ledger.record([draft_of({**form, **source})], by="desk")
            if number in (5, count):
                make(ledger, number, None, "books")
        list(Shares(ledger.entries).at(Point(NOW.date(), None, count)))
    return path


def rehashed(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[bytes, bytes, int]]:
    """Leaf, nodes and position of every row, as whoever re-writes history would work them out anew."""
    stored: list[bytes] = []
    for size, row in enumerate(rows):
        read = lambda nodes: [stored[at][level * 32 : level * 32 + 32] for at, level in map(place_of, nodes)]  # noqa: E731
        hashed = leaf(row)
        stored.append(hashed + grow(read, size, [hashed])[0])
        yield stored[-1][:32], stored[-1][32:], row[0]
