"""Every deal's clauses as rows that are only ever added; the portfolio at any point in time, in SQL.

The same rule as ledger.rule, for all deals at once. What an entry sets is a row of `claims`, or of `terms`; that an
entry was voided, replaced or brought back is a row of `fates`, from a position on; a plan's withdrawal or adoption is
a row of `endings`; a condition met is a row of `met`. A question at any (on, known, recorded) is answered from them;
but for deals that may have several terms, one after another: those few are folded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, ClassVar

import msgspec
from sqlalchemy import Connection, MetaData, text

from ledger import rule
from ledger.calendar import FIRST_DAY, LAST_DAY, ONE_DAY, after
from ledger.entry import Entry, Row, entry_of
from ledger.errors import CodeInAnswers, DiskFull, LedgerBusy, NotWritable
from ledger.events import (
    AnyClause,
    ConditionMet,
    DealOpened,
    Drop,
    EntryCorrected,
    EntryVoided,
    Instrument,
    PlanAdopted,
    PlanWithdrawn,
    Term,
)
from ledger.said import kind
from ledger.store import EntryRecorder
from projections.base import Insert, Projection
from projections.point import Point
from projections.shares_tables import NO_END, PORTFOLIO, SEVERAL, TABLES, named_in, table_in, tables_of
from projections.state import ClauseState, Trail, clause_state, opening_of

LOOKS_BACK = (EntryVoided, EntryCorrected, PlanAdopted, PlanWithdrawn)  # at other entries of the deal
FIRST = FIRST_DAY.isoformat()
IN_PARTS = {"yield_per": 1_000}  # rows at a time, also from a server
ATTEMPTS = 3  # to be answered by tables that somebody else keeps rebuilding

_clause_text = msgspec.json.Encoder().encode
_clause_of = msgspec.json.Decoder(AnyClause).decode


@dataclass(frozen=True, slots=True)
class DealShares:
    """A deal in the portfolio: all that it sets at the point, parties and pools' members included."""

    deal: str
    title: str
    clauses: list[ClauseState]


class Shares(Projection):
    """The projection behind `deal share` and `deal deals`."""

    name: ClassVar[str] = "shares"

    def tables_in(self, schema: str | None, generation: int) -> MetaData:
        return tables_of(schema, generation)

    # --- asking -----------------------------------------------------------------------------------------

    def at(self, point: Point, deal: str | None = None) -> Iterator[DealShares]:
        """Every deal that is known at the point, in order of slugs; or one.

        Catches up first; where the tables are behind and cannot be written now, it folds the deals instead.
        """
        with self.caught_up(point.recorded) as (connection, generation):
            yield from self._asked(connection, generation, point, deal) if generation else self.folded(point, deal)

    @contextmanager
    def caught_up(self, up_to: int) -> Iterator[tuple[Connection, int]]:
        """A connection that sees one state, and the generation that has caught up in it; 0 where none can be made to.

        Looked at anew inside the transaction: whoever rebuilds meanwhile drops the tables that were there before, and
        switches to new ones, which may be behind again.
        """
        for _ in range(ATTEMPTS):
            able = self._catch_up(up_to)
            with self.looking() as (connection, generation, position):
                if position >= up_to or not able:
                    yield connection, generation if position >= up_to else 0
                    return
        with self.database.reading() as connection:
            yield connection, 0

    def _catch_up(self, up_to: int) -> bool:
        """Whether the tables could be brought that far."""
        try:
            generation, position = self.cursor()
            if not generation or position < up_to:
                self.catch_up(up_to)
        except (NotWritable, DiskFull, LedgerBusy, CodeInAnswers):
            return False
        return True

    def _asked(self, connection: Connection, generation: int, point: Point, deal: str | None) -> Iterator[DealShares]:
        tables, only = self.tables(generation), "AND d.deal = :deal" if deal else ""
        several, query = (named_in(q, tables).replace("{only}", only) for q in (SEVERAL, PORTFOLIO))
        named: dict[str, Any] = {"deal": deal} if deal else {}
        asked = {**words_of(point), "planned": int(point.planned), **named}
        apart = sorted(connection.scalars(text(several), named))
        found = connection.execute(text(query.replace("{several}", several)), asked, execution_options=IN_PARTS)
        folded = (shares for slug in apart for shares in self.folded(point, slug))
        return merge(self._read(found), folded, key=attrgetter("deal"))

    def _read(self, found: Iterable[Any]) -> Iterator[DealShares]:
        for slug, rows in groupby(found, key=itemgetter(0)):
            opening, *clauses = rows
            if opening[1] == "deal":  # else the opening does not count at this point
                yield DealShares(slug, opening[2], list(map(_clause_state, clauses)))

    def folded(self, point: Point, deal: str | None = None) -> Iterator[DealShares]:
        """The same from the entries alone, without the tables."""
        for slug in [deal] if deal else self.entries.deals():
            entries = self.entries.entries_of(slug, up_to=point.recorded)
            books = rule.read(entries, point.view)
            opening = opening_of(books)
            if opening:
                trail, keys = Trail(entries), sorted(books.on(point.on))
                clauses = [clause_state(books.timelines[key], point.on, trail) for key in keys]
                yield DealShares(slug, opening.title, clauses)

    # --- projecting -------------------------------------------------------------------------------------

    def project(self, insert: Insert, tables: MetaData, rows: Sequence[Row]) -> None:
        added: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}
        for row in rows:
            for name, fields in _rows_of(entry_of(row), self.entries):
                added[name].append(fields)
        added["keys"] = list(dict.fromkeys(added["keys"]))
        for name, added_rows in added.items():
            if added_rows:
                insert(table_in(tables, name), added_rows)


def words_of(point: Point) -> dict[str, Any]:
    """A point as the queries have it."""
    return {
        "on": point.on.isoformat(),
        "known": (point.known or LAST_DAY).isoformat(),
        "recorded": point.recorded,
        "all_evidence": int(not point.confirmed_only),
    }


def _rows_of(entry: Entry, recorder: EntryRecorder) -> Iterator[tuple[str, tuple[Any, ...]]]:
    event, place = entry.event, entry.version
    entries: tuple[int, ...] = (entry.position,)
    if isinstance(event, LOOKS_BACK):
        history = recorder.acts_of(entry.deal, entry.position)
        entries = Trail(history).of(entry) if not isinstance(event, EntryVoided) else entries
        places = rule.places(history)
        place = places[entry.version]
        if isinstance(event, EntryVoided | EntryCorrected):
            yield from _fates(history, entry)
        if isinstance(event, EntryCorrected):
            event = event.corrected
        if isinstance(event, PlanAdopted | PlanWithdrawn):
            yield "endings", (*_paper(entry, event, place), places.get(event.plan_version, event.plan_version))
    if not isinstance(event, Instrument):
        return
    paper = _paper(entry, event, place)
    if isinstance(event, ConditionMet):
        yield "met", (*paper, event.condition, event.on.isoformat())
    parties = 0
    if isinstance(event, DealOpened):
        parties = 0 if event.older_rule else len(event.parties)
        sure = _paper(entry, event, place, sure=not event.older_rule)
        yield "keys", (entry.deal, "")
        yield "claims", (*sure, "", "deal", event.title, FIRST, NO_END, "binding", "", 0, 1, 0, 0, None)
    for number, clause in enumerate(event.sets()):
        yield "keys", (entry.deal, clause.key)
        if isinstance(clause, Term):
            yield "terms", (*paper, *_term(event, clause))
        else:
            yield "claims", (*(sure if number < parties else paper), *_claim(event, entries, clause))


def _fates(history: Sequence[Entry], entry: Entry) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Which entries stand otherwise since this one."""
    before, now = rule.undone(history[:-1]), rule.undone(history)
    for other in history[:-1]:
        if (other.version in before) != (other.version in now):
            stands = int(other.version not in now)
            yield "fates", (other.position, entry.position, stands)


def _paper(entry: Entry, paper: Instrument, place: int, sure: bool = False) -> tuple[Any, ...]:
    """In the order of the tables' columns: see projections.shares_tables.

    `sure`: it counts where only what is confirmed does, see ledger.rule.
    """
    confirmed = int(paper.evidence == "confirmed")
    days = paper.dated.isoformat(), paper.known.isoformat()
    return entry.position, place, confirmed, int(sure or confirmed), entry.deal, *days


def _claim(paper: Instrument, entries: Sequence[int], clause: AnyClause) -> tuple[Any, ...]:
    """What stands behind the paper, in the order of the columns."""
    bound = not (clause.survives or isinstance(clause, Drop))
    stops = not (clause.then or paper.older_rule or not paper.changes_terms or isinstance(clause, Drop))
    return (
        clause.key,
        kind(clause),
        _clause_text(clause).decode(),
        clause.start.isoformat(),
        after(clause.through).isoformat() if clause.through else NO_END,
        paper.standing,
        ",".join(map(str, entries)),
        int(bound and clause.through is None),
        int(not bound),
        int(paper.standing == "planned"),
        int(stops),
        clause.until,
    )


def _term(paper: Instrument, clause: Term) -> tuple[Any, ...]:
    """What stands behind the paper, in the order of the columns."""
    return (
        clause.start.isoformat(),
        after(clause.through).isoformat() if clause.through else NO_END,
        int(not (clause.extends or clause.ended)),
        int(clause.ended),
        int(paper.standing == "planned"),
        clause.until,
        None if paper.older_rule else clause.until,
    )


def _clause_state(row: Any) -> ClauseState:
    (
        _, _, said, standing, confirmed, dated, known_since, entries,
        end, with_term, survives, ended, term_end, term_until, met_on, followed,
    ) = row  # fmt: skip
    end = min(end, met_on)
    if term_end and not survives and (with_term or ended):
        end = min(end, term_end)
    clause = _clause_of(said)
    return ClauseState(
        clause=clause,
        start=clause.start,
        through=_through(end),
        holds_through=_through(min(end, followed or NO_END)),
        until=clause.until or (term_until if with_term else None),
        standing=standing,
        evidence="confirmed" if confirmed else "reported",
        dated=date.fromisoformat(dated),
        known_since=date.fromisoformat(known_since),
        entries=tuple(map(int, entries.split(","))),
    )


def _through(end: str) -> date | None:
    return None if end == NO_END else date.fromisoformat(end) - ONE_DAY
