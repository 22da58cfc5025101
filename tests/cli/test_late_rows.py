"""Rows that come late for days that were reported: added once, and never taken away without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_commands import deal

OPENED = 'open x --party A --party B --dated 2025-01-01 --pays "A -> B as s: 33% of earnings every month"'
MAPPING = """ignore = "others"
[columns]
period = "Sale Month"
amount = "Earnings"
[constants]
measure = "earnings"
[form]
places = 8
"""
MARCH = "Sale Month\tEarnings\tTitle\n2025-01\t1.00374\ta\n"
APRIL = "Sale Month\tEarnings\tTitle\n2025-01\t0.25\tb\n2025-02\t0.40\tb\n"
TAKE = "report x --mapping m.toml --file"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """January was reported by the file of March; the file of April has one more row of it."""
    for name, text in {"m.toml": MAPPING, "march.tsv": MARCH, "april.tsv": APRIL}.items():
        (tmp_path / name).write_text(text)
    for command in ("init", OPENED, f"{TAKE} march.tsv --dated 2025-03-10"):
        assert deal(command, tmp_path).exit_code == 0
    return tmp_path


def share(month: str, folder: Path) -> str:
    lines = deal(f"settle {month} x", folder).stdout.splitlines()
    return next(line.split()[-1] for line in lines if line.startswith(f"s, {month}"))


def test_the_refusal_of_late_rows_names_both_remedies(desk: Path) -> None:
    done = deal(f"{TAKE} april.tsv --dated 2025-04-10", desk)
    assert done.exit_code == 1
    assert (
        "earnings for 2025-01 is reported already: for 2025-01, by #2. If the figure has been restated, say "
        "--restate; if these are more rows of the same days, say --add; if it was mistyped, correct the entry: "
        "deal correct 2\n"
    ) in done.stderr


def test_late_rows_are_added_and_their_file_is_added_once(desk: Path) -> None:
    done = deal(f"{TAKE} april.tsv --add --dated 2025-04-10", desk)
    assert (done.exit_code, "#3 recorded (MeasureAdded):\n    earnings for 2025-01 added: 0.25\n" in done.stderr) == (
        0, True
    )  # fmt: skip
    assert (share("2025-01", desk), share("2025-02", desk)) == ("0.41", "0.13")  # 33% of 1.25374, and of 0.40
    for words in ("--add", "", "--add --sum-by segment"):
        again = deal(f"{TAKE} april.tsv {words}", desk)
        assert (again.exit_code, again.stderr.splitlines()[-1]) == (
            0, "These figures were recorded before for 1 deal; they are left."
        )  # fmt: skip
    assert share("2025-01", desk) == "0.41"


def test_a_restatement_says_what_it_takes_away(desk: Path) -> None:
    deal(f"{TAKE} april.tsv --add --dated 2025-04-10", desk)
    done = deal(f"{TAKE} april.tsv --restate --dated 2025-05-01 --dry-run", desk)
    assert "already" not in done.stderr
    said = "This takes the place of what was reported:\n  x: earnings for 2025-01: 1.25374 (#2, #3) becomes 2\n"
    for words in ("--dry-run", ""):
        assert said in deal(f"report x earnings=2 --period 2025-01 --restate {words}", desk).stderr
    assert share("2025-01", desk) == "0.66"


def test_a_slice_that_a_file_has_no_more_is_said_to_be_taken_away(desk: Path) -> None:
    (desk / "one.csv").write_text("day,measure,amount,shop\n2025-03-03,units,5,a\n2025-03-04,units,7,b\n")
    (desk / "two.csv").write_text("day,measure,amount,shop\n2025-03-03,units,4,a\n")
    deal("report x --file one.csv", desk)
    done = deal("report x --file two.csv --restate", desk)
    assert (
        "This takes the place of what was reported:\n"
        "  x: units[shop = a] for 2025-03: 5 (#3) becomes 4\n"
        "  x: units[shop = b] for 2025-03: 7 (#3) becomes nothing\n"
    ) in done.stderr


def test_days_inside_of_a_longer_report_are_added_to_all_of_it(desk: Path) -> None:
    (desk / "days.csv").write_text("day,measure,amount\n2025-01-07,earnings,1\n2025-01-09,earnings,2\n")
    done = deal("report x --file days.csv --add", desk)
    assert "    earnings for 2025-01 added: 3\n" in done.stderr
    assert share("2025-01", desk) == "1.32"  # 33% of 4.00374


def test_days_of_a_list_are_added_day_by_day(tmp_path: Path) -> None:
    for name, days in {"one": "05 12", "two": "12 20"}.items():
        rows = [f"x,2025-01-{day},earnings,10\n" for day in days.split()]
        (tmp_path / f"{name}.csv").write_text("deal,day,measure,amount\n" + "".join(rows))
    for command in ("init", OPENED, "report --file one.csv", "report --file two.csv --add"):
        assert deal(command, tmp_path).exit_code == 0
    assert share("2025-01", tmp_path) == "13.20"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "report x earnings=5 --period 2025-01-03..2025-01-04 --add",
            "earnings for 2025-01-03 to 2025-01-04 cannot be added to what #2 reports for 2025-01. Add it for the same "
            "days.",
        ),
        (
            "report x earnings[2025-01,shop=a]=5 --add",
            "earnings[shop = a] for 2025-01 cannot be added: #2 reports it by no dimension. Add it by the same "
            "dimensions.",
        ),
        (
            "report x earnings=5 --period 2025-01 --add --restate",
            "A report takes the place of what was reported, or is added to it. Give one of the two.",
        ),
        (
            f"{TAKE} april.tsv --period 2025-02 --add",
            "With --period a file has all that there is; what is added is not. Give one of the two.",
        ),
    ],
)
def test_what_cannot_be_added_is_refused(command: str, said: str, desk: Path) -> None:
    done = deal(command, desk)
    assert done.exit_code in (1, 2)
    assert said in done.stderr


def test_an_addition_is_not_dated_before_a_restatement_of_its_days(desk: Path) -> None:
    deal("report x earnings=2 --period 2025-01 --restate --dated 2025-06-01", desk)
    done = deal("report x earnings=1 --period 2025-01 --add --dated 2025-05-10", desk)
    assert done.stderr == (
        "deal: earnings for 2025-01 was restated by #3, dated 2025-06-01, and this addition is dated 2025-05-10: it "
        "would be part of what was restated. Date it later.\n"
    )
    deal("report x earnings=1 --period 2025-01 --add --dated 2025-06-02", desk)
    assert share("2025-01", desk) == "0.99"


def test_a_file_that_was_restated_since_is_not_added_again_by_itself(desk: Path) -> None:
    deal("report x earnings=2 --period 2025-01 --restate", desk)
    done = deal(f"{TAKE} march.tsv --add", desk)
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (1,
        "deal: march.tsv was recorded for x by #2, and what it said has been restated since. If the restatement does "
        "not have its rows, void #2 and add it again: deal void 2 --reason ...",
    )  # fmt: skip
    for command in ("void 2 --reason 'not in it' --yes", f"{TAKE} march.tsv --add"):
        assert deal(command, desk).exit_code == 0
    assert share("2025-01", desk) == "0.99"  # 33% of 3.00374


def test_the_same_figures_added_twice_are_said(desk: Path) -> None:
    deal("report x earnings=5 --period 2025-01 --add", desk)
    done = deal("report x earnings=5 --period 2025-01 --add", desk)
    assert done.stderr.startswith("#3 adds the same figures. If they are the same rows, void one of them.\n")
    assert deal("void 4 --reason twice --yes", desk).exit_code == 0
    assert share("2025-01", desk) == "1.98"  # 33% of 6.00374


def test_what_was_reported_can_be_voided_below_an_addition(desk: Path) -> None:
    deal("report x earnings=5 --period 2025-01 --add", desk)
    assert deal("void 2 --reason wrong --yes", desk).exit_code == 0
    assert share("2025-01", desk) == "1.65"
    assert deal("report x earnings=1 --period 2025-01", desk).exit_code == 1
    assert deal("report x earnings=1 --period 2025-01 --add", desk).exit_code == 0
    assert share("2025-01", desk) == "1.98"


def test_a_file_summed_anew_takes_away_nothing_of_others(tmp_path: Path) -> None:
    for name, day in {"one": "05", "two": "20"}.items():
        (tmp_path / f"{name}.csv").write_text(f"deal,day,measure,amount\nx,2025-01-{day},earnings,10\n")
    for command in ("init", OPENED, "report --file one.csv", "report --file two.csv"):
        assert deal(command, tmp_path).exit_code == 0
    done = deal("report --file one.csv --sum-by segment", tmp_path)
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (1,
        "deal: one.csv was recorded for x before, and summed otherwise; to take it again would take away what #3 "
        "reports for 2025-01-20. Sum it as before (--sum-by), or say --restate.",
    )  # fmt: skip
    assert share("2025-01", tmp_path) == "6.60"
