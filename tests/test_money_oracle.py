"""The oracle of money: it says what the docs say; and the product says what it says."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ledger.language import notation
from tests.money.formulas import Formula, text
from tests.money.reading import formula as read
from tests.money.reading import oracle, payments
from tests.money.stories import Making, Story, dates, flows, product, stories

MARCH = "2025-03"
HALVES = (("s", "2025-03-05", 10_000), ("s", "2025-03-20", 10_000))
WHOLE = (("s", MARCH, 8_000),)
APART = (("s", "2025-03-05", 7_500), ("s", "2025-03-20", 8_000))
MID = "2025-03-16"


@pytest.mark.parametrize(
    ("before", "after", "reports", "expected"),
    [
        ("10% of s", "12% of s", HALVES, "2200.00"),
        ("500", "620", (), "561.94"),
        ("30% of excess(s over 11k)", "31% of excess(s over 11k)", APART, "1395"),
        ("500", "500", (), "500"),
        ("max(7% of s, 700)", "max(7% of s, 700)", WHOLE, "700"),
        ("max(7% of s, 700)", "max(8% of s, 700)", WHOLE, "700"),
        ("max(7% of s, 700)", "max(8% of s, 700)", HALVES, "1500"),
        ("max(7% of s, 700)", "5% of s", (("s", "2025-03-05", 0), ("s", "2025-03-20", 0)), "338.71"),
        ("atleast(5% of s, 750)", "atleast(6% of s, 750)", WHOLE, "750"),
        ("tiers(s: 20% to 10k, 10% above)", "tiers(s: 20% to 10k, 10% above)", HALVES, "3000"),
        ("(if s > 15k then 10% else 5%) of s", "(if s > 15k then 10% else 5%) of s", HALVES, "2000"),
        ("10% of s + 100", "10% of s + 100", HALVES, "2100"),
        ("10% of s + 100", "12% of s + 100", HALVES, "2300"),
    ],
)
def test_the_oracle_says_what_the_page_says_of_an_amendment_inside_a_period(before, after, reports, expected):
    told = oracle(f"{before} every month", *reports, amended=((MID, f"{after} every month"),))
    assert payments(told, MARCH) == [Fraction(expected)]


def test_the_oracle_says_what_the_page_says_where_a_definition_is_amended():
    sheet = "net: s - 100\nA -> B as f: max(5% of net, 700) every month"
    told = oracle(sheet, *WHOLE, amended=((MID, "net: s - 200"),))
    assert payments(told, MARCH, "f") == [700]


QUARTERS = ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]
MONTHS = ["2025-01", "2025-02", "2025-03"]


def by(periods, **amounts):
    return [(m, p, a) for m, row in amounts.items() for p, a in zip(periods, row, strict=False)]


@pytest.mark.parametrize(
    ("terms", "within", "reports", "more", "expected"),
    [
        ("recoup(10% of s, due(2025-01-15: 500, 2025-04-15: 500) per contract year) every quarter",
         "2025-01..2025-09", by(QUARTERS, s=["8k", "3k", "5k"]), {"start": "2025-01-01"}, [300, 0, 300]),
        ("cap(r, c * rate(k) per life) every month",
         "2025-01..2025-02", by(MONTHS, r=[45, 80], c=[60, 0], k=[1, 1]), {}, [45, 15]),
        ("cap(20% of r, 38_000m since 2026-04-27) every quarter", "2026-Q1", [("r", "2026-Q1", "10_000m")], {},
         [2_000_000_000]),
        ("tiers(s per quarter: 10% to 500, 20% above) every quarter", "2025-Q1", [("s", "2025-Q1", 400)],
         {"openings": {"s": 10_000}}, [40]),
        ("units * rate(price) every quarter", "2025-Q1", by(MONTHS, units=[10, 20, 30], price=[5, 5, 6]), {}, [330]),
    ],
)  # fmt: skip
def test_the_oracle_says_what_the_page_says_of_counters(terms, within, reports, more, expected):
    assert payments(oracle(terms, *reports, **more), within) == expected


YEAR = "2025"
SAID = [
    ("20% of revenue every quarter", "2025-Q1", [("revenue", "2025-Q1", "60m")], {}, ["12000000"]),
    ("net_sales: gross - min(discounts, 5% of gross) - min(returns, 5% of gross)\n"
     "A -> B as amount: 10% of net_sales every quarter", "2025-Q1",
     by(QUARTERS, gross=["4m"], discounts=["260k"], returns=["90k"]), {}, ["371000"]),
    ("tiers(net_sales per year: 6.5% to 750m, 8% to 1250m, 10% above) every quarter", "2025-01..2025-06",
     by(QUARTERS, net_sales=["600m", "700m"]), {}, ["39000000", "54750000"]),
    ("band(last(subscribers): 6.25% to 5000, 6.75% to 7500, 7% above) of gross every quarter", "2025-01..2025-06",
     by(QUARTERS, gross=["180k", "240k"], subscribers=[4980, 7501]), {}, ["11250", "16800"]),
    ("atleast(5% of sales, 3k per year) every quarter", YEAR, by(QUARTERS, sales=["20k", 0, "10k", "10k"]), {},
     ["1000", "0", "500", "1500"]),
    ("cap(5% of v, 40m per life) every year", "2025..2027", by(["2025", "2026", "2027"], v=["500m", "360m", "100m"]),
     {}, ["25000000", "15000000", "0"]),
    ("guarantee: due(2025-01-15: 500, 2025-04-15: 500)\n"
     "A -> B as amount: recoup(10% of sales, guarantee per contract year) every quarter", "2025-01..2025-09",
     by(QUARTERS, sales=["4k", "3k", "5k"]), {"start": "2025-01-01"}, ["0", "0", "200"]),
    ("30% of excess(s over 11k) every month", "2025-Q1", by(MONTHS, s=["15500", "10400", "23780.55"]), {},
     ["1350", "0", "3834.17"]),
    ("each(month: 30% of excess(s over 11k)) every quarter", "2025-Q1", by(MONTHS, s=["15500", "10400", "23780.55"]),
     {}, ["5184.17"]),
    ("tiers(kwh per life: 0.40 to 800m, 0.20 above) every month", "2025-01", [("kwh", "2025-01", "9m")],
     {"openings": {"kwh": 795_000_000}}, ["2800000"]),
    ("each(product: units * max(80% of rate(cost), 80)) every month", "2025-01",
     [("units", "2025-01", 120, {"product": "a"}), ("cost", "2025-01", 95, {"product": "a"}),
      ("units", "2025-01", 80, {"product": "b"}), ("cost", "2025-01", "112.50", {"product": "b"})], {}, ["16800"]),
    ("7% of sales[product = roundup, territory = us or canada]"
     " + 5% of sales[product = roundup, territory != us or canada] every month", "2025-01",
     [("sales", "2025-01", a, {"product": "roundup", "territory": t}) for t, a in
      (("us", 100), ("canada", 100), ("mexico", 200))], {}, ["24"]),
    ("A -> B as royalty: 5% of sales every month\nB -> C as amount: 10% of royalty every quarter", "2025-Q1",
     by(MONTHS, sales=["1000.10", 2000, 3000]), {}, ["30.00"]),
    ('increase(if met("launch") then 5m else 0) every quarter', "2025-01..2025-06", [],
     {"met": {"launch": "2025-05-20"}},
     ["0", "5000000"]),
    ('(if met("launch") then 8% else 5%) of sales every quarter', "2025-01..2025-06",
     by(QUARTERS, sales=["10m", "10.5m"]), {"met": {"launch": "2025-05-20"}}, ["500000", "840000"]),
    ("if sales > 10m then 7% of sales else 0 every quarter", "2025-01..2025-06",
     by(QUARTERS, sales=["10m", "10.5m"]), {}, ["0", "735000"]),
    ("50% of excess(ebit over on(2018-10-01: 40m)) every year from 10-01", "2017-10-01..2019-09-30",
     [("ebit", "2017-10-01..2018-09-30", "131m"), ("ebit", "2018-10-01..2019-09-30", "131m")], {},
     ["65500000", "45500000"]),
    ("5% of sales every quarter", "2025-Q1", [("sales", "2025-01", 100), ("sales", "2025-03", 100)], {}, [None]),
    ("each(title: streams / overall(streams) * overall(pool)) every month", "2025-01",
     [("streams", "2025-01", 30, {"title": "a"}), ("streams", "2025-01", 10, {"title": "b"}),
      ("pool", "2025-01", 80, {"title": "a"})], {}, ["80"]),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "within", "reports", "more", "expected"), SAID)
def test_the_oracle_says_what_the_handbook_says(sheet, within, reports, more, expected):
    assert payments(oracle(sheet, *reports, **more), within) == [e if e is None else Fraction(e) for e in expected]


# --- the product ----------------------------------------------------------------------------------------------

SHARED = {"derandomize": True, "phases": [Phase.generate], "deadline": None, "suppress_health_check": list(HealthCheck)}


def differences(story: Story) -> dict[tuple[str, str], tuple[object, object]]:
    """What the product pays otherwise than the oracle."""
    ours, theirs = story.oracle().rows(story.within), product(story)
    return {(line, dates(days)): (amount, theirs.get((line, days), "no row")) for (line, days), amount in ours.items()
            if theirs.get((line, days), "no row") != amount}  # fmt: skip


@settings(max_examples=50, **SHARED)
@given(stories(cut=False, wild=False))
def test_a_deal_that_is_never_amended_pays_what_the_oracle_says(story: Story) -> None:
    assert not differences(story), story.told()


def _starts_after_its_since(versions: object) -> bool:
    first = min(version.days[0] for version in versions)  # type: ignore[attr-defined]
    counts_since = re.search(r"since=(?!None)", repr([version.formula for version in versions]))  # type: ignore[attr-defined]
    return counts_since is not None and first > date(2025, 2, 1).toordinal()


@settings(max_examples=60, **SHARED)
@given(stories(Making(slices=True), wild=False))
def test_an_amended_deal_pays_what_the_oracle_says(story: Story) -> None:
    # A clause that starts after its `since`: the page counts the days between, the oracle does not.
    late = {name for name, versions in story.lines.items() if _starts_after_its_since(versions)}
    assert not {key for key in differences(story) if key[0] not in late}, story.told()


@settings(max_examples=40, **SHARED)
@given(stories())
def test_reports_of_every_length_pay_what_the_oracle_says(story: Story) -> None:
    assert not differences(story), story.told()


@settings(max_examples=50, **SHARED)
@given(stories(Making(wide=True), wild=False))
def test_milestones_increases_lapses_and_changed_periods_pay_what_the_oracle_says(story: Story) -> None:
    assert not differences(story), story.told()


@settings(max_examples=100, **SHARED)
@given(flows(Making(slices=True), 3))
def test_what_the_oracle_writes_is_what_is_read(formula: Formula) -> None:
    assert read(notation.parse_expr(text(formula))) == formula
