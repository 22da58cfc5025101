"""A ledger of version 0.2.0 opens, verifies and answers as it did: what its entries mean is kept with their schema."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from ledger.bookings import digest_of
from ledger.events import StatementIssued, decode
from ledger.exchange import drafts_of

FORMER = Path(__file__).parent / "former"
ASKED = [json.loads(line) for line in (FORMER / "answers.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory) -> str:
    """The file as version 0.2.0 left it, with its tables of answers."""
    path = tmp_path_factory.mktemp("former") / "deals.db"
    connection = sqlite3.connect(path)
    connection.executescript((FORMER / "ledger.sql").read_text())
    connection.close()
    return str(path)


def without_later(answer: Any, before: Any) -> Any:
    """The answer without the fields that came later."""
    if isinstance(answer, dict) and isinstance(before, dict):
        return {name: without_later(value, before[name]) for name, value in answer.items() if name in before}
    if isinstance(answer, list) and isinstance(before, list) and len(answer) == len(before):
        return [without_later(one, other) for one, other in zip(answer, before, strict=True)]
    return answer


@pytest.mark.parametrize("told", ASKED, ids=lambda told: " ".join(told["asked"]))
def test_a_former_ledger_answers_as_it_did(ledger, told):
    ran = CliRunner().invoke(main, [*told["asked"], "--ledger", ledger])
    assert ran.exit_code == told["code"], ran.output
    if "--json" in told["asked"]:
        answer = json.loads(ran.stdout) if ran.stdout.strip() else ""
        assert without_later(answer, told["answer"]) == told["answer"]
    else:
        former = [line.split(",") for line in told["answer"].splitlines()]
        assert [line.split(",")[: len(former[0])] for line in ran.stdout.splitlines()] == former


SAVED = [told for told in ASKED if told["asked"][0] in ("show", "share") and isinstance(told["answer"], dict)]


@pytest.mark.parametrize("told", SAVED[::4], ids=lambda told: " ".join(told["asked"]))
def test_an_answer_that_was_saved_then_is_still_what_the_entries_say(ledger, told, tmp_path):
    saved = tmp_path / "answer.json"
    saved.write_text(json.dumps(told["answer"]))
    ran = CliRunner().invoke(main, ["replay", "--answer", str(saved), "--ledger", ledger])
    assert ran.exit_code == 0, ran.output


KEYS = [
    "sha256:80bf75a151b8ea20e3c63548f70960f7:1",
    "sha256:bdbf4c4ac135e251baa088d2e43c13b9:1",
    "sha256:a6083a68a904b70b286bc9346e8ea4e1:1",
    "sha256:29cb5fdbd44a4b0f9ff8a621281b1ffe:1",
]


def test_a_file_that_was_recorded_then_is_still_recognised():
    assert [draft.key for draft in drafts_of(FORMER / "recorded.toml")] == KEYS


STATED = (
    '{"dated":"2025-04-02","from":"2025-03-01","through":"2025-03-31","payer":"A","payee":"B","currency":"USD",'
    '"position":2,"root":"KF4CYb+wWfJZ36NCW7zZrX98kJNMQM+8E2ypjNTdBlg=","opening":"0.00","closing":"560.00","dues":['
    '{"clause":"fee","payer":"A","payee":"B","from":"2025-03-01","through":"2025-03-31","terms":"7% of s every month",'
    '"entries":[1],"amount":"560.00","arithmetic":[{"depth":0,"text":"s = 8,000, as reported","kind":"base"},'
    '{"depth":0,"text":"7% of s = 7% of 8,000 = 560"}]}],'
    '"digest":"32f4e88b45b7261200c7322cf4c8d5f4247c8cd8c0aa56b4170b3531b662dea7"}'
)


def test_a_statement_that_was_issued_then_has_its_digest():
    """Its bytes are those of version 0.2.0: reading them at today's schema adds nothing that the digest is of."""
    statement = decode("StatementIssued", 1, STATED)
    assert isinstance(statement, StatementIssued)
    assert digest_of(statement) == statement.digest


def test_a_statement_of_then_verifies_though_other_rules_compute_it_now(tmp_path):
    """Version 0.2.0 counted a monthly fee once for each part of an amended month; the paper says so for ever."""
    path = tmp_path / "stated.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((FORMER / "stated.sql").read_text())
    verified = CliRunner().invoke(main, ["verify", "--ledger", str(path)])
    assert verified.exit_code == 0, verified.output
    checked = CliRunner().invoke(main, ["statement", "3", "--check", "--ledger", str(path)])
    assert checked.exit_code == 0
    assert checked.stdout == "#3 is as it was issued; an earlier version computed it by other rules.\n"
    assert '#3: its closing says "1000.00"; its entries say "500.00".' in checked.stderr
