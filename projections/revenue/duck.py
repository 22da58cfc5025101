"""DuckDB as an engine: embedded, and the one that is used where it is installed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ledger.errors import EngineUnfit, ExtraMissing
from projections.revenue.engine import Kind, Rows, try_cast

MEMORY = "700MB"

_KINDS = {
    r"VARCHAR|ENUM.*|UUID": "text",
    r"DATE": "day",
    r"TIMESTAMP(_S|_MS|_NS)?": "stamp",
    r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?": "integer",
    r"DOUBLE|FLOAT": "double",
}
_DECIMAL = re.compile(r"DECIMAL\(\d+,(\d+)\)")


class DuckDB:
    """One connection to a database in memory, which may spill to a folder of its own."""

    name = "duckdb"
    reads_csv = True
    double = "DOUBLE"

    def __init__(self) -> None:
        try:
            import duckdb
        except ImportError:
            raise ExtraMissing("The engine duckdb", "analytics") from None
        self._error = duckdb.Error
        self._database = duckdb.connect()
        self._spilled = TemporaryDirectory()
        self._set(f"temp_directory = {_text(self._spilled.name)}")
        self._set(f"memory_limit = '{MEMORY}'")
        self._set("preserve_insertion_order = false")  # rows carry their numbers
        self._set("autoload_known_extensions = false")  # nothing is fetched from elsewhere
        self._set("enable_progress_bar = false")  # it would print among the answers
        self.row = self.file = ""

    def open(self, path: Path, header: tuple[str, Sequence[str]] | None) -> dict[str, Kind]:
        name = _text(str(path))
        if header is None:
            shown = f"read_parquet({name})"
            self.file, self.row = f"read_parquet({name}, file_row_number = true)", "file_row_number + 1"
        else:
            separator, columns = header
            self._set("preserve_insertion_order = true")  # the numbers of rows are their order
            types = ", ".join(f"{_text(column)}: 'VARCHAR'" for column in columns)
            shown = (
                f"read_csv({name}, columns = {{{types}}}, delim = {_text(separator)}, header = true, quote = '', "
                "escape = '', auto_detect = false, strict_mode = true, null_padding = false)"
            )
            self.file, self.row = f"(SELECT *, row_number() OVER () AS row_of_file FROM {shown})", "row_of_file + 1"
        return {column[0]: _kind(column[1]) for column in self.run(f"DESCRIBE SELECT * FROM {shown}")}

    def _set(self, setting: str) -> None:
        self._database.execute(f"SET {setting}")

    def quote(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def matches(self, text: str, pattern: str) -> str:
        return f"regexp_full_match({text}, {_text(pattern)})"

    def decimal(self, value: str, kind: Kind, places: int) -> str:
        return try_cast(value, places)

    def register(self, name: str, columns: Sequence[tuple[str, str]], rows: Rows) -> None:
        self._database.execute(f"CREATE OR REPLACE TABLE {name} ({', '.join(f'{c} {t}' for c, t in columns)})")
        if not rows:
            return
        lists = ", ".join(f"unnest(?::{kind}[])" for _, kind in columns)
        self._database.execute(
            f"INSERT INTO {name} SELECT {lists}", [list(column) for column in zip(*rows, strict=True)]
        )

    def view(self, name: str, text: str) -> None:
        self._database.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {text}")

    def run(self, text: str) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(text).fetchall()
        except self._error as error:
            raise EngineUnfit(self.name, f"it says '{str(error).splitlines()[0]}'", "Try --engine plain.") from None

    def close(self) -> None:
        self._database.close()
        self._spilled.cleanup()


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _kind(type_: str) -> Kind:
    if decimal := _DECIMAL.fullmatch(type_):
        return Kind("decimal", int(decimal[1]))
    return Kind(next((kind for pattern, kind in _KINDS.items() if re.fullmatch(pattern, type_)), "other"))
