"""Short ways to say what was reported, and to read what comes out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ledger.calendar import Span, parse_period
from ledger.computing.evaluation import Measures, Reported, Row, compile
from ledger.computing.sheet import read_sheet

Amount = str | int


def span(text: str) -> Span:
    """A period, or `first..last`."""
    if ".." in text:
        first, last = (parse_period(part) for part in text.split(".."))
        return Span(first.start, last.end)
    return parse_period(text)


def reports(*rows: tuple[str, str, Amount] | tuple[str, str, Amount, dict[str, str]]) -> Measures:
    """Measures from (measure, period, amount) and perhaps dimensions."""
    return Measures(
        Reported(row[0], span(row[1]), Decimal(row[2]), tuple(sorted(row[3].items())) if len(row) > 3 else ())
        for row in rows
    )


def by_period(periods: list[str], **amounts: list[Amount]) -> Measures:
    """Measures whose amounts stand in the order of the periods."""
    return reports(*((m, p, a) for m, row in amounts.items() for p, a in zip(periods, row, strict=True)))


def paid(rows: list[Row], line: str) -> list[str]:
    """The payments of one line as text, in the order of the periods."""
    return [str(row.payment) for row in rows if row.line == line]


def run(sheet: str, measures: Measures, start: str | None = None, **options: object) -> list[Row]:
    first = date.fromisoformat(start) if start else None
    return compile(read_sheet(sheet), start=first).run(measures, **options)  # type: ignore[arg-type]
