"""Days as ordinals, periods and windows: pairs of a first day and the day after the last."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import TypeAlias

from tests.money.formulas import Window

Span: TypeAlias = tuple[int, int]
MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
EVER: Span = (1, date(9999, 12, 31).toordinal())


def both(one: Span, other: Span) -> Span:
    """The days that are in both; empty where the end is not after the start."""
    return max(one[0], other[0]), min(one[1], other[1])


def length(span: Span) -> int:
    return max(span[1] - span[0], 0)


def later(day: int, months: int) -> int:
    at = date.fromordinal(day)
    years, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + years, month + 1
    return date(year, month, min(at.day, monthrange(year, month)[1])).toordinal()


def cycle(day: int, anchor: int, months: int) -> tuple[int, Span]:
    """The number (from 0) and the days of the period of so many months, counted from the anchor, that a day is in."""
    number = 0
    while later(anchor, months * (number + 1)) <= day:
        number += 1
    while later(anchor, months * number) > day:
        number -= 1
    return number, (later(anchor, months * number), later(anchor, months * (number + 1)))


def period(unit: Window, day: int, start: int | None) -> Span:
    """The period of a payment, or a window of the calendar or the contract, that a day is in."""
    if unit.contract:
        assert start is not None
        return cycle(day, start, MONTHS[unit.unit])[1]
    first = date(date.fromordinal(day).year, *(unit.anchor or (1, 1))).toordinal()
    return cycle(day, first, MONTHS[unit.unit])[1]


def periods(unit: Window, days: Span, start: int | None) -> list[Span]:
    """The periods that have a day in common with these days."""
    found, at = [], days[0]
    while at < days[1]:
        found.append(period(unit, at, start))
        at = found[-1][1]
    return found


def window(unit: Window, day: int, end: int, start: int | None) -> Span:
    """The window that a day of a period which ends before `end` is in; it may be empty before `since`."""
    if unit.unit == "life":
        found = EVER
    elif unit.unit == "last":
        found = (later(end, -unit.months), end)
    else:
        found = period(unit, day, start)
    return (max(found[0], unit.since), found[1]) if unit.since else found
