"""Words out: computed rows as a table, as JSON and as CSV. The JSON's shape and the CSV's header are
promises.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from ledger.calendar import named
from ledger.computing.evaluation import Row
from ledger.computing.explanation import explain
from ledger.computing.lines import Lines
from ledger.computing.missing import joined, missing_text
from ledger.computing.numbers import Uncertain, Value
from ledger.computing.quotation import Quotation
from ledger.computing.teller import value_text
from ledger.money import in_full, plain, unsigned_zero

HEADER = [
    *["from", "through", "line", "kind", "payer", "payee", "amount", "exact", "currency"],
    *["low", "high", "about", "missing", "notes"],
]


def table(quotation: Quotation, explained: bool) -> str:
    """Period, line, amount and currency in columns; explanations indented below."""
    said: set[str] = set()
    cells = [_cells(row, quotation, said) for row in quotation.rows]
    widths = [max((len(cell[column]) for cell in cells), default=0) for column in range(3)]
    out = []
    for row, (period, name, amount, rest) in zip(quotation.rows, cells, strict=True):
        columns = f"{period:{widths[0]}}  {name:{widths[1]}}  {amount:>{widths[2]}}  {rest}"
        out.append(columns.strip() if quotation.timeless else columns.rstrip())
        if explained:
            out.extend(f"    {'  ' * step.depth}{step.text}" for step in explain(row, quotation.program.lines))
        else:
            out.extend(f"    note: {note}" for note in row.notes)
    return "\n".join(out)


def _cells(row: Row, quotation: Quotation, said: set[str]) -> tuple[str, str, str, str]:
    """The columns of a row; `said`: what is said to be missing in the rows above, to be said once."""
    period = "" if quotation.timeless else named(row.period)
    text = missing_text(row.missing)
    missing = f"  {'missing: as above' if text in said else text}" if text else ""
    if text.startswith("missing"):
        said.add(text)
    if not row.part.is_flow:
        return period, row.line, value_text(row.exact, plain), missing.strip()
    return period, row.line, value_text(row.payment, in_full), row.part.currency + missing


def record(quotation: Quotation, explained: bool) -> dict[str, Any]:
    """The document of `deal quote --json`."""
    lines = quotation.program.lines
    rows = [_record(row, lines) | (_steps(row, lines) if explained else {}) for row in quotation.rows]
    return {"schema": "deal.quote/1", "rows": rows}


def csv_rows(quotation: Quotation) -> Iterator[dict[str, Any]]:
    """A row of the CSV each; lists are joined by semicolons."""
    for row in quotation.rows:
        cells = _record(row, quotation.program.lines)
        yield {k: "; ".join(v) if isinstance(v, list) else v for k, v in cells.items()}


def _record(row: Row, lines: Lines) -> dict[str, Any]:
    one, value = lines.by_name[row.line], row.payment if row.part.is_flow else row.exact
    known = value if isinstance(value, Decimal) else None
    open_ = value if isinstance(value, Uncertain) else None
    return {
        "from": row.period.start.isoformat(),
        "through": row.period.through.isoformat() if row.period.through else None,
        "line": row.line,
        "kind": "pays" if row.part.is_flow else "defines",
        "payer": one.payer,
        "payee": one.payee,
        "amount": _digits(known),
        "exact": _digits(row.exact),
        "currency": row.part.currency if row.part.is_flow else None,
        "low": _digits(open_ and open_.low),
        "high": _digits(open_ and open_.high),
        "about": _digits(open_ and open_.about),
        "missing": list(row.missing),
        "notes": list(row.notes),
    }


def _digits(value: Value | None) -> str | None:
    if not isinstance(value, Decimal) or value.is_infinite():
        return None
    return f"{unsigned_zero(value):f}"


def _steps(row: Row, lines: Lines) -> dict[str, Any]:
    return {"steps": [{"depth": step.depth, "text": step.text} for step in explain(row, lines)]}


def not_reported(rows: Iterable[Row]) -> list[str]:
    """What the rows miss that somebody could report or correct, without repetition."""
    refused = (row.exact for row in rows if isinstance(row.exact, Uncertain) and row.exact.refused)
    return joined(name for value in refused for name in value.missing)
