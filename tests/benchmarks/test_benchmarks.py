"""The benchmarks run, and say something in every row; nothing is asserted by the clock."""

from __future__ import annotations

import pytest

from ledger.application import Ledger
from ledger.exchange import drafts_of
from tests.benchmarks import settlement
from tests.benchmarks.__main__ import measured, table
from tests.benchmarks.generator import Shape, fill, lines
from tests.benchmarks.lines import ORDERS, report
from tests.benchmarks.rows import ROWS, Bench, Sizes
from tests.benchmarks.servers import ServerBench


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_table_has_every_row(database, tmp_path, request):
    sizes = Sizes(record=200, replay=200, ledgers=(100, 200), repetitions=1, appends=4, processes=1)
    bench = Bench(tmp_path, sizes)
    if database == "postgresql":
        request.getfixturevalue("postgres")  # which says where there is none
        bench = ServerBench(tmp_path, sizes).start()
        request.addfinalizer(bench.close)
    rows = measured(bench, list(ROWS))
    works = [
        "one durable append", "one durable append", "record 200 instruments", "replay 200 entries",
        "one deal of 100 entries", "one deal of 200 entries", "deal show, whole process", "all of 4 deals, 200 entries",
        "memory of export, 100 and 200", "memory of replay, 100 and 200",
    ]  # fmt: skip
    assert [row.work for row in rows] == works
    assert len(table(rows).splitlines()) == 1 + len(works)


def test_what_is_generated_is_accepted_and_always_the_same(tmp_path):
    shape = Shape(deals=3, instruments=80, voids=0.1, corrections=0.1, partners=0.1, conditions=0.1, extensions=0.1)
    file = tmp_path / "drafts.jsonl"
    file.write_bytes(b"".join(lines(shape)))
    with Ledger(str(tmp_path / "recorded.db"), "create") as recorded:
        assert len(recorded.record(drafts_of(file), "test")) == 240
        said = [(row[3:7], row[8]) for row in recorded.entries.all_rows()]
    fill(tmp_path / "filled.db", shape, check=True)
    with Ledger(str(tmp_path / "filled.db"), "read") as filled:
        assert [(row[3:7], row[8]) for row in filled.entries.all_rows()] == said


def test_lines_of_revenue_are_measured_in_every_order(tmp_path, capsys):
    for order in ORDERS:
        report(1_000, 20, order, 1, tmp_path)
    shown = [line.split("  ")[1].strip() for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert shown == len(ORDERS) * [
        "DuckDB's bare group-by", "take, engine duckdb", "its memory", "a loop in Python", "take, engine plain",
    ]  # fmt: skip


def test_a_whole_settlement_is_measured_and_issued(tmp_path, capsys):
    settlement.report(1_000, 20, "by-day", 1, tmp_path)
    shown = capsys.readouterr().out
    assert shown.startswith("1,000 lines of 20 deals, by-day; 80 payments\n")
    assert [text in shown for text in ("20 entries", "20 statements", "DuckDB's bare group-by")] == [True] * 3
