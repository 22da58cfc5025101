"""Plain Python sums the lines of a text file as it reads them: always at hand, and what engines are measured by.

Its memory grows with the sums and not with the lines: the first DAYS_UP_TO rows are added up by day; if there are
more, what they came to moves to the segments, and so do the rows that follow.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from ledger.calendar import ONE_DAY, Span
from projections.revenue.gate import Bad, Gate, Head
from projections.revenue.rows import Table, Unread
from projections.revenue.segments import Segments
from projections.revenue.taken import Sum
from projections.revenue.tally import DAYS_UP_TO, Cuts, Tally, bad_rows, check_count, segments_of, sums_of

REMEMBERED = 200_000  # ways to write the same, of deals and dimensions and of days

Key: TypeAlias = int | tuple[int, int]  # a day, or a month by its first day, as an ordinal; a period as two
Cut: TypeAlias = tuple[list[int], list[Tally]]  # the first days of a month's segments, and their tallies


class When(NamedTuple):
    """A line's days: where its tally is kept, and the day itself to tell the segments of a month apart."""

    key: Key
    day: int
    span: Span
    period: bool


class Slots:
    """The tallies of one head: by day until `segments` are given, then by segment."""

    __slots__ = ("head", "segments", "tallies")

    def __init__(self, head: Head, segments: Segments | None) -> None:
        self.head, self.segments = head, segments
        self.tallies: dict[Key, Tally | Cut] = {}

    def make(self, when: When) -> Tally | Cut:
        """The tally for new days; where a month is cut, the tallies of all its segments."""
        if self.segments is None or when.period:
            return self.tallies.setdefault(when.key, Tally(self.head, when.span, when.period))
        spans = [span for _, span in self.segments.within([when.span.start.replace(day=1)])]
        tallies = [Tally(self.head, span, False) for span in spans]
        cut = ([span.start.toordinal() for span in spans], tallies)
        return self.tallies.setdefault(when.key, tallies[0] if len(tallies) == 1 else cut)

    def fold(self, segments: Segments) -> None:
        """From days to segments."""
        days, self.tallies, self.segments = self.all(), {}, segments
        for tally in days:
            when = when_of(tally.span, by_month=True)
            self.at(when).add(tally.units, tally.rows, tally.first, tally.last)

    def at(self, when: When) -> Tally:
        """The tally that a line for these days goes into."""
        found = self.tallies.get(when.key) or self.make(when)
        return found if isinstance(found, Tally) else segment(found, when.day)

    def all(self) -> list[Tally]:
        """Every tally."""
        return [t for found in self.tallies.values() for t in ([found] if isinstance(found, Tally) else found[1])]


def segment(cut: Cut, day: int) -> Tally:
    """The tally of the segment that a day is in."""
    return cut[1][bisect_right(cut[0], day) - 1]


def when_of(span: Span, by_month: bool) -> When:
    """Where tallies of a line for the span are kept."""
    day = span.start.toordinal()
    if span.end - span.start > ONE_DAY:
        return When((day, span.end.toordinal()), day, span, True)
    return When(day - span.start.day + 1 if by_month else day, day, span, False)


class Plain:
    """The summing of one table. `by` is day, segment or auto: by day where there are at most DAYS_UP_TO rows."""

    name = "plain"

    def __init__(self, table: Table, gate: Gate, cuts: Cuts, by: str) -> None:
        self.table, self.gate, self.cuts, self.by = table, gate, cuts, by
        self.rows = 0
        self._bad = False
        self._deals: dict[str, Segments] | None = None  # None: days are kept apart, and nobody has been asked
        self._slots: dict[Head, Slots] = {}
        self._targets: dict[Any, tuple[Slots, ...]] = {}
        self._whens: dict[Any, When | None] = {}

    def run(self) -> list[Sum]:
        """What all rows come to. Raises BadRows with all that are bad, LinesOverlap, TooManySums."""
        self._read()
        if self.by == "auto":
            self.by = "day" if self.rows <= DAYS_UP_TO else "segment"
        deals = self._deals
        if deals is None:
            deals = self._fold() if self.by == "segment" else segments_of(self._named(), self.cuts)
        if self._bad or self._named() - deals.keys():
            raise bad_rows(self.table.path.name, self._problems(deals))
        tallies = (tally for slots in self._slots.values() for tally in slots.all())
        return sums_of(tallies, self.gate.plan.form, self.table.path.name)

    def _read(self) -> None:
        """One pass that only notes whether anything is bad: most files are good."""
        layout, amount = self.gate.layout, self.gate.amount
        pick, when, amounts, wide = _picker(layout.keys), _picker(layout.when), layout.amounts, bool(layout.measures)
        for number, cells in self.table.rows():
            self.rows += 1
            if isinstance(cells, Unread):
                self._bad = True
                continue
            targets = self._targets.get(picked := pick(cells))
            if targets is None:
                targets = self._remember(picked, cells)
            days = self._whens.get(texts := when(cells)) or self._when(texts, cells)
            if days is None:
                continue
            for at, slots in zip(amounts, targets, strict=False):
                if wide and not cells[at].strip():
                    continue
                found = slots.tallies.get(days.key) or slots.make(days)
                tally = found if isinstance(found, Tally) else segment(found, days.day)
                try:
                    tally.units += amount(cells[at])
                except Bad:
                    self._bad = True
                if not tally.rows:
                    tally.first = number
                tally.rows += 1
                tally.last = number
            if self.rows > DAYS_UP_TO and self._deals is None and self.by != "day":
                self._fold()

    def _remember(self, picked: Any, cells: Sequence[str]) -> tuple[Slots, ...]:
        """Where rows with these cells go: one for each column of amounts; none of a bad row."""
        if len(self._targets) >= REMEMBERED:
            self._targets.clear()
        targets: tuple[Slots, ...] = ()
        try:
            targets = tuple(self._slot(head) for head in self.gate.heads(cells))
        except Bad:
            self._bad = True
        return self._targets.setdefault(picked, targets)

    def _slot(self, head: Head) -> Slots:
        slots = self._slots.get(head)
        if slots is None:
            dimensions = [name for name, _ in head.dimensions]
            check_count(len(self._slots) + 1, dimensions, self.table.path.name)
            slots = self._slots[head] = Slots(head, self._segments(head.deal))
        return slots

    def _segments(self, deal: str) -> Segments | None:
        if self._deals is None:
            return None
        if deal not in self._deals:
            self._deals |= segments_of([deal], self.cuts)
        return self._deals.get(deal, Segments([]))  # without one the rows are bad, and are said to be so at the end

    def _when(self, texts: Any, cells: Sequence[str]) -> When | None:
        if texts in self._whens:
            return None
        if len(self._whens) >= REMEMBERED:
            self._whens.clear()
        found: When | None = None
        try:
            found = when_of(self.gate.span([cells[n] for n in self.gate.layout.when]), self._deals is not None)
        except Bad:
            self._bad = True
        return self._whens.setdefault(texts, found)

    def _fold(self) -> dict[str, Segments]:
        """From now on by segment."""
        self._deals = segments_of(self._named(), self.cuts)
        for head, slots in self._slots.items():
            slots.fold(self._deals.get(head.deal, Segments([])))
        self._whens.clear()
        return self._deals

    def _named(self) -> set[str]:
        return {head.deal for head in self._slots}

    def _problems(self, deals: dict[str, Segments]) -> Iterator[tuple[int, str]]:
        """Reads the file once more, and says of every bad row why it is bad."""
        known = _Known(deals, self.cuts)
        for number, cells in self.table.rows():
            found = [cells.why] if isinstance(cells, Unread) else self.gate.problems(cells, known)
            if found:
                yield number, "; ".join(found)


class _Known:
    """The deals that there are; asks for those that only bad rows name."""

    def __init__(self, deals: Mapping[str, Segments], cuts: Cuts) -> None:
        self._found, self._cuts = dict.fromkeys(deals, True), cuts

    def __contains__(self, deal: object) -> bool:
        name = str(deal)
        if name not in self._found:
            self._found[name] = name in self._cuts([name])
        return self._found[name]


def _picker(columns: tuple[int, ...]) -> Callable[[Sequence[str]], Any]:
    """What tells the cells of these columns apart."""
    return itemgetter(*columns) if columns else lambda cells: None
