"""Kinds of clauses from published contracts and price lists, beyond the nine cases; inputs are invented.

Each sheet says the clause; each row of amounts was worked out by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest

from ledger.computing.evaluation import Measures
from tests.cases.reports import by_period, paid, reports, run

Q = ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]
Y = ["2025", "2026", "2027", "2028"]
M = ["2025-01", "2025-02", "2025-03"]


@dataclass
class Clause:
    """A clause, what was reported, and what each flow pays."""

    kind: str
    sheet: str
    measures: Measures
    pays: dict[str, list[str]]
    start: str | None = None
    conditions: dict[str, date] = field(default_factory=dict)


CLAUSES = [
    Clause(
        "app store, small business programme: 15% on the first million of a year, then 30%",
        "Developer -> Store as commission: tiers(proceeds per year: 15% to 1m, 30% above) every quarter",
        by_period(Q, proceeds=[600_000, 600_000, 100_000, 0]),
        {"commission": ["90000.00", "120000.00", "30000.00", "0.00"]},
    ),
    Clause(
        "app store subscriptions: 30% in a subscriber's first year, 15% after",
        "Developer -> Store as fee: 30% of revenue[age = first] + 15% of revenue[age = later] every month",
        reports(("revenue", "2025-01", 1000, {"age": "first"}), ("revenue", "2025-01", 400, {"age": "later"})),
        {"fee": ["360.00"]},
    ),
    Clause(
        "trademark licence: minimum guaranteed royalty, trued up at the contract year's end",
        "Licensee -> Licensor as royalty: atleast(6% of net_sales, 100k per contract year) every quarter",
        by_period(Q, net_sales=[500_000, 200_000, 300_000, 100_000]),
        {"royalty": ["30000.00", "12000.00", "18000.00", "40000.00"]},
        start="2025-01-01",
    ),
    Clause(
        "book publishing: escalator on copies sold, 10% to 5,000, 12.5% to 10,000, 15% after",
        "Publisher -> Author as royalty: 24.00 * tiers(copies per life: 10% to 5000, 12.5% to "
        "10_000, 15% above)\n"
        "    every half-year",
        by_period(["2025-01-01..2025-06-30", "2025-07-01..2025-12-31"], copies=[6_000, 6_000]),
        {"royalty": ["15000.00", "19200.00"]},
    ),
    Clause(
        "publishing: advance against royalties, paid on signature and on delivery",
        "royalty: 10% of net_receipts\nadvance: due(2025-01-10: 20k, 2025-05-01: 20k)\n"
        "Publisher -> Author as instalments: advance every quarter\n"
        "Publisher -> Author as payable: recoup(royalty, advance per life) every quarter",
        by_period(Q, net_receipts=[0, 100_000, 250_000, 100_000]),
        {
            "instalments": ["20000.00", "20000.00", "0.00", "0.00"],
            "payable": ["0.00", "0.00", "0.00", "5000.00"],
        },
    ),
    Clause(
        "film: distribution fee and expenses first, then half of net profits",
        "fee: 30% of gross\n"
        "Distributor -> Producer as profits: 50% of excess(gross - fee over costs + 5% of costs per "
        "life) every year",
        by_period(Y[:3], gross=[1_000_000, 1_000_000, 500_000], costs=[900_000, 100_000, 0]),
        # 700k, 1.4m and 1.75m net of the fee against 945k and 1.05m of costs with overhead
        {"profits": ["0.00", "175000.00", "175000.00"]},
    ),
    Clause(
        "franchise: 5% of sales, at least 500 a month, and 2% for advertising at most 1,000",
        "Franchisee -> Franchisor as royalty: max(5% of sales, 500) every month\n"
        "Franchisee -> Fund as advertising: min(2% of sales, 1k) every month",
        by_period(M, sales=[8_000, 20_000, 60_000]),
        {"royalty": ["500.00", "1000.00", "3000.00"], "advertising": ["160.00", "400.00", "1000.00"]},
    ),
    Clause(
        "music: two albums recouped across each other",
        "earned: each(album: 18% of sales)\n"
        "Label -> Artist as royalty: recoup(earned, overall(costs) per life) every half-year",
        reports(
            ("sales", "2025-01-01..2025-06-30", 100_000, {"album": "one"}),
            ("sales", "2025-01-01..2025-06-30", 50_000, {"album": "two"}),
            ("costs", "2025-01-01..2025-06-30", 20_000, {"album": "one"}),
            ("costs", "2025-01-01..2025-06-30", 10_000, {"album": "two"}),
            ("sales", "2025-07-01..2025-12-31", 50_000, {"album": "one"}),
            ("costs", "2025-07-01..2025-12-31", 0, {"album": "one"}),
        ),
        {"royalty": ["0.00", "6000.00"]},  # 27,000, then 36,000, against 30,000
    ),
    Clause(
        "music: each album recouped for itself",
        "Label -> Artist as royalty: each(album: recoup(18% of sales, costs per life)) every half-year",
        reports(
            ("sales", "2025-01-01..2025-06-30", 200_000, {"album": "one"}),
            ("sales", "2025-01-01..2025-06-30", 50_000, {"album": "two"}),
            ("costs", "2025-01-01..2025-06-30", 20_000, {"album": "one"}),
            ("costs", "2025-01-01..2025-06-30", 10_000, {"album": "two"}),
        ),
        {"royalty": ["16000.00"]},
    ),
    Clause(
        "streaming: a pool of 70% of revenue, divided by streams",
        "pool: 70% of overall(subscription)\n"
        "Service -> Label as share: each(label: streams / overall(streams) * pool) every month",
        reports(
            ("subscription", "2025-01", 1000),
            ("streams", "2025-01", 30, {"label": "a"}),
            ("streams", "2025-01", 90, {"label": "b"}),
        ),
        {"share": ["700.00"]},
    ),
    Clause(
        "oil and gas: 5% before payout, 8% after all costs are recovered",
        "payout: prior(revenue - costs per life) >= 0 and prior(revenue per life) > 0\n"
        "Operator -> Holder as override: (if payout then 8% else 5%) of revenue every quarter",
        by_period(Q, revenue=[100, 100, 100, 100], costs=[250, 0, 0, 0]),
        {"override": ["5.00", "5.00", "5.00", "8.00"]},
    ),
    Clause(
        "oil and gas: after payout, within the very quarter that reaches it",
        "Operator -> Partner as interest: 25% of excess(revenue over costs per life) every quarter",
        by_period(Q, revenue=[100, 100, 100, 100], costs=[250, 0, 0, 0]),
        {"interest": ["0.00", "0.00", "12.50", "25.00"]},
    ),
    Clause(
        "pharma: sales milestones, each once",
        "Licensee -> Licensor as milestones: increase(band(total(net_sales per life): 0 under 100m, "
        "5m under 500m,\n"
        "    20m above)) every year",
        by_period(Y, net_sales=[50_000_000, 60_000_000, 390_000_000, 1]),
        {"milestones": ["0.00", "5000000.00", "15000000.00", "0.00"]},
    ),
    Clause(
        "pharma: a milestone on approval",
        'Licensee -> Licensor as milestone: increase(if met("approval") then 10m else 0) every quarter',
        by_period(Q, x=[0, 0, 0, 0]),
        {"milestone": ["0.00", "0.00", "10000000.00", "0.00"]},
        conditions={"approval": date(2025, 8, 14)},
    ),
    Clause(
        "pharma: the royalty halves on generic entry",
        'Licensee -> Licensor as royalty: (if met("generic") then 50% else 100%) * 12% of net_sales every quarter',
        by_period(Q, net_sales=[1000, 1000, 1000, 1000]),
        {"royalty": ["120.00", "120.00", "60.00", "60.00"]},
        conditions={"generic": date(2025, 7, 1)},
    ),
    Clause(
        "pharma: royalty stacking, half of third-party royalties off, but never below half",
        "own: 8% of net_sales\n"
        "Licensee -> Licensor as royalty: max(own - 50% of third_party, 50% of own) every quarter",
        by_period(Q[:2], net_sales=[1000, 1000], third_party=[40, 100]),
        {"royalty": ["60.00", "40.00"]},
    ),
    Clause(
        "pharma: what cannot be offset is carried over",
        "own: 8% of net_sales\noffset: cap(50% of third_party, 50% of own per life)\n"
        "Licensee -> Licensor as royalty: own - offset every quarter",
        by_period(Q[:3], net_sales=[1000, 1000, 1000], third_party=[120, 40, 40]),
        {"royalty": ["40.00", "40.00", "60.00"]},  # 60 cut to 40; 20 + 20 carried over; 20
    ),
    Clause(
        "combination product: the base is the part that the licensed product's price has in both",
        "base: combined * price_a / (price_a + price_b)\nA -> B as royalty: 5% of base every quarter",
        by_period(Q[:1], combined=[900_000], price_a=[20], price_b=[10]),
        {"royalty": ["30000.00"]},
    ),
    Clause(
        "software reseller: the margin depends on the quarter's volume, for the whole volume",
        "Reseller -> Vendor as price: list - band(list: 20% under 100k, 25% under 250k, 30% above) of list\n"
        "    every quarter",
        by_period(Q[:3], list=[99_999, 100_000, 300_000]),
        {"price": ["79999.20", "75000.00", "210000.00"]},
    ),
    Clause(
        "most favoured licensee: the lowest rate that anyone has",
        "Licensee -> Licensor as royalty: min(5%, last(lowest_rate_granted)) of net_sales every quarter",
        by_period(Q[:2], net_sales=[1000, 1000], lowest_rate_granted=["0.06", "0.04"]),
        {"royalty": ["50.00", "40.00"]},
    ),
    Clause(
        "minimum with a yearly escalator of 3%",
        "Licensee -> Licensor as royalty: max(4% of sales, 10k * 1.03 ^ (number(contract year) - 1))\n"
        "    every contract year",
        by_period(["2025-04-01..2026-03-31", "2026-04-01..2027-03-31"], sales=[0, 0]),
        {"royalty": ["10000.00", "10300.00"]},
        start="2025-04-01",
    ),
    Clause(
        "minimum with a measured price index, never down",
        "Licensee -> Licensor as fee: 10k * max(last(cpi) / 300, 1) every year",
        by_period(Y[:2], cpi=["296.8", "309.0"]),
        {"fee": ["10000.00", "10300.00"]},
    ),
    Clause(
        "revenue-share loan: 6% a month until 1.5 times the advance is repaid",
        "Company -> Investor as repayment: cap(6% of revenue, 1.5 * 100k per life) every month",
        by_period(M, revenue=[1_000_000, 1_000_000, 1_000_000]),
        {"repayment": ["60000.00", "60000.00", "30000.00"]},
    ),
    Clause(
        "insurance: sliding scale commission, a point for each point of loss ratio between 50% and 60%",
        "loss_ratio: losses / premium\n"
        "Insurer -> Agent as commission: min(max(35% - (loss_ratio - 50%), 25%), 35%) of premium every year",
        by_period(Y[:3], losses=[40, 55, 90], premium=[100, 100, 100]),
        {"commission": ["35.00", "30.00", "25.00"]},
    ),
    Clause(
        "insurance: profit commission with deficits carried forward",
        "Insurer -> Agent as profit: increase(max(20% of total(premium - losses - costs per life), 0)) every year",
        by_period(Y[:3], premium=[100, 100, 100], losses=[110, 40, 50], costs=[10, 10, 10]),
        {"profit": ["0.00", "6.00", "8.00"]},
    ),
    Clause(
        "hotel: base fee of 3%, incentive fee of 10% of what is left after the owner's return",
        "base_fee: 3% of revenue\n"
        "Owner -> Manager as base: base_fee every year\n"
        "Owner -> Manager as incentive: 10% of excess(profit - base_fee over 8% of 50m) every year",
        by_period(Y[:2], revenue=[20_000_000, 25_000_000], profit=[4_500_000, 7_000_000]),
        {"base": ["600000.00", "750000.00"], "incentive": ["0.00", "225000.00"]},
    ),
    Clause(
        "retail lease: percentage rent above the natural breakpoint",
        "Tenant -> Landlord as rent: 10k every month\n"
        "Tenant -> Landlord as overage: excess(6% of sales over 10k * 12 per year) every quarter",
        by_period(["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"], sales=[500_000, 900_000, 700_000, 100_000]),
        {"overage": ["0.00", "0.00", "6000.00", "6000.00"]},
    ),
    Clause(
        "university licence: 25% of sublicence income before clinical stage, 10% after, and a yearly fee credited",
        'share: (if met("phase 1") then 10% else 25%) of sublicence_income\n'
        "Licensee -> University as share_: recoup(share, 5k per year) every quarter\n"
        "Licensee -> University as yearly: due(2025-01-01: 5k, 2026-01-01: 5k) every quarter",
        by_period(Q, sublicence_income=[10_000, 20_000, 20_000, 50_000]),
        {"share_": ["0.00", "2500.00", "2000.00", "5000.00"], "yearly": ["5000.00", "0.00", "0.00", "0.00"]},
        conditions={"phase 1": date(2025, 7, 15)},
    ),
    Clause(
        "affiliate: a bounty per new customer and a share for their first year, thresholds by count",
        "Shop -> Affiliate as bounty: tiers(new_customers per month: 20 to 100, 30 above) every month\n"
        "Shop -> Affiliate as share: 5% of first_year_revenue every month",
        by_period(M[:2], new_customers=[90, 120], first_year_revenue=[1000, 2000]),
        {"bounty": ["1800.00", "2600.00"], "share": ["50.00", "100.00"]},
    ),
    Clause(
        "carried interest with a compounding hurdle of 8% a year and no catch-up",
        "hurdle: 8% of (prior(contributed + hurdle - distributed per life))\n"
        "due_: prior(contributed + hurdle - distributed per life) + contributed + hurdle\n"
        "Fund -> Manager as carry: 20% of excess(distributed over due_) every year",
        by_period(Y[:3], contributed=[1000, 0, 0], distributed=[0, 0, 1500]),
        {"carry": ["0.00", "0.00", "66.72"]},  # 1500 - 1000 x 1.08^2 = 333.6
    ),
    Clause(
        "reconciled gain share: the manager's part of savings, carried back if they reverse",
        "Client -> Provider as gain: increase(30% of max(total(baseline - actual per year), 0)) every quarter",
        by_period(Q, baseline=[100, 100, 100, 100], actual=[80, 90, 120, 100]),
        {"gain": ["6.00", "3.00", "-6.00", "0.00"]},
    ),
    Clause(
        "prorated fee: a yearly fee, by days in a shorter first period",
        "A -> B as fee: 365_000 * days() / days(year) every month",
        by_period(["2025-02"], x=[0]),
        {"fee": ["28000.00"]},
    ),
    Clause(
        "shared territory pools: a part to each partner, the rest stays",
        "net: gross - tax\nA -> B as first: 70% of net every month rounded down\n"
        "A -> C as rest: net - first every month rounded down",
        by_period(M[:1], gross=["100.01"], tax=["0.00"]),
        {"first": ["70.00"], "rest": ["30.01"]},
    ),
    Clause(
        "yen royalty, rounded to the whole unit, half even",
        "A -> B as fee: 2.5% of sales every month rounded half even in JPY",
        by_period(M[:2], sales=[100, 140]),
        {"fee": ["2", "4"]},
    ),
]


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.kind)
def test_the_clause_comes_to_what_was_worked_out(clause: Clause) -> None:
    rows = run(clause.sheet, clause.measures, clause.start, conditions=clause.conditions)
    assert {line: paid(rows, line) for line in clause.pays} == clause.pays
