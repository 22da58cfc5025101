"""Counters and the nature of measures: one definition, whatever the grain of the reports."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.calendar import LAST_DAY, Span
from ledger.computing.evaluation import Line, compile
from ledger.computing.sheet import read_sheet
from ledger.errors import NotComputable
from ledger.language import notation
from tests.cases.reports import by_period, reports, span

MONTHS = ["2025-01", "2025-02", "2025-03"]


def fees(sheet: str, told, within: str | None = None, **options) -> list[str]:  # type: ignore[no-untyped-def]
    rows = compile(read_sheet(sheet)).run(told, span(within) if within else None, **options)
    return [str(row.payment) if isinstance(row.payment, Decimal) else row.missing[0] for row in rows if row.line == "f"]


def test_a_report_of_another_measure_drops_nothing_from_a_total() -> None:
    told = reports(
        ("revenue", "2024-01-01..2024-02-29", 1), ("revenue", "2024-03", 100),
        ("units", "2023-12-01..2024-02-29", 7), ("units", "2024-03", 0),
    )  # fmt: skip
    sheet = "A -> B as f: total(revenue per year) + 0 * total(units per life) every month"
    assert fees(sheet, told, "2024-03") == ["101.00"]


def test_totals_that_are_fully_known_are_known_whatever_their_grain() -> None:
    told = reports(
        ("revenue", "2024-01", 1), ("revenue", "2024-02", 10), ("revenue", "2024-03", 100),
        ("units", "2024-01-01..2024-02-29", 7), ("units", "2024-03", 0),
    )  # fmt: skip
    sheet = "A -> B as f: total(revenue per year) + 0 * total(units per year) every month"
    assert fees(sheet, told, "2024-03") == ["111.00"]


def test_a_cap_since_a_day_leaves_uncapped_what_came_before() -> None:
    told = reports(("r", "2026-Q1", 10**10))
    assert fees("A -> B as f: cap(20% of r, 38bn since 2026-04-27) every quarter", told) == ["2000000000.00"]


def test_a_cap_that_was_lowered_takes_nothing_back() -> None:
    told = by_period(["2025-Q1", "2025-Q2", "2025-Q3"], s=[80, 10, 10])
    sheet = "A -> B as f: cap(s, on(2025-01-01: {}, 2025-04-01: {}) per year) every quarter"
    assert fees(sheet.format(100, 50), told) == ["80.00", "0.00", "0.00"]
    assert fees(sheet.format(50, 85), told) == ["50.00", "35.00", "0.00"]  # a cap that was raised makes room


@pytest.mark.parametrize(
    "formula", ["tiers(s since 2026-04-01: 10% to 5, 20% above)", "excess(s over 5 since 2026-04-01)"]
)
def test_what_is_not_counted_yet_pays_nothing_and_says_so(formula: str) -> None:
    told = by_period(["2026-Q1", "2026-Q2"], s=[10, 10])
    before, after = compile(read_sheet(f"A -> B as f: {formula} every quarter")).run(told)
    note = "s is not counted before 2026-04-01, and pays nothing here for 2026-Q1"
    assert (before.payment, before.notes, after.notes) == (0, (note,), ())
    assert after.payment == (Decimal("1.5") if "tiers" in formula else 5)


def test_a_minimum_of_a_year_that_the_terms_start_in_is_due_in_full_and_says_so() -> None:
    start = date(2024, 11, 15)
    terms = notation.parse("atleast(5% of x, 3k per year) every quarter")
    told = reports(("x", "2024-11-15..2024-12-31", 500))
    (row,) = compile([Line("f", ((Span(start, LAST_DAY), terms),))]).run(told, span("2024-Q4"), start=start)
    note = "the terms start on 2024-11-15: the minimum per year is due in full"
    assert (str(row.payment), row.notes) == ("3000.00", (note,))


@pytest.mark.parametrize(
    ("terms", "told", "opening", "expected"),
    [
        ("tiers(s per quarter: 10% to 500, 20% above)", [400], {"s": 10_000}, ["40.00"]),
        ("tiers(s per life: 10% to 500, 20% above)", [400], {"s": 10_000}, ["80.00"]),
        ("total(s per last 6 months)", [100, 200], {"s": 1000}, ["1100.00", "300.00"]),
        ("cap(10% of s, 5 per life)", [100], {"f": 3}, ["2.00"]),
        ("cap(10% of s, 5 per year)", [100], {"f": 3}, ["5.00"]),
    ],
)
def test_an_opening_counts_in_windows_that_began_before(terms, told, opening, expected) -> None:  # type: ignore[no-untyped-def]
    measures = by_period(["2025-Q1", "2025-Q2"][: len(told)], s=told)
    openings = {name: Decimal(amount) for name, amount in opening.items()}
    assert fees(f"A -> B as f: {terms} every quarter", measures, openings=openings) == expected


def test_an_opening_of_a_rolling_window_that_still_reaches_back_is_not_known() -> None:
    told = by_period(["2025-Q1", "2025-Q2"], s=[100, 200])
    terms = "A -> B as f: total(s per last 12 months) every quarter"
    first, second = fees(terms, told, openings={"s": Decimal(1000)})
    assert (first, second) == ("1100.00", "how much of the opening of s lies in the last 12 months")


def test_a_total_of_a_definition_counts_each_version_on_its_own_days() -> None:
    april = date(2025, 4, 1)
    versions = ((Span(date(2025, 1, 1), april), "2 * s"), (Span(april, LAST_DAY), "3 * s"))
    lines = [
        Line("f", ((Span(date(2025, 1, 1), LAST_DAY), notation.parse("total(net per year) every quarter")),)),
        Line("net", tuple((days, notation.parse_expr(text)) for days, text in versions)),
    ]
    rows = compile(lines).run(by_period(["2025-Q1", "2025-Q2"], s=[10, 100]), start=date(2025, 1, 1))
    assert [str(row.payment) for row in rows if row.line == "f"] == ["20.00", "320.00"]


def test_a_recoupment_never_takes_back_what_was_paid() -> None:
    sheet = (
        "guarantee: due(2025-01-15: 500, 2025-04-15: 500)\n"
        "A -> B as f: recoup(10% of s, guarantee per contract year) every quarter"
    )
    told = by_period(["2025-Q1", "2025-Q2", "2025-Q3"], s=[8000, 3000, 5000])
    assert fees(sheet, told, start=date(2025, 1, 1)) == ["300.00", "0.00", "300.00"]
    costs = by_period(["2025-01", "2025-02"], r=[50, 10], c=[10, 60])
    assert fees("A -> B as f: recoup(r, c per life) every month", costs) == ["40.00", "0.00"]


def test_an_advance_is_still_to_be_recouped_where_the_clause_has_a_gap() -> None:
    terms = notation.parse("recoup(10% of y, 50 per life) every month")
    spans = Span(date(2025, 1, 1), date(2025, 2, 1)), Span(date(2025, 3, 1), LAST_DAY)
    lines = [Line("f", tuple((days, terms) for days in spans))]
    rows = compile(lines).run(by_period(MONTHS, y=[300, 1000, 400]), start=date(2025, 1, 1))
    assert [str(row.payment) for row in rows] == ["0.00", "20.00"]


def test_an_advance_adds_up_or_is_asked_about_whatever_the_sign_between() -> None:
    told = by_period(MONTHS[:2], r=[45, 80], c=[60, 0], k=[1, 1])
    for amount in ("c * k", "c / rate(k)", "c * rate(k)"):
        assert fees(f"A -> B as f: recoup(r, {amount} per life) every month", told) == ["0.00", "65.00"]
        assert fees(f"A -> B as f: cap(r, {amount} per life) every month", told) == ["45.00", "15.00"]
    lines = "A -> B as f: recoup(r, {} per life) every month"
    for amount in ("c / k", "2 * c / k", "c / k + 0", "(c - 1) / k", "max(c / k, 0)", "amt"):
        with pytest.raises(NotComputable, match="may add up over the window, or be one number that stands"):
            fees(f"amt: c / k\n{lines.format(amount)}", told)
    declared = by_period(MONTHS[:2], r=[45, 80], c=[60, 0], k=[1, 1]).declared({"k": "rate"})
    assert fees(lines.format("c / k"), declared) == ["0.00", "65.00"]


def test_a_level_that_is_reported_is_asked_for_of_no_month_before_the_first() -> None:
    told = by_period(MONTHS[:2], r=[45, 80], a=[60, 60])
    assert fees("A -> B as f: recoup(r, rate(a) per life) every month", told) == ["0.00", "65.00"]
    assert fees("A -> B as f: cap(r, rate(a) per life) every month", told) == ["45.00", "15.00"]


def test_overall_inside_each_counts_whoever_came_first() -> None:
    told = reports(
        ("units", "2025-Q1", 15, {"m": "a"}), ("sales", "2025-Q1", 1000, {"m": "a"}),
        ("units", "2025-Q2", 0, {"m": "a"}), ("sales", "2025-Q2", 0, {"m": "a"}),
        ("units", "2025-Q2", 10, {"m": "b"}), ("sales", "2025-Q2", 1000, {"m": "b"}),
    )  # fmt: skip
    sheet = "A -> B as f: each(m: (if total(overall(units) per year) > 20 then 9% else 10%) of sales) every quarter"
    assert fees(sheet, told) == ["100.00", "90.00"]


def test_a_shared_cap_is_the_same_for_each_member() -> None:
    told = reports(
        ("c", "2025-Q1", 60, {"p": "a"}), ("c", "2025-Q2", 30, {"p": "a"}), ("c", "2025-Q2", 70, {"p": "b"}),
    )  # fmt: skip
    sheet = "allowed: cap(c, 100 per life)\nA -> B as f: each(p: overall(allowed)) every quarter"
    assert fees(sheet, told) == ["60.00", "80.00"]  # 40 is allowed in the second quarter, whoever asks


def test_a_milestone_is_paid_once() -> None:
    told = by_period(["2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"], s=["20", "6", "-4", "30"])
    assert fees("A -> B as f: once 62_500 when total(s per life) > 25 every quarter", told) == [
        "0.00", "62500.00", "0.00", "0.00",
    ]  # fmt: skip
    yearly = by_period(["2025-Q4", "2026-Q1"], s=[26, 26])
    terms = "A -> B as f: once 5 when total(s per year) > 25 every quarter"
    assert fees(terms, yearly, start=date(2025, 10, 1)) == ["5.00", "0.00"]


def test_a_counter_over_a_definition_starts_with_the_clause() -> None:
    february = date(2025, 2, 1)
    lines = [
        Line("f", ((Span(february, LAST_DAY), notation.parse("cap(used, 100 per year) every quarter")),)),
        Line("used", ((Span(february, LAST_DAY), notation.parse_expr("90% of cost")),)),
    ]
    told = reports(("cost", "2025-02-01..2025-03-31", 50), ("cost", "2025-Q2", 70))
    rows = compile(lines).run(told, span("2025-Q2"), start=february)
    assert [str(row.payment) for row in rows if row.line == "f"] == ["55.00"]


def test_no_figures_are_asked_for_of_days_before_the_contract() -> None:
    start = date(2025, 1, 15)
    terms = notation.parse("tiers(cost per life: 10% to 50, 20% above) every month")
    told = reports(("cost", "2025-01-15..2025-01-31", 50), ("cost", "2025-02", 70))
    rows = compile([Line("f", ((Span(start, LAST_DAY), terms),))]).run(told, span("2025-02"), start=start)
    assert [str(row.payment) for row in rows] == ["14.00"]


def test_a_rolling_window_says_what_it_does_not_reach() -> None:
    start = date(2023, 7, 1)
    terms = notation.parse("total(v per last 60 months) every year from 07-01")
    years = ["2023-07-01..2024-06-30", "2024-07-01..2025-06-30", "2025-07-01..2026-06-30"]
    note = (
        "the last 60 months reach back to 2021-07-01, before the contract's first day 2023-07-01: what was reported of "
        "those days counts"
    )
    for more, amount in (([], "30.00"), ([("v", "2021-07-01..2022-06-30", 7)], "37.00")):
        told = reports(*(("v", year, 10) for year in years), *more)
        program = compile([Line("f", ((Span(start, LAST_DAY), terms),))])
        (row,) = program.run(told, span(years[-1]), start=start)
        assert (str(row.payment), row.notes) == (amount, (note,))


def test_years_since_a_day_count_from_it() -> None:
    sheet = "A -> B as f: number(year since 2024-08-01) every year from 08-01"
    assert fees(sheet, reports(), "2031-08-01..2032-07-31") == ["8.00"]


def test_a_contract_year_starts_anew_with_a_new_term() -> None:
    sheet = "A -> B as f: 1000 * number(contract year) every year from 07-01"
    starts = (date(1998, 7, 1), date(2023, 7, 1))
    assert fees(sheet, reports(), "2022-07-01..2024-06-30", start=starts) == ["25000.00", "1000.00"]


# --- the nature of measures ---


def test_a_contract_year_ends_where_a_new_term_starts_inside_a_period() -> None:
    told = reports(("s", "2025-01-10", 100), ("s", "2025-04-15", 50), ("s", "2025-05-10", 50))
    terms = "A -> B as f: tiers(s per contract year: 10% to 100, 20% above) every quarter"
    starts = [date(2025, 1, 1), date(2025, 5, 1)]
    # In April the first 100 are counted already; May begins a contract year of its own.
    assert fees(terms, told, "2025-Q2", start=starts) == ["15.00"]


def test_a_product_of_two_measures_asks_which_is_the_rate() -> None:
    told = by_period(MONTHS, units=[10, 20, 30], price=[5, 5, 6])
    sheet = "A -> B as f: units * price every quarter"
    assert fees(sheet, told) == ["the nature of units and price in units * price: say for example --nature price=rate"]
    for declared in (told.declared({"price": "rate"}),):
        assert fees(sheet, declared) == ["330.00"]
    assert fees("A -> B as f: units * rate(price) every quarter", told.declared({})) == ["330.00"]


def test_a_product_that_leaves_one_amount_is_computed() -> None:
    told = by_period(["2025-Q1"], units=[60], price=[5])
    assert fees("A -> B as f: units * price every quarter", told) == ["300.00"]
    finer = reports(*(("units", month, 20) for month in MONTHS), ("price", "2025-Q1", 5))
    assert fees("A -> B as f: units * price every quarter", finer) == ["300.00"]


def test_a_percentage_is_a_rate() -> None:
    told = by_period(MONTHS, s=[100, 100, 100], margin=["0.7", "0.7", "0.7"])
    assert fees("A -> B as f: s * min(margin, 74%) every quarter", told) == ["210.00"]


def test_a_declared_stock_is_read_at_its_latest() -> None:
    told = by_period(MONTHS, n=[10, 20, 30]).declared({"n": "stock"})
    assert fees("A -> B as f: 2 * n every quarter", told) == ["60.00"]


def test_a_rate_that_changes_is_no_one_number() -> None:
    told = by_period(MONTHS, p=[5, 5, 6]).declared({"p": "rate"})
    assert fees("A -> B as f: p every quarter", told) == [
        "one value of p for 2025-Q1 (it is 5 for 2025-01, 5 for 2025-02, 6 for 2025-03)"
    ]


def test_a_cumulative_share_of_three_measures_is_one_amount() -> None:
    told = by_period(MONTHS, cost=[10, 10, 10], own=[1, 1, 2], everyone=[2, 2, 4])
    assert fees("A -> B as f: cost * own / everyone every quarter", told) == ["15.00"]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ('once 500 when met("launch")', ["0.00", "500.00", "0.00"]),
        ("cap(500, 1200 per life)", ["500.00", "500.00", "200.00"]),
        ("total(500 per last 2 months)", ["500.00", "1000.00", "1000.00"]),
    ],
)
def test_where_nothing_was_reported_it_counts_from_the_first_period_asked_for(terms: str, expected: list[str]) -> None:
    met = {"launch": date(2025, 2, 10)}
    assert fees(f"A -> B as f: {terms} every month", reports(), "2025-Q1", conditions=met) == expected
