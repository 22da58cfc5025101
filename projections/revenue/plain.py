"""Plain Python sums the lines of a text file as it reads them: always at hand, and what engines are measured by.

Its memory does not grow with the lines: it grows with the sums, and with a bounded number of days' sums that are
folded into segments as they become many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter

from projections.revenue.gate import Bad, Gate, Key
from projections.revenue.rows import Table, Unread
from projections.revenue.tally import DAYS_UP_TO, Cuts, Deals, Tallies, Tally, bad_rows, folded, gather, look_up

FOLDED_AT = 200_000  # days' tallies


class Plain:
    """The summing of one table. `by` is day, segment or auto: by day where there are at most DAYS_UP_TO rows."""

    def __init__(self, table: Table, gate: Gate, cuts: Cuts, by: str) -> None:
        self.table, self.gate, self.cuts, self.by = table, gate, cuts, by
        self.rows = 0
        self.tallies: Tallies = {}
        self._bad = False
        self._deals: Deals = {}
        self._days: dict[Key, Tally] = {}
        self._targets: dict[tuple[str, ...], tuple[Tally, ...]] = {}  # by a row's cells without its amounts

    def run(self) -> None:
        """Sums all rows into `tallies`. Raises BadRows with all that are bad."""
        self._read()
        if self.by == "auto":
            self.by = "day" if self.rows <= DAYS_UP_TO else "segment"
        self._fold()
        if self._bad:
            raise bad_rows(self.table.path.name, self._problems())

    def _read(self) -> None:
        """One pass that adds up by day, and only notes whether anything is bad: most files are good."""
        layout, amount = self.gate.layout, self.gate.amount
        pick, amounts, wide = _picker(layout.keys + layout.when), layout.amounts, bool(layout.measures)
        for number, cells in self.table.rows():
            self.rows += 1
            if isinstance(cells, Unread):
                self._bad = True
                continue
            picked = pick(cells)
            targets = self._targets.get(picked)
            if targets is None:
                targets = self._remember(picked, cells)
            for at, tally in zip(amounts, targets, strict=False):
                if wide and not cells[at].strip():
                    continue
                try:
                    tally.units += amount(cells[at])
                except Bad:
                    self._bad = True
                if not tally.rows:
                    tally.first = number
                tally.rows += 1
                tally.last = number

    def _remember(self, picked: tuple[str, ...], cells: Sequence[str]) -> tuple[Tally, ...]:
        """The tallies that rows with these cells go into: one for each column of amounts; none of a bad row."""
        if len(self._targets) >= FOLDED_AT:
            if self.rows > DAYS_UP_TO and self.by != "day":
                self._fold()
            self._targets.clear()
        targets: tuple[Tally, ...] = ()
        try:
            targets = tuple(self._days.setdefault(key, Tally()) for key in self.gate.keys(cells))
        except Bad:
            self._bad = True
        return self._targets.setdefault(picked, targets)

    def _fold(self) -> None:
        """What is added up by day so far goes to where it is kept."""
        look_up(self._deals, {key.deal for key in self._days}, self.cuts)
        for key, tally in self._days.items():
            if self._deals[key.deal] is None:
                self._bad = True
            elif tally.rows:
                gather(self.tallies, folded(key, self._deals, self.by), tally, self.table.path.name)
        self._days.clear()
        self._targets.clear()

    def _problems(self) -> Iterator[tuple[int, str]]:
        """Reads the file once more, and says of every bad row why it is bad."""
        deals = {deal for deal, segments in self._deals.items() if segments is not None}
        for number, cells in self.table.rows():
            found = [cells.why] if isinstance(cells, Unread) else self.gate.problems(cells, deals)
            if found:
                yield number, "; ".join(found)


def _picker(columns: tuple[int, ...]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    if len(columns) > 1:
        return itemgetter(*columns)
    return lambda cells: tuple(cells[at] for at in columns)
