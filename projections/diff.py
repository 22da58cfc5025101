"""What differs between two points: of the contract, of what the world knew, or of what our books said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ledger import rule
from ledger.calendar import ALL_DAYS
from ledger.changes import Change, changes, said
from ledger.entry import Entry
from projections.point import Point
from projections.state import head_json


def diff(slug: str, entries: Sequence[Entry], before: Point, after: Point, on: date | None) -> dict[str, Any]:
    """The shape `deal.diff/1` for one deal.

    Two days (`before.on`, `after.on`) compare what holds on them. Otherwise all days are compared, or the one day
    `on`: each difference says on which days what held before, and what holds after.
    """
    old, new = _books(entries, before), _books(entries, after)
    if before.on != after.on:
        found = [_row(key, None, old.on(before.on).get(key), new.on(after.on).get(key)) for key in _keys(old, new)]
        rows = [row for row in found if row["before"] != row["after"]]
    else:
        rows = [_row(c.key, c, c.before, c.after) for c in changes(old, new) if on is None or on in c.span]
    return {
        "schema": "deal.diff/1",
        "deal": slug,
        "before": _point(before, before.on == after.on and on is None),
        "after": _point(after, before.on == after.on and on is None),
        "changes": rows,
        "head": head_json(max(before, after, key=lambda point: point.recorded)),
    }


def _point(point: Point, all_days: bool) -> dict[str, Any]:
    """The point, without the day where all days are compared."""
    return {**point.json(), "on": None} if all_days else point.json()


def change_json(change: Change) -> dict[str, Any]:
    """One change as the shape has it: key, days, what held and what holds, each in words with its entry."""
    return _row(change.key, change, change.before, change.after)


def _row(key: str, change: Change | None, before: rule.Claim | None, after: rule.Claim | None) -> dict[str, Any]:
    days = change.span if change else ALL_DAYS
    return {
        "key": key,
        "from": days.start.isoformat() if change else None,
        "through": days.through.isoformat() if change and days.through else None,
        "before": said(before) if before else None,
        "after": said(after) if after else None,
        "before_entry": before.fact.entry.position if before else None,
        "after_entry": after.fact.entry.position if after else None,
    }


def _books(entries: Sequence[Entry], point: Point) -> rule.Books:
    return rule.read([entry for entry in entries if entry.position <= point.recorded], point.view)


def _keys(old: rule.Books, new: rule.Books) -> list[str]:
    return sorted(old.timelines.keys() | new.timelines.keys())
