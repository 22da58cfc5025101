"""A report is used, or it is said that it is not: at the report, and in the settlement of its days."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import deal

ROWS = """deal,day,measure,amount,currency
old,2025-02-01,revenue,100000,USD
old,2025-02-02,revenue,50.5,USD
gone,2025-02-02,revenue,7,EUR
new,2025-02-03,revenue,1000,USD
"""
SAID = (
    "Figures of 2 deals fall on days on which no terms use them:\n"
    "  gone: revenue for 2025-02-02: 7 EUR (1 row)\n"
    "  old: revenue for 2025-02-01 to 2025-02-02: 100,050.5 USD (2 rows)\n"
    "  in all revenue 7 EUR, revenue 100,050.5 USD\n"
)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Two deals that are over, and one that is not."""
    (tmp_path / "s.csv").write_text(ROWS)
    terms = '--pays "A -> B as s: 10% of revenue every quarter in USD"'
    for name, term in {"gone": "2022..2024", "old": "2022..2024", "new": "2025..2027"}.items():
        commands = [] if name != "gone" else ["init"]
        commands += [f"open {name} --party A --party B --dated {term[:4]}-01-01 --term {term} {terms}"]
        for command in commands:
            assert deal(command, tmp_path).exit_code == 0
    return tmp_path


def test_sales_of_deals_that_are_over_are_named_when_they_are_reported(desk: Path) -> None:
    done = deal("report --file s.csv --dated 2025-04-01 --dry-run", desk)
    assert SAID in done.stderr
    told = json.loads(deal("report --file s.csv --dated 2025-04-01 --json", desk).stdout)
    assert told["unused"] == [
        {"deal": "gone", "measure": "revenue", "currency": "EUR", "amount": "7.0000", "from": "2025-02-02",
         "through": "2025-02-02", "rows": 1},
        {"deal": "old", "measure": "revenue", "currency": "USD", "amount": "100050.5000", "from": "2025-02-01",
         "through": "2025-02-02", "rows": 2},
    ]  # fmt: skip


def test_a_settlement_names_what_no_terms_use_of_its_period(desk: Path) -> None:
    deal("report --file s.csv --dated 2025-04-01", desk)
    done = deal("settle 2025-Q1 --issue --dated 2025-04-05", desk)
    assert done.exit_code == 0
    assert SAID in done.stderr
    found = json.loads(deal("settle 2025-Q1 --json", desk).stdout)
    assert [one["deal"] for one in found["unused"]] == ["gone", "old"]
    assert deal("settle 2025-Q2", desk).stderr.count("no terms use them") == 0
    alone = deal("settle 2025-Q1 old", desk)
    assert alone.exit_code == 4
    assert "Figures of 1 deal fall on days on which no terms use them:" in alone.stderr
    assert alone.stderr.endswith("Nothing falls due in 2025-Q1.\n")


@pytest.mark.parametrize(
    ("terms", "figure", "used"),
    [
        ("10% of revenue every quarter", "revenue[2024-12]=5", False),  # before the clause
        ("10% of revenue every quarter", "revenue[2025-01]=5", True),
        ("10% of revenue every quarter", "revenue[2025-01]=0", True),  # nothing was sold
        ("10% of revenue every quarter", "revenue[2024-12-01..2025-01-31]=5", True),  # some of its days
        ("tiers(revenue per life: 10% to 5k, 5% above) every quarter", "revenue[2024-12]=5", True),  # counted before it
        ("10% of net every quarter", "gross[2025-01]=5", True),
        ("10% of net every quarter", "gross[2024-12]=5", False),
        ("10% of revenue[shop = a] every quarter", "revenue[2025-01, shop=a]=5", True),
        ("10% of revenue[shop = a] every quarter", "revenue[2025-01, shop=b]=5", False),
        ("10% of revenue[shop != a] every quarter", "revenue[2025-01, shop=a]=5", False),
        ("10% of revenue[shop = a] every quarter", "revenue[2025-01]=5", True),  # perhaps all of it is
    ],
)
def test_a_figure_is_used_where_terms_of_its_days_take_it(terms: str, figure: str, used: bool, tmp_path: Path) -> None:
    opening = f'open x --party A --party B --dated 2025-01-01 --defines "net: gross - 1" --pays "A -> B as s: {terms}"'
    for command in ("init", opening):
        assert deal(command, tmp_path).exit_code == 0
    done = deal(f"report x '{figure}'", tmp_path)
    assert done.exit_code == 0
    assert ("fall on days on which no terms use them" not in done.stderr) == used
