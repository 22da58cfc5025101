"""What is missing is said once, in spans, and apart from what the terms themselves leave open."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cli.main import main
from ledger.calendar import add_months, months, named, parse_day
from ledger.computing.missing import joined, missing_text

START = parse_day("2021-01-01")

JOINED = [
    (["sales[kind = purchase] for 2021-07", "sales[kind = purchase] for 2021-08"],
     ["sales[kind = purchase] for 2021-07 to 2021-08"]),
    (["a for 2021-01", "b for 2021-01", "a for 2021-02", "a for 2021-04"], ["a for 2021-01 to 2021-02",
     "a for 2021-04", "b for 2021-01"]),
    (["a for 2021-01", "a for 2021-02", "a for 2021-03"], ["a for 2021-Q1"]),
    (["a for 2021-Q4", "a for 2022-Q1"], ["a for 2021-Q4 to 2022-Q1"]),
    (["a for 2021-01-15 to 2021-02-14", "a for 2021-02-15 to 2021-03-14"], ["a for 2021-01-15 to 2021-03-14"]),
    (["a for 2021-01-30", "a for 2021-01-31"], ["a for 2021-01-30 to 2021-01-31"]),
    (["a for 2021-01", "a for 2021-01"], ["a for 2021-01"]),
    (["a for all of 2021-01", "a for 2021-Q1 alone (it is reported for 2021)", "a before", "a from x"],
     ["a for all of 2021-01", "a for 2021-Q1 alone (it is reported for 2021)", "a before", "a from x"]),
]  # fmt: skip


@pytest.mark.parametrize(("names", "said"), JOINED)
def test_spans_that_follow_one_another_are_one(names: list[str], said: list[str]) -> None:
    assert joined(names) == said


@given(st.sets(st.integers(0, 30), min_size=1))
def test_no_month_is_lost_or_invented(numbers: set[int]) -> None:
    said = joined(f"a for {named(months(add_months(START, number), 1))}" for number in sorted(numbers, reverse=True))
    runs = [number for number in numbers if number - 1 not in numbers]
    assert len(said) == len(runs)
    for text, first in zip(said, sorted(runs), strict=True):
        last = next(number for number in range(first, 40) if number + 1 not in numbers)
        whole = named(months(add_months(START, first), last - first + 1))
        ends = [named(months(add_months(START, number), 1)) for number in (first, last)]
        assert text == f"a for {whole if ' ' not in whole else ' to '.join(ends)}"


def test_what_the_terms_leave_open_is_not_missing() -> None:
    assert missing_text(["unknown"]) == "not known by the terms: unknown"
    assert missing_text(["a for 2021", "unknown <= 10%", "about 20%"]) == (
        "missing: a for 2021; not known by the terms: unknown <= 10%; about 20%"
    )
    assert missing_text([]) == ""


def test_a_quotation_says_once_what_is_missing() -> None:
    words = ["quote", "a: total(s per year)", "f: total(s per year) every month", "-m", "s[2021-01]=1"]
    result = CliRunner().invoke(main, [*words, "-m", "s[2021-06]=1", "--from", "2021-01", "--through", "2021-06"])
    assert [line.partition("  missing: ")[2] for line in result.stdout.splitlines()] == [
        *["", "", "s for 2021-02", "as above", "s for 2021-02 to 2021-03", "as above"],
        *["s for 2021-02 to 2021-04", "as above", "s for 2021-02 to 2021-05", "as above", "as above", "as above"],
    ]
    assert result.stderr.startswith("deal: Not everything could be computed: s for 2021-02 to 2021-05. Report what")
