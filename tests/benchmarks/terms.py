"""What terms cost: a period of a formula, and a clause's text. `python -m tests.benchmarks.terms`; prints
only.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from time import perf_counter

from ledger import notation
from ledger.calendar import Span, add_months
from ledger.evaluation import Measures, Reported, compile, line
from tests.cases.contracts import CONTRACTS

PERIODS = 10_000
CLAUSES = 20_000


def main() -> None:
    print(f"evaluation, {PERIODS:,} periods:")
    for name, lines in CONTRACTS.items():
        _evaluate(name, dict(lines))
    print("evaluation, node count (20,000 periods over a sum of n capped parts):")
    for nodes in (1, 10, 50, 100):
        _evaluate(
            f"{nodes} caps", {"f": " + ".join(["cap(5% of revenue, 40m per year)"] * nodes) + " every month"}
        )
    print(f"notation, {CLAUSES:,} texts:")
    for text in (
        "20% of revenue every quarter",
        "tiers(net_sales per year: 6.5% to 750m, 8% above) every quarter",
    ):
        _read(text)


def _evaluate(name: str, lines: dict[str, str]) -> None:
    program = compile(
        line(key, notation.parse_expr(text[1:].strip()) if text.startswith("=") else notation.parse(text))
        for key, text in lines.items()
    )
    months = [Span(add_months(START, n), add_months(START, n + 1)) for n in range(PERIODS)]
    needed = {measure for compiled in program.parts for measure in compiled.needed}
    measures = Measures(Reported(m, days, Decimal(1000 + n)) for m in needed for n, days in enumerate(months))
    measures.reports = {m: measures.reports[m] for m in needed}
    before = perf_counter()
    rows = program.run(measures, start=START)
    took = perf_counter() - before
    periods = max(len({row.period for row in rows}), 1)
    per_line = took / max(len(rows), 1) * 1e6
    print(f"  {name:44} {took / periods * 1e6:7.1f} µs a period, {per_line:6.1f} µs a period and line")


def _read(text: str) -> None:
    fresh = count()
    texts = [f"{text[:3]}{text[3:]} in EUR within {next(fresh) % 10_000} days" for _ in range(CLAUSES)]
    before = perf_counter()
    for one in texts:
        notation.parse.__wrapped__(one)
    print(f"  {(perf_counter() - before) / CLAUSES * 1e6:6.1f} µs to read: {texts[0]}")
    value = notation.parse(texts[0])
    before = perf_counter()
    for _ in range(CLAUSES):
        notation.format(value)
    print(f"  {(perf_counter() - before) / CLAUSES * 1e6:6.1f} µs to print it")


START = Span(add_months(notation.f.date(1000, 1, 1), 0), notation.f.date(1000, 1, 2)).start

if __name__ == "__main__":
    main()
