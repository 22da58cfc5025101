"""A deal's quotation stands on what the deal has reported, and comes to what a settlement does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import deal

OPENED = 'open x --party A --party B --dated 2025-01-01 --term 2025..2027 --pays "A -> B as s: 10% of r every quarter"'


def made(folder: Path, *commands: str) -> Path:
    for command in ("init", *commands):
        done = deal(command, folder)
        assert done.exit_code == 0, done.stderr
    return folder


def quoted(command: str, folder: Path) -> list[tuple[str, str, str | None]]:
    done = deal(f"quote --deal x {command} --json", folder)
    return [(row["line"], row["through"], row["amount"]) for row in json.loads(done.stdout)["rows"]]


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return made(tmp_path, OPENED, "report x r[2025-Q1]=100 r[2025-Q2]=200")


def test_what_is_reported_is_quoted(books: Path) -> None:
    assert quoted("", books) == [("s", "2025-03-31", "10.00"), ("s", "2025-06-30", "20.00")]
    assert quoted("--period 2025-Q2", books) == [("s", "2025-06-30", "20.00")]
    assert deal("quote --deal x --period 2025-Q2 --recorded #1", books).exit_code == 1  # nothing was reported then


def test_a_measure_that_is_given_stands_in_for_a_report_or_comes_beside_it(books: Path) -> None:
    assert quoted("-m r[2025-Q2]=300 --period 2025-01-01..2025-06-30", books) == [
        ("s", "2025-03-31", "10.00"), ("s", "2025-06-30", "30.00"),
    ]  # fmt: skip
    assert quoted("-m r=500 --period 2025-Q3", books) == [("s", "2025-09-30", "50.00")]
    assert quoted("-m r[2025-Q3]=500", books) == [("s", "2025-09-30", "50.00")]


def test_a_slice_that_is_given_stands_in_for_that_slice(tmp_path: Path) -> None:
    made(tmp_path, OPENED, "report x 'r[2025-Q1, shop=a]=100' 'r[2025-Q1, shop=b]=200'")
    assert quoted("-m 'r[2025-Q1, shop=a]=0'", tmp_path) == [("s", "2025-03-31", "20.00")]
    assert quoted("-m r[2025-Q1]=0", tmp_path) == [("s", "2025-03-31", "0.00")]


def test_counters_count_what_the_deal_reported_before(tmp_path: Path) -> None:
    made(tmp_path, OPENED.replace("10% of r", "tiers(r per year: 10% to 150, 20% above)"),
         "report x r[2025-Q1]=100")  # fmt: skip
    assert quoted("-m r[2025-Q2]=100", tmp_path) == [("s", "2025-06-30", "15.00")]  # 50 at 10%, 50 at 20%


def test_one_clause_is_chosen_by_its_name(tmp_path: Path) -> None:
    made(tmp_path, OPENED + ' --pays "A -> B as fee: 5 every month"', "report x r[2025-Q1]=100")
    assert quoted("--clause s", tmp_path) == [("s", "2025-03-31", "10.00")]
    done = deal("quote --deal x --clause t", tmp_path)
    assert (done.exit_code, done.stderr) == (
        1, "deal: There is no line 't' to compute. Name one of these: fee, s.\n"
    )  # fmt: skip


def test_an_opening_that_nothing_counts_is_said(books: Path) -> None:
    for name in ("r", "other"):
        done = deal(f"quote --deal x --period 2025-Q1 --opening {name}=5", books)
        assert done.stderr.startswith(f"An opening of {name} was given, and no counter uses it")
    counted = 'quote "tiers(r per life: 10% to 50, 20% above)" -m r=100 --opening r=50'
    assert deal(counted, books).stderr == ""


@pytest.mark.parametrize(
    ("terms", "reports"),
    [
        ("10% of r every quarter", "r[2025-Q1]=100 r[2025-Q2]=200"),
        ("500 every month", "r[2025-Q1]=1"),
        ("1_000 once", "r[2025-Q1]=1"),
        ("tiers(r per year: 10% to 150, 20% above) every quarter", "r[2025-Q1]=100 r[2025-Q2]=200"),
        ("max(10% of r, 50) every month", "r[2025-01]=100 r[2025-02]=900 r[2025-03]=3"),
        ("10% of r every quarter in USD", "'r[2025-Q1]=100 EUR' 'r[2025-Q2]=7 USD'"),
        ("10% of r every quarter", "'r[2025-Q1]=100 EUR' 'r[2025-Q2]=7 EUR'"),
    ],
)
def test_a_quotation_comes_to_what_a_settlement_does(terms: str, reports: str, tmp_path: Path) -> None:
    made(tmp_path, OPENED.replace("10% of r every quarter", terms), "rate x EUR/USD 1.1 --period 2025",
         f"report x {reports}")  # fmt: skip
    rows = json.loads(deal("quote --deal x --period 2025-01-01..2025-06-30 --json", tmp_path).stdout)["rows"]
    told = json.loads(deal("settle 2025-01-01..2025-06-30 x --json", tmp_path).stdout)["statements"]
    dues = [(due["clause"], due["through"], due.get("amount"), one["currency"]) for one in told for due in one["dues"]]
    assert [(row["line"], row["through"], row["amount"], row["currency"]) for row in rows] == dues
    assert dues


def test_every_line_is_quoted_for_the_days_of_all_figures(tmp_path: Path) -> None:
    lines = '"F -> J as royalty: 7% of gross every month" "F -> J as cost: c every month"'
    done = deal(f"quote {lines} -m gross[2025-02]=100 -m c[2025-02]=1 -m c[2025-03]=1 --json", tmp_path)
    assert done.exit_code == 1
    assert [(row["from"], row["line"], row["amount"]) for row in json.loads(done.stdout)["rows"]] == [
        ("2025-02-01", "royalty", "7.00"), ("2025-02-01", "cost", "1.00"),
        ("2025-03-01", "royalty", None), ("2025-03-01", "cost", "1.00"),
    ]  # fmt: skip
    assert "gross for 2025-03" in done.stderr
