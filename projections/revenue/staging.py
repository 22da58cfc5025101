"""Staging: the rows of a text file in a file of Parquet that engines read, with their numbers.

One reader of CSV and JSON Lines serves all engines, so that a quote or a line's end means the same to each. The cells
stay as they are; only amounts in a form of their own are written plainly.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from pathlib import Path

from ledger.errors import ExtraMissing
from ledger.money import EXACT
from projections.revenue.gate import Bad, Gate
from projections.revenue.rows import Table, Unread

ROW = "row_of_file"
BATCH = 100_000


def stage(table: Table, gate: Gate, path: Path) -> bool:
    """Writes the rows to `path`; False where one cannot be read, or an amount is bad: plain Python says why."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise ExtraMissing("An engine that reads CSV or JSON Lines", "analytics") from None
    schema = arrow.schema([(ROW, arrow.int64()), *((name, arrow.string()) for name in table.names)])
    rows = table.rows()
    with parquet.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rows, BATCH)):
            columns: list[list[int | str]] = [[number for number, _ in batch]]
            try:
                cells = [_plain(row, gate) for _, row in batch]
                columns += [list(column) for column in zip(*cells, strict=True)]
                arrays = [arrow.array(c, field.type) for c, field in zip(columns, schema, strict=True)]
            except (Bad, UnicodeEncodeError):
                return False
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
    return True


def _plain(row: object, gate: Gate) -> list[str]:
    """A row's cells, its amounts in digits with a point. Raises Bad."""
    if isinstance(row, Unread):
        raise Bad(row.why)
    assert isinstance(row, list)
    if not gate.plan.form.plain_amounts:
        for at in gate.layout.amounts:
            if row[at].strip() or not gate.layout.measures:
                row[at] = f"{EXACT.scaleb(Decimal(gate.amount(row[at])), -gate.plan.form.places):f}"
    return row
