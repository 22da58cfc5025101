"""The gate: what an amount, a day and a row may be, and what is said where they are not."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.calendar import Span
from projections.revenue.columns import Form, Plan
from projections.revenue.gate import Bad, Gate, amount_reader, pattern

NAMES = ["deal", "day", "measure", "amount", "currency", "product"]
GOOD = ["acme-bolt", "2025-01-05", "revenue", "12.50", "USD", "api"]
DEALS = {"acme-bolt"}

AMOUNTS = [
    ("0", 0), ("12", 120_000), ("12.5", 125_000), ("-12.5", -125_000), ("+7", 70_000), ("0012.50000", 125_000),
    (".5", 5_000), ("-.0001", -1), (" 3 ", 30_000), ("99999999999999.9999", 10**18 - 1), ("-0", 0), ("0.00000", 0),
]  # fmt: skip

NO_AMOUNTS = [
    ("", "the amount is empty"),
    ("  ", "the amount is empty"),
    ("1.23456", "the amount '1.23456' has more than 4 places after the point"),
    ("100000000000000", "the amount '100000000000000' has more than 14 digits before the point"),
    ("1,234.56", "the amount '1,234.56' could be read in two ways: write digits and a point, or say form.decimal"),
    ("12,5", "the amount '12,5' could be read in two ways: write digits and a point, or say form.decimal"),
    ("1e5", "the amount '1e5' has an exponent: write it in full"),
    ("NaN", "'NaN' is not an amount: write digits with a point for decimals"),
    ("Infinity", "'Infinity' is not an amount: write digits with a point for decimals"),
    ("1_000", "'1_000' is not an amount: write digits with a point for decimals"),
    ("１２", "'１２' is not an amount: write digits with a point for decimals"),
    (".", "'.' is not an amount: write digits with a point for decimals"),
    ("12\n", "'12' is not an amount: write digits with a point for decimals"),
    ("$5", "'$5' is not an amount: write digits with a point for decimals"),
]

FORMS = [
    (Form(decimal=",", thousands="."), "1.234.567,89", 12_345_678_900),
    (Form(decimal=",", thousands="."), "-12,5", -125_000),
    (Form(thousands=","), "1,234.5", 12_345_000),
    (Form(thousands="\u00a0", decimal=","), "1\u00a0234,5", 12_345_000),
    (Form(negative="(1)"), "(12.50)", -125_000),
    (Form(negative="1-", decimal=",", thousands="."), "1.234,56-", -12_345_600),
    (Form(places=8), "0.00000001", 1),
    (Form(places=0), "12.0", 12),
]

NOT_IN_FORM = [
    (Form(decimal=",", thousands="."), "1.23,4", "the amount '1.23,4' is not grouped by thousands with '.'"),
    (Form(decimal=","), "1.5", "the amount '1.5' has a point where the mapping says a decimal comma"),
    (Form(places=0), "12.5", "the amount '12.5' has more than 0 places after the point"),
    (Form(places=8), "12345678901", "the amount '12345678901' has more than 10 digits before the point"),
]

BAD_CELLS = [
    ("deal", "", "the deal is empty"),
    ("deal", "nobody", "there is no deal 'nobody'"),
    ("day", "", "the day is empty"),
    ("day", "2025-02-30", "there is no day 2025-02-30 in the calendar"),
    ("day", "05.01.2025", "'05.01.2025' is not a day"),
    ("day", "2025-01", "'2025-01' is not a day"),
    ("day", "today", "'today' is not a day"),
    ("day", "1899-12-31", "the day '1899-12-31' is not in the years 1900 to 2200"),
    ("day", "2025-01-05T10:00:00", "'2025-01-05T10:00:00' is not a day"),
    ("measure", "", "the measure is empty"),
    ("measure", "net sales", "'net sales' is not a measure: a name is a letter, then letters, digits and _"),
    ("currency", "usd", "'usd' is not a currency: write the three capital letters of ISO 4217"),
    ("product", "a\x07b", "the product 'a\\x07b' has control signs in it"),
    ("product", "\udce9t\udce9", "'\\udce9t\\udce9' is not UTF-8"),
]


def gate(plan: Plan | None = None, names: list[str] = NAMES) -> Gate:
    plan = plan or Plan()
    return Gate(plan, plan.layout(names).checked("lines.csv"))


@pytest.mark.parametrize(("text", "units"), AMOUNTS)
def test_an_amount_is_digits_with_a_point(text: str, units: int):
    assert amount_reader(Form())(text) == units


@pytest.mark.parametrize(("text", "why"), NO_AMOUNTS)
def test_what_is_no_amount_is_said_to_be_none(text: str, why: str):
    with pytest.raises(Bad) as bad:
        amount_reader(Form())(text)
    assert str(bad.value) == why


@pytest.mark.parametrize(("form", "text", "units"), FORMS)
def test_a_mapping_says_how_amounts_are_written(form: Form, text: str, units: int):
    assert amount_reader(form)(text) == units


@pytest.mark.parametrize(("form", "text", "why"), NOT_IN_FORM)
def test_an_amount_in_another_form_than_was_said_is_bad(form: Form, text: str, why: str):
    with pytest.raises(Bad) as bad:
        amount_reader(form)(text)
    assert str(bad.value) == why


@given(st.text("0123456789.+- e_,", max_size=24), st.sampled_from([0, 2, 4, 8]))
def test_engines_and_python_take_the_same_texts_for_amounts(text: str, places: int):
    """An engine has the pattern, Python the reader."""
    try:
        units = amount_reader(Form(places=places))(text)
    except Bad:
        assert not re.fullmatch(pattern(places), text)
    else:
        assert re.fullmatch(pattern(places), text)
        assert Decimal(text.strip()).scaleb(places) == units


def test_a_good_row_has_no_problems():
    assert gate().problems(GOOD, DEALS) == []


@pytest.mark.parametrize(("name", "cell", "why"), BAD_CELLS)
def test_a_bad_cell_is_named(name: str, cell: str, why: str):
    cells = [cell if column == name else good for column, good in zip(NAMES, GOOD, strict=True)]
    assert gate().problems(cells, DEALS) == [why]


def test_all_problems_of_a_row_are_said():
    assert gate().problems(["x", "2025", "", "", "eur", ""], DEALS) == [
        "there is no deal 'x'",
        "'2025' is not a day",
        "the measure is empty",
        "'eur' is not a currency: write the three capital letters of ISO 4217",
        "the amount is empty",
    ]


@pytest.mark.parametrize(
    ("cells", "span"),
    [
        ({"day": "2025-01-05"}, Span(date(2025, 1, 5), date(2025, 1, 6))),
        ({"period": "2025-Q1"}, Span(date(2025, 1, 1), date(2025, 4, 1))),
        ({"period": "2025-01"}, Span(date(2025, 1, 1), date(2025, 2, 1))),
        ({"period": "2025-01-15..2025-02-14"}, Span(date(2025, 1, 15), date(2025, 2, 15))),
        ({"from": "2025-01-15", "through": "2025-02-14"}, Span(date(2025, 1, 15), date(2025, 2, 15))),
    ],
)  # fmt: skip
def test_a_row_says_its_day_or_its_period(cells: dict[str, str], span: Span):
    names = ["deal", "measure", "amount", *cells]
    assert gate(names=names).span(list(cells.values())) == span


@pytest.mark.parametrize(
    ("form", "text", "span"),
    [
        ("%d.%m.%Y", "05.01.2025", Span(date(2025, 1, 5), date(2025, 1, 6))),
        ("%b %Y", "Feb 2024", Span(date(2024, 2, 1), date(2024, 3, 1))),
        ("%Y%m", "202401", Span(date(2024, 1, 1), date(2024, 2, 1))),
        ("FY%Y", "FY2024", Span(date(2024, 1, 1), date(2025, 1, 1))),
        ("%Y-%m-%dT%H:%M:%S", "2025-01-05T10:00:00", Span(date(2025, 1, 5), date(2025, 1, 6))),
    ],
)  # fmt: skip
def test_a_form_of_days_may_be_a_month_or_a_year(form: str, text: str, span: Span):
    assert gate(Plan(form=Form(day=form))).span([text]) == span


def test_a_day_that_is_not_in_the_form_is_bad():
    with pytest.raises(Bad, match=re.escape("'2025-01-05' is not a day written as %d.%m.%Y")):
        gate(Plan(form=Form(day="%d.%m.%Y"))).span(["2025-01-05"])


def test_a_row_that_ends_before_it_starts_is_bad():
    with pytest.raises(Bad, match="the row starts on 2025-02-01 and ends before that, on 2025-01-01"):
        gate(names=["deal", "measure", "amount", "from", "through"]).span(["2025-02-01", "2025-01-01"])
