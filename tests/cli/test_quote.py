"""`deal quote` and `deal terms`, as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main

TIERS = "GSK -> Theravance as royalty: tiers(net_sales per year: 6.5% to 750m, 8% above) every quarter"


def deal(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_one_figure_without_a_period_is_enough() -> None:
    assert deal("quote", "20% of revenue", "-m", "revenue=60m").stdout == "amount  12,000,000.00  USD\n"


def test_periods_come_out_one_row_each() -> None:
    result = deal("quote", TIERS, "-m", "net_sales[2025-Q1]=600m", "-m", "net_sales[2025-Q2]=700m")
    assert result.exit_code == 0
    assert result.stdout == ("2025-Q1  royalty  39,000,000.00  USD\n2025-Q2  royalty  53,750,000.00  USD\n")


def test_the_explanation_shows_every_slice() -> None:
    result = deal("quote", TIERS, "-m", "net_sales[2025-Q1]=600m", "-m", "net_sales[2025-Q2]=700m", "--explain")
    assert result.stdout.split("2025-Q2")[1] == (
        "  royalty  53,750,000.00  USD\n"
        "    net_sales = 700,000,000, as reported\n"
        "    net_sales, counted per year: 600,000,000 before, 700,000,000 now, 1,300,000,000 in all\n"
        "      150,000,000 at 6.5% to 750m = 9,750,000\n"
        "      550,000,000 at 8% above = 44,000,000\n"
        "    slices together 53,750,000\n"
    )


def test_json_keeps_its_shape() -> None:
    result = deal("quote", "net: gross - returns", TIERS.replace("net_sales", "net"),
                  "-m", "gross[2025-Q1]=100.5", "-m", "returns[2025-Q1]=0.5", "--json")  # fmt: skip
    shown = json.loads(result.stdout)
    assert shown["schema"] == "deal.quote/1"
    assert shown["rows"][1] == {
        "from": "2025-01-01",
        "through": "2025-03-31",
        "line": "royalty",
        "kind": "pays",
        "payer": "GSK",
        "payee": "Theravance",
        "amount": "6.50",
        "exact": "6.5000",
        "currency": "USD",
        "low": None,
        "high": None,
        "about": None,
        "missing": [],
        "notes": [],
    }


def test_csv_keeps_its_header_and_the_bound_of_an_unknown() -> None:
    result = deal("quote", "unknown <= 10% of revenue", "-m", "revenue[2025-Q1]=1m", "--csv")
    assert result.exit_code == 0
    assert result.stdout == (
        "from,through,line,kind,payer,payee,amount,exact,currency,low,high,about,missing,notes\n"
        "2025-01-01,2025-03-31,amount,pays,,,,,USD,,100000.00,,unknown <= 10%,\n"
    )


def test_what_is_not_reported_is_named_and_refused() -> None:
    result = deal("quote", "5% of (gross - returns) every quarter", "-m", "gross[2025-Q1]=100")
    assert result.exit_code == 1
    assert result.stdout == "2025-Q1  amount  unknown  USD  missing: returns for 2025-Q1\n"
    assert result.stderr == (
        "deal: Not everything could be computed: returns for 2025-Q1. Report what is missing (zero is a "
        "report as well); where a counter starts later than its window, give --start or --opening.\n"
    )


def test_bounds_that_are_one_payment_are_the_payment() -> None:
    result = deal("quote", "unknown from 0.001 to 0.002 every month", "--period", "2025-01")
    assert result.stdout == "2025-01  amount  0.00  USD  not known by the terms: unknown from 0.001 to 0.002\n"
    result = deal("quote", "min(max(x, 5), 5) every month", "--period", "2025-01")
    assert result.stdout == "2025-01  amount  unknown, only 5.00 is possible  USD  missing: x for 2025-01\n"


def test_a_minimum_is_not_owed_for_the_contract_year_before_the_contract() -> None:
    words = ["quote", "A -> B as t: atleast(5% of x, 3k per contract year) every quarter"]
    result = deal(*words, "-m", "x[2024-Q1]=500", "-m", "x[2024-Q2]=500", "--start", "2024-02-15")
    assert result.exit_code == 0
    # 46 of the 91 days of the first quarter are the contract's.
    assert [line.split()[:3] for line in result.stdout.splitlines() if "note" not in line] == [
        ["2024-Q1", "t", "12.64"], ["2024-Q2", "t", "25.00"],
    ]  # fmt: skip


def test_a_counter_that_starts_later_than_its_window_needs_a_start() -> None:
    words = ["quote", TIERS, "-m", "net_sales[2025-Q2]=100"]
    assert deal(*words).exit_code == 1
    assert "6.50" in deal(*words, "--start", "2025-04-01").stdout
    assert "8.00" in deal(*words, "--opening", "net_sales=750m").stdout


def test_a_contract_year_without_a_start_is_refused_in_a_sentence() -> None:
    result = deal("quote", "cap(5% of x, 10 per contract year) every month", "-m", "x[2025-01]=1")
    assert result.exit_code == 1
    assert result.stderr == (
        "deal: A contract year cannot be counted: nobody said on which day the contract starts. Say it "
        "(--start 2025-07-01), or use a window of the calendar such as 'year' or 'since 2025-07-01'.\n"
    )


def test_a_figure_that_nothing_needs_is_noted() -> None:
    result = deal("quote", "net: gross", "-m", "gross[2025]=1", "-m", "net[2025]=2")
    assert (result.exit_code, result.stderr) == (0, "net was given, and nothing needs it.\n")


def test_an_opening_stands_for_everything_before() -> None:
    words = ["quote", "cap(x, 100 per life) every month", "-m", "x[2025-01]=30", "--start", "2019-01-01"]
    assert "missing: x for 2019-01" in deal(*words).stdout
    assert deal(*words, "--opening", "x=80").stdout == "2025-01  amount  20.00  USD\n"


@pytest.mark.parametrize(
    ("terms", "opening"),
    [
        ("cap(10% of x, 5 per life)", "y=3"),
        ("10% of x", "x=3"),
        ("tiers(x[k = a] per life: 10% to 50, 20% above)", "x=3"),
        ("each(k: cap(x, 5 per life))", "x=3"),
        ("tiers(x per month: 10% to 50, 20% above)", "x=3"),
        ("cap(x, 5 per life)", "x[k=b]=3"),
    ],
)
def test_an_opening_that_nothing_counts_is_noted(terms: str, opening: str) -> None:
    result = deal("quote", f"{terms} every month", "-m", "x[2025-01, k=a]=30", "--opening", opening)
    what = opening.partition("=")[0] if "[" not in opening else "x[k = b]"
    said = (
        f"An opening of {what} was given, and no counter uses it: none that counts all of {what} begins before the "
        "first report of it.\n"
    )
    assert (result.exit_code, result.stderr) == (0, said)


@pytest.mark.parametrize(
    ("terms", "opening", "amount"),
    [
        ("share: cap(10% of x, 5 per life)", "share=3", "2.00"),
        ("tiers(x[k = a] per life: 10% to 50, 20% above)", "x[k=a]=30", "4.00"),
        ("n: 90% of x\ncap(n, 100 per life)", "x=90", "19.00"),
    ],
)
def test_an_opening_of_a_measure_a_slice_or_a_flow_counts(terms: str, opening: str, amount: str) -> None:
    *definitions, flow = terms.splitlines()
    result = deal("quote", *definitions, f"{flow} every month", "-m", "x[2025-01, k=a]=30", "--opening", opening)
    assert (result.exit_code, result.stderr, result.stdout.split()[-2]) == (0, "", amount)


def test_an_opening_of_a_measure_says_nothing_of_what_was_deducted_each_month() -> None:
    result = deal("quote", "n: x - 1", "cap(n, 100 per life) every month", "-m", "x[2025-01]=31", "--opening", "x=81")
    assert result.exit_code == 1
    assert "what n came to before (an opening of x does not say it)" in result.stderr


@pytest.mark.parametrize(
    ("openings", "sentence"),
    [
        (("x[2024]=30",), "'x[2024]=30' is not an opening: it names a period"),
        (("x=1", "x=2"), "The opening of x is given twice. Give one amount."),
        (("x",), "'x' is not a reported measure."),
    ],
)
def test_an_opening_that_cannot_be_read_is_refused(openings: tuple[str, ...], sentence: str) -> None:
    words = [word for text in openings for word in ("--opening", text)]
    result = deal("quote", "cap(x, 5 per life) every month", "-m", "x[2025-01]=30", *words)
    assert (result.exit_code, sentence in result.stderr) == (2, True), result.stderr


def test_dimensions_conditions_and_a_span_of_days() -> None:
    result = deal(
        "quote", 'if met("launch") then each(product: max(5% of revenue, 10)) else 0',
        "-m", "revenue[2025-01-01..2025-02-14, product=a]=100",
        "-m", "revenue[2025-01-01..2025-02-14, product=b]=1k",
        "--met", "launch=2025-02-01",
    )  # fmt: skip
    assert result.stdout == "2025-01-01 to 2025-02-14  amount  60.00  USD\n"


def test_a_sheet_and_files_of_measures(tmp_path: Path) -> None:
    sheet = tmp_path / "terms.txt"
    sheet.write_text("net: gross - returns\nA -> B as share: 10% of net\n    every month\n")
    long, wide, toml = tmp_path / "long.csv", tmp_path / "wide.csv", tmp_path / "m.toml"
    long.write_text("measure,period,amount,product\ngross,2025-01,100,a\ngross,2025-01,20,b\nreturns,2025-01,20,a\n")
    wide.write_text("period,gross,returns,product\n2025-01,100,20,a\n2025-01,20,0,b\n")
    toml.write_text('[gross]\n2025-01 = "0.12k"\n[returns]\n2025-01 = 20\n')
    for path in (long, wide, toml):
        result = deal("quote", "-f", str(sheet), "--measures", str(path))
        assert result.stdout == "2025-01  net      100\n2025-01  share  10.00  USD\n", result.output


def test_everything_wrong_with_a_file_is_said_at_once(tmp_path: Path) -> None:
    sheet = tmp_path / "terms.txt"
    sheet.write_text("# terms\na: 5 +\n\nb: 20% of c\nb: 5\n")
    result = deal("quote", "-f", str(sheet), "-m", "c=1")
    assert result.exit_code == 1
    assert result.stderr == (
        "deal: Line 2: Column 7 cannot be read: expected a number, a name, '(' or a function such as "
        "max(a, b).\n"
        "    a: 5 +\n          ^\n"
        "Write it like this: 20% of revenue every quarter\n"
        "Line 5: Two lines are both named 'b'. Give each flow and each definition a name of its own.\n"
    )
    bad = tmp_path / "bad.csv"
    bad.write_text("measure,period,amount\nx,2025-13,1\nx,2025-01,one\n")
    result = deal("quote", "5% of x", "--measures", str(bad))
    assert (
        "line 2: There is no month 2025-13 in the calendar. Write YYYY-MM, with a month from 01 to 12." in result.stderr
    )
    assert "line 3: 'one' is not an amount" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["20% of x", "-m", "x"], 2, "'x' is not a reported measure. Write name=amount, with a period and"),
        (["20% of x", "-m", "x=1,5"], 2, "'1,5' is not an amount. Write digits with a dot for decimals"),
        (
            ["20% of x", "-m", "x=1", "--met", "launch"],
            2,
            "'launch' does not say since when a condition holds.",
        ),
        (
            ["20% of x", "-m", "x=1", "-m", "x[2025]=1"],
            2,
            "For which period x is reported is not clear. Say it:",
        ),
        (["a: b", "b: a", "-m", "x=1"], 1, "The terms go round in a circle: a needs b needs a."),
        (["20% of x", "-m", "x=1", "--currency", "usd"], 2, "'usd' is not a currency code."),
        ([], 2, "Give terms, for example: deal quote"),
    ],
)
def test_what_was_typed_wrong_is_said(words: list[str], code: int, sentence: str) -> None:
    result = deal("quote", *words)
    assert (result.exit_code, sentence in result.stderr) == (code, True), result.stderr


def test_check_prints_the_canonical_text_and_what_it_needs() -> None:
    result = deal("terms", "check", "A -> B: each(product: 20 % of revenue[territory=us]) monthly", "unknown of x")
    assert result.stdout == (
        "A -> B: each(product: 20% of revenue[territory = us]) every month\n"
        "  needs       revenue\n"
        "  dimensions  product, territory\n"
        "  computable  yes\n"
        "unknown of x\n"
        "  needs       x\n"
        "  computable  no: unknown is not known\n"
    )


def test_check_reads_a_file_with_one_line_each(tmp_path: Path) -> None:
    sheet = tmp_path / "terms.txt"
    sheet.write_text("net: gross - returns\n5% off\n")
    result = deal("terms", "check", str(sheet))
    assert result.exit_code == 1
    assert result.stdout == "1: net: gross - returns  # needs gross, returns; yes\n"
    assert result.stderr.startswith("deal: Line 2: Column 4 cannot be read")


# --- a deal's own clauses ---------------------------------------------------------------------------------


@pytest.fixture
def books(tmp_path: Path) -> str:
    """20 % until the end of June 2025, 15 % from then on; of net sales, from 2025 on less returns."""
    address = str(tmp_path / "deals.db")
    opening = [
        *["open", "acme-bolt", "--party", "Acme", "--party", "Bolt", "--dated", "2024-01-01"],
        "--term",
        "2024-01-01..2027",
    ]
    for words in (
        ["init"],
        [*opening, "--defines", "net: gross", "--pays", "Acme -> Bolt as share: 20% of net every year"],
        ["amend", "acme-bolt", "--dated", "2024-12-01", "--from", "2025-01-01", "--defines", "net: gross - returns"],
        ["amend", "acme-bolt", "--dated", "2025-06-01", "--from", "2025-07-01", "--pays",
         "Acme -> Bolt as share: 15% of net every year"],
    ):  # fmt: skip
        assert deal(*words, "--ledger", address).exit_code == 0
    return address


FIGURES = ("-m", "gross[2025]=730k", "-m", "returns[2025]=36_500")


def amounts(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.stderr
    return {row["line"]: row["amount"] for row in json.loads(result.stdout)["rows"]}


def test_a_deal_is_computed_day_by_day(books: str) -> None:
    """693,500 of net sales spread over 365 days: 181 days at 20 %, 184 days at 15 %."""
    found = amounts(deal("quote", "--deal", "acme-bolt", "--ledger", books, *FIGURES, "--json"))
    assert found["share"] == "121220.00"  # 1,900 x (181 x 20% + 184 x 15%) = 68,780 + 52,440


def test_a_deal_is_computed_as_it_stood_on_a_day(books: str) -> None:
    asked = ("quote", "--deal", "acme-bolt", "--ledger", books, "--json")
    assert amounts(deal(*asked, *FIGURES, "--on", "2025-06-30"))["share"] == "138700.00"
    assert amounts(deal(*asked, *FIGURES, "--on", "2025-07-01"))["share"] == "104025.00"
    assert amounts(deal(*asked, *FIGURES, "--on", "2025-07-01", "--known", "2025-05-31"))["share"] == "138700.00"
    assert amounts(deal(*asked, *FIGURES[:2], "--on", "2024-12-31"))["share"] == "146000.00"


def test_what_if_the_share_were_another(books: str) -> None:
    asked = ("quote", "share: 10% of net every year", "--deal", "acme-bolt", "--ledger", books, "--on", "2025-06-30")
    assert amounts(deal(*asked, *FIGURES, "--json"))["share"] == "69350.00"


def test_points_in_time_need_a_deal() -> None:
    result = deal("quote", "20% of revenue", "-m", "revenue=1", "--on", "2025-01-01")
    assert (result.exit_code, result.stderr) == (
        2,
        "deal: --on, --known, --recorded, --as-of, --planned and --evidence ask for a deal's terms. Name the deal "
        "with --deal DEAL, or leave them out.\n",
    )


def test_a_deal_without_money_has_nothing_to_compute(books: str) -> None:
    deal("open", "talks", "--party", "A", "--party", "B", "--dated", "2024-01-01", "--ledger", books)
    result = deal("quote", "--deal", "talks", "--ledger", books, "--on", "2025-01-01", "--recorded", "#4")
    assert result.exit_code == 4
    assert result.stderr == (
        "deal: No clause of 'talks' says anything about money (on 2025-01-01, all that is known, recorded by #4). "
        "See what it says with: deal show talks\n"
    )


def test_where_only_a_nature_is_open_nothing_else_is_asked_for() -> None:
    told = ["-m", "units[2025-01]=1", "-m", "units[2025-02]=2", "-m", "price[2025-01]=5", "-m", "price[2025-02]=6"]
    assert deal("quote", "units * price every year", *told).stderr == (
        "deal: Not everything could be computed: the nature of units and price in units * price: say for example "
        "--nature price=rate.\n"
    )
