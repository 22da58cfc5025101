"""Days, spans of days and periods: parsing and printing them.

Civil dates are dates, never instants. A span is half open inside the code (`end` is the first day after it)
and inclusive on every screen (`from` and `through`).
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import msgspec

from ledger.errors import NoSuchDay, NotADay, NotAPeriod, SpanEndsBeforeItStarts

ONE_DAY = timedelta(days=1)
FIRST_DAY = date(1, 1, 1)
LAST_DAY = date(9999, 12, 31)  # as an `end` it means: no end

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_HALF = re.compile(r"(\d{4})-H([12])")
_YEAR = re.compile(r"(\d{4})")


class Span(msgspec.Struct, frozen=True, gc=False):
    """The days from `start` up to, and not including, `end`; `LAST_DAY` as `end` means: no end."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    @property
    def through(self) -> date | None:
        """The last day, or None where there is no end."""
        return None if self.end == LAST_DAY else self.end - ONE_DAY

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def __str__(self) -> str:
        return f"{self.start} to {self.through}" if self.through else f"from {self.start}"


ALL_DAYS = Span(FIRST_DAY, LAST_DAY)


def span(start: date, through: date | None, what: str = "The span") -> Span:
    """The span from an inclusive first day through an inclusive last day (None: no end)."""
    if through is None:
        return Span(start, LAST_DAY)
    if through < start:
        raise SpanEndsBeforeItStarts(start.isoformat(), through.isoformat(), what)
    return Span(start, after(through))


def after(through: date) -> date:
    """The day after `through`, as the end of a half-open span."""
    return LAST_DAY if through == LAST_DAY else through + ONE_DAY


def parse_day(text: str, today: date | None = None) -> date:
    """An ISO day, or `today` where the caller hands one in.

    Raises NotADay (another form) or NoSuchDay (right form, not in the calendar).
    """
    if text == "today" and today is not None:
        return today
    match = _DAY.fullmatch(text)
    if not match:
        raise NotADay(text)
    return _day(text, *map(int, match.groups()))


def parse_period(text: str, today: date | None = None) -> Span:
    """A day, `today`, a month `2025-01`, a quarter `2025-Q1`, a half-year `2025-H1` or a year `2025`: its days.

    Raises NotAPeriod (another form) or NoSuchDay (right form, not in the calendar).
    """
    if match := _YEAR.fullmatch(text):
        return months(_day(text, int(match[1]), 1, 1), 12)
    if match := _QUARTER.fullmatch(text):
        return months(_day(text, int(match[1]), 3 * int(match[2]) - 2, 1), 3)
    if match := _HALF.fullmatch(text):
        return months(_day(text, int(match[1]), 6 * int(match[2]) - 5, 1), 6)
    if match := _MONTH.fullmatch(text):
        return months(_day(text, int(match[1]), int(match[2]), 1), 1)
    try:
        day = parse_day(text, today)
    except NotADay:
        raise NotAPeriod(text) from None
    return Span(day, after(day))


def months(start: date, count: int) -> Span:
    """The span of `count` months from `start`, which is the first of a month."""
    return Span(start, add_months(start, count))


def add_months(day: date, count: int) -> date:
    """The same day `count` months later; the month's last day where that month is shorter."""
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    if year > LAST_DAY.year:
        return LAST_DAY
    if day.day <= 28:
        return date(year, month + 1, day.day)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def cycle(day: date, anchor: date, count: int) -> Span:
    """Of the periods of `count` months counted from `anchor` in both directions, the one that `day` is in.

    `count` 0 is a day. Every period starts on the anchor's day of the month, or on the month's last day
    where that is shorter.
    """
    if count == 0:
        return Span(day, after(day))
    number = ((day.year - anchor.year) * 12 + day.month - anchor.month) // count
    start = add_months(anchor, number * count)
    if start > day:
        number -= 1
        start = add_months(anchor, number * count)
    end = add_months(anchor, (number + 1) * count)
    return Span(end, add_months(anchor, (number + 2) * count)) if end <= day else Span(start, end)


def named(days: Span) -> str:
    """A span as people name it: 2025, 2025-Q1, 2025-01, 2025-01-21, or its first and last day."""
    start, end = days.start, days.end
    if end == after(start):
        return start.isoformat()
    if start.day == 1 and end != LAST_DAY:
        length = (end.year - start.year) * 12 + end.month - start.month
        if end == add_months(start, length):
            if length == 12 and start.month == 1:
                return f"{start.year:04}"
            if length == 3 and start.month % 3 == 1:
                return f"{start.year:04}-Q{start.month // 3 + 1}"
            if length == 1:
                return f"{start.year:04}-{start.month:02}"
    return str(days)


def elementary(spans: list[Span]) -> list[Span]:
    """The elementary spans between all the starts and ends of `spans`, in order."""
    edges = sorted({edge for s in spans for edge in (s.start, s.end)})
    return [Span(a, b) for a, b in pairwise(edges)]


def _day(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NoSuchDay(text) from None
