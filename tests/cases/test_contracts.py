"""Nine contracts of CUAD v1 (The Atticus Project, CC BY 4.0), to the cent."""

from __future__ import annotations

from decimal import Decimal

from ledger.computing.evaluation import Measures, Reported
from tests.cases import contracts
from tests.cases.reports import by_period, paid, reports, run, span

QUARTERS = ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]


def test_go_page_pays_one_rate_for_the_whole_quarter() -> None:
    measures = by_period(
        QUARTERS,
        gross=["180000.00", "240000.00", "310450.75", "402318.40"],
        subscribers=[4980, 7501, 15000, 25001],
    )
    rows = run(contracts.GO_PAGE, measures)
    assert paid(rows, "royalty") == ["11250.00", "16800.00", "24836.06", "39226.04"]


def test_theravance_crosses_two_slices_in_one_quarter() -> None:
    measures = by_period(QUARTERS, net_sales=[600_000_000, 700_000_000, 800_000_000, 500_000_000])
    rows = run(contracts.THERAVANCE, measures)
    assert paid(rows, "royalty") == ["39000000.00", "54250000.00", "72000000.00", "48500000.00"]
    assert sum(Decimal(amount) for amount in paid(rows, "royalty")) == Decimal("213750000.00")


def test_shps_pays_monthly_slices_and_gets_a_commission_back() -> None:
    months = ["2025-01", "2025-02", "2025-03"]
    measures = by_period(
        months, care_revenue=["420000.00", "500000.00", "731250.40"], new_client_revenue=[0, 0, "64000.00"]
    )
    rows = run(contracts.SHPS, measures)
    assert paid(rows, "share") == ["346500.00", "412500.00", "597500.32"]
    assert paid(rows, "pass_through")[2] == "64000.00"
    assert paid(rows, "commission")[2] == "3200.00"
    net = [Decimal(paid(rows, name)[2]) for name in ("share", "pass_through", "commission")]
    assert net[0] + net[1] - net[2] == Decimal("658300.32")


def test_premier_caps_one_of_two_equal_shares() -> None:
    measures = by_period(["2025", "2026", "2027"], fair_market_value=[500_000_000, 360_000_000, 100_000_000])
    rows = run(contracts.PREMIER, measures)
    assert paid(rows, "share") == ["25000000.00", "18000000.00", "5000000.00"]
    assert paid(rows, "capped_share") == ["25000000.00", "15000000.00", "0.00"]


LOTS = [
    ("1", "non", 120, "95.00"),
    ("2", "non", 80, "112.50"),
    ("3", "re", 50, "97.40"),
    ("4", "re", 40, "131.25"),
]


def _lots(lots: list[tuple[str, str, int, str]]) -> Measures:
    rows: list[tuple[str, str, str | int, dict[str, str]]] = []
    for lot, kind, units, cost in lots:
        rows.append(("units", "2025-03", units, {"lot": lot, "type": kind}))
        rows.append(("cost", "2025-03", cost, {"lot": lot, "type": kind}))
    return reports(*rows)


ZOUNDS_BY_LOT = """\
Manufacturer -> Subcontractor as non: each(lot: units[type = non] * max(80% of cost[type = non], 80))
    every month
Manufacturer -> Subcontractor as re: each(lot: units[type = re] * max(100% of cost[type = re], 100))
    every month
"""


def test_zounds_compares_per_lot_and_pays_in_two_halves() -> None:
    rows = run(contracts.ZOUNDS, _lots(LOTS))
    assert paid(rows, "at_shipping") == ["13525.00"]
    assert paid(rows, "later") == ["13525.00"]
    expected = ["9600.00", "7200.00", "5000.00", "5250.00"]
    for lot, amount in zip(LOTS, expected, strict=True):
        assert paid(run(ZOUNDS_BY_LOT, _lots([lot])), lot[1]) == [amount]


def test_monsanto_keeps_both_directions_gross() -> None:
    years = ["2017-10-01..2018-09-30", "2018-10-01..2019-09-30", "2019-10-01..2020-09-30"]
    measures = by_period(
        years,
        program_ebit=[131_000_000, 131_000_000, 38_000_000],
        gross_profit_365=[0, 10_500_000, 10_000_000],
    )
    rows = run(contracts.MONSANTO, measures)
    assert paid(rows, "commission") == ["65500000.00", "45500000.00", "0.00"]
    assert paid(rows, "roundup_365") == ["0.00", "735000.00", "0.00"]
    assert set(paid(rows, "contribution")) == {"1500000.00"}


CYCLES = ["2013-Q3", "2013-Q4", "2014-Q1", "2014-Q2"]


def test_musclepharm_recoups_the_guarantee_within_its_contract_year() -> None:
    measures = by_period(
        CYCLES,
        gross=[4_000_000, 5_000_000, 7_000_000, 6_000_000],
        discounts=[260_000, 150_000, 350_000, 120_000],
        returns=[90_000, 100_000, 0, 420_000],
    )
    rows = run(contracts.MUSCLEPHARM, measures, start="2013-07-01")
    assert [str(row.exact.quantize(Decimal("0.01"))) for row in rows if row.line == "earned"] == [
        "371000.00",
        "475000.00",
        "665000.00",
        "558000.00",
    ]
    assert paid(rows, "royalty") == ["0.00", "0.00", "11000.00", "558000.00"]
    cash = sum(Decimal(amount) for line in ("instalments", "royalty") for amount in paid(rows, line))
    assert cash == Decimal("2069000.00")


def test_musclepharm_second_year_instalments_as_printed_are_two_cents_short() -> None:
    later = by_period(["2014-Q3", "2014-Q4", "2015-Q1"], gross=[0, 0, 0], discounts=[0, 0, 0], returns=[0, 0, 0])
    rows = run(contracts.MUSCLEPHARM, later, start="2014-07-01")
    assert sum(Decimal(amount) for amount in paid(rows, "instalments")) == Decimal("1999999.98")


def test_shopping_mall_reconciles_a_restated_month() -> None:
    months = ["2025-01", "2025-02", "2025-03"]
    first = run(contracts.SHOPPING_MALL, by_period(months, net_sales=["15500", "10400", "23780.55"]))
    assert paid(first, "share") == ["1350.00", "0.00", "3834.17"]
    restated = run(contracts.SHOPPING_MALL, by_period(months, net_sales=["14600", "10400", "23780.55"]))
    change = sum(Decimal(b) - Decimal(a) for a, b in zip(paid(first, "share"), paid(restated, "share"), strict=True))
    assert change == Decimal("-270.00")


def test_recycling_counts_what_was_produced_before() -> None:
    month = reports(("kwh", "2025-01", 9_000_000))
    rows = run(contracts.RECYCLING, month, openings={"kwh": Decimal(795_000_000)})
    assert paid(rows, "fee") == ["2800000.00"]


def test_recycling_counts_an_earlier_report_the_same() -> None:
    both = reports(("kwh", "2019-03-01..2024-12-31", 795_000_000), ("kwh", "2025-01", 9_000_000))
    assert paid(run(contracts.RECYCLING, both, within=span("2025-01")), "fee") == ["2800000.00"]


def _apps(*rows: tuple[str, str, int]) -> Measures:
    return Measures(Reported("revenue", span(p), Decimal(a), (("app", app),)) for app, p, a in rows)


def test_steam_keeps_seventy_percent_of_the_first_ten_million_since_october() -> None:
    rows = run(contracts.STEAM, _apps(("a", "2018-12", 60_000_000), ("b", "2018-12", 12_000_000)), fresh=True)
    assert paid(rows, "share") == ["53500000.00"]  # 45.0m and 8.5m
    million = run(contracts.STEAM, _apps(("a", "2018-11", 59_000_000), ("a", "2018-12", 1_000_000)), fresh=True)
    assert paid(million, "share")[1] == "800000.00"


STEAM_HISTORY = """\
Valve -> Developer as old: 70% of before every month
Valve -> Developer as share: each(app: tiers(revenue since 2018-10-01: 70% to 10m, 75% to 50m, 80% above))
    every month
"""


def test_steam_does_not_count_what_came_before_october() -> None:
    measures = _apps(("a", "2018-09", 45_000_000), ("a", "2018-10", 15_000_000))
    rows = run(contracts.STEAM, measures)
    assert paid(rows, "share") == ["0.00", "10750000.00"]  # and 31.5m by the terms before: 42.25m together
    last = run(
        contracts.STEAM,
        _apps(("a", "2018-09", 45_000_000), ("a", "2018-10", 14_000_000), ("a", "2018-11", 10**6)),
    )
    assert paid(last, "share")[2] == "750000.00"


def _sold(*rows: tuple[str, int]) -> Measures:
    return Measures(Reported("revenue", span(p), Decimal(a), (("product", "game"),)) for p, a in rows)


def test_epic_starts_its_first_year_in_june_and_does_not_prorate_it() -> None:
    rows = run(contracts.EPIC, _sold(("2025-05", 900_000), ("2025-06", 600_000)))
    assert paid(rows, "share") == ["0.00", "600000.00"]  # and .9m x 88 % before June: 1.392m together
    assert paid(run(contracts.EPIC, _sold(("2025-06", 1_500_000))), "share") == ["1440000.00"]


def test_epic_starts_anew_every_year() -> None:
    rows = run(contracts.EPIC, _sold(("2025-06..2025-12", 1_400_000), ("2026-01", 100)), within=span("2026-01"))
    assert paid(rows, "share") == ["100.00"]
