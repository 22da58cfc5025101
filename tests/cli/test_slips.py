"""Slips of the hand that a finance person makes, and what she is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main


@pytest.fixture
def desk(tmp_path: Path):
    """A deal with 30 % to B from 2024 on, in a ledger of its own."""
    address = str(tmp_path / "deals.db")

    def deal(*words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--ledger", address])

    deal("init")
    opening = deal(
        *["open", "d", "--party", "A", "--party", "B", "--dated", "2024-01-01", "--term", "2024-01-01..2025-12-31"],
        *["--pays", "A -> B as s: 30% of sales every quarter"],
    )
    assert opening.exit_code == 0
    return deal


def test_a_factor_of_a_measure_is_a_share_like_a_percentage(desk) -> None:
    refused = desk("amend", "d", "--dated", "2024-02-01", "--pays", "A -> B as t: 0.8 of sales every quarter")
    assert refused.exit_code == 1
    assert "would add up to 110%" in refused.stderr
    assert desk("amend", "d", "--dated", "2024-02-01", "--pays", "A -> B as t: 20 of sales").exit_code == 1
    price = desk("amend", "d", "--dated", "2024-02-01", "--pays", "A -> B as power: 0.80 * kwh every month")
    assert price.exit_code == 0  # a price a unit is no share


def test_a_plan_corrected_after_its_adoption_says_what_still_stands(desk) -> None:
    desk("plan", "d", "--dated", "2024-02-01", "--pays", "A -> B as s: 58% of sales every quarter from 2024-07-01")
    desk("adopt", "d", "2", "--dated", "2024-03-01")
    corrected = desk(
        *["correct", "2", "--reason", "typo", "--pays", "A -> B as s: 35% of sales every quarter from 2024-07-01"]
    )
    hint = "#3 adopted the plan as it was entered and stands; correct it too if it is wrong.\n"
    assert (corrected.exit_code, hint in corrected.stderr) == (0, True)


def test_who_leaves_a_deal_may_still_be_named(desk) -> None:
    left = desk("partner", "leave", "d", "B", "--dated", "2024-06-01", "--through", "2024-06-30")
    hint = "B is still named after that day by: s. What ends, drop with: deal amend\n"
    assert (left.exit_code, hint in left.stderr) == (0, True)


def test_nothing_is_owed_after_the_term_in_words(desk) -> None:
    after = desk("quote", "--deal", "d", "-m", "sales[2030-Q1]=1m")
    assert (after.exit_code, after.stderr) == (
        4,
        "deal: No terms stand in the period asked about, and nothing is owed. See from when to when they stand with: "
        "deal show DEAL --on DAY\n",
    )


def test_an_extension_says_through_when_the_agreement_runs(desk) -> None:
    extended = desk("extend", "d", "--dated", "2024-11-01", "--through", "2027")
    assert "    the agreement runs through 2027-12-31\n" in extended.stderr
