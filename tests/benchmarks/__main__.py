"""Prints the speed table: what the goals are, what this machine does, and whether they are met.

python -m tests.benchmarks
python -m tests.benchmarks --rows append show --largest 100000
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.rows import FULL, ROWS, Bench, Row, Sizes, said

HEADER = ["work", "measured", "goal", "ratio", "met"]


def table(rows: list[Row]) -> str:
    """The rows under a header, in columns as wide as they need."""
    cells = [HEADER, *([r.work, r.measured, r.goal, r.ratio, "met" if r.met else "NOT MET"] for r in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells)


def measured(bench: Bench, names: list[str]) -> list[Row]:
    """The rows of these names."""
    found = []
    for name in names:
        said(name)
        found += ROWS[name](bench)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--full", action="store_true", help="the sizes that the goals are stated for: half an hour")
    parser.add_argument("--record", type=int, help="instruments to record")
    parser.add_argument("--replay", type=int, help="entries to replay")
    parser.add_argument("--largest", type=int, help="entries of the largest ledger")
    parser.add_argument("--repetitions", type=int, default=Sizes().repetitions)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--folder", type=Path, help="keep the ledgers here, and find them here again")
    given = parser.parse_args()
    usual = FULL if given.full else Sizes()
    largest = given.largest or usual.ledgers[-1]
    sizes = replace(
        usual, record=given.record or usual.record, replay=given.replay or usual.replay,
        ledgers=tuple(largest // part for part in (100, 10, 1)), repetitions=given.repetitions,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        at = given.folder or Path(folder)
        if given.database == "sqlite":
            print(table(measured(Bench(at, sizes), given.rows)))
            return
        from tests.benchmarks.servers import ServerBench

        bench = ServerBench(at, sizes).start()
        print(table(measured(bench, given.rows)))
        bench.close()


if __name__ == "__main__":
    main()
