"""Prints the speed table: what the goals are, what this machine does, and whether they are met.

python -m tests.benchmarks
python -m tests.benchmarks --rows append show --largest 100000
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.rows import ROWS, Bench, Row, Sizes, said

SIZES = Sizes()
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
    parser.add_argument("--record", type=int, default=SIZES.record, help="instruments to record")
    parser.add_argument("--replay", type=int, default=SIZES.replay, help="entries to replay")
    parser.add_argument("--largest", type=int, default=1_000_000, help="entries of the largest ledger")
    parser.add_argument("--repetitions", type=int, default=SIZES.repetitions)
    parser.add_argument("--folder", type=Path, help="keep the ledgers here, and find them here again")
    given = parser.parse_args()
    ledgers = tuple(given.largest // part for part in (100, 10, 1))
    sizes = replace(
        SIZES, record=given.record, replay=given.replay, ledgers=ledgers, repetitions=given.repetitions
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        print(table(measured(Bench(given.folder or Path(folder), sizes), given.rows)))


if __name__ == "__main__":
    main()
