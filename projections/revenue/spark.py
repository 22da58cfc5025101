"""Spark SQL as an engine, for files that one machine is not enough for: local[N], a cluster, or Spark Connect.

The file must lie where the workers see it. Spark must be in ANSI mode: outside of it sums that do not fit become
NULL, and casts that fail as well, without a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from socket import create_connection
from typing import Any

from ledger.errors import EngineUnfit, ExtraMissing
from projections.revenue.engine import Kind, Rows, try_cast

ANSI = "spark.sql.ansi.enabled"
OURS = "spark.deal_ledger.address"
PORTS = {"spark": 7077, "sc": 15002}  # where Spark listens unless told otherwise
ANSWERS_SECONDS = 10

_KINDS = {
    "string": "text",
    "date": "day",
    "timestamp_ntz": "stamp",
    **dict.fromkeys(["tinyint", "smallint", "int", "bigint"], "integer"),
    **dict.fromkeys(["double", "float"], "double"),
}


class Spark:
    """A session at an address. It stays open for the next file: to start one takes longer than most files."""

    name = "spark"
    reads_csv = False  # a distributed reader of text does not know the numbers of rows
    double = "DOUBLE"

    def __init__(self, address: str) -> None:
        try:
            import pyarrow
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ImportError:
            raise ExtraMissing(f"The engine {address}", "spark") from None
        self._arrow, self._error, self.address = pyarrow, PySparkException, address
        _check_answers(address)
        running = SparkSession.getActiveSession()
        if running is not None and running.conf.get(OURS, "") != address:
            running.stop()
        builder = (
            SparkSession.builder.appName("deal-ledger")
            .config("spark.sql.session.timeZone", "UTC")
            .config(OURS, address)
        )
        if address.startswith("sc://"):
            builder = builder.remote(address)
        else:
            builder = builder.master(address).config("spark.ui.enabled", "false")
            builder = builder.config("spark.ui.showConsoleProgress", "false")
            if address.startswith("local"):
                builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.sql.shuffle.partitions", "4")
        try:
            self._session = builder.getOrCreate()
            ansi = self._session.conf.get(ANSI)
        except Exception as error:  # a Java that is not there, a cluster that does not answer: each has its own class
            raise self._unfit(error) from None
        if ansi != "true":
            self._session.stop()
            remedy = f"Set {ANSI} to true there, in spark-defaults.conf or in the server's options."
            raise EngineUnfit(
                address, f"it does not run in ANSI mode ({ANSI} is {ansi}), and loses digits silently", remedy
            )
        self.row, self.file = "row_in_parquet + 1", "lines_file"

    def open(self, path: Path, header: tuple[str, Sequence[str]] | None) -> dict[str, Kind]:
        assert header is None, "text is staged"
        try:
            frame = self._session.read.parquet(path.absolute().as_uri())
            frame.selectExpr("*", "_metadata.row_index AS row_in_parquet").createOrReplaceTempView(self.file)
        except self._error as error:
            raise self._unfit(error) from None
        return {name: _kind(type_) for name, type_ in frame.dtypes}

    def quote(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"

    def matches(self, text: str, pattern: str) -> str:
        return f"{text} RLIKE r'^(?:{pattern})\\z'"

    def decimal(self, value: str, kind: Kind, places: int) -> str:
        return try_cast(value, places)

    def register(self, name: str, columns: Sequence[tuple[str, str]], rows: Rows) -> None:
        arrow = self._arrow
        types = {"VARCHAR": arrow.string(), "INTEGER": arrow.int32(), "DATE": arrow.date32()}
        schema = arrow.schema([(column, types[type_]) for column, type_ in columns])
        cells = list(zip(*rows, strict=True)) or [()] * len(columns)
        arrays = [arrow.array(list(c), field.type) for c, field in zip(cells, schema, strict=True)]
        table = arrow.Table.from_arrays(arrays, schema=schema)
        self._session.createDataFrame(table).createOrReplaceTempView(name)

    def view(self, name: str, text: str) -> None:
        try:
            self._session.sql(text).createOrReplaceTempView(name)
        except self._error as error:
            raise self._unfit(error) from None

    def run(self, text: str) -> list[tuple[Any, ...]]:
        try:
            return [tuple(row) for row in self._session.sql(text).collect()]
        except self._error as error:
            raise self._unfit(error) from None

    def close(self) -> None:
        if self.address.startswith("sc://"):
            self._session.stop()

    def _unfit(self, error: Exception) -> EngineUnfit:
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        remedy = "It needs Java 17 or newer, and an address that answers; try --engine duckdb or --engine plain."
        return EngineUnfit(self.address, f"it says '{said.rstrip('.')}'", remedy)


def _check_answers(address: str) -> None:
    """Raises EngineUnfit where nobody answers at a cluster's address: Spark itself asks again for ten minutes."""
    scheme, _, rest = address.partition("://")
    if scheme not in PORTS:
        return
    for place in re.split(r"[/;]", rest)[0].split(","):
        host, _, port = place.rpartition(":") if place.rpartition(":")[2].isdigit() else (place, "", "")
        try:
            with closing(create_connection((host.strip("[]"), int(port or PORTS[scheme])), timeout=ANSWERS_SECONDS)):
                return
        except OSError as error:
            said = error.strerror or str(error)
    raise EngineUnfit(address, f"nobody answers there ({said})", "Check the address, and that the cluster runs.")


def _kind(type_: str) -> Kind:
    if type_.startswith("decimal("):
        return Kind("decimal", int(type_[8:-1].split(",")[1]))
    return Kind(_KINDS.get(type_, "other"))
