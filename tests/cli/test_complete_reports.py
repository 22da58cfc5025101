"""A report that has all that there was: what it does not list was nothing, measures and slices alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_commands import deal

REGIONS = "region = us or eea or uk"
FLOW = f"20% of sales[{REGIONS}, cohort = new] + 15% of sales[{REGIONS}, cohort = old] - costs"
OPENED = f'open ab --party A --party B --dated 2025-01-01 --pays "A -> B as fee: {FLOW} every month"'
ROWS = "deal,day,measure,amount,region,cohort\nab,2025-07-05,sales,100.00,us,new\n"


def made(folder: Path, *commands: str) -> Path:
    (folder / "s.csv").write_text(ROWS)
    for command in ("init", *commands):
        done = deal(command, folder)
        assert done.exit_code == 0, done.stderr
    return folder


def fee(month: str, folder: Path) -> str:
    lines = deal(f"settle {month} ab", folder).stdout.splitlines()
    return next(line for line in lines if line.startswith("fee,")).split(maxsplit=2)[2].strip()


@pytest.mark.parametrize("by", ["day", "segment"])
def test_slices_and_measures_that_a_file_of_a_period_does_not_list_were_nothing(by: str, tmp_path: Path) -> None:
    take = f"report --file s.csv --sum-by {by}"
    made(tmp_path, OPENED)
    assert deal(take, tmp_path).exit_code == 0
    assert fee("2025-07", tmp_path).startswith("not computed")
    assert deal(f"{take} --period 2025-07", tmp_path).exit_code == 0  # the same file says more
    assert fee("2025-07", tmp_path) == "20.00"
    again = deal(f"{take} --period 2025-07", tmp_path)
    assert again.stderr.endswith("These figures were recorded before for 1 deal; they are left.\n")


def test_a_measure_that_is_reported_from_elsewhere_is_left(tmp_path: Path) -> None:
    made(tmp_path, OPENED, "report ab costs=5 --period 2025-07", "report --file s.csv --period 2025-07")
    assert fee("2025-07", tmp_path) == "15.00"


def test_figures_without_a_file_are_all_that_there_was(tmp_path: Path) -> None:
    made(tmp_path, OPENED, "report ab 'sales[2025-07-03, region=uk, cohort=old]=100' --period 2025-07 --complete")
    assert fee("2025-07", tmp_path) == "15.00"


def test_a_period_without_sales_is_said_in_one_word(tmp_path: Path) -> None:
    made(tmp_path, OPENED, "report ab --period 2025-Q3 --complete")
    assert [fee(month, tmp_path) for month in ("2025-07", "2025-08", "2025-09")] == ["0.00"] * 3
    restated = deal("report ab costs=-7 --period 2025-08 --complete --restate", tmp_path)
    assert restated.exit_code == 0
    assert "  ab: costs for 2025-08: 0 (#2) becomes -7\n" in restated.stderr
    assert fee("2025-08", tmp_path) == "7.00"


def test_a_slice_that_is_left_out_by_its_value_is_said_to_be_nothing_too(tmp_path: Path) -> None:
    flow = "10% of sales[kind != payout]"
    made(tmp_path, f'open ab --party A --party B --dated 2025-01-01 --pays "A -> B as fee: {flow} every month"',
         "report ab 'sales[2025-06, kind=sale]=100' 'sales[2025-06, kind=payout]=9'",
         "report ab 'sales[2025-07, kind=payout]=9' --period 2025-07 --complete")  # fmt: skip
    assert (fee("2025-06", tmp_path), fee("2025-07", tmp_path)) == ("10.00", "0.00")


@pytest.mark.parametrize("words", ["--complete", "--complete --add --period 2025-07"])
def test_all_that_there_was_is_of_a_period_and_is_no_addition(words: str, tmp_path: Path) -> None:
    made(tmp_path, OPENED)
    done = deal(f"report ab costs=1 {words}", tmp_path)
    assert done.exit_code == 2
    assert "All that there was is said of a period:" in done.stderr


def test_no_price_and_no_stock_is_nothing_because_nobody_listed_it(tmp_path: Path) -> None:
    opened = (
        "open ab --party A --party B --dated 2025-01-01 "
        '--pays "A -> B as fee: units * rate(price) + last(subscribers) + 10% of sales every month"'
    )
    made(tmp_path, opened, "report ab units=3 --period 2025-07 --complete")
    said = fee("2025-07", tmp_path)
    assert "price for 2025-07" in said
    assert "subscribers for 2025-07" in said
    assert "sales" not in said


@pytest.mark.parametrize(("nature", "zero"), [("", False), (" --nature price=rate", True)])
def test_a_factor_is_nothing_only_where_it_is_known_to_add_up(nature: str, zero: bool, tmp_path: Path) -> None:
    opened = 'open ab --party A --party B --dated 2025-01-01 --pays "A -> B as fee: units * price + sales every month"'
    made(tmp_path, opened, f"report ab price=5 --period 2025-06{nature}")
    complete = deal("report ab sales=7 --period 2025-07 --complete", tmp_path)
    assert ("units for 2025-07 reported: 0" in complete.stderr) is zero
    assert "price for 2025-07" not in complete.stderr
    assert ("price for 2025-07" if zero else "the nature of units and price") in fee("2025-07", tmp_path)
