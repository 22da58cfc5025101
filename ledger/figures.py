"""Figures as people write them: `revenue=60m`, `revenue[2025-Q1, product=api]=3m EUR`; and periods.

A figure is an amount of a measure, for days where it says which, with dimensions and a currency where it has any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from ledger.calendar import Span, parse_period
from ledger.errors import NameIsAWord, NotAMeasure, NotANature, SpanEndsBeforeItStarts
from ledger.language.notation import parse_amount
from ledger.language.reader import RESERVED

Dimensions = tuple[tuple[str, str], ...]
Nature: TypeAlias = Literal["flow", "stock", "rate"]

NATURES: dict[str, Nature] = {"flow": "flow", "stock": "stock", "rate": "rate"}

_FIGURE = re.compile(r"\s*([^\W\d]\w*)\s*(?:\[([^\]]*)\])?\s*=\s*(.+?)(?:\s+([A-Z]{3}))?\s*", re.DOTALL)


class Written(NamedTuple):
    """A figure as it was written; `dimensions` are sorted (name, value) pairs."""

    measure: str
    amount: Decimal
    span: Span | None
    dimensions: Dimensions
    currency: str | None


def read(text: str, today: date | None = None) -> Written:
    """A figure from its text; raises NotAMeasure, NameIsAWord, or the refusal of its amount or period."""
    match = _FIGURE.fullmatch(text)
    if match is None:
        raise NotAMeasure(text)
    if match[1] in RESERVED:
        raise NameIsAWord(match[1])
    days: Span | None = None
    dimensions: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in (match[2] or "").split(","))):
        name, sign, value = part.partition("=")
        if sign:
            dimensions[name.strip()] = value.strip().strip('"')
        elif days is not None:
            raise NotAMeasure(text)
        else:
            days = period(part, today)
    return Written(match[1], plain(parse_amount(match[3])), days, tuple(sorted(dimensions.items())), match[4])


def period(text: str, today: date | None = None) -> Span:
    """A period, or `2025-01-15..2025-02-14`, both days included."""
    if ".." not in text:
        return parse_period(text.strip(), today)
    first, last = text.split("..", 1)
    found = Span(parse_period(first.strip(), today).start, parse_period(last.strip(), today).end)
    if found.end <= found.start:
        raise SpanEndsBeforeItStarts(first.strip(), last.strip(), "The period")
    return found


def natures(texts: Iterable[str]) -> dict[str, Nature]:
    """The natures that are declared as `price=rate`; raises NotANature."""
    found: dict[str, Nature] = {}
    for text in texts:
        name, sign, nature = (part.strip() for part in text.partition("="))
        if not sign or not name.isidentifier() or nature not in NATURES:
            raise NotANature(text)
        found[name] = NATURES[nature]
    return found


def plain(amount: Decimal) -> Decimal:
    """The same number with its digits written out: 1.2E+6 is 1200000, so that equal figures are equal bytes."""
    return Decimal(f"{amount:f}")
