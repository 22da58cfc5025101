"""The conformance run tells engines apart that add, count, order or refuse otherwise than plain Python."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from ledger.calendar import Span
from ledger.errors import UnknownEngine
from projections.revenue import conformance
from projections.revenue.conformance import Difference, differences
from projections.revenue.taken import Sum

JANUARY = Span(date(2025, 1, 1), date(2025, 2, 1))
ONE = Sum("cargo", "units", JANUARY, Decimal("1.5000"), "USD", (("product", "api"),), 2, 2, 3)
OTHER = ONE._replace(measure="revenue", currency=None, dimensions=())
WHAT = "cargo units, product = api USD 2025-01-01 to 2025-01-31"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"amount": Decimal("1.5001")}, "1.5001 of 2 rows, 2 to 3"),
        ({"amount": Decimal("1.5")}, "1.5 of 2 rows, 2 to 3"),
        ({"rows": 3}, "1.5000 of 3 rows, 2 to 3"),
        ({"last_row": 4}, "1.5000 of 2 rows, 2 to 4"),
    ],
)
def test_a_sum_that_differs_is_a_difference(changed: dict[str, object], said: str):
    assert differences([ONE], [ONE._replace(**changed)]) == [Difference(WHAT, "1.5000 of 2 rows, 2 to 3", said)]


def test_a_sum_that_only_one_of_them_has_is_a_difference():
    assert differences([ONE], []) == [Difference(WHAT, "1.5000 of 2 rows, 2 to 3", "nothing")]
    assert differences([], [ONE]) == [Difference(WHAT, "nothing", "1.5000 of 2 rows, 2 to 3")]


def test_another_order_is_a_difference():
    assert differences([ONE, OTHER], [OTHER, ONE]) == [Difference("the order of the sums", "as documented", "another")]
    assert differences([ONE, OTHER], [ONE, OTHER]) == []


def test_the_generated_lines_reach_the_ends_of_what_is_taken(tmp_path: Path):
    found = conformance.check("plain", tmp_path, lines=2_000)
    assert found.differences == []
    sums = conformance.take(tmp_path / "good-lines.csv", cuts=conformance.cuts, by="segment").sums
    assert max(abs(one.amount) for one in sums) * 10**4 > 2**63
    assert {one.currency for one in sums} == {"USD", "EUR", "JPY", None}
    assert any(one.amount < 0 for one in sums)
    assert any("\n" in value for one in sums for _, value in one.dimensions)


def test_an_engine_is_checked_on_the_command_line():
    done = CliRunner().invoke(main, ["engine", "check", "duckdb", "--lines", "500"])
    assert done.exit_code == 0
    assert done.stdout.startswith("duckdb: 500 lines, ")
    assert done.stdout.endswith("sums and all bad rows compared with plain Python: none differs.\n")


def test_differences_are_printed_and_the_exit_code_is_3(monkeypatch: pytest.MonkeyPatch):
    """An engine that leaves out one line in a hundred."""
    honest = conformance.take

    def careless(path: Path, **asked: object) -> object:
        taken = honest(path, **{**asked, "engine": "plain"})  # type: ignore[arg-type]
        if asked["engine"] != "plain":
            taken.sums.pop(0)
        return taken

    monkeypatch.setattr(conformance, "take", careless)
    done = CliRunner().invoke(main, ["engine", "check", "duckdb", "--lines", "500"])
    assert done.exit_code == 3
    first = done.stdout.splitlines()[:3]
    assert first[1].startswith("  plain Python: ")
    assert first[2] == "  duckdb: nothing"
    assert done.stdout.endswith("compared with plain Python: 2 differ. Do not use it.\n")


def test_an_engine_that_is_not_there_is_refused():
    with pytest.raises(UnknownEngine):
        conformance.check("excel", Path())
    done = CliRunner().invoke(main, ["engine", "check", "excel"])
    assert done.exit_code == 2
