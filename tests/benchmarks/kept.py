"""Revenue lines that are kept in PostgreSQL: what taking a table costs beside the server's bare group-by of it.

python -m tests.benchmarks.kept --lines 2000000

The server is one of its own, with its usual settings but for 256 MB of shared buffers. Each figure is the median of
runs in turns.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import duckdb
import psycopg

from projections.revenue.take import take, take_table
from tests.benchmarks.lines import cuts, in_turns, write
from tests.postgres import Server

TABLE = """
CREATE TABLE sales (id bigint PRIMARY KEY, deal text, day date, measure text, amount numeric(18, 4), currency text,
                    product text)
"""
BARE = "SELECT deal, measure, product, currency, SUM(amount), COUNT(*) FROM sales GROUP BY 1, 2, 3, 4"


def keep(path: Path, server: Server) -> None:
    """Puts the lines of a file of Parquet into the table `sales`."""
    server.sql(TABLE)
    text = path.with_suffix(".csv")
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT file_row_number + 1, deal, day, measure, amount, currency, product "
            f"FROM read_parquet('{path}', file_row_number = true)) TO '{text}' (FORMAT csv, HEADER false)"
        )
    with psycopg.connect(server.url(), autocommit=True) as session:
        with session.cursor().copy("COPY sales FROM STDIN (FORMAT csv)") as copy, text.open("rb") as content:
            while block := content.read(1 << 20):
                copy.write(block)
        session.execute("VACUUM ANALYZE sales")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.kept",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--deals", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    server = Server({"shared_buffers": "256MB"}).make().start()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.parquet"
        write(path, given.lines, given.deals, "by-day")
        keep(path, server)
        same = (
            take_table("sales", server.url(), cuts=cuts, by="segment").sums == take(path, cuts=cuts, by="segment").sums
        )
    (alone, groups), (taken, sums) = in_turns(
        given.runs,
        lambda: len(server.sql(BARE)),
        lambda: len(take_table("sales", server.url(), cuts=cuts, by="segment").sums),
    )
    alike = "the sums are those of the file" if same else "THE SUMS ARE NOT THOSE OF THE FILE"
    print(f"{given.lines:,} lines of {given.deals:,} deals in a table; {alike}")
    print(f"  the server's bare group-by  {alone:8.2f} s   {groups:,} groups")
    print(f"  take_table, with its digest {taken:8.2f} s   {sums:,} sums   {taken / alone:.1f} x")
    server.throw_away()


if __name__ == "__main__":
    main()
