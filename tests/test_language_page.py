"""The page of the language is run, and says everything that can be read."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from cli.main import main
from ledger.computing.sheet import read_line
from ledger.language import formula as f
from ledger.language import notation
from ledger.language.functions import FUNCTIONS
from ledger.language.reader import RESERVED
from ledger.language.terms import Flow
from ledger.money import ROUNDINGS

PAGE = (Path(__file__).parent.parent / "docs" / "language.md").read_text(encoding="utf-8")


class Example(NamedTuple):
    """A row of a table: the construct, its terms, what is reported (and other options), what it comes to."""

    construct: str
    terms: list[str]
    reported: list[str]
    amounts: str


def examples() -> Iterator[Example]:
    for row in re.findall(r"^\|(.+)\|$", PAGE, re.MULTILINE):
        construct, _, terms, reported, amounts = (cell.strip() for cell in row.split("|"))
        if "`" in terms:
            yield Example(construct, re.findall(r"`([^`]+)`", terms), re.findall(r"`([^`]+)`", reported), amounts)


EXAMPLES = list(examples())


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.construct for example in EXAMPLES])
def test_the_example_comes_to_what_the_page_says(example: Example) -> None:
    words = [w for told in example.reported for w in (told.split(" ", 1) if told[0] == "-" else ["-m", told])]
    result = CliRunner().invoke(main, ["quote", *example.terms, *words])
    last = read_line(example.terms[-1]).name
    cells = [re.split(r"  +", row) for row in result.stdout.splitlines() if not row.startswith(" ")]
    shown = [row[2] for row in cells if row[1] == last]
    known = shown[0][0].isdigit()
    assert [amount.replace(",", "") if known else amount for amount in shown] == (
        example.amounts.split(", ") if known else [example.amounts]
    ), result.output


def nodes() -> Iterator[f.Expr]:
    for example in EXAMPLES:
        for text in example.terms:
            for _, said in read_line(text).versions:
                yield from f.walk(said.expr if isinstance(said, Flow) else said)


def test_every_formula_that_there_is_has_an_example() -> None:
    kinds = {kind for kind in vars(f).values() if isinstance(kind, type) and issubclass(kind, f.Expr)}
    assert kinds - {type(node) for node in nodes()} == {f.Expr, f.Limited, f.AsStood}  # two bases, one never written


def test_every_operator_has_a_row() -> None:
    section = PAGE.partition("## Operators")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    assert set(rows) - {"not", "-x"} == f.OPERATORS
    assert {node.operator for node in nodes() if isinstance(node, f.Binary)} == f.OPERATORS


def test_every_function_has_a_row() -> None:
    rows = re.findall(r"^\| `([a-z]+)\(", PAGE, re.MULTILINE)
    assert set(rows) == set(FUNCTIONS)


def test_every_window_has_a_row() -> None:
    windows = [w for node in nodes() if (w := getattr(node, "window", None))]
    assert {w.unit for w in windows} == {*f.MONTHS, "life", "last"}
    assert any(w.contract for w in windows)
    assert any(w.anchor for w in windows)
    assert any(w.since for w in windows)
    every = [
        said.every for e in EXAMPLES for t in e.terms for _, said in read_line(t).versions if isinstance(said, Flow)
    ]
    assert {w.unit for w in every if w} == {*f.MONTHS, "once"}


WORDS = {"reserved": RESERVED, "roundings": ROUNDINGS, "adverbs": notation.ADVERBS, "scales": set(f.SCALES) - {""}}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_every_word_stands_on_the_page(words: set[str]) -> None:
    said = set(re.findall(r"`(?:rounded )?([^`]+)`", PAGE))
    units = {re.sub(r"^[\d._]+", "", word) for word in said}
    assert set(words) - said - units == set()


def test_every_modifier_of_a_flow_has_a_row() -> None:
    section = PAGE.partition("## How a flow is paid")[2].partition("\n## ")[0]
    assert {row.split()[0] for row in re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)} - set(notation.ADVERBS) == (
        notation.MODIFIERS
    )


def test_a_line_goes_on_where_the_next_one_starts_with_a_space(tmp_path: Path) -> None:
    sheet = tmp_path / "terms.txt"
    sheet.write_text("# a comment\nfee: 20% of revenue\n  every month\n")
    result = CliRunner().invoke(main, ["quote", "--file", str(sheet), "-m", "revenue[2025-01]=50"])
    assert result.stdout == "2025-01  fee  10.00  USD\n"


def test_a_definition_refers_to_itself_by_what_was_before() -> None:
    text = re.search(r"`(paid: [^`]+)`", PAGE)
    assert text
    words = ["quote", text[1], "paid_monthly: paid every month", "--csv", "-m", "x[2025-01]=5", "-m", "x[2025-02]=-3"]
    rows = csv.DictReader(CliRunner().invoke(main, words).stdout.splitlines())
    assert [row["amount"] for row in rows if row["line"] == "paid_monthly"] == ["5.00", "0.00"]
