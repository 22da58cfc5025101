"""Which days a window of the terms covers: its instance on a day, and where it cuts a period."""

from __future__ import annotations

from datetime import date

from ledger.calendar import FIRST_DAY, LAST_DAY, Span, add_months, cycle
from ledger.errors import WindowWithoutStart
from ledger.language.formula import MONTHS, Window
from ledger.language.printer import window_text

_JANUARY = date(2000, 1, 1)


Starts = tuple[date, ...]


def instance(window: Window, day: date, starts: Starts) -> Span | None:
    """The window's days around `day`; None before the window's `since`.

    `starts`: the first days of the contract's terms, in order. A contract's years start anew with each.
    Raises WindowWithoutStart for a contract's period where the contract's first day is not known.
    """
    since = window.since
    if since and day < since:
        return None
    if window.unit == "life":
        return Span(since or FIRST_DAY, LAST_DAY)
    found = cycle(day, anchor(window, starts, day), MONTHS[window.unit])
    if window.contract:
        later = next((start for start in starts if found.start < start < found.end and start > day), found.end)
        found = Span(found.start, later)
    return Span(since, found.end) if since and since > found.start else found


def anchor(window: Window, starts: Starts, day: date | None = None) -> date:
    """A day on which one of the window's periods starts."""
    if window.contract:
        if not starts:
            raise WindowWithoutStart(window_text(window))
        return max((start for start in starts if day is not None and start <= day), default=starts[0])
    return date(2000, *window.anchor) if window.anchor else _JANUARY


def ordinal(window: Window, day: date, starts: Starts) -> int | None:
    """1 to 12 for a month, 1 to 4 for a quarter, the year; for a contract's periods, 1 from its first day
    on; with `since`, 1 from that day on, and None before it.
    """
    count = MONTHS[window.unit]
    if window.since:
        if day < window.since:
            return None
        found = cycle(day, window.since, count).start
        return ((found.year - window.since.year) * 12 + found.month - window.since.month) // count + 1
    first = anchor(window, starts, day)
    found = cycle(day, first, count).start
    passed = (found.year - first.year) * 12 + found.month - first.month
    if window.contract:
        return passed // count + 1
    return found.year if count == 12 else passed % 12 // count + 1


def pieces(window: Window, period: Span, starts: Starts) -> list[Span]:
    """The period, cut where one instance of the window ends and the next begins."""
    found = []
    at = period.start
    while at < period.end:
        around = instance(window, at, starts)
        end = around.end if around else window.since or period.end
        found.append(Span(at, min(end, period.end)))
        at = found[-1].end
    return found


def rolling_start(window: Window, end: date) -> date:
    """The first day of the window `last N months` whose last day is the day before `end`."""
    return add_months(end, -window.months)


def fits(window: Window, every: Window | None, starts: Starts) -> bool:
    """Whether every period of `every` lies within one instance of the window, whatever the days."""
    if window.unit == "life":
        return window.since is None
    if every is None or every.unit not in MONTHS or window.since:
        return False
    if every.unit == "day" or (window.unit, window.contract, window.anchor) == (
        every.unit,
        every.contract,
        every.anchor,
    ):
        return True
    if (window.contract or every.contract) and len(starts) != 1:
        return False
    long, short = MONTHS[window.unit], MONTHS[every.unit]
    first, other = anchor(window, starts), anchor(every, starts)
    apart = (first.year - other.year) * 12 + first.month - other.month
    return first.day == other.day <= 28 and long > 0 and long % short == 0 and apart % short == 0
