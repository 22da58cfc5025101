"""Takes a file of revenue lines: between a file and its exact sums, this is the way."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from ledger.errors import ExtraMissing, UnknownEngine
from projections.revenue.columns import Plan, read_plan
from projections.revenue.file import CSV, PARQUET, LinesFile
from projections.revenue.gate import Gate
from projections.revenue.plain import Plain
from projections.revenue.rows import csv_table, json_table
from projections.revenue.taken import By, Taken
from projections.revenue.tally import Cuts, sums_of


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

    `cuts` is asked for deals by name, at most a few times, and answers for those that there are with the days on which
    anything changes for them: the first day of each change of terms, each contract year, each exchange rate. `by` is
    day, segment, or auto: by day where the file has at most DAYS_UP_TO rows. Raises BadRows and the other
    refusals of revenue lines (ledger.errors).
    """
    plan = read_plan(mapping, into_deal)
    file = LinesFile(path)
    if engine not in ("auto", "plain"):
        raise UnknownEngine(engine)
    summing = _plain(file, plan, cuts, by)
    sums = sums_of(summing.run(), plan.form, path.name)
    return Taken(file.sha256(), path.name, file.size, file.format, summing.rows, "plain", cast(By, summing.by), sums)


def _plain(file: LinesFile, plan: Plan, cuts: Cuts, by: str) -> Plain:
    if file.format == PARQUET:
        raise ExtraMissing(f"{file.path.name}, a file of Parquet,", "analytics")
    table = csv_table(file.path, plan) if file.format == CSV else json_table(file.path, plan)
    gate = Gate(plan, plan.layout(table.names).checked(file.path.name))
    return Plain(table, gate, cuts, by)
