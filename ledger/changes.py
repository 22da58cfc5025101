"""What differs between two views of one deal: by key and days, what held and what holds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import msgspec

from ledger import clauses
from ledger.calendar import FIRST_DAY, LAST_DAY, Span
from ledger.events import AnyClause, Standing
from ledger.rule import Books, Claim, Timeline


@dataclass(frozen=True, slots=True)
class Change:
    """On these days, under this key, `before` held and `after` holds (None: nothing)."""

    key: str
    span: Span
    before: Claim | None
    after: Claim | None


def said(claim: Claim) -> str:
    """What a claim says, and its standing where it is not binding."""
    standing = "" if claim.fact.standing == "binding" else f" ({claim.fact.standing})"
    return clauses.text_of(claim.clause) + standing


def changes(before: Books, after: Books) -> list[Change]:
    """What differs between two views of one deal, by key and days."""
    keys = sorted(before.timelines.keys() | after.timelines.keys())
    found = []
    for key in keys:
        old, new = before.timelines.get(key, Timeline()), after.timelines.get(key, Timeline())
        found += [Change(key, *change) for change in _differences(old, new)]
    return found


def _differences(old: Timeline, new: Timeline) -> list[tuple[Span, Claim | None, Claim | None]]:
    edges = sorted({*old.days, *new.days, LAST_DAY})
    found: list[tuple[Span, Claim | None, Claim | None]] = []
    for start, end in pairwise(edges):
        a, b = old.on(start), new.on(start)
        if _same(a, b):
            continue
        if found and found[-1][0].end == start and _same(found[-1][1], a) and _same(found[-1][2], b):
            found[-1] = (Span(found[-1][0].start, end), a, b)
        else:
            found.append((Span(start, end), a, b))
    return found


def _same(a: Claim | None, b: Claim | None) -> bool:
    """Whether two claims say the same: not by whom, but what."""
    if a is None or b is None:
        return a is b
    return _said(a) == _said(b)


def _said(claim: Claim) -> tuple[AnyClause, Standing]:
    clause = msgspec.structs.replace(claim.clause, start=FIRST_DAY, through=None, until=None, survives=False, then=None)
    return clause, claim.fact.standing
