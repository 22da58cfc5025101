"""A conformance run: generated lines that engines like to get wrong, every sum compared with plain Python's.

Start it on your own cluster before you trust its sums: `deal engine check ENGINE`. The lines have returns, gaps, empty
cells, texts of many scripts and quoted ends of lines, amounts at both ends of decimal(18, 4), sums far beyond 2^63 that
partly cancel out; and rows that are bad, which the engine must find.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from ledger.errors import BadRows
from projections.revenue.engines import engine_named
from projections.revenue.take import PLAIN, take
from projections.revenue.taken import Sum

HEADER = ["deal", "period", "measure", "amount", "currency", "product", "territory", "note"]
DEALS = 12
LINES = 20_000
FIRST = date(2023, 11, 1)

_PRODUCTS = [
    "",
    "api",
    "Ünïcode",
    "手機遊戲",
    'it\'s "quoted"',
    "two\nlines",
    "a,b;c",
    "%_\\",
    "NULL",
    "0",
    "-1",
    "é",
    "e\u0301",
]
_TERRITORIES = ["us", "US", "de", "", "🇫🇷", "العربية"]
_EDGES = [
    "99999999999999.9999",
    "-99999999999999.9999",
    "0.0001",
    "-0.0001",
    "0",
    "-0",
    "00012.50",
    ".5",
    "+7",
    "1.10000",
]
_BAD = [
    "",
    "1e5",
    "NaN",
    "Infinity",
    "1,234.56",
    "0.00001",
    "100000000000000",
    "twelve",
    "1.2.3",
    "--1",
    "１２",
    "0x10",
]
_BAD_DAYS = ["2024-02-30", "", "01.02.2024", "1899-12-31", "2201-01-01", "2024-01-01T00:00:00", "2024-13"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an engine comes to something else: what of, by plain Python, and by the engine."""

    what: str
    plain: str
    engine: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was compared, and everything that differed."""

    engine: str
    lines: int
    sums: int
    differences: list[Difference]


def check(engine: str, folder: Path, lines: int = LINES, say: Callable[[str], None] = lambda text: None) -> Checked:
    """Compares an engine with plain Python over files that it writes to `folder`, where the engine must see them.

    Raises EngineUnfit, ExtraMissing or UnknownEngine where the engine cannot be used at all.
    """
    if engine != PLAIN:
        engine_named(engine).close()
    good, bad = folder / "good-lines.csv", folder / "bad-lines.csv"
    _write(good, _good(lines))
    _write(bad, _bad(lines // 100))
    found: list[Difference] = []
    count = 0
    for by in ("day", "segment"):
        say(f"{lines:,} lines by {by} ...")
        plain, other = (take(good, cuts=cuts, engine=each, by=by) for each in ("plain", engine))
        count += len(plain.sums)
        if plain.rows != other.rows:
            found.append(Difference(f"rows by {by}", str(plain.rows), str(other.rows)))
        found += differences(plain.sums, other.sums)
    say(f"{lines // 100:,} lines with bad ones among them ...")
    ours, theirs = (_refused(bad, each) for each in (PLAIN, engine))
    found += _apart(ours, theirs)
    return Checked(engine, lines, count, found)


def differences(plain: Sequence[Sum], other: Sequence[Sum]) -> list[Difference]:
    """Every sum in which two differ, and every one that only one of them has."""
    ours, theirs = (
        {_what(s): f"{s.amount} of {s.rows} rows, {s.first_row} to {s.last_row}" for s in each}
        for each in (plain, other)
    )
    found = _apart(ours, theirs)
    if not found and list(plain) != list(other):
        found.append(Difference("the order of the sums", "as documented", "another"))
    return found


def _apart(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[Difference]:
    both = [*ours, *(what for what in theirs if what not in ours)]
    found = [Difference(what, ours.get(what, "nothing"), theirs.get(what, "nothing")) for what in both]
    return [one for one in found if one.plain != one.engine]


def cuts(deals: Collection[str]) -> Mapping[str, Collection[date]]:
    """The deals that the generated lines are of, each with days of its own on which something changes."""
    known = {f"deal-{number}": number for number in range(DEALS)}
    return {
        deal: [FIRST + timedelta(days=known[deal] * step) for step in (1, 9, 31, 47)] for deal in deals if deal in known
    }


def _what(one: Sum) -> str:
    dimensions = "".join(f", {name} = {value}" for name, value in one.dimensions)
    return f"{one.deal} {one.measure}{dimensions} {one.currency or 'without currency'} {one.span}"


def _refused(path: Path, engine: str) -> dict[str, str]:
    """Why each bad row is bad."""
    try:
        take(path, cuts=cuts, engine=engine)
    except BadRows as refusal:
        return {f"bad row {number}": why for number, why in refusal.problems}
    return {}


def _write(path: Path, rows: Iterator[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        writer.writerows(rows)


def _good(count: int) -> Iterator[list[str]]:
    choose = _chooser(1)
    for _ in range(count):
        day = FIRST + timedelta(days=choose(40) * choose(4))  # most days near the first, and gaps
        deal, product, kind, edge = choose(DEALS), choose(len(_PRODUCTS)), choose(3), choose(5) == 0
        if edge and choose(3):
            deal, product, day = 1, 1, FIRST  # these come together, beyond 2^63
        by_period = choose(20) == 0
        # A measure that is reported for a period is never reported by day: that would be to report it twice.
        measure = f"for_{kind}" if by_period else "plays" if edge else ["revenue", "units", "umsätze"][kind]
        amount = _EDGES[choose(len(_EDGES))] if edge else f"{choose(10**9) - 10**8}.{choose(10**4):04}"
        yield [
            f"deal-{deal}",
            ["2023", f"{day.year}-Q{(day.month + 2) // 3}", "2023-11-05..2023-12-04"][kind] if by_period else str(day),
            measure,
            amount,
            ["USD", "EUR", "JPY", ""][deal % 4],
            _PRODUCTS[product],
            _TERRITORIES[product % len(_TERRITORIES)],
            "",
        ]


def _bad(count: int) -> Iterator[list[str]]:
    choose = _chooser(2)
    for number, row in enumerate(_good(count)):
        if number % 3:
            at, texts = [(0, ["deal-99", ""]), (1, _BAD_DAYS), (2, ["", "net sales"]), (3, _BAD), (4, ["usd", "EURO"])][
                choose(5)
            ]
            row[at] = texts[choose(len(texts))]
        yield row


def _chooser(seed: int) -> Callable[[int], int]:
    """A sequence of numbers below what is asked for, the same on every machine: a linear congruence (Knuth, MMIX)."""
    state = seed

    def choose(below: int) -> int:
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 16) % below

    return choose
