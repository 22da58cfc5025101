"""Texts that nobody would write: whatever comes in, the answer is a value or a refusal, and it comes soon.

`python -m tests.fuzz_notation 1000000 [seed]` for a long run; the suite makes a short one.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import date
from decimal import Decimal

from ledger.calendar import Span, add_months
from ledger.computing.evaluation import Measures, Reported, compile, line
from ledger.computing.explanation import explain
from ledger.errors import Refusal
from ledger.language import notation
from ledger.language.functions import FUNCTIONS
from ledger.language.reader import RESERVED

SIGNS = '+ - * / ^ ( ) ( ) [ ] : , < <= > >= = != % -> "x" "'
VALUES = "5 20% 0.40 750m 1.25bn 1_000 99999999999999999999999999999 0 2025-01-31 2025-02-30 x y product"
PERIODS = "month quarter half - year contract life last 12 months in EUR once within 30 days rounded half up"
ODD = ["é", "\x00", "\u202e", "😀", "\u3000", "'", "$", ";", "\\"]
WORDS = [*FUNCTIONS, *sorted(RESERVED), *SIGNS.split(), *VALUES.split(), *PERIODS.split(), *ODD]
SEEDS = [
    *(function.example for function in FUNCTIONS.values()),
    "(if units > 100 and not met(\"x\") then 6% else 5%) of revenue[product = a or \"b c\"]",
    "recoup(10% of net_sales, due(2013-07-23: 500k) per contract year) every quarter rounded half even",
    "5% of net_sales every year from 07-01 within 30 days in EUR",
    "unknown from 5% to 10% of x - about 3 / (y - 2) ^ 2",
]  # fmt: skip
FIRST = date(2025, 1, 1)
FIGURES = Measures(
    Reported(name, Span(add_months(FIRST, n), add_months(FIRST, n + 1)), Decimal(n * 7 - 5), dims)
    for name in ["x", "y", "revenue", "net_sales", "units", "gross"]
    for n in range(4)
    for dims in ((("product", "a"),), (("product", "b"),))
)


def text(chance: random.Random) -> str:
    """A text out of words, or a real one with something changed in it."""
    if chance.random() < 0.4:
        return " ".join(chance.choice(WORDS) for _ in range(chance.randint(0, 25)))
    found = chance.choice(SEEDS)
    for _ in range(chance.choice([0, 1, 1, 1, 2, 4])):
        if chance.random() < 0.5:
            parts = found.split(" ")
            parts[chance.randrange(len(parts))] = chance.choice(chance.choice(SEEDS).split(" ") + WORDS)
            found = " ".join(parts)
            continue
        at, to = sorted((chance.randint(0, len(found)), chance.randint(0, len(found))))
        match chance.randint(0, 4):
            case 0:
                found = found[:at] + found[to:]
            case 1:
                found = found[:at] + chance.choice(WORDS) + found[at:]
            case 2:
                found = found[:at] + found[at:to] * 2 + found[to:]
            case 3:
                found = found[:at] + chance.choice(SEEDS) + found[to:]
            case _:
                found = found[:at] + chr(chance.choice([*range(32, 127), 0xE9, 0x2028, 0x1F600])) + found[at:]
    return found


def try_one(written: str, compute: bool) -> bool:
    """Whether the text was read. Anything but a refusal is our own mistake, and is not caught."""
    for read in (notation.parse_pays, notation.parse_defines, notation.parse_right, notation.parse_commits):
        try:
            read(written)
        except Refusal as refusal:
            str(refusal)  # the sentence itself must not fail either
    try:
        flow = notation.parse(written)
    except Refusal as refusal:
        str(refusal)
        return False
    canonical = notation.format(flow)
    if len(canonical) <= 10_000:
        assert notation.parse(canonical) == flow, canonical
        assert notation.format(notation.parse(canonical)) == canonical
    if compute:
        try:
            program = compile([line("a", flow)], start=FIRST)
            for row in program.run(FIGURES):
                explain(row, program.lines)
        except Refusal as refusal:
            str(refusal)  # the sentence itself must not fail either
    return True


def run(count: int, seed: int) -> tuple[int, float]:
    """How many texts were read, and the longest that one took, in seconds."""
    chance = random.Random(seed)
    read, slowest = 0, 0.0
    for n in range(count):
        written = text(chance)
        before = time.perf_counter()
        try:
            read += try_one(written, compute=n % 4 == 0)
        except BaseException:
            print(f"text {n} of seed {seed}: {written!r}", file=sys.stderr)
            raise
        slowest = max(slowest, time.perf_counter() - before)
    return read, slowest


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    read, slowest = run(count, seed)
    took = f"the slowest took {slowest * 1e3:.0f} ms"
    print(f"{count:,} texts of seed {seed}: {read:,} read, the others refused; {took}")
