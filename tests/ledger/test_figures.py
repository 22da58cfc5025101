"""Figures and periods as people write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.calendar import Span, parse_period
from ledger.errors import NameIsAWord, NoSuchDay, NotAMeasure, NotAnAmount, NotAPeriod, SpanEndsBeforeItStarts
from ledger.figures import Written, period, plain, read

Q1 = parse_period("2025-Q1")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("revenue=60m", Written("revenue", Decimal(60_000_000), None, (), None)),
        ("revenue = 1_200_000.50", Written("revenue", Decimal("1200000.50"), None, (), None)),
        ("revenue[2025-Q1]=12m", Written("revenue", Decimal(12_000_000), Q1, (), None)),
        ("revenue[2025-Q1, product=api]=3 EUR", Written("revenue", Decimal(3), Q1, (("product", "api"),), "EUR")),
        ("revenue[b=2, a=1]=1", Written("revenue", Decimal(1), None, (("a", "1"), ("b", "2")), None)),
        ('revenue[ product = "Pro Suite" ]=1', Written("revenue", Decimal(1), None, (("product", "Pro Suite"),), None)),
        ("売上[2025-Q1]=5 JPY", Written("売上", Decimal(5), Q1, (), "JPY")),
        ("revenue[]=0", Written("revenue", Decimal(0), None, (), None)),
        ("  revenue  =  1   USD ", Written("revenue", Decimal(1), None, (), "USD")),
        ("returns=-250.25", Written("returns", Decimal("-250.25"), None, (), None)),
    ],
)  # fmt: skip
def test_a_figure_is_read(text, written):
    assert read(text) == written


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("revenue", NotAMeasure("revenue")),
        ("=5", NotAMeasure("=5")),
        ("1st=5", NotAMeasure("1st=5")),
        ("revenue[2025-Q1, 2025-Q2]=5", NotAMeasure("revenue[2025-Q1, 2025-Q2]=5")),
        ("revenue[soon]=5", NotAPeriod("soon")),
        ("revenue[2025-02-30]=5", NoSuchDay("2025-02-30")),
        ("revenue=five", NotAnAmount("five")),
        ("revenue=5 usd", NotAnAmount("5 usd")),
        ("revenue=1,200", NotAnAmount("1,200")),
    ],
)
def test_a_text_that_is_no_figure_says_why(text, refusal):
    with pytest.raises(type(refusal)) as refused:
        read(text)
    assert str(refused.value) == str(refusal)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2025-Q1", Q1),
        ("2025-01-15..2025-02-14", Span(date(2025, 1, 15), date(2025, 2, 15))),
        ("2025-01..2025-03", Q1),
        ("2025-01-15..2025-01-15", Span(date(2025, 1, 15), date(2025, 1, 16))),
        (" 2024-Q4 .. 2025 ", Span(date(2024, 10, 1), date(2026, 1, 1))),
        ("2025-01-01..today", Span(date(2025, 1, 1), date(2025, 5, 7))),
    ],
)
def test_a_period_is_read(text, days):
    assert period(text, date(2025, 5, 6)) == days


def test_a_period_does_not_end_before_it_starts():
    with pytest.raises(SpanEndsBeforeItStarts) as refused:
        period("2025-Q2..2025-03-31")
    assert str(refused.value) == (
        "The period starts on 2025-Q2 and ends before that, on 2025-03-31. Give a last day that is the first day or "
        "later."
    )


def test_equal_figures_are_equal_texts():
    assert str(plain(Decimal("1.2E+6"))) == str(read("revenue=1.2m").amount.quantize(Decimal(1))) == "1200000"
    assert str(read("revenue=1tn").amount) == "1000000000000"


def test_a_measure_is_not_named_by_a_word_of_the_notation() -> None:
    with pytest.raises(NameIsAWord) as refusal:
        read("under[2025-Q1]=3")
    assert str(refusal.value) == (
        "'under' is a word of the notation, so that no formula could refer to it. Give it another name, for example "
        "under_amount."
    )
