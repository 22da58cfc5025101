"""Revenue lines by the million: what taking a file costs beside a bare group-by of the same columns.

python -m tests.benchmarks.lines --lines 10000000 --deals 2000

The lines are in order of their days, as sales are exported; `--order shuffled` has them in none, which is what
caches like least. Each figure is the median of runs in turns; memory is the peak of a process that only takes the
file. The times are of one machine: look at the ratios.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

import duckdb

from projections.revenue.take import take
from tests.benchmarks.rows import peak_kibibytes

FIRST = date(2025, 1, 1)
ORDERS = {"by-day": "i * 365 // {lines}", "shuffled": "hash(i, 6) % 365"}
PLAIN_PART = 200_000  # lines that the loop in Python reads

# Every deal has a currency of its own; a tenth of the lines are returns, a tenth of the amounts negative.
LINES = """
COPY (
    SELECT 'deal-' || lpad(CAST(d AS VARCHAR), 6, '0') AS deal, DATE '2025-01-01' + CAST({order} AS INT) AS day,
           CASE WHEN hash(i, 2) % 10 = 0 THEN 'returns' ELSE 'revenue' END AS measure,
           CAST(CAST(hash(i, 3) % 200000000 AS BIGINT) - 20000000 AS DECIMAL(9, 0)) * 0.0001 AS amount,
           ['USD', 'EUR', 'GBP', 'JPY'][1 + CAST(d % 4 AS INT)] AS currency,
           ['api', 'app', 'web'][1 + CAST(hash(i, 5) % 3 AS INT)] AS product
    FROM (SELECT i, hash(i, 1) % {deals} AS d FROM range({start}, {end}) t(i))
) TO '{path}' (FORMAT parquet)
"""
BARE = "SELECT deal, measure, product, currency, SUM(amount), COUNT(*) FROM '{path}' GROUP BY ALL"


def cuts(deals: Collection[str]) -> Mapping[str, Collection[date]]:
    """Every deal is amended once, on a day of its own."""
    return {deal: [FIRST + timedelta(days=int(deal[5:]) % 365)] for deal in deals}


def write(path: Path, lines: int, deals: int, order: str) -> None:
    """The same lines each time, in one file of Parquet."""
    expression = ORDERS[order].format(lines=lines)
    with duckdb.connect() as database:
        database.execute("SET memory_limit = '2GB'")
        database.execute("SET enable_progress_bar = false")
        database.execute(LINES.format(path=path, start=0, end=lines, deals=deals, order=expression))


def bare(path: Path) -> int:
    """DuckDB alone, with its own defaults."""
    with duckdb.connect() as database:
        return len(database.execute(BARE.format(path=path)).fetchall())


def taking(path: Path) -> int:
    return len(take(path, cuts=cuts, engine="duckdb", by="segment").sums)


def loop(path: Path) -> int:
    """What people write: a dictionary of decimals, without any check."""
    sums: dict[tuple[str, ...], Decimal] = {}
    with path.open(encoding="utf-8", newline="") as text:
        for deal, day, measure, amount, currency, product in csv.reader(text):
            if day != "day":
                key = (deal, measure, currency, product, day[:7])
                sums[key] = sums.get(key, Decimal(0)) + Decimal(amount)
    return len(sums)


def in_turns(runs: int, *works: Callable[[], int]) -> list[tuple[float, int]]:
    """The median time of each, run in turns, and what it answers."""
    times: list[list[float]] = [[] for _ in works]
    answers = [0] * len(works)
    for _ in range(runs):
        for number, work in enumerate(works):
            start = time.perf_counter()
            answers[number] = work()
            times[number].append(time.perf_counter() - start)
    return [(median(each), answer) for each, answer in zip(times, answers, strict=True)]


def peak(path: Path) -> int:
    """The largest resident size, in MiB, of a process that takes the file."""
    program = f"from pathlib import Path\nfrom tests.benchmarks.lines import show_peak\nshow_peak(Path({str(path)!r}))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return int(done.stdout) // 1024


def show_peak(path: Path) -> None:
    taking(path)
    print(peak_kibibytes())


def part_of(path: Path, folder: Path) -> Path:
    """The first PLAIN_PART lines as CSV."""
    part = folder / "part.csv"
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT * FROM '{path}' LIMIT {PLAIN_PART}) TO '{part}' (FORMAT csv, HEADER)")
    return part


def report(lines: int, deals: int, order: str, runs: int, folder: Path) -> None:
    path = folder / f"{lines}-{deals}-{order}.parquet"
    if not path.exists():
        write(path, lines, deals, order)
    print(f"{lines:,} lines of {deals:,} deals, {order}: {path.stat().st_size / 1e6:,.0f} MB of Parquet", flush=True)
    (alone, groups), (taken, sums) = in_turns(runs, lambda: bare(path), lambda: taking(path))
    print(f"  DuckDB's bare group-by    {alone:8.2f} s   {groups:,} groups")
    print(f"  take, engine duckdb       {taken:8.2f} s   {sums:,} sums by segment   {taken / alone:.2f} x")
    print(f"  its memory                {peak(path):8,} MiB at the peak", flush=True)
    part = part_of(path, folder)
    many = min(lines, PLAIN_PART)
    [(looped, _), (plain, _)] = in_turns(min(runs, 3), lambda: loop(part), lambda: len(take(part, cuts=cuts).sums))
    print(f"  a loop in Python          {looped / many * lines:8.2f} s   from {many:,} lines, nothing checked")
    print(f"  take, engine plain        {plain / many * lines:8.2f} s   from {many:,} lines of CSV")


def asked(program: str, description: str | None) -> argparse.Namespace:
    """How many lines of how many deals, in which order, how often, and where to keep them."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.benchmarks.{program}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--deals", type=int, default=2_000)
    parser.add_argument("--order", choices=list(ORDERS), default="by-day")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the files here, and find them here again")
    return parser.parse_args()


def main() -> None:
    given = asked("lines", __doc__)
    with tempfile.TemporaryDirectory() as folder:
        report(given.lines, given.deals, given.order, given.runs, given.folder or Path(folder))


if __name__ == "__main__":
    main()
