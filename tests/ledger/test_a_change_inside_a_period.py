"""An amendment inside a period: the period stays one, and nothing that belongs to it is multiplied or lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.calendar import LAST_DAY, Span
from ledger.computing.evaluation import Line, Row, compile, line
from ledger.computing.explanation import explain
from ledger.computing.numbers import Uncertain
from ledger.language import notation
from tests.cases.reports import reports, span

FIRST, MIDDLE = date(2025, 1, 1), date(2025, 3, 16)
HALVES = [("s", "2025-03-05", 10_000), ("s", "2025-03-20", 10_000)]
MONTH = [("s", "2025-03", 8_000)]


def amended(old: str, new: str, day: date = MIDDLE, first: date = FIRST, every: str = " every month") -> list[Line]:
    flows = (notation.parse(text if " every " in text else text + every) for text in (old, new))
    return [Line("fee", tuple(zip((Span(first, day), Span(day, LAST_DAY)), flows, strict=True)))]


def paid(lines: list[Line], told: list[tuple], period: str = "2025-03") -> Row:  # type: ignore[type-arg]
    return next(row for row in compile(lines).run(reports(*told), span(period)) if row.line == "fee")


@pytest.mark.parametrize(
    ("terms", "told", "amount"),
    [
        ("500", MONTH, "500.00"),
        ("max(7% of s, 700)", MONTH, "700.00"),
        ("atleast(1% of s, 750)", HALVES, "750.00"),
        ("cap(10% of s, 1500)", HALVES, "1500.00"),
        ("min(10% of s, 1500)", HALVES, "1500.00"),
        ("30% of excess(s over 11k)", HALVES, "2700.00"),
        ("tiers(s: 20% to 10k, 10% above)", HALVES, "3000.00"),
        ("band(s: 20% to 10k, 10% above) of s", HALVES, "2000.00"),
        ("s * band(s: 7.50 to 10_000, 7 above)", [("s", "2025-03", 10_100)], "70700.00"),
        ("(if s > 15k then 10% else 5%) of s", HALVES, "2000.00"),
        ("recoup(10% of s, 500)", HALVES, "1500.00"),
        ("500 * days() / days(month)", MONTH, "500.00"),
        ("last(n) * 2", [("n", "2025-03", 40)], "80.00"),
    ],
)
def test_restating_the_same_terms_changes_nothing(terms: str, told: list[tuple], amount: str) -> None:  # type: ignore[type-arg]
    once = paid([line("fee", notation.parse(f"{terms} every month"))], told)
    again = paid(amended(f"{terms} every month", f"{terms} every month within 30 days"), told)
    # And terms that say the same in other words are computed part by part, to the same amount.
    other = paid(amended(terms, f"{terms} + 0"), told)
    assert [str(row.payment) for row in (once, again, other)] == [amount] * 3
    assert again.notes == ()


@pytest.mark.parametrize(
    ("old", "new", "told", "amount"),
    [
        ("500", "620", MONTH, "561.94"),
        ("500 every month", "620 every month as on last day", MONTH, "620.00"),
        ("500 every month", "620 every month as on first day", MONTH, "500.00"),
        ("10% of s", "12% of s", HALVES, "2200.00"),
        ("10% of s + 100", "12% of s + 100", HALVES, "2300.00"),
        ("max(7% of s, 700)", "max(8% of s, 700)", MONTH, "700.00"),
        ("max(1% of s, 700)", "max(1% of s, 900)", HALVES, "803.23"),
        ("atleast(5% of s, 750)", "atleast(6% of s, 750)", MONTH, "750.00"),
        ("max(7% of s, 700)", "0% of s", [("s", "2025-03-05", 0)], "338.71"),
        ("30% of excess(s over 11k)", "31% of excess(s over 11k)", [("s", "2025-03", 15_500)], "1395.00"),
        ("cap(10% of s, 1500)", "cap(20% of s, 1500)", HALVES, "1500.00"),
        ("tiers(s: 20% to 10k, 10% above)", "tiers(s: 20% to 10k, 5% above)", HALVES, "2500.00"),
        ("(if s > 15k then 10% else 5%) of s", "(if s > 15k then 20% else 5%) of s", HALVES, "3000.00"),
    ],
)
def test_other_terms_answer_for_their_days(old: str, new: str, told: list[tuple], amount: str) -> None:  # type: ignore[type-arg]
    assert str(paid(amended(old, new), told).payment) == amount


def test_a_part_of_another_flow_counts_once() -> None:
    told = [("s", "2025-03-05", 1_000), ("s", "2025-03-20", 2_000)]
    other = line("share", notation.parse("10% of s every month"))
    row = paid([*amended("50% of share", "100% of share"), other], told)
    assert str(row.payment) == "250.00"  # half of 100, and all of 200


def test_a_payment_counts_in_shorter_periods_when_its_own_has_ended() -> None:
    terms = {"fee": "50% of share every month", "share": "10% of s every quarter"}
    lines = [line(name, notation.parse(text)) for name, text in terms.items()]
    rows = compile(lines).run(reports(("s", "2025-Q1", 1_000)), span("2025-Q1"))
    assert [str(row.payment) for row in rows if row.line == "fee"] == ["0.00", "0.00", "50.00"]


def test_a_gap_in_the_text_is_none_in_the_fee() -> None:
    spans = Span(FIRST, MIDDLE), Span(MIDDLE, LAST_DAY)
    lines = [Line("fee", tuple((s, notation.parse("500 every month")) for s in spans))]
    assert str(paid(lines, MONTH).payment) == "500.00"


def test_an_amended_definition_alone_does_not_double_a_minimum() -> None:
    net = Line("net", tuple((s, notation.parse_expr(t)) for s, t in
                            ((Span(FIRST, MIDDLE), "s - 100"), (Span(MIDDLE, LAST_DAY), "s - 200"))))  # fmt: skip
    lines = [*amended("max(5% of net, 700)", "max(5% of net, 700)"), net]
    assert str(paid(lines, MONTH).payment) == "700.00"


def test_an_amended_fixed_definition_goes_by_days() -> None:
    base = Line("base", ((Span(FIRST, MIDDLE), notation.parse_expr("500")),
                         (Span(MIDDLE, LAST_DAY), notation.parse_expr("400"))))  # fmt: skip
    row = paid([*amended("base", "base"), base], MONTH)
    assert (str(row.payment), [str(piece.at.span) for piece in row.pieces]) == (
        "448.39", ["2025-01-01 to 2025-03-15"[:0] + "2025-03-01 to 2025-03-15", "2025-03-16 to 2025-03-31"]
    )  # fmt: skip


def test_a_short_first_month_owes_its_fee_in_full_unless_the_clause_says_prorated() -> None:
    for word, amount in (("", "500.00"), (" prorated", "258.06")):
        lines = [Line("fee", ((Span(MIDDLE, LAST_DAY), notation.parse(f"500 every month{word}")),))]
        assert str(paid(lines, MONTH).payment) == amount


def test_a_rhythm_that_changes_shares_the_days_out() -> None:
    lines = amended("500 every month", "1500 every quarter", day=date(2025, 2, 16))
    rows = compile(lines).run(reports(("z", "2025-Q1", 1)), span("2025-Q1"))
    assert [str(row.payment) for row in rows] == ["500.00", "267.86", "733.33"]


def test_a_year_s_figure_is_not_spread_over_one_quarter_that_an_amendment_cuts() -> None:
    lines = amended("20% of s every quarter", "10% of s every quarter", day=date(2026, 4, 27))
    rows = compile(lines).run(reports(("s", "2026", 30_000_000_000)), span("2026"))
    assert all(isinstance(row.payment, Uncertain) for row in rows)
    assert len(rows) == 4


def test_a_price_and_a_percentage_are_not_halved_by_days() -> None:
    margin = line("margin", notation.parse_expr("max(68%, min(gm, 74%))"))
    fee = "50% * (rev - base) * margin every quarter"
    told = [("rev", "2019-Q2", 163_000_000), ("base", "2019-Q2", 150_000_000), ("gm", "2019-Q2", "0.73")]
    lines = [*amended(fee, fee + " rounded half even", day=date(2019, 5, 16), first=date(2018, 10, 1)), margin]
    rows = compile(lines).run(reports(*told), span("2019-Q2"))  # another rounding is paid apart
    assert sum(Decimal(row.payment) for row in rows if row.line == "fee") == Decimal("4745000.00")  # type: ignore[arg-type]
    cost = [("units", "2025-03", 120), ("cost", "2025-03", 95)]
    terms = "units * max(80% of cost, 40)"
    assert str(paid(amended(terms, f"{terms} + 0"), cost).payment) == "9120.00"


def test_the_parts_of_an_explanation_say_what_is_due_by_days() -> None:
    row = paid(amended("500", "620"), MONTH)
    texts = [step.text for step in explain(row, compile(amended("500", "620")).lines)]
    assert texts[1].startswith("due by days: 500 x 15/31 = 241.935483")
    assert texts[3] == "due by days: 620 x 16/31 = 320"


def test_a_rolling_window_ends_with_the_whole_period_where_the_clause_ends_inside_it() -> None:
    told = [("s", "2024-12", 3_100), ("s", "2025-01", 100), ("s", "2025-02", 100), ("s", "2025-03", 310)]
    flow = notation.parse("total(s per last 3 months) every month")
    lines = [Line("fee", ((Span(date(2024, 12, 1), date(2025, 3, 11)), flow),))]
    assert str(paid(lines, told).payment) == "300.00"  # January, February and ten days of March; no day of December


def test_parts_of_a_period_count_in_the_same_rolling_window() -> None:
    told = [("s", "2024-12", 3_100), ("s", "2025-01", 500), ("s", "2025-02", 400), ("s", "2025-03", 310)]
    old, new = (f"tiers(s per last 3 months: 10% to 1000, {rate} above)" for rate in ("20%", "20.0%"))
    changed = f"{new} + 0 * days()"
    assert paid(amended(old, changed), told).payment == paid(amended(old, old), told).payment == Decimal("52.00")


def test_no_cent_hangs_on_the_digit_at_which_a_quotient_was_cut() -> None:
    """75 of 90 days of 1,000 end in no digit; 12.5% of the next quarter's 1,001 is 125.125 all the same."""
    terms = notation.parse("cap(12.5% of x, 1200 per year) every quarter")
    lines = [Line("fee", ((Span(date(2025, 1, 16), LAST_DAY), terms),))]
    rows = compile(lines).run(reports(("x", "2025-Q1", 1000), ("x", "2025-Q2", 1001)))
    assert [str(row.payment) for row in rows] == ["104.17", "125.13"]
    told = reports(*(("x", "2025-01", n, {"c": c}) for n, c in ((1, "a"), (2, "b"), (4, "d"))), ("y", "2025-01", 6250))
    terms = notation.parse("floor(each(c: x / overall(x)) * overall(y)) every month")
    assert [str(row.payment) for row in compile([line("fee", terms)]).run(told)] == ["6250.00"]
