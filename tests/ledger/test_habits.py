"""What people write from habit is answered with how it is said here, at its place."""

from __future__ import annotations

import pytest

from ledger.computing.sheet import read_line
from ledger.errors import NotationError, Refusal
from ledger.language import notation

HABITS = [
    ("5% of x every week", "a period of days or of months; weeks cannot be said, so report by day", "every day"),
    ("5% of x every 4 weeks", "a period of days or of months; weeks cannot be said, so report by day", "every day"),
    ("total(x per week)", "a period of days or of months; weeks cannot be said, so report by day", "every day"),
    ("5% of x every 3 months", "'quarter' for 3 months", "every quarter"),
    ("5% of x every 6 months", "'half-year' for 6 months", "every half-year"),
    ("total(x per 12 months)", "'year' for 12 months", "total(revenue per year)"),
    ("5% of x every year by the 15th", "a number of days: those after the period's end, within which it is paid",
     "within 15 days"),
    ("5% of x every year in advance", "a currency's three capital letters, and not 'advance'", "in EUR"),
    ('5% of x while met("law")', "if ... then ... else ... for a condition", "if met("),
    ("5m once when x > 3", "'once' before an amount that is due when a condition holds", "once 5m when"),
    ("5% of x every quarter until AGI is verified", "one word for the condition after 'until', or its words in double "
     "quotes", 'until "the panel'),
    ("5% of x survives every year", "a clause's days at its end: from, through, until and survives, in this order",
     "from 2025-01-01"),
    ("the greater of 5% of x and 3000", "max(a, b) for the greater of the two", "max("),
    ("the lesser of 5% of x and 3000", "min(a, b) for the lesser of the two", "min("),
    ("5% of x less returns", "'-' for a difference", "gross - returns"),
    ("max(x less y, 3)", "'-' for a difference", "gross - returns"),
    ("10 percent of s", "'%' for percent", "10% of"),
    ("10 per cent of s", "'%' for percent", "10% of"),
    ("25 bp", "a percentage: 25 basis points are 0.25%", "0.25%"),
    ("5% of Net Sales", "one word for a name, with _ between its parts", "net_sales"),
    ("5% of x, minimum 700", "atleast(a, b) for a minimum", "atleast("),
    ("5% of x, but not more than 700", "cap(a, b) for a maximum", "cap("),
    ("5% of x up to 100", "cap(a, b) for a maximum", "cap("),
    ("average(net_assets)", "a function that there is; an average by day is the sum by day over the days",
     "each(day: last("),
    ("round(x)", "'rounded' after the formula", "rounded half even"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expected", "example"), HABITS, ids=[habit[0] for habit in HABITS])
def test_what_is_written_from_habit_is_answered_with_how_it_is_said(written: str, expected: str, example: str) -> None:
    with pytest.raises(NotationError) as refusal:
        read_line(written)
    assert refusal.value.expected == expected
    assert example in refusal.value.example
    read_line(refusal.value.example)


@pytest.mark.parametrize("word", ["above", "under", "over", "to", "of", "per", "if", "not", "unknown", "about"])
def test_a_word_of_the_notation_cannot_be_defined(word: str) -> None:
    for text in (f"{word}: 5% of sales", f"A -> B as {word}: 5% of sales", f"{word}: 5% of sales every month"):
        with pytest.raises(NotationError) as refusal:
            read_line(text)
        assert refusal.value.expected == f"another name: '{word}' is a word of the notation"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1e15", "1000000000000000"),
        ("1.2E-05", "0.000012"),
        ("1,000,000.00", "1_000_000.00"),
        ("1,000,000", "1_000_000"),
        ("(500)", "-500"),
        ("$5", "5"),
        ("-$5", "-5"),
        ("USD 5", "5"),
        ("($1,234.50)", "-1_234.50"),
    ],
)
def test_an_amount_in_another_form_is_answered_with_the_amount_that_is_read(written: str, meant: str) -> None:
    refusal = _refused(written)
    assert str(refusal).endswith(f" 1_200_000.50, 20%. Did you mean {meant}?")
    notation.parse_amount(meant)


@pytest.mark.parametrize("written", ["1,500", "1,5", "one", "", "1e999999999", "1.000.000"])
def test_an_amount_that_could_be_two_is_not_guessed(written: str) -> None:
    assert str(_refused(written)).endswith(" 1_200_000.50, 20%.")


def test_an_amount_of_too_many_digits_is_told_so() -> None:
    assert str(_refused("1" + 30 * "0")) == (
        "'1000000000000000000000000000000' has 31 digits, and an amount has at most 30. Round it, or write k, m, bn or "
        "tn for its zeros: 1.25bn."
    )


def _refused(written: str) -> Exception:
    with pytest.raises(Refusal) as refusal:
        notation.parse_amount(written)
    return refusal.value
