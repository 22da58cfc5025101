"""What can be asked about a formula: what it needs, and whether it is a plain share."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.errors import ShareOutOfRange
from ledger.language import notation, terms


def test_a_formula_names_what_it_needs() -> None:
    flow = notation.parse('each(product: if met("launch") then a[territory = us] else b * a)')
    assert terms.measures(flow.expr) == ["a", "b"]
    assert terms.dimensions(flow.expr) == ["product", "territory"]
    assert terms.conditions(flow.expr) == ["launch"]


@pytest.mark.parametrize(
    ("text", "rate", "measure", "as_text"),
    [
        ("20% of revenue", "0.20", "revenue", "0.20"),
        ("12.5% of revenue every month", "0.125", "revenue", "0.125"),
        ("revenue * 7%", "0.07", "revenue", "0.07"),
        ("50% of 20% of revenue", "0.10", "revenue", "0.10"),
        ("100% of revenue / 4", "0.25", "revenue", "0.25"),
        ("20% of revenue[product = x]", "0.20", "revenue[product = x]", "0.20"),
        ("0.40 * kwh", "0.40", "kwh", None),
        ("revenue", "1", "revenue", None),
    ],
)
def test_a_flat_share_is_one_factor_of_one_measure(text: str, rate: str, measure: str, as_text: str | None) -> None:
    flow = notation.parse(text)
    assert terms.flat_share(flow) == terms.Flat(Decimal(rate), measure)
    assert terms.rate_text(flow) == as_text


@pytest.mark.parametrize(
    "text",
    ["5m", "20% of (a - b)", "tiers(a: 5% to 1, 6% above)", "unknown of a", "a * a", "5% / a", "a / 0"],
)
def test_anything_else_is_no_flat_share(text: str) -> None:
    assert terms.flat_share(notation.parse(text)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20% of a", (Decimal("0.20"), Decimal("0.20"), "exact", "a")),
        ("about 20% of a", (Decimal("0.20"), Decimal("0.20"), "about", "a")),
        ("unknown <= 10% of a", (None, Decimal("0.10"), "bounded", "a")),
        ("unknown >= 0% of a", (Decimal(0), None, "bounded", "a")),
        ("unknown of a", (None, None, "unknown", "a")),
        ("5m", None),
    ],
)
def test_share_bounds_tell_how_well_a_share_is_known(text: str, expected: object) -> None:
    assert terms.share_bounds(notation.parse(text)) == expected


def test_a_percentage_above_a_hundred_is_refused() -> None:
    with pytest.raises(ShareOutOfRange) as refusal:
        terms.check_shares(notation.parse("120% of revenue"))
    assert str(refusal.value) == (
        "A share of 120% of revenue is not between 0% and 100%. If a part flows the other way, name the "
        "payer and the payee the other way round; if the contract means a factor, write it as one: "
        "1.10 * revenue."
    )


@pytest.mark.parametrize("text", ["-5% of revenue", "unknown <= 110% of revenue", "about 101% of revenue"])
def test_so_are_negative_shares_and_bounds(text: str) -> None:
    with pytest.raises(ShareOutOfRange):
        terms.check_shares(notation.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        *["100% of a", "0% of a", "1.1 * costs", "5m", "unknown of a", "0.5 * 120% of a"],
        *["a * 36.50 * 50%", "50% of (a * 36.50)", "50% * a * 36.50", "20% of (10 * a)", "a / 0.01 * 5%"],
    ],
)
def test_shares_in_range_and_factors_pass(text: str) -> None:
    terms.check_shares(notation.parse(text))
