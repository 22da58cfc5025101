"""What members get of what their pool is paid: to the cent, and never more than there is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import NotAPart
from ledger.events import Member, MemberPart
from ledger.parts import divided, read, together

CENT = Decimal("0.01")


def members(*parts: str | None) -> list[Member]:
    return [Member(start=date(2025, 1, 1), party=chr(65 + n), pool="p", part=part) for n, part in enumerate(parts)]


def amounts(amount: str, *parts: str | None, unit: Decimal = CENT) -> list[str | None]:
    found = divided(Decimal(amount), members(*parts), unit)
    bounds = [f"<= {one.at_most}" if one.at_most is not None else None for one in found]
    return [str(one.amount) if one.amount is not None else bound for one, bound in zip(found, bounds, strict=True)]


@pytest.mark.parametrize(
    ("text", "part"),
    [("60%", Fraction(3, 5)), ("12.5%", Fraction(1, 8)), ("1/3", Fraction(1, 3)), ("100%", 1), ("3/3", 1),
     ("0.000000000001%", Fraction(1, 10**14))],
)  # fmt: skip
def test_a_part_is_a_fraction(text, part):
    assert read(text) == part


@pytest.mark.parametrize("text", ["0%", "101%", "4/3", "1/0", "0/5", "60", "-5%", "1/3%", " 1/3", "0.5", "", "½"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(NotAPart) as refused:
        read(text)
    assert str(refused.value) == (
        f"'{text}' is not a part of a pool. Write 60%, 12.5% or 1/3: above nothing, at most the whole."
    )


@pytest.mark.parametrize(
    ("amount", "parts", "expected"),
    [
        ("100.00", ("1/3", "1/3", "1/3"), ["33.34", "33.33", "33.33"]),
        ("0.01", ("1/3", "1/3", "1/3"), ["0.01", "0.00", "0.00"]),
        ("0.02", ("1/6", "1/3", "1/2"), ["0.00", "0.01", "0.01"]),
        ("-100.00", ("1/3", "1/3", "1/3"), ["-33.34", "-33.33", "-33.33"]),
        ("100.00", ("60%", None), ["60.00", "<= 40.00"]),
        ("100.00", ("60%", None, None), ["60.00", "<= 40.00", "<= 40.00"]),
        ("100.00", ("60%", "40%", None), ["60.00", "40.00", "<= 0.00"]),
        ("100.00", ("60%",), ["60.00"]),
        ("-100.00", ("60%", None), ["-60.00", None]),
        ("100.00", (None,), ["<= 100.00"]),
        ("0.00", ("1/3", None), ["0.00", "<= 0.00"]),
    ],
)
def test_an_amount_is_divided(amount, parts, expected):
    assert amounts(amount, *parts) == expected


def test_yen_are_divided_whole():
    assert amounts("100", "1/3", "1/3", "1/3", unit=Decimal(1)) == ["34", "33", "33"]


@settings(derandomize=True, deadline=None)
@given(st.integers(-(10**12), 10**12), st.lists(st.integers(1, 997), min_size=1, max_size=7))
def test_nothing_is_lost_and_nobody_is_a_cent_away_from_the_part(cents, weights):
    whole = sum(weights)
    parts = [f"{weight}/{whole}" for weight in weights]
    amount = Decimal(cents).scaleb(-2)
    got = [one.amount for one in divided(amount, members(*parts), CENT)]
    assert sum(got) == amount
    for each, weight in zip(got, weights, strict=True):
        assert abs(Fraction(each) - Fraction(amount) * weight / whole) < Fraction(1, 100)


def test_parts_over_several_spans_are_added_member_by_member():
    def part(party: str, amount: str | None, at_most: str | None = None, part: str | None = "1/3") -> MemberPart:
        figures = [Decimal(text) if text else None for text in (amount, at_most)]
        return MemberPart(party=party, part=part, amount=figures[0], at_most=figures[1])

    first = [part("A", "1.00"), part("B", "2.00"), part("C", None, "4.00", None), part("D", None, None, None)]
    second = [part("A", "0.50"), part("B", "1.00", part="1/2"), part("C", "3.00"), part("D", "1.00"), part("E", "7.00")]
    assert together([first, second]) == (
        part("A", "1.50"),
        part("B", "3.00", part=None),
        part("C", None, "7.00", None),
        part("D", None, None, None),
        part("E", "7.00"),
    )
