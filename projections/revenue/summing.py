"""Summing by an engine: a file becomes its relations, the text runs, and what comes back becomes tallies.

The engine groups cells as they are; each different deal, day and combination of the other words is read once, here, by
the gate. Where anything is bad, the engine is asked for those rows, and the gate says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from ledger.calendar import ONE_DAY, Span, months
from ledger.computing.reported import Dimensions
from ledger.errors import BadRows, EnginesDisagree, TooManySums
from ledger.money import EXACT
from projections.revenue.columns import Plan
from projections.revenue.engine import Engine, Kind, summing
from projections.revenue.gate import Bad, Gate, Head
from projections.revenue.relations import Relations, as_text, cells_of
from projections.revenue.segments import Segments
from projections.revenue.taken import Sum, made
from projections.revenue.tally import (
    DAYS_UP_TO,
    MOST_PROBLEMS,
    MOST_SUMS,
    Cuts,
    Tally,
    check_count,
    exactly,
    in_order,
    merged,
    segments_of,
    sums_of,
)

MOST_WAYS = 300_000  # different cells in the columns of days: the days of three centuries are fewer
MOST_SEGMENTS = 5_000_000

Tail: TypeAlias = tuple[str, str | None, Dimensions]


class Summing:
    """The summing of one opened file by an engine; the counterpart of Plain."""

    def __init__(self, engine: Engine, file: str, kinds: Mapping[str, Kind], plan: Plan, cuts: Cuts, by: str) -> None:
        self.engine, self.file, self.cuts, self.by = engine, file, cuts, by
        self.name = engine.name
        self.layout = plan.layout(list(kinds)).checked(file)
        self.relations = Relations(engine, kinds, self.layout, plan.form)
        self.relations.check(file)
        self.gate = Gate(plan, self.layout)
        self.rows = 0
        self._amiss = False
        self._deals: dict[Any, str] = {}  # ours, by what stands in the file
        self._days: dict[tuple[Any, ...], Span] = {}  # by what stands in the file

    def run(self) -> list[Sum]:
        """What all rows come to. Raises BadRows with all that are bad, LinesOverlap, TooManySums."""
        self.relations.make()
        segments = self._look()
        if self.by == "auto":
            self.by = "day" if self.rows <= DAYS_UP_TO else "segment"
        found, sums = [], list[Sum]()
        if not self._amiss:
            numbered = self._register(segments)
            keys = len(self.relations.keys) + bool(self.layout.measures)
            found = self.engine.run(
                f"{summing(keys, len(self.layout.when), self.gate.plan.form.places)} LIMIT {MOST_SUMS + 1}"
            )
            check_count(len(found), [name for name, _ in self.layout.dimensions], self.file)
            counted = sum(row[-3] for row in found)
            assert self.layout.measures or counted == self.rows, f"{counted} of {self.rows} rows were joined"
            sums = self._sums(found, numbered)
        if self._amiss:
            raise self._problems(segments)
        return sums

    def _look(self) -> dict[str, Segments]:
        """Counts, reads every different deal and every different day; gives the segments of the deals there are."""
        counted = "SELECT deal, COUNT(*) AS row_count, SUM(bad) AS bad_count FROM cells GROUP BY deal"
        for deal, rows, bad in self.engine.run(counted):
            self.rows += rows
            self._amiss = self._amiss or bad > 0
            cells = self._row(self.layout.deal, deal)
            try:
                self._deals[deal] = self.gate.word("deal", self.layout.deal, cells)
            except Bad:
                self._amiss = True
        segments = segments_of(set(self._deals.values()), self.cuts)
        self._amiss = self._amiss or any(deal not in segments for deal in self._deals.values())
        ways = self.engine.run(f"SELECT DISTINCT w1, w2 FROM cells LIMIT {MOST_WAYS + 1}")
        for way in ways[:MOST_WAYS]:
            try:
                self._days[way] = self._span(way)
            except Bad:
                self._amiss = True
        self._amiss = self._amiss or len(ways) > MOST_WAYS
        return segments

    def _row(self, at: int | None, cell: Any) -> list[str]:
        """A row in which nothing stands but a cell."""
        cells = [""] * len(self.layout.names)
        if at is not None:
            cells[at] = as_text(cell, self.relations.kinds[at], self.gate.plan.form)
        return cells

    def _span(self, way: tuple[Any, ...]) -> Span:
        kinds = [self.relations.kinds[at] for at in self.layout.when]
        return self.gate.span([as_text(c, k, self.gate.plan.form) for c, k in zip(way, kinds, strict=False)])

    def _register(self, segments: Mapping[str, Segments]) -> list[tuple[str, Span, bool]]:
        """Registers `days` and `segments`; gives by number each segment's deal, span, and whether it is a period."""
        slots: dict[tuple[Span, bool], int] = {}  # periods; and months, or days where they are kept apart
        days = []
        for way, span in self._days.items():
            slot = slots.setdefault(self._slot(span), len(slots))
            days.append((*way, slot, span.start))
        if len(slots) * len(self._deals) > MOST_SEGMENTS:
            raise TooManySums(self.file, MOST_SUMS, [name for name, _ in self.layout.dimensions])
        numbers: dict[tuple[str, Span, bool], int] = {}
        rows = []
        for theirs, ours in self._deals.items():
            for (whole, period), slot in slots.items():
                for span in self._parts(whole, period, segments[ours]):
                    number = numbers.setdefault((ours, span, period), len(numbers))
                    rows.append((theirs, slot, span.start, span.end, number))
        deal, (first, second) = self.relations.types()
        self.engine.register("days", [("w1", first), ("w2", second), ("slot", "INTEGER"), ("start_day", "DATE")], days)
        columns = [("deal", deal), ("slot", "INTEGER"), ("start_day", "DATE"), ("end_day", "DATE"), ("no", "INTEGER")]
        self.engine.register("segments", columns, rows)
        return list(numbers)

    def _slot(self, span: Span) -> tuple[Span, bool]:
        if span.end - span.start > ONE_DAY:
            return span, True
        return (span if self.by == "day" else months(span.start.replace(day=1), 1)), False

    def _parts(self, whole: Span, period: bool, segments: Segments) -> Iterator[Span]:
        if period or self.by == "day":
            yield whole
        else:
            yield from (span for _, span in segments.within([whole.start]))

    def _sums(self, found: list[tuple[Any, ...]], numbered: Sequence[tuple[str, Span, bool]]) -> list[Sum]:
        """The engine's sums in our words and in their order."""
        keys = [row[1:-4] for row in found]
        tails = self._tails(set(keys))
        if self._amiss:
            return []
        form = self.gate.plan.form
        if len(set(tails.values())) < len(tails) or any(period for _, _, period in numbered):
            return sums_of(merged(self._tallies(found, numbered, tails)), form, self.file)
        # Most files need no second look; a hundred thousand sums are put in order by one number each.
        exact = exactly(form)
        deals = {deal: n << 64 for n, deal in enumerate(sorted({deal for deal, _, _ in numbered}))}
        spans = [(d, s, deals[d] + (s.start.toordinal() << 22) + s.end.toordinal()) for d, s, _ in numbered]
        ranked = {
            key: (n << 44, *tails[key]) for n, key in enumerate(sorted(tails, key=lambda key: in_order(tails[key])))
        }
        sums = []
        for row, key in zip(found, keys, strict=True):
            deal, span, place = spans[row[0]]
            rank, measure, currency, dimensions = ranked[key]
            total = exact(row[-4])
            sums.append((place + rank, made(Sum, (deal, measure, span, total, currency, dimensions, *row[-3:]))))
        sums.sort(key=itemgetter(0))
        return [one for _, one in sums]

    def _tallies(
        self,
        found: list[tuple[Any, ...]],
        numbered: Sequence[tuple[str, Span, bool]],
        tails: Mapping[tuple[Any, ...], Tail],
    ) -> Iterator[Tally]:
        places = self.gate.plan.form.places
        for row in found:
            deal, span, period = numbered[row[0]]
            yield Tally(Head(deal, *tails[row[1:-4]]), span, period, int(row[-4].scaleb(places, EXACT)), *row[-3:])

    def _tails(self, keys: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], Tail]:
        """Measure, currency and dimensions, by the cells that say them; without those that are bad."""
        found = {}
        for key in keys:
            cells = [""] * len(self.layout.names)
            for at, cell in zip(self.relations.keys, key, strict=False):
                cells[at] = "" if cell is None else str(cell)
            try:
                measures = self.layout.measures
                measure = measures[key[-1]][0] if measures else self.gate.word("measure", self.layout.measure, cells)
                currency = self.gate.word("currency", self.layout.currency, cells) or None
                found[key] = (measure, currency, self.gate.dimensions(cells))
            except Bad:
                self._amiss = True
        return found

    def _problems(self, segments: Mapping[str, Segments]) -> BadRows:
        """Asks for the rows in which anything is amiss, and says why."""
        deal, when = self.relations.types()
        known = [(theirs,) for theirs, ours in self._deals.items() if ours in segments]
        self.engine.register("known_deals", [("deal", deal)], known)
        self.engine.register("known_days", [("w1", when[0]), ("w2", when[1])], list(self._days))
        keys = [f"k{number}" for number in range(len(self.relations.keys))]
        all_keys = self.engine.run(f"SELECT DISTINCT {', '.join(keys)} FROM cells") if keys else []
        first = (0,) * bool(self.layout.measures)
        good = self._tails(key + first for key in all_keys)
        bad = {tuple("" if cell is None else cell for cell in key) for key in all_keys if key + first not in good}
        columns = [("k", "INTEGER"), *((key, "VARCHAR") for key in keys)]
        self.engine.register("bad_keys", columns, [(1, *key) for key in bad])
        joined = " AND ".join(["b.k = 1", *(f"b.{key} = COALESCE(c.{key}, '')" for key in keys)])
        amiss = (
            "FROM cells c LEFT JOIN known_deals d ON d.deal = c.deal LEFT JOIN known_days w ON w.w1 = c.w1 AND "
            f"w.w2 = c.w2 LEFT JOIN bad_keys b ON {joined} "
            "WHERE c.bad = 1 OR d.deal IS NULL OR w.w1 IS NULL OR b.k IS NOT NULL"
        )
        [(count,)] = self.engine.run(f"SELECT COUNT(*) AS row_count {amiss}")
        rows = self.engine.run(f"SELECT c.* {amiss} ORDER BY c.n LIMIT {MOST_PROBLEMS}")
        found = [(row[0], "; ".join(self.gate.problems(cells_of(row, self.relations), segments))) for row in rows]
        if unknown := [number for number, why in found if not why]:
            raise EnginesDisagree(self.engine.name, unknown[:5])
        return BadRows(self.file, found, count)
