"""What is due on a day is payable so many days after that day, and not after the period's end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from cli.main import main
from ledger.application import Ledger
from ledger.batch import Draft as Entered
from ledger.bookings import digest_of
from ledger.events import StatementIssued
from ledger.figures import period
from ledger.tree import root
from projections.point import Point
from projections.settlement.drafts import settle
from projections.settlement.restated import differences


def opened(tmp_path: Path, *clauses: str) -> str:
    address = str(tmp_path / "deals.db")
    words = [word for text in clauses for word in ("--pays" if "->" in text else "--defines", text)]
    for command in (["init"], ["open", "a", "--party", "A", "--party", "B", "--dated", "2025-01-01", *words]):
        assert CliRunner().invoke(main, [*command, "--ledger", address]).exit_code == 0
    return address


def stated(ledger: Ledger, days: str) -> StatementIssued:
    head = ledger.entries.head()
    point = Point(date(2025, 7, 1), None, head, root=root(ledger.database, head))
    (draft,) = settle("a", ledger.history("a"), period(days), point, date(2025, 7, 1))
    return draft.statement


@pytest.mark.parametrize(
    ("clauses", "payable"),
    [
        (["A -> B as i: due(2025-02-01: 300) every quarter within 10 days"], "2025-02-11"),
        (["A -> B as i: due(2025-02-01: 300, 2025-04-01: 1) every quarter within 10 days"], "2025-02-11"),
        (["g: due(2025-02-01: 300)", "A -> B as i: 50% of g every quarter within 10 days"], "2025-02-11"),
        (["g: due(2025-02-01: 300)", "A -> B as i: g + due(2025-01-15: 1) every quarter within 0 days"], "2025-01-15"),
        (["A -> B as i: due(2025-02-01: 300) + 5 every quarter within 10 days"], "2025-04-10"),
        (["A -> B as i: 300 every quarter within 10 days"], "2025-04-10"),
        (["A -> B as i: due(2025-02-01: 300) every quarter"], None),
    ],
)
def test_the_days_to_pay_count_from_the_day_on_which_it_is_due(
    clauses: list[str], payable: str | None, tmp_path: Path
) -> None:
    with Ledger(opened(tmp_path, *clauses), "read") as ledger:
        (due,) = stated(ledger, "2025-Q1").dues
    assert due.payable == (date.fromisoformat(payable) if payable else None)


def test_amounts_of_several_days_are_payable_apart_and_a_note_says_so(tmp_path: Path) -> None:
    clause = "A -> B as i: due(2025-02-01: 300, 2025-03-01: 100) every quarter within 10 days"
    with Ledger(opened(tmp_path, clause), "read") as ledger:
        (due,) = stated(ledger, "2025-Q1").dues
    assert due.payable == date(2025, 2, 11)
    assert due.notes == (
        "it falls due on 2025-02-01 and 2025-03-01; each amount is payable within 10 days of its own day",
    )


@pytest.mark.parametrize(("day", "differs"), [("2025-04-10", False), ("2025-02-11", False), ("2025-02-12", True)])
def test_a_statement_of_an_earlier_version_still_says_what_its_entries_say(
    day: str, differs: bool, tmp_path: Path
) -> None:
    address = opened(tmp_path, "A -> B as i: due(2025-02-01: 300) every quarter within 10 days")
    with Ledger(address, "write") as ledger:
        told = stated(ledger, "2025-Q1")
        told = replace(told, dues=(replace(told.dues[0], payable=date.fromisoformat(day)),))
        told = replace(told, digest=digest_of(told))
        ledger.record([Entered("a", told)], "test")
        assert bool(differences(ledger, "2")[1]) is differs
