"""What the speed table measures: each row ours and theirs side by side, in turns, and the medians of both.

A row that has to do with disks or processes repeats often; one that takes seconds repeats as the sizes say.
"""

from __future__ import annotations

import itertools
import os
import random
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from ledger.application import Ledger
from ledger.batch import Draft
from ledger.database import is_there
from ledger.events import Amended, Pays, encode
from ledger.exchange import drafts_of
from projections.point import Point
from projections.shares import Shares
from projections.shares_tables import table_in
from projections.state import state
from tests.benchmarks.generator import Shape, drafts, fill, lines
from tests.benchmarks.library import PlainLedger
from tests.benchmarks.replay import replay

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much each row does: what takes a few minutes; the goals are stated for `FULL`."""

    record: int = 20_000
    replay: int = 50_000
    ledgers: tuple[int, ...] = (1_000, 10_000, 100_000)
    repetitions: int = 3
    appends: int = 400
    processes: int = 9


FULL = Sizes(record=100_000, replay=100_000, ledgers=(10_000, 100_000, 1_000_000))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `ratio` in the goal's own terms; `met` says whether it is good enough."""

    work: str
    measured: str
    goal: str
    ratio: str
    met: bool


@dataclass
class Bench:
    """A folder for the files, and the sizes; ledgers are made once."""

    folder: Path
    sizes: Sizes
    mark = "?"  # how the driver writes a parameter

    def ledger(self, entries: int) -> str:
        """The address of a ledger of about so many entries, 50 a deal."""
        address = self.kept(f"ledger-{entries}")
        if not is_there(address):
            said(f"making a ledger of {entries:,} entries")
            fill(address, Shape.of(entries))
        return address

    def kept(self, name: str) -> str:
        """The address of a ledger that may be there from another run."""
        return str(self.folder / f"{name}.db")

    def new(self, name: str) -> str:
        """The address of a ledger that is not there."""
        return str(self.fresh(f"{name}.db"))

    def fresh(self, name: str) -> Path:
        """A path where no file is."""
        return next(p for n in itertools.count(1) if not (p := self.folder / f"{name}-{n}").exists())

    def plain(self, name: str) -> PlainLedger:
        """A ledger of the library's own, which is empty."""
        return PlainLedger(self.fresh(f"{name}-library.db"))

    @contextmanager
    def bare(self, address: str) -> Iterator[Callable[[tuple[Any, ...]], object]]:
        """What inserts a row into a table such as a ledger's, without its guards, and commits it."""
        connection = _bare(Path(address), self.fresh("bare.db"))

        def insert(row: tuple[Any, ...]) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"INSERT INTO entries VALUES ({','.join('?' * 11)})", row)
            connection.execute("COMMIT")

        yield insert
        connection.close()


def said(text: str) -> None:
    """What goes on, in words, beside the table."""
    print(f"… {text}", file=sys.stderr, flush=True)


def in_turns(repetitions: int, *works: Callable[[], object]) -> list[float]:
    """The median seconds of each piece of work; they take turns, so that a noisy moment falls on all of them."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(repetitions):
        for took, work in zip(seconds, works, strict=True):
            start = perf_counter()
            work()
            took.append(perf_counter() - start)
    return list(map(median, seconds))


# --- (a) one durable append -------------------------------------------------------------------------------


def append(bench: Bench) -> Iterator[Row]:
    """One instrument a transaction, to deals with ten entries each, all of them got, told and saved."""
    shape = Shape(deals=max(1, bench.sizes.appends // 4), instruments=10)
    ours, library = bench.new("append"), bench.plain("append")
    fill(ours, shape)
    library.record(lines(shape))
    assert library.durable  # as ours: else the comparison is not fair
    with Ledger(ours) as ledger, bench.bare(ours) as insert:
        slugs = itertools.cycle(ledger.entries.deals())
        numbers = itertools.count(1)

        def instrument() -> tuple[str, Amended]:
            flow = Pays(start=date(2025, 1, 1), payer="Acme", payee="Bolt", terms="7% of revenue", name="cloud share")
            return next(slugs), Amended(dated=date(2025, 1, 1), clauses=(flow,), note=f"number {next(numbers)}")

        def to_us() -> None:
            slug, event = instrument()
            ledger.record([Draft(slug, event)], "benchmark")

        def to_library() -> None:
            slug, event = instrument()
            name, _, data = encode(event)
            library.append(slug, name, _plain(data))

        def to_table() -> None:
            slug, event = instrument()
            name, _, data = encode(event)
            number = next(numbers)
            row = (10**9 + number, "2025-01-01T00:00:00.000000Z", "benchmark", slug, 10**9 + number, name, 1, None)
            insert((*row, data.decode(), bytes(32), b""))

        us, they, table = in_turns(bench.sizes.appends, to_us, to_library, to_table)
    library.close()
    measured = f"{1 / us:,.0f} a second"
    against = f"bare {1 / table:,.0f}"
    yield Row("one durable append", f"{measured}, {against}", "0.5 x bare", f"{table / us:.2f} x", table / us >= 0.5)
    against = f"library {1 / they:,.0f}"
    yield Row("one durable append", f"{measured}, {against}", "1 x library", f"{they / us:.2f} x", they / us >= 1)


def _bare(ledger: Path, path: Path) -> sqlite3.Connection:
    """The ledger's own table and indexes with the same entries and settings, without its triggers."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("ATTACH ? AS filled", (str(ledger),))
    (schema,) = connection.execute("SELECT sql FROM filled.sqlite_schema WHERE name = 'entries'").fetchone()
    connection.execute(schema)
    connection.execute("INSERT INTO entries SELECT * FROM filled.entries")
    connection.execute("DETACH filled")
    return connection


def _plain(data: bytes) -> dict[str, object]:
    import json

    return dict(json.loads(data))


# --- (b) recording a file ---------------------------------------------------------------------------------


def record(bench: Bench) -> Iterator[Row]:
    """A JSON Lines file, from reading it until it is committed; the library checks no rules."""
    shape = Shape.of(bench.sizes.record)
    file = bench.fresh("drafts.jsonl")
    with file.open("wb") as written:
        written.writelines(lines(shape))

    def to_us() -> None:
        with Ledger(bench.new("record"), "create") as ledger:
            ledger.record(drafts_of(file), "benchmark")

    def to_library() -> None:
        library = bench.plain("record")
        with file.open("rb") as read:
            library.record(read)
        library.close()

    count = shape.deals * shape.instruments
    us, they = in_turns(bench.sizes.repetitions, to_us, to_library)
    yield Row(
        f"record {count:,} instruments", f"{count / us:,.0f} a second, library {count / they:,.0f}",
        "1.5 x library", f"{they / us:.2f} x", they / us >= 1.5,
    )  # fmt: skip


# --- (c) replay -------------------------------------------------------------------------------------------


def replayed(bench: Bench) -> Iterator[Row]:
    """Every entry read, its hash checked, decoded and folded; the library rebuilds the same aggregates."""
    path = bench.ledger(bench.sizes.replay)
    shape = Shape.of(bench.sizes.replay)
    library = bench.plain("replay")
    library.record(lines(shape))
    slugs = [draft.deal for draft in drafts(Shape(shape.deals, 1))]
    with Ledger(path) as ledger:
        us, they = in_turns(bench.sizes.repetitions, lambda: replay(ledger), lambda: library.rebuild(slugs))
    library.close()
    count = shape.deals * shape.instruments
    yield Row(
        f"replay {count:,} entries", f"{count / us:,.0f} a second, library {count / they:,.0f}",
        "5 x library", f"{they / us:.2f} x", they / us >= 5,
    )  # fmt: skip


# --- (d) one deal -----------------------------------------------------------------------------------------


def one_deal(bench: Bench) -> Iterator[Row]:
    """One deal at a random point, each a deal not asked for before; the same in ledgers of every size."""
    chance = random.Random(1)
    for size in bench.sizes.ledgers:
        with Ledger(bench.ledger(size), "read") as ledger:
            slugs = ledger.entries.deals()
            head = ledger.entries.head()

            def ask(ledger: Ledger = ledger, slugs: list[str] = slugs, head: int = head) -> None:
                slug = chance.choice(slugs)
                point = Point(_day(chance), _day(chance, 2023), head)
                state(slug, ledger.entries.entries_of(slug, up_to=point.recorded), point)

            ask()
            (seconds,) = in_turns(max(5, bench.sizes.appends // 2), ask)
        ms = seconds * 1000
        yield Row(f"one deal of {head:,} entries", f"{ms:.2f} ms", "2 ms", f"{ms / 2:.2f} x", ms < 2)


def _day(chance: random.Random, first: int = 2016) -> date:
    return date(chance.randint(first, 2024), chance.randint(1, 12), chance.randint(1, 28))


# --- (e) a whole process ----------------------------------------------------------------------------------


def show(bench: Bench) -> Iterator[Row]:
    """`deal show` against importing what it stands on."""
    path = bench.ledger(bench.sizes.ledgers[0])
    command = ["show", "deal-000001", "--as-of", "2024-06-30", "--ledger", path]
    us, imports = in_turns(
        bench.sizes.processes,
        lambda: _python("from cli.main import main; main()", *command),
        lambda: _python("import sqlalchemy, click, eventsourcing.application"),
    )
    yield Row(
        "deal show, whole process", f"{us * 1000:.0f} ms, imports {imports * 1000:.0f} ms",
        "1.5 x imports", f"{us / imports:.2f} x", us / imports < 1.5,
    )  # fmt: skip


def _python(code: str, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout


# --- (f) all deals ----------------------------------------------------------------------------------------


def all_deals(bench: Bench) -> Iterator[Row]:
    """All deals at random points, every clause decoded; against as many rows of the same table by primary key.

    Each turn asks at a point of its own, and then reads as many rows by key as that very answer had.
    """
    chance = random.Random(2)
    with Ledger(bench.ledger(bench.sizes.ledgers[-1])) as ledger:
        shares = Shares(ledger.entries)
        head, count = ledger.entries.head(), len(ledger.entries.deals())
        start = perf_counter()
        generation = shares.catch_up(head)
        claims = table_in(shares.tables(generation), "claims").fullname
        said(f"the projection caught up with {head:,} entries in {perf_counter() - start:.1f} s")
        found = 0

        def ask() -> None:
            nonlocal found
            point = Point(_day(chance), _day(chance), chance.randint(head // 2, head))
            found = sum(len(deal.clauses) + 1 for deal in shares.at(point))

        def by_key() -> None:
            with ledger.database.reading() as connection:
                cursor = connection.connection.cursor()
                query = f"SELECT * FROM {claims} WHERE id = {bench.mark}"
                for number in numbers[:found]:
                    cursor.execute(query, (number,)).fetchone()

        with ledger.database.reading() as connection:
            query = f"SELECT max(id) FROM {claims}"
            last = int(connection.exec_driver_sql(query).scalar_one())
        numbers = list(range(1, last + 1))
        random.Random(3).shuffle(numbers)
        us, keys = in_turns(bench.sizes.repetitions, ask, by_key)
    yield Row(
        f"all of {count:,} deals, {head:,} entries", f"{us:.2f} s, as many rows by key {keys:.2f} s",
        "5 x rows by key", f"{us / keys:.2f} x", us / keys < 5,
    )  # fmt: skip


# --- (g) memory -------------------------------------------------------------------------------------------


def memory(bench: Bench) -> Iterator[Row]:
    """The largest resident size of a process that exports or replays a ledger, in the two largest ledgers."""
    small, large = bench.sizes.ledgers[-2:]
    for work, code in (
        ("export", "from ledger.exchange import export_lines as work; from collections import deque\n"
                   "deque(work(ledger.entries.all_rows()), 0)"),
        ("replay", "from tests.benchmarks.replay import replay; replay(ledger)"),
    ):  # fmt: skip
        peaks = [_peak(bench.ledger(size), code) for size in (small, large)]
        yield Row(
            f"memory of {work}, {small:,} and {large:,}", f"{peaks[0]:.0f} MB and {peaks[1]:.0f} MB",
            "flat (1.1 x)", f"{peaks[1] / peaks[0]:.2f} x", peaks[1] / peaks[0] < 1.1,
        )  # fmt: skip


def _peak(address: str, code: str) -> float:
    program = (
        "import sys\nfrom ledger.application import Ledger\nfrom tests.benchmarks.rows import peak_kibibytes\n"
        "with Ledger(sys.argv[1], 'read') as ledger:\n"
        + "".join(f"    {line}\n" for line in code.split("\n"))
        + "print(peak_kibibytes())"
    )
    return int(_python(program, address)) / 1024


def peak_kibibytes() -> int:
    """The largest resident size of this process so far.

    Linux's ru_maxrss begins with the peak of the process that started this one: what is asked there is VmHWM.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


ROWS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "append": append,
    "record": record,
    "replay": replayed,
    "deal": one_deal,
    "show": show,
    "all": all_deals,
    "memory": memory,
}
