"""The notation reads what contracts say, prints it back the same, and points at what it cannot read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import NotationError
from ledger.language import notation
from ledger.language.functions import FUNCTIONS
from tests.ledger import formulas

CANONICAL = [
    "20% of revenue every quarter",
    "unknown of revenue",
    "unknown <= 10% of revenue",
    "unknown from 5% to 10% of revenue",
    "about 20% of revenue",
    "tiers(net_sales per year: 6.5% to 750m, 8% to 1.25bn, 9% to 2.25bn, 10% above) every quarter",
    "band(last(subscribers): 6.25% to 5000, 6.75% under 7500, 7% above) of gross every quarter",
    "gross - min(discounts, 5% of gross) - min(returns, 5% of gross)",
    "cap(5% of fair_market_value, 40m per life) every year",
    "recoup(10% of net_sales, due(2013-07-23: 500k, 2013-10-01: 500k) per contract year) every quarter",
    "tiers(revenue since 2018-10-01: 70% to 10m, 75% to 50m, 80% above)",
    "each(product: tiers(revenue per year since 2025-06-01: 100% to 1m, 88% above)) every month",
    "excess(ebit over on(2019-01-01: 40m)) * 50% every year from 07-01",
    'if met("launch") and not subscribers > 5000 then a else b + c',
    "(if units > 100 then 6% else 5%) of revenue",
    "5_000_000 once within 30 days rounded half even to 0.001 in EUR",
    "a - (b - c) * -d ^ 2",
    'revenue[product = roundup-365, territory != us or "New York"]',
    "atleast(20% of total(revenue per last 12 months), 3m per half-year)",
    "10k * 1.03 ^ (number(contract year) - 1) * days() / days(year)",
]


@pytest.mark.parametrize("text", CANONICAL)
def test_canonical_text_is_printed_back_as_it_was_read(text: str) -> None:
    assert notation.format(notation.parse(text)) == text


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("20 % of revenue quarterly", "20% of revenue every quarter"),
        ("20%   of\n revenue per month", "20% of revenue every month"),
        ("((a)) + (b * c)", "a + b * c"),
        ('revenue[product = "roundup"] in EUR every year', "revenue[product = roundup] every year in EUR"),
        ("total(a per since 2018-10-01)", "total(a since 2018-10-01)"),
        ("12_34", "1234"),
    ],
)
def test_other_spellings_come_out_canonical(written: str, canonical: str) -> None:
    assert notation.format(notation.parse(written)) == canonical


@settings(max_examples=300, deadline=None)
@given(formulas.flows)
def test_every_flow_survives_printing_and_reading(flow: object) -> None:
    text = notation.format(flow)  # type: ignore[arg-type]
    assert notation.parse(text) == flow
    assert notation.format(notation.parse(text)) == text


@given(formulas.parties, formulas.parties, st.none() | st.just("revenue_share"))
def test_party_names_in_any_script_survive(payer: str, payee: str, name: str | None) -> None:
    flow = notation.parse("20% of revenue")
    assert notation.parse_pays(notation.format_pays(payer, payee, name, flow)) == (payer, payee, name, flow)
    right = notation.format_right(payer, name, "audit: once a year -> here")
    assert notation.parse_right(right) == (payer, name, "audit: once a year -> here")


def test_a_pays_clause_has_payer_payee_name_and_flow() -> None:
    payer, payee, name, flow = notation.parse_pays("GSK -> Theravance, Inc. as royalty: 20% of net_sales every quarter")
    assert (payer, payee, name) == ("GSK", "Theravance, Inc.", "royalty")
    assert notation.format(flow) == "20% of net_sales every quarter"


def test_a_party_whose_name_is_like_the_notation_stands_in_quotes() -> None:
    text = '"Known as -> such: Ltd" -> B & C. H-D: 5% of x'
    payer, payee, name, flow = notation.parse_pays(text)
    assert (payer, payee, name) == ("Known as -> such: Ltd", "B & C. H-D", None)
    assert notation.format_pays(payer, payee, name, flow) == text


def test_a_definition_a_right_and_a_promise_are_read() -> None:
    name, expr = notation.parse_defines("net_sales: gross - returns")
    assert notation.format_defines(name, expr) == "net_sales: gross - returns"
    assert notation.parse_right("Microsoft as compute: right of first refusal on new computing capacity") == (
        "Microsoft",
        "compute",
        "right of first refusal on new computing capacity",
    )
    assert notation.parse_commits("OpenAI -> Microsoft: 250bn of Azure services") == (
        "OpenAI",
        "Microsoft",
        None,
        "250bn of Azure services",
        Decimal("250e9"),
    )
    assert notation.parse_commits("A -> B: best efforts")[4] is None


def test_the_sentence_points_at_the_column() -> None:
    with pytest.raises(NotationError) as refusal:
        notation.parse("tiers(net_sales per year: 5% to 1m)")
    assert str(refusal.value) == (
        "Column 35 cannot be read: expected ',' and the next slice; the last one ends with 'above'.\n"
        "    tiers(net_sales per year: 5% to 1m)\n"
        "                                      ^\n"
        "Write it like this: tiers(net_sales per year: 6.5% to 750m, 8% to 1.25bn, 10% above)"
    )


def test_the_column_counts_in_the_whole_clause() -> None:
    with pytest.raises(NotationError) as refusal:
        notation.parse_pays("A -> B:  20% revenue")
    assert (refusal.value.column, refusal.value.expected) == (
        14,
        "an operator such as + or of, or the end of the text",
    )


REFUSED = [
    ("", 1, "a number, a name, '(' or a function such as max(a, b)"),
    ("20% of", 7, "a number, a name, '(' or a function such as max(a, b)"),
    ("$5m", 1, "an amount without a currency sign; the currency goes at the end"),
    ("max(1,500)", 6, "_ between thousands, or a space after the comma of a list"),
    ("5mm", 2, "%, k, m, bn, tn or a space after a number"),
    (".5", 1, "a number that starts with a digit"),
    ("a < b < c", 7, "numbers, not conditions, around '<'"),
    ("if a > 1 then 20% else 10% of x", 24, "the same kind of amount after 'else' as after 'then'"),
    ("on(2025-02-30: 5)", 4, "a day that is in the calendar"),
    ("on(2025-02-03: 5, 2025-02-01: 6)", 19, "a later day than the one before"),
    ("tiers(x: 5% to 2m, 6% to 1m, 7% above)", 20, "a slice with a higher limit than the one before"),
    ("total(revenue)", 14, "'per' and a window: month, quarter, half-year, year, contract year, life, "
     "since 2018-10-01 or last 12 months"),
    ("20% of revenue every decade", 22, "a period: day, month, quarter, half-year, year, contract month, "
     "contract quarter or contract year"),
    ("20% of above", 8, "a number, a name, '(' or a function such as max(a, b); 'above' is a word of the notation"),
    ("5 rounded sideways", 11, "one of half up, half even, half down, up, down, ceiling, floor"),
    ("5 every year every month", 25, "'every' only once"),
    ("1" * 31, 1, "a number of at most 30 digits"),
    ("(" * 100 + "1" + ")" * 100, 65, "at most 64 formulas inside one another; define a part by a name"),
    ("1" + " + 1" * 151, 603, "at most 150 operators; define a part by a name"),
    ("x" * 10_001, 10_001, "a text of at most 10,000 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "expected"), REFUSED)
def test_what_cannot_be_read_says_what_was_expected(text: str, column: int, expected: str) -> None:
    with pytest.raises(NotationError) as refusal:
        notation.parse(text)
    assert (refusal.value.column, refusal.value.expected) == (column, expected)


def test_every_example_in_a_refusal_is_itself_correct() -> None:
    for function in FUNCTIONS.values():
        notation.parse(function.example)
    for text, _, _ in REFUSED:
        with pytest.raises(NotationError) as refusal:
            notation.parse(text)
        example = refusal.value.example
        for part in example.split(" or ") if example.startswith("1_500") else [example]:
            notation.parse_defines(part) if part.startswith("net_sales:") else notation.parse(part)
