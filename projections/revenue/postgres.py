"""PostgreSQL as an engine: for lines that are kept in a database, and for files, which are put into a temporary table.

A table or view is only read, in one transaction that sees one state of it, so that a reader's role and a standby will
do. What a file would bring along, the server says of a table: its SHA-256, its size and how many rows it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ledger.address import ServerAddress, parse
from ledger.errors import ColumnsNotFit, EngineUnfit, ExtraMissing
from projections.revenue.engine import Kind, Rows
from projections.revenue.gate import DIGITS

CONNECT_SECONDS = 10
NUMBER = "\0"  # the column of a file's row numbers; no column of a file is called so
REMEDY = "Check the name, and your rights there: a table needs SELECT, a file TEMPORARY on the database."

# How values are written does not hang on the server's settings; a row's digest is of its text.
SESSION = """
SET client_encoding = 'UTF8'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC';
SET extra_float_digits = 1; SET bytea_output = 'hex'; SET xmloption = 'content'; SET work_mem = '64MB'
"""

ONLY_BUILT_IN = "SET search_path = pg_catalog, pg_temp"

# The SHA-256 of all rows whatever their order, in two steps: no text of all hashes would be allowed to be so long.
# OFFSET 0 keeps the server from working out a row's text once for each place where it is used.
DIGEST = """
SELECT encode(sha256(COALESCE(string_agg(hash, ''::bytea ORDER BY hash), ''::bytea)), 'hex'),
       CAST(COALESCE(SUM(size), 0) AS BIGINT)
FROM (SELECT sha256(string_agg(hash, ''::bytea ORDER BY hash)) AS hash, SUM(size) AS size
      FROM (SELECT sha256(content) AS hash, length(content) AS size
            FROM (SELECT convert_to((line.*)::text, 'UTF8') AS content FROM {table} AS line OFFSET 0) AS texts
            OFFSET 0) AS hashed
      GROUP BY substr(hash, 1, 1)) AS parts
"""
# In full: what is registered under a name goes before a table of this name.
TABLE = """
SELECT format('%%I.%%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE pg_class.oid = to_regclass(%s)
"""
NUMBERS = "SELECT COUNT(*) - COUNT(DISTINCT {row}) FROM {table}"

_KINDS = {
    **dict.fromkeys(["text", "varchar", "name"], "text"),
    **dict.fromkeys(["int2", "int4", "int8"], "integer"),
    **dict.fromkeys(["float4", "float8"], "double"),
    "date": "day",
    "timestamp": "stamp",
    "numeric": "decimal",
}
_UNLIMITED = 16_383  # places that a numeric of no said scale may have


class Content(NamedTuple):
    """What a table holds: the SHA-256 of its rows (lower-case hex), and the bytes of their texts."""

    sha256: str
    size: int


class PostgreSQL:
    """A session on a server. What is registered stays here, and goes along with each question as a common table."""

    name = "postgresql"
    reads_csv = False  # COPY would not number the rows as a person sees them
    double = "DOUBLE PRECISION"

    def __init__(self, address: str) -> None:
        try:
            import psycopg

            from ledger import postgres_refusals
        except ImportError:
            raise ExtraMissing("The engine postgresql", "postgres") from None
        server = parse(address)
        assert isinstance(server, ServerAddress), "other addresses are other engines"
        self._psycopg, self.address = psycopg, server.shown
        try:
            self._session = psycopg.connect(server.conninfo, connect_timeout=CONNECT_SECONDS)
        except psycopg.Error as error:
            raise postgres_refusals.unreachable(server.shown, str(error), "any") from None
        self._session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._relations: dict[str, str] = {}
        self._cells: dict[str, list[Any]] = {}
        self._columns: dict[str, str] = {}
        self.row = self.file = ""
        with self._said():
            self._session.execute(SESSION)
            self._session.commit()

    # --- what is read ------------------------------------------------------------------------------------

    def open(self, path: Path, header: tuple[str, Sequence[str]] | None) -> dict[str, Kind]:
        from projections.revenue.parquet import Rows as RowsOfFile

        assert header is None, "text is staged"
        file = RowsOfFile(path)
        if twice := sorted({name for name in file.names if file.names.count(name) > 1}):
            raise ColumnsNotFit(path.name, file.names, [f"the column '{name}' stands in it twice" for name in twice])
        columns = ", ".join(["n BIGINT", *(f"c{number} {type_}" for number, type_ in enumerate(file.types))])
        with self._said():
            self._session.execute(ONLY_BUILT_IN)
            self._session.execute("DROP TABLE IF EXISTS pg_temp.lines_of_file")
            self._session.execute(f"CREATE TEMPORARY TABLE lines_of_file ({columns})")
            with self._session.cursor().copy("COPY pg_temp.lines_of_file FROM STDIN") as copy:
                for row in file:
                    copy.write_row(row)
            self._session.execute("ANALYZE pg_temp.lines_of_file")
        kinds = self._show("pg_temp.lines_of_file", NUMBER, [NUMBER, *file.names])
        kinds.pop(NUMBER)
        return kinds

    def open_table(self, name: str, row: str) -> dict[str, Kind]:
        """The columns of a table or view and their kinds; `row` is the one whose whole numbers name its rows.

        Raises EngineUnfit where there is no such table, ColumnsNotFit where its rows are not numbered.
        """
        self._session.read_only = True
        with self._said():
            found = self._session.execute(TABLE, (name,)).fetchall()
            # From here on the server's own functions and operators alone: in a schema of the user's path somebody may
            # have put one of the same name, which would run with the user's rights.
            self._session.execute(ONLY_BUILT_IN)
        if not found:
            raise EngineUnfit(self.address, f"it has no table or view '{name}'", REMEDY)
        self._table = found[0][0]
        kinds = self._show(self._table, row)
        number = kinds.pop(row, None)
        how = 'say in a mapping which column does: [form], row = "COLUMN"'
        if number is None:
            raise ColumnsNotFit(name, list(kinds), [f"there is no column '{row}' that numbers its rows; {how}"])
        if number.name != "integer":
            raise ColumnsNotFit(name, [row, *kinds], [f"'{row}', which numbers its rows, is no integer; {how}"])
        [(twice,)] = self.run(NUMBERS.format(row=self._quoted(row), table=self._table))
        if twice:
            problem = f"'{row}', which numbers its rows, is empty or the same in {twice:,} of them; {how}"
            raise ColumnsNotFit(name, [row, *kinds], [problem])
        return kinds

    def content(self) -> Content:
        """What the open table holds, in the same state of it that everything else is read from."""
        [(sha256, size)] = self.run(DIGEST.format(table=self._table))
        return Content(sha256, size)

    def _show(self, table: str, row: str, names: Sequence[str] | None = None) -> dict[str, Kind]:
        """Makes a table the one that is read; every text in it is compared by its bytes, whatever its collation."""
        with self._said():
            described = self._session.execute(f"SELECT * FROM {table} LIMIT 0").description or []
        names = names or [column.name for column in described]
        types = self._session.adapters.types
        kinds, shown = {}, []
        for number, (name, column) in enumerate(zip(names, described, strict=True)):
            type_ = types.get(column.type_code)
            kind = _KINDS.get(type_.name if type_ else "", "other")
            kinds[name] = Kind(kind, (column.scale or 0) if column.precision else _UNLIMITED)
            quoted = self._quoted(column.name)
            read = {"text": f'CAST({quoted} AS TEXT) COLLATE "C"', "double": f"CAST({quoted} AS {self.double})"}
            shown.append(f"{read.get(kind, quoted)} AS c{number}")
        self._columns = {name: f"c{number}" for number, name in enumerate(names)}
        self.file = f"(SELECT {', '.join(shown)} FROM {table}) AS shown"
        self.row = self._columns.get(row, "")
        return kinds

    # --- what is asked -----------------------------------------------------------------------------------

    def quote(self, name: str) -> str:
        return self._columns[name]

    def _quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def matches(self, text: str, pattern: str) -> str:
        return f"{text} ~ '^(?:{pattern})$'"

    def decimal(self, value: str, kind: Kind, places: int) -> str:
        cast = f"AS DECIMAL({DIGITS}, {places}))"
        if kind.name == "text":
            return f"CAST({value} {cast}"  # it has matched the pattern, so that it fits
        exact = f"CAST({value} AS NUMERIC)"
        return f"CASE WHEN ABS({exact}) < {10 ** (DIGITS - places)} THEN CAST(TRUNC({exact}, {places}) {cast} END"

    def register(self, name: str, columns: Sequence[tuple[str, str]], rows: Rows) -> None:
        cells = list(zip(*rows, strict=True)) or [()] * len(columns)
        arrays, shown = [], []
        for (column, type_), values in zip(columns, cells, strict=True):
            self._cells[f"{name}_{column}"] = list(values)
            arrays.append(f"%({name}_{column})s::{type_}[]")
            shown.append(f'{column} COLLATE "C" AS {column}' if type_ == "VARCHAR" else column)
        named = ", ".join(column for column, _ in columns)
        self._relations[name] = f"SELECT {', '.join(shown)} FROM unnest({', '.join(arrays)}) AS registered({named})"

    def view(self, name: str, text: str) -> None:
        self._relations[name] = text.replace("%", "%%")

    def run(self, text: str) -> list[tuple[Any, ...]]:
        named = ", ".join(f"{name} AS NOT MATERIALIZED ({query})" for name, query in self._relations.items())
        asked = text.replace("%", "%%")
        with self._said():
            return self._session.execute(f"WITH {named} {asked}" if named else asked, self._cells).fetchall()

    @contextmanager
    def _said(self) -> Iterator[None]:
        """What the server says as a refusal."""
        try:
            yield
        except self._psycopg.Error as error:
            said = str(error).strip().partition("\n")[0].rstrip(".")
            raise EngineUnfit(self.address, f"it says '{said}'", REMEDY) from None

    def close(self) -> None:
        self._session.close()
