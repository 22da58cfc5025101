"""Earlier periods: nothing that is owed falls between statements, and nobody is promised what does not happen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.test_commands import deal

TERMS = '"A -> B as s: atleast(17.5% of revenue, 25000 per year) every quarter in USD"'
GIVEN = [
    "init",
    f"open a --party A --party B --dated 2025-01-01 --term 2025..2027 --pays {TERMS}",
    "report a revenue=100000 --period 2025-Q1 --currency USD --dated 2025-04-01",
    "report a revenue=240 --period 2025-Q2 --currency USD --dated 2025-07-01",
]
THIRD = "report a revenue=0 --period 2025-Q3 --currency USD --dated 2025-10-01"
LISTED = "a: before 2025-04-01 fell due, and is in no statement:\n  s, 2025-Q1, A -> B: 17,500.00 USD\n"


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reported")
    for command in GIVEN:
        assert deal(command, folder).exit_code == 0
    return folder


@pytest.fixture
def books(reported: Path, tmp_path: Path) -> Path:
    """Two quarters were reported, and none was stated."""
    return Path(shutil.copytree(reported, tmp_path / "books"))


@pytest.fixture
def skipped(books: Path) -> Path:
    """The second quarter was stated as a ledger of version 0.2.0 has it: nothing was decided of the first."""
    from ledger.application import Ledger
    from ledger.batch import Draft
    from ledger.calendar import parse_period
    from ledger.tree import root
    from projections.point import Point
    from projections.settlement.drafts import settle

    with Ledger(str(books / "deals.db"), "write") as ledger:
        head = ledger.entries.head()
        point = Point(ledger.today, None, head, root=root(ledger.database, head))
        drafts = settle("a", ledger.history("a"), parse_period("2025-Q2"), point, ledger.today)
        ledger.record([Draft("a", draft.statement) for draft in drafts], "Dana")
    return books


def told(command: str, folder: Path) -> dict:
    done = deal(f"{command} --json", folder)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def closing(command: str, folder: Path) -> str:
    [one] = told(command, folder)["statements"]
    return one["closing"]


def test_a_draft_lists_what_earlier_periods_came_to(books: Path) -> None:
    done = deal("settle 2025-Q2", books)
    assert (done.exit_code, "Closing balance  42.00" in done.stdout) == (0, True)
    assert done.stderr.endswith(
        LISTED + "Decide when you issue: --include-earlier states it, --settled-elsewhere REASON says where it was.\n"
    )
    [earlier] = told("settle 2025-Q2", books)["earlier"]
    assert (earlier["deal"], earlier["before"], earlier["pressing"], earlier["decided"]) == (
        "a", "2025-04-01", True, None
    )  # fmt: skip
    assert [(due["clause"], due["from"], due["through"], due["amount"]) for due in earlier["dues"]] == [
        ("s", "2025-01-01", "2025-03-31", "17500.00")
    ]


def test_a_first_statement_is_not_issued_before_somebody_has_decided(books: Path) -> None:
    done = deal("settle 2025-Q2 --issue", books)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "a is not settled: a has amounts of earlier periods that are in no statement: "
        "s, 2025-Q1, A -> B: 17,500.00 USD. Say what becomes of them: --include-earlier states them with this "
        "statement, --settled-elsewhere REASON records where they were settled.\n"
    )
    assert deal("statement", books).exit_code == 4


def test_earlier_periods_are_stated_with_the_first_statement(books: Path) -> None:
    done = deal("settle 2025-Q2 --issue --include-earlier --dated 2025-07-15", books)
    assert done.exit_code == 0
    assert done.stdout == (
        "Statement #4: a, 2025-Q2\n"
        "A to B, USD; all that is known, recorded by #3\n"
        "With what was due since 2025-01-01 and before 2025-04-01, and in no statement\n\n"
        "Opening balance             0.00\n"
        "s, 2025-Q2                 42.00\n"
        "    atleast(17.5% of revenue, 25000 per year) every quarter in USD (#1)\n"
        "      revenue = 240, as reported\n"
        "      minimum 25,000; nothing due now: 0\n"
        "True-up of s, 2025-Q1  17,500.00\n"
        "    not stated before, now 17,500.00\n"
        "    17,500.00 by #2 MeasureReported, dated 2025-04-01\n"
        "Closing balance        17,542.00\n"
    )
    assert deal("statement 4 --check", books).exit_code == 0
    assert "Earlier periods</dt><dd>With what was due since 2025-01-01" in deal("statement 4 --html", books).stdout
    assert told("statement 4", books)["earlier"] == {"before": "2025-04-01", "since": "2025-01-01", "elsewhere": None}
    deal("report a revenue=120000 --period 2025-Q1 --currency USD --restate", books)  # from then on it is trued up
    deal(THIRD, books)
    assert closing("settle 2025-Q3", books) == "21042.00"


def test_earlier_periods_were_settled_elsewhere_for_a_reason(books: Path) -> None:
    done = deal('settle 2025-Q2 --issue --settled-elsewhere "by hand, settled.xlsx"', books)
    assert done.exit_code == 0
    assert "What was due before 2025-04-01 was settled elsewhere: by hand, settled.xlsx\n" in done.stdout
    assert deal("statement 4 --check", books).exit_code == 0
    deal(THIRD, books)
    assert deal("settle 2025-Q3", books).stderr == "Issue it with: deal settle 2025-Q3 a --issue\n"
    assert closing("settle 2025-Q3", books) == "42.00"
    assert deal("settle 2025-Q1", books).stderr.endswith(
        "What was due before 2025-04-01 is in no statement, and was settled elsewhere ('by hand, settled.xlsx'). "
        "State it with the next statement: deal settle 2025-Q2 a --issue --include-earlier\n"
    )
    assert closing("settle 2025-Q3 --include-earlier", books) == "17542.00"  # a decision that was wrong


def test_a_ledger_that_skipped_a_quarter_has_a_way_back(skipped: Path) -> None:
    done = deal("settle 2025-Q1 --issue", skipped)
    assert (done.exit_code, done.stderr) == (1,
        "a is not settled: a is settled past 2025-Q1: #4 states 2025-Q2. What was due before 2025-04-01 is in no "
        "statement. State it with the next statement: deal settle 2025-Q2 a --issue --include-earlier\n",
    )  # fmt: skip
    deal(THIRD, skipped)
    assert LISTED in deal("settle 2025-Q3", skipped).stderr
    assert deal("settle 2025-Q3 --issue", skipped).exit_code == 1
    assert closing("settle 2025-Q2 --include-earlier", skipped) == "17542.00"  # in the place of the last one
    assert closing("settle 2025-Q3 --issue --include-earlier", skipped) == "17542.00"
    assert deal("statement 6 --check", skipped).exit_code == 0
    assert deal("statement 4 --check", skipped).exit_code == 0
    assert deal("verify", skipped).exit_code == 0


def test_the_refusal_names_a_period_that_can_be_stated(skipped: Path) -> None:
    deal("close 2025-Q2", skipped)
    deal(THIRD, skipped)
    remedy = deal("settle 2025-Q1", skipped).stderr.rsplit("deal ", 1)[1].strip()
    assert remedy == "settle 2025-Q3 a --issue --include-earlier"
    assert deal(remedy, skipped).exit_code == 0


def test_figures_that_come_later_for_earlier_periods_are_open_as_well(tmp_path: Path) -> None:
    for command in [*GIVEN[:2], GIVEN[3], "settle 2025-Q2 --issue", GIVEN[2], THIRD]:
        assert deal(command, tmp_path).exit_code == 0
    assert LISTED in deal("settle 2025-Q3", tmp_path).stderr
    assert deal("settle 2025-Q3 --issue", tmp_path).exit_code == 1
    assert closing("settle 2025-Q3 --issue --include-earlier", tmp_path) == "17542.00"


def test_amounts_without_figures_are_named_and_need_no_decision(tmp_path: Path) -> None:
    opening = 'open a --party A --party B --dated 2025-01-01 --pays "A -> B as fee: 500 every month"'
    for command in ("init", opening):
        assert deal(command, tmp_path).exit_code == 0
    done = deal("settle 2025-03 --issue --dated 2025-04-01", tmp_path)
    assert done.exit_code == 0
    assert done.stderr.endswith(
        "a: before 2025-03-01 fell due, and is in no statement:\n"
        "  fee, 2025-01, A -> B: 500.00 USD\n"
        "  fee, 2025-02, A -> B: 500.00 USD\n"
        "State it with: --include-earlier; or say where it was settled: --settled-elsewhere REASON\n"
    )
    assert closing("settle 2025-04 --include-earlier", tmp_path) == "2000.00"


def test_a_deal_that_has_to_decide_does_not_stop_the_rest(books: Path) -> None:
    deal('open b --party A --party B --dated 2025-04-01 --pays "A -> B as s: 10% of revenue every quarter"', books)
    deal("report b revenue=100 --period 2025-Q2", books)
    done = deal("settle 2025-Q2 --issue", books)
    assert done.exit_code == 1
    assert "1 statement issued. Print one again with: deal statement 6\n" in done.stderr


def test_a_decision_that_nothing_needs_is_said(tmp_path: Path) -> None:
    for command in GIVEN[:3]:
        deal(command, tmp_path)
    done = deal("settle 2025-Q1 --include-earlier", tmp_path)
    assert done.stderr.endswith("Nothing of earlier periods is open, so that there was nothing to decide.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--include-earlier --settled-elsewhere x", "Earlier periods are stated, or were settled elsewhere."),
        ("--settled-elsewhere ' '", "Say where they were settled:"),
    ],
)
def test_a_decision_is_one_of_two(words: str, said: str, books: Path) -> None:
    done = deal(f"settle 2025-Q2 {words}", books)
    assert (done.exit_code, said in done.stderr) == (2, True)
