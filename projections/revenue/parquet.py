"""A file of Parquet read row by row, for an engine that does not read it itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, repeat
from pathlib import Path
from typing import Any

from ledger.errors import ExtraMissing, NotReadable

BATCH = 10_000
UNREAD = "BYTEA"  # for columns of types that revenue lines are not read from; they are left empty


class Rows:
    """The rows of a file, each after its number from 1; and its columns' names and types of SQL."""

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow as arrow
            from pyarrow import parquet
        except ImportError:
            raise ExtraMissing("An engine that is given a file", "analytics") from None
        try:
            self._file = parquet.ParquetFile(path)
        except (OSError, arrow.ArrowException) as error:
            raise NotReadable(str(path), str(error).partition("\n")[0].rstrip(".")) from None
        self.names = list(self._file.schema_arrow.names)
        self.types = [_type(field.type, arrow.types) for field in self._file.schema_arrow]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        numbers = count(1)
        for batch in self._file.iter_batches(BATCH):
            columns = zip(batch.columns, self.types, strict=True)
            cells = [c.to_pylist() if type_ != UNREAD else repeat(None) for c, type_ in columns]
            for row in zip(*cells, range(len(batch)), strict=False):
                yield next(numbers), *row[:-1]


def _type(type_: Any, is_: Any) -> str:
    if is_.is_dictionary(type_):
        return _type(type_.value_type, is_)
    if is_.is_string(type_) or is_.is_large_string(type_):
        return "TEXT"
    if is_.is_integer(type_):
        return "NUMERIC(20, 0)" if is_.is_uint64(type_) else "BIGINT"
    if is_.is_decimal(type_):
        return f"NUMERIC({type_.precision}, {type_.scale})"
    if is_.is_floating(type_):
        return "DOUBLE PRECISION"
    if is_.is_date(type_):
        return "DATE"
    return "TIMESTAMP" if is_.is_timestamp(type_) and type_.tz is None else UNREAD
