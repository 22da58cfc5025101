"""What is known about OpenAI and Microsoft, asked of the demo's ledger through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main

OF = "openai-microsoft"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    assert CliRunner().invoke(main, ["demo", "--ledger", str(path)]).exit_code == 0
    return path


def ask(ledger: Path, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(main, [*arguments, "--json", "--ledger", str(ledger)])
    assert done.exit_code == exit_code, done.stderr
    return json.loads(done.stdout)


def clauses(ledger: Path, on: str, known: str, *more: str, exit_code: int = 0) -> dict[str, dict[str, Any]]:
    answer = ask(ledger, "show", OF, "--on", on, "--known", known, *more, exit_code=exit_code)
    return {clause["key"]: clause for clause in answer["clauses"]}


def picked(clause: dict[str, Any], *names: str) -> list[Any]:
    return [clause[name] for name in names]


def test_the_rate_in_force_in_may_2025_is_20_percent_as_reported_through_2030(ledger):
    share = clauses(ledger, "2025-05-05", "2025-05-08")["revenue_share"]
    assert picked(share, "payer", "payee", "rate", "through", "evidence", "standing") == [
        "OpenAI", "Microsoft", "0.20", "2030-12-31", "reported", "interim",
    ]  # fmt: skip


def test_on_the_last_day_the_contract_says_20_and_the_plan_10_for_all_commercial_partners(ledger):
    contract = clauses(ledger, "2030-12-31", "2025-05-08")["revenue_share"]
    assert picked(contract, "payee", "rate", "standing") == ["Microsoft", "0.20", "interim"]
    planned = clauses(ledger, "2030-12-31", "2025-05-08", "--planned")["revenue_share"]
    assert picked(planned, "payee", "rate", "standing") == ["commercial partners", "0.10", "planned"]


def test_microsofts_own_planned_rate_is_unknown_and_at_most_10_percent(ledger):
    for asked in (["show", OF], ["share", "--deal", OF, "--party", "Microsoft"]):
        answer = ask(ledger, *asked, "--on", "2030-12-31", "--known", "2025-05-08", "--planned")
        rows = answer.get("rows") or answer["clauses"]
        [planned] = [row for row in rows if row["key"] == "revenue_share"]
        assert planned["members"] == [{"party": "Microsoft", "rate": None, "at_most": "0.10"}]


def test_the_planned_rate_between_is_unknown_since_no_path_was_published(ledger):
    share = clauses(ledger, "2027-12-31", "2025-05-08", "--planned")["revenue_share"]
    assert picked(share, "rate", "at_most", "terms", "standing") == [None, None, "unknown of revenue", "planned"]


def test_three_days_before_it_was_published_no_plan_was_known(ledger):
    laid_over = clauses(ledger, "2030-12-31", "2025-05-05", "--planned")
    assert laid_over == clauses(ledger, "2030-12-31", "2025-05-05")
    assert "planned" not in {clause["standing"] for clause in laid_over.values()}


def test_nothing_is_owed_after_2030(ledger):
    assert clauses(ledger, "2031-06-30", "2025-05-08", exit_code=4) == {}
    assert ask(ledger, "share", "--on", "2031-06-30", "--known", "2025-05-08", exit_code=4)["rows"] == []


@pytest.mark.parametrize(
    ("on", "known", "text"),
    [
        ("2025-01-20", "2025-05-08", "exclusive provider of OpenAI's computing capacity"),
        ("2025-02-01", "2025-05-08", "right of first refusal on new computing capacity"),
        ("2025-02-01", "2025-01-20", "exclusive provider of OpenAI's computing capacity"),
    ],
)
def test_microsofts_right_to_new_computing_capacity(on, known, text, ledger):
    right = clauses(ledger, on, known)["compute"]
    assert picked(right, "kind", "holder", "text") == ["right", "Microsoft", text]


def test_the_demo_told_again_records_nothing_twice(ledger):
    before = ask(ledger, "log")["entries"]
    done = CliRunner().invoke(main, ["demo", "--ledger", str(ledger)])
    assert done.exit_code == 0
    assert ask(ledger, "log")["entries"] == before
