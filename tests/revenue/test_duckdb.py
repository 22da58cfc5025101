"""DuckDB sums as plain Python does; which engine is used where nobody says."""

from __future__ import annotations

from pathlib import Path

import pyarrow as arrow
import pytest

from ledger.errors import BadRows
from projections.revenue import take as way
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
