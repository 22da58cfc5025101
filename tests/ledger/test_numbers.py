"""Bounds hold: whatever an unknown number turns out to be, the result lies between the bounds that were given."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.computing import numbers
from ledger.computing.numbers import Uncertain, missing
from tests.cases.reports import by_period, run

FORMULAS = [
    "U * x - y / (U + 1)",
    "max(U, x) - min(U, y) + abs(U - x)",
    "if U > y then x * U else x - U",
    "if U >= y and not U < 3 or x = U then U else -U",
    "tiers(U * x: 5% to 100, 7% to 300, 9% above)",
    "tiers(x: U to 30, 2 * U to 60, 10% above)",
    "band(U: 1 under 5, 2 to 20, 3 above) * x",
    "cap(U * x, 400 per life) + atleast(U, 60 per quarter)",
    "recoup(U * x, y per year) + excess(x over U) - recoup(x, U per year)",
    "increase(min(total(U * x per year), 300))",
    "floor(U / 3) - ceiling(U / 7)",
    "tiers(U * x per year: 5% to 100, 7% to 300, 9% above)",
    "prior(U * x per life) - total(U per last 2 months)",
]
values = st.integers(0, 60)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(FORMULAS), values, values, st.lists(st.tuples(values, values), min_size=3, max_size=3), st.data()
)
def test_the_truth_lies_between_the_bounds(
    formula: str, a: int, b: int, figures: list[tuple[int, int]], data: st.DataObject
) -> None:
    low, high = sorted((a, b))
    truth = data.draw(st.integers(low, high))
    measures = by_period(["2025-01", "2025-02", "2025-03"], x=[x for x, _ in figures], y=[y for _, y in figures])
    bounded = run(f"{formula.replace('U', f'(unknown from {low} to {high})')} every month", measures)
    exact = run(f"{formula.replace('U', str(truth))} every month", measures)
    for open_, known in zip(bounded, exact, strict=True):
        assert isinstance(known.exact, Decimal)
        assert numbers.low(open_.exact) <= known.exact <= numbers.high(open_.exact)


def test_the_bounds_of_a_quotient_are_quotients() -> None:
    whole = numbers.divide(Uncertain(("u",), Decimal(22), Decimal(27)), Decimal(3), "by zero")
    assert numbers.high(whole) == Decimal(9)
    open_end = numbers.divide(Uncertain(("u",), Decimal(-6)), Decimal(-3), "by zero")
    assert (numbers.low(open_end), numbers.high(open_end)) == (numbers.MINUS_INFINITE, Decimal(2))


def test_bounds_that_meet_are_a_number_unless_it_was_refused() -> None:
    seven = numbers.larger(numbers.smaller(Uncertain(("u",)), Decimal(7)), Decimal(7))
    assert seven == Decimal(7)
    assert isinstance(numbers.multiply(missing("x for 2025"), Decimal(0)), Uncertain)


def test_what_is_missing_of_a_part_is_missing_of_the_whole_and_named_once() -> None:
    whole = numbers.add(numbers.add(missing("a"), missing("b")), missing("a"))
    assert isinstance(whole, Uncertain)
    assert whole.missing == ("a", "b")
