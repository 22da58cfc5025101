"""Takes a file of revenue lines: between a file and its exact sums, this is the way."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from ledger.batch import uncollected
from ledger.errors import EngineUnfit
from projections.revenue.columns import Form, Plan, read_plan
from projections.revenue.engine import Engine
from projections.revenue.engines import engine_named, server_at
from projections.revenue.file import CSV, PARQUET, LinesFile
from projections.revenue.gate import Gate
from projections.revenue.plain import Plain
from projections.revenue.rows import Table, csv_table, json_table
from projections.revenue.staging import ROW, stage
from projections.revenue.summing import Summing
from projections.revenue.taken import By, Sum, Taken
from projections.revenue.tally import Cuts

PLAIN, DUCKDB = "plain", "duckdb"
WORTH_AN_ENGINE = 50_000_000  # bytes of CSV: below it, plain Python is done before an engine has begun


def take(
    path: Path,
    *,
    cuts: Cuts,
    mapping: Path | None = None,
    into_deal: str | None = None,
    engine: str = "auto",
    by: str = "auto",
) -> Taken:
    """The sums of a file's lines, if every row of it is good.

    `cuts` is asked for deals by name, mostly once, and answers for those that there are with the days on which
    anything changes for them: the first day of each change of terms, each contract year, each exchange rate.
    `engine` is plain, duckdb, an address of Spark, or auto: duckdb where it is installed and worth it. `by` is day,
    segment, or auto: by day where the file has at most DAYS_UP_TO rows. Raises BadRows and the other refusals of
    revenue lines (ledger.errors).
    """
    plan = read_plan(mapping, into_deal)
    file = LinesFile(path)
    with uncollected():
        question = _Question(file, plan, cuts, by)
        sums = question.by_engine(engine) if _worth(engine, question) else question.by_plain()
    return Taken(
        file.sha256(), path.name, file.size, file.format, question.rows, question.engine, cast(By, question.by), sums
    )


def take_table(
    table: str, address: str, *, cuts: Cuts, mapping: Path | None = None, into_deal: str | None = None, by: str = "auto"
) -> Taken:
    """The sums of the lines that a table or view of a PostgreSQL database holds, if every row of it is good.

    `table` is its name as SQL has it, `address` the database's URL, and the rest as with files. All is of one state of
    the table; nothing is written there. Raises BadRows and the other refusals of revenue lines (ledger.errors).
    """
    plan = read_plan(mapping, into_deal)
    with uncollected(), closing(server_at(address)) as server:
        summing = Summing(server, table, server.open_table(table, plan.form.row), plan, cuts, by)
        sums = summing.run()
        sha256, size = server.content()
    return Taken(sha256, table, size, "table", summing.rows, server.name, cast(By, summing.by), sums)


class _Question:
    """A file to be summed, and after it was: by what engine, and how."""

    def __init__(self, file: LinesFile, plan: Plan, cuts: Cuts, by: str) -> None:
        self.file, self.plan, self.cuts, self.by = file, plan, cuts, by
        self.table: Table | None = None
        file.check_encoding(plan.form)
        if file.format != PARQUET:
            self.table = csv_table(file.path, plan) if file.format == CSV else json_table(file.path, plan)
        self.rows, self.engine = 0, PLAIN

    def by_plain(self) -> list[Sum]:
        name = self.file.path.name
        if self.table is None:
            remedy = "Use --engine duckdb; install it with: pip install 'deal-ledger[analytics]'"
            raise EngineUnfit("plain Python", f"{name} is a file of Parquet, which it does not read", remedy)
        gate = Gate(self.plan, self.plan.layout(self.table.names).checked(name))
        return self._run(Plain(self.table, gate, self.cuts, self.by))

    def by_engine(self, name: str) -> list[Sum]:
        with closing(engine_named(DUCKDB if name == "auto" else name)) as engine, TemporaryDirectory() as folder:
            if self.table is None:
                kinds = engine.open(self.file.path, None)
                return self._run(Summing(engine, self.file.path.name, kinds, self.plan, self.cuts, self.by))
            return self._of_text(engine, self.table, Path(folder) / "lines.parquet")

    def _of_text(self, engine: Engine, table: Table, staged: Path) -> list[Sum]:
        """By an engine that reads the text itself where it is simple, or what was staged."""
        name = self.file.path.name
        layout = self.plan.layout(table.names).checked(name)
        plan = self.plan
        if engine.reads_csv and table.separator and self.file.simple(plan.form):
            kinds = engine.open(self.file.path, (table.separator, table.names))
            try:
                return self._run(Summing(engine, name, kinds, plan, self.cuts, self.by))
            except EngineUnfit:
                return self.by_plain()  # which names the row that has too many cells, or is no text
        if not stage(table, Gate(plan, layout), staged):
            return self.by_plain()  # which says what is bad
        kinds = engine.open(staged, None)
        kinds.pop(ROW)
        engine.row = engine.quote(ROW)
        plan = replace(plan, form=replace(plan.form, **_PLAIN_AMOUNTS))
        return self._run(Summing(engine, name, kinds, plan, self.cuts, self.by))

    def _run(self, summing: Plain | Summing) -> list[Sum]:
        sums = summing.run()
        self.rows, self.by, self.engine = summing.rows, summing.by, summing.name
        return sums


_PLAIN_AMOUNTS = {name: getattr(Form(), name) for name in ("decimal", "thousands", "negative")}


def _worth(engine: str, question: _Question) -> bool:
    """Whether an engine is to be used."""
    if engine != "auto":
        return engine != PLAIN
    if question.table is None:
        return True
    large = question.file.format == CSV and question.file.size >= WORTH_AN_ENGINE
    return large and find_spec("duckdb") is not None and question.file.simple(question.plan.form)
