"""What is missing, as it is said: months that follow one another in one span, and what the terms leave open apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ledger.calendar import LAST_DAY, Span, named, parse_day, parse_period
from ledger.calendar import span as inclusive
from ledger.errors import Refusal

_FOR = re.compile(r"(?P<what>.+) for (?P<days>\d{4}(?:-\d\d(?:-\d\d)?|-Q\d)?|(?P<first>\S{10}) to (?P<last>\S{10}))")
_OPEN = re.compile(r"unknown(?: (?:<=|>=|from) .+)?|about \d\S*")


def missing_text(names: Iterable[str]) -> str:
    """What a value waits for: `missing: sales for 2021-07 to 2021-11; not known by the terms: unknown <= 10%`."""
    absent: list[str] = []
    left_open: list[str] = []
    for name in joined(names):
        (left_open if _OPEN.fullmatch(name) else absent).append(name)
    said = [f"missing: {'; '.join(absent)}"] if absent else []
    return "; ".join(said + ([f"not known by the terms: {'; '.join(left_open)}"] if left_open else []))


def joined(names: Iterable[str]) -> list[str]:
    """The names without repetition, where `sales for 2021-07` and `sales for 2021-08` are one name of one span."""
    spans: dict[str, list[Span]] = {}
    found: dict[str, None] = {}
    for name in names:
        match = _FOR.fullmatch(name)
        days = _days(match) if match else None
        if match and days:
            spans.setdefault(match["what"], []).append(days)
            found[match["what"]] = None
        else:
            found[name] = None
    return [text for name in found for text in _said(name, spans.get(name, []))]


def _days(match: re.Match[str]) -> Span | None:
    try:
        if match["first"]:
            return inclusive(parse_day(match["first"]), parse_day(match["last"]))
        return parse_period(match["days"])
    except Refusal:  # a name of ours that only looks like it
        return None


def _said(what: str, spans: list[Span]) -> list[str]:
    if not spans:
        return [what]
    runs: list[list[Span]] = []
    for days in sorted(spans, key=lambda days: (days.start, days.end)):
        if runs and days.start <= runs[-1][-1].end:
            runs[-1].append(days)
        else:
            runs.append([days])
    return [f"{what} for {_run(run)}" for run in runs]


def _run(run: list[Span]) -> str:
    """The days of spans that follow one another: 2021-07 to 2021-11, or 2021-Q1 where they are that."""
    first, last = run[0], max(run, key=lambda days: days.end)
    whole = Span(first.start, last.end)
    ends = named(first), named(last)
    if whole.end == LAST_DAY or (" " in named(whole) and any(" " in end for end in ends)):
        return str(whole)
    return named(whole) if " " not in named(whole) else " to ".join(ends)
