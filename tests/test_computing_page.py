"""docs/computing.md is run: its tables are read from the page, and its sentences are held to what they come to."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from cli.main import main
from ledger.calendar import LAST_DAY, Span
from ledger.computing.evaluation import Line, compile
from ledger.language import notation
from tests.cases.reports import reports, span

PAGE = (Path(__file__).parent.parent / "docs" / "computing.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())
FIRST, MIDDLE = date(2025, 1, 1), date(2025, 3, 16)


def rows_of(head: str) -> dict[str, list[str]]:
    """The rows of the table with this head: the first cell, and the others."""
    table = PAGE.partition(f"{head}\n|---|")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()[1:]]
    assert rows, head
    return {first: rest for first, *rest in rows}


def number(text: str) -> str:
    """An amount of the page as a payment has it: `1,395` is `1395.00`; `2bn` is `2000000000.00`."""
    digits = text.replace(",", "").replace("bn", "0" * 9)
    return digits if "." in digits else f"{digits}.00"


class Case(NamedTuple):
    """A row: the terms before and after 16 March, what is reported, a definition that is amended alone."""

    before: str
    after: str
    told: list[tuple[str, str, int]]
    net: tuple[str, str] | None = None


def days(*amounts: int) -> list[tuple[str, str, int]]:
    return [("s", day, amount) for day, amount in zip(("2025-03-05", "2025-03-20"), amounts, strict=True)]


def paid(case: Case, amended: bool) -> str:
    """What March comes to, with the amendment or without it."""
    spans = (Span(FIRST, MIDDLE), Span(MIDDLE, LAST_DAY)) if amended else (Span(FIRST, LAST_DAY),)
    versions = zip(spans, (notation.parse(f"{text} every month") for text in (case.before, case.after)), strict=False)
    lines = [Line("fee", tuple(versions))]
    if case.net:
        lines.append(Line("net", tuple(zip(spans, map(notation.parse_expr, case.net), strict=False))))
    rows = compile(lines).run(reports(*case.told), span("2025-03"))
    (payment,) = [str(row.payment) for row in rows if row.line == "fee"]
    return payment


# --- section 3: what a period's payment is made of --------------------------------------------------------------

RULES = {
    "a share of a flow": Case("10% of s", "12% of s", days(10_000, 10_000)),
    "a fixed amount": Case("500", "620", []),
    "a limit, a threshold, a band, a condition": Case(
        "30% of excess(s over 11k)", "31% of excess(s over 11k)", days(7_500, 8_000)
    ),
    "the same terms again": Case("500", "500", []),
}
RULE_ROWS = rows_of("| what | rule | example (March, 31 days, amended from 16 March) |")


def test_every_rule_of_a_change_has_its_example() -> None:
    assert list(RULE_ROWS) == list(RULES)


@pytest.mark.parametrize("what", RULES)
def test_the_example_of_a_rule_comes_to_what_it_says(what: str) -> None:
    said = re.findall(r"(?:= |: )([\d,]+(?:\.\d\d)?)$", RULE_ROWS[what][1])
    assert [number(amount) for amount in said] == [paid(RULES[what], amended=True)]


CHANGES = {
    "`500 every month`, restated with `within 10 days`": Case("500", "500", []),
    "`max(7% of s, 700)`, restated, s = 8,000": Case(
        "max(7% of s, 700)", "max(7% of s, 700)", [("s", "2025-03", 8_000)]
    ),
    "`max(5% of net, 700)`, only `net: s - 100` amended to `s - 200`": Case(
        "max(5% of net, 700)", "max(5% of net, 700)", [("s", "2025-03", 8_000)], ("s - 100", "s - 200")
    ),
    "`atleast(5% of s, 750)` to 6%, s = 8,000": Case(
        "atleast(5% of s, 750)", "atleast(6% of s, 750)", [("s", "2025-03", 8_000)]
    ),
    "`tiers(s: 20% to 10k, 10% above)`, restated, 10,000 on the 5th and on the 20th": Case(
        "tiers(s: 20% to 10k, 10% above)", "tiers(s: 20% to 10k, 10% above)", days(10_000, 10_000)
    ),
    "`(if s > 15k then 10% else 5%) of s`, restated": Case(
        "(if s > 15k then 10% else 5%) of s", "(if s > 15k then 10% else 5%) of s", days(10_000, 10_000)
    ),
    "`10% of s + 100` to `12% of s + 100`, 10,000 on the 5th and on the 20th": Case(
        "10% of s + 100", "12% of s + 100", days(10_000, 10_000)
    ),
}
CHANGE_ROWS = rows_of("| March 2025, amended from 16 March | before | after |")


def test_every_change_of_the_table_is_tried() -> None:
    assert list(CHANGE_ROWS) == list(CHANGES)


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_comes_to_what_the_table_says(what: str) -> None:
    case = CHANGES[what]
    assert [paid(case, amended=False), paid(case, amended=True)] == [number(cell) for cell in CHANGE_ROWS[what]]
    if case.before == case.after and not case.net:  # restated in other words: nothing is skipped as being the same
        other = case._replace(after=f"{case.after} + 0")
        assert paid(other, amended=True) == number(CHANGE_ROWS[what][1])


@pytest.mark.parametrize(
    ("sentence", "case", "amount"),
    [
        (
            "`max(7% of s, 700)` then `max(8% of s, 700)` is one minimum of 700 for the month.",
            Case("max(7% of s, 700)", "max(8% of s, 700)", [("s", "2025-03", 8_000)]),
            "700.00",
        ),
        (
            "`max(7% of s, 700)` then `5% of s` owes at least 700 x 15/31 for the first part.",
            Case("max(7% of s, 700)", "5% of s", days(0, 0)),
            "338.71",
        ),
        (
            "A limit of `cap`, `excess`, `recoup` and `tiers` is whole in every part.",
            Case("cap(10% of s, 1500)", "cap(20% of s, 1500)", days(10_000, 10_000)),
            "1500.00",
        ),
        (
            "Where day lines are reported for a period, a part of it without lines sold nothing.",
            Case("10% of s", "12% of s", days(10_000, 0)[:1]),
            "1000.00",
        ),
    ],
)
def test_a_sentence_on_a_change_is_so(sentence: str, case: Case, amount: str) -> None:
    assert sentence in TEXT
    assert paid(case, amended=True) == amount


# --- sections 2 and 4: natures and counters, as a quotation has them --------------------------------------------


def quoted(*words: str) -> list[str]:
    """The amounts of the last of the terms."""
    done = CliRunner().invoke(main, ["quote", *words])
    cells = [re.split(r"  +", row) for row in done.stdout.splitlines() if row[:1].strip()]
    last = cells[-1][1]
    return [row[2].replace(",", "") for row in cells if row[1] == last]


COUNTERS = {
    "`recoup(10% of s, due(2025-01-15: 500, 2025-04-15: 500) per contract year) every quarter`, start 2025-01-01": [
        "--start", "2025-01-01", "-m", "s[2025-Q1]=8k", "-m", "s[2025-Q2]=3k", "-m", "s[2025-Q3]=5k",
    ],
    "`cap(r, c * rate(k) per life) every month`": [
        "-m", "r[2025-01]=45", "-m", "r[2025-02]=80", "-m", "c[2025-01]=60", "-m", "c[2025-02]=0",
        "-m", "k[2025-01]=1", "-m", "k[2025-02]=1",
    ],
    "`cap(20% of r, 38bn since 2026-04-27) every quarter`": ["-m", "r[2026-Q1]=10bn"],
    "`tiers(s per quarter: 10% to 500, 20% above) every quarter`, opening s = 10k": [
        "-m", "s[2025-Q1]=400", "--opening", "s=10k",
    ],
    "`number(year since 2024-08-01) every year from 08-01`": ["--period", "2031-08-01..2032-07-31"],
}  # fmt: skip
COUNTER_ROWS = rows_of("| terms | reported | amounts |")


def test_every_counter_of_the_table_is_tried() -> None:
    assert list(COUNTER_ROWS) == list(COUNTERS)


@pytest.mark.parametrize("row", COUNTERS)
def test_a_counter_comes_to_what_the_table_says(row: str) -> None:
    terms = row.split("`")[1]
    assert quoted(terms, *COUNTERS[row]) == [number(amount) for amount in COUNTER_ROWS[row][1].split(", ")]


UNITS = ["-m", "units[2025-01]=10", "-m", "units[2025-02]=20", "-m", "units[2025-03]=30"]
PRICES = ["-m", "price[2025-01]=5", "-m", "price[2025-02]=5", "-m", "price[2025-03]=6"]
SOLD = [word for month in (1, 2, 3) for word in ("-m", f"x[2025-0{month}]=10m")]


@pytest.mark.parametrize(
    ("sentence", "words", "amounts"),
    [
        (
            "units 10, 20, 30 at prices 5, 5, 6 in the three months of a quarter are 50 + 100 + 180 = 330.",
            ["units * rate(price) every quarter", *UNITS, *PRICES],
            ["330.00"],
        ),
        (
            "for a quotation `--nature price=rate`",
            ["units * price every quarter", *UNITS, *PRICES, "--nature", "price=rate"],
            ["330.00"],
        ),
        (
            "Else it is not computed, and the answer asks for the nature.",
            ["units * price every quarter", *UNITS, *PRICES],
            ["unknown"],
        ),
        (
            "where all but one of the two are reported once, for exactly the period",
            ["units * price every quarter", *UNITS, "-m", "price[2025-Q1]=5"],
            ["300.00"],
        ),
        (
            "`prior(X per W)` | B",
            ["prior(x per year) every month", *SOLD],
            ["0.00", "10000000.00", "20000000.00"],
        ),
        (
            "due in the first period at whose end the condition holds; never again, and never taken back.",
            ["once 62_500 when total(x per life) > 25m every month", *SOLD, "-m", "x[2025-04]=-20m"],
            ["0.00", "0.00", "62500.00", "0.00"],
        ),
        (
            "it is negative when E falls",
            ["increase(if total(x per life) > 25m then 62_500 else 0) every month", *SOLD, "-m", "x[2025-04]=-20m"],
            ["0.00", "0.00", "62500.00", "-62500.00"],
        ),
        (
            "Never negative",
            ["recoup(10% of x, 500 per life) every month", "--start", "2025-01-01", "-m", "x[2025-01]=10k",
             "-m", "x[2025-02]=-3k", "-m", "x[2025-03]=4k"],
            ["500.00", "0.00", "100.00"],
        ),
        (
            "`--opening \"sales[kind = x]=30\"` is the same for a slice.",
            ["total(sales[kind = x] per life) every month", "-m", "sales[2025-01, kind=x]=5",
             "--opening", "sales[kind = x]=30"],
            ["35.00"],
        ),
        (
            "`--opening share=3`, is what it paid before",
            ["share: 10% of x every month", "f: total(share per life) every month", "-m", "x[2025-01]=50",
             "--opening", "share=3"],
            ["8.00"],
        ),
        (
            "A report that reaches beyond the days that are asked for is not used in part",
            ["10% of x every month", "-m", "x[2025-Q1]=90"],
            ["unknown", "unknown", "unknown"],
        ),
        (
            "It counts as it was paid, rounded",
            ["r: 5% of x every month", "c: 100 * r every month", "-m", "x[2025-01]=1000.10"],
            ["5001.00"],
        ),
    ],
)  # fmt: skip
def test_a_sentence_is_so(sentence: str, words: list[str], amounts: list[str]) -> None:
    assert sentence in TEXT
    assert quoted(*words) == amounts
