"""What is taken from a file of revenue lines: its digest, and the sums that the formulas need."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from ledger.calendar import Span
from ledger.computing.reported import Dimensions

By: TypeAlias = Literal["day", "segment"]


class Sum(NamedTuple):
    """The lines of one deal, measure, currency and dimensions on one span, added up exactly.

    `span` is a day, an elementary segment, or the period that the lines themselves name. `rows` counts the lines;
    `first_row` and `last_row` are the numbers, as a person sees them in the file, of the first and the last one.
    """

    deal: str
    measure: str
    span: Span
    amount: Decimal
    currency: str | None
    dimensions: Dimensions
    rows: int
    first_row: int
    last_row: int


made = tuple.__new__  # a named tuple's own constructor takes three times as long


@dataclass(frozen=True, slots=True)
class Taken:
    """A file of revenue lines as it was summed.

    `rows` counts its records without the header; `by` says whether lines for single days were summed by day or by
    elementary segment. The sums are in order of deal, measure, currency, dimensions and span.
    """

    sha256: str
    name: str
    size: int
    format: str
    rows: int
    engine: str
    by: By
    sums: list[Sum]
