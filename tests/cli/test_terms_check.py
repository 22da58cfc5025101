"""`terms check`, `open` and `quote` accept and refuse the same texts; `terms check` reads every kind of clause."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main


def deal(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture
def opened(tmp_path: Path):
    """Whether `open` takes these clauses."""
    address = str(tmp_path / "deals.db")
    deal("init", "--ledger", address)
    count = iter(range(100))

    def open_(*texts: str) -> Result:
        words = [word for text in texts for word in ("--pays" if "->" in text else "--defines", text)]
        head = ["open", f"d{next(count)}", "--party", "A", "--party", "B", "--party", "C", "--dated", "2025-01-01"]
        return deal(*head, *words, "--ledger", address)

    return open_


FIGURES = [word for name in ("sales", "trx", "units") for word in ("-m", f"{name}[2025-01]=2000")]

LEGAL = [
    ("A -> B as fee: trx * 36.50 * 50% every month", "36,500.00"),
    ("A -> B as fee: 50% of (trx * 36.50) every month", "36,500.00"),
    ("A -> B as fee: 50% * trx * 36.50 every month", "36,500.00"),
    ("A -> B as fee: 20% of (10 * units) every month", "4,000.00"),
    ("A -> B as fee: units * 10 * 20% every month", "4,000.00"),
    ("A -> B as fee: 1.10 * sales every month", "2,200.00"),
    ("A -> B as fee: 5% of sales every month from 2025-01-01 through 2025-06-30", "100.00"),
    ("A -> B as fee: 5% of sales every month until launch", "100.00"),
    ('A -> B as fee: 5% of sales every month until "the panel has verified it" survives', "100.00"),
]


@pytest.mark.parametrize(("text", "amount"), LEGAL, ids=[text for text, _ in LEGAL])
def test_what_one_accepts_all_accept(opened, text: str, amount: str) -> None:
    assert opened(text).exit_code == 0
    assert deal("terms", "check", text).exit_code == 0
    quoted = deal("quote", text, "--period", "2025-01", *FIGURES)
    assert (quoted.exit_code, amount in quoted.stdout) == (0, True)


REFUSED = [
    (("A -> B as fee: 120% of sales every month",), "A share of 120% of sales is not between 0% and 100%."),
    (("A -> B as fee: -5% of sales every month",), "A share of -5% of sales is not between 0% and 100%."),
    (("A -> B as fee: 120% of (10 * units) every month",), "A share of 120% of units is not between"),
    (("A -> B as fee: 250bn of services every month",), "if it is a promise and no payment, enter it with --commits."),
    (("a: b + 1", "b: a + 1"), "The terms go round in a circle: a needs b needs a."),
    (("a: b + sales", "A -> B as b: 5% of a every month"), "The terms go round in a circle: "),
    (("a: a + 1",), "The terms go round in a circle: a needs a."),
    (("above: 5% of sales",), "expected another name: 'above' is a word of the notation."),
    (("unknown: sales - 10",), "expected another name: 'unknown' is a word of the notation."),
    (("A -> B as over: 5% of sales every month",), "expected another name: 'over' is a word of the notation."),
    (("A -> B as fee: 5% of sales every month", "A -> C as fee: 6% of sales every month"), "'fee'"),
    (("A -> B as fee: 5% of sales from 2025-02-01", "A -> B as fee: 6% of sales from 2025-01-01"),
     "One instrument sets 'fee' twice for 2025-02-01."),
    (("A -> A as fee: 5% of sales every month",), "'A' cannot pay itself."),
    (("A -> B as fee: 5% of sales every week",), "weeks cannot be said"),
    (("A -> B as fee: 5% of sales from 2025-03 through 2025-02",), "The span of 'fee' starts on 2025-03-01"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "sentence"), REFUSED, ids=[" & ".join(texts) for texts, _ in REFUSED])
def test_what_one_refuses_all_refuse(opened, texts: tuple[str, ...], sentence: str) -> None:
    for result in (opened(*texts), deal("terms", "check", *texts), deal("quote", *texts, *FIGURES)):
        assert (result.exit_code, sentence in result.stderr) == (1, True), result.stderr


def test_a_name_that_was_paid_before_is_no_circle(opened) -> None:
    texts = ("shareable: max(0, total(sales per life) - prior(shareable per life))",)
    assert opened(*texts).exit_code == 0
    assert deal("terms", "check", *texts).exit_code == 0


def test_a_circle_that_an_amendment_would_close_is_refused(tmp_path: Path) -> None:
    address = str(tmp_path / "deals.db")
    deal("init", "--ledger", address)
    opening = ("open", "d", "--party", "A", "--dated", "2025-01-01", "--defines", "a: b + 1", "--defines", "b: sales")
    assert deal(*opening, "--ledger", address).exit_code == 0
    amend = ("amend", "d", "--dated", "2025-02-01", "--defines")
    refused = deal(*amend, "b: a from 2025-03-01", "--ledger", address)
    assert (refused.exit_code, refused.stderr) == (
        1,
        "deal: The terms go round in a circle: b needs a needs b. Let one of them refer to what was before this "
        "period: prior(... per life).\n",
    )
    assert deal(*amend, "b: sales - 1", "--ledger", address).exit_code == 0


def test_steps_of_one_clause_follow_one_another(opened) -> None:
    texts = ("f: 1 through 2025-01-31", "f: 2 from 2025-02-01", "A -> B as fee: f * sales every month")
    assert opened(*texts).exit_code == 0
    assert deal("terms", "check", *texts).exit_code == 0
    quoted = deal("quote", *texts, "-m", "sales[2025-01]=10", "-m", "sales[2025-02]=10")
    assert [row.split()[2] for row in quoted.stdout.splitlines() if "fee" in row] == ["10.00", "20.00"]


def test_a_quoted_clause_ends_when_its_condition_is_met() -> None:
    words = ["quote", "f: 5% of sales every month until launch", "-m", "sales[2025-01]=100", "-m", "sales[2025-02]=100"]
    assert "2025-02" in deal(*words).stdout
    assert deal(*words, "--met", "launch=2025-02-01").stdout == "2025-01  f  5.00  USD\n"


def test_a_word_of_the_notation_names_no_clause_that_comes_without_a_text(tmp_path: Path) -> None:
    address, lines = str(tmp_path / "deals.db"), tmp_path / "lines.jsonl"
    deal("init", "--ledger", address)
    clause = {"kind": "defines", "from": "2025-01-01", "name": "above", "terms": "5% of sales"}
    data = {"dated": "2025-01-01", "title": "d", "parties": ["A"], "clauses": [clause]}
    lines.write_text(json.dumps({"deal": "d", "event": "DealOpened", "schema": 1, "key": "k", "data": data}))
    refused = deal("record", str(lines), "--ledger", address)
    assert refused.exit_code == 1
    assert (
        "'above' is a word of the notation, so that no formula could refer to it. "
        "Give it another name, for example above_amount."
    ) in refused.stderr


def test_every_kind_of_clause_is_read() -> None:
    result = deal(
        "terms", "check", "A -> B as c: 5% of x monthly from 2025-01 until launch", "X as compute: right of refusal",
        "HPS <-> SHPS from 2025", "--commits", "A -> B: 250bn of services", "--pool", "p: M, O 40%", "--term",
        "2025..2026", "--drop", "fee from 2026", "--right", "Z: audit once a year survives",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert result.stdout == (
        "A -> B as c: 5% of x every month from 2025-01-01 until launch\n"
        "  needs       x\n"
        "  computable  yes\n"
        "X as compute: right of refusal\n"
        "  reads as    a right: what it says is kept as text\n"
        "HPS <-> SHPS from 2025-01-01\n"
        "  reads as    what the two owe each other is set off\n"
        "Z: audit once a year survives\n"
        "  reads as    a right: what it says is kept as text\n"
        "A -> B: 250bn of services\n"
        "  reads as    a promise: what it says is kept as text\n"
        "fee from 2026-01-01\n"
        "  reads as    the end of the clause of that key\n"
        "p: M, O 40%\n"
        "  reads as    a pool and its first members\n"
        "2025-01-01..2026-12-31\n"
        "  reads as    how long the agreement runs\n"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--nets", "A -> B"), "'A -> B' does not say who set off what they owe each other."),
        (("--term", "forever"), "'forever' is not a day or a period."),
        (("--right", "X as compute:"), "expected what the right is."),
        (("--pool", "p: M 140%"), "140%"),
        (("A -> A as f: 5% of x",), "'A' cannot pay itself."),
    ],
)
def test_what_is_no_formula_is_checked_as_well(words: tuple[str, ...], sentence: str) -> None:
    result = deal("terms", "check", *words)
    assert (result.exit_code > 0, sentence in result.stderr) == (True, True), result.stderr


def test_what_is_defined_beside_it_needs_no_report() -> None:
    texts = ("net: gross - returns", "A -> B as f: 5% of net every month from 2025-01-01")
    rows = json.loads(deal("terms", "check", *texts, "--json").stdout)["rows"]
    assert [row["measures"] for row in rows] == [["gross", "returns"], []]
    assert (rows[1]["from"], rows[1]["through"], rows[1]["until"], rows[1]["survives"]) == (
        "2025-01-01",
        None,
        None,
        False,
    )
