"""What terms cost, by period and by text: `python -m tests.benchmarks.terms`. It only prints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from time import process_time

from ledger.calendar import Span, add_months
from ledger.computing.evaluation import Line, Measures, Reported, compile, line
from ledger.computing.sheet import read_sheet
from ledger.language import notation
from tests.cases.contracts import CONTRACTS

PERIODS = 10_000
TEXTS = 20_000
START = date(1000, 1, 1)
MONTHS = [Span(add_months(START, n), add_months(START, n + 1)) for n in range(PERIODS)]


def main() -> None:
    print(f"evaluation over {PERIODS:,} months, measures reported for each month:")
    for name, sheet in CONTRACTS.items():
        lines = [monthly(one) for one in read_sheet(sheet)]
        evaluate(f"{name} ({len(lines)} lines)", lines)
    print("node count: a sum of n caps")
    for nodes in (1, 10, 20, 40):
        parts = (f"cap({n + 1}% of revenue, 40m per year)" for n in range(nodes))
        evaluate(f"{nodes} caps", [line("amount", notation.parse(f"{' + '.join(parts)} every month"))])
    print(f"notation, {TEXTS:,} texts:")
    for text in (
        "20% of revenue every quarter",
        "tiers(net_sales per year: 6.5% to 750m, 8% to 1.25bn, 10% above) every quarter",
    ):
        value = notation.parse(text)
        timed(f"read   {text}", lambda text=text: notation.parse.__wrapped__(text))  # type: ignore[misc]
        timed(f"print  {text}", lambda value=value: notation.format(value))  # type: ignore[misc]


def monthly(one: Line) -> Line:
    """The line with its flow paid every month, so that every row costs one period."""
    span, terms = one.versions[0]
    text = notation.format(terms)
    head, every, _ = text.rpartition(" every ")
    return Line(one.name, ((span, notation.parse(f"{head} every month") if every else terms),))


def evaluate(name: str, lines: list[Line]) -> None:
    program = compile(lines, start=START)
    measures = Measures(Reported(m, days, Decimal(1000 + n)) for m in program.measures for n, days in enumerate(MONTHS))
    before = process_time()
    rows = program.run(measures)
    first = process_time() - before
    before = process_time()
    rows = program.run(measures)
    again = process_time() - before
    each = again / len(rows) * 1e6
    total = f"{again / PERIODS * 1e6:6.1f} µs a period"
    indexed = f"{first / PERIODS * 1e6:6.1f} µs with indexing the reports"
    print(f"  {name:34} {total}, {each:5.1f} µs a row; {indexed}")


def timed(name: str, work: Callable[[], object]) -> None:
    before = process_time()
    for _ in range(TEXTS):
        work()
    print(f"  {(process_time() - before) / TEXTS * 1e6:6.1f} µs  {name}")


if __name__ == "__main__":
    main()
