"""Explanations that a royalty accountant can follow with a calculator."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.calendar import FIRST_DAY, LAST_DAY, Span
from ledger.computing.evaluation import Line, Measures, compile
from ledger.computing.explanation import explain
from ledger.computing.sheet import read_sheet
from ledger.language.notation import parse
from tests.cases import contracts
from tests.cases.reports import by_period, reports


def told(sheet: str, measures: Measures, line: str, start: str | None = None) -> str:
    """How the line's last amount came about."""
    program = compile(read_sheet(sheet), start=date.fromisoformat(start) if start else None)
    row = [row for row in program.run(measures) if row.line == line][-1]
    return "\n".join("  " * step.depth + step.text for step in explain(row, program.lines))


def test_an_advance_shows_what_was_recouped_and_what_is_left() -> None:
    measures = by_period(
        ["2013-Q3", "2013-Q4", "2014-Q1"],
        gross=[4_000_000, 5_000_000, 7_000_000],
        discounts=[260_000, 150_000, 350_000],
        returns=[90_000, 100_000, 0],
    )
    assert told(contracts.MUSCLEPHARM, measures, "royalty", "2013-07-01").splitlines()[-9:] == [
        "  10% of net_sales = 10% of 6,650,000 = 665,000",
        "earned = 665,000",
        "    due on 2014-02-01: 500,000",
        "  due in 2014-Q1: 500,000",
        "guarantee = 500,000",
        "earned, counted per contract year: 846,000 before, 665,000 now, 1,511,000 in all",
        "guarantee, counted per contract year: 1,000,000 before, 500,000 now, 1,500,000 in all",
        "recouped from this period 654,000; still to be recouped 0",
        "payable after recoupment 11,000",
    ]


def test_a_band_shows_where_the_number_falls_and_rounding_what_it_did() -> None:
    measures = by_period(["2025-Q4"], gross=["402318.40"], subscribers=[25001])
    assert told(contracts.GO_PAGE, measures, "royalty") == (
        "last(subscribers) = 25,001\n"
        "last(subscribers) of 25,001 falls in '9.75% above', for the whole amount\n"
        "gross = 402,318.4, as reported\n"
        "band(…) of gross = 9.75% of 402,318.4 = 39,226.044\n"
        "rounded half up to 0.01 USD: 39,226.04"
    )


def test_a_minimum_shows_what_is_topped_up() -> None:
    measures = by_period(["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"], x=[10, 20, 30, 10])
    assert told("atleast(x, 100 per year) every quarter", measures, "amount").splitlines()[1:] == [
        "x, counted per year: 60 before, 10 now, 70 in all",
        "minimum 100; due now: 30",
        "with the minimum 40",
    ]


def test_each_value_is_told_apart() -> None:
    measures = reports(("x", "2025-01", 10, {"p": "a"}), ("x", "2025-01", 50, {"p": "b"}))
    assert told("each(p: min(x, 20)) every month", measures, "amount") == (
        "p = a:\n  x = 10, as reported\n  min(x, 20) = min(10, 20) = 10\n"
        "p = b:\n  x = 50, as reported\n  min(x, 20) = min(50, 20) = 20\n"
        "together 30"
    )


def test_only_the_branch_that_holds_is_told() -> None:
    measures = by_period(["2025-01"], x=[10], y=[1])
    assert told('if met("launch") or x > 5 then 2 * x else y every month', measures, "amount") == (
        'met("launch"): no (not recorded)\n'
        "x = 10, as reported\n"
        "x > 5: 10 > 5: yes\n"
        'met("launch") or x > 5: no or yes: yes\n'
        "2 * x = 2 * 10 = 20\n"
        "so 'then': 20"
    )


HALF = date(2025, 2, 15)


@pytest.mark.parametrize(
    ("span", "said"),
    [(Span(HALF, LAST_DAY), "2025-01-01 to 2025-02-14"), (Span(FIRST_DAY, HALF), "2025-02-15 to 2025-03-31")],
    ids=["begins", "ends"],
)
@pytest.mark.parametrize(
    "text",
    ["10% of x every quarter", 'if met("launch") then x else 0 every quarter', "cap(x, 5 per life) every quarter"],
)
def test_days_without_terms_are_said(text: str, span: Span, said: str) -> None:
    program = compile([Line("amount", ((span, parse(text)),))])
    (row,) = program.run(by_period(["2025-Q1"], x=[90]))
    steps = [step.text for step in explain(row, program.lines)]
    assert f"{said}: no terms stand" in steps
    assert steps[-2].startswith("together") or steps[-1].startswith(("together", "note", "rounded"))


def test_a_gap_between_two_versions_and_another_rhythm_are_said() -> None:
    versions = (
        (Span(FIRST_DAY, date(2025, 1, 11)), parse("10% of x every quarter")),
        (Span(date(2025, 1, 21), HALF), parse("20% of x every quarter")),
        (Span(HALF, LAST_DAY), parse("30% of x every month")),
    )
    program = compile([Line("amount", versions)])
    row = next(row for row in program.run(by_period(["2025-Q1"], x=[90])) if row.period.days == 90)
    steps = [step.text for step in explain(row, program.lines)]
    assert "2025-01-11 to 2025-01-20: no terms stand" in steps
    assert "2025-02-15 to 2025-03-31: other terms stand, paid apart" in steps


def test_a_running_total_over_amended_terms_is_told_as_it_stood() -> None:
    day = date(2025, 4, 1)
    versions = (
        (Span(FIRST_DAY, day), parse("cap(10% of x, 5k per life) every quarter")),
        (Span(day, LAST_DAY), parse("cap(20% of x, 5k per life) every quarter")),
    )
    program = compile([Line("amount", versions)])
    rows = program.run(by_period(["2025-Q1", "2025-Q2"], x=[20_000, 20_000]))
    assert [step.text for step in explain(rows[-1], program.lines)] == [
        "x = 20,000, as reported",
        "20% of x = 20% of 20,000 = 4,000",
        "20% of x, counted per life: 2,000 before, 4,000 now, 6,000 in all",
        "cap 5,000; cut off 1,000",
        "payable under the cap 3,000",
    ]


def test_an_increase_shows_what_was_before_and_what_is_now() -> None:
    measures = by_period(["2025-01", "2025-02"], s=[3, 4])
    assert told("f: increase(2 * total(s per life)) every month", measures, "f").splitlines() == [
        "  total(s per life) = 7",
        "  2 * total(s per life) = 2 * 7 = 14",
        "increase(2 * total(s per life)): 6 before, 14 now, 8 more",
    ]


def test_a_slice_shows_the_rate_that_was_computed_for_it() -> None:
    sheet = 'f: tiers(s per year: if met("c") then 12% else 15% to 3k, min(rate, 10%) above) every month'
    measures = by_period(["2025-01"], s=[4000], rate=["0.2"])
    assert [line.strip() for line in told(sheet, measures, "f").splitlines()][-3:-1] == [
        '3,000 at 15%, which is if met("c") then 12% else 15%, to 3k = 450',
        "1,000 at 10%, which is min(rate, 10%), above = 100",
    ]


def test_a_band_of_amounts_shows_the_amount_that_it_picked() -> None:
    measures = by_period(["2025-01"], s=[200_000])
    text = told("f: band(s: 0 under 150k, 150k to 3.5m, 300k above) every month", measures, "f")
    assert text.splitlines()[-1] == "s of 200,000 falls in '150k to 3.5m', for the whole amount: 150,000"


def test_a_comparison_is_not_told_with_its_own_sign() -> None:
    text = told("f: if number(month) = 6 then 5 else 2 every month", by_period(["2025-01"], s=[1]), "f")
    assert text.splitlines()[1] == "number(month) = 6: 1 = 6: no"


def test_a_number_that_goes_on_says_how_it_was_cut() -> None:
    cut = "… stands where a number goes on: it is cut at ten places here, and computed with sixty digits"
    inexact, exact = (told("f: s / 3 every month", by_period(["2025-01"], s=[s]), "f").splitlines() for s in (2, 3))
    assert inexact[1:] == ["s / 3 = 2 / 3 = 0.6666666666…", "rounded half up to 0.01 USD: 0.67", cut]
    assert exact[1:] == ["s / 3 = 3 / 3 = 1"]
