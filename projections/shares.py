"""Every deal's clauses as rows that are only ever added; the portfolio at any point in time, in SQL.

The same rule as ledger.rule, for all deals at once. What an entry sets is a row of `claims`; that an entry was
voided, replaced or brought back is a row of `fates`, from a position on; a plan's withdrawal or adoption is a row
of `endings`; a condition met is a row of `met`. A question at any (on, known, recorded) is answered from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, ClassVar

import msgspec
from sqlalchemy import Connection, MetaData, insert, text

from ledger import rule
from ledger.calendar import FIRST_DAY, LAST_DAY, ONE_DAY, after
from ledger.entry import Entry, Row, entry_of
from ledger.errors import DiskFull, LedgerBusy, NotWritable
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
from projections.base import Projection
from projections.point import Point
from projections.shares_tables import NO_END, PORTFOLIO, TABLES, table_name, tables_of
from projections.state import ClauseState, Trail, clause_state

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

    def tables(self, generation: int) -> MetaData:
        return tables_of(generation)

    # --- asking -----------------------------------------------------------------------------------------

    def at(self, point: Point, deal: str | None = None) -> Iterator[DealShares]:
        """Every deal that is known at the point, in order of slugs; or one.

        Catches up first; where the tables are behind and cannot be written now, it folds the deals instead.
        """
        try:
            generation, position = self.cursor()
            if not generation or position < point.recorded:
                generation = self.catch_up(point.recorded)
        except (NotWritable, DiskFull, LedgerBusy):
            return self._folded(point, deal)
        return self._asked(generation, point, deal)

    def _asked(self, generation: int, point: Point, deal: str | None) -> Iterator[DealShares]:
        query = PORTFOLIO.replace("{only}", "AND d.deal = :deal" if deal else "")
        for table in TABLES:
            query = query.replace("{" + table + "}", table_name(generation, table))
        asked = {
            "on": point.on.isoformat(),
            "known": (point.known or LAST_DAY).isoformat(),
            "recorded": point.recorded,
            "planned": int(point.planned),
            "all_evidence": int(not point.confirmed_only),
            "deal": deal,
        }
        with self.database.reading() as connection:
            for slug, rows in groupby(connection.execute(text(query), asked), key=itemgetter(0)):
                opening, *clauses = rows
                if opening[1] == "deal":  # else the opening does not count at this point
                    yield DealShares(slug, opening[2], list(map(_clause_state, clauses)))

    def _folded(self, point: Point, deal: str | None) -> Iterator[DealShares]:
        for slug in [deal] if deal else self.entries.deals():
            entries = self.entries.entries_of(slug, up_to=point.recorded)
            books = rule.read(entries, point.view)
            opening = next((f.instrument for f in books.facts if isinstance(f.instrument, DealOpened)), None)
            if opening:
                held, trail = books.on(point.on), Trail(entries)
                yield DealShares(slug, opening.title, [clause_state(held[key], trail) for key in sorted(held)])

    # --- projecting -------------------------------------------------------------------------------------

    def project(self, connection: Connection, tables: MetaData, rows: Sequence[Row]) -> None:
        added: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        for row in rows:
            for name, fields in _rows_of(entry_of(row), self.entries):
                added[name].append(fields)
        generation = tables.info["generation"]
        keys = f"INSERT INTO {table_name(generation, 'keys')} (deal, key) VALUES (:deal, :key) ON CONFLICT DO NOTHING"
        for name, added_rows in added.items():
            if added_rows:
                statement = text(keys) if name == "keys" else insert(tables.tables[table_name(generation, name)])
                connection.execute(statement, added_rows)


def _rows_of(entry: Entry, recorder: EntryRecorder) -> Iterator[tuple[str, dict[str, Any]]]:
    event, place = entry.event, entry.version
    entries: tuple[int, ...] = (entry.position,)
    if isinstance(event, EntryVoided | EntryCorrected | PlanAdopted | PlanWithdrawn):
        history = recorder.entries_of(entry.deal, up_to=entry.position)
        entries = Trail(history).of(entry) if not isinstance(event, EntryVoided) else entries
        place = rule.places(history)[entry.version]
        if isinstance(event, EntryVoided | EntryCorrected):
            yield from _fates(history, entry)
        if isinstance(event, EntryCorrected):
            event = event.corrected
        if isinstance(event, PlanAdopted | PlanWithdrawn):
            plan = rule.places(history).get(event.plan_version, event.plan_version)
            yield "endings", {**_paper(entry, event, place), "plan": plan}
    if not isinstance(event, Instrument):
        return
    if isinstance(event, ConditionMet):
        yield "met", {**_paper(entry, event, place), "condition": event.condition, "day": event.on.isoformat()}
    if isinstance(event, DealOpened):
        yield "keys", {"deal": entry.deal, "key": ""}
        yield "claims", {
            **_paper(entry, event, place), "key": "", "kind": "deal", "clause": event.title,
            "start": FIRST_DAY.isoformat(), "own_end": NO_END, "with_term": 0, "survives": 1, "ended": 0,
            "until": None, "planned": 0, "standing": "binding", "entries": "",
        }  # fmt: skip
    for clause in event.sets():
        yield "keys", {"deal": entry.deal, "key": clause.key}
        yield "claims", _claim(entry, event, place, entries, clause)


def _fates(history: Sequence[Entry], entry: Entry) -> Iterator[tuple[str, dict[str, Any]]]:
    """Which entries stand otherwise since this one."""
    before, now = rule.undone(history[:-1]), rule.undone(history)
    for other in history[:-1]:
        if (other.version in before) != (other.version in now):
            stands = int(other.version not in now)
            yield "fates", {"entry": other.position, "since": entry.position, "stands": stands}


def _paper(entry: Entry, paper: Instrument, place: int) -> dict[str, Any]:
    return {
        "deal": entry.deal,
        "entry": entry.position,
        "place": place,
        "dated": paper.dated.isoformat(),
        "known_since": paper.known.isoformat(),
        "confirmed": int(paper.evidence == "confirmed"),
    }


def _claim(entry: Entry, paper: Instrument, place: int, entries: Sequence[int], clause: AnyClause) -> dict[str, Any]:
    own_end = after(clause.through) if clause.through else LAST_DAY
    bound = not (clause.survives or isinstance(clause, Drop))
    return {
        **_paper(entry, paper, place),
        "key": clause.key,
        "kind": kind(clause),
        "clause": _clause_text(clause).decode(),
        "start": clause.start.isoformat(),
        "own_end": own_end.isoformat(),
        "with_term": int(bound and clause.through is None),
        "survives": int(not bound),
        "ended": int(isinstance(clause, Term) and clause.ended),
        "until": clause.until,
        "planned": int(paper.standing == "planned"),
        "standing": paper.standing,
        "entries": ",".join(map(str, entries)),
    }


def _clause_state(row: Any) -> ClauseState:
    (
        _,
        _,
        said,
        standing,
        confirmed,
        dated,
        known_since,
        entries,
        end,
        with_term,
        survives,
        ended,
        term_end,
        met_on,
    ) = row
    end = min(end, met_on)
    if term_end and not survives and (with_term or ended):
        end = min(end, term_end)
    return ClauseState(
        clause=_clause_of(said),
        through=None if end == NO_END else date.fromisoformat(end) - ONE_DAY,
        standing=standing,
        evidence="confirmed" if confirmed else "reported",
        dated=date.fromisoformat(dated),
        known_since=date.fromisoformat(known_since),
        entries=tuple(map(int, entries.split(","))),
    )
