"""Rounding by the deal's rule, and splitting that loses nothing."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import AmountTooLarge, NothingToSplitBy, UnknownCurrency, UnknownRounding
from ledger.money import EXACT, in_full, minor_unit, plain, rounded, split

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


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("1250000", "1,250,000"),
        ("0.0650", "0.065"),
        ("1e3", "1,000"),
        ("-12.50", "-12.5"),
        ("42.05305282500", "42.053052825"),  # eleven places, of which ten say something
        ("0E-12", "0"),
        ("700000.000000000000", "700,000"),
        ("-0.00", "0"),
    ],
)
def test_an_exact_number_is_shown_as_exact(number: str, shown: str) -> None:
    assert plain(Decimal(number)) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("0.33333333333333", "0.3333333333…"),
        ("0.66666666666666", "0.6666666666…"),
        ("2999.99999999999999", "2,999.9999999999…"),
        ("-0.5000000000001", "-0.5000000000…"),
        ("1E-57", "0.0000000000…"),
    ],
)
def test_a_number_that_goes_on_is_cut_at_ten_places_and_says_so(number: str, shown: str) -> None:
    assert plain(Decimal(number)) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_what_is_shown_without_an_ellipsis_is_the_number(number: Decimal) -> None:
    shown = plain(number)
    if not shown.endswith("…"):
        assert Decimal(shown.replace(",", "")) == number
    else:
        cut = Decimal(shown[:-1].replace(",", ""))
        size, least = number.copy_abs(), cut.copy_abs()
        assert least < size < EXACT.add(least, Decimal("1e-10"))


@pytest.mark.parametrize("rule", ["half up", "half even", "half down", "down", "ceiling"])
def test_nothing_is_owed_without_a_sign(rule: str) -> None:
    assert str(rounded(Decimal("-0.0005"), CENT, rule)) == "0.00"
    assert str(rounded(Decimal("-0.01"), Decimal("0.05"), "half up")) == "0.00"
    assert in_full(Decimal("-0.00")) == "0.00"


def test_splitting_a_debt_leaves_no_signed_zero() -> None:
    assert [str(part) for part in split(Decimal("-0.01"), [Decimal(1), Decimal(1)])] == ["-0.01", "0.00"]
