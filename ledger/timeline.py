"""One key of a deal day by day: which claim wins, and what an ended clause leaves behind it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from ledger.calendar import FIRST_DAY, LAST_DAY, Span
from ledger.entry import Entry
from ledger.events import AnyClause, Drop, Instrument, Standing


class Fact(msgspec.Struct, frozen=True, gc=False):
    """An instrument as our books hold it, in its place.

    `place`: the version of the first entry that it corrects, or its own. `clauses`: all that it sets. `concludes`: the
    place of the plan that it adopts or withdraws, or 0. `order`: later goes before earlier.
    """

    place: int
    entry: Entry
    instrument: Instrument
    clauses: tuple[AnyClause, ...]
    order: tuple[date, int]
    concludes: int = 0

    @property
    def standing(self) -> Standing:
        return self.instrument.standing


class Claim(msgspec.Struct, frozen=True, gc=False):
    """One clause as one instrument sets it, on the days that term and conditions leave it.

    `term`: the one that ends it, where it has no end of its own. `stopped`: the later claim that ended it before.
    """

    clause: AnyClause
    fact: Fact
    start: date
    end: date
    term: Claim | None = None
    stopped: Claim | None = None

    @property
    def holds(self) -> bool:
        """Whether something holds where this claim wins: a drop, and one that was stopped, say that nothing does."""
        return not isinstance(self.clause, Drop) and self.stopped is None

    @property
    def until(self) -> str | None:
        """The condition that ends it: its own, or that of its term."""
        return self.clause.until or (self.term.clause.until if self.term else None)

    @property
    def stops_older(self) -> bool:
        """Whether what it replaces ends with it: unless it says otherwise, or is of before that could be said."""
        clause, paper = self.clause, self.fact.instrument
        return not (clause.then or paper.older_rule or not paper.changes_terms or isinstance(clause, Drop))


@dataclass(slots=True)
class Timeline:
    """Which claim wins on which day: `claims[i]` from `days[i]` up to the next day of the list."""

    days: list[date] = field(default_factory=lambda: [FIRST_DAY])
    claims: list[Claim | None] = field(default_factory=lambda: [None])
    laid: list[Sequence[Claim]] = field(default_factory=list)
    _longest: date = FIRST_DAY  # the last end of what is laid
    _shortest: date = LAST_DAY  # the first end of what stops older claims

    def lay(self, pieces: Sequence[Claim]) -> None:
        """Lays a clause: the spans on which it stands, in order. It wins wherever its order is later."""
        if not pieces:
            return
        first, last = pieces[0].end, pieces[-1].end
        stops = pieces[0].stops_older
        stopping = (stops and first < self._longest) or self._shortest < last
        self.laid.append(pieces)
        self._longest = max(self._longest, last)
        if stops:
            self._shortest = min(self._shortest, first)
        if stopping:
            self._lay_anew()
        else:
            for piece in pieces:
                self._overlay(piece, piece.start, piece.end)

    def copy(self) -> Timeline:
        """One that may be laid over without changing this one."""
        return Timeline(self.days[:], self.claims[:], self.laid[:], self._longest, self._shortest)

    def on(self, day: date) -> Claim | None:
        """What holds on the day."""
        claim = self.wins(day)
        return claim if claim and claim.holds else None

    def wins(self, day: date) -> Claim | None:
        """The claim that wins on the day, be it a drop."""
        return self.claims[bisect_right(self.days, day) - 1]

    def around(self, day: date) -> Span:
        """The days around a day on which the same claim wins."""
        at = bisect_right(self.days, day) - 1
        first = last = at
        while first > 0 and self.claims[first - 1] is self.claims[at]:
            first -= 1
        while last + 1 < len(self.days) and self.claims[last + 1] is self.claims[at]:
            last += 1
        return Span(self.days[first], self.days[last + 1] if last + 1 < len(self.days) else LAST_DAY)

    def spans(self) -> Iterator[tuple[Span, Claim]]:
        """The spans on which something holds, in order; neighbours with the same claim are one span."""
        start, last = FIRST_DAY, None
        for day, claim in [*zip(self.days, self.claims, strict=True), (LAST_DAY, None)]:
            if claim is last:
                continue
            if last and last.holds and start < day:
                yield Span(start, day), last
            start, last = day, claim

    def _lay_anew(self) -> None:
        """All of it again: what is laid may stop what was laid before it, or be stopped by it."""
        self.days, self.claims = [FIRST_DAY], [None]
        for pieces in self.laid:
            stopping = self._stopping(pieces)
            for piece in pieces:
                if stopping is None or stopping[0] >= piece.end:
                    self._overlay(piece, piece.start, piece.end)
                    continue
                end, by = max(stopping[0], piece.start), stopping[1]
                self._overlay(piece, piece.start, end)
                self._overlay(msgspec.structs.replace(piece, stopped=by), end, piece.end)

    def _stopping(self, pieces: Sequence[Claim]) -> tuple[date, Claim] | None:
        """The first end of a later clause that began to replace this one, and its claim."""
        start, order = pieces[0].clause.start, pieces[0].fact.order
        ends = (
            (claim.end, claim)
            for later in self.laid
            if later[0].fact.order > order and later[0].stops_older
            for claim in later
            if claim.end > start
        )
        return min(ends, key=lambda found: (found[0], found[1].fact.order), default=None)

    def _overlay(self, claim: Claim, start: date, end: date) -> None:
        if start >= end:
            return
        order, claims = claim.fact.order, self.claims
        for at in range(self._edge(start), self._edge(end)):
            there = claims[at]
            if there is None or there.fact.order < order:
                claims[at] = claim

    def _edge(self, day: date) -> int:
        days = self.days
        at = bisect_left(days, day)
        if at == len(days) or days[at] != day:
            days.insert(at, day)
            self.claims.insert(at, self.claims[at - 1])
        return at
