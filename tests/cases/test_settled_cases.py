"""The nine contracts, Steam and Epic as deals: entered, reported, settled and issued to the printed amounts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cases import contracts
from tests.cases.office import DEAL, Office, in_all, owed, trued_up

HOUSE = Path(__file__).parents[2]
QUARTERS = ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]
MONTHS = ["2025-01", "2025-02", "2025-03"]


def test_go_page_is_stated_by_the_quarter(tmp_path):
    office = Office(tmp_path, contracts.GO_PAGE, "2025-01-01", "Licensee", "Licensor")
    gross, subscribers = ["180000.00", "240000.00", "310450.75", "402318.40"], [4980, 7501, 15000, 25001]
    amounts = []
    for period, money, number in zip(QUARTERS, gross, subscribers, strict=True):
        office.report(period, gross=money, subscribers=number)
        amounts += owed(office.issue(period)["Licensee"], "royalty")
    assert amounts == ["11250.00", "16800.00", "24836.06", "39226.04"]
    assert str(office.issued()[-1].closing) == "92112.10"


def test_theravance_adds_up_to_its_year(tmp_path):
    office = Office(tmp_path, contracts.THERAVANCE, "2025-01-01", "GSK", "Theravance")
    amounts = []
    for period, sales in zip(QUARTERS, ["600m", "700m", "800m", "500m"], strict=True):
        office.report(period, net_sales=sales)
        amounts += owed(office.issue(period)["GSK"], "royalty")
    assert amounts == ["39000000.00", "54250000.00", "72000000.00", "48500000.00"]
    assert str(office.issued()[-1].closing) == "213750000.00"
    assert str(office.issued()[0].dues[0].payable) == "2025-04-20"


def test_shps_is_set_off_where_the_deal_says_so(tmp_path):
    office = Office(tmp_path, contracts.SHPS, "2025-01-01", "HPS", "SHPS", nets="HPS <-> SHPS")
    care, new = ["420000.00", "500000.00", "731250.40"], [0, 0, "64000.00"]
    said = []
    for period, care_revenue, clients in zip(MONTHS, care, new, strict=True):
        office.report(period, care_revenue=care_revenue, new_client_revenue=clients)
        (statement,) = office.issue(period).values()
        said.append([*owed(statement, "share"), *owed(statement, "pass_through"), *owed(statement, "commission")])
    assert said[0][0] == "346500.00"
    assert said[1][0] == "412500.00"
    assert said[2] == ["597500.32", "64000.00", "3200.00"]
    assert str(statement.closing - statement.opening) == "658300.32"
    assert statement.net


def test_shps_stays_gross_where_it_does_not(tmp_path):
    office = Office(tmp_path, contracts.SHPS, "2025-01-01", "HPS", "SHPS")
    office.report("2025-03", care_revenue="731250.40", new_client_revenue="64000.00")
    stated = office.issue("2025-03")
    assert {payer: str(statement.closing) for payer, statement in stated.items()} == {
        "HPS": "661500.32",
        "SHPS": "3200.00",
    }


def test_premier_is_paid_until_its_cap(tmp_path):
    office = Office(tmp_path, contracts.PREMIER, "2023-01-01", "THI", "Marv", "shareholders")
    share, capped = [], []
    for year, value in (("2023", "500m"), ("2024", "360m"), ("2025", "100m")):
        office.report(year, fair_market_value=value)
        office.issue(year)
    for statement in office.issued():
        share += owed(statement, "share")
        capped += owed(statement, "capped_share")
    assert share == ["25000000.00", "18000000.00", "5000000.00"]
    assert capped == ["25000000.00", "15000000.00", "0.00"]
    last = {statement.payee: str(statement.closing) for statement in office.issued()}
    assert last == {"Marv": "48000000.00", "shareholders": "40000000.00"}


LOTS = [("1", "non", 120, "95.00"), ("2", "non", 80, "112.50"), ("3", "re", 50, "97.40"), ("4", "re", 40, "131.25")]
FIGURES = [
    f"{name}[lot = {lot}, type = {kind}]={amount}"
    for lot, kind, units, cost in LOTS
    for name, amount in (("units", units), ("cost", cost))
]

LEAST = {"non": "80% of cost[lot = {}], 80.00", "re": "100% of cost[lot = {}], 100.00"}
BY_LOT = "\n".join(
    f"Manufacturer -> Subcontractor as lot_{lot}: units[lot = {lot}] * max({LEAST[kind].format(lot)}) every month"
    for lot, kind, _, _ in LOTS
)


def test_zounds_is_paid_in_two_halves(tmp_path):
    office = Office(tmp_path, contracts.ZOUNDS, "2025-01-01", "Manufacturer", "Subcontractor")
    office.report("2025-03", *FIGURES)
    (statement,) = office.issue("2025-03").values()
    assert owed(statement, "at_shipping") == ["13525.00"]
    assert owed(statement, "later") == ["13525.00"]


def test_zounds_compares_lot_by_lot(tmp_path):
    office = Office(tmp_path, BY_LOT, "2025-01-01", "Manufacturer", "Subcontractor")
    office.report("2025-03", *FIGURES)
    (statement,) = office.issue("2025-03").values()
    assert [str(due.amount) for due in statement.dues] == ["9600.00", "7200.00", "5000.00", "5250.00"]
    assert str(statement.closing) == "27050.00"


PROGRAM_YEARS = ["2017-10-01..2018-09-30", "2018-10-01..2019-09-30", "2019-10-01..2020-09-30"]


def test_monsanto_and_its_agent_owe_each_other_gross(tmp_path):
    office = Office(tmp_path, contracts.MONSANTO, "2017-10-01", "Monsanto", "Agent")
    years = zip(PROGRAM_YEARS, ["131m", "131m", "38m"], [0, "10.5m", "10m"], strict=True)
    commission, bonus, contribution = [], [], []
    for period, ebit, profit in years:
        office.report(period, program_ebit=ebit, gross_profit_365=profit)
        stated = office.issue(period)
        commission += owed(stated["Monsanto"], "commission")
        bonus += owed(stated["Monsanto"], "roundup_365")
        contribution += owed(stated["Agent"], "contribution")
    assert commission == ["65500000.00", "45500000.00", "0.00"]
    assert bonus == ["0.00", "735000.00", "0.00"]
    assert contribution == ["1500000.00"] * 36
    closings = {statement.payer: str(statement.closing) for statement in office.issued()}
    assert closings == {"Monsanto": "111735000.00", "Agent": "54000000.00"}


CYCLES = ["2013-Q3", "2013-Q4", "2014-Q1", "2014-Q2"]


def test_musclepharm_recoups_its_guarantee(tmp_path):
    office = Office(tmp_path, contracts.MUSCLEPHARM, "2013-07-01", "MusclePharm", "Lender")
    gross, discounts, returns = ["4m", "5m", "7m", "6m"], ["260k", "150k", "350k", "120k"], ["90k", "100k", 0, "420k"]
    royalty, instalments, earned = [], [], []
    for at, period in enumerate(CYCLES):
        office.report(period, gross=gross[at], discounts=discounts[at], returns=returns[at])
        (statement,) = office.issue(period).values()
        royalty += owed(statement, "royalty")
        instalments += owed(statement, "instalments")
        steps = [step.text for due in statement.dues for step in due.arithmetic]
        earned += [text for text in steps if text.startswith("earned = ")]
    assert royalty == ["0.00", "0.00", "11000.00", "558000.00"]
    assert instalments == ["500000.00", "500000.00", "500000.00", "0.00"]
    assert [text.rpartition(" = ")[2] for text in earned] == ["371,000", "475,000", "665,000", "558,000"]
    assert str(in_all(*office.issued())) == "2069000.00"


def test_musclepharm_pays_its_second_year_as_printed(tmp_path):
    office = Office(tmp_path, contracts.MUSCLEPHARM, "2013-07-01", "MusclePharm", "Lender")
    amounts = []
    for period in (*CYCLES, "2014-Q3", "2014-Q4", "2015-Q1"):
        office.report(period, gross=0, discounts=0, returns=0)
        (statement,) = office.issue(period).values()
        amounts += owed(statement, "instalments")
    assert amounts[4:] == ["666666.66"] * 3
    assert str(statement.closing) == "3499999.98"


def test_late_refunds_of_the_shopping_mall_are_trued_up(tmp_path):
    office = Office(tmp_path, contracts.SHOPPING_MALL, "2025-01-01", "Company", "HDI")
    amounts = []
    for period, sales in zip(MONTHS, ["15500", "10400", "23780.55"], strict=True):
        office.report(period, net_sales=sales)
        amounts += owed(office.issue(period)["Company"], "share")
        office.enter("close", period=period)
    assert amounts == ["1350.00", "0.00", "3834.17"]
    refunds = office.enter("restate", period="2025-01", figure="net_sales=14600", note="900 of refunds").entry
    office.report("2025-04", net_sales="9000")
    statement = office.issue("2025-04")["Company"]
    assert owed(statement, "share") == ["0.00"]
    assert trued_up(statement) == [("share", "2025-01-01", "-270.00", [("-270.00", refunds.position)])]
    assert (str(statement.true_ups[0].stated), str(statement.true_ups[0].now)) == ("1350.00", "1080.00")


def test_recycling_counts_what_was_produced_before(tmp_path):
    office = Office(tmp_path, contracts.RECYCLING, "2019-03-01", "A", "B")
    office.report("2019-03-01..2024-12-31", kwh="795m")
    office.report("2025-01", kwh="9m")
    (statement,) = office.issue("2025-01").values()
    assert owed(statement, "fee") == ["2800000.00"]
    assert (statement.currency, statement.payer, str(statement.closing)) == ("CNY", "B", "2800000.00")


# --- Steam: a counter that starts before it was announced ---------------------------------------------------

STEAM_BEFORE = "Valve -> Developer as share: 70% of revenue every month"
STEAM_BANDS = (
    "Valve -> Developer as share: each(app: tiers(revenue since 2018-10-01: 70% to 10m, 75% to 50m, 80% above)) "
    "every month"
)


def steam(folder: Path, *sold: tuple[str, str]) -> Office:
    office = Office(folder, STEAM_BEFORE, "2018-01-01", "Valve", "Developer", today="2018-11-15")
    for month, amount in sold:
        office.report(month, f"revenue[app = a]={amount}")
    return office


def announced(office: Office) -> int:
    office.today = "2018-12-05"
    return office.enter("amend", "2018-11-30", from_="2018-10-01", pays=STEAM_BANDS).entry.position


def test_steam_pays_the_sixtieth_million_as_it_was_known(tmp_path):
    office = steam(tmp_path, ("2018-10", "59m"), ("2018-11", "1m"))
    announced(office)
    before, after = (office.drafts("2018-11", known)[0].statement for known in ("2018-11-29", "2018-12-01"))
    assert (owed(before, "share"), owed(after, "share")) == (["700000.00"], ["800000.00"])


def test_steam_does_not_count_what_came_before_october(tmp_path):
    office = steam(tmp_path, ("2018-09", "45m"), ("2018-10", "14m"), ("2018-11", "1m"))
    announced(office)
    (november,) = office.drafts("2018-11", "2018-12-01")
    assert owed(november.statement, "share") == ["750000.00"]


def test_steam_trues_up_october_which_was_stated_before_the_announcement(tmp_path):
    office = steam(tmp_path, ("2018-10", "12m"))
    october = office.issue("2018-10")["Valve"]
    assert owed(october, "share") == ["8400000.00"]
    by = announced(office)
    office.report("2018-11", "revenue[app = a]=48m")
    november = office.issue("2018-11")["Valve"]
    assert trued_up(november) == [("share", "2018-10-01", "100000.00", [("100000.00", by)])]
    assert str(in_all(october, november)) == "45000000.00"  # of 60m since 2018-10-01
    assert office.issued()[0] == october


def test_steam_pays_both_terms_for_what_was_sold_under_both(tmp_path):
    office = steam(tmp_path, ("2018-09", "45m"), ("2018-10", "15m"))
    september = office.issue("2018-09")["Valve"]
    announced(office)
    october = office.issue("2018-10")["Valve"]
    assert (owed(september, "share"), owed(october, "share")) == (["31500000.00"], ["10750000.00"])
    assert str(in_all(september, october)) == "42250000.00"


# --- Epic: a retroactive start, and a year that starts anew -----------------------------------------------------

EPIC_BEFORE = "Epic -> Developer as share: 88% of revenue every month"
EPIC_AFTER = (
    "Epic -> Developer as share: each(product: tiers(revenue per year since 2025-06-01: 100% to 1m, 88% above)) "
    "every month"
)


EVERY_MONTH = [f"2025-{month:02}" for month in range(1, 13)]


def epic(folder: Path) -> Office:
    return Office(folder, EPIC_BEFORE, "2018-12-06", "Epic", "Developer", today="2025-05-20")


def sold(office: Office, period: str, amount: str) -> None:
    office.report(period, f"revenue[product = game]={amount}")


def published(office: Office) -> int:
    return office.enter("amend", "2025-05-01", from_="2025-06-01", pays=EPIC_AFTER).entry.position


def test_epic_keeps_nothing_of_the_first_million_since_june(tmp_path):
    office = epic(tmp_path)
    published(office)
    office.today = "2026-01-05"
    for month, amount in zip(EVERY_MONTH, ["180k"] * 5 + ["100k"] * 6 + ["0"], strict=True):
        sold(office, month, amount)
    (statement,) = office.issue("2025").values()
    assert str(in_all(statement)) == "1392000.00"


def test_epic_takes_its_share_above_the_million(tmp_path):
    office = epic(tmp_path)
    published(office)
    office.today = "2026-02-05"
    for month in EVERY_MONTH:
        sold(office, month, "1.5m" if month == "2025-06" else "0")
    sold(office, "2026-01", "100")
    (year,) = office.issue("2025").values()
    assert str(in_all(year)) == "1440000.00"
    (january,) = office.issue("2026-01").values()
    assert owed(january, "share") == ["100.00"]


def test_epic_pays_a_sale_of_june_by_the_terms_that_were_known(tmp_path):
    office = epic(tmp_path)
    published(office)
    asked = ("--deal", DEAL, "--measure", "revenue[2025-06-02, product=game]=100", "--period", "2025-06-02")
    for known, payment in (("2025-04-30", "88.00"), ("2025-06-03", "100.00")):
        rows = deal(tmp_path, "quote", *asked, "--known", known, "--csv").splitlines()
        assert payment in rows[1]


def test_epic_states_nothing_of_what_was_not_reported_by_then(tmp_path):
    office = epic(tmp_path)
    published(office)
    office.today = "2025-07-02"
    sold(office, "2025-06", "100")
    (before,), (after,) = (office.drafts("2025-06", known) for known in ("2025-06-03", "2025-07-02"))
    assert [(due.amount, due.missing) for due in before.statement.dues] == [(None, ("revenue by product for 2025-06",))]
    assert owed(after.statement, "share") == ["100.00"]


def test_a_report_too_coarse_says_for_which_days_it_is(tmp_path):
    office = epic(tmp_path)
    published(office)
    office.today = "2026-01-05"
    sold(office, "2025-06-01..2025-12-31", "0.6m")
    (draft,) = office.drafts("2025-06")
    assert draft.statement.dues[0].missing == (
        "revenue[product = game] for 2025-06 alone (it is reported for 2025-06-01 to 2025-12-31)",
    )


def test_epic_recorded_after_june_was_stated_is_carried_into_july(tmp_path):
    office = epic(tmp_path)
    office.today = "2025-07-02"
    sold(office, "2025-06", "0.6m")
    june = office.issue("2025-06")["Epic"]
    assert owed(june, "share") == ["528000.00"]
    bytes_ = [row for row in office.ledger.entries.all_rows() if row[5] == "StatementIssued"]
    office.today = "2025-08-02"
    by = published(office)
    sold(office, "2025-07", "0.5m")
    july = office.issue("2025-07")["Epic"]
    assert owed(july, "share") == ["488000.00"]  # 0.4m is left of the million
    assert trued_up(july) == [("share", "2025-06-01", "72000.00", [("72000.00", by)])]
    assert str(july.closing) == "1088000.00"
    assert [row for row in office.ledger.entries.all_rows() if row[5] == "StatementIssued"][:1] == bytes_


# --- end to end, as people do it ------------------------------------------------------------------------------


def deal(folder: Path, *words: str) -> str:
    code = "from cli.main import main; main(prog_name='deal')"
    env = {**os.environ, "PYTHONPATH": str(HOUSE), "DEAL_BY": "Dana", "DEAL_LEDGER": "deals.db"}
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SHPS_FILE = """
[[instrument]]
event = "open"
deal = "hps-shps"
dated = 2025-01-01
party = ["HPS", "SHPS"]
pays = [
    "HPS -> SHPS as share: tiers(care_revenue: 82.5% to 500k, 80% above) every month within 15 days",
    "HPS -> SHPS as pass_through: 100% of new_client_revenue every month",
    "SHPS -> HPS as commission: 5% of new_client_revenue every month",
]
nets = "HPS <-> SHPS"

[[instrument]]
event = "report"
deal = "hps-shps"
dated = 2025-04-02
figure = ["care_revenue[2025-03]=731_250.40", "new_client_revenue[2025-03]=64_000"]
"""


def test_shps_from_a_file_to_a_payment(tmp_path):
    (tmp_path / "shps.toml").write_text(SHPS_FILE)
    deal(tmp_path, "init")
    deal(tmp_path, "record", "shps.toml")
    assert "Closing balance" in deal(tmp_path, "settle", "2025-03", "hps-shps")
    deal(tmp_path, "settle", "2025-03", "--issue")
    issued = json.loads(deal(tmp_path, "statement", "3", "--json"))["dated"]
    assert deal(tmp_path, "statement", "3") == (
        f"Statement #3, issued {issued}: hps-shps, 2025-03\n"
        "HPS to SHPS, USD, what they owe each other set off; all that is known, recorded by #2\n"
        "\n"
        "Opening balance                          0.00\n"
        "commission, 2025-03, owed by SHPS   -3,200.00\n"
        "    5% of new_client_revenue every month (#1)\n"
        "      new_client_revenue = 64,000, as reported\n"
        "pass_through, 2025-03               64,000.00\n"
        "    100% of new_client_revenue every month (#1)\n"
        "      new_client_revenue = 64,000, as reported\n"
        "share, 2025-03                     597,500.32\n"
        "    tiers(care_revenue: 82.5% to 500k, 80% above) every month within 15 days (#1)\n"
        "    payable by 2025-04-15\n"
        "      care_revenue = 731,250.4, as reported\n"
        "        500,000 at 82.5% to 500k = 412,500\n"
        "        231,250.4 at 80% above = 185,000.32\n"
        "Closing balance                    658,300.32\n"
    )
    deal(tmp_path, "pay", "3", "658300.32")
    assert "658,300.32  658,300.32  0.00" in deal(tmp_path, "balance", "hps-shps")
    assert deal(tmp_path, "statement", "3", "--check") == "#3 says what its entries say.\n"


EPIC_FILE = f"""
[[instrument]]
event = "open"
deal = "epic-developer"
dated = 2018-12-06
party = ["Epic", "Developer"]
pays = "{EPIC_BEFORE}"

[[instrument]]
event = "report"
deal = "epic-developer"
dated = 2025-07-02
figure = "revenue[2025-06, product=game]=0.6m"
"""


def test_epic_from_the_command_line(tmp_path):
    (tmp_path / "epic.toml").write_text(EPIC_FILE)
    deal(tmp_path, "init")
    deal(tmp_path, "record", "epic.toml")
    deal(tmp_path, "settle", "2025-06", "--issue")
    june = deal(tmp_path, "statement", "3")
    deal(tmp_path, "close", "2025-06")
    words = ("amend", "epic-developer", "--dated", "2025-05-01", "--from", "2025-06-01", "--pays", EPIC_AFTER)
    deal(tmp_path, *words)
    deal(tmp_path, "report", "epic-developer", "revenue=0.5m", "--period", "2025-07", "--dim", "product=game")
    deal(tmp_path, "settle", "2025-07", "--issue")
    july = deal(tmp_path, "statement", "7")
    assert "True-up of share, 2025-06     72,000.00\n    stated 528,000.00 in #3, now 600,000.00\n" in july
    assert "    72,000.00 by #5 Amended, dated 2025-05-01\n" in july
    assert july.endswith("Closing balance            1,088,000.00\n")
    assert deal(tmp_path, "statement", "3") == june
    assert deal(tmp_path, "statement", "3", "--check") == "#3 says what its entries say.\n"
