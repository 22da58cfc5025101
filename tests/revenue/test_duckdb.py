"""DuckDB sums as plain Python does; which engine is used where nobody says."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as arrow
import pytest

from ledger.errors import BadRows, EnginesDisagree, EngineUnfit, ExtraMissing, LinesOverlap, TooManySums
from projections.revenue import summing
from projections.revenue import take as way
from projections.revenue.duck import DuckDB
from tests.revenue.engines import GOOD, Alike, lines_of
from tests.revenue.files import shown, taken, written


class TestDuckDB(Alike):
    engine = "duckdb"


def test_parquet_is_summed_by_duckdb_unless_told_otherwise(tmp_path: Path):
    assert taken(lines_of(tmp_path / "lines.parquet", ([1], arrow.int64()))).engine == "duckdb"


def test_text_is_summed_by_duckdb_where_that_is_worth_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = written(tmp_path / "lines.csv", GOOD)
    assert taken(path).engine == "plain"
    monkeypatch.setattr(way, "WORTH_AN_ENGINE", 100)
    assert taken(path).engine == "duckdb"
    assert shown(taken(path)) == shown(taken(path, engine="plain"))
    assert taken(written(tmp_path / "quoted.csv", GOOD.replace("api", '"api"'))).engine == "plain"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (b"cargo,2025-01,units,1,", "it has 5 cells, and the header has 6"),
        (b"cargo,2025-01,units,1,,a,b", "it has 7 cells, and the header has 6"),
        (b"cargo,2025-01,units,1,,caf\xe9", "'caf\\udce9' is not UTF-8"),
    ],
)
def test_what_duckdb_cannot_read_is_explained_by_plain_python(row: bytes, why: str, tmp_path: Path):
    path = tmp_path / "lines.csv"
    path.write_bytes(GOOD.encode() + row + b"\n")
    with pytest.raises(BadRows) as refused:
        taken(path, engine="duckdb")
    assert refused.value.problems == [(7, why)]


def test_plain_python_does_not_read_parquet(tmp_path: Path):
    with pytest.raises(EngineUnfit) as refused:
        taken(lines_of(tmp_path / "lines.parquet", ([1], arrow.int64())), engine="plain")
    assert str(refused.value) == (
        "plain Python cannot sum revenue lines: lines.parquet is a file of Parquet, which it does not read. Use "
        "--engine duckdb; install it with: pip install 'deal-ledger[analytics]'"
    )


def test_an_engine_that_is_not_installed_is_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)  # as if it were not installed: importing it fails
    with pytest.raises(ExtraMissing) as refused:
        taken(lines_of(tmp_path / "lines.parquet", ([1], arrow.int64())))
    assert str(refused.value) == (
        "The engine duckdb needs what is not installed here. Install it with: pip install 'deal-ledger[analytics]'"
    )


def test_an_engine_that_refuses_what_python_reads_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(DuckDB, "matches", lambda self, text, pattern: f"({text} = '1')")
    with pytest.raises(EnginesDisagree) as refused:
        taken(lines_of(tmp_path / "lines.parquet", (["1", "2", "3"], arrow.string())))
    assert refused.value.exit_code == 3
    assert str(refused.value) == (
        "duckdb cannot read row 2 and 3, in which plain Python finds nothing bad. Nothing was taken. Try --engine "
        "plain, and look at: deal engine check duckdb"
    )


def test_an_engine_refuses_overlaps_and_too_many_sums_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    days = (["2025-01", "2025-01-05"], arrow.string())
    path = lines_of(tmp_path / "lines.parquet", ([1, 2], arrow.int64()), days)
    mapping = written(tmp_path / "m.toml", '[columns]\nperiod = "day"\n')
    with pytest.raises(LinesOverlap):
        taken(path, mapping=mapping)
    monkeypatch.setattr("projections.revenue.tally.MOST_SUMS", 1)
    monkeypatch.setattr(summing, "MOST_SUMS", 1)
    with pytest.raises(TooManySums):
        taken(path, mapping=mapping)
