"""What an engine is asked: the text that sums, the relations that it reads, and the shape of an adapter.

The text is short ANSI SQL and the same for every engine. It adds and counts; it never divides, averages or rounds,
because engines differ in that. What the words of a row mean is not its business either: it groups the cells as they
are, and the gate reads each different one once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

from projections.revenue.gate import DIGITS

Rows: TypeAlias = Sequence[Sequence[Any]]

# `lines` (n, deal, w1, w2, k0, k1, ..., amount): a file's lines; n is the row's number, w1 and w2 are its days as they
#     stand there, k0 and so on what else its amount is of.
# `days` (w1, w2, slot, start_day): what the days there mean; a slot is a month, or where nothing is to be joined a
#     day, or a period.
# `segments` (deal, slot, start_day, end_day, no): the elementary segments, numbered.
# The joins are outer ones although every line has its segment: some engines would else join days to segments first, to
# a relation of every deal and every day, which no cache holds.
SUMMING = """
SELECT s.no AS no, {keys}
       CAST(SUM(l.amount) AS DECIMAL(38, {places})) AS total,
       COUNT(*) AS line_count, MIN(l.n) AS first_n, MAX(l.n) AS last_n
FROM lines l
LEFT JOIN days d ON d.w1 = l.w1{second}
LEFT JOIN segments s ON s.deal = l.deal AND s.slot = d.slot AND s.start_day <= d.start_day AND d.start_day < s.end_day
GROUP BY s.no{groups}
"""


def try_cast(value: str, places: int) -> str:
    """`decimal` of engines that try."""
    return f"TRY_CAST({value} AS DECIMAL({DIGITS}, {places}))"


def summing(keys: int, days: int, places: int) -> str:
    """The text for lines with so many keys and columns of days, and places of their amounts."""
    named = [f"l.k{n}" for n in range(keys)]
    return SUMMING.format(
        keys="".join(f"{key}, " for key in named),
        groups="".join(f", {key}" for key in named),
        second=" AND d.w2 = l.w2" if days == 2 else "",
        places=places,
    )


class Kind(NamedTuple):
    """What a column holds: text, day, stamp (a day with a time), integer, decimal (of a scale), double, or other."""

    name: str
    scale: int = 0


TEXT = Kind("text")


class Engine(Protocol):
    """An adapter: opens a file, registers relations, runs a text.

    `row` is the expression of a row's number from 1 in an opened file, and `file` what stands after FROM for it.
    """

    name: str
    row: str
    file: str
    reads_csv: bool  # whether it reads simple CSV itself
    double: str  # the name of its type of binary doubles

    def open(self, path: Path, header: tuple[str, Sequence[str]] | None) -> dict[str, Kind]:
        """Opens a file of Parquet, or of CSV with a separator and names; gives its columns and their kinds."""
        ...

    def quote(self, name: str) -> str:
        """A column's name as this engine writes it."""
        ...

    def matches(self, text: str, pattern: str) -> str:
        """The condition that the whole of a text is of a regular expression."""
        ...

    def decimal(self, value: str, kind: Kind, places: int) -> str:
        """A value of this kind as DECIMAL(18, places); NULL, or another amount than it, where it is none.

        Only texts that match `pattern` (projections.revenue.gate) count.
        """
        ...

    def register(self, name: str, columns: Sequence[tuple[str, str]], rows: Rows) -> None:
        """Makes a relation of columns (name, type of SQL) and rows."""
        ...

    def view(self, name: str, text: str) -> None:
        """Gives a query a name."""
        ...

    def run(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises EngineUnfit."""
        ...

    def close(self) -> None: ...
