"""Rounding by the deal's rule, and splitting that loses nothing."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import AmountTooLarge, NothingToSplitBy, UnknownCurrency, UnknownRounding
from ledger.money import minor_unit, plain, rounded, split

CENT = Decimal("0.01")


@pytest.mark.parametrize(
    ("rule", "positive", "negative"),
    [
        ("half up", "3834.17", "-3834.17"),
        ("half even", "3834.16", "-3834.16"),
        ("half down", "3834.16", "-3834.16"),
        ("up", "3834.17", "-3834.17"),
        ("down", "3834.16", "-3834.16"),
        ("ceiling", "3834.17", "-3834.16"),
        ("floor", "3834.16", "-3834.17"),
    ],
)
def test_rounding_follows_the_rule_on_both_sides_of_zero(rule: str, positive: str, negative: str) -> None:
    assert rounded(Decimal("3834.165"), CENT, rule) == Decimal(positive)
    assert rounded(Decimal("-3834.165"), CENT, rule) == Decimal(negative)


def test_rounding_to_another_unit() -> None:
    assert rounded(Decimal("12.37"), Decimal("0.05")) == Decimal("12.35")
    assert rounded(Decimal("1249.99"), Decimal(500)) == Decimal(1000)


def test_the_ambient_context_is_never_asked() -> None:
    with localcontext() as ambient:
        ambient.prec = 3
        assert rounded(Decimal("123456.785")) == Decimal("123456.79")
        assert split(Decimal("100000.01"), [Decimal(1), Decimal(1)]) == [
            Decimal("50000.01"),
            Decimal("50000.00"),
        ]


def test_minor_units_are_those_of_iso_4217() -> None:
    assert [minor_unit(c) for c in ("USD", "JPY", "KWD", "CLF")] == [
        Decimal("0.01"),
        Decimal(1),
        Decimal("0.001"),
        Decimal("0.0001"),
    ]


def test_refusals_of_money_are_sentences() -> None:
    with pytest.raises(UnknownCurrency) as currency:
        minor_unit("usd")
    assert str(currency.value) == (
        "'usd' is not a currency code. Write the three capital letters of ISO 4217, for example USD."
    )
    with pytest.raises(UnknownRounding) as rule:
        rounded(Decimal(1), CENT, "sideways")
    assert str(rule.value) == (
        "There is no rounding rule 'sideways'. Use one of half up, half even, half down, up, down, ceiling and floor."
    )
    with pytest.raises(NothingToSplitBy) as weights:
        split(Decimal(1), [Decimal(0)])
    assert str(weights.value) == (
        "An amount cannot be split: the weights add to zero, or one of them is negative. "
        "Give at least one weight above zero and none below."
    )
    with pytest.raises(AmountTooLarge):
        rounded(Decimal("1e70"))


def test_the_odd_cent_goes_to_the_largest_remainder_and_then_to_the_first() -> None:
    assert split(Decimal("100.00"), [Decimal(1), Decimal(1), Decimal(1)]) == [
        Decimal("33.34"),
        Decimal("33.33"),
        Decimal("33.33"),
    ]
    assert split(Decimal("0.05"), [Decimal(3), Decimal(7)]) == [Decimal("0.02"), Decimal("0.03")]
    assert split(Decimal("-0.05"), [Decimal(1), Decimal(1)]) == [Decimal("-0.03"), Decimal("-0.02")]


@given(
    st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    st.lists(st.integers(0, 1000).map(Decimal), min_size=1, max_size=8).filter(any),
)
def test_splitting_loses_nothing_and_favours_nobody_by_more_than_a_cent(
    amount: Decimal, weights: list[Decimal]
) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) < CENT


def test_plain_numbers_read_like_a_statement() -> None:
    assert [plain(Decimal(t)) for t in ("1250000", "0.0650", "1e3", "-12.50", "0.33333333333333")] == [
        "1,250,000",
        "0.065",
        "1,000",
        "-12.5",
        "0.3333333333…",
    ]
